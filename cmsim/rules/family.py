"""The family: contact, burden, criticism, warmth; when it calls and when it can no longer house."""

from __future__ import annotations

from typing import Any

import numpy as np

from cmsim.evidence import Section, param
from cmsim.rules.chance import approach


class Family(Section):
    """Burden and criticism run from 0 (none) to 1 (as much as a family can bear; constant)."""

    home_hours: float = param(
        38.0,
        "hours a week",
        20.0,
        60.0,
        "vaughn1976",
        status="derived",
        note="face-to-face contact when living together; over 35 hours counts as high",
    )
    away_hours: float = param(5.0, "hours a week", 1.0, 12.0, note="when living apart")
    full_hours: float = param(
        45.0, "hours a week", 35.0, 70.0, note="contact that counts as full", allowed=(1.0, 168.0)
    )
    burden_days: float = param(
        120.0, "days", 30.0, 365.0, note="time constant of burden", allowed=(1.0, 3650.0)
    )
    burden_resting: float = param(
        0.10, "0 to 1", 0.0, 0.3, note="burden with a relative who is well and capable"
    )
    burden_ill: float = param(
        0.45, "0 to 1", 0.2, 0.8, note="added while the relative is acute, at full contact"
    )
    burden_need: float = param(0.55, "ratio", 0.2, 1.0, note="added per unit of need, at full contact")
    burden_informed: float = param(
        0.15, "ratio", 0.0, 0.4, note="taken away per unit of knowledge of the illness"
    )
    criticism_days: float = param(
        200.0, "days", 60.0, 500.0, note="time constant of criticism", allowed=(1.0, 3650.0)
    )
    criticism_burden: float = param(
        0.6, "ratio", 0.2, 1.0, note="criticism per unit of burden, on top of disposition"
    )
    criticism_warmth: float = param(
        0.35,
        "ratio",
        0.1,
        0.6,
        "ma2021",
        status="derived",
        note="taken away per unit of warmth (warmth OR 0.35)",
    )
    call_rate: float = param(
        0.10,
        "per day",
        0.03,
        0.3,
        note="hazard that a family in full contact, knowing the signs, calls during a prodrome",
    )
    withdraw_burden: float = param(
        0.88, "0 to 1", 0.7, 1.0, note="burden above which a family ends living together"
    )
    house_burden: float = param(
        0.55, "0 to 1", 0.3, 0.8, note="burden below which a family takes the relative in"
    )


def contact_share(p: Family, at_home: Any, present: Any) -> Any:
    """Return face-to-face contact as a share of full contact, 0 to 1."""
    hours = p.away_hours + (p.home_hours - p.away_hours) * at_home
    return np.minimum(hours / p.full_hours, 1.0) * present


def burden_next(
    p: Family, burden: Any, contact: Any, ill: Any, need: Any, knowledge: Any, days: float
) -> Any:
    """Return burden after ``days``.

    >>> p = Family()
    >>> float(burden_next(p, 0.3, 0.9, 1, 0.4, 0.2, 30)) > float(burden_next(p, 0.3, 0.9, 0, 0.1, 0.8, 30))
    True
    """
    weight = p.burden_ill * ill + p.burden_need * need - p.burden_informed * knowledge
    return np.clip(
        approach(burden, np.clip(p.burden_resting + weight * contact, 0.0, 1.0), days, p.burden_days),
        0.0,
        1.0,
    )


def criticism_next(p: Family, criticism: Any, disposition: Any, burden: Any, warmth: Any, days: float) -> Any:
    """Return criticism after ``days``: settles at disposition plus burden, less warmth."""
    target = np.clip(disposition + p.criticism_burden * burden - p.criticism_warmth * warmth, 0.0, 1.0)
    return approach(criticism, target, days, p.criticism_days)


def call_hazard(p: Family, contact: Any, knowledge: Any) -> Any:
    """Return the daily hazard that the family calls about a prodrome."""
    return p.call_rate * contact * knowledge
