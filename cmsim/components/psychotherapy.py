"""Intermittent psychotherapy: brief supportive talk about what troubles now. Takes time and is recorded; no
effect yet."""

from __future__ import annotations

from cmsim.components.parts import Component, Mix

MIX = Mix(visit=1.2, call=0.5)

COMPONENT = Component("psychotherapy", "K-55 to K-57", called_for=None, effects=None)
