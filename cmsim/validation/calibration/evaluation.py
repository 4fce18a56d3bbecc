"""Evaluation of parameter sets: the estimate of every wanted target, with its Monte Carlo error."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed

from cmsim.core.numeric import Floats
from cmsim.results.simulation import Progress
from cmsim.validation.calibration.calibration_plan import Plan
from cmsim.validation.calibration.finished_sets import FinishedSets, Row
from cmsim.validation.trials import run_trial


@dataclass(frozen=True)
class Evaluation:
    """Parameter sets and what they give.

    Attributes:
        points: values of the fitted parameters, shape (sets, parameters).
        estimates: of each target, shape (sets, targets).
        errors: Monte Carlo standard errors, same shape.
    """

    points: Floats
    estimates: Floats
    errors: Floats

    def join(self, other: "Evaluation") -> "Evaluation":
        """Return both together."""
        return Evaluation(
            np.concatenate([self.points, other.points]),
            np.concatenate([self.estimates, other.estimates]),
            np.concatenate([self.errors, other.errors]),
        )


def evaluate(
    plan: Plan,
    points: Floats,
    *,
    n_jobs: int = 1,
    progress: Progress | None = None,
    finished: FinishedSets | None = None,
) -> Evaluation:
    """Run the trials of a plan for some parameter sets.

    Args:
        plan: the plan.
        points: values of its parameters, shape (sets, parameters).
        n_jobs: processes; results do not depend on it.
        progress: told the sets done and those in all.
        finished: where sets are saved as they finish; those that are there are not run again.
    """
    keys = [fitted.key for fitted in plan.space()]
    tell = progress or (lambda done, total: None)
    sets = [dict(zip(keys, row.tolist(), strict=True)) for row in points]
    names = [finished.key(plan, each) if finished else "" for each in sets]
    rows = [finished.row(name) if finished else None for name in names]
    missing = [place for place, row in enumerate(rows) if row is None]
    tell(len(points) - len(missing), len(points))
    stream = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(_evaluate_set)(plan, sets[place]) for place in missing
    )
    for done, (place, row) in enumerate(zip(missing, stream, strict=True), len(points) - len(missing) + 1):
        rows[place] = row
        if finished:
            finished.add(names[place], row)
        tell(done, len(points))
    values = np.array(rows)
    return Evaluation(np.array(points), values[:, 0], values[:, 1])


def _evaluate_set(plan: Plan, settings: Mapping[str, float]) -> Row:
    """Return estimates and errors of all wanted targets for one parameter set."""
    estimates, errors = [], []
    for trial, replications in plan.trials():
        # the error cannot be estimated from one replication
        result = run_trial(trial, replications=max(replications, 2), settings=settings, n_jobs=1)
        estimates += [each.estimate for each in result.targets]
        errors += [each.error for each in result.targets]
    return [estimates, errors]
