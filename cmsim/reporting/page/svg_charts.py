"""Pictures of the page, as SVG that stands inside it: bars of intervals, and time courses."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import matplotlib as mpl
import numpy as np
import pandas as pd
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cmsim.core.simtime import WEEK_DAYS, YEAR_DAYS
from cmsim.outcomes import SERIES, Outcome
from cmsim.reporting.figures import COLOURS

_STYLES = ("-", "--", "-.", ":", "-", "--")
_WIDTH, _HEIGHT = 320.0, 26.0
_MIDDLE = _HEIGHT / 2
_BAND = "#e6e9ec"
_FACTORS = 8
"""Factors that a picture of effects shows."""


def interval_bar(
    centre: float, low: float, high: float, extent: float, *, band: float = 1.0, placebo: float = np.nan
) -> Markup:
    """Return an interval as a bar around zero; empty where it is not defined. The numbers stand beside it.

    Args:
        centre: the difference.
        low: lower end of its interval.
        high: upper end.
        extent: what half the width stands for.
        band: differences up to this are shaded as too small to matter.
        placebo: the difference of the placebo twin, a grey tick.
    """
    if not np.isfinite(centre) or extent <= 0:
        return Markup("")

    def x(value: float) -> float:
        return round((float(np.clip(value / extent, -1.0, 1.0)) + 1.0) * _WIDTH / 2, 1)

    parts = [f'<rect class="band" x="{x(-band)}" width="{x(band) - x(-band):.1f}" y="2" height="{_HEIGHT - 4}"/>']
    parts.append(f'<line class="zero" x1="{x(0)}" x2="{x(0)}" y1="0" y2="{_HEIGHT}"/>')
    if np.isfinite(placebo):
        parts.append(f'<line class="twin" x1="{x(placebo)}" x2="{x(placebo)}" y1="6" y2="{_HEIGHT - 6}"/>')
    if np.isfinite(low) and np.isfinite(high):
        parts.append(f'<line class="span" x1="{x(low)}" x2="{x(high)}" y1="{_MIDDLE}" y2="{_MIDDLE}"/>')
        for end, outside in ((low, low < -extent), (high, high > extent)):
            if outside:
                way = -6 if end < 0 else 6
                tip = f"M{x(end) - way} {_MIDDLE - 6} l{way} 6 l{-way} 6"
                parts.append(f'<path class="arrow" d="{tip}"/>')
    clear = low > 0 or high < 0
    kind = "clear" if clear else "open"
    if abs(centre) <= extent:
        parts.append(f'<circle class="{kind}" cx="{x(centre)}" cy="{_MIDDLE}" r="5"/>')
    drawn = "".join(parts)
    return Markup(f'<svg class="bar" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" aria-hidden="true">{drawn}</svg>')


def courses(weeks: pd.DataFrame, warm_up_days: int) -> list[tuple[str, Markup]]:
    """Return a caption and a picture for each time course.

    Args:
        weeks: one row a scenario and week, a column a course with ``_low`` and ``_high`` beside it.
        warm_up_days: where the dotted line stands.
    """
    found = []
    for name, series in SERIES.items():
        if name not in weeks:
            continue
        with _style(name):
            figure = Figure(figsize=(4.6, 2.7), layout="constrained")
            axis = figure.subplots()
            ends = []
            for i, (scenario, rows) in enumerate(weeks.groupby("scenario", sort=False)):
                years = rows["week"] * WEEK_DAYS / YEAR_DAYS
                colour, style = COLOURS[i % len(COLOURS)], _STYLES[i % len(_STYLES)]
                if f"{name}_low" in rows:
                    axis.fill_between(
                        years, rows[f"{name}_low"], rows[f"{name}_high"], color=colour, alpha=0.2, linewidth=0
                    )
                axis.plot(years, rows[name], style, color=colour, linewidth=2.0, label=str(scenario))
                last = rows[name].dropna()
                ends.append(f"{scenario} {last.iloc[-1]:.3g}" if len(last) else f"{scenario} undefined")
            axis.axvline(warm_up_days / YEAR_DAYS, color="black", linewidth=1.0, linestyle=":")
            axis.set_ylim(bottom=0.0)
            axis.set_xlabel("years from day 0", fontsize=10)
            axis.set_ylabel(series.unit, fontsize=10)
            _plain(axis)
            axis.legend(fontsize=9, frameon=False, loc="best")
            told = f"{series.label}, {series.unit}, week by week; in the last week: {', '.join(ends)}"
            found.append((f"{series.label} ({series.unit})", _inline(figure, told)))
    return found


def effect_bars(rows: pd.DataFrame, outcome: Outcome, short: Callable[[str], str]) -> tuple[str, Markup]:
    """Return a caption and a picture of what each factor does to an outcome; strongest on top.

    Args:
        rows: one row a factor and value: ``factor, role, start, end, effect, low, high``.
        outcome: of what.
        short: gives the name of a factor as people say it.
    """
    order = rows["effect"].abs().sort_values(kind="stable").index[-_FACTORS:]
    shown = rows.loc[order]
    with _style(outcome.name):
        figure = Figure(figsize=(4.6, 0.9 + 0.42 * len(shown)), layout="constrained")
        axis = figure.subplots()
        matters = outcome.shown(outcome.matters)
        axis.axvspan(-matters, matters, color=_BAND, zorder=0)
        axis.axvline(0.0, color="black", linewidth=0.8, zorder=1)
        for height, row in enumerate(shown.to_dict("records")):
            colour = COLOURS[1] if row["role"] == "uncertainty" else COLOURS[0]
            ends = [outcome.shown(row["low"]), outcome.shown(row["high"])]
            axis.plot(ends, [height, height], color=colour, linewidth=2.2)
            axis.plot(outcome.shown(row["effect"]), height, "o", color=colour, markersize=5)
        labels = [f"{short(row['factor'])}:\n{row['start']} to {row['end']}" for row in shown.to_dict("records")]
        axis.set_yticks(range(len(shown)), labels, fontsize=8.5)
        axis.set_ylim(-0.6, len(shown) - 0.4)
        axis.set_xlabel(outcome.shown_unit, fontsize=10)
        _plain(axis)
        told = "; ".join(
            f"{short(row['factor'])} from {row['start']} to {row['end']} {outcome.shown(row['effect']):+.3g}"
            for row in shown.iloc[::-1].to_dict("records")
        )
        return f"What moves: {outcome.label}", _inline(figure, f"{outcome.label}, {outcome.shown_unit}: {told}")


def by_value(
    cells: pd.DataFrame, factor: str, name: str, values: NDArray[np.float64], outcome: Outcome
) -> tuple[str, Markup]:
    """Return a caption and a picture of an outcome by the values of a factor, a thin line a world.

    Args:
        cells: ``scenario, draw`` and the factor of each cell.
        factor: the column.
        name: as people say it.
        values: of the outcome, shape (cells, replications).
        outcome: of what.
    """
    known = np.isfinite(values)
    means = np.where(known.any(axis=1), np.where(known, values, 0.0).sum(axis=1) / known.sum(axis=1).clip(1), np.nan)
    table = cells.assign(value=outcome.shown(1.0) * means)
    words = not pd.api.types.is_numeric_dtype(cells[factor]) or pd.api.types.is_bool_dtype(cells[factor])
    ordered = list(dict.fromkeys(cells[factor])) if words else sorted(cells[factor].dropna().unique())
    place = {value: i if words else value for i, value in enumerate(ordered)}
    with _style(outcome.name + factor):
        figure = Figure(figsize=(4.6, 2.7), layout="constrained")
        axis = figure.subplots()
        for _, rows in table.groupby(["scenario", "draw"], sort=False):
            line = rows.groupby(factor, sort=False)["value"].mean()
            xs = sorted((place[value], mean) for value, mean in line.items() if value in place)
            axis.plot(*zip(*xs, strict=True), color="#9aa5b1", linewidth=0.8, marker=".", markersize=3)
        overall = table.groupby(factor, sort=False)["value"].mean()
        xs = sorted((place[value], mean) for value, mean in overall.items())
        axis.plot(*zip(*xs, strict=True), color=COLOURS[0], linewidth=2.4, marker="o")
        if words:
            axis.set_xticks(range(len(ordered)), [str(value) for value in ordered])
        axis.set_xlabel(name, fontsize=10)
        axis.set_ylabel(outcome.shown_unit, fontsize=10)
        _plain(axis)
        means_told = ", ".join(f"{value}: {mean:.3g}" for value, mean in overall.items())
        told = f"{outcome.label}, {outcome.shown_unit}, by {name}: {means_told}"
        return f"{outcome.label}, world by world", _inline(figure, told)


def _style(salt: str) -> AbstractContextManager[None]:
    """Draw text as text, and the same picture the same way every time."""
    return mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt, "font.family": "sans-serif"})


def _plain(axis: Axes) -> None:
    axis.tick_params(labelsize=9)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _inline(figure: Figure, told: str) -> Markup:
    """Return a figure as SVG with a description for those who do not see it."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    drawn = text.getvalue()[text.getvalue().index("<svg") :]
    drawn = re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"|(<svg[^>]*?) height="[^"]*"', r"\1\2", drawn, count=1)
    drawn = re.sub(r' width="[\d.]+pt"| height="[\d.]+pt"', "", drawn, count=2)
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
    head = f'<svg role="img" aria-label="{escape(told)}" class="course"'
    return Markup(drawn.replace("<svg", head, 1))
