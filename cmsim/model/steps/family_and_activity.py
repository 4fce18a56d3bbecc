"""What happens around a person: families, what contacts do to them, and what they do to adherence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim.core.compilation import kernel
from cmsim.core.numeric import Ints
from cmsim.core.sampling import approach
from cmsim.core.simtime import WEEK_DAYS, YEAR_DAYS, workday_after
from cmsim.schema.codes import HOMELESS, INSTITUTIONS, AgencyKind, Domain, JobKind, Phase, Setting
from cmsim.schema.state_variables import NEVER
from cmsim.submodels import family_climate, personal_recovery
from cmsim.submodels import meaningful_activity as activities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cmsim.model.context import Context
    from cmsim.model.state.records import ClientRecord, ClientRecords
    from cmsim.scenario.world import World

_MOST_EASED = 0.5


@kernel
def met(client: ClientRecord, today: Any) -> None:
    """Let today's contacts act on what is around a client: ties, an open legal case, the family."""
    client.tended += today.tended
    client.spoken_for += today.spoken_for
    client.legal_case *= 1.0 - min(today.legal_relief, 1.0)
    if today.family_taught > 0.0:
        taught = min(today.family_taught, 1.0) * client.has_family
        client.family_knowledge += (1.0 - client.family_knowledge) * taught
        client.burden *= 1.0 - min(today.burden_relief, _MOST_EASED)
        eased = 1.0 - min(today.criticism_relief, _MOST_EASED)
        client.criticism *= eased
        client.involvement *= eased


def weigh(c: Context, rows: Ints) -> None:
    """Work out expressed emotion and the tension of unanswered worries, for rows of shape (clients,)."""
    _weigh(c.inputs.figures, c.people.records, rows)


@kernel
def _weigh(figures: Sequence[World], clients: ClientRecords, rows: Ints) -> None:
    f = figures[0].family
    for row in rows:
        client = clients[row]
        expressed = family_climate.expressed(f, client.criticism, client.involvement)
        client.expressed = client.has_family * expressed
        client.tension = f.worry_tension * client.worried


def families(c: Context) -> None:
    """Let a week pass for families: burden, criticism, over-involvement, knowledge, worry, respite."""
    people, n, work = c.people, c.people.known, c.service.family_work
    usual, group = c.world.population.burden, float(work.group)
    _families(c.inputs.figures, people.records[:n], usual, group, work.respite_from, work.respite_hours, c.today)
    weigh(c, np.arange(n))
    heavy = (people.setting[:n] == Setting.FAMILY_HOME) & (people.burden[:n] > c.world.family.withdraw_burden)
    for row in np.flatnonzero(heavy).tolist():
        family = c.clients[row].family
        if family is not None:
            family.reconsider()


@kernel
def _families(
    figures: Sequence[World],
    clients: ClientRecords,
    usual: float,
    group: float,
    respite_from: float,
    respite_hours: float,
    today: int,
) -> None:
    w = figures[0]
    f = w.family
    for client in clients:
        there, ill = client.has_family, float(client.phase == Phase.ACUTE)
        knowledge = family_climate.knowledge_next(f, client.family_knowledge, group * client.invited, WEEK_DAYS)
        client.family_knowledge = knowledge * there
        if today - client.worried_since >= f.worry_days:
            client.worried = 0.0
        given_back = family_climate.gratitude(client.warmth, client.capability_mean, ill)
        need = client.need
        if w.mechanisms.family_adapts:
            need = f.burden_left * client.falls_to_family
        client.burden = there * family_climate.burden_next(
            f, client.burden, client.family_contact, ill, need, knowledge, WEEK_DAYS, given_back, client.worried
        )
        felt = client.burden if w.loops.family_burden else usual
        client.criticism = there * family_climate.criticism_next(
            f, client.criticism, client.criticism_disposition, felt, client.warmth, WEEK_DAYS, knowledge
        )
        client.involvement = there * family_climate.involvement_next(
            f, client.involvement, client.involvement_disposition, knowledge, WEEK_DAYS
        )
        weary = client.burden > respite_from and client.worker >= 0 and client.invited > 0.0
        client.respite = respite_hours if weary else 0.0


@kernel
def encourage(w: World, client: ClientRecord) -> None:
    """Work out by how much those around a person move adherence, in log odds."""
    backed = family_climate.backing(
        w.family, client.family_contact, client.warmth, client.family_knowledge, client.has_family
    )
    client.encouragement = backed + activities.worth_it(w.activity, client.activity)


def activity(c: Context) -> None:
    """Let a week pass for activity, recovery, age, and the memory of a worker's interest in ties."""
    _activity(c.inputs.figures, c.people.records[: c.people.known])


@kernel
def _activity(figures: Sequence[World], clients: ClientRecords) -> None:
    w = figures[0]
    tended = math.exp(-WEEK_DAYS / w.support.memory_days)
    case = math.exp(-WEEK_DAYS / w.housing.case_days)
    for client in clients:
        client.tended *= tended
        settles = _active(w, client)
        client.activity = approach(client.activity, settles, WEEK_DAYS, w.activity.settling_days)
        client.age += WEEK_DAYS / YEAR_DAYS
        client.legal_case *= case
        _ask_more(w, client)
        client.recovery = approach(client.recovery, _recovering(w, client), WEEK_DAYS, w.recovery.days)


@kernel
def _ask_more(w: World, client: ClientRecord) -> None:
    """Work out what physical illness and an open legal case ask on top of what the setting does."""
    client.extra_demand[Domain.PHYSICAL_HEALTH] = w.comorbidity.physical_demand * client.physical
    client.extra_demand[Domain.LEGAL] = w.comorbidity.legal_demand * client.legal_case


@kernel
def _recovering(w: World, client: ClientRecord) -> Any:
    return personal_recovery.recovery_pull(
        w.recovery,
        client.autonomy,
        client.activity,
        client.informal,
        client.alliance,
        client.stress,
        client.setting in HOMELESS,
    )


@kernel
def _active(w: World, client: ClientRecord) -> Any:
    if client.setting in INSTITUTIONS:
        return 0.0
    return activities.activity_pull(
        w.activity,
        client.links[AgencyKind.DAY_PROGRAMME],
        client.job == JobKind.SHELTERED,
        client.job == JobKind.PAID,
        client.informal,
    )


def begin(c: Context) -> None:
    """Work out what the weeks before the start would have left."""
    weigh(c, np.arange(c.people.rows))
    _begin(c.inputs.figures, c.people.records)


@kernel
def _begin(figures: Sequence[World], clients: ClientRecords) -> None:
    w = figures[0]
    for client in clients:
        _ask_more(w, client)
        client.activity = _active(w, client)
        client.recovery = _recovering(w, client)


def family_work_begins(c: Context) -> None:
    """Plan contacts with families, or none, when a service comes into force that says so."""
    people, n, work = c.people, c.people.known, c.service.family_work
    if not work.answers:
        people.next_family[:n] = NEVER
        return
    wanted = (
        (people.has_family[:n] * people.invited[:n] > 0.0)
        & (people.worker[:n] >= 0)
        & (people.next_family[:n] >= NEVER)
    )
    for row in np.flatnonzero(wanted).tolist():
        days = 1 + c.clients[row].address // 2 % int(c.service.contact.family_days)
        people.next_family[row] = workday_after(c.today + days)
