"""Planning: goals and next steps, agreed with the person. Takes time and is recorded; no effect yet."""

from __future__ import annotations

from cmsim.components.parts import Component, Mix

MIX = Mix(visit=1.0, ward_visit=1.0, joint_visit=1.0, agency=0.5)

COMPONENT = Component("planning", "K-31 to K-36", called_for=None, effects=None)
