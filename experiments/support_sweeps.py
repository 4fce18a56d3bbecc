"""How much support is best, and how fast should it be stepped down, for whom?

Questions: how do outcomes move with a fixed dose of support, from hardly any to three visits a week, where
staff is enough for all of it? And with the time constant of a step-down from 0.9 to 0.05?
Objective, named before the runs: autonomy less unmet need (both 0 to 1) at the end, and where it is highest,
for everybody and by what people could do at the start, where they run_study, and how they relate.
Arms: eight doses and seven paces, from the end of the warm-up. The same command resumes after a stop.

    python experiments/support_sweeps.py [REPLICATIONS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt
import pandas as pd
from pages import OUT, centred, differences, grid, optimum, page, run_study, runs_of

import cmsim

DOSES, PACES = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0), (7, 21, 45, 90, 180, 360, 3650)
DOWN = {"rule": "step_down", "high": 0.9, "low": 0.05}
SWEEPS = {
    "dose": {dose: {"service.titration": {"rule": "fixed", "level": dose}} for dose in DOSES},
    "taper_days": {days: {"service.titration": {**DOWN, "days": float(days)}} for days in PACES},
}
AGAINST = {"dose": 0.45, "taper_days": 90}
WHOLE = ["relapses", "crises", "homeless_days", "unmet_need", "autonomy", "dependence", "capability"]
GROUPS = ["everybody", "least_able_third", "most_able_third", "own_flat", "residences", "relates_dependently"]


def fared(scenario, replication):
    """Do one run; return outcomes of everybody, and autonomy less unmet need at the end by group."""
    run = cmsim.simulate(scenario, replication)
    people = run.clients
    able, home = people["start_capability_mean"].rank(pct=True), people["start_setting"]
    residence = home.isin(["group home", "supervised flat"])
    chosen = [able.notna(), able <= 1 / 3, able > 2 / 3, home == "own flat", residence]
    chosen.append(people["template"] == "dependent")
    aim = people["end_autonomy"] - people["end_unmet"]
    of_groups = {name: float(aim[each].mean()) for name, each in zip(GROUPS, chosen, strict=True)}
    return {name: run.outcomes()[name] for name in WHOLE} | of_groups


def main(replications=12, days=540, clients=90):
    """Live through every dose and pace; draw both, and tell where the objective is highest."""
    settings = {f"{part}.staff.case_managers": max(clients // 7, 2) for part in ("baseline", "service")}
    settings["service.contact.most_visits"] = 12.0
    studies, runs, tables = {}, {}, {}
    for sweep, arms in SWEEPS.items():
        size = {"replications": replications, "days": days, "clients": clients, "settings": settings}
        studies[sweep] = run_study(f"support_sweeps/{sweep}", ["usual_care"], arms, run=fared, **size)
        runs[sweep] = runs_of(studies[sweep], arms).assign(sweep=sweep)
        tables[sweep] = differences(runs[sweep], [*WHOLE, *GROUPS], AGAINST[sweep], list(arms))
        figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
        means = runs[sweep].groupby("arm")[WHOLE].mean()
        (means / means.max()).plot(ax=axes[0], marker=".", logx=sweep != "dose", ylabel="of the highest")
        for name in GROUPS:
            line = centred(runs[sweep], name)
            axes[1].errorbar(line.index.astype(float), line["mean"], line["half"], capsize=2, label=name)
        axes[1].set(ylabel="autonomy less unmet need, against the mean", xscale=axes[0].get_xscale())
        for axis in axes:
            axis.set_xlabel(sweep.replace("_", " "))
            axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize=8)
        figure.savefig(OUT / "support_sweeps" / f"{sweep}.png", dpi=110)
    told = {sweep: grid(table, ["arm"]) for sweep, table in tables.items()}
    size = f"{replications} replications of {clients} clients over {days} days"
    best = optimum(pd.concat(runs.values()), GROUPS, ["sweep"])
    page("support_sweeps", studies, tables, size=size, optimum=best, **told)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
