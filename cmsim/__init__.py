"""cmsim: an agent-based simulation of a community mental health system.

>>> usual = load_scenario("usual_care")                                          # doctest: +SKIP
>>> small = usual.replace({"service.caseload.size": 20})                         # doctest: +SKIP
>>> compare(usual, small, replications=40).table                                 # doctest: +SKIP
"""

from __future__ import annotations

import sys

if sys.argv[:1] == ["-m"] and not sys.flags.safe_path:
    # as python -m cmsim: the working folder comes last, so that no random.py in it takes the place of a library
    sys.path.append(sys.path.pop(0))

import importlib
import warnings
from typing import TYPE_CHECKING, Any

from cmsim.core.version import __version__

if TYPE_CHECKING:
    from cmsim.core.errors import CmsimError, ScenarioError
    from cmsim.experiments.comparison import Comparison, compare
    from cmsim.experiments.option_results import Found
    from cmsim.experiments.option_search import find
    from cmsim.experiments.parameter_uncertainty import Uncertainty, uncertainty
    from cmsim.experiments.precision import Precision, Target, parse_precision
    from cmsim.experiments.repetition import Repeated, repeat, run
    from cmsim.experiments.sensitivity_analysis import Sensitivity, sensitivity
    from cmsim.experiments.study.study_result import Study, load_study
    from cmsim.experiments.study.study_sweep import sweep
    from cmsim.outcomes import OUTCOMES, Outcome
    from cmsim.reporting.result_bundle import bundle
    from cmsim.results.simulation import Simulated, simulate
    from cmsim.scenario import Scenario, load_scenario
    from cmsim.scenario.scenario_table import load_scenarios
    from cmsim.validation.calibration.agency_fit import fit
    from cmsim.validation.calibration.fit_result import AgencyFit

_HOMES = {
    name: f"cmsim.{module}"
    for module, names in {
        "core.errors": ("CmsimError", "ScenarioError"),
        "experiments.comparison": ("Comparison", "compare"),
        "experiments.option_results": ("Found",),
        "experiments.option_search": ("find",),
        "experiments.parameter_uncertainty": ("Uncertainty", "uncertainty"),
        "experiments.precision": ("Precision", "Target", "parse_precision"),
        "experiments.repetition": ("Repeated", "repeat", "run"),
        "experiments.sensitivity_analysis": ("Sensitivity", "sensitivity"),
        "experiments.study.study_result": ("Study", "load_study"),
        "experiments.study.study_sweep": ("sweep",),
        "outcomes": ("OUTCOMES", "Outcome"),
        "reporting.result_bundle": ("bundle",),
        "results.simulation": ("Simulated", "simulate"),
        "scenario": ("Scenario", "load_scenario"),
        "scenario.scenario_table": ("load_scenarios",),
        "validation.calibration.agency_fit": ("fit",),
        "validation.calibration.fit_result": ("AgencyFit",),
    }.items()
    for name in names
}
"""Where each public name lives; imported when first asked for, as Mesa alone takes a second or more."""

__all__ = [
    "OUTCOMES",
    "AgencyFit",
    "CmsimError",
    "Comparison",
    "Found",
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
    "bundle",
    "compare",
    "find",
    "fit",
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


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"cmsim has no public name {name!r}; there are: {', '.join(__all__)}")
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "IProgress not found"
        )  # said in notebooks without widgets when Mesa is imported
        warnings.filterwarnings("ignore", ".*joblib will operate in serial mode")  # without /dev/shm; workers need none
        found = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
