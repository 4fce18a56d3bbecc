"""Probabilistic sensitivity analysis: parameter draws, with several replications of each."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from cmsim.core.former_names import taking_former_arguments
from cmsim.core.numeric import Floats, whole
from cmsim.experiments.design_points import Execution, Point, among, check_runs, chosen_outcomes, compared, responses
from cmsim.experiments.parameter_distributions import Uncertain, uncertain
from cmsim.experiments.presented_result import PresentedResult
from cmsim.experiments.statistics import holm
from cmsim.experiments.variance_components import Decomposition, decompose
from cmsim.outcomes import OUTCOMES, Outcome
from cmsim.results.extra_library import needed
from cmsim.scenario import Scenario, ScenarioLike, load_scenario
from cmsim.scenario.parameter_sets import Ensemble, bundled_ensemble

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table
    from xarray import Dataset

    from cmsim.reporting.result_origin import Origin

_TO_UNIT = 2.0**-53


@dataclass(frozen=True, repr=False)
class Uncertainty(PresentedResult):
    """Results of a scenario, or of its difference from another, over parameter draws.

    Attributes:
        scenario: the scenario analysed; the comparator if there is another.
        versus: the scenario compared with it, or ``None``.
        numbers: what was drawn.
        draws: their values, shape (draws, numbers).
        values: by outcome the result of each replication, shape (draws, replications).
    """

    scenario: Scenario
    versus: Scenario | None
    numbers: tuple[Uncertain, ...]
    draws: Floats
    values: dict[str, Floats]

    method = "psa"

    @property
    def _about(self) -> str:
        from cmsim.reporting.sensitivity_figures import subject

        return subject([each.name for each in compared(self.scenario, self.versus)])

    def _summary(self) -> str:
        draws = f"{len(self.draws)} draws of {len(self.numbers)} parameters"
        return f"{self._about}, {draws}, {len(self.values)} outcomes"

    @cached_property
    def parts(self) -> dict[str, Decomposition]:
        """By outcome, where its spread comes from."""
        return {name: decompose(values) for name, values in self.values.items()}

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an outcome.

        Columns: ``outcome, label, unit``; ``mean`` with ``low, high`` (95%, stochastic variation and uncertainty of
        the mean); ``expected_low, expected_high`` (between which the expectations of 95% of parameter draws lie);
        ``stochastic_sd`` (stochastic variation of a single run), ``parameter_sd`` (parameter uncertainty), ``share`` of
        parameter uncertainty in the variance of a single run with ``share_low, share_high``; of a difference
        ``better`` (probability that under a parameter draw the second scenario is expected to do better),
        ``worse_matters`` and ``better_matters`` (by at least the smallest important difference);
        ``draws`` used.
        """
        rows = []
        for name, part in self.parts.items():
            outcome = OUTCOMES[name]
            expected = part.span()
            row: dict[str, object] = {"outcome": name, "label": outcome.label, "unit": outcome.unit}
            row |= {"mean": part.mean.mean, "low": part.mean.low, "high": part.mean.high}
            row |= {"expected_low": expected[0], "expected_high": expected[1]}
            row |= {"stochastic_sd": part.stochastic_sd, "parameter_sd": part.parameter_sd}
            row |= {"share": part.share, "share_low": part.share_low, "share_high": part.share_high}
            if self.versus is not None:
                row |= self._better(part, name)
            rows.append(row | {"draws": part.draws})
        return pd.DataFrame(rows)

    @cached_property
    def influence(self) -> pd.DataFrame:
        """One row an outcome and number: rank correlation of the number with the mean of its draw.

        Columns: ``outcome, key, correlation`` (Spearman), ``p_holm`` (of none, corrected for all numbers of
        an outcome); strongest first. With fewer draws than numbers only the strongest can show.
        """
        frames = []
        for name, values in self.values.items():
            known = np.isfinite(values).all(axis=1)
            if known.sum() < 4:
                continue
            means = values[known].mean(axis=1)
            pairs = [_spearman(column[known], means) for column in self.draws.T]
            frame = pd.DataFrame(
                {
                    "outcome": name,
                    "key": [number.key for number in self.numbers],
                    "correlation": [r for r, _ in pairs],
                    "p_holm": holm([p for _, p in pairs]),
                }
            )
            order = frame["correlation"].abs().sort_values(ascending=False, kind="stable").index
            frames.append(frame.loc[order])
        columns = ["outcome", "key", "correlation", "p_holm"]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)

    def terminal_tables(self, *, everything: bool = False) -> list[Table]:
        """Return the tables for a terminal: stochastic variation and parameter uncertainty of each outcome."""
        from cmsim.reporting.terminal_tables import uncertainty_tables

        return uncertainty_tables(self.table, self._about)

    @property
    def notes(self) -> list[str]:
        """Caveats of the results."""
        from cmsim.experiments.caveats import sensitivity_notes

        draws, replications = next(iter(self.values.values())).shape
        how = (
            f"{draws} draws of {len(self.numbers)} parameters, each drawn independently from the distribution of "
            "its status (cmsim.experiments.parameter_distributions); calibrated ones as a whole "
            f"parameter set; {replications} replications of each draw. "
            "Stochastic variation and parameter uncertainty are separated by a one-way random-effects analysis of "
            "variance."
        )
        return sensitivity_notes(self.scenario, self.versus, how)

    def to_xarray(self) -> Dataset:
        """Return outcomes by draw and replication, and by draw the parameters drawn, with labels and units.

        Raises:
            CmsimError: xarray is not installed.
        """
        xarray = needed("xarray", "xarray")
        found = {name: (("draw", "replication"), values, _told(OUTCOMES[name])) for name, values in self.values.items()}
        drawn = {
            each.key: ("draw", column, {"units": each.unit})
            for each, column in zip(self.numbers, self.draws.T, strict=True)
        }
        return xarray.Dataset(found | drawn)

    def plot(self, outcomes: Sequence[str] | None = None) -> Figure:
        """Return a figure: stochastic variation and parameter uncertainty of each outcome, or of some.

        Args:
            outcomes: names of outcomes that were analysed.

        Raises:
            CmsimError: an outcome was not analysed; the message names the nearest.
        """
        from cmsim.reporting.sensitivity_figures import uncertainty_figure

        parts = {name: self.parts[name] for name in among(outcomes, self.parts)}
        expectations = {name: part.plausible if len(part.expectations) else None for name, part in parts.items()}
        return uncertainty_figure(compared(self.scenario, self.versus), expectations)

    def save(self, directory: str | Path, origin: Origin | None = None) -> Path:
        """Write tables, figure, manifest and description of columns; whole or not at all.

        Args:
            directory: the folder to write.
            origin: what they were made from, if a command made them.

        Raises:
            CmsimError: the directory holds something that is not to be replaced, or cannot be written.
        """
        from cmsim.reporting.result_contents import described, factor_table
        from cmsim.reporting.result_folder import Results, manifest, write_results
        from cmsim.results.data_frames import Sheet

        draws, replications = next(iter(self.values.values())).shape
        drawn = pd.DataFrame(self.draws, columns=[each.key for each in self.numbers])
        drawn.insert(0, "draw", np.arange(draws))
        order = {"draw": np.repeat(np.arange(draws), replications), "replication": np.arange(draws * replications)}
        tables = {
            "uncertainty": self.table,
            "influence": self.influence,
            "answers": pd.DataFrame(order | {name: found.ravel() for name, found in self.values.items()}),
            "factors": factor_table((each, each.key) for each in self.numbers),
        }
        units = {
            "draw": ("number", "which draw"),
            **{each.key: (each.unit, "the value drawn") for each in self.numbers},
        }
        sheets = [*described(tables), Sheet("draws", "one row a parameter draw", drawn, units)]
        more = {"method": self.method, "points": draws, "replications_a_point": replications}
        about = manifest("sensitivity", compared(self.scenario, self.versus), range(draws * replications), more)
        return write_results(directory, Results(about, sheets, {"figure": self.plot()}, self.notes, origin=origin))

    def _better(self, part: Decomposition, name: str) -> dict[str, float]:
        outcome = OUTCOMES[name]
        if outcome.better is None:
            return dict.fromkeys(("better", "better_matters", "worse_matters"), np.nan)
        up, down = part.above(outcome.matters), 1.0 - part.above(-outcome.matters)
        higher = outcome.better == "higher"
        return {
            "better": part.above(0.0) if higher else 1.0 - part.above(0.0),
            "better_matters": up if higher else down,
            "worse_matters": down if higher else up,
        }


@taking_former_arguments
def uncertainty(
    scenario: ScenarioLike,
    versus: ScenarioLike | None = None,
    *,
    draws: int = 50,
    replications: int = 2,
    only: Sequence[str] = (),
    outcomes: Sequence[str] = (),
    ensemble: Ensemble | None = None,
    **execution: Unpack[Execution],
) -> Uncertainty:
    """Draw the uncertain parameters from their distributions and run several replications of each draw.

    Args:
        scenario: the scenario analysed, or its bundled name or the path of its file.
        versus: compared with it under the same draws, with common random numbers.
        draws: number of parameter draws.
        replications: replications of each draw, 2 and up to separate stochastic variation from parameter uncertainty;
            each draw has replications of its own.
        only: keys or beginnings of keys to draw; by default all parameters of ``world`` that the scenario does not
            state. See :func:`cmsim.experiments.parameter_distributions.uncertain`.
        outcomes: by name; by default the main ones.
        ensemble: a whole set of it in each draw; by default of the bundled one.
        execution: where and how the runs are done, see :class:`cmsim.experiments.design_points.Execution`.

    Raises:
        CmsimError: fewer than 2 draws or 2 replications, unknown names, or too many runs.
    """
    draws, replications = whole("draws", draws, 2), whole("replications", replications, 2)
    scenario, versus = load_scenario(scenario), None if versus is None else load_scenario(versus)
    numbers, names = uncertain(scenario, only, versus), chosen_outcomes(outcomes)
    check_runs(draws * replications * len(compared(scenario, versus)))
    chances = np.array([[_chance(scenario.run.seed, each.key, i) for each in numbers] for i in range(draws)])
    drawn = np.column_stack([each.quantile(chances[:, j]) for j, each in enumerate(numbers)])
    _fit_together(drawn, numbers, scenario.run.seed, ensemble or bundled_ensemble())
    points = [
        Point(
            {each.key: each.setting(value) for each, value in zip(numbers, row.tolist(), strict=True)},
            range(i * replications, (i + 1) * replications),
        )
        for i, row in enumerate(drawn)
    ]
    values = responses(scenario, versus, points, names, numbers=numbers, **execution)
    return Uncertainty(scenario, versus, numbers, drawn, values)


def _fit_together(drawn: Floats, numbers: Sequence[Uncertain], seed: int, ensemble: Ensemble | None) -> None:
    """Put a whole set of an ensemble in each draw, where its numbers are drawn at all, and from no range told."""
    if ensemble is None:
        return
    members = [ensemble.of(int(_chance(seed, "ensemble", i) * len(ensemble))) for i in range(len(drawn))]
    for column, each in enumerate(numbers):
        if each.key in ensemble.keys and each.shape != "uniform":
            drawn[:, column] = [member[each.key] for member in members]


def _chance(seed: int, key: str, draw: int) -> float:
    """Return a number in (0, 1) that belongs to seed, key and draw, whatever else is drawn."""
    digest = hashlib.blake2b(f"uncertain {key}".encode() + struct.pack("<qq", seed, draw), digest_size=8)
    return ((int.from_bytes(digest.digest(), "little") >> 11) + 0.5) * _TO_UNIT


def _told(outcome: Outcome) -> dict[str, str]:
    return {"long_name": outcome.label, "units": outcome.unit}


def _spearman(column: Floats, means: Floats) -> tuple[float, float]:
    if np.ptp(column) == 0.0 or np.ptp(means) == 0.0:
        return 0.0, 1.0
    found = spearmanr(column, means)
    return float(found.statistic), float(found.pvalue)
