"""Visits where there is risk: in pairs or alone, and what an incident does to the worker."""

from cmsim.core.parameters import Section, param


class Safety(Section):
    """Risk is known for a while after danger in a crisis, a commitment or harm (O-15)."""

    incident: float = param(0.04, "probability", 0.01, 0.1)
    """of being threatened or worse, on a visit with risk made alone"""
    incident_pair: float = param(0.25, "ratio", 0.1, 0.7, note="of that chance left in a pair")
    strain: float = param(4.0, "MBI-EE points", 1.0, 8.0, note="exhaustion that an incident adds", allowed=(0.0, 54.0))
    unease: float = param(0.25, "MBI-EE points", 0.0, 1.0, allowed=(0.0, 54.0))
    """that a visit with risk made alone adds"""


def incident_chance(p: Safety, pair: bool) -> float:
    """Return the chance of an incident on a visit with risk.

    >>> incident_chance(Safety(), True) < incident_chance(Safety(), False)
    True
    """
    return p.incident * (p.incident_pair if pair else 1.0)
