"""Columns of state: one row a client, one row a post of case managers.

Rows of clients are in order of arrival, so those not yet referred are at the end and ``known`` cuts them off.
``address`` names a client for chance: even numbers for those there at the start, odd ones for referrals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cmsim.record import AGENCIES, DOMAINS
from cmsim.state import CLIENT, GRIDS, NEVER, POST

STABLE, PRODROMAL, ACUTE, INPATIENT = range(4)
NOT_YET, WAITING, OPEN, LEFT = range(4)
STREET, SHELTER, FAMILY_HOME, GROUP_HOME, SUPERVISED, OWN_FLAT, HOSPITAL, JAIL = range(8)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int8]

DUE = ("next_visit", "next_call", "next_family", "next_liaison", "next_agency", "next_accompaniment")
"""Days on which contacts are due, the rows of ``People.due``."""

_TOGETHER = (
    "adherence stress",  # levels that are drawn a little nearer to their pulls every night
    "adherence_target stress_pull",
    "recency settled",  # what only fades
    "can_fall_ill present",  # 1 while an onset, or a crisis, is possible
    "alliance knowledge fit supply intrusion support_minutes taught plan_minutes",  # what contacts act on
    "alliance_ceiling stopped",  # and what they read besides
    # what needs follow from, and what follows besides
    "has_family warmth informal neighbours expressed tension respite tolerance frailty substance unwell "
    "convalescence lower_limit dependence used_to wish",
    "family_contact home_support worker_support excess unmet stimulation_load crisis_ratio onset_log "
    "place_misfit",
)
"""Float columns that a rule reads or moves together, in its order: see :meth:`People.together`."""
_FLOAT = (
    *(name for group in _TOGETHER for name in group.split()),
    *(each.name for each in CLIENT if each.dtype == "f8" and each.name not in " ".join(_TOGETHER).split()),
)


class People:
    """The clients' columns; every name is an array of shape (rows,), declared in ``cmsim.state``.

    Args:
        rows: how many clients will ever be there.
        address: the clients' addresses, shape (rows,).
    """

    def __init__(self, rows: int, address: Ints) -> None:
        self.rows = rows
        self.known = 0
        self.address = address
        self._floats = np.zeros((len(_FLOAT), rows))
        for place, name in enumerate(_FLOAT):
            setattr(self, name, self._floats[place])
        for each in CLIENT:
            if each.dtype == "f8":
                getattr(self, each.name).fill(each.start)
            else:
                setattr(self, each.name, np.full(rows, each.start, dtype=each.dtype))
        across = {"need domain": len(DOMAINS), "agency": len(AGENCIES)}
        for each, by in GRIDS:
            setattr(self, each.name, np.full((rows, across[by]), each.start, dtype=each.dtype))
        self.comes = np.ones((4, rows))
        self.due = np.full((len(DUE), rows), NEVER, dtype=np.int64)
        for place, name in enumerate(DUE):
            setattr(self, name, self.due[place])

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def together(self, group: str) -> Floats:
        """Return neighbouring columns as one array of shape (columns, rows): the columns themselves, no copy.

        Args:
            group: names of float columns that stand side by side, such as a line of ``_TOGETHER``.

        Raises:
            KeyError: they do not stand side by side.
        """
        names = group.split()
        first = _FLOAT.index(names[0])
        if tuple(names) != _FLOAT[first : first + len(names)]:
            raise KeyError(f"the columns {group!r} do not stand side by side")
        return self._floats[first : first + len(names)]

    def keys(self) -> list[str]:
        """Return the clients' names for tables: c0001 ... for those at the start, r0001 ... for referrals."""
        return [client_key(address) for address in self.address.tolist()]


def client_key(address: int) -> str:
    """Return a client's name from the address.

    >>> client_key(0), client_key(1), client_key(2)
    ('c0001', 'r0001', 'c0002')
    """
    return f"{'r' if address % 2 else 'c'}{address // 2 + 1:04d}"


class Custody:
    """Place and custody: written by events, read by everybody at once.

    Writing sets the row of the column and the agent's own attribute, which is what is read (there is no
    ``__get__``, so that reading costs nothing), and lets the agent bring what follows from it up to date.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __set__(self, agent: Any, value: int) -> None:
        agent.__dict__[self._name] = value
        getattr(agent.columns, self._name)[agent.row] = value
        agent.custody_changed()


class Column:
    """An attribute of an agent that reads and writes its row of a column."""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, agent: Any, owner: type) -> Any:
        if agent is None:
            return self
        return self._kind(getattr(agent.columns, self._name)[agent.row])

    def __set__(self, agent: Any, value: Any) -> None:
        getattr(agent.columns, self._name)[agent.row] = value


class Posts:
    """The case managers' columns, one row a post; ``holder`` is the n-th holder,
    ``filled`` whether there is one."""

    def __init__(self, rows: int) -> None:
        self.count = 0
        self.rows = 0
        self._grow(max(rows, 1))

    def _grow(self, rows: int) -> None:
        for each in POST:
            held = getattr(self, each.name, np.zeros(0, dtype=each.dtype))
            grown = np.full(rows, each.start, dtype=each.dtype)
            grown[: len(held)] = held
            setattr(self, each.name, grown)
        self.rows = rows

    def add(self) -> int:
        """Open a post and return its number."""
        if self.count == self.rows:
            self._grow(2 * self.rows)
        self.count += 1
        return self.count - 1

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
