"""How much support is best, and how fast should it be stepped down, for whom?

Questions: how do outcomes move with a fixed dose of support, from hardly any to three visits a week, where
staff is enough for all of it? And with the time constant of a step-down from 0.9 to 0.05?
Objective, named before the runs: autonomy less unmet need (both 0 to 1) at the end, and where it is highest,
for everybody and by what people could do at the start, where they lived, and how they relate.
Arms: eight doses and seven paces, from the end of the warm-up.
Replications: 12 of the same people with the same luck (smoke test: 1).
Answer: docs/experiments/support_sweeps.md, with the tables and figures that this writes.

    python experiments/support_sweeps.py [REPLICATIONS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

import cmsim

DOWN = {"rule": "step_down", "high": 0.9, "low": 0.05}
SWEEPS = {
    "dose": {dose: {"rule": "fixed", "level": dose} for dose in (0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)},
    "taper_days": {days: {**DOWN, "days": float(days)} for days in (7, 21, 45, 90, 180, 360, 3650)},
}
WHOLE = ["relapses", "crises", "homeless_days", "unmet_need", "autonomy", "dependence", "capability"]
OUT = Path("results") / "support_sweeps"


def groups(clients: pd.DataFrame) -> dict[str, pd.Series]:
    """Return who belongs to each group, by what was so at the end of the warm-up."""
    able = clients["start_capability_mean"].rank(pct=True)
    return {
        "everybody": able.notna(),
        "least able third": able <= 1 / 3,
        "most able third": able > 2 / 3,
        "own flat": clients["start_setting"] == "own flat",
        "group home, supervised flat": clients["start_setting"].isin(["group home", "supervised flat"]),
        "relates dependently": clients["template"] == "dependent",
    }


def main(replications: int = 12, days: int = 730, clients: int = 100) -> None:
    """Live through every dose and pace and write tables, figures and a manifest."""
    staff = {f"{part}.staff.case_managers": max(clients // 7, 2) for part in ("service", "baseline")}
    town = {"world.population.clients": clients, "world.warm_up_days": min(days, 180), "run.days": days}
    usual = cmsim.load_scenario("usual_care").replace(town | staff | {"service.contact.most_visits": 12.0})
    OUT.mkdir(parents=True, exist_ok=True)
    for sweep, arms in SWEEPS.items():
        rows = []
        for value, rule in arms.items():
            for replication in range(replications):
                run = cmsim.simulate(usual.replace({"service.titration": rule}), replication)
                found = run.outcomes()
                rows.append({sweep: value, "replication": replication, **{k: found[k] for k in WHOLE}})
                for name, chosen in groups(run.clients).items():
                    mine = run.clients[chosen]
                    rows[-1][name] = (mine["end_autonomy"] - mine["end_unmet"]).mean()
        table = pd.DataFrame(rows)
        means, names = table.groupby(sweep).mean(), list(groups(run.clients))
        print(means.round(3).T.to_string())
        best = {name: means[name].dropna().idxmax().item() for name in names if means[name].any()}
        print("highest at", best)
        figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
        log = sweep != "dose"
        (means[WHOLE] / means[WHOLE].max()).plot(ax=axes[0], marker=".", logx=log, ylabel="of the highest")
        means[names].plot(ax=axes[1], marker=".", logx=log, ylabel="autonomy less unmet need")
        for each in axes:
            each.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize=8)
        figure.savefig(OUT / f"{sweep}.png", dpi=110)
        table.round(5).to_csv(OUT / f"{sweep}.csv", index=False)
    about = {"cmsim": cmsim.__version__, "usual": usual.digest(), "replications": replications}
    (OUT / "manifest.json").write_text(json.dumps({**about, "town": town | staff}, indent=1) + "\n")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
