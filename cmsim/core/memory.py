"""Python's collector of reference cycles, kept away from what stays alive for a whole run.

The collector goes through everything alive again and again, libraries and people included: a twentieth of a
run, a quarter of setting up a large community. Nothing is lost: what is dropped meanwhile is collected
afterwards, and a community that runs leaves no cycles behind (a test sees to it): a finished process lets go
of its alarm. So what is new is hardly ever gone through either.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW = 5_000_000
"""Objects made and still there after which the collector looks at them; usually 700 to 2,000."""


@contextmanager
def left_alone() -> Iterator[None]:
    """Leave alone what is alive now, such as a community just set up; seldom go through what is new."""
    usual = gc.get_threshold()
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
