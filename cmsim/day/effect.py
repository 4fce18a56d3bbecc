"""Stage 4: what today's contacts delivered: minutes by component, and the
components' effects, summed in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cmsim.agents.aide import BY_AIDE
from cmsim.agents.case_manager import HELD, MET_CLIENT
from cmsim.components import ALL, Delivered
from cmsim.components.parts import EFFECTS
from cmsim.people import HOLDERS
from cmsim.record import COMPONENTS, CONTACT_KINDS, KINDS, PLACES
from cmsim.rules.aides import COMPONENTS as AIDES_DO
from cmsim.rules.competence import ability

if TYPE_CHECKING:
    from cmsim.community import Community

AMOUNTS = (*EFFECTS, "minutes", "alliance_loss")
"""What a day can deliver: the components' effects, face-to-face minutes, and
alliance lost by what was done."""

_CONTACT = next(kind for kind in KINDS if kind.name == "contacts").dtype
_KINDS = len(CONTACT_KINDS)
_AMOUNTS = np.dtype([(name, "f8") for name in AMOUNTS])
_FACE_TO_FACE = np.array(
    [kind < len(MET_CLIENT) and MET_CLIENT[kind] and kind != 1 for kind in range(_KINDS)], float
)
_IN_VIVO = np.array([float(place in ("home", "neighbourhood")) for place in PLACES])
_PLACE = {name: place for place, name in enumerate(AMOUNTS)}
_NOBODY = np.zeros(0, dtype=np.int64)
_FIRST = np.ones(1, dtype=bool)
_TINY = 1e-12
_AIDES_DO = np.array([float(name in AIDES_DO) for name in COMPONENTS])


@dataclass(frozen=True, slots=True)
class Effects:
    """What a day delivered: the clients reached (rows, each once) and the amounts for each, records of
    ``AMOUNTS``."""

    rows: NDArray[np.int64]
    amounts: NDArray[Any]


def effect(c: Community) -> Effects:
    """Write today's contacts to the ledger; return what they delivered, effects of one client added up.

    Amounts stand in one table, a column a contact; they are added up client by client in the order of the
    contacts.
    """
    client, parts = [], []
    if c.contacts:
        rows = np.frombuffer(bytes(c.contacts), dtype=_CONTACT)
        c.contacts.clear()
        by_component = np.zeros((len(rows), len(COMPONENTS)), dtype=np.float32)
        held = np.flatnonzero((rows["outcome"] == HELD) & ((rows["by"] == 0) | (rows["by"] == BY_AIDE)))
        if len(held):
            done = rows[held]
            given, amounts = _deliver(c, done)
            by_component[held] = given.T
            client.append(done["client"])
            parts.append(amounts)
        if c.service.payer.bills:
            c.staffing.revenue.adds(rows)
        c.ledger.write_contacts(rows, by_component)
    if c.owed:
        client.append(np.array([row for row, _, _ in c.owed]))
        extra = np.zeros((len(AMOUNTS), len(c.owed)))
        for place, (_, name, amount) in enumerate(c.owed):
            extra[_PLACE[name], place] = amount
        parts.append(extra)
        c.owed.clear()
    if not client:
        return Effects(_NOBODY, np.zeros(0, _AMOUNTS))
    whom, table = (client[0], parts[0]) if len(parts) == 1 else (np.concatenate(client), np.hstack(parts))
    order = np.argsort(whom, kind="stable")
    whom = whom[order]
    first = np.flatnonzero(np.concatenate((_FIRST, whom[1:] != whom[:-1])))
    total = np.add.reduceat(table.take(order, axis=1), first, axis=1)
    return Effects(whom[first], np.ascontiguousarray(total.T).view(_AMOUNTS)[:, 0])


def _deliver(c: Community, rows: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share the minutes of held contacts out to components; return the minutes and the amounts, a column a
    contact."""
    people = c.people
    client, kind, place = rows["client"], rows["kind"], rows["place"]
    minutes = rows["minutes"].astype(np.float64)
    aide = rows["by"] == BY_AIDE
    contacts = Delivered(
        kind=kind,
        in_vivo=_IN_VIVO[place],
        skill=np.where(aide, c.world.aides.skill, c.posts.skill[rows["worker"] // HOLDERS]),
        alliance=people.alliance[client],
        knowledge=people.knowledge[client],
        distrust=people.distrust[client],
        phone=rows["mode"].astype(np.float64),
        supply=people.supply[client],
        stress=people.stress[client],
        insight=people.insight[client],
        unwell=people.unwell[client],
    )
    weights = c.weights.take(kind, axis=1)
    if c.aides:
        weights[:, aide] *= _AIDES_DO[:, None]
    parameters = c.component_parameters
    for index, component in c.called_for:
        weights[index] *= component.called_for(parameters[component.name], contacts)
    given = weights
    given *= minutes / np.maximum(weights.sum(axis=0), _TINY)
    amounts = np.zeros((len(AMOUNTS), len(rows)))
    amounts[_PLACE["minutes"]] = minutes * _FACE_TO_FACE[kind]
    able = given * ability(c.rests_on_skill[:, None], contacts.skill, c.world.competence.usual)
    for index, component in c.effective:
        for name, amount in component.effects(parameters[component.name], able[index], contacts).items():
            amounts[_PLACE[name]] += amount
    return given, amounts


def component_tables(c: Community) -> None:
    """Work out, once for each service in force, the weights by kind and which components act."""
    practice = c.service.practice
    active = [name in practice.components for name in COMPONENTS]
    c.weights = np.array([mix.weights() for mix in practice.mixes()]) * np.array(active, dtype=float)[:, None]
    c.component_parameters = c.world.components.by_component()
    c.called_for = [(i, part) for i, part in enumerate(ALL) if active[i] and part.called_for is not None]
    c.effective = [(i, part) for i, part in enumerate(ALL) if active[i] and part.effects is not None]
    c.rests_on_skill = c.world.competence.array()[: len(COMPONENTS)]
    total = c.weights.sum(axis=0)
    monitoring = c.weights[COMPONENTS.index("monitoring")]
    c.monitoring_share = (monitoring / np.where(total > 0.0, total, 1.0)).tolist()
