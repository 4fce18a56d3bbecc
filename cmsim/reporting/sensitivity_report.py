"""Results of sensitivity analyses: their folders and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cmsim.core.numeric import Floats
from cmsim.experiments.parameter_distributions import Uncertain
from cmsim.outcomes import OUTCOMES
from cmsim.reporting.figures import BAND, COLOURS, GREY, plain, without_frame
from cmsim.reporting.result_folder import Results, manifest
from cmsim.results.data_frames import Sheet
from cmsim.scenario import Scenario

Compared = tuple[Scenario, Scenario | None]
"""The scenario analysed, or the comparator and the scenario compared with it."""

SHOWN = 8
"""Factors of an outcome that tables and figures show."""

_COLUMNS = 4
_UNIT = "the outcome's unit"
_ABOUT = {
    "outcome": ("name", "as in cmsim outcomes"),
    "label": ("text", "the outcome as people say it"),
    "unit": ("text", "a share runs from 0 to 1"),
}
_FACTORS = {
    "key": ("key", "the parameter"),
    "factor": ("name", "the factor it belongs to"),
    "value": ("its unit", "in the scenario"),
    "low": ("its unit", "lower end of its range"),
    "high": ("its unit", "upper end"),
    "shape": ("name", "of the distribution it was given"),
    "status": ("word", "published, derived, fitted, assumption or choice"),
    "unit": ("text", "of the parameter"),
}
_SENSITIVITY = {
    **_ABOUT,
    "factor": ("name", "what was varied; dummy: nothing but one visit a week a minute longer"),
    "numbers": ("count", "of parameters varied together"),
    "effect": (_UNIT, "mean absolute change over the whole range (mu*)"),
    "effect_error": (_UNIT, "half-width of its 95% interval (bootstrap over trajectories)"),
    "sigma": (_UNIT, "spread of the change: interaction or curvature; by parameter only"),
    "first": ("share of variance", "that the factor alone explains"),
    "first_error": ("share of variance", "half-width of its 95% interval"),
    "total": ("share of variance", "that it takes part in, interactions included"),
    "total_error": ("share of variance", "half-width of its 95% interval"),
    "floor": ("as effect or total", "of the dummy factor: the noise threshold"),
    "clear": ("true or false", "its interval stands above the dummy's"),
}
_UNCERTAINTY = {
    **_ABOUT,
    "mean": (_UNIT, "over draws and replications"),
    "low": (_UNIT, "lower end of its 95% interval: stochastic variation and parameter uncertainty"),
    "high": (_UNIT, "upper end"),
    "expected_low": (
        _UNIT,
        "lower end of the expectations under 95% of plausible parameter draws, doubt about their mean included",
    ),
    "expected_high": (_UNIT, "upper end of these expectations"),
    "stochastic_sd": (_UNIT, "standard deviation between single replications of one parameter draw"),
    "parameter_sd": (_UNIT, "standard deviation between expectations of parameter draws"),
    "share": ("share of variance", "of a single run that is due to parameter uncertainty"),
    "share_low": ("share of variance", "lower end of its 95% interval"),
    "share_high": ("share of variance", "upper end"),
    "better": ("probability", "that the second scenario is expected to do better, over parameter draws"),
    "better_matters": ("probability", "better by at least the smallest difference that matters"),
    "worse_matters": ("probability", "worse by at least that"),
    "draws": ("draws", "used"),
}
_INFLUENCE = {
    "outcome": _ABOUT["outcome"],
    "key": ("key", "the parameter drawn"),
    "correlation": ("-1 to 1", "Spearman, with the mean of the draw's replications"),
    "p_holm": ("probability", "of none, corrected for all parameters of the outcome (Holm)"),
}


def sensitivity_results(
    compared: Compared,
    varied: Sequence[tuple[Uncertain, str]],
    table: pd.DataFrame,
    figure: Figure,
    notes: Sequence[str],
    *,
    method: str,
    points: int,
    replications: int,
) -> Results:
    """Return the results folder of a Morris screening or Sobol analysis.

    Args:
        compared: what was analysed.
        varied: each parameter that was varied, with its factor.
        table: see :attr:`cmsim.experiments.sensitivity_analysis.Sensitivity.table`.
        figure: the figure.
        notes: caveats.
        method: ``morris`` or ``sobol``.
        points: trajectories (Morris) or base sample (Sobol).
        replications: at each point.
    """
    sheet = Sheet("sensitivity", "one row an outcome and factor, the strongest first", table, _SENSITIVITY)
    described = _manifest(compared, replications, method, points, replications)
    return Results(described, [sheet, _factors(varied)], {"figure": figure}, notes)


def uncertainty_results(
    compared: Compared,
    numbers: Sequence[Uncertain],
    draws: Floats,
    values: Mapping[str, Floats],
    tables: tuple[pd.DataFrame, pd.DataFrame],
    figure: Figure,
    notes: Sequence[str],
) -> Results:
    """Return the results folder of a probabilistic sensitivity analysis.

    Args:
        compared: what was analysed.
        numbers: the parameters that were drawn.
        draws: their values, shape (draws, parameters).
        values: by outcome the answer of each run, shape (draws, replications).
        tables: uncertainty by outcome; influence of each parameter.
        figure: the figure.
        notes: caveats.
    """
    count, replications = next(iter(values.values())).shape
    drawn = pd.DataFrame(draws, columns=[each.key for each in numbers])
    drawn.insert(0, "draw", np.arange(count))
    order = {"draw": np.repeat(np.arange(count), replications), "replication": np.arange(count * replications)}
    answers = pd.DataFrame(order | {name: found.ravel() for name, found in values.items()})
    units = {each.key: (each.unit, "the value drawn") for each in numbers}
    about = {name: (OUTCOMES[name].unit, OUTCOMES[name].label) for name in values}
    sheets = [
        Sheet("uncertainty", "one row an outcome: variation and uncertainty", tables[0], _UNCERTAINTY),
        Sheet("influence", "one row an outcome and parameter", tables[1], _INFLUENCE),
        Sheet("draws", "one row a parameter draw", drawn, {"draw": ("number", "which draw"), **units}),
        Sheet("answers", "one row a run", answers, {"draw": ("number", "its parameter draw"), **about}),
        _factors([(each, each.key) for each in numbers]),
    ]
    described = _manifest(compared, count * replications, "psa", count, replications)
    return Results(described, sheets, {"figure": figure}, notes)


def _manifest(compared: Compared, total: int, method: str, points: int, replications: int) -> dict[str, object]:
    more = {"method": method, "points": points, "replications_a_point": replications}
    return manifest("sensitivity", [each for each in compared if each is not None], range(total), more)


def _factors(varied: Sequence[tuple[Uncertain, str]]) -> Sheet:
    table = pd.DataFrame([{**asdict(each), "factor": factor} for each, factor in varied])[list(_FACTORS)]
    return Sheet("factors", "one row a parameter that was varied", table, _FACTORS)


def sensitivity_figure(compared: Compared, table: pd.DataFrame, method: str) -> Figure:
    """Return a figure: for each outcome its strongest factors, the dummy's level as a line."""
    strength = "effect" if method == "morris" else "total"
    names = list(dict.fromkeys(table["outcome"])) if len(table) else []
    figure, axes = _panels(len(names))
    for axis, name in zip(axes, names, strict=False):
        rows = table[(table["outcome"] == name) & (table["factor"] != "dummy")].head(SHOWN).iloc[::-1]
        outcome = OUTCOMES[name]
        scale = outcome.shown(1.0) if method == "morris" else 1.0
        colours = [COLOURS[0] if clear else "#B8CCDC" for clear in rows["clear"]]
        errors = rows[f"{strength}_error"] * scale
        axis.barh(rows["factor"], rows[strength] * scale, color=colours, xerr=errors, ecolor=GREY)
        axis.axvline(rows["floor"].iloc[0] * scale, color="black", linestyle=":", linewidth=1.2)
        _finish(axis, outcome.label, outcome.shown_unit if method == "morris" else "share of variance (total)")
    title = f"Sensitivity analysis of {subject(compared)} ({method}); dotted: noise threshold (dummy factor)"
    figure.suptitle(plain(title), fontsize=13)
    return figure


def uncertainty_figure(compared: Compared, expectations: Mapping[str, Floats | None]) -> Figure:
    """Return a figure: for each outcome the distribution of its expectation over parameter draws.

    Args:
        compared: what was analysed.
        expectations: by outcome one expectation a draw; ``None`` where the outcome is not defined.
    """
    figure, axes = _panels(len(expectations))
    for axis, (name, found) in zip(axes, expectations.items(), strict=False):
        outcome = OUTCOMES[name]
        if found is not None:
            axis.hist([outcome.shown(value) for value in found], bins=15, color=COLOURS[0])
        if compared[1] is not None:
            matters = outcome.shown(outcome.matters)
            axis.axvspan(-matters, matters, color=BAND, zorder=0)
            axis.axvline(0.0, color="black", linewidth=0.8)
        axis.set_yticks([])
        _finish(axis, outcome.label, outcome.shown_unit)
    title = f"Parameter uncertainty of {subject(compared)}: expectations, one a parameter draw"
    figure.suptitle(plain(title), fontsize=13)
    return figure


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    rows = max(1, -(-count // _COLUMNS))
    figure = Figure(figsize=(16.0, 2.6 * rows + 0.6), layout="constrained")
    axes = list(figure.subplots(rows, _COLUMNS, squeeze=False).ravel())
    for axis in axes[count:]:
        axis.set_axis_off()
    return figure, axes


def _finish(axis: Axes, label: str, unit: str) -> None:
    axis.set_title(label, fontsize=10, fontweight="bold", loc="left")
    axis.set_xlabel(unit, fontsize=8)
    axis.tick_params(labelsize=8)
    without_frame(axis)


def subject(compared: Compared) -> str:
    """Return what an analysis is about, in words."""
    first, second = compared
    return first.name if second is None else f"the difference from {first.name} to {second.name}"
