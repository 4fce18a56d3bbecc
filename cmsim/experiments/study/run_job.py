"""What a worker does: the runs of a job one after another, each from its scenario to the row that is saved of it."""

from __future__ import annotations

import json
import math
import os
import platform
import signal
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cmsim import outcomes
from cmsim.core.errors import CmsimError
from cmsim.experiments.study.durable_files import checksum
from cmsim.experiments.study.factors import apply_settings
from cmsim.experiments.study.run_key import RunFunction, model_version, perturbed_digest, settings_digest
from cmsim.experiments.study.run_store import Row
from cmsim.experiments.study.study_file import Keep, RunLimits
from cmsim.experiments.study.study_plan import scenario_from_text
from cmsim.scenario import Scenario

if TYPE_CHECKING:
    from cmsim.model.community import Community
    from cmsim.outcomes.analysis_window import Window
    from cmsim.results.simulation import Simulated, Watch

_GRACE = 1.0
"""Seconds beyond its limit, at most, after which a run that does not look at the clock is interrupted."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job.

    Attributes:
        key: its run key.
        scenario: name of the scenario it changes.
        settings: the changes, as JSON.
        digest: hash of all settings that must come out.
        unit: runs of one unit may share their warm-up.
        replication: number of its random streams.
        perturb: whether one visit a week takes a minute more, for a placebo run.
    """

    key: bytes
    scenario: str
    settings: str
    digest: str
    unit: int
    replication: int
    perturb: bool = False


@dataclass(frozen=True, slots=True)
class SweepSettings:
    """What all jobs of a sweep have in common; the scenarios are texts of scenario files, by name."""

    version: Mapping[str, str]
    scenarios: Mapping[str, str]
    keep: Keep
    limits: RunLimits
    run: RunFunction | None = None


class JobReport(NamedTuple):
    """What comes back from a job: the rows of its runs, and the seconds that they took."""

    rows: list[Row]
    seconds: float


class OverLimit(Exception):
    """A run took more than it may."""

    def __init__(self, status: str, error: str) -> None:
        super().__init__(error)
        self.status = status


def do_job(sweep: SweepSettings, runs: Sequence[Run], alone: bool) -> JobReport:
    """Do the runs of a job, each alone if one of them may have ended its process.

    Raises:
        CmsimError: this worker has another version of the model.
    """
    _check_version(sweep.version)
    began = time.perf_counter()
    is_shared = not alone and sweep.run is None
    rows: list[Row] = []
    for _, alike in groupby(runs, key=lambda run: run.unit if is_shared else run.key):
        rows += _rows(list(alike), sweep)
    return JobReport(rows, time.perf_counter() - began)


def _rows(group: Sequence[Run], sweep: SweepSettings) -> Iterator[Row]:
    scenarios = [_scenario(sweep.scenarios[run.scenario], run) for run in group]
    began = time.perf_counter()
    together = _simulate_together(scenarios, group, sweep)
    if together is not None:
        seconds = (time.perf_counter() - began) / len(group)
        for run, row in zip(group, together, strict=True):
            yield labelled(row, run, seconds)
        return
    for run, scenario in zip(group, scenarios, strict=True):
        began = time.perf_counter()
        row = _simulate_alone(scenario, run, sweep)
        yield labelled(row, run, time.perf_counter() - began)


def labelled(row: Row, run: Run, seconds: float = 0.0) -> Row:
    """Return a row with what tells which run it is, and where and when it was done."""
    return replace(
        row,
        run_key=run.key,
        replication=run.replication,
        seconds=seconds,
        host=platform.node(),
        process=os.getpid(),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        log_bytes=None if row.log is None else len(row.log),
        log_checksum=None if row.log is None else checksum(row.log),
    )


def _simulate_alone(scenario: Scenario, run: Run, sweep: SweepSettings) -> Row:
    """Do one run; what goes wrong with it becomes its status."""
    from cmsim.results.simulation import simulate

    limits = sweep.limits
    try:
        with _interrupted_after(limits.seconds):
            if sweep.run is not None:
                return Row(outcomes=json.dumps(_as_floats(sweep.run(scenario, run.replication))))
            done = simulate(scenario, run.replication, perturb=run.perturb, watch=_watch(limits))
            return kept(done, sweep.keep)
    except OverLimit as over:
        return Row(status=over.status, error=str(over))
    except Exception as error:
        told = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Row(status="error", error=told[:500], trace=traceback.format_exc()[-20_000:])


def _simulate_together(scenarios: Sequence[Scenario], group: Sequence[Run], sweep: SweepSettings) -> list[Row] | None:
    """Do runs of one replication that share the days on which they cannot differ.

    Returns:
        None where that is not possible, not worth it, or went wrong in one of them: then each has to be done
        by itself, and what is wrong will show there.
    """
    if threading.active_count() > 1 or len(group) < 2:
        # a process with threads must not fork: a lock that another thread holds stays held for ever
        return None
    from cmsim.experiments.shared_warm_up import branch

    try:
        return branch(
            scenarios,
            [run.perturb for run in group],
            group[0].replication,
            lambda run: kept(run, sweep.keep),
            watch=_watch(sweep.limits),
        )
    except Exception:
        return None


def kept(run: Simulated, keep: Keep) -> Row:
    """Return what is kept of a run, without what tells which run it is."""
    window = run.window
    return Row(
        digest=run.digest(),
        outcomes=json.dumps(_as_floats(outcomes.measure(window))),
        groups=_groups_as_json(window) if keep.groups else None,
        spreads=_arrays_as_json(outcomes.spreads(window)) if keep.spreads else None,
        courses=_arrays_as_json(outcomes.weekly(run.arrays("daily"))) if keep.courses else None,
        log=run.events.to_parquet(index=False, compression="zstd") if keep.events else None,
    )


def _as_floats(values: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}


def _groups_as_json(window: Window) -> str:
    found = outcomes.group_outcomes(window).items()
    return json.dumps([[grouping, group, _as_floats(values)] for (grouping, group), values in found])


def _arrays_as_json(arrays: Mapping[str, NDArray[np.float64]]) -> str:
    return json.dumps({name: values.tolist() for name, values in arrays.items()})


def _watch(limits: RunLimits) -> Watch:
    """Return what checks the limits of a run at the end of every day, from now on."""
    began = time.monotonic()
    most_seconds = math.inf if limits.seconds is None else limits.seconds
    most_events = math.inf if limits.events is None else limits.events

    def check(community: Community) -> None:
        # events first: what does not depend on the machine decides where both are exceeded
        if community.env.scheduled > most_events:
            raise OverLimit("event limit", f"more than {limits.events} events")
        if time.monotonic() - began > most_seconds:
            raise OverLimit("time limit", f"more than {most_seconds:g} seconds")

    return check


@contextmanager
def _interrupted_after(seconds: float | None) -> Iterator[None]:
    """Interrupt what does not look at the clock itself, where the system can: in a main thread."""
    if seconds is None or not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise OverLimit("time limit", f"more than {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    # again and again: an exception that is raised while garbage is collected is lost
    signal.setitimer(signal.ITIMER_REAL, seconds + min(seconds, _GRACE), _GRACE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@lru_cache(maxsize=256)
def _resolved(text: str, name: str, settings: str) -> tuple[Scenario, bytes]:
    """Return a scenario with its settings changed, and the hash of all of them."""
    stated = json.loads(settings)
    scenario = apply_settings(_base(text, name), stated, name) if stated else _base(text, name)
    return scenario, settings_digest(scenario)


_base = lru_cache(maxsize=32)(scenario_from_text)


def _scenario(text: str, run: Run) -> Scenario:
    """Return the scenario of a run, resolved here and checked to be what was planned."""
    scenario, digest = _resolved(text, run.scenario, run.settings)
    if (perturbed_digest(digest) if run.perturb else digest).hex() != run.digest:
        raise CmsimError(f"{run.scenario} with {run.settings} resolves to other settings here than when it was planned")
    return scenario


def _check_version(planned: Mapping[str, str]) -> None:
    here = model_version()
    # a run function comes with the job; it need not be the same file here
    differing = [name for name in sorted({*here, *planned} - {"run"}) if here.get(name) != planned.get(name)]
    if differing:
        raise CmsimError(
            f"a worker on {platform.node()} has another version of the model than the study "
            f"({', '.join(differing)}); install the same on all machines"
        )
