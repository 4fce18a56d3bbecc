"""the role-play: a learner decides for one case manager, week by week, from what the worker knows.

The clients' luck is that of the day, as under any policy: whether somebody comes to a contact is settled by
the same number, whoever planned it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cmsim.app.session.replay import HOW, MOST_PLANNED, Planned, Week
from cmsim.core.errors import CmsimError
from cmsim.core.simtime import DAY, HOUR, WEEK_DAYS, weekday, workday_after
from cmsim.model.state.columns import HOLDERS
from cmsim.model.state.contact_task import ContactTask
from cmsim.model.steps.contact_scheduling import CONTACT, LONGEST_GAP
from cmsim.schema.codes import HOMELESS, ContactKind, ContactOutcome, ContactPlace, Phase, Provider, Setting
from cmsim.schema.contacts import DUE_OF
from cmsim.schema.state_variables import NEVER
from cmsim.submodels.contact_time import visit_gap

if TYPE_CHECKING:
    from cmsim.model.community import Community

WORKDAYS = 5

_KIND = (
    ContactKind.VISIT,
    ContactKind.VISIT,
    ContactKind.CALL,
    ContactKind.WARD,
    ContactKind.FAMILY,
    ContactKind.LIAISON,
)
_PLACE = (
    ContactPlace.HOME,
    ContactPlace.OFFICE,
    ContactPlace.PHONE,
    ContactPlace.WARD,
    ContactPlace.HOME,
    ContactPlace.PHONE,
)
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
_UNKNOWN_WEEKS = 4


def check(week: Week, keys: set[str]) -> None:
    """Check what a learner decided.

    Args:
        week: the decisions.
        keys: of the clients on the caseload.

    Raises:
        CmsimError: somebody is not on the caseload, or a number is not allowed.
    """
    if weekday(week.day) != 0:
        raise CmsimError(f"role-play: given a week from day {week.day}; allowed: one that begins on a Monday")
    if len(week.planned) > MOST_PLANNED:
        raise CmsimError(f"role-play: given {len(week.planned)} contacts; allowed: up to {MOST_PLANNED} a week")
    strange = [key for key in (*(each.client for each in week.planned), *week.doses) if key not in keys]
    if strange:
        raise CmsimError(f"role-play: {strange[0]} is not on this caseload")
    for each in week.planned:
        if each.how not in HOW or not 0 <= each.weekday < WORKDAYS or not 5 <= each.minutes <= 4 * HOUR:
            raise CmsimError(
                f"role-play: given {each.how!r} on weekday {each.weekday} for {each.minutes} minutes; "
                f"allowed: {', '.join(HOW)}; weekday 0 to 4; 5 to 240 minutes"
            )
    for key, dose in week.doses.items():
        if not 0.0 <= dose <= 1.0:
            raise CmsimError(f"role-play: given support {dose} for {key}; allowed: 0 to 1")


class Learner:
    """Sits in the role-play: puts decided weeks in the place of the policies' choices."""

    def __init__(self, weeks: tuple[Week, ...]) -> None:
        self._weeks = {week.day: week for week in weeks}

    def decides(self, c: Community) -> None:
        """Set doses on the Monday of a decided week, and the queue of each of its working days."""
        week = self._weeks.get(c.today - weekday(c.today))
        if week is None or weekday(c.today) >= WORKDAYS:
            return
        worker = c.workers[week.post] if week.post < len(c.workers) else None
        if worker is None:
            return
        rows = {c.clients[row].key: row for row in _caseload(c, week.post)}
        if weekday(c.today) == 0:
            for key, dose in week.doses.items():
                if key in rows:
                    c.people.dose[rows[key]] = dose
        today = [each for each in week.planned if each.weekday == weekday(c.today) and each.client in rows]
        worker.queue = [_task(c, rows[each.client], each) for each in today]


def _caseload(c: Community, post: int) -> list[int]:
    people = c.people
    return [row for row in range(people.known) if people.worker[row] == post and c.clients[row].worker == post]


def _task(c: Community, row: int, planned: Planned) -> ContactTask:
    """Return a task as the day's plan makes them, see ``steps.contact_scheduling``."""
    people, today = c.people, c.today
    choice = HOW.index(planned.how)
    kind, place = _KIND[choice], _PLACE[choice]
    if place == ContactPlace.HOME and kind == ContactKind.VISIT and people.setting[row] in HOMELESS:
        place = ContactPlace.NEIGHBOURHOOD
    travel = _travel(c, row, place)
    luck = float(c.streams.daily(CONTACT, today, people.address[[row]], 5)[0, 4])
    gap = (
        visit_gap(c.service.contact, float(people.dose[row])) if kind == ContactKind.VISIT else c.active.gap_days[kind]
    )
    again = workday_after(int(today + min(max(float(gap), 1.0), LONGEST_GAP)))
    retry = workday_after(today + _RETRY_DAYS)
    due = int(people.due[DUE_OF[kind], row])
    waited = due < today
    chance = float(people.comes[_MODE[place], row])
    return ContactTask(row, kind, min(due, today), travel, planned.minutes, place, again, retry, waited, chance, luck)


def _travel(c: Community, row: int, place: int) -> int:
    if place in (ContactPlace.HOME, ContactPlace.NEIGHBOURHOOD):
        return int(c.people.distance[row])
    return int(c.world.contact_time.short_travel) if place in (ContactPlace.WARD, ContactPlace.AGENCY) else 0


def desk(c: Community, post: int) -> dict[str, Any]:
    """Return what the holder of a post knows this morning: the caseload as believed, and the week's time.

    Raises:
        CmsimError: the post is vacant or there is none.
    """
    worker = c.workers[post] if 0 <= post < len(c.workers) else None
    if worker is None:
        raise CmsimError(f"role-play: nobody is in post {post + 1} today")
    people = c.people
    monday = c.days_simulated
    away = [day for day in range(WORKDAYS) if worker.is_away(monday + day)]
    staff = c.service.staff
    team = int(staff.team_minutes) + (worker.supervisor.decide_minutes(worker) if worker.supervisor else 0)
    clients: list[dict[str, Any]] = []
    for row in _caseload(c, post):
        since_discharge = monday - int(people.known_discharge[row])
        due = {
            name: int(people.due[DUE_OF[kind], row]) - monday
            for name, kind in (
                ("visit", ContactKind.VISIT),
                ("call", ContactKind.CALL),
                ("family", ContactKind.FAMILY),
                ("psychiatrist", ContactKind.LIAISON),
            )
            if people.due[DUE_OF[kind], row] < NEVER
        }
        clients.append(
            {
                "key": c.clients[row].key,
                "believed_need": round(float(people.belief[row]), 2),
                "knowledge": round(float(people.knowledge[row]), 2),
                "dose": round(float(people.dose[row]), 2),
                "not_seen_days": monday - int(people.last_seen[row]),
                "known_unwell": bool(people.known_unwell[row]),
                "known_inside": bool(people.known_inside[row]),
                "since_discharge": since_discharge if since_discharge <= _UNKNOWN_WEEKS * WEEK_DAYS else None,
                "with_me_days": monday - int(people.worker_since[row]),
                "family": bool(people.has_family[row]),
                "home": Setting(int(c.clients[row].home)).label,
                "travel": int(people.distance[row]),
                "due": due,
            }
        )
    clients.sort(key=lambda one: (not one["known_unwell"], one["since_discharge"] is None, -one["dose"], one["key"]))
    return {
        "post": post,
        "worker": worker.key,
        "day": monday,
        "minutes_a_day": int(staff.hours * HOUR) - team,
        "notes_share": float(c.world.contact_time.notes_share),
        "ward_travel": int(c.world.contact_time.short_travel),
        "away": away,
        "clients": clients,
    }


def truth(c: Community, keys: list[str]) -> dict[str, dict[str, Any]]:
    """Return how clients really are, which no worker sees."""
    people = c.people
    found = {}
    for client in c.clients:
        if client.key in keys:
            row = client.row
            found[client.key] = {
                "phase": Phase(client.phase).label,
                "noticed": bool(client.noticed_by),
                "need": round(float(people.need[row]), 2),
                "belief": round(float(people.belief[row]), 2),
                "unmet": round(float(people.unmet[row]), 2),
                "excess": round(float(people.excess[row]), 2),
                "alliance": round(float(people.alliance[row]), 2),
                "engagement": round(float(people.engagement[row]), 2),
                "adherence": round(float(people.adherence[row]), 2),
                "dose": round(float(people.dose[row]), 2),
                "setting": Setting(client.setting).label,
            }
    return found


def contacts_of(c: Community, post: int, first: int, last: int) -> list[dict[str, Any]]:
    """Return the contacts of the holders of a post from the first to the last day, as they were made."""
    rows = c.ledger["contacts"].rows()
    mine = (rows["by"] == Provider.CASE_MANAGER) & (rows["worker"] // HOLDERS == post) & (rows["worker"] >= 0)
    rows = rows[mine & (rows["minute"] >= first * DAY) & (rows["minute"] < (last + 1) * DAY)]
    return [
        {
            "client": c.clients[int(row["client"])].key,
            "day": int(row["minute"]) // DAY,
            "kind": ContactKind(row["kind"]).label,
            "place": ContactPlace(row["place"]).label,
            "minutes": int(row["minutes"]),
            "outcome": ContactOutcome(row["outcome"]).label,
            "noticed": bool(row["noticed"]),
        }
        for row in rows
    ]
