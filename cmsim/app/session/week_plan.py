"""A week at the desk: what a learner plans for each client, how full the days get, and what it came to."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from cmsim.app.session.descriptions import counted
from cmsim.app.session.replay import How, Planned
from cmsim.schema.codes import Phase

NOTHING: Literal["nothing"] = "nothing"
WEEKDAYS = 5
USUAL_MINUTES = 45
DOSES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Support that can be chosen, 0 to 1."""
_DUE: dict[str, How] = {"visit": "at home", "call": "by phone"}
"""What falls due, and how it is planned."""
_NEVER = 10**6


@dataclass(frozen=True, kw_only=True)
class DeskClient:
    """What a worker knows of a client on Monday morning; times are in days, levels from 0 to 1.

    Attributes:
        since_discharge: None where there was no discharge lately, or none that is known.
        home: label of the home to go back to.
        travel: minutes.
        due: days until a contact is due, by what it is; negative where it is overdue.
    """

    key: str
    believed_need: float
    knowledge: float
    dose: float
    not_seen_days: int
    known_unwell: bool
    known_inside: bool
    since_discharge: int | None
    with_me_days: int
    family: bool
    home: str
    travel: int
    due: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What the holder of a post knows on a Monday morning.

    Attributes:
        worker: key of the holder.
        day: the Monday.
        minutes_a_day: for contacts, travel and writing up.
        notes_share: minutes of writing up for each minute of contact.
        ward_travel: minutes to the ward.
        away: weekdays on which the worker is not there.
        clients: the caseload.
    """

    worker: str
    day: int
    minutes_a_day: int
    notes_share: float
    ward_travel: int
    away: tuple[int, ...]
    clients: tuple[DeskClient, ...]


@dataclass(frozen=True)
class Truth:
    """How a client really is, which no worker sees: phase of illness, whether signs are noticed, need and support."""

    phase: Phase
    noticed: bool
    need: float
    dose: float


@dataclass(frozen=True)
class Made:
    """A contact as it was made: the day, what it was, its minutes, the outcome, and whether signs were noticed."""

    client: str
    day: int
    kind: str
    minutes: int
    outcome: str
    noticed: bool


@dataclass(frozen=True)
class WeekResult:
    """What a week of the role-play came to.

    Attributes:
        before: how clients were when it began, by key.
        truth: how they are at its end, by run.
        contacts: made in it, by run.
        desk: of the next week; None if the post fell vacant.
    """

    before: Mapping[str, Truth]
    truth: Mapping[str, Mapping[str, Truth]]
    contacts: Mapping[str, list[Made]]
    desk: Desk | None


@dataclass
class Plan:
    """What the learner has set for one client this week.

    Attributes:
        how: one of ``replay.HOW``, or ``NOTHING``.
        day: of the week, 0 to 4.
        minutes: of the contact.
        again: whether there is a second one later in the week.
        dose: support, one of ``DOSES``.
    """

    how: How | Literal["nothing"] = NOTHING
    day: int = 0
    minutes: int = USUAL_MINUTES
    again: bool = False
    dose: float = 0.3


class DeskWeek:
    """The plans of one week.

    Args:
        desk: what the worker knows, from ``LiveSession.sit``.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.days = [day for day in range(WEEKDAYS) if day not in desk.away]
        """Days of the week on which the worker is there."""
        self.plans = {one.key: Plan(dose=_nearest(one.dose)) for one in desk.clients}
        for place, plan in enumerate(self.plans.values()):
            plan.day = self.days[place % len(self.days)] if self.days else 0
        self._travel = {one.key: one.travel for one in desk.clients}

    @property
    def doses(self) -> dict[str, float]:
        """Support by client."""
        return {key: plan.dose for key, plan in self.plans.items()}

    def planned(self) -> list[Planned]:
        """Return the contacts of the week, the second ones included."""
        found = []
        for key, plan in self.plans.items():
            if plan.how == NOTHING:
                continue
            found.append(Planned(client=key, weekday=plan.day, how=plan.how, minutes=plan.minutes))
            others = [day for day in self.days if day != plan.day]
            later = [day for day in others if day > plan.day + 1] or others
            if plan.again and later:
                found.append(found[-1].model_copy(update={"weekday": later[0]}))
        return found

    def minutes(self) -> list[float]:
        """Return the minutes that each weekday takes, travel and writing up included."""
        minutes = [0.0] * WEEKDAYS
        for each in self.planned():
            away = {"at home": self._travel[each.client], "on the ward": self._desk.ward_travel}.get(each.how, 0)
            minutes[each.weekday] += each.minutes * (1.0 + self._desk.notes_share) + away
        return minutes

    def due(self) -> Iterator[tuple[str, int, How]]:
        """Yield client, day and how of what falls due this week and is not planned yet.

        The day is the one that is least full once what was yielded before is planned.
        """
        for one in self._desk.clients:
            how, late = min(((how, one.due.get(kind, _NEVER)) for kind, how in _DUE.items()), key=lambda each: each[1])
            if self.plans[one.key].how == NOTHING and late < WEEKDAYS and self.days:
                minutes = self.minutes()
                day = min(self.days, key=lambda day: (minutes[day], day))
                yield one.key, day, "on the ward" if one.known_inside else how


@dataclass(frozen=True)
class Surprise:
    """One client at the end of the week.

    Attributes:
        one: what the worker knew on Monday.
        was: how the client really was then.
        now: how the client is at the end of the week.
        ruled: and where the agency's rules decided.
        mine: the learner's contacts.
        theirs: those under the rules.
    """

    one: DeskClient
    was: Truth
    now: Truth
    ruled: Truth
    mine: list[Made]
    theirs: list[Made]

    @property
    def is_unknown(self) -> bool:
        """Whether there were signs of illness that the worker did not know of."""
        return self.was.phase in (Phase.PRODROMAL, Phase.ACUTE) and not self.one.known_unwell

    @property
    def size(self) -> float:
        """How far belief and truth were apart."""
        return abs(self.one.believed_need - self.was.need) + 2.0 * self.is_unknown


def surprises(desk: Desk, after: WeekResult) -> tuple[list[Surprise], str]:
    """Return how clients fared, those about whom belief was furthest from truth first, and a summary."""
    mine, theirs = after.contacts["a"], after.contacts["b"]
    now, ruled = after.truth["a"], after.truth["b"]
    found = [
        Surprise(
            one,
            after.before[one.key],
            now[one.key],
            ruled[one.key],
            [each for each in mine if each.client == one.key],
            [each for each in theirs if each.client == one.key],
        )
        for one in desk.clients
        if one.key in now and one.key in ruled
    ]
    found.sort(key=lambda each: -each.size)
    held = [sum(each.outcome == "held" for each in contacts) for contacts in (mine, theirs)]
    missed = [each.one.key for each in found if each.is_unknown]
    summary = (
        f"You made {counted(held[0], 'contact')}; under the agency's usual rules it would have been {held[1]}. "
        f"{counted(len(missed), 'person', 'people')} had signs of illness that you did not know about on Monday"
        f"{': ' + ', '.join(missed) if missed else ''}."
    )
    return found, summary


def met_unwell(found: Iterable[Surprise]) -> tuple[int, int]:
    """Return how many of the clients who were unwell on Monday the learner met, and how many there were."""
    unwell = [each for each in found if each.was.phase in (Phase.PRODROMAL, Phase.ACUTE)]
    return sum(any(made.outcome == "held" for made in each.mine) for each in unwell), len(unwell)


def _nearest(dose: float) -> float:
    return min(DOSES, key=lambda level: abs(level - dose))
