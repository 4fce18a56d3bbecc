"""Money and worth: prices of what a run has used, and what a year in each state is worth to the person.

Costs are worked out from the ledger (``cmsim.outcomes.costs``); nothing here is read while a run is lived.
Where no figure has been published the price is left open: whoever asks for that cost states it, and results
say so.
"""

from collections.abc import Sequence

import numpy as np

from cmsim.core.numeric import Floats, Number
from cmsim.core.parameters import Section, param


def _open(unit: str, note: str) -> float | None:
    """Declare a price for which there is no published figure: left open until a scenario states it."""
    price: float | None = param(None, unit, 0.0, 1e6, "choice", f"no published figure: {note}")
    return price


class Prices(Section):
    """Prices in one currency and one year. Those left open have no published figure: the user states them."""

    currency: str = "US dollars"
    source: str = ""
    """Where the prices come from, in words; results say it."""
    price_year: int = param(2006, "year", 1990, 2030, "choice", "of all prices here", allowed=(1900, 2100))
    bed_day: float | None = param(770.0, "per day", 700.0, 850.0, "stensland2012")
    """cost, not charge; 767 to 771 for schizophrenia in 2006"""
    case_manager_hour: float | None = _open(
        "per paid hour", "with employer's costs, office and travel, at usual pay; GBP 37 in one national source"
    )
    supervisor_hour: float | None = _open("per paid hour", "of a supervisor, with employer's costs")
    psychiatrist_hour: float | None = _open("per paid hour", "of a psychiatrist, with employer's costs")
    crisis_visit: float | None = _open("per visit", "of the crisis service")
    emergency_visit: float | None = _open("per visit", "to the emergency department")
    residence_day: float | None = _open("per day", "in a group home or supervised flat")
    shelter_night: float | None = _open("per night", "in a shelter")
    jail_day: float | None = _open("per day", "in jail")
    family_hour: float | None = _open("per hour", "of care by the family")
    agency_day: float | None = _open("per day", "that a client has a link with a community agency")
    aide_hour: float | None = _open("per paid hour", "of a case aide")
    respite_day: float | None = _open("per day", "in respite")
    lost_year: float | None = _open(
        "per year", "of hospital, crises, shelter and jail of somebody who has left the service against advice"
    )
    family_hours: float = param(25.0, "hours a week", 10.0, 45.0, "caregiver_survey", status="assumption")
    """of care in a shared home by a family without unusual burden; 19% of carers give more than 40"""
    turnover: float = param(0.25, "share of a year's pay", 0.2, 0.3, "boushey2012", "that replacing one worker costs")
    qaly: float | None = _open("per QALY", "what a year in full health is worth to whoever decides")
    utility_stable: float = param(0.80, "utility", 0.65, 0.92, "utilities_review", allowed=(-0.5, 1.0))
    """stable or prodromal"""
    utility_acute: float = param(0.67, "utility", 0.47, 0.76, "utilities_review", allowed=(-0.5, 1.0))
    """acutely ill, not in hospital"""
    utility_inpatient: float = param(0.50, "utility", 0.27, 0.67, "utilities_review", allowed=(-0.5, 1.0))
    """in hospital"""

    homeless_loss: float = param(0.10, "utility", 0.0, 0.25, allowed=(0.0, 1.0))
    """lost on the street or in a shelter, besides what illness takes"""
    unmet_loss: float = param(0.30, "utility", 0.0, 0.6, allowed=(0.0, 1.0))
    """lost if every need were wholly unmet, in proportion below that"""
    side_effect_loss: float = param(0.10, "utility", 0.0, 0.2, allowed=(0.0, 1.0))
    """lost to side effects of every dose taken at their worst, in proportion below that"""
    isolation_loss: float = param(0.08, "utility", 0.0, 0.2, allowed=(0.0, 1.0))
    """lost without anybody in the network, in proportion below a usual one"""
    usual_network: float = param(11.7, "people", 8.0, 15.0, "palumbo2015", allowed=(0.1, 100.0))
    """in a network that isolates nobody"""
    utility_lost: float = param(0.70, "utility", 0.55, 0.80, allowed=(-0.5, 1.0))
    """of somebody who has left the service against advice, of whom the model knows nothing more"""
    utility_not_caring: float = param(0.71, "utility", 0.68, 0.74, "gupta2015", allowed=(0.0, 1.0))
    """people alike who do not care for anybody"""
    utility_carer: float = param(0.64, "utility", 0.60, 0.68, "gupta2015", allowed=(0.0, 1.0))
    """carers of people with schizophrenia"""
    carer_burden: float = param(0.32, "0 to 1", 0.15, 0.6, allowed=(0.01, 1.0))
    """burden of the families whose carers that is"""

    def is_open(self) -> bool:
        """Return whether no price is stated: all are as they are declared."""
        declared = type(self)()
        return all(getattr(self, name) == getattr(declared, name) for name in ("bed_day", "qaly", *declared.missing()))

    def missing(self) -> tuple[str, ...]:
        """Return the names of the prices left open."""
        return tuple(name for name in type(self).model_fields if name != "qaly" and getattr(self, name) is None)


def carer_utility(p: Prices, burden: Number) -> Number:
    """Return the utility of a carer whose family bears a burden (0 to 1): that of others where there is none.

    >>> p = Prices()
    >>> float(carer_utility(p, 0.0)) == p.utility_not_caring
    True
    >>> round(float(carer_utility(p, p.carer_burden)), 3) == p.utility_carer
    True
    """
    lost = (p.utility_not_caring - p.utility_carer) / p.carer_burden
    return p.utility_not_caring - lost * burden


def qalys(p: Prices, days: Sequence[float] | Floats) -> float:
    """Return quality-adjusted years from days in each phase, in the order of ``schema.codes.Phase``.

    >>> p = Prices()
    >>> float(qalys(p, (365.0, 0.0, 0.0, 0.0))) == p.utility_stable
    True
    """
    worth = np.array((p.utility_stable, p.utility_stable, p.utility_acute, p.utility_inpatient))
    return float(np.dot(np.asarray(days, dtype=float), worth)) / 365.0


def isolation(p: Prices, network: Number) -> Number:
    """Return how isolated people are by the size of their network: 1 without anybody, 0 with a usual one.

    >>> p = Prices()
    >>> float(isolation(p, 0.0)), float(isolation(p, 2 * p.usual_network))
    (1.0, 0.0)
    """
    return np.maximum(1.0 - network / p.usual_network, 0.0)


def circumstances_loss(p: Prices, homeless: float, unmet: float, side_effects: float, isolated: float) -> float:
    """Return the quality-adjusted years that days of each take, besides illness; days weighted by how much of each.

    >>> p = Prices()
    >>> circumstances_loss(p, 365.0, 0.0, 0.0, 0.0) == p.homeless_loss
    True
    """
    days = p.homeless_loss * homeless + p.unmet_loss * unmet
    return (days + p.side_effect_loss * side_effects + p.isolation_loss * isolated) / 365.0
