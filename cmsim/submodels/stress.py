"""Stress: events raise it, time and contact let it subside; unmet need and criticism hold it up."""

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import approach, within


class Stress(Section):
    """Scale: 0 an untroubled week, 1 as much strain as the person has ever borne."""

    hassle_rate: float = param(2.5, "per year", 1.0, 6.0, note="small hassles: see ``world.hassles``")
    hassle_size: float = param(0.25, "0 to 1", 0.1, 0.4, note="stress a hassle brings")
    event_rate: float = param(0.4, "per year", 0.1, 1.0, note="life events: a loss, an eviction notice, an assault")
    event_size: float = param(0.5, "0 to 1", 0.3, 0.8, note="stress a life event brings")
    settling_days: float = param(16.0, "days", 7.0, 40.0, note="time constant", allowed=(1.0, 365.0))
    resting: float = param(0.08, "0 to 1", 0.0, 0.2, note="level with every need met")
    unmet_gain: float = param(0.7, "ratio", 0.2, 1.5, note="per unit of mean unmet need")
    criticism_gain: float = param(0.25, "ratio", 0.0, 0.6, note="per unit of criticism in contact")
    phase_gain: float = param(0.15, "0 to 1", 0.0, 0.4, note="while prodromal or acute")
    neighbours_gain: float = param(0.25, "ratio", 0.0, 0.5)
    """of the mean stress, beyond the usual, of people in close ties in the same place; below it they calm"""
    usual_around: float = param(0.22, "0 to 1", 0.1, 0.4, note="stress that the people around usually have")
    relief_cap: float = param(0.6, "share", 0.3, 0.9, note="most of stress that a day's contacts can take away")


def pull(
    p: Stress, unmet: Number, criticism: Number, neighbours: Number, unwell: Number, other: Number | float = 0.0
) -> Number:
    """Return the level at which stress settles, 0 to 1.

    Args:
        unmet: mean unmet need, 0 to 1.
        criticism: criticism times contact share, 0 to 1.
        neighbours: mean stress of those in close ties in the same place, less the usual; 0 with nobody.
        unwell: 1 in a prodrome or the acute phase.
        other: what unanswered hassles, being too much alone and help withdrawn hold it up by.
    """
    level = p.resting + p.unmet_gain * unmet + p.criticism_gain * criticism + p.neighbours_gain * neighbours
    return within(level + p.phase_gain * unwell + other, 0.0, 1.0)


def stress_next(p: Stress, stress: Number, pulled_to: Number) -> Number:
    """Return stress one day on, events and relief of the day included.

    >>> p = Stress()
    >>> float(stress_next(p, 0.9, 0.2)) < 0.9 and float(stress_next(p, 0.1, 0.2)) > 0.1
    True
    """
    return approach(stress, pulled_to, 1.0, p.settling_days)
