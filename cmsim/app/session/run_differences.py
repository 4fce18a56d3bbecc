"""Whose runs differ between two runs of the same people, and by how much."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cmsim.app.session.snapshot import Standing

MATTERS_DAYS = 14
"""Change in hard days from which somebody does better or worse, as in ``experiments.individual_effects``."""


class ClientStates(NamedTuple):
    """One run's clients: keys, hard days and days with the service since the mark, and state now; by row."""

    keys: list[str]
    hard: NDArray[np.int32]
    days: NDArray[np.int32]
    state: NDArray[np.int64]
    """Shape (clients, 3): phase, place, worker."""


class Effect(NamedTuple):
    """One client in two runs: hard days more in the second, and whether state or worker is another now."""

    key: str
    more: int
    differs: bool


class Effects(NamedTuple):
    """Effects since a day: of the policy (run B against A), and of noise (placebo run against A)."""

    since: int
    policy: list[Effect]
    placebo: list[Effect]

    @property
    def has_noise(self) -> bool:
        """Whether the placebo run has parted from run A; before, it says nothing about noise."""
        return any(each.more or each.differs for each in self.placebo)


class Tally(NamedTuple):
    """How many clients do better or worse by two weeks of hard days or more, and how many differ now."""

    better: int
    worse: int
    differ: int


def tally(effects: Iterable[Effect]) -> Tally:
    """Count the clients who do better, who do worse, and who differ.

    >>> tally([Effect("c0001", -14, False), Effect("c0002", 20, True), Effect("c0003", 13, True)])
    Tally(better=1, worse=1, differ=2)
    """
    more, differs = np.array([(each.more, each.differs) for each in effects], dtype=int).reshape(-1, 2).T
    return Tally(int((more <= -MATTERS_DAYS).sum()), int((more >= MATTERS_DAYS).sum()), int(differs.sum()))


def state_differs(a: Standing, b: Standing) -> int:
    """Return for how many clients two frames of one day show another phase or place.

    >>> state_differs({"phase": "0120", "place": "0000"}, {"phase": "0100", "place": "0001"})
    2
    """
    pairs = zip(a["phase"], a["place"], b["phase"], b["place"], strict=False)
    return sum(p != q or r != s for p, r, q, s in pairs)


def client_effects(a: ClientStates, b: ClientStates) -> list[Effect]:
    """Return how each client does in b against a since the mark.

    A hard day is a day acutely ill, in hospital or without a home; a day that is two of these counts twice.
    """
    where = {key: row for row, key in enumerate(b.keys)}
    pairs = [(key, row, where[key]) for row, key in enumerate(a.keys) if key in where]
    found = [
        Effect(key, int(b.hard[other] - a.hard[row]), bool((a.state[row] != b.state[other]).any()))
        for key, row, other in pairs
        if a.days[row] and b.days[other]
    ]
    return sorted(found, key=lambda one: (-abs(one.more), one.key))
