"""The sections of a scenario that names extensions: those of any scenario, with the settings that these add."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal

from pydantic import Field, create_model

from cmsim.components import COMPONENTS, Component
from cmsim.core.errors import CmsimError
from cmsim.core.extension import Setting, added, load_extension
from cmsim.core.parameters import Section, with_fields
from cmsim.scenario.scenario_file import Change, ScenarioFile
from cmsim.scenario.service import Practice, Service
from cmsim.scenario.world import Competence, ComponentEffects, World


def scenario_file(extensions: tuple[str, ...]) -> type[ScenarioFile]:
    """Return the shape of a scenario file that names these extensions.

    Raises:
        CmsimError: an extension cannot be used.
    """
    return _sections(extensions)["ScenarioFile"] if extensions else ScenarioFile  # type: ignore[return-value]


@cache
def _sections(extensions: tuple[str, ...]) -> dict[str, type[Section]]:
    """Return the sections with what the extensions add, by the name of the usual one."""
    _check(extensions)
    parts = added(extensions, Component)
    settings = added(extensions, Setting)
    effects = with_fields(ComponentEffects, {part.key: part.parameters for part in parts})
    competence = with_fields(Competence, {part.key: part.rests_on_skill for part in parts})
    names: Any = Literal[(*COMPONENTS, *(part.name for part in parts))]
    practice = create_model(
        "Practice",
        __base__=with_fields(Practice, {part.key: part.mix for part in parts}),
        components=(tuple[names, ...], COMPONENTS),
    )
    own = {part: {each.key: each.section for each in settings if each.part == part} for part in ("world", "service")}
    world = with_fields(World, {"components": effects(), "competence": competence(), **own["world"]})
    service = with_fields(Service, {"practice": practice(), **own["service"]})
    change = _with_parts(Change, {"service": service})
    file = _with_parts(ScenarioFile, {"world": world, "service": service, "baseline": service})
    file = create_model(
        "ScenarioFile",
        __base__=file,
        changes=(tuple[change, ...], ScenarioFile.model_fields["changes"]),  # type: ignore[valid-type]
    )
    made_sections: tuple[Any, ...] = (effects, competence, practice, world, service, change, file)
    found: dict[str, type[Section]] = {made.__name__: made for made in made_sections}
    for made in found.values():
        made.__reduce__ = _reducer(extensions)  # type: ignore[method-assign]
    return found


def _with_parts(base: type[Section], parts: Mapping[str, type[Section]]) -> type[Section]:
    fields = {
        key: (kind, Field(default_factory=kind, description=base.model_fields[key].description))
        for key, kind in parts.items()
    }
    return create_model(base.__name__, __base__=base, **fields)  # type: ignore[call-overload]


def _reducer(extensions: tuple[str, ...]) -> Any:
    """Return what sections are sent to other processes by: the extensions are loaded there before anything else."""

    def reduce(section: Section) -> tuple[Any, ...]:
        return _restored, (extensions, type(section).__name__, section.__getstate__())

    return reduce


def _restored(extensions: tuple[str, ...], name: str, state: dict[Any, Any]) -> Section:
    kind = _sections(extensions)[name]
    section = kind.__new__(kind)
    section.__setstate__(state)
    return section


def _check(extensions: Iterable[str]) -> None:
    """Check that the key of each section that is added is new.

    Raises:
        CmsimError: one is not.
    """
    taken = {("world", key) for key in World.model_fields} | {("service", key) for key in Service.model_fields}
    for reference in extensions:
        for part, key in [(each.part, each.key) for each in load_extension(reference).of(Setting)]:
            if (part, key) in taken:
                raise CmsimError(f'given "{reference}", which adds {part}.{key}; allowed: a key that is free')
            taken.add((part, key))
