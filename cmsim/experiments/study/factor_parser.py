"""Levers and uncertainties as a study file states them, checked against its scenarios."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cmsim.core.errors import CmsimError, ScenarioError, nearest
from cmsim.core.parameters import Parameter, parameters
from cmsim.experiments.study.factors import Factor, Role
from cmsim.scenario import Scenario
from cmsim.scenario.error_messages import refuse
from cmsim.scenario.nested_settings import plain, show
from cmsim.scenario.scenario import derive

_STATED = ("key", "keys", "values", "low", "high")
_SHAPE = (
    'a list of values, { low = ..., high = ... }, {} for the declared range, or a table with any of "key", '
    '"keys", "values", "low", "high"'
)


def read_factors(
    stated: Mapping[str, Any], role: Role, scenarios: Sequence[Scenario], where: str, listed: bool
) -> list[Factor]:
    """Return the levers or uncertainties of a study file, checked against its scenarios.

    Args:
        stated: as the file has them, by name.
        role: which of the two.
        scenarios: those of the study.
        where: what messages call the file.
        listed: whether a list states the values, so that none are needed here.

    Raises:
        CmsimError: a line for every mistake: unknown key, value not allowed, no range.
    """
    part = "levers" if role == "lever" else "uncertainties"
    factors, lines = [], []
    for name, given in stated.items():
        place = f"{part}.{show(name)}"
        try:
            factor = _factor(name, given, role, scenarios[0], listed)
            _try_values(factor, scenarios)
        except CmsimError as error:
            lines += [f"{place}: {line}" for line in str(error).splitlines()]
        else:
            factors.append(factor)
    refuse(where, lines)
    return factors


def _factor(name: str, given: Any, role: Role, scenario: Scenario, listed: bool) -> Factor:
    table = given if isinstance(given, Mapping) else {"values": given}
    if unknown := [key for key in table if key not in _STATED]:
        hint = nearest(unknown[0], _STATED)
        raise ScenarioError(f"given {show(unknown[0])} in the table; allowed: {_SHAPE}{hint}")
    keys = _keys(name, table)
    if role == "lever" and (fact := next((key for key in keys if key.startswith("world.")), None)):
        raise ScenarioError(f"{fact} cannot be chosen by planners; name it under [uncertainties]")
    if "run.seed" in keys:
        raise ScenarioError("run.seed: draws are paired by their seed; raise replications instead")
    if "values" in table:
        values = table["values"]
        if not isinstance(values, tuple):
            raise ScenarioError(f"given {show(values)}; allowed: {_SHAPE}")
        if not values:
            raise ScenarioError("given an empty list; allowed: one value or more")
        if len({_identity(value) for value in values}) < len(values):
            raise ScenarioError(f"given {show(values)}; allowed: values that differ")
        if "low" in table or "high" in table:
            raise ScenarioError("given values and a range; allowed: one of them")
        return Factor(name, role, keys, values)
    if listed and "low" not in table and "high" not in table:
        return Factor(name, role, keys)
    return _ranged(name, role, keys, table, scenario)


def _keys(name: str, table: Mapping[str, Any]) -> tuple[str, ...]:
    if "key" in table and "keys" in table:
        raise ScenarioError("given key and keys; allowed: one of them")
    keys = (table["key"],) if "key" in table else table.get("keys", (name,))
    if not isinstance(keys, tuple) or not keys or not all(isinstance(key, str) for key in keys):
        raise ScenarioError(f"given {show(keys)} as keys; allowed: dotted keys such as service.caseload.size")
    return keys


def _ranged(name: str, role: Role, keys: tuple[str, ...], table: Mapping[str, Any], scenario: Scenario) -> Factor:
    declared = _declared(scenario, keys[0])
    ends = []
    for side in ("low", "high"):
        end = table.get(side, getattr(declared.evidence, side) if declared else None)
        if end is None:
            known = [each.key for each in _all_declared(scenario)]
            raise ScenarioError(f"{keys[0]} has no declared range; allowed: {_SHAPE}{nearest(keys[0], known)}")
        if isinstance(end, bool) or not isinstance(end, (int, float)):
            raise ScenarioError(f"{side}: given {show(end)}; allowed: a number")
        ends.append(end)
    low, high = ends
    if not low < high:
        raise ScenarioError(f"given a range from {low:g} to {high:g}; allowed: low below high")
    whole = declared is not None and isinstance(declared.value, int)
    if whole and (low != int(low) or high != int(high)):
        raise ScenarioError(f"given a range from {low:g} to {high:g}; allowed: whole numbers")
    return Factor(name, role, keys, low=low, high=high, whole=whole)


def _all_declared(scenario: Scenario) -> Iterator[Parameter]:
    for name in ("world", "service", "baseline", "run"):
        yield from parameters(getattr(scenario, name), name)


def _declared(scenario: Scenario, key: str) -> Parameter | None:
    return next((each for each in _all_declared(scenario) if each.key == key), None)


def _identity(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _try_values(factor: Factor, scenarios: Sequence[Scenario]) -> None:
    """Try each value, or the ends of the range, on each scenario by itself."""
    for value in factor.ends() if factor.values or factor.low is not None else ():
        for scenario in scenarios:
            changed(scenario, factor.settings(value), "")


def changed(scenario: Scenario, settings: Mapping[str, Any], where: str) -> Scenario:
    """Return a scenario under its own name with some settings changed.

    Raises:
        ScenarioError: a line for every mistake, each beginning with ``where``.
    """
    try:
        return derive(
            {"title": scenario.title, "purpose": scenario.purpose, **plain(settings, where)},
            where=where,
            name=scenario.name,
            source=scenario.source,
            parent=scenario,
        )
    except ScenarioError as error:
        lines = (line.removeprefix(": ") for line in str(error).splitlines())
        raise ScenarioError("\n".join(lines)) from None


def values_now(scenario: Scenario, factors: Iterable[Factor]) -> dict[str, Any]:
    """Return the value that each factor has in a scenario, by name; a table of settings as its JSON."""
    flat = scenario.flat()
    return {factor.name: _value_in(flat, factor.keys[0]) for factor in factors}


def _value_in(flat: Mapping[str, Any], key: str) -> Any:
    if key in flat:
        return flat[key]
    below = {name[len(key) + 1 :]: value for name, value in flat.items() if name.startswith(f"{key}.")}
    return below or None
