"""Outcomes of hospital care: admissions, stays, return and follow-up after discharge."""

from collections.abc import Callable
from functools import partial

import numpy as np

from cmsim.core.ledger import Rows
from cmsim.core.simtime import DAY, HOUR
from cmsim.outcomes.analysis_window import Window, minutes_until_next, ratio, with_codes
from cmsim.outcomes.registry import Outcome, declare, mean, outcome
from cmsim.schema.codes import ContactMode, ContactOutcome, ContactPlace, Counterpart, Provider, WaitFor

_DISCHARGES = "share of discharges"
_WITH_CLIENT = {"with": Counterpart.CLIENT, "outcome": ContactOutcome.HELD}


def _discharges(window: Window, days_after: int) -> Rows:
    """Return the stays that ended in the window, at least ``days_after`` days before its end."""
    rows = window.tables["admissions"]
    last = (window.end - days_after) * DAY
    return rows[(rows["discharged"] >= window.start * DAY) & (rows["discharged"] < last)]


def _seen(window: Window) -> Rows:
    by = (Provider.CASE_MANAGER, Provider.PSYCHIATRIST)
    return with_codes(window.tables["contacts"], by=by, mode=ContactMode.FACE_TO_FACE, **_WITH_CLIENT)


def _reached(window: Window) -> Rows:
    by = (Provider.CASE_MANAGER, Provider.PSYCHIATRIST, Provider.CRISIS_SERVICE, Provider.TEAM_MEMBER, Provider.AIDE)
    return with_codes(window.tables["contacts"], by=by, **_WITH_CLIENT)


def _followed_up(window: Window, days: int, contacts: Callable[[Window], Rows] = _seen) -> float:
    stays, held = _discharges(window, days), contacts(window)
    outside = held[held["place"] != ContactPlace.WARD]
    seen = minutes_until_next(stays["client"], stays["discharged"], outside)
    back = minutes_until_next(stays["client"], stays["discharged"], window.tables["admissions"])
    at_risk = ~((back < days * DAY) & (back < seen))
    return ratio((seen[at_risk] < days * DAY).sum(), at_risk.sum())


def _readmitted(window: Window, days: int) -> float:
    stays = _discharges(window, days)
    back = minutes_until_next(stays["client"], stays["discharged"], window.tables["admissions"])
    return ratio((back < days * DAY).sum(), len(stays))


@outcome("Admissions", "per client-year", better="lower", matters=0.05, main=True, by_group=True)
def admissions(window: Window) -> float:
    """Hospital stays that began in the window."""
    return window.rate("admissions")


@outcome("Involuntary admissions", "share of admissions", better="lower", matters=0.03, main=True)
def involuntary(window: Window) -> float:
    """Admissions by commitment, of all that began in the window."""
    return window.share("admissions", involuntary=1)


@outcome("Bed days", "days per client-year", better="lower", matters=0.5, main=True, by_group=True)
def bed_days(window: Window) -> float:
    """Days in a hospital bed within the window, of stays begun before it too."""
    rows = window.tables["admissions"]
    begin = np.maximum(rows["minute"], window.start * DAY)
    end = np.where(rows["discharged"] < 0, window.end * DAY, np.minimum(rows["discharged"], window.end * DAY))
    return window.per_client_year(np.maximum(end - begin, 0).sum() / DAY)


@outcome("Length of stay", "days", better="lower", matters=1.0)
def stay(window: Window) -> float:
    """Mean length of the hospital stays that ended in the window."""
    rows = _discharges(window, 0)
    return mean((rows["discharged"] - rows["minute"]) / DAY)


for _days, _label, _matters in (
    (30, "Readmitted within 30 days", 0.02),
    (90, "Readmission within 90 days", 0.02),
    (180, "Readmitted within 180 days", 0.02),
    (365, "Readmitted within a year", 0.03),
):
    _definition = (
        f"Discharges followed by another admission within {_days} days. Discharges in the last {_days} days of the "
        "window are left out; people who leave the service count as not readmitted."
    )
    _measure = partial(_readmitted, days=_days)
    _of = Outcome(f"readmitted_{_days}", _label, _DISCHARGES, _definition, _measure, _matters, "lower", follow_up=_days)
    declare(_of)

for _days in (7, 30):
    _definition = (
        f"Discharges followed within {_days} days by a held face-to-face contact with case manager or psychiatrist "
        f"outside the ward. Left out are discharges in the last {_days} days of the window and people readmitted "
        f"within {_days} days before such a contact."
    )
    _label, _measure = f"Seen within {_days} days of discharge", partial(_followed_up, days=_days)
    declare(Outcome(f"follow_up_{_days}", _label, _DISCHARGES, _definition, _measure, 0.05, "higher", main=_days == 30))


@outcome("Followed up within 72 hours of discharge", _DISCHARGES, better="higher", matters=0.05)
def follow_up_72h(window: Window) -> float:
    """Discharges followed within 72 hours by a held contact with the client outside the ward, in person or by
    phone, by case manager, team, psychiatrist or crisis service. Left out are discharges in the last 3 days of
    the window and people readmitted within 3 days before such a contact."""
    return _followed_up(window, 3, _reached)


@outcome("Hours in the emergency department", "hours per client-year", better="lower", matters=0.2)
def emergency_hours(window: Window) -> float:
    """Hours of crises answered in the emergency department, and of waits there for a hospital bed that ended in
    the window, whether or not one was reached."""
    answered = window.held_contacts(Provider.EMERGENCY)["minutes"].sum(dtype=np.int64)
    waits = window.rows("waits", **{"for": WaitFor.BED})
    return window.per_client_year((answered + (waits["minute"] - waits["since"]).sum(dtype=np.int64)) / HOUR)


@outcome("Beds occupied", "share of beds", matters=0.02)
def bed_occupancy(window: Window) -> float:
    """Hospital beds occupied at the end of the day, by clients or by others, averaged over days."""
    return ratio(window.rows("daily")["beds_occupied"].sum(), window.beds.sum())
