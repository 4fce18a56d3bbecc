"""Mistakes in a scenario, told in the file's own words: key, given, allowed, and the nearest name."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cmsim.core.errors import ScenarioError, closest, nearest
from cmsim.core.parameters import evidence_of
from cmsim.scenario.nested_settings import RULE, dotted, show
from cmsim.scenario.setting_types import Place

Key = tuple[str, ...]

_LISTED = 100
_BOUNDS = {"ge": "{} or more", "gt": "above {}", "le": "up to {}", "lt": "below {}"}
_LENGTHS = ("min_length", "max_length")
_WHOLE_PEOPLE = ("posts", "psychiatrists", "aides")
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
        key, place = _locate(detail["loc"], Place((root,)), unknown=detail["type"] == "extra_forbidden")
        yield _explain(detail, key, place, root)


def _told_once(error: ValidationError) -> Iterator[ErrorDetails]:
    """Yield the mistakes without those that service, baseline and changes only have from what they are laid over."""
    seen = set()
    for detail in error.errors(include_url=False):
        match detail["loc"]:
            case ("agency" | "service" | "baseline", *below) | ("changes", _, "service", *below):
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
    given, may = detail["input"], allowed(place) or detail["msg"]
    near = tuple(word for word in place.words if isinstance(word, str))
    match detail["type"]:
        case "extra_forbidden" if key[:1] == ("changes",) and key[2:] == ("world",):
            return key, "facts of the world cannot be changed by date; allowed: changes of service settings"
        case "extra_forbidden":
            return key, f"unknown key, given {show(given)}; allowed{_instead(key, place, root)}"
        case "value_error" | "assertion_error":
            return key, " ".join(str(detail["ctx"]["error"]).split())
        case "missing":
            given = None
        case "union_tag_invalid" | "union_tag_not_found":
            key, given, may, near = (*key, RULE), given.get(RULE), _choice(place.rules), tuple(place.rules)
    if key[-1:] == (RULE,) and isinstance(given, type):
        named = f'"{given.__module__}:{given.__qualname__}"'
        whole = f"{'.'.join(key[:-1])} = {given.__qualname__}()"
        return (
            key,
            f"given the class {given.__qualname__}; allowed: {may}, {named} if Python finds it there, or {whole}",
        )
    hint = nearest(given, near) if isinstance(given, str) else _in_other_units(given, place)
    return key, f"given {show(given)}; allowed: {may}{hint}"


def _in_other_units(given: object, place: Place) -> str:
    """Return what was probably meant by a number that is a percentage, or a part of a post."""
    evidence = evidence_of(place.field)
    if evidence is None or not isinstance(given, (int, float)) or isinstance(given, bool):
        return ""
    if evidence.unit in ("share", "probability") and 1.0 < given <= 100.0:
        return f"; did you mean {given / 100.0:g}?"
    if evidence.unit in _WHOLE_PEOPLE and given % 1:
        return "; for parts of a post, state whole people and their hours"
    return ""


def _instead(key: Key, place: Place, root: type[BaseModel]) -> str:
    """Return what is allowed in place of an unknown key, and which was probably meant."""
    *above, last = key
    if not place.keys:
        return " here: what the policy declares"
    told = f" here: {', '.join(place.keys)}"
    near = closest(last, place.keys)
    owners = [] if near else _rules_with(key, root)
    if owners:
        return f"{told}; {dotted((last,))} is a setting of {RULE} = {_choice(owners)}"
    meant = dotted((*above, near)) if near else _elsewhere(key, root)
    return told + (f'; did you mean "{meant}"?' if meant else "")


def _rules_with(key: Key, root: type[BaseModel]) -> list[str]:
    """Return the rules that may be chosen in the table of a key and have such a setting."""
    place = Place((root,)).at(key[:-1])
    return [rule for rule, section in place.rules.items() if key[-1] in section.model_fields] if place else []


def _elsewhere(key: Key, root: type[BaseModel]) -> str | None:
    """Return the key anywhere whose last name is nearest; of several, the one most alike in full."""
    places = _keys_by_name(root, "agency" if key[0] == "agency" else "service")
    near = closest(key[-1], places)
    if near is None:
        return None
    meant = max(places[near], key=lambda each: difflib.SequenceMatcher(None, each, dotted(key)).ratio())
    tables = key[2:-1] if key[0] == "changes" else key[1:-1]
    # a name that only other tables have, or another name elsewhere, is hardly what was meant
    is_there = not tables or not {*tables}.isdisjoint(meant.split(".")[:-1])
    return meant if is_there and (near == key[-1] or meant.count(".") == len(key) - 1) else None


@cache
def _keys_by_name(root: type[BaseModel], part: str) -> dict[str, list[str]]:
    """Return every last name of a key with the keys that end in it; of the parts that hold a service, those of one."""
    others = {"agency", "service", "baseline", "changes"} - {part}
    keys: dict[str, list[str]] = {}
    for key, _ in Place((root,)).every_key():
        if key[0] not in others:
            keys.setdefault(key[-1], []).append(dotted(key))
    return keys


def _choice(words: Iterable[str]) -> str:
    *others, last = map(show, words)
    return f"{', '.join(others)} or {last}" if others else last


def allowed(place: Place) -> str:
    """Return in words what may stand in a place: its type, limits with unit, words or keys."""
    if place.rules:
        return f"a table with {RULE} = {_choice(place.rules)}"
    if place.sections:
        return f"a table with the keys {', '.join(place.keys)}"
    least, most = (_limits(place).get(length) for length in _LENGTHS)
    parts = [_choice(place.words)] if place.words else []
    if int in place.types or float in place.types:
        parts.append(_number(place))
    if str in place.types:
        parts.append("text" + (f" of up to {most} characters" if most else ""))
    if bool in place.types:
        parts.append("true or false")
    item = place.step(0)
    if item is not None:
        count = f" of {f'{least} to' if least else 'up to'} {most} items" if most else ""
        parts.append(f"a list{count}, each item {allowed(item)}")
    return " or ".join(parts)


def _limits(place: Place) -> dict[str, float]:
    """Return the limits of a number or of a length by pydantic's name."""
    stated = place.field.metadata if place.field else ()
    return {name: getattr(limit, name) for limit in stated for name in (*_BOUNDS, *_LENGTHS) if hasattr(limit, name)}


def _number(place: Place) -> str:
    """Return the type, limits and unit of a number: ``a whole number, 1 to 200 clients``."""
    kind, unit = "a number" if float in place.types else "a whole number", ""
    evidence = evidence_of(place.field)
    if evidence and evidence.unit in _PURE:
        kind = f"a {evidence.unit}"
    elif evidence and evidence.unit not in ("0 to 1", ""):
        unit = f" {evidence.unit}"
    limits = {name: _figure(limit) for name, limit in _limits(place).items() if name in _BOUNDS}
    bounds = " and ".join(_BOUNDS[name].format(limit) for name, limit in limits.items())
    if "ge" in limits and "le" in limits:
        bounds = f"{limits['ge']} to {limits['le']}"
    return f"{kind}, {bounds}{unit}" if bounds else f"{kind}{unit and ' of'}{unit}"


def _figure(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}"
