"""How a result depends on uncertain parameters, read from what ``cmsim sensitivity`` wrote."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cmsim.outcomes import OUTCOMES, Outcome
from cmsim.reporting.outcome_lines import places, uncertainty_rows
from cmsim.reporting.page.results_reader import Folder
from cmsim.reporting.wording import number

_FIRM = 0.95
"""Probability from which a direction is called firm."""
_SHOWN = 3
"""Factors of an outcome that the page names."""


@dataclass(frozen=True)
class Analysis:
    """One analysis as the page shows it: what it is, a sentence or two, a table in words and its caveats."""

    heading: str
    said: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


def describe_analysis(folder: Folder) -> Analysis:
    """Return one sensitivity analysis as the page shows it."""
    names = [each["name"] for each in folder.scenarios]
    subject = f"the difference from {names[0]} to {names[1]}" if len(names) > 1 else names[0]
    method, notes = folder.manifest["method"], folder.manifest.get("notes", [])[:3]
    if method == "psa":
        return _uncertainty(folder.tables["uncertainty"], subject, notes)
    return _factors(folder.tables["sensitivity"], method == "morris", subject, notes)


def _uncertainty(table: pd.DataFrame, subject: str, notes: Sequence[str]) -> Analysis:
    head, rows = uncertainty_rows(table)
    said = "Uncertain parameters were drawn from their distributions, one parameter set a draw."
    if "better" in table:
        probability = table["better"]
        firm, against = probability >= _FIRM, probability <= 1.0 - _FIRM
        for words, chosen in (
            ("Better with a probability of 95% or more", firm),
            ("Worse with a probability of 95% or more", against),
            ("Cannot tell yet, by parameter uncertainty or too few replications", ~firm & ~against),
        ):
            labels = table["label"][chosen & np.isfinite(probability)].str.lower()
            said += f" {words}: {', '.join(labels)}." if len(labels) else ""
    return Analysis(f"Parameter uncertainty: {subject}", said, head, rows, notes)


def _factors(table: pd.DataFrame, morris: bool, subject: str, notes: Sequence[str]) -> Analysis:
    rows: list[tuple[str, ...]] = []
    named: Counter[str] = Counter()
    for name, found in table[table["factor"] != "dummy"].groupby("outcome", sort=False):
        if name not in OUTCOMES:
            continue
        outcome = OUTCOMES[str(name)]
        clear = found[found["clear"].astype(bool)].head(_SHOWN)
        named.update(clear["factor"])
        strength = "effect" if morris else "total"
        strengths = [
            f"{factor} {_amount(value, outcome, morris)} ± {_amount(error, outcome, morris)}"
            for factor, value, error in zip(clear["factor"], clear[strength], clear[f"{strength}_error"], strict=True)
        ]
        unit = outcome.shown_unit if morris else "of the variance"
        threshold = f"{_amount(found['floor'].iloc[0], outcome, morris)} {unit}"
        rows.append((outcome.label, "; ".join(strengths) or "nothing stands clear of the dummy factor", threshold))
    most = [factor for factor, _ in named.most_common(_SHOWN)]
    said = (
        f"Most often in front: {', '.join(most)}." if most else "No part of the model stands clear of the dummy factor."
    )
    how = "moves it, over its range, by" if morris else "takes part in this share of its variance"
    head = ("Outcome", f"What {how}", "Noise threshold (dummy factor)")
    return Analysis(f"{'Morris screening' if morris else 'Sobol indices'}: {subject}", said, head, rows, notes)


def _amount(value: float, outcome: Outcome, morris: bool) -> str:
    return number(outcome.shown(value), places(outcome)) if morris else number(value, 2)
