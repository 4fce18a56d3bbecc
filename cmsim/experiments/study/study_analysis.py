"""What a study answers: options against a comparator over many parameter draws, and the effect of every factor.

An *option* is a scenario under one choice of the levers; the first is the comparator. Options are paired by draw and
replication. All cells have common random numbers, so each replication gives one independent value of anything that is
worked out over cells (a mean over draws, a slope). Intervals over replications cover stochastic variation, for
the draws and choices that were tried; how the difference varies between draws is reported apart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from cmsim.core.numeric import Floats
from cmsim.experiments.comparison import difference_row
from cmsim.experiments.observed_figures import set_beside
from cmsim.experiments.repetition import about_outcome
from cmsim.experiments.statistics import LEVEL, Paired, holm, mean_interval, paired
from cmsim.experiments.study.factors import Factor, find_values
from cmsim.experiments.study.run_store import COMPLETE
from cmsim.experiments.study.study_plan import LABELS
from cmsim.experiments.study.study_result import Study
from cmsim.experiments.variance_components import Components, crossed
from cmsim.outcomes import OUTCOMES

SCENARIO = "scenario"
"""The name of the factor that several scenarios make."""
_LEVELS = 4
"""A factor with so many values or fewer has an effect for each; one with more, a slope."""
_ROUNDING = 1e-12
"""Share of the largest value below which an effect is one of rounding, and so none."""
_LABELLED = 3
"""Levers up to this number are all part of the name of an option."""


@dataclass(frozen=True)
class Option:
    """A scenario under one choice of the levers.

    Attributes:
        scenario: its name.
        choice: the number of the choice.
        name: as people read it.
        cells: positions of its cells in the plan, by draw.
    """

    scenario: str
    choice: int
    name: str
    cells: dict[int, int]


@dataclass(frozen=True)
class Term:
    """One thing that a factor does: what is compared with what.

    Attributes:
        factor: its name.
        role: ``lever``, ``uncertainty`` or ``scenario``.
        start: the value it begins from, as read.
        end: the value it goes to.
        column: what it puts into the model of cells, shape (cells,).
    """

    factor: str
    role: str
    start: str
    end: str
    column: Floats


class Answers:
    """What a study answers; tables are worked out when they are first asked for.

    Args:
        study: finished; runs without results are left out.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.outcomes = [name for name in study.outcomes if name in OUTCOMES and name in study.runs]
        self._cells = study.cells
        self._values: dict[str, Floats] = {}

    @cached_property
    def options(self) -> list[Option]:
        """All options, the comparator first."""
        rank = {name: i for i, name in enumerate(self.study.scenarios)}
        ordered = self._cells.assign(rank=self._cells["scenario"].map(rank)).sort_values(["rank", "choice", "draw"])
        found = []
        for _, part in ordered.groupby(["rank", "choice"]):
            cell = part.iloc[0]
            draws = dict(zip(part["draw"].tolist(), part.index.tolist(), strict=True))
            found.append(Option(cell["scenario"], int(cell["choice"]), self._name(cell, ordered.iloc[0]), draws))
        return found

    @property
    def comparator(self) -> Option:
        """The option that the others are compared with."""
        return self.options[0]

    @cached_property
    def others(self) -> list[Option]:
        """The options that share a draw with the comparator, so that they can be paired with it."""
        return [each for each in self.options[1:] if self._shared(each)]

    @property
    def draws(self) -> int:
        """Number of parameter draws."""
        return int(self._cells["draw"].nunique())

    @cached_property
    def replications(self) -> list[int]:
        """The replications that any run with results has."""
        return sorted(self._done["replication"].unique().tolist())

    @cached_property
    def levels(self) -> pd.DataFrame:
        """One row an outcome of the comparator: ``mean`` over draws, ``low, high`` (stochastic variation), ``n``."""
        cells = list(self.comparator.cells.values())
        rows = []
        for name in self.outcomes:
            found = mean_interval(_over_draws(self.values(name)[cells]))
            row = about_outcome(OUTCOMES[name])
            rows.append(row | {"mean": found.mean, "low": found.low, "high": found.high, "n": found.n})
        return pd.DataFrame(rows)

    @cached_property
    def observed(self) -> pd.DataFrame:
        """One row a figure of ``[observed]`` beside the model's mean over draws, columns as in ``Repeated.observed``.

        The model's are those of the option that leaves every lever as the scenario has it. Empty without one.
        """
        rows: list[dict[str, object]] = []
        for option in self.options:
            scenario, cells = self.study.scenarios[option.scenario], list(option.cells.values())
            levers = [factor for factor in self.study.factors if factor.role == "lever"]
            own, cell = find_values(scenario, levers), self._cells.loc[cells[0]]
            if rows or any(shown(own[factor.name]) != shown(cell[factor.name]) for factor in levers):
                continue
            for name, figure in scenario.observed:
                if name in self.outcomes:
                    values = self.values(name)[cells]
                    about = {"scenario": option.name, **about_outcome(OUTCOMES[name], scenario)}
                    rows.append(about | set_beside(figure, OUTCOMES[name], _over_draws(values), values.ravel()))
        return pd.DataFrame(rows)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """One row an option and outcome: the difference from the comparator, in the mean over draws.

        Columns as in ``Comparison.table``, with ``option``; verdicts hold for all options together (Holm).
        """
        rows: list[dict[str, object]] = []
        for name in self.outcomes:
            outcome = OUTCOMES[name]
            pairs = [self._paired(option, name) for option in self.others]
            adjusted = holm([pair.p_value for pair in pairs])
            for option, pair, p in zip(self.others, pairs, adjusted.tolist(), strict=True):
                clear = p < 1 - LEVEL if len(pairs) > 1 else None
                row = {"option": option.name, **about_outcome(outcome)}
                rows.append(row | difference_row(pair, outcome, outcome.matters, clear) | {"p_holm": p})
        return pd.DataFrame(rows)

    def decompose(self, option: Option, outcome: str) -> tuple[Components, list[int]]:
        """Return where the spread of a difference comes from, and the draws in which it is defined."""
        a, b = self._pair(option, outcome)
        draws = self._shared(option)
        keep = np.asarray(np.isfinite(b - a).all(axis=1))
        return crossed((b - a)[keep]), [draw for draw, kept in zip(draws, keep.tolist(), strict=True) if kept]

    @cached_property
    def terms(self) -> list[Term]:
        """The effects of the factors, levers first; a factor that is the same everywhere has none."""
        found: list[Term] = []
        if self._cells["scenario"].nunique() > 1:
            names = [str(each) for each in self._cells["scenario"]]
            found += _by_value(SCENARIO, SCENARIO, names, list(dict.fromkeys(names)))
        for factor in self.study.factors:
            found += _terms(factor, self._cells[factor.name].tolist())
        return found

    @cached_property
    def effects(self) -> pd.DataFrame:
        """One row an outcome and term: how much the outcome changes, all else alike and averaged over.

        Columns: ``outcome, factor, role, start, end``; ``effect`` with ``low, high`` (stochastic variation);
        ``p_holm`` (of none, corrected for all rows of the outcome), ``clear``; ``explained``: the share of
        the variance between the means of cells that all these effects together account for; the rest is
        interaction and curvature. Empty where there are fewer cells than it takes to part the terms.
        """
        columns = "outcome, factor, role, start, end, effect, low, high, p_holm, clear, explained".split(", ")
        rows: list[dict[str, object]] = []
        for name in self.outcomes:
            rows += [{"outcome": name, **row} for row in fitted(self.terms, self.values(name))]
        return pd.DataFrame(rows, columns=columns)

    def moved_by(self, option: Option, outcome: str) -> list[dict[str, Any]]:
        """Return what moves a difference from draw to draw: rows as :attr:`effects`; empty if unknown."""
        a, b = self._pair(option, outcome)
        cells = [option.cells[draw] for draw in self._shared(option)]
        parts = [replace(each, column=each.column[cells]) for each in self.terms if each.role == "uncertainty"]
        return fitted([each for each in parts if np.ptp(each.column) > 0], b - a)

    @cached_property
    def groups(self) -> pd.DataFrame:
        """One row an option, group of clients and main outcome that has a better direction.

        Columns as :attr:`differences`, with ``grouping, group, client_years``; ``p_holm`` is corrected for
        all groups and outcomes of an option.
        """
        names = [
            name for name in self.outcomes if OUTCOMES[name].by_group and OUTCOMES[name].main and OUTCOMES[name].better
        ]
        if not self.study.plan.keep.groups or not names or not self.others:
            return pd.DataFrame()
        labels = [*LABELS, "replication", "grouping", "group", "client_years"]
        table = self._with_cells(self.study.part("groups", [*labels, *names]))
        rows: list[dict[str, object]] = []
        for (grouping, group), part in table.groupby(["grouping", "group"]):
            about = {"grouping": grouping, "group": group, "client_years": float(part["client_years"].mean())}
            arrays = {name: self._by_cell(part, name) for name in names}
            for option in self.others:
                for name in names:
                    pair = self._paired(option, name, arrays[name])
                    outcome = OUTCOMES[name]
                    row = {"option": option.name, **about, **about_outcome(outcome)}
                    rows.append(row | difference_row(pair, outcome, outcome.matters) | {"p": pair.p_value})
        found = pd.DataFrame(rows)
        found["p_holm"] = found.groupby("option")["p"].transform(lambda p: holm(p.to_numpy()))
        return found.drop(columns="p")

    def values(self, outcome: str) -> Floats:
        """Return an outcome in all cells, shape (cells, replications); nan where undefined or not done."""
        if outcome not in self._values:
            self._values[outcome] = self._by_cell(self._done, outcome)
        return self._values[outcome]

    def _by_cell(self, runs: pd.DataFrame, outcome: str) -> Floats:
        unique = runs.drop_duplicates(["cell", "replication"], keep="last")
        by_cell = unique.pivot(index="cell", columns="replication", values=outcome)
        return by_cell.reindex(index=self._cells.index, columns=self.replications).to_numpy(dtype=float)

    @cached_property
    def _done(self) -> pd.DataFrame:
        """The runs with results, each with its cell."""
        return self._with_cells(self.study.runs[self.study.runs["status"] == COMPLETE])

    def _with_cells(self, runs: pd.DataFrame) -> pd.DataFrame:
        """Return runs with their cells; of cells that a sample reached twice, the last."""
        labels = list(LABELS)
        cells = self._cells[labels].reset_index(names="cell").drop_duplicates(labels, keep="last")
        return runs.merge(cells, on=labels)

    def _shared(self, option: Option) -> list[int]:
        return [draw for draw in self.comparator.cells if draw in option.cells]

    def _pair(self, option: Option, outcome: str, values: Floats | None = None) -> tuple[Floats, Floats]:
        """Return comparator and option in the draws they share, shape (draws, replications) each.

        What is undefined in one is left out of both.
        """
        laid = self.values(outcome) if values is None else values
        draws = self._shared(option)
        a, b = (laid[[each.cells[draw] for draw in draws]] for each in (self.comparator, option))
        both = np.isfinite(a) & np.isfinite(b)
        return np.where(both, a, np.nan), np.where(both, b, np.nan)

    def _paired(self, option: Option, outcome: str, values: Floats | None = None) -> Paired:
        comparator, other = self._pair(option, outcome, values)
        return paired(_over_draws(comparator), _over_draws(other))

    def _name(self, row: pd.Series[Any], first: pd.Series[Any]) -> str:
        levers = self.study.levers
        if len(levers) > _LABELLED:
            levers = [name for name in levers if shown(row[name]) != shown(first[name])]
        said = [f"{short(name)} {shown(row[name])}" for name in levers]
        several = self._cells["scenario"].nunique() > 1
        return ", ".join([str(row["scenario"]), *said] if several or not said else said)


def short(name: str) -> str:
    """Return the short name of a factor: the last two words of its key.

    >>> short("service.caseload.size"), short("service.turnover.handover.rule"), short("beds")
    ('caseload size', 'turnover handover', 'beds')
    """
    return " ".join(name.removesuffix(".rule").split(".")[-2:]).replace("_", " ")


def shown(value: object) -> str:
    """Return the value of a factor as people read it; a table by its rule first.

    >>> shown(25.0), shown('{"rule": "fixed", "level": 0.5}'), shown(None)
    ('25', 'fixed (level 0.5)', 'as it is')
    """
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "as it is"
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (int, float, np.number)):
        return f"{float(value):.4g}"
    try:
        table = json.loads(str(value))
    except ValueError:
        return str(value)
    if not isinstance(table, dict):
        return str(value)
    rule = str(table.pop("rule", ""))
    rest = ", ".join(f"{key.replace('_', ' ')} {shown(each)}" for key, each in table.items())
    return f"{rule} ({rest})" if rule and rest else rule or rest


def fitted(terms: Sequence[Term], values: Floats) -> list[dict[str, Any]]:
    """Return the effect of each term on some values by least squares, main effects only.

    Args:
        terms: with a column of length (cells,) each.
        values: shape (cells, replications); cells that are undefined in a replication are left out of all.

    Returns:
        rows as in :attr:`Answers.effects`; none where the terms cannot be told apart.
    """
    keep = np.isfinite(values).all(axis=1)
    if not terms or not keep.any():
        return []
    model = np.column_stack([np.ones(keep.sum()), *(term.column[keep] for term in terms)])
    found, _, rank, _ = np.linalg.lstsq(model, values[keep])
    if rank < model.shape[1]:
        return []
    found[np.abs(found) < _ROUNDING * np.abs(values[keep]).max()] = 0.0
    means = values[keep].mean(axis=1)
    rest = means - model @ found.mean(axis=1)
    explained = 1.0 - float(rest.var() / means.var()) if np.ptp(means) > 0 else np.nan
    intervals = [mean_interval(each) for each in found[1:]]
    adjusted = holm([each.p_value for each in intervals])
    return [
        {
            "factor": term.factor,
            "role": term.role,
            "start": term.start,
            "end": term.end,
            "effect": interval.mean,
            "low": interval.low,
            "high": interval.high,
            "p_holm": p,
            "clear": bool(p < 1 - LEVEL),
            "explained": explained,
        }
        for term, interval, p in zip(terms, intervals, adjusted.tolist(), strict=True)
    ]


def _terms(factor: Factor, values: list[object]) -> list[Term]:
    numbers = [each for each in values if isinstance(each, (int, float)) and not isinstance(each, bool)]
    if len(numbers) == len(values) and len(set(values)) > _LEVELS and np.isfinite(numbers).all():
        low, high = min(numbers), max(numbers)
        column = (np.array(numbers, dtype=float) - low) / (high - low)
        return [Term(factor.name, factor.role, f"{low:.3g}", f"{high:.3g}", column)]
    ordered = list(dict.fromkeys(values))
    if len(numbers) == len(values):
        ordered.sort()
    return _by_value(factor.name, factor.role, [shown(each) for each in values], [shown(each) for each in ordered])


def _by_value(name: str, role: str, values: list[str], ordered: list[str]) -> list[Term]:
    """Return a term for each value but the first."""
    labels = np.array(values, dtype=object)
    return [Term(name, role, ordered[0], each, (labels == each).astype(float)) for each in ordered[1:]]


def _over_draws(values: Floats) -> Floats:
    """Return the mean over draws of each replication, shape (replications,); nan where there is none."""
    return pd.DataFrame(values).mean().to_numpy()
