"""What a year was worth to all in need: people lost to the service and carers included, and homes counted.

``qalys`` knows illness alone, as the published utilities do. Here homelessness and unmet need take something
besides (assumptions, which a scenario may set to 0), whoever leaves against advice stays in the denominator
to the end of the window, and carers have years of their own.
"""

import numpy as np

from cmsim.core.simtime import YEAR_DAYS
from cmsim.outcomes.analysis_window import Window, ratio
from cmsim.outcomes.costs import cost_total, lost_years, qalys, setting_days
from cmsim.outcomes.registry import find, outcome
from cmsim.submodels import prices


def _caring_years(window: Window) -> float:
    """Return the years that clients with a family were with the service."""
    present = window.presence(window.start, window.end)
    return float(present[np.asarray(window.clients["has_family"], dtype=bool)].sum()) / YEAR_DAYS


def _carer_utility(window: Window) -> float:
    return float(prices.carer_utility(window.prices, find("burden").measure(window)))


@outcome("Years lost to the service", "years per client-year", matters=0.02, better="lower")
def years_lost(window: Window) -> float:
    """Years from leaving against advice until coming back, or to the end of the window, per year with the service."""
    return ratio(lost_years(window), window.client_years)


@outcome("Quality-adjusted years of carers", "QALYs per carer-year", matters=0.005, better="higher", signed=True)
def carer_qalys(window: Window) -> float:
    """Years of carers, one a family, weighted by a utility that falls with the burden of families; those
    whose relative has left the service are left out."""
    return _carer_utility(window)


@outcome("Quality-adjusted years, all in need", "QALYs per year in need", matters=0.01, better="higher", signed=True)
def qalys_in_need(window: Window) -> float:
    """As quality-adjusted years, less what homelessness and unmet need take, over all in need: those served,
    those waiting, and those who left against advice, at the utility assumed of them, to the end of the
    window. Where those are followed (``world.mechanisms.worth_sees_homes``), quality-adjusted years hold all of
    it."""
    if window.follows_lost:
        return qalys(window)
    p, served, lost = window.prices, window.client_years, lost_years(window)
    homeless = setting_days(window, "street", "shelter") / YEAR_DAYS
    unmet = find("unmet_need").measure(window) * served
    worth = qalys(window) * served - p.homeless_loss * homeless - p.unmet_loss * unmet
    return ratio(worth + p.utility_lost * lost, served + lost)


@outcome(
    "Net benefit, all in need and carers", "currency per year in need", matters=300.0, better="higher", signed=True
)
def net_benefit_in_need(window: Window) -> float:
    """Quality-adjusted years of all in need, less those that burden takes from their carers, at the stated
    worth of one, less the cost to all payers."""
    p, served = window.prices, window.client_years
    lost = 0.0 if window.follows_lost else lost_years(window)
    if p.qaly is None or served + lost <= 0:
        return np.nan
    caring = _caring_years(window)
    taken = caring * (p.utility_not_caring - _carer_utility(window)) if caring else 0.0
    cost = cost_total(window) * served
    return qalys_in_need(window) * p.qaly - (taken * p.qaly + cost) / (served + lost)
