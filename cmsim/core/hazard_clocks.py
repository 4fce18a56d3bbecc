"""Hazards that wait: one exponential threshold an episode against accumulated hazard.

A better policy lowers the hazard and so delays *the same* event instead of drawing it anew. The n-th
threshold of a client belongs to (purpose, client, n); what happened before does not change it.
"""

from enum import IntEnum
from typing import Self

import numpy as np

from cmsim.core import random_streams
from cmsim.core import sampling as rules
from cmsim.core.compilation import compilable, kernel
from cmsim.core.numeric import Floats, Ints, Records, Words
from cmsim.core.random_streams import Draws, single
from cmsim.core.sampling import exponential

compilable(rules)
_DUE = np.dtype([("kind", "i8"), ("entity", "i8"), ("share", "f8"), ("hazard", "f8")])


class Hazard(IntEnum):
    """Base of the kinds of event that wait: a member is the row of its hazards, ``purpose`` that of its draws.

    A member is written with what its draws decide; its purpose is named after it.
    """

    purpose: str

    def __new__(cls, decides: str) -> Self:
        """Make the next member."""
        member = int.__new__(cls, len(cls.__members__))
        member._value_ = len(cls.__members__)
        return member

    def __init__(self, decides: str) -> None:
        self.purpose = random_streams.purpose(f"clock.{self.name.lower().replace('_', ' ')}", decides)


class DailyHazard(Hazard):
    """What may happen to a client, by hazards that are added every night."""

    ONSET = "when the next prodrome begins"
    CRISIS = "when the next crisis comes"
    TELLS = "when a client in a prodrome turns to somebody"
    FAMILY_CALLS = "when the family of a client in a prodrome calls"


class WeeklyHazard(Hazard):
    """What may happen to a client, by hazards that are added once a week."""

    STOPS = "when a client stops medication"
    DISENGAGES = "when a client leaves against advice"
    MOVES_AWAY = "when a client moves away or dies"
    RECOVERS = "when a recovered client is discharged from case management"
    LOSES_PLACE = "when a client loses the home"
    FINDS_ROOM = "when a homeless client finds a room alone"
    SHELTER = "when a client on the street takes a shelter bed"
    ARREST = "when a client is arrested"
    REFER = "when the worker starts the next referral"
    NEW_TIE = "when a client makes a new friend"
    LEAD = "when somebody in the network hears of a room"
    TAKEN_IN = "when a family takes a homeless relative in"
    CONFLICT = "when client and worker fall out over what the client can do"
    WORRIES = "when a family comes to worry about something it would ask about"
    TRIES = "when a client tries something new alone"
    PLANS = "when the worker considers a plan of a move"
    GOES_BACK = "when a client leaves a planned placement, wishing for the opposite"
    JOB_LEAD = "when a client who aims at paid work asks around for a job"
    FALLS_PHYSICALLY_ILL = "when a long-term physical illness begins"
    LOSES_JOB = "when a client loses the work held"
    COMES_BACK = "when somebody lost to the service turns to it again"


class Clocks:
    """Accumulated hazards of some kinds of event for some entities.

    Args:
        chance: the draws of the run.
        kinds: the kinds of event.
        address: the address of each entity, shape (entities,).
    """

    def __init__(self, chance: Draws, kinds: type[Hazard], address: Ints) -> None:
        self._address = address
        slots = int(address.max()) + 1 if len(address) else 0
        self.spent = np.zeros((len(kinds), len(address)))
        self.threshold = np.ones_like(self.spent)
        if slots:
            for kind in kinds:
                self.threshold[kind] = exponential(chance.setup(kind.purpose, slots)[address, 0], 1.0)
        self._found = np.empty(self.spent.size, _DUE)
        self.ordinal = np.zeros((len(kinds), len(address)), dtype=np.int64)
        self._streams = chance.keys(tuple(kind.purpose for kind in kinds))

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


@kernel
def _renew(
    spent: Floats, threshold: Floats, ordinal: Ints, streams: Words, address: Ints, kind: int, entity: int
) -> None:
    """Begin the next episode of a kind for an entity: a threshold of its own, nothing spent."""
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
