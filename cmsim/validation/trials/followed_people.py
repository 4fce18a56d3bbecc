"""The people of one arm of a virtual trial, followed from entry: what measures read."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cmsim.core.ledger import Rows
from cmsim.core.numeric import Floats
from cmsim.core.simtime import DAY
from cmsim.outcomes.analysis_window import Spells, with_codes
from cmsim.results.simulation import Simulated
from cmsim.schema.codes import RegistrationEvent

_SOON = 1e-9
"""Days: an event at the very minute of entry still has a time, and a sign."""
_GONE = [RegistrationEvent.RECOVERED, RegistrationEvent.MOVED_OR_DIED, RegistrationEvent.NO_LONGER_FOLLOWED]


@dataclass(frozen=True)
class Followed:
    """The people of one arm in one run, from entry for some days.

    Attributes:
        run: the run.
        row: the client row of each person.
        day: the day of entry of each.
        days: length of the follow-up.
        ends: state at the end of the follow-up, by client row; at the end of the run if ``None``.
    """

    run: Simulated
    row: NDArray[np.int64]
    day: NDArray[np.int64]
    days: int
    ends: pd.DataFrame | None = None

    @cached_property
    def seen(self) -> Floats:
        """Days from entry until each is gone, nothing of whom is simulated then, or the follow-up ends.

        Whoever was lost to the service, and is simulated on, is followed on. Who was gone before entry has less than
        0: the first arm decides who enters and when.
        """
        left = np.asarray(self.run.client_columns["left_day"], dtype=float)[self.row] - self.day
        ends = _GONE if self.run.window.follows_lost else [*_GONE, RegistrationEvent.DISENGAGED]
        gone = self.days_until("registrations", event=ends)
        return np.where(left < 0.0, -1.0, np.minimum(gone, float(self.days)))

    def state(self, name: str) -> Floats:
        """Return a state variable at the end of the follow-up; nan for who is gone by then."""
        if self.ends is None:
            found: Floats = np.asarray(self.run.client_columns[f"end_{name}"], dtype=float)[self.row]
        else:
            found = self.ends[name].reindex(self.row).to_numpy(dtype=float)
        return found

    def time_to(self, kind: str, /, **codes: ArrayLike) -> Floats:
        """Return days to each person's first such row; negative, the days without one until gone or the end."""
        return self.time_of(self.days_until(kind, **codes))

    def time_of(self, days: Floats) -> Floats:
        """Return days to an event, infinite where there is none, as measures of times do."""
        return np.where(np.isfinite(days), np.maximum(days, _SOON), -np.maximum(self.seen, _SOON))

    def whose(self, client: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the position among these people of each client row, -1 for anybody else."""
        position: NDArray[np.int64] = np.full(len(self.run.client_columns["key"]) + 1, -1)
        position[self.row] = np.arange(len(self.row))
        found: NDArray[np.int64] = position[client]
        return found

    def rows(self, kind: str, /, **codes: ArrayLike) -> tuple[Rows, NDArray[np.int64]]:
        """Return the rows of one kind about these people within their follow-up, and whose (position).

        Args:
            kind: the table.
            codes: by column, the code or codes to choose; all rows if there are none.
        """
        table = with_codes(self.run.arrays(kind), **codes)
        whose = self.whose(table["client"])
        begin = self.day[np.maximum(whose, 0)] * DAY if len(self.row) else np.zeros(len(table))
        inside = (whose >= 0) & (table["minute"] >= begin) & (table["minute"] < begin + self.days * DAY)
        return table[inside], whose[inside]

    def count(self, whose: NDArray[np.int64], weights: Floats | None = None) -> Floats:
        """Return how many rows (or how much of a weight) each person has."""
        return np.bincount(whose, weights=weights, minlength=len(self.row)).astype(float)

    def tally(self, kind: str, /, **codes: ArrayLike) -> Floats:
        """Return how many rows of a kind each person has: all, or those with one of some codes in each named column."""
        return self.count(self.rows(kind, **codes)[1])

    def days_until(self, kind: str, /, **codes: ArrayLike) -> Floats:
        """Return days from entry to each person's first such row; infinite where there is none."""
        return self.first(*self.rows(kind, **codes))

    def first(self, rows: Rows, whose: NDArray[np.int64]) -> Floats:
        """Return days from entry to the first of each person's rows; infinite where there is none."""
        found = np.full(len(self.row), np.inf)
        np.minimum.at(found, whose, rows["minute"] / DAY - self.day[whose])
        return found

    def last_begun(self, spells: Spells) -> Floats:
        """Return the day on which the last of each person's spells before entry began; minus infinity without one."""
        whose = self.whose(spells.client)
        whose, begin = whose[whose >= 0], spells.begin[whose >= 0]
        before = begin < self.day[whose]
        found = np.full(len(self.row), -np.inf)
        np.maximum.at(found, whose[before], begin[before])
        return found

    def days_of(self, client: NDArray[np.int64], begin: Floats, end: Floats) -> Floats:
        """Return the days that each person's stretches of time have within the follow-up."""
        whose = self.whose(client)
        mine = whose >= 0
        whose, first = whose[mine], self.day[whose[mine]].astype(float)
        days = np.minimum(end[mine], first + self.days) - np.maximum(begin[mine], first)
        return self.count(whose, np.maximum(days, 0.0))
