"""The family: contact, burden, criticism and over-involvement, warmth, knowledge; worries, and when it can no
longer house.

What of it weighs on the relative is expressed emotion: criticism, and to a lesser part over-involvement
beyond the usual, in the hours spent face to face. Burden feeds criticism, criticism feeds relapse, relapse
feeds burden. Factors that are new to a formula are centred: a family in which they are usual stands where it
would stand without them.
"""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import approach, exp, within
from cmsim.core.simtime import YEAR_DAYS


class Family(Section):
    """Burden and criticism run from 0 (none) to 1 (as much as a family can bear; constant)."""

    home_hours: float = param(38.0, "hours a week", 20.0, 60.0, "vaughn1976", status="derived")
    """face-to-face contact when living together; over 35 hours counts as high"""
    away_hours: float = param(5.0, "hours a week", 1.0, 12.0, note="when living apart")
    full_hours: float = param(45.0, "hours a week", 35.0, 70.0, allowed=(1.0, 168.0))
    """contact that counts as full"""
    burden_days: float = param(120.0, "days", 30.0, 365.0, note="time constant of burden", allowed=(1.0, 3650.0))
    burden_resting: float = param(0.20, "0 to 1", 0.1, 0.3, "burden_china", status="derived")
    """burden with a relative who is well and capable: an obligation for life; with the rest below it makes up the half
    of families with a moderate or severe burden"""
    burden_hours: float = param(0.20, "0 to 1", 0.1, 0.4)
    """added by living together, at full contact, whatever the state"""
    burden_ill: float = param(0.55, "0 to 1", 0.2, 0.8, note="added while the relative is acute, at full contact")
    burden_need: float = param(0.9, "ratio", 0.4, 1.5, note="added per unit of need, at full contact")
    burden_left: float = param(2.5, "ratio", 1.2, 4.0)
    """weight of need that falls to the family, against need as a whole: what others do is work that a family does not
    have"""
    burden_informed: float = param(0.15, "ratio", 0.0, 0.4, note="taken away per unit of knowledge of the illness")
    fresh_ratio: float = param(2.0, "ratio", 1.2, 3.0, "ma2021", status="assumption")
    """weight of home just after an episode against that of ``illness.criticism_log``: OR 4.87 in a year, 2.13 later"""
    lasting_ratio: float = param(0.25, "ratio", 0.0, 0.6, "ma2021", status="assumption")
    """the same long after one"""
    adapts_days: float = param(250.0, "days", 90.0, 500.0, allowed=(1.0, 3650.0))
    """time constant with which people who live together come from the one to the other"""
    criticism_days: float = param(200.0, "days", 60.0, 500.0, note="time constant of criticism", allowed=(1.0, 3650.0))
    criticism_burden: float = param(0.6, "ratio", 0.2, 1.0, note="criticism per unit of burden, on top of disposition")
    criticism_warmth: float = param(0.35, "ratio", 0.1, 0.6, "ma2021", status="derived")
    """taken away per unit of warmth (warmth OR 0.35)"""
    warmth_eases: float = param(0.5, "ratio", 0.0, 1.0, "ma2021", status="derived")
    """of expressed emotion that a unit of warmth makes up for, in the hours together: a warm and uncritical home
    protects (warmth OR 0.35)"""
    burden_gratitude: float = param(0.25, "ratio", 0.0, 0.5, "kanter1989", status="assumption")
    """taken away per unit of what the relative gives back, beyond the usual"""
    usual_gratitude: float = param(0.25, "0 to 1", 0.1, 0.4, note="what a relative usually gives back")
    criticism_informed: float = param(0.6, "ratio", 0.1, 0.8)
    """criticism taken away per unit of knowledge of the illness, beyond the usual: what is known to be illness is not
    held against the person"""
    usual_knowledge: float = param(0.45, "0 to 1", 0.3, 0.6, note="knowledge that families usually have")
    knowledge_days: float = param(700.0, "days", 300.0, 2000.0, allowed=(1.0, 1e5))
    """time constant with which knowledge fades"""
    knowledge_resting: float = param(0.25, "0 to 1", 0.1, 0.4, note="knowledge without anybody to ask")
    involvement: float = param(0.30, "0 to 1", 0.15, 0.5, note="mean over-involvement of families")
    involvement_days: float = param(300.0, "days", 100.0, 800.0, allowed=(1.0, 1e5))
    """time constant of over-involvement"""
    involvement_informed: float = param(0.5, "ratio", 0.0, 1.0)
    """share of over-involvement taken away per unit of knowledge beyond the usual"""
    involvement_share: float = param(0.4, "ratio", 0.1, 0.8)
    """weight of over-involvement beyond the usual, against criticism"""
    adherence_log: float = param(4.0, "log odds", 1.5, 6.0, "pharoah2010", status="derived")
    """per unit of contact times warmth times knowledge; non-compliance RR 0.60 under family intervention is about 0.75
    in log odds, for 0.15 more of it; part of it is left to other paths"""
    usual_backing: float = param(0.12, "0 to 1", 0.05, 0.25)
    """contact times warmth times knowledge of a family as it usually is"""
    worry_rate: float = param(3.0, "per year", 1.0, 8.0)
    """worries about which a family in full contact would ask somebody, at the usual stress of the relative; signs of a
    prodrome come on top"""
    usual_stress: float = param(0.25, "0 to 1", 0.15, 0.4, note="stress at which that rate is meant")
    worry_days: float = param(28.0, "days", 10.0, 60.0, allowed=(1.0, 365.0))
    """until a worry that nobody answers subsides"""
    worry_tension: float = param(0.6, "0 to 1", 0.2, 1.0, "kanter1989", status="assumption")
    """tension at home while a worry is unanswered, on the scale of criticism"""
    worry_burden: float = param(0.15, "0 to 1", 0.0, 0.3, note="burden added while a worry is unanswered")
    group_level: float = param(0.8, "0 to 1", 0.5, 0.95)
    """knowledge of the illness that a psychoeducation group leads to"""
    group_days: float = param(90.0, "days", 60.0, 270.0, "pitschel2001", status="derived", allowed=(1.0, 3650.0))
    """time constant of that; programmes longer than three months do better"""
    call_rate: float = param(0.10, "per day", 0.03, 0.3)
    """hazard that a family in full contact, knowing the signs, calls during a prodrome"""
    resumes_rate: float = param(0.05, "per day", 0.01, 0.2)
    """hazard that a family in full contact, warm and knowing the illness, brings a relative who has stopped medication
    to take it again"""
    withdraw_burden: float = param(0.88, "0 to 1", 0.7, 1.0, note="burden above which a family ends living together")
    house_burden: float = param(0.55, "0 to 1", 0.3, 0.8, note="burden below which a family takes the relative in")


def contact_share(p: Family, at_home: Number, present: Number, respite_hours: Number | float = 0.0) -> Number:
    """Return face-to-face contact as a share of full contact, 0 to 1; hours of respite a week are off it.

    >>> p = Family()
    >>> bool(contact_share(p, 1.0, 1.0, 10.0) < contact_share(p, 1.0, 1.0))
    True
    """
    hours = np.maximum(p.away_hours + (p.home_hours - p.away_hours) * at_home - respite_hours, 0.0)
    return np.minimum(hours / p.full_hours, 1.0) * present


def gratitude(warmth: Number, capability: Number, ill: Number) -> Number:
    """Return what a relative gives back, 0 to 1: love, thanks, a hand in the house; little while acute."""
    return warmth * capability * (1.0 - ill)


def expressed(p: Family, criticism: Number, involvement: Number) -> Number:
    """Return expressed emotion, 0 to 1: criticism and over-involvement as they weigh together.

    >>> p = Family()
    >>> bool(expressed(p, 0.4, 0.9) > expressed(p, 0.4, p.involvement) == 0.4)
    True
    """
    together = criticism + p.involvement_share * (involvement - p.involvement)
    return np.minimum(np.maximum(together, 0.0), 1.0)


def climate(p: Family, expressed: Number, warmth: Number, contact: Number) -> Number:
    """Return how home weighs on the illness: expressed emotion less warmth, in the hours together; below 0 it protects.

    >>> p = Family()
    >>> bool(climate(p, 0.6, 0.2, 0.8) > climate(p, 0.6, 0.2, 0.1) > 0.0 > climate(p, 0.1, 0.8, 0.8))
    True
    """
    return (expressed - p.warmth_eases * warmth) * contact


def weight_since(p: Family, days: Number) -> Number:
    """Return the weight of home on the illness, days after an episode: people who live together adapt to each other.

    >>> p = Family()
    >>> bool(weight_since(p, 0.0) == p.fresh_ratio > weight_since(p, 250.0) > weight_since(p, 1e4) == p.lasting_ratio)
    True
    """
    return p.lasting_ratio + (p.fresh_ratio - p.lasting_ratio) * exp(-days / p.adapts_days)


def backing(p: Family, contact: Number, warmth: Number, knowledge: Number, present: Number) -> Number:
    """Return the log odds by which a family moves adherence: none for the usual family, or for no family."""
    return p.adherence_log * (contact * warmth * knowledge - p.usual_backing) * present


def burden_next(
    p: Family,
    burden: Number,
    contact: Number,
    ill: Number,
    need: Number,
    knowledge: Number,
    days: float,
    given_back: Number | None = None,
    worried: Number | float = 0.0,
) -> Number:
    """Return burden after ``days``: it rises with illness, need, hours and unanswered worry, and falls with
    knowledge and with what the relative gives back (``None``: the usual).

    >>> p = Family()
    >>> float(burden_next(p, 0.3, 0.9, 1, 0.4, 0.2, 30)) > float(burden_next(p, 0.3, 0.9, 0, 0.1, 0.8, 30))
    True
    """
    back = p.usual_gratitude if given_back is None else given_back
    weight = (
        p.burden_hours
        + p.burden_ill * ill
        + p.burden_need * need
        - p.burden_informed * knowledge
        - p.burden_gratitude * (back - p.usual_gratitude)
        + p.worry_burden * worried
    )
    return within(
        approach(burden, within(p.burden_resting + weight * contact, 0.0, 1.0), days, p.burden_days), 0.0, 1.0
    )


def criticism_next(
    p: Family,
    criticism: Number,
    disposition: Number,
    burden: Number,
    warmth: Number,
    days: float,
    knowledge: Number | None = None,
) -> Number:
    """Return criticism after ``days``: settles at disposition plus burden, less warmth, less what is
    understood beyond the usual (``knowledge``; ``None``: the usual).

    >>> p = Family()
    >>> bool(criticism_next(p, 0.5, 0.6, 0.3, 0.5, 90, 0.9) < criticism_next(p, 0.5, 0.6, 0.3, 0.5, 90))
    True
    """
    understood = p.usual_knowledge if knowledge is None else knowledge
    target = (
        disposition
        + p.criticism_burden * burden
        - p.criticism_warmth * warmth
        - p.criticism_informed * (understood - p.usual_knowledge)
    )
    return approach(criticism, within(target, 0.0, 1.0), days, p.criticism_days)


def involvement_next(p: Family, involvement: Number, disposition: Number, knowledge: Number, days: float) -> Number:
    """Return over-involvement after ``days``: a family that understands more can let go more."""
    less = np.maximum(1.0 - p.involvement_informed * (knowledge - p.usual_knowledge), 0.0)
    return approach(involvement, np.minimum(disposition * less, 1.0), days, p.involvement_days)


def knowledge_next(p: Family, knowledge: Number, in_group: Number, days: float) -> Number:
    """Return knowledge of the illness after ``days``: it grows in a psychoeducation group and fades without one.

    >>> p = Family()
    >>> bool(knowledge_next(p, 0.4, 1.0, 90) > 0.4 > knowledge_next(p, 0.4, 0.0, 90))
    True
    """
    faded = approach(knowledge, np.minimum(p.knowledge_resting, knowledge), days, p.knowledge_days)
    return faded + in_group * np.maximum(approach(knowledge, p.group_level, days, p.group_days) - faded, 0.0)


def worry_hazard(p: Family, contact: Number, stress: Number) -> Number:
    """Return the daily hazard that a family comes to worry about something it would ask about."""
    return p.worry_rate / YEAR_DAYS * contact * stress / p.usual_stress


def resumes_hazard(p: Family, contact: float, warmth: float, knowledge: float) -> float:
    """Return the daily hazard that a family brings a relative to take medication again.

    >>> p = Family()
    >>> resumes_hazard(p, 0.8, 0.6, 0.7) > resumes_hazard(p, 0.8, 0.6, 0.3) > resumes_hazard(p, 0.1, 0.6, 0.3)
    True
    """
    return p.resumes_rate * contact * warmth * knowledge


def call_hazard(p: Family, contact: Number, knowledge: Number) -> Number:
    """Return the daily hazard that the family calls about a prodrome."""
    return p.call_rate * contact * knowledge
