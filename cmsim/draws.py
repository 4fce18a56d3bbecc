"""Addressed chance: a draw belongs to (seed, replication; purpose, entity, occasion), never to an order of
calls.

The scenario is not part of the address, so the same person meets the same luck under two policies. One
decision takes one uniform number; rules turn it into an outcome by the inverse transform. Two forms are
served from the same addressing:

* :meth:`Draws.uniform`: one number, from a keyed hash (blake2b). For single decisions.
* :meth:`Draws.daily` and :meth:`Draws.setup`: columns of numbers, one per address, from counter-based
  bits (Philox; Salmon et al. 2011, doi:10.1145/2063384.2063405). A longer column has the shorter one as its
  beginning, so one more person changes nobody else's numbers.

Entities are named by numbers that do not depend on the order of events: a client's ``address`` comes from the
population draw or from the referral's ordinal, a worker's from post and n-th holder.
"""

from __future__ import annotations

import hashlib
import itertools
import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.random import Philox  # noqa: TID251  raw counter-based bits only; never a Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

PURPOSES: dict[str, str] = {}
"""Every purpose that a draw may have, with what is decided; filled by :func:`purpose`, once each."""

_CHUNK_DAYS = 64
_BLOCK = 256
_PIECE = 1_000_000
_TO_UNIT = 2.0**-53
_PAIR, _WORD = struct.Struct("<qq").pack, struct.Struct("<Q").unpack


def purpose(name: str, decides: str) -> str:
    """Declare a purpose of draws and return its name; a second declaration is an error.

    Raises:
        ValueError: the name is already taken, so two questions would share their luck.
    """
    if name in PURPOSES:
        raise ValueError(f"the purpose {name!r} is declared twice")
    PURPOSES[name] = decides
    return name


def _unit(bits: Words) -> Floats:
    """Map raw 64-bit words to the open interval (0, 1)."""
    bits >>= np.uint64(11)
    unit = bits.astype(np.float64)
    unit += 0.5
    unit *= _TO_UNIT
    return unit


class Draws:
    """All chance of one run.

    Args:
        seed: the master seed of the scenario.
        replication: which replication, from 0.
    """

    def __init__(self, seed: int, replication: int) -> None:
        self.seed = seed
        self.replication = replication
        self._run_key = hashlib.blake2b(struct.pack("<qq", seed, replication), digest_size=32).digest()
        self._single = {
            name: hashlib.blake2b(name.encode() + b"\0single", digest_size=8, key=self._run_key)
            for name in PURPOSES
        }
        self._chunks: dict[str, tuple[int, Ints, Words]] = {}
        self._strikes: dict[str, tuple[int, Ints, tuple[float, ...], list[list[Ints]]]] = {}

    def uniform(self, purpose: str, entity: int, occasion: int = 0) -> float:
        """Return the number in (0, 1) of one decision of one entity on one occasion.

        The occasion is a calendar date, a minute or the ordinal of an episode, never a count of calls.
        """
        state = self._single[purpose].copy()
        state.update(_PAIR(entity, occasion))
        (word,) = _WORD(state.digest())
        return ((word >> 11) + 0.5) * _TO_UNIT  # type: ignore[no-any-return]

    def setup(self, purpose: str, slots: int, width: int = 1) -> Floats:
        """Return an array of shape (slots, width); row ``a`` belongs to address
        ``a`` whatever ``slots`` is."""
        return _unit(self._bits(purpose, -1, slots * width)).reshape(slots, width)

    def daily(self, purpose: str, day: int, address: Ints, rows: Any, width: int = 1) -> Floats:
        """Return ``width`` numbers for ``day`` for some of the addresses: shape (rows, width).

        Drawn for 64 days at a time, and kept as long as ``address`` is the same array.
        """
        chunk, row = divmod(day, _CHUNK_DAYS)
        held = self._chunks.get(purpose)
        if held is None or held[0] != chunk or held[1] is not address:
            block = self._columns(purpose, chunk, address, _CHUNK_DAYS * width)
            held = (chunk, address, block.reshape(len(address), _CHUNK_DAYS, width))
            self._chunks[purpose] = held
        return _unit(held[2][:, row][rows].copy())

    def struck(self, purpose: str, day: int, address: Ints, limits: tuple[float, ...]) -> list[Ints]:
        """Return for each limit whose number of ``day`` is below it: places in ``address``, in their order.

        The k-th of the numbers of :meth:`daily` is compared with the k-th limit. For what is
        rare: who is struck on which of 64 days is found once.
        """
        chunk, row = divmod(day, _CHUNK_DAYS)
        held = self._strikes.get(purpose)
        if held is None or held[0] != chunk or held[1] is not address or held[2] != limits:
            bits = self._columns(purpose, chunk, address, _CHUNK_DAYS * len(limits))
            block = _unit(bits).reshape(len(address), _CHUNK_DAYS, len(limits))
            found = []
            for place, limit in enumerate(limits):
                on, whom = np.nonzero((block[:, :, place] < limit).T)
                found.append(np.split(whom, np.searchsorted(on, np.arange(1, _CHUNK_DAYS))))
            held = (chunk, address, limits, found)
            self._strikes[purpose] = held
        return [days[row] for days in held[3]]

    def series(self, purpose: str, entity: int, rule: Callable[[Floats], Any] = lambda u: u) -> Iterator[Any]:
        """Yield what a rule makes of an entity's numbers, in order of a running ordinal.

        For streams that belong to one entity alone, such as other people's arrivals; worked out in blocks.

        Args:
            purpose: what is decided.
            entity: whose stream it is.
            rule: from an array of numbers in (0, 1) to an array of outcomes; if left out, the numbers.
        """
        for block in itertools.count():
            numbers = _unit(self._bits(purpose, (entity << 32) + block, _BLOCK))
            yield from rule(numbers).tolist()

    def _columns(self, purpose: str, chunk: int, address: Ints, per: int) -> Words:
        """Return ``per`` raw words for each address, shape (addresses, per); in pieces, to save memory."""
        words = np.empty((len(address), per), dtype=np.uint64)
        order = np.argsort(address)
        ranked = address[order]
        source = self._source(purpose, chunk)
        slots = int(ranked[-1]) + 1 if len(ranked) else 0
        piece = max(_PIECE // per, 1)
        for start in range(0, slots, piece):
            stop = min(start + piece, slots)
            bits = source.random_raw((stop - start) * per).reshape(-1, per)
            first, end = np.searchsorted(ranked, (start, stop))
            words[order[first:end]] = bits[ranked[first:end] - start]
        return words

    def _bits(self, purpose: str, chunk: int, count: int) -> Words:
        bits: Words = self._source(purpose, chunk).random_raw(count)
        return bits

    def _source(self, purpose: str, chunk: int) -> Philox:
        if purpose not in PURPOSES:
            raise KeyError(f"no draw has the purpose {purpose!r}; declare it with draws.purpose")
        address = purpose.encode() + b"\0column" + struct.pack("<q", chunk)
        key = hashlib.blake2b(address, digest_size=16, key=self._run_key).digest()
        return Philox(key=int.from_bytes(key, "little"))
