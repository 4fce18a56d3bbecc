"""Is each published ratio that a factor rests on found again as a total effect?

Question: what total effect does the cause have in a virtual cohort, with frailty and mediators alive, beside
the published ratio that the direct factor in the model was derived from?
Objective, named before the runs: the ratio of risks (medication, early signs) or odds (crisis team).
Arms: medication taken by everybody against nobody; every prodrome told and answered against none noticed; a
crisis service round the clock, with treatment at home for weeks in place of a bed, as that trial's team did,
against the emergency department alone; all from the first day. The same command resumes after a stop.

    python experiments/conversion.py [REPLICATIONS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from pages import markdown, page, ratio, run_study

import cmsim


def at(prefix, **values):
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


def relapse(scenario, replication):
    """Return the share of clients who relapse in a year."""
    return {"risk": cmsim.simulate(scenario, replication).outcomes()["relapse"]}


def admitted(scenario, replication):
    """Return the share of people in crisis who are admitted within eight weeks."""
    run = cmsim.simulate(scenario, replication)
    first, stays = run.table("crises").groupby("client")["day"].min(), run.table("admissions")
    hit = [((stays["client"] == c) & stays["day"].between(d, d + 56)).any() for c, d in first.items()]
    return {"risk": float(np.mean(hit)) if hit else np.nan}


CHECKS = {
    "medication": (TAKEN, NOT_TAKEN, relapse, 0.40, "risk ratio, Leucht 2012"),
    "early signs": (SEEN, CLEAR | BLIND | DEAF, relapse, 0.53, "risk ratio, Morriss 2013"),
    "crisis team": (ROUND, CALLED | {"service.crisis.teams": 0}, admitted, 0.19, "odds ratio, Johnson 2005"),
}


def main(replications=16, days=365, clients=150):
    """Find each total effect, with its interval over replications."""
    studies, rows = {}, []
    for cause, (with_it, without, run, published, source) in CHECKS.items():
        risks = []
        for side, settings in (("with", with_it), ("without", without)):
            size = {"replications": replications, "days": days, "clients": clients, "settings": settings}
            studies[f"{cause}, {side}"] = study = run_study(
                f"conversion/{cause.replace(' ', '_')}-{side}", ["usual_care"], {}, run=run, **size
            )
            risks.append(study.runs.set_index("replication")["risk"].sort_index())
        found = ratio(source.partition(",")[0], *risks)
        rows.append({"cause": cause, "with": risks[0].mean(), "without": risks[1].mean(), **found})
        rows[-1] |= {"published": published, "source": source}
    table = pd.DataFrame(rows)
    size = f"{replications} replications of {clients} clients over {days} days"
    page("conversion", studies, {"table": table}, size=size, table=markdown(table))


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
