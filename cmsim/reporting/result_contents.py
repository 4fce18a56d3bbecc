"""What a results folder holds for each command, with the meaning of every column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from cmsim.experiments.individual_effects import MATTERS_DAYS
from cmsim.outcomes import OUTCOMES, SERIES
from cmsim.reporting.result_folder import Results, manifest
from cmsim.results.data_frames import Sheet
from cmsim.scenario import Scenario

Columns = Mapping[str, tuple[str, str]]
"""Unit and meaning of each column."""

_UNIT = "the outcome's unit"
_ABOUT = {
    "scenario": ("name", "the scenario; compared with the first one"),
    "outcome": ("name", "as in definitions.csv"),
    "label": ("text", "the outcome as people say it"),
    "unit": ("text", "a share runs from 0 to 1"),
    "main": ("true or false", "one of the outcomes shown first"),
}
_INTERVAL = {
    "low": (_UNIT, "lower end of the 95% Student interval; covers stochastic variation only"),
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
    "p_holm": ("probability", "of no difference, corrected for the number of scenarios (Holm); the verdict follows it"),
    "joint_low": (_UNIT, "lower end of the interval that holds for all scenarios together (Bonferroni)"),
    "joint_high": (_UNIT, "upper end"),
    "b_better": ("share", "of single replications in which b does better; ties count half"),
    "variance_reduction": ("ratio", "(var a + var b) / var(b - a); below 1 pairing cost precision"),
    "placebo": (_UNIT, "difference of the placebo run (a with one visit a week a minute longer) from a"),
    "placebo_low": (_UNIT, "lower end of its interval"),
    "placebo_high": (_UNIT, "upper end of its interval"),
    "placebo_sd": (_UNIT, "standard deviation of that difference between single pairs"),
}
_GROUP = {
    "grouping": ("text", "what clients are grouped by"),
    "group": ("text", "the group"),
    "client_years": ("years", "of the group in the first scenario, mean of a replication"),
    "beyond_placebo": ("true or false", "the interval of the difference does not overlap that of the placebo run"),
}
_SPREAD = {
    "spread": ("name", "what is looked at client by client, per year with the service"),
    "at": ("quantile", "over clients; top tenth: share of the total that the tenth with most have"),
}
_EFFECTS = {
    **_GROUP,
    "clients": ("clients", "with the service in both replications, mean of a replication"),
    "better": ("share", f"of clients with at least {MATTERS_DAYS:.0f} fewer hard days than under the first scenario"),
    "worse": ("share", f"of clients with at least {MATTERS_DAYS:.0f} more hard days"),
    "placebo_better": ("share", "the same in the placebo run, where only stochastic variation differs"),
    "placebo_worse": ("share", "the same in the placebo run"),
    "hard_days": ("days a client over the window", "mean change; acutely ill, in hospital or without a home"),
    "low": ("days", "lower end of its 95% interval; covers stochastic variation only"),
    "high": ("days", "upper end"),
    "placebo_hard_days": ("days", "the same change in the placebo run"),
}
_SINGLE = {
    **_ABOUT,
    **_INTERVAL,
    "mean": (_UNIT, "over replications"),
    "sd": (_UNIT, "between replications"),
    "single_low": (_UNIT, "5% of single replications lie below; empty with fewer than 20"),
    "single_high": (_UNIT, "5% of single replications lie above"),
}
_REPLICATIONS = {
    "scenario": ("name", "the scenario"),
    "replication": ("number", "number of the random streams"),
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

_COMPARED_SHEETS: Mapping[str, tuple[str, Columns]] = {
    "outcomes": ("one row an outcome and scenario", _COMPARED),
    "groups": ("one row a group and outcome", {**_COMPARED, **_GROUP}),
    "individual_effects": ("one row a group: individual-level effects", {**_ABOUT, **_EFFECTS}),
    "distributions": ("one row a spread over clients and quantile", {**_COMPARED, **_SPREAD}),
    "replications": ("one row a run", _REPLICATIONS),
}
_SINGLE_SHEETS: Mapping[str, tuple[str, Columns]] = {
    "outcomes": ("one row an outcome", _SINGLE),
    "distributions": ("one row a spread over clients and quantile", {**_SINGLE, **_SPREAD}),
    "replications": ("one row a run", _REPLICATIONS),
}


def replicated_results(
    scenarios: Sequence[Scenario],
    replications: Sequence[int],
    tables: Mapping[str, pd.DataFrame],
    weeks: pd.DataFrame,
    figure: Figure,
    notes: Sequence[str],
    *,
    more: Mapping[str, object] | None = None,
    sheets: Sequence[Sheet] = (),
) -> Results:
    """Return the results folder of one scenario, or of scenarios compared with the first of them.

    Args:
        scenarios: what was simulated.
        replications: the numbers of the replications of each.
        tables: ``outcomes``, ``distributions`` and ``replications``; of a comparison ``groups`` and
            ``individual_effects`` too.
        weeks: the time courses, see :func:`cmsim.reporting.figures.week_table`.
        figure: the figure.
        notes: caveats.
        more: further entries of the manifest.
        sheets: further tables.
    """
    compared = len(scenarios) > 1
    described = manifest("compare" if compared else "run", scenarios, replications, more)
    about = _COMPARED_SHEETS if compared else _SINGLE_SHEETS
    found = [Sheet(name, row, tables[name], columns) for name, (row, columns) in about.items()]
    found.append(Sheet("weeks", "one row a scenario and week: time courses over all replications", weeks, _WEEKS))
    return Results(described, [*found, _definitions(), *sheets], {"figure": figure}, notes)


def _definitions() -> Sheet:
    rows = [
        {"outcome": each.name, **{name: getattr(each, name) or "" for name in _DEFINITIONS if name != "outcome"}}
        for each in OUTCOMES.values()
    ]
    return Sheet("definitions", "one row an outcome: what it means", pd.DataFrame(rows), _DEFINITIONS)
