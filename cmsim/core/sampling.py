"""From one uniform number to an outcome: inverse transforms, monotone in ``u``."""

import math

import numpy as np
from scipy.special import ndtri

from cmsim.core.numeric import Floats, Number

_NEAR = 1e-9
_LARGEST = 700.0


def exp(x: Number) -> Number:
    """Return e to the power of ``x``; for one number ten times faster than a column's function.

    >>> exp(0.0), exp(np.zeros(1)).tolist()
    (1.0, [1.0])
    """
    if isinstance(x, float):
        return math.exp(x if x < _LARGEST else _LARGEST)
    return np.exp(x)


def exponential(u: Number, mean: Number | float) -> Number:
    """Return the value of an exponential variable; a larger mean gives a larger value for the same ``u``.

    >>> round(float(exponential(0.5, 10.0)), 3)
    6.931
    """
    if isinstance(u, float):
        return -mean * math.log1p(-u)
    return -mean * np.log1p(-u)


def normal(u: Number, mean: Number | float = 0.0, sd: Number | float = 1.0) -> Number:
    """Return the value of a normal variable.

    >>> round(float(normal(0.975)), 2)
    1.96
    """
    deviate = ndtri(u)
    return mean + sd * (float(deviate) if isinstance(u, float) else deviate)


def lognormal(u: Number, mean: float, cv: float) -> Number:
    """Return the value of a lognormal variable given its mean and coefficient of variation.

    >>> round(float(lognormal(0.5, 11.0, 1.36)), 2)
    6.52
    """
    variance = math.log1p(cv * cv)
    return exp(normal(u, math.log(mean) - variance / 2, math.sqrt(variance)))


def beta_like(u: Number, mean: float, spread: float) -> Number:
    """Return a value in (0, 1): a normal of SD ``spread`` on the logit scale around logit(mean).

    >>> round(float(beta_like(0.5, 0.3, 1.0)), 3)
    0.3
    """
    return logistic(logit(mean) + spread * ndtri(u))


def categorical(u: Number, shares: Floats) -> Number:
    """Return the index of the category that ``u`` falls in; shares need not add up to one.

    >>> int(categorical(0.75, np.array([1.0, 1.0, 2.0])))
    2
    """
    edges = np.cumsum(shares) / np.sum(shares)
    return np.minimum(np.searchsorted(edges, u, side="right"), len(shares) - 1)


def logistic(x: Number) -> Number:
    """Return 1 / (1 + exp(-x)).

    >>> float(logistic(0.0))
    0.5
    """
    return 1.0 / (1.0 + exp(-x))


def logit(p: float) -> float:
    """Return the log odds of a probability; those of 0 and 1 are finite, far out.

    >>> logit(0.5)
    0.0
    """
    kept = min(max(p, _NEAR), 1.0 - _NEAR)
    return math.log(kept / (1.0 - kept))


def share(spent: Number) -> Number:
    """Return 1 - exp(-``spent``): how far something has come that is spent at a steady rate of what is left.

    >>> share(0.0), round(share(1.0), 3), share(np.zeros(1)).tolist()
    (0.0, 0.632, [0.0])
    """
    return -math.expm1(-spent) if isinstance(spent, float) else -np.expm1(-spent)


def at_most(limit: float, value: Number) -> Number:
    """Return ``value``, or the limit if that is less.

    >>> at_most(1.0, 1.2), at_most(1.0, np.array([0.5, 1.2])).tolist()
    (1.0, [0.5, 1.0])
    """
    return min(value, limit) if isinstance(value, float) else np.minimum(value, limit)


def within(value: Number, low: float, high: float) -> Number:
    """Return ``value``, or the limit that it goes beyond.

    >>> float(within(1.2, 0.0, 1.0)), within(np.array([-1.0, 0.5]), 0.0, 1.0).tolist()
    (1.0, [0.0, 0.5])
    """
    return np.minimum(np.maximum(value, low), high)


def approach(value: Number, target: Number | float, days: float, time_constant: float) -> Number:
    """Move ``value`` toward ``target`` for ``days`` with an exponential ``time_constant`` in days.

    >>> round(float(approach(0.0, 1.0, 30.0, 30.0)), 4)
    0.6321
    """
    return toward(value, target, -math.expm1(-days / time_constant))


def toward(value: Number, target: Number | float, part: Number | float) -> Number:
    """Move ``value`` toward ``target`` by a part of the way.

    >>> toward(0.2, 0.6, 0.5)
    0.4
    """
    return value + (target - value) * part
