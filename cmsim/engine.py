"""SimPy's environment with its loop written out, since a community fires thousands of events a second.

What happens, and in which order, is SimPy's: events of one minute in order of priority and of scheduling, an
event exactly at ``until`` belongs to the next call. Only the call of ``step`` for every event is saved
(measured: about a twentieth of a run).
"""

from __future__ import annotations

from heapq import heappop
from typing import Any

import simpy


class Clockwork(simpy.Environment):
    """The one clock of a community, in whole minutes."""

    @property
    def scheduled(self) -> int:
        """Events put on the clock so far. SimPy has no public count; its counter reads "count(n)"."""
        return int(repr(self._eid)[len("count(") : -1])

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
        queue = self._queue
        while queue and queue[0][0] < until:
            self._now, _, _, event = heappop(queue)
            callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
            for callback in callbacks:
                callback(event)
            if not event._ok and not hasattr(event, "_defused"):
                raise event._value
        self._now = until
        return None
