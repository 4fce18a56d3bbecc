"""Jobs run on an engine: sent ahead, retried after a loss, quarantined where they end their process again and again.

A job whose process is lost is halved, and the halves are run alone once all else is done, so that nothing beside a
run, such as another that takes all memory, is held against it. A single run that ends its process ``DEATHS``
times while it runs alone is quarantined.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import nullcontext
from typing import Protocol, TypeVar

from cmsim.experiments.executors import Engine
from cmsim.experiments.signals import heeding_interrupts, raise_if_interrupted

Job = TypeVar("Job")
Report = TypeVar("Report")

DEATHS = 2
"""Losses of the process of a single run, alone, after which the run is quarantined."""
_SILENCE = 5.0
"""Seconds without anything coming back after which the engine is checked."""


class JobSource(Protocol[Job, Report]):
    """Where jobs come from and reports go to."""

    def next_job(self) -> Job | None:
        """Return the next job; None if there is no more."""
        ...

    def call(self, job: Job, alone: bool) -> tuple[Callable[..., Report], tuple[object, ...]]:
        """Return the function to be called in a worker, with its arguments."""
        ...

    def on_reports(self, reports: Sequence[tuple[Job, Report]]) -> None:
        """Take what came back."""
        ...

    def split(self, job: Job) -> Sequence[Job]:
        """Return a job in smaller parts; nothing if it cannot be split."""
        ...

    def on_quarantined(self, job: Job) -> None:
        """Take note of a job that ends its process again and again."""
        ...


def run_jobs(source: JobSource[Job, Report], engine: Engine) -> None:
    """Run all jobs of a source, then close the engine.

    Raises:
        KeyboardInterrupt: stopped by the user; no process of this machine is left behind.
        Exception: what a job raised.
    """
    sent: dict[Future[Report], tuple[Job, int | None]] = {}
    suspects: deque[tuple[Job, int]] = deque()
    is_done = False

    def submit(job: Job, losses: int | None) -> None:
        function, arguments = source.call(job, losses is not None)
        sent[engine.submit(function, *arguments)] = job, losses

    def fill() -> bool:
        while len(sent) < engine.ahead and (job := source.next_job()) is not None:
            submit(job, None)
        if not sent and suspects:
            submit(*suspects.popleft())
        return bool(sent)

    def on_lost(job: Job, losses: int | None) -> None:
        if parts := source.split(job):
            suspects.extend((part, 0) for part in parts)
        elif losses is None or losses + 1 < DEATHS:
            suspects.append((job, 0 if losses is None else losses + 1))
        else:
            source.on_quarantined(job)

    with heeding_interrupts() if engine.ahead == 1 else nullcontext():
        try:
            while fill():
                while not (ready := wait(sent, _SILENCE, FIRST_COMPLETED).done):
                    engine.check()
                reports, lost = [], []
                for future in ready:
                    job, losses = sent.pop(future)
                    try:
                        reports.append((job, future.result()))
                    except engine.losses:
                        lost.append((job, losses))
                source.on_reports(reports)
                for job, losses in lost:
                    on_lost(job, losses)
                raise_if_interrupted()
            is_done = True
        finally:
            engine.close(kill=not is_done)
