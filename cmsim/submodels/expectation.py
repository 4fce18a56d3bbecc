"""Expectations: what is asked of a person beside help, what of it can be borne now, and what each part does.

Help does something for a person; a demand asks something of the person. What is borne is practised: over months it
teaches, steadies, and makes more bearable. What lies beyond is pressure: it strains at once. How much can be borne
depends on the person, on symptoms, and so on medication, and on whether somebody is trusted.

Scales. Demand 0: nobody expects anything; 1: a full week of work, appointments and exercises. What can be borne, and
what is practised, stand on the same scale. Symptoms 0: none; 1: as severe as the person has ever had.
"""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import approach, logistic, logit, within

_LITTLE = 1e-9


class Expectation(Section):
    """What is asked, what is borne, what practice and pressure do; no study gives a figure for any of them."""

    worker_most: float = param(0.70, "0 to 1", 0.4, 1.0, note="most demand that work with a worker amounts to")
    worker_minutes: float = param(15.0, "minutes a week", 6.0, 40.0, allowed=(1.0, 1e4))
    """in which something is asked, at which 63% of that is reached: each sets tasks for the days until the next"""
    activity: float = param(0.30, "ratio", 0.1, 0.6, note="demand per unit of activity: work, a day programme")
    family: float = param(0.25, "ratio", 0.0, 0.5, note="demand per unit of criticism by a family in full contact")
    lasting: float = param(0.40, "0 to 1", 0.2, 0.6, note="symptoms between episodes, untreated, at frailty 0")
    lasting_frailty: float = param(3.0, "log odds", 1.0, 4.5, note="more of these per unit of frailty")
    fresh: float = param(0.5, "share", 0.2, 0.8, note="of what is free of symptoms, lost as an episode ends")
    prodromal: float = param(0.5, "share", 0.2, 0.8, note="of it lost in a prodrome; all of it in the acute phase")
    eased: float = param(0.6, "share", 0.3, 0.8, note="of symptoms that fully effective medication takes away")
    borne: float = param(1.0, "ratio", 0.7, 1.3, note="demand borne without symptoms, to the stimulation that is")
    symptom_loss: float = param(1.0, "share", 0.6, 1.0, note="of it lost under symptoms of 1")
    trusted: float = param(0.2, "0 to 1", 0.0, 0.5, note="more borne with alliance 1 than with 0")
    steadier: float = param(0.5, "ratio", 0.1, 0.9, note="more borne per unit of demand practised")
    practice_days: float = param(300.0, "days", 120.0, 600.0, "kanter1989", status="assumption", allowed=(7.0, 3650.0))
    """in which meeting a demand becomes practice"""
    mastery: float = param(0.7, "share", 0.2, 1.0, note="of the pull on stress that full practice takes away")
    lightens: float = param(1.5, "ratio", 0.5, 2.5, note="load taken away per unit of demand practised")
    teaches: float = param(3.5, "minutes a week", 1.0, 8.0)
    """of teaching in vivo in each need domain that full practice is worth"""
    strain: float = param(1.6, "ratio", 0.5, 2.5, note="stress per unit of demand beyond what is borne")
    encouraged: float = param(0.2, "ratio", 0.05, 0.4, note="autonomy gained per unit of demand practised")
    discouraged: float = param(0.8, "share", 0.2, 1.0, note="of autonomy lost per unit of demand beyond what is borne")


def symptoms(p: Expectation, frailty: Number, episode: Number, convalescence: Number, effective: Number) -> Number:
    """Return how severe symptoms are now, 0 to 1.

    Args:
        frailty: log hazard of the person.
        episode: 1 acutely ill, ``p.prodromal`` in a prodrome, else 0.
        convalescence: 1 on the last day of an episode, falling.
        effective: effective medication, 0 to 1.

    >>> p = Expectation()
    >>> treated, untreated = (float(symptoms(p, 0.0, 0.0, 0.0, effective)) for effective in (0.8, 0.0))
    >>> treated < untreated < float(symptoms(p, 0.5, 0.0, 0.0, 0.0)) < float(symptoms(p, 0.5, 1.0, 0.0, 0.0))
    True
    """
    free = 1.0 - logistic(logit(p.lasting) + p.lasting_frailty * frailty)
    return (1.0 - free * (1.0 - p.fresh * convalescence) * (1.0 - episode)) * (1.0 - p.eased * effective)


def demand(p: Expectation, asked: Number, activity: Number, criticism: Number) -> Number:
    """Return what is asked of a person, 0 to 1.

    Args:
        asked: minutes a week in which a worker asks something.
        activity: meaningful activity, 0 to 1.
        criticism: of the family times contact share, 0 to 1.

    >>> p = Expectation()
    >>> float(demand(p, 0.0, 0.0, 0.0)), float(demand(p, 40.0, 0.2, 0.0)) > float(demand(p, 10.0, 0.2, 0.0))
    (0.0, True)
    """
    by_worker = p.worker_most * -np.expm1(-asked / p.worker_minutes)
    return within(by_worker + p.activity * activity + p.family * criticism, 0.0, 1.0)


def bearable(p: Expectation, tolerance: Number, symptoms: Number, alliance: Number, practised: Number) -> Number:
    """Return the demand that can be borne now, 0 to 1.

    >>> p = Expectation()
    >>> well, unwell = (float(bearable(p, 0.6, symptoms, 0.5, 0.1)) for symptoms in (0.1, 0.6))
    >>> unwell < well < float(bearable(p, 0.6, 0.1, 0.8, 0.3))
    True
    """
    own = p.borne * tolerance * (1.0 - p.symptom_loss * symptoms)
    return within(own + p.trusted * (alliance - 0.5) + p.steadier * practised, 0.0, 1.0)


def pressure(demand: Number, bearable: Number) -> Number:
    """Return the demand beyond what can be borne, 0 to 1."""
    return np.maximum(demand - bearable, 0.0)


def practised_next(p: Expectation, practised: Number, demand: Number, bearable: Number, days: float) -> Number:
    """Return the demand that is practised after ``days``: what is asked, as far as it is borne.

    >>> p = Expectation()
    >>> bool(practised_next(p, 0.0, 0.4, 0.3, 7.0) == practised_next(p, 0.0, 0.3, 0.3, 7.0) > 0.0)
    True
    """
    return approach(practised, np.minimum(demand, bearable), days, p.practice_days)


def dared(p: Expectation, capability: Number, practised: Number, pressure: Number) -> Number:
    """Return what a person relies on being able to do: more with practice, less under pressure.

    >>> p = Expectation()
    >>> bool(dared(p, 0.5, 0.2, 0.0) > dared(p, 0.5, 0.0, 0.0) == 0.5 > dared(p, 0.5, 0.0, 0.2))
    True
    """
    return within((capability + p.encouraged * practised) * (1.0 - p.discouraged * pressure), 0.0, 1.0)


def learnt_share(demand: Number, bearable: Number) -> Number:
    """Return the share of teaching that is learnt from: as far as what is asked can be borne.

    >>> float(learnt_share(0.2, 0.3)), float(learnt_share(0.6, 0.3))
    (1.0, 0.5)
    """
    return np.minimum(bearable / np.maximum(demand, _LITTLE), 1.0)
