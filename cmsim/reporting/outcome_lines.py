"""Rows of result tables as people read them: one line an outcome or group, for the terminal and the page alike."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil, log10
from typing import Any

import numpy as np
import pandas as pd

from cmsim.experiments.observed_figures import AGREES, IN_SINGLE_RUNS
from cmsim.outcomes import OUTCOMES, Outcome
from cmsim.reporting.wording import DASH, number, percent, span

Row = Mapping[Hashable, Any]
"""One row of a table by column."""

_NOT_DISTINGUISHABLE = "not distinguishable"
UNCLEAR = "unclear: more runs needed"
"""What is said where an interval shows neither a direction nor that there is no difference worth acting on."""
_COSTS = {"higher": "costs more", "lower": "costs less"}
_SLIGHTLY = {"costs more": "costs slightly more", "costs less": "costs slightly less"}
_TONES = {"better": "good", "worse": "bad", "higher": "plain", "lower": "plain"}


@dataclass(frozen=True)
class Line:
    """One outcome as a reader sees it, of one scenario or of two that are compared.

    Attributes:
        a: of the first scenario, or the mean of the only one.
        interval: of the difference, or of that mean.
        sd: standard deviation between single replications, of a comparison that of the placebo run.
        tone: ``good``, ``bad``, ``plain`` or ``none``, for those who see colour; ``reading`` says it in words.
        observed: the agency's own figure, of the first scenario; empty where there is none.
        centre: the difference in multiples of the smallest important one, as are its ends and the placebo run's.
    """

    label: str
    unit: str
    a: str
    interval: str
    sd: str
    b: str = ""
    change: str = ""
    reading: str = ""
    observed: str = ""
    tone: str = "none"
    centre: float = np.nan
    low: float = np.nan
    high: float = np.nan
    placebo: float = np.nan


@dataclass(frozen=True)
class ObservedLine:
    """An agency's own figure beside the model's.

    Attributes:
        observed: as counted, ``observed_range`` its range and ``n`` of how many; a dash for what is not known.
        mean: the model's, with its ``interval``; ``runs`` is where single replications are expected.
        agrees: whether it lies within the interval, or within what single replications show.
    """

    label: str
    unit: str
    observed: str
    observed_range: str
    n: str
    mean: str
    interval: str
    runs: str
    reading: str
    agrees: bool


@dataclass(frozen=True)
class GroupLine:
    """How many days more or fewer a group of clients is acutely ill, in hospital or without a home.

    Attributes:
        clients: paired, mean of a replication.
        change: mean of a client; as a number ``centre``, with its ends and the placebo run's.
        better: share who are better off in single pairs, in brackets the placebo run's; likewise ``worse``.
    """

    grouping: str
    name: str
    clients: str
    change: str
    interval: str
    better: str
    worse: str
    reading: str
    centre: float
    low: float
    high: float
    placebo: float


def places(outcome: Outcome) -> int:
    """Return the decimal places that show a tenth of the smallest important difference.

    >>> places(OUTCOMES["crises"]), places(OUTCOMES["relapse"]), places(OUTCOMES["minutes_monitoring"])
    (2, 1, 0)
    """
    return max(0, ceil(-log10(outcome.shown(outcome.matters) / 10)))


def lines(rows: pd.DataFrame, names: Iterable[str] | None = None) -> list[Line]:
    """Return outcomes of a table as lines, in the order of the names; by default all in the order of the table."""
    by_name: dict[str, Row] = {row["outcome"]: row for row in rows.to_dict("records")}
    return [
        _line(by_name[name], OUTCOMES[name])
        for name in (by_name if names is None else names)
        if name in by_name and name in OUTCOMES
    ]


def _line(row: Row, outcome: Outcome) -> Line:
    shown = places(outcome)
    unit = str(row.get("unit", outcome.unit)) if outcome.is_money else outcome.shown_unit

    def amount(key: str) -> float:
        return outcome.shown(row.get(key, np.nan))

    observed = number(amount("observed"), shown).strip(DASH)
    if "difference" not in row:
        interval, mean, sd = span(amount("low"), amount("high"), shown), amount("mean"), amount("sd")
        return Line(outcome.label, unit, number(mean, shown), interval, number(sd, shown), observed=observed)
    reading, tone = _reading(row, outcome)
    return Line(
        outcome.label,
        unit,
        a=number(amount("a"), shown),
        interval=span(amount("low"), amount("high"), shown, sign=True),
        sd=number(amount("placebo_sd"), shown),
        b=number(amount("b"), shown),
        change=number(amount("difference"), shown, sign=True),
        reading=reading,
        observed=observed,
        tone=tone,
        centre=row["difference"] / row["matters"],
        low=row["low"] / row["matters"],
        high=row["high"] / row["matters"],
        placebo=row.get("placebo", np.nan) / row["matters"],
    )


def _reading(row: Row, outcome: Outcome) -> tuple[str, str]:
    verdict, small = row["verdict"], row["size"] == "too small to matter"
    if verdict == _NOT_DISTINGUISHABLE:
        return "no difference large enough to act on" if small else UNCLEAR, "none"
    if verdict not in _TONES:
        return verdict, "none"
    word = str(_COSTS.get(verdict, verdict) if outcome.is_money else verdict)
    if small:
        return f"{_SLIGHTLY.get(word, f'slightly {word}')}, not enough to act on", "none"
    return f"{word}, {'enough to act on' if row['size'] == 'matters' else 'how much is unclear'}", _TONES[verdict]


def observed_lines(rows: pd.DataFrame) -> list[ObservedLine]:
    """Return figures of a table of what was observed as lines."""
    found = []
    for row in rows[rows["outcome"].isin(list(OUTCOMES))].to_dict("records"):
        outcome = OUTCOMES[row["outcome"]]
        shown = places(outcome)
        observed, mean = (number(outcome.shown(row[key]), shown) for key in ("observed", "mean"))
        observed_range, interval, runs = (
            span(outcome.shown(row[f"{of}low"]), outcome.shown(row[f"{of}high"]), shown)
            for of in ("observed_", "", "run_")
        )
        unit = str(row["unit"]) if outcome.is_money else outcome.shown_unit
        n, reading = number(row["observed_n"], 0), str(row["reading"])
        agrees = reading in (AGREES, IN_SINGLE_RUNS)
        found.append(
            ObservedLine(outcome.label, unit, observed, observed_range, n, mean, interval, runs, reading, agrees)
        )
    return found


def group_lines(effects: pd.DataFrame, scenario: str) -> list[GroupLine]:
    """Return individual-level effects of a scenario, one line a group of clients."""
    return [_group_line(row) for row in effects[effects["scenario"] == scenario].to_dict("records")]


def _group_line(row: Row) -> GroupLine:
    change, low, high = row["hard_days"], row["low"], row["high"]
    clear = low > 0 or high < 0
    reading = "unclear: may be chance"
    if clear and row.get("beyond_placebo", clear):
        reading = "gains" if change < 0 else "loses"
    return GroupLine(
        row["grouping"],
        row["group"],
        clients=f"{row['clients']:.0f}",
        change=number(change, 1, sign=True),
        interval=span(low, high, 1, sign=True),
        better=_share(row, "better"),
        worse=_share(row, "worse"),
        reading=reading,
        centre=change,
        low=low,
        high=high,
        placebo=row.get("placebo_hard_days", np.nan),
    )


def _share(row: Row, name: str) -> str:
    placebo = percent(row.get(f"placebo_{name}", np.nan))
    return percent(row[name]) + ("" if placebo == DASH else f" ({placebo})")


def uncertainty_rows(table: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows of stochastic variation and parameter uncertainty, one row an outcome."""
    compared = "better" in table
    head = [
        "Outcome",
        "Mean\n(95%)",
        "95% of parameter draws",
        "SD between replications",
        "Variance of a run due to parameter uncertainty\n(95%)",
    ]
    rows = []
    for row in table[table["outcome"].isin(list(OUTCOMES))].to_dict("records"):
        outcome = OUTCOMES[row["outcome"]]
        shown = places(outcome)
        names = ("mean", "low", "high", "expected_low", "expected_high", "stochastic_sd")
        mean, low, high, first, last, sd = (outcome.shown(row[name]) for name in names)
        cells = [
            f"{outcome.label}\n{outcome.shown_unit}",
            f"{number(mean, shown, sign=compared)}\n({span(low, high, shown, sign=compared)})",
            span(first, last, shown, sign=compared),
            number(sd, shown),
            f"{percent(row['share'])}\n({span(100 * row['share_low'], 100 * row['share_high'], 0)})",
        ]
        rows.append([*cells, percent(row["better"])] if compared else cells)
    return [*head, "Better in draws"] if compared else head, rows


def information_rows(table: pd.DataFrame, about: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows of what learning parameters is worth, one row a parameter or group.

    Args:
        table: see :attr:`cmsim.Found.information`.
        about: what a manifest says of the goal.
    """
    objective, unit = OUTCOMES[about["objective_places"]], about["objective_unit"]
    shown = places(objective) + (not objective.is_money)
    head, columns = ["Parameter", f"Worth\n{unit}, ± standard error"], [("value", "error")]
    if table["a_year"].notna().any():
        head.append(f"The agency, a year\n{unit.partition(' per client-year')[0]}, ± standard error")
        columns.append(("a_year", "a_year_error"))
    rows = []
    for row in table.to_dict("records"):
        amounts = [[number(objective.shown(row[name]), shown) for name in pair] for pair in columns]
        told = [" ± ".join(each) if each[0] != DASH else DASH for each in amounts]
        if row["value"] == row["value"] and row["error"] != row["error"]:
            a_client_year = number(objective.shown(row["at_most"]), shown)
            told = [f"not told from nothing, at most {a_client_year}", *[DASH for _ in told[1:]]]
        rows.append([str(row["parameter"]), *told])
    return head, rows


def factor_lines(table: pd.DataFrame, method: str) -> Iterator[tuple[Outcome, str, list[tuple[str, str, bool]]]]:
    """Yield each outcome of a sensitivity analysis with its noise threshold and its factors, the strongest first.

    A factor has its strength with the half-width of its interval, and whether that is clear of the threshold.
    """
    strength = "effect" if method == "morris" else "total"
    for name, rows in table[table["factor"] != "dummy"].groupby("outcome", sort=False):
        if name in OUTCOMES:
            outcome = OUTCOMES[str(name)]
            scale, shown = (outcome.shown(1.0), places(outcome)) if method == "morris" else (1.0, 2)
            floor, *ends = (
                [number(value * scale, shown) for value in rows[column]]
                for column in ("floor", strength, f"{strength}_error")
            )
            amounts = [f"{value} ± {error}" for value, error in zip(*ends, strict=True)]
            yield outcome, floor[0], list(zip(rows["factor"], amounts, rows["clear"].astype(bool), strict=True))
