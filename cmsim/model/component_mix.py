"""The weights of the components by kind of contact, as the service in force mixes them."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from cmsim.components import ALL, COMPONENTS, Component
from cmsim.core.extension import source_hash
from cmsim.core.numeric import Records
from cmsim.scenario.service import Practice
from cmsim.scenario.world import World
from cmsim.schema.codes import ContactKind, ContactPlace
from cmsim.schema.contact_kinds import CLIENT_CONTACTS

_KINDS = len(ContactKind)
_FACE_TO_FACE = np.array([kind in CLIENT_CONTACTS and kind != ContactKind.CALL for kind in ContactKind], float)
_IN_VIVO = np.array([float(place in ("home", "neighbourhood")) for place in ContactPlace.labels()])


@cache
def mix_record(components: int, code: str) -> np.dtype[Any]:
    """Return the type of the record that says how minutes are shared out to components.

    Args:
        components: how many there are.
        code: hash of the source of those that are not bundled. It is a name in the record, and so a part of the type
            under which compiled loops are kept: another source is compiled anew.
    """
    return np.dtype(
        [
            ("weights", "f8", (components, _KINDS)),  # by kind of contact, 0 where it is not done
            ("rests_on_skill", "f8", (components,)),  # share of a component's effect
            ("usual_skill", "f8"),
            ("aides_skill", "f8"),
            ("aides_do", "f8", (components,)),  # 1 for what case aides do
            ("in_vivo", "f8", (len(ContactPlace),)),
            ("face_to_face", "f8", (_KINDS,)),
            (f"code {code}", "f8"),
        ],
        align=True,
    )


def component_mix(components: Sequence[Component], practice: Practice, world: World) -> Records:
    """Return how the minutes of a contact are shared out to components.

    Args:
        components: those that there are.
        practice: which components are part of it, and their mixes.
        world: the parameter set.

    Returns:
        An array of one record of :func:`mix_record`.
    """
    code = " ".join(dict.fromkeys(source_hash(part.module.__name__) for part in components[len(ALL) :]))
    found = np.zeros(1, mix_record(len(components), code))
    (row,) = found
    row["weights"] = [practice.weights(part) for part in components]
    row["in_vivo"], row["face_to_face"] = _IN_VIVO, _FACE_TO_FACE
    row["rests_on_skill"] = [getattr(world.competence, part.key) for part in components]
    row["usual_skill"], row["aides_skill"] = world.competence.usual, world.aides.skill
    row["aides_do"] = [part.by_aides for part in components]
    return found


def monitoring_share(mix: Records) -> list[float]:
    """Return the share of a contact's minutes that is monitoring, by kind of contact, shape (kinds,)."""
    weights = mix[0]["weights"]
    total = weights.sum(axis=0)
    shares: list[float] = (weights[COMPONENTS.index("monitoring")] / np.where(total > 0.0, total, 1.0)).tolist()
    return shares
