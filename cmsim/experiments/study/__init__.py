"""Studies: many scenarios, draws and replications, run on any engine, never twice, merged to tidy tables."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cmsim.experiments.study.study_folder import Status
from cmsim.experiments.study.study_result import Study, load_study

if TYPE_CHECKING:
    from cmsim.experiments.study.study_sweep import resume, sweep

__all__ = ["Status", "Study", "load_study", "resume", "sweep"]


def __getattr__(name: str) -> object:
    """Import what does runs when it is first asked for: looking at a study takes a tenth of the time."""
    if name not in ("resume", "sweep"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("cmsim.experiments.study.study_sweep"), name)
