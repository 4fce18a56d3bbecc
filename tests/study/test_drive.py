"""The drive, with a made-up engine: whatever ends its process, everything else is done exactly once."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmsim.experiments.executors import engine
from cmsim.experiments.job_runner import DEATHS, Drive

pytestmark = pytest.mark.system


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
    monkeypatch.setattr("cmsim.experiments.job_runner._SILENCE", 0.01)

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


def half_a_report(piece, mark):
    """Do a piece; the first time ever, die in the middle of telling so."""
    if mark is not None and not mark.exists():
        mark.write_text("died once")
        frame = sys._getframe()
        while "result_queue" not in frame.f_locals:
            frame = frame.f_back
        told = frame.f_locals["result_queue"]
        told._wlock.acquire()
        os.write(told._writer.fileno(), struct.pack("!i", 100_000))
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return piece


class InProcesses(Numbers):
    """Numbers done in processes of this machine."""

    mark = None

    def work(self, piece, alone):
        return half_a_report, (piece, self.mark)


def in_time(act, seconds=60.0):
    """Do something in a thread, so that a test that would hang fails."""
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "it hangs"


def test_a_worker_killed_in_the_middle_of_its_report_does_not_stop_the_others_for_ever(tmp_path, monkeypatch):
    """The pool waits for the rest of a message that never comes, the other worker for its turn."""
    monkeypatch.setattr("cmsim.experiments.job_runner._SILENCE", 0.5)
    monkeypatch.setattr("cmsim.experiments.executors._PATIENCE", 2.0)
    numbers = InProcesses(24, 3, set(), False)
    numbers.mark = tmp_path / "mark"
    before = set(children())
    in_time(Drive(numbers, engine("local", 2)).run)
    assert numbers.mark.exists()
    assert sorted(numbers.finished) == list(range(24))
    assert not set(children()) - before, "a process is left behind"


def children():
    """Return the pool processes of this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == os.getpid() and "popen_loky" in (entry / "cmdline").read_text():
                    found.append(int(entry.name))
    return found


@pytest.mark.parametrize("when", ["at work", "while starting", "idle"])
def test_workers_killed_at_any_time_cost_nothing(when, monkeypatch):
    """Every process that is seen is killed, several times over, by somebody else."""
    monkeypatch.setattr("cmsim.experiments.job_runner._SILENCE", 0.5)
    monkeypatch.setattr("cmsim.experiments.executors._PATIENCE", 2.0)
    numbers = InProcesses(60, 3, set(), False)
    before = set(children())
    over = threading.Event()

    def kill():
        kills = 0
        while kills < 4 and not over.is_set():
            victims = sorted(set(children()) - before)
            if when == "idle":
                victims = victims if len(numbers.finished) + len(numbers.left) > 55 else []
            if not victims:
                time.sleep(0.01)
                continue
            time.sleep({"at work": 1.0, "while starting": 0.0, "idle": 0.3}[when])
            with suppress(ProcessLookupError):
                os.kill(victims[kills % len(victims)], signal.SIGKILL)
                kills += 1

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    in_time(Drive(numbers, engine("local", 2)).run, 120.0)
    over.set()
    killer.join(5.0)
    assert sorted(numbers.finished + numbers.condemned) == list(range(60))


def test_idle_workers_go_when_their_driver_is_killed():
    program = textwrap.dedent(
        """
        import time
        import cmsim.experiments.executors as engines
        engines._IDLE = 0.5
        pool = engines.Local(2).start()
        pool.submit(time.sleep, 0.1).result()
        print(*pool._processes, flush=True)
        time.sleep(600)
        """
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as driver:
        workers = [Path(f"/proc/{number}") for number in driver.stdout.readline().split()]
        assert len(workers) == 2
        driver.kill()
    until = time.monotonic() + 60
    while any(each.exists() for each in workers):
        assert time.monotonic() < until, "orphans are left behind"
        time.sleep(0.2)


def test_work_that_comes_late_finds_processes(monkeypatch):
    """Processes go when there is nothing to do for a while; new ones come with new work."""
    monkeypatch.setattr("cmsim.experiments.executors._IDLE", 0.2)
    local = engine("local", 2)
    pool = local.start()
    for _ in range(4):
        assert pool.submit(abs, -3).result(30) == 3
        time.sleep(0.6)
    local.stop(pool, kill=False)


def test_a_defect_stops_the_drive():
    class Defective(Numbers):
        def _do(self, piece, alone):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Drive(Defective(3, 1, set(), False), Engine(2, True)).run()
