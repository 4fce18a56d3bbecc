"""A ledger of finished runs: one SQLite file a worker process, one transaction a run, synced to the disk.

A run counts as done once its transaction is; a row that was committed survives the end of the process and
of the machine. Each file has one writer, so that nobody waits for anybody.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from cmsim.core.errors import CmsimError

SUFFIX = ".sqlite"
DONE = "done"
FAILED = ("error", "time limit", "event limit", "killed")
"""What else can become of a run: recorded too, and not tried again unless asked for."""

_FORMAT = 1
_PATIENCE = 30.0
"""Seconds to wait for a reader that holds a ledger."""
_NETWORK = ("nfs", "cifs", "smb", "lustre", "gpfs", "beegfs", "ceph", "glusterfs", "9p", "fuse")
_ASKED_AT_ONCE = 500


class DiskError(CmsimError):
    """The disk refused: full, too small a quota, or not writable. What was recorded before is safe."""


class Damaged(CmsimError):
    """A file of a study that cannot be read; what it held can be done again."""


@dataclass(frozen=True, slots=True)
class Row:
    """One run as recorded.

    Attributes:
        run_key: see :mod:`.keys`.
        status: ``done`` or one of ``FAILED``.
        error: what went wrong, in a line.
        digest: a code of all rows of the run.
        outcomes: outcomes by name, as JSON; null where undefined.
        groups: outcomes by group, as JSON; None if not kept.
        spreads: how outcomes are spread over clients, as JSON; None if not kept.
        courses: time courses, packed; None if not kept.
        log_bytes: size of the run's event log; None if not kept.
        replication: which history.
        seconds: wall time.
        host: machine.
        process: id of the process there.
        finished: date and time, UTC.
        trace: traceback of an error.
    """

    run_key: bytes
    status: str
    error: str | None
    digest: str | None
    outcomes: str | None
    groups: str | None
    spreads: str | None
    courses: bytes | None
    log_bytes: int | None
    replication: int
    seconds: float
    host: str
    process: int
    finished: str
    trace: str | None


COLUMNS: tuple[str, ...] = tuple(each.name for each in fields(Row))
RESULTS: tuple[str, ...] = ("digest", "outcomes", "groups", "spreads", "courses", "log_bytes")
"""What must be equal if a run was done twice."""
_TYPES = {"run_key": "BLOB PRIMARY KEY", "seconds": "REAL", "courses": "BLOB"} | dict.fromkeys(
    ("log_bytes", "replication", "process"), "INTEGER"
)


class Writer:
    """The ledger that this process writes; the file is made when the first run is recorded."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: sqlite3.Connection | None = None
        self.path: Path | None = None

    def record(self, row: Row) -> None:
        """Record a run; when this returns, it is on the disk.

        Raises:
            DiskError: the disk refused.
        """
        try:
            if self._file is None:
                self._file = self._new()
            values = [getattr(row, column) for column in COLUMNS]
            with self._file:
                self._file.execute(_INSERT, values)
        except (OSError, sqlite3.Error) as error:
            where = self.path or self._folder
            raise DiskError(f"{where} cannot be written: {_why(error)}") from error

    def close(self) -> None:
        """Close the file; a full disk can no longer hurt what was recorded."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _new(self) -> sqlite3.Connection:
        self._folder.mkdir(parents=True, exist_ok=True)
        self.path = self._folder / f"{os.getpid()}-{uuid4().hex[:12]}{SUFFIX}"
        file = sqlite3.connect(self.path, timeout=_PATIENCE, check_same_thread=False)
        # write-ahead logs need shared memory, which network file systems do not have
        file.execute(f"PRAGMA journal_mode = {'DELETE' if on_network(self._folder) else 'WAL'}")
        file.execute("PRAGMA synchronous = FULL")
        file.execute(f"PRAGMA user_version = {_FORMAT}")
        columns = ", ".join(f"{column} {_TYPES.get(column, 'TEXT')}" for column in COLUMNS)
        with file:
            file.execute(f"CREATE TABLE runs ({columns}) WITHOUT ROWID")
        sync_folder(self._folder)
        return file


_INSERT = f"INSERT OR REPLACE INTO runs VALUES ({', '.join('?' * len(COLUMNS))})"


def ledgers(folder: Path) -> list[Path]:
    """Return the ledgers of a folder, in order of their names."""
    return sorted(folder.glob(f"*{SUFFIX}"))


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a ledger for reading, while it is written or not.

    Raises:
        Damaged: it cannot be read, here or while it is read; the message says what to do.
    """
    try:
        with closing(_reader(path)) as file:
            version = file.execute("PRAGMA user_version").fetchone()[0]
            if version > _FORMAT:
                raise CmsimError(
                    f"{path} was written by a later version of cmsim (format {version}); "
                    f"allowed: up to {_FORMAT}; install the later version"
                )
            yield file
    except sqlite3.Error as error:
        raise damage(path, _why(error)) from error


def damage(path: Path, why: str) -> Damaged:
    """Return the error that says that a ledger is damaged, and what to do."""
    return Damaged(
        f"{path} is damaged ({why}); its runs can be done again: cmsim study resume {path.parents[1]} sets "
        "it aside and does them"
    )


def _reader(path: Path) -> sqlite3.Connection:
    where = f"file:{quote(str(path.absolute()))}"
    # a ledger left by a process that was killed has to be tidied by its reader, who may need to write
    modes = ("mode=rw", "mode=ro", "immutable=1") if os.access(path.parent, os.W_OK) else ("immutable=1",)
    for mode in modes:
        try:
            file = sqlite3.connect(f"{where}?{mode}", uri=True, timeout=_PATIENCE)
            file.execute("PRAGMA user_version").fetchone()
        except sqlite3.OperationalError:
            if mode == modes[-1]:
                raise
        else:
            return file
    raise AssertionError("there is always a last mode")


def empty(path: Path) -> bool:
    """Whether a process was ended before it could make the table of its ledger."""
    with opened(path) as file:
        return not file.execute("SELECT count(*) FROM sqlite_master WHERE name = 'runs'").fetchone()[0]


def check(path: Path) -> None:
    """Read a ledger through.

    Raises:
        Damaged: it is not whole.
    """
    with opened(path) as file:
        found = file.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)


def select(path: Path, columns: Sequence[str], order: bool = False, where: str = "1") -> Iterator[tuple[object, ...]]:
    """Yield some columns of the runs of a ledger.

    Args:
        path: the ledger.
        columns: of ``COLUMNS``.
        order: by run key.
        where: a condition on the runs, in SQL.
    """
    if empty(path):
        return
    by_key = " ORDER BY run_key" if order else ""
    with opened(path) as file:
        yield from file.execute(f"SELECT {', '.join(columns)} FROM runs WHERE {where}{by_key}")


def look_up(path: Path, keys: Iterable[bytes], columns: Sequence[str]) -> dict[bytes, tuple[object, ...]]:
    """Return some columns of those of some runs that a ledger holds, by key."""
    found: dict[bytes, tuple[object, ...]] = {}
    if empty(path):
        return found
    wanted = list(keys)
    with opened(path) as file:
        for begin in range(0, len(wanted), _ASKED_AT_ONCE):
            part = wanted[begin : begin + _ASKED_AT_ONCE]
            marks = ", ".join("?" * len(part))
            query = f"SELECT run_key, {', '.join(columns)} FROM runs WHERE run_key IN ({marks})"
            found.update((key, tuple(values)) for key, *values in file.execute(query, part))
    return found


def sync_folder(folder: Path) -> None:
    """Bring the names of new files in a folder to the disk, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def on_network(folder: Path) -> bool:
    """Whether a folder lies on a network file system, as far as the system says."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    place = folder.resolve()
    best, kind = Path("/"), ""
    for line in mounts:
        _, point, sort, *_ = line.split(" ")
        path = Path(point.encode().decode("unicode_escape"))
        if place.is_relative_to(path) and len(path.parts) >= len(best.parts):
            best, kind = path, sort
    return kind.startswith(_NETWORK) and kind != "fuseblk"


def _why(error: Exception) -> str:
    return error.strerror.lower() if isinstance(error, OSError) and error.strerror else " ".join(str(error).split())
