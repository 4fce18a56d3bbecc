"""Keyed draws: each belongs to (seed, replication; purpose, entity, occasion), never to an order of calls.

The scenario is not part of the address, so the same person meets the same luck under two policies. One
decision takes one uniform number; rules turn it into an outcome by the inverse transform. All bits are counter-based
(Philox; Salmon et al. 2011, doi:10.1145/2063384.2063405), the key made of the run and the purpose. Two forms:

* :meth:`Draws.uniform`: one number, entity and occasion being the counter. For single decisions.
* :meth:`Draws.daily` and :meth:`Draws.setup`: columns of numbers, one per address. A longer column has the shorter
  one as its beginning, so one more person changes nobody else's numbers.

Entities are named by numbers that do not depend on the order of events: a client's ``address`` comes from the
population draw or from the referral's ordinal, a worker's from post and n-th holder.
"""

import hashlib
import itertools
import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.random import Philox  # noqa: TID251  raw counter-based bits only; never a Generator

from cmsim.core.compilation import direct, kernel
from cmsim.core.numeric import Bools, Floats, Ints, Words

PURPOSES: dict[str, str] = {}
"""Every purpose that a draw may have, with what is decided; filled by :func:`purpose`, once each."""

_CHUNK_DAYS = 64
_BLOCK = 256
_TO_UNIT = 2.0**-53
Block = tuple[np.uint64, np.uint64, np.uint64, np.uint64]
"""Words of a block of counter-based bits."""


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


@kernel
def single(key: Words, entity: int, occasion: int) -> float:
    """Return the number in (0, 1) that :meth:`Draws.uniform` gives, for loops and for itself."""
    return _in_unit(_philox(key[0], key[1], np.uint64(entity), np.uint64(occasion))[0])


@kernel
def _in_unit(word: np.uint64) -> float:
    """Map a raw word to the open interval (0, 1), as :func:`_unit` does for many."""
    return (float(word >> np.uint64(11)) + 0.5) * _TO_UNIT


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
        self._single = {name: self._single_key(name) for name in PURPOSES}
        self._drawn = direct(single, "float64(uint64[::1], int64, int64)")
        self._keys: dict[str, tuple[int, np.uint64, np.uint64]] = {}
        self._strikes: dict[str, tuple[int, Ints, tuple[float, ...], list[list[Ints]]]] = {}

    def uniform(self, purpose: str, entity: int, occasion: int = 0) -> float:
        """Return the number in (0, 1) of one decision of one entity on one occasion.

        The occasion is a calendar date, a minute or the ordinal of an episode, never a count of calls.
        """
        return self._drawn(self._single[purpose], entity, occasion)

    def keys(self, purposes: tuple[str, ...]) -> Words:
        """Return what :func:`single` needs to draw for some purposes, a row each."""
        return np.array([self._single[purpose] for purpose in purposes])

    def setup(self, purpose: str, slots: int, width: int = 1) -> Floats:
        """Return an array of shape (slots, width); row ``a`` belongs to address ``a`` whatever ``slots`` is."""
        return _unit(self._bits(purpose, -1, slots * width)).reshape(slots, width)

    def daily(self, purpose: str, day: int, address: Ints, width: int = 1) -> Floats:
        """Return ``width`` numbers for ``day`` for each of some addresses: shape (addresses, width).

        Worked out from the counter where they are asked for: nobody else's numbers are drawn.
        """
        chunk, row = divmod(day, _CHUNK_DAYS)
        numbers = np.empty((len(address), width))
        _numbers_at(*self._key(purpose, chunk), address, _CHUNK_DAYS * width, row * width, numbers)
        return numbers

    def struck(self, purpose: str, day: int, address: Ints, limits: tuple[float, ...]) -> list[Ints]:
        """Return for each limit whose number of ``day`` is below it: places in ``address``, in their order.

        The k-th of the numbers of :meth:`daily` is compared with the k-th limit. For what is rare: who is
        struck on which of 64 days is found once, and kept as long as ``address`` is the same array.
        """
        chunk, row = divmod(day, _CHUNK_DAYS)
        held = self._strikes.get(purpose)
        if held is None or held[0] != chunk or held[1] is not address or held[2] != limits:
            per = _CHUNK_DAYS * len(limits)
            hit = np.zeros((len(limits), _CHUNK_DAYS, len(address)), dtype=np.bool_)
            _strikes(*self._key(purpose, chunk), address, per, np.array(limits), hit)
            found = []
            for one in hit:
                on, whom = np.nonzero(one)
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

    def _bits(self, purpose: str, chunk: int, count: int) -> Words:
        bits: Words = Philox(key=int.from_bytes(self._address(purpose, chunk), "little")).random_raw(count)
        return bits

    def _key(self, purpose: str, chunk: int) -> tuple[np.uint64, np.uint64]:
        """Return the key of a purpose for 64 days, as two words."""
        held = self._keys.get(purpose)
        if held is None or held[0] != chunk:
            low, high = struct.unpack("<QQ", self._address(purpose, chunk))
            held = self._keys[purpose] = (chunk, np.uint64(low), np.uint64(high))
        return held[1:]

    def _address(self, purpose: str, chunk: int) -> bytes:
        if purpose not in PURPOSES:
            raise KeyError(f"no draw has the purpose {purpose!r}; declare it with draws.purpose")
        return self._digest(purpose.encode() + b"\0column" + struct.pack("<q", chunk))

    def _single_key(self, purpose: str) -> Words:
        return np.frombuffer(self._digest(purpose.encode() + b"\0single"), np.uint64).copy()

    def _digest(self, stream: bytes) -> bytes:
        return hashlib.blake2b(stream, digest_size=16, key=self._run_key).digest()


@kernel
def words_at(low: np.uint64, high: np.uint64, address: Ints, per: int, first: int, out: Words) -> None:
    """Fill ``out`` with words of some addresses, each of which has ``per``, from its ``first`` on.

    Args:
        low: first word of the key.
        high: second word of the key.
        address: whose words, shape (addresses,).
        per: words an address.
        first: of these.
        out: shape (addresses, words wanted).
    """
    for place in range(len(address)):
        start = address[place] * per + first
        held = -1
        for n in range(out.shape[1]):
            word = start + n
            if word // 4 != held:
                held = word // 4
                block = _philox(low, high, np.uint64(held + 1), np.uint64(0))
            out[place, n] = block[word % 4]


@kernel
def _numbers_at(low: np.uint64, high: np.uint64, address: Ints, per: int, first: int, out: Floats) -> None:
    """Fill ``out`` with the numbers in (0, 1) that these words give."""
    words = np.empty(out.shape, np.uint64)
    words_at(low, high, address, per, first, words)
    for place in range(out.shape[0]):
        for n in range(out.shape[1]):
            out[place, n] = _in_unit(words[place, n])


@kernel
def _strikes(low: np.uint64, high: np.uint64, address: Ints, per: int, limits: Floats, hit: Bools) -> None:
    many = len(limits)
    for place in range(len(address)):
        start = address[place] * per
        held = -1
        for n in range(per):
            word = start + n
            if word // 4 != held:
                held = word // 4
                block = _philox(low, high, np.uint64(held + 1), np.uint64(0))
            if _in_unit(block[word % 4]) < limits[n % many]:
                hit[n % many, n // many, place] = True


@kernel
def _philox(low: np.uint64, high: np.uint64, counter: np.uint64, above: np.uint64) -> Block:
    """Return the four words of a block of Philox4x64-10 (Salmon et al. 2011); the counter fits into two."""
    a, b, c, d = counter, above, np.uint64(0), np.uint64(0)
    for _ in range(10):
        high_a, low_a = _times(np.uint64(0xD2E7470EE14C6C93), a)
        high_c, low_c = _times(np.uint64(0xCA5A826395121157), c)
        a, b, c, d = high_c ^ b ^ low, low_c, high_a ^ d ^ high, low_a
        low += np.uint64(0x9E3779B97F4A7C15)
        high += np.uint64(0xBB67AE8584CAA73B)
    return a, b, c, d


@kernel
def _times(x: np.uint64, y: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return the product of two words, as its high and its low word."""
    half, mask = np.uint64(32), np.uint64(0xFFFFFFFF)
    x0, x1, y0, y1 = x & mask, x >> half, y & mask, y >> half
    low, cross, other = x0 * y0, x1 * y0, x0 * y1
    middle = (low >> half) + (cross & mask) + other
    return x1 * y1 + (cross >> half) + (middle >> half), x * y
