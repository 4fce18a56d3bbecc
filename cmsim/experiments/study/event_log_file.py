"""Event logs: all that happened to people in a run, one Parquet file, whole before the run counts as done."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from cmsim.experiments.study.run_store import DiskError, sync_folder

if TYPE_CHECKING:
    import pandas as pd

SUFFIX = ".parquet"
_MAGIC = b"PAR1"


def log_path(folder: Path, key: bytes) -> Path:
    """Return where the event log of a run lies: in one of 256 folders, as there may be very many."""
    name = key.hex()
    return folder / name[:2] / f"{name}{SUFFIX}"


def write_log(events: pd.DataFrame, path: Path) -> int:
    """Write the events of a run; return the size of the file in bytes.

    Raises:
        DiskError: the disk refused; nothing is left behind.
    """
    return write_whole(pa.Table.from_pandas(events, preserve_index=False), path)


def write_whole(table: pa.Table, path: Path) -> int:
    """Write a table to a file that is there whole or not at all; return its size in bytes.

    Raises:
        DiskError: the disk refused; nothing is left behind.
    """
    aside = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, aside, compression="zstd")
        return put_in_place(aside, path)
    except OSError as error:
        raise DiskError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from error
    finally:
        aside.unlink(missing_ok=True)


def put_in_place(aside: Path, path: Path) -> int:
    """Bring a finished file to the disk and to its place; return its size in bytes."""
    with aside.open("rb+") as file:
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
    aside.replace(path)
    sync_folder(path.parent)
    return size


def whole(path: Path, size: int) -> bool:
    """Whether a log has the size recorded of it, and begins and ends as it should."""
    try:
        with path.open("rb") as file:
            begins = file.read(4)
            file.seek(-4, os.SEEK_END)
            return file.tell() + 4 == size and begins == _MAGIC == file.read(4)
    except OSError:
        return False
