"""Figures and names of sensitivity analyses."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cmsim.core.numeric import Floats
from cmsim.outcomes import OUTCOMES
from cmsim.reporting.figures import BAND, COLOURS, GREY, Picture, plain, without_frame
from cmsim.scenario import Scenario

SHOWN = 8
"""Factors of an outcome that tables and figures show."""

_COLUMNS = 4


def sensitivity_figure(scenarios: Sequence[Scenario], table: pd.DataFrame, method: str) -> Figure:
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
        axis.barh(rows["factor"].map(plain), rows[strength] * scale, color=colours, xerr=errors, ecolor=GREY)
        axis.axvline(rows["floor"].iloc[0] * scale, color="black", linestyle=":", linewidth=1.2)
        _finish(axis, outcome.label, outcome.shown_unit if method == "morris" else "share of variance (total)")
    about = subject([each.name for each in scenarios])
    title = f"Sensitivity analysis of {about} ({method}); dotted: noise threshold (dummy factor)"
    figure.suptitle(plain(title), fontsize=13)
    return figure


def uncertainty_figure(scenarios: Sequence[Scenario], expectations: Mapping[str, Floats | None]) -> Figure:
    """Return a figure: for each outcome the distribution of its expectation over draws; ``None``: not defined."""
    figure, axes = _panels(len(expectations))
    for axis, (name, found) in zip(axes, expectations.items(), strict=False):
        outcome = OUTCOMES[name]
        if found is not None:
            axis.hist([outcome.shown(value) for value in found], bins=15, color=COLOURS[0])
        if len(scenarios) > 1:
            matters = outcome.shown(outcome.matters)
            axis.axvspan(-matters, matters, color=BAND, zorder=0)
            axis.axvline(0.0, color="black", linewidth=0.8)
        axis.set_yticks([])
        _finish(axis, outcome.label, outcome.shown_unit)
    title = f"Parameter uncertainty of {subject([each.name for each in scenarios])}: expectations, one a parameter draw"
    figure.suptitle(plain(title), fontsize=13)
    return figure


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    rows = max(1, -(-count // _COLUMNS))
    figure = Picture(figsize=(16.0, 2.6 * rows + 0.6), layout="constrained")
    axes = list(figure.subplots(rows, _COLUMNS, squeeze=False).ravel())
    for axis in axes[count:]:
        axis.set_axis_off()
    return figure, axes


def _finish(axis: Axes, label: str, unit: str) -> None:
    axis.set_title(label, fontsize=10, fontweight="bold", loc="left")
    axis.set_xlabel(unit, fontsize=8)
    axis.tick_params(labelsize=8)
    without_frame(axis)


def subject(names: Sequence[str]) -> str:
    """Return what an analysis of scenarios of these names is about, in words."""
    return names[0] if len(names) == 1 else f"the difference from {names[0]} to {names[1]}"
