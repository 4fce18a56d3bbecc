"""A staff list as a table: one row for each person, converted into the posts of a scenario."""

import math
from pathlib import Path

from cmsim.core.errors import ScenarioError, nearest
from cmsim.core.simtime import WORKDAYS
from cmsim.scenario.nested_settings import show
from cmsim.scenario.service import Staff
from cmsim.scenario.table_file import read_table

ROLES = ("case manager", "supervisor", "psychiatrist", "aide")
_ALSO_AIDES = ("case aide", "peer specialist", "peer support worker", "peer worker")
_COLUMNS = ("role", "hours_a_week", "fte")
_ALSO_COLUMNS = {"hours_per_week": "hours_a_week", "hours": "hours_a_week", "wte": "fte"}


def read_staff(path: str | Path, staff: Staff) -> tuple[dict[str, int | float], str]:
    """Return the settings of ``agency.staff`` that correspond to a staff list, and how they were derived.

    The file has a column ``role`` (case manager, supervisor, psychiatrist or aide) and may have ``hours_a_week`` or
    ``fte``; other columns are refused, since nobody's name belongs here. Each case manager is a person in a post;
    the working day of all is such that their hours together are those of the list. An FTE is five such days, of
    psychiatrists too.

    Args:
        path: of the file, CSV or Excel.
        staff: the posts of the scenario that it is for, whose working day is that of a full post.

    Raises:
        ScenarioError: it cannot be read; the message names file, row and column.
    """
    table = read_table(path)
    named = [column.lower().replace(" ", "_") for column in table.head]
    head = [_ALSO_COLUMNS.get(column, column) for column in named]
    unknown = [column for column in head if column not in _COLUMNS]
    if "role" not in head or unknown or {"hours_a_week", "fte"} <= {*head}:
        given = ", ".join(map(show, table.head)) or "nothing"
        hint = nearest(unknown[0], _COLUMNS) if unknown else ""
        raise ScenarioError(
            f"{table.where}: columns: given {given}; allowed: role, and hours_a_week or fte (no names){hint}"
        )
    if twice := table.mistaken_columns():
        raise ScenarioError("\n".join(twice))
    hours: dict[str, list[float]] = {role: [] for role in ROLES}
    for number, row in table.rows.items():
        role, worked = _person(f"{table.where}: row {number}", dict(zip(head, row, strict=False)), staff)
        hours[role].append(worked)
    return _posts(table.where, hours, staff)


def _person(where: str, cells: dict[str, str], staff: Staff) -> tuple[str, float]:
    given_role = cells.get("role", "").lower()
    role = "aide" if given_role in _ALSO_AIDES else given_role
    if role not in ROLES:
        allowed = ", ".join((*ROLES, *_ALSO_AIDES))
        raise ScenarioError(f"{where}: role: given {show(role)}; allowed: {allowed}{nearest(role, ROLES)}")
    column = "fte" if "fte" in cells else "hours_a_week"
    given, unit = cells.get(column, ""), WORKDAYS * staff.hours if column == "fte" else 1.0
    try:
        hours = unit * float(given) if given else _full(role, staff)
    except ValueError:
        hours = math.nan
    if not 0.0 < hours <= 80.0:
        most = f"{80.0 / unit:g}"
        raise ScenarioError(f"{where}: {column}: given {show(given)}; allowed: above 0 and up to {most}")
    return role, hours


def _full(role: str, staff: Staff) -> float:
    return staff.psychiatrist_hours if role == "psychiatrist" else WORKDAYS * staff.hours


def _posts(where: str, hours: dict[str, list[float]], staff: Staff) -> tuple[dict[str, int | float], str]:
    managers, supervisors, psychiatrists, aides = (hours[role] for role in ROLES)
    if not managers:
        raise ScenarioError(f"{where}: no case manager; allowed: at least one row with the role case manager")
    posts, day = len(managers), round(sum(managers) / len(managers) / WORKDAYS, 4)
    stated: dict[str, int | float] = {"case_managers": posts, "hours": day}
    full = sum(managers) / _full("case manager", staff)
    said = [
        f"Case managers, from {Path(where).name}: {posts} with {sum(managers):g} hours a week, {full:.2f} full posts; "
        f"here {posts} people with a day of {day:g} hours each. Say in agency.caseload.size how many clients each has."
    ]
    if supervisors:
        stated["supervisor_span"] = max(1, math.ceil(posts / len(supervisors)))
        said.append(f"Supervisors: {len(supervisors)}, with up to {stated['supervisor_span']} workers each.")
    if psychiatrists:
        stated["psychiatrists"] = len(psychiatrists)
        stated["psychiatrist_hours"] = round(sum(psychiatrists) / len(psychiatrists), 2)
        said.append(
            f"Psychiatrists: {len(psychiatrists)}, in clinic {sum(psychiatrists):g} hours a week together; the share "
            "of them that goes elsewhere is agency.staff.psychiatrist_elsewhere."
        )
    if aides:
        stated["aides"] = max(1, round(sum(aides) / WORKDAYS / day))
        said.append(
            f"Aides and peer workers: {len(aides)} with {sum(aides):g} hours a week; here {stated['aides']} with a day "
            f"of {day:g} hours."
        )
    return stated, "\n".join(said)
