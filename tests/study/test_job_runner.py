"""Jobs on engines: whatever ends a process, everything else is done exactly once."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmsim.experiments import job_runner
from cmsim.experiments.executors import choose_engine
from cmsim.experiments.job_runner import DEATHS, run_jobs
from cmsim.experiments.worker_pool import WorkerLost, WorkerPool

pytestmark = pytest.mark.system

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc")


class Engine:
    """Does jobs when they are sent; a job with poison in it loses its process."""

    losses = (WorkerLost,)

    def __init__(self, workers):
        self.workers, self.ahead, self.closed = workers, 2 * workers, []

    def submit(self, function, *arguments):
        future = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def check(self, silence):
        pass

    def close(self, *, kill):
        self.closed.append(kill)


class Numbers:
    """Numbers to be done, in jobs of some size; those that are poison end the process."""

    def __init__(self, count, size, poison=()):
        self.left, self.size, self.poison = list(range(count)), size, poison
        self.finished, self.condemned, self.alone = [], [], []

    def next_job(self):
        job, self.left = self.left[: self.size], self.left[self.size :]
        return job or None

    def call(self, job, alone):
        return self._do, (job, alone)

    def _do(self, job, alone):
        for number in job:
            if number in self.poison:
                if alone and len(job) == 1:
                    self.alone.append(number)
                raise WorkerLost
        return job

    def on_reports(self, reports):
        for _, report in reports:
            self.finished += report

    def on_quarantined(self, item):
        self.condemned.append(item)


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(0, 40),
    size=st.integers(1, 9),
    workers=st.integers(1, 3),
    poison=st.sets(st.integers(0, 39), max_size=5),
)
def test_all_but_the_poison_is_done_once(count, size, workers, poison):
    numbers, chosen = Numbers(count, size, poison), Engine(workers)
    run_jobs(numbers, chosen)
    bad = sorted(number for number in poison if number < count)
    assert sorted(numbers.condemned) == bad
    assert sorted(numbers.finished) == [n for n in range(count) if n not in poison]
    # nobody is condemned in company: each died alone as often as it takes
    assert sorted(numbers.alone) == sorted(bad * DEATHS)
    assert chosen.closed == [False]


def test_a_defect_stops_all_jobs():
    class Defective(Numbers):
        def _do(self, job, alone):
            raise ZeroDivisionError

    chosen = Engine(2)
    with pytest.raises(ZeroDivisionError):
        run_jobs(Defective(3, 1), chosen)
    assert chosen.closed == [True]


def test_the_engine_is_told_for_how_long_nothing_has_come_back(monkeypatch):
    class Late(Engine):
        """Does what was sent first when it is checked for the third time since it did something."""

        def __init__(self):
            super().__init__(1)
            self.sent, self.told = [], []

        def submit(self, function, *arguments):
            self.sent.append((Future(), function, arguments))
            return self.sent[-1][0]

        def check(self, silence):
            self.told.append(silence)
            if len(self.told) % 3 == 0:
                future, function, arguments = self.sent.pop(0)
                future.set_result(function(*arguments))

    monkeypatch.setattr(job_runner, "_SILENCE", 0.01)
    monkeypatch.setattr(job_runner, "time", SimpleNamespace(monotonic=count().__next__))
    numbers, chosen = Numbers(4, 1), Late()
    run_jobs(numbers, chosen)
    assert numbers.finished == [0, 1, 2, 3]
    assert chosen.told == [1, 2, 3] * 4


def half_an_answer(job, mark):
    """Do a job; the first time ever, die in the middle of the answer."""
    if mark is not None and not mark.exists():
        mark.write_text("died once")
        frame = sys._getframe()
        while "answers" not in frame.f_locals:
            frame = frame.f_back
        frame.f_locals["answers"].write(pickle.dumps(b"x" * 100_000)[:500])
        frame.f_locals["answers"].flush()
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return job


class InProcesses(Numbers):
    """Numbers done in processes of this machine."""

    mark = None

    def call(self, job, alone):
        return half_an_answer, (job, self.mark)


def in_time(act, seconds=120.0):
    """Do something in a thread, so that a test that would hang fails."""
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "it hangs"


def children():
    """Return the worker processes of this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == os.getpid() and "worker_pool" in (entry / "cmdline").read_text():
                    found.append(int(entry.name))
    return found


@needs_proc
def test_a_worker_killed_in_the_middle_of_its_answer_costs_nothing(tmp_path):
    numbers = InProcesses(24, 3)
    numbers.mark = tmp_path / "mark"
    in_time(lambda: run_jobs(numbers, choose_engine("local", 2)()))
    assert numbers.mark.exists()
    assert sorted(numbers.finished) == list(range(24))
    assert not children(), "a process is left behind"


@needs_proc
@pytest.mark.parametrize("wait", [1.0, 0.0])
def test_workers_killed_at_work_or_while_starting_cost_nothing(wait):
    """Every process that is seen is killed, several times over, by somebody else."""
    numbers = InProcesses(60, 3)
    over = threading.Event()

    def kill():
        kills = 0
        while kills < 4 and not over.is_set():
            victims = sorted(children())
            if not victims:
                time.sleep(0.01)
                continue
            time.sleep(wait)
            with suppress(ProcessLookupError):
                os.kill(victims[kills % len(victims)], signal.SIGKILL)
                kills += 1

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    in_time(lambda: run_jobs(numbers, choose_engine("local", 2)()))
    over.set()
    killer.join(5.0)
    assert sorted(numbers.finished + numbers.condemned) == list(range(60))


def fork_and_die(mark):
    """Leave a process behind that goes on for a minute, and end by force."""
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    mark.write_text(str(child))
    os.kill(os.getpid(), signal.SIGKILL)


@needs_proc
def test_what_a_lost_worker_had_forked_keeps_nobody_waiting_and_goes(tmp_path):
    pool = WorkerPool(1)
    try:
        began = time.monotonic()
        with pytest.raises(WorkerLost):
            pool.submit(fork_and_die, tmp_path / "mark").result(50)
        assert time.monotonic() - began < 50
    finally:
        pool.close(kill=True)
    child = Path("/proc") / (tmp_path / "mark").read_text() / "stat"
    until = time.monotonic() + 10
    while child.exists() and child.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < until, "it is left behind"
        time.sleep(0.05)


class Unreadable(Exception):
    """An error that can be sent, but not read back."""

    def __init__(self, a, b):
        super().__init__(f"{a} and {b}")


def goes_wrong():
    """Print and read, which must not disturb the pipes; then go wrong."""
    print("to standard error")
    assert sys.stdin is None or sys.stdin.read() == ""
    raise Unreadable("this", "that")


def test_what_goes_wrong_in_a_worker_comes_back():
    pool = WorkerPool(1)
    try:
        with pytest.raises(RuntimeError, match="this and that"):
            pool.submit(goes_wrong).result(60)
        assert pool.submit(abs, -3).result(60) == 3
        twice = 2
        assert pool.submit(lambda x: twice * x, 3).result(60) == 6
    finally:
        pool.close(kill=False)


@needs_proc
def test_idle_workers_go_when_their_driver_is_killed():
    program = textwrap.dedent(
        """
        import os, time
        from cmsim.experiments.worker_pool import WorkerPool
        pool = WorkerPool(1)
        print(pool.submit(os.getpid).result(), flush=True)
        time.sleep(600)
        """
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as driver:
        worker = Path("/proc") / driver.stdout.readline().strip()
        assert worker.exists()
        driver.kill()
    until = time.monotonic() + 60
    while worker.exists():
        assert time.monotonic() < until, "an orphan is left behind"
        time.sleep(0.2)
