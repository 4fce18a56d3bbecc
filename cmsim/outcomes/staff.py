"""Outcomes of the workforce: posts, hours, exhaustion, turnover."""

from __future__ import annotations

import numpy as np

from cmsim.clock import YEAR_DAYS
from cmsim.outcomes.declare import mean, outcome, ratio
from cmsim.outcomes.window import Window
from cmsim.record import STAFF_EVENTS, code

_WORKED = (
    "client_minutes",
    "collateral_minutes",
    "travel_minutes",
    "notes_minutes",
    "team_minutes",
    "office_minutes",
)


@outcome("Turnover of case managers", "leavings per 100 post-years", better="lower", matters=5.0, main=True)
def turnover(window: Window) -> float:
    """Case managers who left, per 100 years of filled posts."""
    left = (window.rows("staff")["event"] == code(STAFF_EVENTS, "left")).sum()
    return ratio(100.0 * left, window.rows("daily")["case_managers"].sum() / YEAR_DAYS)


@outcome("Emotional exhaustion", "MBI-EE, 0 to 54", better="lower", matters=2.0, main=True)
def exhaustion(window: Window) -> float:
    """Emotional exhaustion of case managers, averaged over workers in post and days."""
    daily = window.rows("daily")
    staffed = daily[(daily["case_managers"] > 0) & np.isfinite(daily["exhaustion"])]
    workers = staffed["case_managers"].astype(float)
    return ratio((staffed["exhaustion"] * workers).sum(), workers.sum())


@outcome("Time with clients", "share of time at work", matters=0.02)
def client_time(window: Window) -> float:
    """Case managers' minutes in contact with clients, of all minutes at work."""
    rows = window.rows("worker_days")
    worked = sum(int(rows[column].sum(dtype=np.int64)) for column in _WORKED)
    return ratio(rows["client_minutes"].sum(dtype=np.int64), worked)


@outcome("Case managers in post", "full-time posts", matters=0.5)
def case_managers(window: Window) -> float:
    """Filled posts of case managers, averaged over days."""
    return mean(window.rows("daily")["case_managers"])


@outcome("Paid hours of case managers", "hours per client-year", better="lower", matters=3.0, main=True)
def staff_hours(window: Window) -> float:
    """Hours for which case managers are paid: every workday of a filled post, days of leave, training and
    sickness included."""
    rows = window.rows("worker_days")
    return window.per_client_year(window.paid_hours[rows["day"] - window.start].sum())
