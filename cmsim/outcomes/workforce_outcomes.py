"""Outcomes of the workforce: posts, hours, exhaustion, turnover."""

from functools import partial

import numpy as np

from cmsim.core.simtime import HOUR, MONTHS_PER_YEAR, YEAR_DAYS
from cmsim.outcomes.analysis_window import Window, ratio
from cmsim.outcomes.registry import Outcome, declare, mean, outcome
from cmsim.schema.codes import StaffEvent

HIGH = 27.0
"""Emotional exhaustion that counts as high, MBI-EE: the cut-off is declared, since studies use several."""

_WORKED = [f"{part}_minutes" for part in "client collateral travel notes team office along".split()]


@outcome("Turnover of case managers", "leavings per 100 post-years", better="lower", matters=5.0, main=True)
def turnover(window: Window) -> float:
    """Case managers who left, per 100 years of filled posts."""
    left = len(window.rows("staff", event=StaffEvent.LEFT))
    return ratio(100.0 * left, window.rows("daily")["case_managers"].sum() / YEAR_DAYS)


@outcome("Emotional exhaustion", "MBI-EE, 0 to 54", better="lower", matters=2.0, main=True)
def exhaustion(window: Window) -> float:
    """Emotional exhaustion of case managers, averaged over workers in post and days."""
    daily = window.rows("daily")
    staffed = daily[(daily["case_managers"] > 0) & np.isfinite(daily["exhaustion"])]
    workers = staffed["case_managers"].astype(float)
    return ratio((staffed["exhaustion"] * workers).sum(), workers.sum())


@outcome("Highly exhausted case managers", "share of workers", better="lower", matters=0.05)
def exhausted(window: Window) -> float:
    """Case managers whose emotional exhaustion is at or above the cut-off of 27 (MBI-EE), averaged over
    workers and workdays, those off included."""
    rows = window.rows("worker_days")
    return ratio((rows["exhaustion"] >= HIGH).sum(), len(rows))


def _mean_in_post(window: Window, column: str) -> float:
    daily = window.rows("daily")
    workers = daily["case_managers"].astype(float)
    return ratio((daily[column].astype(float) * workers).sum(), workers.sum())


@outcome("Skill of case managers", "0 to 1", better="higher", matters=0.05)
def skill(window: Window) -> float:
    """Skill, averaged over case managers in post and days."""
    return _mean_in_post(window, "skill")


@outcome("Tenure of case managers", "years", better="higher", matters=0.3)
def tenure(window: Window) -> float:
    """Time in the post so far, averaged over case managers in post and days."""
    return _mean_in_post(window, "tenure") / YEAR_DAYS


@outcome("Vacant posts", "share of posts", better="lower", matters=0.02)
def vacancies(window: Window) -> float:
    """Posts without a holder, of all posts, averaged over days."""
    daily = window.rows("daily")
    posts = daily["posts"].sum()
    return ratio(posts - daily["case_managers"].sum(), posts)


@outcome("Days off", "share of workdays", better="lower", matters=0.02)
def days_off(window: Window) -> float:
    """Workdays of case managers on leave, in training or sick."""
    return window.share("worker_days", absent=1)


@outcome("Overtime", "hours per worker and month", better="lower", matters=1.0)
def overtime(window: Window) -> float:
    """Hours worked past the end of the day, for each month of a filled post."""
    months = window.rows("daily")["case_managers"].sum() / YEAR_DAYS * MONTHS_PER_YEAR
    return ratio(window.rows("worker_days")["overtime"].sum(dtype=np.int64) / HOUR, months)


def _share_of_time(window: Window, column: str) -> float:
    rows = window.rows("worker_days")
    return ratio(rows[column].sum(dtype=np.int64), sum(int(rows[each].sum(dtype=np.int64)) for each in _WORKED))


for _column, _name, _label, _meaning in (
    ("client_minutes", "client_time", "Time with clients", "in contact with clients"),
    ("collateral_minutes", "collateral_time", "Time with others", "in contact with others about clients"),
    ("travel_minutes", "travel_time", "Time travelling", "of travel"),
    ("notes_minutes", "notes_time", "Time writing up", "of writing up contacts"),
    ("team_minutes", "team_time", "Time with the team", "of meetings, supervision and administration"),
    ("office_minutes", "office_time", "Time left over", "at the desk with nothing planned"),
):
    _definition = f"Case managers' minutes {_meaning}, of all minutes at work."
    _measure = partial(_share_of_time, column=_column)
    declare(Outcome(_name, _label, "share of time at work", _definition, _measure, matters=0.02))


@outcome("Case managers in post", "full-time posts", matters=0.5)
def case_managers(window: Window) -> float:
    """Filled posts of case managers, averaged over days."""
    return mean(window.rows("daily")["case_managers"])


@outcome("Caseload", "clients per case manager", matters=1.0)
def caseload(window: Window) -> float:
    """Clients held by each case manager in post, a full-time equivalent, averaged over workers and workdays."""
    return mean(window.rows("worker_days")["caseload"])


@outcome("Paid hours of case managers", "hours per client-year", matters=3.0, main=True)
def staff_hours(window: Window) -> float:
    """Hours for which case managers are paid: every workday of a filled post, days of leave, training and
    sickness included."""
    rows = window.rows("worker_days")
    return window.per_client_year(window.paid_hours[rows["day"] - window.start].sum())
