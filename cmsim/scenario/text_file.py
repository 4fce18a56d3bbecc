"""Text files that users write: read as UTF-8 and up to a size, with what is wrong said in one message."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated

from pydantic import AfterValidator

from cmsim.core.errors import ScenarioError

MAX_BYTES = 2**20
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_collected: ContextVar[dict[Path, bytes] | None] = ContextVar("collected", default=None)


@contextmanager
def collecting_files(files: dict[Path, bytes]) -> Iterator[None]:
    """Add to ``files`` what is read meanwhile, by the path it is read from."""
    before = _collected.set(files)
    try:
        yield
    finally:
        _collected.reset(before)


def read_text(file: Traversable, where: str, allowed: str, encoding: str = "UTF-8", max_bytes: int = MAX_BYTES) -> str:
    """Return the text of a file.

    Args:
        file: in UTF-8.
        where: what messages name as the place.
        allowed: what messages name as allowed in place of a file that cannot be read.
        encoding: what they name as allowed in place of other bytes.
        max_bytes: the largest size allowed.

    Raises:
        ScenarioError: it cannot be read, is too large or not UTF-8.
    """
    return decode(read_bytes(file, where, allowed, max_bytes), where, encoding, max_bytes)


def read_bytes(file: Traversable, where: str, allowed: str, max_bytes: int = MAX_BYTES) -> bytes:
    """Return what a file holds; the arguments are those of :func:`read_text`.

    Raises:
        ScenarioError: it cannot be read, or is too large.
    """
    try:
        if not file.is_file():
            problem = "is a folder" if file.is_dir() else "there is no such file"
            raise ScenarioError(f"{where}: {problem}; allowed: {allowed}")
        with file.open("rb") as opened:
            content = opened.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise ScenarioError(f"{where}: {reason(error)}; allowed: {allowed}") from None
    if len(content) > max_bytes:
        raise ScenarioError(f"{where}: given more than {max_bytes} bytes; allowed: up to {max_bytes}")
    collected = _collected.get()
    if collected is not None and isinstance(file, Path):
        collected[file] = content
    return content


def decode(content: bytes, where: str, encoding: str = "UTF-8", max_bytes: int = MAX_BYTES) -> str:
    """Return the text that bytes hold, without the mark that some programs set before it.

    Raises:
        ScenarioError: there are too many, or they are not UTF-8.
    """
    if len(content) > max_bytes:
        raise ScenarioError(f"{where}: given more than {max_bytes} bytes; allowed: up to {max_bytes}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{where}: given bytes that are not UTF-8 text, from byte {error.start} on; allowed: {encoding}"
        ) from None


def reason(error: Exception) -> str:
    """Return why a file cannot be used, without the path that messages name already."""
    return error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)


def path_inside(folder: Path, given: str, told: str, allowed: str) -> Path:
    """Return the path of a file that another file names, which must not lead out of its folder.

    Args:
        folder: of the file that names it.
        given: as named there.
        told: how messages begin.
        allowed: what they name as allowed.

    Raises:
        ScenarioError: it leads out of the folder, or is no path.
    """
    posix, windows = PurePosixPath(given), PureWindowsPath(given)
    if posix.is_absolute() or windows.drive or windows.root or ".." in windows.parts:
        raise ScenarioError(f"{told}; {allowed}")
    path = folder / given
    try:
        if path.resolve().is_relative_to(folder.resolve()):
            return path
    except (OSError, ValueError, RuntimeError) as error:
        raise ScenarioError(f"{told}: {reason(error)}; {allowed}") from None
    raise ScenarioError(f"{told}, which leads out of the folder; {allowed}")


def _without_control(text: str) -> str:
    if found := _CONTROL.search(text):
        raise ValueError(f"given the control character {found[0]!a}; allowed: text, with line breaks")
    return text


ShownText = Annotated[str, AfterValidator(_without_control)]
"""Text that terminals, figures and pages show as it is: control characters would do something to them."""
