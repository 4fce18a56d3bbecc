"""Python's collector of reference cycles, kept away from what stays alive for a whole run.

The collector goes through everything alive again and again, libraries and people included: a twentieth of a
run, a quarter of setting up a large community. Nothing is lost: what is dropped meanwhile is collected
afterwards, and a community that runs leaves no cycles behind (a test sees to it): a finished process lets go
of its alarm. So what is new is hardly ever gone through either.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_NEW = 5_000_000
"""Objects made and still there after which the collector looks at them; usually 700 to 2,000."""


_lock = threading.Lock()
_usual: list[tuple[int, int, int]] = []
"""How often the collector looked before any run that is under way: threads may simulate at the same time."""


@contextmanager
def left_alone() -> Iterator[None]:
    """Leave alone what is alive now, such as a community just set up; seldom go through what is new."""
    with _lock:
        _usual.append(_usual[0] if _usual else gc.get_threshold())
        gc.freeze()
        gc.set_threshold(_NEW, *_usual[0][1:])
    try:
        yield
    finally:
        with _lock:
            usual = _usual.pop()
            if not _usual:
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
