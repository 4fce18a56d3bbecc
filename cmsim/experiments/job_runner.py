"""Jobs run on an engine: sent ahead, retried after a loss, quarantined where they end their process again and again.

A job whose process is lost is halved, and the halves are run alone once all else is done, so that nothing beside a
run, such as another that takes all memory, is held against it. A single run that ends its process ``DEATHS``
times while it runs alone is quarantined.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import nullcontext
from typing import Protocol, TypeVar

from cmsim.experiments.signals import heeding_interrupts, raise_if_interrupted

Item = TypeVar("Item")
Report = TypeVar("Report")

DEATHS = 2
"""Losses of the process of a single run, alone, after which the run is quarantined."""
_SILENCE = 5.0
"""Seconds without anything coming back after which the engine is checked."""


class Engine(Protocol):
    """A place where jobs are done.

    Attributes:
        workers: jobs done at a time.
        ahead: jobs that are sent before the first comes back.
        losses: what the future of a job raises when its process was lost.
    """

    workers: int
    ahead: int
    losses: tuple[type[BaseException], ...]

    def submit(self, function: Callable[..., Report], *arguments: object) -> Future[Report]:
        """Send a job."""
        ...

    def check(self, silence: float) -> None:
        """Check that somebody is left to do what was sent; by default nothing needs to be checked.

        Args:
            silence: seconds since anything came back, which shows that somebody was there then.

        Raises:
            CmsimError: there has been nobody for a while.
        """
        return

    def close(self, *, kill: bool) -> None:
        """End the engine: after the jobs sent, or at once and without waiting for them."""
        ...


class JobSource(Protocol[Item, Report]):
    """Where jobs, each of some items, come from and reports go to."""

    def next_job(self) -> Sequence[Item] | None:
        """Return the next job; None if there is no more."""
        ...

    def call(self, job: Sequence[Item], alone: bool) -> tuple[Callable[..., Report], tuple[object, ...]]:
        """Return the function to be called in a worker, with its arguments."""
        ...

    def on_reports(self, reports: Sequence[tuple[Sequence[Item], Report]]) -> None:
        """Take what came back."""
        ...

    def on_quarantined(self, item: Item) -> None:
        """Take note of an item that ends its process again and again."""
        ...


def run_jobs(source: JobSource[Item, Report], engine: Engine) -> None:
    """Run all jobs of a source, then close the engine.

    Raises:
        KeyboardInterrupt: stopped by the user; no process of this machine is left behind.
        Exception: what a job raised.
    """
    sent: dict[Future[Report], tuple[Sequence[Item], int]] = {}
    suspects: deque[tuple[Sequence[Item], int]] = deque()
    is_done = False

    def submit(job: Sequence[Item], trial: int) -> None:
        function, arguments = source.call(job, trial > 0)
        sent[engine.submit(function, *arguments)] = job, trial

    def fill() -> bool:
        while len(sent) < engine.ahead and (job := source.next_job()) is not None:
            submit(job, 0)
        if not sent and suspects:
            submit(*suspects.popleft())
        return bool(sent)

    def on_lost(job: Sequence[Item], trial: int) -> None:
        half = len(job) // 2
        if half:
            suspects.extend(((job[:half], 1), (job[half:], 1)))
        elif trial < DEATHS:
            suspects.append((job, trial + 1))
        else:
            source.on_quarantined(job[0])

    with heeding_interrupts() if engine.ahead == 1 else nullcontext():
        try:
            while fill():
                last = time.monotonic()
                while not (ready := wait(sent, _SILENCE, FIRST_COMPLETED).done):
                    engine.check(time.monotonic() - last)
                reports, lost = [], []
                for future in ready:
                    job, trial = sent.pop(future)
                    try:
                        reports.append((job, future.result()))
                    except engine.losses:
                        lost.append((job, trial))
                source.on_reports(reports)
                for job, trial in lost:
                    on_lost(job, trial)
                raise_if_interrupted()
            is_done = True
        finally:
            engine.close(kill=not is_done)
