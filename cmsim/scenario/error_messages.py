"""Mistakes in a scenario, told in the file's own words: key, given, allowed, and the nearest name."""

import difflib
import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cmsim.core.errors import ScenarioError
from cmsim.core.parameters import Evidence
from cmsim.scenario.nested_settings import RULE, SHOWN, dotted, show
from cmsim.scenario.setting_types import Place, every_key, place_of, words_of

Key = tuple[str, ...]

_LISTED = 100
_SIDES = {"low": "{} or more", "above": "above {}", "high": "up to {}", "below": "below {}"}
_PURE = ("probability", "share", "ratio", "log ratio")


def refuse(where: str, lines: Iterable[str]) -> None:
    """Raise one error for all mistakes found in ``where``, a line each; do nothing where there are none.

    Raises:
        ScenarioError: there are mistakes; of very many, the first are told.
    """
    told = [f"{where}: {line}" for line in islice(lines, _LISTED + 1)]
    if len(told) > _LISTED:
        told[_LISTED] = f"{where}: and more mistakes"
    if told:
        raise ScenarioError("\n".join(told))


def explain(error: ValidationError, root: type[BaseModel]) -> Iterator[tuple[Key, str]]:
    """Yield the key and the explanation of each mistake that pydantic found below ``root``."""
    for detail in _told_once(error):
        key, place = _locate(detail["loc"], place_of(root), unknown=detail["type"] == "extra_forbidden")
        yield _explain(detail, key, place, root)


def _told_once(error: ValidationError) -> Iterator[ErrorDetails]:
    """Yield the mistakes without those that baseline and changes only have from the service below them."""
    seen = set()
    for detail in error.errors(include_url=False):
        match detail["loc"]:
            case ("service" | "baseline", *below) | ("changes", _, "service", *below):
                mistake = (tuple(below), detail["type"], show(detail["input"]))
                if mistake in seen:
                    continue
                seen.add(mistake)
        yield detail


def _locate(loc: Sequence[str | int], place: Place, unknown: bool) -> tuple[Key, Place]:
    """Return the key as the file has it, and its place; the table's place for an unknown key."""
    key: list[str] = []
    for i, step in enumerate(loc):
        if isinstance(step, str) and step in place.rules:
            place = place.under(step)
            continue
        below = None if place.rules else place.step(step)  # under no rule known here: a policy from outside
        if below is None and isinstance(step, str) and place.types and not place.sections:
            continue  # pydantic's name for one of several types, which no file contains
        key.append(str(step + 1) if isinstance(step, int) else step)
        if place.rules or not (unknown and i == len(loc) - 1):
            place = below or Place(())
    return tuple(key), place


def _explain(detail: ErrorDetails, key: Key, place: Place, root: type[BaseModel]) -> tuple[Key, str]:
    kind, given = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        return key, _unknown(key, given, place, root)
    if kind == "union_tag_invalid":
        rule = given.get(RULE) if isinstance(given, dict) else getattr(given, RULE, None)
        near = _nearest(rule, list(place.rules)) if isinstance(rule, str) else None
        return (*key, RULE), _line(show(rule), _choice(place.rules), near and show(near))
    if kind == "union_tag_not_found":
        return (*key, RULE), _line("nothing", _choice(place.rules))
    if kind == "missing":
        return key, _line("nothing", allowed(place))
    if kind in ("value_error", "assertion_error"):
        return key, " ".join(str(detail["ctx"]["error"]).split())
    words = [word for choice in place.types for word in words_of(choice)]
    near = _nearest(given, words) if isinstance(given, str) else None
    return key, _line(show(given), allowed(place) or detail["msg"], near and show(near))


def _line(given: str, may: str, near: str | None = None) -> str:
    return f"given {given}; allowed: {may}" + (f"; did you mean {near}?" if near else "")


def _unknown(key: Key, given: object, place: Place, root: type[BaseModel]) -> str:
    """Say that there is no such key, and which was probably meant."""
    *above, last = key
    if above and above[0] == "changes" and len(above) == 2 and last == "world":
        return "facts of the world cannot be changed by date; allowed: changes of service settings"
    if not place.keys:
        return f"unknown key, given {show(given)}; allowed here: what the policy declares"
    told = f"unknown key, given {show(given)}; allowed here: {', '.join(place.keys)}"
    near = _nearest(last, place.keys)
    owners = [] if near else _rules_with(key, root)
    if owners:
        return f"{told}; {dotted((last,))} is a setting of {RULE} = {_choice(owners)}"
    meant = dotted((*above, near)) if near else _elsewhere(key, root)
    return told + (f'; did you mean "{meant}"?' if meant else "")


def _rules_with(key: Key, root: type[BaseModel]) -> list[str]:
    """Return the rules that may be chosen in the table of a key and have such a setting."""
    place: Place | None = place_of(root)
    for part in key[:-1]:
        place = place and place.step(int(part) if part.isdecimal() else part)
    rules = place.rules if place else {}
    return [rule for rule, section in rules.items() if key[-1] in section.model_fields]


def _nearest(given: str, known: list[str]) -> str | None:
    close = difflib.get_close_matches(given[:SHOWN], known, n=1, cutoff=0.6)
    return close[0] if close else None


def _elsewhere(key: Key, root: type[BaseModel]) -> str | None:
    """Return the key anywhere whose last name is nearest; of several, the one most alike in full."""
    places = _places(root)
    near = _nearest(key[-1], list(places))
    if near is None:
        return None
    return difflib.get_close_matches(dotted(key), places[near], n=1, cutoff=0.0)[0]


@cache
def _places(root: type[BaseModel]) -> dict[str, list[str]]:
    """Return every last name of a key with the keys that end in it."""
    places: dict[str, list[str]] = {}
    for key in every_key(place_of(root)):
        if key[0] not in ("changes", "baseline"):
            places.setdefault(key[-1], []).append(dotted(key))
    return places


def _choice(words: Iterable[object]) -> str:
    shown = [show(word) for word in words]
    return " or ".join((", ".join(shown[:-1]), shown[-1]) if len(shown) > 1 else shown)


def allowed(place: Place) -> str:
    """Return in words what may stand in a place: its type, limits with unit, words or keys."""
    if place.rules:
        return f"a table with {RULE} = {_choice(place.rules)}"
    if place.sections:
        return f"a table with the keys {', '.join(place.keys)}"
    words = [word for kind in place.types for word in words_of(kind)]
    parts = [_choice(words)] if words else []
    if int in place.types or float in place.types:
        parts.append(_number(place))
    if str in place.types:
        limits = _limits(place)
        parts.append("text" + (f" of up to {limits['most']} characters" if "most" in limits else ""))
    if bool in place.types:
        parts.append("true or false")
    if place.step(0) is not None:
        limits = _limits(place)
        bound = f"{limits['least']} to" if limits.get("least") else "up to"
        up_to = f" of {bound} {limits['most']} items" if "most" in limits else ""
        parts.append(f"a list{up_to}, each item {allowed(place.step(0) or place)}")
    return " or ".join(parts)


def _limits(place: Place) -> dict[str, Any]:
    names = {"ge": "low", "gt": "above", "le": "high", "lt": "below", "max_length": "most"}
    names["min_length"] = "least"
    found = {}
    for limit in place.field.metadata if place.field else ():
        for attribute, name in names.items():
            if hasattr(limit, attribute):
                found[name] = getattr(limit, attribute)
    return found


def _number(place: Place) -> str:
    """Return the type, limits and unit of a number: ``a whole number, 1 to 200 clients``."""
    kind, unit = "a number" if float in place.types else "a whole number", ""
    limits = _limits(place)
    extra = place.field.json_schema_extra if place.field else None
    evidence = extra.get("evidence") if isinstance(extra, dict) else None
    if isinstance(evidence, Evidence):
        low, high = evidence.allowed
        limits = {"low": low, **({"high": high} if math.isfinite(high) else {})}
        if evidence.unit in _PURE:
            kind = f"a {evidence.unit}"
        elif evidence.unit != "0 to 1":
            unit = f" {evidence.unit}".rstrip()
    words = {side: _SIDES[side].format(_figure(limit)) for side, limit in limits.items() if side in _SIDES}
    if "low" in words and "high" in words:
        words = {"range": f"{_figure(limits['low'])} to {_figure(limits['high'])}"}
    bounds = " and ".join(words.values())
    return f"{kind}, {bounds}{unit}" if bounds else f"{kind}{unit and ' of'}{unit}"


def _figure(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}"
