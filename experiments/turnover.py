"""What does turnover do to clients, and what holds it?

Question: how do leaving, supervision, caseload, handover and shared teams bear on workers and clients?
Objective, named before the runs: clients who lose their worker a year, alliance, bed days; also by group.
Arms: twice the leaving, hardly any, supervision doubled, caseloads of 15 and 40 (posts follow), warm
handover, shared teams, watched caseloads, against turnover of about 30%. Provisional, uncalibrated.

    python experiments/turnover.py [REPLICATIONS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import sys
from pathlib import Path

import cmsim

ARMS = {
    "twice_the_leaving": {"service.turnover.pay": 0.55},
    "hardly_any_leaving": {"service.turnover.pay": 2.2},
    "supervision_doubled": {
        "service.turnover.supervision_hours": 2.0,
        "service.staff.supervisor_hours": 14.0,
    },
    "caseload_15": {"service.caseload.size": 15, "service.caseload.closure": "clients_fixed"},
    "caseload_40": {"service.caseload.size": 40, "service.caseload.closure": "clients_fixed"},
    "warm_handover": {"service.turnover.handover.rule": "warm"},
    "shared_team": {"service.caseload.sharing.rule": "shared_by_team"},
    "watched_caseloads": {"service.caseload.balance.rule": "watched"},
}
SHOWN = ["turnover", "worker_lost", "exhaustion", "skill", "alliance", "bed_days", "relapses", "dropout"]
OUT = Path("results") / "turnover"


def main(replications=12, days=1095, clients=300):
    """Compare the arms; hold twice the leaving and shared teams against plausible worlds."""
    usual = cmsim.load_scenario("usual_care").replace({"run.days": days, "world.population.clients": clients})
    arms = [usual.replace({"name": name, **settings}) for name, settings in ARMS.items()]
    result = cmsim.compare(usual, *arms, replications=replications, n_jobs=1)
    result.save(OUT)
    table = result.table[result.table["outcome"].isin(SHOWN)]
    print(table.pivot(index="scenario", columns="outcome", values="difference").round(3).to_string())
    known = [name for name in SHOWN if name in set(table["outcome"])]
    for held in (arms[0], arms[6]):
        spread = cmsim.uncertainty(
            usual, held, draws=max(2 * replications, 2), replications=2, outcomes=known, n_jobs=1
        )
        spread.table.to_csv(OUT / f"{held.name}_over_worlds.csv", index=False)
        print(held.name, spread.table[["outcome", "mean", "worlds_low", "worlds_high"]].to_string())


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
