"""What a scenario, or a difference between two, answers at many points of its uncertain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmsim.errors import CmsimError
from cmsim.experiment.replicate import Task, live_all, outcomes_alone
from cmsim.outcomes import OUTCOMES, find
from cmsim.scenario import Scenario
from cmsim.scenario.limits import check_size
from cmsim.simulation import Progress

Floats = NDArray[np.float64]

MAX_RUNS = 20_000
"""Runs of one analysis, which are kept in memory."""


@dataclass(frozen=True)
class Point:
    """One point to be lived through.

    Attributes:
        settings: the uncertain numbers there, by dotted key.
        replications: the histories to live.
        nudge: whether one visit is a minute longer, which means nothing: the dummy factor.
    """

    settings: Mapping[str, Any]
    replications: Sequence[int]
    nudge: bool = False


def chosen_outcomes(names: Sequence[str]) -> tuple[str, ...]:
    """Return outcomes by name, checked; the main ones if none is named.

    Raises:
        CmsimError: there is no such outcome.
    """
    main = tuple(name for name, outcome in OUTCOMES.items() if outcome.main)
    return tuple(find(name).name for name in dict.fromkeys(names)) or main


def check_runs(runs: float) -> None:
    """Check that an analysis is of a size that can be done.

    Raises:
        CmsimError: too many runs.
    """
    if runs > MAX_RUNS:
        raise CmsimError(
            f"given {runs:.0f} runs; allowed: up to {MAX_RUNS}; use fewer points, numbers or histories"
        )


def responses(
    scenario: Scenario,
    versus: Scenario | None,
    points: Sequence[Point],
    outcomes: Sequence[str],
    *,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Floats]:
    """Return by outcome what was answered, shape (points, histories a point); nan where undefined.

    Args:
        scenario: what is asked about.
        versus: if given, the answer is how much more it has than ``scenario``, same people, same luck.
        points: where; all with as many histories.
        outcomes: their names.
        n_jobs: processes; all cores if ``None``. Results do not depend on it.
        progress: told the runs done and the runs in all.

    Raises:
        CmsimError: too many runs, or a scenario that is too large.
    """
    arms = [scenario] if versus is None else [scenario, versus]
    histories = len(points[0].replications)
    check_runs(len(points) * histories * len(arms))
    for arm in arms:
        check_size(arm)
    tasks = []
    for point in points:
        there = [_at(arm, point.settings) for arm in arms]
        tasks += [Task(arm, i, point.nudge) for i in point.replications for arm in there]
    found = live_all(tasks, outcomes_alone, n_jobs=n_jobs, progress=progress)
    shape = (len(points), histories, len(arms))
    values = {name: np.array([run[name] for run in found]).reshape(shape) for name in outcomes}
    if versus is None:
        return {name: array[:, :, 0] for name, array in values.items()}
    return {name: array[:, :, 1] - array[:, :, 0] for name, array in values.items()}


def _at(scenario: Scenario, settings: Mapping[str, Any]) -> Scenario:
    return scenario.replace({"name": scenario.name, "title": scenario.title, **settings})
