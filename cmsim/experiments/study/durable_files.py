"""Files that are there whole or not at all, whenever the process or the machine ends."""

import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from cmsim.core.errors import CmsimError

_LOG_ENDS = b"PAR1"


class DiskError(CmsimError):
    """The disk refused: full, too small a quota, or not writable. What was saved before is safe."""


class Damaged(CmsimError):
    """A file of a study that cannot be read; what it held can be done again."""


def reason(error: Exception) -> str:
    """Return why something went wrong, on one line."""
    return error.strerror.lower() if isinstance(error, OSError) and error.strerror else " ".join(str(error).split())


def write_durably(path: Path, content: bytes | Callable[[Path], object]) -> None:
    """Write a file beside its place, bring it to the disk, and put it in its place.

    Args:
        path: its place; the folder is made if need be.
        content: what to write, or what writes it to the path that it is called with.

    Raises:
        DiskError: the disk refused; nothing is left behind.
    """
    aside = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            aside.write_bytes(content)
        else:
            content(aside)
        with aside.open("rb+") as file:
            os.fsync(file.fileno())
        aside.replace(path)
        with suppress(OSError):  # not every system can sync a folder
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        raise DiskError(f"{path} cannot be written: {reason(error)}") from error
    finally:
        aside.unlink(missing_ok=True)


def log_path(directory: Path, key: bytes) -> Path:
    """Return where a study has the event log of a run: in one of 256 folders, as there may be very many."""
    name = key.hex()
    return directory / "events" / name[:2] / f"{name}.parquet"


def checksum(content: bytes) -> int:
    """Return a code of a file or row, which a change of any single byte changes."""
    return zlib.crc32(content)


def is_log_whole(path: Path, size: object, saved: object) -> bool:
    """Whether an event log has the size in bytes and the checksum that were saved of it.

    Of a log that was saved without a checksum, by an earlier version, only size, beginning and end are known.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return False
    is_as_saved = saved is None or checksum(content) == saved
    return is_as_saved and len(content) == size and content[:4] == content[-4:] == _LOG_ENDS
