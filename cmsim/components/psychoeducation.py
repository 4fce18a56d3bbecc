"""Psychoeducation: talking about the illness and its treatment; it helps some and makes others deny."""

from cmsim.components.component import Component, Contact, Given, Mix, skill_share
from cmsim.core.parameters import Section, param
from cmsim.schema.contact_kinds import WITH_CLIENT


class Psychoeducation(Section):
    """What talk about the illness does to insight (K-59, K-60)."""

    gained: float = param(0.0016, "share per minute", 0.0005, 0.004, "kanter1989", status="assumption")
    """of the way to full insight, at full alliance and insight"""
    open_share: float = param(0.6, "share", 0.2, 0.9, note="of it that depends on insight already there")
    lost: float = param(0.0016, "share per minute", 0.0005, 0.004, "kanter1989", status="assumption")
    """of insight that denial takes from a person without insight or trust in the worker"""
    tact: float = param(0.6, "share", 0.2, 0.9, note="of that which a worker of skill 1 avoids")


def effects(p: Psychoeducation, minutes: float, contact: Contact, today: Given) -> None:
    """Give insight gained, which grows with alliance, and insight lost to denial where there is neither."""
    with_client = WITH_CLIENT[contact.kind]
    receptive = contact.alliance * (1.0 - p.open_share * (1.0 - contact.insight))
    defensive = (1.0 - contact.alliance) * (1.0 - contact.insight) * (1.0 - p.tact * contact.skill)
    today.insight_gained += p.gained * minutes * receptive * with_client
    today.insight_lost += p.lost * minutes * defensive * with_client


COMPONENT = Component(
    name="psychoeducation",
    order=11,
    sampled=13,
    claims="K-59, K-60",
    parameters=Psychoeducation(),
    mix=Mix(visit=0.6, family=1.0),
    rests_on_skill=skill_share(0.5, 0.2, 0.8),
    effects=effects,
)
