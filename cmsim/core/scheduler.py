"""SimPy's environment for a community that sleeps and wakes thousands of times a second.

What happens, and in which order, is SimPy's: events of one minute in order of priority and of scheduling,
an event exactly at ``until`` belongs to the next call; requests, conditions and interrupts are SimPy's own.
What happens at nearly every event is cut short (``docs/decisions/0009-speed.md``): the loop is written out,
a process that lets time pass yields whole minutes in place of a new ``Timeout``, what is to be done at a
minute without anybody waiting for it is a :class:`Call`, and events stand in a
:class:`~cmsim.core.event_calendar.Calendar`.

This is the only module that uses names which SimPy keeps to itself, such as ``_generator`` and ``_queue``; so
``pyproject.toml`` allows SimPy 4.1 only, and ``tests/test_engine.py`` compares with SimPy's own loop.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from heapq import heappop, heappush
from typing import Any

import simpy
from simpy.events import NORMAL

from cmsim.core.event_calendar import Calendar, Event
from cmsim.core.simtime import DAY


class Call:
    """Something to be done at a minute; nobody waits for it. To SimPy it is what an event is."""

    __slots__ = ("act", "args")

    _ok, _value = True, None

    def __init__(self, act: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.act = act
        self.args = args

    @property
    def callbacks(self) -> list[Callable[[object], Any]]:
        """What SimPy's own loop calls."""
        return [lambda _: self.act(*self.args)]

    @callbacks.setter
    def callbacks(self, value: None) -> None:
        """SimPy's own loop marks an event as processed by taking its callbacks away."""


class Sooner(simpy.Event):
    """Happens with another event or when patience ends: SimPy's ``event | timeout``, much used.

    Which of the two it was is seen on the other event.
    """

    def __init__(self, env: Clockwork, event: simpy.Event, minutes: int) -> None:
        super().__init__(env)
        env.call_at(env.now + minutes, self._happens)
        if event.callbacks is None:
            self.succeed()
        else:
            event.callbacks.append(self._happens)

    def _happens(self, _: simpy.Event | None = None) -> None:
        if not self.triggered:
            self.succeed()


class Alarm:
    """The end of a sleep: one for each process, set again and again.

    It is to SimPy what an event is; small, since what is cold costs more than what is done. Its callbacks are
    SimPy's; an interrupt takes them away, and the alarm then rings for nobody.
    """

    __slots__ = ("_ok", "_value", "callbacks", "process", "wakes")

    def __init__(self, process: Process) -> None:
        self.process = process
        self.wakes = process._generator.send
        self.callbacks: list[Callable[[Event], None]] | None = [process._resume]
        self._ok, self._value = True, None


class Process(simpy.Process):
    """SimPy's process, which may also yield a whole number of minutes to let pass."""

    _alarm: Alarm | None = None

    def _resume(self, event: Event) -> None:
        """Go on with the value of ``event``, or with its exception if it failed."""
        env: Any = self.env
        env._active_proc = self
        try:
            while True:
                if event._ok:
                    event = self._generator.send(event._value)
                else:
                    event._defused = True
                    # a copy of its own, so that traceback is not shared with others who wait
                    error = type(event._value)(*event._value.args)
                    error.__cause__ = event._value
                    event = self._generator.throw(error)
                if type(event) is int:
                    self._sleeps(event)
                    break
                if event.callbacks is not None:
                    event.callbacks.append(self._resume)
                    self._target = event
                    break
        except StopIteration as end:
            self._ends(True, end.value)
        except BaseException as error:
            self._ends(False, error)
        env._active_proc = None

    def _sleeps(self, minutes: int) -> None:
        env: Any = self.env
        if minutes < 0:
            raise ValueError(f"a process cannot sleep for {minutes} minutes")
        alarm = self._alarm
        if alarm is None or not alarm.callbacks:
            # none yet, or interrupted: that one still stands on the clock and rings for nobody
            self._alarm = alarm = Alarm(self)
        self._target = alarm  # type: ignore[assignment]
        env.schedule(alarm, NORMAL, minutes)

    def _waits_for(self, event: Event) -> None:
        if event.callbacks is None:
            self._resume(event)
        else:
            event.callbacks.append(self._resume)
            self._target = event

    def _ends(self, ok: bool, value: Any) -> None:
        self._ok, self._value = ok, value
        self._target = None  # type: ignore[assignment]
        self._alarm = None  # it knows its process: the two would hold on to each other
        self.env.schedule(self)


class Clockwork(simpy.Environment):
    """The one clock of a community, in whole minutes.

    SimPy's queue holds what does not wait for its turn within a minute: beginnings of processes and
    interrupts. Everything else stands in the calendar.
    """

    now: Any = 0
    """This minute; a plain attribute, since it is read at every event."""
    _now: int

    def __init__(self) -> None:
        super().__init__()
        self._calendar = Calendar()
        self._ringing: Alarm | None = None

    @property
    def active_process(self) -> simpy.Process | None:
        """The process that is awake, if any."""
        return self._ringing.process if self._ringing is not None else self._active_proc

    @property
    def scheduled(self) -> int:
        """Events put on the clock so far. SimPy has no public count; its counter reads "count(n)"."""
        return len(self._calendar) + int(repr(self._eid)[len("count(") : -1])

    def process(self, generator: Generator[Any, Any, Any]) -> Process:
        """Start a process, which begins at this minute."""
        return Process(self, generator)

    def call_at(self, minute: int, act: Callable[..., Any], *args: Any) -> None:
        """Do something at a minute of the clock; now, if that is past."""
        now = self._now
        self._calendar.write(minute if minute > now else now, Call(act, args))

    def call_in(self, minutes: int, act: Callable[..., Any], *args: Any) -> None:
        """Do something after some minutes."""
        now = self._now
        self._calendar.write(now + minutes if minutes > 0 else now, Call(act, args))

    def schedule(self, event: simpy.Event, priority: Any = NORMAL, delay: Any = 0) -> None:
        """Put an event on the clock."""
        if priority == NORMAL:
            self._calendar.write(self._now + delay, event)
        else:
            heappush(self._queue, (self._now + delay, priority, next(self._eid), event))

    def first(self, event: simpy.Event, minutes: int) -> simpy.Event:
        """Return an event that happens with ``event`` or after some minutes, whichever is sooner."""
        return Sooner(self, event, minutes)

    def step(self) -> None:
        """Process the next event, as SimPy's own loop does it."""
        calendar, queue = self._calendar, self._queue
        day = calendar.next_day()
        if day is not None and not (queue and queue[0][0] < day * DAY):
            if day * DAY > calendar.first:
                calendar.opens(day)
            of_day = calendar.marks.find(1)
            minute = calendar.first + of_day
            if not (queue and queue[0][0] <= minute):
                events = calendar.minutes[of_day] or []
                heappush(queue, (minute, NORMAL, next(self._eid), events.pop(0)))
                calendar.marks[of_day] = len(events) > 0
        if queue:
            self.now = queue[0][0]
        super().step()

    def run(self, until: Any = None) -> Any:
        """Process all events before the minute ``until``; without a whole minute, SimPy's own loop runs.

        Raises:
            ValueError: ``until`` is not later than now.
            Exception: what an event failed with, if nobody waited for it.
        """
        if not isinstance(until, int):
            return super().run(until)
        if until <= self._now:
            raise ValueError(f"until ({until}) must be later than now ({self._now})")
        calendar = self._calendar
        for day in range(self._now // DAY, (until - 1) // DAY + 1):
            if day * DAY > calendar.first:
                calendar.opens(day)
            self._lives(min(until - day * DAY, DAY))
        self._now = self.now = until
        return None

    def _lives(self, end: int) -> None:
        """Process what the open day holds before its minute ``end``."""
        calendar, queue = self._calendar, self._queue
        first, minutes, marks, later = calendar.first, calendar.minutes, calendar.marks, calendar.later
        last, of_day, events = first + end, 0, iter(list[Event]())
        try:
            while True:
                of_day = marks.find(1, of_day, end)
                minute = first + of_day if of_day >= 0 else last
                if queue and queue[0][0] <= minute and queue[0][0] < last:
                    self._begin(queue[0][0])  # type: ignore[arg-type]
                    of_day = self._now - first
                    continue
                if of_day < 0:
                    return
                self._now = self.now = minute
                there = minutes[of_day] or []
                minutes[of_day] = None
                marks[of_day] = 0
                calendar.over += len(there)
                events = iter(there)
                for event in events:
                    kind = type(event)
                    if kind is Alarm:
                        if not event.callbacks:
                            continue
                        # as Process._resume does it, without the calls: most events are the end of a sleep
                        self._ringing = event
                        try:
                            following = event.wakes(None)
                        except StopIteration as over:
                            event.process._ends(True, over.value)
                        except BaseException as error:
                            event.process._ends(False, error)
                        else:
                            if type(following) is int and following >= 0:
                                # as Calendar.write does it
                                then = of_day + following
                                if then >= DAY:
                                    later[(first + then) // DAY].append((first + then, event))
                                elif marks[then]:
                                    minutes[then].append(event)  # type: ignore[union-attr]
                                else:
                                    minutes[then] = [event]
                                    marks[then] = 1
                            else:
                                event.process._waits_for(following)
                        self._ringing = None
                    elif kind is Call:
                        event.act(*event.args)
                    else:
                        self._happens(event)
                    if queue:
                        self._begin(minute)
        finally:
            calendar.puts_back(of_day, list(events))

    def _begin(self, now: int) -> None:
        """Process what does not wait for its turn in this minute."""
        self._now = self.now = now
        queue = self._queue
        while queue and queue[0][0] <= now:
            self._happens(heappop(queue)[3])

    def _happens(self, event: Event) -> None:
        callbacks, event.callbacks = event.callbacks, None
        for callback in callbacks:
            callback(event)
        if not event._ok and not hasattr(event, "_defused"):
            raise event._value
