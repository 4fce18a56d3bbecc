"""Everybody and every place around clients: who or what it is, ties, and the story so far.

Families, helpers, psychiatrists, supervisors, the hospital, agencies, and the places where clients are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim.app.session.descriptions import PHASE_WORDS, counted, level
from cmsim.app.session.seating import JAIL, NO_HOME, WAITING_ROOM
from cmsim.app.session.snapshot import places
from cmsim.core.ledger import Rows
from cmsim.core.simtime import DAY, HOUR, YEAR_DAYS
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
    from cmsim.model.agents import Agency, Client, Family, Helper, Hospital, Psychiatrist, Supervisor
    from cmsim.model.community import Community

_MOST_EVENTS = 120
"""Events of a story that are shown, the latest."""
_MOST_TIES = 80
PLACE_KEYS = {"place-waiting": WAITING_ROOM, "place-no-home": NO_HOME, "place-jail": JAIL}
"""Places that can be looked up, by key."""

_THROUGH_A_TIE = {"moves": ("finds a room", MoveReason.ROOM_THROUGH_TIE), "jobs": ("finds work", JobReason.THROUGH_TIE)}
_SORTS = {"kin": "A relative who lives elsewhere", "friend": "A friend", "neighbour": "A neighbour"}
_PLACES = {
    WAITING_ROOM: ("Waiting for a case manager", "have no case manager and wait for one"),
    NO_HOME: ("Without a home", "are on the street or in a shelter"),
    JAIL: ("Jail", "are in jail"),
}
_INSIDE = {NO_HOME: ("street", "shelter"), JAIL: ("jail",)}

Found = dict[str, Any]
Tie = dict[str, str]
Line = tuple[int, str, str, str]
"""One line of a story: engine minute, whom it is about, what happened, why or how."""


def look_up(c: Community, key: str) -> Found | None:
    """Return who or what a key stands for, with ties and story; None for clients, workers and nobody."""
    for client in c.clients:
        if client.family is not None and client.family.key == key:
            return _family(c, client, client.family)
    helper = c.network.helpers.get(key)
    if helper is not None:
        return _helper(c, helper)
    for psychiatrist in c.psychiatrists:
        if psychiatrist.key == key:
            return _psychiatrist(c, psychiatrist)
    for supervisor in c.staffing.supervisors:
        if supervisor.key == key:
            return _supervisor(c, supervisor)
    for agency in c.agencies:
        if agency.key == key:
            return _agency(c, agency)
    if key == c.hospital.key:
        return _hospital(c, c.hospital)
    return _place(c, key) if key in PLACE_KEYS else None


def keys(c: Community) -> list[str]:
    """Return the keys that can be looked up here."""
    families = [client.family.key for client in c.clients if client.family is not None]
    several = (*c.psychiatrists, *c.staffing.supervisors, *c.agencies, c.hospital)
    return [*families, *c.network.helpers, *(each.key for each in several), *PLACE_KEYS]


def _found(
    sort: str, key: str, title: str, about: list[str], ties: list[Tie], lines: Iterable[Line], **more: Any
) -> Found:
    """Return what is shown: the lines of the story are the latest, the last first."""
    latest = sorted(lines, key=lambda line: line[:2])[-_MOST_EVENTS:][::-1]
    story = [
        {"day": minute // DAY, "minute": minute % DAY, "client": who, "text": text, "why": why}
        for minute, who, text, why in latest
    ]
    return {
        "key": key,
        "sort": sort,
        "title": title,
        "about": about,
        "levels": {},
        "ties": ties,
        "story": story,
        **more,
    }


def _line(c: Community, row: np.void, text: str, why: str = "") -> Line:
    return int(row["minute"]), c.clients[int(row["client"])].key, text, why


def _event_line(c: Community, event: Event) -> Line:
    return event.minute, c.clients[event.client].key, event.sentence, event.detail


def _contact_lines(c: Community, rows: Rows, called: str) -> list[Line]:
    """Return one line for each of some contacts."""
    lines = []
    for row in rows[-_MOST_EVENTS:]:
        outcome = ContactOutcome(row["outcome"]).label
        result = f"{row['minutes']} minutes" if outcome == "held" else outcome
        who = worker_key(int(row["worker"])) if row["by"] != Provider.PSYCHIATRIST else ""
        text = f"{called.format(kind=ContactKind(row['kind']).label)}{f' with {who}' if who else ''}: {result}"
        lines.append(_line(c, row, text, "first signs of a relapse noticed" if row["noticed"] else ""))
    return lines


def _client_ties(c: Community, rows: Iterable[int]) -> list[Tie]:
    ties = [{"to": c.clients[row].key, "kind": "client", "text": PHASE_WORDS[int(c.people.phase[row])]} for row in rows]
    return ties[:_MOST_TIES]


def _family(c: Community, client: Client, family: Family) -> Found:
    people, row = c.people, client.row
    lives = "lives with them" if client.setting == Setting.FAMILY_HOME else "lives elsewhere"
    worried = int(people.worried_since[row]) if people.worried[row] else -1
    about = [
        f"{counted(family.members, 'relative')} of {client.key}, who {lives}.",
        f"They have been worried since day {worried} and {'have' if family.called else 'have not'} called."
        if worried >= 0
        else "They are not worried just now.",
    ]
    levels = {
        name: (round(float(getattr(people, column)[row]), 2), level(float(getattr(people, column)[row])))
        for name, column in (
            ("burden", "burden"),
            ("criticism", "criticism"),
            ("warmth", "warmth"),
            ("knowledge of the illness", "family_knowledge"),
        )
    }
    contacts = c.ledger["contacts"].rows()
    talks = contacts[(contacts["client"] == row) & (contacts["with"] == Counterpart.FAMILY)]
    lines = _contact_lines(c, talks, "talk")
    moves = c.ledger["moves"].rows()
    for event in narrate({"moves": moves[moves["client"] == row]}):
        if "family" in event.because or "family home" in event.what:
            lines.append(_event_line(c, event))
    changes = c.ledger["transitions"].rows()
    for change in changes[(changes["client"] == row) & (changes["noticed_by"] == NoticedBy.FAMILY)]:
        lines.append(_line(c, change, "the family had noticed the first signs"))
    ties = [{"to": client.key, "kind": "client", "text": "whom they belong to"}]
    if client.case_manager is not None:
        ties.append({"to": client.case_manager.key, "kind": "case manager", "text": "whom they can call"})
    return _found("family", family.key, f"The family of {client.key}", about, ties, lines, levels=levels)


def _helper(c: Community, helper: Helper) -> Found:
    friends = c.ties.friendships
    ties, lines = [], []
    for other, facts in c.graph.adj[helper.key].items() if c.graph.has_node(helper.key) else ():
        if facts["kind"] == "helper":
            strength = float(friends.strength[facts["row"]])
            ties.append({"to": other, "kind": "client", "text": f"tie {level(strength)} ({strength:.2f})"})
            lines.append((max(int(facts["since"]), 0) * DAY, other, "come to know each other", ""))
        elif facts["kind"] == "knows":
            ties.append({"to": other, "kind": "helper", "text": "knows"})
    rows: list[Any] = [c.ties.row_of(tie["to"]) for tie in ties if tie["kind"] == "client"]
    for name, (text, reason) in _THROUGH_A_TIE.items():
        table = c.ledger[name].rows()
        for row in table[np.isin(table["client"], rows) & (table["reason"] == reason)]:
            lines.append(_line(c, row, text, "through a friend, relative or neighbour"))
    about = [
        f"{_SORTS.get(helper.sort, 'Somebody')} outside services and family, known to {counted(len(rows), 'client')}.",
        f"Able to help: {level(helper.competence)} ({helper.competence:.2f}).",
    ]
    return _found("helper", helper.key, f"Helper {helper.key}", about, ties, lines)


# -- services ------------------------------------------------------------------------------------------------


def _psychiatrist(c: Community, psychiatrist: Psychiatrist) -> Found:
    rows = [row for row in range(c.people.known) if c.graph.has_edge(c.clients[row].key, psychiatrist.key)]
    waiting = len(psychiatrist.list) + len(psychiatrist.urgent)
    contacts = c.ledger["contacts"].rows()
    mine = (contacts["by"] == Provider.PSYCHIATRIST) & (contacts["worker"] == psychiatrist.number)
    reviews = contacts[mine]
    lately = reviews[reviews["minute"] >= (c.days_simulated - YEAR_DAYS) * DAY]
    held = int(np.count_nonzero(lately["outcome"] == ContactOutcome.HELD))
    about = [
        f"A psychiatrist for {len(rows)} clients of the agency, and for other people.",
        f"{waiting} people are on the waiting list; {held} reviews were held in the last year and "
        f"{len(lately) - held} were not.",
    ]
    title, lines = f"Psychiatrist {psychiatrist.number + 1}", _contact_lines(c, reviews, "{kind} of medication")
    return _found("psychiatrist", psychiatrist.key, title, about, _client_ties(c, rows), lines)


def _supervisor(c: Community, supervisor: Supervisor) -> Found:
    team = [worker for worker in c.at_work if worker.supervisor is supervisor]
    posts = c.posts
    tired = [float(posts.exhaustion[worker.post]) for worker in team]
    hours = c.service.turnover.supervision_hours
    about = [
        f"Supervises {len(team)} case managers, {hours:g} hours a week each as far as the hours go round.",
        f"Mean exhaustion in the team: {np.mean(tired):.1f} of 54." if tired else "The team has nobody in post.",
    ]
    ties = [
        {
            "to": worker.key,
            "kind": "case manager",
            "text": f"{int(posts.caseload[worker.post])} clients, exhaustion {tired[n]:.0f}",
        }
        for n, worker in enumerate(team)
    ]
    rows = c.ledger["staff"].rows()
    mine = [posts.team[int(row["worker"]) // HOLDERS] == supervisor.team and row["minute"] > 0 for row in rows]
    lines = [
        (event.minute, worker_key(event.worker), event.what, event.detail if event.what == "left" else "")
        for event in narrate({"staff": rows[np.array(mine, dtype=bool)]})
    ]
    return _found("supervisor", supervisor.key, f"Supervisor of team {supervisor.team + 1}", about, ties, lines)


def _hospital(c: Community, hospital: Hospital) -> Found:
    stays = sorted(hospital.stays.values(), key=lambda stay: stay.began)
    pressed = sum(stay.pressed for stay in stays)
    about = [
        f"The hospital of the region: {hospital.occupied} of {hospital.count} beds are taken, "
        f"{len(stays)} of them by clients; {hospital.waiting} people wait for a bed.",
        f"{pressed} of the clients may have to leave early because beds are short."
        if pressed
        else "Nobody among the clients is pressed to leave early.",
    ]
    ties = [
        {
            "to": stay.client.key,
            "kind": "client",
            "text": f"in for {c.days_simulated - stay.began // DAY} days"
            f"{', by commitment' if stay.involuntary else ''}"
            f"{', visited by the case manager' if stay.ward_visits else ''}",
        }
        for stay in stays
    ]
    lines = [
        (event.minute, c.clients[event.client].key, event.what, event.detail)
        for event in narrate({"admissions": c.ledger["admissions"].rows()})
    ]
    lines += [
        (stay.began, stay.client.key, "admitted", f"after {stay.waited / HOUR:.1f} h wait" if stay.waited else "")
        for stay in stays
    ]
    crises = c.ledger["crises"].rows()
    lines += [
        _line(c, row, "a bed was wanted and none was free") for row in crises[crises["outcome"] == CrisisOutcome.NO_BED]
    ]
    return _found("hospital", hospital.key, "The hospital", about, ties, lines)


def _agency(c: Community, agency: Agency) -> Found:
    linked = np.flatnonzero(c.people.links[: c.people.known, agency.kind]).tolist()
    held = int(agency.places.count) if agency.count else 0
    about = [
        f"The {agency.name} agency: {held} of {agency.count} places are taken, {len(linked)} of them by "
        f"clients; {len(agency.places.queue)} people wait for one.",
        "The other places are held by people from outside.",
    ]
    rows = c.ledger["links"].rows()
    lines = [
        (event.minute, c.clients[event.client].key, step, event.detail if step == "referred" else "")
        for event in narrate({"links": rows[rows["agency"] == agency.kind][-_MOST_EVENTS:]})
        for step in [event.what.partition(": ")[2]]
    ]
    return _found("agency", agency.key, f"Agency: {agency.name}", about, _client_ties(c, linked), lines)


# -- places --------------------------------------------------------------------------------------------------


def _place(c: Community, key: str) -> Found:
    where = PLACE_KEYS[key]
    rows = [row for row, place in enumerate(places(c)) if place == where]
    title, condition = _PLACES[where]
    if where == WAITING_ROOM:
        table = c.ledger["registrations"].rows()
        events = narrate({"registrations": table[table["event"] == RegistrationEvent.REFERRED]})
        handovers = narrate({"handovers": c.ledger["handovers"].rows()})
        events += [event for event in handovers if event.what in ("first worker", "left without a worker")]
    else:
        inside = _INSIDE[where]
        moves = narrate({"moves": c.ledger["moves"].rows()})
        events = [event for event in moves if len([end for end in event.what.split(" to ") if end in inside]) == 1]
    about = [f"{len(rows)} of the agency's clients {condition} today."]
    return _found("place", key, title, about, _client_ties(c, rows), [_event_line(c, event) for event in events])
