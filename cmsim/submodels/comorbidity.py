"""What comes on top of a setting's demands: age and physical illness, and an open legal case."""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.simtime import YEAR_DAYS


class Comorbidity(Section):
    """Physical illness by age, and what it and a legal case ask of a person (O-16, O-17, K-77)."""

    onset_rate: float = param(0.012, "per year", 0.005, 0.03, note="of a long-term physical illness, at the usual age")
    age_log: float = param(0.04, "log ratio", 0.02, 0.06, note="more of it per year of age")
    usual_age: float = param(42.0, "years", 35.0, 50.0, "choice", "age at which shares and rates are stated")
    physical_demand: float = param(0.15, "0 to 1", 0.05, 0.3, note="added demand in physical health")
    legal_demand: float = param(0.25, "0 to 1", 0.1, 0.5, note="added demand in the legal domain by an open case")


def ratio(p: Comorbidity, age: Number) -> Number:
    """Return how likely physical illness is at an age, against the usual age.

    >>> float(ratio(Comorbidity(), Comorbidity().usual_age))
    1.0
    """
    return np.exp(p.age_log * (age - p.usual_age))


def onset_hazard(p: Comorbidity, age: Number, physical: Number) -> Number:
    """Return the daily hazard of a long-term physical illness; 0 where there is one."""
    return p.onset_rate / YEAR_DAYS * ratio(p, age) * (1.0 - physical)
