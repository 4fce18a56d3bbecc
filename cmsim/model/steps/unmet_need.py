"""What follows from where people live, how they are and who helps: need, support, excess, strain, misfit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim.core.compilation import kernel
from cmsim.core.numeric import Floats, Ints
from cmsim.schema.codes import FACTORS, AgencyKind, Domain, Phase
from cmsim.submodels import (
    capability_growth,
    crisis,
    expectation,
    family_climate,
    illness,
    need_belief,
    placement,
    stress,
    support_need,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cmsim.model.context import Context
    from cmsim.model.state.records import ClientRecord, ClientRecords, FactRows, Facts
    from cmsim.scenario.world import World

_LEAST_LEVEL = 1e-9
_DOMAINS, _AGENCIES, _FACTORS = len(Domain), len(AgencyKind), len(FACTORS)
_ROOM = 4


def refresh_needs(c: Context, rows: Ints) -> None:
    """Work out what follows from setting, phase and who helps, for some clients, shape (clients,).

    What is read every day but changes only with these stands in columns of its own: the sum of the slow logs
    of the onset hazard, and the level to which stress is pulled.
    """
    _refresh(c.inputs.figures, c.inputs.facts, c.people.records, rows, c.today)


@kernel
def _refresh(figures: Sequence[World], facts: FactRows, clients: ClientRecords, rows: Ints, today: int) -> None:
    room = np.zeros((_ROOM, max(_DOMAINS, _FACTORS)))
    for row in rows:
        needs_of(figures[0], facts[0], clients[row], room, today)


@kernel
def needs_of(w: World, facts: Facts, client: ClientRecord, room: Any, today: int) -> None:
    """Work out one client's needs and what follows from them; ``room`` is to work in."""
    s, setting = w.support, client.setting
    outside, given = facts.outside[setting], facts.given[setting]
    contact = family_climate.contact_share(w.family, facts.family_home[setting], client.has_family, client.respite)
    contact *= outside * (1.0 - client.away)
    informal = s.informal_level * client.informal * outside
    kin = s.family_level * client.warmth * contact
    home_support = min((kin + informal) / max(s.family_level, _LEAST_LEVEL), 1.0)
    worker = support_need.worker_support(s, client.support_minutes)
    left = support_need.share_left(s, facts.able_in_phase[client.phase], client.convalescence)
    # the worker's help goes where the worker believes that most is lacking
    fixed, lack, demand = room[0], room[1][:_DOMAINS], room[2]
    for d in range(_DOMAINS):
        fixed[d] = given
        for agency in range(_AGENCIES):
            fixed[d] += client.links[agency] * facts.link_support[agency, d]
        demand[d] = facts.demand[setting, d] + client.extra_demand[d]
        lack[d] = need_belief.believed_need(demand[d], client.believed[d]) - fixed[d]
    aim = support_need.aims(s, lack)
    total_need = total_able = unmet = excess = falls_to_family = 0.0
    for d in range(_DOMAINS):
        able = client.capability[d] * left
        need = max(demand[d] - able, 0.0)
        helped = aim[d] * worker
        lacking = need - fixed[d] - helped - kin - informal * facts.informal[d]
        # what family, friends and agencies give is not taken for granted in the way that paid support is
        excess += max(min(helped + given, -lacking), 0.0)
        client.domain_need[d], client.domain_support[d] = need, need - lacking
        client.domain_unmet[d] = max(lacking, 0.0)
        client.able[d], client.aim[d] = able, aim[d]
        unmet += client.domain_unmet[d]
        falls_to_family += max(lacking + kin, 0.0)
        total_need += need
        total_able += able
    client.need, client.unmet, client.excess = total_need / _DOMAINS, unmet / _DOMAINS, excess / _DOMAINS
    client.falls_to_family = falls_to_family / _DOMAINS
    client.family_contact, client.home_support, client.worker_support = contact, home_support, worker
    _expect(w, client)
    _strain(w, facts, client, total_able / _DOMAINS, room[3][:_FACTORS], today)


@kernel
def _expect(w: World, client: ClientRecord) -> None:
    """Work out symptoms, what is asked of a client, and what of it can be borne."""
    p = w.expectation
    ill = p.prodromal if client.phase == Phase.PRODROMAL else float(client.phase != Phase.STABLE)
    effective = client.adherence * client.fit
    client.symptoms = expectation.symptoms(p, client.frailty, ill, client.convalescence, effective)
    client.demand = expectation.demand(p, client.asked, client.activity, client.criticism * client.family_contact)
    client.bearable = expectation.bearable(p, client.tolerance, client.symptoms, client.alliance, client.practised)


@kernel
def pressure(w: World, client: ClientRecord) -> Any:
    """Return the demand beyond what a client can bear now, 0 to 1."""
    return w.mechanisms.demands * expectation.pressure(client.demand, client.bearable)


@kernel
def _strain(w: World, facts: Facts, client: ClientRecord, able: float, logs: Floats, today: int) -> None:
    """Work out stress, what the place does, and the slow part of the hazards, from needs as they are."""
    p, setting, contact = w.placement, client.setting, client.family_contact
    felt = facts.stimulation[setting] + p.company * client.informal * facts.outside[setting]
    felt += p.visits * client.support_minutes / 60.0
    upper = placement.upper_limit(p, client.tolerance, max(client.unwell, client.convalescence))
    overload = support_need.overload(felt, upper)
    wanted = placement.structure_wanted(p, able, client.wish)
    strain = p.alone_stress * max(client.lower_limit - felt, 0.0)
    strain += capability_growth.withdrawal(w.growth, client.dependence, client.used_to, client.worker_support)
    strain += w.hassles.fester * client.festering
    pressed, practised = pressure(w, client), w.mechanisms.demands * client.practised
    overload += pressed - w.expectation.lightens * practised
    strain += w.expectation.strain * pressed
    client.stress_pull = stress.pull(
        w.stress, client.unmet, (client.expressed + client.tension) * contact, client.neighbours, client.unwell, strain
    )
    client.stress_pull *= 1.0 - w.expectation.mastery * practised
    climate = family_climate.climate(w.family, client.expressed, client.warmth, contact)
    if w.mechanisms.family_adapts:
        climate *= family_climate.weight_since(w.family, today - client.last_episode_end)
    illness.slow_logs(
        w.illness, logs, client.frailty, climate, client.unmet, overload, client.substance, client.admissions
    )
    client.onset_log = logs.sum()  # those of the other factors stay 0 here
    client.stimulation_load = overload
    client.crisis_ratio = crisis.support_ratio(w.crisis, client.home_support)
    client.place_misfit = placement.misfit(p, felt, upper, client.lower_limit, facts.structure[setting], wanted)
