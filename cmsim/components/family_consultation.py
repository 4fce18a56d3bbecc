"""Family consultation: answering, informing and standing by relatives. Takes time
and is recorded; no effect yet."""

from __future__ import annotations

from cmsim.components.parts import Component, Mix

MIX = Mix(family=5.0)

COMPONENT = Component("family consultation", "K-41 to K-46", called_for=None, effects=None)
