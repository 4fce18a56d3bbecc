"""The sections of a scenario that names extensions: those of any scenario, with the settings that these add."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal

from pydantic import Field, create_model

from cmsim.components import COMPONENTS, Component
from cmsim.core.errors import CmsimError
from cmsim.core.extension import Setting, added, load_extension
from cmsim.core.parameters import Section, with_fields
from cmsim.scenario.scenario_file import SERVICES, Change, ScenarioFile
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
    own: dict[str, dict[str, Section]] = {"world": {}, "service": {}}
    for each in added(extensions, Setting):
        own[each.part][each.key] = each.section
    effects = with_fields(ComponentEffects, {part.key: part.parameters for part in parts})
    competence = with_fields(Competence, {part.key: part.rests_on_skill for part in parts})
    practice = create_model(
        "Practice",
        __base__=with_fields(Practice, {part.key: part.mix for part in parts}),
        components=(tuple[Literal[(*COMPONENTS, *(part.name for part in parts))], ...], COMPONENTS),  # type: ignore[arg-type, misc]
    )
    world = with_fields(World, {"components": effects(), "competence": competence(), **own["world"]})
    service = with_fields(Service, {"practice": practice(), **own["service"]})
    change = _with_parts(Change, {"service": service})
    file = create_model(
        "ScenarioFile",
        __base__=_with_parts(ScenarioFile, {"world": world, **dict.fromkeys(SERVICES, service)}),
        changes=(tuple[change, ...], ScenarioFile.model_fields["changes"]),  # type: ignore[valid-type]
    )

    def reduce(section: Section) -> tuple[object, ...]:
        """Return what a section is sent to other processes by: extensions are loaded there before anything else."""
        return _restored, (extensions, type(section).__name__, section.__getstate__())

    made_here = (effects, competence, practice, world, service, change, file)
    sections: tuple[type[Section], ...] = made_here  # type: ignore[assignment]
    for made in sections:
        made.__reduce__ = reduce  # type: ignore[method-assign, assignment]
    return {made.__name__: made for made in sections}


def _with_parts(base: type[Section], parts: Mapping[str, type[Section]]) -> type[Section]:
    fields = {
        key: (kind, Field(default_factory=kind, description=base.model_fields[key].description))
        for key, kind in parts.items()
    }
    return create_model(base.__name__, __base__=base, **fields)  # type: ignore[call-overload]


def _restored(extensions: tuple[str, ...], name: str, state: dict[object, object]) -> Section:
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
        for each in load_extension(reference).of(Setting):
            if (each.part, each.key) in taken:
                raise CmsimError(f'given "{reference}", which adds {each.part}.{each.key}; allowed: a key that is free')
            taken.add((each.part, each.key))
