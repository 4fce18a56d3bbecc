"""Columns of state: one row a client, one row a post of case managers.

Rows of clients are in order of arrival, so those not yet referred are at the end and ``known`` cuts them off.
``address`` names a client for chance: even numbers for those there at the start, odd ones for referrals.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmsim.record import AGENCIES, DOMAINS

NEVER = 1_000_000
"""A day that does not come."""

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
    "alliance knowledge fit supply intrusion support_minutes belief",  # what contacts act on
    "alliance_ceiling need stopped",  # and what they read besides
    # what needs follow from, and what follows besides
    "has_family warmth informal neighbours criticism tolerance frailty substance unwell",
    "family_contact home_support worker_support excess unmet stimulation_load crisis_ratio onset_log",
)
"""Float columns that a rule reads or moves together, in its order: see :meth:`People.together`."""
_FLOAT = (
    *(name for group in _TOGETHER for name in group.split()),
    *(
        "insight trauma physical years_homeless disposition openness distance distrust criticism_disposition "
        "template_level willing side_effects depot here autonomy burden family_knowledge engagement dose "
        "known_unwell known_inside noticed_after capability_mean unnoticed"
    ).split(),
)
_INT = (
    "joined_day",
    "left_day",
    "worker",
    "worker_since",
    "psychiatrist",
    "last_seen",
    "last_any",
    "reported",
    "discharged",
    "known_discharge",
    "admissions",
    "episode",
    "pending_agency",
    "called_agency",
    "help_level",
    "prepared_on",
    "accompanied_on",
    "house",
    "last_episode_end",
    "since_moved",
    "joint_left",
    "first_worker_day",
)
_CODE = (
    "status",
    "phase",
    "setting",
    "home",
    "diagnosis",
    "template",
    "noticed_by",
    "reviewed",
)


class People:
    """The clients' columns; every name is an array of shape (rows,), see ``docs/odd.md`` for scales.

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
        for name in _INT:
            setattr(self, name, np.zeros(rows, dtype=np.int64))
        for name in _CODE:
            setattr(self, name, np.zeros(rows, dtype=np.int8))
        self.capability = np.zeros((rows, len(DOMAINS)))
        self.ceiling = np.zeros((rows, len(DOMAINS)))
        self.domain_unmet = np.zeros((rows, len(DOMAINS)))
        self.comes = np.ones((4, rows))
        self.links = np.zeros((rows, len(AGENCIES)))
        self.link_left = np.zeros((rows, len(AGENCIES)))
        self.link_prepared = np.zeros((rows, len(AGENCIES)))
        for name in ("worker", "psychiatrist", "left_day", "pending_agency", "house", "first_worker_day"):
            getattr(self, name).fill(-1)
        self.due = np.full((len(DUE), rows), NEVER, dtype=np.int64)
        for place, name in enumerate(DUE):
            setattr(self, name, self.due[place])
        for name in (
            "discharged",
            "known_discharge",
            "reported",
            "last_episode_end",
            "prepared_on",
            "accompanied_on",
        ):
            getattr(self, name).fill(-NEVER)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the clients have no column {name!r}")

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


_POST_FLOAT = ("skill exhaustion disposition fair week_load week_days week_crises week_overtime").split()
_POST_INT = "holder caseload hired leaving hire_on team".split()


class Posts:
    """The case managers' columns, one row a post; ``holder`` is the n-th holder,
    ``filled`` whether there is one."""

    def __init__(self, rows: int) -> None:
        self.count = 0
        self.rows = 0
        self._grow(max(rows, 1))

    def _grow(self, rows: int) -> None:
        for name in (*_POST_FLOAT, *_POST_INT, "filled", "closed"):
            dtype: Any = float if name in _POST_FLOAT else bool if name in ("filled", "closed") else np.int64
            held = getattr(self, name, np.zeros(0, dtype=dtype))
            grown = np.zeros(rows, dtype=dtype)
            grown[: len(held)] = held
            setattr(self, name, grown)
        self.rows = rows

    def add(self) -> int:
        """Open a post and return its number."""
        if self.count == self.rows:
            self._grow(2 * self.rows)
        self.count += 1
        return self.count - 1

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the posts have no column {name!r}")


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
