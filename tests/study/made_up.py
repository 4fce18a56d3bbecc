"""Runs that are made up, for tests of everything around a run: quick, slow, wrong, or deadly on demand."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from pathlib import Path

STUDY = {
    "scenarios": ["usual_care"],
    "replications": 8,
    "levers": {"service.caseload.size": [15, 20, 25]},
    "uncertainties": {"world.illness.onset_rate": {}},
    "design": {"uncertainties": {"kind": "latin_hypercube", "draws": 2}},
}
"""48 runs: three choices, two draws, eight replications."""


def _value(scenario, replication):
    code = hashlib.blake2b(f"{scenario.digest()} {replication}".encode(), digest_size=6)
    return int.from_bytes(code.digest()) / 2**48


def quick(scenario, replication):
    """Return two outcomes that depend on scenario and replication only."""
    value = _value(scenario, replication)
    return {"value": value, "undefined": float("nan") if value < 0.1 else 1.0}


def steady(scenario, replication):
    """Take some 5 ms."""
    time.sleep(0.005)
    return quick(scenario, replication)


def fallible(scenario, replication):
    """Go wrong in replication 3, and take too long in replication 5."""
    if replication == 3:
        raise ArithmeticError("nothing to divide by")
    if replication == 5:
        time.sleep(30)
    return quick(scenario, replication)


def poisonous(scenario, replication):
    """End the process in one replication of one choice."""
    if replication == 4 and scenario.service.caseload.size == 20:
        os.kill(os.getpid(), signal.SIGKILL)
    return steady(scenario, replication)


def unlucky(scenario, replication):
    """End the process the first time that a replication is run, as if somebody had killed it from outside."""
    mark = Path(os.environ["CMSIM_TEST_MARK"])
    if replication == 2 and not mark.exists():
        mark.write_text("died once")
        os.kill(os.getpid(), signal.SIGKILL)
    return steady(scenario, replication)


def counted(scenario, replication):
    """Leave a line in a file for every run that is done."""
    with open(os.environ["CMSIM_TEST_MARK"], "a") as file:
        file.write(f"{scenario.digest()} {replication}\n")
    return quick(scenario, replication)
