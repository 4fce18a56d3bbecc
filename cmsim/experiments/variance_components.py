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

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from scipy.special import stdtrit
from scipy.stats import f as f_distribution

from cmsim.core.numeric import Floats
from cmsim.experiments.statistics import LEVEL, Interval, mean_interval

_STEPS = 101


@dataclass(frozen=True)
class Components:
    """Where the spread of an outcome comes from; all nan if it cannot be told.

    Attributes:
        stochastic_sd: standard deviation between single replications of one draw.
        parameter_sd: standard deviation between the expectations of parameter draws.
        share: of the variance of a single run that is parameter uncertainty; nan if nothing varies.
        expectations: the expectation in each draw, shrunk for stochastic variation, shape (draws,).
    """

    stochastic_sd: float = np.nan
    parameter_sd: float = np.nan
    share: float = np.nan
    expectations: Floats = field(default_factory=lambda: np.empty(0))

    @classmethod
    def of(cls, means: Floats, between: float, stochastic: float) -> Self:
        """Return the components for the means of draws, the variance between draws and the stochastic variance."""
        total, spread = between + stochastic, float(means.var(ddof=1))
        shrink = np.sqrt(between / spread) if spread > 0 else 0.0
        expectations = means.mean() + shrink * (means - means.mean())
        return cls(stochastic**0.5, between**0.5, between / total if total > 0 else np.nan, expectations)


@dataclass(frozen=True)
class Decomposition(Components):
    """Components of a nested design, with intervals.

    Attributes:
        mean: over draws and replications, with an interval that covers both sources of uncertainty.
        share_low: lower end of the 95% interval of the share.
        share_high: upper end.
        draws: used; those in which any replication is undefined are left out.
    """

    mean: Interval = field(default_factory=lambda: mean_interval([]))
    share_low: float = np.nan
    share_high: float = np.nan
    draws: int = 0

    @property
    def plausible(self) -> Floats:
        """Expectations of parameter draws, with the uncertainty of their common mean; evenly weighted."""
        error = self.mean.sd / np.sqrt(self.draws)
        steps = (np.arange(_STEPS) + 0.5) / _STEPS
        return np.sort(np.add.outer(self.expectations, error * stdtrit(self.draws - 1, steps)).ravel())

    def span(self) -> tuple[float, float]:
        """Return the ends between which the expectations of 95% of parameter draws lie."""
        if not len(self.expectations):
            return np.nan, np.nan
        low, high = np.quantile(self.plausible, (0.5 - LEVEL / 2, 0.5 + LEVEL / 2))
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
    means = known.mean(axis=1)
    mean = mean_interval(means)
    if n < 2 or m < 2:
        return Decomposition(mean=mean, draws=n)
    between, within = m * float(means.var(ddof=1)), float(known.var(axis=1, ddof=1).mean())
    low, high = _share_interval(between, within, n, m)
    found = Decomposition.of(means, max(0.0, (between - within) / m), within)
    return replace(found, mean=mean, share_low=low, share_high=high, draws=n)


def crossed(values: Floats) -> Components:
    """Return where the spread comes from if every draw has the same replications.

    Args:
        values: shape (draws, replications), all defined.

    >>> found = crossed(np.array([[1.0, 3.0], [5.0, 7.0], [9.0, 14.0]]))
    >>> round(found.parameter_sd**2, 3), round(found.stochastic_sd**2, 3)  # MS 45.5, 13.5 and 1.5
    (22.0, 5.5)
    """
    n, m = values.shape
    if n < 2 or m < 2:
        return Components()
    by_draw, by_replication = values.mean(axis=1), values.mean(axis=0)
    draws, replications = m * float(by_draw.var(ddof=1)), n * float(by_replication.var(ddof=1))
    rest = values - by_draw[:, None] - by_replication[None, :] + values.mean()
    noise = float((rest**2).sum()) / ((n - 1) * (m - 1))
    stochastic = noise + max(0.0, (replications - noise) / n)
    return Components.of(by_draw, max(0.0, (draws - noise) / m), stochastic)


def _share_interval(between: float, within: float, n: int, m: int) -> tuple[float, float]:
    if within == 0.0:
        return (np.nan, np.nan) if between == 0.0 else (1.0, 1.0)
    tail = (1.0 - LEVEL) / 2.0
    quantiles = f_distribution.ppf((1.0 - tail, tail), n - 1, n * (m - 1))
    low, high = (max(0.0, (between / within / q - 1.0) / m) for q in np.asarray(quantiles).tolist())
    return low / (1.0 + low), high / (1.0 + high)
