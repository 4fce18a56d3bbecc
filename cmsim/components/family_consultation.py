"""Family consultation: answering, informing and standing by relatives for as long as they care."""

from cmsim.components.component import Component, Contact, Given, Mix, skill_share
from cmsim.core.parameters import Section, param


class FamilyConsultation(Section):
    """What minutes with a family do (K-41 to K-46, O-03); burden and criticism are in ``submodels.family_climate``."""

    taught: float = param(0.003, "share per minute", 0.001, 0.008, "kanter1989", status="assumption")
    """of what a family does not yet know of the illness and of how to live with it"""
    burden_relief: float = param(0.002, "share per minute", 0.0005, 0.005)
    """of burden taken away by being listened to and answered"""
    criticism_relief: float = param(0.002, "share per minute", 0.0003, 0.004)
    """of criticism and over-involvement taken away"""
    skill_share: float = param(0.5, "share", 0.0, 0.8, note="of it that depends on the worker's skill")
    knowledge_share: float = param(0.4, "share", 0.0, 0.8)
    """of it that depends on how well the worker knows the relative"""
    phone_share: float = param(0.7, "ratio", 0.3, 1.0, note="by phone, against face to face")


def effects(p: FamilyConsultation, minutes: float, contact: Contact, today: Given) -> None:
    """Give what a family learnt, and how much burden and criticism were eased."""
    skilled = 1.0 - p.skill_share + p.skill_share * contact.skill
    knows = 1.0 - p.knowledge_share + p.knowledge_share * contact.knowledge
    reached = minutes * skilled * knows * (1.0 - (1.0 - p.phone_share) * contact.phone)
    today.family_taught += p.taught * reached
    today.burden_relief += p.burden_relief * reached
    today.criticism_relief += p.criticism_relief * reached


COMPONENT = Component(
    name="family consultation",
    order=5,
    claims="K-41 to K-46, O-03",
    parameters=FamilyConsultation(),
    mix=Mix(family=5.0),
    rests_on_skill=skill_share(0.5, 0.2, 0.8),
    effects=effects,
)
