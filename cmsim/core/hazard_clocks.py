"""Hazards that wait: one exponential threshold an episode against accumulated hazard.

A better policy lowers the hazard and so delays *the same* event instead of drawing it anew. The n-th
threshold of a client belongs to (purpose, client, n); what happened before does not change it.
"""

from __future__ import annotations

import numpy as np

from cmsim.core import random_streams
from cmsim.core import sampling as rules
from cmsim.core.compilation import compilable, kernel
from cmsim.core.numeric import Floats, Ints, Records, Words
from cmsim.core.random_streams import Draws, single
from cmsim.core.sampling import exponential

compilable(rules)
_DUE = np.dtype([("kind", "i8"), ("entity", "i8"), ("share", "f8"), ("hazard", "f8")])


class Clocks:
    """Accumulated hazards of some kinds of event for some entities.

    Args:
        chance: the draws of the run.
        purposes: one declared purpose for each kind of event, in order.
        address: the address of each entity, shape (entities,).
    """

    def __init__(self, chance: Draws, purposes: tuple[str, ...], address: Ints) -> None:
        self._address = address
        slots = int(address.max()) + 1 if len(address) else 0
        self.spent = np.zeros((len(purposes), len(address)))
        self.threshold = np.ones_like(self.spent)
        for kind, purpose in enumerate(purposes):
            if slots:
                self.threshold[kind] = exponential(chance.setup(purpose, slots)[address, 0], 1.0)
        self._found = np.empty(self.spent.size, _DUE)
        self.ordinal = np.zeros((len(purposes), len(address)), dtype=np.int64)
        self._streams = chance.beginnings(purposes)

    def advance(self, hazards: Floats, days: int) -> list[tuple[int, int, float, float]]:
        """Add ``days`` of daily hazards to all clocks; return what falls due in them.

        Args:
            hazards: one row a kind, for the entities so far: shape (kinds, entities so far).
            days: length of the step.

        Each answer is (kind, entity, share of the step after which it falls due, daily hazard). Zero hazard
        never fires. Due events are renewed at once; whether they happen is decided at their minute.
        """
        clocks = self.spent, self.threshold, self.ordinal, self._streams, self._address
        count = _advance(*clocks, hazards, float(days), self._found)
        due: list[tuple[int, int, float, float]] = self._found[:count].tolist()
        return due

    def renew(self, kind: int, entity: int) -> None:
        """Begin the next episode of a kind for an entity: a threshold of its own, nothing spent."""
        _renew(self.spent, self.threshold, self.ordinal, self._streams, self._address, kind, entity)


@kernel
def _renew(
    spent: Floats, threshold: Floats, ordinal: Ints, streams: Words, address: Ints, kind: int, entity: int
) -> None:
    ordinal[kind, entity] += 1
    u = single(streams[kind], address[entity], ordinal[kind, entity])
    threshold[kind, entity] = exponential(u, 1.0)
    spent[kind, entity] = 0.0


@kernel
def _advance(
    spent: Floats,
    threshold: Floats,
    ordinal: Ints,
    streams: Words,
    address: Ints,
    hazards: Floats,
    days: float,
    found: Records,
) -> int:
    count = 0
    for kind in range(hazards.shape[0]):
        for entity in range(hazards.shape[1]):
            step = hazards[kind, entity] * days
            before = spent[kind, entity]
            spent[kind, entity] = before + step
            if spent[kind, entity] >= threshold[kind, entity]:
                one, left = found[count], threshold[kind, entity] - before
                one.kind, one.entity, one.hazard = kind, entity, hazards[kind, entity]
                one.share = min(max(left / step, 0.0), 1.0)
                count += 1
                _renew(spent, threshold, ordinal, streams, address, kind, entity)
    return count


CLIENT_DAILY = tuple(
    random_streams.purpose(f"clock.{name}", decides)
    for name, decides in (
        ("onset", "when the next prodrome begins"),
        ("crisis", "when the next crisis comes"),
        ("tells", "when a client in a prodrome turns to somebody"),
        ("family calls", "when the family of a client in a prodrome calls"),
    )
)
ONSET, CRISIS, TELLS, FAMILY_CALLS = range(4)

CLIENT_WEEKLY = tuple(
    random_streams.purpose(f"clock.{name}", decides)
    for name, decides in (
        ("stops", "when a client stops medication"),
        ("disengages", "when a client leaves against advice"),
        ("moves away", "when a client moves away or dies"),
        ("recovers", "when a recovered client is discharged from case management"),
        ("loses place", "when a client loses the place lived in"),
        ("finds room", "when a homeless client finds a room alone"),
        ("shelter", "when a client on the street takes a shelter bed"),
        ("arrest", "when a client is arrested"),
        ("refer", "when the worker starts the next referral"),
        ("new tie", "when a client makes a new friend"),
        ("lead", "when somebody in the network hears of a room"),
        ("taken in", "when a family takes a homeless relative in"),
        ("conflict", "when client and worker fall out over what the client can do"),
        ("worries", "when a family comes to worry about something it would ask about"),
        ("tries", "when a client tries something new alone"),
        ("plans", "when the worker considers a plan of a move"),
        ("goes back", "when a client leaves a planned placement, wishing for the opposite"),
        ("job lead", "when a client who aims at paid work asks around for a job"),
        ("falls physically ill", "when a long-term physical illness begins"),
        ("loses job", "when a client loses the work held"),
    )
)
(
    STOPS,
    DISENGAGES,
    MOVES_AWAY,
    RECOVERS,
    LOSES_PLACE,
    FINDS_ROOM,
    SHELTER,
    ARREST,
    REFER,
    NEW_TIE,
    LEAD,
    TAKEN_IN,
    CONFLICT,
    WORRIES,
    TRIES,
    PLANS,
    GOES_BACK,
    JOB_LEAD,
    PHYSICAL,
    LOSES_JOB,
) = range(len(CLIENT_WEEKLY))
