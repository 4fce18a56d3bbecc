"""Illness as phases: stable, prodromal, acute, inpatient; every hazard is a baseline times named factors.

The factors of the onset hazard are kept apart (one row of logs each), so that a transition can be explained
by what weighed most. They are direct, conditional effects: published ratios are total effects in a population
and are compared with what a virtual cohort gives, not put in here as they stand.
"""

import math

import numpy as np

from cmsim.core.numeric import Floats, Number
from cmsim.core.parameters import Section, param
from cmsim.core.simtime import YEAR_DAYS
from cmsim.schema.codes import FACTORS


class Illness(Section):
    """How episodes begin and run."""

    onset_rate: float = param(1.0, "per year", 0.4, 2.2, "leucht2012", fitted_to="antipsychotic, target off")
    """hazard of a prodrome for the reference person: stable long ago, no medication, no stress. Off-drug relapse 1.02 a
    year over a chance to turn acute of about 0.6, less what stress, unmet need, demands and a critical home add on
    average, more for those who are well because they are little frail"""
    frailty_sd: float = param(0.55, "SD of log hazard", 0.3, 1.2)
    """differences between people that stay, beyond those that stand in the model: adherence, stress, unmet need,
    criticism, substance use, earlier admissions"""
    medication_log: float = param(1.45, "log ratio", 1.0, 2.5, "leucht2012", fitted_to="antipsychotic, target on")
    """effect of fully effective medication. 27% against 64% needs a conditional ratio of about 4.1; in a trial about
    0.8 of doses are taken and the regimen fits by 0.85: ln 4.1 / 0.68, less what medication does in the prodrome"""
    stress_log: float = param(1.2, "log ratio", 0.4, 2.0, note="stress 1 against 0")
    criticism_log: float = param(2.6, "log ratio", 1.2, 3.6, "ma2021", status="derived")
    """expressed emotion 1 with full contact against 0; OR 4.87 on a 30% risk is a hazard ratio of about 3.2, and high
    and low families who live together differ by 0.5 on this scale: ln 3.2 / 0.5, and somewhat more, since frailty hides
    part of it in a cohort"""
    unmet_log: float = param(1.2, "log ratio", 0.2, 2.5, note="mean unmet need 1 against 0")
    overload_log: float = param(0.6, "log ratio", 0.0, 1.5, note="stimulation and demand 1 above tolerance")
    substance_log: float = param(0.5, "log ratio", 0.2, 0.9, note="current substance use against none")
    recency_ratio: float = param(
        3.1, "ratio", 1.5, 15.0, "hcup2012", fitted_to="discharge, target back_30", allowed=(1.0, 100.0)
    )
    """hazard on the day of discharge against long after; sets the steep start of the readmission curve"""
    recency_days: float = param(32.0, "days", 15.0, 90.0, note="time constant of that decline", allowed=(1.0, 3650.0))
    admissions_log: float = param(0.12, "log ratio", 0.0, 0.4, "mortensen1994", status="derived")
    """per doubling of 1 + earlier admissions"""
    prodrome_days: float = param(18.0, "days", 10.0, 30.0, "eisner2013", allowed=(1.0, 365.0))
    """mean length; signs appear in the few weeks before relapse"""
    prodrome_cv: float = param(0.5, "ratio", 0.2, 1.0, note="coefficient of variation of its length")
    recency_shortens: float = param(0.85, "share", 0.4, 0.95, "hcup2012", status="assumption")
    """of the prodrome's length on the day of discharge: symptoms not yet gone need no long way back"""
    turns_acute: float = param(0.65, "probability", 0.45, 0.8, note="a prodrome that nobody answers turns acute")
    answered_odds: float = param(0.7, "ratio", 0.4, 0.95, "morriss2013", status="derived")
    """odds of turning acute once noticed and answered by more contact alone; programmes reached RR 0.53 with other
    therapy and earlier medication, in trials of low quality: an upper bound"""
    reviewed_odds: float = param(0.6, "ratio", 0.3, 0.9)
    """odds after an earlier medication review in the prodrome, with fully effective medication"""
    turns_medication_log: float = param(1.0, "log odds", 0.3, 2.0, "leucht2012", status="assumption")
    """less of turning acute with fully effective medication against none: part of what medication does is done in the
    prodrome, so that taking it again then still helps"""
    usual_effective: float = param(0.48, "0 to 1", 0.3, 0.65, note="effective medication that people usually have")
    least_prodrome_days: float = param(2.0, "days", 0.5, 5.0, note="no prodrome is shorter", allowed=(0.0, 30.0))
    acute_days: float = param(45.0, "days", 20.0, 90.0, allowed=(1.0, 730.0))
    """mean length of an acute phase in the community that nobody treats"""
    acute_cv: float = param(0.6, "ratio", 0.3, 1.2, note="coefficient of variation of its length")
    acute_medication: float = param(0.35, "share", 0.0, 0.6, note="shortening by fully effective medication")


def slow_logs(
    p: Illness,
    out: Floats,
    frailty: Number,
    criticism: Number,
    unmet: Number,
    overload: Number,
    substance: Number,
    admissions: Number,
) -> Floats:
    """Write the logs of the factors of the onset hazard that change over weeks; the others are left as they are.

    Args:
        out: nine numbers or rows of (9, clients) in the order of ``schema.codes.FACTORS``, filled and returned.
        frailty: log hazard of the person.
        criticism: how home weighs, -1 to 1, from ``family_climate.climate``: below 0 it protects.
        unmet: mean unmet need, 0 to 1.
        overload: stimulation and demand above tolerance, -1 to 1: below 0 what is practised protects.
        substance: current substance use, 0 or 1.
        admissions: number of earlier admissions.
    """
    assert len(out) == len(FACTORS)
    out[0] = frailty
    out[3] = p.criticism_log * criticism
    out[4] = p.unmet_log * unmet
    out[5] = p.overload_log * overload
    out[6] = p.substance_log * substance
    out[8] = p.admissions_log * np.log2(1.0 + admissions)
    return out


def fast_logs(p: Illness, out: Floats, effective: Number, stress: Number, recency: Number) -> Floats:
    """Write the logs of the factors that change from day to day: medication, stress, recent discharge.

    Args:
        out: as in :func:`slow_logs`.
        effective: effective medication, 0 to 1 (adherence times fit of the regimen).
        stress: 0 to 1.
        recency: 1 on the day of discharge, falling with ``recency_days``.
    """
    out[1] = -p.medication_log * effective
    out[2] = p.stress_log * stress
    out[7] = np.log(recency_factor(p, recency))
    return out


def recency_factor(p: Illness, recency: Number) -> Number:
    """Return the factor of a recent discharge.

    >>> recency_factor(Illness(), 1.0) == Illness().recency_ratio
    True
    """
    return 1.0 + (p.recency_ratio - 1.0) * recency


def onset_hazard(p: Illness, slow: Number, effective: Number, stress: Number, recency: Number) -> Number:
    """Return the daily hazard of a prodrome.

    ``slow`` is the sum of :func:`slow_logs`; the fast factors are multiplied in here, which is the same
    product as the exponential of all nine logs.

    >>> p = Illness()
    >>> round(float(onset_hazard(p, 0.0, 0.0, 0.0, 0.0)) * 365, 2) == p.onset_rate
    True
    """
    fast = np.exp(slow + p.stress_log * stress - p.medication_log * effective)
    return (p.onset_rate / YEAR_DAYS) * fast * recency_factor(p, recency)


def chance_acute(p: Illness, answered: bool, reviewed: bool, effective: float, by_medication: bool = False) -> float:
    """Return the chance that a prodrome turns acute at its end.

    An earlier review changes the medication, so that it helps as far as medication is taken and fits.

    Args:
        answered: the prodrome was noticed, and the person seen in it.
        reviewed: medication was reviewed in it.
        effective: effective medication at its end, 0 to 1.
        by_medication: whether it depends on medication without a review too.

    >>> p = Illness()
    >>> chance_acute(p, False, False, 0.0, True) > p.turns_acute > chance_acute(p, False, False, 0.8, True)
    True
    >>> chance_acute(p, True, True, 0.8) < chance_acute(p, True, False, 0.8) < p.turns_acute
    True
    >>> chance_acute(p, False, True, 0.0) == chance_acute(p, False, False, 0.0)
    True
    """
    odds = p.turns_acute / (1.0 - p.turns_acute)
    if by_medication:
        odds *= math.exp(-p.turns_medication_log * (effective - p.usual_effective))
    if answered:
        odds *= p.answered_odds
    if reviewed:
        odds *= p.reviewed_odds**effective
    return odds / (1.0 + odds)


def prodrome_length(p: Illness, drawn_days: float, recency: float) -> float:
    """Return the days a prodrome lasts; soon after a discharge it is short.

    >>> p = Illness()
    >>> prodrome_length(p, 18.0, 1.0) < prodrome_length(p, 18.0, 0.0) == 18.0
    True
    """
    return drawn_days * (1.0 - p.recency_shortens * recency)


def acute_length(p: Illness, drawn_days: float, effective: float) -> float:
    """Return the days an acute phase lasts in the community, shortened by effective medication."""
    return drawn_days * (1.0 - p.acute_medication * effective)
