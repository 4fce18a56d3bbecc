"""Lives the arms of contrasts: whatever two arms have in common is lived once.

Arms that are the same scenario are one run, whichever contrasts they belong to; arms of one world that differ
from some day on share the days before it (see :mod:`cmsim.experiments.shared_warm_up`).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from cmsim.experiments.shared_warm_up import WORTH_SHARING, branch, days_in_common
from cmsim.results.simulation import Simulated, simulate
from cmsim.scenario import Scenario
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.validation.claims.code_stamp import manifest
from cmsim.validation.claims.contrast import Contrast, Measure
from cmsim.validation.claims.finding import Examined, finding_of

Values = dict[str, float]
"""What was measured in a run, by the code of the measure; nan where it is not defined."""


def measured(run: Simulated, measures: Mapping[str, Measure]) -> Values:
    """Return some measures of a run, by code."""
    return {code: measure(run) for code, measure in measures.items()}


def live_all(
    scenarios: Sequence[Scenario], replication: int, keep: Callable[[int, Simulated], Values]
) -> Iterator[tuple[int, Values | Exception]]:
    """Live through some scenarios and yield the place of each with what is kept of it, or what went wrong.

    Args:
        scenarios: what to live through.
        replication: which history.
        keep: told the place of the scenario and the run.
    """
    for places in sharing(scenarios):
        kept = _together([scenarios[place] for place in places], places, replication, keep)
        if kept is not None:
            yield from zip(places, kept, strict=True)
            continue
        for place in places:
            try:
                yield place, keep(place, simulate(scenarios[place], replication))
            except Exception as error:
                yield place, error


def _together(
    group: Sequence[Scenario],
    places: Sequence[int],
    replication: int,
    keep: Callable[[int, Simulated], Values],
) -> list[Values] | None:
    """Live through scenarios with days in common; None where each has to be lived by itself."""
    if threading.active_count() > 1:
        # a process with threads must not fork: a lock that another thread holds stays held for ever
        return None
    by_scenario = {id(scenario): place for scenario, place in zip(group, places, strict=True)}
    try:
        return branch(group, [False] * len(group), replication, lambda run: keep(by_scenario[id(run.scenario)], run))
    except Exception:
        return None  # what is wrong will show where each is lived by itself


def sharing(scenarios: Sequence[Scenario]) -> list[list[int]]:
    """Return the places of scenarios, those together that have enough days in common."""
    groups: list[list[int]] = []
    for place, scenario in enumerate(scenarios):
        for group in groups:
            if days_in_common([scenarios[group[0]], scenario], [False, False]) >= WORTH_SHARING:
                group.append(place)
                break
        else:
            groups.append([place])
    return groups


def examine(
    contrast: Contrast, *, n_jobs: int = 1, seed_draws: int | None = None, ensemble: Ensemble | None = None
) -> Examined:
    """Run one contrast on its draws and return what it shows; nothing is written down.

    Args:
        contrast: what to compare.
        n_jobs: processes.
        seed_draws: only the first so many draws, for a first look.
        ensemble: whose sets give the fitted parameters.
    """
    drawn = contrast.drawn(ensemble)[:seed_draws]
    run = Parallel(n_jobs=n_jobs)(delayed(_pair)(contrast, draw) for draw in drawn)
    values = np.array([pair for pair, _ in run])
    moved = sum(share < 1.0 for _, share in run)
    return examined_from(contrast, values, manifest(contrast, drawn, moved, ensemble))


def examined_from(contrast: Contrast, values: NDArray[np.float64], about: Mapping[str, object]) -> Examined:
    """Return what a contrast shows.

    Args:
        contrast: what was compared.
        values: shape (draws, 2 arms, measures).
        about: its manifest.
    """
    findings = tuple(
        finding_of(measure, values[:, 0, place], values[:, 1, place]) for place, measure in enumerate(contrast.measures)
    )
    by_measure = {
        measure.name: [[_short(value) for value in arm] for arm in values[:, :, place].T.tolist()]
        for place, measure in enumerate(contrast.measures)
    }
    return Examined(contrast.name, contrast.question, findings, by_measure, about)


def _short(value: float) -> float | None:
    """Return a value in six digits, None where it is not defined."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def smoke(contrast: Contrast) -> Examined:
    """Run a contrast once, small and short: that it runs and measures something, not what it shows."""
    small = {"clients": min(contrast.clients, 60), "warm_up": 30, "days": 60, "draws": 1, "replications": 1}
    return examine(Contrast(**{**contrast.__dict__, **small}))


def _pair(contrast: Contrast, draw: Mapping[str, float]) -> tuple[list[list[float]], float]:
    """Return the means over replications of every measure, by arm, for one draw; and the share gone to it."""
    arms, share = contrast.possible(draw)
    measures = {measure.code: measure for measure in contrast.measures}
    by_arm: list[list[Values]] = [[], []]
    for replication in range(contrast.replications):
        for place, values in live_all(arms, replication, lambda _, run: measured(run, measures)):
            if isinstance(values, Exception):
                raise values
            by_arm[place].append(values)
    return [mean_values(contrast, arm) for arm in by_arm], share


def mean_values(contrast: Contrast, replications: Sequence[Mapping[str, float]]) -> list[float]:
    """Return the mean of each measure of a contrast over the replications of one arm in one draw."""
    return [math.fsum(each[measure.code] for each in replications) / len(replications) for measure in contrast.measures]
