"""A new scenario file to begin with: based on another, all its choices listed as comments."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit

from cmsim.core.errors import ScenarioError
from cmsim.scenario.library import SUFFIX, bundled
from cmsim.scenario.loader import load_scenario
from cmsim.scenario.nested_settings import RULE, show
from cmsim.scenario.scenario import Scenario
from cmsim.scenario.setting_details import About, about

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_LISTED = 8
"""Items from which a list is too long to be worth a comment."""
_WORLD = """
# Facts that nobody controls stand under [world], such as the number of clients at the start:
# [world.population]
# clients = {clients}
# Every one of them, with unit, range, source and status: cmsim evidence world
#
# What differs from a later day on:
# [[changes]]
# from_day = {day}  # day 0 is the first day of the warm-up, which has {warm_up} days
# "service.caseload.size" = {size}
"""


def write_draft(
    name: str | Path, based_on: str, stated: Mapping[str, Mapping[str, Any]] | None = None, why: str = ""
) -> Path:
    """Write a scenario file that passes ``cmsim check`` and changes nothing yet; never over another file.

    Args:
        name: of the scenario, or the path of its ``.toml`` file.
        based_on: a bundled name, or the path of a ``.toml`` file in the same folder or below it.
        stated: tables to state, by name.
        why: a comment on these tables.

    Returns:
        the path written.

    Raises:
        ScenarioError: the name cannot be used, the file exists, or the base is unknown or out of reach.
    """
    path = Path(name) if str(name).endswith(SUFFIX) else Path(f"{name}{SUFFIX}")
    if not _NAME.fullmatch(path.stem):
        given = show(path.stem)
        raise ScenarioError(f"new: given the name {given}; allowed: a letter, then letters, digits, _ or -")
    base = load_scenario(based_on)
    text = draft_text(path.stem, _reference(path, based_on, base), base, stated or {}, why)
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


def draft_text(name: str, reference: str, base: Scenario, stated: Mapping[str, Mapping[str, Any]], why: str) -> str:
    """Return the text of a new scenario file; see :func:`write_draft`."""
    settings = base.flat()
    title = name.replace("_", " ").replace("-", " ").capitalize()
    head = {
        "title": title,
        "purpose": "Say in a sentence which question this scenario is to answer.",
        "based_on": reference,
    }
    lines = [
        tomlkit.dumps(head).rstrip(),
        "",
        f"# Everything is as in {base.name} until a line says otherwise: take away the # of a table's head",
        "# and of the lines beneath it that you want to change. Then: cmsim check " + name + SUFFIX,
        "",
    ]
    if stated:
        lines += [f"# {line}" for line in why.splitlines()]
        for table, values in stated.items():
            lines += [f"[{table}]", tomlkit.dumps(dict(values))]
    lines += [_commented("run", settings), _commented("service", settings, skip=set(stated))]
    warm_up = base.world.warm_up_days
    lines.append(
        _WORLD.format(
            clients=base.world.population.clients, day=warm_up + 365, warm_up=warm_up, size=base.service.caseload.size
        ).strip("\n")
    )
    return "\n".join(lines) + "\n"


def _reference(path: Path, based_on: str, base: Scenario) -> str:
    """Return the base as the new file names it: a bundled name, or a path below the file's folder."""
    if base.source == "bundled":
        return based_on
    try:
        inside = Path(based_on).resolve().relative_to(path.parent.resolve())
    except ValueError:
        raise ScenarioError(
            f"new: --based-on: given {show(based_on)}; allowed: a bundled name ({', '.join(bundled())}), or "
            f"a {SUFFIX} file in the folder of the new one, {path.parent}{os.sep}, or below it"
        ) from None
    return inside.as_posix()


def _commented(part: str, settings: Mapping[str, Any], skip: set[str] | None = None) -> str:
    """Return the settings of a part as commented TOML, table by table, each with unit, limits and meaning."""
    tables: dict[str, list[str]] = {}
    for key, value in settings.items():
        table, _, name = key.rpartition(".")
        if key.split(".")[0] != part or table in (skip or set()) or value is None:
            continue
        if isinstance(value, tuple) and len(value) > _LISTED:
            continue
        found = about(key, settings)
        if name != RULE and found.allowed == show(value):
            continue  # a rule that leaves no choice here
        line = f"# {name} = {show(list(value) if isinstance(value, tuple) else value)}"
        tables.setdefault(table, []).append(f"{line}{_note(found)}")
    return "\n\n".join("\n".join([f"# [{table}]", *lines]) for table, lines in tables.items()) + "\n"


def _note(found: About) -> str:
    words = [found.unit, found.meaning]
    if found.evidence is not None:
        words.append(f"usual {found.evidence.low:g} to {found.evidence.high:g}")
    elif found.allowed:
        words.append(f"allowed: {found.allowed}")
    told = "; ".join(word for word in words if word)
    return f"  # {told}" if told else ""
