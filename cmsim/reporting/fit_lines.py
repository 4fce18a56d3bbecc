"""Rows of the tables of a fit as people read them, for the terminal and the page alike."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cmsim.outcomes import OUTCOMES
from cmsim.reporting.outcome_lines import Row, places
from cmsim.reporting.wording import DASH, lower, number, percent, span

_GOOD = ("reached", "agreed before")


@dataclass(frozen=True)
class FigureLine:
    """An observed figure with the model before and after a fit.

    Attributes:
        agrees: range that counts as agreement.
        agreed: whether it was reached, or agreed before.
        centre: the model after the fit, from the figure, in multiples of the distance that just agrees; so are the
            ends of the accepted sets, and where it was before (``placebo``).
    """

    label: str
    unit: str
    observed: str
    observed_range: str
    agrees: str
    before: str
    after: str
    after_range: str
    reading: str
    why: str
    agreed: bool
    centre: float
    low: float
    high: float
    placebo: float


@dataclass(frozen=True)
class MovedLine:
    """A parameter that was moved.

    Attributes:
        range: within which it was moved; ``kept`` is that of the accepted sets, ``left`` its share.
        centre: the nearest set, where the range runs from -1 to 1; so are the ends of the accepted sets, and the value
            before (``placebo``).
    """

    parameter: str
    unit: str
    before: str
    after: str
    range: str
    kept: str
    left: str
    bears_on: str
    centre: float
    low: float
    high: float
    placebo: float


def figure_lines(figures: pd.DataFrame) -> list[FigureLine]:
    """Return a line for each observed figure, in the order of the table, see :attr:`cmsim.AgencyFit.figures`."""
    return [_figure(row) for row in figures.astype({"why": object}).fillna({"why": ""}).to_dict("records")]


def moved_lines(moved: pd.DataFrame) -> list[MovedLine]:
    """Return a line for each parameter that was moved, see :attr:`cmsim.AgencyFit.moved`."""
    return [_moved(row) for row in moved.fillna({"unit": ""}).to_dict("records")]


def agreement_reach(row: Row) -> float:
    """Return the distance from an observed figure at which the model just agrees."""
    # the range that agrees may be cut at 0 or 1, so that the longer side is the measure
    return float(max(row["observed"] - row["agrees_low"], row["agrees_high"] - row["observed"])) or 1.0


def _figure(row: Row) -> FigureLine:
    outcome = OUTCOMES[row["outcome"]]
    shown = places(outcome)
    value = {key: number(outcome.shown(row[key]), shown) for key in ("observed", "before", "after")}
    ends = {
        key: span(outcome.shown(row[f"{key}_low"]), outcome.shown(row[f"{key}_high"]), shown)
        for key in ("observed", "agrees", "after")
    }
    centre, low, high, before = (
        (row[key] - row["observed"]) / agreement_reach(row) for key in ("after", "after_low", "after_high", "before")
    )
    return FigureLine(
        outcome.label,
        str(row["unit"]) if outcome.is_money else outcome.shown_unit,
        value["observed"],
        "" if ends["observed"] == DASH else ends["observed"],
        ends["agrees"],
        value["before"],
        value["after"],
        "" if ends["after"] == DASH else ends["after"],
        row["reading"],
        row["why"],
        row["reading"] in _GOOD,
        centre,
        low,
        high,
        before,
    )


def _moved(row: Row) -> MovedLine:
    middle, half = (row["low"] + row["high"]) / 2.0, (row["high"] - row["low"]) / 2.0
    centre, low, high, before = ((row[key] - middle) / half for key in ("after", "kept_low", "kept_high", "before"))
    return MovedLine(
        row["parameter"],
        row["unit"],
        f"{row['before']:.3g}",
        f"{row['after']:.3g}",
        f"{row['low']:.3g} to {row['high']:.3g}",
        f"{row['kept_low']:.3g} to {row['kept_high']:.3g}" if np.isfinite(row["kept_low"]) else DASH,
        percent(row["left"]),
        lower(OUTCOMES[row["main_target"]].label) if row["main_target"] in OUTCOMES else DASH,
        centre,
        low,
        high,
        before,
    )
