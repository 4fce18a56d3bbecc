"""A new scenario file to begin with: based on another, with what an agency knows of itself as comments."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tomlkit

from cmsim.core.errors import ScenarioError
from cmsim.scenario.library import SUFFIX, bundled
from cmsim.scenario.loader import load_scenario
from cmsim.scenario.nested_settings import RULE, show
from cmsim.scenario.scenario import Scenario
from cmsim.scenario.setting_details import about

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_LISTED = 8
"""Items from which a list is too long to be worth a comment."""
_KNOWN = {
    "world.population": ("clients", "waiting_share", "referrals"),
    "agency.staff": (
        "case_managers",
        "hours",
        "supervisor_span",
        "aides",
        "psychiatrists",
        "psychiatrist_hours",
        "psychiatrist_elsewhere",
    ),
    "agency.caseload": ("size",),
    "agency.crisis": ("opens", "closes"),
    "agency.hospital": ("beds",),
    "world.hospital": ("outside_occupancy",),
    "agency.agencies": ("housing",),
    "world.prices": (
        "price_year",
        "bed_day",
        "case_manager_hour",
        "supervisor_hour",
        "psychiatrist_hour",
        "residence_day",
    ),
}
"""What somebody who runs an agency knows of it, by table."""
_EXAMPLE_PRICES = "example_prices"
_TAKE_AWAY = "Your agency as it is, from day 0 on. Take away the # of what differs, then: {check}"


def write_draft(
    name: str | Path,
    based_on: str,
    posts: Mapping[str, int | float] | None = None,
    why: str = "",
    *,
    full: bool = False,
) -> Path:
    """Write a scenario file that passes ``cmsim check`` and changes nothing yet; never over another file.

    Args:
        name: of the scenario, or the path of its ``.toml`` file.
        based_on: a bundled name, or the path of a ``.toml`` file in the same folder or below it.
        posts: settings of ``agency.staff`` to state.
        why: a comment on these.
        full: whether every setting of the service and the run is listed, not only what an agency knows of itself.

    Returns:
        the path written.

    Raises:
        ScenarioError: the name cannot be used, the file exists, or the base is unknown or out of reach.
    """
    stated = posts or {}
    return write_agency(name, based_on, lambda base: _agency(base, stated, why, full), _TAKE_AWAY, stated)


def write_agency(
    name: str | Path,
    based_on: str,
    agency: Callable[[Scenario], Iterable[str]],
    about: str,
    posts: Mapping[str, int | float],
) -> Path:
    """Write a scenario file of an agency that passes ``cmsim check``; never over another file.

    Args:
        name: of the scenario, or the path of its ``.toml`` file.
        based_on: a bundled name, or the path of a ``.toml`` file in the same folder or below it.
        agency: the lines of what it is, from the scenario that it is based on.
        about: a comment above them, with ``{check}`` for the command that checks the file.
        posts: settings of ``agency.staff`` that these lines state.

    Returns:
        the path written.

    Raises:
        ScenarioError: the name cannot be used, the file exists, or the base is unknown or out of reach.
    """
    path = Path(name) if str(name).endswith(SUFFIX) else Path(f"{name}{SUFFIX}")
    if not _NAME.fullmatch(path.stem):
        given = show(path.stem)
        raise ScenarioError(f"{path}: given the name {given}; allowed: a letter, then letters, digits, _ or -")
    base = load_scenario(based_on)
    head = _head(path.stem, _reference(path, based_on, base), about)
    text = "\n".join([*head, *agency(base), *_to_change(base, posts)]) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ScenarioError(f"{path}: exists already and is left as it is; name another file") from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from None
    try:
        load_scenario(path)
    except ScenarioError:
        path.unlink()
        raise
    return path


def _head(name: str, reference: str, about: str) -> list[str]:
    """Return what a scenario is called and based on, and how to go on."""
    head = {
        "title": name.replace("_", " ").replace("-", " ").capitalize(),
        "purpose": "Say in a sentence which question this scenario is to answer.",
        "based_on": reference,
    }
    return [
        tomlkit.dumps(head).rstrip(),
        "",
        *(f"# {line}" for line in about.format(check=f"cmsim check {name}{SUFFIX}").splitlines()),
    ]


def _agency(base: Scenario, posts: Mapping[str, int | float], why: str, full: bool) -> Iterator[str]:
    """Yield the tables of what an agency is, with the settings of the base as comments."""
    settings = base.flat()
    for table, names in (_every_table(settings) if full else _KNOWN).items():
        stated = posts if table == "agency.staff" else {}
        yield f"[{table}]"
        if stated:
            yield from (f"# {line}" for line in why.splitlines())
            yield tomlkit.dumps(dict(stated)).rstrip()
        held = re.sub("^agency", "baseline", table)
        yield from (_comment(f"{held}.{name}", settings) for name in names if name not in stated)


def _every_table(settings: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the names of all settings of the service and the run by table, then what an agency knows of the world."""
    tables: dict[str, list[str]] = {}
    for key, value in settings.items():
        part, _, name = key.rpartition(".")
        if key.split(".")[0] not in ("run", "baseline") or value is None:
            continue
        if isinstance(value, tuple) and len(value) > _LISTED:
            continue
        if name != RULE and about(key, settings).allowed == show(value):
            continue  # a rule that leaves no choice here
        tables.setdefault(re.sub("^baseline", "agency", part), []).append(name)
    return tables | {table: list(names) for table, names in _KNOWN.items() if table.startswith("world.")}


def _comment(key: str, settings: Mapping[str, Any]) -> str:
    """Return a setting as a commented line of TOML, with unit, limits and meaning; an open price with an example."""
    value, found, words = settings[key], about(key, settings), []
    if value is None:
        value = load_scenario(_EXAMPLE_PRICES).flat()[key]
        words = [found.unit, "an example, put in your own"]
    elif found.evidence is not None:
        words = [found.unit, found.meaning, f"usual {found.evidence.low:g} to {found.evidence.high:g}"]
    else:
        words = [found.unit, found.meaning, found.allowed and f"allowed: {found.allowed}"]
    told = "; ".join(filter(None, words))
    shown = show(list(value) if isinstance(value, tuple) else value)
    return f"# {key.rpartition('.')[2]} = {shown}" + (f"  # {told}" if told else "")


def _to_change(base: Scenario, posts: Mapping[str, int | float]) -> list[str]:
    day, managers = base.world.warm_up_days, posts.get("case_managers", base.service.staff.case_managers)
    return [
        "",
        f"# What is to change, from day {day} on, after the warm-up: the same tables under service.",
        "[service.staff]",
        f"# case_managers = {managers}",
        f'# Later changes: [[changes]] with from_day = {day + 365} and "service.staff.case_managers" = 14. '
        "All settings: cmsim new NAME --full. Facts of the world: cmsim evidence world",
    ]


def _reference(path: Path, based_on: str, base: Scenario) -> str:
    """Return the base as the new file names it: a bundled name, or a path below the file's folder."""
    if base.source == "bundled":
        return based_on
    try:
        inside = Path(based_on).resolve().relative_to(path.parent.resolve())
    except ValueError:
        raise ScenarioError(
            f"--based-on: given {show(based_on)}; allowed: a bundled name ({', '.join(bundled())}), or "
            f"a {SUFFIX} file in the folder of the new one, {path.parent}{os.sep}, or below it"
        ) from None
    return inside.as_posix()
