"""Once a week: capability, dependence and autonomy move; wishes swing; what is tried and planned."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from cmsim.core import random_streams
from cmsim.core.compilation import kernel
from cmsim.core.numeric import Floats
from cmsim.core.sampling import approach
from cmsim.core.simtime import WEEK_DAYS, YEAR_DAYS
from cmsim.model.steps import worker_beliefs
from cmsim.model.steps.unmet_need import pressure, refresh_needs
from cmsim.schema.codes import HOMELESS, ClientStatus, Domain, Phase
from cmsim.submodels import autonomy_conflict, capability_growth, expectation, move_planning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cmsim.model.context import Context
    from cmsim.model.state.records import ClientRecord, ClientRecords
    from cmsim.scenario.world import World

SWING = random_streams.purpose("pendulum.swing", "how a client's wishes swing this week")
SEEN_LATELY = 28
_DOMAINS = len(Domain)


def week(c: Context) -> None:
    """Let a week pass over capability, dependence, autonomy and wishes."""
    people, n, loops = c.people, c.people.known, c.world.loops
    clients = people.records[:n]
    if loops.pendulum:
        _swing(c.inputs.figures, clients, ndtri(c.streams.daily(SWING, c.today, people.address[:n])[:, 0]), c.today)
    else:
        people.swing[:n] = people.wish[:n] = 0.0
    _recover(c.inputs.figures, clients)
    refresh_needs(c, np.arange(n))
    _grow(c.inputs.figures, clients)
    worker_beliefs.week(c)


@kernel
def _recover(figures: Sequence[World], clients: ClientRecords) -> None:
    w = figures[0]
    recovering = math.exp(-WEEK_DAYS / w.support.residual_days)
    remembered = math.exp(-WEEK_DAYS / w.planning.memory_days)
    for client in clients:
        client.convalescence *= recovering
        client.plan_minutes *= remembered


@kernel
def _swing(figures: Sequence[World], clients: ClientRecords, deviates: Floats, today: int) -> None:
    """Let the pendulum swing for a week, and the conflict subside."""
    p = figures[0].pendulum
    for row in range(len(clients)):
        client = clients[row]
        client.swing = autonomy_conflict.swing_next(p, client.swing, client.conflict, deviates[row])
        client.conflict = autonomy_conflict.conflict_next(p, client.conflict, client.own_conflict)
        wish = autonomy_conflict.wish(p, client.swing)
        if wish != client.wish:
            client.wish_since = today
        client.wish = wish


@kernel
def _grow(figures: Sequence[World], clients: ClientRecords) -> None:
    w = figures[0]
    p = w.growth
    for client in clients:
        excess = client.excess if w.loops.dependency_trap else 0.0
        practised = w.mechanisms.demands * client.practised
        total, taught = 0.0, client.taught
        if w.mechanisms.demands:
            taught *= expectation.learnt_share(client.demand, client.bearable)
        for d in range(_DOMAINS):
            client.capability[d] = capability_growth.capability_next(
                p,
                client.capability[d],
                client.ceiling[d],
                client.domain_unmet[d],
                excess,
                taught * client.aim[d] / _DOMAINS + w.expectation.teaches * practised,
                WEEK_DAYS,
            )
            total += client.capability[d]
        client.taught = 0.0
        client.capability_mean = total / _DOMAINS
        client.dependence = capability_growth.dependence_next(p, client.dependence, excess, client.dependent, WEEK_DAYS)
        dared = expectation.dared(w.expectation, client.capability_mean, practised, pressure(w, client))
        client.autonomy = capability_growth.autonomy_next(p, client.autonomy, dared, client.dependence, WEEK_DAYS)
        client.practised = expectation.practised_next(
            w.expectation, client.practised, client.demand, client.bearable, WEEK_DAYS
        )
        client.used_to = approach(client.used_to, client.worker_support, WEEK_DAYS, p.used_to_days)
        if w.loops.homelessness_trap and client.setting in HOMELESS:
            client.years_homeless += WEEK_DAYS / YEAR_DAYS


@kernel
def tries_hazard(w: World, client: ClientRecord) -> Any:
    """Return the daily hazard that a client tries something new alone; only while well."""
    if client.phase != Phase.STABLE:
        return 0.0
    return client.present * capability_growth.tries_hazard(w.growth, client.autonomy, client.swing, client.dependence)


@kernel
def plan_hazard(w: World, client: ClientRecord, hold: float, control: float, today: int) -> Any:
    """Return the daily hazard that the worker considers a plan of a move: who has a home and is well.

    Args:
        w: the world's numbers.
        client: whom it is about.
        hold: days for which the worker lets a wish stand before acting on it.
        control: over-control of the worker, 0 to 1.
        today: the day.
    """
    seen = today - client.last_seen < SEEN_LATELY
    able = client.status == ClientStatus.OPEN and client.phase == Phase.STABLE and client.plan_open == 0.0 and seen
    if not able or client.setting in HOMELESS or client.worker < 0:
        return 0.0
    held = today - client.wish_since
    hazard = move_planning.hazard(w.planning, client.plan_minutes, abs(client.wish), held, hold, control)
    return hazard * client.present


@kernel
def returns_hazard(w: World, client: ClientRecord) -> Any:
    """Return the daily hazard that a client leaves a planned placement, wishing for the opposite."""
    return client.present * move_planning.returns_hazard(w.planning, client.plan_direction, client.swing, client.wish)
