"""Runs that are equal until a day: the shared days are simulated once, then the process forks.

A live community cannot be copied (its processes are running generators), but the operating system copies a
process as it stands. Each branch goes on in a child of its own and sends back its summary; the results are
those of separate runs to the last digit. Where there is no ``fork``, nothing is shared and nothing else
changes.
"""

import os
import pickle
import warnings
from collections.abc import Callable, Sequence
from typing import TypeVar

from numba.core.compiler_lock import global_compiler_lock

from cmsim.core.memory import left_alone
from cmsim.results.simulation import Simulated, Watch, conclude, forget
from cmsim.scenario import Scenario

Kept = TypeVar("Kept")

WORTH_SHARING = 30
"""Days in common from which a fork costs less than simulating them again."""


def days_in_common(scenarios: Sequence[Scenario], perturbed: Sequence[bool], perturb_day: int | None = None) -> int:
    """Return the first day on which any of some runs can differ from the first of them.

    Args:
        scenarios: one for each run.
        perturbed: whether that run is a placebo run.
        perturb_day: the day from which a placebo run differs; the end of the warm-up if ``None``.
    """
    first = scenarios[0]
    common = first.total_days
    for scenario, perturb in zip(scenarios, perturbed, strict=True):
        if scenario.total_days != first.total_days:
            return 0
        day = first.first_difference_day(scenario)
        common = min(common, first.total_days if day is None else day)
        if perturb:
            common = min(common, first.world.warm_up_days if perturb_day is None else perturb_day)
    return common


def branch(
    scenarios: Sequence[Scenario],
    perturbed: Sequence[bool],
    replication: int,
    keep: Callable[[Simulated], Kept],
    watch: Watch | None = None,
    perturb_day: int | None = None,
) -> list[Kept] | None:
    """Simulate runs of one replication that share their beginning; return what is kept of each.

    Args:
        scenarios: one for each run.
        perturbed: whether that run is a placebo run.
        replication: the number of the random streams.
        keep: called with each run, in the process that simulated it.
        watch: shown the community at the end of each day; what it raises ends all of them.
        perturb_day: the day from which placebo runs are perturbed; the end of the warm-up if ``None``.

    Returns:
        ``None`` where sharing is not possible or not worth it.
    """
    common = days_in_common(scenarios, perturbed, perturb_day)
    if len(scenarios) < 2 or common < WORTH_SHARING or not hasattr(os, "fork"):
        return None
    from cmsim.model.community import Community

    community = Community(scenarios[0], replication)

    def simulate_until(day: int) -> None:
        while community.days_simulated < day:
            community.step()
            if watch is not None:
                watch(community)

    def rest(scenario: Scenario, perturb: bool) -> Kept:
        community.follow(scenario, perturb=perturb)
        if perturb and perturb_day is not None:
            community.perturb_visits(perturb_day)
        simulate_until(scenario.total_days)
        return keep(conclude(community, scenario, replication))

    try:
        with left_alone():
            simulate_until(common)
            others = [
                in_child(lambda: rest(*arm))  # noqa: B023
                for arm in zip(scenarios[1:], perturbed[1:], strict=True)
            ]
            return [rest(scenarios[0], perturbed[0]), *others]
    finally:
        forget(community)


def in_child(work: Callable[[], Kept]) -> Kept:
    """Do some work in a forked child and return its result, or raise what it raised."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # the child only computes and writes to its pipe; of the locks that it takes, another thread can hold only that
        # of the compiler
        warnings.simplefilter("ignore", DeprecationWarning)
        with global_compiler_lock:
            child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            try:
                answer: tuple[bool, object] = (True, work())
            except Exception as error:
                answer = (False, error)
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(answer, pipe, protocol=pickle.HIGHEST_PROTOCOL)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    if not data:
        raise RuntimeError("a branch of a run was ended from outside")
    done, result = pickle.loads(data)
    if not done:
        raise result
    return result
