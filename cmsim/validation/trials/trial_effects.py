"""How arms and groups are compared: levels of one, ratios and differences of two, and of two such comparisons."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cmsim.core.numeric import Floats
from cmsim.validation.trials.trial_measures import MeasureKind


@dataclass(frozen=True, slots=True)
class Effect:
    """How values are compared.

    Attributes:
        meaning: in words.
        of: the function of what is summarised of the arm (and of the other).
        neutral: where there is no effect; ``None`` for a level.
        summary: what is worked out of the people on one side; their level if ``None``.
        kinds: the kinds of measures of which it can be worked out.
    """

    meaning: str
    of: Callable[..., float]
    neutral: float | None = None
    summary: Callable[[Floats], Any] | None = None
    kinds: tuple[MeasureKind, ...] = ("value", "amount", "time")

    @property
    def arms(self) -> int:
        """1 for a level, 2 for a comparison."""
        return 1 if self.neutral is None else 2


def value_of(effect: str, *sides: Floats, times: bool = False) -> float:
    """Return the size of an effect.

    Args:
        effect: a name of :data:`EFFECTS`.
        sides: one array for each side: the values of its people, shape (people,), or values and the shares of the
            follow-up for which each was seen, shape (people, 2). Twice as many sides as the effect has give what
            the second pair's effect leaves of the first: the difference, or for ratios the ratio.
        times: whether values are days until an event; negative, days followed without one.
    """
    known = EFFECTS[effect]
    summary = known.summary or (share_with_event if times else mean)
    found = [summary(side) for side in sides]
    first = known.of(*found[: known.arms])
    if len(found) == known.arms:
        return first
    second = known.of(*found[known.arms :])
    return _divided(first, second) if known.neutral == 1.0 else first - second


def mean(side: Floats) -> float:
    """Return the mean; of amounts that grow with time, for people seen for the whole follow-up.

    >>> mean(np.array([1.0, np.nan, 3.0])), mean(np.array([[2.0, 1.0], [1.0, 0.5]]))
    (2.0, 2.0)
    """
    values, seen = _columns(side)
    return _divided(float(values.sum()), float(seen.sum()))


def share_with_event(side: Floats) -> float:
    """Return the share with the event by the end, leavers censored (Kaplan & Meier 1958).

    >>> share_with_event(np.array([10.0, -20.0, 30.0, -40.0]))
    0.625
    """
    days = _columns(side)[0]
    if not len(days):
        return math.nan
    order = np.lexsort((days < 0.0, np.abs(days)))
    at_risk = np.arange(len(days), 0, -1)
    return 1.0 - float(np.prod(np.where(days[order] > 0.0, 1.0 - 1.0 / at_risk, 1.0)))


def _columns(side: Floats) -> tuple[Floats, Floats]:
    """Return values, and the share of the follow-up behind each, of the people who are counted."""
    values, seen = (side[:, 0], side[:, 1]) if side.ndim == 2 else (side, np.ones(len(side)))
    counted = np.isfinite(values)
    return values[counted], seen[counted]


def _divided(a: float, b: float) -> float:
    return a / b if b else math.nan


def _odds(share: float) -> float:
    return _divided(share, 1.0 - share)


def _rate(side: Floats) -> float:
    """Return events per person-day."""
    days = _columns(side)[0]
    return _divided(float((days > 0.0).sum()), float(np.abs(days).sum()))


def _mean_and_variance(side: Floats) -> tuple[float, float]:
    values = _columns(side)[0]
    return (mean(side), float(values.var(ddof=1))) if len(values) > 1 else (math.nan, math.nan)


def _standardised(a: tuple[float, float], b: tuple[float, float]) -> float:
    return _divided(a[0] - b[0], math.sqrt((a[1] + b[1]) / 2.0))


_SHARES: tuple[MeasureKind, ...] = ("value", "time")
_MEANS: tuple[MeasureKind, ...] = ("value", "amount")
_TIMES: tuple[MeasureKind, ...] = ("time",)

EFFECTS: dict[str, Effect] = {
    "risk": Effect("share to whom it has happened", lambda a: a, kinds=_SHARES),
    "mean": Effect("mean", lambda a: a, kinds=_MEANS),
    "cumulative risk": Effect("as risk", lambda a: a, None, share_with_event, _TIMES),
    "risk ratio": Effect("ratio of two risks", _divided, 1.0, kinds=_SHARES),
    "ratio of means": Effect("ratio of two means", _divided, 1.0, kinds=_MEANS),
    "odds ratio": Effect(
        "ratio of the odds of two risks", lambda a, b: _divided(_odds(a), _odds(b)), 1.0, kinds=_SHARES
    ),
    "hazard ratio": Effect("ratio of two rates, events by person-days", _divided, 1.0, _rate, _TIMES),
    "difference": Effect("difference of two means, or of two risks", lambda a, b: a - b, 0.0),
    "standardised difference": Effect(
        "difference of two means in standard deviations", _standardised, 0.0, _mean_and_variance, _MEANS
    ),
    "relative change": Effect("ratio less 1", lambda a, b: _divided(a, b) - 1.0, 0.0),
}
"""How arms or groups are compared, by name: a level of one, or a ratio or difference of two. The level is a mean, or
of days until an event the share to whom it has happened."""
