"""Stance: how much a worker leads, and how well that answers what a client expects of people with power.

Dominance runs from 0 (leaves everything to the client) to 1 (takes over). Each relational template is
answered best somewhere between the two; both taking over and passivity cost alliance.
"""

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import logistic


class BestStance(Section):
    """Dominance that answers each relational template best."""

    collaborative: float = param(0.42, "0 to 1", 0.3, 0.55)
    distrustful: float = param(0.32, "0 to 1", 0.2, 0.45)
    dependent: float = param(0.58, "0 to 1", 0.45, 0.7)
    power_organised: float = param(0.50, "0 to 1", 0.4, 0.6, "kanter1989", status="assumption")
    """authoritative, neither punishing nor giving way"""


class Stance(Section):
    """What workers bring, who reads a client rightly, and what a misfit costs."""

    best: BestStance = BestStance()
    dominance_mean: float = param(0.50, "0 to 1", 0.35, 0.65)
    """mean disposition of workers; over-control lies above"""
    dominance_sd: float = param(0.18, "SD", 0.08, 0.3, note="differences between workers that stay")
    matched: float = param(-1.4, "log odds", -3.0, 0.0, allowed=(-10.0, 10.0))
    """that a worker without skill who knows nothing yet takes the stance that answers the client, not the worker's
    own"""
    matched_skill: float = param(2.4, "log odds", 1.0, 4.0, note="skill 1 against 0")
    matched_knowledge: float = param(2.0, "log odds", 0.5, 4.0, note="client fully known against not at all")
    misfit_loss: float = param(1.6, "per square", 0.5, 3.0)
    """alliance that a squared misfit of dominance takes away"""
    usual_misfit: float = param(0.017, "square", 0.0, 0.04)
    """squared misfit of the mean dyad, at which the levels of the templates are stated"""


def matched_chance(p: Stance, skill: Number, knowledge: Number) -> Number:
    """Return the chance that a worker reads a client's template and answers it.

    >>> p = Stance()
    >>> float(matched_chance(p, 0.8, 0.1)) > float(matched_chance(p, 0.3, 0.1))
    True
    """
    return logistic(p.matched + p.matched_skill * skill + p.matched_knowledge * knowledge)


def misfit(luck: Number, chance: Number, dominance: Number, best: Number) -> Number:
    """Return the squared misfit of the stance shown: none where the client is read rightly.

    Args:
        luck: the dyad's number in (0, 1); read rightly once it lies below ``chance``.
        chance: from :func:`matched_chance`.
        dominance: the worker's own, 0 to 1.
        best: what answers the client, 0 to 1.
    """
    return (luck >= chance) * (dominance - best) ** 2


def alliance_shift(p: Stance, misfit: Number) -> Number:
    """Return the shift of the alliance that a dyad can reach: the middle ground beats both sides (Q-07).

    >>> p = Stance()
    >>> shift = [float(alliance_shift(p, (d - 0.5) ** 2)) for d in (0.0, 0.25, 0.5, 0.75, 1.0)]
    >>> max(shift) == shift[2] and shift[0] < shift[1] and shift[4] < shift[3]
    True
    """
    return -p.misfit_loss * (misfit - p.usual_misfit)
