"""Advocacy: speaking up for access, and for the person."""

from cmsim.components.component import Component, Contact, Given, Mix, skill_share
from cmsim.core.parameters import Section, param


class Advocacy(Section):
    """How far minutes speak for a person; what that does is in ``submodels.agency_referral`` (K-53, K-54)."""

    skill_share: float = param(0.5, "share", 0.0, 0.8, note="of it that depends on the worker's skill")
    knowledge_share: float = param(0.4, "share", 0.0, 0.8)
    """of it that depends on knowing what the person can and cannot do"""
    legal_relief: float = param(0.02, "share per minute", 0.005, 0.05, note="of an open legal case that is dealt with")


def effects(p: Advocacy, minutes: float, contact: Contact, today: Given) -> None:
    """Give the minutes that spoke for the person, and how much of a legal case they dealt with."""
    skilled = 1.0 - p.skill_share + p.skill_share * contact.skill
    knows = 1.0 - p.knowledge_share + p.knowledge_share * contact.knowledge
    spoken = minutes * skilled * knows
    today.spoken_for += spoken
    today.legal_relief += p.legal_relief * spoken


COMPONENT = Component(
    name="advocacy",
    order=8,
    sampled=7,
    claims="K-53, K-54",
    parameters=Advocacy(),
    mix=Mix(agency=1.0, ward_visit=0.3, accompaniment=0.6),
    rests_on_skill=skill_share(0.4, 0.1, 0.7),
    effects=effects,
)
