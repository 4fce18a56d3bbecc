"""A fit to the figures that one agency observed: few parameters moved, by history matching, on short runs.

Every set that is run takes one of the bundled calibrated sets for the parameters that are not moved: it starts from
what published figures left open. Those are not looked at again with what was moved. A figure agrees if it lies within
three standard deviations of what a set gives. These cover the range stated, the course of a single run (as an agency's
year is one), what few replications leave open, and the model's discrepancy, a share of the figure.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Unpack

import numpy as np
from numpy.typing import NDArray

from cmsim.core.errors import CmsimError
from cmsim.core.former_names import taking_former_arguments
from cmsim.core.numeric import Floats, whole
from cmsim.core.simtime import YEAR_DAYS
from cmsim.experiments.design_points import Execution, Point, check_runs, responses, staying_open
from cmsim.experiments.observed_figures import check_observed, set_beside
from cmsim.outcomes import find
from cmsim.scenario import Scenario, ScenarioLike, load_scenario
from cmsim.scenario.parameter_sets import Ensemble, bundled_ensemble
from cmsim.validation.calibration import Evaluation, HistoryMatch, match_waves
from cmsim.validation.calibration.calibration_plan import Matching, Wanted
from cmsim.validation.calibration.emulator import require_emulation
from cmsim.validation.calibration.fit_result import AgencyFit, apart, judged_figures
from cmsim.validation.calibration.moved_parameters import Move, choose_moves

_BASE = 8
"""Replications of the scenario as it is, which also say how far single runs differ."""
_NEAREST = 50
"""Where nothing agrees, one in so many candidates is looked at: those that come nearest."""


class FitPlan(Matching):
    """What a fit moves, within which ranges, and the centre and standard deviation of each figure."""

    figures: dict[str, tuple[float, float]]

    def wanted(self) -> list[Wanted]:
        """Return the figures as targets."""
        return [Wanted(key, *figure) for key, figure in self.figures.items()]


@taking_former_arguments
def fit(
    scenario: ScenarioLike,
    *,
    move: Sequence[str] = (),
    sets: int = 40,
    waves: int = 2,
    replications: int = 2,
    days: int | Literal["enough"] | None = "enough",
    discrepancy: float = 0.05,
    ensemble: Ensemble | None = None,
    **execution: Unpack[Execution],
) -> AgencyFit:
    """Move few parameters within their ranges until the model comes near what an agency observed.

    Args:
        scenario: with figures in ``[observed]``; itself, its bundled name or the path of its file.
        move: parameters and settings, as ``KEY`` within the declared range or ``KEY=LOW:HIGH``; at most as many as
            there are figures. By default those that bear on the figures. What the scenario states is moved only if a
            range is given.
        sets: parameter sets of the first wave; each later one has half as many.
        waves: how often the space is narrowed.
        replications: of each set, the same for all.
        days: after the warm-up in each run; as in the scenario if ``None``. By default a year, and
            as much longer as a figure needs that follows people for a year: two years for ``retained_365``.
        discrepancy: standard deviation of what the model gets wrong however it is fitted, as a share of a figure.
        ensemble: parameter sets for what is not moved; by default the bundled one.
        execution: where and how the runs are done, see :class:`cmsim.experiments.design_points.Execution`.

    Raises:
        CmsimError: nothing is observed, a parameter or range is not allowed, none is left to move, a figure needs
            longer runs, or scikit-learn is not installed.
    """
    sets, waves = whole("sets", sets, 8), whole("waves", waves, 1)
    replications = whole("replications", replications, 1)
    if not 0.0 <= discrepancy <= 1.0:
        raise CmsimError(f"discrepancy: given {discrepancy:g}; allowed: a share, 0 to 1")
    scenario = load_scenario(scenario)
    moves = check_fit(scenario, move, days)
    short = scenario.under({"run.days": _run_days(scenario, days)})
    names = tuple(name for name, _ in scenario.observed)
    narrowed = -(-sets // 2)
    per_pass = sets + narrowed * (waves - 1)
    total = replications * (-(-_BASE // replications) + per_pass * (2 if _are_mixed(moves) else 1))
    check_runs(total)
    with staying_open(execution, scenario.name) as kept:
        runs = _Runs(short, names, moves, ensemble or bundled_ensemble(), replications, total, kept)
        base = runs.base()
        figures = {
            name: (
                figure.value,
                _deviation(name, base[name], short, discrepancy, replications, is_a_year=days == "enough"),
            )
            for name, figure in scenario.observed
            if np.isfinite(base[name]).sum() > 1
        }
        runs.names = tuple(figures)
        if not figures:
            raise CmsimError(
                f"{scenario.where}: observed: none of {', '.join(names)} is defined in runs of {short.run.days} days; "
                "allowed: longer runs (--days)"
            )
        plan = FitPlan(
            seed=scenario.run.seed,
            waves=waves,
            sets=sets,
            narrowed=narrowed,
            parameters={each.key: (each.low, each.high) for each in moves},
            figures=figures,
        )
        first = found = _match(plan, runs)
        fixed: dict[str, float] = {}
        if _are_mixed(moves):
            best = first.evaluation.points[int(np.argmin(first.implausibility))].tolist()
            fixed = {each.key: each.setting(value) for each, value in zip(moves, best, strict=True) if not each.is_fact}
            left = {each.key: (each.low, each.high) for each in moves if each.is_fact}
            runs.fix(fixed)
            found = _match(plan.model_copy(update={"parameters": left}), runs)
    return AgencyFit(scenario, short.run.days, moves, base, first, found, fixed, runs.origin)


def check_fit(
    scenario: Scenario, move: Sequence[str], days: int | Literal["enough"] | None = "enough"
) -> tuple[Move, ...]:
    """Return what is to be moved, checked with the length of runs; to be asked before a long run.

    Raises:
        CmsimError: as :func:`fit`.
    """
    require_emulation()
    check_observed(scenario)
    if not scenario.observed:
        raise CmsimError(
            f"{scenario.where}: observed: given nothing; allowed: figures of your own, such as no_show = 0.2 in a "
            "table [observed]"
        )
    _run_days(scenario, days)
    return choose_moves(scenario, move)


def _run_days(scenario: Scenario, days: int | Literal["enough"] | None) -> int:
    """Return how long runs are, by default so that every figure has a year of events.

    Raises:
        CmsimError: a figure follows people for longer than runs would take.
    """
    longest = max((find(name).follow_up for name, _ in scenario.observed), default=0)
    if days == "enough":
        return YEAR_DAYS + (longest if longest >= YEAR_DAYS else 0)
    given = scenario.run.days if days is None else days
    for name, _ in scenario.observed:
        if (needed := find(name).follow_up) >= given:
            raise CmsimError(
                f"{scenario.where}: observed.{name}: follows people for {needed} days, but runs are of {given} days; "
                f"allowed: longer runs, such as --days {needed + YEAR_DAYS}, or the file without that figure"
            )
    return given


def _are_mixed(moves: Sequence[Move]) -> bool:
    """Return whether settings are moved beside facts: a second pass then finds the sets that go with them."""
    return len({each.is_fact for each in moves}) > 1


def _deviation(
    name: str, values: Floats, scenario: Scenario, discrepancy: float, replications: int, *, is_a_year: bool
) -> float:
    """Return the standard deviation of an observed figure about what the model expects, of a year or of a run."""
    figure, outcome = dict(scenario.observed)[name], find(name)
    row = set_beside(figure, outcome, values)
    ends = float(str(row["observed_low"])), float(str(row["observed_high"]))
    low, high = np.nan_to_num(ends, nan=figure.value)
    counted = (high - low) / 4.0
    single = float(np.nanvar(values, ddof=1))
    # runs may be longer than the year that was observed, whose course varies the more
    course = single * max(scenario.run.days - outcome.follow_up, YEAR_DAYS) / YEAR_DAYS if is_a_year else single
    # the range of a share counted of n is chance, as the course of a run is: the larger covers both
    is_chance = figure.low is None and figure.high is None
    chance = max(course, counted**2) if is_chance else course + counted**2
    return float(np.sqrt(chance + single / replications + (discrepancy * figure.value) ** 2))


def _match(plan: FitPlan, runs: _Runs) -> HistoryMatch:
    """Return what history matching found, judged by the figures that some set reaches."""
    runs.parameters = tuple(plan.parameters)
    found = match_waves(plan, runs, lambda wave, implausibility: _nearest(implausibility, plan.cutoff))
    own = apart(found)
    judged = judged_figures(own, plan.cutoff)
    return replace(found, implausibility=own[:, judged].max(axis=1) if judged.any() else np.full(len(own), np.inf))


def _nearest(implausibility: Floats, cutoff: float) -> NDArray[np.bool_]:
    """Return which candidates to look at where none agrees with all figures: as near as may be to those in reach."""
    reached = implausibility.min(axis=0) <= cutoff
    worst = implausibility[:, reached if reached.any() else np.ones_like(reached)].max(axis=1)
    return worst <= max(cutoff, float(np.sort(worst)[len(worst) // _NEAREST]))


class _Runs:
    """Runs of a scenario under parameter sets, all in the same replications, saved in one folder."""

    def __init__(
        self,
        scenario: Scenario,
        names: tuple[str, ...],
        moves: Sequence[Move],
        ensemble: Ensemble | None,
        replications: int,
        total: int,
        execution: Execution,
    ) -> None:
        self.names, self.parameters, self.origin = names, tuple(each.key for each in moves), ensemble
        self._sets = 0
        self._scenario, self._moves, self._replications = scenario, {each.key: each for each in moves}, replications
        self._total, self._execution, self._fixed = total, execution, dict[str, float]()
        starts = range(0, _BASE, replications)
        self._points = [Point({}, range(start, start + replications)) for start in starts]

    def base(self) -> dict[str, Floats]:
        """Return the figures in replications of the scenario as it is."""
        return {name: values.ravel() for name, values in self._responses().items()}

    def fix(self, settings: Mapping[str, float]) -> None:
        """Hold some settings from now on, and begin to count sets anew."""
        self._fixed, self._sets = dict(settings), 0

    def __call__(self, points: Floats, wave: int) -> Evaluation:
        """Evaluate parameter sets; each takes the next bundled set for what is not moved."""
        for row in points.tolist():
            moved = {key: self._moves[key].setting(value) for key, value in zip(self.parameters, row, strict=True)}
            settings = self._bundled(self._sets) | self._fixed | moved
            self._points.append(Point(settings, range(self._replications)))
            self._sets += 1
        found = self._responses()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a figure may be undefined in all replications of a set
            means = np.column_stack([np.nanmean(found[name], axis=1) for name in self.names])
        estimates = means[-len(points) :]
        return Evaluation(np.array(points), estimates, np.zeros_like(estimates))

    def _bundled(self, number: int) -> dict[str, float]:
        """Return what a calibrated set gives of what is neither moved nor stated by the scenario as a number."""
        if self.origin is None:
            return {}
        under = self.origin.apply_set(self._scenario, number).flat()
        mine = self._scenario.flat()
        return {key: under[key] for key in self.origin.keys if key not in self._moves and under[key] != mine[key]}

    def _responses(self) -> dict[str, Floats]:
        execution: dict[str, Any] = dict(self._execution)
        tell = execution.pop("progress")
        return responses(
            self._scenario,
            None,
            self._points,
            self.names,
            progress=lambda done, of: tell(done, self._total),
            **execution,
        )
