"""Further runs of a comparison: the same scenarios and changes under other random numbers, in the background.

They are replications 1 to 20 of what is compared, whose replication 0 is the pair of runs in the room, which is done
once more with them: so nothing is asked of the runs that are played. All follow from the two scenarios and two days.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cmsim.app.session.plot_series import PLOTS, READ, Courses
from cmsim.app.session.replay import restated
from cmsim.app.session.run_differences import ClientStates, client_effects, state_differs, tally
from cmsim.app.session.snapshot import Standing, places, states
from cmsim.core.errors import CmsimError
from cmsim.core.numeric import Floats
from cmsim.core.simtime import WEEK_DAYS
from cmsim.experiments.job_runner import DEATHS, run_jobs
from cmsim.experiments.shared_warm_up import branch
from cmsim.experiments.statistics import Paired, middle, paired
from cmsim.experiments.worker_pool import WorkerPool
from cmsim.outcomes import client_days, find, measure
from cmsim.results.simulation import Simulated, simulate

if TYPE_CHECKING:
    from cmsim.model.community import Community
    from cmsim.scenario import Scenario

FURTHER = 20
"""Further runs of each side; fewer would give no band in which 90% of single runs lie."""
OUTCOMES = ("bed_days", "homeless_days", "turnover")
"""Outcomes that are compared besides what is plotted."""
SIDES = ("a", "b", "p")
"""Run A, run B, and the placebo run."""
DIFFERING = "differing"
"""The course of how many clients differ from run A."""
NICENESS = 10
"""How far further runs give way: at 10 Unix gives them a tenth of what the play gets, and all that is idle."""


@dataclass(frozen=True)
class Compared:
    """What further runs are of.

    Attributes:
        a, b: the scenarios.
        since: the day from which they are compared, and from which placebo runs are perturbed.
        day: up to which they are simulated.
    """

    a: Scenario
    b: Scenario
    since: int
    day: int

    def holds(self, a: Scenario, b: Scenario, since: int) -> bool:
        """Whether two scenarios, compared from a day on, are the same as these up to their day."""
        days = (mine.first_difference_day(theirs) for mine, theirs in ((self.a, a), (self.b, b)))
        return since == self.since and all(day is None or day >= self.day for day in days)


class Side(NamedTuple):
    """One run: each plot's value a day, outcomes since the day of comparison, clients at the end, and what is drawn."""

    courses: dict[str, Floats]
    outcomes: dict[str, float]
    clients: ClientStates
    drawn: list[Standing]


class Replication(NamedTuple):
    """The runs of one replication.

    Attributes:
        courses: each plot's values, shape (sides, days); of how many differ from run A likewise, from ``since`` on.
        outcomes: values by name, shape (sides,).
        better, worse: how many clients do better and worse than in run A by two weeks of hard days, shape (sides,).
    """

    courses: dict[str, Floats]
    outcomes: dict[str, Floats]
    better: Floats
    worse: Floats


class _Watch:
    """Reads the plots of a community as it is simulated; also of a branch, since a fork copies it."""

    def __init__(self, since: int, perturb: bool) -> None:
        self._since, self._perturb = since, perturb
        self._courses = Courses()
        self._seen = dict.fromkeys(READ, 0)
        self._values: list[dict[str, float | None]] = []
        self._drawn: list[Standing] = []
        self._last: Community | None = None

    def __call__(self, c: Community) -> None:
        if self._perturb:
            c.perturb_visits(self._since)
        new = {name: c.ledger[name].since(seen) for name, seen in self._seen.items()}
        for name, rows in new.items():
            self._seen[name] += len(rows)
        self._values.append(self._courses.day(c, new))
        self._last = c
        if c.days_simulated > self._since:
            phase = c.people.phase[: c.people.known].tolist()
            self._drawn.append({"phase": "".join(map(str, phase)), "place": "".join(map(str, places(c)))})

    def side(self, run: Simulated) -> Side:
        """Return what is kept of the run that was watched."""
        assert self._last is not None
        window = replace(run.window, start=self._since)
        fared = client_days(window)
        clients = ClientStates(
            fared.key.tolist(), fared.hard_days.astype(np.int32), fared.days.astype(np.int32), states(self._last)
        )
        courses = {name: np.array([day[name] for day in self._values], dtype=float) for name in PLOTS}
        return Side(courses, measure(window), clients, self._drawn)


def simulate_sides(compared: Compared, replication: int) -> Replication:
    """Simulate run A, run B and the placebo run in one replication; they share the days that are equal."""
    days = compared.day - compared.a.world.warm_up_days
    scenarios = [restated(each, {"run.days": days}) for each in (compared.a, compared.b, compared.a)]
    perturbed = [False, False, True]
    watch = _Watch(compared.since, perturb=False)
    sides = branch(scenarios, perturbed, replication, watch.side, watch, compared.since)
    if sides is None:
        watches = [_Watch(compared.since, perturb) for perturb in perturbed]
        sides = [
            watch.side(simulate(scenario, replication, watch=watch))
            for scenario, watch in zip(scenarios, watches, strict=True)
        ]
    first = sides[0]
    tallies = [tally(client_effects(first.clients, side.clients)) for side in sides]
    differing = [[state_differs(a, b) for a, b in zip(first.drawn, side.drawn, strict=True)] for side in sides]
    return Replication(
        {
            **{name: np.array([side.courses[name] for side in sides]) for name in PLOTS},
            DIFFERING: np.array(differing, dtype=float),
        },
        {name: np.array([side.outcomes.get(name, np.nan) for side in sides]) for name in first.outcomes},
        np.array([float(each.better) for each in tallies]),
        np.array([float(each.worse) for each in tallies]),
    )


def _in_the_background(compared: Compared, replications: Sequence[int], niceness: int) -> list[Replication]:
    """Do some replications with what the play leaves over of the machine."""
    if niceness and hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, 0, niceness)
        with suppress(OSError):  # Linux weighs sessions first where it groups processes by them, and a worker is one
            Path("/proc/self/autogroup").write_text(str(niceness))
    return [simulate_sides(compared, replication) for replication in replications]


class Finding(NamedTuple):
    """What is compared of one plot or outcome.

    Attributes:
        label, unit: as people say it.
        here: B minus A in the run in the room.
        further: the comparison over the further runs.
        same_way: in how many of them B differs from A in the same direction as here.
        placebo: the placebo run minus A in the run in the room.
        chance: ends of the middle 90% of such differences over the further runs; nan where it is rarely defined.
    """

    label: str
    unit: str
    here: float
    further: Paired
    same_way: int
    placebo: float
    chance: tuple[float, float]


def _finding(label: str, unit: str, values: Floats) -> Finding:
    """Compare values of shape (runs, sides), of which the first run is the one in the room."""
    change, noise = values[:, 1] - values[:, 0], values[:, 2] - values[:, 0]
    same = int((np.sign(change[1:]) == np.sign(change[0])).sum())
    further = paired(values[1:, 0], values[1:, 1])
    return Finding(label, unit, float(change[0]), further, same, float(noise[0]), middle(noise[1:]))


@dataclass(frozen=True)
class Results:
    """What further runs gave.

    Attributes:
        compared: what they are of.
        runs: the run in the room, then the further ones.
    """

    compared: Compared
    runs: tuple[Replication, ...]

    def of_plots(self, names: Sequence[str]) -> list[Finding]:
        """Compare the means of some plots over the days that are compared."""
        found = []
        for plot in (PLOTS[name] for name in names if name in PLOTS):
            values = np.stack([run.courses[plot.name][:, self.compared.since :] for run in self.runs])
            with np.errstate(invalid="ignore"):
                days = np.isfinite(values).sum(axis=2)
                means = np.nansum(values, axis=2) / np.where(days, days, np.nan)
            found.append(_finding(plot.label, f"{plot.unit}, mean of these days", means))
        return found

    def of_outcomes(self, names: Sequence[str]) -> list[Finding]:
        """Compare some outcomes over the days that are compared."""
        found = []
        for name in names:
            outcome = find(name)
            values = outcome.shown(1.0) * np.stack([run.outcomes[name] for run in self.runs])
            found.append(_finding(outcome.label, outcome.shown_unit, values))
        return found

    def people(self) -> dict[str, tuple[Floats, Floats]]:
        """Return how many clients do better, and worse, in each further run; by run B and the placebo run."""
        better, worse = (np.stack([getattr(run, what) for run in self.runs[1:]]) for what in ("better", "worse"))
        return {name: (better[:, n], worse[:, n]) for n, name in enumerate(SIDES) if n}

    def bands(self, names: Sequence[str]) -> dict[str, dict[str, dict[str, object]]]:
        """Return for the plots, by plot and run, what is drawn of the further runs, a value each seventh day.

        Of each: the ``first`` day, days in a ``step``, and ``low``, ``mean`` and ``high``, where 90% of the runs
        are between low and high; None where fewer than 20 have a value. The placebo run is told only where it is the
        comparator, in how many clients differ.
        """
        return {name: dict(self._bands(name)) for name in names}

    def _bands(self, name: str) -> Iterator[tuple[str, dict[str, object]]]:
        first = self.compared.since if name == DIFFERING else 0
        for side in ("b", "p") if name == DIFFERING else ("a", "b"):
            values = np.stack([run.courses[name][SIDES.index(side)] for run in self.runs[1:]])
            begin = (values.shape[1] - 1) % WEEK_DAYS  # so that the last day is among them
            values = values[:, begin::WEEK_DAYS]
            defined = np.isfinite(values).all(axis=0)
            low, high = np.quantile(values, (0.05, 0.95), axis=0)
            rows = {"low": low, "mean": values.mean(axis=0), "high": high}
            listed = {
                what: [round(v, 3) if ok else None for v, ok in zip(row.tolist(), defined.tolist(), strict=True)]
                for what, row in rows.items()
            }
            yield side, {"first": first + begin, "step": WEEK_DAYS, **listed}


class _Pool(WorkerPool):
    """Worker processes that another thread can cancel."""

    is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True
        self.close(kill=True)

    def check(self, silence: float) -> None:
        """Raise once it was cancelled, since what is sent after that is never done."""
        if self.is_cancelled:
            raise CmsimError("cancelled")


class FurtherRuns:
    """Further runs under way, or done.

    Args:
        compared: what they are of.
        niceness: how far they give way to all else on this machine, 0 to 19.

    Attributes:
        done: replications done, of ``total``, the one in the room among them.
        results: once all are done.
        error: what went wrong, empty if nothing did.
    """

    _turn = threading.Semaphore(1)  # however many pages there are, one at a time has the machine

    def __init__(self, compared: Compared, niceness: int = NICENESS) -> None:
        self.compared, self._niceness = compared, niceness
        self.done, self.total = 0, FURTHER + 1
        self.results: Results | None = None
        self.error = ""
        self._found: dict[int, Replication] = {}
        self._next = count()
        self._pool = _Pool(os.cpu_count() or 1)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether some are still to be done."""
        return self._thread.is_alive()

    def wait(self) -> None:
        """Wait until all are done."""
        self._thread.join()

    def cancel(self) -> None:
        """End them at once; nothing is kept of them."""
        self._pool.cancel()

    def _run(self) -> None:
        while not self._turn.acquire(timeout=0.2):
            if self._pool.is_cancelled:
                return
        try:
            if not self._pool.is_cancelled:
                run_jobs(self, self._pool)
                self.results = Results(self.compared, tuple(self._found[n] for n in range(self.total)))
        except Exception as error:
            if not self._pool.is_cancelled:
                self.error = str(error)
        finally:
            self._turn.release()

    # -- a source of jobs ------------------------------------------------------------------------------------

    def next_job(self) -> Sequence[int] | None:
        """Return the next replication."""
        n = next(self._next)
        return [n] if n < self.total else None

    def call(self, job: Sequence[int], alone: bool) -> tuple[Callable[..., list[Replication]], tuple[object, ...]]:
        """Return what does a job."""
        return _in_the_background, (self.compared, job, self._niceness)

    def on_reports(self, reports: Sequence[tuple[Sequence[int], list[Replication]]]) -> None:
        """Take what came back; once they are cancelled, end."""
        self._pool.check(0.0)
        for job, report in reports:
            self._found.update(zip(job, report, strict=True))
        self.done = len(self._found)

    def on_quarantined(self, item: int) -> None:
        """Say that a process was ended again and again."""
        raise CmsimError(
            f"the process of further run {item} was ended from outside {DEATHS} times, mostly for a lack of memory; "
            "allowed: fewer pages at a time"
        )
