"""Self-disclosure: telling of a life of one's own, so that the other need not be the only one who does."""

from __future__ import annotations

from cmsim.components.component import Component, Contact, Given, Mix, skill_share
from cmsim.core.parameters import Section, param


class SelfDisclosure(Section):
    """What minutes of self-disclosure do."""

    alliance_gain: float = param(0.2, "per hour", 0.0, 0.6, note="push toward the alliance ceiling")
    called_for_low: float = param(0.5, "ratio", 0.0, 1.0, note="more time for it at alliance 0 than at 1")


def called_for(p: SelfDisclosure, contact: Contact) -> float:
    """Return the factor on its weight: more while alliance is low."""
    return 1.0 + p.called_for_low * (1.0 - contact.alliance)


def effects(p: SelfDisclosure, minutes: float, contact: Contact, today: Given) -> None:
    """Give the push on alliance."""
    today.alliance += p.alliance_gain * minutes / 60.0


COMPONENT = Component(
    name="self disclosure",
    claims="none",
    parameters=SelfDisclosure(),
    mix=Mix(visit=0.5, call=0.5),
    rests_on_skill=skill_share(0.2, 0.0, 0.5),
    called_for=called_for,
    effects=effects,
)
