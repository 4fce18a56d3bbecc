"""The drive, with a made-up engine: whatever ends its process, everything else is done exactly once."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmsim.experiment.drive import DEATHS, Drive


class Pool(Executor):
    """Does work when it is sent, until a piece of poison breaks the pool for all that is sent after it."""

    def __init__(self, engine):
        self.engine, self.broken = engine, False

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        try:
            if self.broken:
                raise BrokenProcessPool
            future.set_result(fn(*args))
        except BrokenProcessPool as error:
            self.broken = self.engine.whole
            future.set_exception(error)
        return future


class Engine:
    losses = (BrokenProcessPool,)

    def __init__(self, workers, whole):
        self.workers, self.ahead, self.whole = workers, 2 * workers, whole
        self.started = 0

    def start(self):
        self.started += 1
        return Pool(self)

    def stop(self, executor, *, kill):
        pass

    def deserted(self, executor):
        return False


class Numbers:
    """Numbers to be done, in pieces of some size; those that are poison end the process."""

    def __init__(self, count, size, poison, recorded):
        self.left, self.size, self.poison, self.recorded = list(range(count)), size, poison, recorded
        self.ledger, self.finished, self.condemned, self.alone = [], [], [], []

    def next_piece(self):
        piece, self.left = self.left[: self.size], self.left[self.size :]
        return piece or None

    def work(self, piece, alone):
        return self._do, (piece, alone)

    def _do(self, piece, alone):
        for number in piece:
            if number in self.poison:
                if alone and len(piece) == 1:
                    self.alone.append(number)
                raise BrokenProcessPool
            if self.recorded:
                self.ledger.append(number)
        return piece

    def done(self, piece, report):
        self.finished += report if not self.recorded else []

    def remainder(self, piece):
        return [number for number in piece if number not in self.ledger] or None

    def split(self, piece):
        if len(piece) == 1:
            return [], []
        if self.recorded:
            return [piece[:1]], [piece[1:]]
        half = len(piece) // 2
        return [piece[:half], piece[half:]], []

    def given_up(self, piece):
        self.condemned += piece


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(0, 40),
    size=st.integers(1, 9),
    workers=st.integers(1, 3),
    whole=st.booleans(),
    recorded=st.booleans(),
    poison=st.sets(st.integers(0, 39), max_size=5),
)
def test_all_but_the_poison_is_done_once(count, size, workers, whole, recorded, poison):
    numbers = Numbers(count, size, poison, recorded)
    Drive(numbers, Engine(workers, whole)).run()
    bad = sorted(number for number in poison if number < count)
    assert sorted(numbers.condemned) == bad
    assert sorted(numbers.ledger + numbers.finished) == [n for n in range(count) if n not in poison]
    # nobody is condemned in company: each died alone as often as it takes
    assert sorted(numbers.alone) == sorted(bad * DEATHS)


def test_work_that_nobody_is_left_to_do_is_sent_again(monkeypatch):
    """A pool whose processes are gone without a word: its futures never come back."""
    monkeypatch.setattr("cmsim.experiment.drive._SILENCE", 0.01)

    class Silent(Pool):
        def submit(self, fn, /, *args, **kwargs):
            return Future() if self.engine.started == 1 else super().submit(fn, *args, **kwargs)

    class Deserted(Engine):
        def start(self):
            super().start()
            return Silent(self)

        def deserted(self, executor):
            return self.started == 1

    numbers = Numbers(10, 3, set(), False)
    Drive(numbers, Deserted(2, True)).run()
    assert sorted(numbers.finished) == list(range(10))


def test_a_defect_stops_the_drive():
    class Defective(Numbers):
        def _do(self, piece, alone):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Drive(Defective(3, 1, set(), False), Engine(2, True)).run()
