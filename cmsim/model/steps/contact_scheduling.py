"""Stage 2: the morning: doses reviewed, contacts that are due put in the policy's order; nothing is recorded yet."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from cmsim.core import random_streams
from cmsim.core.compilation import kernel
from cmsim.core.numeric import Floats, Ints, Records
from cmsim.core.simtime import WEEK_DAYS, WORKDAYS, is_workday, weekday
from cmsim.model.state.columns import DUE
from cmsim.model.state.contact_task import ContactTask
from cmsim.policies.allocation import Queue
from cmsim.policies.rule_answer import column, number
from cmsim.policies.titration import Caseload
from cmsim.schema.codes import HOMELESS, ContactKind, ContactPlace
from cmsim.schema.contact_kinds import CLIENT_CONTACTS
from cmsim.schema.state_variables import NEVER
from cmsim.submodels import contact_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cmsim.model.context import Context
    from cmsim.model.state.records import ClientRecord, ClientRecords
    from cmsim.scenario.world import World

CONTACT = random_streams.purpose(
    "contact", "five numbers for a client's day: order among equals, length, place, next day, whether it is kept"
)

MIN_GAP = 1.0
LONGEST_GAP = 3650.0


def _among(*kinds: ContactKind) -> NDArray[np.bool_]:
    """Return for each kind of contact whether it is one of these."""
    return np.isin(np.arange(len(ContactKind)), kinds)


GIVES_WAY = {
    "collateral": _among(ContactKind.FAMILY, ContactKind.LIAISON, ContactKind.WARD),
    "visits": _among(ContactKind.VISIT, ContactKind.CALL),
}
"""Contacts that are dropped once overdue for long, by what the shortage policy lets give way."""
NOT_URGENT = _among(ContactKind.FAMILY, ContactKind.AGENCY, ContactKind.ACCOMPANY)
"""Contacts that come last on a day with far too much to do, unless somebody calls for them."""
BEHIND_ALL = 1e6
"""Points of urgency below any that a policy gives."""
DUE_ROW = {"visit": 0, "family": 2, "psychiatrist liaison": 3}
"""Row of ``People.due`` of what the slack policy may bring forward."""

# kind of contact by row of ``People.due`` and: as usual; worker leaving, joint visits to make; on a ward; in a crisis
_KIND_DUE = np.array(
    (
        (ContactKind.VISIT, ContactKind.JOINT, ContactKind.WARD, ContactKind.CRISIS),
        (ContactKind.CALL,) * 4,
        (ContactKind.FAMILY,) * 4,
        (ContactKind.LIAISON,) * 4,
        (ContactKind.AGENCY,) * 4,
        (ContactKind.ACCOMPANY,) * 4,
    )
)
_TINY = 1e-9
SEEN_LATELY = 2
"""Days after a visit in which time left over brings no further one."""

_WHICH, _CALLS = len(DUE), DUE.index("next_call")
DUE_TODAY = np.dtype([("client", "i8"), ("kind", "i8"), ("due", "i8"), ("post", "i8"), ("late", "?")], align=True)
_TASK = np.dtype([(name, "i8" if place < 9 else "f8") for place, name in enumerate(ContactTask._fields)])
"""A ``ContactTask``: nine whole numbers, and two in (0, 1)."""
_as_task = partial(tuple.__new__, ContactTask)
_AS_TUPLES = struct.Struct("=9q2d").iter_unpack


class DroppedContact(NamedTuple):
    """A contact that gives way, overdue for too long: client's row, kind, and the day since which it was due."""

    client: int
    kind: int
    since: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is to be done today.

    Attributes:
        tasks: contacts of all posts, in order of post and urgency.
        bounds: where the tasks of each post begin, shape (posts + 1,).
        minutes: that the contacts of each post take, shape (posts,).
        dropped: contacts that give way.
        let_down: rows of clients whose visit of the last working day did not take place.
    """

    tasks: list[ContactTask]
    bounds: list[int]
    minutes: NDArray[np.float64]
    dropped: list[DroppedContact]
    let_down: NDArray[np.integer[Any]]

    def of_post(self, post: int) -> list[ContactTask]:
        """Return the queue of a post."""
        return self.tasks[self.bounds[post] : self.bounds[post + 1]]


def plan(c: Context) -> Schedule | None:
    """Review doses on Mondays; on working days, return what is to be done."""
    if weekday(c.today) == 0:
        review_doses(c)
    return schedule_contacts(c) if is_workday(c.today) else None


def review_doses(c: Context) -> None:
    """Let the titration policy set every client's dose of support from what workers believe."""
    people, n = c.people, c.people.known
    if not c.world.loops.titration_balance:
        return
    known = Caseload(
        dose=people.dose[:n],
        believed_need=people.belief[:n],
        wish=people.wish[:n],
        known_unwell=people.known_unwell[:n],
        since_discharge=(c.today - people.known_discharge[:n]).astype(float),
        since_start=(c.today - people.first_worker_day[:n]).astype(float),
    )
    if n:
        people.dose[:n] = column("service.titration", c.service.titration.next_dose, n, known)


def schedule_contacts(c: Context) -> Schedule:
    """Return what is due today as ordered queues, one for each post."""
    due, dropped = _due(c)
    posts = c.posts.count
    if not len(due):
        return Schedule([], [0] * (posts + 1), np.zeros(posts), dropped, np.zeros(0, np.int64))
    if c.service.caseload.sharing.shared:
        stand_ins = c.staffing.stand_ins()
        due["post"] = stand_ins[due["post"], c.people.address[due["client"]] // 2 % stand_ins.shape[1]]
    tasks, bounds, time, missed = _ordered(c, due)
    minutes = np.bincount(due["post"], weights=time, minlength=posts)
    return Schedule(tasks, bounds, minutes, dropped, due["client"][missed > 0.0])  # type: ignore[arg-type]


def _due(c: Context) -> tuple[Records, list[DroppedContact]]:
    """Return what is due today as kinds of contact where people are, and what gives way, overdue for too long."""
    people = c.people
    found = np.empty(people.known * len(DUE), DUE_TODAY)
    # whoever has no worker has nothing due
    longest = c.service.contact.drop_after * WEEK_DAYS // WORKDAYS
    count = _look_through(people.records[: people.known], _KIND_DUE, c.today, longest, found)
    due = found[:count]
    late = due["late"]
    if not late.any():
        return due.copy(), []
    drops = late & GIVES_WAY[c.service.shortage.gives_way][due["kind"]]
    if not drops.any():
        return due.copy(), []
    return due[~drops], [DroppedContact(*each) for each in due[["client", "kind", "due"]][drops].tolist()]


@kernel
def _look_through(clients: ClientRecords, kind_due: Ints, today: int, longest: float, found: Records) -> int:
    # everybody is looked at once; the contacts found stand in order of the row of ``People.due``
    many, rows, count = np.zeros(_WHICH, np.int64), np.empty((_WHICH, len(clients)), np.int64), 0
    for row in range(len(clients)):
        client = clients[row]
        for which in range(_WHICH):
            if _day_due(client, which) <= today and not (which == _CALLS and client.known_inside > 0.0):
                rows[which, many[which]] = row
                many[which] += 1
    for which in range(_WHICH):
        for place in range(many[which]):
            client, one = clients[rows[which, place]], found[count]
            stage = 3 if client.crisis_care_until >= today else 0
            if client.known_inside > 0.0 or client.joint_left > 0:
                stage = 2 if client.known_inside > 0.0 else 1
            one.client, one.kind = rows[which, place], kind_due[which, stage]
            one.due, one.post = _day_due(client, which), client.worker
            one.late = today - one.due > longest
            count += 1
    return count


@kernel
def _day_due(client: ClientRecord, which: int) -> int:
    """Return the day on which a contact is due, by row of ``People.due``."""
    if which == 0:
        return client.next_visit
    if which == 1:
        return client.next_call
    if which == 2:
        return client.next_family
    if which == 3:
        return client.next_liaison
    if which == 4:
        return client.next_agency
    return client.next_accompaniment


def extra_task(c: Context, post: int, kind: str, done: set[int]) -> ContactTask | None:
    """Return a contact to fill time with, for the client of a post whose turn comes next; ``None`` for none.

    Args:
        c: the community.
        post: of the worker.
        kind: of the contact, as in ``schema.codes.ContactKind``.
        done: rows of the clients who have had one today.
    """
    people = c.people
    had = np.fromiter(done, np.int64, len(done))
    which = DUE_ROW.get(kind, -1)
    own = np.fromiter(c.posts.clients[post], np.int64, len(c.posts.clients[post]))
    apart = number("service.slack", c.service.slack.apart)
    row = _turn(people.records, own, c.active.contact_plan, which, had, c.today, apart)
    if row < 0:
        return None
    done.add(row)
    one = np.array([(row, ContactKind.of(kind), c.today, post, False)], DUE_TODAY)
    return next(_as_tasks(_prepared(c, one)[0]))


@kernel
def _turn(clients: ClientRecords, own: Ints, plans: Records, which: int, had: Ints, today: int, apart: float) -> int:
    """Return the row of the one of a worker's ``own`` clients whose turn comes first; -1 for none."""
    best, first = -1, 0
    for row in own:
        client = clients[row]
        if client.present <= 0.0:
            continue
        if which == 2:
            if client.has_family <= 0.0:
                continue
        elif which != 3:
            pause = apart * contact_time.visit_gap(plans[0], client.dose)
            if client.last_seen >= today - max(pause, SEEN_LATELY):
                continue
        turn = _day_due(client, which) if which >= 0 else client.last_seen
        earlier = turn < first or (turn == first and client.address < clients[best].address)
        if (best < 0 or earlier) and not (had == row).any():
            best, first = row, turn
    return best


def _ordered(c: Context, due: Records) -> tuple[list[ContactTask], list[int], Floats, Floats]:
    """Return tasks by worker and urgency, where each worker's begin, the minutes of each, and which were missed."""
    tasks, asked, drawn = _prepared(c, due)
    allocation = c.service.allocation
    urgency = np.ascontiguousarray(column("service.allocation", allocation.urgency, len(due), Queue(*asked[:5])))
    if c.world.mechanisms.reactive_mix:
        urgency[_can_wait(c, due, asked)] -= BEHIND_ALL
    order, bounds = np.empty(len(due), np.int64), np.zeros(c.posts.count + 1, np.int64)
    _sort(due, urgency, drawn, order, bounds)
    return list(_as_tasks(tasks.take(order))), bounds.tolist(), asked[5], asked[6]


def _prepared(c: Context, due: Records) -> tuple[Records, Floats, Floats]:
    """Return tasks, what is asked of each as ``_prepare`` fills it in, and what was drawn for them."""
    people, count = c.people, len(due)
    drawn = c.streams.daily(CONTACT, c.today, people.address[due["client"]], 5)
    tasks, asked = np.empty(count, _TASK), np.zeros((7, count))
    longer, day = ndtri(drawn[:, 1]), (c.inputs.workdays, c.today)
    _prepare(c.inputs.figures, c.active.contact_plan, people.records, due, drawn, longer, *day, tasks, asked)
    return tasks, asked, drawn


def _as_tasks(tasks: Records) -> Iterator[ContactTask]:
    return map(_as_task, _AS_TUPLES(tasks))  # type: ignore[arg-type]


def _can_wait(c: Context, due: Records, asked: Floats) -> NDArray[np.bool_]:
    """Return which contacts wait on a day with too much to do: with others or going along, called for by nobody."""
    load = np.bincount(due["post"], weights=asked[5]) / c.active.minutes_for_clients
    called_for = np.maximum(asked[3], asked[4]) > 0.0
    return NOT_URGENT[due["kind"]] & ~called_for & (load[due["post"]] > c.world.contact_time.reactive_from)


@kernel
def _sort(due: Records, urgency: Floats, drawn: Floats, order: Ints, bounds: Ints) -> None:
    """Put contacts in order of worker, urgency (highest first) and drawn; write where each worker's begin."""
    for n in range(len(due)):
        bounds[due[n].post + 1] += 1
    for post in range(len(bounds) - 1):
        bounds[post + 1] += bounds[post]
    filled = bounds.copy()
    for n in range(len(due)):
        post = due[n].post
        place = filled[post]
        while place > bounds[post]:
            other = order[place - 1]
            if urgency[other] > urgency[n] or (urgency[other] == urgency[n] and drawn[other, 0] <= drawn[n, 0]):
                break
            order[place] = other
            place -= 1
        order[place] = n
        filled[post] += 1


@kernel
def _prepare(
    figures: Sequence[World],
    plans: Records,
    clients: ClientRecords,
    due: Records,
    drawn: Floats,
    longer: Floats,
    workday: Ints,
    today: int,
    tasks: Records,
    asked: Floats,
) -> None:
    """Fill in tasks, and what is asked: the five rows of ``policies.allocation.Queue``, the minutes that each
    takes, and whether it is a visit that was missed."""
    w, plan = figures[0], plans[0]
    times = w.contact_time
    for n in range(len(due)):
        one, task = due[n], tasks[n]
        client, kind = clients[one.client], one.kind
        close, homeless = kind == ContactKind.CRISIS, client.setting in HOMELESS
        visit = close or kind in (ContactKind.VISIT, ContactKind.JOINT)
        worried = kind == ContactKind.FAMILY and client.worried > 0.0
        out = visit and (drawn[n, 2] < plan.in_vivo or client.known_unwell > 0.0 or homeless)
        place = plan.place[kind]
        if out:
            place = ContactPlace.NEIGHBOURHOOD if homeless else ContactPlace.HOME
        if worried:
            place = ContactPlace.PHONE
        travel = 0.0
        if place in (ContactPlace.HOME, ContactPlace.NEIGHBOURHOOD):
            travel = client.distance
        elif place in (ContactPlace.WARD, ContactPlace.AGENCY):
            travel = times.short_travel
        minutes = contact_time.rounded_length(times, plan.minutes_of[ContactKind.CALL if worried else kind], longer[n])
        gap, every = plan.gap_days[kind], contact_time.visit_gap(plan, client.dose)
        if visit:
            gap = min(every, plan.crisis_gap) if close else every
        elif kind == ContactKind.CALL:
            gap = every / max(plan.calls, _TINY)
        gap = min(gap, LONGEST_GAP) * (1.0 - plan.spread + 2.0 * plan.spread * drawn[n, 3])
        tired = min(plan.back_off**client.missed, plan.back_off_most)
        again, retry = max(gap, MIN_GAP), max(gap * plan.retry * tired, MIN_GAP)
        task.client, task.kind, task.due = one.client, kind, one.due
        task.travel, task.minutes, task.place = int(travel), int(minutes), place
        once = kind in (ContactKind.AGENCY, ContactKind.ACCOMPANY)
        task.again = NEVER if once else workday[today + int(again)]
        task.retry = workday[today + int(retry)]
        task.waited = int(one.due < today)
        task.chance, task.drawn = client.comes[_mode(place)], drawn[n, 4]
        asked[0, n] = (today - one.due) * (WORKDAYS / WEEK_DAYS)
        asked[1, n] = float(kind in CLIENT_CONTACTS)
        asked[2, n] = client.dose
        asked[3, n] = max(client.known_unwell, float(worried or close))
        asked[4, n] = float(today - client.known_discharge < plan.discharge_days)
        asked[5, n] = task.minutes * (1.0 + times.notes_share) + task.travel
        # a visit arranged for the last working day that did not take place
        asked[6, n] = float(visit and workday[one.due + 1] == today)


@kernel
def _mode(place: int) -> int:
    """Return the row of ``People.comes``: at the office, where the client is, by phone, on the ward."""
    if place == ContactPlace.OFFICE:
        return 0
    if place == ContactPlace.PHONE:
        return 2
    return 3 if place == ContactPlace.WARD else 1
