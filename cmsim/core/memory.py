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
import math
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NEW = 5_000_000
"""Objects made and still there after which the collector looks at them; usually 700 to 2,000."""
_WISHED, _AT_ONCE = 14, 25
"""What ``madvise`` is told (``linux/mman.h``): large pages from now on; those that are there now, too."""
_SIZE = Path("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size")
"""Where Linux says how large they are, if it has them."""
_USUAL_SIZE = 1 << 21
"""Where they are larger, as with some processors, too much would be filled up for them."""
_WRITABLE = re.compile(rb"^(\w+)-(\w+) rw-p 0+ 00:00 0 +(?:\[heap\])?$", re.MULTILINE)
"""A range of memory that is no file's and not the first stack, as ``/proc/self/maps`` writes it."""
_WORTH = 200_000
"""Client-days to be lived from which it is worth asking."""
FORKED_DAYS = 14
"""Days after which a forked community has written to most of what it shared."""


@contextmanager
def left_alone(client_days: float = math.inf) -> Iterator[None]:
    """Leave alone what is alive now, such as a community just set up, in large pages; seldom go through what
    is new.

    Args:
        client_days: how much is to be lived meanwhile: clients times days.
    """
    usual = gc.get_threshold()
    in_large_pages(client_days)
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


def in_large_pages(client_days: float = math.inf) -> None:
    """Have Linux keep what is alive now in large pages, if enough is to be lived for it to be worth while.

    It takes a twentieth of a second, a hundredth where they are large already. What Linux refuses stays as
    it is. A forked process shares its pages until it writes to them, and then has small ones of its own: it
    asks once it has written to most, after :data:`FORKED_DAYS` of living.

    Args:
        client_days: clients times days that are still to be lived.
    """
    if sys.platform != "linux" or client_days < _WORTH:
        return
    try:
        if int(_SIZE.read_text()) != _USUAL_SIZE:
            return
        ranges = _WRITABLE.findall(Path("/proc/self/maps").read_bytes())
        advise = ctypes.CDLL(None).madvise
    except (OSError, ValueError, AttributeError):
        return
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in ranges:
        first = -(-int(start, 16) // _USUAL_SIZE) * _USUAL_SIZE
        last = int(end, 16) // _USUAL_SIZE * _USUAL_SIZE
        if first < last:
            advise(first, last - first, _WISHED)
            advise(first, last - first, _AT_ONCE)
