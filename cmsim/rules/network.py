"""Informal helpers and peers: how ties fade and are kept, what they give, and what they tell."""

from __future__ import annotations

from typing import Any

import numpy as np

from cmsim.evidence import Section, param
from cmsim.rules.chance import approach


class Network(Section):
    """Tie strength 0: would not recognise the person; 1: sees and helps every week."""

    kept_days: float = param(
        400.0,
        "days",
        150.0,
        1000.0,
        note="time constant with which a tie settles at what the person can keep up",
        allowed=(1.0, 1e5),
    )
    kept_level: float = param(
        0.75,
        "0 to 1",
        0.4,
        0.95,
        note="share of a tie's natural closeness kept by a person who is well and housed",
    )
    ill_loss: float = param(0.5, "share", 0.2, 0.8, note="of that kept while acute, in hospital or in jail")
    homeless_loss: float = param(0.4, "share", 0.1, 0.7, note="of that kept while homeless")
    end_below: float = param(0.08, "0 to 1", 0.02, 0.2, note="strength below which a tie ends")
    new_rate: float = param(
        0.5, "per year", 0.1, 1.5, note="new tie, for a person of autonomy 0.5 living among others"
    )
    new_strength: float = param(0.3, "0 to 1", 0.1, 0.5, note="strength of a new tie")
    house_size: float = param(
        14.0, "places", 6.0, 30.0, note="of the housing agency for each group home", allowed=(1.0, 1000.0)
    )
    closeness: float = param(0.6, "0 to 1", 0.4, 0.8, note="mean natural closeness of a tie")
    competence: float = param(0.55, "0 to 1", 0.3, 0.8, note="mean competence of informal helpers")
    room_rate: float = param(0.25, "per year", 0.05, 1.0, note="a helper of full strength hears of a room")
    lead_steps: float = param(
        0.3,
        "probability",
        0.1,
        0.6,
        note="a helper who knows none passes the question on to somebody they know",
    )


def tie_next(p: Network, strength: Any, closeness: Any, ill: Any, homeless: Any, days: float) -> Any:
    """Return the strength of ties after ``days``.

    >>> p = Network()
    >>> float(tie_next(p, 0.5, 0.7, 1, 1, 60)) < float(tie_next(p, 0.5, 0.7, 0, 0, 60))
    True
    """
    kept = closeness * p.kept_level * (1.0 - p.ill_loss * ill) * (1.0 - p.homeless_loss * homeless)
    return np.clip(approach(strength, kept, days, p.kept_days), 0.0, 1.0)
