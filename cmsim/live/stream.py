"""What happens, as a stream that a room can read: one sentence for each thing, with its cause where one is
known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

import numpy as np

from cmsim.clock import DAY
from cmsim.happenings import told
from cmsim.people import worker_key
from cmsim.record import CONTACT_OUTCOMES, NOTICED_BY, Rows, code
from cmsim.story.moments import PRODROMAL, causes

MOST = 60
"""Things told of one day at most; the rest of a busy day is only counted."""

Tone = str
"""What sort of thing it is, for its colour and sign: ill, well, crisis, hospital, home, worker, agency,
contact,
service."""


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
    "prodromal to stable": ("well", "the signs of a relapse pass"),
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
_TOLD_OTHERWISE = ("admissions",)
_OTHERS_TOLD = ("plan",)
_LINKS_TOLD = ("started", "ended", "not accepted")


def tell(new: Mapping[str, Rows], keys: Sequence[str], *, live: bool = False) -> list[Thing]:
    """Return the things that some new rows of the ledger tell, in order of time.

    Args:
        new: rows by kind of fact.
        keys: the key of each client row.
        live: told as it happens: an admission is told when somebody is admitted (the ledger's row of a stay
            is written at its end), and moves into and out of hospital are not told twice.
    """
    told_live = {name: rows for name, rows in new.items() if not live or name not in _TOLD_OTHERWISE}
    things = [*_events(told_live, keys), *_notable_contacts(new["contacts"], keys)]
    things.sort(key=lambda thing: (thing["day"], thing["minute"]))
    return things


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
    for minute, row, worker, kind, what, detail in told(new):
        client = keys[row] if row >= 0 else ""
        told_as = _as_told(kind, what, detail)
        if told_as is not None:
            tone, text, why = told_as
            if kind == "phase":
                why = weighs.get((int(minute), int(row)), "")
            yield _thing(minute, client, worker_key(worker), tone, text, why)


def _as_told(kind: str, what: str, detail: str) -> tuple[Tone, str, str] | None:
    if kind == "phase":
        tone, text = _PHASES.get(what, ("ill", what))
        noticed = detail.partition("noticed by ")[2]
        if what == "prodromal to acute":
            text += f"; {noticed} had noticed the signs" if noticed else "; nobody had noticed the signs"
        elif what == "prodromal to stable" and noticed:
            text += f"; {noticed} had noticed them"
        return tone, text, ""
    if kind == "crisis":
        return "crisis", _CRISES.get(what, f"has a crisis: {what}"), detail
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


def _notable_contacts(rows: Rows, keys: Sequence[str]) -> Iterator[Thing]:
    """Tell of contacts in which signs were noticed, that were dropped for lack of time, or were refused."""
    for row in rows[(rows["noticed"] > 0) | (rows["outcome"] == _DROPPED) | (rows["outcome"] == _REFUSED)]:
        client = keys[int(row["client"])]
        worker = worker_key(int(row["worker"])) if row["by"] == 0 else ""
        if row["noticed"]:
            by = NOTICED_BY[code(NOTICED_BY, "case manager")] if row["by"] == 0 else "psychiatrist"
            yield _thing(
                row["minute"], client, worker, "contact", f"first signs are noticed by the {by} in a contact"
            )
        elif row["outcome"] == _DROPPED:
            yield _thing(row["minute"], client, worker, "contact", "a contact is dropped", "for lack of time")
        else:
            yield _thing(row["minute"], client, worker, "contact", "a contact is refused")
