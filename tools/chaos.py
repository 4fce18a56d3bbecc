"""Sweep a small study while it is disturbed, again and again, against one that is left in peace.

python tools/chaos.py [--minutes N] [--seed N]

Drivers and workers are killed, stopped and sent signals, the disk fills up, bits of files flip. Nothing that the store
held before may be lost or different after it, but for what a flipped bit has hit; and every merged row and event log
must be that of the undisturbed study. Prints totals; status 1 unless nothing was lost, false or wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from cmsim.experiments.study.run_store import COMPLETE, RESULTS, read_rows, stores
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
REPLICATIONS = 20
ROUND = 8
"""Disturbances of one study, at most, before it is left to finish."""
_LONGEST = 2.0
"""Seconds until the next disturbance, at most, counted from the first run that is saved."""
_PATIENCE = 300.0
"""Seconds in which a driver has to end, or to save its next run."""

Held = dict[bytes, tuple[object, ...]]


class Chance:
    """Uniform numbers by number of the draw: the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._seed, self._drawn = seed, 0

    def uniform(self) -> float:
        """Return the next number, 0 <= u < 1."""
        self._drawn += 1
        code = hashlib.blake2b(f"{self._seed} {self._drawn}".encode(), digest_size=6).digest()
        return int.from_bytes(code) / 2**48

    def below(self, count: int) -> int:
        """Return a whole number from 0 to ``count`` - 1."""
        return int(self.uniform() * count)


class Trial:
    """One study while it is disturbed.

    Attributes:
        totals: what was done and what came of it, by name.
    """

    def __init__(self, file: Path, directory: Path, chance: Chance, totals: Counter[str]) -> None:
        self.file, self.directory, self.chance, self.totals = file, directory, chance, totals
        self.driver: subprocess.Popen[bytes] | None = None

    def start(self, largest_file: int = resource.RLIM_INFINITY) -> subprocess.Popen[bytes]:
        """Start a sweep, with a limit to the size of files that stands for a full disk."""
        command = [sys.executable, "-m", "cmsim", "sweep", str(self.file), "--out", str(self.directory)]
        command += ["--prices", "none"]  # as from Python, with which it is compared

        def limit() -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))

        with (self.file.parent / "errors.txt").open("ab") as errors:
            self.driver = subprocess.Popen(
                [*command, "--workers", "2"], stdout=subprocess.DEVNULL, stderr=errors, preexec_fn=limit
            )
        return self.driver

    def end(self, *allowed: int) -> int:
        """Wait for the driver to end; what is not allowed counts as wrong."""
        assert self.driver is not None
        try:
            status = self.driver.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.driver.kill()
            status = self.driver.wait()
            allowed = ()
        self.totals["wrong ends of a driver"] += status not in (0, *allowed)
        self.driver = None
        return status

    def disturb(self) -> None:
        """Wait for more runs to be saved, then disturb, and compare what is saved before and after."""
        driver = self.driver or self.start()
        already, until = len(acknowledged(self.directory)), time.monotonic() + _PATIENCE
        while driver.poll() is None and len(acknowledged(self.directory)) == already and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(self.chance.uniform() * _LONGEST)
        name = list(DISTURBANCES)[self.chance.below(len(DISTURBANCES))]
        before = acknowledged(self.directory)
        if driver.poll() is not None:
            self.end()
            return
        DISTURBANCES[name](self)
        self.totals[name] += 1
        if name != "flipped bits":
            after = acknowledged(self.directory)
            self.totals["acknowledged at risk"] += len(before)
            self.totals["acknowledged lost"] += sum(after.get(key) != held for key, held in before.items())

    def kill_driver(self) -> None:
        """Kill the driver."""
        assert self.driver is not None
        self.driver.kill()
        self.end(-signal.SIGKILL)

    def kill_worker(self, number: int = signal.SIGKILL) -> None:
        """Kill a worker, or send it another signal."""
        assert self.driver is not None
        if found := workers_of(self.driver.pid):
            os.kill(found[self.chance.below(len(found))], number)

    def stop_worker(self) -> None:
        """Stop the workers for a second; one of them is killed while it is stopped."""
        assert self.driver is not None
        found = workers_of(self.driver.pid)
        for process in found:
            os.kill(process, signal.SIGSTOP)
        time.sleep(1.0)
        self.kill_worker()
        for process in workers_of(self.driver.pid):
            os.kill(process, signal.SIGCONT)

    def stop_driver(self) -> None:
        """Send the driver one of the signals that ask to stop."""
        assert self.driver is not None
        signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
        self.driver.send_signal(signals[self.chance.below(len(signals))])
        self.end(130)

    def fill_disk(self) -> None:
        """Go on where files may hardly grow any more."""
        self.kill_driver()
        sizes = [path.stat().st_size for path in stores(self.directory / "store")]
        self.start(max(sizes) + 4096 * (1 + self.chance.below(20)))
        self.end(2)

    def flip_bit(self) -> None:
        """Flip a bit of a file; where the sweep then refuses to go on, take it back."""
        self.kill_driver()
        files = sorted(path for path in self.directory.rglob("*") if path.is_file() and path.stat().st_size)
        path = files[self.chance.below(len(files))]
        good = path.read_bytes()
        content = bytearray(good)
        content[self.chance.below(len(content))] ^= 1 << self.chance.below(8)
        path.write_bytes(content)
        self.start()
        if self.end(2) == 2:
            self.totals["sweeps refused after a flip"] += 1
            path.write_bytes(good)


DISTURBANCES: dict[str, Callable[[Trial], None]] = {
    "killed drivers": Trial.kill_driver,
    "killed workers": Trial.kill_worker,
    "stopped workers": Trial.stop_worker,
    "signals to drivers": Trial.stop_driver,
    "full disks": Trial.fill_disk,
    "flipped bits": Trial.flip_bit,
}


def acknowledged(directory: Path) -> Held:
    """Return what the store holds of every complete run."""
    rows = (row for path in stores(directory / "store") for row in read_rows(path, only_intact=True))
    return {row.run_key: tuple(getattr(row, name) for name in RESULTS) for row in rows if row.status == COMPLETE}


def workers_of(driver: int) -> list[int]:
    """Return the processes of a driver that do runs."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            is_worker = parent == driver and "worker_pool" in (entry / "cmdline").read_text()
        except (OSError, IndexError):
            continue
        if is_worker and entry.name.isdigit():
            found.append(int(entry.name))
    return sorted(found)


def merged(directory: Path) -> set[tuple[str, ...]]:
    """Return every row of the merged tables and every event log, as they must come out."""
    study = load_study(directory)
    rows = {
        (name, *map(str, row))
        for name in ("runs", "groups", "spreads", "courses")
        for row in study.part(name).itertuples(index=False)
    }
    logs = (directory / "events").rglob("*.parquet")
    return rows | {(path.name, hashlib.blake2b(path.read_bytes()).hexdigest()) for path in logs}


def disturbed(file: Path, directory: Path, chance: Chance, totals: Counter[str], peace: set[tuple[str, ...]]) -> None:
    """Sweep a study while it is disturbed, then let it finish, and compare it with the undisturbed one."""
    trial = Trial(file, directory, chance, totals)
    for _ in range(ROUND):
        trial.disturb()
        if trial.driver is None and (directory / "merged.json").exists() and load_study(directory).finished:
            break
    if trial.driver is None:
        trial.start()
    if trial.end():  # a driver that lost a worker goes on, one that was asked to stop does not
        trial.start()
        trial.end()
    found = merged(directory)
    totals["studies"] += 1
    totals["false rows merged"] += len(found - peace)
    totals["rows missing"] += len(peace - found)


def chaos(minutes: float, seed: int, place: Path, replications: int = REPLICATIONS) -> Counter[str]:
    """Disturb one study after another until the time is over; return totals by name."""
    file = place / "study.toml"
    file.write_text(STUDY.format(replications=replications), encoding="utf-8")
    peace = merged(sweep(file, place / "in-peace", workers=1).directory)
    totals: Counter[str] = Counter({"acknowledged lost": 0, "false rows merged": 0, "wrong ends of a driver": 0})
    chance, end = Chance(seed), time.monotonic() + 60.0 * minutes
    while not totals["studies"] or time.monotonic() < end:
        disturbed(file, place / "disturbed", chance, totals, peace)
        shutil.rmtree(place / "disturbed")
    return totals


def main() -> None:
    """Do as asked for, and print the totals."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--minutes", type=float, default=10.0)
    words.add_argument("--seed", type=int, default=1)
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="cmsim-chaos-") as place:
        totals = chaos(asked.minutes, asked.seed, Path(place))
        errors = (Path(place) / "errors.txt").read_text(encoding="utf-8", errors="replace")
    for name, count in sorted(totals.items()):
        print(f"{name}: {count:,}")
    bad = totals["acknowledged lost"] + totals["false rows merged"] + totals["rows missing"]
    if bad + totals["wrong ends of a driver"]:
        print(errors[-4000:])
        sys.exit(1)


if __name__ == "__main__":
    main()
