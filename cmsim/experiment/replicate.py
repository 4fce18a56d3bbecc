"""Many runs at once: replications on all cores, each summed up where it ran.

What comes back does not depend on the number of processes or on which finishes first.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import TypeVar

import numpy as np
from joblib import cpu_count
from joblib.externals.loky.process_executor import ProcessPoolExecutor
from numpy.typing import NDArray

from cmsim import outcomes
from cmsim.errors import CmsimError
from cmsim.experiment.branches import branch
from cmsim.experiment.interrupts import heeding_interrupts, raise_if_interrupted
from cmsim.outcomes import Fates
from cmsim.scenario import Scenario
from cmsim.scenario.world import World
from cmsim.simulation import Progress, Simulated, simulate

_CHUNK_CLIENT_DAYS = 300_000
_DAY_AS_CLIENTS = 200
"""A day of the community takes about as long as a day of this many clients, however few there are."""

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class Task:
    """One run to do.

    Attributes:
        scenario: what to simulate.
        replication: which history.
        nudge: whether one visit is moved by a minute, for a placebo twin.
    """

    scenario: Scenario
    replication: int
    nudge: bool = False


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What is kept of one run.

    Attributes:
        replication: which history.
        digest: a code of all its rows.
        outcomes: every outcome by name.
        groups: outcomes by (grouping, group) and name.
        series: weekly means by name of the time course, from day 0.
        fates: how each client fared.
        spreads: of each of ``outcomes.SPREADS`` the values at ``outcomes.QUANTILES``, then the share of the
            top tenth.
    """

    replication: int
    digest: str
    outcomes: Mapping[str, float]
    groups: Mapping[tuple[str, str], Mapping[str, float]]
    series: Mapping[str, NDArray[np.float64]]
    fates: Fates
    spreads: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


Kept = TypeVar("Kept")


def summarise(task: Task) -> RunSummary:
    """Do one run and sum it up."""
    return _kept(task, _summary)


def outcomes_alone(run: Simulated) -> dict[str, float]:
    """Return the outcomes of a run: what to keep of one of very many."""
    return run.outcomes()


def _kept(task: Task, keep: Callable[[Simulated], Kept]) -> Kept:
    try:
        return keep(simulate(task.scenario, task.replication, nudge=task.nudge))
    except Exception as error:
        twin = ", placebo twin" if task.nudge else ""
        error.add_note(f"in {task.scenario.name}, replication {task.replication}{twin}")
        raise


def _summary(run: Simulated) -> RunSummary:
    window = run.window
    return RunSummary(
        run.replication,
        run.digest(),
        outcomes.measure(window),
        outcomes.group_outcomes(window),
        outcomes.weekly(run.arrays("daily")),
        outcomes.fates(window),
        outcomes.spreads(window),
    )


def replicate(
    tasks: Sequence[Task], *, n_jobs: int | None = None, progress: Progress | None = None
) -> list[RunSummary]:
    """Do all runs and return their summaries in the order of the tasks; see :func:`live_all`."""
    return live_all(tasks, _summary, n_jobs=n_jobs, progress=progress)


def live_all(
    tasks: Sequence[Task],
    keep: Callable[[Simulated], Kept],
    *,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> list[Kept]:
    """Do all runs and return what is kept of each in the order of the tasks.

    Args:
        tasks: the runs to do; those that share their beginning stand together.
        keep: what to keep of a run; a function of a module, so that it can be sent to other processes.
        n_jobs: processes; all cores if ``None``, this process alone if 1.
        progress: told the runs done and the runs in all.

    Raises:
        CmsimError: ``n_jobs`` is less than 1, or a process was killed from outside.
        KeyboardInterrupt: stopped by the user; no process is left behind.
    """
    if n_jobs is not None and n_jobs < 1:
        raise CmsimError(f"workers: given {n_jobs}; allowed: 1 and up")
    workers = min(n_jobs or cpu_count(), max(len(tasks), 1))
    tell = progress or (lambda done, total: None)
    tell(0, len(tasks))
    if workers == 1:
        with heeding_interrupts():
            return [_told(_kept(task, keep), i + 1, len(tasks), tell) for i, task in enumerate(tasks)]
    return _live_on(workers, tasks, keep, tell)


def _told(kept: Kept, done: int, total: int, tell: Progress) -> Kept:
    raise_if_interrupted()
    tell(done, total)
    return kept


def _live_on(
    workers: int, tasks: Sequence[Task], keep: Callable[[Simulated], Kept], tell: Progress
) -> list[Kept]:
    # a pool of its own: joblib's reusable one belongs to whoever uses joblib in the same session
    executor = ProcessPoolExecutor(
        max_workers=workers, initializer=_leave_interrupts_to_the_parent, env=_ONE_THREAD
    )
    chunks = iter(_chunks(tasks, workers))
    results: dict[int, Kept] = {}
    sent: dict[Future[list[Kept]], list[int]] = {}
    try:
        while True:
            # No more than loky holds in its own queue: what waits beyond it makes a forced stop noisy.
            for positions in islice(chunks, 2 * workers - len(sent)):
                sent[executor.submit(_live_some, [tasks[i] for i in positions], keep)] = positions
            if not sent:
                executor.shutdown(wait=True)
                return [results[i] for i in range(len(tasks))]
            for future in wait(sent, return_when=FIRST_COMPLETED).done:
                results.update(zip(sent.pop(future), future.result(), strict=True))
            tell(len(results), len(tasks))
    except BrokenProcessPool as error:
        raise CmsimError(
            "a worker process was ended from outside, which is mostly a lack of memory; "
            "try fewer workers, fewer clients or fewer days"
        ) from error
    except BaseException:
        executor.shutdown(wait=True, kill_workers=True)
        raise


def _live_some(tasks: Sequence[Task], keep: Callable[[Simulated], Kept]) -> list[Kept]:
    """Do some runs; those of one replication in one world share the days on which they cannot differ."""
    done: list[Kept] = []
    for (replication, _), group in groupby(tasks, key=_beginning):
        runs = list(group)
        shared = branch([run.scenario for run in runs], [run.nudge for run in runs], replication, keep)
        done += [_kept(run, keep) for run in runs] if shared is None else shared
    return done


def _beginning(task: Task) -> tuple[int, World]:
    return task.replication, task.scenario.world


def _chunks(tasks: Sequence[Task], workers: int) -> list[list[int]]:
    """Cut the positions of the tasks into chunks that are worth sending: about a second of work each."""
    if not tasks:
        return []
    scenario = tasks[0].scenario
    work = (scenario.world.population.clients + _DAY_AS_CLIENTS) * scenario.total_days
    size = max(1, _CHUNK_CLIENT_DAYS // work)
    size = min(size, -(-len(tasks) // (2 * workers)))
    chunks: list[list[int]] = [[]]
    for _, group in groupby(range(len(tasks)), key=lambda i: _beginning(tasks[i])):
        # runs of one replication in one world stay together: they share their beginning
        if len(chunks[-1]) >= size:
            chunks.append([])
        chunks[-1] += group
    return chunks


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
