"""What stands on the clock, by minute: written and read without sorting or comparing."""

from collections import defaultdict
from typing import Any

from cmsim.core.simtime import DAY

Event = Any
"""SimPy's events, and the two of the scheduler that look like one to SimPy."""


class Calendar:
    """Events by minute: a list for each minute of one open day, and a list for each later day.

    Events of one minute stand in order of writing.

    Attributes:
        first: the minute with which the open day begins.
        minutes: the events of each minute of the open day; ``None`` where there are none.
        marks: 1 for each minute of the open day that has events, 0 for the others.
        later: the events of days to come, each with its minute, by day.
        over: how many events are no longer in the calendar.
    """

    def __init__(self) -> None:
        self.first = 0
        self.minutes: list[list[Event] | None] = [None] * DAY
        self.marks = bytearray(DAY)
        self.later: defaultdict[int, list[tuple[int, Event]]] = defaultdict(list)
        self.over = 0

    def __len__(self) -> int:
        """Return how many events have been written so far."""
        today = sum(len(events) for events in self.minutes if events)
        return self.over + today + sum(len(events) for events in self.later.values())

    def write(self, minute: int, event: Event) -> None:
        """Write an event down for a minute of the open day or later."""
        of_day = minute - self.first
        if of_day >= DAY:
            self.later[minute // DAY].append((minute, event))
        elif self.marks[of_day]:
            self.minutes[of_day].append(event)  # type: ignore[union-attr]
        else:
            self.minutes[of_day] = [event]
            self.marks[of_day] = 1

    def opens(self, day: int) -> None:
        """Open a day after the one that is open, which is empty by then."""
        self.first = first = day * DAY
        minutes, marks = self.minutes, self.marks
        for minute, event in self.later.pop(day, ()):
            of_day = minute - first
            if marks[of_day]:
                minutes[of_day].append(event)  # type: ignore[union-attr]
            else:
                minutes[of_day] = [event]
                marks[of_day] = 1

    def next_day(self) -> int | None:
        """Return the first day with events, if there are any."""
        return self.first // DAY if self.marks.find(1) >= 0 else min(self.later, default=None)

    def puts_back(self, of_day: int, events: list[Event]) -> None:
        """Write events that were taken from a minute in again, before any written for it since."""
        if events:
            self.minutes[of_day] = events + (self.minutes[of_day] or [])
            self.marks[of_day] = 1
            self.over -= len(events)
