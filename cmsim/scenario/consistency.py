"""What the settings of a scenario must satisfy together, which no section can check alone."""

from collections.abc import Iterator, Sequence

from cmsim.policies.caseload import CaseloadPolicy
from cmsim.scenario.nested_settings import Table, flatten, show

CASELOAD_TIMES = ("start", "from_day")
"""Settings of a caseload policy that say when it starts, not what it is."""


def agency_mistakes(stated: Table, caseload: CaseloadPolicy) -> Iterator[str]:
    """Yield where what a scenario states of its agency is said again, otherwise, for the same days.

    Args:
        stated: the settings stated by the scenario itself.
        caseload: the caseload policy of the service.
    """
    agency = dict(flatten(stated.get("agency", {})))
    for key in CASELOAD_TIMES:
        if (time := f"caseload.{key}") in agency:
            given = show(agency.pop(time))
            yield f"agency.{time}: given {given}; allowed: nothing, since what the agency is holds from day 0"
    again = {("baseline", key): value for key, value in flatten(stated.get("baseline", {}))}
    if caseload.start == "from_outset":
        after = flatten(stated.get("service", {}).get("caseload", {}), "caseload.")
        again |= {("service", key): value for key, value in after}
    for (part, key), value in again.items():
        if value != agency.get(key, value):
            yield (
                f"agency.{key} and {part}.{key}: given {show(agency[key])} and {show(value)}; allowed: one of them, "
                "since both hold during the warm-up"
            )


def date_mistakes(
    stated: Table, caseload: CaseloadPolicy, caseload_day: int, changes: Sequence[Table], days: tuple[int, int]
) -> Iterator[str]:
    """Yield what is wrong with the dates of a scenario.

    The caseload policy starts after the warm-up or on day 0. Dated changes come after the warm-up and within the
    run, and say only once when they start.

    Args:
        stated: the settings stated by the scenario itself; all others are inherited. A day after the end of the
            run is a mistake only where it is stated: a shorter run of a scenario never reaches it.
        caseload: the caseload policy of the service.
        caseload_day: the first day of that policy.
        changes: the dated changes, as stated.
        days: the first day after the warm-up and the last day of the run.
    """
    first, last = days
    span = f"{first} (the first day after the warm-up) to {last} (the last day)"
    if caseload.start == "from_outset":
        if "caseload" in stated.get("baseline", {}):
            yield (
                "baseline.caseload: given a table; allowed: nothing, since service.caseload.start is "
                '"from_outset" and so service.caseload holds during the warm-up'
            )
    elif caseload_day < first or (caseload_day > last and "from_day" in stated.get("service", {}).get("caseload", {})):
        yield (
            f"service.caseload.from_day: given {caseload.from_day}; allowed: {span}; "
            'for a start before it, start = "from_outset"'
        )
    for i, change in enumerate(changes, 1):
        day, changed = change["from_day"], change.get("service", {}).get("caseload", {})
        if day < first or ("changes" in stated and day > last):
            yield f"changes.{i}.from_day: given {day}; allowed: {span}"
        for key in CASELOAD_TIMES:
            if key in changed:
                yield (
                    f"changes.{i}.service.caseload.{key}: given {changed[key]}; allowed: nothing, since the "
                    "change has a from_day of its own"
                )
        if changed and day < caseload_day:
            yield (
                f"changes.{i}.from_day: given {day} for a change of service.caseload; allowed: "
                f"{caseload_day} or later, since service.caseload starts on that day"
            )
