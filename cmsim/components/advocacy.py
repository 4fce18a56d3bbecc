"""Advocacy: speaking up for access, and for the person. Takes time and is recorded; no effect yet."""

from __future__ import annotations

from cmsim.components.parts import Component, Mix

MIX = Mix(agency=1.0, ward_visit=0.3)

COMPONENT = Component("advocacy", "K-53, K-54", called_for=None, effects=None)
