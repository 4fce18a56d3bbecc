"""Engagement: being with a person reliably until there is trust."""

from cmsim.components.component import Component, Contact, Given, Mix, skill_share
from cmsim.core.parameters import Section, param
from cmsim.schema.codes import ContactKind


class Engagement(Section):
    """What minutes of engagement do to alliance (K-20, K-26, K-27, K-52)."""

    alliance_gain: float = param(0.55, "per hour", 0.2, 1.2, "deleeuw2012", status="derived")
    """push toward the alliance ceiling; weekly contact settles most of it in about three months"""
    called_for_low: float = param(1.0, "ratio", 0.0, 3.0, note="more time for it at alliance 0 than at 1")
    skill_share: float = param(0.5, "share", 0.0, 0.8, note="of it that depends on the worker's skill")
    in_vivo_gain: float = param(0.3, "ratio", 0.0, 0.8, "kanter1989", status="assumption")
    """more, when met in the person's own world"""
    distrust_in_vivo: float = param(0.4, "ratio", 0.0, 1.0, note="more of that for distrustful people")
    ward_gain: float = param(0.6, "ratio", 0.0, 1.5, "kanter1989", status="assumption")
    """more, for a visit in hospital"""
    repair: float = param(0.4, "share per hour", 0.0, 1.0, "kanter1989", status="assumption")
    """of resentment over coercion that visits on the ward take away"""
    phone_share: float = param(0.5, "ratio", 0.1, 1.0, note="by phone, against face to face")


def called_for(p: Engagement, contact: Contact) -> float:
    """Return the factor on its weight: more while alliance is low."""
    return 1.0 + p.called_for_low * (1.0 - contact.alliance)


def effects(p: Engagement, minutes: float, contact: Contact, today: Given) -> None:
    """Give the push on alliance of each contact, and what a visit on the ward repairs."""
    on_ward = contact.kind == ContactKind.WARD
    place = (
        1.0 + contact.in_vivo * p.in_vivo_gain * (1.0 + p.distrust_in_vivo * contact.distrust) + on_ward * p.ward_gain
    )
    means = 1.0 - (1.0 - p.phone_share) * contact.phone
    skilled = 1.0 - p.skill_share + p.skill_share * contact.skill
    hours = minutes / 60.0
    today.alliance += p.alliance_gain * hours * place * means * skilled
    today.repair += p.repair * hours * on_ward * skilled


COMPONENT = Component(
    name="engagement",
    order=1,
    claims="K-20, K-26, K-27, K-52",
    parameters=Engagement(),
    mix=Mix(visit=1.0, call=1.0, crisis=0.5, ward_visit=2.0, joint_visit=2.0, accompaniment=1.0),
    rests_on_skill=skill_share(0.0, 0.0, 0.2, "besides the share in its own rule", "assumption"),
    by_aides=True,
    called_for=called_for,
    effects=effects,
)
