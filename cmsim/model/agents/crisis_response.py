"""Crises as a case manager answers them: called from the desk, or gone out to out of hours."""

from collections.abc import Generator
from typing import Any

from cmsim.core import random_streams
from cmsim.core.sampling import normal
from cmsim.model.agents.daily_hassle import help_with_hassles
from cmsim.model.context import Context
from cmsim.model.roles import Call, CaseManagerRole, ClientRole, Process
from cmsim.schema.codes import HOMELESS, ContactKind, ContactPlace, Phase
from cmsim.submodels.contact_time import rounded_length

CRISIS_MINUTES = random_streams.purpose("crisis.minutes", "how long a crisis contact of the own worker lasts")


def go_out(c: Context, worker: CaseManagerRole, client: ClientRole, began: int) -> Generator[Any, Any, int]:
    """Send a worker to a client in crisis out of hours; return the minutes it took to come."""
    env = c.env
    worker.called_out = True
    left = env.now
    worker.out_until = left + int(c.people.cells.distance[client.row])
    yield worker.out_until - left
    yield from client.wait_for_others()
    start, waited, travel = env.now, env.now - began, env.now - left
    worker.out_with = minutes = _minutes(c, client, start) if client.present else 0
    if client.present:
        worker.out_until = start + minutes
        client.stay_with(start + minutes)
        yield minutes
        _write(c, worker, client, start, travel, minutes)
        cells = c.posts.cells
        cells.week_unsocial[worker.post] += travel + minutes
        cells.week_crises[worker.post] += 1.0
    worker.called_out = False
    return waited


def answer(c: Context, worker: CaseManagerRole, call: Call) -> Process:
    """Let a worker go to a client in crisis and stay until it is settled or handed on."""
    env, book = c.env, worker.book
    client, row = call.client, call.client.row
    call.answered.succeed()
    left = env.now
    try:
        yield int(c.people.cells.distance[row])
        yield from client.wait_for_others()
        # who waits for others to be done is still on the way
        start, travel, there = env.now, env.now - left, client.present
        minutes = _minutes(c, client, start)
        if there:
            client.stay_with(start + minutes)
            yield minutes
    finally:
        # also when the worker leaves on the way: somebody waits for the end of this
        call.finished.succeed()
    if not there:
        book.travel += travel
        return
    worker.learn_unwell(client)
    _write(c, worker, client, start, travel, minutes)
    notes = c.active.notes[minutes]
    book.travel += travel
    book.client += minutes
    book.notes += notes
    book.recorded += 1
    book.crises += 1
    yield notes
    if call.decides and client.phase == Phase.ACUTE:
        worker.decide_on_illness(client)


def _minutes(c: Context, client: ClientRole, start: int) -> int:
    deviate = normal(c.streams.uniform(CRISIS_MINUTES, client.address, start))
    return int(rounded_length(c.world.contact_time, c.world.crisis.minutes, deviate))


def _write(c: Context, worker: CaseManagerRole, client: ClientRole, start: int, travel: int, minutes: int) -> None:
    """Write a crisis contact down: seen today, hassles dealt with."""
    row = client.row
    if client.hassles:
        help_with_hassles(c, client, worker.skill, phone=False)
    cells = c.people.cells
    cells.last_seen[row] = cells.last_any[row] = c.today
    place = ContactPlace.NEIGHBOURHOOD if client.setting in HOMELESS else ContactPlace.HOME
    c.day.write_contact(
        minute=start,
        client=row,
        worker=worker.number,
        kind=ContactKind.CRISIS,
        place=place,
        travel=travel,
        minutes=minutes,
        due_day=c.today,
    )
