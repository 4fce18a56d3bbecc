"""Charts of the page, as SVG that stands inside it: bars of intervals, time courses, effects of factors."""

import io
import re
from collections.abc import Callable

import matplotlib as mpl
import numpy as np
import pandas as pd
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cmsim.core.numeric import Floats
from cmsim.outcomes import SERIES, Outcome, Series
from cmsim.reporting.figures import BAND, COLOURS, draw_course, plain, without_frame

_WIDTH, _HEIGHT = 320.0, 26.0
_MIDDLE = _HEIGHT / 2
_FACTORS = 8
"""Factors that a chart of effects shows."""


def interval_bar(
    centre: float,
    low: float,
    high: float,
    extent: float,
    *,
    band: float = 1.0,
    placebo: float = np.nan,
    around_zero: bool = True,
) -> Markup:
    """Return an interval as a bar around zero; empty where it is not defined. The numbers stand beside it.

    Args:
        centre: the difference.
        low: lower end of its interval.
        high: upper end.
        extent: what half the width stands for.
        band: differences up to this are shaded as too small to matter.
        placebo: the difference of the placebo run, a grey tick.
        around_zero: whether zero has a line, and whether the interval encloses it shows.
    """
    if not np.isfinite(centre) or extent <= 0:
        return Markup("")

    def x(value: float) -> float:
        return round((float(np.clip(value / extent, -1.0, 1.0)) + 1.0) * _WIDTH / 2, 1)

    parts = [f'<rect class="band" x="{x(-band)}" width="{x(band) - x(-band):.1f}" y="2" height="{_HEIGHT - 4}"/>']
    if around_zero:
        parts.append(f'<line class="zero" x1="{x(0)}" x2="{x(0)}" y1="0" y2="{_HEIGHT}"/>')
    if np.isfinite(placebo):
        parts.append(f'<line class="placebo" x1="{x(placebo)}" x2="{x(placebo)}" y1="6" y2="{_HEIGHT - 6}"/>')
    if np.isfinite(low) and np.isfinite(high):
        parts.append(f'<line class="span" x1="{x(low)}" x2="{x(high)}" y1="{_MIDDLE}" y2="{_MIDDLE}"/>')
        for end, way in ((low, -6), (high, 6)):
            if abs(end) > extent and end * way > 0:
                tip = f"M{x(end) - way} {_MIDDLE - 6} l{way} 6 l{-way} 6"
                parts.append(f'<path class="arrow" d="{tip}"/>')
    if abs(centre) <= extent:
        kind = "clear" if low > 0 or high < 0 or not around_zero else "open"
        parts.append(f'<circle class="{kind}" cx="{x(centre)}" cy="{_MIDDLE}" r="5"/>')
    drawn = "".join(parts)
    return Markup(f'<svg class="bar" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" aria-hidden="true">{drawn}</svg>')


def courses(weeks: pd.DataFrame, warm_up_days: int) -> list[tuple[str, Markup]]:
    """Return a caption and a chart for each time course, see :func:`week_table`; dotted: the end of the warm-up."""
    found = []
    for series in SERIES.values():
        if series.name not in weeks:
            continue

        def draw(axis: Axes, series: Series = series) -> None:
            draw_course(axis, weeks, series, warm_up_days, line=2.0)
            axis.legend(fontsize=9, frameon=False, loc="best")

        last = weeks.groupby("scenario", sort=False)[series.name].last()
        ends = [f"{name} {format(end, '.3g') if np.isfinite(end) else 'undefined'}" for name, end in last.items()]
        description = f"{series.label}, {series.unit}, week by week; in the last week: {', '.join(ends)}"
        chart = _chart(draw, description, "years from day 0", series.unit, salt=series.name)
        found.append((f"{series.label} ({series.unit})", chart))
    return found


def effect_bars(rows: pd.DataFrame, outcome: Outcome, short: Callable[[str], str]) -> tuple[str, Markup]:
    """Return a caption and a chart of what each factor does to an outcome; strongest on top.

    Args:
        rows: one row a factor and value: ``factor, role, start, end, effect, low, high``.
        outcome: of what.
        short: gives the name of a factor as people say it.
    """
    chosen = rows.loc[rows["effect"].abs().sort_values(kind="stable").index[-_FACTORS:]].to_dict("records")

    def draw(axis: Axes) -> None:
        matters = outcome.shown(outcome.matters)
        axis.axvspan(-matters, matters, color=BAND, zorder=0)
        axis.axvline(0.0, color="black", linewidth=0.8, zorder=1)
        for height, row in enumerate(chosen):
            colour = COLOURS[1] if row["role"] == "uncertainty" else COLOURS[0]
            ends = [outcome.shown(row["low"]), outcome.shown(row["high"])]
            axis.plot(ends, [height, height], color=colour, linewidth=2.2)
            axis.plot(outcome.shown(row["effect"]), height, "o", color=colour, markersize=5)
        labels = [plain(f"{short(row['factor'])}:\n{row['start']} to {row['end']}") for row in chosen]
        axis.set_yticks(range(len(chosen)), labels, fontsize=8.5)
        axis.set_ylim(-0.6, len(chosen) - 0.4)

    effects = "; ".join(
        f"{short(row['factor'])} from {row['start']} to {row['end']} {outcome.shown(row['effect']):+.3g}"
        for row in reversed(chosen)
    )
    description = f"{outcome.label}, {outcome.shown_unit}: {effects}"
    chart = _chart(draw, description, outcome.shown_unit, "", salt=outcome.name, height=0.9 + 0.42 * len(chosen))
    return f"What moves: {outcome.label}", chart


def by_value(cells: pd.DataFrame, factor: str, name: str, values: Floats, outcome: Outcome) -> tuple[str, Markup]:
    """Return a caption and a chart of an outcome by the values of a factor, a thin line a parameter set.

    Args:
        cells: ``scenario, draw`` and the factor of each cell.
        factor: the column.
        name: as people say it.
        values: of the outcome, shape (cells, replications).
        outcome: of what.
    """
    table = cells.assign(value=outcome.shown(1.0) * pd.DataFrame(values, index=cells.index).mean(axis=1))
    words = not pd.api.types.is_numeric_dtype(cells[factor]) or pd.api.types.is_bool_dtype(cells[factor])
    overall = table.groupby(factor, sort=not words)["value"].mean()
    place = {value: i if words else value for i, value in enumerate(overall.index)}

    def draw(axis: Axes) -> None:
        for _, rows in table.groupby(["scenario", "draw"], sort=False):
            line = rows.groupby(factor)["value"].mean().reindex(overall.index).dropna()
            axis.plot(line.index.map(place), line, color="#9aa5b1", linewidth=0.8, marker=".", markersize=3)
        axis.plot(overall.index.map(place), overall, color=COLOURS[0], linewidth=2.4, marker="o")
        if words:
            axis.set_xticks(range(len(overall)), [plain(str(value)) for value in overall.index])

    means = ", ".join(f"{value}: {mean:.3g}" for value, mean in overall.items())
    description = f"{outcome.label}, {outcome.shown_unit}, by {name}: {means}"
    chart = _chart(draw, description, plain(name), outcome.shown_unit, salt=outcome.name + factor)
    return f"{outcome.label}, by parameter set", chart


def _chart(
    draw: Callable[[Axes], None], description: str, x_label: str, y_label: str, *, salt: str, height: float = 2.7
) -> Markup:
    """Return a chart as SVG, with text as text, the same every time, and a description for those who do not see it."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt, "font.family": "sans-serif"}):
        figure = Figure(figsize=(4.6, height), layout="constrained")
        axis = figure.subplots()
        draw(axis)
        axis.set_xlabel(x_label, fontsize=10)
        axis.set_ylabel(y_label, fontsize=10)
        axis.tick_params(labelsize=9)
        without_frame(axis)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    drawn = text.getvalue()[text.getvalue().index("<svg") :]
    drawn = re.sub(r' width="[\d.]+pt"| height="[\d.]+pt"', "", drawn, count=2)
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
    head = f'<svg role="img" aria-label="{escape(description)}" class="course"'
    return Markup(drawn.replace("<svg", head, 1))
