"""A rule of titration: everybody steps toward one dose."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cmsim.core.numeric import Floats
from cmsim.core.parameters import Section, param
from cmsim.policies.titration import Caseload


class Steady(Section):
    """Toward one dose for all, a step a week."""

    rule: Literal["peer_support.steady:Steady"] = "peer_support.steady:Steady"
    dose: float = param(0.4, "0 to 1", 0.2, 0.6, "choice", "for everybody")
    step: float = param(0.1, "0 to 1", 0.01, 0.5, "choice", "in a week at most")

    def next_dose(self, clients: Caseload) -> Floats:
        """Return the dose for the coming week."""
        return clients.dose + np.clip(self.dose - clients.dose, -self.step, self.step)
