"""Who takes part in a virtual trial: what people are like at entry, and what is held from then on."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cmsim.core.numeric import Floats
from cmsim.core.simtime import DAY, YEAR_DAYS
from cmsim.model.state.roster import STATE, snapshot
from cmsim.schema.codes import AcuteAnswer, ClientStatus, CrisisOutcome, Provider
from cmsim.schema.state_variables import CLIENT

if TYPE_CHECKING:
    from cmsim.model.community import Community

Comparison = Callable[[Floats, float], NDArray[np.bool_]]

_LAST_YEAR, _TWO_YEARS = YEAR_DAYS, 2 * YEAR_DAYS
CANDIDATES, MEMBERS = "candidates", "took part"
"""The first and the last line of the flow of people into a trial."""
_TO_BE_ADMITTED = [CrisisOutcome.ADMITTED, CrisisOutcome.NO_BED]
_AT_HOSPITAL = [AcuteAnswer.ADMITTED, AcuteAnswer.NO_BED, AcuteAnswer.NOT_ADMITTED]
_STATE = (
    "phase setting home diagnosis template admissions criticism warmth family_contact has_family depot adherence "
    "stopped substance trauma autonomy capability_mean symptoms alliance engagement stress physical"
).split()
_VARIABLES = {variable.name: variable for variable in CLIENT}

CONDITIONS: dict[str, str] = {
    **{name: _VARIABLES[name].meaning for name in _STATE},
    "open": "with a case manager's agency and a worker, true or false",
    "served": "with the service, waiting for a worker or not, and not lost to it; true or false",
    "days_since_episode": "days since the last episode ended",
    "days_since_discharge": "days since the last discharge from hospital",
    "recent_admissions": "stays in hospital in the last two years, those that began before included",
    "recent_bed_days": "days in hospital in the last two years, a year",
    "longest_recent_stay": "the longest stay in the last two years, days within them",
    "last_year_admissions": "stays in hospital in the last year, those that began before included",
    "last_year_bed_days": "days in hospital in the last year",
}
"""Columns that inclusion and groups can ask about, with what they mean: state variables, and what follows from rows."""

LOOKS_BACK = {
    "recent_admissions": _TWO_YEARS,
    "recent_bed_days": _TWO_YEARS,
    "longest_recent_stay": _TWO_YEARS,
    "last_year_admissions": _LAST_YEAR,
    "last_year_bed_days": _LAST_YEAR,
}
"""Days before entry that columns look back on. They have to be simulated: until then the columns are nan."""

_OPERATORS: tuple[tuple[str, Comparison], ...] = (
    (">=", operator.ge),
    ("<=", operator.le),
    (">", operator.gt),
    ("<", operator.lt),
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on one column: a comparison with a number, or equality with a word or truth value."""

    column: str
    compare: Comparison
    value: float

    @classmethod
    def read(cls, column: str, text: str | float | bool) -> Condition:
        """Return the condition that a file states, such as ``">= 90"``, ``"stable"`` or ``true``.

        Raises:
            ValueError: it cannot be read; the message says what is allowed.
        """
        if isinstance(text, (bool, int, float)):
            return cls(column, operator.eq, float(text))
        for sign, compare in _OPERATORS:
            if text.startswith(sign):
                try:
                    return cls(column, compare, float(text.removeprefix(sign)))
                except ValueError:
                    break
        words = _VARIABLES[column].words if column in _VARIABLES else ()
        if text in words:
            return cls(column, operator.eq, float(words.index(text)))
        allowed = ", ".join(f'"{word}"' for word in words) or 'a comparison such as ">= 0.4", or true or false'
        raise ValueError(f'{column}: given "{text}"; allowed: {allowed}')


Where = Mapping[str, str | float | bool]
"""Conditions by column, as a file states them."""


def fulfil(where: Where, columns: Mapping[str, Floats] | pd.DataFrame, people: int) -> NDArray[np.bool_]:
    """Return which of so many people fulfil all of some conditions."""
    chosen = np.ones(people, dtype=bool)
    for column, text in where.items():
        one = Condition.read(column, text)
        chosen &= one.compare(np.asarray(columns[column]), one.value)
    return chosen


def describe(where: Where) -> dict[str, Where]:
    """Return each condition by itself, by how people read it."""
    said = {column: text if isinstance(text, str) else str(text).lower() for column, text in where.items()}
    return {
        f"{column} {text if text[:1] in '<>' else f'= {text}'}": {column: where[column]}
        for column, text in said.items()
    }


class Enrolment:
    """Rule that enrols clients in a cohort: all who fit on one day, or each at an event.

    ``cohort`` holds those who take part, in order of entry: ``row`` of the client, ``day`` of entry, with which
    follow-up begins, and what each was like then, by column of :data:`CONDITIONS`. ``flow`` counts the candidates,
    whom each condition excluded of those whom the ones before it had left, and who took part.
    """

    def __init__(self, at: str, recruit_days: int, where: Where, one_of: Sequence[Where] = ()) -> None:
        self.at = at
        self.recruit_days = recruit_days
        self.closed = False
        self.conditions: dict[str, tuple[Where, ...]] = {name: (one,) for name, one in describe(where).items()}
        if one_of:
            self.conditions[" or ".join(" and ".join(describe(each)) for each in one_of)] = tuple(one_of)
        self.cohort = pd.DataFrame(columns=["row", "day", *CONDITIONS], dtype=float)
        self.flow = dict.fromkeys([CANDIDATES, *self.conditions, MEMBERS], 0)

    def close(self) -> Self:
        """Enrol nobody any more: further arms take over who has entered."""
        self.closed = True
        return self

    def enrol(self, community: Community, begins: int) -> None:
        """Enrol whoever fits this morning.

        Args:
            community: at the beginning of a day.
            begins: the day on which the arms part.
        """
        today = community.days_simulated
        if self.closed or today < begins or today > begins + self.recruit_days:
            return
        candidates = self._candidates(community, today, begins)
        if not len(candidates):
            return
        columns = collect_columns(community)
        new = candidates[~np.isin(candidates, self.cohort["row"])]  # nobody is enrolled twice
        self.flow[CANDIDATES] += len(new)
        for name, sets in self.conditions.items():
            fits = np.any([fulfil(where, columns, community.people.known)[new] for where in sets], axis=0)
            self.flow[name] += int((~fits).sum())
            new = new[fits]
        self.flow[MEMBERS] += len(new)
        # who enters at a crisis is followed from the day of it, so that what it leads to counts
        since = today - 1 if self.at in ("crisis", "presentation") else today
        entering = pd.DataFrame({"row": new, "day": since, **{name: columns[name][new] for name in CONDITIONS}})
        self.cohort = pd.concat([self.cohort, entering], ignore_index=True) if len(self.cohort) else entering

    def _candidates(self, community: Community, today: int, begins: int) -> NDArray[np.int64]:
        people, n = community.people, community.people.known
        here = (people.status[:n] != ClientStatus.NOT_YET) & (people.status[:n] != ClientStatus.LEFT)
        if self.at == "arms part":
            return np.flatnonzero(here) if today == begins else np.zeros(0, dtype=np.int64)
        if today == begins:
            return np.zeros(0, dtype=np.int64)
        yesterday = today - 1
        if self.at == "discharge":
            return np.flatnonzero(here & (people.discharged[:n] == yesterday))
        if self.at == "referral":
            return np.flatnonzero(here & (people.joined_day[:n] == yesterday))
        kinds = [community.ledger["crises"].rows()]
        if self.at == "presentation":
            crises, seen = kinds[0], community.ledger["acute_care"].rows()
            kinds = [
                crises[(crises["by"] == Provider.EMERGENCY) | np.isin(crises["outcome"], _TO_BE_ADMITTED)],
                seen[np.isin(seen["answer"], _AT_HOSPITAL)],
            ]
        fresh = np.concatenate(
            [rows["client"][(rows["minute"] >= yesterday * DAY) & (rows["minute"] < today * DAY)] for rows in kinds]
        )
        return np.unique(fresh[here[fresh]])


class FollowUpEnds:
    """State of everybody who takes part on the day on which a follow-up ends.

    Args:
        days: days from entry to the ends of the follow-ups.
    """

    def __init__(self, days: Collection[int]) -> None:
        self._recorded: dict[int, list[pd.DataFrame]] = {each: [] for each in days}

    def record(self, community: Community, cohort: pd.DataFrame) -> None:
        """Record those whose follow-up ends this morning."""
        for days, recorded in self._recorded.items():
            ends_now = cohort["day"].to_numpy() + days == community.days_simulated
            rows = cohort["row"].to_numpy(dtype=np.int64)[ends_now]
            if len(rows):
                now = snapshot(community)
                recorded.append(pd.DataFrame({name: values[rows] for name, values in now.items()}, index=rows))

    def states(self, days: int) -> pd.DataFrame:
        """Return the state so many days after entry, by client row."""
        return pd.concat(self._recorded[days] or [pd.DataFrame(columns=STATE, dtype=float)])


def collect_columns(community: Community) -> dict[str, Floats]:
    """Return what inclusion can ask about, as of this morning, one value a client."""
    people, n, today = community.people, community.people.known, community.days_simulated
    there = (people.status[:n] != ClientStatus.NOT_YET) & (people.status[:n] != ClientStatus.LEFT)
    columns: dict[str, ArrayLike] = {
        "open": (people.status[:n] == ClientStatus.OPEN) & (people.worker[:n] >= 0),
        "served": there & (people.lost_on[:n] < 0),
        "days_since_episode": today - people.last_episode_end[:n],
        "days_since_discharge": today - people.discharged[:n],
    }
    two, one = (_look_back(community, days) for days in (_TWO_YEARS, _LAST_YEAR))
    found = (two["admissions"], two["bed_days"] / 2.0, two["longest"], one["admissions"], one["bed_days"])
    for (name, days), values in zip(LOOKS_BACK.items(), found, strict=True):
        columns[name] = values if today >= days else np.full(n, np.nan)
    columns |= {name: getattr(people, name)[:n] for name in _STATE}
    return {name: np.asarray(values, dtype=float) for name, values in columns.items()}


def _look_back(community: Community, days: int) -> dict[str, Floats]:
    """Return stays, days in hospital and the longest stay of each client in the last so many days."""
    n, today = community.people.known, community.days_simulated
    ended = community.ledger["admissions"].rows()
    going_on = list(community.hospital.stays.items())
    client = np.append(ended["client"], [row for row, _ in going_on]).astype(np.int64)
    began = np.append(ended["minute"], [stay.began for _, stay in going_on]) / DAY
    until = np.append(ended["discharged"] / DAY, np.full(len(going_on), float(today)))
    within = np.maximum(until - np.maximum(began, today - days), 0.0)
    longest = np.zeros(n)
    np.maximum.at(longest, client, within)
    return {
        "admissions": np.bincount(client[within > 0.0], minlength=n).astype(float),
        "bed_days": np.bincount(client, within, minlength=n),
        "longest": longest,
    }
