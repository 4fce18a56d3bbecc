"""Stage 5: the night: slow state moves on by a day for everybody, and tomorrow's events are put on the clock."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim.core import random_streams
from cmsim.core.compilation import kernel
from cmsim.core.hazard_clocks import DailyHazard
from cmsim.core.numeric import Floats, Ints, Records
from cmsim.core.simtime import DAY, WEEK_DAYS, at
from cmsim.model.agents.crisis_episode import run_crisis
from cmsim.model.agents.medication_taking import resume_medication
from cmsim.model.steps import family_and_activity as surroundings
from cmsim.model.steps import worker_beliefs
from cmsim.model.steps.unmet_need import refresh_needs
from cmsim.schema.codes import Phase
from cmsim.submodels import crisis, illness, medication, stress, therapeutic_relationship, untreated_illness
from cmsim.submodels import family_climate as families

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cmsim.model.context import Context
    from cmsim.model.state.records import ClientRecords
    from cmsim.model.steps.contact_effects import Effects
    from cmsim.scenario.world import World

Due = tuple[int, int, float, float]

RESUMES = random_streams.purpose("medication.resumes", "whether somebody who stopped medication resumes it")


def night(c: Context, today: Effects) -> None:
    """Move slow state on by a day, given what today's contacts delivered, and look ahead to tomorrow."""
    n = c.people.known
    if not n:
        return
    if c.day.changed:
        refresh_needs(c, np.array(sorted(c.day.changed), dtype=np.int64))
        c.day.changed.clear()
    clients, rows = c.people.records[:n], today.rows
    if len(rows):
        pressed = np.empty(len(rows), np.int64)
        taught, count = _met(c.inputs.figures, clients, rows, today.amounts, pressed)
        if taught:
            surroundings.weigh(c, rows)
        for place in pressed[:count].tolist():
            _may_take_it_up(c, int(rows[place]), today.amounts["resumption"].item(place))
    if len(rows) or not c.world.loops.whom_workers_see:
        amounts = today.amounts
        worker_beliefs.learn(c, rows, amounts["seen"], amounts["told"], amounts["minutes"])
    hazards = np.empty((len(DailyHazard), n))
    _passes(c.inputs.figures, clients, c.inputs.kept, hazards)
    put_on_clock(c, c.clocks.daily.advance(hazards, 1), 1, _on_due)


@kernel
def _met(figures: Sequence[World], clients: ClientRecords, rows: Ints, amounts: Records, pressed: Ints) -> Any:
    """Let today's contacts act on the clients they were with.

    Returns whether a family was taught, and how many clients who have stopped medication were pressed to
    take it up again; their places in ``rows`` are written to ``pressed``.
    """
    w, taught, count = figures[0], False, 0
    for place in range(len(rows)):
        client, today = clients[rows[place]], amounts[place]
        alliance = therapeutic_relationship.alliance_met(client.alliance, client.alliance_ceiling, today.alliance)
        client.alliance = max(alliance - today.alliance_loss, 0.0)
        client.knowledge = therapeutic_relationship.knowledge_met(w.relationship, client.knowledge, today.knowledge)
        client.intrusion += today.intrusion
        # a minute that asks something of a person does nothing for the person
        helped = max(today.minutes - today.asked, 0.0) if w.mechanisms.demands else today.minutes
        client.support_minutes += helped * (WEEK_DAYS / w.support.memory_days)
        client.asked += today.asked * (WEEK_DAYS / w.support.memory_days)
        client.supply = min(client.supply + today.supply, w.medication.supply_days)
        client.fit += (1.0 - client.fit) * min(today.fit, 1.0)
        client.taught += today.taught
        client.plan_minutes += today.planned
        client.stress *= 1.0 - min(today.relief, w.stress.relief_cap)
        client.coerced *= math.exp(-today.repair)
        client.insight += (1.0 - client.insight) * min(today.insight_gained, 1.0)
        client.insight *= math.exp(-today.insight_lost)
        surroundings.met(client, today)
        taught = taught or today.family_taught != 0.0
        if today.resumption * client.stopped != 0.0:
            pressed[count] = place
            count += 1
    return taught, count


def _may_take_it_up(c: Context, row: int, push: float) -> None:
    """Let somebody who stopped medication take it up again, as far as today's contacts pressed for it."""
    push *= c.people.cells.stopped[row]
    asked = c.streams.uniform(RESUMES, c.people.cells.address[row], c.today) < -math.expm1(-push)
    if asked and c.clients[row].decide_to_resume_medication():
        resume_medication(c, row)


@kernel
def _passes(figures: Sequence[World], clients: ClientRecords, kept: Floats, hazards: Floats) -> None:
    """Let a day pass over everybody; work out tomorrow's daily hazards.

    Args:
        figures: of the world.
        clients: their records.
        kept: share of recency, and of having settled after a crisis, that a day leaves.
        hazards: to be filled, a row a kind of ``core.hazard_clocks.DailyHazard``; 0 where it cannot be.
    """
    w = figures[0]
    usual, told = w.relationship.usual_alliance, w.loops.alliance_disclosure
    for row in range(len(clients)):
        client = clients[row]
        client.supply = max(client.supply - client.adherence, 0.0)
        # nobody takes what is not there
        target = client.adherence_target if client.supply > 0.0 else 0.0
        client.adherence = medication.adherence_next(w.medication, client.adherence, target)
        client.stress = stress.stress_next(w.stress, client.stress, client.stress_pull)
        client.recency *= kept[0]
        client.settled *= kept[1]
        hazards[DailyHazard.ONSET, row] = client.can_fall_ill * illness.onset_hazard(
            w.illness, client.onset_log, client.adherence * client.fit, client.stress, client.recency
        )
        ratio = client.crisis_ratio * untreated_illness.crisis_ratio(w.untreated, client.untreated)
        hazards[DailyHazard.CRISIS, row] = client.present * crisis.crisis_hazard(
            w.crisis, client.phase == Phase.ACUTE, client.stress, ratio, client.settled
        )
        tells = w.relationship.tells_rate * (client.alliance if told else usual) * client.insight
        hazards[DailyHazard.TELLS, row] = client.unnoticed * tells
        hazards[DailyHazard.FAMILY_CALLS, row] = client.unnoticed * families.call_hazard(
            w.family, client.family_contact, client.family_knowledge
        )


def _on_due(c: Context, kind: int, row: int, hazard: float) -> None:
    client = c.clients[row]
    if kind == DailyHazard.ONSET:
        client.illness.begin_prodrome()
    elif kind == DailyHazard.CRISIS:
        c.env.process(run_crisis(c, client, hazard))
    elif kind == DailyHazard.TELLS:
        if client.decide_to_tell():
            client.illness.on_noticed("client")
    elif client.family is not None:
        client.family.on_signs()


def put_on_clock(c: Context, due: list[Due], days: int, on_due: Callable[[Context, int, int, float], None]) -> None:
    """Put events that fall due in the next ``days`` on the clock at their minute, in order of minute and address."""
    address = c.people.cells.address
    tomorrow = at(c.today + 1)
    timed = [
        (tomorrow + min(int(share * days * DAY), days * DAY - 1), address[row], kind, row, hazard)
        for kind, row, share, hazard in due
    ]
    for minute, _, kind, row, hazard in sorted(timed):
        c.env.call_at(minute, on_due, c, kind, row, hazard)
