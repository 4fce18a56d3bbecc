"""Who takes part in a virtual trial: what people are like at entry, and what is held from then on."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cmsim.core.numeric import Floats
from cmsim.core.simtime import DAY, YEAR_DAYS
from cmsim.schema.codes import AcuteAnswer, ClientStatus, CrisisOutcome, Phase, Provider
from cmsim.schema.state_variables import CLIENT

if TYPE_CHECKING:
    from cmsim.model.community import Community

Comparison = Callable[[Floats, float], NDArray[np.bool_]]

RECENT_YEARS = 2
_TO_BE_ADMITTED = [CrisisOutcome.ADMITTED, CrisisOutcome.NO_BED]
_AT_HOSPITAL = [AcuteAnswer.ADMITTED, AcuteAnswer.NO_BED, AcuteAnswer.NOT_ADMITTED]
_STATE = (
    "phase setting home diagnosis template admissions criticism warmth family_contact has_family depot adherence "
    "stopped substance trauma autonomy capability_mean symptoms alliance physical"
).split()
_VARIABLES = {variable.name: variable for variable in CLIENT}

CONDITIONS: dict[str, str] = {
    **{name: _VARIABLES[name].meaning for name in _STATE},
    "open": "with a case manager's agency and a worker, true or false",
    "served": "with the service, waiting for a worker or not, true or false",
    "days_since_episode": "days since the last episode ended",
    "days_since_discharge": "days since the last discharge from hospital",
    "recent_admissions": "admissions in the last two years",
    "recent_bed_days": "days in hospital in the last two years, a year",
}
"""Columns that inclusion and groups can ask about, with what they mean: state variables, and what follows from rows."""

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


class Enrolment:
    """Rule that enrols clients in a cohort: all who fit on one day, or each at an event.

    ``cohort`` holds those who take part, in order of entry: ``row`` of the client, ``day`` of entry, with which
    follow-up begins, and what each was like then, by column of :data:`CONDITIONS`.
    """

    def __init__(self, at: str, recruit_days: int, where: Where) -> None:
        self.at = at
        self.recruit_days = recruit_days
        self.where = where
        self.cohort = pd.DataFrame(columns=["row", "day", *CONDITIONS], dtype=float)

    def enrol(self, community: Community, begins: int) -> None:
        """Enrol whoever fits this morning.

        Args:
            community: at the beginning of a day.
            begins: the day on which the arms part.
        """
        today = community.days_simulated
        if today < begins or today > begins + self.recruit_days:
            return
        candidates = self._candidates(community, today, begins)
        if not len(candidates):
            return
        columns = collect_columns(community)
        fitting = candidates[fulfil(self.where, columns, community.people.known)[candidates]]
        new = fitting[~np.isin(fitting, self.cohort["row"])]  # nobody is enrolled twice
        # who enters at a crisis is followed from the day of it, so that what it leads to counts
        since = today - 1 if self.at in ("crisis", "presentation") else today
        entering = pd.DataFrame({"row": new, "day": since, **{name: columns[name][new] for name in CONDITIONS}})
        self.cohort = pd.concat([self.cohort, entering]) if len(self.cohort) else entering

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


def collect_columns(community: Community) -> dict[str, Floats]:
    """Return what inclusion can ask about, as of this morning, one value a client."""
    people, n, today = community.people, community.people.known, community.days_simulated
    stays = community.ledger["admissions"].rows()
    ended = np.where(stays["discharged"] < 0, today * DAY, stays["discharged"]) / DAY
    began = np.maximum(stays["minute"] / DAY, today - RECENT_YEARS * YEAR_DAYS)
    years = min(max(today, 1) / YEAR_DAYS, RECENT_YEARS)
    recent = ended > began
    columns = {
        "open": (people.status[:n] == ClientStatus.OPEN) & (people.worker[:n] >= 0),
        "served": (people.status[:n] != ClientStatus.NOT_YET) & (people.status[:n] != ClientStatus.LEFT),
        "days_since_episode": today - people.last_episode_end[:n],
        "days_since_discharge": today - people.discharged[:n],
        "recent_admissions": np.bincount(stays["client"][recent], minlength=n),
        "recent_bed_days": np.bincount(stays["client"], np.maximum(ended - began, 0.0), minlength=n) / years,
    }
    columns |= {name: getattr(people, name)[:n] for name in _STATE}
    return {name: np.asarray(values, dtype=float) for name, values in columns.items()}


def _withdraw_medication(community: Community, rows: NDArray[np.int64]) -> None:
    people = community.people
    people.stopped[rows] = 1.0
    people.adherence_target[rows] = 0.0
    people.depot[rows] = 0.0


def _supply_medication(community: Community, rows: NDArray[np.int64], depot: float, least_taken: float) -> None:
    people = community.people
    people.stopped[rows] = 0.0
    people.depot[rows] = depot
    # who would take it anyway takes no less
    people.adherence_target[rows] = np.maximum(people.willing[rows], least_taken)
    people.supply[rows] = community.world.medication.supply_days


def _maintain_medication(community: Community, rows: NDArray[np.int64]) -> None:
    # tablets are handed out and counted in a trial
    _supply_medication(community, rows, 0.0, community.world.medication.supervised)


def _give_depot(community: Community, rows: NDArray[np.int64]) -> None:
    _supply_medication(community, rows, 1.0, community.world.medication.depot_floor)


HOLDS: dict[str, Callable[[Community, NDArray[np.int64]], None]] = {
    "medication withdrawn": _withdraw_medication,
    "medication maintained": _maintain_medication,
    "depot": _give_depot,
}
"""What an arm can hold for those in the trial every morning from entry on, whatever would come by itself."""


def apply_holds(community: Community, cohort: pd.DataFrame, names: tuple[str, ...]) -> None:
    """Apply what an arm holds to those who have entered by today and are not in hospital."""
    rows = cohort["row"][cohort["day"] <= community.days_simulated].to_numpy(dtype=np.int64)
    outside = rows[community.people.phase[rows] != Phase.INPATIENT]
    for name in names:
        HOLDS[name](community, outside)
