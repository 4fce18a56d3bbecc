"""Work driven through an engine: sent in pieces, sent again after a loss, given up where it is to blame.

A piece of work whose process dies is a suspect. What is left of it is sent again alone, in ever smaller
pieces, so that whatever else was under way at the time is not blamed; a single run whose process dies
``DEATHS`` times while it is alone is given up, and the rest goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import nullcontext
from typing import Generic, Protocol, TypeVar

from cmsim.experiments.executors import Engine
from cmsim.experiments.signals import heeding_interrupts, raise_if_interrupted

Piece = TypeVar("Piece")
Report = TypeVar("Report")

DEATHS = 2
"""Deaths of the process of a single run, alone, after which the run is given up."""
_SILENCE = 5.0
"""Seconds without anything coming back after which the engine is looked at."""


class Source(Protocol[Piece, Report]):
    """What a drive asks about the work."""

    def next_piece(self) -> Piece | None:
        """Return the next piece of work; None if there is no more."""
        ...

    def work(self, piece: Piece, alone: bool) -> tuple[Callable[..., Report], tuple[object, ...]]:
        """Return the function to be called where the work is done, with its arguments."""
        ...

    def done(self, piece: Piece, report: Report) -> None:
        """Take what came back."""
        ...

    def remainder(self, piece: Piece) -> Piece | None:
        """Return what is still to be done of a piece whose process was lost; None if nothing is."""
        ...

    def split(self, piece: Piece) -> tuple[list[Piece], list[Piece]]:
        """Return the parts of a piece that are suspects and those that are not; one run cannot be split."""
        ...

    def given_up(self, piece: Piece) -> None:
        """Take note of a single run that ends its process again and again."""
        ...


class Drive(Generic[Piece, Report]):
    """One go at all the work of a source."""

    def __init__(self, source: Source[Piece, Report], engine: Engine) -> None:
        self._source = source
        self._engine = engine
        self._suspects: deque[tuple[Piece, int]] = deque()
        self._again: deque[Piece] = deque()
        self._sent: dict[Future[Report], tuple[Piece, int | None]] = {}

    def run(self) -> None:
        """Do all the work.

        Raises:
            KeyboardInterrupt: stopped by the user; no process of this machine is left behind.
            Exception: what the work itself raised.
        """
        here = self._engine.ahead == 1
        with heeding_interrupts() if here else nullcontext():
            self._run()

    def _run(self) -> None:
        executor = self._engine.start()
        try:
            while self._send(executor):
                lost = self._receive(executor)
                if lost and self._engine.whole:
                    self._engine.stop(executor, kill=True)
                    lost += self._take_back()
                    executor = self._engine.start()
                for piece, deaths in lost:
                    self._lost(piece, deaths)
                raise_if_interrupted()
        except BaseException:
            self._engine.stop(executor, kill=True)
            raise
        self._engine.stop(executor, kill=False)

    def _send(self, executor: Executor) -> bool:
        """Send work for every worker, or one suspect alone; say whether any is under way."""
        if self._suspects:
            if not self._sent:
                piece, deaths = self._suspects.popleft()
                self._submit(executor, piece, deaths)
            return True
        while len(self._sent) < self._engine.ahead:
            piece_or_none = self._again.popleft() if self._again else self._source.next_piece()
            if piece_or_none is None:
                break
            self._submit(executor, piece_or_none, None)
        return bool(self._sent)

    def _submit(self, executor: Executor, piece: Piece, deaths: int | None) -> None:
        function, arguments = self._source.work(piece, deaths is not None)
        try:
            future = executor.submit(function, *arguments)
        except self._engine.losses as error:
            # the pool broke before anything could be sent
            future = Future()
            future.set_exception(error)
        self._sent[future] = (piece, deaths)

    def _receive(self, executor: Executor) -> list[tuple[Piece, int | None]]:
        """Take what is ready; return what was lost."""
        while not (ready := wait(self._sent, _SILENCE, FIRST_COMPLETED).done):
            if self._engine.deserted(executor):
                lost = list(self._sent.values())
                self._sent.clear()
                return lost
        lost = []
        for future in ready:
            piece, deaths = self._sent.pop(future)
            try:
                report = future.result()
            except self._engine.losses:
                lost.append((piece, deaths))
            else:
                self._source.done(piece, report)
        return lost

    def _take_back(self) -> list[tuple[Piece, int | None]]:
        """Return all that was sent to a pool that broke, except what came back in time."""
        lost = []
        for future, (piece, deaths) in self._sent.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                self._source.done(piece, future.result())
            else:
                lost.append((piece, deaths))
        self._sent.clear()
        return lost

    def _lost(self, piece: Piece, deaths: int | None) -> None:
        left = self._source.remainder(piece)
        if left is None:
            return
        suspects, others = self._source.split(left)
        if not suspects:
            count = 0 if deaths is None else deaths + 1
            if count >= DEATHS:
                self._source.given_up(left)
            else:
                self._suspects.append((left, count))
            return
        self._suspects.extend((suspect, 0) for suspect in suspects)
        self._again.extend(others)
