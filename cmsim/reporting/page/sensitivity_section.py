"""How a result depends on uncertain parameters, read from what ``cmsim sensitivity`` or ``find`` wrote."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cmsim.reporting.outcome_lines import factor_lines, information_rows, uncertainty_rows
from cmsim.reporting.page.results_reader import Folder
from cmsim.reporting.wording import percent

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
    """Return one sensitivity analysis, or search among options, as the page shows it."""
    if folder.command == "find":
        return _found(folder)
    names = [each["name"] for each in folder.scenarios]
    subject = f"the difference from {names[0]} to {names[1]}" if len(names) > 1 else names[0]
    method, notes = folder.manifest["method"], folder.manifest.get("notes", [])[:3]
    if method == "psa":
        return _uncertainty(folder.tables["uncertainty"], subject, notes)
    return _factors(folder.tables["sensitivity"], method, subject, notes)


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


def _found(folder: Folder) -> Analysis:
    answer, *notes = folder.manifest["notes"]
    information, heading = folder.tables.get("information", pd.DataFrame()), f"Options: {folder.manifest['sought']}"
    if information.empty:
        head, rows = (
            ["Option", "Chance of being best", "What became of it"],
            [
                [row["option"], percent(row["chance_best"]), row["status"]]
                for row in folder.tables["options"].to_dict("records")
            ],
        )
        return Analysis(heading, answer, head, rows, notes[:2])
    head, rows = information_rows(information, folder.manifest)
    return Analysis(f"What learning a parameter is worth. {heading}", answer, head, rows, notes[:3])


def _factors(table: pd.DataFrame, method: str, subject: str, notes: Sequence[str]) -> Analysis:
    morris = method == "morris"
    rows: list[tuple[str, ...]] = []
    named: Counter[str] = Counter()
    for outcome, floor, factors in factor_lines(table, method):
        clear = [(factor, amount) for factor, amount, is_clear in factors if is_clear][:_SHOWN]
        named.update(factor for factor, _ in clear)
        strengths = "; ".join(map(" ".join, clear)) or "nothing stands clear of the dummy factor"
        rows.append((outcome.label, strengths, f"{floor} {outcome.shown_unit if morris else 'of the variance'}"))
    most = [factor for factor, _ in named.most_common(_SHOWN)]
    said = (
        f"Most often in front: {', '.join(most)}." if most else "No part of the model stands clear of the dummy factor."
    )
    how = "moves it, over its range, by" if morris else "takes part in this share of its variance"
    head = ("Outcome", f"What {how}", "Noise threshold (dummy factor)")
    return Analysis(f"{'Morris screening' if morris else 'Sobol indices'}: {subject}", said, head, rows, notes)
