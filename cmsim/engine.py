"""SimPy's environment for a community that sleeps and wakes thousands of times a second.

What happens, and in which order, is SimPy's: events of one minute in order of priority and of scheduling,
an event exactly at ``until`` belongs to the next call; requests, conditions and interrupts are SimPy's own.
Four things that happen at nearly every event are cut short (``docs/decisions/0009-speed.md``): the loop is
written out, a process that lets time pass yields whole minutes in place of a new ``Timeout``, what is to be
done at a minute without anybody waiting for it is a :class:`Call`, and events of later days wait unsorted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator
from heapq import heappop, heappush
from typing import Any

import simpy
from simpy.events import NORMAL

from cmsim.clock import DAY


class Call(simpy.Event):
    """Something to be done at a minute; nobody waits for it."""

    def __init__(self, act: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.act = act
        self.args = args
        self._ok, self._value = True, None

    @property
    def callbacks(self) -> Any:  # type: ignore[override]
        """What SimPy's own loop calls."""
        return [lambda _: self.act(*self.args)]

    @callbacks.setter
    def callbacks(self, value: Any) -> None:
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


class Alarm(simpy.Event):
    """The end of a sleep: one for each process, set again and again.

    Its callbacks are SimPy's; an interrupt takes them away, and the alarm then rings for nobody.
    """

    def __init__(self, process: Process) -> None:
        self.env = process.env
        self.process = process
        self.callbacks: Any = [process._resume]
        self._ok, self._value = True, None


class Process(simpy.Process):
    """SimPy's process, which may also yield a whole number of minutes to let pass."""

    _alarm: Alarm | None = None

    def _resume(self, event: Any) -> None:
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
        self._target = alarm
        env.schedule(alarm, NORMAL, minutes)

    def _waits_for(self, event: Any) -> None:
        if event.callbacks is None:
            self._resume(event)
        else:
            event.callbacks.append(self._resume)
            self._target = event

    def _ends(self, ok: bool, value: Any) -> None:
        self._ok, self._value = ok, value
        self._target = None  # type: ignore[assignment]
        self.env.schedule(self)


class Clockwork(simpy.Environment):
    """The one clock of a community, in whole minutes."""

    now: Any = 0
    """This minute; a plain attribute, since it is read at every event."""

    def __init__(self) -> None:
        super().__init__()
        self._until: Any = 0
        self._later: defaultdict[Any, list[Any]] = defaultdict(list)

    @property
    def scheduled(self) -> int:
        """Events put on the clock so far. SimPy has no public count; its counter reads "count(n)"."""
        return int(repr(self._eid)[len("count(") : -1])

    def step(self) -> None:
        """Process the next event, as SimPy's own loop does it."""
        for day in list(self._later):
            self._brings(day)
        if self._queue:
            self.now = self._queue[0][0]
        super().step()

    def process(self, generator: Generator[Any, Any, Any]) -> Process:  # type: ignore[override]
        """Start a process, which begins at this minute."""
        return Process(self, generator)

    def call_at(self, minute: int, act: Callable[..., Any], *args: Any) -> None:
        """Do something at a minute of the clock; now, if that is past."""
        self.schedule(Call(act, args), NORMAL, max(minute - self.now, 0))

    def schedule(self, event: simpy.Event, priority: Any = NORMAL, delay: Any = 0) -> None:
        """Put an event on the clock; one after the day that is being lived waits in its day's list."""
        minute = self._now + delay
        if minute < self._until:
            heappush(self._queue, (minute, priority, next(self._eid), event))
        else:
            self._later[minute // DAY].append((minute, priority, next(self._eid), event))

    def _brings(self, day: int) -> None:
        """Sort the events of a day in."""
        for entry in self._later.pop(day, ()):
            heappush(self._queue, entry)

    def first(self, event: simpy.Event, minutes: int) -> simpy.Event:
        """Return an event that happens with ``event`` or after some minutes, whichever is sooner."""
        return Sooner(self, event, minutes)

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
        queue: Any = self._queue
        later, number = self._later, self._eid
        for day in range(self._now // DAY, (until - 1) // DAY + 1):
            self._brings(day)
        self._until = until
        while queue and queue[0][0] < until:
            now, _, _, event = heappop(queue)
            self._now = self.now = now
            kind = type(event)
            if kind is Alarm:
                if not event.callbacks:
                    continue
                # as Process._resume does it, without the calls: nine events in ten are the end of a sleep
                process = event.process
                self._active_proc = process
                try:
                    following = process._generator.send(None)
                except StopIteration as end:
                    process._ends(True, end.value)
                except BaseException as error:
                    process._ends(False, error)
                else:
                    if type(following) is int and following >= 0:
                        minute = now + following
                        if minute < until:
                            heappush(queue, (minute, NORMAL, next(number), event))
                        else:
                            later[minute // DAY].append((minute, NORMAL, next(number), event))
                    else:
                        process._waits_for(following)
                self._active_proc = None
            elif kind is Call:
                event.act(*event.args)
            else:
                callbacks, event.callbacks = event.callbacks, None
                for callback in callbacks:
                    callback(event)
                if not event._ok and not hasattr(event, "_defused"):
                    raise event._value
        self._now = self.now = until
        return None
