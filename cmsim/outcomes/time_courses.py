"""Time courses: a few daily columns as weekly means, over the whole run from day 0."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cmsim.core.ledger import Rows
from cmsim.core.simtime import WEEK_DAYS
from cmsim.outcomes.analysis_window import FOLLOWED


@dataclass(frozen=True, slots=True)
class Series:
    """One time course: the sum of some daily columns, for each unit of the sum of others.

    Attributes:
        name: as in files.
        label: as people say it.
        unit: in words.
        of: daily columns that are summed.
        per: daily columns whose sum they are divided by; empty for none.
        scale: factor to the unit.
    """

    name: str
    label: str
    unit: str
    of: tuple[str, ...]
    per: tuple[str, ...] = ()
    scale: float = 1.0


SERIES: dict[str, Series] = {
    series.name: series
    for series in (
        Series("ill", "Acutely ill or in hospital", "% of clients", ("acute", "inpatient"), FOLLOWED, 100.0),
        Series("unseen_30", "Unseen for more than 30 days", "% of clients", ("unseen_30",), FOLLOWED, 100.0),
        Series("homeless", "On the street or in a shelter", "% of clients", ("street", "shelter"), FOLLOWED, 100.0),
        Series("caseload", "Clients with the agency", "per case manager", ("open",), ("case_managers",)),
        Series("waiting", "Waiting for a case manager", "clients", ("waiting",)),
        Series("exhaustion", "Emotional exhaustion", "MBI-EE, 0 to 54", ("exhaustion",)),
    )
}
"""The time courses that results keep, in the order of the figure."""


def weekly(daily: Rows) -> dict[str, NDArray[np.float64]]:
    """Return each time course as the mean of each whole week from day 0, shape (weeks,); nan where undefined."""
    weeks = len(daily) // WEEK_DAYS
    return {name: _weekly(series, daily[: weeks * WEEK_DAYS]) for name, series in SERIES.items()}


def by_day(series: Series, daily: Rows) -> NDArray[np.float64]:
    """Return one time course day by day, in its unit, shape (days,); nan where undefined."""
    values = _sum(series.of, daily)
    if series.per:
        per = _sum(series.per, daily)
        values = np.divide(values, per, out=np.full(len(values), np.nan), where=per > 0)
    return series.scale * values


def _weekly(series: Series, daily: Rows) -> NDArray[np.float64]:
    by_week = by_day(series, daily).reshape(-1, WEEK_DAYS)
    total = np.nansum(by_week, axis=1)
    days = np.isfinite(by_week).sum(axis=1)
    return np.divide(total, days, out=np.full(len(total), np.nan), where=days > 0)


def _sum(columns: tuple[str, ...], daily: Rows) -> NDArray[np.float64]:
    return np.sum([daily[column].astype(float) for column in columns], axis=0)
