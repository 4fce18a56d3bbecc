"""Monitoring: keeping an eye on how a person is, near enough to see and far enough not to crowd."""

from cmsim.components.component import Component, Contact, Given, Mix, skill_share
from cmsim.core.parameters import Section, param
from cmsim.schema.contact_kinds import WITH_CLIENT


class Monitoring(Section):
    """What is noticed, and what being watched costs (K-10, K-64, K-65)."""

    sensitivity: float = param(0.35, "probability", 0.1, 0.6, "eisner2013", status="derived")
    """a contact of usual length notices a prodrome in a person hardly known; validity of signs 61% (10-80%)"""
    knowledge_gain: float = param(0.45, "probability", 0.2, 0.7, note="added when the person is known fully")
    usual_minutes: float = param(8.0, "minutes", 3.0, 15.0, allowed=(0.5, 120.0))
    """of monitoring, at which sensitivity is as stated"""
    phone_share: float = param(0.55, "ratio", 0.2, 1.0, note="sensitivity by phone against face to face")
    taught: float = param(1.0, "ratio", 0.5, 1.5, note="minutes that teach about the person, per minute of monitoring")
    intrusion: float = param(0.006, "per minute", 0.0, 0.02)
    """feeling of being watched, for a distrustful person; sums over days and fades within weeks"""
    concern: float = param(0.08, "per hour", 0.0, 0.8)
    """push toward the alliance ceiling of somebody asking how one is"""
    suspicion: float = param(1.0, "ratio", 0.0, 3.0, note="more of the feeling of being watched while unwell")
    resumption: float = param(0.02, "per minute", 0.0, 0.06)
    """push to resume medication that was stopped, once it is noticed"""
    asks: float = param(0.2, "share", 0.0, 0.5, note="of its minutes with the person in which something is asked")


def sensitivity(p: Monitoring, minutes: float, knowledge: float, phone: bool) -> float:
    """Return the chance that a contact notices a prodrome.

    >>> p = Monitoring()
    >>> sensitivity(p, 8.0, 0.9, False) > sensitivity(p, 8.0, 0.1, False) > sensitivity(p, 2.0, 0.1, True)
    True
    """
    full = (p.sensitivity + p.knowledge_gain * knowledge) * (p.phone_share if phone else 1.0)
    return min(full, 0.98) * min(minutes / p.usual_minutes, 1.0)


def effects(p: Monitoring, minutes: float, contact: Contact, today: Given) -> None:
    """Give what was learnt, the push of being asked after, what it asks, being watched, and the push to resume."""
    today.knowledge += p.taught * minutes
    today.alliance += p.concern * minutes / 60.0
    today.intrusion += p.intrusion * minutes * contact.distrust * (1.0 + p.suspicion * contact.unwell)
    today.resumption += p.resumption * minutes * (0.5 + contact.alliance)
    today.asked += p.asks * minutes * WITH_CLIENT[contact.kind]


COMPONENT = Component(
    name="monitoring",
    order=13,
    sampled=11,
    claims="K-10, K-64, K-65",
    parameters=Monitoring(),
    mix=Mix(visit=1.2, call=2.0, crisis=0.5, ward_visit=0.5, joint_visit=0.5, accompaniment=0.3, family=1.0),
    rests_on_skill=skill_share(0.1, 0.0, 0.3),
    by_aides=True,
    effects=effects,
)
