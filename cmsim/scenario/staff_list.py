"""A staff list as CSV: one row for each person, converted into the posts of a scenario."""

import math
from pathlib import Path

from cmsim.core.errors import ScenarioError, nearest
from cmsim.scenario.nested_settings import show
from cmsim.scenario.service import Staff
from cmsim.scenario.table_file import read_table

ROLES = ("case manager", "supervisor", "psychiatrist")
_COLUMNS = ("role", "hours_a_week")
_WORKDAYS = 5


def read_staff(path: str | Path, staff: Staff) -> tuple[dict[str, int | float], str]:
    """Return the settings of ``service.staff`` that correspond to a staff list, and how they were derived.

    The file has a column ``role`` (case manager, supervisor or psychiatrist) and may have ``hours_a_week``;
    other columns are refused, since nobody's name belongs here. The model's posts are full-time: hours of
    case managers are summed and divided by those of a full post.

    Args:
        path: of the file.
        staff: the posts of the scenario that it is for, whose working day is that of a full post.

    Raises:
        ScenarioError: it cannot be read; the message names file, row and column.
    """
    table = read_table(path)
    where, head = table.where, table.head
    unknown = [column for column in head if column not in _COLUMNS]
    if "role" not in head or unknown:
        given = ", ".join(map(show, head)) or "nothing"
        hint = nearest(unknown[0], _COLUMNS) if unknown else ""
        raise ScenarioError(f"{where}: columns: given {given}; allowed: role, hours_a_week (no names){hint}")
    if twice := table.mistaken_columns():
        raise ScenarioError("\n".join(twice))
    hours: dict[str, list[float]] = {role: [] for role in ROLES}
    for number in table.rows:
        role, worked = _person(f"{where}: row {number}", table.cells(number), staff)
        hours[role].append(worked)
    return _posts(where, hours, staff)


def _person(where: str, cells: dict[str, str], staff: Staff) -> tuple[str, float]:
    role = cells.get("role", "").lower()
    if role not in ROLES:
        allowed = ", ".join(ROLES)
        raise ScenarioError(f"{where}: role: given {show(role)}; allowed: {allowed}{nearest(role, ROLES)}")
    given = cells.get("hours_a_week", "")
    try:
        hours = float(given) if given else _full(role, staff)
    except ValueError:
        hours = math.nan
    if not 0.0 < hours <= 80.0:
        raise ScenarioError(f"{where}: hours_a_week: given {show(given)}; allowed: above 0 and up to 80")
    return role, hours


def _full(role: str, staff: Staff) -> float:
    return staff.psychiatrist_hours if role == "psychiatrist" else _WORKDAYS * staff.hours


def _posts(where: str, hours: dict[str, list[float]], staff: Staff) -> tuple[dict[str, int | float], str]:
    managers, supervisors, psychiatrists = (hours[role] for role in ROLES)
    if not managers:
        raise ScenarioError(f"{where}: no case manager; allowed: at least one row with the role case manager")
    full = sum(managers) / _full("case manager", staff)
    posts = max(1, math.floor(full + 0.5))
    stated: dict[str, int | float] = {"case_managers": posts}
    said = [
        f"Case managers, from {Path(where).name}: {len(managers)} with {sum(managers):g} hours a week, "
        f"which are {full:.2f} full posts, here {posts}."
    ]
    if supervisors:
        stated["supervisor_span"] = max(1, math.ceil(posts / len(supervisors)))
        said.append(f"Supervisors: {len(supervisors)}, with up to {stated['supervisor_span']} workers each.")
    if psychiatrists:
        stated["psychiatrists"] = len(psychiatrists)
        stated["psychiatrist_hours"] = round(sum(psychiatrists) / len(psychiatrists), 2)
        together = f"in clinic {sum(psychiatrists):g} hours a week together"
        said.append(f"Psychiatrists: {len(psychiatrists)}, {together}.")
    return stated, "\n".join(said)
