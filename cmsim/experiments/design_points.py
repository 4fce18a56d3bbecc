"""Outcomes of a scenario, or of a difference between two, at many points of the uncertain parameters."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.numeric import Floats
from cmsim.experiments.comparison import distinct
from cmsim.experiments.executors import InProcess, KeptOpen, choose_engine
from cmsim.experiments.parameter_distributions import Uncertain
from cmsim.experiments.study.factors import Factor, apply_settings
from cmsim.experiments.study.run_key import model_version, perturbed_digest, settings_digest
from cmsim.experiments.study.study_file import Keep, RunLimits
from cmsim.experiments.study.study_plan import Plan, cell_table
from cmsim.experiments.study.study_sweep import sweep
from cmsim.outcomes import find, outcomes_of
from cmsim.results.progress import Progress, told
from cmsim.scenario import Scenario
from cmsim.scenario.size_limits import check_size

if TYPE_CHECKING:
    import pandas as pd

MAX_RUNS = 20_000
"""Runs of one analysis."""


@dataclass(frozen=True)
class Point:
    """One point of a design.

    Attributes:
        settings: the uncertain parameters there, by dotted key.
        replications: the replications to run.
        perturb: whether one visit a week is a minute longer, which means nothing: the dummy factor.
    """

    settings: Mapping[str, Any]
    replications: Sequence[int]
    perturb: bool = False


class Execution(TypedDict, total=False):
    """Where and how the runs of an analysis are done.

    Attributes:
        directory: a study folder where every run is recorded as it is finished: what was stopped goes on,
            and more points or replications only add; by default one that is thrown away.
        workers: processes; all cores by default. Results do not depend on it.
        engine: ``local``, ``in-process`` or ``dask``, as for :func:`cmsim.sweep`.
        scheduler: address of a dask scheduler.
        progress: told the complete runs and the runs in all; ``True`` shows a bar.
    """

    directory: str | Path | None
    workers: int | None
    engine: str | KeptOpen | None
    scheduler: str | None
    progress: Progress | bool | None


@contextmanager
def staying_open(execution: Execution, what: str) -> Iterator[Execution]:
    """Yield execution for several analyses one after another: processes start once, runs are kept between them.

    Args:
        execution: as given.
        what: what a bar says is done.
    """
    with ExitStack() as stack:
        kept = Execution(**execution)
        kept["progress"] = stack.enter_context(told(execution.get("progress"), what, "run"))
        if execution.get("directory") is None:
            kept["directory"] = stack.enter_context(TemporaryDirectory(prefix="cmsim-"))
        engine = choose_engine(execution.get("engine"), execution.get("workers"), kept.pop("scheduler", None))()
        if not isinstance(engine, InProcess | KeptOpen):
            kept["engine"] = opened = KeptOpen(engine)
            stack.callback(opened.end)
        yield kept


def chosen_outcomes(names: Sequence[str]) -> tuple[str, ...]:
    """Return outcomes by name, checked; the main ones if none is named.

    Raises:
        CmsimError: there is no such outcome.
    """
    main = tuple(outcome.name for outcome in outcomes_of() if outcome.main)
    return tuple(find(name).name for name in dict.fromkeys(names)) or main


def compared(scenario: Scenario, versus: Scenario | None) -> list[Scenario]:
    """Return the scenario that is analysed, or both that are compared."""
    return [scenario] if versus is None else [scenario, versus]


def among(names: Sequence[str] | None, analysed: Collection[str]) -> list[str]:
    """Return outcomes by name, checked to be among those analysed; all of these if no name is given.

    Raises:
        CmsimError: one is not; the message names the nearest.
    """
    given = analysed if names is None else [names] if isinstance(names, str) else names
    for name in given:
        if name not in analysed:
            raise CmsimError(f'outcome "{name}" was not analysed{nearest(name, analysed)}')
    return list(given)


def check_runs(runs: float) -> None:
    """Check that an analysis is of a size that can be done.

    Raises:
        CmsimError: too many runs.
    """
    if runs > MAX_RUNS:
        raise CmsimError(f"given {runs:.0f} runs; allowed: up to {MAX_RUNS}; use fewer points, numbers or replications")


def responses(
    scenario: Scenario,
    versus: Scenario | None,
    points: Sequence[Point],
    outcomes: Sequence[str],
    numbers: Sequence[Uncertain] = (),
    **execution: Unpack[Execution],
) -> dict[str, Floats]:
    """Return the results by outcome, shape (points, replications a point); nan where undefined.

    With a second scenario the result is its difference from the first, with common random numbers. All points have as
    many replications; the parameters that are varied are listed with the runs.

    Raises:
        CmsimError: too many runs, a scenario that is too large, or runs that went wrong.
    """
    arms = distinct(compared(scenario, versus))
    replications = len(points[0].replications)
    check_runs(len(points) * replications * len(arms))
    for arm in arms:
        check_size(arm)
    plan = _plan(arms, points, outcomes, numbers)
    runs = complete_runs(plan, **execution)
    rank = {arm.name: i for i, arm in enumerate(arms)}
    runs = runs.assign(arm=runs["scenario"].map(rank)).sort_values(["arm", "draw", "replication"])
    shape = len(arms), len(points), replications
    by_arm = {name: runs[name].to_numpy(dtype=float).reshape(shape) for name in outcomes}
    return {name: values[0] if versus is None else values[1] - values[0] for name, values in by_arm.items()}


def complete_runs(plan: Plan, **execution: Unpack[Execution]) -> pd.DataFrame:
    """Do the runs of a plan that are not saved yet and return all of them, one row a run, see :attr:`Study.runs`.

    Raises:
        CmsimError: runs that went wrong.
    """
    directory = execution.get("directory")
    with TemporaryDirectory(prefix="cmsim-") if directory is None else nullcontext(directory) as folder:
        study = sweep(
            plan,
            folder,
            workers=execution.get("workers"),
            engine=execution.get("engine"),
            scheduler=execution.get("scheduler"),
            progress=execution.get("progress"),
        )
        failures = study.failures
        if len(failures):
            first = failures.iloc[0]
            hint = "" if directory is None else f"; cmsim study resume {directory} --retry tries again"
            raise CmsimError(
                f"{len(failures)} of {plan.runs} runs have no results; the first, {first['scenario']} at "
                f"point {first['draw']} in replication {first['replication']}: {first['error']}{hint}"
            )
        return study.runs


def _plan(
    arms: Sequence[Scenario], points: Sequence[Point], outcomes: Sequence[str], numbers: Sequence[Uncertain]
) -> Plan:
    """Return the runs of an analysis: a draw a point, whose scenarios share their parameters and stand together."""
    rows = []
    for i, point in enumerate(points):
        for arm in arms:
            digest = settings_digest(apply_settings(arm, point.settings, arm.name))
            row = {"scenario": arm.name, "choice": 0, "draw": i, "block": i, "first": point.replications[0]}
            row |= {"settings": json.dumps(dict(point.settings)), "perturb": point.perturb}
            row |= {"digest": (perturbed_digest(digest) if point.perturb else digest).hex()}
            rows.append(row | {each.key: float(point.settings[each.key]) for each in numbers})
    factors = [
        Factor(each.key, "uncertainty", (each.key,), low=each.low, high=each.high, whole=each.whole) for each in numbers
    ]
    return Plan(
        model_version(),
        {arm.name: arm.to_toml() for arm in arms},
        arms[0].run.seed,
        factors,
        cell_table(rows),
        0,
        len(points[0].replications),
        Keep(outcomes=tuple(outcomes), groups=False, spreads=False),
        RunLimits(),
        f"Sensitivity analysis of {' and '.join(arm.name for arm in arms)}",
    )
