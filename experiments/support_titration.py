"""How should support be titrated?

Question: what do five rules of titration change against the responsive one, in usual care?
Objective, named before the runs: relapses per client-year, beside autonomy, at what contacts.
Arms: fixed, step-down, client-led, over-protective against responsive, from the end of the warm-up.
See support_titration.md for the answer. Provisional, uncalibrated.

    python experiments/support_titration.py [REPLICATIONS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import sys
from pathlib import Path

import cmsim

RULES = ("fixed", "step_down", "client_led", "over_protective")
SHOWN = ["relapses", "bed_days", "autonomy", "client_contacts", "homeless_any", "exhaustion"]
OUT = Path("results") / "support_titration"


def main(replications=12, days=730, clients=300):
    """Compare the rules, then hold the two that differ most in support against plausible worlds."""
    usual = cmsim.load_scenario("usual_care").replace({"run.days": days, "world.population.clients": clients})
    arms = [usual.replace({"name": rule, "service.titration": {"rule": rule}}) for rule in RULES]
    result = cmsim.compare(usual, *arms, replications=replications, n_jobs=1)
    result.save(OUT)
    table = result.table[result.table["outcome"].isin(SHOWN)]
    print(table.pivot(index="scenario", columns="outcome", values="difference").round(3).to_string())
    for held in (arms[0], arms[3]):
        spread = cmsim.uncertainty(
            usual, held, draws=max(2 * replications, 2), replications=2, outcomes=SHOWN, n_jobs=1
        )
        spread.table.to_csv(OUT / f"{held.name}_over_worlds.csv", index=False)
        print(held.name, spread.table[["outcome", "mean", "worlds_low", "worlds_high"]].to_string())


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
