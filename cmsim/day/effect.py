"""Stage 4: what today's contacts delivered: minutes by component, and the components' effects, summed in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cmsim.agents.case_manager import HELD, MET_CLIENT
from cmsim.components import ALL, Delivered
from cmsim.components.parts import EFFECTS
from cmsim.record import COMPONENTS, KINDS
from cmsim.rules.chance import normal
from cmsim.rules.belief import belief_next
from cmsim import draws

if TYPE_CHECKING:
    from cmsim.community import Community

IMPRESSION = draws.purpose("belief.impression", "how far off the impression of a client's need is")

_CONTACT = next(kind for kind in KINDS if kind.name == "contacts").dtype
_FACE_TO_FACE = np.array([met and kind != 1 for kind, met in enumerate(MET_CLIENT)] + [False, False])


def effect(c: Community) -> dict[str, NDArray[np.float64]]:
    """Write today's contacts to the ledger; return today's amounts by effect, each of shape (clients known,)."""
    n = c.people.known
    today = {name: np.zeros(n) for name in (*EFFECTS, "minutes", "alliance_loss")}
    if c.contacts:
        rows = np.array(c.contacts, dtype=_CONTACT)
        c.contacts.clear()
        by_component = np.zeros((len(rows), len(COMPONENTS)), dtype=np.float32)
        held = np.flatnonzero((rows["outcome"] == HELD) & (rows["by"] == 0))
        if len(held):
            by_component[held] = _deliver(c, rows[held], today)
        c.ledger.write_contacts(rows, by_component)
    for name, owed in c.owed.items():
        for row, amount in owed:
            today[name][row] += amount
        owed.clear()
    return today


def _deliver(c: Community, rows: Any, today: dict[str, NDArray[np.float64]]) -> NDArray[np.float32]:
    """Share the minutes of held contacts out to components and add up what they do."""
    people, n = c.people, c.people.known
    client, kind, minutes = rows["client"], rows["kind"], rows["minutes"].astype(np.float64)
    place = rows["place"]
    contacts = Delivered(
        kind=kind,
        in_vivo=((place == 1) | (place == 2)).astype(np.float64),
        skill=c.skill_of(rows["worker"]),
        alliance=people.alliance[client],
        knowledge=people.knowledge[client],
        insight=people.insight[client],
        distrust=people.distrust[client],
        phone=(rows["mode"] == 1).astype(np.float64),
        supply=people.supply[client],
        new=(people.knowledge[client] < c.world.belief.weight).astype(np.float64),
    )
    weights = c.weights[kind]
    parameters = c.component_parameters
    for place_of, component in c.called_for:
        assert component.called_for is not None
        weights[:, place_of] *= component.called_for(parameters[component.name], contacts)
    total = weights.sum(axis=1)
    given = weights * (minutes / np.where(total > 0.0, total, 1.0))[:, None]
    for place_of, component in c.effective:
        assert component.effects is not None
        amounts = component.effects(parameters[component.name], given[:, place_of], contacts)
        for name, amount in amounts.items():
            today[name] += np.bincount(client, weights=amount, minlength=n)
    met = minutes * _FACE_TO_FACE[kind]
    today["minutes"] += np.bincount(client, weights=met, minlength=n)
    seen = np.unique(client[met > 0.0])
    if len(seen):
        deviate = normal(c.column(IMPRESSION)[seen])
        people.belief[seen] = belief_next(
            c.world.belief, people.belief[seen], people.need[seen], people.knowledge[seen], deviate
        )
    return given.astype(np.float32)


def component_tables(c: Community) -> None:
    """Work out, once for each service in force, the weights by kind and which components act."""
    practice = c.service.practice
    active = [name in practice.components for name in COMPONENTS]
    c.weights = np.array([mix.weights() for mix in practice.mixes()]).T * np.array(active, dtype=float)
    c.component_parameters = c.world.components.by_component()
    c.called_for = [(i, part) for i, part in enumerate(ALL) if active[i] and part.called_for is not None]
    c.effective = [(i, part) for i, part in enumerate(ALL) if active[i] and part.effects is not None]
    total = c.weights.sum(axis=1)
    monitoring = c.weights[:, COMPONENTS.index("monitoring")]
    c.monitoring_share = (monitoring / np.where(total > 0.0, total, 1.0)).tolist()


