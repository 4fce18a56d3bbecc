"""A Ctrl-C that is not lost.

Python drops, with a noise, an exception that reaches it inside a finaliser; and a run that has just ended
leaves thousands of suspended processes for the garbage collector to finalise. So a Ctrl-C that comes while it
collects is only remembered, and raised between runs.
"""

import gc
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_seen = threading.Event()
_collecting = threading.Event()


@contextmanager
def heeding_interrupts() -> Iterator[None]:
    """Keep a Ctrl-C from being lost; outside the main thread change nothing.

    Where it is ignored or handled otherwise, it stays so, and only :func:`interrupt` is heeded.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    _seen.clear()
    gc.callbacks.append(_note)
    if usual:
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        if usual:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        gc.callbacks.remove(_note)
        _collecting.clear()


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise a Ctrl-C, or remember it while garbage is collected; a handler for any signal that asks to stop.

    Raises:
        KeyboardInterrupt: at once, or by :func:`raise_if_interrupted`.
    """
    if _collecting.is_set():
        _seen.set()
    else:
        raise KeyboardInterrupt


def raise_if_interrupted() -> None:
    """Raise the Ctrl-C that was remembered, if there was one.

    Raises:
        KeyboardInterrupt: the user has pressed Ctrl-C.
    """
    if _seen.is_set():
        _seen.clear()
        raise KeyboardInterrupt


def _note(phase: str, info: dict[str, int]) -> None:
    (_collecting.set if phase == "start" else _collecting.clear)()
