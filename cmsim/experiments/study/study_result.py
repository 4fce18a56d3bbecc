"""A study as its reader has it: how far it is, and its tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cmsim.core.errors import CmsimError
from cmsim.core.presentation import Presented, html_details, html_table
from cmsim.experiments.study.durable_files import log_path
from cmsim.experiments.study.factors import Factor
from cmsim.experiments.study.run_store import COMPLETE, import_runs, stores
from cmsim.experiments.study.study_folder import STORE, Manifest, Status, read_plan, survey
from cmsim.experiments.study.study_plan import LABELS, Plan
from cmsim.experiments.study.study_tables import RUN_COLUMNS, TABLES, is_merged, read_table, write_tables
from cmsim.results.extra_library import needed

if TYPE_CHECKING:
    import pandas as pd
    from xarray import Dataset

    from cmsim.scenario import Scenario


class Study(Presented):
    """A study in its folder. Tables are read when they are first asked for.

    Attributes:
        directory: the study folder.
        manifest: what was planned, with which versions.
        plan: all its runs.
    """

    def __init__(self, directory: Path, manifest: Manifest, plan: Plan) -> None:
        self.directory = directory
        self.manifest = manifest
        self.plan = plan

    def _summary(self) -> str:
        return f"{self.title}, {self.plan.runs:,} runs planned, in {self.directory}"

    def _html(self) -> list[str]:
        rows = [(each.name, each.role, ", ".join(each.keys)) for each in self.factors]
        names = "".join(f"{name}\n" for name in self.scenarios)
        return [html_table(("Factor", "Role", "Keys"), rows), html_details("Scenarios", names)]

    @property
    def title(self) -> str:
        """What tables and figures call it."""
        return self.plan.title or self.directory.name

    @property
    def factors(self) -> Sequence[Factor]:
        """Levers, then uncertainties."""
        return self.plan.factors

    @property
    def levers(self) -> list[str]:
        """Names of what planners choose."""
        return [factor.name for factor in self.factors if factor.role == "lever"]

    @property
    def uncertainties(self) -> list[str]:
        """Names of what is uncertain."""
        return [factor.name for factor in self.factors if factor.role == "uncertainty"]

    @property
    def outcomes(self) -> list[str]:
        """Names of the outcomes in the tables."""
        if "run" not in self.plan.version:
            return self.plan.keep.names()
        return list(self.runs.columns)[len(RUN_COLUMNS) + len(self.factors) :]

    @property
    def scenarios(self) -> Mapping[str, Scenario]:
        """The scenarios before any change by a factor, by name."""
        return self.plan.scenarios

    def scenario(self, name: str, choice: int = 0, draw: int = 0) -> Scenario:
        """Return a scenario as it was run.

        Raises:
            CmsimError: there is no such cell.
        """
        cells = self.cells
        found = cells[(cells["scenario"] == name) & (cells["choice"] == choice) & (cells["draw"] == draw)]
        if found.empty:
            raise CmsimError(f"{self.directory}: there is no {name}, choice {choice}, draw {draw}; see Study.cells")
        return self.plan.scenario(int(found.index[0]))

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row a cell: ``scenario, choice, draw`` and the value of every factor."""
        cells: pd.DataFrame = self.plan.cells.select([*LABELS, *(each.name for each in self.factors)]).to_pandas()
        return cells

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a run, in order of run keys.

        ``run_key, scenario, choice, draw, replication``, a column for every factor, ``status, error, digest``
        and a column for every outcome (nan where undefined or not done). Runs of one draw and replication are
        pairs across scenarios and choices: one parameter set, common random numbers.
        """
        return self.part("runs")

    @cached_property
    def groups(self) -> pd.DataFrame:
        """One row a run and group of clients, with the outcomes measured by group.

        ``run_key, scenario, choice, draw, replication, grouping, group, client_years``, then the outcomes.
        """
        return self.part("groups")

    @cached_property
    def spreads(self) -> pd.DataFrame:
        """One row a run and spread over clients: ``q10 ... q99`` and the share of the ``top_tenth``.

        See ``cmsim.outcomes.SPREADS``.
        """
        return self.part("spreads")

    @cached_property
    def courses(self) -> pd.DataFrame:
        """One row a run and week, counted from day 0: a column for each of ``cmsim.outcomes.SERIES``."""
        return self.part("courses")

    @cached_property
    def circumstances(self) -> pd.DataFrame:
        """One row a run: ``status, seconds, host, process, finished, trace``; differs from sweep to sweep."""
        return self.part("circumstances")

    def to_xarray(self) -> Dataset:
        """Return the table of runs, complete ones only, by run, with ``run_key`` as coordinate.

        ``.set_index(run=["scenario", "choice", "draw", "replication"]).unstack("run")`` makes these its dimensions.

        Raises:
            CmsimError: xarray is not installed, or there are no runs yet.
        """
        xarray = needed("xarray", "xarray")
        complete = self.runs[self.runs["status"] == COMPLETE].drop(columns=["status", "error"]).rename_axis("run")
        return xarray.Dataset.from_dataframe(complete).set_coords([*LABELS, "replication", "run_key"])

    @property
    def failures(self) -> pd.DataFrame:
        """The runs that have no results, with what became of them."""
        return self.runs[self.runs["status"] != COMPLETE]

    def events(self, run_key: str) -> pd.DataFrame:
        """Return the event log of one run: all that happened to people.

        Raises:
            CmsimError: event logs were not kept, or this one cannot be read.
        """
        if not self.plan.keep.events:
            raise CmsimError(f"{self.directory}: event logs were not kept; events = true under [keep] keeps them")
        import pandas as pd

        path = log_path(self.directory, bytes.fromhex(run_key))
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise CmsimError(f"{path} cannot be read ({error}); cmsim study resume {self.directory}") from None

    def status(self, *, thorough: bool = False) -> Status:
        """Return how far the study is, read from its store.

        Args:
            thorough: read every file through, to find any damage.
        """
        found = survey(self.directory, self.plan, thorough=thorough)
        found.merged = found.finished and is_merged(self.directory, "runs", self.plan)
        return found

    @property
    def finished(self) -> bool:
        """Whether no run is missing."""
        return self.status().finished

    def require_finished(self) -> None:
        """Refuse a study of which runs are missing.

        Raises:
            CmsimError: the message says how many, and what to do.
        """
        status = self.status()
        if not status.finished:
            raise CmsimError(
                f"{self.directory} is not finished: {status.missing:,} of {status.planned:,} runs are "
                f"missing. cmsim study resume {self.directory} does them"
            )

    def merge(self, others: Sequence[str | Path] = (), *, partial: bool = False) -> list[Path]:
        """Merge all runs into ``runs.parquet`` and its side tables; return their paths.

        Args:
            others: further folders of the same study, as shards leave them; their runs are imported.
            partial: merge what there is although runs are missing.

        Raises:
            CmsimError: runs are missing, a file is damaged, or a run done twice came out differently.
        """
        for other in others:
            self._import(Path(other))
        status = self.status(thorough=True)
        if status.damaged:
            raise CmsimError("\n".join(status.damaged))
        if not partial:
            self.require_finished()
        for name in TABLES:
            self.__dict__.pop(name, None)
        return write_tables(self.directory, self.plan, status.missing)

    def _import(self, other: Path) -> None:
        if other.resolve() == self.directory.resolve():
            raise CmsimError(f"{other} is the study itself; allowed: other folders of it")
        if read_plan(other)[1].digest != self.plan.digest:
            raise CmsimError(
                f"{other} holds another study than {self.directory}: other scenarios, design, replications or "
                "version; allowed: folders swept from the same study file with the same version"
            )
        place = hashlib.blake2b(str(other.resolve()).encode(), digest_size=4).hexdigest()
        import_runs(other, self.directory, f"from-{place}")

    def part(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a table such as ``groups``, or only some columns of it, as it may be very long.

        Raises:
            CmsimError: there are no runs yet, or the table is not kept.
        """
        if not stores(self.directory / STORE) and not is_merged(self.directory, name, self.plan):
            raise CmsimError(f"{self.directory} holds no finished runs; cmsim study resume {self.directory}")
        table = read_table(self.directory, name, self.plan, columns)
        if table is None:
            raise CmsimError(f"{self.directory}: {name} were not kept; {name} = true under [keep] keeps them")
        frame: pd.DataFrame = table.to_pandas()
        return frame


def load_study(directory: str | Path) -> Study:
    """Return the study in a folder, finished or not.

    Raises:
        CmsimError: there is none, or its plan cannot be read; the message says what to do.
    """
    found, plan = read_plan(directory)
    return Study(Path(directory), found, plan)
