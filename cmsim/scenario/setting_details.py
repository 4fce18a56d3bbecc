"""What a setting is: its unit, limits and meaning, found by its dotted key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cmsim.core.errors import CmsimError
from cmsim.core.parameters import Evidence, evidence_of
from cmsim.scenario.error_messages import allowed
from cmsim.scenario.extended_sections import scenario_file
from cmsim.scenario.nested_settings import EXTENSIONS, RULE, show
from cmsim.scenario.relative_values import WAYS
from cmsim.scenario.scenario_file import ScenarioFile
from cmsim.scenario.setting_types import Place
from cmsim.submodels.prices import Prices


@dataclass(frozen=True, slots=True)
class About:
    """What a setting is.

    Attributes:
        unit: in words; empty for what has none.
        meaning: in words; empty where the key says it all.
        allowed: what may stand there, in words.
        evidence: range, source and status of a number; ``None`` for words and lists.
    """

    unit: str = ""
    meaning: str = ""
    allowed: str = ""
    evidence: Evidence | None = None


def settable() -> tuple[str, ...]:
    """Return the dotted keys of all settings but dated changes, those of every rule and relative values included."""
    places = [(key, place) for key, place in Place((ScenarioFile,)).every_key() if not place.sections]
    facts = [key for key, place in places if key[0] == "world" and evidence_of(place.field)]
    keys = [key for key, _ in places if key[0] != "changes"] + [(*key, way) for key in facts for way in WAYS]
    return tuple(dict.fromkeys(map(".".join, keys)))


def about(key: str, settings: Mapping[str, object]) -> About:
    """Return what is known of a setting; empty where nothing is, as for the settings of a rule from outside.

    Args:
        key: dotted, as in :meth:`Scenario.flat`.
        settings: all settings of the scenario by dotted key, which say the rules that are chosen.
    """
    place: Place | None = Place((_root(settings),))
    walked: list[str] = []
    rules: Iterable[str] = ()
    for step in key.split("."):
        place = place and place.step(int(step) if step.isdigit() else step)
        if place is None:
            return About()
        walked.append(step)
        if place.rules:
            rules = place.rules
            place = place.under(settings.get(".".join([*walked, RULE])))
    assert place is not None
    evidence = evidence_of(place.field)
    meaning = place.field.description if place.field else ""
    may = " or ".join(map(show, rules)) if walked[-1] == RULE else ""
    return About(evidence.unit if evidence else "", meaning or "", may or allowed(place), evidence)


def _root(settings: Mapping[str, object]) -> type[ScenarioFile]:
    """Return the shape of the file of a scenario; the usual one where its extensions are not installed here."""
    extensions = settings.get(EXTENSIONS)
    try:
        return scenario_file(extensions) if isinstance(extensions, tuple) else ScenarioFile
    except CmsimError:
        return ScenarioFile


def is_in_other_money(key: str, settings: Mapping[str, object]) -> bool:
    """Return whether a setting is a price in other money than that for which its plausible range is declared.

    Args:
        key: of the setting, dotted.
        settings: all settings of the scenario by dotted key.
    """
    declared = Prices()
    stated = settings.get("world.prices.currency"), settings.get("world.prices.price_year")
    return key == "world.prices.bed_day" and stated != (declared.currency, declared.price_year)
