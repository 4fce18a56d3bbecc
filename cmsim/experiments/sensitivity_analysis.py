"""Sensitivity analysis by Morris and Sobol through SALib, with a dummy factor as the noise threshold.

All points have the same replications, so that only the parameters differ. Even a parameter without any effect shifts
the course of random events and so seems to have one. The dummy factor measures that: in the upper half of its range
one visit a week takes a minute more (as in a placebo run). A factor counts only if it exceeds the dummy.

SALib (Iwanaga, Usher and Herman 2022, Socio-Environmental Systems Modelling 4) is an extra of the package:
``cmsim[sensitivity]``.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack

import numpy as np
import pandas as pd

from cmsim.core.errors import CmsimError
from cmsim.core.former_names import taking_former_arguments
from cmsim.core.numeric import Floats, whole
from cmsim.experiments.design_points import Execution, Point, among, check_runs, chosen_outcomes, compared, responses
from cmsim.experiments.parameter_distributions import Uncertain, uncertain
from cmsim.experiments.presented_result import PresentedResult
from cmsim.outcomes import OUTCOMES
from cmsim.scenario import Scenario, ScenarioLike, load_scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

    from cmsim.reporting.result_origin import Origin

Method = Literal["morris", "sobol"]
By = Literal["section", "parameter"]

DUMMY = "dummy"
_COLUMNS = {
    "morris": {"effect": "mu_star", "effect_error": "mu_star_conf", "sigma": "sigma"},
    "sobol": {"first": "S1", "first_error": "S1_conf", "total": "ST", "total_error": "ST_conf"},
}
"""By method, the columns of its table with the names that SALib gives them."""
_LEVELS = 4
_RESAMPLES = 1_000


@dataclass(frozen=True, repr=False)
class Sensitivity(PresentedResult):
    """Effects of parameters on a scenario, or on a difference between two.

    Attributes:
        scenario: the scenario analysed; the comparator if there is another.
        versus: the scenario compared with it, or ``None``.
        method: ``morris`` or ``sobol``.
        numbers: the parameters that were varied.
        factors: the factor that each parameter belongs to, in the same order.
        points: trajectories (Morris) or base sample (Sobol).
        replications: of each point.
        analyses: by outcome what SALib found, a row a factor; ``None`` where an answer was undefined.
    """

    scenario: Scenario
    versus: Scenario | None
    method: Method
    numbers: tuple[Uncertain, ...]
    factors: tuple[str, ...]
    points: int
    replications: int
    analyses: dict[str, pd.DataFrame | None]

    @property
    def _about(self) -> str:
        from cmsim.reporting.sensitivity_figures import subject

        return subject([each.name for each in compared(self.scenario, self.versus)])

    def _summary(self) -> str:
        factors = f"{self.method}, {len(set(self.factors))} factors"
        return f"{self._about}, {factors}, {len(self.analyses)} outcomes"

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an outcome and factor, the strongest first.

        Columns: ``outcome, label, unit, factor, numbers`` (in it). Morris: ``effect`` (mean absolute change
        of the outcome per whole range, mu*), ``effect_error`` (half-width of its 95% interval), ``sigma``
        (interaction or curvature; only by parameter). Sobol: ``first`` and ``total`` (shares of the
        variance) with ``first_error, total_error``. ``floor`` is the dummy's, ``clear`` whether the factor's
        interval stands above the dummy's.
        """
        strength = "effect" if self.method == "morris" else "total"
        frames = []
        for name, found in self.analyses.items():
            if found is None:
                continue
            outcome = OUTCOMES[name]
            about = {"outcome": outcome.name, "label": outcome.label, "unit": outcome.unit, "factor": found.index}
            frame = pd.DataFrame({**about, "numbers": list(map(self.factors.count, found.index))}, index=found.index)
            frame = frame.join(found)
            floor = frame.loc[DUMMY]
            frame["floor"] = floor[strength]
            above = frame[strength] - frame[f"{strength}_error"] > floor[strength] + floor[f"{strength}_error"]
            frame["clear"] = above & (frame["factor"] != DUMMY)
            frames.append(frame.sort_values(strength, ascending=False, kind="stable"))
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    @property
    def undefined(self) -> list[str]:
        """Outcomes that could not be analysed, since they were undefined somewhere."""
        return [name for name, found in self.analyses.items() if found is None]

    def terminal_tables(self, *, everything: bool = False) -> list[Table]:
        """Return the tables for a terminal: the strongest factors of each outcome."""
        from cmsim.reporting.terminal_tables import sensitivity_tables

        return sensitivity_tables(self.table, self._about, self.method)

    @property
    def notes(self) -> list[str]:
        """Caveats of the results."""
        from cmsim.experiments.caveats import sensitivity_notes

        over = "from low to high" if self.method == "morris" else "as far as their distributions reach"
        name = "Morris screening" if self.method == "morris" else "Sobol indices"
        unit = "trajectories" if self.method == "morris" else "base points"
        how = (
            f"{name} with {self.points} {unit}, {self.replications} replications a point, the same at all: "
            f"{len(self.numbers)} parameters in {len(set(self.factors))} factors, varied {over}. The dummy does "
            "nothing but lengthen one visit a week by a minute: its apparent effect is noise, and factors "
            "that do not exceed it are not shown to have an effect."
        )
        notes = sensitivity_notes(self.scenario, self.versus, how)
        if self.undefined:
            labels = ", ".join(OUTCOMES[each].label.lower() for each in self.undefined)
            notes.insert(0, f"Not analysed, since undefined in some replications: {labels}.")
        return notes

    def plot(self, outcomes: Sequence[str] | None = None) -> Figure:
        """Return a figure: the strongest factors of each outcome, with the noise threshold (a tornado chart).

        Args:
            outcomes: names of outcomes that were analysed; all of them if ``None``.

        Raises:
            CmsimError: an outcome was not analysed; the message names the nearest.
        """
        from cmsim.reporting.sensitivity_figures import sensitivity_figure

        shown = (
            self.table[self.table["outcome"].isin(among(outcomes, self.analyses))] if len(self.table) else self.table
        )
        return sensitivity_figure(compared(self.scenario, self.versus), shown, self.method)

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

        more = {"method": self.method, "points": self.points, "replications_a_point": self.replications}
        about = manifest("sensitivity", compared(self.scenario, self.versus), range(self.replications), more)
        factors = factor_table(zip(self.numbers, self.factors, strict=True))
        sheets = described({"sensitivity": self.table, "factors": factors})
        return write_results(directory, Results(about, sheets, {"figure": self.plot()}, self.notes, origin=origin))


@taking_former_arguments
def sensitivity(
    scenario: ScenarioLike,
    versus: ScenarioLike | None = None,
    *,
    method: Method = "morris",
    by: By = "section",
    points: int | None = None,
    replications: int = 2,
    only: Sequence[str] = (),
    outcomes: Sequence[str] = (),
    **execution: Unpack[Execution],
) -> Sensitivity:
    """Find the parameters on which outcomes, or differences between two scenarios, depend.

    Morris moves factors from place to place over their whole ranges and is for screening; Sobol parts the
    variance that the distributions of the numbers give, and needs many more runs.

    Args:
        scenario: what is asked about: a scenario, its bundled name, or the path of a ``.toml`` file.
        versus: compared with it at the same points, with common random numbers.
        method: ``morris`` or ``sobol``.
        by: ``section`` moves the numbers of a part of the model together, ``parameter`` each by itself.
        points: Morris: trajectories, 10 by default, each of factors + 2 points; Sobol: base sample, a power
            of two, 64 by default, of which factors + 3 points each are made.
        replications: replications at each point.
        only: keys or beginnings of keys to vary; by default all facts about the world that the scenario does not
            state. See :func:`cmsim.experiments.parameter_distributions.uncertain`.
        outcomes: by name; by default the main ones.
        execution: where and how the runs are done, see :class:`cmsim.experiments.design_points.Execution`.

    Raises:
        CmsimError: SALib is not installed, unknown names, or too many runs.
    """
    size = check_points(method, points)
    replications = whole("replications", replications, 1)
    scenario, versus = load_scenario(scenario), None if versus is None else load_scenario(versus)
    names = chosen_outcomes(outcomes)
    numbers = uncertain(scenario, only, versus)
    factors = tuple(each.section if by == "section" else each.key for each in numbers)
    per_point = len(set(factors)) + (2 if method == "morris" else 3)
    check_runs(size * per_point * replications * len(compared(scenario, versus)))
    _require_salib()
    problem: dict[str, object] = {
        "names": [*(number.key for number in numbers), DUMMY],
        "groups": [*factors, DUMMY],
        "bounds": [[0.0, 1.0]] * (len(numbers) + 1),
        "num_vars": len(numbers) + 1,
    }
    if by == "parameter":
        del problem["groups"]
    design = _sample(method, problem, size, scenario.run.seed)
    design_points = [_point(numbers, row, method, replications) for row in design]
    answers = responses(scenario, versus, design_points, names, numbers=numbers, **execution)
    analyses: dict[str, pd.DataFrame | None] = {}
    for name, values in answers.items():
        mean = values.mean(axis=1)
        is_known = np.isfinite(mean).all()
        analyses[name] = _analyse(method, problem, design, mean, scenario.run.seed) if is_known else None
    return Sensitivity(scenario, versus, method, numbers, factors, size, replications, analyses)


def check_points(method: Method, points: int | None) -> int:
    """Return the number of points to use, checked.

    Raises:
        CmsimError: fewer than 2 or, for Sobol, not a power of two.
    """
    size = whole("points", points if points is not None else (10 if method == "morris" else 64), 2)
    if method == "sobol" and size & (size - 1):
        raise CmsimError(f"points: given {size}; allowed for sobol: a power of two, such as 64 or 128")
    return size


def _point(numbers: Sequence[Uncertain], row: Floats, method: Method, replications: int) -> Point:
    *places, dummy = row.tolist()
    values = {
        each.key: each.setting(float(each.along(place) if method == "morris" else each.quantile(place)))
        for each, place in zip(numbers, places, strict=True)
    }
    return Point(values, range(replications), perturb=dummy >= 0.5)


def _sample(method: Method, problem: dict[str, object], size: int, seed: int) -> Floats:
    from SALib.sample import morris, sobol

    if method == "morris":
        return np.asarray(morris.sample(problem, size, num_levels=_LEVELS, seed=seed))
    return np.asarray(sobol.sample(problem, size, calc_second_order=False, seed=seed))


def _analyse(method: Method, problem: dict[str, object], design: Floats, answers: Floats, seed: int) -> pd.DataFrame:
    """Return what SALib finds, a row a factor, under the names of ``_COLUMNS``."""
    from SALib.analyze import morris, sobol

    names = pd.unique(np.array(problem.get("groups", problem["names"])))
    if np.ptp(answers) == 0.0:  # nothing moves, which SALib would divide by
        return pd.DataFrame(0.0, index=names, columns=list(_COLUMNS[method]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SALib's use of pandas; what matters is checked here
        if method == "morris":
            found = morris.analyze(problem, design, answers, num_resamples=_RESAMPLES, num_levels=_LEVELS, seed=seed)
        else:
            found = sobol.analyze(problem, answers, calc_second_order=False, num_resamples=_RESAMPLES, seed=seed)
    columns = _COLUMNS[method].items()
    return pd.DataFrame({column: np.asarray(found[key], dtype=float) for column, key in columns}, index=names)


def _require_salib() -> None:
    if find_spec("SALib") is None:
        raise CmsimError(
            'Morris and Sobol need SALib, which is not installed: pip install "cmsim[sensitivity]"; '
            "--method psa works without it"
        )
