"""Assessment: learning what a person needs and can do. Takes time and is recorded; no effect yet."""

from __future__ import annotations

from cmsim.components.parts import Component, Mix

MIX = Mix(visit=1.0, ward_visit=1.0, joint_visit=1.5, family=0.5)

COMPONENT = Component("assessment", "K-28 to K-30", called_for=None, effects=None)
