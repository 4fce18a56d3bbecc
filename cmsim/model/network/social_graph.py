"""The social graph: one networkx graph whose typed edges are built and changed here, and nowhere else.

Nodes are the keys of agents. Facts of a tie (its kind, since when) stand on the edge; what changes every week
for thousands of ties (the strength of friendship) stands in columns, and the edge carries its row.
Client-worker alliance stands in the client's columns, since a client has one worker.
"""

import bisect
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from cmsim.core.numeric import Ints

KINDS = (
    "case manager",
    "family",
    "helper",
    "psychiatrist",
    "agency",
    "friend",
    "roommate",
    "companion",
    "fellow member",
    "team",
    "supervisor",
    "knows",
    "colleague",
)
"""What a tie can be. Friends, roommates, companions and fellow members of a programme join clients with
clients; team joins workers of one team, colleague those of different teams."""

AMONG_CLIENTS = ("friend", "roommate", "companion", "fellow member")
AMONG_WORKERS = ("team", "colleague")
_HALF = 32
"""Bits of each of two rows in one whole number."""


class Friendships:
    """Columns of the ties between clients and informal helpers: row, client, helper, strength, closeness."""

    def __init__(self, rows: int) -> None:
        self.count = 0
        self.client = np.zeros(max(rows, 16), dtype=np.int64)
        self.helper = np.zeros(max(rows, 16), dtype=np.int64)
        self.strength = np.zeros(max(rows, 16))
        self.closeness = np.zeros(max(rows, 16))

    def add(self, client: int, helper: int, strength: float, closeness: float) -> int:
        """Add a tie and return its row."""
        row = self.count
        if row == len(self.client):
            for name in ("client", "helper", "strength", "closeness"):
                held = getattr(self, name)
                setattr(self, name, np.concatenate([held, np.zeros_like(held)]))
        self.client[row], self.helper[row] = client, helper
        self.strength[row], self.closeness[row] = strength, closeness
        self.count = row + 1
        return row


class Ring:
    """Members at fixed points of a circle; whoever looks from a point finds the nearest.

    One member more changes only the choice of those who now find that member, so that a choice among whoever
    is there does not spread a difference to others.
    """

    def __init__(self) -> None:
        self._points: list[float] = []
        self._members: list[Any] = []

    def __len__(self) -> int:
        return len(self._points)

    def add(self, point: float, member: Any) -> None:
        """Enter a member at a point in (0, 1)."""
        place = bisect.bisect_left(self._points, point)
        self._points.insert(place, point)
        self._members.insert(place, member)

    def remove(self, point: float) -> None:
        """Take out the member at a point."""
        place = bisect.bisect_left(self._points, point)
        if place < len(self._points) and self._points[place] == point:
            del self._points[place], self._members[place]

    def nearest(self, point: float) -> Any:
        """Return the member nearest to a point on the circle.

        >>> ring = Ring()
        >>> for at in (0.1, 0.5, 0.8): ring.add(at, at)
        >>> ring.nearest(0.55), ring.nearest(0.99)
        (0.5, 0.1)
        """
        points, n = self._points, len(self._points)
        right = bisect.bisect_left(points, point) % n
        left = right - 1
        ahead = (points[right] - point) % 1.0
        behind = (point - points[left]) % 1.0
        return self._members[right if ahead <= behind else left]


class Ties:
    """The graph and what is read off it every week."""

    def __init__(self) -> None:
        self.graph: nx.Graph[str] = nx.Graph()
        # the dictionaries behind graph.adj, whose views cost more than what is read through them
        self._adjacent: dict[str, dict[str, dict[str, Any]]] = self.graph._adj
        self.friendships = Friendships(1024)
        self._row_of: dict[str, int] = {}
        self._among: dict[int, bool] = {}
        self._ends: tuple[Ints, Ints] | None = None
        self._colleagues: dict[str, list[str]] = {}

    def enter(self, key: str, kind: str) -> None:
        """Enter somebody who is no client."""
        self.graph.add_node(key, kind=kind)

    def enter_client(self, key: str, row: int) -> None:
        """Enter a client with the row of the columns."""
        self.graph.add_node(key, kind="client")
        self._row_of[key] = row

    def join(self, one: str, other: str, kind: str, since: int, **facts: Any) -> None:
        """Make a tie of a kind in place of an existing one; friends stay friends wherever they live."""
        known = self._adjacent[one].get(other) if one in self._adjacent else None
        if known is not None and known["kind"] == "friend" and kind in AMONG_CLIENTS:
            return
        if known is not None:
            self.part(one, other)
        self.graph.add_edge(one, other, kind=kind, since=since, **facts)
        if kind in AMONG_CLIENTS:
            self._among[self._pair(one, other)] = kind == "fellow member"
            self._ends = None
        elif kind in AMONG_WORKERS:
            self._forget_colleagues(one, other)

    def part(self, one: str, other: str) -> None:
        """End a tie, if there is one."""
        tie = self._adjacent[one].get(other) if one in self._adjacent else None
        if tie is not None:
            if tie["kind"] in AMONG_CLIENTS:
                self._among.pop(self._pair(one, other), None)
                self._ends = None
            elif tie["kind"] in AMONG_WORKERS:
                self._forget_colleagues(one, other)
            self.graph.remove_edge(one, other)

    def of(self, one: str) -> dict[str, dict[str, Any]]:
        """Return the facts of each tie of ``one`` by the key of the other, in order of making, to read.

        What networkx's ``graph.adj[one]`` shows, at a tenth of the time.
        """
        return self._adjacent[one]

    def tied(self, one: str, *kinds: str) -> list[str]:
        """Return those tied to ``one`` by any of some kinds of tie, in order of making."""
        return [other for other, facts in self._adjacent[one].items() if facts["kind"] in kinds]

    def colleagues(self, worker: str) -> list[str]:
        """Return those tied to a worker by team or as colleagues, in order of making, to read.

        Kept from one change of a worker's colleagues to the next: clients, who are most of a worker's ties,
        come and go without one.
        """
        known = self._colleagues.get(worker)
        if known is None:
            known = self._colleagues[worker] = self.tied(worker, *AMONG_WORKERS)
        return known

    def _forget_colleagues(self, *workers: str) -> None:
        for worker in workers:
            self._colleagues.pop(worker, None)

    def first_tied(self, one: str, kind: str) -> str | None:
        """Return whoever was tied to ``one`` first by a kind of tie, if anybody."""
        return next((other for other, facts in self._adjacent[one].items() if facts["kind"] == kind), None)

    def part_all(self, one: str, *kinds: str) -> None:
        """End all ties of some kinds."""
        for other in self.tied(one, *kinds):
            self.part(one, other)

    def leave(self, one: str) -> None:
        """Take somebody out of the graph with all ties."""
        if self.graph.has_node(one):
            self.part_all(one, *AMONG_CLIENTS, *AMONG_WORKERS)
            self.graph.remove_node(one)

    def row_of(self, key: str) -> int | None:
        """Return the row of a client by key; ``None`` for anybody else."""
        return self._row_of.get(key)

    def meet_anyway(self) -> NDArray[np.bool_]:
        """Return which ties of :meth:`among_clients` are kept in a programme, wherever the two stay."""
        return np.fromiter(self._among.values(), np.bool_, len(self._among))

    def among_clients(self) -> tuple[Ints, Ints]:
        """Return the two ends of every client-client tie as rows, each tie once, in order of making."""
        if self._ends is None:
            pairs = np.fromiter(self._among, np.int64, len(self._among))
            self._ends = (pairs >> _HALF, pairs & (1 << _HALF) - 1)
        return self._ends

    def _pair(self, one: str, other: str) -> int:
        """Return the rows of two clients as one whole number, the smaller first."""
        a, b = self._row_of[one], self._row_of[other]
        return a << _HALF | b if a < b else b << _HALF | a
