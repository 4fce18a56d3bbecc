"""Outcomes of hospital care: admissions, stays, return and follow-up after discharge."""

import numpy as np
from numpy.typing import NDArray

from cmsim.core.ledger import Rows
from cmsim.core.simtime import DAY
from cmsim.outcomes.analysis_window import Window
from cmsim.outcomes.registry import mean, outcome, ratio
from cmsim.schema.codes import ContactMode, ContactOutcome, ContactPlace, Counterpart, Provider

_CLIENT_STEP = np.int64(2**32)
_NEVER = np.int64(2**62)


def _discharges(window: Window, days_after: int) -> Rows:
    """Return the stays that ended in the window, at least ``days_after`` days before its end."""
    rows = window.tables["admissions"]
    last = (window.end - days_after) * DAY
    return rows[(rows["discharged"] >= window.start * DAY) & (rows["discharged"] < last)]


def _minutes_until_next(client: NDArray[np.int32], minute: NDArray[np.int32], events: Rows) -> NDArray[np.int64]:
    """Return for each client and minute the minutes to that client's next event at or after it."""
    keys = np.sort(events["client"].astype(np.int64) * _CLIENT_STEP + events["minute"])
    asked = client.astype(np.int64) * _CLIENT_STEP + minute
    found = np.append(keys, _NEVER)[np.searchsorted(keys, asked)]
    return np.where(found // _CLIENT_STEP == client, found - asked, _NEVER)


def _follow_up_contacts(window: Window) -> Rows:
    rows = window.tables["contacts"]
    return rows[
        (rows["outcome"] == ContactOutcome.HELD)
        & (rows["with"] == Counterpart.CLIENT)
        & (rows["mode"] == ContactMode.FACE_TO_FACE)
        & (rows["place"] != ContactPlace.WARD)
        & np.isin(rows["by"], (Provider.CASE_MANAGER, Provider.PSYCHIATRIST))
    ]


def _followed_up(window: Window, days: int) -> float:
    stays = _discharges(window, days)
    seen = _minutes_until_next(stays["client"], stays["discharged"], _follow_up_contacts(window))
    back = _minutes_until_next(stays["client"], stays["discharged"], window.tables["admissions"])
    at_risk = ~((back < days * DAY) & (back < seen))
    return ratio((seen[at_risk] < days * DAY).sum(), at_risk.sum())


def _readmitted(window: Window, days: int) -> float:
    stays = _discharges(window, days)
    back = _minutes_until_next(stays["client"], stays["discharged"], window.tables["admissions"])
    return ratio((back < days * DAY).sum(), len(stays))


@outcome("Admissions", "per client-year", better="lower", matters=0.05, main=True, by_group=True)
def admissions(window: Window) -> float:
    """Hospital stays that began in the window."""
    return window.per_client_year(len(window.rows("admissions")))


@outcome("Involuntary admissions", "share of admissions", better="lower", matters=0.03, main=True)
def involuntary(window: Window) -> float:
    """Admissions by commitment, of all that began in the window."""
    rows = window.rows("admissions")
    return ratio(rows["involuntary"].sum(), len(rows))


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


@outcome("Readmitted within 30 days", "share of discharges", better="lower", matters=0.02)
def readmitted_30(window: Window) -> float:
    """Discharges followed by another admission within 30 days. Discharges in the last 30 days of the window
    are left out; people who leave the service count as not readmitted."""
    return _readmitted(window, 30)


@outcome("Readmission within 90 days", "share of discharges", better="lower", matters=0.02)
def readmitted_90(window: Window) -> float:
    """Discharges followed by another admission within 90 days. Discharges in the last 90 days of the window
    are left out; people who leave the service count as not readmitted."""
    return _readmitted(window, 90)


@outcome("Readmitted within a year", "share of discharges", better="lower", matters=0.03)
def readmitted_365(window: Window) -> float:
    """Discharges followed by another admission within 365 days. Discharges in the last 365 days of the window
    are left out; people who leave the service count as not readmitted."""
    return _readmitted(window, 365)


@outcome("Seen within 7 days of discharge", "share of discharges", better="higher", matters=0.05)
def follow_up_7(window: Window) -> float:
    """Discharges followed within 7 days by a held face-to-face contact with case manager or psychiatrist
    outside the ward. Left out are discharges in the last 7 days of the window and people readmitted within 7
    days before such a contact."""
    return _followed_up(window, 7)


@outcome("Seen within 30 days of discharge", "share of discharges", better="higher", matters=0.05, main=True)
def follow_up_30(window: Window) -> float:
    """Discharges followed within 30 days by a held face-to-face contact with case manager or psychiatrist
    outside the ward. Left out are discharges in the last 30 days of the window and people readmitted within
    30 days before such a contact."""
    return _followed_up(window, 30)


@outcome("Beds occupied", "share of beds", matters=0.02)
def bed_occupancy(window: Window) -> float:
    """Hospital beds occupied at the end of the day, by clients or by others, averaged over days."""
    return ratio(window.rows("daily")["beds_occupied"].sum(), window.beds.sum())
