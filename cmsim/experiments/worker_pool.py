"""Worker processes of this machine, each behind pipes of its own: losing one costs the job under way, no more.

A worker reads pickled jobs from its standard input, writes pickled answers to its standard output, and ends when its
input does. So it also ends, after the job under way, when the driver is killed.
"""

import os
import pickle
import signal
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from threading import Lock, Thread
from typing import IO, Any, TypeVar

import cloudpickle

from cmsim.experiments.job_runner import Engine

Report = TypeVar("Report")

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_COMMAND = [sys.executable, "-P", "-c", "from cmsim.experiments.worker_pool import main; main()"]


class WorkerLost(Exception):
    """The process of a job ended before the job was done."""


class WorkerPool(Engine):
    """An engine of worker processes, each served by a thread; a process starts with its first job.

    Args:
        workers: number of processes.
    """

    losses: tuple[type[BaseException], ...] = (WorkerLost,)

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.ahead = 2 * workers
        self._jobs: SimpleQueue[tuple[Future[Any], bytes] | None] = SimpleQueue()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = Lock()
        self._is_killed = False
        self._threads = [Thread(target=self._serve, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, function: Callable[..., Report], *arguments: object) -> Future[Report]:
        """Send a job to the next free worker."""
        future: Future[Report] = Future()
        self._jobs.put((future, cloudpickle.dumps((function, arguments))))
        return future

    def close(self, *, kill: bool) -> None:
        """End all processes, after their jobs or at once; none is left behind."""
        if kill:
            with self._lock:
                self._is_killed = True
                for process in self._running:
                    _kill(process)
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        process: subprocess.Popen[bytes] | None = None
        while (job := self._jobs.get()) is not None:
            future, data = job
            try:
                process = process or self._start()
                assert process.stdin is not None
                assert process.stdout is not None
                _send(process.stdin, data)
                is_done, answer = pickle.loads(pickle.load(process.stdout))
            except (OSError, EOFError, pickle.UnpicklingError):
                self._end(process)
                process = None
                future.set_exception(WorkerLost())
            except Exception as error:  # an answer that cannot be read here
                future.set_exception(error)
            else:
                (future.set_result if is_done else future.set_exception)(answer)
        self._end(process)

    def _start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._is_killed:
                raise EOFError
            paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
            process = subprocess.Popen(
                _COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **ONE_THREAD, "PYTHONPATH": paths},
                start_new_session=True,  # Ctrl-C at a terminal is for the driver alone
            )
            self._running.add(process)
            return process

    def _end(self, process: subprocess.Popen[bytes] | None) -> None:
        if process is None:
            return
        with self._lock:
            _kill(process)  # before it is waited for: until then its number, which is that of its group, stays its own
            self._running.remove(process)
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a worker with the processes that it has forked."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _send(pipe: IO[bytes], data: bytes) -> None:
    pickle.dump(data, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.flush()


def main() -> None:
    """Do jobs until there are no more; whatever they print goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.filterwarnings("ignore", ".*joblib will operate in serial mode")  # without /dev/shm, as nobody asks it to
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    if hasattr(os, "register_at_fork"):
        # a forked process would keep the pipe open, and the driver waiting for an answer, if this one is killed
        os.register_at_fork(after_in_child=lambda: [os.dup2(nothing, pipe.fileno()) for pipe in (jobs, answers)])
    while True:
        try:
            data = pickle.load(jobs)
        except (EOFError, OSError):
            return
        try:
            _send(answers, _answer(data))
        except OSError:
            os._exit(0)  # the driver is gone


def _answer(data: bytes) -> bytes:
    try:
        function, arguments = pickle.loads(data)
        return pickle.dumps((True, function(*arguments)), protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        told = f"in a worker process:\n{traceback.format_exc()}"
        try:
            answer = pickle.dumps((False, error))
            pickle.loads(answer)
        except Exception:
            return pickle.dumps((False, RuntimeError(f"{error!r} {told}")))
        return answer
