"""Studies: many scenarios, draws and replications, done on any engine, never twice, merged to tidy tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cmsim.experiments.study.study_result import Status, Study, load_study

if TYPE_CHECKING:
    from cmsim.experiments.study.study_sweep import resume, sweep

__all__ = ["Status", "Study", "load_study", "resume", "sweep"]


def __getattr__(name: str) -> Any:
    """Import what does runs when it is first asked for: looking at a study takes a tenth of the time."""
    if name not in ("resume", "sweep"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cmsim.experiments.study import study_sweep as module

    return getattr(module, name)
