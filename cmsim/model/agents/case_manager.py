"""The case manager: a working day of contacts, a queue that a policy orders, and crises that come first."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from cmsim.components.monitoring import sensitivity
from cmsim.core import random_streams
from cmsim.core.simtime import HOUR, WEEK_DAYS, workday_after
from cmsim.model.agents import acute_episode
from cmsim.model.agents.agent import Agent
from cmsim.model.agents.contact_consequence import on_contact_held
from cmsim.model.agents.crisis_response import answer
from cmsim.model.agents.daily_hassle import helps_with
from cmsim.model.agents.move_plan import PlanOfMove, appeal
from cmsim.model.roles import Call
from cmsim.model.state.columns import Column, worker_id, worker_key
from cmsim.model.state.day_book import DayBook
from cmsim.model.steps.contact_scheduling import extra_task
from cmsim.schema.codes import (
    AT_THEIR_PLACE,
    CLIENT_CONTACTS,
    DUE_OF,
    MEETS_IN_PERSON,
    MODE,
    RECORDED_FROM,
    VISITS,
    WITH_CONSEQUENCES,
    WITH_WHOM,
    AcuteAnswer,
    ContactKind,
    ContactLimit,
    ContactMode,
    ContactOutcome,
    ContactPlace,
    Counterpart,
    Phase,
    SeenBy,
    Setting,
)
from cmsim.schema.tables import RiskyVisitRow, WorkerDayRow, pack_contact
from cmsim.submodels import move_planning
from cmsim.submodels.job_strain import absent_chance
from cmsim.submodels.visit_safety import incident_chance

if TYPE_CHECKING:
    from cmsim.model.context import Context
    from cmsim.model.roles import CaseManagerRole, ClientRole, SupervisorRole

# bound once: a member of an enumeration takes long to look up, and contacts are many
_CASE_MANAGER = SeenBy.CASE_MANAGER
_TREATED, _WAITED = AcuteAnswer.TREATED, AcuteAnswer.WAITED
_FAMILY_HOME, _JAIL = Setting.FAMILY_HOME, Setting.JAIL
_VISIT, _ACCOMPANY, _WARD, _FAMILY, _CALL = (
    ContactKind.VISIT,
    ContactKind.ACCOMPANY,
    ContactKind.WARD,
    ContactKind.FAMILY,
    ContactKind.CALL,
)
_PHONE, _EMERGENCY_DEPARTMENT = ContactPlace.PHONE, ContactPlace.EMERGENCY_DEPARTMENT
_DROPPED, _REFUSED, _NOT_COME = ContactOutcome.DROPPED, ContactOutcome.REFUSED, ContactOutcome.NOT_COME
_CAPACITY, _DEMAND, _WILLINGNESS = ContactLimit.CAPACITY, ContactLimit.DEMAND, ContactLimit.WILLINGNESS
_HOSPITAL = Counterpart.HOSPITAL
_INPATIENT, _PRODROMAL, _ACUTE = Phase.INPATIENT, Phase.PRODROMAL, Phase.ACUTE
_PHONED = ContactMode.PHONED


NOTICES = random_streams.purpose("contact.notices", "whether a contact notices a prodrome")
REFUSES = random_streams.purpose("contact.refuses", "whether a contact not kept is refused openly")
BRINGS = random_streams.purpose(
    "contact.earlier review", "whether a noticed prodrome is brought to the psychiatrist as urgent"
)
OWNS = random_streams.purpose("coercion.owned", "whether a worker owns the authority of a coercive act openly")
INCIDENT = random_streams.purpose("visit.incident", "whether a worker is threatened on a visit with risk")
AWAY_WEEK = random_streams.purpose("worker.week away", "whether a worker is on leave this week")
AWAY_DAY = random_streams.purpose("worker.day away", "whether a worker is off sick, in training or on holiday today")

MOST_EXHAUSTED = 54.0
LEAST_LEFT = 30
"""Minutes before the end of the day with which nothing more is begun."""


class CaseManager(Agent):
    """One holder of a post. A new holder is a new person with draws of his or her own."""

    skill, exhaustion, caseload = Column(), Column(), Column()

    def __init__(self, community: Context, post: int, holder: int) -> None:
        number = worker_id(post, holder)
        super().__init__(community, worker_key(number))
        self.columns = community.posts
        self.row = post
        self.post = post
        self.holder = holder
        self.number = number
        self.supervisor: SupervisorRole | None = None
        self.on_duty = False
        self.idle = False
        self.queue: list[tuple[Any, ...]] = []
        self.urgent: deque[Call] = deque()
        self.book = DayBook()
        self.relation = [community.world.population.relation] * len(community.agencies)
        self.called_out = False
        self.escorts: deque[int] = deque()
        self.bringing: deque[int] = deque()
        """Clients being brought to hospital, by row: the time for it comes next."""
        self._week, self._on_leave = -1, False
        self.process = community.env.process(self.work())

    # -- what the worker decides -----------------------------------------------------------------------------

    def decide_whom_next(self, left: int) -> tuple[Any, ...] | None:
        """Choose the next contact: the first in the queue that fits into the minutes left today."""
        for place, task in enumerate(self.queue):
            if task[3] + task[4] <= left:
                del self.queue[place]
                return task
        return None

    def decide_to_bring_to_hospital(self, client: ClientRole) -> bool:
        """Decide whether to bring an acutely ill client to hospital; the alternative is what can be done at
        home."""
        return acute_episode.would_bring(self.community, client, self.community.active.home_means)

    def decide_on_illness(self, client: ClientRole) -> None:
        """Decide what to do for somebody met acutely ill: bring to hospital, treat at home, or wait.

        Decided once an episode; every later visit steadies, as far as there are means for it.
        """
        c, means = self.community, self.community.active.home_means
        if not client.illness.is_first_seen_by(_CASE_MANAGER):
            people, row = c.people, client.row
            people.settled[row] = max(float(people.settled[row]), c.world.acute_care.steadied * means)
            return
        if self.decide_to_bring_to_hospital(client):
            self.bringing.append(client.row)
            acute_episode.go_to_hospital(c, client, _CASE_MANAGER)
            return
        if self.decide_to_bring_to_psychiatrist(client):
            client.ask_psychiatrist()
        treats = "crisis intervention" in c.service.practice.components
        answer = _TREATED if treats else _WAITED
        acute_episode.write_seen(c, client, _CASE_MANAGER, answer)
        client.illness.treat(_CASE_MANAGER)

    def decide_to_bring_to_psychiatrist(self, client: ClientRole) -> bool:
        """Decide whether a noticed prodrome is brought to the psychiatrist at once; the alternative is to
        wait and see."""
        c = self.community
        if not c.active.collaborates:
            return False
        chance = c.world.components.physician_hospital.earlier_review
        return c.streams.uniform(BRINGS, client.address, client.episode) < chance

    def decide_on_move(self, client: ClientRole) -> None:
        """Decide on a plan of a move, on what is believed; the alternative is to leave things as they are.

        Who can bear not to act wants a place to be better by a margin; who must act takes what looks best.
        """
        c, row, p = self.community, client.row, self.world.planning
        points = appeal(c, client)
        now = points.pop(client.setting, None)
        if client.family is None or not client.family.decide_to_house():
            points.pop(_FAMILY_HOME, None)
        if now is None or not points:
            return
        target = max(points, key=lambda setting: (points[setting], setting))
        _, control = c.service.planning.waits(float(c.posts.over_control[self.post]))
        if points[target] - now <= p.margin * (1.0 - control):
            return
        held = float(c.today - c.people.wish_since[row])
        pressed = move_planning.pressed(p, held, int(c.people.wish[row]), float(control))
        c.env.process(PlanOfMove(c, client, target, pressed).run())

    def decide_to_take_call(self, call: Call) -> bool:
        """Decide whether to answer a crisis call now; the alternative is to leave
        it to the crisis service."""
        return not call.withdrawn

    def decide_to_own_authority(self, client: ClientRole) -> bool:
        """Decide to say openly that one acts against a client's wish; the alternative is to leave it to
        others."""
        c, p = self.community, self.world.relationship
        chance = p.owned + p.owned_skill * (self.skill - 0.5)
        return bool(c.streams.uniform(OWNS, client.address, c.env.now) < chance)

    def decide_on_colleague(self) -> CaseManagerRole | None:
        """Choose a colleague of the team who is on duty: whoever has least waiting for them now."""
        free = [each for each in self._team() if each.is_free]
        return min(free, key=lambda each: (len(each.queue), each.post), default=None)

    def decide_whom_to_take_along(self, client: ClientRole, minutes: int) -> int:
        """Decide whom to take along on a visit with risk; the alternative is to go alone.

        Returns the colleague's id, or -1; the visit costs that colleague the same minutes.
        """
        c = self.community
        colleague = self.decide_on_colleague() if c.service.crisis.risky_visits.pairs else None
        if colleague is None:
            return -1
        colleague.go_along(minutes)
        return colleague.number

    def _team(self) -> list[CaseManagerRole]:
        c, team = self.community, self.community.posts.team
        mates = np.flatnonzero(team[: len(c.workers)] == team[self.post]).tolist()
        return [mate for post in mates if (mate := c.workers[post]) is not None and mate is not self]

    def worker_on_call(self, today: int) -> CaseManagerRole | None:
        """Return who of the team is on call today: they take turns."""
        team = sorted([self, *self._team()], key=lambda each: each.post)
        return team[today % len(team)]

    def decide_on_time_left(self, left: int, filled: set[int]) -> tuple[Any, ...] | None:
        """Decide what to do with time left over; the alternative is the desk.

        ``filled`` holds the clients for whom time left over was used today.
        """
        c = self.community
        kind = c.service.slack.brings_forward
        task = extra_task(c, self.post, kind, filled) if kind and left > LEAST_LEFT else None
        return task if task is not None and task[3] + task[4] <= left else None

    def decide_visit_lengths(self, left: int) -> None:
        """Decide on how long visits take today, by how full the day is: longer with time left, shorter
        without."""
        c, queue = self.community, self.queue
        if not queue or c.active.visits_as_planned:
            return
        notes = c.active.notes
        load = sum([task[3] + task[4] + notes[task[4]] for task in queue]) / max(left, 1)
        policy = c.service.slack if load < 1.0 else c.service.shortage
        ratio = policy.length(load)
        if ratio != 1.0:
            self.queue = [
                (*task[:4], max(int(task[4] * ratio), 1), *task[5:]) if task[1] in VISITS else task for task in queue
            ]

    # -- the queue of the day --------------------------------------------------------------------------------

    def take_queue(self, tasks: list[tuple[Any, ...]]) -> None:
        """Take the contacts of a day, the most urgent first, in place of those left of another."""
        self.queue = tasks

    def drop_contact(self, row: int, *, kind: int, since: int) -> None:
        """Drop a contact that is overdue for too long; the next of its kind is planned.

        Args:
            row: of the client.
            kind: of the contact.
            since: the day on which it was due.
        """
        c = self.community
        if kind == _VISIT:
            c.people.let_down[row] += 1.0
        c.day.write_contact(
            pack_contact(
                minute=self.env.now,
                client=row,
                worker=self.number,
                kind=kind,
                with_=WITH_WHOM[kind],
                place=_PHONE,
                due_day=since,
                outcome=_DROPPED,
                limit=_CAPACITY,
            )
        )
        c.people.due[DUE_OF[kind], row] = workday_after(int(c.today + c.active.gap_days[kind]))

    # -- crises ----------------------------------------------------------------------------------------------

    def take_call(self, client: ClientRole) -> Call:
        """Take a crisis call into the queue; it comes before everything planned."""
        call = Call(client, self.env.event(), self.env.event())
        self.urgent.append(call)
        self.interrupt_office()
        return call

    @property
    def is_free(self) -> bool:
        """Whether the worker is on duty and nobody in crisis waits for an answer."""
        return self.on_duty and not self.urgent

    def go_along(self, minutes: int) -> None:
        """Go along on a colleague's visit with risk, as soon as what is being done is over."""
        self.escorts.append(minutes)
        self.interrupt_office()

    def interrupt_office(self) -> None:
        """Be called away from the desk, if there."""
        if self.idle:
            self.idle = False
            self.process.interrupt("crisis")

    # -- the working day -------------------------------------------------------------------------------------

    def work(self) -> Generator[Any, Any, None]:
        """Work day after day until the post is left."""
        c, env = self.community, self.env
        try:
            for today, start in self.workdays():
                yield start - env.now
                if self.is_away(today):
                    self.take_queue([])
                    c.posts.week_away[self.post] += 1.0
                    c.ledger.write(
                        WorkerDayRow(
                            day=today,
                            worker=self.number,
                            absent=True,
                            caseload=self.caseload,
                            exhaustion=self.exhaustion,
                        )
                    )
                else:
                    yield from self.day(today, start)
        except simpy.Interrupt:
            self.on_duty = False

    def is_away(self, today: int) -> bool:
        """Return whether the worker is on leave this week or away today."""
        c, p, week = self.community, self.world.workforce, today // WEEK_DAYS
        if week != self._week:
            self._week = week
            self._on_leave = c.streams.uniform(AWAY_WEEK, self.number, week) < p.leave_week
        if self._on_leave:
            return True
        exhaustion = self.columns.cells.exhaustion[self.row]
        return c.streams.uniform(AWAY_DAY, self.number, today) < absent_chance(p, exhaustion)

    def day(self, today: int, start: int) -> Generator[Any, Any, None]:
        """Go through one working day: the team first, then crises as they come and the queue as it stands."""
        c, env, staff = self.community, self.env, self.community.active.staff
        self.book = book = DayBook()
        self.on_duty = True
        end = start + int(staff.hours * HOUR)
        latest = end + int(staff.overtime_minutes)
        book.supervision = self.supervisor.decide_minutes(self) if self.supervisor is not None else 0
        book.team = c.active.team_minutes + book.supervision
        yield book.team
        self.decide_visit_lengths(end - env.now)
        urgent, escorts, bringing, filled = self.urgent, self.escorts, self.bringing, set[int]()
        clients, risk_until, post = c.clients, c.people.cells.risk_until, self.post
        while True:
            if urgent:
                call = urgent.popleft()
                if self.decide_to_take_call(call):
                    if c.world.loops.crisis_crowd_out:
                        yield from answer(c, self, call)
                    else:
                        env.process(answer(c, self, call))
                continue
            if escorts:
                minutes = escorts.popleft()
                book.along += minutes
                yield minutes
                continue
            if bringing:
                yield self.accompany_to_hospital(bringing.popleft())
                continue
            now = env.now
            task: tuple[Any, ...] | None = None
            if now < end:
                task = self.decide_whom_next(latest - now) or self.decide_on_time_left(end - now, filled)
            if task is not None:
                row, travel = task[0], task[3]
                client = clients[row]
                if task[5] in AT_THEIR_PLACE and risk_until[row] > today:
                    self.visit_with_risk(client, travel + task[4])
                if travel:
                    yield travel
                if client.worker == post or self.is_seen_by_team(client):
                    yield self.meet(task)
                else:
                    book.travel += travel
            elif now >= end:
                break
            else:
                self.idle = True
                try:
                    yield end - now
                except simpy.Interrupt as interrupt:
                    if interrupt.cause != "crisis":
                        raise
                self.idle = False
                book.office += env.now - now
        self.on_duty = False
        book.overtime = max(env.now - end, 0)
        self.close_day(today)

    def close_day(self, today: int) -> None:
        """Write the day down and add it to the week."""
        c, post, book = self.community, self.post, self.book
        cells = c.posts.cells
        cells.week_crises[post] += book.crises
        cells.week_overtime[post] += book.overtime
        cells.week_supervision[post] += book.supervision
        c.ledger.write(
            WorkerDayRow(
                day=today,
                worker=self.number,
                absent=False,
                caseload=cells.caseload[post],
                client_minutes=book.client,
                collateral_minutes=book.collateral,
                travel_minutes=book.travel,
                notes_minutes=book.notes,
                team_minutes=book.team,
                office_minutes=book.office,
                along_minutes=book.along,
                overtime=book.overtime,
                supervision=book.supervision,
                recorded=book.recorded,
                undone=len(self.queue),
                exhaustion=cells.exhaustion[post],
            )
        )

    def visit_with_risk(self, client: ClientRole, minutes: int) -> None:
        """Go to somebody with known risk, in a pair or alone; an incident or unease wears on the worker."""
        c, p = self.community, self.world.safety
        second = self.decide_whom_to_take_along(client, minutes)
        chance = incident_chance(p, second >= 0)
        incident = c.streams.uniform(INCIDENT, client.address, c.env.now) < chance
        self.exhaustion = min(self.exhaustion + p.strain * incident + p.unease * (second < 0), MOST_EXHAUSTED)
        c.ledger.write(
            RiskyVisitRow(minute=c.env.now, client=client.row, worker=self.number, second=second, incident=incident)
        )

    def accompany_to_hospital(self, row: int) -> int:
        """Write down going with a client to hospital and waiting there; return the minutes with notes."""
        c, book = self.community, self.book
        minutes = int(c.world.acute_care.bring_minutes)
        c.day.write_contact(
            pack_contact(
                minute=c.env.now,
                client=row,
                worker=self.number,
                kind=_ACCOMPANY,
                with_=_HOSPITAL,
                place=_EMERGENCY_DEPARTMENT,
                minutes=minutes,
                due_day=c.today,
            )
        )
        notes: int = c.active.notes[minutes]
        book.collateral += minutes
        book.notes += notes
        book.recorded += minutes > RECORDED_FROM
        return minutes + notes

    def meet(self, task: tuple[Any, ...]) -> int:
        """Arrive for a planned contact; write it down and return the minutes it takes, writing up included.

        Whether the client is there and comes, and what is noticed, is settled now; what the contact did is
        worked out tonight.
        """
        row, kind, due, travel, minutes, place, again, retry, waited, chance, drawn = task
        c, book = self.community, self.book
        cells, client, now, today = c.people.cells, c.clients[row], c.env.now, c.today
        book.travel += travel
        meets = kind in CLIENT_CONTACTS
        there = client.phase == _INPATIENT if kind == _WARD else client.present or not meets
        if there and (not meets or client.decide_to_come(chance, drawn)):
            noticed = 0
            if meets or kind == _FAMILY:
                if client.phase:
                    noticed = self.look(client, kind, minutes)
                elif meets:
                    cells.known_unwell[row] = 0.0
                cells.last_any[row] = today
                if meets:
                    cells.missed[row] = 0
                    if kind != _CALL:
                        cells.last_seen[row] = today
                    if client.hassles:
                        helps_with(c, client, self.skill, kind == _CALL)
            if meets:
                book.client += minutes
            else:
                book.collateral += minutes
            if minutes > RECORDED_FROM:
                book.recorded += 1
            c.day.write_contact(
                pack_contact(
                    minute=now,
                    client=row,
                    worker=self.number,
                    kind=kind,
                    with_=WITH_WHOM[kind],
                    mode=_PHONED if place == _PHONE else MODE[kind],
                    place=place,
                    travel=travel,
                    minutes=minutes,
                    due_day=due,
                    limit=_CAPACITY if waited else _DEMAND,
                    noticed=noticed,
                )
            )
            cells.due[DUE_OF[kind]][row] = again
            if kind in WITH_CONSEQUENCES:
                on_contact_held(c, client, kind)
            notes: int = c.active.notes[minutes]
            book.notes += notes
            return minutes + notes
        refused = there and c.streams.uniform(REFUSES, client.address, now) < c.world.relationship.refuses
        c.day.write_contact(
            pack_contact(
                minute=now,
                client=row,
                worker=self.number,
                kind=kind,
                with_=WITH_WHOM[kind],
                mode=MODE[kind],
                place=place,
                travel=travel,
                due_day=due,
                outcome=_REFUSED if refused else _NOT_COME,
                limit=_WILLINGNESS,
            )
        )
        cells.due[DUE_OF[kind]][row] = retry
        cells.missed[row] += 1
        if not there:
            self.on_found_gone(client)
        wait: int = c.active.no_show_wait
        book.travel += wait
        return wait

    def is_seen_by_team(self, client: ClientRole) -> bool:
        """Return whether a client is the worker's own, or the team's where it shares its clients."""
        post = client.worker
        if post == self.post:
            return True
        team_of = self.community.posts.cells.team
        shared = post >= 0 and self.community.service.caseload.sharing.shared
        return bool(shared and team_of[post] == team_of[self.post])

    def look(self, client: ClientRole, kind: int, minutes: int) -> int:
        """See how a person who is not well is; return 1 if a prodrome was noticed just now."""
        c, row = self.community, client.row
        if client.phase != _PRODROMAL:
            self.learn_unwell(client)
            if client.phase == _ACUTE and kind in MEETS_IN_PERSON:
                self.decide_on_illness(client)
            return 0
        if client.noticed_by:
            return 0
        cells = c.people.cells
        known = cells.family_knowledge[row] if kind == _FAMILY else cells.knowledge[row]
        chance = sensitivity(
            c.world.components.monitoring, minutes * c.active.monitoring_share[kind], known, kind == _CALL
        )
        if c.streams.uniform(NOTICES, client.address, c.env.now) >= chance:
            return 0
        client.illness.on_noticed("case manager")
        return 1

    def learn_unwell(self, client: ClientRole) -> None:
        """Come to know that a client is unwell: the next visit moves forward."""
        c, cells, row = self.community, self.community.people.cells, client.row
        if cells.known_unwell[row] or not self.is_seen_by_team(client):
            return
        cells.known_unwell[row] = 1.0
        cells.next_visit[row] = min(cells.next_visit[row], workday_after(c.today + 1))

    def on_worry(self, client: ClientRole) -> None:
        """Hear from a client about something that worries: the next call moves forward."""
        c, next_call, row = self.community, self.community.people.cells.next_call, client.row
        next_call[row] = min(next_call[row], workday_after(c.today + 1))

    def on_found_gone(self, client: ClientRole) -> None:
        """Find a client in hospital, jail or gone; an admission nobody reported is learnt of here."""
        c, row = self.community, client.row
        if client.setting == _JAIL and "family consultation" in c.service.practice.components:
            c.people.next_agency[row] = workday_after(c.today + 1)
        if client.phase == _INPATIENT:
            c.people.cells.known_unwell[row] = 1.0
            c.hospital.on_enquiry(client)

    def leave_post(self) -> None:
        """Leave the post: the process ends, calls in the queue find nobody."""
        for call in self.urgent:
            call.withdrawn = True
        if self.process.is_alive:
            self.process.interrupt("left")
