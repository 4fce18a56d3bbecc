"""Facts of the world that a scenario states by how they differ from the usual, whatever the usual is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import isfinite

from pydantic import BaseModel

from cmsim.core.parameters import parameters
from cmsim.scenario.error_messages import allowed, refuse
from cmsim.scenario.nested_settings import Table, dotted, overlay, show
from cmsim.scenario.setting_types import Place

WAYS = ("times", "plus")


@dataclass(frozen=True, slots=True)
class Relative:
    """What a value is relative to the usual one: so many times it, or so much more.

    Attributes:
        way: ``times`` or ``plus``.
        by: the factor, or what is added, in the unit of the value.
    """

    way: str
    by: float

    def of(self, usual: float) -> float:
        """Return the value; a whole number where the usual one is.

        >>> Relative("times", 1.5).of(1.6), Relative("plus", -1).of(4)
        (2.4000000000000004, 3)
        """
        value = usual * self.by if self.way == "times" else usual + self.by
        return round(value) if isinstance(usual, int) else value


def take_relative(world: object, shape: type[BaseModel], where: str) -> tuple[object, dict[str, Relative]]:
    """Return what a scenario states of its world with numbers in place of relative values, and these by key.

    Args:
        world: as stated, a nested table.
        shape: of the file, for what is allowed.
        where: what messages name as the place of a mistake.

    Raises:
        ScenarioError: a line for every table in the place of a number that is no relative value.
    """
    usual = _usual(shape)
    found: dict[str, Relative] = {}
    lines: list[str] = []
    for key, given in _tables_for_numbers(world, ("world",), usual):
        name, standard = dotted(key), usual[".".join(key)]
        if standard is not None and len(given) == 1 and _is_relative(*next(iter(given.items()))):
            found[".".join(key)] = Relative(*next(iter(given.items())))
            continue
        stated = ", ".join(f"{each} = {show(value)}" for each, value in given.items()) or "nothing"
        relative = f", or a table with times or plus, a number, of the usual {standard}" if standard is not None else ""
        lines.append(
            f"{name}: given a table with {stated}; allowed: {allowed(Place((shape,)).at(key) or Place(()))}{relative}"
        )
    refuse(where, lines)
    values = {key: each.of(value) for key, each in found.items() if (value := usual[key]) is not None}
    return overlay(world, nested(values)) if found else world, found


def nested(values: Mapping[str, object]) -> Table:
    """Return values by dotted keys of the world as nested tables below it.

    >>> nested({"world.illness.onset_rate": 2.0})
    {'illness': {'onset_rate': 2.0}}
    """
    table: Table = {}
    for key, value in values.items():
        for step in reversed(key.split(".")[1:]):
            value = {step: value}
        table = overlay(table, value)
    return table


@cache
def _usual(shape: type[BaseModel]) -> dict[str, float | None]:
    """Return the usual values of the numbers of the world, by dotted key."""
    return {each.key: each.value for each in parameters(shape().world, "world")}  # type: ignore[attr-defined]


def _is_relative(way: str, by: object) -> bool:
    return way in WAYS and isinstance(by, (int, float)) and not isinstance(by, bool) and isfinite(by)


def _tables_for_numbers(
    stated: object, above: tuple[str, ...], usual: Mapping[str, float | None]
) -> Iterator[tuple[tuple[str, ...], Table]]:
    for step, value in stated.items() if isinstance(stated, dict) else ():
        key = (*above, step)
        if isinstance(value, dict) and ".".join(key) in usual:
            yield key, value
        else:
            yield from _tables_for_numbers(value, key, usual)
