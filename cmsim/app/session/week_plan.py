"""A week at the desk: what a learner plans for each client, how full the days get, and what it came to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cmsim.app.session.descriptions import counted
from cmsim.app.session.replay import Planned

NOTHING = "nothing"
WEEKDAYS = 5
USUAL_MINUTES = 45
DOSES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Support that can be chosen, 0 to 1."""
_DUE = {"visit": "at home", "call": "by phone"}
"""What falls due, and how it is planned."""
_NEVER = 10**6
_ILL = ("prodromal", "acute")


@dataclass
class Plan:
    """What the learner has set for one client this week.

    Attributes:
        how: one of ``course.HOW``, or ``NOTHING``.
        day: of the week, 0 to 4.
        minutes: of the contact.
        again: whether there is a second one later in the week.
        dose: support, one of ``DOSES``.
    """

    how: str = NOTHING
    day: int = 0
    minutes: int = USUAL_MINUTES
    again: bool = False
    dose: float = 0.3


class DeskWeek:
    """The plans of one week.

    Args:
        desk: what the worker knows, from ``LiveSession.sit``.
    """

    def __init__(self, desk: dict[str, Any]) -> None:
        self.clients: list[dict[str, Any]] = desk["clients"]
        self.days = [day for day in range(WEEKDAYS) if day not in desk["away"]]
        """Days of the week on which the worker is there."""
        self.plans = {one["key"]: Plan(dose=_nearest(one["dose"])) for one in self.clients}
        for place, plan in enumerate(self.plans.values()):
            plan.day = self.days[place % len(self.days)] if self.days else 0
        self._travel = {one["key"]: one["travel"] for one in self.clients}
        self._to_ward: float = desk["ward_travel"]
        self._notes = 1 + desk["notes_share"]

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
            found.append(Planned(key, plan.day, plan.how, plan.minutes))
            others = [day for day in self.days if day != plan.day]
            later = [day for day in others if day > plan.day + 1] or others
            if plan.again and later:
                found.append(Planned(key, later[0], plan.how, plan.minutes))
        return found

    def minutes(self) -> list[float]:
        """Return the minutes that each weekday takes, travel and writing up included."""
        minutes = [0.0] * WEEKDAYS
        for each in self.planned():
            away = {"at home": self._travel[each.client], "on the ward": self._to_ward}.get(each.how, 0)
            minutes[each.weekday] += each.minutes * self._notes + away
        return minutes

    def due(self) -> Iterator[tuple[str, int, str]]:
        """Yield client, day and how for all that falls due this week and is not planned yet, each on the day
        that is least full once what was yielded before is planned."""
        for one in self.clients:
            late = {how: one["due"].get(kind, _NEVER) for kind, how in _DUE.items()}
            how = min(late, key=lambda each: late[each])
            if self.plans[one["key"]].how == NOTHING and late[how] < WEEKDAYS and self.days:
                minutes = self.minutes()
                day = min(self.days, key=lambda day: (minutes[day], day))
                yield one["key"], day, "on the ward" if one["known_inside"] else how


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

    one: dict[str, Any]
    was: dict[str, Any]
    now: dict[str, Any]
    ruled: dict[str, Any]
    mine: list[dict[str, Any]]
    theirs: list[dict[str, Any]]

    @property
    def unknown(self) -> bool:
        """Whether there were signs of illness that the worker did not know of."""
        return self.was["phase"] in _ILL and not self.one["known_unwell"]

    @property
    def size(self) -> float:
        """How far belief and truth were apart."""
        wrong: float = abs(self.one["believed_need"] - self.was["need"])
        return wrong + 2.0 * self.unknown


def surprises(desk: dict[str, Any], after: dict[str, Any]) -> tuple[list[Surprise], str]:
    """Return how clients fared, those about whom belief was furthest from truth first, and a summary.

    Args:
        desk: of the week.
        after: from ``LiveSession.decide``.
    """
    mine, theirs = after["contacts"]["a"], after["contacts"]["b"]
    now, ruled = after["truth"]["a"], after["truth"]["b"]
    found = [
        Surprise(
            one,
            after["before"][one["key"]],
            now[one["key"]],
            ruled[one["key"]],
            [each for each in mine if each["client"] == one["key"]],
            [each for each in theirs if each["client"] == one["key"]],
        )
        for one in desk["clients"]
        if one["key"] in now and one["key"] in ruled
    ]
    found.sort(key=lambda each: -each.size)
    held = [sum(each["outcome"] == "held" for each in contacts) for contacts in (mine, theirs)]
    missed = [each.one["key"] for each in found if each.unknown]
    summary = (
        f"You held {held[0]} contacts; the agency's rules {held[1]} on the same caseload. "
        f"{counted(len(missed), 'person', 'people')} had signs of illness that you did not know of on Monday"
        f"{': ' + ', '.join(missed) if missed else ''}."
    )
    return found, summary


def _nearest(dose: float) -> float:
    return min(DOSES, key=lambda level: abs(level - dose))
