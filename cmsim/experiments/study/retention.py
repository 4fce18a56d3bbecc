"""What is kept of a run, and what a run may take."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cmsim.core.parameters import Section


class Keep(Section):
    """What is kept of a run besides its status."""

    outcomes: tuple[str, ...] | Literal["all", "main"] = Field("all", description="outcomes in the tables")
    groups: bool = Field(True, description="outcomes of groups of clients")
    spreads: bool = Field(True, description="how outcomes are spread over clients")
    courses: bool = Field(False, description="weekly time courses")
    events: bool = Field(False, description="the event log, a Parquet file a run")

    def names(self) -> list[str]:
        """Return the outcomes kept, in the order of tables."""
        from cmsim.outcomes import OUTCOMES, find

        if self.outcomes == "all":
            return list(OUTCOMES)
        if self.outcomes == "main":
            return [name for name, outcome in OUTCOMES.items() if outcome.main]
        return [find(name).name for name in self.outcomes]


class RunLimits(Section):
    """What a single run may take; one that takes more is recorded as such, and the rest goes on."""

    seconds: float | None = Field(None, gt=0, le=1e7, description="wall time")
    events: int | None = Field(None, ge=1, le=10**12, description="events on the clock")
