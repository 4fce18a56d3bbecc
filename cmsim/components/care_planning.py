"""Planning: goals and next steps, with the person and sometimes for the person."""

from cmsim.components.component import Component, Contact, Given, Mix, skill_share
from cmsim.core.parameters import Section, param
from cmsim.schema.contact_kinds import WITH_CLIENT


class PlanningWork(Section):
    """What minutes of planning do (K-31 to K-34); what becomes of plans is in ``submodels.move_planning``."""

    skill_share: float = param(0.4, "share", 0.1, 0.7, note="of it that depends on the worker's skill")
    alliance_share: float = param(0.5, "share", 0.2, 0.8, "kanter1989", status="assumption")
    """of it that depends on the alliance"""
    relief: float = param(0.001, "share per minute", 0.0, 0.004, note="of stress taken away by knowing what comes next")
    asks: float = param(0.6, "share", 0.3, 0.9, note="of its minutes with the person in which something is asked")


def effects(p: PlanningWork, minutes: float, contact: Contact, today: Given) -> None:
    """Give minutes that bring a plan nearer, the relief of knowing what comes next, and the demand of next steps."""
    skilled = 1.0 - p.skill_share + p.skill_share * contact.skill
    together = 1.0 - p.alliance_share + p.alliance_share * contact.alliance
    today.planned += minutes * skilled * together
    today.relief += p.relief * minutes * contact.alliance
    today.asked += p.asks * minutes * WITH_CLIENT[contact.kind]


COMPONENT = Component(
    name="planning",
    order=3,
    claims="K-31 to K-34",
    parameters=PlanningWork(),
    mix=Mix(visit=1.0, ward_visit=1.0, joint_visit=1.0, agency=0.5),
    rests_on_skill=skill_share(0.6, 0.3, 0.9),
    effects=effects,
)
