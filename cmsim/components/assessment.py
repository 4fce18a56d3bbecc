"""Assessment: learning what a person needs and can do, by seeing it, and from those who know."""

from cmsim.components.component import Component, Contact, Given, Mix, skill_share
from cmsim.core.parameters import Section, param
from cmsim.schema.contact_kinds import WITH_CLIENT


class Assessment(Section):
    """What minutes of assessment show (K-28 to K-30); what is made of it is in ``submodels.need_belief``."""

    called_for_new: float = param(0.8, "ratio", 0.0, 2.0)
    """more time for it with a person not known than with one known fully"""
    in_vivo_gain: float = param(0.4, "ratio", 0.0, 1.0, "kanter1989", status="assumption")
    """more is seen where the person lives than at the office"""
    phone_share: float = param(0.3, "ratio", 0.0, 0.7, note="seen by phone, against face to face")
    skill_share: float = param(0.5, "share", 0.2, 0.8, note="of it that depends on the worker's skill")
    disclosure: float = param(0.5, "share", 0.2, 0.8, note="of it that depends on the alliance")
    informant: float = param(1.0, "ratio", 0.3, 2.0)
    """a minute with somebody who knows the person, against one of seeing"""


def called_for(p: Assessment, contact: Contact) -> float:
    """Return the factor on its weight: more while the person is little known."""
    return 1.0 + p.called_for_new * (1.0 - contact.knowledge)


def effects(p: Assessment, minutes: float, contact: Contact, today: Given) -> None:
    """Give minutes of seeing for oneself, and minutes of being told by those who know."""
    skilled = 1.0 - p.skill_share + p.skill_share * contact.skill
    told = 1.0 - WITH_CLIENT[contact.kind]
    open_ = 1.0 - p.disclosure + p.disclosure * contact.alliance
    place = (1.0 + p.in_vivo_gain * contact.in_vivo) * (1.0 - (1.0 - p.phone_share) * contact.phone)
    today.seen += minutes * skilled * open_ * place * (1.0 - told)
    today.told += p.informant * minutes * skilled * told


COMPONENT = Component(
    name="assessment",
    order=2,
    claims="K-24, K-25, K-28 to K-30",
    parameters=Assessment(),
    mix=Mix(visit=0.75, ward_visit=0.75, joint_visit=1.2, family=0.6, psychiatrist_liaison=0.6, agency=0.3),
    rests_on_skill=skill_share(0.7, 0.4, 0.9),
    called_for=called_for,
    effects=effects,
)
