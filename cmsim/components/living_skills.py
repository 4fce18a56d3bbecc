"""Living-skills training in real situations. Takes time and is recorded; no effect yet."""

from __future__ import annotations

from cmsim.components.parts import Component, Mix

MIX = Mix(visit=1.2, accompaniment=1.0)

COMPONENT = Component("living skills", "K-58", called_for=None, effects=None)
