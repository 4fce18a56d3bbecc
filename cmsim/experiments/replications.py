"""Many runs at once, on all cores, each summarised where it ran.

What comes back does not depend on the number of processes or on which finishes first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from joblib import cpu_count
from numpy.typing import NDArray

from cmsim import outcomes
from cmsim.core.errors import CmsimError
from cmsim.core.numeric import whole
from cmsim.experiments.executors import choose_engine
from cmsim.experiments.job_runner import DEATHS, run_jobs
from cmsim.experiments.shared_compilation import compile_once
from cmsim.experiments.shared_warm_up import branch
from cmsim.outcomes import ClientDays
from cmsim.results.progress import Progress
from cmsim.results.simulation import Simulated, simulate
from cmsim.scenario import Scenario
from cmsim.scenario.world import World

_CHUNK_CLIENT_DAYS = 300_000
_DAY_AS_CLIENTS = 200
"""A day of the community takes about as long as a day of this many clients, however few there are."""


@dataclass(frozen=True, slots=True)
class Task:
    """One run to do.

    Attributes:
        scenario: what to simulate.
        replication: the number of its random streams.
        perturb: whether one visit a week is a minute longer, for a placebo run.
    """

    scenario: Scenario
    replication: int
    perturb: bool = False


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What is kept of one run.

    Attributes:
        replication: the number of its random streams.
        digest: a code of all its rows.
        outcomes: every outcome by name.
        groups: outcomes by (grouping, group) and name.
        series: weekly means by name of the time course, from day 0.
        client_days: the hard days of each client.
        spreads: of each of ``outcomes.SPREADS`` the values at ``outcomes.QUANTILES``, then the share of the
            top tenth.
    """

    replication: int
    digest: str
    outcomes: Mapping[str, float]
    groups: Mapping[tuple[str, str], Mapping[str, float]]
    series: Mapping[str, NDArray[np.float64]]
    client_days: ClientDays
    spreads: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


def summarise(task: Task) -> RunSummary:
    """Do one run and sum it up."""
    try:
        return _summary(simulate(task.scenario, task.replication, perturb=task.perturb))
    except Exception as error:
        placebo = ", placebo run" if task.perturb else ""
        error.add_note(f"in {task.scenario.name}, replication {task.replication}{placebo}")
        raise


def _summary(run: Simulated) -> RunSummary:
    window = run.window
    return RunSummary(
        run.replication,
        run.digest(),
        outcomes.measure(window),
        outcomes.group_outcomes(window),
        outcomes.weekly(run.arrays("daily")),
        outcomes.client_days(window),
        outcomes.spreads(window),
    )


def replicate(
    tasks: Sequence[Task], *, workers: int | None = None, progress: Progress | None = None
) -> list[RunSummary]:
    """Do all runs and return their summaries in the order of the tasks.

    Args:
        tasks: the runs to do; those that share their warm-up stand together.
        workers: processes; all cores if ``None``, this process alone if 1.
        progress: told the complete runs and the runs in all.

    Raises:
        CmsimError: ``workers`` is less than 1, or a process was ended from outside again and again.
        KeyboardInterrupt: stopped by the user; no process is left behind.
    """
    processes = cpu_count() if workers is None else whole("workers", workers, 1)
    compile_once()
    chosen = choose_engine(workers=min(processes, len(tasks)))()
    replications = _Replications(tasks, chosen.workers, progress or (lambda done, total: None))
    run_jobs(replications, chosen)
    return [replications.found[i] for i in range(len(tasks))]


class _Replications:
    """Tasks as a source of jobs; a task is known by its position."""

    def __init__(self, tasks: Sequence[Task], workers: int, tell: Progress) -> None:
        self.found: dict[int, RunSummary] = {}
        self._tasks, self._tell = tasks, tell
        self._jobs = iter(_chunks(tasks, workers))
        tell(0, len(tasks))

    def next_job(self) -> Sequence[int] | None:
        return next(self._jobs, None)

    def call(self, job: Sequence[int], alone: bool) -> tuple[Callable[..., list[RunSummary]], tuple[object, ...]]:
        return _summarise_all, ([self._tasks[i] for i in job],)

    def on_reports(self, reports: Sequence[tuple[Sequence[int], list[RunSummary]]]) -> None:
        for job, report in reports:
            self.found.update(zip(job, report, strict=True))
        self._tell(len(self.found), len(self._tasks))

    def on_quarantined(self, item: int) -> None:
        task = self._tasks[item]
        raise CmsimError(
            f"the process of {task.scenario.name}, replication {task.replication}, was ended from outside "
            f"{DEATHS} times, which is mostly a lack of memory; try fewer workers, clients or days"
        )


def _summarise_all(tasks: Sequence[Task]) -> list[RunSummary]:
    """Do some runs; those of one replication and parameter set share their warm-up."""
    done: list[RunSummary] = []
    for (replication, _), group in groupby(tasks, key=_beginning):
        runs = list(group)
        shared = branch([run.scenario for run in runs], [run.perturb for run in runs], replication, _summary)
        done += [summarise(run) for run in runs] if shared is None else shared
    return done


def _beginning(task: Task) -> tuple[int, World]:
    return task.replication, task.scenario.world


def _chunks(tasks: Sequence[Task], workers: int) -> list[list[int]]:
    """Cut the positions of the tasks into chunks that are worth sending: about a second of work each."""
    scenario = tasks[0].scenario
    work = (scenario.world.population.clients + _DAY_AS_CLIENTS) * scenario.total_days
    size = max(1, _CHUNK_CLIENT_DAYS // work)
    size = min(size, -(-len(tasks) // (2 * workers)))
    chunks: list[list[int]] = [[]]
    for _, group in groupby(range(len(tasks)), key=lambda i: _beginning(tasks[i])):
        # runs of one replication and parameter set stay together: they share their warm-up
        if len(chunks[-1]) >= size:
            chunks.append([])
        chunks[-1] += group
    return chunks
