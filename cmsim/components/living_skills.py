"""Living-skills training: money, meals, household, getting about, taught where they are needed."""

from cmsim.components.component import Component, Contact, Given, Mix, skill_share
from cmsim.core.parameters import Section, param
from cmsim.schema.codes import ContactKind


class LivingSkills(Section):
    """What minutes of teaching are worth (K-58); what is learnt from them is in ``submodels.capability_growth``."""

    classroom: float = param(0.4, "ratio", 0.1, 0.9, "kanter1989", status="assumption")
    """a minute at the office against one in the situation itself"""
    skill_share: float = param(0.4, "share", 0.1, 0.7, note="of it that depends on the worker's skill")
    alliance_share: float = param(0.4, "share", 0.1, 0.7, note="of it that depends on the alliance")
    asks: float = param(1.0, "share", 0.7, 1.0, note="of its minutes in which something is asked of the person")


def effects(p: LivingSkills, minutes: float, contact: Contact, today: Given) -> None:
    """Give minutes of teaching, as good as in the situation itself by a skilled and trusted worker; all of it asks."""
    # an accompaniment is in the situation, wherever it takes place
    there = contact.in_vivo + (contact.kind == ContactKind.ACCOMPANY) * (1.0 - contact.in_vivo)
    place = p.classroom + (1.0 - p.classroom) * there
    skilled = 1.0 - p.skill_share + p.skill_share * contact.skill
    trusted = 1.0 - p.alliance_share + p.alliance_share * contact.alliance
    today.taught += minutes * place * skilled * trusted
    today.asked += p.asks * minutes


COMPONENT = Component(
    name="living skills",
    order=10,
    sampled=9,
    claims="K-40, K-58",
    parameters=LivingSkills(),
    mix=Mix(visit=1.2, accompaniment=1.0),
    rests_on_skill=skill_share(0.2, 0.0, 0.5),
    by_aides=True,
    effects=effects,
)
