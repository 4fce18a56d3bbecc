"""The JSON Schema of scenario files, for editors that check and complete while one types."""

import json
import re
from typing import Any

from cmsim.scenario.nested_settings import RULE
from cmsim.scenario.relative_values import WAYS
from cmsim.scenario.scenario_file import ScenarioFile

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FROM_OUTSIDE = {
    "type": "object",
    "description": 'a rule of your own, named "package.module:Name"',
    "properties": {RULE: {"type": "string", "pattern": ":"}},
    "required": [RULE],
}
_RELATIVE = {
    "type": "object",
    "description": "relative to the usual value: so many times it, or so much more",
    "properties": {way: {"type": "number"} for way in WAYS},
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}
_OF_NUMBERS = ("type", "minimum", "maximum", "anyOf")
_REFERENCE = re.compile(r"#/\$defs/(\w+)")


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file; every number with description, unit, limits and range.

    A file states only what differs, so four things are open here: the rule of a policy may be left out, a
    rule may come from outside, a dotted key in quotes stands for nested tables, and a fact of the world may be
    stated relative to the usual. What only the whole scenario can show (dates, sizes) is left to ``cmsim check``.
    """
    schema: dict[str, Any] = _opened(ScenarioFile.model_json_schema())
    for name in _sections_below("World", schema["$defs"]):
        properties = schema["$defs"][name].get("properties", {})
        properties |= {key: _relative(part) for key, part in properties.items() if "x-unit" in part}
    return {"$schema": SCHEMA_DIALECT, **schema, "title": "cmsim scenario"}


def _sections_below(name: str, sections: dict[str, Any]) -> set[str]:
    """Return the names of a section and of all sections within it."""
    inner = set(_REFERENCE.findall(json.dumps(sections[name])))
    return {name}.union(*(_sections_below(each, sections) for each in inner))


def _relative(part: dict[str, Any]) -> dict[str, Any]:
    """Return what describes a number, or a value relative to the usual one, in place of a number."""
    number = {key: part[key] for key in part if key in _OF_NUMBERS}
    return {"anyOf": [number, _RELATIVE], **{key: part[key] for key in part if key not in _OF_NUMBERS}}


def _opened(part: object) -> Any:
    if isinstance(part, list):
        return [_opened(each) for each in part]
    if not isinstance(part, dict):
        return part
    opened = {key: _opened(value) for key, value in part.items() if key not in ("discriminator", "evidence")}
    if isinstance(evidence := part.get("evidence"), dict) and "unit" in evidence:
        opened |= _described(evidence)
    if "discriminator" in part:
        opened["anyOf"] = [*opened.pop("oneOf"), _FROM_OUTSIDE]
    if opened.get("additionalProperties") is False:
        opened["patternProperties"] = {r"^\w+(\.\w+)+$": {}}
    return opened


def _described(evidence: dict[str, Any]) -> dict[str, Any]:
    meaning = [text for text in (evidence["note"], evidence["unit"]) if text]
    if evidence["status"] != "choice" or evidence["low"] != evidence["allowed"][0]:
        meaning.append(f"plausible {evidence['low']:g} to {evidence['high']:g}")
    if evidence["status"] != "choice":
        meaning.append(evidence["status"])
    return {
        "description": "; ".join(meaning),
        "x-unit": evidence["unit"],
        "x-plausible": [evidence["low"], evidence["high"]],
        "x-status": evidence["status"],
        "x-source": evidence["source"],
    }
