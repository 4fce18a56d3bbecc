"""Running a virtual trial: every arm with the same people on common random numbers, and its targets."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from joblib import Parallel, cpu_count, delayed

from cmsim.core.errors import CmsimError
from cmsim.core.memory import left_alone
from cmsim.core.numeric import Floats
from cmsim.core.random_streams import Draws, purpose
from cmsim.experiments.shared_warm_up import days_in_common, in_child
from cmsim.model.community import Community
from cmsim.outcomes import find
from cmsim.results.simulation import Progress, Simulated, conclude
from cmsim.scenario import Scenario
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.scenario.size_limits import check_size
from cmsim.validation.trials.cohort import Enrolment, apply_holds, fulfil
from cmsim.validation.trials.trial_design import Target, Trial
from cmsim.validation.trials.trial_measures import MEASURES, Followed, value_of
from cmsim.validation.trials.trial_result import TargetResult, TrialManifest, TrialResult

Values = list[Floats]
"""Values of one target in one replication: of the arm, and of the other arm or group for effects of two."""

VIRTUAL = 400
"""Trials of the published size drawn from the simulated people."""

_SIZE_DRAWS = purpose("trial.members", "who is drawn into a virtual trial of the published size")
_FRESH = 8


def run_trial(
    trial: Trial,
    *,
    replications: int | None = None,
    settings: Mapping[str, object] | None = None,
    ensemble: Ensemble | None = None,
    n_jobs: int | None = None,
    progress: Progress | None = None,
    until_precise: bool = False,
    most: int = 400,
) -> TrialResult:
    """Run a trial and return published beside simulated.

    Args:
        trial: the trial.
        replications: replications; the trial's own number if ``None``.
        settings: further settings of all arms (such as one parameter set).
        ensemble: each replication is run under one of its sets, all sets in turn, so that errors carry what
            the calibration leaves open.
        n_jobs: processes; all cores if ``None``. Results do not depend on it.
        progress: told the replications done and those in all.
        until_precise: go on until the Monte Carlo error of every target is below a tenth of its band.
        most: replications at most, then.

    Raises:
        CmsimError: a setting or the number of replications is not allowed, or an arm is too large.
    """
    wanted = trial.replications if replications is None else replications
    if wanted < 2:
        raise CmsimError(f"replications: given {wanted}; allowed: 2 and up")
    arms = trial.scenarios(dict(settings or {}))
    for arm in arms.values():
        check_size(arm, wanted)
    done: list[dict[str, Values]] = []
    tell = progress or (lambda done, total: None)
    jobs = cpu_count() if n_jobs is None else n_jobs
    total = wanted
    tell(0, total)
    while len(done) < total:
        batch = range(len(done), min(len(done) + max(jobs, 1) * 2, total))
        done += Parallel(n_jobs=jobs)(
            delayed(_simulate_replication)(trial, _apply_set(arms, ensemble, replication), replication)
            for replication in batch
        )
        tell(len(done), total)
        goes_on = until_precise and len(done) >= total and total < most
        if goes_on and not all(result.precise for result in _summarise(trial, done)):
            total = min(total * 2, most)
    manifest = TrialManifest(
        trial=trial.name,
        settings=dict(settings or {}),
        arms={name: arm.digest() for name, arm in arms.items()},
        seed=next(iter(arms.values())).run.seed,
        ensemble=ensemble.hash if ensemble else None,
    )
    return TrialResult(trial, tuple(_summarise(trial, done)), len(done), manifest)


def _apply_set(arms: Mapping[str, Scenario], ensemble: Ensemble | None, replication: int) -> dict[str, Scenario]:
    if ensemble is None:
        return dict(arms)
    return {name: ensemble.apply_set(arm, replication) for name, arm in arms.items()}


def _summarise(trial: Trial, done: Sequence[Mapping[str, Values]]) -> list[TargetResult]:
    return [_summarise_target(name, target, [each[name] for each in done]) for name, target in trial.targets.items()]


def _simulate_replication(trial: Trial, arms: Mapping[str, Scenario], replication: int) -> dict[str, Values]:
    """Run one replication of every arm and return the values of every target."""
    from cmsim.model.community import Community

    first = next(iter(arms.values()))
    common = days_in_common(list(arms.values()), [False] * len(arms))
    community = Community(first, replication)
    names = list(arms)

    def simulate_arm(name: str, cohort: pd.DataFrame | None) -> tuple[pd.DataFrame, dict[tuple[str, int], Floats]]:
        model = community
        if common < first.world.warm_up_days:
            model = Community(arms[name], replication)
        model.follow(arms[name])
        members, run = _simulate_arm(trial, name, arms[name], model, replication, cohort)
        return members, _measure_targets(trial, name, run, members)

    with left_alone():
        for _ in range(min(common, first.world.warm_up_days)):
            community.step()
        cohort, found = in_child(lambda: simulate_arm(names[0], None))
        for name in names[1:]:
            found |= in_child(lambda: simulate_arm(name, cohort))[1]  # noqa: B023
    return {key: [found[key, side] for side in range(len(target.sides))] for key, target in trial.targets.items()}


def _simulate_arm(
    trial: Trial, name: str, spec: Scenario, model: Community, replication: int, cohort: pd.DataFrame | None
) -> tuple[pd.DataFrame, Simulated]:
    inclusion, held = trial.inclusion, trial.arms[name].hold
    begins = spec.world.warm_up_days + inclusion.after_days
    enrolment = Enrolment(inclusion.at, inclusion.recruit_days, inclusion.where)
    if cohort is not None:
        enrolment.cohort = cohort
    while model.days_simulated < spec.total_days:
        if cohort is None:
            enrolment.enrol(model, begins)
        if held and model.days_simulated >= begins:
            apply_holds(model, enrolment.cohort, held)
        model.step()
    return enrolment.cohort, conclude(model, spec, replication)


def _measure_targets(trial: Trial, name: str, run: Simulated, cohort: pd.DataFrame) -> dict[tuple[str, int], Floats]:
    """Return the values that an arm gives for the targets, by target and side."""
    return {
        (key, side): _measure_members(trial, target, run, cohort, group)
        for key, target in trial.targets.items()
        for side, (arm, group) in enumerate(target.sides)
        if arm == name
    }


def _measure_members(trial: Trial, target: Target, run: Simulated, cohort: pd.DataFrame, group: str | None) -> Floats:
    if target.measure.startswith("outcome:"):
        return np.array([find(target.measure.removeprefix("outcome:")).measure(run.window)])
    members = cohort[fulfil(trial.groups[group] if group is not None else {}, cohort, len(cohort))]
    days = trial.follow_up_days - target.from_days if target.days is None else target.days
    row, day = (members[name].to_numpy(dtype=np.int64) for name in ("row", "day"))
    return MEASURES[target.measure](Followed(run, row, day + target.from_days, days))


def _summarise_target(name: str, target: Target, replications: Sequence[Values]) -> TargetResult:
    """Return what a target comes to: pooled over replications, with its jackknife error over replications."""

    def pool(left_out: int | None = None) -> Values:
        kept = [values for number, values in enumerate(replications) if number != left_out]
        return [np.concatenate(side) for side in zip(*kept, strict=True)]

    pooled, n = pool(), len(replications)
    estimate = value_of(target.effect, *pooled)
    spread = np.array([value_of(target.effect, *pool(number)) for number in range(n)])
    error = float(np.sqrt((n - 1) / n * ((spread - spread.mean()) ** 2).sum()))
    people = tuple(int(np.isfinite(side).sum()) for side in pooled)
    return TargetResult(name, target, estimate, error, people, _share_inside(target, pooled))


def _share_inside(target: Target, pooled: Sequence[Floats]) -> float:
    """Return the share of trials at the published size whose estimate falls into the published interval."""
    if target.interval is None or target.per_arm is None or target.measure.startswith("outcome:"):
        return math.nan
    sides = [side[np.isfinite(side)] for side in pooled]
    if any(len(side) < _FRESH for side in sides):
        return math.nan
    low, high = target.interval
    inside = 0
    for number in range(VIRTUAL):
        draws = Draws(number, 0).setup(_SIZE_DRAWS, len(sides), target.per_arm)
        drawn = [side[(u * len(side)).astype(np.int64)] for u, side in zip(draws, sides, strict=True)]
        inside += low <= value_of(target.effect, *drawn) <= high
    return inside / VIRTUAL
