"""Calibration by history matching: the parameter sets that published figures cannot rule out.

Not one best point, but every set that survives (Craig 1997; Vernon 2010): a set is ruled out when some target
lies too far from what it gives, against the uncertainty of the published figure, of the simulation and of
the emulator. What is fitted is named in a plan; everything else is predicted. An ensemble is data with its
manifest and hash.
"""

from cmsim.scenario.parameter_sets import Ensemble, load_ensemble
from cmsim.validation.calibration.calibration_plan import Plan, load_plan
from cmsim.validation.calibration.evaluation import Evaluation, evaluate
from cmsim.validation.calibration.history_matching import HistoryMatch, match_history, match_waves
from cmsim.validation.calibration.identifiability import tabulate_identifiability

__all__ = [
    "Ensemble",
    "Evaluation",
    "HistoryMatch",
    "Plan",
    "evaluate",
    "load_ensemble",
    "load_plan",
    "match_history",
    "match_waves",
    "tabulate_identifiability",
]
