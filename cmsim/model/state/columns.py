"""Columns of state: one row a client, one row a post of case managers.

Rows of clients are in order of arrival, so those not yet referred are at the end and ``known`` cuts them off.
``address`` names a client for chance: even numbers for those there at the start, odd ones for referrals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cmsim.core.numeric import Ints
from cmsim.schema.codes import AgencyKind, Domain
from cmsim.schema.state_variables import CLIENT, GRIDS, NEVER, POST

Codes = NDArray[np.int8]

DUE = ("next_visit", "next_call", "next_family", "next_liaison", "next_agency", "next_accompaniment")
"""Days on which contacts are due, the rows of ``People.due``."""


_SIDE_BY_SIDE = (
    # what a morning's plan and a contact look at
    "worker known_unwell known_inside last_any last_seen missed joint_left risk_until known_discharge dose "
    "distance worried setting phase status here present "
    # what a night moves
    "supply adherence adherence_target fit stress stress_pull recency settled onset_log crisis_ratio "
    "can_fall_ill unnoticed alliance insight family_contact family_knowledge "
    # what the day's row gives the mean of, beyond these
    "unmet autonomy recovery activity network_size has_family burden expressed links"
).split()
"""State variables that stand first in a client's record, so that what is read together lies together."""


def _record() -> np.dtype[Any]:
    across = {"need domain": len(Domain), "agency": len(AgencyKind)}
    kinds: dict[str, tuple[Any, ...]] = {each.name: (each.dtype,) for each in CLIENT}
    kinds |= {each.name: (each.dtype, (across[by],)) for each, by in GRIDS}
    names = [*_SIDE_BY_SIDE, *(name for name in kinds if name not in _SIDE_BY_SIDE)]
    fields: list[Any] = [("address", "i8"), *((name, "i8") for name in DUE), ("comes", "f8", (4,))]
    fields += [(name, *kinds[name]) for name in names]
    return np.dtype(fields, align=True)


class Cells:
    """The fields of some records, for whoever looks at one row at a time: ``cells.stress[row]``.

    They are the columns themselves, but give and take Python's own numbers: half the time of a column's
    for each, and a third for what is computed with them. Fields of several values take a row and a place.
    """

    due: tuple[memoryview[int], ...]

    def __init__(self, records: NDArray[Any]) -> None:
        for name in records.dtype.names or ():
            setattr(self, name, records[name].data)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


class People:
    """The clients' state, one record a client; every name is a column of shape (rows,).

    A client's numbers stand side by side (``records``), which is what a loop over clients reads; a column is
    a view of them, and ``cells`` has the columns for whoever looks at one client.

    Args:
        rows: how many clients will ever be there.
        address: the clients' addresses, shape (rows,).
    """

    def __init__(self, rows: int, address: Ints) -> None:
        self.rows = rows
        self.known = 0
        self.records = np.zeros(rows, CLIENT_RECORD)
        for name in CLIENT_RECORD.names or ():
            setattr(self, name, self.records[name])
        for each in (*CLIENT, *(grid for grid, _ in GRIDS)):
            getattr(self, each.name).fill(each.start)
        self.address[:] = address
        self.comes = self.records["comes"].T
        self.comes[:] = 1.0
        self.due = _rows_of(self.records, DUE)
        self.due[:] = NEVER
        self.cells = Cells(self.records)
        self.cells.due = tuple(getattr(self.cells, name) for name in DUE)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def add_known(self) -> int:
        """Count in the next referral, and return its row."""
        self.known += 1
        return self.known - 1

    def keys(self) -> list[str]:
        """Return the clients' names for tables: c0001 ... for those at the start, r0001 ... for referrals."""
        return [client_key(address) for address in self.address.tolist()]


def client_key(address: int) -> str:
    """Return a client's name from the address.

    >>> client_key(0), client_key(1), client_key(2)
    ('c0001', 'r0001', 'c0002')
    """
    return f"{'r' if address % 2 else 'c'}{address // 2 + 1:04d}"


def _rows_of(records: NDArray[Any], names: tuple[str, ...]) -> Ints:
    """Return whole-number fields that stand side by side as one array of shape (fields, rows), a view."""
    step, fields = records.dtype["address"].itemsize, dict(records.dtype.fields or ())
    offsets = [offset for name, (_, offset, *_) in fields.items() if name in names]
    assert offsets == [offsets[0] + place * step for place in range(len(names))]
    shape, strides = (len(names), len(records)), (step, records.dtype.itemsize)
    return np.lib.stride_tricks.as_strided(records[names[0]], shape, strides)


CLIENT_RECORD = _record()
"""A client's record: address, days due, chances to come, state variables, need domains and agencies."""


class Column:
    """An attribute of an agent that reads and writes its row of a column."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, agent: Any, owner: type) -> Any:
        if agent is None:
            return self
        return getattr(agent.columns.cells, self._name)[agent.row]

    def __set__(self, agent: Any, value: Any) -> None:
        getattr(agent.columns.cells, self._name)[agent.row] = value


POST_RECORD = np.dtype([(each.name, each.dtype) for each in POST], align=True)
"""The record of a case managers' post: its state variables."""


class Posts:
    """The case managers' posts, one record a post; every name is a column, see ``cmsim.schema.state_variables``.

    ``holder`` is the n-th holder, ``filled`` whether there is one. ``cells`` has the columns for whoever
    looks at one post, ``clients`` the rows of each post's clients.
    """

    def __init__(self, rows: int) -> None:
        self.count = 0
        self.rows = 0
        self.clients: list[set[int]] = []
        self.records = np.zeros(0, POST_RECORD)
        self._grow(max(rows, 1))

    def _grow(self, rows: int) -> None:
        grown = np.zeros(rows, POST_RECORD)
        for each in POST:
            grown[each.name].fill(each.start)
        grown[: self.rows] = self.records
        self.records, self.rows = grown, rows
        for each in POST:
            setattr(self, each.name, grown[each.name])
        self.cells = Cells(grown)

    def add(self) -> int:
        """Open a post and return its number."""
        if self.count == self.rows:
            self._grow(2 * self.rows)
        self.count += 1
        self.clients.append(set())
        return self.count - 1

    def move_client(self, row: int, before: int, post: int) -> None:
        """Enter a client with another post; -1 for none."""
        if before >= 0:
            self.clients[before].discard(row)
        if post >= 0:
            self.clients[post].add(row)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


HOLDERS = 1000
"""A worker's id is the post times this plus the n-th holder."""


def worker_id(post: int, holder: int) -> int:
    """Return the id of the n-th holder of a post; -1 for no post."""
    return post * HOLDERS + holder if post >= 0 else -1


def worker_key(worker: int) -> str:
    """Return a worker's name for tables.

    >>> worker_key(worker_id(2, 1)), worker_key(-1)
    ('w03.2', '')
    """
    if worker < 0:
        return ""
    post, holder = divmod(worker, HOLDERS)
    return f"w{post + 1:02d}.{holder + 1}"
