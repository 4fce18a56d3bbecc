"""What is measured of each person in a trial, from entry to the end of the follow-up or until the person leaves."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.extension import Addition, LoadedExtension, OutsideCodeRefused, import_named, on_loading
from cmsim.core.numeric import Floats
from cmsim.core.simtime import DAY, HOUR
from cmsim.schema.codes import (
    HOMELESS,
    INSTITUTIONS,
    ContactKind,
    ContactOutcome,
    Phase,
    Provider,
    RegistrationEvent,
    Setting,
    plain_codes,
)
from cmsim.validation import costs_by_use
from cmsim.validation.trials.followed_people import Followed

EARLY_DAYS = 90.0
HALF = 0.5
_HOMES = plain_codes(*(setting for setting in Setting if setting not in HOMELESS + INSTITUTIONS))
_FACE = [ContactKind.VISIT, ContactKind.CRISIS, ContactKind.JOINT, ContactKind.ACCOMPANY, ContactKind.REVIEW]

Measure = Callable[[Followed], Floats]
MeasureKind = Literal["value", "amount", "time"]


@dataclass(frozen=True, slots=True)
class TrialMeasure(Addition):
    """A measure: of this package, or one that an extension or the file of a trial adds.

    Attributes:
        measure: returns one value a person, nan where a person is not counted; its name is that of the measure.
        kind: ``value`` for a number of which means are taken; ``amount`` for what adds up with time, so that means
            are taken for a whole follow-up; ``time`` for days until an event, as :meth:`Followed.time_to` returns.
    """

    measure: Measure
    kind: MeasureKind = "value"

    def __call__(self, people: Followed) -> Floats:
        """Return one value a person, nan for who had left before entry.

        Raises:
            CmsimError: what the measure returned is something else; the message names it.
        """
        given = self.measure(people)
        try:
            values = np.asarray(given, dtype=float)
        except (TypeError, ValueError):
            values = np.asarray(np.nan)
        if values.shape != people.row.shape or np.isinf(values).any():
            name = f"{self.measure.__module__}:{getattr(self.measure, '__name__', '')}"
            told = f"{type(given).__name__} of shape {values.shape}"
            told = "infinite values" if values.shape == people.row.shape else told
            raise CmsimError(f"measure {name}: returned {told}; allowed: a number a person, nan for who does not count")
        return np.where(people.seen < 0.0, np.nan, values)


MEASURES: dict[str, TrialMeasure] = {}
"""Measures by name. Their docstrings say what is measured."""


def _declares(kind: MeasureKind) -> Callable[[Measure], Measure]:
    def declare(function: Measure) -> Measure:
        MEASURES[function.__name__] = TrialMeasure(function, kind)
        return function

    return declare


measure, amount, time_to_event = _declares("value"), _declares("amount"), _declares("time")
"""Declare a measure of a kind under the name of its function."""


def _add(loaded: LoadedExtension) -> None:
    for each in loaded.of(TrialMeasure):
        name = each.measure.__name__
        if name in MEASURES:
            raise CmsimError(
                f'given "{loaded.reference}", which adds the measure "{name}"; allowed: a name that is free'
            )
        MEASURES[name] = each


on_loading(_add)


def find_measure(name: str) -> TrialMeasure:
    """Return a measure by its name, or by ``"package.module:Name"``: a function, or a :class:`TrialMeasure`.

    Raises:
        CmsimError: there is no such measure; the message names the nearest.
    """
    if name in MEASURES:
        return MEASURES[name]
    module, _, inside = name.partition(":")
    if not inside:
        hint = nearest(name, MEASURES)
        raise CmsimError(f'unknown {name!r}{hint}; allowed: {", ".join(MEASURES)}, or "package.module:Name"')
    try:
        found = import_named(module, inside)
    except OutsideCodeRefused:
        raise CmsimError(f"given {name!r}, which runs code from outside; allowed here: the bundled measures") from None
    except ImportError as error:
        raise CmsimError(f"given {name!r}, which cannot be imported ({error}); PYTHONPATH says where to look") from None
    if isinstance(found, TrialMeasure):
        return found
    if not callable(found):
        raise CmsimError(f"given {name!r}, of type {type(found).__name__}; allowed: a function or a TrialMeasure")
    return TrialMeasure(found)


def _time(name: str, meaning: str, kind: str, /, **codes: ArrayLike) -> None:
    """Declare a measure: days until the first row of a kind, with some codes."""

    def days(people: Followed) -> Floats:
        return people.time_to(kind, **codes)

    days.__name__, days.__doc__ = name, meaning
    time_to_event(days)


def _amount(name: str, meaning: str, kind: str, /, **codes: ArrayLike) -> None:
    """Declare a measure: how many rows of a kind, with some codes, a person has."""

    def count(people: Followed) -> Floats:
        return people.tally(kind, **codes)

    count.__name__, count.__doc__ = name, meaning
    amount(count)


def _at_end(name: str, meaning: str, column: str) -> None:
    """Declare a measure: a state variable at the end of the follow-up."""

    def at_end(people: Followed) -> Floats:
        return people.state(column)

    at_end.__name__, at_end.__doc__ = name, f"{meaning} at the end of the follow-up, 0 to 1; nan for who has left."
    measure(at_end)


_time("relapse", "Relapse: the illness turns acute.", "transitions", to=Phase.ACUTE)
_time("admitted", "Admission to hospital.", "admissions")
MEASURES |= {"relapse_days": MEASURES["relapse"], "admitted_days": MEASURES["admitted"]}  # as files may call them
_time("committed", "Admission by commitment.", "admissions", involuntary=1)
_amount("admissions", "Admissions to hospital.", "admissions")
_amount("crises", "Crises.", "crises")
_amount("contacts", "Contacts held with or about the person, by anybody.", "contacts", outcome=ContactOutcome.HELD)
_at_end("alliance", "Alliance with the case manager", "alliance")
_at_end("engagement", "Engagement with the service", "engagement")
_at_end("capability", "Capability, mean of the need domains,", "capability_mean")
_at_end("autonomy", "Autonomy", "autonomy")


@time_to_event
def homeless(people: Followed) -> Floats:
    """Loss of the last home, to a shelter or the street; those without a home at entry, in hospital or jail too, are
    not counted."""
    window = replace(people.run.window, start=0)
    without, at_home = (people.last_begun(window.spells("moves", "setting", each)) for each in (HOMELESS, _HOMES))
    return np.where(without > at_home, np.nan, people.time_to("moves", to=HOMELESS))


@measure
def admitted_early(people: Followed) -> Floats:
    """Whether the first admission came within 90 days of entry; nan for people not admitted at all."""
    first = people.days_until("admissions")
    return np.where(np.isfinite(first), first < EARLY_DAYS, np.nan)


@amount
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
    """Whether contact was lost: left against advice, or no contact held in the last half of the follow-up; nan for
    who moved away or died."""
    left = people.tally("registrations", event=RegistrationEvent.DISENGAGED)
    recovered = people.tally("registrations", event=RegistrationEvent.RECOVERED)
    gone = people.tally("registrations", event=RegistrationEvent.MOVED_OR_DIED)
    contacts, about = people.rows("contacts", outcome=ContactOutcome.HELD)
    half = people.day[about] * DAY + people.days * DAY // 2
    late = people.count(about[contacts["minute"] >= half])
    return np.where(gone > 0.0, np.nan, np.minimum(left + ((late == 0.0) & (recovered == 0.0)), 1.0))


@time_to_event
def followed_up(people: Followed) -> Floats:
    """First meeting as an outpatient with a mental-health practitioner: a psychiatrist, or a case manager with a
    master's degree. Health plans count no others."""
    rows, whose = people.rows("contacts", outcome=ContactOutcome.HELD, kind=_FACE)
    staff = people.run.staff_columns
    graduates = np.asarray(staff["number"])[np.asarray(staff["graduate"], dtype=bool)]
    practitioner = (rows["by"] == Provider.PSYCHIATRIST) | (
        (rows["by"] == Provider.CASE_MANAGER) & np.isin(rows["worker"], graduates)
    )
    return people.time_of(people.first(rows[practitioner], whose[practitioner]))


PRICES_OF_COST = (
    "bed_day case_manager_hour supervisor_hour psychiatrist_hour crisis_visit emergency_visit residence_day "
    "shelter_night jail_day"
).split()
"""Prices without which :func:`cost` is nan."""


@amount
def cost(people: Followed) -> Floats:
    """Cost of what the person used, at the prices of the scenario: hospital, case management, psychiatrists,
    crisis care, residential care and jail; nan while one of these prices is open.

    What case managers and their supervision cost is shared out by time in contact with or about each client and
    on the way to it. Community agencies, respite and aides are left out.
    """
    window = people.run.window
    price = SimpleNamespace(**{name: np.nan if value is None else value for name, value in window.prices})
    rows, whose = people.rows("contacts")
    by, held = rows["by"], rows["outcome"] == ContactOutcome.HELD
    minutes, travel = rows["minutes"].astype(float), rows["travel"].astype(float)
    theirs = window.rows("contacts", by=Provider.CASE_MANAGER)
    spent = float((theirs["minutes"] + theirs["travel"]).sum(dtype=np.int64)) / HOUR
    hourly = costs_by_use.case_management(window) / spent if spent else 0.0
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


@amount
def nights_homeless(people: Followed) -> Floats:
    """Nights without a home, in a shelter or on the street."""
    return _days_in(people, *(Setting(code).label for code in HOMELESS))


@measure
def not_adherent(people: Followed) -> Floats:
    """Whether less than half of doses are taken at the end of the follow-up; nan for who has left by then."""
    adherence = people.state("adherence")
    return np.where(np.isnan(adherence), np.nan, adherence < HALF)


@measure
def adjustment(people: Followed) -> Floats:
    """Autonomy and meaningful activity at the end of the follow-up, their mean, 0 to 1; nan for who has left."""
    return (people.state("autonomy") + people.state("activity")) / 2.0


@time_to_event
def worker_lost(people: Followed) -> Floats:
    """Loss of the case manager."""
    rows, whose = people.rows("handovers")
    lost = rows["from_worker"] >= 0
    return people.time_of(people.first(rows[lost], whose[lost]))
