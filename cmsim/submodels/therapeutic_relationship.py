"""Alliance, the worker's knowledge of the client, and engagement."""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import approach, logistic, within
from cmsim.core.simtime import YEAR_DAYS


class TemplateLevel(Section):
    """Alliance that people of each relational template reach with a fair worker."""

    collaborative: float = param(0.80, "0 to 1", 0.65, 0.95)
    distrustful: float = param(0.50, "0 to 1", 0.3, 0.65)
    dependent: float = param(0.72, "0 to 1", 0.55, 0.9)
    power_organised: float = param(0.55, "0 to 1", 0.35, 0.7)


class Relationship(Section):
    """How alliance, knowledge and engagement grow and fade.

    Alliance 0: will not speak with the worker; 1: seeks the worker out when things go wrong.
    """

    template: TemplateLevel = TemplateLevel()
    dyad_sd: float = param(0.10, "SD", 0.03, 0.2, "kanter1989", status="assumption")
    """what is particular to two people and stays with them"""
    skill_gain: float = param(0.20, "0 to 1", 0.05, 0.4, note="alliance reached with a worker of skill 1 against 0")
    first: float = param(0.25, "0 to 1", 0.1, 0.4, note="alliance at a first meeting")
    first_insight: float = param(0.4, "0 to 1", 0.1, 0.8, note="more of it, insight 1 against 0")
    insight_gain: float = param(0.25, "0 to 1", 0.05, 0.5, note="alliance reached with insight 1 against 0")
    unwell_strain: float = param(0.10, "0 to 1", 0.0, 0.25)
    """less that a dyad can reach while the client is prodromal or acute, when suspicion and hostility are in the way"""
    fade_days: float = param(500.0, "days", 180.0, 1500.0, allowed=(1.0, 1e5))
    """time constant of fading without contact"""
    commitment_loss: float = param(0.18, "0 to 1", 0.05, 0.35)
    """alliance lost by a commitment that nobody owned up to; causal size unknown"""
    insisted_loss: float = param(0.08, "0 to 1", 0.02, 0.2, note="alliance lost when the worker insists on medication")
    trauma_loss: float = param(0.4, "ratio", 0.0, 1.0, note="more of either after trauma")
    owned: float = param(0.45, "probability", 0.1, 0.9)
    """a worker of skill 0.5 says openly to act against the client's wish"""
    owned_skill: float = param(0.6, "probability", 0.0, 0.9, note="skill 1 against 0")
    owned_share: float = param(0.5, "share", 0.2, 0.8, "kanter1989", status="assumption")
    """of the damage that owning the authority of the role openly prevents"""
    coerced_days: float = param(240.0, "days", 60.0, 700.0, note="time constant of resentment", allowed=(1.0, 3650.0))
    let_down: float = param(0.02, "0 to 1", 0.0, 0.05)
    """alliance that a recent let-down takes from what can be reached"""
    let_down_days: float = param(60.0, "days", 20.0, 180.0, allowed=(1.0, 3650.0))
    """for which a let-down is remembered"""
    usual_let_down: float = param(1.8, "let-downs", 0.0, 4.0, allowed=(0.0, 20.0))
    """remembered at one time in usual care"""
    unanswered: float = param(2.0, "let-downs", 0.5, 4.0)
    """a crisis call that the own worker did not answer, against a visit put off"""
    prompt: float = param(0.06, "ratio", 0.0, 0.2)
    """push toward the alliance ceiling of a prompt answer to a worry"""
    watched: float = param(0.55, "ratio", 0.1, 1.2, note="alliance that a full feeling of being watched takes away")
    usual_watched: float = param(0.022, "0 to 1", 0.0, 0.15, note="mean feeling of being watched in usual care")
    conflict_rate: float = param(1.0, "per year", 0.2, 3.0)
    """hazard of a conflict over what the client can do, where worker and client differ by 0.2"""
    conflict_gap: float = param(0.2, "0 to 1", 0.1, 0.4, note="difference at which that hazard is stated")
    conflict_loss: float = param(0.05, "0 to 1", 0.01, 0.12, note="alliance lost by a conflict")
    usual_alliance: float = param(0.55, "0 to 1", 0.4, 0.7, note="at which disclosure is held when its loop is cut")
    letdown_loss: float = param(0.02, "0 to 1", 0.0, 0.06)
    """alliance lost when a crisis call is not answered by the own worker though on duty"""
    knowledge_minutes: float = param(600.0, "minutes", 200.0, 1500.0, allowed=(1.0, 1e5))
    """contact minutes at which 63% is known"""
    knowledge_fade_days: float = param(700.0, "days", 200.0, 2000.0, allowed=(1.0, 1e5))
    """time constant of getting out of touch"""
    engagement_days: float = param(60.0, "days", 20.0, 180.0, note="time constant of engagement", allowed=(1.0, 3650.0))
    tells_rate: float = param(0.05, "per day", 0.01, 0.15)
    """hazard that a client in a prodrome tells the worker, at full alliance and insight"""
    intrusion_days: float = param(25.0, "days", 7.0, 90.0, allowed=(1.0, 3650.0))
    """time constant with which the feeling of being watched fades"""
    engagement_base: float = param(0.12, "0 to 1", 0.0, 0.3, note="without alliance and insight")
    engagement_alliance: float = param(0.60, "ratio", 0.3, 0.8, note="per unit of alliance")
    engagement_insight: float = param(0.25, "ratio", 0.1, 0.4, note="per unit of insight")
    engagement_substance: float = param(0.10, "0 to 1", 0.0, 0.2, "kreyenbuhl2009", status="derived")
    """current use against none"""
    engagement_intrusion: float = param(0.4, "ratio", 0.0, 0.8, note="per unit of intrusion")
    engagement_coerced: float = param(0.5, "ratio", 0.0, 1.0)
    """per unit of resentment; engagement dips after a commitment"""
    comes_log_odds: float = param(0.95, "log odds", 0.3, 1.8, "walden", status="derived", allowed=(-5.0, 5.0))
    """chance to keep an arranged contact at engagement 0.5; first appointments missed 20-57%, later ones less"""
    comes_engagement: float = param(2.2, "log odds", 1.0, 4.0, note="engagement 1 against 0")
    comes_acute: float = param(0.8, "share", 0.5, 1.0, note="of that chance left while acute")
    comes_home: float = param(0.5, "log odds", 0.0, 1.2, note="gain when the worker comes to the person")
    comes_phone: float = param(0.4, "log odds", 0.0, 1.2, note="gain when it is a call")
    refuses: float = param(0.25, "share", 0.1, 0.5, note="of contacts not kept that are refused openly")
    disengage_rate: float = param(0.18, "per year", 0.05, 0.4, "kreyenbuhl2009", status="derived")
    """hazard of leaving against advice at engagement 0.5; up to a third over one to two years"""
    disengage_log: float = param(2.5, "log ratio", 1.0, 4.0, note="engagement 0 against 1")
    patience: float = param(0.15, "log ratio", 0.0, 0.6, allowed=(0.0, 2.0))
    """per month without any contact, with a worker or without"""
    return_share: float = param(0.6, "share", 0.2, 0.9, fitted_to="discharge, target met_30")
    """of those lost to the service whom it takes up again after a stay in hospital"""
    returns_rate: float = param(0.4, "per year", 0.1, 1.0)
    """hazard that somebody lost to the service turns to it again, or is brought back, without a stay in hospital"""
    followed_days: float = param(365.0, "days", 180.0, 730.0, allowed=(1.0, 36500.0))
    """for which somebody lost to the service is followed, who then counts as gone from the area; the time of a warm-up,
    so that as many come into this state as leave it"""


def alliance_ceiling(p: Relationship, template_level: Number, dyad: Number, skill: Number) -> Number:
    """Return the alliance (0 to 1) that a dyad can reach."""
    return within(template_level + dyad + p.skill_gain * (skill - 0.5), 0.0, 1.0)


def insight_shift(p: Relationship, insight: Number, unwell: Number) -> Number:
    """Return the shift of the alliance that a dyad can reach: who sees no need of help, or is unwell, reaches less.

    >>> p = Relationship()
    >>> insight_shift(p, 0.8, 0.0) > insight_shift(p, 0.5, 0.0) == 0.0 > insight_shift(p, 0.5, 1.0)
    True
    """
    return p.insight_gain * (insight - 0.5) - p.unwell_strain * unwell


def first_alliance(p: Relationship, insight: Number) -> Number:
    """Return alliance at a first meeting, 0 to 1: there is little yet but what the client thinks of needing help.

    >>> p = Relationship()
    >>> float(first_alliance(p, 0.5)) == p.first < float(first_alliance(p, 0.9))
    True
    """
    return within(p.first + p.first_insight * (insight - 0.5), 0.0, 1.0)


def strained(p: Relationship, let_down: Number, coerced: Number, intrusion: Number, distrust: Number) -> Number:
    """Return what recent let-downs, resentment and being watched take from the alliance a dyad can reach.

    Args:
        let_down: let-downs remembered: visits put off, calls not answered.
        coerced: resentment left by coercive acts, 0 to 1.
        intrusion: feeling of being watched, 0 to 1.
        distrust: 0 to 1; distrustful people take a let-down harder.

    >>> p = Relationship()
    >>> float(strained(p, p.usual_let_down, 0.0, p.usual_watched, 0.5))
    0.0
    """
    missed = p.let_down * (0.5 + distrust) * (let_down - p.usual_let_down)
    return missed + coerced + p.watched * (intrusion - p.usual_watched)


def coercion_cost(p: Relationship, size: float, trauma: float, owned: bool) -> float:
    """Return the alliance that a coercive act costs; less where its authority was owned openly (K-35, K-36).

    >>> p = Relationship()
    >>> 0.0 < coercion_cost(p, 0.2, 0.0, True) < coercion_cost(p, 0.2, 0.0, False) < 0.21
    True
    """
    return size * (1.0 + p.trauma_loss * trauma) * (1.0 - p.owned_share * owned)


def conflict_hazard(p: Relationship, believed: Number, true: Number, dominance: Number) -> Number:
    """Return the daily hazard of a conflict: grows with the gap between the worker's view and what is (K-12).

    >>> p = Relationship()
    >>> wide, narrow = (float(conflict_hazard(p, 0.3 + gap, 0.3, 0.5)) for gap in (0.3, 0.1))
    >>> wide > narrow > float(conflict_hazard(p, 0.3, 0.3, 0.5)) == 0.0
    True
    """
    gap = np.abs(believed - true) / p.conflict_gap
    return p.conflict_rate / YEAR_DAYS * gap * (0.5 + dominance)


def alliance_met(alliance: Number, ceiling: Number, push: Number) -> Number:
    """Return alliance after a day's contacts; ``push`` is the day's engagement work (1 closes 63% of the gap).

    >>> 0.3 < float(alliance_met(0.3, 0.8, 0.1)) < 0.8
    True
    """
    return alliance + (ceiling - alliance) * -np.expm1(-push)


def alliance_faded(p: Relationship, alliance: Number, ceiling: Number, days: float) -> Number:
    """Return alliance after ``days`` without contact: it fades to a share of what the dyad could reach."""
    return approach(alliance, p.first * ceiling, days, p.fade_days)


def knowledge_met(p: Relationship, knowledge: Number, minutes: Number) -> Number:
    """Return the worker's knowledge of the client after ``minutes`` that taught something.

    >>> 0.0 < float(knowledge_met(Relationship(), 0.0, 60)) < 0.2
    True
    """
    return knowledge + (1.0 - knowledge) * -np.expm1(-minutes / p.knowledge_minutes)


def knowledge_faded(p: Relationship, knowledge: Number, days: float) -> Number:
    """Return knowledge after ``days`` out of touch."""
    return approach(knowledge, 0.0, days, p.knowledge_fade_days)


def engagement_target(
    p: Relationship,
    openness: Number,
    alliance: Number,
    insight: Number,
    substance: Number,
    intrusion: Number,
    coerced: Number | float = 0.0,
) -> Number:
    """Return the engagement (0 to 1) a person settles at; being watched or coerced takes from it."""
    drawn = p.engagement_base + openness + p.engagement_alliance * alliance + p.engagement_insight * insight
    kept = drawn - p.engagement_substance * substance - p.engagement_intrusion * intrusion
    return within(kept - p.engagement_coerced * coerced, 0.0, 1.0)


def comes_chance(p: Relationship, engagement: Number, in_vivo: Number, phone: Number, shift: float = 0.0) -> Number:
    """Return the chance that a client keeps an arranged contact; ``shift`` is in log odds.

    >>> p = Relationship()
    >>> float(comes_chance(p, 0.8, 1, 0)) > float(comes_chance(p, 0.2, 0, 0))
    True
    """
    odds = (
        p.comes_log_odds
        + p.comes_engagement * (engagement - 0.5)
        + p.comes_home * in_vivo
        + p.comes_phone * phone
        + shift
    )
    return logistic(odds)


def disengage_logs(p: Relationship, engagement: Number, months_unseen: Number) -> Number:
    """Return the log of the ratio of the hazard of disengaging to that at engagement 0.5, seen lately."""
    return p.disengage_log * (0.5 - engagement) + p.patience * months_unseen
