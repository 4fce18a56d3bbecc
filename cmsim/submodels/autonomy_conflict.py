"""The pendulum: opposing wishes for independence and to be looked after (K-31 to K-34).

A latent state swings between two attractors while the conflict is strong (1: wants an own life at once, -1:
wants to be looked after) and rests between them when it has subsided: a pitchfork. Chance moves it from week
to week. What a client asks for is where the state is, not what he or she could live with for long.
"""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import approach, within
from cmsim.core.simtime import WEEK_DAYS

FARTHEST = 1.5
"""The state never leaves -1.5 to 1.5, where the cubic form would no longer hold."""


class Pendulum(Section):
    """How the wish swings. No study gives the period: every number is an assumption with a wide range."""

    conflict: float = param(0.55, "0 to 1", 0.3, 0.75, "kanter1989", "mean strength", status="assumption")
    spread: float = param(1.2, "SD of log odds", 0.5, 2.0, note="of that strength between people")
    rate: float = param(0.5, "per week", 0.2, 0.8, note="with which the state moves to an attractor")
    noise: float = param(0.38, "SD a week", 0.2, 0.6, note="of the swing in a person of full conflict")
    subsides_days: float = param(400.0, "days", 150.0, 1000.0, "kanter1989", status="assumption", allowed=(1.0, 1e5))
    """time constant with which the conflict subsides, left in peace: many months"""
    rest: float = param(0.7, "share", 0.3, 0.95, note="of a person's own conflict that remains")
    stated: float = param(0.35, "0 to 1", 0.2, 0.6, note="of the state from which a wish is stated")
    pressed_conflict: float = param(0.25, "0 to 1", 0.05, 0.5)
    """conflict stirred up by a move that was pressed for"""
    pressed_kick: float = param(0.6, "0 to 1.5", 0.1, 1.2)
    """swing against the direction of a move that was pressed for"""


def swing_next(p: Pendulum, swing: Number, conflict: Number, deviate: Number) -> Number:
    """Return the state a week on, from a standard normal deviate.

    >>> p = Pendulum()
    >>> float(swing_next(p, 0.5, 1.0, 0.0)) > 0.5 > float(swing_next(p, 0.5, 0.1, 0.0)) > 0.0
    True
    """
    moved = p.rate * ((2.0 * conflict - 1.0) * swing - swing**3) + p.noise * conflict * deviate
    return within(swing + moved, -FARTHEST, FARTHEST)


def conflict_next(p: Pendulum, conflict: Number, own: Number) -> Number:
    """Return the strength of the conflict a week on: it subsides toward a share of the person's own."""
    return approach(conflict, p.rest * own, WEEK_DAYS, p.subsides_days)


def wish(p: Pendulum, swing: Number) -> Number:
    """Return what is stated: 1 an own life, -1 to be looked after, 0 neither.

    >>> wish(Pendulum(), np.array([-1.0, 0.1, 0.9])).tolist()
    [-1.0, 0.0, 1.0]
    """
    return np.sign(swing) * (np.abs(swing) > p.stated)


def kicked(p: Pendulum, swing: float, conflict: float, pressed: float, direction: int) -> tuple[float, float]:
    """Return state and conflict after a move that was pressed for, toward independence (1) or away (-1)."""
    moved = swing - p.pressed_kick * pressed * direction
    return max(min(moved, FARTHEST), -FARTHEST), min(conflict + p.pressed_conflict * pressed, 1.0)
