"""The answer in sentences and rows, in the units of the service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cmsim.core.simtime import MONTHS_PER_YEAR, YEAR_DAYS
from cmsim.outcomes import OUTCOMES, Outcome
from cmsim.reporting.terminal_tables import number, places

_WEEKS_A_MONTH = YEAR_DAYS / 7.0 / MONTHS_PER_YEAR
_SERVICE = (
    "recorded_contacts",
    "client_contacts",
    "unseen_30",
    "handovers",
    "bed_days",
    "crises",
    "homeless_days",
    "waiting",
    "staff_hours",
)
"""Outcomes in the units a service counts in, shown first; costs follow where they are present."""
_NAMED = 3
"""Outcomes that the answer names on either side."""


@dataclass(frozen=True)
class Line:
    """One outcome as a reader sees it: words ready to print, numbers ready to draw.

    Attributes:
        label: the outcome.
        unit: as shown.
        a: of the first scenario (or the mean of the only one).
        b: of the other; empty for one scenario.
        change: the difference; of one scenario empty.
        interval: of the difference or mean, in words.
        reading: what it shows, in words.
        tone: ``good``, ``bad``, ``plain`` or ``none``, for those who see colour; the words say it too.
        centre: the difference in multiples of the smallest one that matters; nan for one scenario.
        low: lower end of its interval, likewise.
        high: upper end.
        placebo: difference of the placebo twin, likewise.
    """

    label: str
    unit: str
    a: str
    b: str
    change: str
    interval: str
    reading: str
    tone: str
    centre: float
    low: float
    high: float
    placebo: float


def service_names(frame: pd.DataFrame) -> list[str]:
    """Return the outcomes in service units that a table holds, costs included."""
    known = [name for name in dict.fromkeys(frame["outcome"]) if name in OUTCOMES]
    costs = [name for name in known if name.startswith("cost_") and OUTCOMES[name].main]
    return [name for name in (*_SERVICE, *costs) if name in known]


def lines(rows: pd.DataFrame, names: Sequence[str]) -> list[Line]:
    """Return some outcomes of a table as lines, in the order of the names."""
    by_name = {row["outcome"]: row for row in rows.to_dict("records")}
    return [_line(by_name[name], OUTCOMES[name]) for name in names if name in by_name]


def _line(row: dict[Any, Any], outcome: Outcome) -> Line:
    weekly = outcome.name == "recorded_contacts"
    unit = "recorded per worker and week" if weekly else outcome.shown_unit
    shown = places(outcome) + (1 if weekly else 0)

    def value(key: str, sign: bool = False) -> str:
        found = outcome.shown(row.get(key, np.nan))
        return number(found / _WEEKS_A_MONTH if weekly else found, shown, sign=sign)

    if "difference" not in row:
        interval = f"{value('low')} to {value('high')}"
        return Line(outcome.label, unit, value("mean"), "", "", interval, "", "none", *[np.nan] * 4)
    scale = row["matters"]
    reading, tone = _reading(row)
    return Line(
        outcome.label,
        unit,
        value("a"),
        value("b"),
        value("difference", True),
        f"{value('low', True)} to {value('high', True)}",
        reading,
        tone,
        row["difference"] / scale,
        row["low"] / scale,
        row["high"] / scale,
        row.get("placebo", np.nan) / scale,
    )


def _reading(row: dict[Any, Any]) -> tuple[str, str]:
    verdict, size = row["verdict"], row["size"]
    if verdict == "not distinguishable":
        if size == "too small to matter":
            return "no difference that matters", "none"
        return "not distinguishable", "none"
    if verdict in ("identical", "not defined"):
        return verdict, "none"
    more = {"too small to matter": ", too small to matter", "matters": ", and it matters"}.get(size, "")
    tone = {"better": "good", "worse": "bad"}.get(verdict, "plain")
    return verdict + more, "none" if size == "too small to matter" else tone


def answer(rows: pd.DataFrame, first: str, other: str, replications: int) -> list[str]:
    """Return the answer of one comparison: what changes, what does not, what cannot be told.

    The outcomes that are named are the main ones, by how many times the smallest difference that matters they
    change.
    """
    main = rows[rows["main"].astype(bool) & rows["outcome"].isin(OUTCOMES)].copy()
    main["times"] = (main["difference"] / main["matters"]).abs()
    main = main.sort_values("times", ascending=False, kind="stable")
    told = main[main["size"] != "too small to matter"]
    better, worse, moved = (
        _changes(told[told["verdict"].isin(words)]) for words in (["better"], ["worse"], ["higher", "lower"])
    )
    found = [
        f"{verb} {joined(said)}"
        for verb, said in (("improves", better), ("worsens", worse), ("changes", moved))
        if said
    ]
    sentences = [f"{other} instead of {first} {'; it '.join(found)}."]
    if not found:
        sentences = [f"{other} instead of {first} is not shown to change any main outcome by what matters."]
    same = main[main["size"] == "too small to matter"]
    if len(same):
        sentences.append(f"No difference that matters: {_labels(same)}.")
    unclear = main[(main["verdict"] == "not distinguishable") & (main["size"] != "too small to matter")]
    if len(unclear):
        counted = "1 replication" if replications == 1 else f"{replications} replications"
        sentences.append(f"Not distinguishable with {counted} each: {_labels(unclear)}.")
    undefined = main[main["verdict"] == "not defined"]
    if len(undefined):
        sentences.append(f"Not defined in these scenarios: {_labels(undefined)}.")
    return sentences


def _changes(rows: pd.DataFrame) -> list[str]:
    said = [
        f"{lower(line.label)} ({line.b} instead of {line.a}{',' if ',' in line.unit else ''} {line.unit})"
        for line in lines(rows, list(rows["outcome"]))
    ]
    rest = len(said) - _NAMED
    return [*said[:_NAMED], f"{rest} more outcomes below"] if rest > 0 else said


def _labels(rows: pd.DataFrame) -> str:
    return joined([lower(OUTCOMES[name].label) for name in rows["outcome"]])


def lower(label: str) -> str:
    """Return a label as it stands within a sentence."""
    return label[:1].lower() + label[1:]


def joined(words: Sequence[str]) -> str:
    """Return words as a list in a sentence."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
