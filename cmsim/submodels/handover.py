"""Losing a case manager: what passes to the next one, what it costs the person, and the gap between."""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param


class Handover(Section):
    """What a change of worker does to a client. How much is kept is a matter of policy and stands there.

    Nothing here says that a change does harm: who had a poor relation may do better with somebody new.
    """

    loss: float = param(0.25, "ratio", 0.05, 0.5)
    """stress that losing a worker brings, per unit of alliance that is lost with it"""
    gap_log: float = param(0.5, "log ratio", 0.0, 1.2)
    """more leaving against advice while a client who had a worker is left without one"""
    gap_held: float = param(0.5, "share", 0.0, 0.9)
    """of that which a full alliance with the service, kept, takes away"""


def alliance_passed(first: float, alliance: Number, kept: Number) -> Number:
    """Return the alliance with which a new dyad begins: a share of what stood above a first meeting is kept.

    >>> round(float(alliance_passed(0.25, 0.65, 0.5)), 2), float(alliance_passed(0.25, 0.2, 0.9))
    (0.45, 0.2)
    """
    return np.minimum(first, alliance) + kept * np.maximum(alliance - first, 0.0)


def loss_stress(p: Handover, before: Number, after: Number) -> Number:
    """Return the stress of a loss: more where more alliance was there to be lost.

    >>> p = Handover()
    >>> float(loss_stress(p, 0.8, 0.3)) > float(loss_stress(p, 0.4, 0.3)) > 0.0
    True
    """
    return p.loss * np.maximum(before - after, 0.0)


def gap_logs(p: Handover, left_waiting: Number, alliance: Number) -> Number:
    """Return the log of the ratio of the hazard to leave against advice while left without a worker."""
    return p.gap_log * left_waiting * (1.0 - p.gap_held * alliance)
