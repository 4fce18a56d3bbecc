"""Where two runs of the same client first differ, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmsim.core.simtime import clock_text, day_of
from cmsim.model.state.columns import worker_key
from cmsim.reporting.story.client_story import ClientStory
from cmsim.reporting.story.contact_stretches import CONTACTS
from cmsim.schema.codes import ContactKind, ContactOutcome, Provider
from cmsim.schema.tables import KINDS

Row = np.void | None
"""A recorded row; ``None`` where there is none."""

_MEANS = {kind.name: f"a {kind.meaning.removeprefix('every ')}" for kind in KINDS}
"""What a row of each kind stands for, where no event of the story says it better."""
_SHOWN = 4
"""Settings that differ are named up to this many."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first thing that differs between two runs of one client.

    Attributes:
        minute: engine minute of the first difference.
        what: what differs, in a sentence.
        why: what led to it, one reason a line, the nearest first.
    """

    minute: int
    what: str
    why: tuple[str, ...]

    @property
    def day(self) -> int:
        """The day of the first difference."""
        return day_of(self.minute)


def find_divergence(one: ClientStory, other: ClientStory) -> Divergence | None:
    """Return the first difference between two runs of a client; ``None`` if all rows are the same."""
    found = _first_difference(one, other)
    if found is None:
        return None
    minute, table, mine, theirs = found
    what = _difference(table, mine, theirs, (one, other))
    return Divergence(minute, what, tuple(_reasons(one, other, minute, table, mine, theirs)))


def _first_difference(one: ClientStory, other: ClientStory) -> tuple[int, str, Row, Row] | None:
    """Return (minute, table, row of one, row of the other); a row is None where there is none."""
    first, second = one.rows, other.rows
    earliest: tuple[int, int, str, Row, Row] | None = None
    for place, name in enumerate(first.names()):
        a, b = first[name], second[name]
        same = min(len(a), len(b))
        different = np.flatnonzero(a[:same] != b[:same])
        at = int(different[0]) if len(different) else same
        if at == len(a) == len(b):
            continue
        mine, theirs = (rows[at] if at < len(rows) else None for rows in (a, b))
        minute = min(int(row["minute"]) for row in (mine, theirs) if row is not None)
        if earliest is None or (minute, place) < earliest[:2]:
            earliest = (minute, place, name, mine, theirs)
    if earliest is None:
        return None
    minute, _, name, mine, theirs = earliest
    return minute, name, mine, theirs


def _difference(table: str, mine: Row, theirs: Row, stories: tuple[ClientStory, ClientStory]) -> str:
    names = [story.run.scenario.name for story in stories]
    if names[0] == names[1]:
        names = [names[0], f"{names[1]} (placebo run)"]
    texts = [_row_text(table, row, story) for row, story in zip((mine, theirs), stories, strict=True)]
    if mine is not None and theirs is not None:
        if table == "contacts" and mine[["due_day", "kind"]] == theirs[["due_day", "kind"]]:
            return _same_contact(mine, theirs, names)
        if texts[0] == texts[1]:
            return f"{texts[0]}; the same, but {_columns_that_differ(mine, theirs, names)}"
    return "; ".join(f"under {name}: {text}" for name, text in zip(names, texts, strict=True))


def _columns_that_differ(mine: np.void, theirs: np.void, names: list[str]) -> str:
    """Return what differs between two rows that read the same, the largest ratio first."""
    differing = [name for name in mine.dtype.names or () if mine[name] != theirs[name]]

    def ratio(name: str) -> float:
        low, high = sorted((abs(float(mine[name])), abs(float(theirs[name]))))
        return -high / max(low, 1e-9)

    texts = [
        f"{name.replace('_', ' ')} {_apart(float(mine[name]), float(theirs[name]))}"
        for name in sorted(differing, key=ratio)[:_SHOWN]
    ]
    return f"{', '.join(texts)} (under {names[0]} and under {names[1]})"


def _apart(one: float, other: float) -> str:
    """Return two numbers with as many digits as it takes to tell them apart.

    >>> _apart(4.9412, 4.9387), _apart(3.0, 20.0)
    ('4.941 and 4.939', '3 and 20')
    """
    digits = next((n for n in range(3, 9) if f"{one:.{n}g}" != f"{other:.{n}g}"), 9)
    return f"{one:.{digits}g} and {other:.{digits}g}"


def _same_contact(mine: np.void, theirs: np.void, names: list[str]) -> str:
    kind = _kind(mine)
    said = []
    for name, row in zip(names, (mine, theirs), strict=True):
        who = f" by {worker_key(int(row['worker']))}" if row["by"] == Provider.CASE_MANAGER else ""
        outcome, when = ContactOutcome(row["outcome"]).label, clock_text(int(row["minute"]))
        said.append(f"under {name} {outcome}{who} on {when}, {row['minutes']} minutes")
    return f"the same {kind}, due on day {mine['due_day']}: {'; '.join(said)}"


def _kind(row: np.void) -> str:
    kind = ContactKind(row["kind"]).label
    return f"{kind} contact" if kind in ("family", "agency", "crisis") else kind


def _row_text(table: str, row: Row, story: ClientStory) -> str:
    if row is None:
        return "nothing of the kind any more"
    minute = int(row["minute"])
    if table == "contacts":
        who = worker_key(int(row["worker"])) if row["by"] == Provider.CASE_MANAGER else Provider(row["by"]).label
        kind, outcome = _kind(row), ContactOutcome(row["outcome"]).label
        return f"{kind} with {who}, {outcome}, on {clock_text(minute)}"
    told = (event.sentence for event in story.events if event.minute == minute and event.kind != CONTACTS)
    return f"{next(told, _MEANS[table])}, on {clock_text(minute)}"


def _reasons(one: ClientStory, other: ClientStory, minute: int, table: str, mine: Row, theirs: Row) -> list[str]:
    reasons = []
    workers = [_worker(table, row) for row in (mine, theirs)]
    if workers[0] >= 0 and workers[1] >= 0 and workers[0] != workers[1]:
        reasons.append(f"another case manager is in charge: {worker_key(workers[0])} and {worker_key(workers[1])}")
    worker = next((each for each in workers if each >= 0), -1)
    if worker >= 0:
        began = _worker_divergence(one, other, worker)
        if began is not None and began < minute:
            reasons.append(
                f"the days of {worker_key(worker)} had differed since {clock_text(began)}, over other clients"
            )
        elif began is not None:
            reasons.append(f"it is the first thing that differs for {worker_key(worker)} too")
    day = one.run.scenario.first_difference_day(other.run.scenario)
    if day is None:
        reasons.append("the policies are the same: one visit a week took a minute longer (the placebo run)")
    else:
        differing = one.run.scenario.differences(other.run.scenario)
        shown = ", ".join(f"{key} {a} / {b}" for key, a, b in differing[:_SHOWN])
        more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
        reasons.append(f"the policies differ from day {day} on: {shown}{more}")
    return reasons


def _worker(table: str, row: Row) -> int:
    if row is None:
        return -1
    if table == "contacts":
        return int(row["worker"]) if row["by"] == Provider.CASE_MANAGER else -1
    for name in ("to_worker", "worker"):
        if name in (row.dtype.names or ()):
            return int(row[name])
    return -1


def _worker_divergence(one: ClientStory, other: ClientStory, worker: int) -> int | None:
    """Return the first minute at which the contacts of a case manager differ between two runs."""
    first, second = (
        rows[(rows["by"] == Provider.CASE_MANAGER) & (rows["worker"] == worker)]
        for rows in (story.run.arrays("contacts") for story in (one, other))
    )
    same = min(len(first), len(second))
    different = np.flatnonzero(first[:same] != second[:same])
    at = int(different[0]) if len(different) else same
    ends = [int(rows["minute"][at]) for rows in (first, second) if at < len(rows)]
    return min(ends) if ends else None
