"""What workers come to believe of clients: from what they see, from what they are told, and from records."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from cmsim.core import random_streams
from cmsim.core.compilation import kernel
from cmsim.core.numeric import Floats, Ints
from cmsim.core.sampling import share, toward
from cmsim.core.simtime import WEEK_DAYS
from cmsim.schema.codes import Domain
from cmsim.submodels import need_belief

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cmsim.model.context import Context
    from cmsim.model.state.records import ClientRecord, ClientRecords, FactRows, Facts
    from cmsim.scenario.world import World

IMPRESSION = random_streams.purpose(
    "belief.impression", "how far off an impression of a client is: in common, limits, and in each domain"
)
RECORD = random_streams.purpose("belief.record", "how far off the record of a client's former functioning is")
_WIDTH, _DOMAINS = 13, len(Domain)
_TINY = 1e-9
_FOUR_WEEKS = 28


def learn(c: Context, rows: Ints, seen: Floats, told: Floats, minutes: Floats) -> None:
    """Let today's contacts move what workers believe.

    Args:
        c: the community.
        rows: clients reached, each once.
        seen: minutes of assessment by seeing, and told: by being told, shapes (rows,).
        told: likewise.
        minutes: face to face, in which something is seen in passing.
    """
    if not c.world.loops.whom_workers_see:
        people, n = c.people, c.people.known  # everybody is seen each fourth week
        rows = np.flatnonzero((people.worker[:n] >= 0) & ((people.address[:n] + c.today) % _FOUR_WEEKS == 0))
        minutes = np.full(len(rows), c.world.belief.usual_minutes)
        seen, told = (1.0 - c.world.belief.passing) * minutes, np.zeros(len(rows))
    if len(rows):
        deviates = ndtri(c.streams.daily(IMPRESSION, c.today, c.people.address[rows], _WIDTH))
        _learn(c.inputs.figures, c.people.records, rows, seen, told, minutes, deviates, *c.staffing.experience.held)


@kernel
def _learn(
    figures: Sequence[World],
    clients: ClientRecords,
    rows: Ints,
    seen: Floats,
    told: Floats,
    minutes: Floats,
    deviates: Floats,
    seen_by: Floats,
    minutes_by: Floats,
) -> None:
    p = figures[0].belief
    for place in range(len(rows)):
        client = clients[rows[place]]
        post = client.worker
        if post < 0:
            continue
        minutes_by[post] += minutes[place]
        for d in range(_DOMAINS):
            seen_by[post, d] += client.able[d] * minutes[place]
        saw = seen[place] + p.passing * minutes[place]
        if saw + told[place] > 0.0:
            _impresses(p, client, saw, told[place], deviates[place])


@kernel
def _impresses(p: need_belief.Belief, client: ClientRecord, seen: float, told: float, deviates: Floats) -> None:
    """Let minutes of assessment, by seeing and by being told, move what the worker believes of a client."""
    precision = need_belief.precision(p, seen + told, client.knowledge)
    gain = need_belief.weight(client.unsure, precision)
    share = seen / (seen + told)
    for d in range(_DOMAINS):
        shown = share * client.able[d] + (1.0 - share) * client.usual_able[d]
        got = need_belief.impression(p, shown, precision, deviates[0], deviates[3 + d])
        moved = client.believed[d] + gain * (got - client.believed[d])
        client.believed[d] = min(max(moved, 0.0), 1.0)
    client.unsure *= 1.0 - gain
    blur = 1.0 / math.sqrt(precision)
    upper, lower = client.tolerance + blur * deviates[1], client.lower_limit + blur * deviates[2]
    client.believed_upper = min(max(client.believed_upper + gain * (upper - client.believed_upper), 0.0), 1.0)
    client.believed_lower = min(max(client.believed_lower + gain * (lower - client.believed_lower), 0.0), 1.0)


def week(c: Context) -> None:
    """Let a week pass: beliefs fade to what is expected of anybody, and the believed need follows."""
    clients, experience = c.people.records[: c.people.known], c.staffing.experience
    _week(c.inputs.figures, c.inputs.facts, clients, experience.usual, *experience.held)
    experience.fade(math.exp(-WEEK_DAYS / c.world.belief.experience_days))


@kernel
def _week(
    figures: Sequence[World],
    facts: FactRows,
    clients: ClientRecords,
    usual: Floats,
    seen_by: Floats,
    minutes_by: Floats,
) -> None:
    p = figures[0].belief
    usually = share(WEEK_DAYS / p.usual_days)
    for client in clients:
        post = client.worker
        expected = variance = 0.0
        for d in range(_DOMAINS):
            client.usual_able[d] = toward(client.usual_able[d], client.able[d], usually)
            expected = usual[d] if post < 0 else seen_by[post, d] / max(minutes_by[post], _TINY)
            client.believed[d], variance = need_belief.unseen(p, client.believed[d], client.unsure, expected, WEEK_DAYS)
        client.unsure = variance
        client.belief = _believed(facts[0], client)


@kernel
def _believed(facts: Facts, client: ClientRecord) -> Any:
    """Return the need that the worker believes there to be, mean of the domains."""
    total = 0.0
    for d in range(_DOMAINS):
        total += need_belief.believed_need(facts.demand[client.setting, d], client.believed[d])
    return total / _DOMAINS


def hands_over(c: Context, row: int, kept: float) -> None:
    """End what a worker believes of a client, but for the share that is handed over."""
    people, p = c.people, c.world.belief
    people.believed[row] = need_belief.handed_over(kept, people.believed[row], c.staffing.experience.usual)
    people.unsure[row] = need_belief.variance_handed_over(p, kept, people.unsure[row])


def reads_record(c: Context, row: int) -> None:
    """Let a worker begin with a client by reading the record, where assessment is part of the practice."""
    people, minutes, deviates = c.people, 0.0, np.zeros(_WIDTH)
    if c.world.belief.record_minutes and "assessment" in c.service.practice.components:
        address, first, minutes = int(people.address[row]), c.today * _WIDTH, c.world.belief.record_minutes
        deviates = ndtri(np.array([c.streams.uniform(RECORD, address, first + n) for n in range(_WIDTH)]))
    _reads(c.inputs.figures, c.inputs.facts, people.records[row : row + 1], minutes, deviates)


@kernel
def _reads(figures: Sequence[World], facts: FactRows, clients: ClientRecords, minutes: float, deviates: Floats) -> None:
    for client in clients:
        if minutes > 0.0:
            _impresses(figures[0].belief, client, 0.0, minutes, deviates)
        client.belief = _believed(facts[0], client)
