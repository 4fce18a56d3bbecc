"""Crises as a case manager answers them: called from the desk, or gone out to out of hours."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import simpy

from cmsim.core import random_streams
from cmsim.core.sampling import normal
from cmsim.model.agents.daily_hassle import helps_with
from cmsim.model.state.columns import SHELTER
from cmsim.schema.contact_codes import CRISIS, DEMAND, HELD, HOME, NEIGHBOURHOOD
from cmsim.schema.tables import contact_row
from cmsim.submodels.contact_time import lengths

if TYPE_CHECKING:
    from cmsim.model.agents.case_manager import CaseManager
    from cmsim.model.agents.client import Client

CRISIS_MINUTES = random_streams.purpose("crisis.minutes", "how long a crisis contact of the own worker lasts")


@dataclass(slots=True, eq=False)
class Call:
    """A crisis call to a worker: answered when the worker turns to it, finished when the contact ends."""

    client: Client
    answered: simpy.Event
    finished: simpy.Event
    withdrawn: bool = False


class AnswersCrises:
    """What a case manager does when a client is in crisis."""

    def is_called(self: CaseManager, client: Client) -> Call:
        """Take a crisis call into the queue; it comes before everything planned."""
        env = self.community.env
        call = Call(client, env.event(), env.event())
        self.urgent.append(call)
        self.interrupts_office()
        return call

    def interrupts_office(self: CaseManager) -> None:
        """Be called away from the desk, if there."""
        if self.idle:
            self.idle = False
            self.process.interrupt("crisis")

    def goes_out(self: CaseManager, client: Client, began: int) -> Generator[Any, Any, int]:
        """Go to a client in crisis out of hours; return the minutes it took to come."""
        c, env = self.community, self.community.env
        self.called_out = True
        travel = int(c.people.cells.distance[client.row])
        yield travel
        start, waited = env.now, env.now - began
        deviate = normal(c.streams.uniform(CRISIS_MINUTES, client.address, start))
        minutes = int(lengths(c.world.contact_time, c.world.crisis.minutes, deviate))
        if client.present:
            yield minutes
            self.writes_crisis(client, start, travel, minutes)
            cells = c.posts.cells
            cells.week_unsocial[self.post] += travel + minutes
            cells.week_crises[self.post] += 1.0
        self.called_out = False
        return waited

    def writes_crisis(self: CaseManager, client: Client, start: int, travel: int, minutes: int) -> None:
        """Write a crisis contact down: seen today, hassles dealt with."""
        c, row = self.community, client.row
        if client.hassles:
            helps_with(client, self.skill, phone=False)
        cells = c.people.cells
        cells.last_seen[row] = cells.last_any[row] = c.today
        place = NEIGHBOURHOOD if client.setting <= SHELTER else HOME
        c.day.write_contact(
            contact_row(start, row, 0, self.number, CRISIS, 0, 0, place, travel, minutes, c.today, HELD, DEMAND, 0)
        )

    def answer(self: CaseManager, call: Call) -> Generator[Any, Any, None]:
        """Go to a client in crisis and stay until it is settled or handed on."""
        c, env, book = self.community, self.community.env, self.book
        client, row = call.client, call.client.row
        call.answered.succeed()
        travel = int(c.people.cells.distance[row])
        try:
            yield travel
            start, there = env.now, client.present
            deviate = normal(c.streams.uniform(CRISIS_MINUTES, client.address, start))
            minutes = int(lengths(c.world.contact_time, c.world.crisis.minutes, deviate))
            if there:
                yield minutes
        finally:
            # also when the worker leaves on the way: somebody waits for the end of this
            call.finished.succeed()
        if not there:
            book.travel += travel
            return
        self.learns_unwell(client)
        self.writes_crisis(client, start, travel, minutes)
        notes: int = c.active.notes[minutes]
        book.travel += travel
        book.client += minutes
        book.notes += notes
        book.recorded += 1
        book.crises += 1
        yield notes
