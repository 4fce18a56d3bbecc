"""Moments of a life, told from the ledger's rows of one client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cmsim.core.simtime import DAY, HOUR, minute_of_day
from cmsim.model.state.columns import worker_key
from cmsim.schema.tables import (
    ACUTE_ANSWERS,
    AGENCIES,
    BY,
    CONTACT_KINDS,
    CONTACT_OUTCOMES,
    CRISIS_CAUSES,
    CRISIS_OUTCOMES,
    DISCHARGES,
    FACTORS,
    HANDOVERS,
    HELP_LEVELS,
    LINK_STEPS,
    MOVE_REASONS,
    NOTICED_BY,
    PHASES,
    REGISTRATIONS,
    SEEN_BY,
    SETTINGS,
    Rows,
    code,
)

STABLE, PRODROMAL, ACUTE, INPATIENT = range(len(PHASES))
OWN_WORKER, PSYCHIATRIST = code(BY, "case manager"), code(BY, "psychiatrist")
HELD = code(CONTACT_OUTCOMES, "held")
MET = tuple(code(CONTACT_KINDS, kind) for kind in ("visit", "crisis", "ward visit", "joint visit", "accompaniment"))
REVIEW = code(CONTACT_KINDS, "review")
AT_NIGHT, IN_THE_MORNING = 8 * HOUR, 18 * HOUR
_KNEW = ["", "told the worker", "called", "noticed", "noticed"]
WEIGHS = 1.05
"""A factor nearer to 1 than this is not told."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened.

    Attributes:
        minute: engine minute.
        kind: what sort: phase, crisis, hospital, home, case manager, agency, registration, contacts.
        what: what happened.
        because: its largest causes.
        knew: who knew of it, and how late.
        acted: who did something about it, and how late.
    """

    minute: int
    kind: str
    what: str
    because: str = ""
    knew: str = ""
    acted: str = ""

    @property
    def day(self) -> int:
        """The day it happened."""
        return self.minute // DAY


class Rowset:
    """The rows of one client, by kind of fact, in order of time."""

    def __init__(self, tables: Mapping[str, Rows], row: int) -> None:
        self.row = row
        self._tables: dict[str, Rows] = {}
        for name, rows in tables.items():
            if "client" in (rows.dtype.names or ()):
                mine = rows[rows["client"] == row]
                self._tables[name] = mine[np.argsort(mine["minute"], kind="stable")]

    def __getitem__(self, name: str) -> Rows:
        return self._tables[name]

    def names(self) -> list[str]:
        """Return the kinds of fact that are about clients."""
        return list(self._tables)

    def met(self, after: int, before: float) -> tuple[int, str] | None:
        """Return when a case manager first met the client in person within some minutes, and who."""
        rows = self["contacts"]
        found = rows[
            (rows["minute"] >= after)
            & (rows["minute"] < before)
            & (rows["by"] == OWN_WORKER)
            & (rows["outcome"] == HELD)
            & np.isin(rows["kind"], MET)
        ]
        return (int(found["minute"][0]), worker_key(int(found["worker"][0]))) if len(found) else None

    def reviewed(self, after: int, before: float) -> int | None:
        """Return when a psychiatrist first saw the client within some minutes."""
        rows = self["contacts"]
        found = rows[
            (rows["minute"] >= after) & (rows["minute"] < before) & (rows["kind"] == REVIEW) & (rows["outcome"] == HELD)
        ]
        return int(found["minute"][0]) if len(found) else None


def causes(row: Any, count: int = 2) -> str:
    """Return the factors of the hazard of onset that raised it most, and the strongest that held it back.

    Args:
        row: a row of the transitions.
        count: how many raising factors at most.
    """
    factors = [(name, float(row[f"factor {name}"])) for name in FACTORS]
    raising = sorted((each for each in factors if each[1] > WEIGHS), key=lambda each: -each[1])[:count]
    holding = sorted((each for each in factors if each[1] < 1.0 / WEIGHS), key=lambda each: each[1])[:1]
    said = ", ".join(f"{name} x{factor:.1f}" for name, factor in raising) or "no factor stands out"
    if holding:
        said += f"; held back by {holding[0][0]} x{holding[0][1]:.2f}"
    return said


def span(minutes: float) -> str:
    """Return a length of time as people say it.

    >>> span(90), span(150), span(26 * 60), span(12 * 1440)
    ('90 minutes', '2.5 hours', '26 hours', '12 days')
    """
    if minutes < 2 * HOUR:
        return f"{max(round(minutes), 0)} minutes"
    if minutes < 2 * DAY:
        hours = minutes / HOUR
        return f"{hours:.1f} hours" if hours < 10 else f"{hours:.0f} hours"
    return f"{minutes / DAY:.0f} days"


def moments(rows: Rowset) -> list[Moment]:
    """Return all that happened to one client but planned contacts, in order of time."""
    found = [moment for tell in _TELLERS for moment in tell(rows)]
    order = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(found, key=lambda moment: (moment.minute, order[moment.kind]))


def _phases(rows: Rowset) -> Iterator[Moment]:
    table = rows["transitions"]
    for place, row in enumerate(table):
        after = table[place + 1] if place + 1 < len(table) else None
        came_from, to, minute = int(row["from"]), int(row["to"]), int(row["minute"])
        if to == PRODROMAL:
            yield _onset(rows, row, after)
        elif to == ACUTE:
            onset = int(table[place - 1]["minute"]) if place and came_from == PRODROMAL else minute
            yield Moment(minute, "phase", "the illness turns acute", causes(row), *_answer(rows, row, onset, minute))
        elif to == STABLE and came_from == PRODROMAL:
            onset = int(table[place - 1]["minute"]) if place else minute
            knew, acted = _answer(rows, row, onset, minute)
            why = "answered in time" if acted and not acted.startswith("nobody") else "passed by itself"
            yield Moment(minute, "phase", "the first signs subside: a relapse is averted", why, knew, acted)
        elif to == STABLE and came_from == ACUTE:
            began = int(table[place - 1]["minute"]) if place else minute
            yield Moment(minute, "phase", "well again in the community", f"after {span(minute - began)} acutely ill")


def _onset(rows: Rowset, row: Any, after: Any) -> Moment:
    minute = int(row["minute"])
    until = int(after["minute"]) if after is not None else np.inf
    told = after if after is not None else row
    knew, acted = _answer(rows, told, minute, until)
    return Moment(minute, "phase", "first signs of a relapse (a prodrome begins)", causes(row), knew, acted)


def _answer(rows: Rowset, row: Any, onset: int, until: float) -> tuple[str, str]:
    """Return who knew of a prodrome and who acted on it, each with how late."""
    by = int(row["noticed_by"])
    if not by:
        return "nobody noticed", "nobody could act on it"
    noticed = onset + max(float(row["noticed_after"]), 0.0) * DAY
    knew = f"the {NOTICED_BY[by]} {_KNEW[by]} after {span(noticed - onset)}"
    # the time of notice is written in days as a short float: a minute of grace
    seen, review = rows.met(int(noticed) - 1, until), rows.reviewed(int(noticed) - 1, until)
    said = []
    if seen is not None:
        later = seen[0] - noticed
        said.append(f"case manager {seen[1]} {'was there' if later < HOUR else f'came {span(later)} later'}")
    if review is not None:
        said.append(f"medication reviewed {span(review - noticed)} later")
    return knew, ", ".join(said) or "nobody came in person before it was over"


def _crises(rows: Rowset) -> Iterator[Moment]:
    for row in rows["crises"]:
        minute = int(row["minute"])
        when = minute_of_day(minute)
        hour = "at night" if when < AT_NIGHT else "by day" if when < IN_THE_MORNING else "in the evening"
        helper = BY[row["by"]]
        if row["by"] == OWN_WORKER:
            helper = f"the own case manager {worker_key(int(row['worker']))}"
        outcome = CRISIS_OUTCOMES[row["outcome"]]
        came = "at once" if row["response"] < 1 else f"after {span(float(row['response']))}"
        acted = f"{helper} answered {came}: {outcome}"
        yield Moment(
            minute,
            "crisis",
            f"a crisis {hour}, severity {row['severity']:.2f}",
            CRISIS_CAUSES[row["cause"]],
            "",
            acted,
        )


def _seen_ill(rows: Rowset) -> Iterator[Moment]:
    for row in rows["acute_care"]:
        yield Moment(
            int(row["minute"]),
            "seen ill",
            f"seen acutely ill, severity {row['severity']:.2f}",
            "",
            f"{SEEN_BY[row['by']]} saw it",
            ACUTE_ANSWERS[row["answer"]],
        )


def _hospital(rows: Rowset) -> Iterator[Moment]:
    for row in rows["admissions"]:
        minute = int(row["minute"])
        how = "by commitment" if row["involuntary"] else "voluntarily"
        waited = f" after {span(int(row['waited']))} in the emergency department" if row["waited"] > HOUR else ""
        knew = "the case manager was told" if row["informed"] else "the case manager was not told"
        visits = int(row["ward_visits"])
        acted = f"{visits} visit{'s' if visits != 1 else ''} of the case manager on the ward"
        yield Moment(minute, "hospital", f"admitted {how}{waited}", "", knew, acted)
        if row["discharged"] >= 0:
            left = int(row["discharged"])
            booked = "an appointment was booked" if row["booked"] else "no appointment was booked"
            seen, review = rows.met(left, np.inf), rows.reviewed(left, np.inf)
            after = min((moment for moment in (seen[0] if seen else None, review) if moment is not None), default=None)
            follow = f"first met again {span(after - left)} later" if after is not None else "not met again"
            yield Moment(
                left,
                "hospital",
                f"discharged after {span(left - minute)}",
                DISCHARGES[row["discharge"]],
                "",
                f"{booked}, {follow}",
            )


def _homes(rows: Rowset) -> Iterator[Moment]:
    for row in rows["moves"]:
        reason = MOVE_REASONS[row["reason"]]
        if reason not in ("admitted", "discharged"):
            what = f"moves from the {SETTINGS[row['from']]} to the {SETTINGS[row['to']]}"
            yield Moment(int(row["minute"]), "home", what, reason)


def _workers(rows: Rowset) -> Iterator[Moment]:
    for row in rows["handovers"]:
        old, new = worker_key(int(row["from_worker"])), worker_key(int(row["to_worker"]))
        how = HANDOVERS[row["how"]]
        if not old:
            what = f"{new} becomes the case manager"
        elif new:
            what = f"a new case manager: {new} takes over from {old} ({how} handover)"
        else:
            what = f"{old} goes; there is no case manager now"
        lasted = f"the relationship with {old} had lasted {row['tenure']} days" if old else ""
        kept = f"alliance {row['alliance_before']:.2f} before, {row['alliance_after']:.2f} after" if old else ""
        yield Moment(int(row["minute"]), "case manager", what, lasted, "", kept)


def _agencies(rows: Rowset) -> Iterator[Moment]:
    for row in rows["links"]:
        what = f"{AGENCIES[row['agency']]} agency: {LINK_STEPS[row['step']]}"
        yield Moment(int(row["minute"]), "agency", what, "", "", f"help: {HELP_LEVELS[row['help']]}")


def _registrations(rows: Rowset) -> Iterator[Moment]:
    for row in rows["registrations"]:
        yield Moment(int(row["minute"]), "registration", REGISTRATIONS[row["event"]])


_TELLERS = (_registrations, _workers, _phases, _crises, _seen_ill, _hospital, _homes, _agencies)
KINDS: Sequence[str] = (
    "registration",
    "case manager",
    "phase",
    "crisis",
    "seen ill",
    "hospital",
    "home",
    "agency",
    "contacts",
)
"""Sorts of moment, in the order in which those of one minute are told."""
