"""Where two runs of the same client first differ, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cmsim.core.ledger import Rows
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


class _Pair(NamedTuple):
    """The first rows of a table that differ between two runs; ``None`` where a run has no further row."""

    minute: int
    table: str
    one: Row
    other: Row


def find_divergence(one: ClientStory, other: ClientStory) -> Divergence | None:
    """Return the first difference between two runs of a client; ``None`` if all rows are the same."""
    mine, theirs = one.rows, other.rows
    pairs = [pair for name in mine if (pair := _first_pair(name, mine[name], theirs[name]))]
    if not pairs:
        return None
    first = min(pairs, key=lambda pair: pair.minute)
    return Divergence(first.minute, _describe(first, one, other), tuple(_reasons(first, one, other)))


def _first_pair(table: str, mine: Rows, theirs: Rows) -> _Pair | None:
    same = min(len(mine), len(theirs))
    at = next(iter(np.flatnonzero(mine[:same] != theirs[:same]).tolist()), same)
    one, other = (rows[at] if at < len(rows) else None for rows in (mine, theirs))
    minutes = [int(row["minute"]) for row in (one, other) if row is not None]
    return _Pair(min(minutes), table, one, other) if minutes else None


def _describe(pair: _Pair, one: ClientStory, other: ClientStory) -> str:
    names = [one.run.scenario.name, other.run.scenario.name]
    if names[0] == names[1]:
        names[1] += " (placebo run)"
    texts = [_row_text(pair.table, pair.one, one), _row_text(pair.table, pair.other, other)]
    if pair.one is not None and pair.other is not None:
        if pair.table == "contacts" and pair.one[["due_day", "kind"]] == pair.other[["due_day", "kind"]]:
            return _same_contact(pair.one, pair.other, names)
        if texts[0] == texts[1]:
            return f"{texts[0]}; the same, but {_columns_that_differ(pair.one, pair.other, names)}"
    return "; ".join(f"under {name}: {text}" for name, text in zip(names, texts, strict=True))


def _columns_that_differ(mine: np.void, theirs: np.void, names: list[str]) -> str:
    """Return what differs between two rows that read the same, the largest ratio first."""
    values = {name: (float(mine[name]), float(theirs[name])) for name in mine.dtype.names or ()}

    def ratio(name: str) -> float:
        low, high = sorted(map(abs, values[name]))
        return -high / max(low, 1e-9)

    differing = sorted((name for name, (one, other) in values.items() if one != other), key=ratio)
    texts = [f"{name.replace('_', ' ')} {_apart(*values[name])}" for name in differing[:_SHOWN]]
    return f"{', '.join(texts)} (under {names[0]} and under {names[1]})"


def _apart(one: float, other: float) -> str:
    """Return two numbers with as many digits as show that they differ.

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
        lasted = f", {row['minutes']} minutes" if row["outcome"] == ContactOutcome.HELD else ""
        said.append(f"under {name} {outcome}{who} on {when}{lasted}")
    return f"the {kind} due on day {mine['due_day']}: {'; '.join(said)}"


def _kind(row: np.void) -> str:
    kind = ContactKind(row["kind"]).label
    return f"{kind} contact" if kind in ("family", "agency", "crisis") else kind


def _row_text(table: str, row: Row, story: ClientStory) -> str:
    if row is None:
        return "this did not happen"
    minute = int(row["minute"])
    if table == "contacts":
        who = worker_key(int(row["worker"])) if row["by"] == Provider.CASE_MANAGER else Provider(row["by"]).label
        kind, outcome = _kind(row), ContactOutcome(row["outcome"]).label
        return f"{kind} with {who}, {outcome}, on {clock_text(minute)}"
    sentences = (event.sentence for event in story.events if event.minute == minute and event.kind != CONTACTS)
    return f"{next(sentences, _MEANS[table])}, on {clock_text(minute)}"


def _reasons(pair: _Pair, one: ClientStory, other: ClientStory) -> Iterator[str]:
    mine, theirs = (_worker(pair.table, row) for row in (pair.one, pair.other))
    if mine >= 0 and theirs >= 0 and mine != theirs:
        yield f"another case manager is in charge: {worker_key(mine)} and {worker_key(theirs)}"
    worker = mine if mine >= 0 else theirs
    if worker >= 0:
        met = [
            rows[(rows["by"] == Provider.CASE_MANAGER) & (rows["worker"] == worker)]
            for rows in (story.run.arrays("contacts") for story in (one, other))
        ]
        began = _first_pair("contacts", *met)
        if began is not None and began.minute < pair.minute:
            since = clock_text(began.minute)
            yield f"the days of {worker_key(worker)} had differed since {since}, over other clients"
        elif began is not None:
            yield f"it is the first thing that differs for {worker_key(worker)} too"
    day = one.run.scenario.first_difference_day(other.run.scenario)
    if day is None:
        yield "the policies are the same: one visit a week took a minute longer (the placebo run)"
    else:
        differing = one.run.scenario.differences(other.run.scenario)
        shown = ", ".join(f"{key} {a} / {b}" for key, a, b in differing[:_SHOWN])
        more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
        yield f"the policies differ from day {day} on: {shown}{more}"


def _worker(table: str, row: Row) -> int:
    """Return the case manager whom a row is about; -1 for none."""
    if row is None or (table == "contacts" and row["by"] != Provider.CASE_MANAGER):
        return -1
    return next((int(row[name]) for name in ("to_worker", "worker") if name in (row.dtype.names or ())), -1)
