"""What a setting is: its unit, limits and meaning, found by its dotted key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cmsim.core.errors import CmsimError
from cmsim.core.parameters import Evidence
from cmsim.scenario.error_messages import allowed
from cmsim.scenario.extended_sections import scenario_file
from cmsim.scenario.nested_settings import EXTENSIONS, RULE
from cmsim.scenario.scenario_file import ScenarioFile
from cmsim.scenario.setting_types import Place, every_key, place_of


@dataclass(frozen=True, slots=True)
class About:
    """What a setting is.

    Attributes:
        unit: in words; empty for what has none.
        meaning: in words; empty where the key says it all.
        allowed: what may stand there, in words.
        evidence: range, source and status of a number; ``None`` for words and lists.
    """

    unit: str
    meaning: str
    allowed: str
    evidence: Evidence | None


def settable() -> tuple[str, ...]:
    """Return the dotted keys of all settings but dated changes, those of every rule included."""
    found: dict[str, None] = {}
    for steps in every_key(place_of(ScenarioFile)):
        place: Place | None = place_of(ScenarioFile)
        for step in steps:
            place = place.step(step) if place is not None else None
        if steps[0] != "changes" and place is not None and not place.sections:
            found[".".join(steps)] = None
    return tuple(found)


def about(key: str, settings: Mapping[str, Any]) -> About:
    """Return what is known of a setting; empty where nothing is, as for the settings of a rule from outside.

    Args:
        key: dotted, as in :meth:`Scenario.flat`.
        settings: all settings of the scenario by dotted key, which say the rules that are chosen.
    """
    place: Place | None = place_of(_root(settings))
    walked: list[str] = []
    rules: list[str] = []
    for step in key.split("."):
        if place is None:
            break
        place = place.step(int(step) if step.isdigit() else step)
        walked.append(step)
        if place is not None and place.rules:
            rules = list(place.rules)
            place = place.under(settings.get(".".join([*walked, RULE])))
    if place is None:
        return About("", "", "", None)
    extra = place.field.json_schema_extra if place.field else None
    evidence = extra.get("evidence") if isinstance(extra, dict) else None
    if isinstance(evidence, Evidence):
        return About(evidence.unit, evidence.note, allowed(place), evidence)
    meaning = (place.field.description or "") if place.field else ""
    if walked[-1] == RULE and rules:
        return About("", meaning, " or ".join(f'"{rule}"' for rule in rules), None)
    return About("", meaning, allowed(place), None)


def _root(settings: Mapping[str, Any]) -> type[ScenarioFile]:
    """Return the shape of the file of a scenario; the usual one where its extensions are not installed here."""
    try:
        return scenario_file(tuple(settings.get(EXTENSIONS, ())))
    except CmsimError:
        return ScenarioFile
