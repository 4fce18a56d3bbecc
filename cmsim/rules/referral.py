"""Referral to a community agency: who follows through, who is accepted, how long a link holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from cmsim.clock import YEAR_DAYS
from cmsim.evidence import Section, param
from cmsim.rules.chance import logistic, logit


class Referral(Section):
    """Three levels of help; no study holds all three, so the levels are bracketed."""

    unassisted: float = param(
        0.35,
        "probability",
        0.2,
        0.5,
        "boyer2000",
        status="derived",
        note="follows through on a number alone, at capability 0.5; non-linkage 22-90%",
    )
    prepared_log: float = param(
        0.53,
        "log odds",
        0.35,
        0.7,
        "smith2020",
        status="derived",
        note="agency prepared and appointment made: ln 1.69",
    )
    accompanied_log: float = param(
        1.6,
        "log odds",
        1.0,
        2.8,
        note="brought there the first time, against a number alone; sweep to 0.65-0.95",
    )
    capability_log: float = param(
        2.0, "log odds", 0.5, 3.5, note="capability 1 against 0, with a number alone; help narrows it"
    )
    help_narrows: float = param(
        0.6,
        "share",
        0.2,
        0.9,
        note="of the capability gradient taken away when accompanied, half of it when prepared",
    )
    trauma_log: float = param(
        0.4, "log odds", 0.0, 1.0, note="less likely to follow through with a history of trauma"
    )
    unwell_log: float = param(0.7, "log odds", 0.2, 1.4, note="less likely while prodromal or acute")
    street_log: float = param(0.06, "log odds", 0.0, 0.2, note="less likely per year homeless, for housing")
    alliance_log: float = param(1.0, "log odds", 0.3, 2.0, note="alliance 1 against 0")
    accepts: float = param(
        0.75, "probability", 0.5, 0.95, note="an agency accepts a client it was not prepared for"
    )
    accepts_relation_log: float = param(
        1.0, "log odds", 0.3, 2.0, note="relation with the worker 1 against 0, and being prepared"
    )
    try_days: float = param(
        14.0, "days", 5.0, 30.0, note="mean time from referral to the first visit", allowed=(0.5, 365.0)
    )
    patience_days: float = param(
        150.0, "days", 60.0, 365.0, note="mean time a person stays on a waiting list", allowed=(1.0, 3650.0)
    )
    end_rate: float = param(
        0.45, "per year", 0.25, 1.2, note="hazard of a link ending, made with a number alone"
    )
    end_prepared_log: float = param(
        0.4,
        "log ratio",
        0.0,
        0.9,
        "kanter1989",
        status="assumption",
        note="protection when both sides were prepared",
    )
    end_alliance_log: float = param(0.5, "log ratio", 0.0, 1.0, note="protection by alliance 1 against 0")


def follow_chance(
    p: Referral, help_level: int, capability: Any, alliance: Any, trauma: Any, unwell: Any, street_years: Any
) -> Any:
    """Return the chance that a client follows through; ``help_level`` 0 number only, 1 prepared, 2
    accompanied.

    >>> p = Referral()
    >>> chances = [float(follow_chance(p, level, 0.3, 0.5, 0, 0, 0)) for level in (0, 1, 2)]
    >>> chances == sorted(chances)
    True
    """
    helped = (0.0, p.prepared_log, p.accompanied_log)[help_level]
    slope = p.capability_log * (1.0 - p.help_narrows * help_level / 2.0)
    odds = (
        logit(p.unassisted)
        + helped
        + slope * (capability - 0.5)
        + p.alliance_log * (alliance - 0.5)
        - p.trauma_log * trauma
        - p.unwell_log * unwell
        - p.street_log * street_years
    )
    return logistic(odds)


def accept_chance(p: Referral, relation: Any, prepared: Any) -> Any:
    """Return the chance that an agency accepts a client who came."""
    return logistic(logit(p.accepts) + p.accepts_relation_log * relation * prepared)


def link_end_hazard(p: Referral, prepared: Any, alliance: Any) -> Any:
    """Return the daily hazard that a link ends."""
    return (
        p.end_rate
        / YEAR_DAYS
        * np.exp(-p.end_prepared_log * prepared - p.end_alliance_log * (alliance - 0.5))
    )
