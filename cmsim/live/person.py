"""One person of a live world: who it is, who is tied to whom, and the story so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim.clock import YEAR_DAYS
from cmsim.errors import CmsimError, nearest
from cmsim.live import stream
from cmsim.record import CONTACT_KINDS, KINDS, PHASES, PLACES, SETTINGS, STATUS, Rows
from cmsim.roster import DIAGNOSES, TEMPLATES

if TYPE_CHECKING:
    from cmsim.community import Community
    from cmsim.live.diary import Diary

MOST_TOLD = 400
"""Things of a life that are told, the latest."""

_LEVELS = ((0.2, "very low"), (0.4, "low"), (0.6, "middling"), (0.8, "high"), (2.0, "very high"))
_WHO = {
    "friend": "friend, also a client",
    "roommate": "lives in the same house",
    "companion": "met on the street or in the shelter",
    "helper": "friend, neighbour or relative",
}


def word(level: float) -> str:
    """Return a level from 0 to 1 as a word.

    >>> word(0.1), word(0.5), word(1.0)
    ('very low', 'middling', 'very high')
    """
    return next(text for limit, text in _LEVELS if level < limit)


def look_up(c: Community, diary: Diary, key: str) -> dict[str, Any]:
    """Return what there is to know about a client or a case manager.

    Raises:
        CmsimError: there is nobody of that key; the message names the nearest.
    """
    for client in c.clients:
        if client.key == key:
            return _client(c, diary, client)
    for worker in c.at_work:
        if worker.key == key or worker.key.split(".")[0] == key:
            return _worker(c, worker)
    known = [*(client.key for client in c.clients), *(worker.key for worker in c.at_work)]
    raise CmsimError(f'nobody is called "{key}"{nearest(key, known)}')


def _client(c: Community, diary: Diary, client: Any) -> dict[str, Any]:
    people, row = c.people, client.row
    worker = client.case_manager
    traits = [
        DIAGNOSES[int(people.diagnosis[row])],
        f"relates to helpers in a {TEMPLATES[int(people.template[row])]} way",
    ]
    for column, text in (
        ("substance", "current substance use"),
        ("trauma", "a history of trauma"),
        ("physical", "a long-term physical illness"),
    ):
        if getattr(people, column)[row] > 0:
            traits.append(text)
    levels = {
        name: (round(float(getattr(people, column)[row]), 2), word(float(getattr(people, column)[row])))
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
        "status": STATUS[client.status],
        "phase": PHASES[client.phase],
        "setting": SETTINGS[client.setting],
        "worker": worker.key if worker is not None else "",
        "worker_years": round((c.days_lived - int(people.worker_since[row])) / YEAR_DAYS, 1),
        "admissions": int(people.admissions[row]),
        "not_seen_days": c.days_lived - 1 - int(people.last_seen[row]),
        "levels": levels,
        "ties": _ties(c, client),
        "story": story(c, row),
        "weeks": diary.of(row),
    }


def _ties(c: Community, client: Any) -> list[dict[str, str]]:
    if not c.graph.has_node(client.key):
        return []
    found = []
    people, row = c.people, client.row
    for other, facts in c.graph.adj[client.key].items():
        kind = facts["kind"]
        if kind == "family":
            text = (
                f"family of {facts['members']}: burden {word(float(people.burden[row]))}, "
                f"criticism {word(float(people.criticism[row]))}, warmth {word(float(people.warmth[row]))}"
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


def story(c: Community, row: int) -> list[stream.Thing]:
    """Return what has happened to one client, the latest first."""
    keys = c.people.keys()
    mine = rows_about(c, row, 0)
    return stream.tell(mine, keys)[-MOST_TOLD:][::-1]


def rows_about(c: Community, row: int, since: int) -> dict[str, Rows]:
    """Return the ledger's rows about one client from a minute on, by kind of fact."""
    found = {}
    for kind in KINDS:
        if any(column.name == "client" for column in kind.columns):
            rows = c.ledger[kind.name].rows()
            found[kind.name] = rows[(rows["client"] == row) & (rows["minute"] >= since)]
    return found


def _worker(c: Community, worker: Any) -> dict[str, Any]:
    posts, post = c.posts, worker.post
    mine = [client for client in c.clients if client.worker == post]
    ties = [{"to": client.key, "kind": "client", "text": PHASES[client.phase]} for client in mine]
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
            f"in post for {(c.days_lived - int(posts.hired[post])) / YEAR_DAYS:.1f} years",
            f"skill {word(float(posts.skill[post]))}",
            "has given notice" if posts.leaving[post] else "",
        ],
        "caseload": int(posts.caseload[post]),
        "exhaustion": round(float(posts.exhaustion[post]), 1),
        "minutes": shares,
        "ties": ties,
        "story": stream.tell(about, c.people.keys())[-MOST_TOLD:][::-1],
    }


def first_difference(mine: dict[str, Rows], other: dict[str, Rows], keys: list[str]) -> dict[str, Any] | None:
    """Return the first thing that differs between two lives of the same client: its day and what it is.

    Args:
        mine: the ledger's rows about the client in one world, by kind of fact.
        other: likewise in the other world.
        keys: the key of each client row.
    """
    found: tuple[int, str, str, str] | None = None
    for name, rows in mine.items():
        tell = _teller(name, keys)
        theirs = other[name]
        shared = min(len(rows), len(theirs))
        differing = np.flatnonzero(rows[:shared] != theirs[:shared]).tolist()
        if len(rows) != len(theirs):
            differing.append(shared)
        for place in differing:
            both = [part[place : place + 1] for part in (rows, theirs)]
            a, b = (tell(part) if len(part) else "" for part in both)
            if a != b:
                minute = min(int(part["minute"][0]) for part in both if len(part))
                if found is None or minute < found[0]:
                    found = (minute, name, a, b)
                break
    if found is None:
        return None
    minute, name, a, b = found
    return {"minute": minute, "kind": name, "a": a, "b": b}


def _teller(name: str, keys: list[str]) -> Callable[[Rows], str]:
    if name == "contacts":

        def contact(rows: Rows) -> str:
            minute, _, worker, what, outcome = stream.contact_lines(rows, keys, CONTACT_KINDS, PLACES)[0]
            day, of_day = divmod(minute, 1440)
            with_whom = f" with {worker}" if worker else ""
            return f"day {day}, {of_day // 60:02d}:{of_day % 60:02d}: {what}{with_whom}: {outcome}"

        return contact

    def other(rows: Rows) -> str:
        things = stream.tell({name: rows, "contacts": np.zeros(0, dtype=_CONTACT)}, keys)
        if not things:
            return f"day {int(rows['minute'][0]) // 1440}: {name.removesuffix('s')}"
        thing = things[0]
        why = f" ({thing['why']})" if thing["why"] else ""
        return f"day {thing['day']}: {thing['text']}{why}"

    return other


_CONTACT = next(kind for kind in KINDS if kind.name == "contacts").dtype
