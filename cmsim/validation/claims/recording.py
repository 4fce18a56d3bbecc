"""Records all contrasts: resumable, on all cores, each run once however many contrasts ask for it.

Contrasts whose arms can share runs or their beginnings form a family; a piece of work is one draw of a
family. Every finished run goes at once into a ledger (one SQLite file a process, see
:mod:`cmsim.experiments.study.run_store`) under a key of model, settings and replication, with the values of all
measures that were asked of it. What a ledger holds is not run again, by this or a later recording.
"""

from __future__ import annotations

import gc
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

import numpy as np

from cmsim.core.errors import CmsimError
from cmsim.experiments.executors import engine
from cmsim.experiments.job_runner import run_jobs
from cmsim.experiments.study.run_job import this_process
from cmsim.experiments.study.run_key import model_version, run_keys, settings_digest
from cmsim.experiments.study.run_store import Row, RunStore, select, stores
from cmsim.results.simulation import Simulated
from cmsim.scenario import Scenario
from cmsim.validation.claims.arm_runs import Values, examined_from, live_all, mean_values, measured
from cmsim.validation.claims.code_stamp import manifest
from cmsim.validation.claims.contrast import Contrast, Measure
from cmsim.validation.claims.parameter_draws import chosen_ensemble
from cmsim.validation.claims.recording_plan import Job, Plan, contrasts_in

Told = Callable[[float, float, float], None]
"""Told the client-years done, those of them that were lived now, and those in all."""


@dataclass(frozen=True)
class Orders:
    """What all jobs have in common.

    Attributes:
        tests: folder of the tests that define the contrasts.
        store: folder of the ledgers.
        ensemble: file of an ensemble; None for the bundled one, if there is one.
        version: of the model.
    """

    tests: Path
    store: Path
    ensemble: Path | None
    version: Mapping[str, str]


@dataclass
class Done:
    """What comes back from a job.

    Attributes:
        values: by contrast, the means of its measures by arm; without those of which a run went wrong.
        shares: by contrast, the share of the way to the draw that could be gone.
        errors: what went wrong.
        lived: runs that were lived now; the others were in a ledger.
        seconds: it took.
    """

    values: dict[str, list[list[float]]] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    lived: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class _Asked:
    """One run, and what is asked of it."""

    scenario: Scenario
    replication: int
    measures: dict[str, Measure]


def do_job(orders: Orders, job: Job) -> Done:
    """Live what is missing of one draw of a family, record each run, and return what all of it gives.

    Raises:
        DiskError: the disk refused.
        CmsimError: this process has another version of the model.
    """
    if model_version() != dict(orders.version):
        raise CmsimError("the model was changed while contrasts were recorded; begin again: nothing is mixed")
    began = time.perf_counter()
    done = Done()
    asked: dict[bytes, _Asked] = {}
    keys: dict[str, list[list[bytes]]] = {}
    for name in job.contrasts:
        contrast = _contrasts(orders.tests)[name]
        arms, done.shares[name] = contrast.possible(_drawn(orders, name)[job.draw])
        replications = range(contrast.replications)
        keys[name] = [[_key(orders, arm, each) for each in replications] for arm in arms]
        for arm, arm_keys in zip(arms, keys[name], strict=True):
            for replication, key in zip(replications, arm_keys, strict=True):
                run = asked.setdefault(key, _Asked(arm, replication, {}))
                run.measures.update({each.code: each for each in contrast.measures})
    known, writer = _store(orders.store)
    missing = {key: run for key, run in asked.items() if not run.measures.keys() <= known.get(key, {}).keys()}
    for key, values in _lived(missing):
        if isinstance(values, Exception):
            done.errors.append(f"{missing[key].scenario.name}, draw {job.draw}: {values!r}")
            continue
        known[key] = {**known.get(key, {}), **values}
        writer.save([_row(key, known[key], missing[key].replication, time.perf_counter() - began)])
        done.lived += 1
    for name, both in keys.items():
        if all(key in known for arm_keys in both for key in arm_keys):
            contrast = _contrasts(orders.tests)[name]
            done.values[name] = [mean_values(contrast, [known[key] for key in arm_keys]) for arm_keys in both]
    _clear_away(done.lived)
    done.seconds = time.perf_counter() - began
    return done


def _clear_away(lived: int) -> None:
    """Collect now and then: communities are cycles that the collector, left to itself, lets pile up.

    Some 5 MB a run; a collection takes as long as a run of half a small town, so not after every one.
    """
    global _uncollected
    _uncollected += lived
    if _uncollected >= _PILE:
        _uncollected = 0
        gc.collect()


_uncollected = 0
_PILE = 20
"""Runs after which memory is cleared."""


def _lived(missing: Mapping[bytes, _Asked]) -> Iterator[tuple[bytes, Values | Exception]]:
    for replication in sorted({run.replication for run in missing.values()}):
        part = [(key, run) for key, run in missing.items() if run.replication == replication]

        def keep(place: int, lived: Simulated, part: list[tuple[bytes, _Asked]] = part) -> Values:
            return measured(lived, part[place][1].measures)

        for place, values in live_all([run.scenario for _, run in part], replication, keep):
            yield part[place][0], values


def _key(orders: Orders, arm: Scenario, replication: int) -> bytes:
    return run_keys(orders.version, settings_digest(arm), arm.run.seed)(replication)


def _row(key: bytes, values: Values, replication: int, seconds: float) -> Row:
    plain = {code: None if math.isnan(value) else value for code, value in values.items()}
    host, process = this_process()
    return Row(
        run_key=key,
        outcomes=json.dumps(plain),
        replication=replication,
        seconds=seconds,
        host=host,
        process=process,
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )


@lru_cache(maxsize=1)
def _store(folder: Path) -> tuple[dict[bytes, Values], RunStore]:
    """Return what all ledgers of a folder hold by now, and the ledger that this process writes."""
    known: dict[bytes, Values] = {}
    for path in stores(folder):
        for key, outcomes in select(path, ("run_key", "outcomes")):
            values = {code: math.nan if value is None else value for code, value in json.loads(str(outcomes)).items()}
            known.setdefault(key, {}).update(values)  # type: ignore[arg-type]
    return known, RunStore(folder / f"{os.getpid()}-{uuid4().hex[:8]}.sqlite")


@lru_cache(maxsize=1)
def _contrasts(tests: Path) -> dict[str, Contrast]:
    return contrasts_in(tests)


@lru_cache(maxsize=256)
def _drawn_by(tests: Path, ensemble: Path | None, name: str) -> list[dict[str, float]]:
    return _contrasts(tests)[name].drawn(chosen_ensemble(ensemble))


def _drawn(orders: Orders, name: str) -> list[dict[str, float]]:
    return _drawn_by(orders.tests, orders.ensemble, name)


class Recording:
    """One go at a plan: a :class:`~cmsim.experiments.job_runner.JobSource`."""

    def __init__(self, plan: Plan, orders: Orders, results: Path, told: Told | None = None) -> None:
        self._orders, self._results, self._told = orders, results, told
        self._contrasts = {each.name: each for family in plan.wanted for each in family.contrasts}
        self._waiting = iter(plan.jobs)
        self._left = {name: plan.draws(each) for name, each in self._contrasts.items()}
        self._values = {
            name: np.full((plan.draws(each), 2, len(each.measures)), np.nan) for name, each in self._contrasts.items()
        }
        self._moved = dict.fromkeys(self._contrasts, 0)
        self._all, self._so_far, self._now = plan.client_years, 0.0, 0.0
        self.saved: list[Path] = []
        self.errors: list[str] = []

    def run(self, workers: int | None = None) -> None:
        """Do all the work; each result is saved when the last of its draws is there.

        Raises:
            KeyboardInterrupt: stopped; what was lived is in the ledgers, and the next recording goes on.
        """
        run_jobs(self, engine(workers=workers))

    def next_job(self) -> Job | None:
        """Return the next job; None if there is no more."""
        return next(self._waiting, None)

    def call(self, job: Job, alone: bool) -> tuple[Callable[..., Done], tuple[object, ...]]:
        """Return the function to be called where the work is done, with its arguments."""
        return do_job, (self._orders, job)

    def on_reports(self, reports: Sequence[tuple[Job, Done]]) -> None:
        """Take what came back."""
        for job, report in reports:
            self.errors += report.errors
            self._finish(job, report)

    def split(self, job: Job) -> Sequence[Job]:
        """Return nothing: a job cannot be split."""
        return ()

    def on_quarantined(self, job: Job) -> None:
        """Take note of a job that ends its process again and again."""
        self.errors.append(f"{', '.join(job.contrasts)}, draw {job.draw}: its process ended again and again")
        self._finish(job, Done())

    def _finish(self, piece: Job, report: Done) -> None:
        for name in piece.contrasts:
            if name in report.values:
                self._values[name][piece.draw] = report.values[name]
            self._moved[name] += report.shares.get(name, 1.0) < 1.0
            self._left[name] -= 1
            if not self._left[name]:
                self._save(self._contrasts[name])
        self._so_far += piece.client_years
        self._now += piece.client_years * (report.lived > 0)
        if self._told is not None:
            self._told(self._so_far, self._now, self._all)

    def _save(self, contrast: Contrast) -> None:
        ensemble = chosen_ensemble(self._orders.ensemble)
        drawn = contrast.drawn(ensemble)[: len(self._values[contrast.name])]
        about = manifest(contrast, drawn, self._moved[contrast.name], ensemble)
        self.saved.append(examined_from(contrast, self._values[contrast.name], about).save(self._results))
