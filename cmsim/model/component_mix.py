"""The weights of the components by kind of contact, as the service in force mixes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from cmsim.components import ALL, COMPONENTS
from cmsim.scenario.service import Practice
from cmsim.scenario.world import World
from cmsim.schema.contact_codes import CALL, MET_CLIENT
from cmsim.schema.tables import CONTACT_KINDS, PLACES

_KINDS, _COMPONENTS = len(CONTACT_KINDS), len(COMPONENTS)
_FACE_TO_FACE = np.array(
    [kind < len(MET_CLIENT) and MET_CLIENT[kind] and kind != CALL for kind in range(_KINDS)], float
)
_IN_VIVO = np.array([float(place in ("home", "neighbourhood")) for place in PLACES])

MIX = np.dtype(
    [
        ("weights", "f8", (_COMPONENTS, _KINDS)),  # by kind of contact, 0 where it is not done
        ("rests_on_skill", "f8", (_COMPONENTS,)),  # share of a component's effect
        ("usual_skill", "f8"),
        ("aides_skill", "f8"),
        ("aides_do", "f8", (_COMPONENTS,)),  # 1 for what case aides do
        ("in_vivo", "f8", (len(PLACES),)),
        ("face_to_face", "f8", (_KINDS,)),
    ],
    align=True,
)


def component_mix(practice: Practice, world: World) -> Any:
    """Return how the minutes of a contact are shared out to components.

    Args:
        practice: which components are part of it, and their mixes.
        world: the parameter set.

    Returns:
        An array of one record of ``MIX``.
    """
    found = np.zeros(1, MIX)
    (row,) = found
    row["weights"] = [practice.weights(part) for part in ALL]
    row["in_vivo"], row["face_to_face"] = _IN_VIVO, _FACE_TO_FACE
    row["rests_on_skill"] = [getattr(world.competence, part.key) for part in ALL]
    row["usual_skill"], row["aides_skill"] = world.competence.usual, world.aides.skill
    row["aides_do"] = [part.by_aides for part in ALL]
    return found


def monitoring_share(mix: Any) -> list[float]:
    """Return the share of a contact's minutes that is monitoring, by kind of contact, shape (kinds,)."""
    weights = mix[0]["weights"]
    total = weights.sum(axis=0)
    shares: list[float] = (weights[COMPONENTS.index("monitoring")] / np.where(total > 0.0, total, 1.0)).tolist()
    return shares
