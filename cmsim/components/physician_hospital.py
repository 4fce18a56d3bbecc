"""Collaboration with physicians and hospitals: making prescriptions happen,
reporting, joining discharge planning."""

from cmsim.components.component import Component, Contact, Given, Mix, skill_share
from cmsim.core.parameters import Section, param


class PhysicianHospital(Section):
    """What collaboration does (K-49 to K-52, O-04). Shorter stays through ward visits are in
    ``submodels.inpatient_care``."""

    supply_days: float = param(1.6, "days per minute", 0.5, 4.0)
    """of medication made available when little is left: pharmacy, bridging prescription, cost"""
    little_left: float = param(14.0, "days", 5.0, 30.0, note="supply from which that is called for")
    called_for_supply: float = param(1.0, "ratio", 0.0, 3.0, note="more time for it then, besides the usual")
    fit_gain: float = param(0.004, "share per minute", 0.0, 0.015, "kanter1989", status="assumption")
    """of misfit taken away: a dosing schedule that fits the day"""
    report_days: float = param(45.0, "days", 14.0, 90.0, note="a report counts at a review for so long")
    earlier_review: float = param(0.8, "probability", 0.4, 0.95)
    """a noticed prodrome is brought to the psychiatrist as urgent"""


def called_for(p: PhysicianHospital, contact: Contact) -> float:
    """Return the factor on its weight: more when the supply of medication runs low."""
    return 1.0 + p.called_for_supply * (contact.supply < p.little_left)


def effects(p: PhysicianHospital, minutes: float, contact: Contact, today: Given) -> None:
    """Give days of medication made available and misfit taken away."""
    called = contact.supply < p.little_left
    today.supply += p.supply_days * minutes * called
    today.fit += p.fit_gain * minutes * (0.5 + 0.5 * contact.knowledge)


COMPONENT = Component(
    name="physician and hospital",
    key="physician_hospital",
    order=7,
    sampled=8,
    claims="K-49 to K-52, O-04",
    parameters=PhysicianHospital(),
    mix=Mix(visit=0.6, ward_visit=2.0, psychiatrist_liaison=5.0, call=0.3),
    rests_on_skill=skill_share(0.4, 0.1, 0.7),
    called_for=called_for,
    effects=effects,
)
