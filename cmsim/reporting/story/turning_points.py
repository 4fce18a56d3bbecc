"""The turning points of one client's run, from the recorded rows: who knew of them, who acted, how late."""

from collections.abc import Mapping, Sequence

import numpy as np

from cmsim.core.ledger import Rows
from cmsim.core.simtime import DAY, HOUR
from cmsim.model.state.columns import worker_key
from cmsim.results.narration import Event, duration, narrate
from cmsim.schema.codes import ContactKind, ContactOutcome, NoticedBy, Phase, Provider

IN_PERSON = (ContactKind.VISIT, ContactKind.CRISIS, ContactKind.WARD, ContactKind.JOINT, ContactKind.ACCOMPANY)
_HOW_NOTICED = {"client": "told the worker", "family": "called"}
_IN_STORIES = ("registrations", "handovers", "transitions", "crises", "acute_care", "admissions", "moves", "links")
"""Kinds of fact of which a story has each row."""


class ClientRows(dict[str, Rows]):
    """The recorded rows of one client, by kind of fact, in order of time, without kinds that are not about clients."""

    def __init__(self, tables: Mapping[str, Rows], client: int) -> None:
        self.client = client
        for name, rows in tables.items():
            if {"client", "minute"} <= set(rows.dtype.names or ()):
                mine = rows[rows["client"] == client]
                self[name] = mine[np.argsort(mine["minute"], kind="stable")]

    def first_meeting(self, after: int, before: float) -> tuple[int, str] | None:
        """Return when a case manager first met the client in person within some minutes, and who."""
        held = self._held(after, before)
        found = held[(held["by"] == Provider.CASE_MANAGER) & np.isin(held["kind"], IN_PERSON)]
        return (int(found["minute"][0]), worker_key(int(found["worker"][0]))) if len(found) else None

    def first_review(self, after: int, before: float) -> int | None:
        """Return when a psychiatrist first saw the client within some minutes."""
        held = self._held(after, before)
        found = held[held["kind"] == ContactKind.REVIEW]
        return int(found["minute"][0]) if len(found) else None

    def _held(self, after: int, before: float) -> Rows:
        rows = self["contacts"]
        return rows[(rows["minute"] >= after) & (rows["minute"] < before) & (rows["outcome"] == ContactOutcome.HELD)]


def turning_points(rows: ClientRows) -> list[Event]:
    """Return all that happened to one client except planned contacts, in order of time."""
    found: list[Event] = []
    transitions = 0
    for event in narrate({name: rows[name] for name in _IN_STORIES}):
        if event.kind == "phase":
            found += _phase_change(rows, event, transitions)
            transitions += 1
        elif event.what == "discharged":
            found.append(_discharge(rows, event))
        elif event.kind != "home" or event.tone:
            found.append(event)
    return found


def _phase_change(rows: ClientRows, event: Event, position: int) -> Sequence[Event]:
    """Return a change of phase with what followed from it; none where it belongs to a stay in hospital."""
    table = rows["transitions"]
    row = table[position]
    if Phase.INPATIENT in (row["from"], row["to"]):
        return ()
    if row["to"] == Phase.PRODROMAL:
        ended = table[position + 1] if position + 1 < len(table) else None
        until = float("inf") if ended is None else int(ended["minute"])
        knew, acted, _ = _response(rows, row if ended is None else ended, event.minute, until)
        return (event._replace(knew=knew, acted=acted),)
    began = int(table[position - 1]["minute"]) if position else event.minute
    if row["from"] == Phase.ACUTE:
        return (event._replace(because=f"after {duration(event.minute - began)} acutely ill"),)
    onset = began if row["from"] == Phase.PRODROMAL else event.minute
    knew, acted, in_time = _response(rows, row, onset, event.minute)
    because = event.because if row["to"] == Phase.ACUTE else "answered in time" if in_time else "passed by itself"
    return (event._replace(because=because, knew=knew, acted=acted),)


def _response(rows: ClientRows, row: np.void, onset: int, until: float) -> tuple[str, str, bool]:
    """Return who knew of a prodrome, who acted on it, each with how late, and whether anybody acted."""
    by = NoticedBy(row["noticed_by"]).label
    if by == "nobody":
        return "nobody noticed", "nobody could act on it", False
    noticed = onset + max(float(row["noticed_after"]), 0.0) * DAY
    knew = f"the {by} {_HOW_NOTICED.get(by, 'noticed')} after {duration(noticed - onset)}"
    # the time of notice is written in days as a short float: a minute of grace
    meeting = rows.first_meeting(int(noticed) - 1, until)
    review = rows.first_review(int(noticed) - 1, until)
    actions = []
    if meeting is not None:
        delay = meeting[0] - noticed
        actions.append(f"case manager {meeting[1]} {'was there' if delay < HOUR else f'came {duration(delay)} later'}")
    if review is not None:
        actions.append(f"medication reviewed {duration(review - noticed)} later")
    return knew, ", ".join(actions) or "nobody came in person before it was over", bool(actions)


def _discharge(rows: ClientRows, event: Event) -> Event:
    meeting = rows.first_meeting(event.minute, float("inf"))
    times = [meeting[0] if meeting else None, rows.first_review(event.minute, float("inf"))]
    first = min((time for time in times if time is not None), default=None)
    contact = "not met again" if first is None else f"first met again {duration(first - event.minute)} later"
    return event._replace(acted=f"{event.acted or 'no appointment was booked'}, {contact}")
