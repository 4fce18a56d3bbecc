"""What the answer hangs on, read from what ``cmsim sensitivity`` wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cmsim.outcomes import OUTCOMES
from cmsim.reporting.page.results_reader import Folder
from cmsim.reporting.terminal_tables import number, places

_FIRM = 0.95
"""Probability from which a direction is called firm."""
_SHOWN = 3
"""Factors of an outcome that the page names."""


@dataclass(frozen=True)
class HangsOn:
    """One analysis as the page tells it.

    Attributes:
        heading: which analysis, of what.
        said: what it shows, in a sentence or two.
        head: of the table.
        rows: of the table, in words.
        notes: what has to be said beside it.
    """

    heading: str
    said: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    notes: list[str]


def hangs_on(folder: Folder) -> HangsOn:
    """Return one analysis as the page tells it."""
    names = [each["name"] for each in folder.scenarios]
    subject = f"the difference from {names[0]} to {names[1]}" if len(names) > 1 else names[0]
    notes = list(folder.manifest.get("notes", []))[:3]
    if folder.manifest.get("method") == "psa":
        return _worlds(folder.tables["uncertainty"], subject, notes)
    return _factors(folder.tables["sensitivity"], folder.manifest["method"], subject, notes)


def _worlds(table: pd.DataFrame, subject: str, notes: list[str]) -> HangsOn:
    compared = "better" in table
    rows = []
    better_in, worse_in, unclear = [], [], []
    for row in table.to_dict("records"):
        if row["outcome"] not in OUTCOMES:
            continue
        outcome = OUTCOMES[row["outcome"]]
        shown = places(outcome)
        low, high, mean = (
            number(outcome.shown(row[key]), shown, sign=compared) for key in ("expected_low", "expected_high", "mean")
        )
        cells = [outcome.label, f"{mean} {outcome.shown_unit}", f"{low} to {high}", _share(row["share"])]
        if compared:
            better = row["better"]
            cells.append(_share(better))
            if np.isfinite(better):
                where = better_in if better >= _FIRM else worse_in if better <= 1.0 - _FIRM else unclear
                where.append(outcome.label.lower())
        rows.append(tuple(cells))
    said = "Numbers that are not known were drawn from their plausible ranges, one world a draw."
    if compared:
        for words, where in (
            ("Better with a probability of 95% or more", better_in),
            ("Worse with a probability of 95% or more", worse_in),
            ("Direction open, by ignorance or by too few replications", unclear),
        ):
            said += f" {words}: {', '.join(where)}." if where else ""
    head = ["Outcome", "Mean", "95% of plausible worlds", "Variance of a history that is ignorance, not chance"]
    if compared:
        head.append("Probability of better")
    return HangsOn(f"Plausible worlds: {subject}", said, tuple(head), rows, notes)


def _factors(table: pd.DataFrame, method: str, subject: str, notes: list[str]) -> HangsOn:
    morris = method == "morris"
    key, error = ("effect", "effect_error") if morris else ("total", "total_error")
    rows, named = [], {}
    for name, found in table[table["factor"] != "dummy"].groupby("outcome", sort=False):
        if name not in OUTCOMES:
            continue
        outcome = OUTCOMES[str(name)]
        clear = found[found["clear"].astype(bool)].head(_SHOWN)
        for factor in clear["factor"]:
            named[factor] = named.get(factor, 0) + 1
        told = [_strength(row, outcome, key, error, morris) for row in clear.to_dict("records")]
        floor = outcome.shown(found["floor"].iloc[0]) if morris else found["floor"].iloc[0]
        unit = outcome.shown_unit if morris else "of the variance"
        rows.append(
            (
                outcome.label,
                "; ".join(told) or "nothing stands clear of the dummy",
                f"{number(floor, places(outcome) if morris else 2)} {unit}",
            )
        )
    most = sorted(named, key=lambda factor: -named[factor])[:_SHOWN]
    said = (
        f"Most often in front: {', '.join(most)}." if most else "No part of the model stands clear of the dummy factor."
    )
    how = "moves it, over its range, by" if morris else "takes part in this share of its variance"
    head = ("Outcome", f"What {how}", "Dummy (means nothing)")
    title = "Morris screening" if morris else "Sobol indices"
    return HangsOn(f"{title}: {subject}", said, head, rows, notes)


def _strength(row: dict[Any, Any], outcome: Any, key: str, error: str, morris: bool) -> str:
    scale = outcome.shown(1.0) if morris else 1.0
    shown = places(outcome) if morris else 2
    return f"{row['factor']} {number(row[key] * scale, shown)} ± {number(row[error] * scale, shown)}"


def _share(value: float) -> str:
    return f"{value:.0%}" if np.isfinite(value) else "\N{EN DASH}"
