"""The missing runs of a study, cut into jobs for an engine."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cmsim.experiments.executors import Dask, Engine, InProcess, Local
from cmsim.experiments.job_runner import DEATHS
from cmsim.experiments.study.run_job import RunFunction
from cmsim.experiments.study.run_key import run_keys
from cmsim.experiments.study.run_store import DONE, Writer, ledgers, look_up
from cmsim.experiments.study.study_folder import LEDGER, study_id
from cmsim.experiments.study.study_plan import Plan
from cmsim.experiments.study.worker import Orders, Report, Run, close_writers, do_job, lost_row

if TYPE_CHECKING:
    from cmsim.results.simulation import Progress

_JOB_SECONDS = 1.0
_GROWTH = 4
"""A job has at most so many times the runs of the largest before it, in case later runs take longer."""
_MOST = 4_000
_MEMORY = 20.0
"""Runs over which the mean time of a run is remembered."""


@dataclass(frozen=True)
class Job:
    """Some runs to be done together, by their places in the plan."""

    places: tuple[int, ...]


class Runs:
    """The missing runs of a study as a source of jobs."""

    def __init__(
        self,
        directory: Path,
        plan: Plan,
        todo: NDArray[np.int64],
        total: int,
        chosen: Engine,
        run: RunFunction | None,
        retry: bool,
        tell: Progress,
    ) -> None:
        self._directory = directory
        self._plan = plan
        self._todo = todo
        self._sent = 0
        self._finished = total - len(todo)
        self._total = total
        self._workers = chosen.workers
        self._tell = tell
        self._seconds = 0.0
        self._largest = 1
        self._writer = Writer(directory / LEDGER)
        self._cells = plan.cell_order()
        self._replications = plan.replication_order()
        self._blocks = plan.cells["block"].to_numpy()
        self._perturbed = plan.perturbed()
        self._named = plan.cells.select(["scenario", "settings", "digest"]).combine_chunks()
        self._retry = retry
        # where rows come back with the report, nothing is known of a job that was lost
        self._recorded_there = not isinstance(chosen, Dask)
        self._orders = Orders(
            str(directory.absolute()),
            study_id(directory) or "",
            plan.version,
            plan.texts,
            plan.keep,
            plan.limits,
            run,
            os.getpid() if isinstance(chosen, Local) else None,
        )
        self._sharing = run is None and not isinstance(chosen, InProcess)

    def next_piece(self) -> Job | None:
        """Return about a second of runs; those that may share their beginning stay together."""
        left = len(self._todo) - self._sent
        if not left:
            return None
        size = 1 if self._seconds == 0.0 else int(_JOB_SECONDS / self._seconds)
        size = max(1, min(size, _MOST, _GROWTH * self._largest, -(-left // (2 * self._workers))))
        self._largest = max(size, self._largest)
        end = self._sent + size
        if self._sharing and left > 4 * self._workers * size:
            end = self._end_of_unit(end)
        places = tuple(int(place) for place in self._todo[self._sent : end])
        self._sent = end
        return Job(places)

    def _end_of_unit(self, end: int) -> int:
        """Return the first position from ``end`` on that begins another block or replication."""
        while end < len(self._todo) and self._unit(self._todo[end]) == self._unit(self._todo[end - 1]):
            end += 1
        return end

    def _unit(self, place: int) -> tuple[int, int]:
        return int(self._blocks[self._cells[place]]), int(self._replications[place])

    def work(self, piece: Job, alone: bool) -> tuple[Callable[..., Report], tuple[object, ...]]:
        """Return what a worker has to do."""
        return do_job, (self._orders, self._runs(piece), alone or not self._sharing)

    def _runs(self, piece: Job) -> list[Run]:
        runs = []
        for place in piece.places:
            cell, replication = int(self._cells[place]), int(self._replications[place])
            name, settings, digest = (self._named[column][cell].as_py() for column in range(3))
            key = run_keys(self._plan.version, bytes.fromhex(digest), self._plan.seed)(replication)
            perturb = bool(self._perturbed[cell])
            runs.append(Run(key, place, name, settings, digest, int(self._blocks[cell]), replication, perturb))
        return runs

    def done(self, piece: Job, report: Report) -> None:
        """Record what a worker could not record itself, and learn how long runs take."""
        for row in report.rows:
            self._writer.record(row)
        self._recorded_there = not report.rows
        count = len(piece.places)
        each = report.seconds / count
        weight = min(1.0, count / _MEMORY) if self._seconds else 1.0
        self._seconds += weight * (each - self._seconds)
        self._progress(count)

    def remainder(self, piece: Job) -> Job | None:
        """Return the runs of a job that no ledger holds."""
        runs = self._runs(piece)
        found: set[bytes] = set()
        for path in ledgers(self._directory / LEDGER):
            held = look_up(path, [run.key for run in runs], ("status",))
            found.update(key for key, (status,) in held.items() if status == DONE or not self._retry)
        left = tuple(run.place for run in runs if run.key not in found)
        self._progress(len(runs) - len(left))
        return Job(left) if left else None

    def split(self, piece: Job) -> tuple[list[Job], list[Job]]:
        """Part a job into suspects and others.

        Runs are recorded one after another, so the first that is not recorded was under way; or, where runs
        share their beginning, one of its unit. Where nothing was recorded, either half is suspect.
        """
        places = piece.places
        if len(places) == 1:
            return [], []
        if not self._recorded_there:
            half = len(places) // 2
            return [Job(places[:half]), Job(places[half:])], []
        under_way = 1
        while self._sharing and under_way < len(places) and self._unit(places[under_way]) == self._unit(places[0]):
            under_way += 1
        if under_way == len(places):
            return [Job(places[:1]), Job(places[1:])], []
        return [Job(places[:under_way])], [Job(places[under_way:])]

    def given_up(self, piece: Job) -> None:
        """Record a run that ends its process."""
        (run,) = self._runs(piece)
        self._writer.record(lost_row(run, DEATHS))
        self._progress(1)

    def close(self) -> None:
        """Close the ledgers that this process wrote."""
        self._writer.close()
        close_writers()

    def _progress(self, count: int) -> None:
        self._finished += count
        self._tell(self._finished, self._total)
