"""Crisis cover: who is turned to first, and at what hours somebody other than the
emergency department comes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, WrapValidator

from cmsim.clock import HOUR, is_workday
from cmsim.evidence import Section, param
from cmsim.policies.choice import or_from_outside


class OwnWorkerFirst(Section):
    """While on duty the own worker comes; otherwise the crisis service."""

    rule: Literal["own_worker_first"] = "own_worker_first"

    def asks_own_worker(self, on_duty: bool) -> bool:
        """Return whether a crisis call goes to the own worker."""
        return on_duty


class ServiceFirst(Section):
    """Crisis calls go to the crisis service even while the own worker is on duty."""

    rule: Literal["service_first"] = "service_first"

    def asks_own_worker(self, on_duty: bool) -> bool:
        """Return whether a crisis call goes to the own worker."""
        return False


FirstCalled = Annotated[
    OwnWorkerFirst | ServiceFirst, WrapValidator(or_from_outside), Field(discriminator="rule")
]


class CrisisCover(Section):
    """Hours and size of the crisis service, and who is called first."""

    first: FirstCalled = OwnWorkerFirst()
    opens: int = param(8, "hour of the day", 0, 12, "choice", "the crisis service opens", allowed=(0, 24))
    closes: int = param(
        22,
        "hour of the day",
        16,
        24,
        "choice",
        "the crisis service closes; 24 with opening at 0 is round the clock",
        allowed=(0, 24),
    )
    weekends: bool = True
    teams: int = param(2, "teams", 0, 6, "choice", "that can be out at the same time", allowed=(0, 10_000))

    def open_at(self, day: int, minute: int) -> bool:
        """Return whether the crisis service is open at a minute of a day."""
        return (
            self.teams > 0
            and (self.weekends or is_workday(day))
            and self.opens * HOUR <= minute < self.closes * HOUR
        )
