"""Stage 2: the morning: doses reviewed, contacts that are due put into the
workers' queues in the policy's order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy.special import ndtri

from cmsim import draws
from cmsim.agents.aide import hand_over
from cmsim.agents.case_manager import (
    ACCOMPANY,
    AGENCY,
    CALL,
    CAPACITY,
    DROPPED,
    DUE_OF,
    FAMILY,
    JOINT,
    LIAISON,
    VISIT,
    WARD,
    WITH,
)
from cmsim.clock import WEEK_DAYS, is_workday, weekday
from cmsim.people import NEVER, SHELTER
from cmsim.policies.allocation import Queue
from cmsim.policies.titration import Caseload
from cmsim.record import CONTACT_KINDS, contact_row
from cmsim.rules.contact_time import lengths

if TYPE_CHECKING:
    from cmsim.community import Community
    from cmsim.scenario.service import ContactPlan

CONTACT = draws.purpose(
    "contact",
    "five numbers for a client's day: order among equals, length, place, next day, whether it is kept",
)

OFFICE, HOME, NEIGHBOURHOOD, ON_WARD, BY_PHONE, _, AT_AGENCY = range(7)
MIN_GAP = 1.0
LONGEST_GAP = 3650.0
WORKDAYS = 5

GIVES_WAY = {"collateral": (FAMILY, LIAISON, WARD), "visits": (VISIT, CALL)}
"""Contacts that are dropped once overdue for long, by what the shortage policy lets give way."""
DUE_ROW = {"visit": 0, "family": 2, "psychiatrist liaison": 3}
"""Row of ``People.due`` of what the slack policy may bring forward."""

# kind of contact by row of ``People.due`` and: as usual; worker leaving, joint visits to make; on a ward
_KIND_DUE = np.array(
    ((VISIT, JOINT, WARD), (CALL,) * 3, (FAMILY,) * 3, (LIAISON,) * 3, (AGENCY,) * 3, (ACCOMPANY,) * 3)
)
_VISITS = np.array([kind in (VISIT, JOINT) for kind in range(9)])
_ONCE = np.array([kind in (AGENCY, ACCOMPANY) for kind in range(9)])
_CLIENT_CONTACT = np.array([float(kind <= ACCOMPANY) for kind in range(9)])
_PLACE = np.array([OFFICE, BY_PHONE, OFFICE, ON_WARD, OFFICE, AT_AGENCY, HOME, BY_PHONE, BY_PHONE])
_DISTANT = np.array([float(place in (HOME, NEIGHBOURHOOD)) for place in range(7)])
_SHORT = np.array([float(place in (ON_WARD, AT_AGENCY)) for place in range(7)])
_MODE = np.array([0, 1, 1, 3, 2, 1, 1])
"""Row of ``People.comes`` by place: at the office, where the client is, by phone, on the ward."""
_TINY = 1e-9
SEEN_LATELY = 2
"""Days after a visit in which time left over brings no further one."""


class Chair(Protocol):
    """Somebody who decides in a case manager's place, such as a learner."""

    def decides(self, c: Community) -> None:
        """Put own doses and an own queue in the place of the policies' of this morning."""


def plan(c: Community) -> None:
    """Review doses on Mondays; on working days, fill the queues."""
    if weekday(c.today) == 0:
        review_doses(c)
    if is_workday(c.today):
        fill_queues(c)
    if c.chair is not None:
        c.chair.decides(c)


def review_doses(c: Community) -> None:
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
        people.dose[:n] = c.service.titration.next_dose(known)


def fill_queues(c: Community) -> None:
    """Turn what is due today into ordered queues, one for each worker."""
    people, n, today = c.people, c.people.known, c.today
    at_work = c.at_work
    stand_ins = c.staffing.stand_ins() if c.service.caseload.sharing.shared else None
    for worker in at_work:
        worker.queue = []
    # whoever has no worker has nothing due
    which, client = np.nonzero(people.due[:, :n] <= today)
    if not len(client):
        return
    client, kind, due_day = _sort_out(c, which, client)
    if not len(client):
        return
    post = people.worker[client]
    if stand_ins is not None:
        post = stand_ins[post, people.address[client] // 2 % stand_ins.shape[1]]
    tasks, post, minutes = _tasks(c, client, kind, due_day, post)
    posts = c.posts
    posts.week_load[: posts.count] += (
        np.bincount(post, weights=minutes, minlength=posts.count) / c.minutes_for_clients
    )
    posts.week_days[: posts.count] += 1.0
    bounds = np.searchsorted(post, np.arange(c.posts.count + 1)).tolist()
    for worker in at_work:
        worker.queue = tasks[bounds[worker.post] : bounds[worker.post + 1]]
    if c.aides:
        hand_over(c)


def visit_gap(contact: ContactPlan, dose: Any) -> Any:
    """Return the days between visits at a dose of support (0 to 1)."""
    return 28.0 / (contact.least_visits + dose * (contact.most_visits - contact.least_visits))


def _sort_out(c: Community, which: Any, client: Any) -> tuple[Any, Any, Any]:
    """Turn what is due into kinds of contact where people are, and drop collateral
    contacts overdue for too long."""
    people, today = c.people, c.today
    due_day = people.due[which, client]
    known_inside = people.known_inside[client] > 0
    kind = _KIND_DUE[which, np.where(known_inside, 2, people.joint_left[client] > 0)]
    late = np.flatnonzero(today - due_day > c.service.contact.drop_after * WEEK_DAYS // WORKDAYS)
    if not len(late) and not known_inside.any():
        return client, kind, due_day
    keep = ~((kind == CALL) & known_inside)
    for place in late.tolist():
        row, what, due = int(client[place]), int(kind[place]), int(due_day[place])
        if what not in GIVES_WAY[c.service.shortage.gives_way]:
            continue
        if what == VISIT:
            people.let_down[row] += 1.0
        keep[place] = False
        worker = c.clients[row].case_manager
        number = worker.number if worker is not None else -1
        c.contacts += contact_row(
            c.env.now, row, 0, number, what, WITH[what], 0, BY_PHONE, 0, 0, due, DROPPED, CAPACITY, 0
        )
        people.due[DUE_OF[what], row] = c.workday_after(int(today + c.gap_days[what]))
    return client[keep], kind[keep], due_day[keep]


def extra_task(c: Community, post: int, kind: str, done: set[int]) -> tuple[Any, ...] | None:
    """Return a contact to fill time with, for the client of a post whose turn comes next; ``None`` for none.

    Args:
        c: the community.
        post: of the worker.
        kind: of the contact, as in ``record.CONTACT_KINDS``.
        done: rows of the clients who have had one today.
    """
    people, n = c.people, c.people.known
    mine = (people.worker[:n] == post) & (people.present[:n] > 0.0)
    if kind == "family":
        mine &= people.has_family[:n] > 0.0
    elif kind != "psychiatrist liaison":
        mine &= people.last_seen[:n] < c.today - SEEN_LATELY
    rows = np.array([row for row in np.flatnonzero(mine).tolist() if row not in done], dtype=np.int64)
    if not len(rows):
        return None
    turn = people.due[DUE_ROW[kind], rows] if kind in DUE_ROW else people.last_seen[rows]
    row = rows[np.lexsort((people.address[rows], turn))[:1]]
    done.add(int(row[0]))
    what = np.array([CONTACT_KINDS.index(kind)])
    return _tasks(c, row, what, np.array([c.today]), np.array([post]))[0][0]


def _tasks(
    c: Community, client: Any, kind: Any, due_day: Any, post: Any
) -> tuple[list[tuple[Any, ...]], Any, Any]:
    """Return the tasks sorted by worker and urgency, with the post and the minutes of each."""
    people, today, contact, times = c.people, c.today, c.service.contact, c.world.contact_time
    unwell, dose = people.known_unwell[client], people.dose[client]
    luck_of_tie, luck_of_length, luck_of_place, luck_of_next, luck = c.luck(CONTACT, client, 5)
    homeless = people.setting[client] <= SHELTER
    visit = _VISITS[kind]
    worried = (kind == FAMILY) & (people.worried[client] > 0.0)
    out = visit & ((luck_of_place < c.in_vivo) | (unwell > 0) | homeless)
    place = _PLACE[kind] + out * (HOME + homeless)
    place[worried] = BY_PHONE
    travel = (people.distance[client] * _DISTANT[place] + times.short_travel * _SHORT[place]).astype(np.int64)
    minutes = lengths(times, c.minutes_of[np.where(worried, CALL, kind)], ndtri(luck_of_length))
    chance = people.comes[_MODE[place], client]
    every = visit_gap(contact, dose)
    gap = np.where(visit, every, np.where(kind == CALL, every / max(c.calls, _TINY), c.gap_days[kind]))
    np.minimum(gap, LONGEST_GAP, out=gap)
    gap *= 1.0 - contact.spread + 2.0 * contact.spread * luck_of_next
    after = c.workday_table
    again = after[today + np.maximum(gap, MIN_GAP).astype(np.int64)]
    again[_ONCE[kind]] = NEVER
    tired = np.minimum(contact.back_off ** people.missed[client], contact.back_off_most)
    retry = after[today + np.maximum(gap * contact.retry * tired, MIN_GAP).astype(np.int64)]
    # a visit arranged for the last working day that did not take place
    people.let_down[client[visit & (after[due_day + 1] == today)]] += 1.0
    queue = Queue(
        overdue=(today - due_day) * (WORKDAYS / WEEK_DAYS),
        client_contact=_CLIENT_CONTACT[kind],
        dose=dose,
        known_unwell=np.maximum(unwell, worried),
        after_discharge=(today - people.known_discharge[client] < contact.discharge_days).astype(np.float64),
    )
    urgency = c.service.allocation.urgency(queue)
    order = np.lexsort((luck_of_tie, -urgency, post))
    whole = np.array((client, kind, due_day, travel, minutes, place, again, retry, due_day < today))[:, order]
    tasks = list(zip(*whole.tolist(), chance[order].tolist(), luck[order].tolist(), strict=True))
    time = minutes * (1.0 + times.notes_share) + travel
    return tasks, post[order], time[order]
