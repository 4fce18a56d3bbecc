"""Places that people ask for and give back: SimPy's ``PriorityResource``, made for hundreds of places.

Who gets a place and at which minute is SimPy's: whoever is first by priority and by asking; a place given
back is given on by an event of its own, where somebody waits for it. What SimPy does at each of these is cut
short: a free place is given without going through the queue, whoever takes one without waiting causes no
event, and who holds one is found at once instead of being looked for among all.
"""

from bisect import insort
from operator import attrgetter
from types import TracebackType
from typing import Self

import simpy

from cmsim.core.scheduler import Clockwork


class Place(simpy.Event):
    """What somebody waits for: it happens when the place is given. Leaving a ``with`` gives it back."""

    def __init__(self, places: "Places", priority: int) -> None:
        super().__init__(places.env)
        self.places = places
        self.priority = priority

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()
        if kind is not GeneratorExit:  # as in SimPy: a process that is only cleared away gives nothing back
            self.places.release(self)

    def cancel(self) -> None:
        """Stop waiting; who has the place keeps it."""
        if not self.triggered:
            self.places.queue.remove(self)


class Places:
    """Some places and the queue for them.

    Args:
        env: the clock.
        count: how many there are.

    Attributes:
        queue: who waits, whoever is next first.
    """

    def __init__(self, env: Clockwork, count: int) -> None:
        self.env = env
        self.queue: list[Place] = []
        self._all = count
        self._held: dict[object, None] = {}

    @property
    def count(self) -> int:
        """Places held by somebody."""
        return len(self._held)

    def request(self, priority: int = 0) -> Place:
        """Ask for a place; a smaller number comes first."""
        place = Place(self, priority)
        if self.queue or len(self._held) >= self._all:
            insort(self.queue, place, key=attrgetter("priority"))
            self._gives()
        else:
            self._held[place] = None
            place.succeed()
        return place

    def takes(self) -> object | None:
        """Take a free place for whoever would not wait for one; ``None`` if there is none."""
        if self.queue or len(self._held) >= self._all:
            return None
        place = object()
        self._held[place] = None
        return place

    def release(self, place: object) -> None:
        """Give a place back, if it is held; whoever is next gets it."""
        self._held.pop(place, None)
        if self.queue:  # who asks from now on finds the place free
            self.env.call_at(self.env.now, self._gives)

    def resize(self, count: int) -> None:
        """Have another number of places from now on; nobody is put out."""
        self._all = count
        self._gives()

    def _gives(self) -> None:
        while self.queue and len(self._held) < self._all:
            place = self.queue.pop(0)
            self._held[place] = None
            place.succeed()
