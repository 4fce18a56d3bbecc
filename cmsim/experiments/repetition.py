"""Replications of one scenario: every outcome with an interval; and one run as a plain function for other tools."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cmsim.core.former_names import taking_former_arguments
from cmsim.core.numeric import Floats, whole
from cmsim.experiments.caveats import run_notes
from cmsim.experiments.observed_figures import check_observed, set_beside
from cmsim.experiments.precision import Precision, Reached, until_precise
from cmsim.experiments.presented_result import PresentedResult
from cmsim.experiments.replications import RunSummary, Task, replicate
from cmsim.experiments.statistics import mean_interval, middle
from cmsim.outcomes import QUANTILES, SERIES, SPREADS, Outcome, find, outcomes_of
from cmsim.results.extra_library import needed
from cmsim.results.process_mining import DAY_0
from cmsim.results.progress import Progress, told
from cmsim.results.simulation import SHEETS, simulate
from cmsim.scenario import Scenario, ScenarioLike, load_scenario
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.scenario.size_limits import check_size

if TYPE_CHECKING:
    import pyarrow as pa
    from matplotlib.figure import Figure
    from rich.table import Table
    from xarray import Dataset

    from cmsim.reporting.result_origin import Origin


Runs = Sequence[RunSummary]
TOP_TENTH = "top tenth"


class Replicated(PresentedResult):
    """What results of one scenario and of several have in common."""

    placebo: Runs | None = None

    @property
    def _arms(self) -> dict[str, Runs]:
        """The summaries of each scenario, by its name."""
        raise NotImplementedError

    @property
    def _scenarios(self) -> tuple[Scenario, ...]:
        """The scenarios that were run; the others are compared with the first."""
        raise NotImplementedError

    @cached_property
    def observed(self) -> pd.DataFrame:
        """One row a figure of ``[observed]`` of the scenario, of several the first, beside the model's.

        Columns: ``scenario, outcome, label, unit, main``; ``observed`` with its range ``observed_low,
        observed_high`` and ``observed_n``; the model's ``mean`` with ``low, high`` (as in the table of outcomes) and
        ``n``; ``run_low, run_high``, where 95% of single replications are expected; ``reading``: whether it lies
        within. Empty where nothing is observed.
        """
        scenario, runs = self._scenarios[0], next(iter(self._arms.values()))
        return pd.DataFrame(
            {"scenario": scenario.name, **about_outcome(find(name), scenario)}
            | set_beside(figure, find(name), values_of(runs, name))
            for name, figure in scenario.observed
        )

    @property
    def replications(self) -> int:
        """Number of replications of each scenario."""
        return len(next(iter(self._arms.values())))

    @cached_property
    def replication_table(self) -> pd.DataFrame:
        """One row a scenario and replication, one column an outcome; the placebo run included."""
        placebo = {} if self.placebo is None else {f"{next(iter(self._arms))} (placebo run)": self.placebo}
        return pd.DataFrame(
            {"scenario": name, "replication": run.replication, "digest": run.digest, **run.outcomes}
            for name, runs in (self._arms | placebo).items()
            for run in runs
        )

    @cached_property
    def long_table(self) -> pd.DataFrame:
        """One row a scenario, replication and outcome: ``scenario, replication, outcome, label, unit, main, value``."""
        wide = self.replication_table.drop(columns="digest")
        values = wide.melt(["scenario", "replication"], var_name="outcome")
        about = pd.DataFrame(map(about_outcome, outcomes_of(*self._scenarios)))
        return values.merge(about, on="outcome")[["scenario", "replication", *about.columns, "value"]]

    def to_xarray(self) -> Dataset:
        """Return outcomes by scenario and replication, time courses also by week, with labels and units.

        The placebo run stands among the scenarios; its time courses are nan.

        Raises:
            CmsimError: xarray is not installed.
        """
        xarray = needed("xarray", "xarray")
        found = self.replication_table.drop(columns="digest").set_index(["scenario", "replication"]).to_xarray()
        found = found.reindex(scenario=self.replication_table["scenario"].unique())
        for outcome in outcomes_of(*self._scenarios):
            found[outcome.name].attrs |= {"long_name": outcome.label, "units": outcome.unit}
        for series in SERIES.values():
            courses = np.array(list(self.series(series.name).values()))
            told = {"long_name": series.label, "units": series.unit}
            dimensions, names = ("scenario", "replication", "week"), list(self._arms)
            coordinates = {"scenario": names, "replication": found["replication"]}
            found[f"weekly_{series.name}"] = xarray.DataArray(courses, coordinates, dimensions, attrs=told)
        return found

    def to_arrow(self, *, long: bool = False) -> pa.Table:
        """Return outcomes as an Arrow table: one row a run, or with ``long`` one a run and outcome.

        The unit and the label of each outcome are in the metadata of its column. ``pyarrow.parquet.write_table``
        writes it as Parquet.
        """
        import pyarrow as pa

        if long:
            return pa.Table.from_pandas(self.long_table, preserve_index=False)
        found = pa.Table.from_pandas(self.replication_table, preserve_index=False)
        about = {each.name: {"label": each.label, "unit": each.unit} for each in outcomes_of(*self._scenarios)}
        return found.cast(pa.schema([each.with_metadata(about.get(each.name)) for each in found.schema]))

    def series(self, name: str) -> dict[str, np.ndarray]:
        """Return a time course of every scenario, shape (replications, weeks).

        Args:
            name: one of ``cmsim.outcomes.SERIES``.
        """
        return {arm: np.array([run.series[name] for run in runs]) for arm, runs in self._arms.items()}

    def _summary(self) -> str:
        first, *others = self._arms
        scenarios = f"{', '.join(others)} against {first}" if others else first
        return f"{scenarios}, {self.replications} replications"

    def _common_tables(self) -> dict[str, pd.DataFrame]:
        from cmsim.reporting.figures import week_table
        from cmsim.reporting.result_contents import definition_table

        weeks, definitions = week_table(self.series), definition_table()
        observed = {} if self.observed.empty else {"observed": self.observed}
        return observed | {"replications": self.replication_table, "weeks": weeks, "definitions": definitions}


@dataclass(frozen=True, repr=False)
class Repeated(Replicated):
    """Replications of one scenario.

    Attributes:
        scenario: what was simulated.
        runs: the summary of each replication.
        precision: what came of asking for a precision, or ``None``.
        ensemble: whose parameter sets the replications were run under, or ``None`` for the scenario's own.
    """

    scenario: Scenario
    runs: Runs
    precision: Reached | None = None
    ensemble: Ensemble | None = None

    @property
    def _arms(self) -> dict[str, Runs]:
        return {self.scenario.name: self.runs}

    @property
    def _scenarios(self) -> tuple[Scenario, ...]:
        return (self.scenario,)

    def terminal_tables(self, *, everything: bool = False) -> list[Table]:
        """Return the tables for a terminal: the main outcomes, or all of them, then what was observed."""
        from cmsim.reporting.terminal_tables import observed_tables, repeated_tables

        name = self.scenario.name
        tables = repeated_tables(self.table, name, self.replications, everything)
        return [*tables, *observed_tables(self.observed, name)]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an outcome: ``outcome, label, unit, main, mean, low, high`` (stochastic variation only), ``sd, n``.

        ``sd`` is between single replications, ``n`` the replications in which the outcome is defined;
        ``single_low`` and ``single_high`` hold 90% of single replications (from 20 on). Shares run from 0 to 1.
        """
        rows = []
        for outcome in outcomes_of(self.scenario):
            values = [run.outcomes[outcome.name] for run in self.runs]
            found, single = mean_interval(values), middle(values)
            rows.append(
                about_outcome(outcome, self.scenario)
                | asdict(found)
                | {"single_low": single[0], "single_high": single[1]}
                | observed_value(outcome, self.scenario)
            )
        return pd.DataFrame(rows)

    @cached_property
    def distributions(self) -> pd.DataFrame:
        """One row a spread over clients and quantile: ``spread, label, unit, at, mean, low, high, n``.

        ``at`` is the quantile, or ``top tenth`` for the share of the total that the tenth of clients with
        most have. Means over replications, with intervals that cover stochastic variation only.
        """
        rows = []
        for about, (values,) in spread_values(self.runs):
            found = mean_interval(values)
            rows.append(about | {"mean": found.mean, "low": found.low, "high": found.high, "n": found.n})
        return pd.DataFrame(rows)

    @property
    def notes(self) -> list[str]:
        """Caveats of the results."""
        reached = [] if self.precision is None else [self.precision.note]
        return [*reached, *run_notes(self.scenario, self.replications, self.ensemble)]

    def plot(self, outcomes: Collection[str] | None = None) -> Figure:
        """Return a figure of the time courses, or of what is asked for.

        Args:
            outcomes: names of outcomes and of time courses (``cmsim.outcomes.SERIES``) that are shown instead.

        Raises:
            CmsimError: there is none of a name; the message names the nearest.
        """
        from cmsim.reporting.figures import repeated_figure, week_table

        return repeated_figure(self.scenario, self.replication_table, self.table, week_table(self.series), outcomes)

    def save(
        self,
        directory: str | Path,
        progress: Progress | bool | None = None,
        *,
        event_logs: Iterable[str] = (),
        start: date = DAY_0,
        origin: Origin | None = None,
    ) -> Path:
        """Write tables, figure, manifest and description of columns; whole or not at all.

        Replication 0 is run again, so that all its rows can be written.

        Args:
            directory: the folder to write.
            progress: told the days of that run that are complete and the days in all.
            event_logs: formats in which its event log is written as well, as :meth:`Simulated.event_log` has them.
            start: the date of day 0 in event logs.
            origin: what they were made from, if a command made them.

        Raises:
            CmsimError: the directory holds something that is not to be replaced, or cannot be written.
        """
        from cmsim.reporting.result_contents import described
        from cmsim.reporting.result_folder import Results, manifest, write_results

        numbers = [run.replication for run in self.runs]
        under = self.ensemble.apply_set(self.scenario, numbers[0]) if self.ensemble else self.scenario
        first = simulate(under, numbers[0], progress=progress)
        logs = [first.event_log(name, start=start) for name in dict.fromkeys(event_logs)]
        notes = [
            *self.notes[:-1],
            f"Tables of single rows (clients, contacts, events ...) are those of replication {first.replication}.",
            *(f"{log.file_name} is its event log in the format {log.format}; day 0 is {start}." for log in logs),
            self.notes[-1],
        ]
        tables = {"outcomes": self.table, "distributions": self.distributions, **self._common_tables()}
        sheets = [*described(tables), *(first.sheet(name) for name in SHEETS)]
        more = {} if self.ensemble is None else {"ensemble": self.ensemble.hash}
        about, texts = manifest("run", [self.scenario], numbers, more), {log.file_name: log.text for log in logs}
        return write_results(directory, Results(about, sheets, {"figure": self.plot()}, notes, texts, origin=origin))


@taking_former_arguments
def repeat(
    scenario: ScenarioLike,
    replications: int = 10,
    *,
    precision: Precision | None = None,
    ensemble: Ensemble | None = None,
    workers: int | None = None,
    progress: Progress | bool | None = None,
) -> Repeated:
    """Run several replications of a scenario.

    Args:
        scenario: what to simulate: a scenario, its bundled name, or the path of a ``.toml`` file.
        replications: how many replications; with a precision, how many to begin with.
        precision: add replications until outcomes are known as precisely as this.
        ensemble: run each replication under one of its parameter sets, all in turn.
        workers: processes; all cores if ``None``. Results do not depend on it.
        progress: told the complete runs and the runs in all, of each batch if a precision is asked for; ``True``
            shows a bar.

    Raises:
        CmsimError: fewer than 1 replication, a scenario that is too large, or a precision that no number of
            replications would reach.
    """
    scenario, replications = load_scenario(scenario), whole("replications", replications, 1)
    check_size(scenario, replications)
    with told(progress, scenario.name, "run") as tell:
        (runs,), reached = replicate_arms(
            [(scenario, False)], replications, precision, ensemble, workers=workers, progress=tell
        )
    return Repeated(scenario, runs, reached, ensemble)


def replicate_arms(
    arms: Sequence[tuple[Scenario, bool]],
    replications: int,
    precision: Precision | None,
    ensemble: Ensemble | None,
    *,
    workers: int | None,
    progress: Progress | None,
) -> tuple[list[list[RunSummary]], Reached | None]:
    """Run replications of each arm, a scenario that is a placebo run or not, as :func:`repeat` and ``compare`` do.

    With a precision it is that of the outcomes of a single arm, or of the differences of others from the first.
    """
    for scenario, _ in arms:
        check_observed(scenario)
    found: list[list[RunSummary]] = [[] for _ in arms]

    def simulate_replications(first: int, end: int) -> None:
        tasks = [
            Task(ensemble.apply_set(scenario, i) if ensemble else scenario, i, perturb)
            for i in range(first, end)
            for scenario, perturb in arms
        ]
        done = replicate(tasks, workers=workers, progress=progress)
        for i, runs in enumerate(found):
            runs += done[i :: len(arms)]

    def seen(names: Iterable[str]) -> dict[str, list[tuple[Floats, float]]]:
        values = {}
        for name in names:
            first, *others = (
                values_of(runs, name) for runs, (_, perturb) in zip(found, arms, strict=True) if not perturb
            )
            mean = mean_interval(first).mean
            values[name] = [(other - first, mean) for other in others] or [(first, mean)]
        return values

    if precision is not None:
        for scenario, _ in arms:
            check_size(scenario, precision.most)
    return found, until_precise(precision, replications, simulate_replications, seen)


def values_of(runs: Runs, outcome: str, group: tuple[str, str] | None = None) -> Floats:
    """Return an outcome of all or of a group of clients, a value a run; nan where there is none."""
    found = (run.outcomes if group is None else run.groups.get(group, {}) for run in runs)
    return np.array([values.get(outcome, np.nan) for values in found])


def spread_values(*arms: Runs) -> Iterator[tuple[dict[str, object], list[Floats]]]:
    """Yield each spread and quantile over clients: what tables say of it, and its values in each arm, one a run."""
    for spread in SPREADS.values():
        arrays = [np.array([run.spreads[spread.name] for run in runs]).T for runs in arms]
        for at, *values in zip((*map(str, QUANTILES), TOP_TENTH), *arrays, strict=True):
            unit = "share" if at == TOP_TENTH else spread.unit
            yield {"spread": spread.name, "label": spread.label, "unit": unit, "at": at}, values


def about_outcome(outcome: Outcome, scenario: Scenario | None = None) -> dict[str, object]:
    """Return what tables say of an outcome itself; with a scenario, amounts of money are in its currency."""
    unit = outcome.unit if scenario is None else outcome.unit.replace("currency", scenario.world.prices.currency, 1)
    return {"outcome": outcome.name, "label": outcome.label, "unit": unit, "main": outcome.main}


def observed_value(outcome: Outcome, scenario: Scenario) -> dict[str, float]:
    """Return what was observed of an outcome as a column; none where a scenario states nothing observed."""
    figures = dict(scenario.observed)
    found = figures[outcome.name].value if outcome.name in figures else np.nan
    return {"observed": found} if figures else {}


def run(scenario: ScenarioLike, seed: int = 1, settings: Mapping[str, Any] | None = None) -> dict[str, float]:
    """Run a scenario once and return every outcome by name; nan where it is not defined.

    Runs with the same seed have common random numbers, whatever the settings.

    Args:
        scenario: a scenario, its bundled name, or the path of a ``.toml`` file.
        seed: the seed of all random streams.
        settings: what differs, by dotted key; NumPy numbers are welcome.

    Raises:
        CmsimError: the scenario, the seed or a setting cannot be used.
    """
    found = load_scenario(scenario).replace({**(settings or {}), "run.seed": seed})
    return simulate(found).outcomes()
