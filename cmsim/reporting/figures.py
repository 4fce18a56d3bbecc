"""Pictures: differences with their intervals in the units of the service, and time courses.

Colours are those of Okabe and Ito, which people with any common colour vision tell apart; lines also differ
in style.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from cmsim.core.simtime import WEEK_DAYS, YEAR_DAYS
from cmsim.core.version import __version__
from cmsim.experiments.caveats import SAFETY, STANDING
from cmsim.experiments.statistics import course_interval
from cmsim.outcomes import OUTCOMES, SERIES, Outcome
from cmsim.scenario import Scenario

if TYPE_CHECKING:
    from cmsim.experiments.comparison import Comparison
    from cmsim.experiments.repetition import Repeated

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_STYLES = ("-", "--", "-.", ":", "-", "--")
_GREY = "#767676"
_WHOLE = 1000.0
"""A level of which no decimals are shown."""
_BAND = "#ECECEC"
_COLUMNS = 5
_LETTERS_AN_INCH = 13
"""Of a caption in letters of 9 points, so that it fits between the edges."""
_COURSE_COLUMNS = 3


def comparison_figure(comparison: Comparison) -> Figure:
    """Return a figure of a comparison: a panel a main outcome, then the time courses.

    Each upper panel shows the difference from the first scenario with its 95% interval, the placebo twin in
    grey beneath, and the differences that are too small to matter as a band around zero. Outcomes that are
    defined nowhere, such as costs of which a price is open, have no panel; the notes name them.
    """
    table = comparison.table
    defined = set(table["outcome"][np.isfinite(table["difference"].to_numpy(dtype=float))])
    shown = [outcome for outcome in OUTCOMES.values() if outcome.main and outcome.name in defined]
    rows = max(-(-len(shown) // _COLUMNS), 1)
    course_rows = -(-len(SERIES) // _COURSE_COLUMNS)
    arms = len(comparison.scenarios) - 1
    heights = [rows * (1.45 + 0.25 * arms), course_rows * 2.3]
    figure = Figure(figsize=(15.5, sum(heights) + 1.3), layout="constrained")
    upper, lower = figure.subfigures(2, 1, height_ratios=heights)
    _difference_panels(upper, comparison, shown, rows)
    _course_panels(lower, comparison, comparison.scenarios, course_rows)
    first = comparison.scenarios[0].name
    figure.suptitle(
        f"What changes from {first} to {_listed([s.name for s in comparison.scenarios[1:]])}",
        fontsize=15,
        fontweight="bold",
    )
    _caption(figure, comparison.scenarios[0], comparison.replications)
    return figure


def course_figure(repeated: Repeated) -> Figure:
    """Return a figure of the time courses of one scenario."""
    rows = -(-len(SERIES) // _COURSE_COLUMNS)
    figure = Figure(figsize=(15.5, rows * 2.6 + 1.2), layout="constrained")
    (panels,) = figure.subfigures(1, 1, squeeze=False)[0]
    _course_panels(panels, repeated, (repeated.scenario,), rows)
    figure.suptitle(repeated.scenario.title or repeated.scenario.name, fontsize=15, fontweight="bold")
    _caption(figure, repeated.scenario, repeated.replications)
    return figure


def _difference_panels(panels: SubFigure, comparison: Comparison, shown: Sequence[Outcome], rows: int) -> None:
    first = comparison.scenarios[0].name
    panels.suptitle(
        f"Difference from {first} with 95% interval (chance only); filled: clear of zero; "
        "grey band: too small to matter; grey point: placebo twin",
        fontsize=11,
    )
    axes = panels.subplots(rows, _COLUMNS, squeeze=False, sharey=True).ravel()
    for axis, outcome in zip(axes, shown, strict=False):
        _difference_panel(axis, comparison, outcome)
    for axis in axes[len(shown) :]:
        axis.set_axis_off()


def _difference_panel(axis: Axes, comparison: Comparison, outcome: Outcome) -> None:
    rows = comparison.table[comparison.table["outcome"] == outcome.name].to_dict("records")
    matters = outcome.shown(outcome.matters)
    axis.axvspan(-matters, matters, color=_BAND, zorder=0)
    axis.axvline(0.0, color="black", linewidth=0.8, zorder=1)
    bars = [(row["difference"], row["low"], row["high"], COLOURS[(i + 1) % len(COLOURS)]) for i, row in enumerate(rows)]
    labels = [scenario.name for scenario in comparison.scenarios[1:]]
    if comparison.placebo is not None:
        bars.append((rows[0]["placebo"], rows[0]["placebo_low"], rows[0]["placebo_high"], _GREY))
        labels.append("placebo twin")
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
    before = outcome.shown(rows[0]["a"])
    said = f"{before:,.0f}" if abs(before) >= _WHOLE else f"{before:.3g}"
    axis.set_title(outcome.label, fontsize=9.5, fontweight="bold", loc="left")
    axis.set_xlabel(f"{outcome.shown_unit}; {comparison.scenarios[0].name}: {said}", fontsize=8)
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
            color=_GREY,
        )
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)


def _course_panels(panels: SubFigure, result: Comparison | Repeated, scenarios: Sequence[Scenario], rows: int) -> None:
    panels.suptitle(
        "Weekly means over replications, with 95% bands (chance only); dotted: end of the warm-up", fontsize=11
    )
    axes = panels.subplots(rows, _COURSE_COLUMNS, squeeze=False).ravel()
    for axis, series in zip(axes, SERIES.values(), strict=False):
        for i, (name, runs) in enumerate(result.series(series.name).items()):
            mean, low, high = course_interval(runs)
            years = np.arange(len(mean)) * WEEK_DAYS / YEAR_DAYS
            colour, style = COLOURS[i % len(COLOURS)], _STYLES[i % len(_STYLES)]
            axis.fill_between(years, low, high, color=colour, alpha=0.18, linewidth=0)
            axis.plot(years, mean, style, color=colour, linewidth=1.6, label=name)
        axis.axvline(scenarios[0].world.warm_up_days / YEAR_DAYS, color="black", linewidth=0.9, linestyle=":")
        axis.set_ylim(bottom=0.0)
        axis.set_title(f"{series.label} ({series.unit})", fontsize=10, loc="left")
        axis.set_xlabel("years", fontsize=8)
        axis.tick_params(labelsize=8)
        for side in ("top", "right"):
            axis.spines[side].set_visible(False)
    for axis in axes[len(SERIES) :]:
        axis.set_axis_off()
    if len(scenarios) > 1:
        axes[0].legend(fontsize=9, frameon=False, loc="best")


def _caption(figure: Figure, scenario: Scenario, replications: int) -> None:
    counted = "1 replication" if replications == 1 else f"{replications} replications"
    clients = scenario.world.population.clients
    text = (
        f"{counted} of {clients} clients at the start, {scenario.run.days} days after "
        f"{scenario.world.warm_up_days} days of warm-up; seed {scenario.run.seed}; cmsim {__version__}. "
        f"{STANDING} {SAFETY}"
    )
    wide = int(figure.get_figwidth() * _LETTERS_AN_INCH)
    figure.supxlabel(textwrap.fill(text, wide), fontsize=9, color="#444444")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
