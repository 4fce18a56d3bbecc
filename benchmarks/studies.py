"""What a study costs beside its runs. See README.md beside this file.

python benchmarks/studies.py many [--runs 100000]  made-up runs: overhead, memory, status, resuming
python benchmarks/studies.py pair [--runs 60]      two workers against two processes without a study
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cmsim.experiments.study import load_study, sweep
from cmsim.experiments.study.run_job import kept
from cmsim.experiments.study.run_store import select, stores
from cmsim.experiments.study.study_file import Keep

HERE = Path(__file__)
OUTCOMES = 40
CELLS = 100
PAIR = {"world.population.clients": 100, "world.warm_up_days": 100, "run.days": 265}


def no_time(scenario, replication):
    """Return so many outcomes in a few microseconds."""
    code = hashlib.blake2b(replication.to_bytes(8), digest_size=6).digest()
    value = int.from_bytes(code) / 2**48
    return {f"outcome_{i}": value * i for i in range(OUTCOMES)}


def many_study(runs: int) -> dict:
    """Return a study of made-up runs in a hundred cells."""
    return {
        "scenarios": ["usual_care"],
        "replications": runs // CELLS,
        "levers": {"service.caseload.size": list(range(10, 10 + CELLS))},
    }


def many_here(runs: int, directory: Path, workers: int) -> None:
    """Sweep made-up runs in this process and print what it took."""
    began = time.perf_counter()
    study = sweep(many_study(runs), directory, workers=workers, run=no_time)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak MB": peak, "complete": study.status().complete}))


def _many(runs: int, directory: Path, workers: int) -> dict:
    command = [sys.executable, str(HERE), "many-here", "--runs", str(runs), "--out", str(directory)]
    command += ["--workers", str(workers)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def many(runs: int) -> None:
    """Measure overhead, memory, status and resuming."""
    place = Path(tempfile.mkdtemp(prefix="cmsim-many-", dir=os.environ.get("CMSIM_BENCHMARK_DIR")))
    try:
        few = _many(1_000, place / "few", 2)
        print(f"1,000 runs, 2 workers: {few['seconds']:.1f} s, driver at most {few['peak MB']:.0f} MB")
        all_of_them = _many(runs, place / "many", 2)
        per_run = (all_of_them["seconds"] - few["seconds"]) / (runs - 1_000)
        print(
            f"{runs:,} runs, 2 workers: {all_of_them['seconds']:.1f} s, driver at most {all_of_them['peak MB']:.0f} MB"
        )
        print(f"  wall time a run beyond the start: {1e3 * per_run:.3f} ms; on both workers {2e3 * per_run:.3f} ms")
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "cmsim", "study", "status", str(place / "many")], check=True)
        print(f"  status: {time.perf_counter() - began:.2f} s")
        began = time.perf_counter()
        frame = load_study(place / "many").runs
        print(f"  reading {len(frame):,} runs: {time.perf_counter() - began:.2f} s")
        command = [sys.executable, str(HERE), "many-here", "--runs", str(runs), "--out", str(place / "killed")]
        driver = subprocess.Popen([*command, "--workers", "2"], stdout=subprocess.DEVNULL)
        time.sleep(all_of_them["seconds"] / 2)
        os.kill(driver.pid, signal.SIGKILL)
        driver.wait()
        time.sleep(2)
        held = sum(len(list(select(path, ("run_key",)))) for path in stores(place / "killed" / "store"))
        rest = _many(runs, place / "killed", 2)
        print(f"  killed with {held:,} runs done; resumed: {rest['seconds']:.1f} s")
        same = (place / "killed" / "runs.parquet").read_bytes() == (place / "many" / "runs.parquet").read_bytes()
        print(f"  tables equal, byte for byte: {same}")
        alone = _many(runs // 10, place / "alone", 1)
        print(
            f"{runs // 10:,} runs in one process: {1e3 * alone['seconds'] / (runs // 10):.3f} ms a run, start included"
        )
    finally:
        shutil.rmtree(place)


def by_hand(first: int, count: int) -> None:
    """Do runs without a study: simulate and sum up."""
    import cmsim

    scenario = cmsim.load_scenario("usual_care").replace(PAIR)
    for replication in range(first, first + count):
        kept(cmsim.simulate(scenario, replication), Keep())


def _children() -> float:
    """Return the processor time of all processes that this one has waited for, and theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def pair(runs: int, repeats: int) -> None:
    """Compare two workers with two processes of their own, one measurement after the other."""
    ratios = []
    for _ in range(repeats):
        place = Path(tempfile.mkdtemp(prefix="cmsim-pair-"))
        try:
            began, used = time.perf_counter(), _children()
            halves = [
                subprocess.Popen([sys.executable, str(HERE), "by-hand", "--runs", str(runs // 2), "--first", first])
                for first in ("0", str(runs // 2))
            ]
            for half in halves:
                half.wait()
            apart, apart_used = time.perf_counter() - began, _children() - used
            file = place / "study.toml"
            settings = "\n".join(f'"{key}" = {value}' for key, value in PAIR.items())
            file.write_text(f'scenarios = ["usual_care"]\nreplications = {runs}\n[settings]\n{settings}\n')
            command = [sys.executable, "-m", "cmsim", "sweep", str(file), "--out", str(place / "out")]
            began, used = time.perf_counter(), _children()
            subprocess.run([*command, "--workers", "2"], check=True, stdout=subprocess.DEVNULL)
            together, together_used = time.perf_counter() - began, _children() - used
        finally:
            shutil.rmtree(place)
        ratios.append(apart / together)
        print(
            f"{runs} runs: apart {apart:.1f} s, as a study {together:.1f} s, ratio {ratios[-1]:.3f}; "
            f"processor time {apart_used:.1f} and {together_used:.1f} s, "
            f"ratio {apart_used / together_used:.3f}",
            flush=True,
        )
    print(f"median ratio {sorted(ratios)[len(ratios) // 2]:.3f}")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["many", "pair", "many-here", "by-hand"])
    parser.add_argument("--runs", type=int)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=2, help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.what == "many":
        many(asked.runs or 100_000)
    elif asked.what == "pair":
        pair(asked.runs or 60, asked.repeats)
    elif asked.what == "many-here":
        many_here(asked.runs, asked.out, asked.workers)
    else:
        by_hand(asked.first, asked.runs)


if __name__ == "__main__":
    main()
