"""One person in a live run: who it is, who is tied to whom, and the story so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from cmsim.app.session import event_feed, place_details
from cmsim.app.session.descriptions import PHASE_WORDS, cause, level, times
from cmsim.core.errors import CmsimError, nearest
from cmsim.core.simtime import DAY, YEAR_DAYS
from cmsim.reporting.story import ClientStory, find_divergence, tell_story
from cmsim.reporting.story.client_story import ILLNESSES
from cmsim.reporting.story.contact_stretches import contact_stretches
from cmsim.reporting.story.turning_points import ClientRows, turning_points
from cmsim.results.narration import Event
from cmsim.schema.codes import (
    ClientStatus,
    ContactMode,
    ContactOutcome,
    Counterpart,
    Diagnosis,
    Phase,
    RelationTemplate,
    Setting,
)
from cmsim.schema.tables import KINDS

if TYPE_CHECKING:
    from cmsim.app.session.client_log import Diary
    from cmsim.model.community import Community
    from cmsim.results.simulation import Simulated

_OUTCOMES = ("phase", "crisis", "hospital", "home")
"""Kinds of event that show how a client does."""
_MOST_EVENTS = 400
"""Events of a story that are shown, the latest."""

_ABOUT_CLIENTS = [kind.name for kind in KINDS if {"client", "minute"} <= {column.name for column in kind.columns}]
_WHO = {
    "friend": "friend, also a client",
    "roommate": "lives in the same house",
    "companion": "met on the street or in the shelter",
    "helper": "friend, neighbour or relative",
}


def look_up(c: Community, diary: Diary, key: str) -> dict[str, Any]:
    """Return what there is to know about anybody, or a place: who it is, ties, and the story so far.

    Args:
        c: the community.
        diary: weekly notes on its clients.
        key: such as ``c0012``, ``w03`` (whoever holds that post), ``f-c0012``, ``hospital``.

    Raises:
        CmsimError: there is nobody of that key; the message names the nearest.
    """
    for client in c.clients:
        if client.key == key:
            return _client(c, diary, client)
    for worker in c.at_work:
        if worker.key == key or worker.key.split(".")[0] == key:
            return _worker(c, worker)
    found = place_details.look_up(c, key)
    if found is not None:
        return found
    known = [*(client.key for client in c.clients), *(worker.key for worker in c.at_work), *place_details.keys(c)]
    raise CmsimError(f'nobody is called "{key}"{nearest(key, known)}')


def _client(c: Community, diary: Diary, client: Any) -> dict[str, Any]:
    people, row = c.people, client.row
    worker = client.case_manager
    traits = [
        ILLNESSES[Diagnosis(int(people.diagnosis[row])).label],
        f"a {RelationTemplate(int(people.template[row])).label} way of relating to helpers",
    ]
    for column, text in (
        ("substance", "current substance use"),
        ("trauma", "a history of trauma"),
        ("physical", "a long-term physical illness"),
    ):
        if getattr(people, column)[row] > 0:
            traits.append(text)
    levels = {
        name: (round(float(getattr(people, column)[row]), 2), level(float(getattr(people, column)[row])))
        for name, column in (
            ("need for support", "need"),
            ("need as the worker believes it", "belief"),
            ("need that nothing meets", "unmet"),
            ("support beyond need", "excess"),
            ("alliance with the worker", "alliance"),
            ("worker's knowledge of the person", "knowledge"),
            ("engagement with the service", "engagement"),
            ("doses taken", "adherence"),
            ("stress", "stress"),
            ("autonomy", "autonomy"),
        )
    }
    return {
        "key": client.key,
        "sort": "client",
        "about": traits,
        "status": ClientStatus(client.status).label,
        "phase": Phase(client.phase).label,
        "setting": Setting(client.setting).label,
        "worker": worker.key if worker is not None else "",
        "worker_years": round((c.days_simulated - int(people.worker_since[row])) / YEAR_DAYS, 1),
        "admissions": int(people.admissions[row]),
        "not_seen_days": c.days_simulated - 1 - int(people.last_seen[row]),
        "levels": levels,
        "ties": _ties(c, client),
        "life": client_events(c, row),
        "weeks": diary.of(row),
        "contacts": _contacts(c, row),
    }


def _contacts(c: Community, row: int) -> list[tuple[int, int]]:
    """Return the client's contacts as day and what they were: 2 in person, 1 by phone or with others, 0
    not kept."""
    rows = c.ledger["contacts"].rows()
    mine = rows[rows["client"] == row]
    held = mine["outcome"] == ContactOutcome.HELD
    person = (mine["with"] == Counterpart.CLIENT) & (mine["mode"] == ContactMode.FACE_TO_FACE)
    return list(zip((mine["minute"] // DAY).tolist(), (held * (1 + person)).tolist(), strict=True))


def _ties(c: Community, client: Any) -> list[dict[str, str]]:
    if not c.graph.has_node(client.key):
        return []
    found = []
    people, row = c.people, client.row
    for other, facts in c.graph.adj[client.key].items():
        kind = facts["kind"]
        if kind == "family":
            text = (
                f"family of {facts['members']}: burden {level(float(people.burden[row]))}, "
                f"criticism {level(float(people.criticism[row]))}, warmth {level(float(people.warmth[row]))}"
            )
        else:
            text = _WHO.get(kind, kind)
        found.append({"to": other, "kind": kind, "text": text})
    found += [
        {"to": agency.key, "kind": "agency", "text": f"{agency.name} agency"}
        for agency in c.agencies
        if people.links[row, agency.kind]
    ]
    return found


def client_events(c: Community, row: int) -> list[dict[str, Any]]:
    """Return what has happened to one client so far and why, the latest first, with stretches of contacts."""
    rows = ClientRows({name: c.ledger[name].rows() for name in _ABOUT_CLIENTS}, row)
    points = turning_points(rows)
    begin = max(int(c.people.joined_day[row]), 0) * DAY
    events = [*points, *contact_stretches(rows, points, begin, c.days_simulated * DAY)]
    return event_records(sorted(events, key=lambda event: event.minute))[-_MOST_EVENTS:][::-1]


def event_records(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return events as plain tables: day, minute of the run, kind, what, because, knew, acted."""
    return [
        {
            "day": event.day,
            "minute": event.minute,
            "kind": event.kind,
            "what": event.sentence,
            "because": times(event.because),
            "knew": event.knew,
            "acted": event.acted,
        }
        for event in events
    ]


def compare_stories(one: Simulated, other: Simulated, key: str) -> dict[str, Any]:
    """Return one client's story in two runs, where they first differ and why, and the totals of each.

    Args:
        one: what happened in the first run so far.
        other: in the second.
        key: of the client.
    """
    first, second = tell_story(one, key), tell_story(other, key)
    found = find_divergence(first, second)
    return {
        "parts": found and {**asdict(found), "day": found.day, "what": cause(found.what)},
        "turn": _first_difference(first, second),
        "a": event_records(first.events),
        "b": event_records(second.events),
        "tallies": [
            {"label": mine.label, "unit": mine.unit, "a": mine.value, "b": theirs.value, "better": mine.better}
            for mine, theirs in zip(first.tallies, second.tallies, strict=True)
        ],
    }


def _first_difference(first: ClientStory, second: ClientStory) -> dict[str, Any] | None:
    """Return the day on which a client begins to do differently, and what happens then in each; None for never."""
    one, other = ([event for event in story.events if event.kind in _OUTCOMES] for story in (first, second))
    for mine, theirs in zip_longest(one, other):
        if mine is not None and theirs is not None and (mine.day, mine.sentence) == (theirs.day, theirs.sentence):
            continue
        day = min(event.day for event in (mine, theirs) if event is not None)
        a, b = (
            event.sentence if event is not None and event.day == day else "nothing of the kind"
            for event in (mine, theirs)
        )
        return {"day": day, "a": a, "b": b}
    return None


def _worker(c: Community, worker: Any) -> dict[str, Any]:
    posts, post = c.posts, worker.post
    mine = [client for client in c.clients if client.worker == post]
    ties = [{"to": client.key, "kind": "client", "text": PHASE_WORDS[client.phase]} for client in mine]
    if worker.supervisor is not None:
        ties.insert(0, {"to": worker.supervisor.key, "kind": "supervisor", "text": "supervisor"})
    days = c.ledger["worker_days"].rows()
    days = days[(days["worker"] == worker.number) & (days["absent"] == 0)][-20:]
    shares = {
        name: round(float(days[f"{name}_minutes"].mean()) if len(days) else 0.0)
        for name in ("client", "collateral", "travel", "notes", "team", "office")
    }
    events = c.ledger["staff"].rows()
    handovers = c.ledger["handovers"].rows()
    number = worker.number
    about = {
        "staff": events[events["worker"] == number],
        "handovers": handovers[(handovers["to_worker"] == number) | (handovers["from_worker"] == number)],
        "contacts": c.ledger["contacts"].rows()[:0],
    }
    return {
        "key": worker.key,
        "sort": "case manager",
        "about": [
            f"in post for {(c.days_simulated - int(posts.hired[post])) / YEAR_DAYS:.1f} years",
            f"skill {level(float(posts.skill[post]))}",
            "has given notice" if posts.leaving[post] else "",
        ],
        "caseload": int(posts.caseload[post]),
        "exhaustion": round(float(posts.exhaustion[post]), 1),
        "minutes": shares,
        "ties": ties,
        "story": event_feed.feed_items(about, c.people.keys())[-_MOST_EVENTS:][::-1],
    }
