"""What happens, as a stream that a room can read: one sentence for each thing, with its cause where one is
known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from cmsim.app.session.descriptions import counted, times
from cmsim.core.simtime import DAY, HOUR
from cmsim.model.state.columns import PRODROMAL as IN_PRODROME
from cmsim.model.state.columns import worker_key
from cmsim.reporting.story.moments import PRODROMAL, causes
from cmsim.results.event_log import told
from cmsim.schema.tables import BY, CONTACT_OUTCOMES, NOTICED_BY, Rows

if TYPE_CHECKING:
    from cmsim.model.community import Community

MOST = 60
"""Things told of one day at most; the rest of a busy day is only counted."""

Tone = str
"""What sort of thing it is, for its colour and sign: ill, noticed, well, crisis, hospital, home, worker,
agency, contact, service."""


class Thing(TypedDict):
    """One thing that happened: day, minute of the day, whom it is about, its tone, and a sentence."""

    day: int
    minute: int
    client: str
    worker: str
    tone: Tone
    text: str
    why: str


_HELD, _NOT_COME, _REFUSED, _DROPPED = range(len(CONTACT_OUTCOMES))

_PHASES = {
    "stable to prodromal": ("ill", "shows first signs of a relapse"),
    "prodromal to acute": ("ill", "falls acutely ill"),
    "prodromal to stable": ("well", "first signs pass without a relapse"),
    "acute to stable": ("well", "recovers from the acute phase"),
    "acute to inpatient": ("hospital", "is acutely ill and now in hospital"),
    "inpatient to stable": ("well", "leaves hospital, well"),
    "inpatient to acute": ("ill", "leaves hospital, still acutely ill"),
    "inpatient to prodromal": ("ill", "leaves hospital, not yet well"),
    "stable to inpatient": ("hospital", "is in hospital"),
    "prodromal to inpatient": ("hospital", "is in hospital"),
}
_CRISES = {
    "settled": "has a crisis, settled without admission",
    "admitted": "has a crisis that leads to admission",
    "no bed": "has a crisis; a bed was wanted and none found",
    "passed without help": "has a crisis that passed without help",
    "respite": "has a crisis and goes to a respite bed",
    "refused admission": "has a crisis and refuses admission",
}
_HANDOVERS = {
    "first worker": "gets a case manager",
    "cold": "is handed over through the file alone (cold handover)",
    "warm": "is handed over after a joint visit (warm handover)",
    "left without a worker": "is left without a case manager",
    "within the team": "goes to a colleague of the same team",
    "programme ended": "ends a programme and with it the work with the case manager",
}
_REGISTRATIONS = {
    "referred": "is referred and waits for a case manager",
    "discharged as recovered": "leaves the service, recovered",
    "disengaged": "breaks off contact with the service",
    "moved away or died": "moves away or dies",
}
_STAFF = {
    "hired": "begins in a case manager's post",
    "left": "leaves: a case manager resigns",
    "post created": "a post is created",
    "post closed": "a post is closed",
}
_NOTICES = {
    "client": "tells the case manager of first signs",
    "family": "first signs are noticed: the family tells the case manager",
    "case manager": "first signs are noticed by the case manager",
    "psychiatrist": "first signs are noticed by the psychiatrist",
}
_TOLD_OTHERWISE = ("admissions",)
_OTHERS_TOLD = ("plan",)
_MILD, _GRAVE = 0.35, 0.7
"""Severities of a crisis, 0 to 1, below and above which it is told as mild and as grave: words only."""
_AT_ONCE = 15
"""Minutes within which an answer is told as at once."""
_LINKS_TOLD = ("started", "ended", "not accepted")


def tell(new: Mapping[str, Rows], keys: Sequence[str], *, live: bool = False) -> list[Thing]:
    """Return the things that some new rows of the ledger tell, in order of time.

    Args:
        new: rows by kind of fact.
        keys: the key of each client row.
        live: told as it happens: an admission is told when somebody is admitted (the ledger's row of a stay
            is written at its end), moves into and out of hospital are not told twice, and who notices
            first signs is told by :func:`noticings`, whoever it is.
    """
    told_live = {name: rows for name, rows in new.items() if not live or name not in _TOLD_OTHERWISE}
    things = [*_events(told_live, keys), *_notable_contacts(new["contacts"], keys, noticed=not live)]
    things.sort(key=lambda thing: (thing["day"], thing["minute"]))
    return things


def noticings(c: Community, before: Any) -> list[Thing]:
    """Return who noticed first signs of a relapse since ``noticed_by`` was as before.

    Args:
        c: the community.
        before: the column at the end of the day before, for those known then.
    """
    people, n = c.people, c.people.known
    now = people.noticed_by[:n]
    fresh = (now > 0) & (people.phase[:n] == IN_PRODROME)
    fresh[: len(before)] &= before[:n] == 0
    things = []
    for row in np.flatnonzero(fresh).tolist():
        client, days = c.clients[row], float(people.noticed_after[row])
        worker = client.case_manager.key if client.case_manager is not None else ""
        text = _NOTICES[NOTICED_BY[int(now[row])]]
        when = client.illness.onset_minute + round(days * DAY)
        things.append(_thing(when, client.key, worker, "noticed", text, _late(days)))
    return things


def _late(days: float) -> str:
    return "on the day they began" if days < 1.0 else f"{counted(round(days), 'day')} after they began"


def day_in_figures(contacts: Rows) -> dict[str, int]:
    """Return how many of some contacts were held, not kept (nobody came, or refused) and dropped."""
    outcome = contacts["outcome"]
    count = np.bincount(outcome, minlength=len(CONTACT_OUTCOMES)).tolist() if len(outcome) else [0] * 4
    return {"held": count[_HELD], "not kept": count[_NOT_COME] + count[_REFUSED], "dropped": count[_DROPPED]}


def _thing(minute: int, client: str, worker: str, tone: Tone, text: str, why: str = "") -> Thing:
    day, of_day = divmod(int(minute), DAY)
    return {
        "day": day,
        "minute": of_day,
        "client": client,
        "worker": worker,
        "tone": tone,
        "text": text,
        "why": why,
    }


def _events(new: Mapping[str, Rows], keys: Sequence[str]) -> Iterator[Thing]:
    weighs = {
        (int(row["minute"]), int(row["client"])): causes(row)
        for row in new.get("transitions", ())
        if row["to"] == PRODROMAL
    }
    crises = {
        (int(row["minute"]), int(row["client"])): (
            float(row["severity"]),
            int(row["by"]),
            int(row["response"]),
        )
        for row in new.get("crises", ())
    }
    for minute, row, worker, kind, what, detail in told(new):
        client = keys[row] if row >= 0 else ""
        told_as = _as_told(kind, what, detail)
        if told_as is not None:
            tone, text, why = told_as
            if kind == "phase":
                why = times(weighs.get((int(minute), int(row)), ""))
            elif kind == "crisis":
                why = _crisis(*crises[int(minute), int(row)])
            yield _thing(minute, client, worker_key(worker), tone, text, why)


def _crisis(severity: float, by: int, response: int) -> str:
    """Return how bad a crisis was, who answered it and how soon."""
    how = "mild" if severity < _MILD else "grave" if severity > _GRAVE else "serious"
    if response < 0:
        return how
    soon = (
        "at once"
        if response < _AT_ONCE
        else f"after {response / HOUR:.0f} h"
        if response >= HOUR
        else (f"after {response} minutes")
    )
    return f"{how}; answered by the {BY[by]} {soon}"


def _as_told(kind: str, what: str, detail: str) -> tuple[Tone, str, str] | None:
    if kind == "phase":
        tone, text = _PHASES.get(what, ("ill", what))
        by = detail.partition("noticed by ")[2]
        if what.startswith("prodromal to"):
            told_of = "the client had told of the signs" if by == "client" else f"the {by} had noticed the signs"
            text += f"; {told_of if by else 'nobody had noticed the signs'}"
        return tone, text, ""
    if kind == "crisis":
        return "crisis", _CRISES.get(what, f"has a crisis: {what}"), detail
    if kind == "seen ill":
        return "ill", f"is seen acutely ill: {what}", detail
    if kind == "hospital":
        return "hospital", f"is {what}", detail
    if kind == "home":
        if detail in ("admitted", "discharged"):
            return None
        return "home", f"moves: {what}", detail
    if kind == "case manager":
        return "worker", _HANDOVERS.get(what, what), detail
    if kind == "registration":
        return "service", _REGISTRATIONS.get(what, what), ""
    if kind == "staff":
        return "worker", _STAFF.get(what, what), detail if what in ("left", "hired") else ""
    if kind != "agency":
        return ("home", f"plan for a home: {what}", detail) if kind in _OTHERS_TOLD else None
    agency, _, step = what.partition(": ")
    return ("agency", f"{agency} agency: {step}", detail) if step in _LINKS_TOLD else None


def _notable_contacts(rows: Rows, keys: Sequence[str], *, noticed: bool) -> Iterator[Thing]:
    """Tell of contacts that were dropped for lack of time or refused, and, where it is not told otherwise, of
    those in which signs were noticed."""
    for row in rows[((rows["noticed"] > 0) & noticed) | (rows["outcome"] == _DROPPED) | (rows["outcome"] == _REFUSED)]:
        client = keys[int(row["client"])]
        worker = worker_key(int(row["worker"])) if row["by"] == 0 else ""
        if row["noticed"] and noticed:
            by = "case manager" if row["by"] == 0 else "psychiatrist"
            yield _thing(row["minute"], client, worker, "noticed", _NOTICES[by])
        elif row["outcome"] == _DROPPED:
            yield _thing(row["minute"], client, worker, "contact", "a contact is dropped", "for lack of time")
        else:
            yield _thing(row["minute"], client, worker, "contact", "a contact is refused")
