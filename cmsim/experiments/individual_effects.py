"""Individual-level effects: how many persons are better or worse off under another policy than in the placebo run.

In a single pair of replications something differs for almost everybody. What counts is how many more are better or
worse off than in the placebo run. Means over replications are expectations, single courses are illustrations.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cmsim.experiments.replications import RunSummary
from cmsim.experiments.statistics import Interval, mean_interval
from cmsim.outcomes import ClientDays

MATTERS_DAYS = 14.0
"""Change in hard days over the window from which a person is better or worse off (an assumption)."""

_SHARES = ("better", "worse")


def individual_effects_table(
    names: Sequence[str],
    first: Sequence[RunSummary],
    others: Sequence[Sequence[RunSummary]],
    placebo: Sequence[RunSummary] | None,
) -> pd.DataFrame:
    """Return shares of persons who are better and worse off than under A, by group.

    A hard day is a day acutely ill, in hospital or without a home. A person who has at least 14 fewer over
    the window than under A is better off, one who has at least 14 more is worse off. Only those with the service in
    both replications are paired.

    Returns:
        one row a scenario, grouping and group: ``clients`` (paired, a replication), ``better, worse`` and
        ``placebo_better, placebo_worse`` (shares), ``hard_days`` (mean change a person, with ``low, high``),
        ``placebo_hard_days`` and ``beyond_placebo``: whether that interval does not overlap the placebo run's.
    """
    control = _by_group(first, placebo) if placebo is not None else {}
    rows = []
    for name, runs in zip(names, others, strict=True):
        for (grouping, group), changes in _by_group(first, runs).items():
            row: dict[str, object] = {"scenario": name, "grouping": grouping, "group": group}
            row["clients"] = float(np.mean([len(change) for change in changes]))
            row |= _shares(changes)
            if (grouping, group) in control:
                row |= {f"placebo_{key}": share for key, share in _shares(control[grouping, group]).items()}
            net = _mean_change(changes)
            row |= {"hard_days": net.mean, "low": net.low, "high": net.high}
            if (grouping, group) in control:
                noise = _mean_change(control[grouping, group])
                row["placebo_hard_days"] = noise.mean
                row["beyond_placebo"] = bool(net.low > noise.high or net.high < noise.low)
            rows.append(row)
    return pd.DataFrame(rows)


def _mean_change(changes: Sequence[np.ndarray]) -> Interval:
    return mean_interval([change.mean() if len(change) else np.nan for change in changes])


def _shares(changes: Sequence[np.ndarray]) -> Mapping[str, float]:
    pooled = np.concatenate(changes)
    if not len(pooled):
        return dict.fromkeys(_SHARES, np.nan)
    return {"better": float(np.mean(pooled <= -MATTERS_DAYS)), "worse": float(np.mean(pooled >= MATTERS_DAYS))}


def _by_group(first: Sequence[RunSummary], second: Sequence[RunSummary]) -> dict[tuple[str, str], list[np.ndarray]]:
    """Return the change of hard days of each paired person, a list of replications by (grouping, group)."""
    found: dict[tuple[str, str], list[np.ndarray]] = {}
    for mine, theirs in zip(first, second, strict=True):
        a, b = _paired(mine.client_days, theirs.client_days)
        change = theirs.client_days.hard_days[b] - mine.client_days.hard_days[a]
        for name, grouping in mine.client_days.groupings.items():
            for group in grouping.categories:
                found.setdefault((name, group), []).append(change[np.asarray(grouping[a] == group)])
    # a group that is first met in a later replication stands with those of its grouping
    names = dict.fromkeys(name for name, _ in found)
    return {key: found[key] for name in names for key in found if key[0] == name}


def _paired(a: ClientDays, b: ClientDays) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the persons who are with the service in both."""
    here, there = np.flatnonzero(a.days > 0), np.flatnonzero(b.days > 0)
    _, mine, theirs = np.intersect1d(a.key[here], b.key[there], return_indices=True)
    return here[mine], there[theirs]
