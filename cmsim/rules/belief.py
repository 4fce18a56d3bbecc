"""What the worker takes a client's need to be: near the truth only where the client is known and seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from cmsim.evidence import Section, param


class Belief(Section):
    """How belief follows contacts (K-24, K-28); a first form, to be deepened."""

    noise: float = param(
        0.22, "0 to 1", 0.1, 0.4, note="SD of an impression of need from one contact with a person not known"
    )
    knowledge_gain: float = param(
        0.75, "share", 0.4, 0.95, note="of that noise that full knowledge takes away"
    )
    weight: float = param(0.35, "share", 0.1, 0.7, note="of an impression in the new belief")


def belief_next(p: Belief, belief: Any, need: Any, knowledge: Any, deviate: Any) -> Any:
    """Return the believed need (0 to 1) after one contact, from a standard normal deviate.

    >>> p = Belief()
    >>> 0.3 < float(belief_next(p, 0.3, 0.6, 1.0, 0.0)) < 0.6
    True
    """
    impression = need + p.noise * (1.0 - p.knowledge_gain * knowledge) * deviate
    return np.minimum(np.maximum(belief + p.weight * (impression - belief), 0.0), 1.0)
