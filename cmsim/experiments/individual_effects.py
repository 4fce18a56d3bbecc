"""How many persons fare better or worse under another policy, beside what mere chaos does to them.

In a single pair of replications almost everybody's life differs. What counts is how many more fare better or
worse than in the placebo twin; means over replications are expectations, single lives are illustrations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cmsim.experiments.statistics import Interval, student_interval
from cmsim.outcomes import Fates

if TYPE_CHECKING:
    from cmsim.experiments.replications import RunSummary

MATTERS_DAYS = 14.0
"""Change in hard days over the window from which a person fares better or worse (an assumption)."""

_SHARES = ("better", "worse")


def fates_table(
    names: Sequence[str],
    first: Sequence[RunSummary],
    others: Sequence[Sequence[RunSummary]],
    placebo: Sequence[RunSummary] | None,
) -> pd.DataFrame:
    """Return shares of persons who fare better and worse than under A, by group.

    A hard day is a day acutely ill, in hospital or without a home. A person who has at least 14 fewer over
    the window than under A fares better, one who has at least 14 more worse. Only those with the service in
    both replications are paired.

    Args:
        names: of the scenarios compared with A.
        first: the runs of A.
        others: the runs of each scenario, in the order of the names.
        placebo: the runs of A's placebo twin.

    Returns:
        one row a scenario, grouping and group: ``clients`` (paired, a replication), ``better, worse`` and
        ``placebo_better, placebo_worse`` (shares), ``hard_days`` (mean change a person, with ``low, high``),
        ``placebo_hard_days`` and ``beyond_placebo``: whether that interval keeps clear of the twin's.
    """
    twin = _by_group(first, placebo) if placebo is not None else {}
    rows = []
    for name, runs in zip(names, others, strict=True):
        for (grouping, group), changes in _by_group(first, runs).items():
            row: dict[str, object] = {"scenario": name, "grouping": grouping, "group": group}
            row["clients"] = float(np.mean([len(change) for change in changes]))
            row |= _shares(changes)
            if (grouping, group) in twin:
                row |= {f"placebo_{key}": share for key, share in _shares(twin[grouping, group]).items()}
            net = _mean_change(changes)
            row |= {"hard_days": net.mean, "low": net.low, "high": net.high}
            if (grouping, group) in twin:
                chaos = _mean_change(twin[grouping, group])
                row["placebo_hard_days"] = chaos.mean
                row["beyond_placebo"] = bool(net.low > chaos.high or net.high < chaos.low)
            rows.append(row)
    return pd.DataFrame(rows)


def _mean_change(changes: Sequence[np.ndarray]) -> Interval:
    return student_interval([change.mean() if len(change) else np.nan for change in changes])


def _shares(changes: Sequence[np.ndarray]) -> Mapping[str, float]:
    pooled = np.concatenate(changes)
    if not len(pooled):
        return dict.fromkeys(_SHARES, np.nan)
    return {
        "better": float(np.mean(pooled <= -MATTERS_DAYS)),
        "worse": float(np.mean(pooled >= MATTERS_DAYS)),
    }


def _by_group(first: Sequence[RunSummary], second: Sequence[RunSummary]) -> dict[tuple[str, str], list[np.ndarray]]:
    """Return the change of hard days of each paired person, a list of replications by (grouping, group)."""
    found: dict[tuple[str, str], list[np.ndarray]] = {}
    for mine, theirs in zip(first, second, strict=True):
        a, b = _paired(mine.fates, theirs.fates)
        change = theirs.fates.hard_days[b] - mine.fates.hard_days[a]
        for name, grouping in mine.fates.groupings.items():
            code = grouping.code[a]
            for position, group in enumerate(grouping.names):
                found.setdefault((name, group), []).append(change[code == position])
    # a group that is first met in a later history stands with those of its grouping
    names = dict.fromkeys(name for name, _ in found)
    return {key: found[key] for name in names for key in found if key[0] == name}


def _paired(a: Fates, b: Fates) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the persons who are with the service in both."""
    here, there = np.flatnonzero(a.days > 0), np.flatnonzero(b.days > 0)
    _, mine, theirs = np.intersect1d(a.key[here], b.key[there], return_indices=True)
    return here[mine], there[theirs]
