"""What the settings of a scenario must satisfy together, which no section can see alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from cmsim.scenario.error_messages import refuse

if TYPE_CHECKING:
    from cmsim.scenario.scenario import Scenario

WHEN = ("start", "from_day")
"""Settings of a caseload policy that say when it starts, not what it is."""


def check_consistency(scenario: Scenario, stated: Mapping[str, Any] | None = None, where: str | None = None) -> None:
    """Check what no section can check alone.

    Args:
        scenario: what is checked.
        stated: the settings stated where ``scenario`` is made, the rest being inherited. A day after the end
            of the run is a mistake only where it is stated: a shorter run of a scenario never reaches it.
        where: what messages name as the place of a mistake, by default the scenario's own.

    Raises:
        ScenarioError: a line for every mistake.
    """
    stated = {} if stated is None else stated
    mistakes = chain(_caseload_start(scenario, stated), _changes(scenario, stated))
    refuse(scenario.where if where is None else where, mistakes)


def _caseload_start(scenario: Scenario, stated: Mapping[str, Any]) -> Iterator[str]:
    """The start of the caseload policy lies within the days after the warm-up, or before all of it."""
    caseload, end = scenario.service.caseload, scenario.world.warm_up_days
    if caseload.start == "from_outset":
        if "caseload" in stated.get("baseline", {}):
            yield (
                "baseline.caseload: given a table; allowed: nothing, since service.caseload.start is "
                '"from_outset" and so the warm-up is lived under service.caseload'
            )
        return
    new = "from_day" in stated.get("service", {}).get("caseload", {})
    if scenario.caseload_day < end or (new and scenario.caseload_day >= scenario.total_days):
        yield (
            f"service.caseload.from_day: given {caseload.from_day}; allowed: {_span(scenario)}; "
            'for a start before it, start = "from_outset"'
        )


def _changes(scenario: Scenario, stated: Mapping[str, Any]) -> Iterator[str]:
    """Dated changes come after the warm-up and within the run, and say only once when they start."""
    for i, change in enumerate(scenario.stated_changes, 1):
        day = change["from_day"]
        if day < scenario.world.warm_up_days or ("changes" in stated and day >= scenario.total_days):
            yield f"changes.{i}.from_day: given {day}; allowed: {_span(scenario)}"
        caseload = change.get("service", {}).get("caseload", {})
        for key in WHEN:
            if key in caseload:
                yield (
                    f"changes.{i}.service.caseload.{key}: given {caseload[key]}; allowed: nothing, since the "
                    "change has a from_day of its own"
                )
        if caseload and day < scenario.caseload_day:
            yield (
                f"changes.{i}.from_day: given {day} for a change of service.caseload; allowed: "
                f"{scenario.caseload_day} or later, since service.caseload starts on that day"
            )


def _span(scenario: Scenario) -> str:
    first, last = scenario.world.warm_up_days, scenario.total_days - 1
    return f"{first} (the first day after the warm-up) to {last} (the last day)"
