"""The role-play: a learner decides for one case manager, week by week, from what the worker knows.

Whether somebody comes to a contact is decided by the same random number whoever planned it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from cmsim.app.session.replay import Planned, Week
from cmsim.app.session.week_plan import WEEKDAYS, Desk, DeskClient, Made, Truth
from cmsim.core.errors import CmsimError
from cmsim.core.simtime import DAY, HOUR, WEEK_DAYS, weekday, workday_after
from cmsim.model.state.columns import HOLDERS
from cmsim.model.state.contact_task import ContactTask
from cmsim.model.steps.contact_scheduling import CONTACT, LONGEST_GAP
from cmsim.schema.codes import HOMELESS, ContactKind, ContactOutcome, ContactPlace, Phase, Provider, Setting
from cmsim.schema.contact_kinds import DUE_OF
from cmsim.schema.state_variables import NEVER
from cmsim.submodels.contact_time import visit_gap

if TYPE_CHECKING:
    from cmsim.model.community import Community
    from cmsim.model.context import Context

_AS_PLANNED = {
    "at home": (ContactKind.VISIT, ContactPlace.HOME),
    "at the office": (ContactKind.VISIT, ContactPlace.OFFICE),
    "by phone": (ContactKind.CALL, ContactPlace.PHONE),
    "on the ward": (ContactKind.WARD, ContactPlace.WARD),
    "family": (ContactKind.FAMILY, ContactPlace.HOME),
    "psychiatrist": (ContactKind.LIAISON, ContactPlace.PHONE),
}
"""Kind and place of a contact by how the learner plans it, see ``replay.HOW``."""
_MODE = {
    ContactPlace.OFFICE: 0,
    ContactPlace.HOME: 1,
    ContactPlace.NEIGHBOURHOOD: 1,
    ContactPlace.PHONE: 2,
    ContactPlace.WARD: 3,
    ContactPlace.AGENCY: 1,
}
"""Row of ``People.comes`` by place: at the office, where the client is, by phone, on the ward."""
_RETRY_DAYS = 3
_LATELY_DAYS = 4 * WEEK_DAYS


class Learner:
    """Sits in the role-play: puts decided weeks in the place of the policies' choices."""

    def __init__(self, weeks: tuple[Week, ...]) -> None:
        self._weeks = {week.day: week for week in weeks}

    def decides(self, c: Context) -> None:
        """Set doses on the Monday of a decided week, and the queue of each of its working days."""
        week = self._weeks.get(c.today - weekday(c.today))
        worker = c.workers[week.post] if week is not None and week.post < len(c.workers) else None
        if week is None or worker is None or weekday(c.today) >= WEEKDAYS:
            return
        rows = {c.clients[row].key: row for row in _caseload(c, week.post)}
        if weekday(c.today) == 0:
            for key, dose in week.doses.items():
                if key in rows:
                    c.people.dose[rows[key]] = dose
        today = [each for each in week.planned if each.weekday == weekday(c.today) and each.client in rows]
        worker.take_queue([_task(c, rows[each.client], each) for each in today], fills_time=False)


def _caseload(c: Context, post: int) -> list[int]:
    rows: list[int] = np.flatnonzero(c.people.worker[: c.people.known] == post).tolist()
    return rows


def _task(c: Context, row: int, planned: Planned) -> ContactTask:
    """Return a task as the day's plan makes them, see ``steps.contact_scheduling``."""
    people, today = c.people, c.today
    kind, place = _AS_PLANNED[planned.how]
    if place == ContactPlace.HOME and kind == ContactKind.VISIT and people.setting[row] in HOMELESS:
        place = ContactPlace.NEIGHBOURHOOD
    travel = _travel(c, row, place)
    drawn = float(c.streams.daily(CONTACT, today, people.address[[row]], 5)[0, 4])
    gap = (
        visit_gap(c.service.contact, float(people.dose[row])) if kind == ContactKind.VISIT else c.active.gap_days[kind]
    )
    again = workday_after(int(today + min(max(float(gap), 1.0), LONGEST_GAP)))
    retry = workday_after(today + _RETRY_DAYS)
    due = int(people.due[DUE_OF[kind], row])
    waited = due < today
    chance = float(people.comes[_MODE[place], row])
    return ContactTask(row, kind, min(due, today), travel, planned.minutes, place, again, retry, waited, chance, drawn)


def _travel(c: Context, row: int, place: int) -> int:
    if place in (ContactPlace.HOME, ContactPlace.NEIGHBOURHOOD):
        return int(c.people.distance[row])
    return int(c.world.contact_time.short_travel) if place in (ContactPlace.WARD, ContactPlace.AGENCY) else 0


def desk(c: Community, post: int) -> Desk:
    """Return what the holder of a post knows this morning: the caseload as believed, and the week's time.

    Raises:
        CmsimError: the post is vacant or there is none.
    """
    worker = c.workers[post] if 0 <= post < len(c.workers) else None
    if worker is None:
        raise CmsimError(f"role-play: nobody is in post {post + 1} today")
    monday, staff = c.days_simulated, c.service.staff
    team = int(staff.team_minutes) + (worker.supervisor.decide_minutes(worker) if worker.supervisor else 0)
    clients = [_desk_client(c, row, monday) for row in _caseload(c, post)]
    clients.sort(key=lambda one: (not one.known_unwell, one.since_discharge is None, -one.dose, one.key))
    return Desk(
        worker=worker.key,
        day=monday,
        minutes_a_day=int(staff.hours * HOUR) - team,
        notes_share=float(c.world.contact_time.notes_share),
        ward_travel=int(c.world.contact_time.short_travel),
        away=tuple(day for day in range(WEEKDAYS) if worker.is_away(monday + day)),
        clients=tuple(clients),
    )


def _desk_client(c: Community, row: int, monday: int) -> DeskClient:
    people = c.people
    since_discharge = monday - int(people.known_discharge[row])
    return DeskClient(
        key=c.clients[row].key,
        believed_need=round(float(people.belief[row]), 2),
        knowledge=round(float(people.knowledge[row]), 2),
        dose=round(float(people.dose[row]), 2),
        not_seen_days=monday - int(people.last_seen[row]),
        known_unwell=bool(people.known_unwell[row]),
        known_inside=bool(people.known_inside[row]),
        since_discharge=since_discharge if since_discharge <= _LATELY_DAYS else None,
        with_me_days=monday - int(people.worker_since[row]),
        family=bool(people.has_family[row]),
        home=Setting(c.clients[row].home).label,
        travel=int(people.distance[row]),
        due={
            name: int(people.due[DUE_OF[kind], row]) - monday
            for name, kind in (("visit", ContactKind.VISIT), ("call", ContactKind.CALL))
            if people.due[DUE_OF[kind], row] < NEVER
        },
    )


def truth(c: Community, keys: Collection[str]) -> dict[str, Truth]:
    """Return how clients really are, which no worker sees."""
    return {
        client.key: Truth(
            Phase(client.phase),
            bool(client.noticed_by),
            round(float(c.people.need[client.row]), 2),
            round(float(c.people.dose[client.row]), 2),
        )
        for client in c.clients
        if client.key in keys
    }


def contacts_of(c: Community, post: int, first: int, last: int) -> list[Made]:
    """Return the contacts of the holders of a post from the first to the last day, as they were made."""
    rows = c.ledger["contacts"].rows()
    mine = (rows["by"] == Provider.CASE_MANAGER) & (rows["worker"] // HOLDERS == post) & (rows["worker"] >= 0)
    return [
        Made(
            c.clients[int(row["client"])].key,
            int(row["minute"]) // DAY,
            ContactKind(row["kind"]).label,
            int(row["minutes"]),
            ContactOutcome(row["outcome"]).label,
            bool(row["noticed"]),
        )
        for row in rows[mine & (rows["minute"] >= first * DAY) & (rows["minute"] < (last + 1) * DAY)]
    ]
