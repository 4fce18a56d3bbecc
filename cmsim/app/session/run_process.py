"""A run in a process of its own, so that whoever watches is never kept waiting by it.

The process reads pickled requests from standard input and writes pickled answers to standard output, both
from and to the process that started it and nobody else. It ends when its input does.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from typing import IO, TYPE_CHECKING, Any

from cmsim.core.errors import CmsimError
from cmsim.core.version import PACKAGE

if TYPE_CHECKING:
    # they take a second to import: who starts a process can do it meanwhile
    from cmsim.app.session.replay import Course
    from cmsim.app.session.snapshot import Picture

_VALUE, _PROGRESS, _PREVIEW = "value", "progress", "preview"
"""Sorts of answer: the first, which may be an error, ends the wait for one."""


class RunEndedError(CmsimError):
    """The process of a run has ended."""


class Remote:
    """A run in a process of its own. Ask one thing at a time; ``ask`` may be followed by ``answer`` later.

    Attributes:
        progress: days simulated and days in all, while a run is simulated up to a day.
        preview: the latest picture meanwhile, where it was asked for; None before the first and once all are
            simulated.
    """

    def __init__(self) -> None:
        ones = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        path = os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cmsim.app.session.run_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **ones, "PYTHONPATH": path},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests: IO[bytes] = self._process.stdin
        self._answers: IO[bytes] = self._process.stdout
        self.progress = (0, 1)
        self.preview: Picture | None = None

    def ask(self, name: str, *args: object) -> None:
        """Ask for a method of :class:`.LiveRun`; the result is fetched by :meth:`answer`."""
        try:
            _write(self._requests, (name, args))
        except (OSError, ValueError):
            raise RunEndedError("a run has ended; reset it to begin again") from None

    def answer(self) -> Any:
        """Return the answer to what was asked, or raise what went wrong."""
        sort, value = _PROGRESS, self.progress
        while sort in (_PROGRESS, _PREVIEW):
            try:
                sort, value = pickle.load(self._answers)
            except (OSError, EOFError, ValueError, pickle.UnpicklingError):
                raise RunEndedError("a run has ended; reset it to begin again") from None
            if sort == _PROGRESS:
                self.progress = value
            self.preview = value if sort == _PREVIEW else self.preview
        self.preview = None
        if isinstance(value, Exception):
            raise value
        return value

    def call(self, name: str, *args: object) -> Any:
        """Ask and wait for the answer."""
        self.ask(name, *args)
        return self.answer()

    def begin(self, course: Course, day: int, watched: bool = False) -> None:
        """Ask for a run to be simulated up to a day; fetch the answer, which is nothing, with :meth:`answer`.

        Args:
            course: what it follows from.
            day: up to which it is simulated.
            watched: whether previews are wanted. They fill the pipe, so that the answer must then be waited
                for at once.
        """
        self.progress = (0, max(day, 1))
        self.ask("begin", course, day, watched)

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End the process at once."""
        self._process.kill()
        for stream in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                stream.close()
        self._process.wait()


class Nursery:
    """Keeps a few processes ready, since starting one takes a second or two.

    Besides what :meth:`start` starts, nothing is made ready before :meth:`fill` is called for the first time,
    so that the first run, for which somebody waits, has the machine to itself.
    """

    def __init__(self, ready: int = 2) -> None:
        self._want = ready
        self._ready: deque[Remote] = deque()
        self._lock = threading.Lock()
        self._closed = False
        self._opened = False

    def start(self) -> None:
        """Start one process now, so that it gets ready while whoever will want it is still busy."""
        with self._lock:
            if not self._closed:
                self._ready.append(Remote())

    def fill(self) -> None:
        """Start processes until as many are ready as wanted, and keep it so from now on."""
        self._opened = True
        with self._lock:
            while not self._closed and len(self._ready) < self._want:
                self._ready.append(Remote())

    def take(self) -> Remote:
        """Return a process of its own for a world."""
        with self._lock:
            found = self._ready.popleft() if self._ready else None
            while found is not None and found.has_ended:
                found.close()
                found = self._ready.popleft() if self._ready else None
        if self._opened and not self._closed and self._want:
            threading.Thread(target=self.fill, daemon=True).start()
        return found if found is not None else Remote()

    def close(self) -> None:
        """End those that wait."""
        with self._lock:
            self._closed = True
            for remote in self._ready:
                remote.close()
            self._ready.clear()


def _write(stream: IO[bytes], message: tuple[str, object]) -> None:
    pickle.dump(message, stream, protocol=pickle.HIGHEST_PROTOCOL)
    stream.flush()


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more."""
    import traceback

    from cmsim.app.session.live_run import LiveRun

    def tell(done: int, of: int) -> None:
        _write(answers, (_PROGRESS, (done, of)))

    def show(picture: Picture) -> None:
        _write(answers, (_PREVIEW, picture))

    run: LiveRun | None = None
    while True:
        try:
            name, args = pickle.load(requests)
        except EOFError:
            return
        answer: object = None
        try:
            if name == "begin":
                course, day, watched = args
                run = LiveRun(course, day, tell, show if watched else None)
            else:
                answer = getattr(run, name)(*args)
        except CmsimError as error:
            answer = CmsimError(str(error))
        except Exception:
            answer = RuntimeError(f"a run has failed:\n{traceback.format_exc()}")
        _write(answers, (_VALUE, answer))


def main() -> None:
    """Serve one run; whatever is printed goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the app, which ends this by closing the input
    import cmsim.app.session.live_run  # noqa: F401  imported before it is needed

    try:
        serve(sys.stdin.buffer, answers)
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
