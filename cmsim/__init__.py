"""cmsim: an agent-based simulation of a community mental health system.

>>> usual = load_scenario("usual_care")                                          # doctest: +SKIP
>>> small = usual.replace({"service.caseload.size": 20})                         # doctest: +SKIP
>>> compare(usual, small, replications=40).table                                 # doctest: +SKIP
"""

from __future__ import annotations

import importlib
import importlib.metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cmsim.errors import CmsimError, ScenarioError
    from cmsim.experiment.compare import Comparison, compare
    from cmsim.experiment.precision import Precision, Target, parse_precision
    from cmsim.experiment.repeat import Repeated, repeat
    from cmsim.experiment.run import run
    from cmsim.experiment.sensitivity import Sensitivity, sensitivity
    from cmsim.experiment.study import Study, load_study, sweep
    from cmsim.experiment.uncertainty import Uncertainty, uncertainty
    from cmsim.outcomes import OUTCOMES, Outcome
    from cmsim.scenario import Scenario, load_scenario
    from cmsim.scenario.rows import load_scenarios
    from cmsim.simulation import Simulated, simulate

_HOMES = {
    "OUTCOMES": "cmsim.outcomes",
    "CmsimError": "cmsim.errors",
    "Comparison": "cmsim.experiment.compare",
    "Outcome": "cmsim.outcomes",
    "Precision": "cmsim.experiment.precision",
    "Repeated": "cmsim.experiment.repeat",
    "Scenario": "cmsim.scenario",
    "ScenarioError": "cmsim.errors",
    "Sensitivity": "cmsim.experiment.sensitivity",
    "Simulated": "cmsim.simulation",
    "Study": "cmsim.experiment.study",
    "Target": "cmsim.experiment.precision",
    "Uncertainty": "cmsim.experiment.uncertainty",
    "compare": "cmsim.experiment.compare",
    "load_scenario": "cmsim.scenario",
    "load_scenarios": "cmsim.scenario.rows",
    "load_study": "cmsim.experiment.study",
    "parse_precision": "cmsim.experiment.precision",
    "repeat": "cmsim.experiment.repeat",
    "run": "cmsim.experiment.run",
    "sensitivity": "cmsim.experiment.sensitivity",
    "simulate": "cmsim.simulation",
    "sweep": "cmsim.experiment.study",
    "uncertainty": "cmsim.experiment.uncertainty",
}
"""Where each public name lives; imported when first asked for, as Mesa alone takes a second or more."""

__all__ = [
    "OUTCOMES",
    "CmsimError",
    "Comparison",
    "Outcome",
    "Precision",
    "Repeated",
    "Scenario",
    "ScenarioError",
    "Sensitivity",
    "Simulated",
    "Study",
    "Target",
    "Uncertainty",
    "__version__",
    "compare",
    "load_scenario",
    "load_scenarios",
    "load_study",
    "parse_precision",
    "repeat",
    "run",
    "sensitivity",
    "simulate",
    "sweep",
    "uncertainty",
]

try:
    __version__ = importlib.metadata.version("cmsim")
except importlib.metadata.PackageNotFoundError:
    __version__ = "0+source"


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"cmsim has no public name {name!r}; there are: {', '.join(__all__)}")
    found = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
