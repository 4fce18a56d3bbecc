"""Running a virtual trial: every arm with the same people on common random numbers, and its targets."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from joblib import Parallel, cpu_count, delayed

from cmsim.core.errors import CmsimError
from cmsim.core.extension import source_hash
from cmsim.core.former_names import taking_former_arguments
from cmsim.core.memory import left_alone
from cmsim.core.numeric import Floats
from cmsim.core.random_streams import Draws, purpose
from cmsim.experiments.shared_compilation import compile_once
from cmsim.experiments.shared_warm_up import days_in_common, in_child
from cmsim.model.community import Community
from cmsim.outcomes import find
from cmsim.results.progress import Progress, told
from cmsim.results.simulation import Simulated, conclude
from cmsim.scenario import Scenario
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.scenario.size_limits import check_size
from cmsim.validation.trials.arm_treatments import apply_arm
from cmsim.validation.trials.cohort import CANDIDATES, MEMBERS, Enrolment, FollowUpEnds
from cmsim.validation.trials.followed_people import Followed
from cmsim.validation.trials.person_table import describe_persons, members
from cmsim.validation.trials.trial_design import OUTCOME, Counted, Target, Trial
from cmsim.validation.trials.trial_effects import value_of
from cmsim.validation.trials.trial_measures import PRICES_OF_COST, find_measure
from cmsim.validation.trials.trial_result import ENOUGH, TargetResult, TrialManifest, TrialResult

Values = list[Floats]
"""Values of one target in one replication, by side: the arm, and the other arm or group for effects of two."""

VIRTUAL = 400
"""Trials of the published size drawn from the simulated people."""

_SIZE_DRAWS = purpose("trial.members", "who is drawn into a virtual trial of the published size")
_FRESH = 8


@dataclass(frozen=True, slots=True)
class _Replication:
    """What one replication gives: values by target, the flow of people into the trial, one row a person and arm."""

    values: dict[str, Values]
    flow: dict[str, int]
    persons: pd.DataFrame


@taking_former_arguments
def run_trial(
    trial: Trial,
    *,
    replications: int | None = None,
    settings: Mapping[str, object] | None = None,
    ensemble: Ensemble | None = None,
    workers: int | None = None,
    progress: Progress | bool | None = None,
    until_precise: bool = False,
    most: int = 400,
    persons: bool = False,
) -> TrialResult:
    """Run a trial and return published beside simulated.

    Args:
        trial: the trial.
        replications: replications; the trial's own number if ``None``.
        settings: further settings of all arms (such as one parameter set).
        ensemble: each replication is run under one of its sets, all sets in turn, so that errors carry what
            the calibration leaves open.
        workers: processes; all cores if ``None``. Results do not depend on it.
        progress: told the replications done and those in all; ``True`` shows a bar.
        until_precise: go on until every target that is defined is precise enough for a verdict.
        most: replications at most, then.
        persons: keep one row a person and arm.

    Raises:
        CmsimError: a setting or the number of replications is not allowed, an arm is too large, a price is open that
            a measure needs, or nobody can enter; the message then says which condition excluded how many.
    """
    wanted = trial.replications if replications is None else replications
    if wanted < 2:
        raise CmsimError(f"replications: given {wanted}; allowed: 2 and up")
    arms = trial.scenarios(dict(settings or {}))
    for arm in arms.values():
        check_size(arm, wanted)
    _refuse_open_prices(trial, arms)
    compile_once()
    done: list[_Replication] = []
    jobs = cpu_count() if workers is None else workers
    total = wanted
    with told(progress, trial.name, "replication") as tell:
        tell(0, total)
        while len(done) < total:
            batch = range(len(done), min(len(done) + max(jobs, 1) * 2, total))
            done += Parallel(n_jobs=jobs)(
                delayed(_simulate_replication)(trial, _apply_set(arms, ensemble, replication), replication, persons)
                for replication in batch
            )
            if len(done) >= min(ENOUGH, total):  # of the same replications, whatever the number of processes
                _refuse_empty(trial, done[:ENOUGH])
            tell(len(done), total)
            goes_on = until_precise and len(done) >= total and total < most
            if goes_on and any(math.isfinite(each.estimate) and not each.precise for each in _summarise(trial, done)):
                total = min(max(total * 2, ENOUGH), most)
    manifest = TrialManifest(
        trial=trial.name,
        settings=dict(settings or {}),
        arms={name: arm.digest() for name, arm in arms.items()},
        seed=next(iter(arms.values())).run.seed,
        ensemble=ensemble.hash if ensemble else None,
        measures={name: source_hash(name.partition(":")[0]) for name in trial.own_measures},
    )
    rows = pd.concat([each.persons for each in done], ignore_index=True) if persons else None
    return TrialResult(trial, tuple(_summarise(trial, done)), len(done), manifest, _flow(done), rows)


def _refuse_open_prices(trial: Trial, arms: Mapping[str, Scenario]) -> None:
    if all(target.measure != "cost" for target in trial.targets.values()):
        return
    needed = [name for name in PRICES_OF_COST if any(name in arm.world.prices.missing() for arm in arms.values())]
    if needed:
        raise CmsimError(
            f'trial "{trial.name}": the measure "cost" needs prices that are open: {", ".join(needed)}; allowed: '
            f'"world.prices.{needed[0]}" and so on in base, or a set of them over the scenario ("usual_care+prices_us")'
        )


def _flow(done: Sequence[_Replication]) -> dict[str, int]:
    return {step: sum(each.flow[step] for each in done) for step in done[0].flow}


def _refuse_empty(trial: Trial, done: Sequence[_Replication]) -> None:
    flow = _flow(done)
    if flow[MEMBERS] or all(target.is_of_run for target in trial.targets.values()):
        return
    steps = [f"{step} excluded {count}" for step, count in flow.items() if step not in (CANDIDATES, MEMBERS) and count]
    said = f"candidates in {len(done)} replications: {flow[CANDIDATES]}; {', then '.join(steps)}"
    raise CmsimError(f'trial "{trial.name}": nobody could enter ({said.removesuffix("; ")})')


def _apply_set(arms: Mapping[str, Scenario], ensemble: Ensemble | None, replication: int) -> dict[str, Scenario]:
    if ensemble is None:
        return dict(arms)
    return {name: ensemble.apply_set(arm, replication) for name, arm in arms.items()}


def _summarise(trial: Trial, done: Sequence[_Replication]) -> list[TargetResult]:
    return [
        _summarise_target(name, target, trial.precision, [each.values[name] for each in done])
        for name, target in trial.targets.items()
    ]


def _simulate_replication(trial: Trial, arms: Mapping[str, Scenario], replication: int, persons: bool) -> _Replication:
    """Run one replication of every arm and return the values of every target."""
    from cmsim.model.community import Community

    first = next(iter(arms.values()))
    common = days_in_common(list(arms.values()), [False] * len(arms))
    community = Community(first, replication)
    names, inclusion = list(arms), trial.inclusion

    def simulate_arm(name: str, enrolment: Enrolment) -> tuple[Enrolment, dict[tuple[str, int], Floats], pd.DataFrame]:
        model = community
        if common < first.world.warm_up_days:
            model = Community(arms[name], replication)
        model.follow(arms[name])
        run, ends = _simulate_arm(trial, name, arms[name], model, replication, enrolment)
        table = _measure_persons(trial, run, enrolment.cohort, ends)
        kept = describe_persons(trial, name, run, enrolment.cohort, table) if persons else pd.DataFrame()
        return enrolment.close(), _collect_values(trial, name, run, enrolment.cohort, table), kept

    with left_alone():
        for _ in range(min(common, first.world.warm_up_days)):
            community.step()
        opened = Enrolment(inclusion.at, inclusion.recruit_days, inclusion.where, inclusion.one_of)
        enrolment, found, kept = in_child(lambda: simulate_arm(names[0], opened))
        tables = [kept]
        for name in names[1:]:
            _, more, kept = in_child(lambda: simulate_arm(name, enrolment))  # noqa: B023
            found |= more
            tables.append(kept)
    values = {
        key: [found[key, side] for side in range(sum(len(part.sides) for part in trial.parts(target)))]
        for key, target in trial.targets.items()
    }
    return _Replication(values, enrolment.flow, pd.concat(tables, ignore_index=True))


def _simulate_arm(
    trial: Trial, name: str, spec: Scenario, model: Community, replication: int, enrolment: Enrolment
) -> tuple[Simulated, FollowUpEnds]:
    """Simulate an arm to its end; the first one enrols, the others take over who did."""
    arm = trial.arms[name]
    begins = spec.world.warm_up_days + trial.inclusion.after_days
    ends = FollowUpEnds({each.from_days + each.days for each in trial.counted_of_persons})
    while model.days_simulated < spec.total_days:
        enrolment.enrol(model, begins)
        ends.record(model, enrolment.cohort)
        if (arm.hold or arm.members_only) and model.days_simulated >= spec.world.warm_up_days:
            apply_arm(model, enrolment.cohort, arm.hold, arm.members_only)
        model.step()
    ends.record(model, enrolment.cohort)
    return conclude(model, spec, replication), ends


def _measure_persons(trial: Trial, run: Simulated, cohort: pd.DataFrame, ends: FollowUpEnds) -> dict[Counted, Floats]:
    """Return the values of everybody in an arm, and for which share of the follow-up each was seen, where it matters.

    Shapes are (people, 2).
    """
    row, day = (cohort[name].to_numpy(dtype=np.int64) for name in ("row", "day"))
    found = {}
    for counted in trial.counted_of_persons:
        measure = find_measure(counted.measure)
        people = Followed(
            run, row, day + counted.from_days, counted.days, ends.states(counted.from_days + counted.days)
        )
        share = people.seen / counted.days if measure.kind == "amount" else np.ones(len(row))
        found[counted] = np.column_stack([measure(people), share])
    return found


def _collect_values(
    trial: Trial, name: str, run: Simulated, cohort: pd.DataFrame, table: Mapping[Counted, Floats]
) -> dict[tuple[str, int], Floats]:
    """Return the values that an arm gives for the targets, by target and side."""
    found: dict[tuple[str, int], Floats] = {}
    for key, target in trial.targets.items():
        sides = [(part, arm, group) for part in trial.parts(target) for arm, group in part.sides]
        for side, (part, arm, group) in enumerate(sides):
            if arm != name:
                continue
            if part.is_of_run:
                found[key, side] = np.array([find(part.measure.removeprefix(OUTCOME)).value_in(run.window)])
            else:
                found[key, side] = table[trial.counted(part)][members(trial, cohort, group)]
    return found


def _summarise_target(name: str, target: Target, precision: float, replications: Sequence[Values]) -> TargetResult:
    """Return what a target comes to: pooled over replications, with its jackknife error over replications."""
    times, n = target.kind == "time", len(replications)

    def pool(left_out: int | None = None) -> Values:
        kept = [values for number, values in enumerate(replications) if number != left_out]
        return [np.concatenate(side) for side in zip(*kept, strict=True)]

    pooled = pool()
    estimate = value_of(target.effect, *pooled, times=times)
    spread = np.array([value_of(target.effect, *pool(number), times=times) for number in range(n)])
    error = float(np.sqrt((n - 1) / n * ((spread - spread.mean()) ** 2).sum()))
    people = tuple(_counted_people(side) for side in pooled)
    return TargetResult(name, target, estimate, error, people, _share_inside(target, pooled), n, precision)


def _counted_people(side: Floats) -> int:
    return int(np.isfinite(side[:, 0] if side.ndim == 2 else side).sum())


def _share_inside(target: Target, pooled: Sequence[Floats]) -> float:
    """Return the share of trials at the published size whose estimate falls into the published interval."""
    if target.interval is None or target.per_arm is None or target.is_of_run:
        return math.nan
    sides = [side[np.isfinite(side[:, 0])] for side in pooled]
    if any(len(side) < _FRESH for side in sides):
        return math.nan
    low, high = target.interval
    inside = 0
    for number in range(VIRTUAL):
        draws = Draws(number, 0).setup(_SIZE_DRAWS, len(sides), target.per_arm)
        drawn = [side[(u * len(side)).astype(np.int64)] for u, side in zip(draws, sides, strict=True)]
        inside += low <= value_of(target.effect, *drawn, times=target.kind == "time") <= high
    return inside / VIRTUAL
