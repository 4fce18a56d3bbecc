"""Outcomes of hospital care: admissions, stays, return and follow-up after discharge."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from cmsim.core.ledger import Rows
from cmsim.core.simtime import DAY
from cmsim.outcomes.analysis_window import Window, ratio, with_codes
from cmsim.outcomes.registry import Outcome, declare, mean, outcome
from cmsim.schema.codes import ContactMode, ContactOutcome, ContactPlace, Counterpart, Provider

_CLIENT_STEP = np.int64(2**32)
_NEVER = np.int64(2**62)
_DISCHARGES = "share of discharges"


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
    face_to_face = {"with": Counterpart.CLIENT, "mode": ContactMode.FACE_TO_FACE, "outcome": ContactOutcome.HELD}
    by = (Provider.CASE_MANAGER, Provider.PSYCHIATRIST)
    rows = with_codes(window.tables["contacts"], by=by, **face_to_face)
    return rows[rows["place"] != ContactPlace.WARD]


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
    (365, "Readmitted within a year", 0.03),
):
    _definition = (
        f"Discharges followed by another admission within {_days} days. Discharges in the last {_days} days of the "
        "window are left out; people who leave the service count as not readmitted."
    )
    _measure = partial(_readmitted, days=_days)
    declare(Outcome(f"readmitted_{_days}", _label, _DISCHARGES, _definition, _measure, _matters, "lower"))

for _days in (7, 30):
    _definition = (
        f"Discharges followed within {_days} days by a held face-to-face contact with case manager or psychiatrist "
        f"outside the ward. Left out are discharges in the last {_days} days of the window and people readmitted "
        f"within {_days} days before such a contact."
    )
    _label, _measure = f"Seen within {_days} days of discharge", partial(_followed_up, days=_days)
    declare(Outcome(f"follow_up_{_days}", _label, _DISCHARGES, _definition, _measure, 0.05, "higher", main=_days == 30))


@outcome("Beds occupied", "share of beds", matters=0.02)
def bed_occupancy(window: Window) -> float:
    """Hospital beds occupied at the end of the day, by clients or by others, averaged over days."""
    return ratio(window.rows("daily")["beds_occupied"].sum(), window.beds.sum())
