"""How many clients should a case manager have?

Question: where does net benefit peak over caseload size, in three agencies, under both closures?
Objective, named before the runs: net benefit a person and year (QALYs at 50,000 less costs to all payers),
over all in need, served or waiting. Under ``staff_fixed`` posts, and so the budget, are the same at any size.
Arms: 10 to 40 clients a worker against 25, from the outset; freed time goes into more visits. Prices are
round numbers put in by the asker (bed day excepted). See caseload_size.md. Provisional, uncalibrated.

    python experiments/caseload_size.py [REPLICATIONS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

import cmsim

SIZES, USUAL = (10, 15, 20, 25, 30, 40), 25
AGENCIES = ("usual_care", "urban_high_risk", "well_resourced")
OUT = Path("results") / "caseload_size"


def arm(agency, closure, size, days, clients):
    """One agency with one caseload policy from the outset; freed time goes into more visits."""
    spec = cmsim.load_scenario(f"{agency}+example_prices")
    ratio = clients / spec.world.population.clients
    settings = {"name": f"{agency}_{closure}_{size}", "run.days": days, "world.population.clients": clients}
    settings |= {"service.caseload.closure": closure, "service.caseload.size": size}
    for part in ("baseline", "service"):
        settings[f"{part}.staff.case_managers"] = max(round(spec.service.staff.case_managers * ratio), 1)
        settings[f"{part}.slack.rule"] = "more_visits"
    return spec.replace({**settings, "service.caseload.start": "from_outset"})


def main(replications=6, days=730, clients=300):
    """Compare the sizes, in every agency under both closures, and draw the curves."""
    OUT.mkdir(parents=True, exist_ok=True)
    rows, (figure, axes) = [], plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    for agency in AGENCIES:
        for closure, axis in zip(("clients_fixed", "staff_fixed"), axes, strict=True):
            made = {size: arm(agency, closure, size, days, clients) for size in SIZES}
            others = [made[size] for size in SIZES if size != USUAL]
            result = cmsim.compare(made[USUAL], *others, replications=replications, placebo=False, n_jobs=1)
            result.save(OUT.parent / f"caseload_size_{agency}_{closure}")
            told = result.table[result.table["outcome"] == "net_benefit"].assign(
                agency=agency, closure=closure
            )
            told["size"] = [int(name.rsplit("_", 1)[1]) for name in told["scenario"]]
            rows.append(told)
            line = pd.concat([told, pd.DataFrame([{"size": USUAL, "difference": 0.0}])]).sort_values("size")
            half = ((line["high"] - line["low"]) / 2).fillna(0.0)
            axis.errorbar(line["size"], line["difference"], half, capsize=2, label=agency)
            axis.set(title=closure, xlabel="clients a case manager")
    axes[0].set_ylabel("net benefit against 25 clients,\nUS$ (2006) a person and year")
    axes[0].legend(fontsize=8)
    pd.concat(rows)[["agency", "closure", "size", "difference", "low", "high"]].to_csv(
        OUT / "curves.csv", index=False
    )
    figure.savefig(OUT / "curves.png", dpi=120)
    print(
        pd.concat(rows).pivot_table(index=["agency", "closure"], columns="size", values="difference").round(0)
    )


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
