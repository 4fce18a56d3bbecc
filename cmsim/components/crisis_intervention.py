"""Crisis intervention: coming when it matters, and staying until it is settled or safe."""

from cmsim.components.component import Component, Contact, Given, Mix, skill_share
from cmsim.core.parameters import Section, param
from cmsim.schema.codes import ContactKind


class CrisisIntervention(Section):
    """What crisis work leaves behind; whether it settles the crisis is in ``submodels.crisis`` (K-61 to K-64)."""

    relief: float = param(0.006, "share per minute", 0.0, 0.015, note="of stress taken away")
    alliance_gain: float = param(0.4, "per hour", 0.0, 1.0, note="push toward the alliance ceiling of having come")
    taught: float = param(1.5, "ratio", 0.5, 3.0, "kanter1989", status="assumption")
    """minutes that teach about the person, per minute"""


def effects(p: CrisisIntervention, minutes: float, contact: Contact, today: Given) -> None:
    """Give relief, push on alliance and what was learnt."""
    today.relief += p.relief * minutes
    today.alliance += p.alliance_gain * minutes / 60.0 * (contact.kind == ContactKind.CRISIS)
    today.knowledge += p.taught * minutes


COMPONENT = Component(
    name="crisis intervention",
    order=12,
    sampled=10,
    claims="K-61 to K-64",
    parameters=CrisisIntervention(),
    mix=Mix(crisis=4.0, call=0.3),
    rests_on_skill=skill_share(0.7, 0.4, 0.9),
    effects=effects,
)
