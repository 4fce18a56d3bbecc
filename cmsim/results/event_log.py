"""All that happened to clients and staff in one run as one readable table, in order of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from cmsim.core.simtime import DAY, HOUR
from cmsim.model.state.columns import worker_key
from cmsim.results.data_frames import Sheet
from cmsim.schema.tables import (
    ACUTE_ANSWERS,
    AGENCIES,
    BY,
    CRISIS_CAUSES,
    CRISIS_OUTCOMES,
    DISCHARGES,
    DOMAINS,
    FACTORS,
    HANDOVERS,
    HELP_LEVELS,
    LINK_STEPS,
    MOVE_REASONS,
    NOTICED_BY,
    PHASES,
    PLAN_STEPS,
    REGISTRATIONS,
    SEEN_BY,
    SETTINGS,
    STAFF_EVENTS,
    STEPS,
    Rows,
)

Event = tuple[int, int, int, str, str, str]
"""Engine minute, client row (-1 for none), worker id (-1 for none), kind, what, detail."""

_COLUMNS = {
    "day": ("day", "the day"),
    "minute": ("minute of the day", "when on that day, 0 to 1439"),
    "client": ("client key", "whom it is about; empty if about a worker"),
    "worker": ("worker", "the case manager concerned, if any"),
    "kind": ("word", "what sort of event"),
    "what": ("text", "what happened"),
    "detail": ("text", "why or how; for a change of phase the largest factors of the hazard of onset"),
}


def event_sheet(tables: Mapping[str, Rows], keys: Sequence[str]) -> Sheet:
    """Return the events of a run as a table, ordered by time, then by kind and client.

    Args:
        tables: the ledger's rows by kind.
        keys: the key of each client row.
    """
    events = told(tables)
    frame = pd.DataFrame(
        {
            "day": np.array([event[0] // DAY for event in events], dtype=np.int64),
            "minute": np.array([event[0] % DAY for event in events], dtype=np.int64),
            "client": pd.array([keys[event[1]] if event[1] >= 0 else None for event in events], dtype="str"),
            "worker": pd.array([worker_key(event[2]) or None for event in events], dtype="str"),
            "kind": pd.Categorical([event[3] for event in events], categories=_KINDS),
            "what": pd.array([event[4] for event in events], dtype="str"),
            "detail": pd.array([event[5] for event in events], dtype="str"),
        }
    )
    return Sheet("events", "all that happened to clients and staff", frame, _COLUMNS)


def told(tables: Mapping[str, Rows]) -> list[Event]:
    """Return what some rows of the ledger tell, ordered by time, then by kind and client.

    Args:
        tables: rows by kind of fact; kinds that are missing or tell nothing are left out.
    """
    events = [event for name, tell in _TELLERS.items() if name in tables for event in tell(tables[name])]
    order = {name: position for position, name in enumerate(_KINDS)}
    events.sort(key=lambda event: (event[0], order[event[3]], event[1], event[2]))
    return events


def largest_factors(factors: Sequence[float], count: int = 2) -> str:
    """Return the factors of a hazard that matter most, as people read them.

    Args:
        factors: ratios in the order of ``schema.tables.FACTORS``; 1 changes nothing.
        count: how many at most.

    >>> largest_factors([1.0, 2.7, 1.0, 1.8, 1.0, 1.0, 1.0, 1.0, 0.9])
    'medication x2.7, criticism x1.8'
    """
    weights = [(abs(float(np.log(max(factor, 1e-9)))), i) for i, factor in enumerate(factors)]
    chosen = sorted((w for w in weights if w[0] > 0.05), key=lambda w: (-w[0], w[1]))[:count]
    return ", ".join(f"{FACTORS[i]} x{factors[i]:.1f}" for _, i in chosen)


def _transitions(rows: Rows) -> Iterator[Event]:
    names = [f"factor {name}" for name in FACTORS]
    for row in rows:
        detail = largest_factors([float(row[name]) for name in names])
        if row["noticed_by"] > 0:
            detail += f"{'; ' if detail else ''}noticed by {NOTICED_BY[row['noticed_by']]}"
        yield (
            row["minute"],
            row["client"],
            -1,
            "phase",
            f"{PHASES[row['from']]} to {PHASES[row['to']]}",
            detail,
        )


def _crises(rows: Rows) -> Iterator[Event]:
    for row in rows:
        detail = (
            f"{CRISIS_CAUSES[row['cause']]}, severity {row['severity']:.2f}, "
            f"{BY[row['by']]} after {row['response'] / HOUR:.1f} h"
        )
        yield row["minute"], row["client"], row["worker"], "crisis", CRISIS_OUTCOMES[row["outcome"]], detail


def _acute_care(rows: Rows) -> Iterator[Event]:
    for row in rows:
        detail = f"severity {row['severity']:.2f}, {SEEN_BY[row['by']]} saw it"
        yield row["minute"], row["client"], -1, "seen ill", ACUTE_ANSWERS[row["answer"]], detail


def _admissions(rows: Rows) -> Iterator[Event]:
    for row in rows:
        what = "admitted by commitment" if row["involuntary"] else "admitted voluntarily"
        waited = f"after {row['waited'] / HOUR:.1f} h wait for a bed" if row["waited"] > 0 else ""
        yield row["minute"], row["client"], -1, "hospital", what, waited
        if row["discharged"] >= 0:
            length = (row["discharged"] - row["minute"]) / DAY
            detail = f"{DISCHARGES[row['discharge']]}, after {length:.1f} days"
            if row["booked"]:
                detail += ", appointment booked"
            yield row["discharged"], row["client"], -1, "hospital", "discharged", detail


def _moves(rows: Rows) -> Iterator[Event]:
    for row in rows:
        what = f"{SETTINGS[row['from']]} to {SETTINGS[row['to']]}"
        yield row["minute"], row["client"], -1, "home", what, MOVE_REASONS[row["reason"]]


def _handovers(rows: Rows) -> Iterator[Event]:
    for row in rows:
        detail = ""
        if row["from_worker"] >= 0:
            detail = f"from {worker_key(int(row['from_worker']))} after {row['tenure']} days"
        if row["from_worker"] >= 0 and row["to_worker"] >= 0:
            detail += f", alliance {row['alliance_before']:.2f} to {row['alliance_after']:.2f}"
        yield row["minute"], row["client"], row["to_worker"], "case manager", HANDOVERS[row["how"]], detail


def _links(rows: Rows) -> Iterator[Event]:
    for row in rows:
        what = f"{AGENCIES[row['agency']]}: {LINK_STEPS[row['step']]}"
        yield row["minute"], row["client"], row["worker"], "agency", what, HELP_LEVELS[row["help"]]


def _plans(rows: Rows) -> Iterator[Event]:
    for row in rows:
        detail = f"{SETTINGS[row['from']]} to {SETTINGS[row['to']]}"
        if row["wish"]:
            detail += ", wishing for an own life" if row["wish"] > 0 else ", wishing to be looked after"
        if row["pressed"] > 0.0:
            detail += f", pressed {row['pressed']:.2f}"
        yield row["minute"], row["client"], row["worker"], "plan", PLAN_STEPS[row["step"]], detail


def _steps(rows: Rows) -> Iterator[Event]:
    for row in rows:
        detail = f"{STEPS[row['how']]}, {'succeeded' if row['success'] else 'failed'}"
        yield row["minute"], row["client"], -1, "step", DOMAINS[row["domain"]], detail


def _registrations(rows: Rows) -> Iterator[Event]:
    for row in rows:
        yield row["minute"], row["client"], -1, "registration", REGISTRATIONS[row["event"]], ""


def _staff(rows: Rows) -> Iterator[Event]:
    for row in rows:
        detail = f"exhaustion {row['exhaustion']:.0f}, {row['tenure']} days in post, caseload {row['caseload']}"
        yield row["minute"], -1, row["worker"], "staff", STAFF_EVENTS[row["event"]], detail


_TELLERS = {
    "registrations": _registrations,
    "handovers": _handovers,
    "transitions": _transitions,
    "crises": _crises,
    "acute_care": _acute_care,
    "admissions": _admissions,
    "moves": _moves,
    "links": _links,
    "plans": _plans,
    "steps": _steps,
    "staff": _staff,
}
_KINDS = "registration,case manager,phase,crisis,seen ill,hospital,home,agency,plan,step,staff".split(",")
