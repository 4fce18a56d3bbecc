"""Plans of moves: when one is made, what speaks for a place, and what becomes of it (K-30 to K-34)."""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.simtime import YEAR_DAYS


class Planning(Section):
    """Plans that case managers make for where a person is to live.

    Over-control of a worker, 0: can bear not to act; 1: has to stop the swing at once.
    """

    over_control: float = param(0.35, "0 to 1", 0.15, 0.6, "kanter1989", status="assumption")
    """mean disposition of workers"""
    over_control_spread: float = param(0.9, "SD of log odds", 0.4, 1.5, note="between workers")
    rate: float = param(1.2, "per year", 0.4, 3.0, note="hazard of a plan once a wish has been held for long enough")
    fit_rate: float = param(0.35, "per year", 0.1, 1.0, note="hazard that a plan is considered without any stated wish")
    control_rate: float = param(1.2, "per year", 0.3, 3.0)
    """added by a worker of full over-control while a wish is stated"""
    minutes: float = param(20.0, "minutes", 5.0, 60.0, allowed=(0.1, 1e4))
    """of planning in the last weeks at which 63% of these hazards are reached"""
    memory_days: float = param(60.0, "days", 20.0, 150.0, note="how long planning is remembered", allowed=(1.0, 3650.0))
    need_weight: float = param(2.0, "points", 0.5, 4.0, note="against a place, per unit of need unmet there")
    excess_weight: float = param(1.0, "points", 0.2, 3.0, note="against it, per unit of help beyond need")
    misfit_weight: float = param(0.12, "points", 0.1, 0.6, note="against it, per unit of log misfit")
    wish_weight: float = param(0.25, "points", 0.08, 0.6)
    """for it, where it gives what is wished, per unit of independence"""
    margin: float = param(0.06, "points", 0.02, 0.2)
    """by which a place must be better for a patient worker to plan a move"""
    settled_days: float = param(150.0, "days", 60.0, 365.0, allowed=(1.0, 3650.0))
    """for which a wish must have been held for a move not to count as pressed"""
    agrees_log_odds: float = param(1.0, "log odds", 0.0, 2.5, note="of agreeing to a plan nobody wished for")
    agrees_wish: float = param(2.5, "log odds", 1.0, 4.0, note="more where it gives what is wished")
    agrees_alliance: float = param(1.5, "log odds", 0.5, 3.0, note="alliance 1 against 0")
    flat_days: float = param(70.0, "days", 30.0, 150.0, note="mean time until a flat is found", allowed=(1.0, 3650.0))
    patience_days: float = param(120.0, "days", 45.0, 300.0, allowed=(1.0, 3650.0))
    """mean time a plan is waited for"""
    move_stress: float = param(0.18, "0 to 1", 0.05, 0.4, note="stress of a move")
    returns_rate: float = param(5.0, "per year", 2.0, 12.0, "kanter1989", status="assumption")
    """hazard of leaving a planned placement while wishing for the opposite: within weeks to months"""
    horizon_days: float = param(180.0, "days", 90.0, 365.0, "choice")
    """for which a placement must last to count as a success"""


def hazard(
    p: Planning, minutes: Number, wishes: Number, held_days: Number, hold_days: Number, over_control: Number
) -> Number:
    """Return the daily hazard that a plan of a move is considered.

    Args:
        minutes: of planning, as remembered.
        wishes: 1 where a wish is stated, otherwise 0.
        held_days: since when it has been the same.
        hold_days: for how long the worker lets it stand before acting on it.
        over_control: of the worker, 0 to 1.

    >>> p = Planning()
    >>> patient, pressing = (float(hazard(p, 30.0, 1, 60, days, c)) for days, c in ((200, 0.0), (0, 0.9)))
    >>> patient < pressing
    True
    """
    held = wishes * (held_days >= hold_days)
    # nothing is planned on one's own account while the person is visibly torn
    rate = p.rate * held + p.control_rate * over_control * wishes + p.fit_rate * (1.0 - wishes)
    return rate / YEAR_DAYS * -np.expm1(-minutes / p.minutes)


def appeal(p: Planning, unmet: Number, excess: Number, misfit: Number, independence: Number, wish: Number) -> Number:
    """Return what speaks for a place in the worker's eyes, in points: believed fit, and the stated wish."""
    against = p.need_weight * unmet + p.excess_weight * excess + p.misfit_weight * misfit
    return p.wish_weight * independence * wish - against


def pressed(p: Planning, held_days: float, wish: int, over_control: float) -> float:
    """Return how far a move is pressed for (0 to 1): before the wish has settled, by a worker who must act.

    >>> p = Planning()
    >>> pressed(p, 300.0, 1, 0.8), pressed(p, 10.0, 1, 0.0)
    (0.0, 0.0)
    >>> pressed(p, 10.0, 1, 0.8) > pressed(p, 100.0, 1, 0.8) > 0.0
    True
    """
    unsettled = max(1.0 - held_days / p.settled_days, 0.0) if wish else 0.0
    return unsettled * over_control


def agrees_log_odds(p: Planning, alliance: float, gives_wish: float) -> float:
    """Return the log odds that a client agrees to a plan; ``gives_wish`` from -1 (the opposite) to 1."""
    return p.agrees_log_odds + p.agrees_alliance * (alliance - 0.5) + p.agrees_wish * gives_wish


def returns_hazard(p: Planning, direction: Number, swing: Number, wish: Number) -> Number:
    """Return the daily hazard of leaving a planned placement: while the opposite is wished for.

    ``direction`` is 1 for a move toward independence, -1 for one away from it.
    """
    return p.returns_rate / YEAR_DAYS * np.abs(swing) * (wish * direction < 0.0)
