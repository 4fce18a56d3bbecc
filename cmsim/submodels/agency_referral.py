"""Referral to a community agency: who follows through, who is accepted, how long a link holds."""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import at_most, logistic, logit, share
from cmsim.core.simtime import WEEK_DAYS, YEAR_DAYS
from cmsim.schema.codes import HelpLevel


class Referral(Section):
    """Three levels of help; no study holds all three, so the levels are bracketed."""

    unassisted: float = param(0.35, "probability", 0.2, 0.5, "boyer2000", status="derived")
    """follows through on a number alone, at capability 0.5; non-linkage 22-90%"""
    prepared_log: float = param(0.53, "log odds", 0.35, 0.7, "smith2020", status="derived")
    """agency prepared and appointment made: ln 1.69"""
    accompanied_log: float = param(1.6, "log odds", 1.0, 2.8)
    """brought there the first time, against a number alone; sweep to 0.65-0.95"""
    capability_log: float = param(2.0, "log odds", 0.5, 3.5)
    """capability 1 against 0, with a number alone; help narrows it"""
    help_narrows: float = param(0.6, "share", 0.2, 0.9)
    """of the capability gradient taken away when accompanied, half of it when prepared"""
    trauma_log: float = param(0.4, "log odds", 0.0, 1.0, note="less likely to follow through with a history of trauma")
    unwell_log: float = param(0.7, "log odds", 0.2, 1.4, note="less likely while prodromal or acute")
    street_log: float = param(0.06, "log odds", 0.0, 0.2, note="less likely per year homeless, for housing")
    clear_share: float = param(0.6, "share", 0.2, 0.9)
    """of that taken away when accompanied, half when prepared: clear and short"""
    ambivalence_log: float = param(3.0, "log odds", 1.5, 4.0, "swanson1999", status="derived")
    """less likely, ambivalence 1 against 0; resolving it doubled first attendance (21, 47%)"""
    usual_ambivalence: float = param(0.5, "0 to 1", 0.3, 0.7, note="mean ambivalence about accepting help")
    ambivalence_left: float = param(0.85, "share", 0.6, 1.0, note="of ambivalence left after a link came about")
    directive_log: float = param(0.8, "log odds", 0.2, 1.5)
    """less likely per unit of directiveness: not the person's own step"""
    usual_directiveness: float = param(0.4, "0 to 1", 0.3, 0.5, note="directiveness usual in practice")
    relation_log: float = param(0.5, "log odds", 0.1, 1.0)
    """more likely per unit of the worker's relation with a prepared agency"""
    usual_relation: float = param(0.4, "0 to 1", 0.2, 0.6, note="relation usual in practice")
    wait_log: float = param(0.05, "log odds", 0.0, 0.1, "wait2023", status="derived")
    """less likely per week until the first visit: ln 0.95"""
    belonging_offset: float = param(0.7, "share", 0.2, 1.0)
    """of the pull of the street that other company makes up for"""
    belonging_friends: float = param(0.5, "share", 0.2, 0.8)
    """of belonging that a usual informal network gives; a day programme the rest"""
    eased_skill: float = param(0.5, "share", 0.0, 0.8)
    """of what talking ambivalence over resolves that depends on skill"""
    advocacy_minutes: float = param(4.0, "minutes", 2.0, 12.0, allowed=(0.1, 240.0))
    """of advocacy at which 63% of what it can do is reached"""
    empathic_accept_log: float = param(0.6, "log odds", 0.2, 1.2, note="acceptance by empathic advocacy")
    empathic_hold_log: float = param(0.35, "log ratio", 0.1, 0.8, note="protection of a link by empathic advocacy")
    clout_accept_log: float = param(1.5, "log odds", 0.8, 2.5, "kanter1989", status="assumption")
    """acceptance by clout"""
    clout_end_log: float = param(0.7, "log ratio", 0.2, 1.4, "kanter1989", status="assumption")
    """hazard of ending a link that was made by clout: resentment and anxiety"""
    clout_sooner: float = param(0.5, "share", 0.2, 0.8, note="of the days to the first visit saved by clout")
    clout_relation: float = param(0.08, "0 to 1", 0.02, 0.2, note="relation with the agency lost by clout")
    alliance_log: float = param(1.0, "log odds", 0.3, 2.0, note="alliance 1 against 0")
    accepts: float = param(0.72, "probability", 0.5, 0.95, note="an agency accepts a client it was not prepared for")
    accepts_relation_log: float = param(1.0, "log odds", 0.3, 2.0)
    """relation with the worker 1 against 0, and being prepared"""
    try_days: float = param(14.0, "days", 5.0, 30.0, allowed=(0.5, 365.0))
    """mean time from referral to the first visit"""
    patience_days: float = param(150.0, "days", 60.0, 365.0, allowed=(1.0, 3650.0))
    """mean time a person stays on a waiting list"""
    end_rate: float = param(0.48, "per year", 0.25, 1.2, note="hazard of a link ending, made with a number alone")
    end_prepared_log: float = param(0.4, "log ratio", 0.0, 0.9, "kanter1989", status="assumption")
    """protection when both sides were prepared"""
    end_alliance_log: float = param(0.5, "log ratio", 0.0, 1.0, note="protection by alliance 1 against 0")


def follow_chance(
    p: Referral,
    help_level: int,
    capability: Number,
    alliance: Number,
    trauma: Number,
    unwell: Number,
    street_years: Number,
    *,
    ambivalence: Number | None = None,
    directiveness: float | None = None,
    relation: Number | None = None,
    weeks: float | None = None,
    belonging: Number | float = 0.0,
) -> Number:
    """Return the chance that a client follows through; ``help_level`` 0 number only, 1 prepared, 2 accompanied.

    Args:
        help_level: as above.
        capability: mean of the need domains, 0 to 1.
        alliance: 0 to 1.
        trauma: 1 with a history of trauma; it makes directiveness weigh more.
        unwell: 1 in a prodrome or the acute phase.
        street_years: years homeless, for a home; 0 for other agencies.
        ambivalence: 0 to 1; ``None``, here and below: the usual.
        directiveness: of the worker, 0 to 1.
        relation: of worker and agency, 0 to 1; counts where the agency was prepared.
        weeks: until the first visit.
        belonging: company other than that of the street, 0 to 1.

    >>> p = Referral()
    >>> chances = [float(follow_chance(p, level, 0.3, 0.5, 0, 0, 0)) for level in (0, 1, 2)]
    >>> chances == sorted(chances)
    True
    """
    torn = p.usual_ambivalence if ambivalence is None else ambivalence
    directs = p.usual_directiveness if directiveness is None else directiveness
    known = p.usual_relation if relation is None else relation
    usual_weeks = p.try_days / WEEK_DAYS
    helped = (0.0, p.prepared_log, p.accompanied_log)[help_level]
    slope = p.capability_log * (1.0 - p.help_narrows * help_level / 2.0)
    odds = (
        logit(p.unassisted)
        + helped
        + slope * (capability - 0.5)
        + p.alliance_log * (alliance - 0.5)
        - p.trauma_log * trauma * directs / p.usual_directiveness
        - p.unwell_log * unwell * (1.0 - p.clear_share * help_level / 2.0)
        - p.street_log * street_years * (1.0 - p.belonging_offset * belonging)
        - p.ambivalence_log * (torn - p.usual_ambivalence)
        - p.directive_log * (directs - p.usual_directiveness)
        + p.relation_log * (known - p.usual_relation) * (help_level != HelpLevel.NUMBER_ONLY)
        - p.wait_log * (usual_weeks if weeks is None else weeks)
        + p.wait_log * usual_weeks
    )
    return logistic(odds)


def belonging(p: Referral, informal: Number, programme: Number) -> Number:
    """Return the company that a person has besides that of the street, 0 to 1."""
    return p.belonging_friends * at_most(1.0, informal) + (1.0 - p.belonging_friends) * programme


def left_torn(p: Referral, ambivalence: Number, eases: float, skill: Number) -> Number:
    """Return the ambivalence left after it was talked over, by what a fully skilled worker resolves.

    >>> p = Referral()
    >>> float(left_torn(p, 0.8, 0.7, 1.0)) < float(left_torn(p, 0.8, 0.7, 0.3)) < 0.8
    True
    """
    return ambivalence * (1.0 - eases * (1.0 - p.eased_skill + p.eased_skill * skill))


def spoken_share(p: Referral, minutes: Number) -> Number:
    """Return how far a person was spoken for, 0 to 1, by minutes of advocacy."""
    return share(minutes / p.advocacy_minutes)


def accept_chance(
    p: Referral, relation: Number, prepared: Number, spoken: Number | float = 0.0, clout: float = 0.0
) -> Number:
    """Return the chance that an agency accepts a client who came; ``clout`` 1 where advocacy was by force.

    >>> p = Referral()
    >>> forced, won = (float(accept_chance(p, 0.4, 1, 0.8, clout)) for clout in (1.0, 0.0))
    >>> forced > won > float(accept_chance(p, 0.4, 1))
    True
    """
    spoke = p.empathic_accept_log + (p.clout_accept_log - p.empathic_accept_log) * clout
    return logistic(logit(p.accepts) + p.accepts_relation_log * relation * prepared + spoke * spoken)


def advocacy_log(p: Referral, spoken: Number, clout: float) -> Number:
    """Return the log ratio of the hazard of a link ending: higher if spoken for by clout, lower by empathy."""
    return (p.clout_end_log * clout - p.empathic_hold_log * (1.0 - clout)) * spoken


def link_end_hazard(p: Referral, prepared: Number, alliance: Number, strain: Number | float = 0.0) -> Number:
    """Return the daily hazard that a link ends; ``strain`` is a log ratio of its own."""
    return (
        p.end_rate / YEAR_DAYS * np.exp(strain - p.end_prepared_log * prepared - p.end_alliance_log * (alliance - 0.5))
    )
