"""How fast the community lives, and where the time goes. See README.md beside this file.

python benchmarks/run.py [--clients 300 3000 30000] [--days 730]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

import simpy

import cmsim
from cmsim.core.memory import left_alone
from cmsim.core.simtime import YEAR_DAYS
from cmsim.model.agents import case_manager, planned_contact
from cmsim.model.community import Community
from cmsim.model.steps import (
    contact_effects,
    contact_scheduling,
    daily_record,
    daily_update,
    exogenous_events,
    weekly_update,
)
from cmsim.schema.codes import ContactOutcome, Counterpart

SIZES = (300, 3_000, 30_000)
DAYS = {30_000: 365}
"""Days simulated at a size, where it is not two years."""
USUAL_DAYS = 730
QUIET_MACHINE = 700_000
"""Bare SimPy timeouts a second to which figures are scaled."""
BURST_EVERY = 15
"""Days between two bursts of bare timeouts."""
BURST_PROCESSES, BURST_TIMEOUTS = 100, 300
FIRST_DAYS = 14
"""Days simulated before measuring begins, in which every compiled loop is loaded or compiled."""
SAMPLE = 16
"""One planned contact in so many is timed, so that timing costs next to nothing."""
STAGES = ("exogenous", "staff", "plan", "run", "effect", "night", "week", "write", "ledger")

SCALED = (
    "staff.case_managers",
    "staff.psychiatrists",
    "hospital.beds",
    "crisis.teams",
    "agencies.housing",
    "agencies.benefits",
    "agencies.day_programme",
    "agencies.work",
    "agencies.substance_use",
    "agencies.general_health",
)
"""What a service has more of where there are more clients."""


def scenario(clients: int, days: int) -> cmsim.Scenario:
    """Usual care with so many clients, and everything shared in proportion."""
    usual = cmsim.load_scenario("usual_care")
    settings: dict[str, Any] = {"world.population.clients": clients, "world.warm_up_days": 0, "run.days": days}
    for part in ("baseline", "service"):
        for key in SCALED:
            value = getattr(usual, part)
            for name in key.split("."):
                value = getattr(value, name)
            settings[f"{part}.{key}"] = max(round(value * clients / usual.world.population.clients), 1)
    return usual.replace(settings)


def bare_timeouts() -> tuple[int, float]:
    """Let SimPy alone fire timeouts; return how many and how long it took."""
    env = simpy.Environment()

    def ticking() -> Any:
        for _ in range(BURST_TIMEOUTS):
            yield env.timeout(1)

    for _ in range(BURST_PROCESSES):
        env.process(ticking())
    began = perf_counter()
    env.run()
    return BURST_PROCESSES * BURST_TIMEOUTS, perf_counter() - began


class Stopwatch:
    """Seconds by stage of the day. Functions are replaced by timed ones; ``Community.step`` is what runs."""

    def __init__(self, community: Community) -> None:
        self.seconds = dict.fromkeys((*STAGES, "meet"), 0.0)
        self.calls = 0
        for stage, module in (
            ("exogenous", exogenous_events),
            ("plan", contact_scheduling),
            ("effect", contact_effects),
            ("night", daily_update),
            ("week", weekly_update),
            ("write", daily_record),
        ):
            setattr(module, stage, self._timed(stage, getattr(module, stage)))
        for stage, owner, name in (
            ("run", community.env, "run"),
            ("staff", community.staffing, "morning"),
            ("ledger", community.ledger, "settle"),
        ):
            setattr(owner, name, self._timed(stage, getattr(owner, name)))
        self._sample_contacts()

    def _timed(self, stage: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **named: Any) -> Any:
            began = perf_counter()
            try:
                return act(*args, **named)
            finally:
                self.seconds[stage] += perf_counter() - began

        return timed

    def _sample_contacts(self) -> None:
        meet = planned_contact.meet

        def sampled(*contact: Any) -> int:
            self.calls += 1
            if self.calls % SAMPLE:
                return meet(*contact)
            began = perf_counter()
            minutes = meet(*contact)
            self.seconds["meet"] += (perf_counter() - began) * SAMPLE
            return minutes

        case_manager.meet = sampled  # type: ignore[assignment]


def measure(clients: int, days: int) -> dict[str, float]:
    """Live through one run and return its figures."""
    spec = scenario(clients, days + FIRST_DAYS)
    began = perf_counter()
    community = Community(spec)
    figures = {"clients": clients, "days": days, "seconds to set up": perf_counter() - began}
    began = perf_counter()
    for _ in range(FIRST_DAYS):
        community.step()
    figures["seconds of the first days, not counted below"] = perf_counter() - began
    before = {name: len(community.ledger[name]) for name in ("daily", "contacts")}
    events_before = community.env.scheduled
    watch = Stopwatch(community)
    spent = bare_seconds = 0.0
    bare = 0
    with left_alone():  # as in ``simulate``
        for day in range(days):
            if day % BURST_EVERY == 0:
                count, seconds = bare_timeouts()
                bare, bare_seconds = bare + count, bare_seconds + seconds
            began = perf_counter()
            community.step()
            spent += perf_counter() - began
    community.close()
    events = community.env.scheduled - events_before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    daily = community.ledger["daily"].rows()[before["daily"] :]
    contacts = community.ledger["contacts"].rows()[before["contacts"] :]
    years = float(daily["open"].sum() + daily["waiting"].sum()) / YEAR_DAYS
    held = contacts["outcome"] == ContactOutcome.HELD
    met = contacts["with"] == Counterpart.CLIENT
    rate = bare / bare_seconds
    figures |= {
        "client-years": years,
        "seconds to simulate": spent,
        "client-years/s": years / spent,
        "bare SimPy timeouts/s, interleaved": rate,
        f"client-years/s where bare SimPy fires {QUIET_MACHINE:,}/s": years / spent * QUIET_MACHINE / rate,
        "contacts held/s": held.sum() / spent,
        "contacts with the client, per client-year": (held & met).sum() / years,
        "contacts about the client, per client-year": (held & ~met).sum() / years,
        "SimPy events per client-year": events / years,
        "times bare SimPy firing as many timeouts": spent / (events / rate),
        "peak memory, MB": peak / 1e6,
    }
    whole = sum(watch.seconds[stage] for stage in STAGES)
    for stage in STAGES:
        figures[f"% {stage}"] = 100.0 * watch.seconds[stage] / whole
    figures["% of which planned contacts of case managers"] = 100.0 * watch.seconds["meet"] / whole
    return figures


def show(results: list[dict[str, float]]) -> None:
    """Print a table, one column a size."""
    for name in results[0]:
        cells = "".join(f"{_shown(result[name]):>12}" for result in results)
        print(f"{name:<62}{cells}")


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"


def main() -> None:
    """Measure each size in a process of its own, so that peak memory is that of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=SIZES, help="sizes of the agency")
    parser.add_argument("--days", type=int, help="days to live through; by default 730, and 365 at 30,000 clients")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        size = asked.clients[0]
        print(json.dumps({name: float(value) for name, value in measure(size, asked.days).items()}))
        return
    results = []
    for size in asked.clients:
        days = asked.days or DAYS.get(size, USUAL_DAYS)
        command = [sys.executable, __file__, "--here", "--clients", str(size), "--days", str(days)]
        results.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    if asked.json:
        print(json.dumps(results, indent=2))
    else:
        show(results)


if __name__ == "__main__":
    main()
