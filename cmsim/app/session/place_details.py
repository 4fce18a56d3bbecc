"""Everybody and every place around clients: who or what it is, ties, and the story so far.

Families, helpers, case managers, psychiatrists, supervisors, the hospital, agencies, and the places where clients are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import singledispatch
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from cmsim.app.session.descriptions import PHASE_WORDS, counted, lasting, level
from cmsim.app.session.details import Details, Item, Level, Tie
from cmsim.app.session.event_feed import feed_items, item
from cmsim.app.session.seating import Spot
from cmsim.app.session.snapshot import places
from cmsim.core.ledger import Rows
from cmsim.core.simtime import DAY, HOUR, YEAR_DAYS
from cmsim.model.agents import Agency, CaseManager, Family, Helper, Hospital, Psychiatrist, Supervisor
from cmsim.model.state.columns import HOLDERS, worker_key
from cmsim.results.narration import Event, narrate
from cmsim.schema.codes import (
    ContactKind,
    ContactOutcome,
    Counterpart,
    CrisisOutcome,
    JobReason,
    MoveReason,
    NoticedBy,
    Provider,
    RegistrationEvent,
    Setting,
)

if TYPE_CHECKING:
    from cmsim.model.community import Community

_MOST_EVENTS = 120
"""Events of a story that are shown, the latest; of a case manager ``_MOST_OF_WORKER``."""
_MOST_OF_WORKER = 400
_MOST_TIES = 80
_LATE_DAYS = 20
"""Working days over which the minutes of a case manager are averaged."""


class Place(NamedTuple):
    """A place that can be looked up: its code, title, what holds of clients there, and the settings inside it."""

    key: str
    code: int
    title: str
    condition: str
    inside: tuple[str, ...] = ()


_PLACES = (
    Place(
        "place-waiting", Spot.WAITING_ROOM, "Without a case manager", "wait for a worker, or are lost to the service"
    ),
    Place("place-no-home", Spot.NO_HOME, "Without a home", "are on the street or in a shelter", ("street", "shelter")),
    Place("place-jail", Spot.JAIL, "Jail", "are in jail", ("jail",)),
)
_THROUGH_A_TIE = {"moves": ("found a room", MoveReason.ROOM_THROUGH_TIE), "jobs": ("found work", JobReason.THROUGH_TIE)}
_SORTS = {"kin": "A relative who lives elsewhere", "friend": "A friend", "neighbour": "A neighbour"}
_MINUTES = {
    "client": "with clients",
    "collateral": "with others, about clients",
    "travel": "travel",
    "notes": "writing up",
    "team": "meetings and administration",
    "office": "unscheduled",
}
"""Uses of a working day, by the name in its columns."""
_FAMILY_LEVELS = {
    "burden": "burden",
    "criticism": "criticism",
    "warmth": "warmth",
    "knowledge of the illness": "family_knowledge",
}


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


def everybody(c: Community) -> dict[str, object]:
    """Return everybody and every place that can be looked up, by key."""
    families = [client.family for client in c.clients if client.family is not None]
    services: list[_Keyed] = [*c.psychiatrists, *c.staffing.supervisors, *c.agencies, c.hospital]
    keyed: list[_Keyed] = [*c.clients, *c.at_work, *families, *services, *_PLACES]
    return {**{each.key: each for each in keyed}, **c.network.helpers}


@singledispatch
def surroundings(who: object, c: Community) -> Details:
    """Return what there is to know about anybody but a client, or about a place."""
    raise TypeError(who)


def levels(c: Community, row: int, columns: Mapping[str, str]) -> list[Level]:
    """Return state variables of a client, 0 to 1, given by the name that is shown, which is mapped to the column."""
    values = ((name, float(getattr(c.people, column)[row])) for name, column in columns.items())
    return [Level(name, value, f"{level(value)} {value:.2f}") for name, value in values]


def _latest(items: Iterable[Item]) -> list[Item]:
    """Return the latest lines of a story, the last first."""
    return sorted(items, key=lambda one: (one["day"], one["minute"], one["client"]))[-_MOST_EVENTS:][::-1]


def _row_item(c: Community, row: np.void, text: str, why: str = "") -> Item:
    return item(row["minute"], text, why, client=c.clients[int(row["client"])].key)


def _event_item(c: Community, event: Event, text: str, why: str = "") -> Item:
    return item(event.minute, text, why, client=c.clients[event.client].key)


def _contact_items(c: Community, rows: Rows, called: str) -> list[Item]:
    items = []
    for row in rows[-_MOST_EVENTS:]:
        outcome = ContactOutcome(row["outcome"]).label
        result = f"{row['minutes']} minutes" if outcome == "held" else outcome
        who = worker_key(int(row["worker"])) if row["by"] != Provider.PSYCHIATRIST else ""
        text = f"{called.format(kind=ContactKind(row['kind']).label)}{f' with {who}' if who else ''}: {result}"
        items.append(_row_item(c, row, text, "first signs of a relapse noticed" if row["noticed"] else ""))
    return items


def _client_ties(c: Community, rows: Iterable[int]) -> list[Tie]:
    return [{"to": c.clients[row].key, "kind": "client", "text": PHASE_WORDS[int(c.people.phase[row])]} for row in rows]


@surroundings.register(CaseManager)
def _worker(worker: CaseManager, c: Community) -> Details:
    posts, post, number = c.posts, worker.post, worker.number
    ties = _client_ties(c, [client.row for client in c.clients if client.worker == post])
    if worker.supervisor is not None:
        ties.insert(0, {"to": worker.supervisor.key, "kind": "supervisor", "text": "supervisor"})
    days = c.ledger["worker_days"].rows()
    days = days[(days["worker"] == number) & (days["absent"] == 0)][-_LATE_DAYS:]
    staff, handovers, contacts = (c.ledger[name].rows() for name in ("staff", "handovers", "contacts"))
    events = {
        "staff": staff[staff["worker"] == number],
        "handovers": handovers[(handovers["to_worker"] == number) | (handovers["from_worker"] == number)],
        "contacts": contacts[:0],
    }
    minutes = {text: days[f"{name}_minutes"].mean() if len(days) else 0.0 for name, text in _MINUTES.items()}
    most = max(1.0, *minutes.values())
    return Details(
        worker.key,
        "case manager",
        f"Case manager {worker.key}",
        [
            f"In post for {lasting(c.days_simulated - int(posts.hired[post]))}; "
            f"skill {level(float(posts.skill[post]))}{'; has given notice' if posts.leaving[post] else ''}.",
            f"{posts.caseload[post]:.0f} clients; emotional exhaustion {posts.exhaustion[post]:.1f} of 54 "
            "(27 counts as high).",
        ],
        ties,
        feed_items(events, c.people.keys())[-_MOST_OF_WORKER:][::-1],
        [Level(name, value / most, f"{value:.0f}") for name, value in minutes.items()],
        "Recent working days, minutes a day",
    )


@surroundings.register(Family)
def _family(family: Family, c: Community) -> Details:
    client = family.client
    people, row = c.people, client.row
    lives = "lives with them" if client.setting == Setting.FAMILY_HOME else "lives elsewhere"
    worried = int(people.worried_since[row]) if people.worried[row] else -1
    about = [
        f"{counted(family.members, 'relative')} of {client.key}, who {lives}.",
        f"They have been worried since day {worried} and {'have' if family.called else 'have not'} called."
        if worried >= 0
        else "They are not worried just now.",
    ]
    contacts = c.ledger["contacts"].rows()
    talks = contacts[(contacts["client"] == row) & (contacts["with"] == Counterpart.FAMILY)]
    items = _contact_items(c, talks, "conversation")
    moves = c.ledger["moves"].rows()
    for event in narrate({"moves": moves[moves["client"] == row]}):
        if "family" in event.because or "family home" in event.what:
            items.append(_event_item(c, event, event.sentence, event.detail))
    changes = c.ledger["transitions"].rows()
    for change in changes[(changes["client"] == row) & (changes["noticed_by"] == NoticedBy.FAMILY)]:
        items.append(_row_item(c, change, "the family had noticed the first signs"))
    ties: list[Tie] = [{"to": client.key, "kind": "client", "text": "related client"}]
    if client.case_manager is not None:
        ties.append({"to": client.case_manager.key, "kind": "case manager", "text": "their contact at the service"})
    title, shown = f"The family of {client.key}", levels(c, row, _FAMILY_LEVELS)
    return Details(family.key, "family", title, about, ties, _latest(items), shown)


@surroundings.register(Helper)
def _helper(helper: Helper, c: Community) -> Details:
    friends = c.ties.friendships
    ties: list[Tie] = []
    items: list[Item] = []
    for other, facts in c.graph.adj[helper.key].items() if c.graph.has_node(helper.key) else ():
        if facts["kind"] == "helper":
            strength = float(friends.strength[facts["row"]])
            ties.append({"to": other, "kind": "client", "text": f"tie {level(strength)} ({strength:.2f})"})
            items.append(item(max(int(facts["since"]), 0) * DAY, "met for the first time", client=other))
        elif facts["kind"] == "knows":
            ties.append({"to": other, "kind": "helper", "text": "knows"})
    known_to = {tie["to"] for tie in ties if tie["kind"] == "client"}
    rows = [client.row for client in c.clients if client.key in known_to]
    for name, (text, reason) in _THROUGH_A_TIE.items():
        table = c.ledger[name].rows()
        for row in table[np.isin(table["client"], rows) & (table["reason"] == reason)]:
            items.append(_row_item(c, row, text, "through a friend, relative or neighbour"))
    about = [
        f"{_SORTS.get(helper.sort, 'Somebody')} outside services and family, known to {counted(len(rows), 'client')}.",
        f"Able to help: {level(helper.competence)} ({helper.competence:.2f}).",
    ]
    return Details(helper.key, "helper", f"Helper {helper.key}", about, ties, _latest(items))


# -- services ------------------------------------------------------------------------------------------------


@surroundings.register(Psychiatrist)
def _psychiatrist(psychiatrist: Psychiatrist, c: Community) -> Details:
    rows = [row for row in range(c.people.known) if c.graph.has_edge(c.clients[row].key, psychiatrist.key)]
    waiting = len(psychiatrist.list) + len(psychiatrist.urgent)
    contacts = c.ledger["contacts"].rows()
    mine = (contacts["by"] == Provider.PSYCHIATRIST) & (contacts["worker"] == psychiatrist.number)
    reviews = contacts[mine]
    lately = reviews[reviews["minute"] >= (c.days_simulated - YEAR_DAYS) * DAY]
    held = int(np.count_nonzero(lately["outcome"] == ContactOutcome.HELD))
    about = [
        f"A psychiatrist for {len(rows)} clients of the agency, and for other people.",
        f"{counted(waiting, 'person is', 'people are')} on the waiting list; {held} reviews were held in the "
        f"last year and {len(lately) - held} were not.",
    ]
    ties, items = _client_ties(c, rows[:_MOST_TIES]), _contact_items(c, reviews, "{kind} of medication")
    title = f"Psychiatrist {psychiatrist.number + 1}"
    return Details(psychiatrist.key, "psychiatrist", title, about, ties, _latest(items))


@surroundings.register(Supervisor)
def _supervisor(supervisor: Supervisor, c: Community) -> Details:
    team = [worker for worker in c.at_work if worker.supervisor is supervisor]
    posts = c.posts
    tired = [float(posts.exhaustion[worker.post]) for worker in team]
    hours = c.service.turnover.supervision_hours
    about = [
        f"Supervises {len(team)} case managers, {hours:g} hours a week each as far as the hours go round.",
        f"Mean exhaustion in the team: {np.mean(tired):.1f} of 54." if tired else "The team has nobody in post.",
    ]
    ties = []
    for worker, exhaustion in zip(team, tired, strict=True):
        text = f"{posts.caseload[worker.post]:.0f} clients, exhaustion {exhaustion:.0f}"
        ties.append(Tie(to=worker.key, kind="case manager", text=text))
    rows = c.ledger["staff"].rows()
    mine = [posts.team[int(row["worker"]) // HOLDERS] == supervisor.team and row["minute"] > 0 for row in rows]
    items = [
        item(event.minute, event.what, event.detail if event.what == "left" else "", client=worker_key(event.worker))
        for event in narrate({"staff": rows[np.array(mine, dtype=bool)]})
    ]
    title = f"Supervisor of team {supervisor.team + 1}"
    return Details(supervisor.key, "supervisor", title, about, ties, _latest(items))


@surroundings.register(Hospital)
def _hospital(hospital: Hospital, c: Community) -> Details:
    stays = sorted(hospital.stays.values(), key=lambda stay: stay.began)
    pressed = sum(stay.pressed for stay in stays)
    about = [
        f"The hospital of the region: {hospital.occupied} of {hospital.count} beds are taken, "
        f"{len(stays)} of them by clients; {counted(hospital.waiting, 'person waits', 'people wait')} for a bed.",
        f"{pressed} of the clients may have to leave early because beds are short."
        if pressed
        else "No client is under pressure to leave early.",
    ]
    crises = c.ledger["crises"].rows()
    no_bed = crises[crises["outcome"] == CrisisOutcome.NO_BED]
    items, ties = [_row_item(c, row, "needed a bed, none was free") for row in no_bed], []
    for event in narrate({"admissions": c.ledger["admissions"].rows()}):
        items.append(_event_item(c, event, event.what, event.detail))
    for stay in stays:
        waited = f"after {stay.waited / HOUR:.1f} h wait" if stay.waited else ""
        items.append(item(stay.began, "admitted", waited, client=stay.client.key))
        how = f"{', admitted involuntarily' if stay.involuntary else ''}"
        how += f"{', visited by the case manager' if stay.ward_visits else ''}"
        text = f"in for {counted(c.days_simulated - stay.began // DAY, 'day')}{how}"
        ties.append(Tie(to=stay.client.key, kind="client", text=text))
    return Details(hospital.key, "hospital", "The hospital", about, ties, _latest(items))


@surroundings.register(Agency)
def _agency(agency: Agency, c: Community) -> Details:
    linked = np.flatnonzero(c.people.links[: c.people.known, agency.kind]).tolist()
    held = int(agency.places.count) if agency.count else 0
    about = [
        f"The {agency.name} agency: {held} of {agency.count} places are taken, {len(linked)} of them by "
        f"clients; {counted(len(agency.places.queue), 'person waits', 'people wait')} for one.",
        "The other places are held by people from outside.",
    ]
    rows = c.ledger["links"].rows()
    items = [
        _event_item(c, event, step, event.detail if step == "referred" else "")
        for event in narrate({"links": rows[rows["agency"] == agency.kind][-_MOST_EVENTS:]})
        for step in [event.what.partition(": ")[2]]
    ]
    ties = _client_ties(c, linked[:_MOST_TIES])
    return Details(agency.key, "agency", f"Agency: {agency.name}", about, ties, _latest(items))


# -- places --------------------------------------------------------------------------------------------------


@surroundings.register(Place)
def _place(place: Place, c: Community) -> Details:
    rows = [row for row, code in enumerate(places(c)) if code == place.code]
    if place.code == Spot.WAITING_ROOM:
        table = c.ledger["registrations"].rows()
        events = narrate({"registrations": table[table["event"] == RegistrationEvent.REFERRED]})
        handovers = narrate({"handovers": c.ledger["handovers"].rows()})
        events += [event for event in handovers if event.what in ("first worker", "left without a worker")]
    else:
        moves = narrate({"moves": c.ledger["moves"].rows()})
        events = [event for event in moves if sum(end in place.inside for end in event.what.split(" to ")) == 1]
    about, ties = [f"{len(rows)} of the agency's clients {place.condition} today."], _client_ties(c, rows[:_MOST_TIES])
    items = [_event_item(c, event, event.sentence, event.detail) for event in events]
    return Details(place.key, "place", place.title, about, ties, _latest(items))
