"""What a worker does: the runs of a job one after another, each recorded before the next one begins."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.event_log_file import log_path
from cmsim.experiments.study.factor_parser import changed
from cmsim.experiments.study.retention import Keep, RunLimits
from cmsim.experiments.study.run_job import Lived, RunFunction, live, live_together, this_process
from cmsim.experiments.study.run_key import model_version, perturbed_digest, settings_digest
from cmsim.experiments.study.run_store import Row, Writer
from cmsim.experiments.study.study_folder import EVENTS, LEDGER, study_id
from cmsim.experiments.study.study_plan import scenario_from_text
from cmsim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job.

    Attributes:
        key: its run key.
        place: its place in the plan.
        scenario: name of the scenario it changes.
        settings: the changes, as JSON.
        digest: hash of all settings that must come out.
        block: runs of one block may share their beginning.
        replication: which history.
        perturb: whether one visit a week takes a minute more.
    """

    key: bytes
    place: int
    scenario: str
    settings: str
    digest: str
    block: int
    replication: int
    perturb: bool = False


@dataclass(frozen=True)
class Orders:
    """What all jobs of a sweep have in common.

    Attributes:
        directory: the study folder; where it cannot be seen from here, rows go back to the sender.
        study: the id of the study, by which its folder is known.
        version: of the model.
        scenarios: the text of each scenario file, by name.
        keep: what is kept of a run.
        limits: what a run may take.
        run: a run function of the user's own.
        sender: id of the process that sends jobs, if it is on this machine and this process is its child.
    """

    directory: str
    study: str
    version: Mapping[str, str]
    scenarios: Mapping[str, str]
    keep: Keep
    limits: RunLimits
    run: RunFunction | None = None
    sender: int | None = None


@dataclass
class Report:
    """What comes back from a job.

    Attributes:
        statuses: of the runs done, in their order.
        seconds: it took to do them.
        rows: to be recorded by whoever gets this; empty where they were recorded at once.
    """

    statuses: list[str] = field(default_factory=list)
    seconds: float = 0.0
    rows: list[Row] = field(default_factory=list)


def do_job(orders: Orders, runs: list[Run], alone: bool) -> Report:
    """Do the runs of a job.

    Args:
        orders: what all jobs have in common.
        runs: the runs.
        alone: whether each is to be done by itself, as one of them is suspected of ending its process.

    Raises:
        DiskError: the disk refused.
        CmsimError: this worker has another version of the model.
    """
    _check_version(orders)
    writer = _writer(orders)
    if writer is None and orders.keep.events:
        raise CmsimError(
            f"{orders.directory} cannot be seen from {this_process()[0]}, and event logs need a folder that "
            "all workers see; allowed: a shared folder, or events = false under [keep]"
        )
    report = Report()
    began = time.perf_counter()
    for row in _rows(orders, runs, share=not alone and orders.run is None):
        if writer is None:
            report.rows.append(row)
        else:
            writer.record(row)
        report.statuses.append(row.status)
        if orders.sender is not None and os.getppid() != orders.sender:
            # whoever started this worker is gone: another may be doing the same runs already
            os._exit(1)
    report.seconds = time.perf_counter() - began
    return report


def _rows(orders: Orders, runs: list[Run], share: bool) -> Iterator[Row]:
    for _, alike in groupby(runs, key=lambda run: (run.block, run.replication) if share else run.place):
        group = list(alike)
        scenarios = [_scenario(orders.scenarios[run.scenario], run) for run in group]
        logs = [log_path(Path(orders.directory) / EVENTS, run.key) if orders.keep.events else None for run in group]
        began = time.perf_counter()
        perturbed = [run.perturb for run in group]
        shared = live_together(scenarios, perturbed, group[0].replication, orders.keep, orders.limits, logs)
        if shared is not None:
            seconds = (time.perf_counter() - began) / len(group)
            for run, lived in zip(group, shared, strict=True):
                yield _row(run, lived, seconds)
            continue
        for run, scenario, log in zip(group, scenarios, logs, strict=True):
            began = time.perf_counter()
            lived = live(scenario, run.replication, orders.keep, orders.limits, log, orders.run, perturb=run.perturb)
            yield _row(run, lived, time.perf_counter() - began)


def _row(run: Run, lived: Lived, seconds: float) -> Row:
    host, process = this_process()
    return Row(
        run_key=run.key,
        status=lived.status,
        error=lived.error,
        digest=lived.digest,
        outcomes=lived.outcomes,
        groups=lived.groups,
        spreads=lived.spreads,
        courses=lived.courses,
        log_bytes=lived.log_bytes,
        replication=run.replication,
        seconds=seconds,
        host=host,
        process=process,
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        trace=lived.trace,
    )


def lost_row(run: Run, deaths: int) -> Row:
    """Return the row of a run that was given up because it ends its process."""
    told = f"its process ended {deaths} times while it ran alone, mostly for lack of memory"
    return _row(run, Lived("killed", told), 0.0)


@lru_cache(maxsize=256)
def _resolved(text: str, name: str, settings: str) -> Scenario:
    base = _base(text, name)
    stated = json.loads(settings)
    return changed(base, stated, name) if stated else base


@lru_cache(maxsize=32)
def _base(text: str, name: str) -> Scenario:
    return scenario_from_text(text, name)


@lru_cache(maxsize=256)
def _digest(text: str, name: str, settings: str) -> bytes:
    return settings_digest(_resolved(text, name, settings))


def _scenario(text: str, run: Run) -> Scenario:
    """Return the scenario of a run, resolved here and checked to be what was planned."""
    found = _digest(text, run.scenario, run.settings)
    if (perturbed_digest(found) if run.perturb else found).hex() != run.digest:
        raise CmsimError(f"{run.scenario} with {run.settings} resolves to other settings here than when it was planned")
    return _resolved(text, run.scenario, run.settings)


def _check_version(orders: Orders) -> None:
    here = model_version()
    # a run function comes with the orders; it need not be the same file here
    there = {name: version for name, version in orders.version.items() if name != "run"}
    if here != there:
        differing = sorted(name for name in {*here, *there} if here.get(name) != there.get(name))
        raise CmsimError(
            f"a worker on {this_process()[0]} has another version of the model than the study "
            f"({', '.join(differing)}); install the same on all machines"
        )


_open = threading.local()


def _writer(orders: Orders) -> Writer | None:
    """Return the ledger that this thread writes; None where the study folder cannot be seen from here."""
    writers: dict[tuple[str, str, int], Writer | None] = getattr(_open, "writers", {})
    _open.writers = writers
    name = (orders.directory, orders.study, os.getpid())
    if name not in writers:
        close_writers()
        writers = _open.writers
        seen = study_id(Path(orders.directory)) == orders.study
        writers[name] = Writer(Path(orders.directory) / LEDGER) if seen else None
    return writers[name]


def close_writers() -> None:
    """Close the ledgers that this thread has open."""
    for writer in getattr(_open, "writers", {}).values():
        if writer is not None:
            writer.close()
    _open.writers = {}
