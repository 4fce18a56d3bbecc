"""Is each published ratio that a factor rests on found again as a total effect?

Question: what total effect does the cause have in a virtual cohort, with frailty and mediators alive, beside
the direct factor that stands in the model and the published ratio it was derived from?
Objective, named before the runs: the ratio of risks (medication, early signs) or odds (crisis team).
Arms: medication taken by everybody against nobody; every prodrome told and answered against none noticed; a
crisis service round the clock, with treatment at home, against the emergency department alone, all lived from
the first day.
Replications: 6, of 120 clients (smoke test: 1).
Answer: in the table it writes; a miss is reported, not forced. The crisis team treats people at home for
weeks in place of a bed, as the team of that trial did.

    python experiments/conversion.py [REPLICATIONS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

import cmsim


def at(prefix: str, **values: float) -> dict[str, float]:
    """Return settings by dotted key."""
    return {f"{prefix}.{key}": value for key, value in values.items()}


WELL = at("world.population", acute=0.0, inpatient=0.0) | at("world.medication", disposition_sd=1e-6)
CLEAR = at("world.population", insight=0.9, spread=0.01)
BLIND = at("world.components.monitoring", sensitivity=0.0, knowledge_gain=0.0)
CALLED = {"service.crisis.first.rule": "service_first", "world.illness.onset_rate": 1.2}
TAKEN = WELL | at("world.medication", log_odds=5.0, stop_rate=0.0, fills=9.0)
NOT_TAKEN = WELL | at("world.medication", log_odds=-5.0, depot_share=0.0)
SEEN = CLEAR | {"world.relationship.tells_rate": 5.0}
DEAF = {f"world.{key}": 0.0 for key in ("relationship.tells_rate", "family.call_rate", "psychiatry.notices")}
ROUND = CALLED | at("service.crisis", teams=6, opens=0, closes=24, home_treatment_places=12)
CHECKS = pd.DataFrame(
    [
        ("medication", TAKEN, NOT_TAKEN, "relapse", 0.40, "RR, Leucht 2012"),
        ("early signs", SEEN, CLEAR | BLIND | DEAF, "relapse", 0.53, "RR, Morriss 2013"),
        ("crisis team", ROUND, CALLED | {"service.crisis.teams": 0}, "admitted", 0.19, "OR, Johnson 2005"),
    ],
    columns=["cause", "with_it", "without", "counted", "published", "source"],
)


def risk(run: cmsim.Simulated, counted: str) -> float:
    """Return the share who relapse in a year, or of people in crisis those admitted within eight weeks."""
    if counted == "relapse":
        return run.outcomes()[counted]
    first, stays = run.table("crises").groupby("client")["day"].min(), run.table("admissions")
    hit = [((stays["client"] == c) & stays["day"].between(d, d + 56)).any() for c, d in first.items()]
    return float(pd.Series(hit, dtype=float).mean())


def main(replications: int = 16, days: int = 365, clients: int = 150) -> None:
    """Find each total effect and write the table and a manifest under ``results/``."""
    folder, table = Path("results") / "conversion", CHECKS.copy()
    base = cmsim.load_scenario("usual_care").replace({"run.days": days, "world.population.clients": clients})
    for arm in ("with_it", "without"):
        specs = [base.replace({"name": arm, **settings}) for settings in CHECKS[arm]]
        runs = [[cmsim.simulate(spec, r) for r in range(replications)] for spec in specs]
        table[arm] = [
            np.nanmean([risk(run, c) for run in rs]) for rs, c in zip(runs, table["counted"], strict=True)
        ]
    odds, rest = table["source"].str.startswith("OR"), 1.0 - table[["with_it", "without"]]
    to_odds = np.where(odds, rest["without"] / rest["with_it"], 1.0)
    table["found"] = table["with_it"] / table["without"] * to_odds
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / "table.csv", index=False, float_format="%.3f")
    about = {"cmsim": cmsim.__version__, "base": base.digest(), "replications": replications, "days": days}
    (folder / "manifest.json").write_text(json.dumps(about, indent=1) + "\n")
    print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
