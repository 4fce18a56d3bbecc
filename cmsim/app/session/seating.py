"""Where everybody is drawn: a seat at the desk of the worker, and a seat in a place such as the ward."""

import heapq
from collections.abc import Hashable
from enum import IntEnum


class Spot(IntEnum):
    """Where a client is drawn. A client with a worker keeps a seat at the desk while in another place."""

    DESK = 0
    WAITING_ROOM = 1
    WARD = 2
    NO_HOME = 3
    JAIL = 4
    GONE = 5


class Seats:
    """Numbered seats in any number of rooms; whoever stays keeps the seat, whoever comes takes the lowest.

    >>> seats = Seats()
    >>> seats.sit("a", "ward"), seats.sit("b", "ward"), seats.sit("a", "jail"), seats.sit("c", "ward")
    (0, 1, 0, 0)
    >>> seats.sit("b", "ward")
    1
    """

    def __init__(self) -> None:
        self._held: dict[Hashable, tuple[Hashable, int]] = {}
        self._free: dict[Hashable, list[int]] = {}
        self._next: dict[Hashable, int] = {}

    def sit(self, who: Hashable, room: Hashable | None) -> int:
        """Have somebody sit in a room, or nowhere; return the seat, -1 for nowhere."""
        held = self._held.get(who)
        if held is not None:
            if held[0] == room:
                return held[1]
            heapq.heappush(self._free.setdefault(held[0], []), held[1])
            del self._held[who]
        if room is None:
            return -1
        free = self._free.get(room)
        if free:
            seat = heapq.heappop(free)
        else:
            seat = self._next.get(room, 0)
            self._next[room] = seat + 1
        self._held[who] = (room, seat)
        return seat
