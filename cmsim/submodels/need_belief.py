"""What the worker takes a person to be able to do: sharpened by contacts, informants and records.

A belief is an estimate of how able the person is on an ordinary day, one number a need domain, with one
variance for all of them. Whoever is seen shows what can be done *that day*, impaired by a prodrome, an acute
phase or the weeks after it, and the worker takes it at face value (K-24). What a worker expects of anybody is
what he or she saw face to face, minute for minute. There is no parameter for pessimism: expectations are low
where people are seen when they are in trouble (K-25).
"""

import math

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param


class Belief(Section):
    """How belief follows what is seen and told (K-24, K-25, K-28)."""

    noise: float = param(0.30, "0 to 1", 0.15, 0.5)
    """SD of the impression of one domain from ``usual_minutes`` with a person not known"""
    halo: float = param(0.4, "share", 0.0, 0.8, note="of that variance that is common to all domains of one impression")
    knowledge_gain: float = param(0.5, "share", 0.2, 0.8, "kanter1989", status="assumption")
    """of the SD that full knowledge takes"""
    usual_minutes: float = param(5.0, "minutes", 2.0, 15.0, allowed=(0.1, 480.0))
    """of assessment, at which the noise is as stated"""
    passing: float = param(0.04, "ratio", 0.0, 0.15)
    """minutes of assessment that a minute face to face is worth in passing"""
    between: float = param(0.20, "SD", 0.1, 0.3, allowed=(0.01, 1.0))
    """of ability between people of whom nothing is known"""
    holds_days: float = param(470.0, "days", 150.0, 1500.0, allowed=(7.0, 1e5))
    """time constant with which what was seen of a person ceases to count, toward what is expected of anybody"""
    experience_minutes: float = param(3000.0, "minutes", 600.0, 15000.0, allowed=(1.0, 1e6))
    """face to face that the expectation a worker begins with, that of the mean person, is worth"""
    experience_days: float = param(365.0, "days", 90.0, 1500.0, allowed=(7.0, 1e5))
    """over which what a worker saw, minute for minute, makes up what is expected of anybody"""
    record_minutes: float = param(15.0, "minutes", 0.0, 60.0, "kanter1989", status="assumption")
    """of assessment that reading a full record of former functioning is worth"""
    usual_days: float = param(180.0, "days", 60.0, 400.0, allowed=(1.0, 3650.0))
    """over which informants and records sum up how a person has been"""


def precision(p: Belief, minutes: Number, knowledge: Number) -> Number:
    """Return the precision (1 / variance) of what ``minutes`` of assessment show, with a person so known.

    >>> p = Belief()
    >>> float(precision(p, 10.0, 0.8)) > float(precision(p, 10.0, 0.0)) > float(precision(p, 2.0, 0.0))
    True
    """
    sd = p.noise * (1.0 - p.knowledge_gain * knowledge)
    return minutes / (p.usual_minutes * sd * sd)


def weight(variance: Number, precision: Number) -> Number:
    """Return the weight of new evidence against what was believed: none without evidence, 1 for certainty.

    >>> float(weight(0.04, 0.0)), float(weight(0.04, 25.0))
    (0.0, 0.5)
    """
    return variance * precision / (1.0 + variance * precision)


def impression(p: Belief, seen: Number, precision: Number, common: Number, own: Number) -> Number:
    """Return the impression of each domain, from standard normal deviates.

    Args:
        seen: what is shown, shape (..., domains).
        precision: of the evidence, above 0.
        common: deviate common to all domains.
        own: deviates of the domains.
    """
    deviate = math.sqrt(p.halo) * common + math.sqrt(1.0 - p.halo) * own
    return seen + deviate / np.sqrt(precision)


def unseen(p: Belief, belief: Number, variance: Number, expected: Number, days: float) -> tuple[Number, Number]:
    """Return belief and variance after ``days`` without evidence: both drift to those of a person not known.

    >>> p = Belief()
    >>> faded, unsure = unseen(p, 0.8, 0.01, 0.4, 10 * p.holds_days)
    >>> round(float(faded), 3), math.isclose(unsure, p.between**2, rel_tol=1e-3)
    (0.4, True)
    """
    held = math.exp(-days / p.holds_days)
    stranger = p.between * p.between
    return expected + held * (belief - expected), stranger + held * held * (variance - stranger)


def handed_over(kept: float, belief: Number, expected: Number) -> Number:
    """Return what the next worker believes, given the share of knowledge that a handover keeps."""
    return expected + kept * (belief - expected)


def variance_handed_over(p: Belief, kept: float, variance: Number) -> Number:
    """Return the variance with the next worker: that of a person not known, less what was handed over."""
    return kept * variance + (1.0 - kept) * p.between * p.between


def believed_need(demand: Number, belief: Number) -> Number:
    """Return the need that is believed in each domain, 0 to 1."""
    return np.maximum(demand - belief, 0.0)
