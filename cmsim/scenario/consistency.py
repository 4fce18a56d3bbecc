"""What the settings of a scenario must satisfy together, which no section can check alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cmsim.policies.caseload import CaseloadPolicy
from cmsim.scenario.nested_settings import Table

CASELOAD_TIMES = ("start", "from_day")
"""Settings of a caseload policy that say when it starts, not what it is."""


@dataclass(frozen=True)
class Timing:
    """When the parts of a scenario hold.

    Attributes:
        caseload: the caseload policy of the service.
        caseload_day: the first day of that policy.
        changes: the dated changes, as stated.
        first: the first day after the warm-up.
        last: the last day of the run.
    """

    caseload: CaseloadPolicy
    caseload_day: int
    changes: Sequence[Table]
    first: int
    last: int

    def mistakes(self, stated: Table) -> Iterator[str]:
        """Yield what is wrong with the dates.

        Args:
            stated: the settings stated by the scenario itself; all others are inherited. A day after the end of the
                run is a mistake only where it is stated: a shorter run of a scenario never reaches it.
        """
        yield from self._caseload_mistakes(stated)
        yield from self._change_mistakes("changes" in stated)

    def _caseload_mistakes(self, stated: Table) -> Iterator[str]:
        """The caseload policy starts within the days after the warm-up, or on day 0."""
        if self.caseload.start == "from_outset":
            if "caseload" in stated.get("baseline", {}):
                yield (
                    "baseline.caseload: given a table; allowed: nothing, since service.caseload.start is "
                    '"from_outset" and so service.caseload holds during the warm-up'
                )
            return
        new = "from_day" in stated.get("service", {}).get("caseload", {})
        if self.caseload_day < self.first or (new and self.caseload_day > self.last):
            yield (
                f"service.caseload.from_day: given {self.caseload.from_day}; allowed: {self._span()}; "
                'for a start before it, start = "from_outset"'
            )

    def _change_mistakes(self, stated: bool) -> Iterator[str]:
        """Dated changes come after the warm-up and within the run, and say only once when they start."""
        for i, change in enumerate(self.changes, 1):
            day = change["from_day"]
            if day < self.first or (stated and day > self.last):
                yield f"changes.{i}.from_day: given {day}; allowed: {self._span()}"
            caseload = change.get("service", {}).get("caseload", {})
            for key in CASELOAD_TIMES:
                if key in caseload:
                    yield (
                        f"changes.{i}.service.caseload.{key}: given {caseload[key]}; allowed: nothing, since the "
                        "change has a from_day of its own"
                    )
            if caseload and day < self.caseload_day:
                yield (
                    f"changes.{i}.from_day: given {day} for a change of service.caseload; allowed: "
                    f"{self.caseload_day} or later, since service.caseload starts on that day"
                )

    def _span(self) -> str:
        return f"{self.first} (the first day after the warm-up) to {self.last} (the last day)"
