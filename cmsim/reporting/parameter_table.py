"""Every parameter of the model for ``cmsim evidence``, those of policies not chosen by default included."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from pydantic import BaseModel

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.parameters import Evidence, Parameter, parameters
from cmsim.core.references import SOURCES
from cmsim.scenario import Scenario
from cmsim.scenario.service import Service
from cmsim.scenario.setting_types import Place
from cmsim.scenario.world import World

_EVERYDAY = {
    "burnout": "exhaustion",
    "carer": "family",
    "compliance": "adherence",
    "dropout": "disengage lost",
    "drug": "medication",
    "drugs": "medication",
    "employment": "vocational job",
    "housing": "home residence setting",
    "loneliness": "friend tie",
    "police": "jail involuntary",
    "quitting": "turnover leaves",
    "salary": "price paid",
    "suicide": "danger crisis",
    "therapist": "worker",
    "wage": "price paid",
}
"""Words that people search for, and those that stand here for the same."""


def all_parameters(scenario: Scenario | None = None) -> list[Parameter]:
    """Return every parameter at its default; a policy that is not the default has its rule in brackets.

    Args:
        scenario: whose values to return, with what its extensions and its policies from outside add.
    """
    world, service = (scenario.world, scenario.service) if scenario else (World(), Service())
    chosen = [*parameters(world, "world"), *parameters(service, "service")]
    return [*chosen, *_other_policies(service, "service")]


def find_parameters(key: str | None, scenario: Scenario | None = None) -> list[Parameter]:
    """Return the parameters whose key is, or begins with, the one given, or that are about it; all if ``None``.

    Args:
        key: a dotted key or its beginning, with or without ``world.`` or ``service.``; or its last part; or words, all
            of which are in the key, the meaning, the unit or the source, in any form.
        scenario: as in :func:`all_parameters`.

    Raises:
        CmsimError: there is none; the message names the nearest.
    """
    known = all_parameters(scenario)
    if key is None:
        return known
    for part in (f"{key}", f"world.{key}", f"service.{key}"):
        found = [each for each in known if each.key == part or each.key.startswith((f"{part}.", f"{part} ["))]
        if found:
            return found
    found = [each for each in known if each.key.split(" [")[0].endswith(f".{key}")]
    if found:
        return found
    found = [
        each for each in known if all(re.search(word, _told(each)) for word in map(_any_form, key.lower().split()))
    ]
    if found:
        return found
    keys = [each.key for each in known]
    hint = nearest(key, [*keys, *(each.split(".", 1)[1] for each in keys), *(each.split(".")[-1] for each in keys)])
    raise CmsimError(f'no parameter "{key}"{hint}; cmsim evidence lists all {len(known)}')


def _any_form(word: str) -> str:
    """Return a pattern of a word, and of those that stand for the same, in all their forms."""
    known = (word, *_EVERYDAY.get(word, "").split())
    stems = (re.sub(r"(?<=\w{4})(?:ing|ness|ions?|ed|e?s|e|y)$", "", each) for each in known)
    return rf"\b(?:{'|'.join(map(re.escape, stems))})"


def _told(parameter: Parameter) -> str:
    evidence = parameter.evidence
    return f"{parameter.key.replace('_', ' ')} {evidence.note} {evidence.unit} {source_text(evidence)}".lower()


def source_text(evidence: Evidence) -> str:
    """Return the source as users read it: a citation, marked where it was not read; empty for none."""
    if evidence.source not in SOURCES:
        return ""
    source = SOURCES[evidence.source]
    return source.citation if evidence.verified else f"{source.citation} (unverified)"


def status_counts(shown: Sequence[Parameter]) -> str:
    """Return how many parameters have each status, and how many rest on a source that was not read."""
    counts = Counter(each.evidence.status for each in shown)
    unread = sum(each.evidence.source in SOURCES and not each.evidence.verified for each in shown)
    parts = [f"{count} {status}" for status, count in counts.most_common()]
    return ", ".join(parts) + (f"; {unread} with an unverified source" if unread else "")


def _other_policies(section: BaseModel, prefix: str) -> Iterator[Parameter]:
    """Yield the parameters of the policies that could be chosen instead, below ``section``."""
    for name in type(section).model_fields:
        value, place = getattr(section, name), Place((type(section),)).step(name)
        if not isinstance(value, BaseModel) or place is None:
            continue
        for rule, choice in place.rules.items():
            if choice is not type(value):
                for found in parameters(choice(), f"{prefix}.{name}"):
                    yield Parameter(f"{found.key} [{rule}]", found.value, found.evidence)
        yield from _other_policies(value, f"{prefix}.{name}")
