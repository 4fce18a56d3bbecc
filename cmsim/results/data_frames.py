"""The ledger's rows as tidy pandas tables: words instead of codes, days instead of minutes, client keys.

The rules are the same for every kind of fact:

* ``minute`` becomes ``day`` and ``minute`` (of that day, 0 to 1439); any other engine minute becomes a column
  ``<name>_day`` in days with a fraction, empty where it has not happened;
* a client row becomes the client's key, a worker id the worker's name, a psychiatrist "p<number>", an aide "a<number>";
* a code becomes its word, 0 or 1 a truth value, and a negative real number, which stands for "none", empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cmsim.core.ledger import Column, Kind, Rows
from cmsim.core.simtime import DAY
from cmsim.model.state.columns import worker_key
from cmsim.schema.codes import Provider

_TIMES = ("start_", "end_", "last_")
_LETTERS = {Provider.PSYCHIATRIST: "p", Provider.AIDE: "a"}
"""What the name of a provider begins with who has a number and no post."""
_APART = 1_000_000
"""More than any worker id: providers of several kinds are told apart by multiples of it."""


@dataclass(frozen=True)
class Sheet:
    """A table with what its columns mean.

    Attributes:
        name: as in file names.
        about: what one row is.
        frame: the table.
        columns: unit and meaning of each column.
    """

    name: str
    about: str
    frame: pd.DataFrame
    columns: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def sheet(kind: Kind, rows: Rows, keys: Sequence[str]) -> Sheet:
    """Return the rows of one kind of fact as a described table; ``keys`` has that of each client row."""
    data: dict[str, Any] = {}
    notes: dict[str, tuple[str, str]] = {}
    for column in kind.columns:
        for name, values, unit in _tidy(column, rows, keys):
            data[name] = values
            notes[name] = (unit, column.meaning)
    return Sheet(kind.name, kind.meaning, pd.DataFrame(data), notes)


def contact_sheet(kind: Kind, rows: Rows, component_minutes: Mapping[str, NDArray[Any]], keys: Sequence[str]) -> Sheet:
    """Return the contacts with the minutes given to each component (by name) beside them."""
    base = sheet(kind, rows, keys)
    minutes = pd.DataFrame({f"minutes {name}": column for name, column in component_minutes.items()})
    notes = dict.fromkeys(minutes.columns, ("minutes", "of the contact, given to this component"))
    return Sheet(base.name, base.about, pd.concat([base.frame, minutes], axis=1), {**base.columns, **notes})


def column_sheet(
    name: str,
    about: str,
    columns: Mapping[str, Any],
    words: Mapping[str, Sequence[str]],
    notes: Mapping[str, tuple[str, str]],
) -> Sheet:
    """Return columns of state as a table, one row a person.

    Args:
        name: of the table.
        about: what one row is.
        columns: one array a column, all of one length.
        words: words of the codes, by column name without ``start_``, ``end_`` or ``last_``.
        notes: unit and meaning of each column, likewise.
    """
    plain = {column: column.split("_", 1)[1] if column.startswith(_TIMES) else column for column in columns}
    data: dict[str, NDArray[Any] | pd.Categorical[str]] = {}
    for column, values in columns.items():
        array = np.asarray(values)
        if plain[column] in words:
            data[column] = _words(array, words[plain[column]])
        elif plain[column] == "worker":
            data[column] = _named(np.nan_to_num(array, nan=-1), lambda post: f"w{post + 1:02d}" if post >= 0 else "")
        else:
            data[column] = array
    known = {column: notes[plain[column]] for column in columns if plain[column] in notes}
    return Sheet(name, about, pd.DataFrame(data), known)


def _tidy(column: Column, rows: Rows, keys: Sequence[str]) -> list[tuple[str, Any, str]]:
    """Return the tidy columns (name, values, unit) that one column of rows becomes."""
    values = rows[column.name]
    if column.name == "minute":
        day, minute = np.divmod(values, DAY)
        return [("day", day, "day"), ("minute", minute, "minute of the day")]
    if column.unit == "engine minute":
        return [(f"{column.name}_day", np.where(values < 0, np.nan, values / DAY), "day")]
    if column.unit == "client":
        return [(column.name, pd.Categorical.from_codes(values, categories=pd.Index(keys)), "client key")]
    if column.unit == "worker id":
        return [(column.name, _named(values, worker_key), "worker")]
    if column.unit == "id":
        return [(column.name, provider_names(values, rows["by"]), "worker, psychiatrist or aide")]
    if column.words:
        return [(column.name, pd.Categorical.from_codes(values, categories=pd.Index(column.words)), "word")]
    if column.unit == "0 or 1":
        return [(column.name, values.astype(bool), "true or false")]
    if values.dtype.kind == "f":
        return [(column.name, np.where(values < 0, np.nan, values), column.unit)]
    return [(column.name, values.copy(), column.unit)]


def provider_names(ids: NDArray[Any], by: NDArray[Any]) -> pd.Categorical[str]:
    """Return who made each contact: case managers, psychiatrists (p1) and aides (a1) are numbered apart.

    Args:
        ids: worker id, or number of the psychiatrist or aide; -1 for a service, which is a missing value.
        by: code of the ``Provider`` of each.
    """
    return _named(by.astype(np.int64) * _APART + ids + 1, _provider_name)


def _provider_name(apart: int) -> str:
    by, number = divmod(apart, _APART)
    letter = _LETTERS.get(Provider(by))
    return f"{letter}{number}" if letter else worker_key(number - 1)


def _named(values: NDArray[Any], name: Callable[[int], str]) -> pd.Categorical[str]:
    """Return ids as names; an empty name is a missing value."""
    ids, codes = np.unique(values, return_inverse=True)
    names = pd.Index([name(int(worker)) for worker in ids])
    known = names[names != ""].unique()
    return pd.Categorical.from_codes(known.get_indexer(names)[codes], categories=known)


def _words(values: NDArray[Any], words: Sequence[str]) -> pd.Categorical[str]:
    known = np.isfinite(values.astype(float))
    codes = np.where(known, values, -1).astype(np.int64)
    return pd.Categorical.from_codes(codes, categories=pd.Index(words))
