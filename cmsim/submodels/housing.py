"""Settings: losing a place, the street and the shelter, jail, and the ways back in."""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Named, Section, param
from cmsim.core.simtime import YEAR_DAYS


class Housing(Section):
    """Hazards of losing and finding a place."""

    loss_rate: float = param(0.035, "per year", 0.01, 0.08, "folsom2005", status="derived")
    """losing an own flat with all housing and income needs met; 15% of treated people were homeless in a year"""
    loss_unmet_log: float = param(3.0, "log ratio", 1.0, 5.0, note="unmet need in housing and income, 1 against 0")
    loss_acute_ratio: float = param(6.0, "ratio", 2.0, 12.0, "olfson1999", status="derived")
    """while acute or in hospital; 7.6% were homeless within three months of discharge"""
    loss_substance_log: float = param(0.6, "log ratio", 0.2, 1.2, "folsom2005", status="derived")
    """current use against none"""
    kept_by_worker_log: float = param(1.2, "log ratio", 0.3, 2.0)
    """protection by the worker's support, 1 against 0"""
    family_ratio: float = param(0.6, "ratio", 0.3, 1.0, note="losing the place with the family, at burden 0.5")
    residence_ratio: float = param(0.9, "ratio", 0.4, 2.0, note="losing a place in a group home or supervised flat")
    street_share: float = param(0.35, "share", 0.2, 0.6)
    """of those who lose a place that are on the street at first"""
    shelter_days: float = param(45.0, "days", 10.0, 90.0, allowed=(1.0, 3650.0))
    """mean time on the street until a shelter bed is taken"""
    self_exit_rate: float = param(1.4, "per year", 0.4, 3.0, note="finding an own room alone, at capability 0.5")
    self_exit_log: float = param(2.5, "log ratio", 1.0, 4.0, note="capability 1 against 0")
    street_identity_log: float = param(0.08, "log ratio", 0.02, 0.2, note="less likely to leave, per year homeless")
    family_takes_rate: float = param(1.0, "per year", 0.3, 3.0)
    """a warm family without burden takes a homeless relative in"""
    arrest_rate: float = param(0.03, "per year", 0.005, 0.1, note="arrest of a client with a home who is well")
    arrest_homeless_log: float = param(1.2, "log ratio", 0.4, 2.0, note="homeless against housed")
    arrest_acute_log: float = param(1.3, "log ratio", 0.4, 2.0, note="acute against well")
    case_days: float = param(180.0, "days", 60.0, 400.0, allowed=(1.0, 3650.0))
    """time constant with which a legal case settles"""
    jail_days: float = param(25.0, "days", 7.0, 90.0, note="mean days in jail", allowed=(1.0, 3650.0))


class Restrictiveness(Named):
    """How little freedom a setting leaves: 0 an own flat, 1 jail. A scale to count by, not a fact."""

    street: float = param(0.0, "0 to 1", 0.0, 0.2, "choice")
    shelter: float = param(0.3, "0 to 1", 0.1, 0.5, "choice")
    family_home: float = param(0.1, "0 to 1", 0.0, 0.3, "choice")
    group_home: float = param(0.5, "0 to 1", 0.3, 0.7, "choice")
    supervised_flat: float = param(0.25, "0 to 1", 0.1, 0.4, "choice")
    own_flat: float = param(0.0, "0 to 1", 0.0, 0.1, "choice")
    hospital: float = param(0.85, "0 to 1", 0.6, 1.0, "choice")
    jail: float = param(1.0, "0 to 1", 0.9, 1.0, "choice")


def loss_hazard(
    p: Housing, ratio: Number, unmet: Number, ill: Number, substance: Number, worker_support: Number
) -> Number:
    """Return the daily hazard of losing the present place.

    ``ratio`` compares the kind of place with an own flat; ``ill`` is 1 while acute or in hospital.

    >>> p = Housing()
    >>> float(loss_hazard(p, 1.0, 0.4, 1, 0, 0.0)) > float(loss_hazard(p, 1.0, 0.1, 0, 0, 0.3))
    True
    """
    logs = p.loss_unmet_log * unmet + p.loss_substance_log * substance - p.kept_by_worker_log * worker_support
    return p.loss_rate / YEAR_DAYS * ratio * np.exp(logs) * (1.0 + (p.loss_acute_ratio - 1.0) * ill)


def exit_hazard(p: Housing, capability: Number, years_homeless: Number) -> Number:
    """Return the daily hazard of finding a room by oneself."""
    logs = p.self_exit_log * (capability - 0.5) - p.street_identity_log * years_homeless
    return p.self_exit_rate / YEAR_DAYS * np.exp(logs)


def arrest_hazard(p: Housing, homeless: Number, acute: Number) -> Number:
    """Return the daily hazard of arrest."""
    return p.arrest_rate / YEAR_DAYS * np.exp(p.arrest_homeless_log * homeless + p.arrest_acute_log * acute)
