"""What an invariant is: a statement about the tables of a run, and a function that finds the rows that break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cmsim.core.docstrings import docstring
from cmsim.core.simtime import DAY


@dataclass(frozen=True)
class Finding:
    """A row that breaks an invariant.

    Attributes:
        table: its table.
        row: its place there, from 0.
        wrong: what is wrong with it.
    """

    table: str
    row: int
    wrong: str


@dataclass(frozen=True)
class Record:
    """The tables of one run, words for codes and days for minutes as users see them.

    Attributes:
        tables: by name; some may be missing.
        settings: of its scenario by dotted key, as :meth:`cmsim.Scenario.flat` returns them.
    """

    tables: Mapping[str, pd.DataFrame]
    settings: Mapping[str, object]

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self._plain[name]

    @cached_property
    def _plain(self) -> dict[str, pd.DataFrame]:
        """The tables with words in place of categories, and ``at``, the minute from the start of day 0."""
        plain = {}
        for name, table in self.tables.items():
            words = [column for column, kind in table.dtypes.items() if isinstance(kind, pd.CategoricalDtype)]
            plain[name] = table.astype(dict.fromkeys(words, object))
            if table.empty:  # a file without rows does not say what its columns hold
                plain[name] = plain[name].astype(float)
            if {"day", "minute"} <= set(table):
                plain[name]["at"] = plain[name]["day"] * DAY + plain[name]["minute"]
        return plain

    def on_days(self, days: pd.Series[int], setting: str) -> pd.Series[float]:
        """Return a number among the settings of the service as it was in force on some days."""
        settings = self.settings
        numbers = {0: settings[f"baseline.{setting}"], settings["world.warm_up_days"]: settings[f"service.{setting}"]}
        for key, from_day in settings.items():
            change, _, last = key.rpartition(".")
            if change.startswith("changes.") and last == "from_day" and f"{change}.service.{setting}" in settings:
                numbers[from_day] = settings[f"{change}.service.{setting}"]
        steps = pd.Series(numbers, dtype=float).sort_index()
        found = steps.to_numpy()[steps.index.to_numpy(int).searchsorted(days, side="right") - 1]
        return pd.Series(found, index=days.index)


Found = Iterator[Finding]
Minutes: TypeAlias = "pd.Series[int] | pd.Series[float]"
"""Minutes from the start of day 0; empty where there is none."""


@dataclass(frozen=True)
class Invariant:
    """Something that holds in every run.

    Attributes:
        name: of its function.
        holds: what holds, in a sentence.
        tables: names of the tables that it is about.
        find: yields the rows of a record that break it.
    """

    name: str
    holds: str
    tables: tuple[str, ...]
    find: Callable[[Record], Found]


INVARIANTS: dict[str, Invariant] = {}
"""All invariants by name."""


def examine(record: Record) -> dict[str, list[Finding]]:
    """Return the rows that break each invariant, by its name; left out is what needs a table that is not there."""
    return {
        name: sorted(each.find(record), key=lambda finding: (finding.table, finding.row))
        for name, each in INVARIANTS.items()
        if record.tables.keys() >= set(each.tables)
    }


def invariant(*tables: str) -> Callable[[Callable[[Record], Found]], Callable[[Record], Found]]:
    """Declare the function below as an invariant of some tables."""

    def declare(find: Callable[[Record], Found]) -> Callable[[Record], Found]:
        name = find.__name__
        INVARIANTS[name] = Invariant(name, " ".join(docstring(find).split()), tables, find)
        return find

    return declare


def broken(table: str, rows: pd.DataFrame, is_wrong: pd.Series[bool] | NDArray[np.bool_], said: str) -> Found:
    """Yield rows that are wrong; ``said`` is what is said of them, with their columns in braces."""
    chosen = rows[np.asarray(is_wrong, dtype=bool)]
    for place, cells in zip(chosen.index, chosen.to_dict("records"), strict=True):
        yield Finding(table, int(place), said.format_map(cells))


def whole_minutes(days: pd.Series[float]) -> Minutes:
    """Return times in days, of which files have ten digits, as the whole minutes that they are."""
    return (days * DAY).round()


def overlapping(table: str, rows: pd.DataFrame, who: list[str], begins: Minutes, ends: Minutes, said: str) -> Found:
    """Yield rows that begin before another of the same persons has ended."""
    spans = rows.assign(begins=begins, ends=ends).sort_values([*who, "begins", "ends"], kind="stable")
    latest = spans.groupby(who)["ends"].cummax()
    before = latest.groupby([spans[each] for each in who]).shift()
    return broken(table, spans.assign(before=before), spans["begins"] < before, said)


def unchained(table: str, rows: pd.DataFrame, before: str, after: str) -> Found:
    """Yield rows of a client that do not begin with what the row before ended with."""
    last = rows.groupby("client")[after].shift()
    is_wrong = last.notna() & (last != rows[before])
    return broken(table, rows.assign(last=last), is_wrong, f"{{client}}: from {{{before}}}, where {{last}} was before")


def unmatched(table: str, rows: pd.DataFrame, others: pd.DataFrame, said: str) -> Found:
    """Yield rows for whose client and minute there is none among others."""
    theirs = pd.MultiIndex.from_frame(others[["client", "at"]])
    return broken(table, rows, ~pd.MultiIndex.from_frame(rows[["client", "at"]]).isin(theirs), said)
