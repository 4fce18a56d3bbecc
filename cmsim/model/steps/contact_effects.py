"""Stage 4: what today's contacts delivered: minutes by component, and the components' effects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import types
from numba.extending import overload, register_jitable
from numpy.typing import NDArray

from cmsim.components import BY_KEY, CONTACT
from cmsim.components.component import EFFECTS, Component, Contact, Given
from cmsim.core.compilation import compilable, kernel
from cmsim.core.numeric import Floats, Ints, Records
from cmsim.core.parameters import Section
from cmsim.model.context import Context
from cmsim.model.state.columns import HOLDERS
from cmsim.schema.codes import ContactOutcome, Provider
from cmsim.schema.tables import KINDS
from cmsim.submodels import skill_effect
from cmsim.submodels.skill_effect import ability

if TYPE_CHECKING:
    from cmsim.model.state.records import ClientRecords, PostRecords

AMOUNTS = (*EFFECTS, "minutes", "alliance_loss")
"""What a day can deliver: the components' effects, face-to-face minutes, and alliance lost by what was done."""

_CONTACT = next(kind for kind in KINDS if kind.name == "contacts").dtype
_AMOUNTS = np.dtype([(name, "f8") for name in AMOUNTS])
_PLACE = {name: place for place, name in enumerate(AMOUNTS)}
_TINY = 1e-12
_Parameters = Iterable[tuple[str, Section]]
_Compiled = Callable[..., None]

compilable(skill_effect)


@dataclass(frozen=True, slots=True)
class Effects:
    """What a day delivered: the clients reached, each once, and the amounts for each, records of ``AMOUNTS``."""

    rows: NDArray[np.int64]
    amounts: Records


def effect(c: Context) -> Effects:
    """Write today's contacts to the ledger; return what they delivered, effects of one client added up.

    Amounts stand in one table, a row a contact; they are added up client by client in the order of the
    contacts, and what is owed after them.
    """
    rows = np.frombuffer(bytes(c.day.contacts), dtype=_CONTACT)
    c.day.contacts.clear()
    most = len(rows) + len(c.day.owed)
    if not most:
        return Effects(np.zeros(0, np.int64), np.zeros(0, _AMOUNTS))
    whom, table, count = np.empty(most, np.int64), np.zeros((most, len(AMOUNTS))), 0
    if len(rows):
        given = np.zeros((len(rows), len(c.spec.components)), dtype=np.float32)
        records, contact, today = (c.people.records, c.posts.records), np.zeros(1, CONTACT), table.view(_AMOUNTS)[:, 0]
        p, mix = c.active.component_parameters, c.active.mix
        count = _shares_out(p, mix, rows, *records, contact, given, whom, today)
        if c.service.payer.bills:
            c.staffing.revenue.add(rows, c.active.billable)
        c.ledger.write_contacts(rows, given)
    for row, name, amount in c.day.owed:
        whom[count], table[count, _PLACE[name]] = row, amount
        count += 1
    c.day.owed.clear()
    place, total = np.full(c.people.known, -1), np.empty((count, len(AMOUNTS)))
    reached = _add_up(whom[:count], table, place, total)
    return Effects(whom[:reached], total[:reached].view(_AMOUNTS)[:, 0])


@kernel
def _add_up(whom: Ints, table: Floats, place: Ints, total: Floats) -> int:
    """Add up the rows of each client, in their order; return how many clients there are.

    Args:
        whom: the client of each row; then the clients, each once, in their order.
        table: amounts, a row a contact.
        place: of each client in the sums; -1 for everybody at first.
        total: the sums, a row a client.
    """
    for row in whom:
        place[row] = 0
    reached = 0
    for client in range(len(place)):
        if place[client] == 0:
            place[client] = reached
            reached += 1
    begun = np.zeros(reached, np.bool_)
    for n in range(len(whom)):
        at = place[whom[n]]
        for amount in range(table.shape[1]):
            total[at, amount] = total[at, amount] + table[n, amount] if begun[at] else table[n, amount]
        begun[at] = True
    for client in range(len(place)):
        if place[client] >= 0:
            whom[place[client]] = client
    return reached


@kernel
def _shares_out(
    figures: Records,
    tables: Records,
    rows: Records,
    clients: ClientRecords,
    posts: PostRecords,
    contacts: Records,
    given: NDArray[np.float32],
    whom: Ints,
    amounts: Records,
) -> int:
    """Share the minutes of held contacts out to components; return how many contacts were held.

    Args:
        figures: parameters of the components, an array of one record.
        tables: how contacts are made up, likewise.
        rows: today's contacts.
        clients: records of the clients.
        posts: records of the posts.
        contacts: room for what components read of one contact.
        given: minutes by component, a row a contact, to be filled.
        whom: the client of each held contact, to be filled.
        amounts: what it delivered, likewise.
    """
    p, mix, count, components = figures[0], tables[0], 0, given.shape[1]
    # a record holds no memory: in an array made here, which is cleared away once read, it would be anybody's
    contact, minutes = contacts[0], np.empty(components)
    for place in range(len(rows)):
        row = rows[place]
        aide = row.by == Provider.AIDE
        if row.outcome != ContactOutcome.HELD or not (aide or row.by == Provider.CASE_MANAGER):
            continue
        client, today = clients[row.client], amounts[count]
        whom[count] = row.client
        count += 1
        contact.kind, contact.in_vivo, contact.phone = row.kind, mix.in_vivo[row.place], row.mode
        contact.skill = mix.aides_skill if aide else posts[row.worker // HOLDERS].skill
        contact.alliance, contact.knowledge = client.alliance, client.knowledge
        contact.distrust, contact.supply = client.distrust, client.supply
        contact.stress, contact.insight, contact.unwell = client.stress, client.insight, client.unwell
        for index in range(components):
            minutes[index] = mix.weights[index, row.kind] * (mix.aides_do[index] if aide else 1.0)
        call_for(p, contact, minutes)
        total = 0.0
        for index in range(components):
            total += minutes[index]
        for index in range(components):
            minutes[index] *= row.minutes / max(total, _TINY)
            given[place, index] = minutes[index]
            minutes[index] *= ability(mix.rests_on_skill[index], contact.skill, mix.usual_skill)
        today.minutes = row.minutes * mix.face_to_face[row.kind]
        give(p, contact, minutes, today)
    return count


def call_for(p: _Parameters, contact: Contact, weights: Floats) -> None:
    """Multiply the weight of each component by what the contact calls for.

    Args:
        p: the parameters of components by key, in the order of components.
        contact: as in ``components.CONTACT``.
        weights: one a component.
    """
    for index, (key, own) in enumerate(p):
        if (called_for := BY_KEY[key].called_for) is not None:
            weights[index] *= called_for(own, contact)


def give(p: _Parameters, contact: Contact, minutes: Floats, today: Given) -> None:
    """Let each component give what its minutes do; without minutes it gives nothing.

    Args:
        p: the parameters of components by key, in the order of components.
        contact: as in ``components.CONTACT``.
        minutes: one a component.
        today: what is given, by name of ``AMOUNTS``.
    """
    for index, (key, own) in enumerate(p):
        BY_KEY[key].effects(own, minutes[index], contact, today)


# not strict: numba would ask for the same annotations of types and of values
@overload(call_for, strict=False)
def _compile_call_for(p: types.Record, contact: types.Type, weights: types.Type) -> _Compiled:
    """Compile :func:`call_for` for the components whose parameters the record holds: one call after another."""
    whole: _Compiled = _nothing_called_for
    for index, key in enumerate(p.fields):
        if BY_KEY[key].called_for is not None:
            whole = _and_call_for(whole, BY_KEY[key], index)
    return whole


@overload(give, strict=False)
def _compile_give(p: types.Record, contact: types.Type, minutes: types.Type, today: types.Type) -> _Compiled:
    """Compile :func:`give` likewise."""
    whole: _Compiled = _nothing_given
    for index, key in enumerate(p.fields):
        whole = _and_give(whole, BY_KEY[key], index)
    return whole


@register_jitable
def _nothing_called_for(p: _Parameters, contact: Contact, weights: Floats) -> None:
    pass


@register_jitable
def _nothing_given(p: _Parameters, contact: Contact, minutes: Floats, today: Given) -> None:
    pass


def _and_call_for(before: _Compiled, part: Component, index: int) -> _Compiled:
    compilable(part.module)
    key, called_for = part.key, part.called_for
    assert called_for is not None

    @register_jitable
    def then(p: Mapping[str, Section], contact: Contact, weights: Floats) -> None:
        before(p, contact, weights)
        weights[index] *= called_for(p[key], contact)

    return then


def _and_give(before: _Compiled, part: Component, index: int) -> _Compiled:
    compilable(part.module)
    key, effects = part.key, part.effects

    @register_jitable
    def then(p: Mapping[str, Section], contact: Contact, minutes: Floats, today: Given) -> None:
        before(p, contact, minutes, today)
        effects(p[key], minutes[index], contact, today)

    return then
