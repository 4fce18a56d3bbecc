"""Stage 4: what today's contacts delivered: minutes by component, and the
components' effects, summed in one pass."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cmsim.agents.aide import BY_AIDE
from cmsim.agents.case_manager import HELD, MET_CLIENT
from cmsim.components import (
    ALL,
    CONTACT,
    advocacy,
    assessment,
    crisis_intervention,
    engagement,
    family_consultation,
    linkage,
    living_skills,
    monitoring,
    physician_hospital,
    planning,
    psychoeducation,
    psychotherapy,
    social_network,
)
from cmsim.components.parts import EFFECTS
from cmsim.kernel import compilable, kernel, numbers
from cmsim.people import HOLDERS
from cmsim.record import COMPONENTS, CONTACT_KINDS, KINDS, PLACES
from cmsim.rules import competence
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
_COMPONENTS = len(COMPONENTS)
_AIDES_DO = np.array([float(name in AIDES_DO) for name in COMPONENTS])

_MIX = np.dtype(
    [
        (
            "weights",
            "f8",
            (_COMPONENTS, _KINDS),
        ),  # by kind of contact, 0 where it is not done
        ("rests_on_skill", "f8", (_COMPONENTS,)),  # share of a component's effect
        ("usual_skill", "f8"),
        ("aides_skill", "f8"),
        ("aides_do", "f8", (_COMPONENTS,)),  # 1 for what case aides do
        ("in_vivo", "f8", (len(PLACES),)),
        ("face_to_face", "f8", (_KINDS,)),
    ],
    align=True,
)
(
    ENGAGEMENT,
    ASSESSMENT,
    PLANNING,
    LINKAGE,
    FAMILY_WORK,
    NETWORK,
    PHYSICIAN,
    ADVOCACY,
    PSYCHOTHERAPY,
    SKILLS,
    TEACHING,
    CRISIS_WORK,
    MONITORING,
) = range(_COMPONENTS)
compilable(competence, *(sys.modules[part.effects.__module__] for part in ALL if part.effects is not None))


@dataclass(frozen=True, slots=True)
class Effects:
    """What a day delivered: the clients reached (rows, each once) and the amounts for each, records of
    ``AMOUNTS``."""

    rows: NDArray[np.int64]
    amounts: NDArray[Any]


def effect(c: Community) -> Effects:
    """Write today's contacts to the ledger; return what they delivered, effects of one client added up.

    Amounts stand in one table, a row a contact; they are added up client by client in the order of the
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
            by_component[held], amounts = _deliver(c, done)
            client.append(done["client"])
            parts.append(amounts)
        if c.service.payer.bills:
            c.staffing.revenue.adds(rows)
        c.ledger.write_contacts(rows, by_component)
    if c.owed:
        client.append(np.array([row for row, _, _ in c.owed]))
        extra = np.zeros((len(c.owed), len(AMOUNTS)))
        for place, (_, name, amount) in enumerate(c.owed):
            extra[place, _PLACE[name]] = amount
        parts.append(extra)
        c.owed.clear()
    if not client:
        return Effects(_NOBODY, np.zeros(0, _AMOUNTS))
    whom, table = (client[0], parts[0]) if len(parts) == 1 else (np.concatenate(client), np.vstack(parts))
    order = np.argsort(whom, kind="stable")
    whom = whom[order]
    first = np.flatnonzero(np.concatenate((_FIRST, whom[1:] != whom[:-1])))
    total = np.add.reduceat(table.take(order, axis=0), first, axis=0)
    return Effects(whom[first], total.view(_AMOUNTS)[:, 0])


def _deliver(c: Community, rows: Any) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Share the minutes of held contacts out to components; return minutes and amounts, a row a contact."""
    given = np.zeros((len(rows), len(COMPONENTS)), dtype=np.float32)
    amounts = np.zeros((len(rows), len(AMOUNTS)))
    today, held = amounts.view(_AMOUNTS)[:, 0], np.zeros(1, CONTACT)
    _shares_out(c.component_figures, c.mix, rows, c.people.records, c.posts.records, held, given, today)
    return given, amounts


@kernel
def _shares_out(
    figures: Any, tables: Any, rows: Any, clients: Any, posts: Any, held: Any, given: Any, amounts: Any
) -> None:
    p, mix = figures[0], tables[0]
    # a record holds no memory: in an array made here, which is cleared away once read, it would be anybody's
    contact, minutes = held[0], np.empty(_COMPONENTS)
    for place in range(len(rows)):
        row, today = rows[place], amounts[place]
        client, aide = clients[row.client], row.by == BY_AIDE
        contact.kind, contact.in_vivo, contact.phone = row.kind, mix.in_vivo[row.place], row.mode
        contact.skill = mix.aides_skill if aide else posts[row.worker // HOLDERS].skill
        contact.alliance, contact.knowledge = client.alliance, client.knowledge
        contact.distrust, contact.supply = client.distrust, client.supply
        contact.stress, contact.insight, contact.unwell = client.stress, client.insight, client.unwell
        for index in range(_COMPONENTS):
            minutes[index] = mix.weights[index, row.kind] * (mix.aides_do[index] if aide else 1.0)
        _called_for(p, contact, minutes)
        total = 0.0
        for index in range(_COMPONENTS):
            total += minutes[index]
        for index in range(_COMPONENTS):
            minutes[index] *= row.minutes / max(total, _TINY)
            given[place, index] = minutes[index]
            minutes[index] *= ability(mix.rests_on_skill[index], contact.skill, mix.usual_skill)
        today.minutes = row.minutes * mix.face_to_face[row.kind]
        _give(p, contact, minutes, today)


@kernel
def _called_for(p: Any, contact: Any, weights: Any) -> None:
    """Weigh what a contact calls for, in the order of ``record.COMPONENTS``."""
    weights[ENGAGEMENT] *= engagement.called_for(p.engagement, contact)
    weights[ASSESSMENT] *= assessment.called_for(p.assessment, contact)
    weights[PHYSICIAN] *= physician_hospital.called_for(p.physician_hospital, contact)
    weights[PSYCHOTHERAPY] *= psychotherapy.called_for(p.psychotherapy, contact)


@kernel
def _give(p: Any, contact: Any, minutes: Any, today: Any) -> None:
    """Let each component give what its minutes do; without minutes it gives nothing."""
    engagement.effects(p.engagement, minutes[ENGAGEMENT], contact, today)
    assessment.effects(p.assessment, minutes[ASSESSMENT], contact, today)
    planning.effects(p.planning, minutes[PLANNING], contact, today)
    linkage.effects(p.linkage, minutes[LINKAGE], contact, today)
    family_consultation.effects(p.family_consultation, minutes[FAMILY_WORK], contact, today)
    social_network.effects(p.social_network, minutes[NETWORK], contact, today)
    physician_hospital.effects(p.physician_hospital, minutes[PHYSICIAN], contact, today)
    advocacy.effects(p.advocacy, minutes[ADVOCACY], contact, today)
    psychotherapy.effects(p.psychotherapy, minutes[PSYCHOTHERAPY], contact, today)
    living_skills.effects(p.living_skills, minutes[SKILLS], contact, today)
    psychoeducation.effects(p.psychoeducation, minutes[TEACHING], contact, today)
    crisis_intervention.effects(p.crisis_intervention, minutes[CRISIS_WORK], contact, today)
    monitoring.effects(p.monitoring, minutes[MONITORING], contact, today)


def component_tables(c: Community) -> None:
    """Work out, once for each service in force, the weights of components by kind of contact."""
    practice, w = c.service.practice, c.world
    active = np.array([name in practice.components for name in COMPONENTS], dtype=float)
    weights = np.array([mix.weights() for mix in practice.mixes()]) * active[:, None]
    c.component_figures = numbers(**dict(w.components))
    c.mix = np.zeros(1, _MIX)
    (row,) = c.mix
    row["weights"], row["in_vivo"], row["face_to_face"] = weights, _IN_VIVO, _FACE_TO_FACE
    row["rests_on_skill"], row["usual_skill"] = w.competence.array()[:_COMPONENTS], w.competence.usual
    row["aides_skill"], row["aides_do"] = w.aides.skill, _AIDES_DO
    total = weights.sum(axis=0)
    shares = weights[COMPONENTS.index("monitoring")] / np.where(total > 0.0, total, 1.0)
    c.monitoring_share = shares.tolist()
