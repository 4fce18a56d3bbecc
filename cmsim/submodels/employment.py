"""Work and education: what people aim at, what a job asks, and what loses it."""

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.simtime import YEAR_DAYS
from cmsim.schema.codes import JobKind


class Work(Section):
    """Jobs are sheltered (education with help counts here) or paid; pressing the wrong one costs places."""

    aims_paid: float = param(0.40, "share", 0.2, 0.7, note="of clients who aim at paid work")
    aims_sheltered: float = param(0.30, "share", 0.1, 0.5, note="of clients who aim at sheltered work; the rest: none")
    asks_paid: float = param(0.60, "0 to 1", 0.45, 0.8, note="capability at which a paid job is held as usual")
    asks_sheltered: float = param(0.35, "0 to 1", 0.2, 0.5, note="likewise of a sheltered job")
    loss_rate: float = param(0.8, "per year", 0.4, 1.6, note="hazard of losing a job that fits")
    too_hard_log: float = param(5.0, "log ratio", 2.0, 8.0, note="per unit of capability that is lacking")
    too_easy_log: float = param(1.5, "log ratio", 0.0, 3.0)
    """per unit of capability beyond what the job asks: boredom"""
    against_goal_log: float = param(0.6, "log ratio", 0.2, 1.2, "kanter1989", status="assumption")
    """a job that is not the own aim"""
    unwell_log: float = param(1.2, "log ratio", 0.4, 2.0, note="while prodromal or acute")
    loss_stress: float = param(0.25, "0 to 1", 0.1, 0.5, note="stress that losing a job brings")
    lead_rate: float = param(0.4, "per year", 0.1, 1.0)
    """asking around for a job, with a usual network, by those who aim at it"""


def loss_hazard(p: Work, job: Number, goal: Number, capability: Number, unwell: Number) -> Number:
    """Return the daily hazard of losing a job.

    Args:
        job: 0 none (no hazard), 1 sheltered, 2 paid.
        goal: what the person aims at, likewise.
        capability: in the work domain, 0 to 1.
        unwell: 1 in a prodrome or the acute phase.

    >>> p = Work()
    >>> float(loss_hazard(p, 2, 2, 0.3, 0)) > float(loss_hazard(p, 2, 2, 0.7, 0)) > 0.0
    True
    """
    asked = p.asks_sheltered + (p.asks_paid - p.asks_sheltered) * (job == JobKind.PAID)
    logs = (
        p.too_hard_log * np.maximum(asked - capability, 0.0)
        + p.too_easy_log * np.maximum(capability - asked, 0.0)
        + p.against_goal_log * (job != goal)
        + p.unwell_log * unwell
    )
    return p.loss_rate / YEAR_DAYS * np.exp(logs) * (job != JobKind.NONE)
