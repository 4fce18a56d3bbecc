"""Social-network work: finding, keeping and widening ties."""

from cmsim.components.component import Component, Contact, Given, Mix, skill_share
from cmsim.core.parameters import Section, param


class SocialNetwork(Section):
    """What minutes of interest in ties amount to (K-47, K-48); what they do is in ``submodels.informal_ties``."""

    skill_share: float = param(0.3, "share", 0.0, 0.7, note="of it that depends on the worker's skill")
    alliance_share: float = param(0.4, "share", 0.0, 0.8, note="of it that depends on being let into the person's life")
    in_vivo_gain: float = param(0.4, "ratio", 0.0, 1.0, "kanter1989", status="assumption")
    """more, when made at home, in the neighbourhood or at a programme, where ties can be seen"""


def effects(p: SocialNetwork, minutes: float, contact: Contact, today: Given) -> None:
    """Give the minutes that reached the person's ties."""
    skilled = 1.0 - p.skill_share + p.skill_share * contact.skill
    let_in = 1.0 - p.alliance_share + p.alliance_share * contact.alliance
    today.tended += minutes * skilled * let_in * (1.0 + p.in_vivo_gain * contact.in_vivo)


COMPONENT = Component(
    name="social network",
    order=6,
    claims="K-47, K-48",
    parameters=SocialNetwork(),
    mix=Mix(visit=0.6, accompaniment=0.5),
    rests_on_skill=skill_share(0.2, 0.0, 0.5),
    by_aides=True,
    effects=effects,
)
