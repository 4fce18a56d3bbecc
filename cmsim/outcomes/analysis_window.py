"""What happened within the outcome window of one run, for everybody or for one group of clients.

The window is the days after the warm-up: ``[start, end)``. Clients who wait for a worker are in it like all
others. Everything is read from the ledger's rows; nothing is simulated here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.ledger import Rows
from cmsim.core.numeric import Bools, Floats
from cmsim.core.simtime import DAY, YEAR_DAYS
from cmsim.scenario import Scenario
from cmsim.scenario.service import Service
from cmsim.schema.codes import ContactOutcome, Provider
from cmsim.submodels.prices import Prices

_CLIENT_STEP = np.int64(2**32)
_NEVER = np.int64(2**62)


def ratio(part: float, whole: float) -> float:
    """Return part / whole, and nan where there is no whole.

    >>> ratio(1, 4), ratio(0, 0)
    (0.25, nan)
    """
    return float(part) / float(whole) if whole > 0 else np.nan


def with_codes(rows: Rows, /, **codes: ArrayLike) -> Rows:
    """Return the rows that have, in each named column, one of some codes."""
    keep = np.ones(len(rows), dtype=bool)
    for column, wanted in codes.items():
        keep &= _is_any(rows[column], wanted)
    return rows[keep]


def _is_any(values: NDArray[Any], codes: ArrayLike) -> Bools:
    """Return which values are one of some codes; for the few codes that there are, faster than ``np.isin``."""
    found = np.zeros(len(values), dtype=bool)
    for code in np.ravel(codes).tolist():
        found |= values == code
    return found


def consecutive(rows: Rows, *keys: str) -> tuple[Rows, Rows]:
    """Return each row that another one follows for the same client (or the same keys), and the one that follows."""
    keys = keys or ("client",)
    rows = rows[np.lexsort((rows["minute"], *(rows[key] for key in reversed(keys))))]
    same = np.all([rows[key][1:] == rows[key][:-1] for key in keys], axis=0)
    return rows[:-1][same], rows[1:][same]


def minutes_until_next(client: NDArray[Any], minute: NDArray[Any], events: Rows) -> NDArray[np.int64]:
    """Return how long it is from each minute to its client's next event, in minutes: about 2**62 if there is none."""
    keys = np.sort(events["client"].astype(np.int64) * _CLIENT_STEP + events["minute"])
    asked = client.astype(np.int64) * _CLIENT_STEP + minute.astype(np.int64)
    found = np.append(keys, _NEVER)[np.searchsorted(keys, asked)]
    return np.where(found // _CLIENT_STEP == client, found - asked, _NEVER)


@dataclass(frozen=True, slots=True)
class Spells:
    """Stretches of time that clients spent in a state: three columns of one length.

    Attributes:
        client: row of the client.
        begin: day it began, with the fraction of the day.
        end: day it ended.
    """

    client: NDArray[np.int64]
    begin: Floats
    end: Floats

    def days(self) -> float:
        """Return the length of all spells together, in days."""
        return float((self.end - self.begin).sum())

    def days_by_client(self, clients: int) -> Floats:
        """Return the days of each of so many clients."""
        return np.bincount(self.client, self.end - self.begin, minlength=clients).astype(float)


FOLLOWED = ("open", "waiting", "lost")
"""Daily columns that count everybody who is followed, once."""


class ByName(dict[str, Any]):
    """Columns or tables by name; asking for one that there is not ends in one message.

    Attributes:
        what: one of them, as people say it.
    """

    what = "column of window.clients"

    def __missing__(self, name: str) -> Any:
        """Raise the message."""
        raise _unknown(self.what, name, self)


class _Tables(ByName):
    """The rows of a run by kind."""

    what = "kind of rows"


def _unknown(what: str, name: object, known: Iterable[str]) -> CmsimError:
    names = sorted(known)
    return CmsimError(f'given "{name}", which is no {what}; allowed: {", ".join(names)}{nearest(str(name), names)}')


@dataclass
class Window:
    """The rows of a run that outcomes are counted from.

    Attributes:
        tables: all rows of the run by kind, warm-up included.
        component_minutes: minutes by component for each row of the contacts, shape (contacts, components).
        clients: one entry a column of the client table, each with one value a client.
        start: first day that counts.
        end: first day that no longer counts.
        spec: the scenario, for prices, beds and what was paid for.
    """

    tables: Mapping[str, Rows]
    component_minutes: NDArray[np.float32]
    clients: Mapping[str, Any]
    start: int
    end: int
    spec: Scenario
    _cut: dict[object, Rows] = field(default_factory=dict, init=False, repr=False)
    _stretches: dict[str, tuple[NDArray[Any], ...]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Let tables and columns answer for names that there are not."""
        self.tables, self.clients = _Tables(self.tables), ByName(self.clients)

    @property
    def days(self) -> int:
        """Length of the window in days."""
        return self.end - self.start

    def minutes_of(self, component: str) -> NDArray[np.float32]:
        """Return the minutes given to a component in each contact of the window."""
        names = [part.name for part in self.spec.components]
        return self.component_minutes[self.within(self.tables["contacts"]), names.index(component)]

    @property
    def prices(self) -> Prices:
        """The prices in force."""
        return self.spec.world.prices

    @property
    def follows_lost(self) -> bool:
        """Whether people lost to the service are followed, and how all live bears on what their years are worth."""
        return self.spec.world.mechanisms.worth_sees_homes

    def daily_of(self, setting: Callable[[Service], Any]) -> Floats:
        """Return what a setting of the service in force was on each day, shape (days, ...)."""
        services = [(max(day, self.start), service) for day, service in self.spec.timeline() if day < self.end]
        values = [setting(service) for _, service in services]
        lengths = np.diff([*(day for day, _ in services), self.end])
        return np.repeat(np.array(values, dtype=float), lengths, axis=0)

    @property
    def beds(self) -> Floats:
        """Beds of the hospital on each day of the window."""
        return self.daily_of(lambda service: service.hospital.beds)

    @property
    def paid_hours(self) -> Floats:
        """Hours for which a worker is paid, on each day of the window that is a workday."""
        return self.daily_of(lambda service: service.staff.hours)

    def rows(self, kind: str, /, **codes: ArrayLike) -> Rows:
        """Return the rows of one kind that fall into the window: all, or those with one of some codes in each column.

        Args:
            kind: the table.
            codes: by column, the code or codes to choose.
        """
        if kind not in self._cut:
            self._cut[kind] = self.tables[kind][self.within(self.tables[kind])]
        if not codes:
            return self._cut[kind]
        asked = kind, *((column, *np.ravel(wanted).tolist()) for column, wanted in codes.items())
        if asked not in self._cut:  # several outcomes look at the same rows
            self._cut[asked] = with_codes(self._cut[kind], **codes)
        return self._cut[asked]

    def share(self, kind: str, /, **codes: ArrayLike) -> float:
        """Return the share of the rows of one kind in the window that have some codes; nan where there are no rows."""
        rows = self.rows(kind)
        return ratio(len(with_codes(rows, **codes)), len(rows))

    def rate(self, kind: str, /, **codes: ArrayLike) -> float:
        """Return the rows of one kind in the window, with some codes, per client-year; nan if there was no client."""
        return self.per_client_year(len(self.rows(kind, **codes)))

    def within(self, rows: Rows) -> Bools:
        """Return which of some rows fall into the window, by their minute or day."""
        time, scale = (rows["minute"], DAY) if "minute" in (rows.dtype.names or ()) else (rows["day"], 1)
        return (time >= self.start * scale) & (time < self.end * scale)

    def only(self, chosen: Bools) -> Self:
        """Return the same window for the chosen clients alone, without the tables that are not about clients."""
        mine = np.append(chosen, False)  # a row about nobody has client -1 and so meets the last entry
        tables = {
            kind: rows[mine[rows["client"]]]
            for kind, rows in self.tables.items()
            if "client" in (rows.dtype.names or ())
        }
        joined = np.where(chosen, np.asarray(self.clients["joined_day"], dtype=float), np.nan)
        return replace(
            self,
            tables=tables,
            component_minutes=self.component_minutes[:0],
            clients={**self.clients, "joined_day": joined},
        )

    def presence(self, first: float, last: float) -> Floats:
        """Return the days that each client was with the service within ``[first, last)``."""
        joined, left = self._stay()
        return np.maximum(np.minimum(left, last) - np.maximum(joined, first), 0.0)

    def _stay(self) -> tuple[Floats, Floats]:
        """Return the day each client joined and left; infinite where it has not happened."""
        joined = np.asarray(self.clients["joined_day"], dtype=float)
        left = np.asarray(self.clients["left_day"], dtype=float)
        return np.where(np.isnan(joined), np.inf, joined), np.where(left >= 0, left, np.inf)

    def held_contacts(self, by: Provider | None = None) -> Rows:
        """Return the contacts that were held in the window, by anybody or by one kind of provider."""
        return self.rows("contacts", outcome=ContactOutcome.HELD, **({} if by is None else {"by": by}))

    def daily_mean(self, column: str, statuses: Sequence[str] = FOLLOWED) -> float:
        """Return a daily column, a mean over the clients of some statuses, averaged over clients and days."""
        daily = self.rows("daily")
        clients = np.sum([daily[status].astype(float) for status in statuses], axis=0)
        values = daily[column].astype(float)
        known = np.isfinite(values) & (clients > 0)
        return float(np.average(values[known], weights=clients[known])) if known.any() else np.nan

    def weekly_mean(self, column: str, per: str = "clients") -> float:
        """Return a weekly column, a mean over the clients that another one counts, averaged over clients and weeks."""
        weeks = self.rows("weekly")
        counted = weeks[weeks[per] > 0]
        return float(np.average(counted[column].astype(float), weights=counted[per])) if len(counted) else np.nan

    def per_client_day(self, column: str) -> float:
        """Return the sum of a daily column per client and day, with a worker or without; nan without clients."""
        daily = self.rows("daily")
        return ratio(daily[column].sum(), sum(daily[status].sum() for status in FOLLOWED))

    @property
    def client_years(self) -> float:
        """Years that clients spent with the service in the window, waiting for a worker or not."""
        return float(self.presence(self.start, self.end).sum()) / YEAR_DAYS

    def per_client_year(self, amount: float) -> float:
        """Return an amount per client-year; nan if there was no client."""
        return ratio(amount, self.client_years)

    def annual_share(self, client: NDArray[Any], begin: Floats, end: Floats | None = None) -> float:
        """Return the share of clients to whom something happened within a year.

        The window is cut into whole years from its start, and a rest of less than a year is left out. A
        client counts in a year if with the service for at least half of it.

        Args:
            client: whom it happened to.
            begin: the day it happened or began.
            end: the day it ended, if it lasted.

        Returns:
            a share from 0 to 1; nan if the window is shorter than a year.
        """
        end = begin if end is None else end
        persons, hit = 0, 0
        for year in range(self.days // YEAR_DAYS):
            first = self.start + year * YEAR_DAYS
            present = self.presence(first, first + YEAR_DAYS) >= YEAR_DAYS / 2
            affected = np.zeros(len(present), dtype=bool)
            affected[client[(begin < first + YEAR_DAYS) & ((begin >= first) | (end > first))]] = True
            persons += int(present.sum())
            hit += int((affected & present).sum())
        return ratio(hit, persons)

    def spells(self, kind: str, column: str, states: Sequence[int]) -> Spells:
        """Return when clients were in any of some states, cut to the window and their time with the service.

        Args:
            kind: the table of changes, with columns ``from`` and ``to``.
            column: name of the state among the client columns, without ``last_``, for who never changed.
            states: codes of the states.
        """
        if column not in self._stretches:
            self._stretches[column] = self._all_spells(kind, column)
        who, begin, end, codes = self._stretches[column]
        keep = _is_any(codes, states)
        return Spells(who[keep], begin[keep], end[keep])

    def _all_spells(self, kind: str, column: str) -> tuple[NDArray[Any], ...]:
        """Return who was when in which state: client, first and last day, code."""
        rows = self.tables[kind]
        rows = rows[np.lexsort((rows["minute"], rows["client"]))]
        client, day = rows["client"].astype(np.int64), rows["minute"] / DAY
        first = np.diff(client, prepend=-1) != 0
        until = np.where(np.roll(first, -1), np.inf, np.roll(day, -1))

        joined, left = self._stay()
        changed = np.zeros(len(joined), dtype=bool)
        changed[client] = True
        constant = np.flatnonzero(~changed)
        last = np.nan_to_num(np.asarray(self.clients[f"last_{column}"], dtype=float)[constant], nan=-1)
        who = np.concatenate([client, client[first], constant])
        begin = np.concatenate([day, np.full(int(first.sum()) + len(constant), -np.inf)])
        end = np.concatenate([until, day[first], np.full(len(constant), np.inf)])
        codes = np.concatenate([rows["to"], rows["from"][first], last.astype(np.int64)])

        begin = np.maximum(np.maximum(begin, joined[who]), self.start)
        end = np.minimum(np.minimum(end, left[who]), self.end)
        lasts = end > begin
        return who[lasts], begin[lasts], end[lasts], codes[lasts]
