"""Replications of one scenario: every outcome with an interval; and one run as a plain function for other tools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cmsim.experiments.caveats import run_notes
from cmsim.experiments.precision import Precision, Reached, until_precise
from cmsim.experiments.replications import RunSummary, Task, replicate
from cmsim.experiments.statistics import middle, student_interval
from cmsim.outcomes import QUANTILES, SPREADS, outcomes_of
from cmsim.results.simulation import SHEETS, Progress, simulate
from cmsim.scenario import Scenario, load_scenario
from cmsim.scenario.size_limits import check_size

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Repeated:
    """Replications of one scenario.

    Attributes:
        scenario: what was simulated.
        runs: the summary of each replication.
        precision: what came of asking for a precision, or ``None``.
    """

    scenario: Scenario
    runs: Sequence[RunSummary]
    precision: Reached | None = None

    @property
    def replications(self) -> int:
        """Number of replications."""
        return len(self.runs)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an outcome: ``outcome, label, unit, main, mean, low, high`` (stochastic variation only), ``sd, n``.

        ``sd`` is between single replications, ``n`` the replications in which the outcome is defined;
        ``single_low`` and ``single_high`` hold 90% of single replications (from 20 on). Shares run from 0 to 1.
        """
        rows = []
        for outcome in outcomes_of(self.scenario):
            values = [run.outcomes[outcome.name] for run in self.runs]
            found, single = student_interval(values), middle(values)
            about = {"outcome": outcome.name, "label": outcome.label, "unit": outcome.unit, "main": outcome.main}
            numbers = {"mean": found.mean, "low": found.low, "high": found.high, "sd": found.sd, "n": found.n}
            numbers |= {"single_low": single[0], "single_high": single[1]}
            rows.append(about | numbers)
        return pd.DataFrame(rows)

    @cached_property
    def replication_table(self) -> pd.DataFrame:
        """One row a replication, one column an outcome."""
        return pd.DataFrame(
            {"scenario": self.scenario.name, "replication": run.replication, "digest": run.digest, **run.outcomes}
            for run in self.runs
        )

    @cached_property
    def distributions(self) -> pd.DataFrame:
        """One row a spread over clients and quantile: ``spread, label, unit, at, mean, low, high, n``.

        ``at`` is the quantile, or ``top tenth`` for the share of the total that the tenth of clients with
        most have. Means over replications, with intervals that cover stochastic variation only.
        """
        rows = []
        for spread in SPREADS.values():
            values = np.array([run.spreads[spread.name] for run in self.runs])
            for at, column in zip((*map(str, QUANTILES), "top tenth"), values.T, strict=True):
                found = student_interval(column)
                unit = "share" if at == "top tenth" else spread.unit
                about = {"spread": spread.name, "label": spread.label, "unit": unit, "at": at}
                rows.append(about | {"mean": found.mean, "low": found.low, "high": found.high, "n": found.n})
        return pd.DataFrame(rows)

    @property
    def notes(self) -> list[str]:
        """Caveats of the results."""
        reached = [] if self.precision is None else [self.precision.note]
        return [*reached, *run_notes(self.scenario, self.replications)]

    def series(self, name: str) -> dict[str, np.ndarray]:
        """Return a time course by scenario name, shape (replications, weeks).

        Args:
            name: one of ``cmsim.outcomes.SERIES``.
        """
        return {self.scenario.name: np.array([run.series[name] for run in self.runs])}

    def plot(self) -> Figure:
        """Return a figure of the time courses."""
        from cmsim.reporting.figures import course_figure, week_table

        return course_figure(self.scenario, week_table(self.series), self.replications)

    def save(self, directory: str | Path, progress: Progress | None = None) -> Path:
        """Write tables, figure, manifest and description of columns; whole or not at all.

        Replication 0 is run again, so that all its rows can be written.

        Args:
            directory: the folder to write.
            progress: told the days of that run that are complete and the days in all.

        Raises:
            CmsimError: the directory holds something that cmsim did not write, or cannot be written.
        """
        from cmsim.reporting.figures import week_table
        from cmsim.reporting.result_contents import definition_table, write_tables
        from cmsim.reporting.result_folder import manifest

        numbers = [run.replication for run in self.runs]
        first = simulate(self.scenario, numbers[0], progress=progress)
        notes = [
            *self.notes,
            f"Tables of single rows (clients, contacts, events ...) are those of replication {first.replication}.",
        ]
        tables = {
            "outcomes": self.table,
            "distributions": self.distributions,
            "replications": self.replication_table,
            "weeks": week_table(self.series),
            "definitions": definition_table(),
        }
        sheets = [first.sheet(name) for name in SHEETS]
        described = manifest("run", [self.scenario], numbers)
        return write_tables(directory, described, tables, self.plot(), notes, sheets=sheets)


def repeat(
    scenario: Scenario,
    *,
    replications: int = 10,
    precision: Precision | None = None,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> Repeated:
    """Run several replications of a scenario.

    Args:
        scenario: what to simulate.
        replications: how many replications; with a precision, how many to begin with.
        precision: add replications until outcomes are known as precisely as this.
        n_jobs: processes; all cores if ``None``. Results do not depend on it.
        progress: told the complete runs and the runs in all, of each batch if a precision is asked for.

    Raises:
        CmsimError: fewer than 1 replication, a scenario that is too large, or a precision that no number of
            replications would reach.
    """
    check_size(scenario, replications)
    runs: list[RunSummary] = []

    def simulate_replications(first: int, end: int) -> None:
        tasks = [Task(scenario, i) for i in range(first, end)]
        runs.extend(replicate(tasks, n_jobs=n_jobs, progress=progress))

    if precision is not None:
        check_size(scenario, precision.most)

    def seen(names: Iterable[str]) -> dict[str, list[tuple[list[float], float]]]:
        values = {name: [run.outcomes[name] for run in runs] for name in names}
        return {name: [(found, student_interval(found).mean)] for name, found in values.items()}

    return Repeated(scenario, runs, until_precise(precision, replications, simulate_replications, seen))


def run(scenario: Scenario | str, seed: int = 1, settings: Mapping[str, Any] | None = None) -> dict[str, float]:
    """Run a scenario once and return every outcome by name; nan where it is not defined.

    Runs with the same seed have common random numbers, whatever the settings.

    Args:
        scenario: a scenario, its bundled name, or the path of a ``.toml`` file.
        seed: the seed of all random streams.
        settings: what differs, by dotted key; NumPy numbers are welcome.

    Raises:
        CmsimError: the scenario, the seed or a setting cannot be used.
    """
    found = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    return simulate(found.replace({**(settings or {}), "run.seed": int(seed)})).outcomes()
