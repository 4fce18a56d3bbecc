"""Studies: many scenarios, draws and replications, done on any engine, never twice, merged to tidy tables."""

from cmsim.experiment.study.result import Status, Study, load_study
from cmsim.experiment.study.sweeping import resume, sweep

__all__ = ["Status", "Study", "load_study", "resume", "sweep"]
