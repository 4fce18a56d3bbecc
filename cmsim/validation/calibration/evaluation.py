"""Evaluation of parameter sets: the estimate of every wanted target, with its Monte Carlo error."""

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypedDict

import numpy as np

import cmsim.validation.trials
from cmsim.core.numeric import Floats
from cmsim.experiments.study.run_key import model_version
from cmsim.results.progress import Progress
from cmsim.validation.calibration.calibration_plan import Plan
from cmsim.validation.finished_rows import FinishedRows, Row
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
    workers: int = 1,
    progress: Progress | None = None,
    finished: FinishedRows | None = None,
) -> Evaluation:
    """Run the trials of a plan for some parameter sets.

    Args:
        plan: the plan.
        points: values of its parameters, shape (sets, parameters).
        workers: processes; results do not depend on it.
        progress: told the sets done and those in all.
        finished: where sets are saved as they finish; those that are there are not run again.
    """
    held, sets = finished or FinishedRows(None), ask_sets(plan, points)
    values: Floats = np.array(held.compute(partial(_evaluate_set, plan), sets, workers=workers, progress=progress))
    return Evaluation(np.array(points), values[:, 0], values[:, 1])


class AskedSet(TypedDict):
    """A parameter set and the trials, as text and with their replications, that it is run in."""

    trials: list[tuple[str, int]]
    settings: dict[str, float]


def ask_sets(plan: Plan, points: Floats) -> list[AskedSet]:
    """Return what is asked of a plan for some parameter sets, shape (sets, parameters)."""
    keys = [fitted.key for fitted in plan.space()]
    trials = [(trial.model_dump_json(), replications) for trial, replications in plan.trials()]
    return [{"trials": trials, "settings": dict(zip(keys, row, strict=True))} for row in points.tolist()]


def open_finished_sets(path: Path) -> FinishedRows:
    """Return the parameter sets that have been run by this code of the model and of the trials, saved in a file.

    Raises:
        CmsimError: the file cannot be read.
    """
    trials = sorted(Path(cmsim.validation.trials.__file__).parent.glob("*.py"))
    code = hashlib.blake2b(b"".join(each.read_bytes() for each in trials), digest_size=16).hexdigest()
    return FinishedRows(path, {**model_version(), "trials": code})


def _evaluate_set(plan: Plan, asked: AskedSet) -> Row:
    """Return estimates and errors of all wanted targets for one parameter set."""
    estimates, errors = [], []
    for trial, replications in plan.trials():
        # the error cannot be estimated from one replication
        result = run_trial(trial, replications=max(replications, 2), settings=asked["settings"], workers=1)
        estimates += [each.estimate for each in result.targets]
        errors += [each.error for each in result.targets]
    return [estimates, errors]
