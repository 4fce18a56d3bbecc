"""Where two lives of the same person part, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cmsim.core.simtime import clock_text, day_of
from cmsim.model.state.columns import worker_key
from cmsim.reporting.story.life import Life
from cmsim.reporting.story.moments import OWN_WORKER
from cmsim.schema.tables import BY, CONTACT_KINDS, CONTACT_OUTCOMES, KINDS

_MEANS = {kind.name: f"a {kind.meaning.removeprefix('every ')}" for kind in KINDS}
"""What a row of each kind stands for, where no moment of the life tells it better."""
_SHOWN = 4
"""Settings that differ are named up to this many."""


@dataclass(frozen=True, slots=True)
class Parting:
    """The first thing that differs between two lives of one client.

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
        """The day on which the lives part."""
        return day_of(self.minute)


def parting(one: Life, other: Life) -> Parting | None:
    """Return where two lives of the same client part; ``None`` if they are the same to the last row."""
    found = _first_difference(one, other)
    if found is None:
        return None
    minute, table, mine, theirs = found
    what = _said(table, mine, theirs, (one, other))
    return Parting(minute, what, tuple(_reasons(one, other, minute, table, mine, theirs)))


def _first_difference(one: Life, other: Life) -> tuple[int, str, Any, Any] | None:
    """Return (minute, table, row of one, row of the other); a row is None where there is none."""
    first, second = one.rows, other.rows
    earliest: tuple[int, int, str, Any, Any] | None = None
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


def _said(table: str, mine: Any, theirs: Any, lives: tuple[Life, Life]) -> str:
    names = [life.run.scenario.name for life in lives]
    if names[0] == names[1]:
        names = [names[0], f"{names[1]} (twin)"]
    both = mine is not None and theirs is not None
    if table == "contacts" and both and mine[["due_day", "kind"]] == theirs[["due_day", "kind"]]:
        return _same_contact(mine, theirs, names)
    texts = [_row_text(table, row, life) for row, life in zip((mine, theirs), lives, strict=True)]
    if both and texts[0] == texts[1]:
        return f"{texts[0]}; the same, but {_columns_that_differ(mine, theirs, names)}"
    return "; ".join(f"under {name}: {text}" for name, text in zip(names, texts, strict=True))


def _columns_that_differ(mine: Any, theirs: Any, names: list[str]) -> str:
    """Return what differs between two rows that read the same, the largest ratio first."""
    differing = [name for name in mine.dtype.names if mine[name] != theirs[name]]

    def ratio(name: str) -> float:
        low, high = sorted((abs(float(mine[name])), abs(float(theirs[name]))))
        return -high / max(low, 1e-9)

    said = [
        f"{name.replace('_', ' ')} {_apart(float(mine[name]), float(theirs[name]))}"
        for name in sorted(differing, key=ratio)[:_SHOWN]
    ]
    return f"{', '.join(said)} (under {names[0]} and under {names[1]})"


def _apart(one: float, other: float) -> str:
    """Return two numbers with as many digits as it takes to tell them apart.

    >>> _apart(4.9412, 4.9387), _apart(3.0, 20.0)
    ('4.941 and 4.939', '3 and 20')
    """
    digits = next((n for n in range(3, 9) if f"{one:.{n}g}" != f"{other:.{n}g}"), 9)
    return f"{one:.{digits}g} and {other:.{digits}g}"


def _same_contact(mine: Any, theirs: Any, names: list[str]) -> str:
    kind = _kind(mine)
    said = []
    for name, row in zip(names, (mine, theirs), strict=True):
        who = f" by {worker_key(int(row['worker']))}" if row["by"] == OWN_WORKER else ""
        outcome, when = CONTACT_OUTCOMES[row["outcome"]], clock_text(int(row["minute"]))
        said.append(f"under {name} {outcome}{who} on {when}, {row['minutes']} minutes")
    return f"the same {kind}, due on day {mine['due_day']}: {'; '.join(said)}"


def _kind(row: Any) -> str:
    kind = CONTACT_KINDS[row["kind"]]
    return f"{kind} contact" if kind in ("family", "agency", "crisis") else kind


def _row_text(table: str, row: Any, life: Life) -> str:
    if row is None:
        return "nothing of the kind any more"
    minute = int(row["minute"])
    if table == "contacts":
        who = worker_key(int(row["worker"])) if row["by"] == OWN_WORKER else BY[row["by"]]
        kind, outcome = _kind(row), CONTACT_OUTCOMES[row["outcome"]]
        return f"{kind} with {who}, {outcome}, on {clock_text(minute)}"
    told = [moment.what for moment in life.moments if moment.minute == minute and moment.kind != "contacts"]
    return f"{told[0] if told else _MEANS[table]}, on {clock_text(minute)}"


def _reasons(one: Life, other: Life, minute: int, table: str, mine: Any, theirs: Any) -> list[str]:
    reasons = []
    workers = [_worker(table, row) for row in (mine, theirs)]
    if workers[0] >= 0 and workers[1] >= 0 and workers[0] != workers[1]:
        reasons.append(f"another case manager is in charge: {worker_key(workers[0])} and {worker_key(workers[1])}")
    worker = next((each for each in workers if each >= 0), -1)
    if worker >= 0:
        began = _worker_parts(one, other, worker)
        if began is not None and began < minute:
            reasons.append(
                f"the days of {worker_key(worker)} had differed since {clock_text(began)}, over other clients"
            )
        elif began is not None:
            reasons.append(f"it is the first thing that differs for {worker_key(worker)} too")
    day = one.run.scenario.first_difference_day(other.run.scenario)
    if day is None:
        reasons.append("the policies are the same: one visit a week took a minute longer (the placebo twin)")
    else:
        differing = one.run.scenario.differences(other.run.scenario)
        shown = ", ".join(f"{key} {a} / {b}" for key, a, b in differing[:_SHOWN])
        more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
        reasons.append(f"the policies differ from day {day} on: {shown}{more}")
    return reasons


def _worker(table: str, row: Any) -> int:
    if row is None:
        return -1
    if table == "contacts":
        return int(row["worker"]) if row["by"] == OWN_WORKER else -1
    for name in ("to_worker", "worker"):
        if name in row.dtype.names:
            return int(row[name])
    return -1


def _worker_parts(one: Life, other: Life, worker: int) -> int | None:
    """Return the first minute at which the contacts of a case manager differ between two runs."""
    first, second = (
        rows[(rows["by"] == OWN_WORKER) & (rows["worker"] == worker)]
        for rows in (life.run.arrays("contacts") for life in (one, other))
    )
    same = min(len(first), len(second))
    different = np.flatnonzero(first[:same] != second[:same])
    at = int(different[0]) if len(different) else same
    ends = [int(rows["minute"][at]) for rows in (first, second) if at < len(rows)]
    return min(ends) if ends else None
