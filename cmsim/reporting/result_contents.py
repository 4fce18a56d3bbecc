"""What a results folder holds for each command, with the meaning of every column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cmsim.experiments.individual_effects import MATTERS_DAYS
from cmsim.experiments.statistics import course_interval
from cmsim.outcomes import OUTCOMES, SERIES
from cmsim.reporting.result_folder import Results, manifest
from cmsim.results.data_frames import Sheet
from cmsim.results.simulation import SHEETS, Progress, simulate

if TYPE_CHECKING:
    from cmsim.experiments.comparison import Comparison
    from cmsim.experiments.repetition import Repeated

_UNIT = "the outcome's unit"
_ABOUT = {
    "scenario": ("name", "the scenario; compared with the first one"),
    "outcome": ("name", "as in definitions.csv"),
    "label": ("text", "the outcome as people say it"),
    "unit": ("text", "a share runs from 0 to 1"),
    "main": ("true or false", "one of the outcomes shown first"),
}
_INTERVAL = {
    "low": (_UNIT, "lower end of the 95% Student interval; covers chance only"),
    "high": (_UNIT, "upper end"),
    "n": ("replications", "in which it is defined"),
}
_COMPARED = {
    **_ABOUT,
    "a": (_UNIT, "mean of the first scenario"),
    "b": (_UNIT, "mean of this scenario"),
    "difference": (_UNIT, "b minus a, paired by replication"),
    **_INTERVAL,
    "verdict": ("word", "what the interval of the difference shows"),
    "matters": (_UNIT, "smallest difference that matters; an assumption"),
    "size": ("words", "how the interval stands to the smallest difference that matters"),
    "p_holm": (
        "probability",
        "of no difference, corrected for the number of scenarios (Holm); the verdict follows it",
    ),
    "joint_low": (_UNIT, "lower end of the interval that holds for all scenarios together (Bonferroni)"),
    "joint_high": (_UNIT, "upper end"),
    "b_better": ("share", "of single replications in which b does better; ties count half"),
    "variance_reduction": ("ratio", "(var a + var b) / var(b - a); below 1 pairing cost precision"),
    "placebo": (_UNIT, "difference of the placebo twin (a with one visit a week a minute longer) from a"),
    "placebo_low": (_UNIT, "lower end of its interval"),
    "placebo_high": (_UNIT, "upper end of its interval"),
    "placebo_sd": (_UNIT, "standard deviation of that difference between single pairs"),
}
_GROUP = {
    "grouping": ("text", "what clients are grouped by"),
    "group": ("text", "the group"),
    "client_years": ("years", "of the group in the first scenario, mean of a replication"),
    "beyond_placebo": ("true or false", "the interval of the difference keeps clear of the placebo twin's"),
}
_OVER_CLIENTS = "one row a spread over clients and quantile"
_SPREAD = {
    "spread": ("name", "what is looked at client by client, per year with the service"),
    "at": ("quantile", "over clients; top tenth: share of the total that the tenth with most have"),
}
_FATES = {
    **_GROUP,
    "clients": ("clients", "with the service in both replications, mean of a replication"),
    "better": (
        "share",
        f"of clients with at least {MATTERS_DAYS:.0f} fewer hard days than under the first scenario",
    ),
    "worse": ("share", f"of clients with at least {MATTERS_DAYS:.0f} more hard days"),
    "placebo_better": ("share", "the same in the placebo twin, where nothing differs but chance"),
    "placebo_worse": ("share", "the same in the placebo twin"),
    "hard_days": ("days a client over the window", "mean change; acutely ill, in hospital or without a home"),
    "low": ("days", "lower end of its 95% interval; covers chance only"),
    "high": ("days", "upper end"),
    "placebo_hard_days": ("days", "the same change in the placebo twin"),
}
_REPLICATIONS = {
    "scenario": ("name", "the scenario"),
    "replication": ("number", "which history"),
    "digest": ("text", "a code of all its rows; equal for equal replications"),
    **{name: (outcome.unit, outcome.label) for name, outcome in OUTCOMES.items()},
}
_WEEKS = {
    "scenario": ("name", "the scenario"),
    "week": ("weeks", "since day 0; the warm-up is included"),
    **{
        f"{name}{end}": (series.unit, f"{series.label}; {what} over days and replications")
        for name, series in SERIES.items()
        for end, what in (("", "mean"), ("_low", "lower end of its 95% interval"), ("_high", "upper end"))
    },
}
_DEFINITIONS = {
    "outcome": ("name", "the outcome"),
    "label": ("text", "as people say it"),
    "unit": ("text", "a share runs from 0 to 1"),
    "better": ("lower or higher", "which direction is better; empty where that depends"),
    "matters": (_UNIT, "smallest difference that matters; an assumption"),
    "definition": ("text", "what is counted, over what, and what is left out"),
}


def comparison_results(comparison: Comparison) -> Results:
    """Return the results folder of a comparison."""
    described = manifest("compare", comparison.scenarios, _replications(comparison.runs[0]))
    if comparison.ensemble is not None:
        described["ensemble"] = comparison.ensemble.hash
    sheets = [
        Sheet("outcomes", "one row an outcome and scenario", comparison.table, _COMPARED),
        Sheet("groups", "one row a group and outcome", comparison.groups, {**_COMPARED, **_GROUP}),
        Sheet("fates", "one row a group: who fares better or worse", comparison.fates, {**_ABOUT, **_FATES}),
        Sheet("distributions", _OVER_CLIENTS, comparison.distributions, {**_COMPARED, **_SPREAD}),
        Sheet("replications", "one row a history", comparison.replication_table, _REPLICATIONS),
        _weeks(comparison),
        _definitions(),
    ]
    return Results(described, sheets, {"figure": comparison.plot()}, comparison.notes)


def repeated_results(repeated: Repeated, progress: Progress | None = None) -> Results:
    """Return the results folder of one scenario, with all rows of its first history."""
    described = manifest("run", [repeated.scenario], _replications(repeated.runs))
    summary = {
        **_ABOUT,
        **_INTERVAL,
        "mean": (_UNIT, "over replications"),
        "sd": (_UNIT, "between replications"),
        "single_low": (_UNIT, "5% of single replications lie below; empty with fewer than 20"),
        "single_high": (_UNIT, "5% of single replications lie above"),
    }
    first = simulate(repeated.scenario, repeated.runs[0].replication, progress=progress)
    sheets = [
        Sheet("outcomes", "one row an outcome", repeated.table, summary),
        Sheet("distributions", _OVER_CLIENTS, repeated.distributions, {**summary, **_SPREAD}),
        Sheet("replications", "one row a history", repeated.replication_table, _REPLICATIONS),
        _weeks(repeated),
        _definitions(),
        *(first.sheet(name) for name in SHEETS),
    ]
    rows = f"Tables of single rows (clients, contacts, events ...) are those of replication {first.replication}."
    return Results(described, sheets, {"figure": repeated.plot()}, [*repeated.notes, rows])


def _replications(runs: object) -> list[int]:
    return [run.replication for run in runs]  # type: ignore[attr-defined]


def _weeks(result: Comparison | Repeated) -> Sheet:
    courses: Mapping[str, dict[str, np.ndarray]] = {name: result.series(name) for name in SERIES}
    scenarios = list(next(iter(courses.values())))
    frames = []
    for scenario in scenarios:
        columns: dict[str, np.ndarray] = {}
        for name, course in courses.items():
            columns[name], columns[f"{name}_low"], columns[f"{name}_high"] = course_interval(course[scenario])
        weeks = len(next(iter(columns.values())))
        frames.append(pd.DataFrame({"scenario": scenario, "week": np.arange(weeks), **columns}))
    about = "one row a scenario and week: time courses over all replications"
    return Sheet("weeks", about, pd.concat(frames, ignore_index=True), _WEEKS)


def _definitions() -> Sheet:
    rows = [
        {
            "outcome": outcome.name,
            "label": outcome.label,
            "unit": outcome.unit,
            "better": outcome.better or "",
            "matters": outcome.matters,
            "definition": outcome.definition,
        }
        for outcome in OUTCOMES.values()
    ]
    return Sheet("definitions", "one row an outcome: what it means", pd.DataFrame(rows), _DEFINITIONS)
