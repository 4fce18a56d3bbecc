"""Figures: differences with their intervals in the units of the service, and time courses.

Colours are those of Okabe and Ito, which people with any common colour vision tell apart; lines also differ
in style.
"""

import io
import textwrap
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from cmsim.core.errors import CmsimError, nearest
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
_MANY = 1_000.0
"""The end of an axis from which its figures are written in full, and few of them."""
BAND = "#ECECEC"
_COLUMNS = 5
_LETTERS_AN_INCH = 13
"""Of a caption in letters of 9 points, so that it fits between the edges."""
_COURSE_COLUMNS = 3
_DOTS_PER_INCH = 150
_DOTS_IN_NOTEBOOKS = 80


class Picture(Figure):
    """A figure that notebooks show as it is, without a word to matplotlib before."""

    def _repr_png_(self) -> bytes:
        png = io.BytesIO()
        draw(self, png, _DOTS_IN_NOTEBOOKS)
        return png.getvalue()


def draw(figure: Figure, file: Path | BinaryIO, dots_per_inch: int = _DOTS_PER_INCH) -> None:
    """Save a figure as PNG, without LaTeX whatever the user's matplotlibrc says: few machines have all of it."""
    with mpl.rc_context({"text.usetex": False}):
        for text in figure.findobj(Text):
            text.set_usetex(False)
        figure.savefig(file, dpi=dots_per_inch, format="png")


def panels(names: Collection[str] | None, measured: Iterable[Outcome]) -> tuple[list[Outcome], list[Series]]:
    """Return the outcomes and time courses of some names; without names the main outcomes and all time courses.

    Args:
        names: of outcomes and of time courses, in any order; a name of both shows both.
        measured: the outcomes that there are.

    Raises:
        CmsimError: there is no outcome or time course of a name; the message names the nearest.
    """
    by_name = {outcome.name: outcome for outcome in measured}
    if names is None:
        return [outcome for outcome in by_name.values() if outcome.main], list(SERIES.values())
    given = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    for name in given:
        if name not in by_name and name not in SERIES:
            raise CmsimError(f'unknown outcome "{name}"{nearest(name, [*by_name, *SERIES])}')
    return [by_name[name] for name in given if name in by_name], [SERIES[name] for name in given if name in SERIES]


def comparison_figure(
    scenarios: Sequence[Scenario],
    table: pd.DataFrame,
    weeks: pd.DataFrame,
    replications: int,
    outcomes: Collection[str] | None = None,
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
        outcomes: names of outcomes and time courses that are shown instead, see :func:`panels`.
    """
    defined = set(table["outcome"][np.isfinite(table["difference"].to_numpy(dtype=float))])
    chosen, courses = panels(outcomes, (OUTCOMES[name] for name in dict.fromkeys(table["outcome"])))
    shown = [outcome for outcome in chosen if outcome.name in defined]
    first, *others = (scenario.name for scenario in scenarios)
    figure, upper, lower = _parts(len(shown), 1.45 + 0.25 * len(others), courses)
    upper.suptitle(
        f"Difference from {first} with 95% interval (stochastic variation only); filled: clear of zero; "
        "grey band: not enough to act on; grey point: placebo run",
        fontsize=11,
    )
    for axis, outcome in zip(_grid(upper, len(shown), _COLUMNS, sharey=True), shown, strict=True):
        _difference_panel(axis, table[table["outcome"] == outcome.name], outcome, first)
    _course_panels(lower, weeks, scenarios[0], courses)
    _head_and_caption(figure, f"What changes from {first} to {listed(others)}", scenarios[0], replications)
    return figure


def repeated_figure(
    scenario: Scenario, values: pd.DataFrame, table: pd.DataFrame, weeks: pd.DataFrame, outcomes: Collection[str] | None
) -> Figure:
    """Return a figure of one scenario: its time courses, or what is asked for.

    Args:
        scenario: what was simulated.
        values: one row a replication, one column an outcome.
        table: means with their intervals, see :attr:`cmsim.Repeated.table`.
        weeks: the time courses, see :func:`week_table`.
        outcomes: names of outcomes and time courses, see :func:`panels`; all time courses if ``None``.
    """
    wanted = list(SERIES) if outcomes is None else outcomes
    shown, courses = panels(wanted, (OUTCOMES[name] for name in table["outcome"]))
    figure, upper, lower = _parts(len(shown), 1.7, courses)
    upper.suptitle("Single replications, and above them their mean with its 95% interval", fontsize=11)
    rows = table.set_index("outcome").to_dict("index")
    for axis, outcome in zip(_grid(upper, len(shown), _COLUMNS), shown, strict=True):
        mean, low, high = (outcome.shown(rows[outcome.name][name]) for name in ("mean", "low", "high"))
        axis.plot(outcome.shown(1.0) * values[outcome.name], [0.0] * len(values), "|", color=GREY, markersize=14)
        axis.plot([low, high], [1.0, 1.0], color=COLOURS[0], linewidth=2.4, solid_capstyle="butt")
        axis.plot([mean], [1.0], "o", color=COLOURS[0])
        axis.set_ylim(-0.8, 1.6)
        axis.set_yticks([])
        axis.tick_params(axis="x", labelsize=8)
        axis.set_title(outcome.label, fontsize=9.5, fontweight="bold", loc="left")
        axis.set_xlabel(plain(rows[outcome.name]["unit"]) if outcome.is_money else outcome.shown_unit, fontsize=8)
        without_frame(axis, ("top", "right", "left"))
    _course_panels(lower, weeks, scenario, courses)
    _head_and_caption(figure, scenario.title or scenario.name, scenario, len(values))
    return figure


def _parts(shown: int, row: float, courses: Sequence[Series]) -> tuple[Figure, SubFigure, SubFigure]:
    """Return a figure with its parts for outcomes, each row so high, and for time courses."""
    heights = [-(-shown // _COLUMNS) * row, -(-len(courses) // _COURSE_COLUMNS) * 2.3]
    figure = Picture(figsize=(15.5, sum(heights) + 1.6), layout="constrained")
    ratios = [max(height, 0.01) for height in heights]
    upper, lower = figure.subfigures(2, 1, height_ratios=ratios, squeeze=False)[:, 0]
    return figure, upper, lower


def _grid(part: SubFigure, count: int, columns: int, *, sharey: bool = False) -> list[Axes]:
    """Return so many panels in a part of a figure, which says nothing where there are none."""
    if not count:
        part.suptitle("")
        return []
    axes = part.subplots(-(-count // columns), columns, squeeze=False, sharey=sharey).ravel()
    for axis in axes[count:]:
        axis.set_axis_off()
    return list(axes[:count])


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


def _course_panels(part: SubFigure, weeks: pd.DataFrame, scenario: Scenario, courses: Sequence[Series]) -> None:
    part.suptitle(
        "Weekly means over replications, with 95% bands (stochastic variation only); dotted: end of the warm-up",
        fontsize=11,
    )
    axes = _grid(part, len(courses), _COURSE_COLUMNS)
    for axis, series in zip(axes, courses, strict=True):
        draw_course(axis, weeks, series, scenario.world.warm_up_days, line=1.6)
        axis.set_title(f"{series.label} ({series.unit})", fontsize=10, loc="left")
        axis.set_xlabel("years", fontsize=8)
        axis.tick_params(labelsize=8)
        without_frame(axis)
    if axes and weeks["scenario"].nunique() > 1:
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
