"""Where runs are done: in this process, in processes of this machine, or on a cluster; one seam (PEP 3148).

An engine hands out a ``concurrent.futures.Executor``. How work is cut, sent, repeated after a loss and given
up is the same for all of them, see :mod:`cmsim.experiments.job_runner`.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import resource_tracker
from typing import Any, Protocol

from joblib import cpu_count
from joblib.externals.loky.backend import resource_tracker as loky_resource_tracker
from joblib.externals.loky.backend.utils import kill_process_tree
from joblib.externals.loky.process_executor import ProcessPoolExecutor

from cmsim.core.errors import CmsimError, nearest

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_PATIENCE = 15.0
"""Seconds to wait for the end of a pool that is stopped, before it is forced."""
_IDLE = 30.0
"""Seconds without work after which a process goes: nobody may be left to give it any."""
_ABSENCE = 120.0
"""Seconds without any worker after which a cluster is given up."""
ENGINES = ("local", "in-process", "dask")
"""Names of the engines."""


class Engine(Protocol):
    """A place where runs are done.

    Attributes:
        workers: runs done at a time.
        ahead: pieces of work that are sent before the first comes back.
        losses: what the future of a piece of work raises when its process was lost.
        whole: whether the loss of one process loses all work that was sent.
    """

    workers: int
    ahead: int
    losses: tuple[type[BaseException], ...]
    whole: bool

    def start(self) -> Executor:
        """Return an executor that takes work; a new one after every loss of the whole."""
        ...

    def stop(self, executor: Executor, *, kill: bool) -> None:
        """End an executor: after its work, or at once and without waiting for it."""
        ...

    def deserted(self, executor: Executor) -> bool:
        """Whether nobody is left to do what was sent, though the executor has not said so.

        Raises:
            CmsimError: nobody is, and nobody seems to come.
        """
        ...


class InProcess:
    """This process, one piece of work after another: for debuggers, and where there is one core."""

    workers = 1
    ahead = 1
    losses: tuple[type[BaseException], ...] = ()
    whole = False

    def start(self) -> Executor:
        """Return an executor that does the work when it is handed over."""
        return _AtOnce()

    def stop(self, executor: Executor, *, kill: bool) -> None:
        """Do nothing: the work is done."""

    def deserted(self, executor: Executor) -> bool:
        """Return false: it is this process."""
        return False


class _AtOnce(Executor):
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class Local:
    """Processes of this machine, each new and clean (loky): the default."""

    losses: tuple[type[BaseException], ...] = (BrokenProcessPool,)
    whole = True

    def __init__(self, workers: int) -> None:
        self.workers = workers
        # no more than loky holds in its own queue: what waits beyond it makes a forced stop noisy
        self.ahead = 2 * workers

    def start(self) -> Executor:
        """Return a pool of its own: joblib's reusable one belongs to whoever uses joblib in this session."""
        self._dead: set[int] = set()
        pool: Executor = _Pool(
            max_workers=self.workers,
            initializer=_leave_interrupts_to_the_parent,
            env=_ONE_THREAD,
            timeout=_IDLE,
        )
        return pool

    def stop(self, executor: Executor, *, kill: bool) -> None:
        """End the processes; none is left behind, and nothing is waited for without end.

        The thread that manages a pool may be waiting for the rest of a message that its sender, killed in the
        middle of it, never sends. It then neither ends the other processes nor lets this one end: they are
        killed here, and its pipe is closed.
        """
        processes = list((getattr(executor, "_processes", None) or {}).values())
        end = threading.Thread(target=executor.shutdown, kwargs={"wait": True, "kill_workers": kill}, daemon=True)
        end.start()
        end.join(_PATIENCE)
        if not end.is_alive():
            return
        for process in processes:
            if process.is_alive():
                kill_process_tree(process)
        _end_of_reports(executor)
        end.join(_PATIENCE)

    def deserted(self, executor: Executor) -> bool:
        """Whether processes of a pool are gone and the pool does not know; asked where nothing comes back.

        It notices an end at once unless it broke while it started, or is held up as told in :meth:`stop`. So
        a process that was dead already when this was last asked is one whose end it has missed.
        """
        processes = getattr(executor, "_processes", None)
        manager = getattr(executor, "_executor_manager_thread", None)
        if processes is None:
            return False
        dead = {number for number, process in list(processes.items()) if not process.is_alive()}
        missed, self._dead = dead & self._dead, dead
        return bool(missed) or len(dead) == len(processes) or (manager is not None and not manager.is_alive())


def _end_of_reports(executor: Executor) -> None:
    """Close the pipe of reports on the side of those who write, so that who reads it comes to an end."""
    writer = getattr(getattr(executor, "_result_queue", None), "_writer", None)
    if writer is None or writer.closed or os.name != "posix":
        return
    # its own close() is not safe here: the reader wakes up at once and closes it as well
    handle, writer._handle = writer._handle, None
    with suppress(OSError):
        os.close(handle)


def _start_trackers() -> None:
    """Start the processes that clear up what processes leave behind, if need be; they do so without a word.

    After a pool was stopped in the middle of something they can find a semaphore gone that they still have
    on their list. They would say so on standard error, where nobody can do anything about it.
    """
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, (before, "ignore:resource_tracker:UserWarning")))
    try:
        for tracker in (resource_tracker, loky_resource_tracker):
            tracker.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


class _Pool(ProcessPoolExecutor):  # type: ignore[misc]
    """A pool whose processes are born deaf to Ctrl-C, which reaches all processes of a terminal at once.

    They leave it to their parent; but one that has not got so far would say on standard error how it ended.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Take work, and start processes for it where there are too few."""
        if not hasattr(signal, "pthread_sigmask"):
            return super().submit(fn, *args, **kwargs)
        # both are started with the first process, and would let signals through again while they are
        _start_trackers()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Dask:
    """A ``dask.distributed`` cluster, or one of this machine's processes if no scheduler is named.

    Args:
        workers: processes of a cluster of its own.
        scheduler: address of a scheduler, such as ``tcp://host:8786``; it must be trusted, since whoever
            reaches a scheduler can run any code on its workers.
    """

    whole = False

    def __init__(self, workers: int | None = None, scheduler: str | None = None) -> None:
        try:
            import distributed
        except ImportError:
            raise CmsimError('the dask engine needs dask.distributed: pip install "cmsim[dask]"') from None
        self.losses: tuple[type[BaseException], ...] = (distributed.KilledWorker, CancelledError)
        self._cluster = None
        if scheduler is None:
            import dask

            # a lost process is reported at once: which run was to blame is found out here, not there
            with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
                self._cluster = distributed.LocalCluster(
                    n_workers=workers or cpu_count(),
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address=None,
                    silence_logs=50,
                    env=_ONE_THREAD,
                )
        try:
            self._client = distributed.Client(scheduler or self._cluster, set_as_default=False)
        except OSError as error:
            raise CmsimError(
                f"no dask scheduler answers at {scheduler}: {error}; allowed: such as tcp://host:8786"
            ) from None
        threads = sum(self._client.nthreads().values())
        if not threads:
            self.close()
            raise CmsimError(f"the dask scheduler {scheduler} has no workers; start some, then try again")
        self.workers = threads
        self.ahead = 2 * threads
        self._absent_since: float | None = None

    def start(self) -> Executor:
        """Return the cluster's executor."""
        # two pieces of work that look alike are still two
        executor: Executor = self._client.get_executor(pure=False, retries=0)
        return executor

    def stop(self, executor: Executor, *, kill: bool) -> None:
        """Take back what was not begun, and leave the cluster, which ends if it was one of our own."""
        executor.shutdown(wait=not kill)
        self.close()

    def deserted(self, executor: Executor) -> bool:
        """Return false: work waits for the next worker, for a while.

        Raises:
            CmsimError: it has had none for a while.
        """
        if self._client.nthreads():
            self._absent_since = None
            return False
        now = time.monotonic()
        if self._absent_since is None:
            self._absent_since = now
        if now - self._absent_since > _ABSENCE:
            raise CmsimError(
                f"the dask scheduler has had no workers for {_ABSENCE:.0f} seconds; what is recorded is "
                "safe: start some, then go on"
            )
        return False

    def close(self) -> None:
        """Leave the cluster."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def engine(name: str | None = None, workers: int | None = None, scheduler: str | None = None) -> Engine:
    """Return an engine by name.

    Args:
        name: ``local``, ``in-process`` or ``dask``; by default dask if a scheduler is given, in-process for
            one worker, otherwise local.
        workers: processes; all cores if ``None``.
        scheduler: address of a dask scheduler.

    Raises:
        CmsimError: no such engine, fewer than 1 worker, or a scheduler that does not answer.
    """
    if workers is not None and workers < 1:
        raise CmsimError(f"workers: given {workers}; allowed: 1 and up")
    if name is None:
        name = "dask" if scheduler else "in-process" if workers == 1 else "local"
    if name not in ENGINES:
        raise CmsimError(f'engine: given "{name}"; allowed: {", ".join(ENGINES)}{nearest(name, ENGINES)}')
    if scheduler and name != "dask":
        raise CmsimError(f'engine: given "{name}" with a scheduler; allowed: dask')
    if name == "dask":
        return Dask(workers, scheduler)
    return InProcess() if name == "in-process" else Local(workers or cpu_count())


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
