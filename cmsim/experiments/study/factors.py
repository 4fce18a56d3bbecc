"""Levers and uncertainties: what a study varies, each with its values or its range, checked against its scenarios."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cmsim.core.errors import CmsimError, ScenarioError, nearest
from cmsim.core.parameters import Parameter, parameters
from cmsim.scenario import Scenario
from cmsim.scenario.error_messages import refuse
from cmsim.scenario.nested_settings import plain, show
from cmsim.scenario.scenario import derive

Role = Literal["lever", "uncertainty"]

_STATED = ("key", "keys", "values", "low", "high")
_SHAPE = (
    'a list of values, { low = ..., high = ... }, {} for the declared range, or a table with any of "key", '
    '"keys", "values", "low", "high"'
)


@dataclass(frozen=True)
class Factor:
    """Something that a study varies.

    Attributes:
        name: as in tables: the dotted key, or a name that the study file gives it.
        role: a lever, which planners choose, or an uncertainty.
        keys: the settings that take its value, alike.
        values: its values; empty for a range or where a list states them.
        low: lower end of its range; None without a range.
        high: upper end.
        whole: whether it takes whole numbers only.
    """

    name: str
    role: Role
    keys: tuple[str, ...]
    values: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    whole: bool = False

    def at(self, u: float) -> object:
        """Return the value at a quantile, 0 <= u < 1, of a uniform distribution over values or range.

        >>> Factor("size", "lever", ("service.caseload.size",), low=10, high=12, whole=True).at(0.99)
        12
        >>> Factor("rule", "lever", ("a.rule",), values=("cold", "warm")).at(0.5)
        'warm'
        """
        if self.values:
            return self.values[min(int(u * len(self.values)), len(self.values) - 1)]
        low, high = self._range()
        if self.whole:
            return int(low) + min(int(u * (high - low + 1)), int(high - low))
        return low + u * (high - low)

    def levels(self, count: int) -> tuple[Any, ...]:
        """Return the values, or so many evenly spaced over the range, its ends included.

        >>> Factor("share", "uncertainty", ("world.x",), low=0.0, high=1.0).levels(3)
        (0.0, 0.5, 1.0)
        """
        if self.values:
            return self.values
        low, high = self._range()
        steps = [low + (high - low) * i / (count - 1) for i in range(count)]
        return tuple(dict.fromkeys(round(step) for step in steps)) if self.whole else tuple(steps)

    def _range(self) -> tuple[float, float]:
        if self.low is None or self.high is None:
            raise ValueError(f"{self.name} has neither values nor a range")
        return self.low, self.high


def read_factors(
    stated: Mapping[str, Any], role: Role, scenarios: Sequence[Scenario], where: str, is_listed: bool
) -> list[Factor]:
    """Return the levers or uncertainties that a study file states by name, checked against its scenarios.

    If they are listed, a list states their values, so that none are needed here.

    Raises:
        CmsimError: a line for every mistake: unknown key, value not allowed, no range.
    """
    part = "levers" if role == "lever" else "uncertainties"
    first = scenarios[0]
    sections = {"world": first.world, "agency": first.baseline, "service": first.service, "run": first.run}
    sections["baseline"] = first.baseline
    declared = {each.key: each for name, section in sections.items() for each in parameters(section, name)}
    factors, lines = [], []
    for name, given in stated.items():
        try:
            factor = _factor(name, given, role, declared, is_listed)
            for value in factor.levels(2) if factor.values or factor.low is not None else ():
                for scenario in scenarios:
                    apply_settings(scenario, dict.fromkeys(factor.keys, value), "")
        except CmsimError as error:
            lines += [f"{part}.{show(name)}: {line}" for line in str(error).splitlines()]
        else:
            factors.append(factor)
    refuse(where, lines)
    return factors


def _factor(name: str, given: object, role: Role, declared: Mapping[str, Parameter], is_listed: bool) -> Factor:
    if not name or not name.isprintable():
        raise ScenarioError("allowed: a name on one line")
    table = given if isinstance(given, Mapping) else {"values": given}
    if unknown := next((key for key in table if key not in _STATED), None):
        hint = nearest(unknown, _STATED)
        raise ScenarioError(f"given {show(unknown)} in the table; allowed: {_SHAPE}{hint}")
    if "key" in table and "keys" in table:
        raise ScenarioError("given key and keys; allowed: one of them")
    keys = (table["key"],) if "key" in table else table.get("keys", (name,))
    if not isinstance(keys, tuple) or not keys or not all(isinstance(key, str) for key in keys):
        raise ScenarioError(f"given {show(keys)} as keys; allowed: dotted keys such as service.caseload.size")
    if role == "lever" and (fact := next((key for key in keys if key.startswith("world.")), None)):
        raise ScenarioError(f"{fact} cannot be chosen by planners; name it under [uncertainties]")
    if chance := next((key for key in keys if key in ("run.seed", "run.first_replication")), None):
        raise ScenarioError(f"{chance}: draws are paired by their seed; raise replications instead")
    is_range = "low" in table or "high" in table
    if "values" in table:
        if is_range:
            raise ScenarioError("given values and a range; allowed: one of them")
        return Factor(name, role, keys, _checked_values(table["values"]))
    if is_listed and not is_range:
        return Factor(name, role, keys)
    return _ranged(name, role, keys, table, declared)


def _checked_values(values: object) -> tuple[object, ...]:
    if not isinstance(values, tuple):
        raise ScenarioError(f"given {show(values)}; allowed: {_SHAPE}")
    if not values:
        raise ScenarioError("given an empty list; allowed: one value or more")
    if len({json.dumps(value, sort_keys=True) for value in values}) < len(values):
        raise ScenarioError(f"given {show(values)}; allowed: values that differ")
    return values


def _ranged(
    name: str, role: Role, keys: tuple[str, ...], table: Mapping[str, object], declared: Mapping[str, Parameter]
) -> Factor:
    parameter = declared.get(keys[0])
    if role == "uncertainty" and not {"low", "high"} <= table.keys() and _is_open_price(keys[0], parameter):
        raise ScenarioError(f"{keys[0]} has no plausible range, since no figure is published; allowed: low and high")
    ends: list[float] = []
    for side in ("low", "high"):
        end = table.get(side, getattr(parameter.evidence, side) if parameter else None)
        if end is None:
            hint = nearest(keys[0], list(declared))
            raise ScenarioError(f"{keys[0]} has no declared range; allowed: {_SHAPE}{hint}")
        if isinstance(end, bool) or not isinstance(end, (int, float)):
            raise ScenarioError(f"{side}: given {show(end)}; allowed: a number")
        ends.append(end)
    low, high = ends
    if not math.isfinite(high - low):
        raise ScenarioError(f"given a range from {low:g} to {high:g}; allowed: ends that a number can lie between")
    if not low < high:
        raise ScenarioError(f"given a range from {low:g} to {high:g}; allowed: low below high")
    whole = parameter is not None and isinstance(parameter.value, int)
    if whole and (low != int(low) or high != int(high)):
        raise ScenarioError(f"given a range from {low:g} to {high:g}; allowed: whole numbers")
    return Factor(name, role, keys, low=low, high=high, whole=whole)


def _is_open_price(key: str, parameter: Parameter | None) -> bool:
    return parameter is not None and key.startswith("world.prices.") and parameter.evidence.status == "choice"


def apply_settings(scenario: Scenario, settings: Mapping[str, object], where: str) -> Scenario:
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
        raise ScenarioError("\n".join(line.removeprefix(": ") for line in str(error).splitlines())) from None


def find_values(scenario: Scenario, factors: Iterable[Factor]) -> dict[str, object]:
    """Return the value that each factor has in a scenario, by name; a table of settings as such, or None."""
    flat = scenario.flat()
    found: dict[str, object] = {}
    for factor in factors:
        key = factor.keys[0]
        below = {name.removeprefix(f"{key}."): value for name, value in flat.items() if name.startswith(f"{key}.")}
        found[factor.name] = flat.get(key, below or None)
    return found
