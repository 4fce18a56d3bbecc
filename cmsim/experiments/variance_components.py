"""Stochastic variation and parameter uncertainty, separated by random-effects analysis of variance.

The design is nested: each draw of the uncertain parameters (outer) has replications of its own (inner). With ``n``
draws of ``m`` replications each, the one-way random-effects analysis of variance has

    MS between = m * var(means of draws),   MS within = mean of the variances within draws
    stochastic variance, of a single run = MS within
    variance of parameter uncertainty = max(0, (MS between - MS within) / m)

which are unbiased but for the zero (Searle, Casella and McCulloch 1992, Variance Components, chapter 3). The
share of parameter uncertainty is its variance over the sum. Its interval is that of F, exact if both are normal:
with F = MS between / MS within and the F quantiles of (n - 1, n (m - 1)) degrees of freedom,
the ratio of the two variances lies between (F / F_upper - 1) / m and (F / F_lower - 1) / m.

Where all draws have the same replications, as in a study, a replication has an effect of its own in all of them. With
``MS draws``, ``MS replications`` and ``MS rest`` of the two-way layout with one value a cell, the variance of
parameter uncertainty is max(0, (MS draws - MS rest) / m), the stochastic variance is
MS rest + max(0, (MS replications - MS rest) / n) (the same book, chapter 4); see :func:`crossed`.

Means of draws still contain stochastic variation, which would make the spread of expectations look too wide. They
are shrunk toward their mean until their variance is that of parameter uncertainty. That mean is itself uncertain, so
its own t distribution is added to each of them: even without parameter uncertainty, a direction is claimed no more
firmly than the replications allow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit
from scipy.stats import f as f_distribution

from cmsim.core.numeric import Floats
from cmsim.experiments.statistics import LEVEL, Interval, student_interval

_STEPS = 101


@dataclass(frozen=True)
class Decomposition:
    """Where the spread of one outcome comes from.

    Attributes:
        mean: over draws and replications, with an interval that covers both sources of uncertainty.
        stochastic_sd: standard deviation between single replications of one draw.
        parameter_sd: standard deviation between the expectations of parameter draws.
        share: of the variance of a single run that is parameter uncertainty.
        share_low: lower end of its 95% interval.
        share_high: upper end.
        expectations: the expectation in each draw, shrunk for stochastic variation, shape (draws,).
        draws: used; those in which any replication is undefined are left out.
        replications: of each draw.
    """

    mean: Interval
    stochastic_sd: float
    parameter_sd: float
    share: float
    share_low: float
    share_high: float
    expectations: Floats
    draws: int
    replications: int

    @property
    def plausible(self) -> Floats:
        """Expectations of parameter draws, with the uncertainty of their common mean; evenly weighted."""
        if not len(self.expectations):
            return self.expectations
        error = self.mean.sd / np.sqrt(self.draws)
        steps = (np.arange(_STEPS) + 0.5) / _STEPS
        return np.sort(np.add.outer(self.expectations, error * stdtrit(self.draws - 1, steps)).ravel())

    def span(self, level: float = LEVEL) -> tuple[float, float]:
        """Return the ends between which the expectations of that share of parameter draws lie."""
        if not len(self.expectations):
            return np.nan, np.nan
        low, high = np.quantile(self.plausible, (0.5 - level / 2, 0.5 + level / 2))
        return float(low), float(high)

    def above(self, threshold: float) -> float:
        """Return the probability that the expectation under a parameter draw lies above a threshold."""
        if not len(self.expectations):
            return np.nan
        found = self.plausible
        return float(np.mean((found > threshold) + 0.5 * (found == threshold)))


def decompose(values: Floats) -> Decomposition:
    """Return where the spread comes from.

    Args:
        values: shape (draws, replications), at least 2 of each; nan where undefined.

    >>> found = decompose(np.array([[1.0, 3.0], [5.0, 7.0], [9.0, 11.0]]))
    >>> round(found.stochastic_sd**2, 6), round(found.parameter_sd**2, 6)  # MS within 2, MS between 32
    (2.0, 15.0)
    """
    known = values[np.isfinite(values).all(axis=1)]
    n, m = known.shape
    if n < 2 or m < 2:
        undefined = student_interval(known.mean(axis=1) if m else [])
        nan = float("nan")
        return Decomposition(undefined, nan, nan, nan, nan, nan, np.empty(0), n, m)
    means = known.mean(axis=1)
    between, within = m * float(means.var(ddof=1)), float(known.var(axis=1, ddof=1).mean())
    between_draws = max(0.0, (between - within) / m)
    total = between_draws + within
    share = between_draws / total if total > 0 else np.nan
    low, high = _share_interval(between, within, n, m)
    spread = float(means.var(ddof=1))
    shrink = np.sqrt(between_draws / spread) if spread > 0 else 0.0
    expectations = means.mean() + shrink * (means - means.mean())
    return Decomposition(student_interval(means), within**0.5, between_draws**0.5, share, low, high, expectations, n, m)


@dataclass(frozen=True)
class Crossed:
    """Where the spread of an outcome comes from, if all draws have the same replications.

    Attributes:
        stochastic_sd: standard deviation between single replications of one draw.
        parameter_sd: standard deviation between the expectations of parameter draws.
        share: of the variance of a single run that is parameter uncertainty; nan if nothing varies.
        expectations: the expectation in each draw, shrunk for stochastic variation, shape (draws,).
    """

    stochastic_sd: float
    parameter_sd: float
    share: float
    expectations: Floats


def crossed(values: Floats) -> Crossed:
    """Return where the spread comes from if every draw has the same replications.

    Args:
        values: shape (draws, replications), all defined.

    >>> found = crossed(np.array([[1.0, 3.0], [5.0, 7.0], [9.0, 14.0]]))
    >>> round(found.parameter_sd**2, 3), round(found.stochastic_sd**2, 3)  # MS 45.5, 13.5 and 1.5
    (22.0, 5.5)
    """
    n, m = values.shape
    if n < 2 or m < 2:
        return Crossed(np.nan, np.nan, np.nan, np.empty(0))
    by_draw, by_replication, mean = values.mean(axis=1), values.mean(axis=0), float(values.mean())
    draws, replications = m * float(by_draw.var(ddof=1)), n * float(by_replication.var(ddof=1))
    rest = values - by_draw[:, None] - by_replication[None, :] + mean
    noise = float((rest**2).sum()) / ((n - 1) * (m - 1))
    between_draws = max(0.0, (draws - noise) / m)
    chance = noise + max(0.0, (replications - noise) / n)
    total = between_draws + chance
    shrink = np.sqrt(between_draws * m / draws) if draws > 0 else 0.0
    expectations = mean + shrink * (by_draw - mean)
    return Crossed(chance**0.5, between_draws**0.5, between_draws / total if total > 0 else np.nan, expectations)


def _share_interval(between: float, within: float, n: int, m: int) -> tuple[float, float]:
    if within == 0.0:
        return (np.nan, np.nan) if between == 0.0 else (1.0, 1.0)
    tail = (1.0 - LEVEL) / 2.0
    quantiles = f_distribution.ppf((1.0 - tail, tail), n - 1, n * (m - 1))
    low, high = (max(0.0, (between / within / q - 1.0) / m) for q in np.asarray(quantiles).tolist())
    return low / (1.0 + low), high / (1.0 + high)
