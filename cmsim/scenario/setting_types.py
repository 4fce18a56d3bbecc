"""What may stand where in a scenario: the sections, types and rules behind a key.

A table in which a policy is chosen has the key ``rule``; the other keys it may have depend on the rule.
"""

import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cmsim.scenario.nested_settings import RULE


@dataclass(frozen=True)
class Place:
    """A place in a scenario: the types allowed there, and the field that declares it, if one does."""

    types: tuple[object, ...]
    field: FieldInfo | None = None

    @property
    def sections(self) -> tuple[type[BaseModel], ...]:
        """The sections that may stand here: several where a policy is chosen by its rule."""
        return tuple(kind for kind in self.types if isinstance(kind, type) and issubclass(kind, BaseModel))

    @property
    def rules(self) -> dict[str, type[BaseModel]]:
        """The policy rules that may be chosen here; empty where there is nothing to choose."""
        if len(self.sections) < 2:
            return {}
        return {
            rule: section
            for section in self.sections
            if RULE in section.model_fields
            for rule in get_args(section.model_fields[RULE].annotation)
        }

    @property
    def keys(self) -> list[str]:
        """The keys of a table here, under any rule."""
        return list(dict.fromkeys(key for section in self.sections for key in section.model_fields))

    @property
    def words(self) -> tuple[str, ...]:
        """The words of a choice, such as ``("clients_fixed", "staff_fixed")``; none for other types."""
        return tuple(word for kind in self.types if get_origin(kind) is Literal for word in get_args(kind))

    def under(self, rule: object) -> "Place":
        """Return this place once the rule is chosen; the place itself where there is no such rule."""
        section = self.rules.get(rule) if isinstance(rule, str) else None
        return Place((section,), self.field) if section else self

    def step(self, key: str | int) -> "Place | None":
        """Return the place of a key of the table, or of an item of the list, that stands here."""
        if isinstance(key, int):
            items = [item for kind in self.types if get_origin(kind) is tuple for item in get_args(kind)]
            return Place(tuple(kind for item in items for kind in _alternatives(item))) if items else None
        for section in self.sections:
            field = section.model_fields.get(key)
            if field is not None:
                return Place(tuple(_alternatives(field.annotation)), field)
        values = [get_args(kind)[1] for kind in self.types if get_origin(kind) is dict]
        return Place(tuple(_alternatives(values[0]))) if values else None

    def at(self, key: Iterable[str]) -> "Place | None":
        """Return the place of a key of several steps below this one; an item of a list by its number."""
        place: Place | None = self
        for step in key:
            place = place and place.step(int(step) if step.isdecimal() else step)
        return place

    def every_key(self, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], "Place"]]:
        """Yield the steps to every key below this place, under any rule, and its place, in order of declaration."""
        for section in self.sections:
            for key in section.model_fields:
                below = Place((section,)).step(key)
                if below is not None:
                    yield (*above, key), below
                    yield from below.every_key((*above, key))


def with_whole_numbers(value: object, place: Place | None) -> Any:
    """Return settings with 20 for 20.0 where only whole numbers are allowed: optimisers and samplers give floats."""
    if place is None:
        return value
    if isinstance(value, dict):
        place = place.under(value.get(RULE))
        return {key: with_whole_numbers(inner, place.step(key)) for key, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(with_whole_numbers(inner, place.step(i)) for i, inner in enumerate(value))
    only_whole = int in place.types and float not in place.types
    return int(value) if only_whole and isinstance(value, float) and value.is_integer() else value


def _alternatives(annotation: object) -> Iterator[object]:
    if get_origin(annotation) is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for alternative in get_args(annotation):
            yield from _alternatives(alternative)
    else:
        yield annotation
