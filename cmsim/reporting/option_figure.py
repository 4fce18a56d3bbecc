"""The figure of a search among options: which is best at which worth, and the trade-off between them."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter, StrMethodFormatter

from cmsim.experiments.option_goal import Goal
from cmsim.outcomes import OUTCOMES
from cmsim.reporting.figures import COLOURS, GREY, plain, without_frame

_NAMED = 6
"""Options that have a colour of their own in the left panel: the likeliest at any worth."""
_MARKED = 16
"""Options up to which all have their names in the right panel; with more, those on the frontier."""


def option_figure(goal: Goal, options: pd.DataFrame, curve: pd.DataFrame, axes: tuple[str, str], answer: str) -> Figure:
    """Return a figure: on the left acceptability or the chance of being best, on the right the trade-off.

    Args:
        goal: what the best option is.
        options: one row an option, see :attr:`cmsim.Found.table`.
        curve: the acceptability curve, see :attr:`cmsim.Found.acceptability`; empty if there is none.
        axes: what the trade-off is between, see :attr:`cmsim.Found.axes`.
        answer: which option to choose.
    """
    figure = Figure(figsize=(13.5, 6.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    table = options.set_index("option")
    colours = _colours(table, curve)
    if len(curve):
        _acceptability(left, goal, curve, colours)
    else:
        _chances(left, table, colours)
    _trade_off(right, goal, table, axes, colours)
    figure.suptitle(textwrap.fill(plain(answer), 150), fontsize=11)
    return figure


def _colours(table: pd.DataFrame, curve: pd.DataFrame) -> dict[str, str]:
    """Return a colour for each option, grey for those that are nowhere likely to be best."""
    likely = curve.groupby("option")["chance_best"].max() if len(curve) else table["chance_best"]
    named = likely.reindex(table.index).sort_values(ascending=False, kind="stable").index[:_NAMED]
    return dict.fromkeys(table.index, GREY) | dict(zip(named, COLOURS, strict=False))


def _acceptability(axis: Axes, goal: Goal, curve: pd.DataFrame, colours: dict[str, str]) -> None:
    for option, rows in curve.groupby("option", sort=False):
        colour = colours[str(option)]
        label = plain(str(option)) if colour != GREY else None
        axis.plot(rows["worth"], rows["chance_best"], color=colour, linewidth=1.6, label=label)
        expected = rows["chance_best"].where(rows["expected_best"])
        axis.plot(rows["worth"], expected, color=colour, linewidth=4.5, solid_capstyle="butt")
    effect, currency = goal.effect, goal.currency
    less = "" if effect.better == "higher" else " less"
    if goal.worth is not None:
        axis.axvline(goal.worth, color="black", linewidth=0.9, linestyle=":")
    axis.set_xlabel(plain(f"Worth of one unit{less} of {effect.label.lower()}, {currency} ({effect.unit})"))
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    _share(axis)
    axis.legend(frameon=False, fontsize=9)
    axis.set_title("Cost-effectiveness acceptability; thick: best in expectation", loc="left", fontsize=11)


def _chances(axis: Axes, table: pd.DataFrame, colours: dict[str, str]) -> None:
    rows = table.sort_values("chance_best", ascending=False, kind="stable").head(_MARKED)
    places = np.arange(len(rows))
    axis.bar(places, rows["chance_best"], color=[colours[name] for name in rows.index])
    axis.set_xticks(places, [plain(name) for name in rows.index], rotation=30, ha="right")
    _share(axis)
    axis.set_title("Chance of being the best that keeps the limits", loc="left", fontsize=11)


def _share(axis: Axes) -> None:
    axis.set_ylim(0.0, 1.02)
    axis.yaxis.set_major_formatter(PercentFormatter(1.0))
    axis.set_ylabel("Chance of being best")
    without_frame(axis)


def _trade_off(axis: Axes, goal: Goal, table: pd.DataFrame, axes: tuple[str, str], colours: dict[str, str]) -> None:
    along, up = axes
    names = list(table.index)
    x, y = (
        table[name].to_numpy() * OUTCOMES[name].shown(1.0) if name in OUTCOMES else table["objective"].to_numpy()
        for name in axes
    )
    edge = table["frontier"].to_numpy(dtype=bool)
    order = np.flatnonzero(edge)[np.argsort(x[edge], kind="stable")]
    axis.plot(x[order], y[order], color=GREY, linewidth=1.0, zorder=1)
    for i, name in enumerate(names):
        kept = table.loc[name, "status"] != "over a limit"
        best = table.loc[name, "status"] == "best"
        face = colours[name] if kept else "white"
        size = 130 if best else 55
        axis.scatter(x[i], y[i], s=size, marker="*" if best else "o", color=face, edgecolor=colours[name], zorder=2)
        if len(names) <= _MARKED or edge[i] or best:
            axis.annotate(
                plain(name), (x[i], y[i]), xytext=(6, -12 if i % 2 else 5), textcoords="offset points", fontsize=8.5
            )
    for limit in goal.limits:
        value = OUTCOMES[limit.outcome].shown(limit.value)
        for is_here, draw in ((limit.outcome == up, axis.axhline), (limit.outcome == along, axis.axvline)):
            if is_here:
                draw(value, color="black", linewidth=0.9, linestyle=":")
    axis.set_xlabel(plain(_named(along, goal)))
    axis.set_ylabel(plain(_named(up, goal)))
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    axis.yaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    axis.margins(0.2, 0.12)
    without_frame(axis)
    axis.set_title("Trade-off; line: frontier, star: best, hollow: over a limit", loc="left", fontsize=11)


def _named(name: str, goal: Goal) -> str:
    if name not in OUTCOMES:
        return name
    outcome = OUTCOMES[name]
    unit = outcome.shown_unit.replace("currency", goal.currency, 1)
    return f"{outcome.label} ({unit})"
