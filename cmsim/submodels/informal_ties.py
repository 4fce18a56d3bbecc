"""Informal helpers and peers: how ties fade and are kept, what they give, and what they tell."""

import numpy as np
from pydantic import Field

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import approach, within
from cmsim.core.simtime import YEAR_DAYS


class Network(Section):
    """Tie strength 0: would not recognise the person; 1: sees and helps every week."""

    kept_days: float = param(400.0, "days", 150.0, 1000.0, allowed=(1.0, 1e5))
    """time constant with which a tie settles at what the person can keep up"""
    kept_level: float = param(0.70, "0 to 1", 0.4, 0.95)
    """share of a tie's natural closeness kept by a person who is well and housed, if nobody tends it"""
    ill_loss: float = param(0.5, "share", 0.2, 0.8, note="of that kept while acute, in hospital or in jail")
    homeless_loss: float = param(0.4, "share", 0.1, 0.7, note="of that kept while homeless")
    end_below: float = param(0.08, "0 to 1", 0.02, 0.2, note="strength below which a tie ends")
    new_rate: float = param(0.42, "per year", 0.1, 1.5)
    """new tie, for a person of autonomy 0.5 living among others"""
    new_network: float = param(0.6, "ratio", 0.0, 1.0)
    """more new ties per unit of network beyond the usual: friends bring friends"""
    new_activity: float = param(1.0, "ratio", 0.0, 2.0)
    """more new ties per unit of meaningful activity beyond the usual"""
    through_friends: float = param(0.5, "probability", 0.2, 0.8)
    """a new friend is somebody whom a friend knows, where there is one"""
    tended_minutes: float = param(
        8.0, "minutes in four weeks", 3.0, 20.0, "kanter1989", status="assumption", allowed=(0.1, 1e4)
    )
    """of social-network work at which 63% of what it can do is reached"""
    tended_keeps: float = param(0.20, "ratio", 0.05, 0.4, note="more of closeness kept when ties are tended fully")
    tended_new: float = param(0.7, "ratio", 0.2, 1.5, note="more new ties when ties are tended fully")
    carries: float = param(0.8, "probability", 0.3, 1.0)
    """a helper of full strength and competence goes along to an agency"""
    jail_reached: float = param(0.5, "share", 0.1, 0.9, "kanter1989", status="assumption")
    """of the loss of ties in jail that a worker in touch with client and staff averts"""
    new_strength: float = param(0.3, "0 to 1", 0.1, 0.5, note="strength of a new tie")
    house_size: float = param(14.0, "places", 6.0, 30.0, allowed=(1.0, 1000.0))
    """of the housing agency for each group home"""
    rewired: bool = Field(
        default=False,
        description="everybody keeps the number of ties, but with whom is dealt out anew at the start: a "
        "thought experiment that shows what the shape of the graph does",
    )
    closeness: float = param(0.6, "0 to 1", 0.4, 0.8, note="mean natural closeness of a tie")
    competence: float = param(0.55, "0 to 1", 0.3, 0.8, note="mean competence of informal helpers")
    room_rate: float = param(0.25, "per year", 0.05, 1.0, note="a helper of full strength hears of a room")
    job_share: float = param(0.35, "ratio", 0.1, 0.8, note="as likely to know of a job as of a room")
    client_knows: float = param(0.2, "probability", 0.05, 0.5)
    """a client of full autonomy with a home knows of something"""
    lead_reach: float = param(3.0, "steps", 1.0, 5.0, "choice", "farthest that a question travels", allowed=(1.0, 10.0))
    lead_asks: float = param(2.0, "people", 1.0, 4.0, allowed=(1.0, 20.0))
    """whom somebody asks who passes a question on"""
    lead_steps: float = param(0.3, "probability", 0.1, 0.6)
    """a helper who knows none passes the question on to somebody they know"""


class HelpByDomain(Section):
    """What informal helpers help with, as a ratio to the mean over need domains: they carry and invite."""

    housing: float = param(0.6, "ratio", 0.2, 1.5)
    income: float = param(0.4, "ratio", 0.1, 1.0)
    treatment: float = param(0.5, "ratio", 0.1, 1.0)
    physical_health: float = param(0.5, "ratio", 0.1, 1.0)
    self_care: float = param(0.8, "ratio", 0.3, 1.5)
    activity: float = param(1.6, "ratio", 0.8, 2.5)
    work: float = param(0.6, "ratio", 0.2, 1.5)
    legal: float = param(0.5, "ratio", 0.1, 1.0)
    transport: float = param(2.0, "ratio", 1.0, 3.0)
    social_contact: float = param(2.5, "ratio", 1.5, 3.5)


def tended_share(p: Network, minutes: Number) -> Number:
    """Return how far ties are tended, 0 to 1, by remembered minutes of social-network work.

    >>> round(float(tended_share(Network(), Network().tended_minutes)), 3)
    0.632
    """
    return -np.expm1(-minutes / p.tended_minutes)


def new_hazard(p: Network, autonomy: Number, informal: Number, tended: Number, beyond_usual: Number) -> Number:
    """Return the daily hazard of a new tie.

    Args:
        autonomy: 0 to 1.
        informal: help from the network, 1 is usual; 1 for everybody where the loop of growth is cut.
        tended: how far ties are tended, 0 to 1.
        beyond_usual: meaningful activity less the usual.
    """
    more = np.maximum(1.0 + p.new_network * (informal - 1.0), 0.0)
    active = np.maximum(1.0 + p.new_activity * beyond_usual, 0.0)
    return p.new_rate / YEAR_DAYS * 2.0 * autonomy * more * active * (1.0 + p.tended_new * tended)


def tie_next(
    p: Network,
    strength: Number,
    closeness: Number,
    ill: Number,
    homeless: Number,
    days: float,
    tended: Number | float = 0.0,
) -> Number:
    """Return the strength of ties after ``days``; ``ill`` is the share of the loss by illness or jail that applies.

    >>> p = Network()
    >>> float(tie_next(p, 0.5, 0.7, 1, 1, 60)) < float(tie_next(p, 0.5, 0.7, 0, 0, 60))
    True
    """
    kept = (
        closeness
        * p.kept_level
        * (1.0 + p.tended_keeps * tended)
        * (1.0 - p.ill_loss * ill)
        * (1.0 - p.homeless_loss * homeless)
    )
    return within(approach(strength, kept, days, p.kept_days), 0.0, 1.0)
