"""The settings in which scenarios differ, with their meaning."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cmsim.reporting.wording import DASH
from cmsim.scenario.nested_settings import show
from cmsim.scenario.setting_details import about


class SettingDifference(NamedTuple):
    """A setting that is not the same in all scenarios, with its value in each as printed."""

    key: str
    values: tuple[str, ...]
    unit: str
    meaning: str


def setting_differences(settings: Sequence[Mapping[str, Any]]) -> list[SettingDifference]:
    """Return the settings that are not the same in all scenarios, from those of each by dotted key."""
    found = []
    for key in dict.fromkeys(key for each in settings for key in each):
        values = [each.get(key) for each in settings]
        if any(value != values[0] for value in values):
            known = [about(key, each) for each in settings]
            meant = next((each for each in known if each.allowed), known[0])
            shown = tuple(DASH if value is None else show(value).strip('"') for value in values)
            found.append(SettingDifference(key, shown, meant.unit, meant.meaning))
    return found
