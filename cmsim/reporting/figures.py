"""Figures: differences with their intervals in the units of the service, and time courses.

Colours are those of Okabe and Ito, which people with any common colour vision tell apart; lines also differ
in style.
"""

import textwrap
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from cmsim.core.numeric import Floats
from cmsim.core.simtime import WEEK_DAYS, YEAR_DAYS
from cmsim.core.version import __version__
from cmsim.experiments.caveats import SAFETY, STANDING
from cmsim.experiments.statistics import course_interval
from cmsim.outcomes import OUTCOMES, SERIES, Outcome, Series
from cmsim.reporting.wording import counted, listed
from cmsim.scenario import Scenario

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_STYLES = ("-", "--", "-.", ":", "-", "--")
GREY = "#767676"
_WHOLE = 1000.0
"""A level of which no decimals are shown."""
_MANY = 10_000.0
"""The end of an axis from which its figures are written in full, and few of them."""
BAND = "#ECECEC"
_COLUMNS = 5
_LETTERS_AN_INCH = 13
"""Of a caption in letters of 9 points, so that it fits between the edges."""
_COURSE_COLUMNS = 3
_COURSE_ROWS = -(-len(SERIES) // _COURSE_COLUMNS)


def comparison_figure(
    scenarios: Sequence[Scenario], table: pd.DataFrame, weeks: pd.DataFrame, replications: int
) -> Figure:
    """Return a figure of a comparison: a panel a main outcome, then the time courses.

    Each upper panel shows the difference from the first scenario with its 95% interval, the placebo run in
    grey beneath, and the differences that are too small to matter as a band around zero. Outcomes that are
    defined nowhere, such as costs of which a price is open, have no panel; the notes name them.

    Args:
        scenarios: the comparator and the others.
        table: one row an outcome and scenario, see :attr:`cmsim.Comparison.table`.
        weeks: the time courses, see :func:`week_table`.
        replications: of each scenario.
    """
    defined = set(table["outcome"][np.isfinite(table["difference"].to_numpy(dtype=float))])
    shown = [outcome for outcome in OUTCOMES.values() if outcome.main and outcome.name in defined]
    rows = max(-(-len(shown) // _COLUMNS), 1)
    first, *others = (scenario.name for scenario in scenarios)
    heights = [rows * (1.45 + 0.25 * len(others)), _COURSE_ROWS * 2.3]
    figure = Figure(figsize=(15.5, sum(heights) + 1.3), layout="constrained")
    upper, lower = figure.subfigures(2, 1, height_ratios=heights, squeeze=False)[:, 0]
    upper.suptitle(
        f"Difference from {first} with 95% interval (stochastic variation only); filled: clear of zero; "
        "grey band: not enough to act on; grey point: placebo run",
        fontsize=11,
    )
    axes = upper.subplots(rows, _COLUMNS, squeeze=False, sharey=True).ravel()
    for axis, outcome in zip(axes, shown, strict=False):
        _difference_panel(axis, table[table["outcome"] == outcome.name], outcome, first)
    for axis in axes[len(shown) :]:
        axis.set_axis_off()
    _course_panels(lower, weeks, scenarios[0])
    _head_and_caption(figure, f"What changes from {first} to {listed(others)}", scenarios[0], replications)
    return figure


def course_figure(scenario: Scenario, weeks: pd.DataFrame, replications: int) -> Figure:
    """Return a figure of the time courses of one scenario, see :func:`week_table`."""
    figure = Figure(figsize=(15.5, _COURSE_ROWS * 2.6 + 1.2), layout="constrained")
    _course_panels(figure.subfigures(1, 1, squeeze=False)[0, 0], weeks, scenario)
    _head_and_caption(figure, scenario.title or scenario.name, scenario, replications)
    return figure


def week_table(series: Callable[[str], dict[str, Floats]]) -> pd.DataFrame:
    """Return the time courses, one row a scenario and week, with ``_low`` and ``_high`` beside each.

    Args:
        series: gives the runs of a time course by scenario, each of shape (replications, weeks).
    """
    courses = {name: series(name) for name in SERIES}
    frames = []
    for scenario in next(iter(courses.values())):
        columns: dict[str, Floats] = {}
        for name, course in courses.items():
            columns[name], columns[f"{name}_low"], columns[f"{name}_high"] = course_interval(course[scenario])
        weeks = len(next(iter(columns.values())))
        frames.append(pd.DataFrame({"scenario": scenario, "week": np.arange(weeks), **columns}))
    return pd.concat(frames, ignore_index=True)


def draw_course(axis: Axes, weeks: pd.DataFrame, series: Series, warm_up_days: int, *, line: float) -> None:
    """Draw a time course of each scenario with its band, lines some points wide; dotted: the end of the warm-up."""
    for i, (scenario, rows) in enumerate(weeks.groupby("scenario", sort=False)):
        years = rows["week"] * WEEK_DAYS / YEAR_DAYS
        colour, style = COLOURS[i % len(COLOURS)], _STYLES[i % len(_STYLES)]
        if f"{series.name}_low" in rows:
            low, high = rows[f"{series.name}_low"], rows[f"{series.name}_high"]
            axis.fill_between(years, low, high, color=colour, alpha=0.2, linewidth=0)
        axis.plot(years, rows[series.name], style, color=colour, linewidth=line, label=plain(str(scenario)))
    axis.axvline(warm_up_days / YEAR_DAYS, color="black", linewidth=0.9, linestyle=":")
    axis.set_ylim(bottom=0.0)


def without_frame(axis: Axes, sides: Sequence[str] = ("top", "right")) -> None:
    """Hide some sides of the frame of a panel."""
    for side in sides:
        axis.spines[side].set_visible(False)


def plain(text: str) -> str:
    """Return text that matplotlib prints as it is: a dollar sign begins no formula, a low line hides no label.

    >>> plain("$5 a day"), plain("_small")
    ('\\\\$5 a day', ' _small')
    """
    return (f" {text}" if text.startswith("_") else text).replace("$", r"\$")


def _difference_panel(axis: Axes, table: pd.DataFrame, outcome: Outcome, first: str) -> None:
    rows = table.to_dict("records")
    matters = outcome.shown(outcome.matters)
    axis.axvspan(-matters, matters, color=BAND, zorder=0)
    axis.axvline(0.0, color="black", linewidth=0.8, zorder=1)
    bars = [(row["difference"], row["low"], row["high"], COLOURS[(i + 1) % len(COLOURS)]) for i, row in enumerate(rows)]
    labels = [plain(row["scenario"]) for row in rows]
    if "placebo" in table:
        bars.append((rows[0]["placebo"], rows[0]["placebo_low"], rows[0]["placebo_high"], GREY))
        labels.append("placebo run")
    extent = matters
    for height, (difference, low, high, colour) in enumerate(bars):
        centre, ends = outcome.shown(difference), np.array([outcome.shown(low), outcome.shown(high)])
        axis.plot(ends, [height, height], color=colour, linewidth=2.4, solid_capstyle="butt", zorder=2)
        clear = low > 0 or high < 0
        axis.plot([centre], [height], "o", color=colour, mfc=colour if clear else "white", ms=6, zorder=3)
        reach = [abs(value) for value in (centre, *ends) if np.isfinite(value)]
        extent = max([extent, *reach])
    axis.set_xlim(-1.15 * extent, 1.15 * extent)
    axis.set_ylim(len(bars) - 0.4, -0.6)
    axis.set_yticks(range(len(bars)), labels, fontsize=8)
    axis.tick_params(axis="x", labelsize=8)
    if extent >= _MANY:
        # figures in full are wide; matplotlib's own shorthand would lie on the label
        axis.xaxis.set_major_locator(MaxNLocator(2))
        axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    before = outcome.shown(rows[0]["a"])
    shown = f"{before:,.0f}" if abs(before) >= _WHOLE else f"{before:.3g}"
    axis.set_title(outcome.label, fontsize=9.5, fontweight="bold", loc="left")
    unit = plain(rows[0]["unit"]) if outcome.is_money else outcome.shown_unit
    axis.set_xlabel(f"{unit}; {plain(first)}: {shown}", fontsize=8)
    axis.tick_params(axis="y", length=0)
    if outcome.better is not None:
        left = outcome.better == "lower"
        axis.annotate(
            "\N{LEFTWARDS ARROW} better" if left else "better \N{RIGHTWARDS ARROW}",
            (0.01 if left else 0.99, 0.02),
            xycoords="axes fraction",
            ha="left" if left else "right",
            va="bottom",
            fontsize=8,
            color=GREY,
        )
    without_frame(axis, ("top", "right", "left"))


def _course_panels(panels: SubFigure, weeks: pd.DataFrame, scenario: Scenario) -> None:
    panels.suptitle(
        "Weekly means over replications, with 95% bands (stochastic variation only); dotted: end of the warm-up",
        fontsize=11,
    )
    axes = panels.subplots(_COURSE_ROWS, _COURSE_COLUMNS, squeeze=False).ravel()
    for axis, series in zip(axes, SERIES.values(), strict=False):
        draw_course(axis, weeks, series, scenario.world.warm_up_days, line=1.6)
        axis.set_title(f"{series.label} ({series.unit})", fontsize=10, loc="left")
        axis.set_xlabel("years", fontsize=8)
        axis.tick_params(labelsize=8)
        without_frame(axis)
    for axis in axes[len(SERIES) :]:
        axis.set_axis_off()
    if weeks["scenario"].nunique() > 1:
        axes[0].legend(fontsize=9, frameon=False, loc="best")


def _head_and_caption(figure: Figure, head: str, scenario: Scenario, replications: int) -> None:
    clients = scenario.world.population.clients
    text = (
        f"{counted(replications, 'replication')} of {clients} clients at the start, {scenario.run.days} days after "
        f"{scenario.world.warm_up_days} days of warm-up; seed {scenario.run.seed}; cmsim {__version__}. "
        f"{STANDING} {SAFETY}"
    )
    figure.suptitle(plain(head), fontsize=15, fontweight="bold")
    wide = int(figure.get_figwidth() * _LETTERS_AN_INCH)
    figure.supxlabel(textwrap.fill(text, wide), fontsize=9, color="#444444")
