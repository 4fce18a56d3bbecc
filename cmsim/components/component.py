"""What a component must offer, and what it is given."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol, cast

import numpy as np
from pydantic.fields import FieldInfo

from cmsim.core.docstrings import docstring
from cmsim.core.extension import Addition
from cmsim.core.parameters import Section, param

EFFECTS: dict[str, str] = {
    "alliance": "closes the gap between alliance and its ceiling (1 closes 63%)",
    "knowledge": "minutes that taught the worker something about the client",
    "intrusion": "feeling of being watched, 0 to 1",
    "relief": "share of stress taken away",
    "supply": "days of medication made available",
    "fit": "share of the misfit of the regimen taken away",
    "repair": "share of resentment taken away",
    "insight_gained": "share of the way to full insight",
    "insight_lost": "share of insight that denial takes away",
    "spoken_for": "minutes that spoke for the person",
    "legal_relief": "share of an open legal case dealt with",
    "tended": "minutes of interest in friends, neighbours and fellow members",
    "family_taught": "share of what a family does not know of the illness, learnt",
    "burden_relief": "share of the family's burden taken away",
    "criticism_relief": "share of the family's criticism and over-involvement taken away",
    "resumption": "chance-like push to resume medication that was stopped",
    "seen": "minutes in which the worker saw for himself or herself what the client can do",
    "told": "minutes in which somebody who knows the client told of it",
    "planned": "minutes that bring a plan nearer",
    "taught": "minutes of teaching, as good as in the situation itself",
    "asked": "minutes in which something was asked of the person",
}
"""Amounts for today that components may deliver to a client; they add up over contacts."""


def _weight() -> float:
    note = "share of such a contact relative to the other components"
    weight: float = param(0.0, "weight", 0.0, 10.0, "choice", note, allowed=(0.0, 100.0))
    return weight


def skill_share(value: float, low: float, high: float, note: str = "", source: str = "kanter1989") -> FieldInfo:
    """Declare the share of a component's effect that rests on skill: 0 anybody can do it, 1 nothing without."""
    return cast(FieldInfo, param(value, "share", low, high, source, note, status="assumption"))


class Mix(Section):
    """How much of each kind of contact goes to a component, as weights relative to the other components."""

    visit: float = _weight()
    call: float = _weight()
    crisis: float = _weight()
    ward_visit: float = _weight()
    joint_visit: float = _weight()
    accompaniment: float = _weight()
    family: float = _weight()
    psychiatrist_liaison: float = _weight()
    agency: float = _weight()

    def weights(self) -> tuple[float, ...]:
        """Return the weights in the order of ``schema.codes.ContactKind`` (reviews and respite: none)."""
        return (*dict(self).values(), 0.0, 0.0)


class Contact(Protocol):
    """A held contact of a case manager, with what its client was like that morning; levels run from 0 to 1.

    Attributes:
        kind: as in ``schema.codes.ContactKind``.
        in_vivo: 1 where the client lives and goes.
        skill: of the worker.
        alliance: of client and worker.
        knowledge: the worker's of the client.
        distrust: of the client.
        phone: 1 by phone.
        supply: days of medication at hand.
        stress: of the client.
        insight: of the client.
        unwell: 1 in a prodrome or the acute phase.
    """

    kind: int
    in_vivo: float
    skill: float
    alliance: float
    knowledge: float
    distrust: float
    phone: float
    supply: float
    stress: float
    insight: float
    unwell: float


CONTACT = np.dtype(
    [(name, "i8" if kind is int else "f8") for name, kind in Contact.__annotations__.items()], align=True
)
"""The record of a :class:`Contact`."""


class Given(dict[str, float]):
    """What components gave, by name of :data:`EFFECTS`: 0 until something is added.

    >>> today = Given()
    >>> today.relief += 0.25
    >>> today
    {'relief': 0.25}
    """

    def __getattr__(self, name: str) -> float:
        if name not in EFFECTS:
            raise AttributeError(name)
        return self.get(name, 0.0)

    def __setattr__(self, name: str, value: float) -> None:
        self[name] = value


@dataclass(frozen=True, slots=True, kw_only=True)
class Component(Addition):
    """One component of case management: all that the model, its scenarios and its tables need to know of it.

    Attributes:
        name: as in tables and in the list of components of a scenario.
        claims: ids of the source claims.
        parameters: what its minutes do, at its defaults: at least one number; stands in scenarios as
            ``world.components.<key>``.
        mix: its share of each kind of contact; stands in scenarios as ``service.practice.<key>``.
        rests_on_skill: share of its effect that rests on skill, made by :func:`skill_share`; stands in scenarios
            as ``world.competence.<key>``.
        effects: adds what its minutes do to ``today``, from (its own parameters, its minutes, the contact,
            today), to amounts by name of :data:`EFFECTS`. It is compiled: plain arithmetic only.
        called_for: factor on its weight for a contact, from (its own parameters, the contact), compiled
            likewise; ``None``: always 1.
        by_aides: whether case aides do it as well as case managers: going along, teaching, keeping an eye.
        order: of bundled ones, the place in rows and tables; those of extensions follow as they are named.
        key: its key in scenario files; by default the name with ``_`` for spaces.
        sampled: its place among the parameters of components, which sampling designs follow; by default ``order``.
    """

    name: str
    claims: str
    parameters: Section
    mix: Mix
    rests_on_skill: FieldInfo
    effects: Callable[[Any, float, Contact, Given], None]
    called_for: Callable[[Any, Contact], float] | None = None
    by_aides: bool = False
    order: int = 0
    key: str = ""
    sampled: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.key or self.name.replace(" ", "_"))
        object.__setattr__(self, "sampled", self.sampled or self.order)

    @property
    def module(self) -> ModuleType:
        """The module that defines its effects."""
        return sys.modules[self.effects.__module__]

    @property
    def about(self) -> str:
        """What it is, in words: the first paragraph about its module, without its name."""
        paragraph = docstring(self.module).split("\n\n")[0]
        return " ".join((paragraph.partition(": ")[2] or paragraph).split())

    def gives(self, p: Section, minutes: float, contact: Contact) -> Given:
        """Return the amounts that minutes of it give in a contact, or in a column of contacts."""
        today = Given()
        self.effects(p, minutes, contact, today)
        return today
