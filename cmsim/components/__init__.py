"""The thirteen components of clinical case management (Kanter 1989), one small part each.

A component says what share of a contact it takes (:class:`~cmsim.components.component.Mix`, a choice of the
service) and what its minutes do (``effects``). Effects are amounts for today, summed over contacts in a fixed
order; the night turns them into state. Those in ``WITHOUT_EFFECT`` take minutes, rows, and change nothing.
"""

from __future__ import annotations

from cmsim.components import (
    advocacy,
    assessment,
    care_planning,
    crisis_intervention,
    engagement,
    family_consultation,
    linkage,
    living_skills,
    monitoring,
    physician_hospital,
    psychoeducation,
    psychotherapy,
    social_network,
)
from cmsim.components.component import CONTACT, Component, Given, Mix
from cmsim.schema.tables import COMPONENTS

ALL: tuple[Component, ...] = (
    engagement.COMPONENT,
    assessment.COMPONENT,
    care_planning.COMPONENT,
    linkage.COMPONENT,
    family_consultation.COMPONENT,
    social_network.COMPONENT,
    physician_hospital.COMPONENT,
    advocacy.COMPONENT,
    psychotherapy.COMPONENT,
    living_skills.COMPONENT,
    psychoeducation.COMPONENT,
    crisis_intervention.COMPONENT,
    monitoring.COMPONENT,
)
"""In the order of ``schema.tables.COMPONENTS``."""

if tuple(component.name for component in ALL) != COMPONENTS:
    raise RuntimeError("components and record.COMPONENTS disagree")

WITHOUT_EFFECT: tuple[str, ...] = tuple(component.name for component in ALL if component.effects is None)
"""Components that take time and are recorded, and change nothing yet."""

__all__ = ["ALL", "CONTACT", "WITHOUT_EFFECT", "Component", "Given", "Mix"]
