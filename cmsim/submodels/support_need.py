"""Need and support in ten domains, what a person can do now, and where help goes; overload.

Scales. Need, support and capability run from 0 to 1 in each domain. Demand 1: somebody else's full attention
every day would be needed without any capability; capability 1: meets the demands of an own flat alone;
support 1: about an hour of help a day in that domain (seven hours a week).
"""

import numpy as np

from cmsim.core.numeric import Floats, Ints, Number
from cmsim.core.parameters import Section, param


class DomainDemand(Section):
    """What an own flat and ordinary life ask, by need domain."""

    housing: float = param(0.70, "0 to 1", 0.5, 0.9)
    income: float = param(0.75, "0 to 1", 0.5, 0.9)
    treatment: float = param(0.80, "0 to 1", 0.5, 0.95)
    physical_health: float = param(0.54, "0 to 1", 0.3, 0.8)
    self_care: float = param(0.65, "0 to 1", 0.4, 0.9)
    activity: float = param(0.70, "0 to 1", 0.5, 0.9)
    work: float = param(0.70, "0 to 1", 0.4, 0.9)
    legal: float = param(0.35, "0 to 1", 0.1, 0.6)
    transport: float = param(0.50, "0 to 1", 0.3, 0.7)
    social_contact: float = param(0.75, "0 to 1", 0.5, 0.9)


class SettingDemand(Section):
    """Demand of a setting as a ratio to an own flat."""

    street: float = param(1.35, "ratio", 1.1, 1.8)
    shelter: float = param(1.15, "ratio", 0.9, 1.5)
    family_home: float = param(0.80, "ratio", 0.6, 1.0)
    group_home: float = param(0.70, "ratio", 0.5, 0.9)
    supervised_flat: float = param(0.85, "ratio", 0.7, 1.0)
    own_flat: float = param(1.00, "ratio", 0.9, 1.1)
    hospital: float = param(0.40, "ratio", 0.2, 0.6)
    jail: float = param(0.60, "ratio", 0.4, 1.0)


class SettingSupport(Section):
    """Support that a setting itself gives in each domain, besides family, worker and agencies."""

    street: float = param(0.00, "0 to 1", 0.0, 0.05)
    shelter: float = param(0.10, "0 to 1", 0.0, 0.2)
    family_home: float = param(0.00, "0 to 1", 0.0, 0.1, note="the family's own support comes on top")
    group_home: float = param(0.22, "0 to 1", 0.1, 0.4)
    supervised_flat: float = param(0.12, "0 to 1", 0.05, 0.25)
    own_flat: float = param(0.00, "0 to 1", 0.0, 0.05)
    hospital: float = param(0.40, "0 to 1", 0.2, 0.6)
    jail: float = param(0.15, "0 to 1", 0.0, 0.3)


class SettingStimulation(Section):
    """Stimulation of a setting: 0 an empty room, 1 a crowded, noisy place all day."""

    street: float = param(0.80, "0 to 1", 0.6, 1.0)
    shelter: float = param(0.75, "0 to 1", 0.5, 0.95)
    family_home: float = param(0.45, "0 to 1", 0.3, 0.6)
    group_home: float = param(0.60, "0 to 1", 0.4, 0.8)
    supervised_flat: float = param(0.35, "0 to 1", 0.2, 0.5)
    own_flat: float = param(0.25, "0 to 1", 0.1, 0.4)
    hospital: float = param(0.55, "0 to 1", 0.4, 0.8)
    jail: float = param(0.80, "0 to 1", 0.6, 1.0)


class Support(Section):
    """How need arises and what support does."""

    demand: DomainDemand = DomainDemand()
    setting_demand: SettingDemand = SettingDemand()
    setting_support: SettingSupport = SettingSupport()
    stimulation: SettingStimulation = SettingStimulation()
    acute_impairment: float = param(0.45, "share", 0.2, 0.7, note="of capability lost in the acute phase")
    prodromal_impairment: float = param(0.15, "share", 0.05, 0.3, note="of capability lost in a prodrome")
    worker_ceiling: float = param(0.22, "0 to 1", 0.1, 0.5, note="most support that contacts of a worker can give")
    worker_minutes: float = param(45.0, "minutes a week", 20.0, 120.0, allowed=(1.0, 1e4))
    """face-to-face minutes at which 63% of that is reached"""
    memory_days: float = param(28.0, "days", 14.0, 60.0, allowed=(1.0, 365.0))
    """how long delivered minutes are felt"""
    family_level: float = param(0.25, "0 to 1", 0.1, 0.4, note="support of a warm family at full contact")
    informal_level: float = param(0.08, "0 to 1", 0.03, 0.2)
    """support of friends and neighbours, tie strengths adding up to the mean"""
    residual_impairment: float = param(0.20, "share", 0.05, 0.4, "kanter1989", status="assumption")
    """of capability still lost at the end of an acute phase or a stay"""
    residual_days: float = param(40.0, "days", 15.0, 90.0, allowed=(1.0, 365.0))
    """time constant with which that passes"""
    aim_least: float = param(0.03, "0 to 1", 0.005, 0.1)
    """help goes to a domain believed to be met as if it lacked this much"""
    aim_most: float = param(3.0, "ratio", 1.5, 5.0, allowed=(1.0, 10.0))
    """most help to one domain against the mean of all"""


def worker_support(p: Support, minutes_a_week: Number) -> Number:
    """Return the support (0 to 1 in each domain) that face-to-face minutes of a worker give.

    >>> p = Support()
    >>> round(float(worker_support(p, p.worker_minutes)) / p.worker_ceiling, 3)
    0.632
    """
    return p.worker_ceiling * -np.expm1(-minutes_a_week / p.worker_minutes)


def impairment(p: Support, phase: int | Ints) -> Floats:
    """Return the share of capability lost in a phase (0 stable, 1 prodromal, 2 acute, 3 inpatient)."""
    return np.array((0.0, p.prodromal_impairment, p.acute_impairment, p.acute_impairment))[phase]


def ability(p: Support, capability: Floats, able_in_phase: Number, convalescence: Number) -> Floats:
    """Return what a person can do now: capability less what the phase and the weeks after it take.

    Args:
        capability: 0 to 1 in each domain, shape (..., domains).
        able_in_phase: share left in the present phase, shape (...).
        convalescence: 1 on the last day of an acute phase or a stay, shape (...).
    """
    return capability * np.asarray(share_left(p, able_in_phase, convalescence))[..., None]


def share_left(p: Support, able_in_phase: Number, convalescence: Number) -> Number:
    """Return the share of capability that the present phase, and the weeks after an episode, leave."""
    return able_in_phase * (1.0 - p.residual_impairment * convalescence)


def aims(p: Support, believed_lack: Floats) -> Floats:
    """Return the share of the worker's help that goes to each domain, mean 1: where most is believed to lack.

    Args:
        believed_lack: believed need less the help that can be seen, of one client, shape (domains,).

    >>> aims(Support(), np.array([0.0, 0.2, 0.0, 0.2])).round(2).tolist()
    [0.26, 1.74, 0.26, 1.74]
    """
    lack = np.maximum(believed_lack, p.aim_least)
    aim = np.minimum(lack / lack.mean(), p.aim_most)
    return aim / aim.mean()


def overload(stimulation: Number, tolerance: Number) -> Number:
    """Return by how much stimulation exceeds tolerance, 0 to 1.

    >>> float(overload(0.8, 0.5)) > float(overload(0.3, 0.5))
    True
    """
    return np.maximum(stimulation - tolerance, 0.0)
