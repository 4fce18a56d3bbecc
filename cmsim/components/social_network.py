"""Social-network work: finding, keeping and widening ties. Takes time and is recorded; no effect yet."""

from __future__ import annotations

from cmsim.components.parts import Component, Mix

MIX = Mix(visit=0.6, accompaniment=0.5)

COMPONENT = Component("social network", "K-47, K-48", called_for=None, effects=None)
