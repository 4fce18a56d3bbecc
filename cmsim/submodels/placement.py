"""Where people can live: support, structure and stimulation of settings, and what a person can bear (K-29).

Stimulation 0: an empty room, 1: a crowded, noisy place all day. Structure 0: nobody asks when one gets up, 1:
the day is laid down by others. A person has an upper limit of stimulation that can be borne and a lower one
below which being alone cannot; too much breaks a placement for one, too little for another.
"""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import within


class SettingStructure(Section):
    """How far others lay down the day in a setting, 0 to 1."""

    street: float = param(0.05, "0 to 1", 0.0, 0.2)
    shelter: float = param(0.40, "0 to 1", 0.2, 0.6)
    family_home: float = param(0.40, "0 to 1", 0.2, 0.6)
    group_home: float = param(0.65, "0 to 1", 0.4, 0.9)
    supervised_flat: float = param(0.40, "0 to 1", 0.2, 0.6)
    own_flat: float = param(0.15, "0 to 1", 0.0, 0.3)
    hospital: float = param(0.90, "0 to 1", 0.7, 1.0)
    jail: float = param(1.00, "0 to 1", 0.9, 1.0)


class Independence(Section):
    """How much of an own life a setting leaves, 0 to 1; only its order and distances matter."""

    street: float = param(0.50, "0 to 1", 0.2, 0.8)
    shelter: float = param(0.30, "0 to 1", 0.1, 0.5)
    family_home: float = param(0.15, "0 to 1", 0.0, 0.4)
    group_home: float = param(0.20, "0 to 1", 0.1, 0.4)
    supervised_flat: float = param(0.60, "0 to 1", 0.4, 0.8)
    own_flat: float = param(1.00, "0 to 1", 0.9, 1.0)
    hospital: float = param(0.00, "0 to 1", 0.0, 0.1)
    jail: float = param(0.00, "0 to 1", 0.0, 0.1)


class Placement(Section):
    """What people can bear, and how a place that does not fit breaks."""

    structure: SettingStructure = SettingStructure()
    independence: Independence = Independence()
    tolerance_schizophrenia: float = param(0.25, "log odds", 0.0, 0.8, "kanter1989", status="assumption")
    """lower upper limit of stimulation with a schizophrenia spectrum illness than with others"""
    floor: float = param(0.12, "0 to 1", 0.03, 0.25, note="mean lower limit of stimulation, schizophrenia spectrum")
    floor_other: float = param(0.24, "0 to 1", 0.1, 0.4, "kanter1989", status="assumption")
    """the same in other groups, who bear being alone less well"""
    floor_spread: float = param(0.7, "SD of log odds", 0.3, 1.2, note="between people, of the lower limit")
    tolerance_loss: float = param(0.30, "share", 0.1, 0.6)
    """of the upper limit lost while unwell and in the weeks after"""
    company: float = param(0.06, "0 to 1", 0.0, 0.15)
    """stimulation that friends and neighbours bring, at the usual number"""
    visits: float = param(0.08, "per hour a week", 0.0, 0.25, note="stimulation that visits of services bring")
    structure_base: float = param(0.55, "0 to 1", 0.3, 0.8, note="structure wanted by a person able to 0")
    structure_able: float = param(0.6, "ratio", 0.2, 1.0, note="less wanted, per unit of ability")
    structure_wish: float = param(0.15, "0 to 1", 0.0, 0.4, note="less wanted with a wish for independence")
    crowded_log: float = param(4.0, "log ratio", 1.0, 8.0, note="loss of place per unit above the limit")
    alone_log: float = param(5.0, "log ratio", 1.0, 10.0, note="loss of place per unit below the limit")
    loose_log: float = param(1.5, "log ratio", 0.3, 3.0, note="per unit of structure wanted and not there")
    tight_log: float = param(1.2, "log ratio", 0.3, 3.0, note="per unit of structure beyond what is wanted")
    usual: float = param(0.50, "log ratio", 0.2, 0.8, note="misfit of the usual placement, to which loss rates refer")
    most: float = param(2.5, "log ratio", 1.5, 4.0, note="largest effect of a misfit")
    alone_stress: float = param(0.6, "ratio", 0.0, 1.5, note="stress per unit below the lower limit")
    names_misfit: float = param(0.7, "log ratio", 0.3, 1.5, note="misfit from which a lost place is put down to it")


def upper_limit(p: Placement, tolerance: Number, unwell: Number) -> Number:
    """Return the stimulation (0 to 1) that a person bears now; less while unwell (0 to 1)."""
    return tolerance * (1.0 - p.tolerance_loss * unwell)


def structure_wanted(p: Placement, able: Number, wish: Number) -> Number:
    """Return the structure (0 to 1) that a person wants: less when able, less with a wish for an own life."""
    return within(p.structure_base - p.structure_able * able - p.structure_wish * wish, 0.0, 1.0)


def misfit(
    p: Placement, stimulation: Number, upper: Number, lower: Number, structure: Number, wanted: Number
) -> Number:
    """Return the misfit of a place as a log ratio of losing it, 0 where everything suits.

    >>> p = Placement()
    >>> halfway, flat = 0.7, 0.2
    >>> bears_little, needs_company = (0.45, 0.05), (0.9, 0.35)
    >>> fits = lambda place, who: float(misfit(p, place, *who, 0.4, 0.4))
    >>> fits(halfway, bears_little) > fits(flat, bears_little)
    True
    >>> fits(flat, needs_company) > fits(halfway, needs_company)
    True
    """
    log = p.crowded_log * np.maximum(stimulation - upper, 0.0) + p.alone_log * np.maximum(lower - stimulation, 0.0)
    tight = structure - wanted
    log = log + np.maximum(p.tight_log * tight, -p.loose_log * tight)
    return np.minimum(log, p.most)


def loss_ratio(p: Placement, misfit: Number) -> Number:
    """Return the ratio of the hazard of losing a place to that of the usual placement."""
    return np.exp(misfit - p.usual)
