"""Many runs and their analysis: comparisons, replications, studies, sensitivity analysis."""

import warnings

# what joblib says when a process has gone idle just as work comes; another is started, and nothing is lost
warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
