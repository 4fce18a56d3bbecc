"""The missing runs of a study, cut into jobs; what comes back is saved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cmsim.experiments.executors import InProcess
from cmsim.experiments.job_runner import DEATHS, Engine
from cmsim.experiments.study.durable_files import log_path, write_durably
from cmsim.experiments.study.run_job import JobReport, Run, SweepSettings, do_job, labelled
from cmsim.experiments.study.run_key import RunFunction
from cmsim.experiments.study.run_store import QUARANTINED, Row, RunStore
from cmsim.experiments.study.study_plan import Plan
from cmsim.results.progress import Progress

_JOB_SECONDS = 1.0
_GROWTH = 4
"""A job has at most so many times the runs of the largest before it, in case later runs take longer."""
_MOST_RUNS = 4_000
_MEMORY = 20.0
"""Runs over which the mean time of a run is remembered."""


@dataclass
class StudyJobs:
    """The missing runs of a study as a source of jobs; a run is known by its place in the plan.

    Attributes:
        todo: the runs to be done.
        total: number of runs of this sweep, done or not.
        run: a run function of the user's own.
        tell: told the runs done and the runs in all.
    """

    directory: Path
    plan: Plan
    todo: Sequence[int]
    total: int
    engine: Engine
    store: RunStore
    run: RunFunction | None
    tell: Progress

    def __post_init__(self) -> None:
        plan = self.plan
        self._sent, self._finished = 0, self.total - len(self.todo)
        self._seconds, self._largest = 0.0, 1
        self._perturbed = plan.column("perturb")
        self._named = plan.cells.select(["scenario", "settings", "digest"]).combine_chunks()
        self._sweep = SweepSettings(plan.version, plan.texts, plan.keep, plan.limits, self.run)
        self._is_sharing = self.run is None and not isinstance(self.engine, InProcess)

    def next_job(self) -> Sequence[int] | None:
        """Return about a second of runs; those that may share their warm-up stay together."""
        left = len(self.todo) - self._sent
        if not left:
            return None
        size = 1 if self._seconds == 0.0 else int(_JOB_SECONDS / self._seconds)
        size = max(1, min(size, _MOST_RUNS, _GROWTH * self._largest, -(-left // (2 * self.engine.workers))))
        self._largest = max(size, self._largest)
        end = self._sent + size
        if self._is_sharing and left > 4 * self.engine.workers * size:
            units = self.plan.order.unit
            while end < len(self.todo) and units[self.todo[end]] == units[self.todo[end - 1]]:
                end += 1
        job = self.todo[self._sent : end]
        self._sent = end
        return job

    def call(self, job: Sequence[int], alone: bool) -> tuple[Callable[..., JobReport], tuple[object, ...]]:
        """Return what a worker has to do."""
        return do_job, (self._sweep, [self._run(place) for place in job], alone or not self._is_sharing)

    def _run(self, place: int) -> Run:
        cell, replication, unit = (int(each[place]) for each in self.plan.order)
        name, settings, digest = (self._named[column][cell].as_py() for column in range(3))
        key, perturb = self.plan.keys[place].tobytes(), bool(self._perturbed[cell])
        return Run(key, name, settings, digest, unit, replication, perturb)

    def on_reports(self, reports: Sequence[tuple[Sequence[int], JobReport]]) -> None:
        """Save what came back in one transaction, event logs before; learn how long runs take.

        Raises:
            DiskError: the disk refused.
        """
        if rows := [row for _, report in reports for row in report.rows]:
            self._save(rows)
        for _, report in reports:
            count = len(report.rows)
            weight = min(1.0, count / _MEMORY) if self._seconds else 1.0
            self._seconds += weight * (report.seconds / count - self._seconds)

    def on_quarantined(self, item: int) -> None:
        """Save a run that ends its process."""
        error = f"its process ended {DEATHS} times while it ran alone, mostly for lack of memory"
        self._save([labelled(Row(status=QUARANTINED, error=error), self._run(item))])

    def _save(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if row.log is not None:
                write_durably(log_path(self.directory, row.run_key), row.log)
        self.store.save(rows)
        self._finished += len(rows)
        self.tell(self._finished, self.total)
