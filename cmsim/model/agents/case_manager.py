"""The case manager: a working day of contacts, a queue that a policy orders, and crises that come first."""

from collections import deque

import numpy as np
import simpy

from cmsim.core import random_streams
from cmsim.core.simtime import DAY, HOUR, WEEK_DAYS, workday_after
from cmsim.model.agents import acute_episode
from cmsim.model.agents.agent import Agent
from cmsim.model.agents.crisis_aftercare import keep_close
from cmsim.model.agents.crisis_response import answer
from cmsim.model.agents.move_plan import PlanOfMove, appeal
from cmsim.model.agents.planned_contact import accompany_to_hospital, meet, visit_with_risk
from cmsim.model.agents.worker_absence import is_off, is_on_leave
from cmsim.model.context import Context
from cmsim.model.roles import Call, CaseManagerRole, ClientRole, Process, SupervisorRole
from cmsim.model.state.columns import Column, worker_id, worker_key
from cmsim.model.state.contact_task import ContactTask
from cmsim.model.state.day_book import DayBook
from cmsim.model.steps.contact_scheduling import extra_task
from cmsim.policies.rule_answer import number, pair
from cmsim.schema.codes import AcuteAnswer, SeenBy, Setting
from cmsim.schema.contact_kinds import AT_THEIR_PLACE, VISITS
from cmsim.schema.tables import WorkerDayRow
from cmsim.submodels import move_planning

# bound once: a member of an enumeration takes long to look up, and contacts are many
_CASE_MANAGER = SeenBy.CASE_MANAGER.value

BRINGS = random_streams.purpose(
    "contact.earlier review", "whether a noticed prodrome is brought to the psychiatrist as urgent"
)
OWNS = random_streams.purpose("coercion.owned", "whether a worker owns the authority of a coercive act openly")

LEAST_LEFT = 30
"""Minutes before the end of the day with which nothing more is begun."""


class CaseManager(Agent):
    """One holder of a post. A new holder is a new person with draws of his or her own."""

    skill = Column()

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
        self.queue: list[ContactTask] = []
        self.fills_time = True
        self.urgent: deque[Call] = deque()
        self.book = DayBook()
        self.relation = [community.world.population.relation] * len(community.agencies)
        self.called_out = False
        self.out_until = 0
        """Minute at which the last call out of hours was over."""
        self.out_with = 0
        """Minutes with the client on that call."""
        self.escorts: deque[int] = deque()
        self.bringing: deque[int] = deque()
        """Clients being brought to hospital, by row: the time for it comes next."""
        self._week, self._on_leave = -1, False
        self.process = community.env.process(self.work())

    # -- what the worker decides -----------------------------------------------------------------------------

    def decide_whom_next(self, left: int) -> ContactTask | None:
        """Choose the first contact in the queue, ordered by `service.allocation`, that fits into the time left."""
        for place, task in enumerate(self.queue):
            if task.travel + task.minutes <= left:
                del self.queue[place]
                return task
        return None

    def decide_to_bring_to_hospital(self, client: ClientRole) -> bool:
        """Decide whether to bring an acutely ill client to hospital; the alternative is what can be done at
        home."""
        c = self.community
        if c.env.now < client.illness.brought_at + self.world.home_care.again_days * DAY:
            return False
        return acute_episode.would_bring(c, client, c.staffing.care_at_home.means(client, self))

    def decide_on_illness(self, client: ClientRole) -> None:
        """Decide what to do for somebody met acutely ill: bring to hospital, treat at home, or wait.

        Decided at every visit, on the same draw in one episode: what there are means for changes.
        """
        c, first = self.community, client.illness.is_first_seen_by(_CASE_MANAGER)
        client.illness.hold(c.world.untreated.holds_days * c.active.treats)
        if self.decide_to_bring_to_hospital(client):
            client.illness.brought_at = c.env.now
            self.bringing.append(client.row)
            acute_episode.go_to_hospital(c, client, _CASE_MANAGER)
            return
        c.staffing.care_at_home.count(visits=1.0)
        if first:
            if self.decide_to_bring_to_psychiatrist(client):
                client.ask_psychiatrist()
            treats = "crisis intervention" in c.service.practice.components
            acute_episode.write_seen(c, client, _CASE_MANAGER, AcuteAnswer.TREATED if treats else AcuteAnswer.WAITED)
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
            points.pop(Setting.FAMILY_HOME, None)
        if now is None or not points:
            return
        target = max(points, key=lambda setting: (points[setting], setting))
        _, control = pair("service.planning", c.service.planning.waits, float(c.posts.over_control[self.post]))
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
        chance: float = p.owned + p.owned_skill * (self.skill - 0.5)
        return c.streams.uniform(OWNS, client.address, c.env.now) < chance

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
        if self.world.mechanisms.own_worker_answers:
            team = [each for each in team if not each.is_away(today)]
        return team[today % len(team)] if team else None

    def decide_on_time_left(self, left: int, filled: set[int]) -> ContactTask | None:
        """Decide what to do with time left over; the alternative is the desk.

        ``filled`` holds the clients for whom time left over was used today.
        """
        c = self.community
        kind = c.service.slack.brings_forward if self.fills_time else ""
        if kind:
            left -= int(number("service.slack", c.service.slack.desk_time))
        task = extra_task(c, self.post, kind, filled) if kind and left > LEAST_LEFT else None
        return task if task is not None and task.travel + task.minutes <= left else None

    def decide_visit_lengths(self, left: int) -> None:
        """Decide on how long visits take today, by how full the day is: longer with time left, shorter
        without."""
        c, queue = self.community, self.queue
        if not queue or c.active.visits_as_planned or not self.fills_time:
            return
        notes = c.active.notes
        load = sum([task.travel + task.minutes + notes[task.minutes] for task in queue]) / max(left, 1)
        key, policy = ("service.slack", c.service.slack) if load < 1.0 else ("service.shortage", c.service.shortage)
        ratio = number(key, policy.length, load)
        if ratio != 1.0:
            self.queue = [
                task._replace(minutes=max(int(task.minutes * ratio), 1)) if task.kind in VISITS else task
                for task in queue
            ]

    # -- the queue of the day --------------------------------------------------------------------------------

    def take_queue(self, tasks: list[ContactTask], fills_time: bool = True) -> None:
        """Take the contacts of a day, the most urgent first, in place of those left of another.

        Where ``fills_time`` is false somebody else has decided: visits keep their minutes, and none is added.
        """
        self.queue, self.fills_time = tasks, fills_time

    # -- crises ----------------------------------------------------------------------------------------------

    def take_call(self, client: ClientRole) -> Call:
        """Take a crisis call into the queue; it comes before everything planned."""
        call = Call(client, self.env.event(), self.env.event())
        self.urgent.append(call)
        self.interrupt_office()
        return call

    def on_told(self, client: ClientRole) -> None:
        """Be told by client or family of acute illness: it is a crisis call while on duty."""
        self.learn_unwell(client)
        if self.world.mechanisms.own_worker_answers and self.on_duty:
            self.take_call(client).decides = True

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

    def work(self) -> Process:
        """Work day after day until the post is left."""
        c, env = self.community, self.env
        try:
            for today, start in self.workdays():
                yield start - env.now
                if self.is_away(today):
                    self.take_queue([])
                    c.posts.week_away[self.post] += 1.0
                    cells = c.posts.cells
                    caseload, exhaustion = cells.caseload[self.post], cells.exhaustion[self.post]
                    c.ledger.write(WorkerDayRow)(
                        day=today, worker=self.number, absent=True, caseload=caseload, exhaustion=exhaustion
                    )

                else:
                    yield from self.day(today, start)
        except simpy.Interrupt:
            self.on_duty = False

    def is_away(self, today: int) -> bool:
        """Return whether the worker is on leave this week or away today."""
        c, week = self.community, today // WEEK_DAYS
        if week != self._week:
            self._week, self._on_leave = week, is_on_leave(c, self.number, today)
        return self._on_leave or is_off(c, self.number, self.post, today)

    def day(self, today: int, start: int) -> Process:
        """Go through one working day: the team first, then crises as they come and the queue as it stands."""
        c, env, staff = self.community, self.env, self.community.active.staff
        self.book = book = DayBook()
        while self.world.mechanisms.own_worker_answers and self.called_out:
            yield max(self.out_until - env.now, 1)
        if late := env.now - start:
            # still out on call when the day began: it begins there
            book.client += (there := min(late, self.out_with))
            book.travel += late - there
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
                yield accompany_to_hospital(c, self, bringing.popleft())
                continue
            now = env.now
            task: ContactTask | None = None
            if now < end:
                task = self.decide_whom_next(latest - now) or self.decide_on_time_left(end - now, filled)
            if task is not None:
                row, travel = task.client, task.travel
                client = clients[row]
                if task.place in AT_THEIR_PLACE and risk_until[row] > today:
                    visit_with_risk(c, self, client, travel + task.minutes)
                if travel:
                    yield travel
                if client.worker == post or self.is_seen_by(client):
                    yield meet(c, self, task)
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
        c.ledger.write(WorkerDayRow)(
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

    def is_seen_by(self, client: ClientRole) -> bool:
        """Return whether the worker sees a client: the worker's own, or the team's where it shares its clients."""
        post = client.worker
        if post == self.post:
            return True
        team_of = self.community.posts.cells.team
        return (
            post >= 0 and self.community.service.caseload.sharing.shared and bool(team_of[post] == team_of[self.post])
        )

    def learn_unwell(self, client: ClientRole) -> None:
        """Come to know that a client is unwell: the next visit moves forward."""
        c, cells, row = self.community, self.community.people.cells, client.row
        if self.world.mechanisms.own_worker_answers and self.is_seen_by(client):
            keep_close(c, client)
        if not cells.known_unwell[row] and self.is_seen_by(client):
            cells.known_unwell[row] = 1.0
            cells.next_visit[row] = min(cells.next_visit[row], workday_after(c.today + 1))

    def leave_post(self) -> None:
        """Leave the post: the process ends, calls in the queue find nobody."""
        for call in self.urgent:
            call.withdrawn = True
        if self.process.is_alive:
            self.process.interrupt("left")
