"""Results of sensitivity analyses: their folders, figures and tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.markup import escape
from rich.table import Table

from cmsim.experiments.parameter_distributions import Uncertain
from cmsim.outcomes import OUTCOMES
from cmsim.reporting.figures import COLOURS
from cmsim.reporting.result_folder import Results, manifest
from cmsim.reporting.terminal_tables import number, outlined, places, span
from cmsim.results.data_frames import Sheet

if TYPE_CHECKING:
    from cmsim.experiments.parameter_uncertainty import Uncertainty
    from cmsim.experiments.sensitivity_analysis import Sensitivity
    from cmsim.scenario import Scenario

SHOWN = 8
"""Factors of an outcome that tables and figures show."""

_GREY = "#767676"
_COLUMNS = 4
_UNIT = "the outcome's unit"
_ABOUT = {
    "outcome": ("name", "as in cmsim outcomes"),
    "label": ("text", "the outcome as people say it"),
    "unit": ("text", "a share runs from 0 to 1"),
}
_FACTORS = {
    "key": ("key", "the number"),
    "factor": ("name", "what it was varied with"),
    "value": ("its unit", "in the scenario"),
    "low": ("its unit", "lower end of its range"),
    "high": ("its unit", "upper end"),
    "shape": ("name", "of the distribution it was given"),
    "status": ("word", "published, derived, fitted, assumption or choice"),
    "unit": ("text", "of the number"),
}
_SENSITIVITY = {
    **_ABOUT,
    "factor": ("name", "what was varied; dummy: nothing but one visit a week a minute longer"),
    "numbers": ("count", "of numbers varied together"),
    "effect": (_UNIT, "mean absolute change over the whole range (mu*)"),
    "effect_error": (_UNIT, "half-width of its 95% interval (bootstrap over trajectories)"),
    "sigma": (_UNIT, "spread of the change: interaction or curvature; by number only"),
    "first": ("share of variance", "that the factor alone explains"),
    "first_error": ("share of variance", "half-width of its 95% interval"),
    "total": ("share of variance", "that it takes part in, interactions included"),
    "total_error": ("share of variance", "half-width of its 95% interval"),
    "floor": ("as effect or total", "of the dummy: what chaos seems to do"),
    "clear": ("true or false", "its interval stands above the dummy's"),
}
_UNCERTAINTY = {
    **_ABOUT,
    "mean": (_UNIT, "over draws and replications"),
    "low": (_UNIT, "lower end of its 95% interval: chance, and ignorance of the mean"),
    "high": (_UNIT, "upper end"),
    "worlds_low": (
        _UNIT,
        "from here on lie the expectations of 95% of plausible worlds, doubt about their mean included",
    ),
    "worlds_high": (_UNIT, "up to here"),
    "chance_sd": (_UNIT, "standard deviation between single replications of one world"),
    "ignorance_sd": (_UNIT, "standard deviation between expectations of plausible worlds"),
    "share": ("share of variance", "of a single history that is ignorance of the numbers"),
    "share_low": ("share of variance", "lower end of its 95% interval"),
    "share_high": ("share of variance", "upper end"),
    "better": ("probability", "that the second scenario is expected to do better in a plausible world"),
    "better_matters": ("probability", "better by at least the smallest difference that matters"),
    "worse_matters": ("probability", "worse by at least that"),
    "draws": ("worlds", "used"),
}
_INFLUENCE = {
    "outcome": _ABOUT["outcome"],
    "key": ("key", "the number drawn"),
    "correlation": ("-1 to 1", "Spearman, with the mean of the draw's replications"),
    "p_holm": ("probability", "of none, corrected for all numbers of the outcome (Holm)"),
}


def sensitivity_results(found: Sensitivity) -> Results:
    """Return the results folder of a Morris or Sobol analysis."""
    more = {"method": found.method, "points": found.points, "replications_a_point": found.replications}
    sheets = [
        Sheet("sensitivity", "one row an outcome and factor, the strongest first", found.table, _SENSITIVITY),
        _factors(found.numbers, found.factors),
    ]
    described = _manifest(found.scenario, found.versus, found.replications, more)
    return Results(described, sheets, {"figure": found.plot()}, found.notes)


def uncertainty_results(found: Uncertainty) -> Results:
    """Return the results folder of a probabilistic sensitivity analysis."""
    draws, replications = next(iter(found.values.values())).shape
    more = {"method": found.method, "points": draws, "replications_a_point": replications}
    drawn = pd.DataFrame(found.draws, columns=[each.key for each in found.numbers])
    drawn.insert(0, "draw", np.arange(draws))
    rows = [
        {"draw": i, "replication": i * replications + j} | {name: values[i, j] for name, values in found.values.items()}
        for i in range(draws)
        for j in range(replications)
    ]
    answers = {name: (OUTCOMES[name].unit, OUTCOMES[name].label) for name in found.values}
    units = {each.key: (each.unit, "the value drawn") for each in found.numbers}
    sheets = [
        Sheet("uncertainty", "one row an outcome: chance and ignorance", found.table, _UNCERTAINTY),
        Sheet("influence", "one row an outcome and number", found.influence, _INFLUENCE),
        Sheet("draws", "one row a draw", drawn, {"draw": ("number", "which world"), **units}),
        Sheet("answers", "one row a history", pd.DataFrame(rows), {"draw": ("number", "its world"), **answers}),
        _factors(found.numbers, [each.key for each in found.numbers]),
    ]
    described = _manifest(found.scenario, found.versus, draws * replications, more)
    return Results(described, sheets, {"figure": found.plot()}, found.notes)


def _manifest(
    scenario: Scenario, versus: Scenario | None, replications: int, more: dict[str, object]
) -> dict[str, object]:
    both = [scenario] if versus is None else [scenario, versus]
    return manifest("sensitivity", both, range(replications), more)


def _factors(numbers: Sequence[Uncertain], factors: Sequence[str]) -> Sheet:
    rows = [
        {
            "key": each.key,
            "factor": factor,
            "value": each.value,
            "low": each.low,
            "high": each.high,
            "shape": each.shape,
            "status": each.status,
            "unit": each.unit,
        }
        for each, factor in zip(numbers, factors, strict=True)
    ]
    return Sheet("factors", "one row a number that was varied", pd.DataFrame(rows), _FACTORS)


def sensitivity_figure(found: Sensitivity) -> Figure:
    """Return a figure: for each outcome its strongest factors, the dummy's level as a line."""
    strength = "effect" if found.method == "morris" else "total"
    table = found.table
    names = list(dict.fromkeys(table["outcome"])) if len(table) else []
    figure, axes = _panels(len(names))
    for axis, name in zip(axes, names, strict=False):
        rows = table[(table["outcome"] == name) & (table["factor"] != "dummy")].head(SHOWN).iloc[::-1]
        outcome = OUTCOMES[name]
        scale = outcome.shown(1.0) if found.method == "morris" else 1.0
        colours = [COLOURS[0] if clear else "#B8CCDC" for clear in rows["clear"]]
        errors = rows[f"{strength}_error"] * scale
        axis.barh(rows["factor"], rows[strength] * scale, color=colours, xerr=errors, ecolor=_GREY)
        axis.axvline(rows["floor"].iloc[0] * scale, color="black", linestyle=":", linewidth=1.2)
        unit = outcome.shown_unit if found.method == "morris" else "share of variance (total)"
        _finish(axis, outcome.label, unit)
    figure.suptitle(f"What {_subject(found)} hangs on ({found.method}); dotted: the dummy", fontsize=13)
    return figure


def uncertainty_figure(found: Uncertainty) -> Figure:
    """Return a figure: for each outcome where the expectations of plausible worlds lie."""
    figure, axes = _panels(len(found.parts))
    for axis, (name, part) in zip(axes, found.parts.items(), strict=False):
        outcome = OUTCOMES[name]
        if len(part.worlds):
            axis.hist([outcome.shown(value) for value in part.plausible], bins=15, color=COLOURS[0])
        if found.versus is not None:
            matters = outcome.shown(outcome.matters)
            axis.axvspan(-matters, matters, color="#ECECEC", zorder=0)
            axis.axvline(0.0, color="black", linewidth=0.8)
        axis.set_yticks([])
        _finish(axis, outcome.label, outcome.shown_unit)
    figure.suptitle(f"What plausible worlds say of {_subject(found)}: expectations, one a draw", fontsize=13)
    return figure


def _panels(count: int) -> tuple[Figure, Sequence[Axes]]:
    rows = max(1, -(-count // _COLUMNS))
    figure = Figure(figsize=(16.0, 2.6 * rows + 0.6), layout="constrained")
    axes = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axis in axes[count:]:
        axis.set_axis_off()
    return figure, axes


def _finish(axis: Axes, label: str, unit: str) -> None:
    axis.set_title(label, fontsize=10, fontweight="bold", loc="left")
    axis.set_xlabel(unit, fontsize=8)
    axis.tick_params(labelsize=8)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _subject(found: Sensitivity | Uncertainty) -> str:
    if found.versus is None:
        return found.scenario.name
    return f"the difference from {found.scenario.name} to {found.versus.name}"


def sensitivity_table(found: Sensitivity) -> Table:
    """Return the strongest factors of each outcome for the terminal."""
    morris = found.method == "morris"
    heading = "Effect over the range\n(95%)" if morris else "Total share of variance\n(95%)"
    table = outlined(f"What {_subject(found)} hangs on", "Clear: stands above the dummy, which means nothing.")
    for column in ("Outcome", "Factor"):
        table.add_column(column)
    for column in (heading, "Dummy", "Clear"):
        table.add_column(column, justify="right")
    table.add_column("Unit")
    for name, rows in found.table.groupby("outcome", sort=False):
        outcome = OUTCOMES[str(name)]
        shown = places(outcome) if morris else 2
        for i, row in enumerate(rows[rows["factor"] != "dummy"].head(SHOWN).to_dict("records")):
            keys = ("effect", "effect_error", "floor") if morris else ("total", "total_error", "floor")
            value, error, floor = (outcome.shown(row[key]) if morris else row[key] for key in keys)
            table.add_row(
                "" if i else outcome.label,
                escape(str(row["factor"])),
                f"{number(value, shown)} ± {number(error, shown)}",
                number(floor, shown),
                "yes" if row["clear"] else "no",
                outcome.shown_unit if morris else "share",
            )
    return table


def uncertainty_table(found: Uncertainty) -> Table:
    """Return chance and ignorance of each outcome for the terminal."""
    table = outlined(
        f"What plausible worlds say of {_subject(found)}",
        "Ignorance: share of the variance of a single history that comes of numbers not known; the rest is chance.",
    )
    table.add_column("Outcome")
    for column in (
        "Mean\n(95%)",
        "95% of plausible\nworlds",
        "SD of a history\nby chance",
        "Ignorance\n(95%)",
    ):
        table.add_column(column, justify="right")
    if found.versus is not None:
        table.add_column("Better in\nworlds", justify="right")
    table.add_column("Unit")
    sign = found.versus is not None
    for row in found.table.to_dict("records"):
        outcome = OUTCOMES[row["outcome"]]
        shown = places(outcome)
        mean, low, high, first, last, sd = (
            outcome.shown(row[key]) for key in ("mean", "low", "high", "worlds_low", "worlds_high", "chance_sd")
        )
        cells = [
            outcome.label,
            f"{number(mean, shown, sign=sign)}\n{span(low, high, shown, sign=sign)}",
            span(first, last, shown, sign=sign),
            number(sd, shown),
            f"{number(row['share'], 2)}\n{span(row['share_low'], row['share_high'], 2, sign=False)}",
        ]
        if found.versus is not None:
            better = row["better"]
            cells.append(f"{better:.0%}" if np.isfinite(better) else "\N{EN DASH}")
        table.add_row(*cells, outcome.shown_unit)
    return table
