"""What is measured of each person in a trial, and how arms and groups are compared."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cmsim.core.errors import CmsimError
from cmsim.core.extension import Addition, LoadedExtension, on_loading
from cmsim.core.ledger import Rows
from cmsim.core.numeric import Floats
from cmsim.core.simtime import DAY, HOUR
from cmsim.outcomes import costs
from cmsim.outcomes.analysis_window import with_codes
from cmsim.results.simulation import Simulated
from cmsim.schema.codes import HOMELESS, ContactKind, ContactOutcome, Phase, Provider, RegistrationEvent, Setting

EARLY_DAYS = 90.0
HALF = 0.5
_ADJUSTED = ("autonomy", "activity")

_LEAVINGS = [event for event in RegistrationEvent if event != RegistrationEvent.REFERRED]
_FACE = [ContactKind.VISIT, ContactKind.CRISIS, ContactKind.JOINT, ContactKind.ACCOMPANY, ContactKind.REVIEW]


@dataclass(frozen=True)
class Followed:
    """The people of one arm in one run, from entry for some days.

    Attributes:
        run: the run.
        row: the client row of each person.
        day: the day of entry of each.
        days: length of the follow-up.
    """

    run: Simulated
    row: NDArray[np.int64]
    day: NDArray[np.int64]
    days: int

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
        rows, whose = self.rows(kind, **codes)
        found = np.full(len(self.row), np.inf)
        np.minimum.at(found, whose, rows["minute"] / DAY - self.day[whose])
        return found

    def days_of(self, client: NDArray[np.int64], begin: Floats, end: Floats) -> Floats:
        """Return the days that each person's stretches of time have within the follow-up."""
        whose = self.whose(client)
        mine = whose >= 0
        whose, first = whose[mine], self.day[whose[mine]].astype(float)
        days = np.minimum(end[mine], first + self.days) - np.maximum(begin[mine], first)
        return self.count(whose, np.maximum(days, 0.0))


Measure = Callable[[Followed], Floats]
MEASURES: dict[str, Measure] = {}
"""One value a person by name; nan where a person is not counted. Docstrings say what is measured."""


@dataclass(frozen=True, slots=True)
class TrialMeasure(Addition):
    """A measure that an extension adds.

    Attributes:
        measure: returns one value a person, nan where a person is not counted; its name is that of the measure.
    """

    measure: Measure


def measure(function: Measure) -> Measure:
    """Declare a measure under the name of its function."""
    MEASURES[function.__name__] = function
    return function


def _add(loaded: LoadedExtension) -> None:
    for each in loaded.of(TrialMeasure):
        name = each.measure.__name__
        if name in MEASURES:
            raise CmsimError(
                f'given "{loaded.reference}", which adds the measure "{name}"; allowed: a name that is free'
            )
        measure(each.measure)


on_loading(_add)


def _tally(name: str, meaning: str, kind: str, /, *, once: bool = False, **codes: ArrayLike) -> None:
    """Declare a measure: how many rows of a kind, with some codes, a person has; or whether there is one (1 or 0)."""

    def tally(people: Followed) -> Floats:
        found = people.tally(kind, **codes)
        return np.minimum(found, 1.0) if once else found

    tally.__name__, tally.__doc__ = name, meaning
    measure(tally)


_tally("relapse", "Whether the illness turns acute.", "transitions", once=True, to=Phase.ACUTE)
_tally("admitted", "Whether admitted to hospital.", "admissions", once=True)
_tally("committed", "Whether admitted by commitment.", "admissions", once=True, involuntary=1)
_HOMELESS = "Whether without a home at some time after entry, those homeless at entry left out."
_tally("homeless", _HOMELESS, "moves", once=True, to=HOMELESS)
_tally("admissions", "Admissions to hospital.", "admissions")
_tally("crises", "Crises.", "crises")
_tally("contacts", "Contacts held with or about the person, by anybody.", "contacts", outcome=ContactOutcome.HELD)


@measure
def relapse_days(people: Followed) -> Floats:
    """Days until the illness turns acute; the length of the follow-up, negative, where it does not."""
    found = people.days_until("transitions", to=Phase.ACUTE)
    return np.where(np.isfinite(found), np.maximum(found, 1e-9), -float(people.days))


@measure
def admitted_days(people: Followed) -> Floats:
    """Days until admission; negative, the days until leaving or the end, where it does not come."""
    found = people.days_until("admissions")
    last = np.minimum(people.days_until("registrations", event=_LEAVINGS), float(people.days))
    return np.where(np.isfinite(found), np.maximum(found, 1e-9), -np.maximum(last, 1e-9))


@measure
def admitted_early(people: Followed) -> Floats:
    """Whether the first admission came within 90 days of entry; nan for people not admitted at all."""
    first = people.days_until("admissions")
    return np.where(np.isfinite(first), first < EARLY_DAYS, np.nan)


@measure
def bed_days(people: Followed) -> Floats:
    """Days in hospital."""
    table = people.run.arrays("admissions")
    last = people.run.scenario.total_days
    ended = np.where(table["discharged"] < 0, last * DAY, table["discharged"]) / DAY
    return people.days_of(table["client"], table["minute"] / DAY, ended)


@measure
def stay(people: Followed) -> Floats:
    """Mean length of the stays that began in the follow-up and ended, days; nan without one."""
    rows, whose = people.rows("admissions")
    ended = rows["discharged"] >= 0
    length = (rows["discharged"][ended] - rows["minute"][ended]) / DAY
    with np.errstate(invalid="ignore"):
        return people.count(whose[ended], length) / people.count(whose[ended])


@measure
def lost(people: Followed) -> Floats:
    """Whether contact was lost: left against advice, or no contact held in the last half of the follow-up."""
    left = people.tally("registrations", event=RegistrationEvent.DISENGAGED)
    gone = people.tally("registrations", event=(RegistrationEvent.RECOVERED, RegistrationEvent.MOVED_OR_DIED))
    contacts, about = people.rows("contacts", outcome=ContactOutcome.HELD)
    half = people.day[about] * DAY + people.days * DAY // 2
    late = people.count(about[contacts["minute"] >= half])
    return np.minimum(left + ((late == 0.0) & (gone == 0.0)), 1.0)


@measure
def followed_up(people: Followed) -> Floats:
    """Whether met as an outpatient by a mental-health practitioner (1 or 0): a psychiatrist, or a case
    manager with a master's degree. Health plans count no others."""
    rows, whose = people.rows("contacts", outcome=ContactOutcome.HELD, kind=_FACE)
    staff = people.run.staff_columns
    graduates = np.asarray(staff["number"])[np.asarray(staff["graduate"], dtype=bool)]
    practitioner = (rows["by"] == Provider.PSYCHIATRIST) | (
        (rows["by"] == Provider.CASE_MANAGER) & np.isin(rows["worker"], graduates)
    )
    return np.minimum(people.count(whose[practitioner]), 1.0)


@measure
def cost(people: Followed) -> Floats:
    """Cost of what the person used, at the prices of the scenario: hospital, case management, psychiatrists,
    crisis care, residential care and jail; nan while one of these prices is open.

    What case management costs the whole agency is shared out by time in contact with or about each client and
    on the way to it. Community agencies, respite and aides are left out.
    """
    window = people.run.window
    price = SimpleNamespace(**{name: np.nan if value is None else value for name, value in window.prices})
    rows, whose = people.rows("contacts")
    by, held = rows["by"], rows["outcome"] == ContactOutcome.HELD
    minutes, travel = rows["minutes"].astype(float), rows["travel"].astype(float)
    theirs = window.rows("contacts", by=Provider.CASE_MANAGER)
    spent = float((theirs["minutes"] + theirs["travel"]).sum(dtype=np.int64)) / HOUR
    hourly = costs.cost_case_management(window) * window.client_years / spent if spent else 0.0
    spent_on = people.count(whose, (minutes + travel) * (by == Provider.CASE_MANAGER)) / HOUR
    seen = people.count(whose, minutes * (held & (by == Provider.PSYCHIATRIST))) / HOUR
    used = bed_days(people) * price.bed_day + spent_on * hourly + seen * price.psychiatrist_hour
    used += people.count(whose[held & (by == Provider.CRISIS_SERVICE)]) * price.crisis_visit
    used += people.count(whose[held & (by == Provider.EMERGENCY)]) * price.emergency_visit
    used += _days_in(people, "group home", "supervised flat") * price.residence_day
    used += _days_in(people, "shelter") * price.shelter_night
    return used + _days_in(people, "jail") * price.jail_day


def _days_in(people: Followed, *settings: str) -> Floats:
    """Return the days of each person's follow-up in some settings."""
    spells = people.run.window.spells("moves", "setting", [Setting.of(setting) for setting in settings])
    return people.days_of(spells.client, spells.begin, spells.end)


@measure
def not_adherent(people: Followed) -> Floats:
    """Whether less than half of doses are taken at the end of the run; nan for who has left by then."""
    adherence = np.asarray(people.run.client_columns["end_adherence"], dtype=float)[people.row]
    return np.where(np.isnan(adherence), np.nan, adherence < HALF)


@measure
def adjustment(people: Followed) -> Floats:
    """Autonomy and meaningful activity at the end of the run, their mean, 0 to 1; nan for who has left by then."""
    autonomy, activity = (np.asarray(people.run.client_columns[f"end_{name}"], float) for name in _ADJUSTED)
    adjusted: Floats = (autonomy + activity)[people.row] / 2.0
    return adjusted


@measure
def worker_lost(people: Followed) -> Floats:
    """Whether the case manager was lost (1 or 0)."""
    rows, whose = people.rows("handovers")
    return np.minimum(people.count(whose[rows["from_worker"] >= 0]), 1.0)


@dataclass(frozen=True, slots=True)
class Effect:
    """How values are compared.

    Attributes:
        of: the function of the values of the arm (and of the other).
        neutral: where there is no effect; ``None`` for a level.
    """

    of: Callable[..., float]
    neutral: float | None = None

    @property
    def arms(self) -> int:
        """1 for a level, 2 for a comparison."""
        return 1 if self.neutral is None else 2


def _mean(a: Floats) -> float:
    return float(np.nanmean(a)) if np.isfinite(a).any() else math.nan


def _divided(a: float, b: float) -> float:
    return a / b if b else math.nan


def _ratio(a: Floats, b: Floats) -> float:
    return _divided(_mean(a), _mean(b))


def _odds(values: Floats) -> float:
    return _divided(_mean(values), 1.0 - _mean(values))


def _rate(days: Floats) -> float:
    """Events per person-day, from days to the event or, negative, days without one."""
    return _divided(float((days > 0.0).sum()), float(np.abs(days).sum()))


def _cumulative(days: Floats) -> float:
    """Return the share with the event, of days to it or, negative, to leaving without it (Kaplan & Meier 1958)."""
    if not len(days):
        return math.nan
    order = np.lexsort((days < 0.0, np.abs(days)))
    at_risk = np.arange(len(days), 0, -1)
    return 1.0 - float(np.prod(np.where(days[order] > 0.0, 1.0 - 1.0 / at_risk, 1.0)))


EFFECTS: dict[str, Effect] = {
    "risk": Effect(_mean),
    "mean": Effect(_mean),
    "cumulative risk": Effect(_cumulative),
    "risk ratio": Effect(_ratio, 1.0),
    "ratio of means": Effect(_ratio, 1.0),
    "odds ratio": Effect(lambda a, b: _divided(_odds(a), _odds(b)), 1.0),
    "hazard ratio": Effect(lambda a, b: _divided(_rate(a), _rate(b)), 1.0),
    "difference": Effect(lambda a, b: _mean(a) - _mean(b), 0.0),
    "relative change": Effect(lambda a, b: _ratio(a, b) - 1.0, 0.0),
}
"""How arms or groups are compared, by name: a level of one, or a ratio or difference of two."""


def value_of(effect: str, *values: Floats) -> float:
    """Return the size of an effect from the values of one or two arms or groups."""
    return EFFECTS[effect].of(*values)
