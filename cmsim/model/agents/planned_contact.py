"""A contact that a case manager makes: whether it is kept, what is seen and learnt, and what it costs in time."""

from cmsim.components.monitoring import sensitivity
from cmsim.core import random_streams
from cmsim.core.simtime import workday_after
from cmsim.model.agents.contact_consequence import on_contact_held
from cmsim.model.agents.daily_hassle import help_with_hassles
from cmsim.model.context import Context
from cmsim.model.roles import CaseManagerRole, ClientRole
from cmsim.model.state.contact_task import ContactTask
from cmsim.schema.codes import (
    ContactKind,
    ContactLimit,
    ContactMode,
    ContactOutcome,
    ContactPlace,
    Counterpart,
    Phase,
    Setting,
)
from cmsim.schema.contact_kinds import (
    CLIENT_CONTACTS,
    DUE_OF,
    MEETS_IN_PERSON,
    MODE,
    RECORDED_FROM,
    WITH_CONSEQUENCES,
    WITH_WHOM,
)
from cmsim.schema.tables import RiskyVisitRow
from cmsim.submodels.job_strain import MOST_EXHAUSTED
from cmsim.submodels.visit_safety import incident_chance

# bound once: a member of an enumeration takes long to look up, and contacts are many
_WARD, _FAMILY, _CALL = ContactKind.WARD.value, ContactKind.FAMILY.value, ContactKind.CALL.value
_PHONE, _PHONED = ContactPlace.PHONE.value, ContactMode.PHONED.value
_REFUSED, _NOT_COME = ContactOutcome.REFUSED.value, ContactOutcome.NOT_COME.value
_CAPACITY, _DEMAND, _WILLINGNESS = (
    ContactLimit.CAPACITY.value,
    ContactLimit.DEMAND.value,
    ContactLimit.WILLINGNESS.value,
)
_INPATIENT, _PRODROMAL, _ACUTE = Phase.INPATIENT.value, Phase.PRODROMAL.value, Phase.ACUTE.value

NOTICES = random_streams.purpose("contact.notices", "whether a contact notices a prodrome")
REFUSES = random_streams.purpose("contact.refuses", "whether a contact not kept is refused openly")
INCIDENT = random_streams.purpose("visit.incident", "whether a worker is threatened on a visit with risk")


def meet(c: Context, worker: CaseManagerRole, task: ContactTask) -> int:
    """Arrive for a planned contact; write it down and return the minutes it takes, writing up included.

    Whether the client is there and comes, and what is noticed, is settled now; what the contact did is
    worked out tonight.
    """
    row, kind, due, travel, minutes, place, again, _, waited, chance, drawn = task
    book, cells, client, today = worker.book, c.people.cells, c.clients[row], c.today
    book.travel += travel
    meets = kind in CLIENT_CONTACTS
    there = client.phase == _INPATIENT if kind == _WARD else client.present or not meets
    if meets and client.is_with_somebody(c.env.now):
        there = False
    if not there or (meets and not client.decide_to_come(chance, drawn)):
        return _on_not_kept(c, worker, task, there)
    noticed = 0
    if meets or kind == _FAMILY:
        if client.phase:
            noticed = look(c, worker, client, kind, minutes)
        elif meets:
            cells.known_unwell[row] = 0.0
        cells.last_any[row] = today
        if meets:
            cells.missed[row] = 0
            if kind != _CALL:
                cells.last_seen[row] = today
            if client.hassles:
                help_with_hassles(c, client, worker.skill, kind == _CALL)
    if meets:
        client.stay_with(c.env.now + minutes)
        book.client += minutes
    else:
        book.collateral += minutes
    if minutes > RECORDED_FROM:
        book.recorded += 1
    c.day.write_contact(
        minute=c.env.now,
        client=row,
        worker=worker.number,
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
    cells.due[DUE_OF[kind]][row] = again
    if kind in WITH_CONSEQUENCES:
        on_contact_held(c, client, kind)
    notes = c.active.notes[minutes]
    book.notes += notes
    return minutes + notes


def _on_not_kept(c: Context, worker: CaseManagerRole, task: ContactTask, there: bool) -> int:
    """Write down a contact that the client did not keep; return the minutes for which the worker waits."""
    row, kind, cells, client = task.client, task.kind, c.people.cells, c.clients[task.client]
    refused = there and c.streams.uniform(REFUSES, client.address, c.env.now) < c.world.relationship.refuses
    c.day.write_contact(
        minute=c.env.now,
        client=row,
        worker=worker.number,
        kind=kind,
        with_=WITH_WHOM[kind],
        mode=MODE[kind],
        place=task.place,
        travel=task.travel,
        due_day=task.due,
        outcome=_REFUSED if refused else _NOT_COME,
        limit=_WILLINGNESS,
    )
    cells.due[DUE_OF[kind]][row] = task.retry
    cells.missed[row] += 1
    if not there:
        on_found_gone(c, client)
    worker.book.travel += c.active.no_show_wait
    return c.active.no_show_wait


def on_found_gone(c: Context, client: ClientRole) -> None:
    """Find a client in hospital, jail or gone; an admission nobody reported is learnt of here."""
    cells, row = c.people.cells, client.row
    if client.setting == Setting.JAIL and "family consultation" in c.service.practice.components:
        cells.next_agency[row] = workday_after(c.today + 1)
    if client.phase == _INPATIENT:
        cells.known_unwell[row] = 1.0
        c.hospital.on_enquiry(client)


def look(c: Context, worker: CaseManagerRole, client: ClientRole, kind: int, minutes: int) -> int:
    """See how a person who is not well is; return 1 if a prodrome was noticed just now."""
    cells, row = c.people.cells, client.row
    if client.phase != _PRODROMAL:
        worker.learn_unwell(client)
        if client.phase == _ACUTE and kind in MEETS_IN_PERSON:
            worker.decide_on_illness(client)
        return 0
    if cells.noticed_by[row]:
        return 0
    known = cells.family_knowledge[row] if kind == _FAMILY else cells.knowledge[row]
    chance = sensitivity(c.world.components.monitoring, minutes * c.active.monitoring_share[kind], known, kind == _CALL)
    if c.streams.uniform(NOTICES, client.address, c.env.now) >= chance:
        return 0
    client.illness.on_noticed("case manager")
    return 1


def visit_with_risk(c: Context, worker: CaseManagerRole, client: ClientRole, minutes: int) -> None:
    """Go to somebody with known risk, in a pair or alone; an incident or unease wears on the worker."""
    p, exhaustion, post = c.world.safety, c.posts.cells.exhaustion, worker.post
    second = worker.decide_whom_to_take_along(client, minutes)
    incident = c.streams.uniform(INCIDENT, client.address, c.env.now) < incident_chance(p, second >= 0)
    exhaustion[post] = min(exhaustion[post] + p.strain * incident + p.unease * (second < 0), MOST_EXHAUSTED)
    c.ledger.write(RiskyVisitRow)(
        minute=c.env.now, client=client.row, worker=worker.number, second=second, incident=incident
    )


def drop(c: Context, worker: CaseManagerRole, row: int, *, kind: int, since: int) -> None:
    """Drop a contact that is overdue for too long; the next of its kind is planned.

    Args:
        c: the community.
        worker: who drops it.
        row: of the client.
        kind: of the contact.
        since: the day on which it was due.
    """
    if kind == ContactKind.VISIT:
        c.people.let_down[row] += 1.0
    c.day.write_contact(
        minute=c.env.now,
        client=row,
        worker=worker.number,
        kind=kind,
        with_=WITH_WHOM[kind],
        place=_PHONE,
        due_day=since,
        outcome=ContactOutcome.DROPPED,
        limit=_CAPACITY,
    )
    c.people.due[DUE_OF[kind], row] = workday_after(int(c.today + c.active.gap_days[kind]))


def accompany_to_hospital(c: Context, worker: CaseManagerRole, row: int) -> int:
    """Write down going with a client to hospital and waiting there; return the minutes with notes."""
    book, minutes = worker.book, int(c.world.acute_care.bring_minutes)
    c.day.write_contact(
        minute=c.env.now,
        client=row,
        worker=worker.number,
        kind=ContactKind.ACCOMPANY,
        with_=Counterpart.HOSPITAL,
        place=ContactPlace.EMERGENCY_DEPARTMENT,
        minutes=minutes,
        due_day=c.today,
    )
    book.collateral += minutes
    book.notes += c.active.notes[minutes]
    book.recorded += minutes > RECORDED_FROM
    return minutes + c.active.notes[minutes]
