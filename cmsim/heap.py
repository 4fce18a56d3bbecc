"""What stays alive for a whole run: left alone by Python's collector of reference cycles, and in large pages.

The collector goes through everything alive again and again, libraries and people included: a twentieth of a
run, a quarter of setting up a large community. Nothing is lost: what is dropped meanwhile is collected
afterwards, and a community that runs leaves no cycles behind (a test sees to it): a finished process lets go
of its alarm. So what is new is hardly ever gone through either.

A community lies in some hundred megabytes, a little of it touched at each event: with pages of 4 KB the
processor looks up again and again where they are, which in a virtual machine costs most. Linux can be asked
for pages of 2 MB; elsewhere nothing happens.
"""

from __future__ import annotations

import ctypes
import gc
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NEW = 5_000_000
"""Objects made and still there after which the collector looks at them; usually 700 to 2,000."""
_LARGE = 1 << 21
"""Bytes of a large page."""
_WISHED, _AT_ONCE = 14, 25
"""What ``madvise`` is told (``linux/mman.h``): large pages from now on; those that are there now, too."""
_GROWN_KB = 32 * 1024
"""By how much a process must have grown before its memory is looked at again."""
_WRITABLE = re.compile(r"^(\w+)-(\w+) rw-p 0+ 00:00 0 +(?:\[heap\])?$", re.MULTILINE)
"""A range of memory of one's own, neither file nor stack, as ``/proc/self/maps`` writes it."""
_looked_at_kb = 0


@contextmanager
def left_alone() -> Iterator[None]:
    """Leave alone what is alive now, such as a community just set up; seldom go through what is new."""
    usual = gc.get_threshold()
    in_large_pages()
    gc.freeze()
    gc.set_threshold(_NEW, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect nothing, while much is made that stays."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def in_large_pages(forked: bool = False) -> None:
    """Have Linux keep what is alive now in large pages, if this process has grown since it was last asked.

    It takes about a twentieth of a second. What Linux refuses stays as it is.

    Args:
        forked: whether this process has just been forked. It then shares its pages with the one that it comes
            from, and gets one of its own, a small one, at each first writing.
    """
    global _looked_at_kb
    if sys.platform != "linux":
        return
    import resource

    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if size - _looked_at_kb < _GROWN_KB and not forked:
        return
    _looked_at_kb = size
    try:
        ranges = _WRITABLE.findall(Path("/proc/self/maps").read_text())
        advise = ctypes.CDLL(None).madvise
    except (OSError, AttributeError):
        return
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in ranges:
        first, last = -(-int(start, 16) // _LARGE) * _LARGE, int(end, 16) // _LARGE * _LARGE
        if first < last:
            advise(first, last - first, _WISHED)
            advise(first, last - first, _AT_ONCE)
