"""What do smaller and larger caseloads change, if the staff follows, and if it does not?

Question: how do contacts, waiting, exhaustion and turnover move with caseload size, under both closures?
Objective, named before the runs: clients unseen for more than 30 days, at what paid hours per client-year.
Arms: 15, 20, 30 and 40 clients a worker against 25, from the end of the warm-up.
Replications: 20 of the same people with the same luck (smoke test: 1).
Answer: in the table it writes. Provisional, uncalibrated; eight components have no effect yet, so freed time
does little here, and relapse says nothing about caseload.

    python experiments/caseload_first_look.py [REPLICATIONS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import sys
from pathlib import Path

import cmsim

SIZES = (15, 20, 30, 40)
SHOWN = ["unseen_30", "staff_hours", "waiting", "exhaustion", "turnover", "client_contacts"]


def main(replications: int = 20, days: int = 730, clients: int = 300) -> None:
    """Compare the arms of each closure with usual care and write both comparisons under ``results/``."""
    usual = cmsim.load_scenario("usual_care").replace({"run.days": days, "world.population.clients": clients})
    for closure in ("clients_fixed", "staff_fixed"):
        arms = [
            usual.replace(
                {
                    "name": f"caseload_{size}_{closure}",
                    "service.caseload.size": size,
                    "service.caseload.closure": closure,
                }
            )
            for size in SIZES
        ]
        result = cmsim.compare(usual, *arms, replications=replications)
        table = result.table[result.table["outcome"].isin(SHOWN)]
        print(table.pivot(index="scenario", columns="outcome", values="difference").round(2).to_string())
        print("written to", result.save(Path("results") / f"caseload_first_look_{closure}"))


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
