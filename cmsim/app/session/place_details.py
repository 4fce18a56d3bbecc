"""Everybody and every place around clients: family, helper, psychiatrist, supervisor, hospital, agencies,
and the places where clients are; who or what it is, ties, and the story so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim.app.session.descriptions import PHASE_WORDS, counted, level
from cmsim.app.session.seating import JAIL, NO_HOME, WAITING_ROOM
from cmsim.app.session.snapshot import places
from cmsim.core.simtime import DAY, HOUR, YEAR_DAYS
from cmsim.model.state.columns import HOLDERS, worker_key
from cmsim.results.event_log import told
from cmsim.schema.tables import (
    BY,
    CONTACT_KINDS,
    CONTACT_OUTCOMES,
    CRISIS_OUTCOMES,
    HELP_LEVELS,
    JOB_REASONS,
    LINK_STEPS,
    MOVE_REASONS,
    NOTICED_BY,
    REGISTRATIONS,
    SETTINGS,
    STAFF_EVENTS,
    WITH,
    Rows,
    code,
)

if TYPE_CHECKING:
    from cmsim.model.community import Community

MOST_TOLD = 120
"""Things of a story that are told, the latest."""
MOST_TIES = 80
PLACE_KEYS = {"place-waiting": WAITING_ROOM, "place-no-home": NO_HOME, "place-jail": JAIL}
"""Places that can be looked up, by key."""

_WITH_FAMILY = code(WITH, "family")
_BY_PSYCHIATRIST = code(BY, "psychiatrist")
_BY_FAMILY = code(NOTICED_BY, "family")
_HELD = code(CONTACT_OUTCOMES, "held")
_NO_BED = code(CRISIS_OUTCOMES, "no bed")
_REFERRED = code(REGISTRATIONS, "referred")
_LEFT = code(STAFF_EVENTS, "left")
_THROUGH_A_TIE = {
    "moves": ("finds a room", code(MOVE_REASONS, "room through a tie")),
    "jobs": ("finds work", code(JOB_REASONS, "through a tie")),
}
_SORTS = {"kin": "A relative who lives elsewhere", "friend": "A friend", "neighbour": "A neighbour"}

Found = dict[str, Any]
Line = tuple[int, str, str, str]
"""One line of a story: engine minute, whom it is about, what happened, why or how."""


def look_up(c: Community, key: str) -> Found | None:
    """Return who or what a key stands for, with ties and story; None for clients, workers and nobody."""
    for client in c.clients:
        if client.family is not None and client.family.key == key:
            return _family(c, client)
    helper = c.network.helpers.get(key)
    if helper is not None:
        return _helper(c, helper)
    one_of: tuple[tuple[Iterable[Any], Callable[[Community, Any], Found]], ...] = (
        (c.psychiatrists, _psychiatrist),
        (c.staffing.supervisors, _supervisor),
        (c.agencies, _agency),
        ([c.hospital], _hospital),
    )
    for several, tell in one_of:
        for each in several:
            if each.key == key:
                return tell(c, each)
    return _place(c, key) if key in PLACE_KEYS else None


def keys(c: Community) -> list[str]:
    """Return the keys that can be looked up here."""
    families = [client.family.key for client in c.clients if client.family is not None]
    several = (*c.psychiatrists, *c.staffing.supervisors, *c.agencies, c.hospital)
    return [*families, *c.network.helpers, *(each.key for each in several), *PLACE_KEYS]


def _found(sort: str, key: str, title: str, about: list[str], **more: Any) -> Found:
    return {"key": key, "sort": sort, "title": title, "about": about, "levels": {}, "ties": [], **more}


def _story(c: Community, lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Return lines as they are shown, the latest first."""
    latest = sorted(lines, key=lambda line: line[:2])[-MOST_TOLD:][::-1]
    return [
        {"day": minute // DAY, "minute": minute % DAY, "client": who, "text": text, "why": why}
        for minute, who, text, why in latest
    ]


def _key(c: Community, row: Any) -> str:
    return c.clients[int(row["client"])].key


def _contact_lines(c: Community, rows: Rows, called: str) -> list[Line]:
    """Return one line for each of some contacts."""
    lines = []
    for row in rows[-MOST_TOLD:]:
        outcome = CONTACT_OUTCOMES[row["outcome"]]
        said = f"{row['minutes']} minutes" if outcome == "held" else outcome
        who = worker_key(int(row["worker"])) if row["by"] != _BY_PSYCHIATRIST else ""
        text = f"{called.format(kind=CONTACT_KINDS[row['kind']])}{f' with {who}' if who else ''}: {said}"
        why = "first signs of a relapse noticed" if row["noticed"] else ""
        lines.append((int(row["minute"]), _key(c, row), text, why))
    return lines


def _client_ties(c: Community, rows: Iterable[int]) -> list[dict[str, str]]:
    return [{"to": c.clients[row].key, "kind": "client", "text": PHASE_WORDS[int(c.people.phase[row])]} for row in rows]


# -- family and helpers --------------------------------------------------------------------------------------


def _family(c: Community, client: Any) -> Found:
    people, row, family = c.people, client.row, client.family
    lives = "lives with them" if SETTINGS[client.setting] == "family home" else "lives elsewhere"
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
    talks = contacts[(contacts["client"] == row) & (contacts["with"] == _WITH_FAMILY)]
    lines = _contact_lines(c, talks, "talk")
    moves = c.ledger["moves"].rows()
    for minute, _, _, _, what, detail in told({"moves": moves[moves["client"] == row]}):
        if "family" in detail or "family home" in what:
            lines.append((minute, client.key, f"moves: {what}", detail))
    changes = c.ledger["transitions"].rows()
    for change in changes[(changes["client"] == row) & (changes["noticed_by"] == _BY_FAMILY)]:
        lines.append((int(change["minute"]), client.key, "the family had noticed the first signs", ""))
    ties = [{"to": client.key, "kind": "client", "text": "whom they belong to"}]
    if client.case_manager is not None:
        ties.append({"to": client.case_manager.key, "kind": "case manager", "text": "whom they can call"})
    return _found(
        "family",
        family.key,
        f"The family of {client.key}",
        about,
        levels=levels,
        ties=ties,
        story=_story(c, lines),
    )


def _helper(c: Community, helper: Any) -> Found:
    friends = c.ties.friendships
    ties, lines = [], []
    for other, facts in c.graph.adj[helper.key].items() if c.graph.has_node(helper.key) else ():
        if facts["kind"] == "helper":
            strength = float(friends.strength[facts["row"]])
            ties.append({"to": other, "kind": "client", "text": f"tie {level(strength)} ({strength:.2f})"})
            lines.append((max(int(facts["since"]), 0) * DAY, other, "come to know each other", ""))
        elif facts["kind"] == "knows":
            ties.append({"to": other, "kind": "helper", "text": "knows"})
    rows = [c.ties.row_of(tie["to"]) for tie in ties if tie["kind"] == "client"]
    for name, (text, reason) in _THROUGH_A_TIE.items():
        table = c.ledger[name].rows()
        for row in table[np.isin(table["client"], rows) & (table["reason"] == reason)]:
            lines.append((int(row["minute"]), _key(c, row), text, "through a friend, relative or neighbour"))
    about = [
        f"{_SORTS.get(helper.sort, 'Somebody')} outside services and family, known to {counted(len(rows), 'client')}.",
        f"Able to help: {level(helper.competence)} ({helper.competence:.2f}).",
    ]
    return _found("helper", helper.key, f"Helper {helper.key}", about, ties=ties, story=_story(c, lines))


# -- services ------------------------------------------------------------------------------------------------


def _psychiatrist(c: Community, psychiatrist: Any) -> Found:
    rows = [row for row in range(c.people.known) if c.graph.has_edge(c.clients[row].key, psychiatrist.key)]
    waiting = len(psychiatrist.list) + len(psychiatrist.urgent)
    contacts = c.ledger["contacts"].rows()
    mine = (contacts["by"] == _BY_PSYCHIATRIST) & (contacts["worker"] == psychiatrist.number)
    reviews = contacts[mine]
    lately = reviews[reviews["minute"] >= (c.days_simulated - YEAR_DAYS) * DAY]
    held = int(np.count_nonzero(lately["outcome"] == _HELD))
    about = [
        f"A psychiatrist for {len(rows)} clients of the agency, and for other people.",
        f"{waiting} people are on the waiting list; {held} reviews were held in the last year and "
        f"{len(lately) - held} were not.",
    ]
    number = psychiatrist.number + 1
    return _found(
        "psychiatrist",
        psychiatrist.key,
        f"Psychiatrist {number}",
        about,
        ties=_client_ties(c, rows)[:MOST_TIES],
        story=_story(c, _contact_lines(c, reviews, "{kind} of medication")),
    )


def _supervisor(c: Community, supervisor: Any) -> Found:
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
    mine = [row for row in rows if int(posts.team[int(row["worker"]) // HOLDERS]) == supervisor.team]
    lines = [
        (
            int(row["minute"]),
            worker_key(int(row["worker"])),
            STAFF_EVENTS[row["event"]],
            f"exhaustion {row['exhaustion']:.0f} of 54, {row['tenure']} days in post" if row["event"] == _LEFT else "",
        )
        for row in mine
        if row["minute"] > 0
    ]
    return _found(
        "supervisor",
        supervisor.key,
        f"Supervisor of team {supervisor.team + 1}",
        about,
        ties=ties,
        story=_story(c, lines),
    )


def _hospital(c: Community, hospital: Any) -> Found:
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
        (int(minute), c.clients[row].key, what, detail)
        for minute, row, _, _, what, detail in told({"admissions": c.ledger["admissions"].rows()})
    ]
    lines += [
        (
            stay.began,
            stay.client.key,
            "admitted",
            f"after {stay.waited / HOUR:.1f} h wait" if stay.waited else "",
        )
        for stay in stays
    ]
    turned = c.ledger["crises"].rows()
    for row in turned[turned["outcome"] == _NO_BED]:
        lines.append((int(row["minute"]), _key(c, row), "a bed was wanted and none was free", ""))
    return _found("hospital", hospital.key, "The hospital", about, ties=ties, story=_story(c, lines))


def _agency(c: Community, agency: Any) -> Found:
    linked = np.flatnonzero(c.people.links[: c.people.known, agency.kind]).tolist()
    held = int(agency.places.count) if agency.count else 0
    about = [
        f"The {agency.name} agency: {held} of {agency.count} places are taken, {len(linked)} of them by "
        f"clients; {len(agency.places.queue)} people wait for one.",
        "The other places are held by people from outside.",
    ]
    rows = c.ledger["links"].rows()
    lines = [
        (
            int(row["minute"]),
            _key(c, row),
            LINK_STEPS[row["step"]],
            HELP_LEVELS[row["help"]] if LINK_STEPS[row["step"]] == "referred" else "",
        )
        for row in rows[rows["agency"] == agency.kind][-MOST_TOLD:]
    ]
    return _found(
        "agency",
        agency.key,
        f"Agency: {agency.name}",
        about,
        ties=_client_ties(c, linked)[:MOST_TIES],
        story=_story(c, lines),
    )


# -- places --------------------------------------------------------------------------------------------------


def _place(c: Community, key: str) -> Found:
    where = PLACE_KEYS[key]
    rows = [row for row, place in enumerate(places(c)) if place == where]
    title, told_of = {
        WAITING_ROOM: ("Waiting for a case manager", "have no case manager and wait for one"),
        NO_HOME: ("Without a home", "are on the street or in a shelter"),
        JAIL: ("Jail", "are in jail"),
    }[where]
    lines: list[Line] = []
    if where == WAITING_ROOM:
        table = c.ledger["registrations"].rows()
        for row in table[table["event"] == _REFERRED]:
            lines.append((int(row["minute"]), _key(c, row), "is referred and waits", ""))
        handed = {"handovers": c.ledger["handovers"].rows()}
        for minute, client, worker, _, what, detail in told(handed):
            if what in ("first worker", "left without a worker"):
                text = "gets a case manager" if what == "first worker" else what
                who = worker_key(int(worker))
                lines.append((int(minute), c.clients[client].key, f"{text}{f', {who}' if who else ''}", detail))
    else:
        inside = ("street", "shelter") if where == NO_HOME else ("jail",)
        for minute, client, _, _, what, detail in told({"moves": c.ledger["moves"].rows()}):
            before, _, after = what.partition(" to ")
            if (before in inside) != (after in inside):
                lines.append((int(minute), c.clients[client].key, f"moves: {what}", detail))
    about = [f"{len(rows)} of the agency's clients {told_of} today."]
    return _found("place", key, title, about, ties=_client_ties(c, rows), story=_story(c, lines))
