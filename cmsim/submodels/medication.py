"""Medication: adherence, supply, fit of the regimen; what reaches the illness is adherence times fit."""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import approach, logistic


class Medication(Section):
    """How people come to take, miss and stop medication."""

    log_odds: float = param(1.0, "log odds", 0.0, 1.6, "gilmer2004", status="derived", allowed=(-5.0, 5.0))
    """adherence of the mean person: groups 41% adherent, 24% non, 16% partial, 19% excess"""
    disposition_sd: float = param(1.3, "SD of log odds", 0.6, 2.0, note="differences between people that stay")
    insight_gain: float = param(1.2, "log odds", 0.3, 2.0, "velligan2017", status="derived", note="insight 1 against 0")
    alliance_gain: float = param(0.9, "log odds", 0.2, 1.8, "priebe2011", status="derived", note="alliance 1 against 0")
    side_effect_loss: float = param(0.9, "log odds", 0.2, 2.0, "velligan2017", status="derived")
    """side effects 1 against 0"""
    substance_loss: float = param(0.5, "log odds", 0.1, 1.2, "velligan2017", status="derived")
    """current use against none"""
    settling_days: float = param(21.0, "days", 7.0, 60.0, note="time constant of adherence", allowed=(1.0, 365.0))
    depot_share: float = param(0.15, "share", 0.05, 0.35, note="of clients on a depot at the start")
    depot_floor: float = param(0.93, "0 to 1", 0.7, 0.98, "leucht2012", status="derived")
    """adherence that a depot assures while reviews are kept"""
    supervised: float = param(0.8, "0 to 1", 0.65, 0.95)
    """adherence to tablets that are handed out and counted, as in a trial of maintenance"""
    supply_days: float = param(100.0, "days", 60.0, 130.0, note="supply given at a review", allowed=(7.0, 365.0))
    discharge_days: float = param(30.0, "days", 7.0, 45.0, allowed=(0.0, 365.0))
    """supply given on discharge from hospital"""
    stop_rate: float = param(0.35, "per year", 0.1, 0.8, "lacro2002", status="derived")
    """hazard of stopping altogether, for the mean person"""
    stop_side_effects_log: float = param(1.0, "log ratio", 0.2, 2.0, note="side effects 1 against 0")
    stop_alliance_log: float = param(0.8, "log ratio", 0.0, 1.6, note="protection by alliance 1 against 0")
    stop_disposition_log: float = param(0.5, "log ratio", 0.0, 1.0)
    """protection per unit of the adherence disposition"""
    stop_insight_log: float = param(1.5, "log ratio", 0.5, 3.0, "velligan2017", status="assumption")
    """protection by insight 1 against 0; poor insight stands first among the reasons, in 56% of studies"""
    stop_prodrome_log: float = param(1.5, "log ratio", 0.5, 2.5, note="a prodrome against a stable phase")
    insight_wanes: float = param(0.5, "share", 0.2, 0.8)
    """of insight into the need of medication that a prodrome or an acute phase takes for as long as it lasts"""
    resumes: float = param(-1.0, "log odds", -2.5, 0.5, allowed=(-10.0, 10.0))
    """that somebody who has stopped agrees to take it again when asked, at insight and alliance 0.5"""
    resumes_insight: float = param(2.0, "log odds", 0.5, 4.0, note="insight 1 against 0")
    resumes_alliance: float = param(2.0, "log odds", 0.5, 4.0, note="alliance 1 against 0")
    fit_start: float = param(0.75, "0 to 1", 0.5, 0.95, note="mean fit of the regimen to the person at the start")
    review_fit: float = param(0.25, "share", 0.1, 0.5, note="of the misfit and side effects that a review removes")
    informed_fit: float = param(1.5, "ratio", 1.0, 2.5, "kanter1989", status="assumption")
    """how much more, if the case manager has reported"""
    fit_drift: float = param(0.15, "per year", 0.0, 0.4, note="share of fit lost as life and body change")
    side_effect_days: float = param(300.0, "days", 120.0, 900.0, allowed=(1.0, 1e5))
    """time constant with which side effects come back as doses, life and body change"""
    insight_days: float = param(1100.0, "days", 365.0, 2500.0, allowed=(1.0, 1e5))
    """time constant of coming back to one's own level of insight"""
    stops_before: float = param(2.0, "times", 0.5, 5.0, allowed=(0.0, 50.0))
    """mean number of earlier stops of a person who takes none"""
    depot_accepted: float = param(-0.6, "log odds", -2.0, 0.5, allowed=(-10.0, 10.0))
    """that somebody who has stopped agrees to a depot that is offered, at insight and alliance 0.5"""
    depot_insight: float = param(2.0, "log odds", 0.5, 4.0, note="insight 1 against 0")
    depot_alliance: float = param(2.0, "log odds", 0.5, 4.0, note="alliance 1 against 0")
    depot_insisted: float = param(1.5, "log odds", 0.5, 3.0)
    """more when the worker insists and other help depends on it"""
    depot_again_days: float = param(90.0, "days", 30.0, 365.0, allowed=(1.0, 3650.0))
    """until it is brought up again"""
    fills: float = param(1.2, "log odds", 0.3, 2.5, allowed=(-10.0, 10.0))
    """a prescription is taken to the pharmacy and paid for, at capability 0 and no unmet need"""
    fills_capability: float = param(2.2, "log odds", 0.8, 4.0, note="capability 1 against 0")
    fills_unmet: float = param(3.0, "log odds", 1.0, 5.0)
    """less per unit of unmet need in income, treatment and transport"""
    fills_adherence: float = param(1.5, "log odds", 0.5, 3.0, note="wanting to take it: adherence 1 against 0.5")


def adherence_target(
    p: Medication,
    disposition: Number,
    insight: Number,
    alliance: Number,
    side_effects: Number,
    substance: Number,
    depot: Number,
) -> Number:
    """Return the adherence (0 to 1) a person settles at while supplied; a depot assures a floor.

    >>> p = Medication()
    >>> willing = float(adherence_target(p, 0.0, 0.9, 0.8, 0.0, 0.0, 0.0))
    >>> unwilling = float(adherence_target(p, 0.0, 0.2, 0.2, 0.5, 1.0, 0.0))
    >>> willing > unwilling and float(adherence_target(p, -3.0, 0.2, 0.2, 0.5, 1.0, 1.0)) == p.depot_floor
    True
    """
    odds = (
        p.log_odds
        + disposition
        + p.insight_gain * (insight - 0.5)
        + p.alliance_gain * (alliance - 0.5)
        - p.side_effect_loss * side_effects
        - p.substance_loss * substance
    )
    return np.maximum(logistic(odds), p.depot_floor * depot)


def adherence_next(p: Medication, adherence: Number, target: Number) -> Number:
    """Return adherence one day on."""
    return approach(adherence, target, 1.0, p.settling_days)


def stop_logs(p: Medication, side_effects: Number, alliance: Number, disposition: Number) -> Number:
    """Return the log of the ratio of the hazard of stopping to the mean person's."""
    return (
        p.stop_side_effects_log * side_effects
        - p.stop_alliance_log * (alliance - 0.5)
        - p.stop_disposition_log * disposition
    )


def waned_logs(p: Medication, insight: Number, prodromal: Number) -> Number:
    """Return the log of the ratio by which insight, as a prodrome leaves it, changes the hazard of stopping.

    >>> p = Medication()
    >>> bool(waned_logs(p, 0.5, 1.0) > waned_logs(p, 0.5, 0.0) == 0.0 > waned_logs(p, 0.9, 0.0))
    True
    """
    felt = insight_left(p, insight, prodromal)
    return p.stop_prodrome_log * prodromal - p.stop_insight_log * (felt - 0.5)


def insight_left(p: Medication, insight: Number, unwell: Number) -> Number:
    """Return insight into the need of medication, 0 to 1: it wanes as people fall ill."""
    return insight * (1.0 - p.insight_wanes * unwell)


def resumes_chance(p: Medication, insight: float, alliance: float) -> float:
    """Return the chance that a client who has stopped agrees to take medication again when asked.

    Args:
        insight: from :func:`insight_left`, 0 to 1.
        alliance: with the case manager, 0 to 1.

    >>> p = Medication()
    >>> resumes_chance(p, 0.6, 0.6) > resumes_chance(p, 0.3, 0.6) > resumes_chance(p, 0.3, 0.2)
    True
    """
    odds = p.resumes + p.resumes_insight * (insight - 0.5) + p.resumes_alliance * (alliance - 0.5)
    return float(logistic(odds))


def left_by_review(p: Medication, informed: bool) -> float:
    """Return the share of misfit and of side effects that a review leaves.

    >>> p = Medication()
    >>> left_by_review(p, True) < left_by_review(p, False) < 1.0
    True
    """
    return 1.0 - min(p.review_fit * (p.informed_fit if informed else 1.0), 1.0)


def fill_chance(p: Medication, capability: float, unmet: float, willing: float) -> float:
    """Return the chance that a prescription becomes medication at hand without anybody's help.

    Args:
        capability: 0 to 1.
        unmet: unmet need in income, treatment and transport, 0 to 1.
        willing: adherence that the person would settle at, 0 to 1.

    >>> p = Medication()
    >>> fill_chance(p, 0.8, 0.0, 0.8) > fill_chance(p, 0.3, 0.0, 0.8) > fill_chance(p, 0.3, 0.4, 0.3)
    True
    """
    odds = p.fills + p.fills_capability * capability - p.fills_unmet * unmet
    return float(logistic(odds + p.fills_adherence * 2.0 * (willing - 0.5)))


def depot_chance(p: Medication, insight: float, alliance: float, insisted: bool) -> float:
    """Return the chance that a client who has stopped agrees to a depot.

    >>> p = Medication()
    >>> depot_chance(p, 0.4, 0.5, True) > depot_chance(p, 0.4, 0.5, False) > depot_chance(p, 0.2, 0.3, False)
    True
    """
    odds = p.depot_accepted + p.depot_insight * (insight - 0.5) + p.depot_alliance * (alliance - 0.5)
    return float(logistic(odds + p.depot_insisted * insisted))
