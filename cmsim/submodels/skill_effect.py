"""How much of what a component does depends on the skill of whoever does it."""

from cmsim.core.numeric import Number


def ability(share: Number, skill: Number, usual: float) -> Number:
    """Return the ratio of a component's effect to that at usual skill.

    >>> float(ability(0.7, 0.9, 0.55)) > 1.0 > float(ability(0.7, 0.15, 0.55)) > 0.0
    True
    >>> float(ability(0.0, 0.15, 0.55))
    1.0
    """
    return 1.0 + share * (skill / usual - 1.0)
