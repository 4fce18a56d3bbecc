"""The store of a study: finished runs in SQLite, written by the driver alone, one file a sweep or shard.

A run is saved once the transaction with its row is; such a row survives the end of the process and of the machine.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.durable_files import (
    Damaged,
    DiskError,
    checksum,
    is_log_whole,
    log_path,
    reason,
    write_durably,
)

COMPLETE = "complete"
QUARANTINED = "quarantined"
FAILED = ("error", "time limit", "event limit", QUARANTINED)
"""What else can become of a run: saved too, and not retried unless asked for."""

_SUFFIX = ".sqlite"
_FORMAT = 3
_SINCE_FORMAT_3 = "log_checksum"
_READER_WAITS, _WRITER_WAITS = 30.0, 600.0
"""Seconds to wait for whoever holds a file; a merge may read for minutes while a sweep wants to write."""


@dataclass(frozen=True, slots=True)
class Row:
    """One run as saved.

    Attributes:
        run_key: see :mod:`.run_key`.
        status: ``complete`` or one of ``FAILED``.
        replication: number of its random streams.
        error: what went wrong, in a line.
        trace: traceback of an error.
        seconds: wall time.
        host: machine.
        process: id of the process there.
        finished: date and time, UTC.
        log_bytes: size of its event log; None if not kept.
        digest: a code of all rows of the run.
        outcomes: outcomes by name, as JSON, in which NaN is undefined.
        groups: grouping, group and outcomes of each group of clients, as JSON; None if not kept.
        spreads: by name how something is spread over clients, as JSON; None if not kept.
        courses: time courses by name, as JSON; None if not kept.
        log_checksum: of its event log; None if not kept, or saved in format 2.
        log: its event log, as Parquet, on the way to its file; not in the store.
    """

    run_key: bytes = b""
    status: str = COMPLETE
    replication: int = 0
    error: str | None = None
    trace: str | None = None
    seconds: float = 0.0
    host: str = ""
    process: int = 0
    finished: str = ""
    log_bytes: int | None = None
    digest: str | None = None
    outcomes: str | None = None
    groups: str | None = None
    spreads: str | None = None
    courses: str | None = None
    log_checksum: int | None = None
    log: bytes | None = None


COLUMNS: tuple[str, ...] = tuple(each.name for each in fields(Row) if each.name != "log")
RESULTS: tuple[str, ...] = ("digest", "outcomes", "groups", "spreads", "courses", "log_bytes")
"""What must be equal if a run was done twice."""
_TYPES = {"run_key": "BLOB PRIMARY KEY", "seconds": "REAL"}
_TYPES |= dict.fromkeys(("log_bytes", "log_checksum", "replication", "process"), "INTEGER")
_TABLE = ", ".join(f"{column} {_TYPES.get(column, 'TEXT')}" for column in COLUMNS)
_INSERT = f"INSERT OR REPLACE INTO runs ({', '.join(COLUMNS)}, checksum) VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"


class RunStore:
    """A file of runs, open for writing; it is made when the first run is saved."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: sqlite3.Connection | None = None

    def save(self, rows: Iterable[Row]) -> None:
        """Save some runs, all or none; when this returns, they are on the disk.

        Raises:
            DiskError: the disk refused.
        """
        try:
            self._file = self._file or self._open()
            with self._file:
                for row in rows:
                    values = [getattr(row, column) for column in COLUMNS]
                    self._file.execute(_INSERT, [*values, _checksum(values)])
        except (OSError, sqlite3.Error) as error:
            raise DiskError(f"{self.path} cannot be written: {reason(error)}") from error

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(self.path, timeout=_WRITER_WAITS)
        # the usual journal, not write-ahead: that needs shared memory, which network file systems do not have
        file.execute("PRAGMA synchronous = EXTRA")
        with file:
            file.execute(f"CREATE TABLE IF NOT EXISTS runs ({_TABLE}, checksum INTEGER)")
            if _SINCE_FORMAT_3 not in _columns(file):
                file.execute(f"ALTER TABLE runs ADD COLUMN {_SINCE_FORMAT_3} INTEGER")
            file.execute(f"PRAGMA user_version = {_FORMAT}")
        return file


def _checksum(values: list[object]) -> int:
    known = values if values[-1] is not None else values[:-1]  # in format 2 there was no last column
    return checksum(repr(known).encode())


def _columns(file: sqlite3.Connection) -> set[str]:
    return {name for _, name, *_ in file.execute("PRAGMA table_info(runs)")}


def stores(folder: Path) -> list[Path]:
    """Return the files of runs in a folder, in order of their names."""
    return sorted(folder.glob(f"*{_SUFFIX}"))


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file of runs for reading, while it is written or not.

    Raises:
        Damaged: it cannot be read, here or while it is read; the message says what to do.
    """
    # what a killed driver left half written is taken back by the next reader, if it may write
    mode = "rw" if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK) else "ro"
    try:
        where = f"file:{quote(str(path.absolute()))}?mode={mode}"
        with closing(sqlite3.connect(where, uri=True, timeout=_READER_WAITS)) as file:
            version = file.execute("PRAGMA user_version").fetchone()[0]
            if version > _FORMAT:
                raise CmsimError(
                    f"{path} was written by a later version of cmsim (format {version}); "
                    f"allowed: up to {_FORMAT}; install the later version"
                )
            yield file
    except sqlite3.Error as error:
        raise damaged(path, reason(error)) from error


def damaged(path: Path, why: str) -> Damaged:
    """Return what to say of a damaged file of runs."""
    return Damaged(
        f"{path} is damaged ({why}); cmsim study resume {path.parents[1]} sets it aside, keeps what can "
        "be read of it, and does the other runs again"
    )


def select(
    path: Path, columns: Sequence[str], *, order: str = "rowid", where: str = "1"
) -> Iterator[tuple[object, ...]]:
    """Yield some columns of the runs in a file, in the order of a column; ``where`` is a condition in SQL."""
    with _opened(path) as file:
        if held := _columns(file):
            asked = ("NULL" if name == _SINCE_FORMAT_3 and name not in held else name for name in columns)
            yield from file.execute(f"SELECT {', '.join(asked)} FROM runs WHERE {where} ORDER BY {order}")


def read_rows(path: Path, order: str = "rowid", *, only_intact: bool = False) -> Iterator[Row]:
    """Yield the runs in a file, in the order of a column; what is damaged is refused or, if asked for, left out.

    Raises:
        Damaged: the file cannot be read, or a run in it is not as it was saved.
    """
    try:
        for *values, saved in select(path, (*COLUMNS, "checksum"), order=order):
            if saved == _checksum(values):
                yield Row(*values)  # type: ignore[arg-type]
            elif not only_intact:
                raise damaged(path, "a run is not as it was saved")
    except Damaged:
        if not only_intact:
            raise


def check(path: Path) -> None:
    """Read a file of runs through.

    Raises:
        Damaged: it is not whole.
    """
    with _opened(path) as file:
        found = file.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
    for _ in read_rows(path):
        pass


def set_aside(folder: Path) -> None:
    """Move damaged files of a store out of the way, and keep the runs in them that can be read.

    Raises:
        DiskError: the disk refused.
    """
    for path in stores(folder):
        try:
            check(path)
        except Damaged:
            aside = folder / "damaged" / f"{uuid4().hex[:8]}-{path.name}"
            aside.parent.mkdir(exist_ok=True)
            for end in ("", "-journal"):
                if (broken := Path(f"{path}{end}")).exists():
                    broken.replace(f"{aside}{end}")
            with closing(RunStore(path)) as store:
                store.save(read_rows(aside, only_intact=True))


def import_runs(source: Path, target: Path, name: str) -> None:
    """Copy the runs of another folder of a study, with their event logs as far as these are whole.

    Names of the copies begin with ``name``; a file that is copied again takes the place of its copy.

    Raises:
        Damaged: a file of the other folder cannot be read.
        DiskError: the disk refused.
    """
    for path in stores(source / "store"):
        for row in read_rows(path):
            log = log_path(source, row.run_key)
            if row.log_bytes is not None and is_log_whole(log, row.log_bytes, row.log_checksum):
                write_durably(log_path(target, row.run_key), log.read_bytes())
        write_durably(target / "store" / f"{name}-{path.name}", partial(_back_up, path))


def _back_up(path: Path, to: Path) -> None:
    with _opened(path) as file, closing(sqlite3.connect(to)) as copy:
        file.backup(copy)


@contextmanager
def locked(folder: Path, shard: tuple[int, int] | None) -> Iterator[Path]:
    """Hold the store of a study, or of a shard, so that nobody else does the same runs at the same time.

    Yields:
        The file to which its runs are saved. Where files cannot be locked it is one of its own; runs done twice are
        then equal, and only time is lost.

    Raises:
        CmsimError: somebody else does them.
    """
    name = "all" if shard is None else f"shard-{shard[0]}-of-{shard[1]}"
    path = folder / f"{name}{_SUFFIX}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{name}.lock").open("w") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            what = "this study" if shard is None else f"shard {shard[0]}/{shard[1]} of this study"
            raise CmsimError(
                f"somebody else is doing the runs of {what} ({folder.parent}); wait, or look: cmsim study status "
                f"{folder.parent}"
            ) from None
        except (ImportError, OSError):
            path = folder / f"{name}-{uuid4().hex[:8]}{_SUFFIX}"
        yield path
