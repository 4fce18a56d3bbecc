"""Care at home in place of hospital: what can be given to one person now, by who comes, how often and at what hours.

Nothing is read that a service only states about itself. What it can do for one more person it shows by what it does:
how often people who are acutely ill have been visited lately, how full the week of those who would come is, how far
they have to go, whether they know the person, and at what hours of the coming day anybody would come.
"""

from cmsim.core.parameters import Section, param
from cmsim.core.sampling import share


class HomeCare(Section):
    """What visits at home are worth in place of a bed."""

    held_visits: float = param(2.5, "visits per 28 days", 1.0, 6.0, "rosenheck1995", status="assumption")
    """with which 63% is done of what can be done at home. Beyond a few visits a week more of them add little: within
    ten intensive teams there was no linear relation of intensity and days saved"""
    counted_days: float = param(120.0, "days", 30.0, 365.0, allowed=(1.0, 3650.0))
    """for which visits to people acutely ill count in what a service is expected to do for the next one"""
    first_visits: float = param(2.5, "visits per 28 days", 0.5, 6.0)
    """expected of a service of which nothing is known yet"""
    first_days: float = param(56.0, "days", 14.0, 180.0, note="of an illness, that this expectation counts for")
    strange: float = param(0.5, "share", 0.2, 0.8, note="of these means that who does not know the person has")
    stranger_hours: float = param(0.5, "share", 0.2, 0.8)
    """that an hour is worth in which only the crisis service would come, against one of people who know the person"""
    crisis_log: float = param(1.5, "log odds", 0.5, 3.0)
    """less to be admitted in a crisis with all means to treat at home in the days after it, against none"""
    usual_means: float = param(0.3, "0 to 1", 0.1, 0.6, note="at which admission in a crisis is as stated for crises")
    again_days: float = param(7.0, "days", 2.0, 21.0, allowed=(0.0, 365.0))
    """until who was brought to hospital and sent home is brought again"""


def visits_possible(made: float, pace: float, load: float, far: float) -> float:
    """Return the visits per 28 days that one person acutely ill can be given now.

    Args:
        made: per 28 days to this person lately.
        pace: per 28 days to people acutely ill lately, by the same service.
        load: of the week of those who would come, work over time.
        far: minutes of a usual visit with its way, over those of one to this person.

    >>> visits_possible(2.0, 6.0, 0.8, 1.0), visits_possible(2.0, 6.0, 1.5, 1.0), visits_possible(8.0, 6.0, 1.5, 1.0)
    (6.0, 4.0, 8.0)
    """
    return max(made, pace * min(far, 1.0) / max(load, 1.0))


def means(p: HomeCare, visits: float, knowledge: float, cover: float) -> float:
    """Return how far this person could be treated at home now, 0 to 1.

    Args:
        p: what visits are worth.
        visits: per 28 days that can be given.
        knowledge: of the person, by who would come, 0 to 1.
        cover: of the coming day by people who would come, 0 to 1.

    >>> p = HomeCare()
    >>> means(p, 0.0, 1.0, 1.0), round(means(p, p.held_visits, 1.0, 1.0), 2)
    (0.0, 0.63)
    >>> means(p, 8.0, 0.2, 0.5) < means(p, 8.0, 0.8, 0.5) < means(p, 8.0, 0.8, 1.0)
    True
    """
    return float(share(visits / p.held_visits)) * (p.strange + (1.0 - p.strange) * knowledge) * cover


def days_saved(treated: float, full_visits: float) -> float:
    """Return the days of an acute phase that one visit takes away.

    Args:
        treated: share of what is left that full treatment takes away.
        full_visits: visits per 28 days of full treatment.

    Visits as often as in full treatment, for as long as it then lasts, take away all that full treatment does.

    >>> left, treated, full_visits = 30.0, 0.6, 20.0
    >>> visits = left * (1.0 - treated) / 28.0 * full_visits
    >>> round(visits * days_saved(treated, full_visits), 3) == left * treated
    True
    """
    return 28.0 / full_visits * treated / (1.0 - treated)
