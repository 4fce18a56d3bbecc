"""The ledger: flat rows, appended when a fact happens and never changed; every statistic is computed later.

A :class:`Kind` declares one kind of fact: its columns with unit and meaning, and the words that codes stand
for. A :class:`Table` holds its rows in typed chunks, a :class:`Ledger` all tables of a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any, ParamSpec, Self, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from cmsim.core.docstrings import docstring

Rows = NDArray[Any]
P = ParamSpec("P")

_CHUNK = 16_384


class Code(IntEnum):
    """A vocabulary: its members are the codes in columns, their labels the words that tables show."""

    _value_: int
    label: str

    def __new__(cls, code: int, label: str = "") -> Self:
        """Make a member from its code and its label."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.label = label
        return member

    @classmethod
    @cache
    def labels(cls) -> tuple[str, ...]:
        """Return the labels in the order of the codes."""
        return tuple(member.label for member in cls)

    @classmethod
    @cache
    def of(cls, label: str) -> Self:
        """Return the member with a label."""
        return cls(cls.labels().index(label))


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a row: its meaning, its unit, and its type in the column where not the usual one."""

    meaning: str
    unit: str = ""
    dtype: str = ""


@dataclass(frozen=True, slots=True)
class Coded:
    """A field of a row that holds codes of a vocabulary."""

    codes: type[Code]
    meaning: str
    dtype: str = "i1"


@dataclass(frozen=True, slots=True)
class Fields:
    """A field that holds one value a label, each in a column of its own; ``{}`` stands for the label."""

    name: str
    labels: tuple[str, ...]
    unit: str
    meaning: str
    dtype: str = "f4"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type, unit and meaning, and the words its codes stand for."""

    name: str
    dtype: str
    unit: str
    meaning: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact: the class of its rows, and the columns that follow from it.

    Attributes:
        name: of the table.
        meaning: what one row is.
        row: the class of the rows.
        columns: in the order of the row's fields.
        nested: the fields of the row that fill several columns each.
    """

    name: str
    meaning: str
    row: type[tuple[Any, ...]]
    columns: tuple[Column, ...]
    nested: frozenset[str]

    @classmethod
    def of(cls, name: str, row: type[tuple[Any, ...]]) -> Kind:
        """Read a kind of fact off the class of its rows.

        Args:
            name: of the table.
            row: a named tuple whose annotations carry a :class:`Field`, :class:`Coded` or :class:`Fields` each.
        """
        columns: list[Column] = []
        nested = set()
        for field, hint in get_type_hints(row, include_extras=True).items():
            kind, said = get_args(hint)[:2]
            columns += _columns(field.removesuffix("_"), kind, said)
            if isinstance(said, Fields):
                nested.add(field)
        meaning = docstring(row).rstrip(".")
        return cls(name, meaning[0].lower() + meaning[1:], row, tuple(columns), frozenset(nested))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The structured type of a row."""
        return np.dtype([(column.name, column.dtype) for column in self.columns])


_USUAL = {int: "i4", float: "f4", bool: "i1"}


def _columns(name: str, kind: type, said: Field | Coded | Fields) -> list[Column]:
    """Return the columns that one field of a row fills."""
    if isinstance(said, Fields):
        return [
            Column(said.name.format(label), said.dtype, said.unit, said.meaning.format(label)) for label in said.labels
        ]
    if isinstance(said, Coded):
        return [Column(name, said.dtype, "code", said.meaning, said.codes.labels())]
    unit = "0 or 1" if kind is bool else said.unit
    return [Column(name, said.dtype or _USUAL[kind], unit, said.meaning)]


@cache
def _writer_maker(kind: Kind) -> Callable[[Callable[[tuple[Any, ...]], None]], Callable[..., None]]:
    """Return what makes, from a function that takes a row's values, one that takes them by field name.

    Rows are so many that making a named tuple of each would cost more than all the rest of writing it; so the
    function is written for the class of rows, as ``dataclasses`` writes ``__init__``.
    """
    fields, defaults = kind.row._fields, kind.row._field_defaults  # type: ignore[attr-defined]
    parameters = ", ".join(f"{name}=defaults[{name!r}]" if name in defaults else name for name in fields)
    values = ", ".join(f"*{name}" if name in kind.nested else name for name in fields)
    text = f"def make(append):\n  def write(*, {parameters}):\n    append(({values},))\n  return write"
    made: dict[str, Any] = {"defaults": defaults}
    exec(text, made)
    return made["make"]


class Table:
    """The rows of one kind of fact, in order of writing."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._dtype = kind.dtype
        self._chunks: list[Rows] = []
        self._packed = 0
        self._open: list[tuple[Any, ...]] = []

    def writer(self) -> Callable[..., None]:
        """Return a function that writes one row, given its fields by name."""
        return _writer_maker(self.kind)(self._open.append)

    def __len__(self) -> int:
        return self._packed + len(self._open)

    def extend(self, rows: Rows) -> None:
        """Write many rows at once, already of the table's type."""
        self.settle(0)
        self._chunks.append(rows)
        self._packed += len(rows)

    def settle(self, limit: int = _CHUNK) -> None:
        """Pack the open rows into a typed chunk once there are more than ``limit``."""
        if len(self._open) > limit:
            self._chunks.append(np.array(self._open, dtype=self._dtype))
            self._packed += len(self._open)
            self._open.clear()

    def since(self, count: int) -> Rows:
        """Return the rows after the first ``count`` as one structured array; the table stays as it is.

        It takes as long as there are new rows, however many there are before.
        """
        parts = [np.array(self._open[max(count - self._packed, 0) :], dtype=self._dtype)]
        before = self._packed
        for chunk in reversed(self._chunks):
            if before <= count:
                break
            before -= len(chunk)
            parts.append(chunk[max(count - before, 0) :])
        return parts[0] if len(parts) == 1 else np.concatenate(parts[::-1])

    def rows(self) -> Rows:
        """Return all rows as one structured array."""
        self.settle(0)
        if len(self._chunks) != 1:
            joined = np.concatenate(self._chunks) if self._chunks else np.empty(0, dtype=self._dtype)
            self._chunks = [joined]
        return self._chunks[0]


class Ledger:
    """All tables of a run: ``ledger.write(MoveRow)(...)`` writes, ``ledger["moves"].rows()`` reads.

    Contacts also carry the minutes given to each component, kept beside the rows in ``component_minutes``.

    Args:
        kinds: the kinds of fact, contacts among them.
        components: number of components.
    """

    def __init__(self, kinds: Iterable[Kind], components: int) -> None:
        self._tables = {kind.name: Table(kind) for kind in kinds}
        self._writers: dict[object, Callable[..., None]] = {}
        self._components = [np.empty((0, components), dtype=np.float32)]

    def __getitem__(self, name: str) -> Table:
        return self._tables[name]

    def __iter__(self) -> Iterator[Table]:
        return iter(self._tables.values())

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_writers": {}}

    def write(self, row: Callable[P, tuple[Any, ...]]) -> Callable[P, None]:
        """Return what writes one row of a class, given its fields by name."""
        if not self._writers:
            self._writers = {table.kind.row: table.writer() for table in self}
        return self._writers[row]

    def write_contacts(self, rows: Rows, component_minutes: NDArray[np.float32]) -> None:
        """Write a day's contacts with their minutes by component, shapes (contacts,) and (contacts, components)."""
        self["contacts"].extend(rows)
        self._components.append(component_minutes)

    def component_minutes(self) -> NDArray[np.float32]:
        """Return the minutes given to each component, shape (contacts, components), in the order of the contacts."""
        if len(self._components) > 1:
            self._components = [np.concatenate(self._components)]
        return self._components[0]

    def settle(self) -> None:
        """Pack what has been written, so that memory stays small."""
        for table in self._tables.values():
            table.settle()
