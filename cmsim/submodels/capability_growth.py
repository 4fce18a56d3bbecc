"""Capability, dependence and autonomy: what trying, teaching, help withdrawn in time and too much help do.

Scales. Capability 0: can do nothing of it alone; 1: meets the demands of an own flat alone (near "no
difficulty" in the life-skills scales). Dependence 0: asks for help when it is needed; 1: leaves everything to
others. Autonomy 0: others decide about the day; 1: manages own affairs and knows it.
"""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import approach, logistic
from cmsim.core.simtime import YEAR_DAYS


class Growth(Section):
    """How people come to manage more by themselves, and how they come to manage less."""

    rate: float = param(0.06, "per year", 0.02, 0.25)
    """capability gained with help just below need, as a share of what the ceiling leaves"""
    gap: float = param(0.10, "0 to 1", 0.03, 0.25, allowed=(0.001, 1.0))
    """gap between need and support at which growth is greatest"""
    tries_rate: float = param(5.0, "per year", 1.0, 15.0, "kanter1989", status="assumption")
    """new things tried alone, by a person of autonomy 0.5 who is well"""
    tries_log: float = param(1.5, "log ratio", 0.5, 3.0)
    """autonomy 1 against 0; a wish for independence adds as much"""
    success_log_odds: float = param(1.2, "log odds", 0.0, 2.5)
    """of succeeding in what hardly exceeds what the person can do"""
    success_gap: float = param(12.0, "log odds", 4.0, 25.0, note="less for each unit by which need exceeds support")
    step: float = param(0.05, "share", 0.01, 0.15)
    """of what the ceiling leaves in a domain, gained by a success there"""
    failure_stress: float = param(0.06, "0 to 1", 0.0, 0.2, note="stress that a failure brings")
    teach_minutes: float = param(300.0, "minutes", 100.0, 1000.0, allowed=(1.0, 1e6))
    """of teaching in vivo in a need domain at which 63% of what the ceiling leaves is learnt"""
    link_step: float = param(0.08, "share", 0.02, 0.2, "kanter1989", status="assumption")
    """of what the ceiling leaves, gained by a link made with a level of help less than before, after having seen it
    done"""
    shown: float = param(0.5, "share", 0.2, 0.9)
    """of how it is done that going along once shows; half of it if prepared"""
    erosion: float = param(0.30, "per year", 0.1, 0.8, note="capability lost under an excess of support of 1")
    dependence_days: float = param(180.0, "days", 60.0, 400.0, allowed=(1.0, 3650.0))
    """time constant of dependence"""
    dependence_gain: float = param(3.0, "ratio", 1.0, 6.0, note="dependence reached per unit of excess")
    dependence_template: float = param(0.5, "ratio", 0.0, 1.5, note="more of that in people who relate dependently")
    autonomy_days: float = param(150.0, "days", 60.0, 400.0, note="time constant of autonomy", allowed=(1.0, 3650.0))
    dependence_autonomy: float = param(0.5, "share", 0.2, 0.9, note="of autonomy that full dependence takes")
    withdrawal_gain: float = param(2.0, "ratio", 0.5, 5.0)
    """stress per unit of support lost against what a dependent person is used to"""
    used_to_days: float = param(90.0, "days", 30.0, 200.0, allowed=(1.0, 3650.0))
    """in which people get used to support"""


def readiness(p: Growth, gap: Number) -> Number:
    """Return how much a gap (0 to 1) invites growth: most at ``p.gap`` (0.5), none without one.

    >>> p = Growth()
    >>> float(readiness(p, p.gap)), float(readiness(p, 0.0))
    (0.5, 0.0)
    """
    stretch = gap / p.gap
    return stretch / (1.0 + stretch * stretch)


def capability_next(
    p: Growth, capability: Number, ceiling: Number, gap: Number, excess: Number, taught: Number, days: float
) -> Number:
    """Return capability after ``days``: grows when support is slightly below need, erodes under excess.

    Args:
        capability: 0 to 1.
        ceiling: the latent ceiling nobody sees, 0 to 1.
        gap: need minus support where positive (unmet need), 0 to 1.
        excess: support minus need where positive, 0 to 1.
        taught: minutes of teaching in vivo in these days, in the domain.
        days: length of the step.

    >>> p = Growth()
    >>> grown = capability_next(p, 0.4, 0.8, 0.05, 0.0, 0.0, 365.0)
    >>> left = capability_next(p, 0.4, 0.8, 0.60, 0.0, 0.0, 365.0)
    >>> held = capability_next(p, 0.4, 0.8, 0.00, 0.3, 0.0, 365.0)
    >>> bool(held < 0.4 < left < grown < capability_next(p, 0.4, 0.8, 0.05, 0.0, 60.0, 365.0))
    True
    """
    years = days / YEAR_DAYS
    learnt = p.rate * years * readiness(p, gap) - np.expm1(-taught / p.teach_minutes)
    kept = capability * np.maximum(1.0 - p.erosion * years * excess, 0.0)
    return kept + np.maximum(ceiling - kept, 0.0) * np.minimum(learnt, 1.0)


def dependence_next(p: Growth, dependence: Number, excess: Number, dependent: Number, days: float) -> Number:
    """Return dependence after ``days`` of an excess of support, more in people who relate dependently."""
    target = np.minimum(p.dependence_gain * (1.0 + p.dependence_template * dependent) * excess, 1.0)
    return approach(dependence, target, days, p.dependence_days)


def autonomy_next(p: Growth, autonomy: Number, capability: Number, dependence: Number, days: float) -> Number:
    """Return autonomy after ``days``: settles at mean capability less what dependence takes."""
    return approach(autonomy, capability * (1.0 - p.dependence_autonomy * dependence), days, p.autonomy_days)


def withdrawal(p: Growth, dependence: Number, used_to: Number, support: Number) -> Number:
    """Return the strain on a dependent person whose support has fallen below what he or she is used to.

    >>> p = Growth()
    >>> float(withdrawal(p, 0.8, 0.2, 0.1)) > float(withdrawal(p, 0.2, 0.2, 0.1)) > 0.0
    True
    >>> float(withdrawal(p, 0.8, 0.1, 0.2))
    0.0
    """
    return p.withdrawal_gain * dependence * np.maximum(used_to - support, 0.0)


def tries_hazard(p: Growth, autonomy: Number, goal: Number, dependence: Number) -> Number:
    """Return the daily hazard of trying something new alone (K-66); ``goal`` is the wish, -1 to 1."""
    logs = p.tries_log * (autonomy - 0.5 + np.maximum(goal, 0.0))
    return p.tries_rate / YEAR_DAYS * np.exp(logs) * (1.0 - dependence)


def success_chance(p: Growth, gap: Number) -> Number:
    """Return the chance to succeed alone in a domain where need exceeds support by ``gap``.

    >>> p = Growth()
    >>> float(success_chance(p, 0.05)) > float(success_chance(p, 0.3))
    True
    """
    return logistic(p.success_log_odds - p.success_gap * gap)


def shown_next(p: Growth, shown: float, help_level: int) -> float:
    """Return how much a client has seen of how links are made, after one with a level of help (K-40)."""
    return shown + (1.0 - shown) * p.shown * help_level / 2.0


def internalised(p: Growth, shown: float, help_before: int, help_now: int) -> float:
    """Return the share of what the ceiling leaves that a link made with less help than before teaches.

    >>> p = Growth()
    >>> internalised(p, 0.5, 2, 2), internalised(p, 0.0, 2, 0)
    (0.0, 0.0)
    >>> internalised(p, 0.5, 2, 1) > 0.0
    True
    """
    return p.link_step * shown * max(help_before - help_now, 0)
