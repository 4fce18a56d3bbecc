"""Does seeing people more often help less and less?

Question: how do noticed first signs and relapses move with the number of visits, staff being ample?
Objective, named before the runs: relapses averted for each further ten contacts a client-year.
Arms: 0.5, 1, 2, 4, 8 and 16 visits in 28 days planned for everybody from the first day; no calls. No
rule says that more helps less: a visit can only find a prodrome while it lasts.
The same command resumes after a stop.

    python experiments/contact_frequency.py [REPLICATIONS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt
from pages import OUT, differences, grid, markdown, page, run_study, runs_of
from scipy import stats

import cmsim

VISITS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
PARTS = ("baseline", "service")
ARMS = {
    visits: {f"{part}.contact": {"most_visits": visits, "least_visits": min(visits, 0.7), "calls": 0.0}
             for part in PARTS}
    for visits in VISITS
}  # fmt: skip
SHOWN = ["client_contacts", "prodromes_noticed", "relapses", "alliance", "dropout"]


def main(replications=16, days=540, clients=120):
    """Live through every arm; draw what contacts give, and what ten more of them do."""
    settings = {f"{part}.titration": {"rule": "fixed", "level": 1.0} for part in PARTS}
    settings |= {f"{part}.staff.case_managers": max(clients // 5, 1) for part in PARTS}
    size = {"replications": replications, "days": days, "clients": clients, "settings": settings}
    study = run_study("contact_frequency/study", ["usual_care"], ARMS, outcomes=SHOWN, **size)
    runs = runs_of(study, ARMS)
    table = differences(runs, SHOWN, 2.0, VISITS)
    means = runs.groupby("arm")[SHOWN].mean()
    half = stats.t.ppf(0.975, max(replications - 1, 1)) * runs.groupby("arm")[SHOWN].sem().fillna(0.0)
    more = means["client_contacts"].diff() / 10.0
    ten = means.assign(
        noticed_per_ten=means["prodromes_noticed"].diff() / more, averted_per_ten=-means["relapses"].diff() / more
    ).reset_index(names="visits")
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    for axis, name in zip(axes, ("prodromes_noticed", "relapses"), strict=True):
        axis.errorbar(means["client_contacts"], means[name], yerr=half[name], marker="o", capsize=3)
        about = cmsim.OUTCOMES[name]
        axis.set(xlabel="contacts with the client, per client-year", title=about.label, ylim=(0, None))
        axis.set_ylabel(about.unit)
    figure.savefig(OUT / "contact_frequency" / "figure.png", dpi=110)
    page(
        "contact_frequency",
        {"visits": study},
        {"visits": table, "per_ten": ten},
        size=f"{replications} replications of {clients} clients over {days} days",
        ten=markdown(ten),
        table=grid(table, ["arm"]),
    )


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
