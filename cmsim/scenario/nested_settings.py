"""Settings as nested tables: made from what was given, laid over one another, flattened, shown in messages.

A table in which a policy is chosen has the key ``rule``; its other keys are settings of that rule.
"""

import datetime
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel

from cmsim.core.errors import ScenarioError
from cmsim.core.former_names import SCENARIO_KEYS, rename_keys

Table = dict[str, Any]
"""A table of a scenario file: settings and further tables by name."""

RULE = "rule"
EXTENSIONS = "extensions"
MAX_DEPTH = 20
SHOWN = 60
"""Characters of a value or name that a message shows at most."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def dotted(key: Sequence[str]) -> str:
    """Return a key as a scenario file writes it.

    >>> dotted(("service", "caseload", "size"))
    'service.caseload.size'
    >>> dotted(("service", "case load"))
    'service."case load"'
    """
    return ".".join(part if _BARE.fullmatch(part) else _short(json.dumps(part)) for part in key)


def show(value: object) -> str:
    """Return a value as a scenario file writes it, cut where it is long.

    >>> show(True), show("3"), show((1, 2)), show(None)
    ('true', '"3"', '[1, 2]', 'nothing')
    """
    if value is None:
        return "nothing"
    if isinstance(value, (str, bool)):
        return _short(json.dumps(value))
    if isinstance(value, (int, float)):
        return str(value) if isinstance(value, float) or value.bit_length() < 64 else "a huge whole number"
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, dict):
        return "a table" if value else "an empty table"
    if isinstance(value, (list, tuple)):
        return _short(f"[{', '.join(show(item) for item in value[:SHOWN])}]")
    return f"a Python object of type {type(value).__name__}"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 4] + " ..."


def plain(given: Mapping[str, object], where: str) -> Table:
    """Return what was given as nested tables: dotted keys opened, lists as tuples, NumPy numbers as Python's.

    >>> plain({"service.caseload.size": 20, "service": {"caseload": {"closure": "staff_fixed"}}}, "replace")
    {'service': {'caseload': {'size': 20, 'closure': 'staff_fixed'}}}

    Raises:
        ScenarioError: a setting is stated twice, tables are nested absurdly, or a number exceeds 64 bits.
    """
    table = _plain(given, (), where)
    assert isinstance(table, dict)
    return rename_keys(table, SCENARIO_KEYS, where)


def _plain(value: object, path: tuple[str, ...], where: str) -> object:
    if len(path) > MAX_DEPTH:
        raise ScenarioError(
            f"{where}: {dotted(path[:1])}: given tables or lists nested more than {MAX_DEPTH} deep; "
            f"allowed: up to {MAX_DEPTH} deep"
        )
    if isinstance(value, BaseModel):
        value = as_table(value)
    elif isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, Mapping):
        table: Table = {}
        for key, inner in value.items():
            first, *others = str(key).split(".")
            below = _plain(inner, (*path, first, *others), where)
            for step in reversed(others):
                below = {step: below}
            _join(table, first, below, path, where)
        return table
    if isinstance(value, (list, tuple)):
        return tuple(_plain(item, (*path, str(i)), where) for i, item in enumerate(value, 1))
    if isinstance(value, int) and value.bit_length() > 63:
        given = f"a whole number of {value.bit_length()} bits"
        raise ScenarioError(f"{where}: {dotted(path)}: given {given}; allowed: up to 64 bits")
    return value + 0.0 if isinstance(value, float) else value  # -0.0 is 0.0, as which it would be written


def _join(table: Table, key: str, value: object, path: tuple[str, ...], where: str) -> None:
    if key not in table:
        table[key] = value
    elif isinstance(table[key], dict) and isinstance(value, dict):
        for inner, below in value.items():
            _join(table[key], inner, below, (*path, key), where)
    else:
        raise ScenarioError(f"{where}: {dotted((*path, key))}: stated twice; allowed: once")


def overlay(base: object, stated: object) -> Any:
    """Return ``base`` with what is stated laid over it, table by table.

    Where another ``rule`` is stated, nothing of the old rule's settings stays: the same name may mean another
    thing under the new rule, whose own defaults hold unless stated.
    """
    if not (isinstance(base, dict) and isinstance(stated, dict)):
        return stated
    if stated.get(RULE, base.get(RULE)) != base.get(RULE):
        return stated
    merged = dict(base)
    for key, value in stated.items():
        merged[key] = overlay(merged.get(key), value)
    return merged


def beyond(table: Table, base: Table) -> Table:
    """Return the settings of ``table`` that differ from ``base``: laid over ``base`` they give ``table``."""
    if table.get(RULE) != base.get(RULE):
        return table
    differing: Table = {}
    for key, value in table.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            value = beyond(value, base[key])
            if value:
                differing[key] = value
        elif key not in base or value != base[key]:
            differing[key] = value
    return differing


def flatten(table: Mapping[str, object], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each setting of nested tables with its dotted key.

    >>> dict(flatten({"service": {"caseload": {"size": 20}}}))
    {'service.caseload.size': 20}
    """
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def as_table(section: BaseModel) -> Table:
    """Return the settings of a section as nested tables, those of policies from outside included."""
    return section.model_dump(warnings=False)
