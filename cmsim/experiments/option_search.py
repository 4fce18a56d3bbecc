"""Which of several options to choose: run sequentially on common random numbers, dropped as soon as they are beaten."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd

from cmsim.core.errors import CmsimError
from cmsim.core.former_names import taking_former_arguments
from cmsim.core.numeric import Floats, whole
from cmsim.experiments.comparison import check_comparable, check_matters
from cmsim.experiments.design_points import Execution, check_runs, chosen_outcomes, complete_runs, staying_open
from cmsim.experiments.option_goal import Goal, Limit, make_goal
from cmsim.experiments.option_results import Found
from cmsim.experiments.selection import Rule, select, spend
from cmsim.experiments.statistics import LEVEL
from cmsim.experiments.study.design import points
from cmsim.experiments.study.factors import Factor, apply_settings, read_factors
from cmsim.experiments.study.run_key import model_version, settings_digest
from cmsim.experiments.study.study_file import Design, Designs, Keep, RunLimits
from cmsim.experiments.study.study_plan import Plan, cell_table
from cmsim.scenario import Scenario, ScenarioLike, load_scenario
from cmsim.scenario.nested_settings import show
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.scenario.size_limits import check_size

MAX_OPTIONS = 100
"""Options of one search."""
SETS = 24
"""Parameter sets that are drawn from ranges where there is no ensemble, by default."""
_ROUNDS = 2
"""Replications under each parameter set, at least: with one, sets and replications could not be told apart."""


@taking_former_arguments
def find(
    *scenarios: ScenarioLike,
    vary: Mapping[str, Sequence[object]] | None = None,
    minimise: str | None = None,
    maximise: str | None = None,
    worth: float | Mapping[str, float] | None = None,
    smallest: str | None = None,
    limits: Sequence[str | Limit] = (),
    budget: float | None = None,
    difference: float | None = None,
    matters: Mapping[str, float] | None = None,
    level: float = LEVEL,
    replications: int = 10,
    max_replications: int = 500,
    runs: int | None = None,
    ensemble: Ensemble | None = None,
    ranges: Mapping[str, Mapping[str, float]] | None = None,
    sets: int | None = None,
    **execution: Unpack[Execution],
) -> Found:
    """Find the best of several options, with as few runs as that takes.

    All options are run in the same replications, with common random numbers, and dropped as soon as they are beaten or
    break a limit (Kim and Nelson 2001; Batur and Kim 2010). The objective is one of ``minimise``, ``maximise``,
    ``worth`` and ``smallest``; without any it is net benefit at the first scenario's worth of a QALY.

    Args:
        scenarios: the options, by name, path or as they are; costs are compared with the first.
        vary: settings by dotted key with several values each: every combination, in each scenario, is an option.
        minimise: the outcome that is to be low.
        maximise: the outcome that is to be high.
        worth: what a QALY is worth, in currency, or by outcome what one unit better of it is: the objective is then
            the effect at its worth less the cost to all payers.
        smallest: the setting that is to be small, by dotted key, beside limits.
        limits: what an option has to keep, such as ``"waiting<=10"``.
        budget: the most that the agency may pay in a year, in currency.
        difference: a difference of the objective too small to care about; by default the smallest important one.
        matters: smallest important differences by outcome that replace those declared, also as the tolerances of
            limits.
        level: probability with which the best is to be selected.
        replications: of each option before the first is dropped.
        max_replications: of an option at most; what is not decided then is said to be open.
        runs: a number of runs to spend in all, where they tell most, in place of a guarantee.
        ensemble: run the replications under its parameter sets, all in turn.
        ranges: parameters to draw from ranges (``low``, ``high``) by dotted key, a draw for each parameter set; an
            empty one stands for the declared range.
        sets: parameter sets to draw from the ranges, 24 by default; those of an ensemble are as many as it has.
        execution: where and how the runs are done, see :class:`cmsim.experiments.design_points.Execution`.

    Raises:
        CmsimError: fewer than two options, no objective or two, unknown names, values that are not allowed, or an
            objective that is not defined in a run.
    """
    replications, max_replications = (
        whole("replications", replications, 1),
        whole("max_replications", max_replications, 1),
    )
    options = check_comparable(list_options(scenarios, vary or {}), max_replications)
    goal = make_goal(
        options, minimise, maximise, worth, smallest, limits, budget, difference, check_matters(matters or {})
    )
    factors = read_factors(dict(ranges or {}), "uncertainty", options, "ranges", False)
    _check_apart(options, factors)
    sets = _count_sets(sets, ensemble, factors)
    first = -(-max(replications, _ROUNDS * sets if sets > 1 else 2) // sets) * sets
    if not 0.5 <= level < 1.0:
        raise CmsimError(f"level: given {level:g}; allowed: a probability from 0.5 to below 1")
    if max_replications < first:
        least = f"{first} and up, the replications that every option has"
        raise CmsimError(f"max_replications: given {max_replications}; allowed: {least}")
    if runs is not None:
        _check_fixed(runs, first * len(options), bool(goal.limits) or sets > 1)
    with staying_open(execution, f"{len(options)} options") as kept:
        draws = _draws(factors, sets)
        done = _Runs(options, goal, _settings(options, ensemble, draws), kept)
        if runs is None:
            most = max_replications // sets * sets
            rule = Rule(goal.difference, goal.tolerances, level, first, most, sets)
            selected = select(done.ask, len(options), rule)
        else:
            selected = spend(done.ask, len(options), runs, first)
    return Found(options, goal, level, selected, done.values, done.names, sets, ensemble, tuple(factors), runs, draws)


def _count_sets(asked: int | None, ensemble: Ensemble | None, factors: Sequence[Factor]) -> int:
    if asked is None:
        return len(ensemble) if ensemble else SETS if factors else 1
    if ensemble or not factors:
        beside = "beside an ensemble, which has its own" if ensemble else "without ranges"
        raise CmsimError(f"sets: given {asked} {beside}; allowed: with ranges alone")
    return whole("sets", asked, 3)


def _check_fixed(runs: int, least: int, is_beside: bool) -> None:
    if is_beside:
        raise CmsimError("runs: given beside limits or parameter sets; allowed: a fixed number of runs without them")
    if runs < least:
        raise CmsimError(f"runs: given {runs}; allowed: {least} and up, the replications that every option has")
    check_runs(runs)


def list_options(scenarios: Sequence[ScenarioLike], vary: Mapping[str, Sequence[object]]) -> list[Scenario]:
    """Return all options: the scenarios, or each with every combination of the settings varied.

    Raises:
        CmsimError: fewer than two, too many, or settings that are not allowed.
    """
    found = [load_scenario(each) for each in scenarios]
    if not found:
        raise CmsimError("find: given no scenario; allowed: one or more")
    if vary:
        levers = read_factors({key: tuple(values) for key, values in vary.items()}, "lever", found, "options", False)
        combined = [point.values for point in points(levers, [], Designs(), Path())]
        count = len(found) * len(combined)
        found = [_option(each, values, len(found) > 1) for each in found for values in combined[:MAX_OPTIONS]]
    else:
        count = len(found)
    if not 2 <= count <= MAX_OPTIONS:
        allowed = f"2 to {MAX_OPTIONS}: scenarios, rows of a table, or several values of a setting"
        raise CmsimError(f"find: given {count} {'option' if count == 1 else 'options'}; allowed: {allowed}")
    for option in found:
        check_size(option)
    return found


def _option(scenario: Scenario, values: Mapping[str, object], is_named: bool) -> Scenario:
    """Return a scenario with some settings, called by them."""
    last = [key.rpartition(".")[2] for key in values]
    short = last if len(set(last)) == len(last) else list(values)
    label = ", ".join(f"{key}={show(value).strip(chr(34))}" for key, value in zip(short, values.values(), strict=True))
    changed = apply_settings(scenario, values, "")
    name = f"{scenario.name}: {label}" if is_named else label
    return replace(changed, name=name, title=f"{scenario.title}, {label}", source="replace")


def _check_apart(options: Sequence[Scenario], ranges: Sequence[Factor]) -> None:
    """Check that no draw takes the place of what options differ in.

    Raises:
        CmsimError: one does, and would make them alike.
    """
    first, *others = options
    for factor in ranges:
        drawn = dict.fromkeys(factor.keys, factor.levels(2)[0])
        under = apply_settings(first, drawn, "")
        for other in others:
            now = {key for key, *_ in under.differences(apply_settings(other, drawn, ""))}
            if lost := {key for key, *_ in first.differences(other)} - now:
                told = f"given {factor.name}, but {first.name} and {other.name} differ in {min(lost)}"
                raise CmsimError(
                    f"uncertain: {told}, which a draw would replace; allowed: what is the same in all options"
                )


def _draws(ranges: Sequence[Factor], sets: int) -> list[dict[str, Any]]:
    """Return for each parameter set the values drawn from ranges, by dotted key."""
    if not ranges:
        return [{}] * sets
    design = Designs(uncertainties=Design(kind="latin_hypercube", draws=sets))
    drawn = (point.values for point in points([], ranges, design, Path()))
    return [{key: draw[factor.name] for factor in ranges for key in factor.keys} for draw in drawn]


def _settings(
    options: Sequence[Scenario], ensemble: Ensemble | None, draws: Sequence[Mapping[str, Any]]
) -> list[list[tuple[str, str]]]:
    """Return for each option and parameter set the settings that differ from the option, and the hash of all."""
    found = []
    for option in options:
        row = []
        for i, drawn in enumerate(draws):
            under = ensemble.apply_set(option, i) if ensemble else option
            under = apply_settings(under, drawn, "") if drawn else under
            changed = {key: there for key, _, there in option.differences(under) if there is not None}
            row.append((json.dumps(changed), settings_digest(under).hex()))
        found.append(row)
    return found


class _Runs:
    """Runs of options, asked for by number of replications and saved in a study folder."""

    def __init__(
        self, options: Sequence[Scenario], goal: Goal, settings: Sequence[Sequence[tuple[str, str]]], execution: Any
    ) -> None:
        self.names = tuple(dict.fromkeys([*chosen_outcomes(()), *goal.needed]))
        self.values: tuple[Floats, ...] = ()
        self._options, self._goal, self._settings, self._execution = options, goal, settings, execution
        self._counts = [0] * len(options)
        self._texts = {option.name: option.to_toml() for option in options}

    def ask(self, wanted: Mapping[int, int]) -> list[Floats]:
        """Do replications; see :data:`cmsim.experiments.selection.Ask`."""
        for option, count in wanted.items():
            self._counts[option] = count
        runs = complete_runs(self._plan(), **self._execution).sort_values("replication")
        by_option = [runs[runs["scenario"] == option.name] for option in self._options]
        self.values = tuple(each[list(self.names)].to_numpy(dtype=float) for each in by_option)
        return [self._measured(each, option) for each, option in zip(by_option, self._options, strict=True)]

    def _measured(self, runs: pd.DataFrame, option: Scenario) -> Floats:
        goal = self._goal
        columns = {goal.label: goal.sign * goal.objective(runs, option)}
        columns |= {each.text: each.excess(runs[each.outcome].to_numpy(dtype=float)) for each in goal.limits}
        for name, column in columns.items():
            if not np.isfinite(column).all():
                prices = ", ".join(option.world.prices.missing())
                hint = f"; prices are open of {prices}" if prices else ""
                where = f"replication {int(np.flatnonzero(~np.isfinite(column))[0])} of {option.name}"
                allowed = "an outcome that is defined in every run"
                raise CmsimError(f"{name}: not defined in {where}; allowed: {allowed}{hint}")
        return np.column_stack(list(columns.values()))

    def _plan(self) -> Plan:
        """Return all runs asked for so far: options of a replication share their parameters and stand together."""
        rows: list[dict[str, object]] = []
        for replication in range(max(self._counts)):
            for option, settings, count in zip(self._options, self._settings, self._counts, strict=True):
                if replication < count:
                    changed, digest = settings[replication % len(settings)]
                    row = {"scenario": option.name, "choice": 0, "draw": replication, "block": replication}
                    row |= {"first": replication, "settings": changed, "perturb": False, "digest": digest}
                    rows.append(row)
        return Plan(
            model_version(),
            self._texts,
            self._options[0].run.seed,
            (),
            cell_table(rows),
            0,
            1,
            Keep(outcomes=self.names, groups=False, spreads=False),
            RunLimits(),
            f"Search among {len(self._options)} options",
        )
