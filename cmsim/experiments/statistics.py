"""Intervals and paired differences over replications: small, and checked against worked examples.

Replications are independent runs. All intervals here cover *stochastic variation only*: what would change with other
random numbers, not what would change under other assumptions.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from cmsim.core.numeric import Floats

LEVEL = 0.95
"""How often an interval covers the true mean, over repeated experiments."""

_SMALL_SAMPLE = 6.0
"""Over the number of replications: the share by which a sample's skewness is raised (no unit). An assumption, chosen by
how often intervals cover (decision 0040); none, or ten times as much, cover otherwise than the tests ask."""
_NO_SKEWNESS = 1e-6
"""Skewness (no unit) below which the transformation is lost in rounding, and Student's interval stands."""
_ROUNDING = 1e-12
"""Standard deviation over the mean below which values differ by rounding alone."""

Verdict = Literal["better", "worse", "higher", "lower", "identical", "not distinguishable", "not defined"]
Size = Literal["matters", "too small to matter", "undecided", "not defined"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over replications with an interval.

    Attributes:
        mean: the mean; nan without a single usable replication.
        low: lower end; nan with fewer than two replications.
        high: upper end; nan with fewer than two replications.
        sd: standard deviation between single replications.
        n: replications in which the quantity was defined.
        skewness: by which the interval was widened on one side; 0 for a Student interval.
    """

    mean: float
    low: float
    high: float
    sd: float
    n: int
    skewness: float = 0.0

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.high - self.low) / 2

    def excludes_zero(self) -> bool:
        """Whether zero lies outside; never with fewer than two replications."""
        return self.low > 0 or self.high < 0

    @property
    def p_value(self) -> float:
        """Two-sided p value of a mean of zero: that of the least level whose interval leaves it out.

        nan with fewer than two replications.

        >>> round(student_interval([4.0, 6.0, 8.0]).p_value, 4)
        0.0351
        """
        if self.n < 2 or self.sd == 0.0:
            return np.nan if self.n < 2 else float(self.mean == 0.0)
        u, g = self.mean / self.sd, self.skewness
        halls = u + g * u**2 / 3.0 + g**2 * u**3 / 27.0 + g / (6.0 * self.n)
        if u * halls < 0.0:  # zero lies between the middles of the two: no interval leaves it out
            return 1.0
        return float(max(2.0 * stdtr(self.n - 1, -abs(t) * np.sqrt(self.n)) for t in (u, halls)))


def mean_interval(values: ArrayLike, level: float = LEVEL) -> Interval:
    """Return mean and interval of independent replications; undefined (nan) ones are left out.

    On each side it ends where the further of two does: Student's interval, and one by the transformation of t that
    Hall (1992, Journal of the Royal Statistical Society B 54) made for skewed samples. A small sample shows less
    skewness than there is, so it is taken ``1 + 6 / n`` times. Student's alone misses a mean that lies in the long
    tail, as of bed days; docs/data/coverage has how often each covers. Where nothing is skewed the two hardly differ.

    >>> mean_interval([4.0, 6.0, 8.0])
    Interval(mean=6.0, low=1.0317..., high=10.9682..., sd=2.0, n=3, skewness=0.0)
    >>> skewed = mean_interval([1.0, 1.0, 2.0, 2.0, 9.0])
    >>> round(skewed.low, 1), round(skewed.high, 1)
    (-1.2, 11.1)
    """
    mean, sd, n, skewness = _moments(np.asarray(values, dtype=float))
    return _interval(float(mean), float(sd), int(n), float(skewness), level)


def student_interval(values: ArrayLike, level: float = LEVEL) -> Interval:
    """Return mean and Student t interval of independent replications; undefined (nan) ones are left out.

    >>> student_interval([4.0, 6.0, 8.0])
    Interval(mean=6.0, low=1.0317..., high=10.9682..., sd=2.0, n=3, skewness=0.0)
    """
    mean, sd, n, _ = _moments(np.asarray(values, dtype=float))
    return _interval(float(mean), float(sd), int(n), 0.0, level)


def half_widths(values: ArrayLike) -> Floats:
    """Return the half-width of the interval (``mean_interval``) of the first 1, 2, ... values.

    It is nan for fewer than two defined.
    """
    array = np.asarray(values, dtype=float)
    first = np.where(np.tri(len(array), dtype=bool), array, np.nan)  # a row of the first 1, 2, ... of them
    low, high = _ends(*_moments(first.T))
    return (high - low) / 2


def _interval(mean: float, sd: float, n: int, skewness: float, level: float) -> Interval:
    low, high = _ends(np.asarray(mean), np.asarray(sd), n, np.asarray(skewness), level)
    return Interval(mean, float(low), float(high), sd, n, skewness)


def _moments(values: Floats) -> tuple[Floats, Floats, Any, Floats]:
    """Return mean, standard deviation, number and corrected skewness over the first axis; nan are left out."""
    defined = np.isfinite(values)
    n = defined.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(defined, values, 0.0).sum(axis=0) / n
        apart = np.where(defined, values - mean, 0.0)
        squares = (apart**2).sum(axis=0)
        squares = np.where(
            squares > n * (_ROUNDING * mean) ** 2, squares, 0.0
        )  # what is equal differs in no last digit
        skewness = (apart**3).sum(axis=0) / n / (squares / n) ** 1.5 * (1.0 + _SMALL_SAMPLE / n)
        sd = np.sqrt(squares / np.where(n > 1, n - 1, np.nan))
    return mean, sd, n, np.nan_to_num(skewness, posinf=0.0, neginf=0.0)


def _ends(mean: Floats, sd: Floats, n: Any, skewness: Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Return the ends of intervals from moments, on each side the further of Student's and Hall's."""
    with np.errstate(invalid="ignore"):
        t = stdtrit(n - 1, 0.5 + level / 2) / np.sqrt(n)
    # Hall's transformation undone
    g = np.where(np.abs(skewness) < _NO_SKEWNESS, _NO_SKEWNESS, skewness)
    with np.errstate(divide="ignore"):
        down, up = (3.0 / g * (np.cbrt(1.0 + g * (each - g / (6.0 * n))) - 1.0) for each in (t, -t))
    is_skewed = np.abs(skewness) >= _NO_SKEWNESS
    return (
        mean - sd * np.where(is_skewed, np.maximum(t, down), t),
        mean + sd * np.where(is_skewed, np.maximum(t, -up), t),
    )


@dataclass(frozen=True, slots=True)
class Paired:
    """The change from A to B with common random numbers.

    Attributes:
        a: interval of A over the pairs in which both are defined.
        b: interval of B over the same pairs.
        difference: interval of B minus A, pair by pair.
        b_higher: share of single pairs in which B is higher; ties count half.
        variance_reduction: see :func:`variance_reduction`.
    """

    a: Interval
    b: Interval
    difference: Interval
    b_higher: float
    variance_reduction: float

    def widened(self, comparisons: int) -> Interval:
        """Return the interval of the difference that holds together with those of other comparisons.

        By Bonferroni, so the intervals of all the comparisons cover at once as often as one does alone.
        """
        found = self.difference
        return _interval(found.mean, found.sd, found.n, found.skewness, 1.0 - (1.0 - LEVEL) / comparisons)

    def share_better(self, better: str | None) -> float:
        """Return the share of single pairs in which B does better, ties by half; nan without a direction."""
        if better is None:
            return np.nan
        return self.b_higher if better == "higher" else 1.0 - self.b_higher

    @property
    def p_value(self) -> float:
        """Two-sided p value of no difference in the mean; nan with fewer than two pairs.

        It serves the correction for several comparisons (:func:`holm`), never as a headline.
        """
        return self.difference.p_value

    def verdict(self, better: str | None, clear: bool | None = None) -> Verdict:
        """Say in a word what the interval of the difference shows; nothing is claimed from one pair.

        Args:
            better: which direction is better, if one is.
            clear: whether it holds after a correction for several comparisons; by default whether the
                interval leaves out zero.
        """
        low, high = self.difference.low, self.difference.high
        if not self.difference.n:
            return "not defined"
        if low == high == 0.0:
            return "identical"
        if not (self.difference.excludes_zero() if clear is None else clear):
            return "not distinguishable"
        direction: Literal["higher", "lower"] = "higher" if self.difference.mean > 0 else "lower"
        if better is None:
            return direction
        return "better" if direction == better else "worse"


def paired(a: ArrayLike, b: ArrayLike) -> Paired:
    """Compare two scenarios over the same replications, pair by pair.

    Args:
        a: one value a replication of A; nan where undefined.
        b: the same replications of B, in the same order.

    Raises:
        ValueError: the two are not of one length, so they are not pairs.

    >>> paired([1.0, 2.0, 3.0], [2.0, 4.0, 3.0]).difference.mean
    1.0
    """
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if first.shape != second.shape:
        raise ValueError(f"{len(first)} and {len(second)} replications cannot be paired")
    both = np.isfinite(first) & np.isfinite(second)
    first, second = first[both], second[both]
    change = second - first
    higher = float(np.mean((change > 0) + 0.5 * (change == 0))) if len(change) else np.nan
    return Paired(
        mean_interval(first), mean_interval(second), mean_interval(change), higher, variance_reduction(first, second)
    )


def holm(p_values: ArrayLike) -> Floats:
    """Return p values adjusted for being several (Holm 1979): those below 5% may be claimed together.

    The chance of any false claim among them stays below 5%, whatever hangs together. nan is left out.

    >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(p_values, dtype=float)
    adjusted = np.full(given.shape, np.nan)
    known = np.flatnonzero(np.isfinite(given))
    order = known[np.argsort(given[known], kind="stable")]
    steps = given[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def size(low: float, high: float, matters: float) -> Size:
    """Say how an interval of a difference stands to the smallest important difference.

    >>> size(-0.1, 0.1, 0.5), size(0.6, 0.9, 0.5), size(0.1, 0.9, 0.5)
    ('too small to matter', 'matters', 'undecided')
    """
    if not (np.isfinite(low) and np.isfinite(high)):
        return "not defined"
    if low >= matters or high <= -matters:
        return "matters"
    return "too small to matter" if -matters < low and high < matters else "undecided"


def variance_reduction(a: ArrayLike, b: ArrayLike) -> float:
    """Return how many times fewer replications pairs need than independent runs.

    It is (var A + var B) / var(B - A). Below 1 pairing has cost precision, which happens where common random
    numbers drive the two apart. nan with fewer than two pairs, or if neither varies; infinite if the difference is
    always the same.

    >>> round(variance_reduction([1.0, 2.0, 3.0], [1.0, 2.0, 4.0]), 6)
    10.0
    """
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if len(first) < 2:
        return np.nan
    apart = float(first.var(ddof=1) + second.var(ddof=1))
    together = float((second - first).var(ddof=1))
    if together == 0.0:
        return np.nan if apart == 0.0 else np.inf
    return apart / together


def course_interval(runs: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean, low and high (``mean_interval``, time by time) of a time course, each of shape (times,).

    Args:
        runs: one row a replication, shape (replications, times); nan where undefined.
    """
    mean, sd, n, skewness = _moments(runs)
    return mean, *_ends(mean, sd, n, skewness)


def middle(values: ArrayLike) -> tuple[float, float]:
    """Return the quantiles between which 90% of single replications lie; nan with fewer than 20.

    With fewer a quantile would be the most extreme one seen.

    >>> middle(range(41))
    (2.0, 38.0)
    """
    array = np.asarray(values, dtype=float)
    defined = array[np.isfinite(array)]
    if len(defined) < 20:
        return np.nan, np.nan
    low, high = np.quantile(defined, (0.05, 0.95))
    return float(low), float(high)
