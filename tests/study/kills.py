"""A sweep whose driver and workers are killed at random moments, against one that is left in peace.

python tests/study/kills.py [KILLS] [SEED]

Nothing that the store held before a kill may be missing or different after it, and once merged the study must
be the undisturbed one, byte for byte: tables and event logs. Prints what happened; fails if it is not so.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cmsim.experiments.study.run_store import COMPLETE, RESULTS, select, stores
from cmsim.experiments.study.study_result import load_study
from cmsim.experiments.study.study_sweep import sweep

STUDY = """
scenarios = ["usual_care", "small_caseload"]
replications = {replications}
[settings]
"world.population.clients" = 40
"world.warm_up_days" = 40
"run.days" = 40
"service.staff.case_managers" = 2
"baseline.staff.case_managers" = 2
[levers]
"service.turnover.handover.rule" = ["cold", "warm"]
[uncertainties]
"world.illness.onset_rate" = {{}}
[design]
uncertainties = {{ kind = "latin_hypercube", draws = 2 }}
[keep]
courses = true
events = true
"""
WORKERS = 2
_LONGEST = 3.0
"""Seconds until the next kill, at most, counted from the first run that is recorded."""


class Chance:
    """Uniform numbers by number of the draw: the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._drawn = 0

    def uniform(self) -> float:
        """Return the next number, 0 <= u < 1."""
        self._drawn += 1
        code = hashlib.blake2b(f"{self._seed} {self._drawn}".encode(), digest_size=6).digest()
        return int.from_bytes(code) / 2**48


def acknowledged(directory: Path) -> dict[bytes, tuple[object, ...]]:
    """Return what the store holds of every complete run."""
    held: dict[bytes, tuple[object, ...]] = {}
    for path in stores(directory / "store"):
        for key, status, *results in select(path, ("run_key", "status", *RESULTS)):
            if status == COMPLETE:
                held[key] = tuple(results)  # type: ignore[index]
    return held


def workers_of(driver: int) -> list[int]:
    """Return the processes of a driver that do runs."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # of any program on this machine, whose words may be in any encoding
            parent = int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == driver and b"worker_pool" in words:
            found.append(int(entry.name))
    return sorted(found)


def content(directory: Path) -> dict[str, bytes]:
    """Return everything that must be equal, byte for byte."""
    files = [directory / f"{name}.parquet" for name in ("runs", "groups", "spreads", "courses")]
    files += (directory / "events").rglob("*.parquet")
    return {str(path.relative_to(directory)): path.read_bytes() for path in sorted(files)}


def disturbed(file: Path, directory: Path, kills: int, seed: int) -> dict[str, int]:
    """Sweep a study while it is disturbed; return how often the driver and workers were killed.

    Raises:
        AssertionError: something acknowledged was lost or changed, or a driver failed.
    """
    chance = Chance(seed)
    tally = {"drivers": 0, "workers": 0, "restarts": 0}
    driver = None
    while tally["drivers"] + tally["workers"] < kills and not _finished(directory):
        if driver is None or driver.poll() is not None:
            assert driver is None or driver.returncode in (0, -signal.SIGKILL), driver.returncode
            tally["restarts"] += driver is not None
            driver = _start(file, directory)
            wait_for_more(directory, driver)
        time.sleep(chance.uniform() * _LONGEST)
        before = acknowledged(directory)
        victims = workers_of(driver.pid)
        if chance.uniform() < 0.5 and victims:
            victim, sort = victims[int(chance.uniform() * len(victims))], "workers"
        else:
            victim, sort = driver.pid, "drivers"
        if driver.poll() is not None:
            continue
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            continue
        if sort == "drivers":
            driver.wait()
        tally[sort] += 1
        after = acknowledged(directory)
        assert before.items() <= after.items(), "a run that was acknowledged is lost or changed"
    while driver is None or driver.wait() != 0:
        assert driver is None or driver.returncode == -signal.SIGKILL, driver.returncode
        driver = _start(file, directory)
    return tally


def _start(file: Path, directory: Path) -> subprocess.Popen[bytes]:
    words = ["study", "resume", str(directory)] if (directory / "manifest.json").exists() else None
    words = words or ["sweep", str(file), "--out", str(directory), "--prices", "none"]
    command = [sys.executable, "-m", "cmsim", *words, "--workers", str(WORKERS)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=None)


def wait_for_more(directory: Path, driver: subprocess.Popen[bytes]) -> None:
    """Wait until the driver has saved something."""
    already = len(acknowledged(directory))
    while driver.poll() is None and len(acknowledged(directory)) == already:
        time.sleep(0.05)


def _finished(directory: Path) -> bool:
    return (directory / "manifest.json").exists() and load_study(directory).finished


def trial(kills: int, seed: int, replications: int, place: Path) -> dict[str, int]:
    """Sweep a study twice, disturbed and in peace, and compare.

    Raises:
        AssertionError: they differ.
    """
    file = place / "study.toml"
    file.write_text(STUDY.format(replications=replications))
    tally = disturbed(file, place / "disturbed", kills, seed)
    sweep(file, place / "in-peace", workers=1)
    mine, theirs = content(place / "disturbed"), content(place / "in-peace")
    assert mine.keys() == theirs.keys()
    assert mine == theirs
    return {**tally, "runs": len(acknowledged(place / "disturbed")), "files": len(mine)}


def main() -> None:
    """Do as many kills as asked for, in as many trials as that takes."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    done = 0
    while done < kills:
        place = Path(tempfile.mkdtemp(prefix="cmsim-kills-"))
        try:
            tally = trial(kills - done, seed, 60, place)
        finally:
            shutil.rmtree(place)
        done += tally["drivers"] + tally["workers"]
        seed += 1
        print(tally, flush=True)
    print(f"{done} kills: nothing acknowledged was lost, every merged study equals the undisturbed one")


if __name__ == "__main__":
    main()
