"""Linkage: from a number on a slip of paper to going there together."""

from cmsim.components.component import Component, Contact, Given, Mix, skill_share
from cmsim.core.parameters import Section, param
from cmsim.schema.contact_kinds import WITH_CLIENT


class Linkage(Section):
    """What linkage does besides the referral itself, which is in ``submodels.agency_referral`` (K-37 to K-40, O-05)."""

    starts_gap: float = param(0.04, "0 to 1", 0.01, 0.2)
    """unmet need in the domains of an agency from which a referral is considered"""
    referral_rate: float = param(4.0, "per year", 1.0, 10.0)
    """hazard that the worker, while seeing the client, starts a referral where one is called for"""
    relation_gain: float = param(0.02, "per referral", 0.0, 0.06, note="growth of the worker's relation with an agency")
    relation_eases: float = param(0.3, "0 to 1", 0.0, 0.6)
    """capability that a full relation with the agency makes up for"""
    relief: float = param(0.0015, "share per minute", 0.0, 0.005, note="of stress taken away by a hassle dealt with")
    asks: float = param(0.5, "share", 0.2, 0.8, note="of its minutes with the person in which something is asked")


def effects(p: Linkage, minutes: float, contact: Contact, today: Given) -> None:
    """Give the relief of hassles dealt with, and the demand of turning up and taking part."""
    today.relief += p.relief * minutes
    today.asked += p.asks * minutes * WITH_CLIENT[contact.kind]


COMPONENT = Component(
    name="linkage",
    order=4,
    claims="K-37 to K-40, O-05",
    parameters=Linkage(),
    mix=Mix(visit=0.8, agency=4.0, accompaniment=4.0, ward_visit=0.5),
    rests_on_skill=skill_share(0.15, 0.0, 0.4, "going along takes time, not training"),
    by_aides=True,
    effects=effects,
)
