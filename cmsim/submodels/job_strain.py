"""What a week of work does to a case manager: strain, relief, exhaustion, and days off."""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.sampling import approach, at_most, exp, within
from cmsim.submodels.labour_market import Workforce

MOST_EXHAUSTED = 54.0
"""The top of the scale, MBI-EE."""


def absent_chance(p: Workforce, exhaustion: Number) -> Number:
    """Return the chance of a day off in a week without leave; exhausted people are off more often.

    >>> p = Workforce()
    >>> float(absent_chance(p, 40.0)) > float(absent_chance(p, 10.0))
    True
    """
    return at_most(1.0, p.absent_day * exp(p.absent_exhaustion_log * (exhaustion - p.exhaustion_mean)))


def intensity(p: Workforce, distrust: Number, unwell: Number) -> Number:
    """Return how intense the work with a client is, 0 to 1: by the relation and by how ill the person is."""
    return p.intense_template * distrust + (1.0 - p.intense_template) * unwell


def felt_load(load: Number) -> Number:
    """Return how a load of work (1 is just full) is felt: every doubling of 1 + load weighs the same.

    What is left undone piles up: there is no load beyond which more is not felt, only less for each more.

    >>> [float(felt_load(load)) for load in (0.0, 1.0, 3.0)]
    [0.0, 1.0, 2.0]
    """
    return np.log2(1.0 + load)


def agreed_load(p: Workforce, load: Number, supervision: Number) -> Number:
    """Return the load that is left to a worker once supervision has agreed what can wait.

    What fits in the time is not made less; of what does not, each hour a week takes a share off the worker's mind.

    >>> p = Workforce()
    >>> float(agreed_load(p, 0.8, 2.0)), float(agreed_load(p, 3.0, 0.0)), bool(agreed_load(p, 3.0, 1.0) < 3.0)
    (0.8, 3.0, True)
    """
    fits = np.minimum(load, 1.0)
    return fits + (load - fits) * np.exp(supervision * np.log1p(-min(p.supervision_agrees, 0.999)))


def strain(
    p: Workforce,
    load: Number,
    crises: Number,
    overtime: Number,
    unsocial: Number,
    intense: Number,
    supervision: Number,
    rested: Number,
) -> Number:
    """Return what a week of work adds to the level that exhaustion moves to, in points.

    Args:
        load: contacts due against those that fit in the time, 1 is just full.
        crises: answered in the week.
        overtime: hours in the week.
        unsocial: hours of the week worked in the evening, at night or at the weekend.
        intense: mean intensity of the clients held, 0 to 1.
        supervision: hours in the week, weighted by the supervisor's skill.
        rested: share of the week's workdays off: what waits at work does not tire then.

    >>> p = Workforce()
    >>> float(strain(p, 1.2, 1, 0, 0, 0.4, 1.0, 0.0)) > float(strain(p, 0.8, 1, 0, 0, 0.4, 1.0, 0.0))
    True
    >>> float(strain(p, 1.2, 0, 0, 0, 0.4, 1.0, 1.0))
    0.0
    """
    buffered = np.exp(supervision * np.log1p(-min(p.intense_buffer, 0.999)))
    at_work = p.load_gain * felt_load(load) + p.intense_gain * intense * buffered
    return at_work * (1.0 - rested) + p.crisis_gain * crises + p.overtime_gain * overtime + p.unsocial_gain * unsocial


def relief(p: Workforce, supervision: Number, team: Number, shared: float) -> Number:
    """Return what supervision (hours a week) and the team take from that level, in points.

    ``team`` is the share of its posts that are filled, ``shared`` 1 where the team shares its clients.
    """
    return p.supervision_relief * supervision + p.team_relief * team * (p.team_apart + (1.0 - p.team_apart) * shared)


def exhaustion_next(p: Workforce, exhaustion: Number, target: Number, colleagues: Number, days: float) -> Number:
    """Return exhaustion after ``days`` (MBI-EE, 0 to 54).

    Args:
        exhaustion: now.
        target: the level it moves to by itself: resting level, disposition and strain, less relief.
        colleagues: mean exhaustion of those with ties to the worker: morale is catching, both ways.
        days: length of the step.

    >>> p = Workforce()
    >>> float(exhaustion_next(p, 20.0, 20.0, 40.0, 7.0)) > 20.0
    True
    >>> float(exhaustion_next(p, 20.0, 20.0, 5.0, 7.0)) < 20.0
    True
    """
    caught = target + p.morale_gain * (colleagues - p.exhaustion_mean)
    return within(approach(exhaustion, caught, days, p.exhaustion_days), 0.0, MOST_EXHAUSTED)
