"""Many helpers: specialists pull a person in different directions unless somebody holds it together."""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param


class Coordination(Section):
    """Discord 0: everybody works on one plan; 1: every pair of providers wants something else."""

    discord: float = param(0.12, "0 to 1 per pair", 0.03, 0.3, "kanter1989", status="assumption")
    """that two providers who do not speak with one another want different things of a client"""
    held: float = param(0.8, "share", 0.5, 0.95, "kanter1989", status="assumption")
    """of it that one accountable worker who knows the client well takes away"""
    strain: float = param(0.05, "0 to 1 a week", 0.01, 0.12, note="stress of a week of full discord")


def plan_conflict(p: Coordination, providers: Number, leads: Number, knowledge: Number) -> Number:
    """Return how much the plans of a client's providers pull apart, 0 to 1.

    Args:
        providers: people and agencies with plans for the client.
        leads: 1 where one accountable worker leads, else 0.
        knowledge: the worker's knowledge of the client, 0 to 1.

    >>> p = Coordination()
    >>> many, few = plan_conflict(p, 5, 0, 0.5), plan_conflict(p, 3, 0, 0.5)
    >>> float(many) > float(few) > float(plan_conflict(p, 3, 1, 0.5))
    True
    >>> float(plan_conflict(p, 1, 0, 0.0))
    0.0
    """
    pairs = providers * (providers - 1) / 2.0
    apart = -np.expm1(pairs * np.log1p(-min(p.discord, 0.999)))
    return apart * (1.0 - p.held * leads * knowledge)
