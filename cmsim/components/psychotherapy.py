"""Intermittent psychotherapy: brief supportive talk about what troubles now."""

from cmsim.components.component import Component, Contact, Given, Mix, skill_share
from cmsim.core.parameters import Section, param


class Psychotherapy(Section):
    """What supportive talk does to strain (K-55 to K-57); a quarrel it settles is in ``submodels.hassles``.

    Stress subsides by itself within weeks: talk within days of what brought it meets much of it, talk a month
    later finds little left.
    """

    called_for_stress: float = param(3.0, "ratio", 0.0, 6.0, note="more time for it at stress 1 than at 0")
    relief: float = param(0.016, "share per minute", 0.004, 0.035, "kanter1989", status="assumption")
    """of stress taken away by a skilled worker who is trusted and knows the person"""
    trusted_share: float = param(0.5, "share", 0.2, 0.8, note="of it that depends on alliance")
    skill_share: float = param(0.5, "share", 0.2, 0.8, note="of it that depends on skill")
    known_share: float = param(0.3, "share", 0.1, 0.6)
    """of it that depends on knowing the person: repeated issues understood"""
    taught: float = param(0.4, "ratio", 0.1, 1.0, note="minutes that teach about the person, per minute of talk")
    alliance_gain: float = param(0.3, "per hour", 0.0, 0.8)
    """push toward the alliance ceiling of having been listened to"""


def called_for(p: Psychotherapy, contact: Contact) -> float:
    """Return the factor on its weight: more while a person is under strain."""
    return 1.0 + p.called_for_stress * contact.stress


def effects(p: Psychotherapy, minutes: float, contact: Contact, today: Given) -> None:
    """Give the relief of strain, the push on alliance, and what the talk taught about the person."""
    able = (
        (1.0 - p.trusted_share * (1.0 - contact.alliance))
        * (1.0 - p.skill_share * (1.0 - contact.skill))
        * (1.0 - p.known_share * (1.0 - contact.knowledge))
    )
    today.relief += p.relief * minutes * able
    today.alliance += p.alliance_gain * minutes / 60.0 * able
    today.knowledge += p.taught * minutes


COMPONENT = Component(
    name="psychotherapy",
    order=9,
    sampled=12,
    claims="K-55 to K-57",
    parameters=Psychotherapy(),
    mix=Mix(visit=1.2, call=0.5),
    rests_on_skill=skill_share(0.8, 0.5, 0.95),
    called_for=called_for,
    effects=effects,
)
