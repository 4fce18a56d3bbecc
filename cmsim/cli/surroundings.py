"""Where the command line meets the world: standard streams, the working folder, what the system refuses.

Whatever lies outside the program ends in one message and exit status 2, not in a traceback.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from cmsim.core.errors import CmsimError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_OUTPUT, _ERRORS = 1, 2
"""Numbers of the standard streams."""
_UNPRINTABLE = "backslashreplace"
"""What becomes of letters that the encoding of a stream does not have."""


class _StandardOutput(io.FileIO):
    """Standard output that ends the program quietly once its reader has gone, and with a message if it is full."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            # what is still to be written has nowhere to go, at the exit neither
            os.dup2(os.open(os.devnull, os.O_WRONLY), _OUTPUT)
            if isinstance(error, BrokenPipeError):
                raise SystemExit(0) from None
            raise CmsimError(f"standard output cannot be written: {_reason(error)}") from None


@contextmanager
def surroundings() -> Iterator[None]:
    """Set up streams and what libraries take from the environment; tell what the system refuses.

    Raises:
        CmsimError: the system refused something; the message says what.
        SystemExit: the reader of standard output has gone.
    """
    _open_streams()
    os.environ["MPLBACKEND"] = "agg"  # figures go to files, whatever is set for windows
    try:
        try:
            os.getcwd()
        except FileNotFoundError:
            raise CmsimError("the working folder is gone; change to one that exists") from None
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        place = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        raise CmsimError(f"{place}{_reason(error)}") from error
    except MemoryError as error:
        raise CmsimError("not enough memory; try fewer workers, clients or days") from error


def print_error(message: str, above: str = "") -> None:
    """Print a message on standard error, if anything can be printed there."""
    with suppress(OSError):
        print(f"{above}cmsim: {message}", file=sys.stderr, flush=True)


def _reason(error: OSError) -> str:
    return error.strerror.lower() if error.strerror else str(error).partition(". ")[0]


def _open_streams() -> None:
    """Make standard streams safe to print to: open, and with a way to write every letter."""
    if sys.stdout is not sys.__stdout__:
        return  # somebody who calls this collects what is printed
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stderr is None:
        sys.stderr = os.fdopen(_ERRORS, "w", errors=_UNPRINTABLE, closefd=False)
    encoding = "utf-8" if sys.stdout is None else sys.stdout.encoding
    raw = _StandardOutput(_OUTPUT, "w", closefd=False)
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(raw), encoding, _UNPRINTABLE, line_buffering=raw.isatty())
