"""Which practice model does what, where?

Question: what do eight practice models and utilisation review change in three agencies?
Objective, named before the runs: net benefit a person and year (QALYs at 50,000 less costs to all payers),
over all in need, beside bed days, relapses and cost in hospital and in the community.
Arms: each model against the agency as it is, from the end of the warm-up, with the hiring and handovers that
takes. Prices are round numbers put in by the asker (bed day excepted). Provisional, uncalibrated.

    python experiments/practice_models.py [REPLICATIONS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

import cmsim

AGENCIES = ("usual_care", "urban_high_risk", "hospital_first")
MODELS = (
    "no_case_management",
    "brokerage",
    "supportive_companion",
    "clinical",
    "intensive",
    "assertive_community_treatment",
    "strengths",
    "time_limited_transition",
    "utilisation_review",
)
SHOWN = ["net_benefit", "bed_days", "relapses", "cost_hospital", "cost_community", "cost_total", "turnover"]
OUT = Path("results") / "practice_models"


def main(replications=4, days=1095, clients=300):
    """Compare all models with each agency as it is, and draw net benefit and bed days."""
    settings = {"run.days": days, "world.population.clients": clients}
    tables = []
    OUT.mkdir(parents=True, exist_ok=True)
    for agency in AGENCIES:
        as_it_is = cmsim.load_scenario(f"{agency}+example_prices").replace({**settings, "name": agency})
        arms = [
            cmsim.load_scenario(f"{agency}+example_prices+{m}").replace({**settings, "name": m})
            for m in MODELS
        ]
        result = cmsim.compare(as_it_is, *arms, replications=replications, placebo=False, n_jobs=1)
        result.save(OUT.parent / f"practice_models_{agency}")
        tables.append(result.table[result.table["outcome"].isin(SHOWN)].assign(agency=agency))
    table = pd.concat(tables)
    table[["agency", "scenario", "outcome", "a", "b", "difference", "low", "high"]].to_csv(
        OUT / "models.csv", index=False
    )
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.5), sharey=True, layout="constrained")
    for axis, outcome in zip(axes, ("net_benefit", "bed_days"), strict=True):
        for shift, agency in enumerate(AGENCIES):
            part = table[(table["outcome"] == outcome) & (table["agency"] == agency)]
            rows = [i + 0.2 * shift for i in range(len(part))]
            width = (part["high"] - part["difference"]).fillna(0.0)
            axis.errorbar(part["difference"], rows, xerr=width, fmt="o", label=agency)
        axis.axvline(0.0, color="grey", linewidth=0.8)
        axis.set(
            title=f"{outcome}, against the agency as it is", yticks=range(len(MODELS)), yticklabels=MODELS
        )
    axes[1].legend(fontsize=8)
    figure.savefig(OUT / "models.png", dpi=120)
    shown = table.pivot_table(index=["agency", "scenario"], columns="outcome", values="difference")
    print(shown.round(2).to_string())


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
