"""Psychiatrists: reviews, waiting lists, and other people's demand on the same hours."""

from cmsim.core.parameters import Section, param
from cmsim.core.sampling import logistic, logit


class Psychiatry(Section):
    """Facts about the clinic and its other patients."""

    review_days: float = param(84.0, "days", 42.0, 120.0, allowed=(1.0, 3650.0))
    """until the next review is booked for"""
    review_spread: float = param(0.5, "share", 0.0, 0.8, allowed=(0.0, 1.0))
    """by which the days to the next review vary, either way"""
    first_days: float = param(7.0, "days", 4.0, 14.0, allowed=(1.0, 365.0))
    """mean, from a discharge to the first appointment that is booked for it"""
    first_spread: float = param(0.7, "share", 0.2, 0.9, note="by which these days vary, either way", allowed=(0.0, 1.0))
    weeks_away: float = param(0.12, "probability", 0.05, 0.25, note="a week in which a psychiatrist is away")
    outside_share: float = param(0.72, "ratio", 0.3, 1.2, "malowney2015", status="derived", allowed=(0.0, 5.0))
    """other people's requests as a share of the slots; with this agency's clients waits come to 25-67 days"""
    outside_patience: float = param(45.0, "days", 20.0, 120.0, allowed=(1.0, 3650.0))
    """mean wait after which others go elsewhere"""
    fits_in: float = param(0.35, "probability", 0.1, 0.8)
    """an urgent request is fitted in within the week, by a psychiatrist who knows the client little"""
    fits_in_reported: float = param(0.70, "probability", 0.3, 0.95)
    """the same, when the case manager speaks for it"""
    comes_power: float = param(0.85, "ratio", 0.5, 1.5)
    """exponent on the chance to keep an office contact, for a review: below 1 is kept more often"""
    rebook_days: float = param(10.0, "days", 2.0, 30.0, allowed=(0.0, 365.0))
    """after a missed review until a new one is asked for, without help"""
    wait_log: float = param(0.05, "log odds", 0.0, 0.1, "wait2023", status="derived")
    """less likely to come per week of waiting: ln 0.95"""
    asks_again_days: float = param(60.0, "days", 14.0, 180.0, allowed=(0.0, 3650.0))
    """until somebody who did not come after a wait asks again without help"""
    notices: float = param(0.5, "probability", 0.2, 0.8, "eisner2013", status="derived")
    """a review notices a prodrome"""


def comes_after(p: Psychiatry, chance: float, weeks: float) -> float:
    """Return the chance that a client comes who waited for so many weeks, given that of one who did not wait.

    >>> p = Psychiatry()
    >>> [round(comes_after(p, 0.75, weeks), 2) for weeks in (0.0, 6.0, 12.0)]
    [0.75, 0.69, 0.62]
    """
    return float(logistic(logit(chance) - p.wait_log * weeks))
