"""How much of what a component does depends on the skill of whoever does it."""

from __future__ import annotations

from typing import Any

from cmsim.core.numeric import Number
from cmsim.core.parameters import Named, param


def _task(value: float, low: float, high: float, note: str = "") -> Any:
    return param(value, "share", low, high, "kanter1989", note, status="assumption")


class Competence(Named):
    """Share of a component's effect that rests on skill: 0 anybody can do it, 1 nothing without skill.

    Paraprofessionals can accompany, teach skills and monitor; crisis work and psychotherapy take training.
    """

    engagement: float = param(0.0, "share", 0.0, 0.2, note="besides the share in its own rule")
    assessment: float = _task(0.7, 0.4, 0.9)
    planning: float = _task(0.6, 0.3, 0.9)
    linkage: float = _task(0.15, 0.0, 0.4, "going along takes time, not training")
    family_consultation: float = _task(0.5, 0.2, 0.8)
    social_network: float = _task(0.2, 0.0, 0.5)
    physician_hospital: float = _task(0.4, 0.1, 0.7)
    advocacy: float = _task(0.4, 0.1, 0.7)
    psychotherapy: float = _task(0.8, 0.5, 0.95)
    living_skills: float = _task(0.2, 0.0, 0.5)
    psychoeducation: float = _task(0.5, 0.2, 0.8)
    crisis_intervention: float = _task(0.7, 0.4, 0.9)
    monitoring: float = _task(0.1, 0.0, 0.3)
    usual: float = param(0.55, "0 to 1", 0.4, 0.7, note="skill at which components do what they state")


def ability(share: Number, skill: Number, usual: float) -> Number:
    """Return the ratio of a component's effect to that at usual skill.

    >>> float(ability(0.7, 0.9, 0.55)) > 1.0 > float(ability(0.7, 0.15, 0.55)) > 0.0
    True
    >>> float(ability(0.0, 0.15, 0.55))
    1.0
    """
    return 1.0 + share * (skill / usual - 1.0)
