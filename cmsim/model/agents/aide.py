"""The case aide: goes along, calls, teaches in passing; extends case managers who supervise (K-78)."""

from collections.abc import Sequence

from cmsim.core.simtime import HOUR
from cmsim.model.agents.agent import Agent
from cmsim.model.agents.contact_consequence import on_contact_held
from cmsim.model.agents.planned_contact import look
from cmsim.model.context import Context
from cmsim.model.roles import Process
from cmsim.model.state.contact_task import ContactTask
from cmsim.schema.codes import ContactKind, ContactLimit, ContactOutcome, Provider
from cmsim.schema.contact_kinds import DUE_OF, MODE, WITH_WHOM

# bound once: a member of an enumeration takes long to look up, and contacts are many
_HELD, _NOT_COME = ContactOutcome.HELD.value, ContactOutcome.NOT_COME.value
_DEMAND, _WILLINGNESS = ContactLimit.DEMAND.value, ContactLimit.WILLINGNESS.value
_AIDE = Provider.AIDE.value
_ACCOMPANY = ContactKind.ACCOMPANY.value


TAKES = (ContactKind.CALL, ContactKind.ACCOMPANY)
"""What an aide may do instead of a case manager: never a crisis, never an assessment."""


class Aide(Agent):
    """One aide; works off what case managers hand over each morning."""

    def __init__(self, community: Context, number: int) -> None:
        super().__init__(community, f"aide-{number + 1}")
        self.number = number
        self.queue: list[ContactTask] = []
        self.at_work = True
        self.left = 0
        community.env.process(self.work())

    def decide_to_take(self, task: ContactTask, known_unwell: bool) -> bool:
        """Decide to take a contact over from a case manager; the alternative is to leave it where it is."""
        return task.kind in TAKES and not known_unwell and task.travel + task.minutes <= self.left

    def take_task(self, task: ContactTask) -> None:
        """Take a contact into today's queue."""
        self.queue.append(task)
        self.left -= task.travel + task.minutes + self.community.active.notes[task.minutes]

    def set_at_work(self, at_work: bool) -> None:
        """Begin or end being paid; who is not is handed nothing over."""
        self.at_work = at_work

    def begin_day(self) -> None:
        """Begin a working day with an empty queue and all hours left."""
        self.queue = []
        self.left = int(self.community.service.staff.hours * HOUR) if self.at_work else 0

    def work(self) -> Process:
        """Work day after day."""
        c, env = self.community, self.env
        for _, start in self.workdays():
            yield start - env.now
            for task in self.queue:
                if task.travel:
                    yield task.travel
                if c.clients[task.client].case_manager is not None:
                    yield self.meet(task)

    def meet(self, task: ContactTask) -> int:
        """Arrive for a contact, write it down, and return the minutes it takes."""
        row, kind, due, travel, minutes, place, again, retry, _, chance, drawn = task
        c = self.community
        client, now = c.clients[row], c.env.now
        free = client.present and not client.is_with_somebody(now)
        came = free and client.decide_to_come(chance, drawn)
        outcome, limit = (_HELD, _DEMAND) if came else (_NOT_COME, _WILLINGNESS)
        noticed = 0
        worker = client.case_manager
        if came:
            if client.phase and worker is not None:
                noticed = look(c, worker, client, kind, minutes)
            c.people.cells.last_any[row] = c.today
            client.stay_with(now + minutes)
        c.day.write_contact(
            minute=now,
            client=row,
            by=_AIDE,
            worker=self.number,
            kind=kind,
            with_=WITH_WHOM[kind],
            mode=MODE[kind],
            place=place,
            travel=travel,
            minutes=minutes if came else 0,
            due_day=due,
            outcome=outcome,
            limit=limit,
            noticed=noticed,
        )
        c.people.cells.due[DUE_OF[kind]][row] = again if came else retry
        if not came:
            return c.active.no_show_wait
        if kind == _ACCOMPANY:
            on_contact_held(c, client, kind)
        return minutes + c.active.notes[minutes]


def hand_over(c: Context, aides: Sequence[Aide]) -> None:
    """Hand contacts that aides may do over to them in the morning, as long as their hours last."""
    for aide in aides:
        aide.begin_day()
    for worker in c.at_work:
        if worker.is_away(c.today):
            continue
        kept: list[ContactTask] = []
        for task in worker.queue:
            unwell = bool(c.people.known_unwell[task.client])
            taker = next((aide for aide in aides if aide.decide_to_take(task, unwell)), None)
            if taker is None:
                kept.append(task)
            else:
                taker.take_task(task)
        worker.take_queue(kept)
