"""What do the main answers hang on?

Question: which parts of the model move what small caseloads, over-protection and more leaving change?
Objective, named before the runs: the parts whose Morris effect on a difference stands clear of the dummy's.
Arms: caseloads of 15 with the posts that takes, over-protective against responsive titration, and pay at
which twice as many leave, each against usual care from the end of the warm-up. All numbers of a part of the
model move together over their declared ranges. The same command resumes after a stop.

    python experiments/parameter_screening.py [TRAJECTORIES] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import json
import sys

import pandas as pd
from pages import OUT, SMALL, markdown, written

import cmsim

ARMS = {
    "caseload_15": {"caseload": {"size": 15, "closure": "clients_fixed"}},
    "over_protective": {"titration": {"rule": "over_protective"}},
    "twice_the_leaving": {"turnover": {"pay": 0.55}},
}
SHOWN = ["relapses", "bed_days", "unmet_need", "autonomy", "client_contacts", "exhausted"]
SMOKE = 2
"""Trajectories at which only a handful of numbers is moved, to see that all of it runs."""


def strongest(table):
    """Return each outcome's parts that stand clear of the dummy, and how far the dummy itself reaches."""
    rows = []
    for outcome, part in table.groupby("outcome", sort=False):
        clear = part[part["clear"]]
        said = ", ".join(f"{row.factor.removeprefix('world.')} {row.effect:.3g}" for row in clear.itertuples())
        floor = float(part["floor"].iloc[0])
        rows.append({"outcome": f"`{outcome}`", "dummy": floor, "clear of it": said or "none"})
    return pd.DataFrame(rows)


def main(trajectories=6, days=365, clients=120):
    """Screen the three contrasts, and draw each."""
    folder = OUT / "parameter_screening"
    folder.mkdir(parents=True, exist_ok=True)
    only = ["world.stress", "world.handover"] if trajectories <= SMOKE else []
    size = {"world.population.clients": clients, "world.warm_up_days": min(180, days), "run.days": days}
    usual = cmsim.load_scenario("usual_care").replace(size)
    tables, told, about = {}, [], {"cmsim": cmsim.__version__, "trajectories": trajectories}
    for name, service in ARMS.items():
        other = usual.replace({"name": name, "service": service})
        found = cmsim.sensitivity(
            usual,
            other,
            points=max(trajectories, SMOKE),
            replications=1,
            only=only,
            outcomes=SHOWN,
            directory=folder / f"{name}-runs",
            workers=1 if days * clients < SMALL else None,
        )
        found.plot().savefig(folder / f"{name}.png", dpi=80)
        tables[name] = found.table
        title = f"## `{name}`\n\n![Strongest parts by outcome]({folder.name}/{name}.png)"
        told.append(f"{title}\n\n{markdown(strongest(found.table))}")
        about[name] = [usual.digest(), other.digest()]
    about["notes"] = found.notes
    (folder / "manifest.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    size = f"{trajectories} trajectories, one replication of {clients} clients over {days} days at each point"
    written("parameter_screening", tables, size=size, contrasts="\n\n".join(told))


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
