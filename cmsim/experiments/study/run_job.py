"""One run of a study, from its scenario to what is kept; runs of one replication share their beginning."""

from __future__ import annotations

import json
import math
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim import outcomes
from cmsim.experiments.study.event_log_file import write_log
from cmsim.experiments.study.retention import Keep, RunLimits
from cmsim.experiments.study.run_store import DONE, DiskError
from cmsim.outcomes import SERIES
from cmsim.scenario import Scenario

if TYPE_CHECKING:
    from cmsim.model.community import Community
    from cmsim.results.simulation import Simulated

RunFunction = Callable[[Scenario, int], Mapping[str, float]]
"""A run function of the user's own: from scenario and replication to outcomes by name."""

_GRACE = 1.0
"""Seconds beyond its limit, at most, after which a run that does not look at the clock is interrupted."""


class OverLimit(Exception):
    """A run took more than it may; the text is the status that is recorded."""


@dataclass(frozen=True, slots=True)
class Lived:
    """What is kept of one run, as a ledger has it."""

    status: str = DONE
    error: str | None = None
    digest: str | None = None
    outcomes: str | None = None
    groups: str | None = None
    spreads: str | None = None
    courses: bytes | None = None
    log_bytes: int | None = None
    trace: str | None = None


def live(
    scenario: Scenario,
    replication: int,
    keep: Keep,
    limits: RunLimits,
    log: Path | None,
    run: RunFunction | None,
    *,
    perturb: bool = False,
) -> Lived:
    """Do one run; what goes wrong with it becomes its status.

    Args:
        scenario: what to simulate.
        replication: which history.
        keep: what is kept of it.
        limits: what it may take.
        log: where its event log goes; None for none.
        run: a run function of the user's own.
        perturb: whether one visit a week takes a minute more.

    Raises:
        DiskError: the event log could not be written, which is no fault of the run.
    """
    from cmsim.results.simulation import simulate

    try:
        with _interrupted_after(limits.seconds):
            if run is not None:
                return Lived(outcomes=_as_json(run(scenario, replication)))
            watch = _watch(limits, time.monotonic())
            return kept(simulate(scenario, replication, perturb=perturb, watch=watch), keep, log)
    except DiskError:
        raise
    except OverLimit as over:
        return Lived(status=str(over), error=_limit_text(str(over), limits))
    except Exception as error:
        told = " ".join(str(error).split())
        return Lived("error", f"{type(error).__name__}: {told}"[:500], trace=traceback.format_exc()[-20_000:])


def live_together(
    scenarios: Sequence[Scenario],
    perturbed: Sequence[bool],
    replication: int,
    keep: Keep,
    limits: RunLimits,
    logs: Sequence[Path | None],
) -> list[Lived] | None:
    """Do runs of one replication that live the days they have in common once.

    Returns:
        None where that is not possible, not worth it, or went wrong in one of them: then each has to be done
        by itself, and what is wrong will show there.

    Raises:
        DiskError: an event log could not be written.
    """
    if threading.active_count() > 1 or len(scenarios) < 2:
        # a process with threads must not fork: a lock that another thread holds stays held for ever
        return None
    from cmsim.experiments.shared_warm_up import branch

    by_scenario = {id(scenario): log for scenario, log in zip(scenarios, logs, strict=True)}
    watch = _watch(limits, time.monotonic())
    try:
        return branch(
            scenarios,
            perturbed,
            replication,
            lambda run: kept(run, keep, by_scenario[id(run.scenario)]),
            watch=watch,
        )
    except DiskError:
        raise
    except Exception:
        return None


def kept(run: Simulated, keep: Keep, log: Path | None) -> Lived:
    """Return what is kept of a run."""
    window = run.window
    return Lived(
        digest=run.digest(),
        outcomes=_as_json(outcomes.measure(window)),
        groups=_groups_as_json(outcomes.group_outcomes(window)) if keep.groups else None,
        spreads=_spreads_as_json(outcomes.spreads(window)) if keep.spreads else None,
        courses=pack_courses(outcomes.weekly(run.arrays("daily"))) if keep.courses else None,
        log_bytes=write_log(run.events, log) if log is not None else None,
    )


def _as_json(values: Mapping[str, Any]) -> str:
    """Return outcomes as JSON, in the order given; null where undefined."""
    found = {name: float(value) for name, value in values.items()}
    return json.dumps({name: None if math.isnan(value) else value for name, value in found.items()})


def _groups_as_json(groups: Mapping[tuple[str, str], Mapping[str, float]]) -> str:
    plain = [
        [*group, {name: None if math.isnan(value) else float(value) for name, value in found.items()}]
        for group, found in groups.items()
    ]
    return json.dumps(plain)


def _spreads_as_json(spreads: Mapping[str, np.ndarray]) -> str:
    return json.dumps(
        {name: [None if np.isnan(value) else float(value) for value in values] for name, values in spreads.items()}
    )


def pack_courses(courses: Mapping[str, np.ndarray]) -> bytes:
    """Return time courses as bytes: those of ``SERIES`` in order, each of the same number of weeks."""
    return np.array([courses[name] for name in SERIES], dtype="<f8").tobytes()


def unpack_courses(packed: bytes) -> dict[str, np.ndarray]:
    """Return time courses by name, each of shape (weeks,)."""
    values = np.frombuffer(packed, dtype="<f8").reshape(len(SERIES), -1)
    return dict(zip(SERIES, values, strict=True))


def _watch(limits: RunLimits, began: float) -> Callable[[Community], None] | None:
    """Return what looks at a run at the end of every day; None without limits."""
    if limits.seconds is None and limits.events is None:
        return None
    most_seconds = math.inf if limits.seconds is None else limits.seconds
    most_events = math.inf if limits.events is None else limits.events

    def look(community: Community) -> None:
        # events first: what does not depend on the machine decides where both are exceeded
        if community.env.scheduled > most_events:
            raise OverLimit("event limit")
        if time.monotonic() - began > most_seconds:
            raise OverLimit("time limit")

    return look


def _limit_text(status: str, limits: RunLimits) -> str:
    if status == "event limit":
        return f"more than {limits.events} events"
    return f"more than {limits.seconds:g} seconds"


@contextmanager
def _interrupted_after(seconds: float | None) -> Iterator[None]:
    """Interrupt what does not look at the clock itself, where the system can: in a main thread."""
    if seconds is None or not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise OverLimit("time limit")

    before = signal.signal(signal.SIGALRM, ring)
    # again and again: an exception that is raised while garbage is collected is lost
    signal.setitimer(signal.ITIMER_REAL, seconds + min(seconds, _GRACE), _GRACE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def this_process() -> tuple[str, int]:
    """Return the machine and the id of this process."""
    return os.uname().nodename if hasattr(os, "uname") else "", os.getpid()
