"""Psychoeducation: talking about the illness and its treatment. Takes time and is recorded; no effect yet."""

from __future__ import annotations

from cmsim.components.parts import Component, Mix

MIX = Mix(visit=0.6, family=1.0)

COMPONENT = Component("psychoeducation", "K-59, K-60", called_for=None, effects=None)
