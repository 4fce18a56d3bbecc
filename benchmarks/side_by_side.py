"""What a change of code does to speed, on a machine that is never quiet. See README.md beside this file.

python benchmarks/side_by_side.py OTHER [--clients 300] [--days 1000]

OTHER is another checkout of the same project. Both live the same community, a few days of one and a few of
the other in turn, so that a slow minute of the machine falls on both; what is compared is processor time.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import IO

HERE = Path(__file__).resolve().parents[1]
SLICE_CLIENT_DAYS = 6_000
"""Client-days of one slice: some tens of milliseconds."""
FIRST_DAYS = 30
"""Days simulated before measuring begins, in which compiled code is loaded."""

LIVES = """
import sys
from time import process_time
sys.path.insert(0, "benchmarks")
from run import scenario
try:
    from cmsim.core.memory import left_alone
    from cmsim.model.community import Community
except ImportError:  # the layout before 0.2
    from cmsim.community import Community
    from cmsim.heap import left_alone

clients, days, first = map(int, sys.argv[1:])
community = Community(scenario(clients, days + first), 0)
with left_alone():
    for _ in range(first):
        community.step()
    print("ready", flush=True)
    for line in sys.stdin:
        began = process_time()
        for _ in range(int(line)):
            community.step()
        print(process_time() - began, flush=True)
"""


def start(checkout: Path, clients: int, days: int) -> subprocess.Popen[str]:
    """Start a process that lives a community with the code of a checkout, some days whenever it is asked."""
    return subprocess.Popen(
        [sys.executable, "-c", LIVES, str(clients), str(days), str(FIRST_DAYS)],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    """Return what a process says next."""
    stream: IO[str] = process.stdout  # type: ignore[assignment]
    line = stream.readline()
    if not line:
        sys.exit("a checkout could not live the community: see above")
    return line


def lives(process: subprocess.Popen[str], days: int) -> float:
    """Let a process live some days; return its processor time in seconds."""
    stream: IO[str] = process.stdin  # type: ignore[assignment]
    stream.write(f"{days}\n")
    stream.flush()
    return float(said(process))


def main() -> None:
    """Live both, and print the ratio of this checkout to the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path, help="another checkout")
    parser.add_argument("--clients", type=int, default=300)
    parser.add_argument("--days", type=int, default=1000, help="days to live through with each")
    asked = parser.parse_args()
    if not (asked.other / "benchmarks" / "run.py").is_file():
        parser.error(f"{asked.other}: given a folder without benchmarks/run.py; allowed: a checkout")
    both = [start(place.resolve(), asked.clients, asked.days) for place in (asked.other, HERE)]
    for process in both:
        said(process)
    step = min(max(SLICE_CLIENT_DAYS // max(asked.clients, 1), 1), max(asked.days, 1))
    taken: list[list[float]] = [[], []]
    for turn in range(max(asked.days // step, 1)):
        for which in (0, 1) if turn % 2 else (1, 0):
            taken[which].append(lives(both[which], step))
    for process in both:
        process.kill()
    other, this = map(sum, taken)
    slices = statistics.median(b / a for a, b in zip(*taken, strict=True))
    print(f"{asked.clients} clients, {len(taken[0]) * step} days: {this:.2f} s against {other:.2f} s")
    print(f"this checkout takes {this / other:.3f} of the other's time; median slice {slices:.3f}")


if __name__ == "__main__":
    main()
