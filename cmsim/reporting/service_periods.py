"""What holds in each period of a run, in words: staff, caseload, beds and places, and what changes."""

from itertools import pairwise

from cmsim.reporting.wording import counted, percent
from cmsim.scenario.nested_settings import RULE, as_table, beyond, flatten
from cmsim.scenario.scenario import Scenario, in_force
from cmsim.scenario.service import Service

_LISTED = 6
"""Settings of a change that are named."""


def describe_periods(scenario: Scenario) -> list[str]:
    """Return a sentence for the warm-up, one for the analysis window, and one for each later change of the service."""
    end, total = scenario.world.warm_up_days, scenario.total_days
    days = sorted({0, min(end, total - 1), *(day for day, _ in scenario.timeline())})
    told = []
    for (day, until), before in zip(pairwise([*days, total]), [None, *days], strict=False):
        name = "Warm-up" if day < end else "Analysis" if day == end else "Then"
        service = scenario.service_on(day)
        earlier = None if before is None else scenario.service_on(before)
        told.append(f"{name}, days {day} to {until - 1}: {_told(service, earlier)}.")
    others = scenario.world.hospital.outside_occupancy
    told[0] += f" Other people's demand alone would fill {percent(others)} of the beds; clients come on top."
    return told


def _told(service: Service, before: Service | None) -> str:
    facts = _facts(service)
    if before is None:
        return "; ".join(facts.values())
    changed = _changed(service, before)
    if not changed:
        return "as before"
    earlier = _facts(before)
    told = [fact for keys, fact in facts.items() if fact != earlier[keys]]
    others = [key for key in changed if not any(key.startswith(keys) for keys in facts)]
    if others:
        more = f" and {len(others) - _LISTED} more" if len(others) > _LISTED else ""
        told.append(f"changed: {', '.join(others[:_LISTED])}{more}")
    return "; ".join([*told, "the rest as before"])


def _changed(service: Service, before: Service) -> list[str]:
    """Return the dotted keys of what differs; where another rule is chosen, its settings are left out."""
    changed = [key for key, _ in flatten(beyond(as_table(in_force(service)), as_table(in_force(before))))]
    chosen = {key.removesuffix(RULE) for key in changed if key.endswith(f".{RULE}")}
    return [key for key in changed if key.endswith(f".{RULE}") or not key.startswith(tuple(chosen))]


def _facts(service: Service) -> dict[tuple[str, ...], str]:
    """Return what an agency has in words, by the beginnings of the keys that say so."""
    staff, caseload, crisis = service.staff, service.caseload, service.crisis
    size = f"up to {caseload.size} clients each"
    if caseload.closure == "clients_fixed":
        size = f"as many posts as it takes for {caseload.size} clients each"
    clinic = staff.psychiatrists * staff.psychiatrist_hours
    hours = f"{crisis.opens} to {crisis.closes} h, {'every day' if crisis.weekends else 'on workdays'}"
    return {
        ("staff.case_managers", "staff.hours"): (
            f"{counted(staff.case_managers, 'post')} of case managers, {staff.hours:g} hours a day"
        ),
        ("caseload.size", "caseload.closure"): size,
        ("staff.supervisor_span",): f"a supervisor for every {staff.supervisor_span}",
        ("staff.aides",): counted(staff.aides, "aide"),
        ("staff.psychiatrists", "staff.psychiatrist_hours", "staff.psychiatrist_elsewhere"): (
            f"{counted(staff.psychiatrists, 'psychiatrist')} with {clinic:g} clinic hours a week in all, "
            f"{percent(staff.psychiatrist_elsewhere)} of them spent on letters, housing and benefits"
        ),
        ("crisis.opens", "crisis.closes", "crisis.weekends", "crisis.teams"): (
            f"crisis service {hours}, {counted(crisis.teams, 'team')}"
        ),
        ("hospital.beds",): counted(service.hospital.beds, "bed"),
        ("agencies.housing",): counted(service.agencies.housing, "residential place"),
    }
