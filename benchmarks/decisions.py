"""What it takes from a question to its stated answer. See README.md beside this file.

python benchmarks/decisions.py [pair] [best] [uncertain] [trial] [first] [app] [--other CHECKOUT] [--turns 5]

``--other`` is another checkout of the project, whose commands are given in turn with those of this one, so that a slow
minute of the machine falls on both. Processor time is that of all processes that a command had; ``wall`` is the clock.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parents[1]
SIZES = (12, 14, 16, 18, 20, 22, 25, 30)
"""The caseloads of which the best is to be found."""
_WORDS = re.compile(r"([\d,]+) (?:replications|runs)\b")


class Took(NamedTuple):
    """What one command took: seconds, and the largest number of replications or runs that its text names, if any."""

    processor: float
    wall: float
    runs: int


def _is_new(checkout: Path) -> bool:
    """Return whether a checkout has the commands of 0.2."""
    return (checkout / "cmsim" / "core").is_dir()


def take(checkout: Path, words: list[str], workers: int, **env: str) -> Took:
    """Give a command of a checkout; return what it took.

    Raises:
        SystemExit: the command failed, with what it said last.
    """
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run(
            [sys.executable, "-m", "cmsim", *words, "--workers", str(workers), "--out", f"{out}/answer"],
            cwd=checkout,
            env={**os.environ, "PYTHONPATH": str(checkout), "CMSIM_RESULTS": out, "COLUMNS": "200", **env},
            capture_output=True,
            text=True,
        )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{checkout}: {' '.join(words)} ended with {done.returncode}\n{(done.stdout + done.stderr)[-2000:]}")
    named = [int(number.replace(",", "")) for number in _WORDS.findall(done.stdout)]
    spent = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return Took(spent, wall, max(named, default=0))


def pair(checkout: Path, workers: int) -> Took:
    """Two policies, until every main difference is known to its smallest important difference."""
    return take(checkout, ["compare", "usual_care", "small_caseload", "--precision", "matters"], workers)


def best(checkout: Path, workers: int) -> Took:
    """The best of eight caseloads; where nothing selects, all eight until their differences are known."""
    if _is_new(checkout):
        sizes = ",".join(map(str, SIZES))
        key, worth = "service.caseload.size", "50000"
        return take(checkout, ["find", "usual_care", "--set", f"{key}={sizes}", "--worth", worth], workers)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"caseload_{size}.toml" for size in SIZES]
        for file, size in zip(files, SIZES, strict=True):
            file.write_text(f'based_on = "usual_care"\n[service.caseload]\nsize = {size}\n', encoding="utf-8")
        return take(checkout, ["compare", *map(str, files), "--precision", "matters"], workers)


def uncertain(checkout: Path, workers: int) -> Took:
    """A probabilistic sensitivity analysis of 200 parameter sets, one replication each."""
    words = ["sensitivity", "usual_care", "--method", "psa", "--points", "200", "--replications", "1"]
    return take(checkout, words, workers)


def trial(checkout: Path, workers: int) -> Took:
    """A virtual trial, until every target has a verdict."""
    return take(checkout, ["trial", "run", "brokerage", "--precise"], workers)


def first(checkout: Path, workers: int) -> Took:
    """The first command of the README after its installation, with nothing compiled."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "checkout"
        shutil.copytree(checkout, fresh, ignore=shutil.ignore_patterns(".*", "__pycache__", "*.nbi", "*.nbc"))
        words = ["compare", "usual_care", "small_caseload", "--replications", "20"]
        return take(fresh, words, workers, CMSIM_CACHE=f"{folder}/cache", NUMBA_CACHE_DIR=f"{folder}/numba")


def app(checkout: Path, workers: int) -> Took:
    """A session of the app, to its first picture that can be played."""
    command = [sys.executable, "-c", "import sys; sys.path.insert(0, 'benchmarks'); import app; app.start(1)"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=checkout, env={**os.environ, "PYTHONPATH": str(checkout)}, text=True)
    if done.returncode:
        sys.exit(f"{checkout}: the app did not start")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return Took(spent, time.perf_counter() - began, 0)


DECISIONS: dict[str, Callable[[Path, int], Took]] = {
    each.__name__: each for each in (pair, best, uncertain, trial, first, app)
}


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.0f} ({min(values):.0f} to {max(values):.0f})"


def main() -> None:
    """Take the decisions asked for and print one row each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("decisions", nargs="*", metavar="DECISION", help=f"of {', '.join(DECISIONS)}; all by default")
    parser.add_argument("--other", type=Path, help="another checkout, taken in turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    for name in given.decisions or DECISIONS:
        if name not in DECISIONS:
            parser.error(f"{name} is none of {', '.join(DECISIONS)}")
    checkouts = {"here": HERE, **({"other": given.other.resolve()} if given.other else {})}
    print("| decision | checkout | runs | processor s | wall s |\n| --- | --- | --- | --- | --- |")
    for name in given.decisions or DECISIONS:
        took: dict[str, list[Took]] = {each: [] for each in checkouts}
        for _ in range(given.turns):
            for each, checkout in checkouts.items():
                took[each].append(DECISIONS[name](checkout, given.workers))
        for each, turns in took.items():
            spent, wall = _spread([turn.processor for turn in turns]), _spread([turn.wall for turn in turns])
            print(f"| {name} | {each} | {max(turn.runs for turn in turns) or '–'} | {spent} | {wall} |", flush=True)
        if given.other:
            ratios = [a.processor / b.processor for a, b in zip(took["here"], took["other"], strict=True)]
            print(f"| {name} | here / other | | {statistics.median(ratios):.2f} | |", flush=True)


if __name__ == "__main__":
    main()
