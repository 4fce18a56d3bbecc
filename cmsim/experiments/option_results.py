"""What a search among options found: a table, the chance that each is best, the answer in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cmsim.core.numeric import Bools, Floats
from cmsim.experiments.information_value import (
    SETS_A_PARAMETER,
    Worth,
    groups_of,
    partial,
    perfect,
    reconciled,
    set_means,
    settled,
)
from cmsim.experiments.option_goal import COST, EFFECT, Goal, setting_of
from cmsim.experiments.plausible_means import chance_best, plausible_means
from cmsim.experiments.presented_result import PresentedResult
from cmsim.experiments.selection import Selected, paired_means
from cmsim.experiments.statistics import mean_interval
from cmsim.experiments.study.factors import Factor
from cmsim.outcomes import OUTCOMES
from cmsim.scenario import Scenario
from cmsim.scenario.parameter_sets import Ensemble

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

    from cmsim.reporting.result_origin import Origin

_WORTHS = 61
"""Points of the acceptability curve."""
_RESOURCE = "staff_hours"
"""What stands for cost where a price is open."""
_WORTH_SHOWN = 3.0
"""Multiple of the stated worth up to which the acceptability curve goes."""


@dataclass(frozen=True, repr=False)
class Found(PresentedResult):
    """Options with what was found about them; the first is the one that costs are compared with.

    Attributes:
        options: all options, with distinct names.
        goal: what the best option is.
        level: probability asked for that the best is selected.
        selected: what the selection came to.
        values: of each option the outcomes measured, shape (replications, outcomes).
        names: names of these outcomes.
        sets: parameter sets that the replications were run under, all in turn; 1 for the options' own.
        ensemble: whose parameter sets they are, or ``None``.
        ranges: parameters that were drawn from ranges.
        runs: a fixed number of runs that was asked for, or ``None``.
        draws: of each parameter set the values drawn from ranges, by dotted key.
    """

    options: tuple[Scenario, ...]
    goal: Goal
    level: float
    selected: Selected
    values: tuple[Floats, ...] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    sets: int = 1
    ensemble: Ensemble | None = None
    ranges: tuple[Factor, ...] = ()
    runs: int | None = None
    draws: Sequence[Mapping[str, Any]] = field(default=(), repr=False)

    @property
    def best(self) -> Scenario | None:
        """The option to choose; ``None`` if none keeps the limits."""
        return None if self.selected.best is None else self.options[self.selected.best]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an option, the likeliest to be best first.

        Columns: ``option``; ``status`` (``best``, ``tied`` with it in every run, ``in it to the end``, ``beaten`` or
        ``over a limit``), with
        ``after`` (replications by which it was dropped), ``by`` (the better option) and ``limit`` (the outcome);
        ``replications``; ``objective`` with its paired ``difference`` from the best and ``low, high`` (95%);
        ``chance_best`` and ``chance_keeps`` (of keeping all limits), under the parameter sets if there are any;
        ``cost_more`` and ``effect_more`` than the first option, ``cost_per_effect`` (where more is bought for more)
        and ``against_first`` in words; ``frontier`` (no other option is at least as good in cost and effect); then
        the mean of each outcome. Means of options that were dropped are those of the option with most replications
        plus the paired difference.
        """
        means = dict(zip(self.names, self._means.T, strict=True))
        objective, reference = self._objective, 0 if self.selected.best is None else self.selected.best
        chances, keeps = self._chances
        gain = self._effect_sign * (means[self.goal.effect.name] - means[self.goal.effect.name][0])
        cost_more = means[COST] - means[COST][0]
        rows = []
        for i, option in enumerate(self.options):
            dropped = self.selected.dropped.get(i)
            pairs = min(len(objective[i]), len(objective[reference]))
            found = mean_interval(objective[i][:pairs] - objective[reference][:pairs])
            status = "best" if i == self.selected.best else "in it to the end"
            row: dict[str, Any] = {"option": option.name, "status": status, "after": np.nan, "by": "", "limit": ""}
            if dropped is not None:
                row |= {"status": "beaten" if dropped.limit is None else "over a limit", "after": dropped.after}
                row["by"] = "" if dropped.by is None else self.options[dropped.by].name
                row["limit"] = "" if dropped.limit is None else self.goal.limits[dropped.limit].outcome
            if i in self._tied:
                row |= {"status": "tied", "by": self.options[reference].name}
            row |= {"replications": len(objective[i]), "objective": self._levels[i], "difference": found.mean}
            row |= {"low": found.low, "high": found.high, "chance_best": chances[i], "chance_keeps": keeps[i]}
            row |= {"cost_more": cost_more[i], "effect_more": gain[i]}
            row["cost_per_effect"] = cost_more[i] / gain[i] if gain[i] > 0 < cost_more[i] else np.nan
            row["against_first"] = against_first(cost_more[i], gain[i]) if i else "the first"
            rows.append(row | {"frontier": self._frontier[i]} | {name: values[i] for name, values in means.items()})
        order = sorted(range(len(rows)), key=lambda i: (i != self.selected.best, -chances[i], -self._ranks[i], i))
        return pd.DataFrame([rows[i] for i in order])

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """One row an option and outcome: ``scenario, outcome, label, unit, main, mean, low, high, sd, n``."""
        from cmsim.experiments.repetition import about_outcome

        rows = []
        for option, values in zip(self.options, self.values, strict=True):
            for name, column in zip(self.names, values.T, strict=True):
                found = mean_interval(column)
                numbers = {key: getattr(found, key) for key in ("mean", "low", "high", "sd", "n")}
                rows.append({"scenario": option.name, **about_outcome(OUTCOMES[name], option), **numbers})
        return pd.DataFrame(rows)

    @cached_property
    def acceptability(self) -> pd.DataFrame:
        """The cost-effectiveness acceptability curve, one row a worth and option; empty where cost is not defined.

        Columns: ``worth`` of one unit more (or less, where less is better) of the effect, in currency; ``option``;
        ``chance_best`` (that its net benefit is highest) and ``expected_best`` (whether its expected one is).
        """
        columns = ["worth", "option", "chance_best", "expected_best"]
        cost, effect = self._plausible[:, :, -2], self._plausible[:, :, -1]
        if not np.isfinite(cost).all() or not np.isfinite(effect).all():
            return pd.DataFrame(columns=columns)
        rows, is_likely = [], self._keeps.mean(axis=0) >= 0.5
        for worth in np.linspace(0.0, self._highest_worth, _WORTHS):
            benefit = worth * effect - cost
            expected = int(np.where(is_likely, benefit.mean(axis=0), -np.inf).argmax())
            for i, chance in enumerate(chance_best(benefit, self._keeps)):
                rows.append((worth, self.options[i].name, chance, i == expected))
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def information(self) -> pd.DataFrame:
        """What learning parameters would be worth; empty without parameter sets, or where a setting is sought.

        One row for all parameters together (the expected value of perfect information), then for groups and single
        ones (of partial perfect information), each kind by value. Columns: ``parameter``; ``parameters`` and ``sets``
        (counts); ``value`` in the unit of the objective, with its standard ``error``; ``a_year`` for the whole agency
        with ``a_year_error``, where the objective is by client-year; ``at_most`` (of all parameters, if all that
        differs between sets were theirs). Nan where there are too few sets for so many parameters; the ``error`` alone
        where the value is not told from nothing and ``at_most`` is all that is known. Options over a limit are left
        out: limits are taken as they are judged now.
        """
        columns = ["parameter", "parameters", "sets", "value", "error", "a_year", "a_year_error", "at_most"]
        drawn = pd.DataFrame([*self.draws]) if self.draws and self.draws[0] else pd.DataFrame()
        if self.ensemble is not None:
            drawn = pd.DataFrame([*self.ensemble]).drop(columns=[*drawn], errors="ignore").join(drawn)
        over = {i for i, each in self.selected.dropped.items() if each.limit is not None}
        objective = [self.goal.sign * each for i, each in enumerate(self._objective) if i not in over]
        if self.sets < SETS_A_PARAMETER or drawn.empty or self.goal.setting or len(objective) < 2:
            return pd.DataFrame(columns=columns)
        means, within = set_means(objective, self.sets)
        known = settled(means, within)
        contenders = np.asarray(np.any(known > known[:, [known.mean(axis=0).argmax()]], axis=0))
        fitted = [] if self.ensemble is None else [key for key in self.ensemble.keys if key in drawn]
        groups = groups_of([*drawn], {"the calibrated parameters": fitted})
        parts: list[Worth | None] = []
        for keys in groups.values():
            is_known = self.sets >= SETS_A_PARAMETER * len(keys)
            values = drawn[list(keys)].to_numpy(dtype=float)
            parts.append(partial(means, values, contenders) if is_known else None)
        whole, parts = reconciled(perfect(means, within), parts)
        found: list[tuple[str, int, Worth | None]] = [("all parameters", len(drawn.columns), whole)]
        found += [(name, len(keys), part) for (name, keys), part in zip(groups.items(), parts, strict=True)]
        years = self._client_years if "client-year" in self.goal.unit else np.nan
        rows = []
        for name, count, worth in found:
            value, error, most = (np.nan,) * 3 if worth is None else (worth.value, worth.error, worth.at_most)
            rows.append((name, count, self.sets, value, error, value * years, error * years, most))
        order = sorted(range(len(rows)), key=lambda i: (i > 0, rows[i][1] == 1, -np.nan_to_num(rows[i][3]), i))
        return pd.DataFrame([rows[i] for i in order], columns=columns)

    @property
    def _client_years(self) -> float:
        """Client-years in a year under the best option, from what is counted both ways; nan where prices are open."""
        best = 0 if self.selected.best is None else self.selected.best
        of = dict(zip(self.names, self._means[best], strict=True))
        return float(of["cost_year"] / of[COST]) if of[COST] else np.nan

    @cached_property
    def replication_table(self) -> pd.DataFrame:
        """One row an option and replication, one column an outcome."""
        frames = [
            pd.DataFrame({"scenario": option.name, "replication": np.arange(len(values))}).join(
                pd.DataFrame(values, columns=list(self.names))
            )
            for option, values in zip(self.options, self.values, strict=True)
        ]
        return pd.concat(frames, ignore_index=True)

    @property
    def axes(self) -> tuple[str, str]:
        """What a trade-off is between: a setting or an outcome that costs, and an outcome."""
        costs = COST if np.isfinite(self._means[:, self.names.index(COST)]).all() else _RESOURCE
        if self.goal.setting:
            return self.goal.setting, self.goal.limits[0].outcome
        is_costly = not self.goal.outcome or OUTCOMES[self.goal.outcome].is_money
        return costs, self.goal.effect.name if is_costly else self.goal.outcome

    @property
    def answer(self) -> str:
        """Which option to choose and how sure that is, in a sentence or two."""
        sought, used = self.goal.text, sum(self.selected.replications)
        if self.best is None:
            return f"No option keeps the limits. Looked for: {sought}."
        shown = self.goal.shown(self.goal.difference)
        if self.runs is not None:
            return f"{self.best.name} leads after {used:,} runs. Looked for: {sought}. A fixed number has no guarantee."
        if not self.selected.is_sure:
            left = [each.name for i, each in enumerate(self.options) if i not in self.selected.dropped]
            most = max(self.selected.replications)
            return (
                f"{self.best.name} leads, and {', '.join(left)} are not told apart after {most} replications. Looked "
                f"for: {sought}. More replications, or a larger difference than {shown}, would decide."
            )
        edge = "" if self.goal.setting else f"it is better than the others by {shown}"
        nears = [f"none is nearer than {self._near(i)} to its limit" for i in range(len(self.goal.limits))]
        return (
            f"Choose {self.best.name}. Looked for: {sought}. It is selected with at least {self.level:.0%} probability "
            f"if {' and '.join(filter(None, [edge, *nears]))}; options that are nearer are as good as equal."
        )

    def _near(self, limit: int) -> str:
        outcome = OUTCOMES[self.goal.limits[limit].outcome]
        amount = f"{outcome.shown(self.goal.tolerances[limit]):,.10g} {outcome.shown_unit}"
        return f"{amount} ({outcome.label.lower()})".replace(" %", "%").replace("currency", self.goal.currency)

    @property
    def notes(self) -> list[str]:
        """The answer, how it was found, and caveats."""
        from cmsim.experiments.caveats import standing_notes

        used, options = sum(self.selected.replications), len(self.options)
        how = f"{used:,} runs of {options} options on common random numbers"
        if self.runs is None:
            how += f" (Kim and Nelson 2001); as many replications of each would have taken {self.selected.equal:,} runs"
            how += " for the same guarantee (Clark and Yang 1986)"
        else:
            how += f" (optimal computing budget allocation); {used // options} of each in equal shares"
        covers = "stochastic variation only"
        if self.sets > 1:
            drawn = [f"{len(self.ensemble)} calibrated parameter sets"] if self.ensemble else []
            drawn += [f"ranges of {', '.join(each.name for each in self.ranges)}"] if self.ranges else []
            covers = f"stochastic variation and {' and '.join(drawn)}"
        return [
            self.answer,
            f"{how}.",
            *self._information_notes,
            f"The chance that an option is best covers {covers}. Costs and effects are compared with the first option, "
            f"{self.options[0].name}.",
            *standing_notes(self.options[0]),
        ]

    @property
    def _most_learnt(self) -> float:
        return float(f"{self.information['at_most'].iloc[0]:.2g}")

    @property
    def _information_notes(self) -> list[str]:
        """What the value of learning means, and what is too little known of it."""
        if self.sets == 1:
            return []
        if self.information.empty:
            why = "a setting is looked for" if self.goal.setting else "there are too few parameter sets or options"
            return [f"What learning the parameters would be worth is not worked out, since {why}."]
        too_few = self.information["value"].isna().any()
        open_yet = f"; {SETS_A_PARAMETER} sets for each parameter are needed, so that some are open" if too_few else ""
        return [
            "Learning all parameters exactly before the choice would be worth the first row of their table on average, "
            "and some of them the rows below: the most that a study of them is worth to this choice (expected value of "
            f"perfect and of partial perfect information, from {self.sets} parameter sets by Gaussian process "
            "regression; Strong, Oakley and Brennan 2014). Less than two standard errors is not told from nothing"
            f"{open_yet}. With all stochastic variation counted in, all parameters would be worth "
            f"{self.goal.shown(self._most_learnt)} at most."
        ]

    @property
    def about(self) -> dict[str, str]:
        """What a manifest says of the goal."""
        goal = self.goal
        said = {"sought": goal.text, "objective": goal.label, "objective_unit": goal.unit}
        return said | {"objective_places": goal.shown_as, "effect": goal.effect.name}

    def terminal_tables(self, *, everything: bool = False) -> list[Table]:
        """Return the tables for a terminal: what is known of each option, then their main outcomes side by side."""
        from cmsim.reporting.terminal_tables import option_tables

        return option_tables(self.table, self.outcomes, self.information, self.about)

    def plot(self) -> Figure:
        """Return a figure: which option is best at which worth, and the trade-off between the options."""
        from cmsim.reporting.option_figure import option_figure

        curve = self.acceptability.iloc[:0] if self.goal.setting else self.acceptability
        return option_figure(self.goal, self.table, curve, self.axes, self.answer)

    def save(self, directory: str | Path, origin: Origin | None = None) -> Path:
        """Write tables, figure, manifest and description of columns; whole or not at all.

        Args:
            directory: the folder to write.
            origin: what they were made from, if a command made them.

        Raises:
            CmsimError: the directory holds something that is not to be replaced, or cannot be written.
        """
        from cmsim.reporting.result_contents import definition_table, described
        from cmsim.reporting.result_folder import Results, manifest, write_results

        tables = {
            "options": self.table,
            "outcomes": self.outcomes,
            "acceptability": self.acceptability,
            "information": self.information,
            "replications": self.replication_table,
            "definitions": definition_table(),
        }
        more = self.about | ({} if self.ensemble is None else {"ensemble": self.ensemble.hash})
        about = manifest("find", self.options, range(max(self.selected.replications)), more)
        figures = {"figure": self.plot()}
        return write_results(directory, Results(about, described(tables), figures, self.notes, origin=origin))

    def _summary(self) -> str:
        found = "none" if self.best is None else self.best.name
        return f"{found} of {len(self.options)} options, {sum(self.selected.replications):,} runs"

    def _html(self) -> Iterable[str]:
        return [f"<p>{escape(self.answer)}</p>", *super()._html()]

    @cached_property
    def _means(self) -> Floats:
        return paired_means(self.values)

    @cached_property
    def _objective(self) -> list[Floats]:
        frames = [pd.DataFrame(values, columns=list(self.names)) for values in self.values]
        return [self.goal.objective(each, option) for each, option in zip(frames, self.options, strict=True)]

    @cached_property
    def _levels(self) -> Floats:
        return paired_means([each[:, None] for each in self._objective])[:, 0]

    @property
    def _ranks(self) -> Floats:
        return self.goal.sign * self._levels

    @property
    def _effect_sign(self) -> float:
        return 1.0 if self.goal.effect.better == "higher" else -1.0

    @cached_property
    def _plausible(self) -> Floats:
        """Draws of the means: objective, excess over each limit, cost, effect; more is better but of cost."""
        stacked = []
        for values, objective in zip(self.values, self._objective, strict=True):
            column = dict(zip(self.names, values.T, strict=True))
            excess = [limit.excess(column[limit.outcome]) for limit in self.goal.limits]
            effect = self._effect_sign * column[self.goal.effect.name]
            stacked.append(np.column_stack([self.goal.sign * objective, *excess, column[COST], effect]))
        defined = np.isfinite(np.concatenate(stacked)).all(axis=0)
        known = plausible_means([each[:, defined] for each in stacked], self.sets)
        drawn = np.full((*known.shape[:2], len(defined)), np.nan)
        drawn[:, :, defined] = known
        return drawn

    @cached_property
    def _keeps(self) -> Bools:
        return np.asarray(np.all(self._plausible[:, :, 1:-2] <= 0.0, axis=2))

    @cached_property
    def _chances(self) -> tuple[Floats, Floats]:
        chances = chance_best(self._plausible[:, :, 0], self._keeps)
        if self.selected.best is not None and self._tied and not self.goal.limits:
            alike = [self.selected.best, *self._tied]
            chances[alike] = chances[alike].mean()  # rounding would give all of it to one of them
        return chances, self._keeps.mean(axis=0)

    @cached_property
    def _tied(self) -> list[int]:
        """Options whose objective is that of the best in every replication that both have; none over a limit."""
        best, dropped = self.selected.best, self.selected.dropped
        if best is None:
            return []
        kept = [i for i in range(len(self.options)) if i != best and (i not in dropped or dropped[i].limit is None)]
        pairs = ((i, self._objective[i], self._objective[best]) for i in kept)
        return [i for i, mine, its in pairs if np.array_equal(mine[: len(its)], its[: len(mine)])]

    def along(self, axis: str) -> Floats:
        """Return the mean of each option in an outcome, or its value of a setting."""
        if axis in self.names:
            return self._means[:, self.names.index(axis)]
        return np.array([float(setting_of(option, axis)) for option in self.options])

    @cached_property
    def _frontier(self) -> list[bool]:
        """Whether no other option is as good along both axes and better along one."""
        (cost, gain), least = self.axes, self.goal.limits[0].side == "<=" if self.goal.setting else None
        falls = OUTCOMES[gain].better == "lower" if least is None else least
        points = np.column_stack([self.along(cost), self.along(gain) * (1.0 if falls else -1.0)])
        return [not ((points <= point).all(axis=1) & (points < point).any(axis=1)).any() for point in points]

    @property
    def _highest_worth(self) -> float:
        """Worth of the effect up to which the acceptability curve goes."""
        is_priced = self.goal.effect.name == EFFECT
        worth = self.goal.worth or (self.options[0].world.prices.qaly if is_priced else None)
        ratios = self.table["cost_per_effect"].dropna()
        return _WORTH_SHOWN * (worth or ratios.max() if worth or len(ratios) else 1.0)


def against_first(cost: float, gain: float) -> str:
    """Return in words what an option has for what it costs, more or less than the first."""
    if not np.isfinite([cost, gain]).all():
        return ""
    return f"{'better' if gain > 0 else 'worse' if gain < 0 else 'the same'}, costs {'more' if cost > 0 else 'less'}"
