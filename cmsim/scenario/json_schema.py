"""The JSON Schema of scenario files, for editors that check and complete while one types."""

from typing import Any

from cmsim.scenario.nested_settings import RULE
from cmsim.scenario.scenario_file import ScenarioFile

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FROM_OUTSIDE = {
    "type": "object",
    "description": 'a rule of your own, named "package.module:Name"',
    "properties": {RULE: {"type": "string", "pattern": ":"}},
    "required": [RULE],
}


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file; every number with description, unit, limits and range.

    A file states only what differs, so three things are open here: the rule of a policy may be left out, a
    rule may come from outside, and a dotted key in quotes stands for nested tables.
    What only the whole scenario can show (dates, sizes) is left to ``cmsim check``.
    """
    schema: dict[str, Any] = _opened(ScenarioFile.model_json_schema())
    return {"$schema": SCHEMA_DIALECT, **schema, "title": "cmsim scenario"}


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
