"""Acute illness that nobody treats: it gets worse, and in the end others bring the person to hospital."""

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import at_most, exp


class Untreated(Section):
    """What days of acute illness do on which nobody treats it."""

    worsens_log: float = param(0.5, "log odds", 0.1, 2.0, fitted_to="brokerage, target broker_days")
    """of severity, more after 30 days"""
    longest: float = param(60.0, "days", 30.0, 120.0, note="after which it gets no worse", allowed=(1.0, 365.0))
    crisis_log: float = param(0.7, "log ratio", 0.2, 1.5, note="of the hazard of a crisis, more after 30 days")
    holds_days: float = param(7.0, "days", 3.0, 14.0, allowed=(0.1, 90.0))
    """for which an acutely ill person seen by somebody who treats counts as treated"""
    family_rate: float = param(0.05, "per day", 0.01, 0.2)
    """hazard that a family in full contact brings a person of severity 1 to hospital, while nobody treats"""
    police_rate: float = param(0.012, "per day", 0.003, 0.05)
    """hazard that neighbours, passers-by or an ambulance crew have a person of severity 1 taken to hospital by the
    police, while nobody treats"""
    police_homeless: float = param(2.0, "ratio", 1.0, 4.0, note="of that hazard, on the street or in a shelter")
    power: float = param(4.0, "exponent", 2.0, 6.0, note="on severity, for less striking illness")
    police_refuses: float = param(1.5, "log odds", 0.5, 3.0, note="more to refuse admission, taken by the police")


def worsening(p: Untreated, days: Number) -> Number:
    """Return by how many log odds illness is more severe after some days untreated.

    >>> p = Untreated()
    >>> worsening(p, 30.0) == p.worsens_log and worsening(p, 0.0) == 0.0
    True
    """
    return p.worsens_log * at_most(p.longest, days) / 30.0


def crisis_ratio(p: Untreated, days: Number) -> Number:
    """Return the ratio of the hazard of a crisis after some days untreated; 1 at once.

    >>> float(crisis_ratio(Untreated(), 0.0))
    1.0
    """
    return exp(p.crisis_log * at_most(p.longest, days) / 30.0)


def alarm_hazards(p: Untreated, severity: float, family_contact: float, homeless: bool) -> tuple[float, float]:
    """Return the daily hazards that the family, and that the police, bring somebody untreated to hospital.

    >>> p = Untreated()
    >>> family, police = alarm_hazards(p, 0.8, 0.5, False)
    >>> family > alarm_hazards(p, 0.5, 0.5, False)[0] and police < alarm_hazards(p, 0.8, 0.5, True)[1]
    True
    """
    striking = severity**p.power
    police = p.police_rate * (p.police_homeless if homeless else 1.0)
    return p.family_rate * family_contact * striking, police * striking
