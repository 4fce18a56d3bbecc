"""One scenario lived through many times: every outcome with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cmsim.experiment.notes import run_notes
from cmsim.experiment.replicate import RunSummary, Task, replicate
from cmsim.experiment.statistics import student_interval
from cmsim.outcomes import OUTCOMES
from cmsim.scenario import Scenario
from cmsim.scenario.limits import check_size
from cmsim.simulation import Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Repeated:
    """A scenario lived through several times.

    Attributes:
        scenario: what was simulated.
        runs: the summary of each history.
    """

    scenario: Scenario
    runs: Sequence[RunSummary]

    @property
    def replications(self) -> int:
        """Number of histories."""
        return len(self.runs)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an outcome: ``outcome, label, unit, main, mean, low, high`` (chance only), ``sd, n``.

        ``sd`` is between single histories, ``n`` the histories in which the outcome is defined. Shares run
        from 0 to 1.
        """
        rows = []
        for outcome in OUTCOMES.values():
            found = student_interval([run.outcomes[outcome.name] for run in self.runs])
            about = {
                "outcome": outcome.name,
                "label": outcome.label,
                "unit": outcome.unit,
                "main": outcome.main,
            }
            numbers = {"mean": found.mean, "low": found.low, "high": found.high, "sd": found.sd, "n": found.n}
            rows.append(about | numbers)
        return pd.DataFrame(rows)

    @cached_property
    def replication_table(self) -> pd.DataFrame:
        """One row a replication, one column an outcome."""
        return pd.DataFrame(
            {
                "scenario": self.scenario.name,
                "replication": run.replication,
                "digest": run.digest,
                **run.outcomes,
            }
            for run in self.runs
        )

    @property
    def notes(self) -> list[str]:
        """What has to be said beside the results."""
        return run_notes(self.scenario, self.replications)

    def series(self, name: str) -> dict[str, np.ndarray]:
        """Return a time course by scenario name, shape (replications, weeks).

        Args:
            name: one of ``cmsim.outcomes.SERIES``.
        """
        return {self.scenario.name: np.array([run.series[name] for run in self.runs])}

    def plot(self) -> Figure:
        """Return a figure of the time courses."""
        from cmsim.report.figures import course_figure

        return course_figure(self)

    def save(self, directory: str | Path, progress: Progress | None = None) -> Path:
        """Write tables, figure, manifest and description of columns; whole or not at all.

        The first history is lived through again, so that all its rows can be written.

        Args:
            directory: the folder to write.
            progress: told the days of that history that are done and the days in all.

        Raises:
            CmsimError: the directory holds something that cmsim did not write, or cannot be written.
        """
        from cmsim.report.contents import repeated_results
        from cmsim.report.write import write_results

        return write_results(directory, repeated_results(self, progress))


def repeat(
    scenario: Scenario, *, replications: int = 10, n_jobs: int | None = None, progress: Progress | None = None
) -> Repeated:
    """Live through a scenario several times.

    Args:
        scenario: what to simulate.
        replications: how many histories.
        n_jobs: processes; all cores if ``None``. Results do not depend on it.
        progress: told the runs done and the runs in all.

    Raises:
        CmsimError: fewer than 1 replication, or a scenario that is too large.
    """
    check_size(scenario, replications)
    tasks = [Task(scenario, i) for i in range(replications)]
    return Repeated(scenario, replicate(tasks, n_jobs=n_jobs, progress=progress))
