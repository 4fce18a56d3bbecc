"""Pictures of the page, as SVG that stands inside it: bars of intervals, and time courses."""

from __future__ import annotations

import io
import re

import matplotlib as mpl
import numpy as np
import pandas as pd
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from cmsim.clock import WEEK_DAYS, YEAR_DAYS
from cmsim.outcomes import SERIES
from cmsim.report.figures import COLOURS

_STYLES = ("-", "--", "-.", ":", "-", "--")
_WIDTH, _HEIGHT = 320.0, 26.0
_MIDDLE = _HEIGHT / 2


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

    parts = [
        f'<rect class="band" x="{x(-band)}" width="{x(band) - x(-band):.1f}" y="2" height="{_HEIGHT - 4}"/>'
    ]
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
    return Markup(
        f'<svg class="bar" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" aria-hidden="true">{drawn}</svg>'
    )


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
        with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif"}):
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
            axis.tick_params(labelsize=10)
            for side in ("top", "right"):
                axis.spines[side].set_visible(False)
            axis.legend(fontsize=9, frameon=False, loc="best")
            told = f"{series.label}, {series.unit}, week by week; in the last week: {', '.join(ends)}"
            found.append((f"{series.label} ({series.unit})", _inline(figure, told)))
    return found


def _inline(figure: Figure, told: str) -> Markup:
    """Return a figure as SVG with a description for those who do not see it."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    drawn = text.getvalue()[text.getvalue().index("<svg") :]
    drawn = re.sub(
        r'(<svg[^>]*?) width="[^"]*" height="[^"]*"|(<svg[^>]*?) height="[^"]*"', r"\1\2", drawn, count=1
    )
    drawn = re.sub(r' width="[\d.]+pt"| height="[\d.]+pt"', "", drawn, count=2)
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
    head = f'<svg role="img" aria-label="{escape(told)}" class="course"'
    return Markup(drawn.replace("<svg", head, 1))
