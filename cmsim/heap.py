"""Python's collector of reference cycles, kept from going through what stays as it is.

It goes through everything alive again and again, libraries and people included: a twentieth of a run, a
quarter of setting up a large community. Nothing is lost: what is dropped meanwhile is collected afterwards.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_alone() -> Iterator[None]:
    """Leave alone what is alive now, such as a community that has been set up; go through what is new."""
    gc.freeze()
    try:
        yield
    finally:
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
