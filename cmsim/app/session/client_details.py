"""One client in a live run: who it is, who is tied to whom, and the story so far."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from cmsim.app.session.descriptions import PHASE_WORDS, cause, lasting, level
from cmsim.app.session.details import ClientDetails, Details, Tie, Turn, TwoRuns
from cmsim.app.session.place_details import everybody, levels, surroundings
from cmsim.core.errors import CmsimError, nearest
from cmsim.core.simtime import DAY
from cmsim.model.agents import Client
from cmsim.reporting.story import ClientStory, find_divergence, tell_story
from cmsim.reporting.story.client_story import ILLNESSES
from cmsim.reporting.story.contact_stretches import contact_stretches
from cmsim.reporting.story.turning_points import ClientRows, turning_points
from cmsim.results.narration import Event
from cmsim.schema.codes import ContactMode, ContactOutcome, Counterpart, Diagnosis, RelationTemplate, Setting
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
_KNOWN_AS = {
    "friend": "friend, also a client",
    "roommate": "lives in the same house",
    "companion": "met on the street or in the shelter",
    "helper": "friend, neighbour or relative",
}
_TRAITS = {
    "substance": "current substance use",
    "trauma": "a history of trauma",
    "physical": "a long-term physical illness",
}
_RELATING = {
    RelationTemplate.COLLABORATIVE: "works well with helpers",
    RelationTemplate.DISTRUSTFUL: "distrusts helpers",
    RelationTemplate.DEPENDENT: "leans on helpers",
    RelationTemplate.POWER_ORGANISED: "is quick to see a struggle for control with helpers",
}
_LEVELS = {
    "need for support": "need",
    "need as estimated by the worker": "belief",
    "unmet need": "unmet",
    "support beyond need": "excess",
    "alliance with the worker": "alliance",
    "worker's knowledge of the person": "knowledge",
    "engagement with the service": "engagement",
    "medication taken": "adherence",
    "stress": "stress",
    "autonomy": "autonomy",
}
"""Columns of state that are shown, by the name of each."""
_FAMILY = {name: name for name in ("burden", "criticism", "warmth")}


def look_up(c: Community, diary: Diary, key: str) -> Details:
    """Return what there is to know about anybody, or a place: who it is, ties, and the story so far.

    Args:
        c: the community.
        diary: weekly notes on its clients.
        key: such as ``c0012``, ``w03`` (whoever holds that post), ``f-c0012``, ``hospital``.

    Raises:
        CmsimError: there is nobody of that key; the message names the nearest.
    """
    known = everybody(c)
    found = known.get(key) or next((worker for worker in c.at_work if worker.key.split(".")[0] == key), None)
    if found is None:
        raise CmsimError(f'nobody is called "{key}"{nearest(key, list(known))}')
    return _client(c, diary, found) if isinstance(found, Client) else surroundings(found, c)


def _client(c: Community, diary: Diary, client: Client) -> ClientDetails:
    people, row, worker = c.people, client.row, client.case_manager
    traits = [text for column, text in _TRAITS.items() if getattr(people, column)[row] > 0]
    relating = _RELATING[RelationTemplate(people.template[row])]
    since = c.days_simulated - int(people.worker_since[row])
    with_whom = f"case manager: {worker.key} ({lasting(since)})" if worker is not None else "no case manager"
    unseen = c.days_simulated - 1 - int(people.last_seen[row])
    about = [
        f"A person with {', '.join([ILLNESSES[Diagnosis(people.diagnosis[row]).label], relating, *traits])}.",
        f"Now: {PHASE_WORDS[client.phase]}; lives in: {Setting(client.setting).label}; {with_whom}; last met face to "
        f"face {'today' if unseen < 1 else f'{lasting(unseen)} ago'}; admissions so far: {people.admissions[row]:.0f}.",
    ]
    week_days, weeks = diary.of(row)
    return ClientDetails(
        client.key,
        "client",
        client.key,
        about,
        _ties(c, client),
        levels=levels(c, row, _LEVELS),
        moments=_moments(c, row),
        week_days=week_days,
        weeks=weeks,
        contacts=_contacts(c, row),
    )


def _contacts(c: Community, row: int) -> list[tuple[int, int]]:
    rows = c.ledger["contacts"].rows()
    mine = rows[rows["client"] == row]
    held = mine["outcome"] == ContactOutcome.HELD
    person = (mine["with"] == Counterpart.CLIENT) & (mine["mode"] == ContactMode.FACE_TO_FACE)
    return list(zip((mine["minute"] // DAY).tolist(), (held * (1 + person)).tolist(), strict=True))


def _ties(c: Community, client: Client) -> list[Tie]:
    if not c.graph.has_node(client.key):
        return []
    found: list[Tie] = []
    for other, facts in c.graph.adj[client.key].items():
        kind = facts["kind"]
        text = _KNOWN_AS.get(kind, kind)
        if kind == "family":
            shown = (f"{each.name} {level(each.share)}" for each in levels(c, client.row, _FAMILY))
            text = f"family of {facts['members']}: {', '.join(shown)}"
        found.append({"to": other, "kind": kind, "text": text})
    found += [
        {"to": agency.key, "kind": "agency", "text": f"{agency.name} agency"}
        for agency in c.agencies
        if c.people.links[client.row, agency.kind]
    ]
    return found


def _moments(c: Community, row: int) -> list[Event]:
    """Return what has happened to one client so far and why, the latest first, with stretches of contacts."""
    rows = ClientRows({name: c.ledger[name].rows() for name in _ABOUT_CLIENTS}, row)
    points = turning_points(rows)
    begin = max(int(c.people.joined_day[row]), 0) * DAY
    events = [*points, *contact_stretches(rows, points, begin, c.days_simulated * DAY)]
    return sorted(events, key=lambda event: event.minute)[-_MOST_EVENTS:][::-1]


def compare_stories(one: Simulated, other: Simulated, key: str) -> TwoRuns:
    """Return one client's story in two runs, where they first differ and why, and the totals of each.

    Args:
        one: what happened in the first run so far.
        other: in the second.
        key: of the client.
    """
    first, second = tell_story(one, key), tell_story(other, key)
    found = find_divergence(first, second)
    totals: dict[str, list[str]] = {"a": [], "b": []}
    for mine, theirs in zip(first.tallies, second.tallies, strict=True):
        if mine.value != theirs.value:
            totals["a"].append(f"{mine.label} {mine.value:.0f} {mine.unit}")
            totals["b"].append(f"{theirs.label} {theirs.value:.0f} {theirs.unit}")
    return TwoRuns(
        parts=found and replace(found, what=cause(found.what)),
        turn=_turn(first, second),
        moments={"a": list(first.events), "b": list(second.events)},
        totals={run: "; ".join(texts) or "the same in both" for run, texts in totals.items()},
    )


def _turn(first: ClientStory, second: ClientStory) -> Turn | None:
    one, other = ([event for event in story.events if event.kind in _OUTCOMES] for story in (first, second))
    for mine, theirs in zip_longest(one, other):
        if mine is not None and theirs is not None and (mine.day, mine.sentence) == (theirs.day, theirs.sentence):
            continue
        day = min(event.day for event in (mine, theirs) if event is not None)
        a, b = (
            event.sentence if event is not None and event.day == day else "this did not happen"
            for event in (mine, theirs)
        )
        return Turn(day, a, b)
    return None
