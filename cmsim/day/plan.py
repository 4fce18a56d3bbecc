"""Stage 2: the morning: doses reviewed, contacts that are due put into the workers' queues in the policy's order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from cmsim import draws
from cmsim.agents.case_manager import (
    ACCOMPANY,
    AGENCY,
    CALL,
    CAPACITY,
    DROPPED,
    FAMILY,
    JOINT,
    LIAISON,
    VISIT,
    WARD,
    WITH,
)
from cmsim.clock import is_workday, weekday
from cmsim.people import ACUTE, INPATIENT, NEVER, OPEN, SHELTER
from cmsim.policies.allocation import Queue
from cmsim.policies.titration import Caseload
from cmsim.rules.contact_time import lengths
from cmsim.rules.relationship import comes_chance

if TYPE_CHECKING:
    from cmsim.community import Community

TIE = draws.purpose("queue.tie", "who is seen first among contacts of the same urgency")
LENGTH = draws.purpose("contact.length", "how long a planned contact takes")
PLACE = draws.purpose("contact.place", "whether a visit is made where the client lives")
KEPT_VISIT = draws.purpose("contact.kept visit", "whether a client keeps a visit")
KEPT_CALL = draws.purpose("contact.kept call", "whether a client takes a call")
NEXT = draws.purpose("contact.next", "on which day near the usual one the next contact falls")

COLUMN_OF = (
    "next_visit",
    "next_call",
    "",
    "next_visit",
    "next_visit",
    "next_accompaniment",
    "next_family",
    "next_liaison",
    "next_agency",
)
OFFICE, HOME, NEIGHBOURHOOD, ON_WARD, BY_PHONE, _, AT_AGENCY = range(7)
RETRY_SHARE = 3
"""A contact not kept is tried again after a third of the usual gap."""


def plan(c: Community) -> None:
    """Review doses on Mondays; on working days, fill the queues."""
    if weekday(c.today) == 0:
        review_doses(c)
    if is_workday(c.today):
        fill_queues(c)


def review_doses(c: Community) -> None:
    """Let the titration policy set every client's dose of support from what workers believe."""
    people, n = c.people, c.people.known
    known = Caseload(
        dose=people.dose[:n],
        believed_need=people.belief[:n],
        known_unwell=people.known_unwell[:n],
        since_discharge=(c.today - people.known_discharge[:n]).astype(float),
        since_start=(c.today - people.first_worker_day[:n]).astype(float),
    )
    if n:
        people.dose[:n] = c.service.titration.next_dose(known)


def fill_queues(c: Community) -> None:
    """Turn what is due today into ordered queues, one for each worker."""
    people, n, today = c.people, c.people.known, c.today
    served = (people.status[:n] == OPEN) & (people.worker[:n] >= 0)
    parts = []
    for kind, column in ((VISIT, people.next_visit), (CALL, people.next_call), (FAMILY, people.next_family),
                         (LIAISON, people.next_liaison), (AGENCY, people.next_agency),
                         (ACCOMPANY, people.next_accompaniment)):  # fmt: skip
        due = np.flatnonzero((column[:n] <= today) & served)
        parts.append((due, np.full(len(due), kind), column[due]))
    client = np.concatenate([part[0] for part in parts])
    for worker in c.at_work:
        worker.queue = []
    if not len(client):
        return
    kind = np.concatenate([part[1] for part in parts])
    due_day = np.concatenate([part[2] for part in parts])
    client, kind, due_day = _sort_out(c, client, kind, due_day)
    if not len(client):
        return
    tasks, post, minutes = _tasks(c, client, kind, due_day)
    _load(c, post, minutes)
    bounds = np.searchsorted(post, np.arange(c.posts.count + 1)).tolist()
    for worker in c.at_work:
        worker.queue = tasks[bounds[worker.post] : bounds[worker.post + 1]]


def _sort_out(c: Community, client: Any, kind: Any, due_day: Any) -> tuple[Any, Any, Any]:
    """Turn visits into ward and joint visits where they are, and drop collateral contacts overdue for too long."""
    people, today = c.people, c.today
    unwell = people.known_unwell[client] > 0
    inside = people.phase[client] == INPATIENT
    kind = np.where((kind == VISIT) & inside & unwell, WARD, kind)
    joint = (kind == VISIT) & (people.joint_left[client] > 0) & (c.posts.leaving[people.worker[client]] > 0)
    kind = np.where(joint, JOINT, kind)
    late = today - due_day > c.service.contact.drop_after * 7 // 5
    dropped = late & ((kind == FAMILY) | (kind == LIAISON) | (kind == WARD))
    waiting_inside = (kind == CALL) & inside & unwell
    keep = ~(dropped | waiting_inside)
    if not keep.all():
        for row, what, due in zip(
            client[dropped].tolist(), kind[dropped].tolist(), due_day[dropped].tolist(), strict=True
        ):
            worker = c.workers[people.worker[row]]
            number = worker.number if worker is not None else -1
            at_midnight = c.env.now
            c.contacts.append(
                (at_midnight, row, 0, number, what, WITH[what], 0, BY_PHONE, 0, 0, due, DROPPED, CAPACITY, 0)
            )
            getattr(people, COLUMN_OF[what])[row] = c.workday_after(today + c.gap_days[what])
        client, kind, due_day = client[keep], kind[keep], due_day[keep]
    return client, kind, due_day


def _tasks(c: Community, client: Any, kind: Any, due_day: Any) -> tuple[list[tuple[Any, ...]], Any, Any]:
    """Return the tasks sorted by worker and urgency, with the post and the minutes of each."""
    people, today, contact = c.people, c.today, c.service.contact
    unwell = people.known_unwell[client]
    phone = (kind == CALL) | (kind >= LIAISON)
    visit = (kind == VISIT) | (kind == JOINT)
    homeless = people.setting[client] <= SHELTER
    out = visit & ((c.column(PLACE)[client] < contact.in_vivo) | (unwell > 0) | homeless)
    ward = kind == WARD
    going = kind == ACCOMPANY
    place = np.select(
        (phone, ward, going, out & homeless, out | (kind == FAMILY)),
        (BY_PHONE, ON_WARD, AT_AGENCY, NEIGHBOURHOOD, HOME),
        OFFICE,
    )
    far = out | ((kind == FAMILY) & (people.setting[client] > SHELTER))
    short = c.world.contact_time.short_travel
    travel = np.where(far, people.distance[client], np.where(ward | going, short, 0.0)).astype(np.int64)
    minutes = lengths(c.world.contact_time, c.minutes_of[kind], ndtri(c.column(LENGTH)[client]))
    acute = people.phase[client] == ACUTE
    chance = comes_chance(c.world.relationship, people.engagement[client], acute, out | going, phone)
    chance = np.where(ward, 1.0, chance)
    luck = np.where(phone, c.column(KEPT_CALL)[client], c.column(KEPT_VISIT)[client])
    visits = contact.least_visits + people.dose[client] * (contact.most_visits - contact.least_visits)
    gap = np.where(kind == CALL, 28.0 / (visits * max(contact.calls, 1e-9)), c.gap_days[kind])
    gap = np.where(visit, 28.0 / visits, gap) * (0.75 + 0.5 * c.column(NEXT)[client])
    after = c.workday_table
    once = (kind == AGENCY) | going
    last = len(after) - 1
    again = np.where(once, NEVER, after[np.minimum(today + np.maximum(gap, 1.0).astype(np.int64), last)])
    retry = after[np.minimum(today + np.maximum(gap / RETRY_SHARE, 2.0).astype(np.int64), last)]
    overdue = (today - due_day) * (5.0 / 7.0)
    urgency = c.service.allocation.urgency(
        Queue(
            overdue=overdue,
            client_contact=(kind <= ACCOMPANY).astype(float),
            dose=people.dose[client],
            known_unwell=unwell,
            after_discharge=(today - people.known_discharge[client] < 30).astype(float),
        )
    )
    post = people.worker[client]
    order = np.lexsort((c.column(TIE)[client], -urgency, post))
    names = [COLUMN_OF[k] for k in kind[order].tolist()]
    columns = (client, kind, due_day, travel, minutes, place, chance, luck, again, retry, due_day < today)
    tasks = list(zip(*(column[order].tolist() for column in columns), names, strict=True))
    time = minutes + travel + c.world.contact_time.notes_share * minutes
    return tasks, post[order], time[order]


def _load(c: Community, post: Any, minutes: Any) -> None:
    """Note what is due today against the time there is for it."""
    posts = c.posts
    due = np.bincount(post, weights=minutes, minlength=posts.count)
    posts.week_load[: posts.count] += due / c.minutes_for_clients
    posts.week_days[: posts.count] += 1.0
