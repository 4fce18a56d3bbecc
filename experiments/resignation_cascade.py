"""How many further resignations does one bring about?

Question: how many exits follow on one resignation within 180 days that would not have come without it?
Objective, named before the runs: exits of others within 180 days of the leaving, with the resignation less
without, same people, same luck; above 0.5 is a spiral, below 0.1 none.
Arms: a strained agency, usual care, a buffered one; each also with the loop cut. See resignation_cascade.md.
Provisional, uncalibrated.

    python experiments/resignation_cascade.py [PAIRS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

import cmsim

AGENCIES = ("strained", "usual_care", "buffered")
WARM_UP, LEAVES, FOLLOWED = 180, 10, 180
OUT = Path("results") / "resignation_cascade"


def further(spec, replication, post):
    """Exits of others within the days followed, with the resignation of one post's holder less without."""
    counts = []
    for events in ([{"day": WARM_UP + LEAVES, "resigns": post}], []):
        rows = cmsim.simulate(spec.replace({"events": events}), replication).arrays("staff")
        gone = rows[(rows["event"] == 1) & (rows["minute"] >= (WARM_UP + LEAVES) * 1440)]
        counts.append(int((gone["worker"] // 1000 != post - 1).sum()))
    return counts[0] - counts[1]


def main(pairs=60, days=LEAVES + 28 + FOLLOWED, clients=300):
    """Count in every arm, with the loop and without."""
    found = {}
    for agency in AGENCIES:
        for loop in (True, False):
            settings = {"world.warm_up_days": WARM_UP, "run.days": max(days, LEAVES + 1)}
            settings |= {"world.population.clients": clients, "world.loops.burnout_turnover": loop}
            spec = cmsim.load_scenario(agency).replace(settings)
            counts = np.array([further(spec, i, 1 + i % 6) for i in range(pairs)])
            half = 1.96 * counts.std() / np.sqrt(pairs)
            name = agency if loop else f"{agency}, loop cut"
            found[name] = [round(float(counts.mean() + shift), 3) for shift in (0.0, -half, half)]
            print(name, found[name], flush=True)
    OUT.mkdir(parents=True, exist_ok=True)
    told = {"cmsim": cmsim.__version__, "pairs": pairs, "days": days, "clients": clients}
    told["further exits, mean, low, high"] = found
    told["digest of usual care, first history, 30 days"] = cmsim.simulate(
        cmsim.load_scenario("usual_care").replace({"world.warm_up_days": 0, "run.days": 30})
    ).digest()
    (OUT / "manifest.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
