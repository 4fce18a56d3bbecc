"""Engines: where jobs are done. In this process, in worker processes of this machine, or on a dask cluster.

How jobs are cut, retried and quarantined is the same for all of them, see :mod:`cmsim.experiments.job_runner`.
"""

import socket
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from typing import TypeVar

from joblib import cpu_count

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.numeric import whole
from cmsim.experiments.job_runner import Engine
from cmsim.experiments.worker_pool import ONE_THREAD, WorkerPool

Report = TypeVar("Report")

ENGINES = ("local", "in-process", "dask")
"""Names of the engines."""
_ANSWER = 20.0
"""Seconds that a scheduler has to answer."""
_ABSENCE = 120.0
"""Seconds without any sign of a worker after which a cluster is given up."""


class InProcess(Engine):
    """This process, one job after another: for debuggers, and where there is one core."""

    workers = 1
    ahead = 1
    losses: tuple[type[BaseException], ...] = ()

    def submit(self, function: Callable[..., Report], *arguments: object) -> Future[Report]:
        """Do a job."""
        future: Future[Report] = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def close(self, *, kill: bool) -> None:
        """Do nothing: the work is done."""


class Dask(Engine):
    """A ``dask.distributed`` cluster, or one of this machine's processes if no scheduler is named.

    Args:
        workers: processes of a cluster of its own.
        scheduler: address of a scheduler, such as ``tcp://host:8786``; it must be trusted, since whoever
            reaches a scheduler can run any code on its workers.
    """

    def __init__(self, workers: int | None = None, scheduler: str | None = None) -> None:
        try:
            distributed = import_module("distributed")
        except ImportError:
            raise CmsimError('the dask engine needs dask.distributed: pip install "cmsim[dask]"') from None
        self.losses: tuple[type[BaseException], ...] = (distributed.KilledWorker, CancelledError)
        self._opened = ExitStack()
        place = scheduler
        if scheduler is None:
            import dask

            # a lost process is reported at once: which run is at fault is found out here, not there
            with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
                cluster = distributed.LocalCluster(
                    n_workers=workers or cpu_count(),
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address=None,
                    silence_logs=50,
                    env=ONE_THREAD,
                )
            place = self._opened.enter_context(cluster)
        try:
            if scheduler is not None:
                # asked first: a client that finds nobody tells of it for another minute
                socket.create_connection(distributed.comm.get_address_host_port(scheduler), _ANSWER).close()
            self._client = self._opened.enter_context(distributed.Client(place, timeout=_ANSWER, set_as_default=False))
        except (OSError, ValueError) as error:
            raise CmsimError(
                f"no dask scheduler answers at {scheduler}: {error}; allowed: such as tcp://host:8786"
            ) from None
        # two jobs that look alike are still two
        self._executor: Executor = self._client.get_executor(pure=False, retries=0)
        self.workers = sum(self._client.nthreads().values())
        if not self.workers:
            self.close(kill=True)
            raise CmsimError(f"the dask scheduler {scheduler} has no workers; start some, then try again")
        self.ahead = 2 * self.workers
        self._last_seen = time.monotonic()

    def submit(self, function: Callable[..., Report], *arguments: object) -> Future[Report]:
        """Send a job to the cluster."""
        return self._executor.submit(function, *arguments)

    def check(self, silence: float) -> None:
        """Check that the cluster has workers, or has lost the last of them only lately.

        Workers that come and go between two checks are known by what they sent back.

        Raises:
            CmsimError: it has had none for a while.
        """
        now = time.monotonic()
        if self._client.nthreads():
            self._last_seen = now
        elif min(silence, now - self._last_seen) > _ABSENCE:
            raise CmsimError(
                f"the dask scheduler has had no workers for {_ABSENCE:.0f} seconds; what is saved is safe: start some, "
                "then resume"
            )

    def close(self, *, kill: bool) -> None:
        """Take back what was not begun, and leave the cluster, which ends if it was started here."""
        self._executor.shutdown(wait=not kill)
        self._opened.close()


class KeptOpen(Engine):
    """An engine on which one sweep after another is done, so that its processes start once; ``end`` closes it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.workers, self.ahead, self.losses = engine.workers, engine.ahead, engine.losses

    def submit(self, function: Callable[..., Report], *arguments: object) -> Future[Report]:
        """Send a job."""
        return self._engine.submit(function, *arguments)

    def check(self, silence: float) -> None:
        """Check that somebody is left to do what was sent."""
        self._engine.check(silence)

    def close(self, *, kill: bool) -> None:
        """Stay open for the next sweep, unless this one was stopped."""
        if kill:
            self._engine.close(kill=True)

    def end(self) -> None:
        """End the engine."""
        self._engine.close(kill=False)


def choose_engine(
    name: str | KeptOpen | None = None, workers: int | None = None, scheduler: str | None = None
) -> Callable[[], Engine]:
    """Return what makes an engine.

    Args:
        name: ``local``, ``in-process`` or ``dask``; by default dask if a scheduler is given, in-process for
            one worker, otherwise local. An engine that is open already is used as it is.
        workers: processes; all cores if ``None``.
        scheduler: address of a dask scheduler.

    Raises:
        CmsimError: no such engine, or fewer than 1 worker; once it is made, a scheduler that does not answer.
    """
    workers = None if workers is None else whole("workers", workers, 1)
    if isinstance(name, KeptOpen):
        kept = name
        return lambda: kept
    if name is None:
        name = "dask" if scheduler else "in-process" if workers == 1 else "local"
    if name not in ENGINES:
        raise CmsimError(f'engine: given "{name}"; allowed: {", ".join(ENGINES)}{nearest(name, ENGINES)}')
    if scheduler and name != "dask":
        raise CmsimError(f'engine: given "{name}" with a scheduler; allowed: dask')
    if name == "dask":
        return partial(Dask, workers, scheduler)
    return InProcess if name == "in-process" else partial(WorkerPool, workers or cpu_count())
