"""Published studies as virtual trials: the same inclusion, arms, follow-up and analysis, simulated beside the
published table.

A trial is described in a TOML file (the bundled ones in ``studies/``); a user can describe one of his own.
What a comparator offers is part of an arm. Targets say what was published, how it is computed here, and which
band the mean effect should fall into; misses are results.
"""

from cmsim.validation.trials.trial_design import Trial
from cmsim.validation.trials.trial_file import load_trial, trial_names
from cmsim.validation.trials.trial_result import TargetResult, TrialResult
from cmsim.validation.trials.trial_run import run_trial

__all__ = ["TargetResult", "Trial", "TrialResult", "load_trial", "run_trial", "trial_names"]
