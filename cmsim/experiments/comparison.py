"""Scenarios compared pair by pair: the same population, common random numbers, another policy."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cmsim.core.errors import CmsimError
from cmsim.core.former_names import taking_former_arguments
from cmsim.core.numeric import whole
from cmsim.experiments.caveats import comparison_notes
from cmsim.experiments.individual_effects import individual_effects_table
from cmsim.experiments.precision import Precision, Reached, Target
from cmsim.experiments.repetition import (
    Replicated,
    Runs,
    about_outcome,
    observed_value,
    replicate_arms,
    spread_values,
    values_of,
)
from cmsim.experiments.statistics import LEVEL, Paired, holm, paired, size
from cmsim.outcomes import Outcome, find, outcomes_of
from cmsim.results.progress import Progress, told
from cmsim.scenario import Scenario, ScenarioLike, load_scenario
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.scenario.size_limits import check_size

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

    from cmsim.reporting.result_origin import Origin


@dataclass(frozen=True, repr=False)
class Comparison(Replicated):
    """Runs of scenarios with common random numbers; the first scenario, A, is the comparator.

    Attributes:
        scenarios: A and the others, with distinct names.
        runs: the summaries of each scenario, replication by replication.
        placebo: the summaries of A's placebo run, or ``None``.
        matters: smallest important differences that replace those declared with the outcomes.
        precision: what came of asking for a precision, or ``None``.
        ensemble: whose parameter sets the replications were run under, or ``None`` for the scenarios' own.
    """

    scenarios: tuple[Scenario, ...]
    runs: tuple[Runs, ...]
    placebo: Runs | None
    matters: Mapping[str, float] = field(default_factory=dict)
    precision: Reached | None = None
    ensemble: Ensemble | None = None

    @property
    def _arms(self) -> dict[str, Runs]:
        return {scenario.name: runs for scenario, runs in zip(self.scenarios, self.runs, strict=True)}

    @property
    def _scenarios(self) -> tuple[Scenario, ...]:
        return self.scenarios

    def terminal_tables(self, *, everything: bool = False) -> list[Table]:
        """Return the tables for a terminal: each scenario compared with A, who gains and loses, what was observed."""
        from cmsim.reporting.terminal_tables import comparison_tables, observed_tables

        names = [scenario.name for scenario in self.scenarios]
        tables = comparison_tables(names, self.table, self.individual_effects, self.replications, everything)
        return [*tables, *observed_tables(self.observed, names[0])]

    @cached_property
    def _outcomes(self) -> dict[str, Outcome]:
        """What is measured, by name: an outcome of an extension is nan in scenarios that do not name it."""
        return {outcome.name: outcome for outcome in outcomes_of(*self.scenarios)}

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an outcome and scenario compared with A.

        Columns: ``scenario, outcome, label, unit, main``; ``a, b`` (means), ``difference`` (B minus A) with
        ``low, high`` (stochastic variation only), ``verdict``, ``matters`` (smallest important difference), ``size``
        (how the interval compares with it), ``b_better`` (share of single replications in which B does better),
        ``variance_reduction``; ``placebo`` (difference of the placebo run from A) with
        ``placebo_low, placebo_high`` and ``placebo_sd`` (between single pairs); ``n`` (pairs in which both
        are defined); ``observed`` where A states observed figures. With several scenarios compared, ``p_holm`` is
        corrected for their number, outcome by outcome, the verdict follows it, and ``joint_low, joint_high`` hold for
        all of them together (Bonferroni). Shares run from 0 to 1.
        """
        arms = len(self.runs) - 1
        by_scenario: dict[str, list[dict[str, object]]] = {scenario.name: [] for scenario in self.scenarios[1:]}
        for outcome in self._outcomes.values():
            pairs = [self._paired(runs, outcome) for runs in self.runs[1:]]
            adjusted, placebo = holm([pair.p_value for pair in pairs]).tolist(), self._placebo_row(outcome)
            for scenario, pair, p in zip(by_scenario, pairs, adjusted, strict=True):
                row: dict[str, object] = {"scenario": scenario, **about_outcome(outcome, self.scenarios[0])}
                row |= difference_row(pair, outcome, self._matters(outcome), p < 1 - LEVEL if arms > 1 else None)
                if arms > 1:
                    joint = pair.widened(arms)
                    row |= {"p_holm": p, "joint_low": joint.low, "joint_high": joint.high}
                by_scenario[scenario].append(row | placebo | observed_value(outcome, self.scenarios[0]))
        return pd.DataFrame(chain.from_iterable(by_scenario.values()))

    @cached_property
    def distributions(self) -> pd.DataFrame:
        """One row a scenario, spread over clients and quantile: what means over clients hide.

        Columns: ``scenario, spread, label, unit, at`` (the quantile over clients, or ``top tenth`` for the
        share of the total that the tenth with most have), ``a, b`` (means over replications), ``difference``
        with ``low, high`` (stochastic variation only), ``n``. Differences of quantiles are not changes of one
        person.
        """
        rows = []
        for scenario, runs in zip(self.scenarios[1:], self.runs[1:], strict=True):
            for about, (mine, theirs) in spread_values(self.runs[0], runs):
                pair = paired(mine, theirs)
                found, means = pair.difference, {"a": pair.a.mean, "b": pair.b.mean}
                numbers = {"difference": found.mean, "low": found.low, "high": found.high, "n": found.n}
                rows.append({"scenario": scenario.name, **about, **means, **numbers})
        return pd.DataFrame(rows)

    @cached_property
    def groups(self) -> pd.DataFrame:
        """One row a group of clients and outcome: who gains and who loses, in expectation.

        Columns as in :attr:`table`, with ``grouping``, ``group`` and ``client_years`` (of A, a replication),
        and ``beyond_placebo``: whether the interval of the difference does not overlap the placebo run's.
        """
        measured = [outcome for outcome in self._outcomes.values() if outcome.by_group]
        first, rows = dict.fromkeys(group for run in self.runs[0] for group in run.groups), []
        for scenario, runs in zip(self.scenarios[1:], self.runs[1:], strict=True):
            met = {group for run in runs for group in run.groups}
            for group in (each for each in first if each in met):
                years = np.nanmean(values_of(self.runs[0], "client_years", group))
                named = {"scenario": scenario.name, "grouping": group[0], "group": group[1], "client_years": years}
                for outcome in measured:
                    pair, placebo = self._paired(runs, outcome, group), self._placebo_row(outcome, group)
                    row = difference_row(pair, outcome, self._matters(outcome)) | placebo
                    if placebo:
                        low, high = placebo["placebo_low"], placebo["placebo_high"]
                        row["beyond_placebo"] = bool(pair.difference.low > high or pair.difference.high < low)
                    rows.append({**named, **about_outcome(outcome, self.scenarios[0]), **row})
        return pd.DataFrame(rows)

    @cached_property
    def individual_effects(self) -> pd.DataFrame:
        """Individual-level effects: shares of persons who are better or worse off in a single pair of replications.

        See :func:`cmsim.experiments.individual_effects.individual_effects_table`.
        """
        names = [scenario.name for scenario in self.scenarios[1:]]
        return individual_effects_table(names, self.runs[0], self.runs[1:], self.placebo)

    @property
    def notes(self) -> list[str]:
        """Caveats of the results."""
        differs = None
        if self.placebo is not None:
            differs = sum(a.digest != b.digest for a, b in zip(self.runs[0], self.placebo, strict=True))
        notes = comparison_notes(self.scenarios, self.replications, placebo_differs=differs, ensemble=self.ensemble)
        return notes if self.precision is None else [self.precision.note, *notes]

    def plot(self, outcomes: Collection[str] | None = None) -> Figure:
        """Return a figure: the difference of each main outcome with its interval, and time courses.

        Args:
            outcomes: names of outcomes and of time courses (``cmsim.outcomes.SERIES``) that are shown instead.

        Raises:
            CmsimError: there is none of a name; the message names the nearest.
        """
        from cmsim.reporting.figures import comparison_figure, week_table

        return comparison_figure(self.scenarios, self.table, week_table(self.series), self.replications, outcomes)

    def save(self, directory: str | Path, origin: Origin | None = None) -> Path:
        """Write tables, figure, manifest and description of columns; whole or not at all.

        Args:
            directory: the folder to write.
            origin: what they were made from, if a command made them.

        Raises:
            CmsimError: the directory holds something that is not to be replaced, or cannot be written.
        """
        from cmsim.reporting.result_contents import described
        from cmsim.reporting.result_folder import Results, manifest, write_results

        tables = {
            "outcomes": self.table,
            "groups": self.groups,
            "individual_effects": self.individual_effects,
            "distributions": self.distributions,
            **self._common_tables(),
        }
        more = {} if self.ensemble is None else {"ensemble": self.ensemble.hash}
        about = manifest("compare", self.scenarios, [run.replication for run in self.runs[0]], more)
        results = Results(about, described(tables), {"figure": self.plot()}, self.notes, origin=origin)
        return write_results(directory, results)

    def _matters(self, outcome: Outcome) -> float:
        return self.matters.get(outcome.name, outcome.matters)

    def _paired(self, runs: Runs, outcome: Outcome, group: tuple[str, str] | None = None) -> Paired:
        return paired(*(values_of(arm, outcome.name, group) for arm in (self.runs[0], runs)))

    def _placebo_row(self, outcome: Outcome, group: tuple[str, str] | None = None) -> dict[str, float]:
        """Return the difference of the placebo run from A; nothing without a placebo run."""
        if self.placebo is None:
            return {}
        found = self._paired(self.placebo, outcome, group).difference
        ends = {"placebo_low": found.low, "placebo_high": found.high}
        return {"placebo": found.mean, **ends, "placebo_sd": found.sd}


@taking_former_arguments
def compare(
    a: ScenarioLike,
    b: ScenarioLike,
    *more: ScenarioLike,
    replications: int = 20,
    precision: Precision | None = None,
    matters: Mapping[str, float] | None = None,
    placebo: bool = True,
    ensemble: Ensemble | None = None,
    workers: int | None = None,
    progress: Progress | bool | None = None,
) -> Comparison:
    """Compare scenarios on the same population with common random numbers.

    Args:
        a: what the others are compared with: a scenario, its bundled name, or the path of a ``.toml`` file.
        b: the scenario compared, likewise.
        more: further ones, each compared with ``a``.
        replications: replications of each; with a precision, how many to begin with.
        precision: add replications until all differences are known as precisely as this; a relative half-width
            is relative to the mean of ``a``, since a difference may be zero.
        matters: smallest important differences by outcome that replace those declared.
        placebo: also run ``a`` with one visit a week a minute longer (an A/A control), to show pure noise.
        ensemble: run each replication under one of its parameter sets, all in turn, so that intervals also cover
            parameter uncertainty.
        workers: processes; all cores if ``None``. Results do not depend on it.
        progress: told the complete runs and the runs in all; ``True`` shows a bar.

    Raises:
        CmsimError: fewer than 1 replication, or scenarios that cannot be paired (seed or days differ).
    """
    replications = whole("replications", replications, 1)
    scenarios = check_comparable([load_scenario(each) for each in (a, b, *more)], replications)
    important = check_matters(matters or {})
    arms: list[tuple[Scenario, bool]] = [(scenario, False) for scenario in scenarios]
    if placebo:
        arms.append((scenarios[0], True))
    if precision is not None:
        own = {
            name: Target("absolute", t.amount * important[name]) if t.kind == "matters" and name in important else t
            for name, t in precision.targets.items()
        }
        precision = Precision(own, precision.most)
    with told(progress, " and ".join(each.name for each in scenarios), "run") as tell:
        runs, reached = replicate_arms(arms, replications, precision, ensemble, workers=workers, progress=tell)
    return Comparison(
        scenarios, tuple(runs[: len(scenarios)]), runs[-1] if placebo else None, important, reached, ensemble
    )


def check_matters(matters: Mapping[str, float]) -> dict[str, float]:
    """Return smallest important differences, checked.

    Raises:
        CmsimError: an unknown outcome, or a difference that is not above zero.
    """
    for name, value in matters.items():
        find(name)
        if not (value > 0 and np.isfinite(value)):
            raise CmsimError(f"smallest important difference of {name}: given {value:g}; allowed: above 0")
    return dict(matters)


def check_comparable(scenarios: Sequence[Scenario], replications: int) -> tuple[Scenario, ...]:
    """Return the scenarios with distinct names, ready to be compared.

    Raises:
        CmsimError: fewer than 1 replication, a scenario too large, or scenarios that cannot be paired.
    """
    first = scenarios[0]
    for scenario in scenarios:
        check_size(scenario, replications)
        for key, mine, theirs in (
            ("run.seed", first.run.seed, scenario.run.seed),
            ("run.first_replication", first.run.first_replication, scenario.run.first_replication),
            ("run.days", first.run.days, scenario.run.days),
            ("world.warm_up_days", first.world.warm_up_days, scenario.world.warm_up_days),
        ):
            if mine != theirs:
                raise CmsimError(
                    f"{first.name} and {scenario.name} cannot be paired: {key} is {mine} in one and {theirs} "
                    "in the other; allowed: the same in all"
                )
    return distinct(scenarios)


def distinct(scenarios: Sequence[Scenario]) -> tuple[Scenario, ...]:
    """Return scenarios under names that differ: the second of a name is numbered."""
    seen: dict[str, int] = {}
    named = []
    for scenario in scenarios:
        seen[scenario.name] = seen.get(scenario.name, 0) + 1
        nth = seen[scenario.name]
        named.append(scenario if nth == 1 else scenario.replace({"name": f"{scenario.name}_{nth}"}))
    return tuple(named)


def difference_row(pair: Paired, outcome: Outcome, matters: float, clear: bool | None = None) -> dict[str, object]:
    """Return what tables say of a paired difference; for ``clear`` see :meth:`Paired.verdict`."""
    found = pair.difference
    return {
        "a": pair.a.mean,
        "b": pair.b.mean,
        "difference": found.mean,
        "low": found.low,
        "high": found.high,
        "verdict": pair.verdict(outcome.better, clear),
        "matters": matters,
        "size": size(found.low, found.high, matters),
        "b_better": pair.share_better(outcome.better),
        "variance_reduction": pair.variance_reduction,
        "n": found.n,
    }
