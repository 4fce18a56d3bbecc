"""Meaningful activity: day programme, work, and what friends invite to; what it does for a person."""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param


class Activity(Section):
    """Scale: 0 days without anything in them, 1 a full week of things that matter to the person (O-06)."""

    day_programme: float = param(0.40, "0 to 1", 0.2, 0.6, note="from a place at a day programme")
    sheltered_work: float = param(0.50, "0 to 1", 0.3, 0.7, note="from sheltered work or education with help")
    paid_work: float = param(0.65, "0 to 1", 0.4, 0.9, note="from paid work")
    invited: float = param(0.15, "0 to 1", 0.05, 0.3, note="from the invitations of a usual informal network")
    settling_days: float = param(45.0, "days", 14.0, 120.0, note="time constant", allowed=(1.0, 3650.0))
    usual: float = param(0.17, "0 to 1", 0.1, 0.3, note="activity that clients usually have")
    adherence_log: float = param(0.5, "log odds", 0.0, 1.2)
    """of adherence, activity 1 against 0: something to be well for"""


def activity_pull(p: Activity, day_programme: Number, sheltered: Number, paid: Number, informal: Number) -> Number:
    """Return the level at which activity settles, 0 to 1.

    >>> p = Activity()
    >>> float(activity_pull(p, 0, 0, 0, 1.0)) == p.invited < float(activity_pull(p, 1, 0, 0, 1.0))
    True
    """
    drawn = p.day_programme * day_programme + p.sheltered_work * sheltered + p.paid_work * paid
    return np.minimum(drawn + p.invited * informal, 1.0)


def worth_it(p: Activity, activity: Number) -> Number:
    """Return the log odds by which activity moves adherence: none at the usual activity."""
    return p.adherence_log * (activity - p.usual)
