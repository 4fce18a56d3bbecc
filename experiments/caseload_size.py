"""How many clients should a case manager have?

Question: where does net benefit peak over caseload size, in three agencies, under both closures?
Objective, named before the runs: net benefit a year in need (QALYs of all in need, served, waiting or lost,
less carers' losses, at 50,000 each, less costs to all payers); beside it the one that knows illness alone.
Under ``staff_fixed`` posts, and so the budget, are the same at any size; else costs follow the clients.
Arms: 10 to 40 clients a worker against 25, from the outset; freed time goes into more visits. Prices are
round numbers put in by the asker (bed day excepted).

    python experiments/caseload_size.py [REPLICATIONS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt
from pages import OUT, centred, differences, grid, optimum, page, run_study

SIZES, USUAL = (10, 15, 20, 25, 30, 40), 25
CLOSURES = ("clients_fixed", "staff_fixed")
AGENCIES = ("usual_care", "urban_high_risk", "well_resourced")
WORTH = ["net_benefit_in_need", "net_benefit"]
SHOWN = [*WORTH, "cost_total", "qalys_in_need", "waiting", "unseen_30", "exhausted", "turnover", "relapses"]
FREED = {"baseline.slack.rule": "more_visits", "service.slack.rule": "more_visits"}
CELLS = [(closure, size) for closure in CLOSURES for size in SIZES]
ARMS = {
    f"{closure}/{size}": {"service.caseload": {"size": size, "closure": closure, "start": "from_outset"}}
    for closure, size in CELLS
}


def tables_of(study):
    """Differences from 25 clients by agency and closure, and the runs they rest on."""
    parts = study.runs["choice"].map(dict(enumerate(CELLS)))
    agency = study.runs["scenario"].str.partition("+")[0]
    runs = study.runs.assign(agency=agency, closure=parts.str[0], arm=parts.str[1])
    return runs, differences(runs, SHOWN, USUAL, SIZES, by=["agency", "closure"])


def main(replications=10, days=730, clients=300):
    """Compare the sizes, in every agency under both closures, and draw the curves."""
    size, drawn = ({"days": days, "clients": clients, "settings": FREED, "outcomes": SHOWN}, max(replications, 2))
    priced = [f"{agency}+example_prices" for agency in AGENCIES]
    study = run_study("caseload_size/study", priced, ARMS, replications=replications, **size)
    drawn_study = run_study("caseload_size/worlds", priced[:1], ARMS, replications=1, draws=drawn, **size)
    (runs, table), (among, spread) = tables_of(study), tables_of(drawn_study)
    figure, axes = plt.subplots(2, 2, figsize=(10, 7), sharex=True, sharey="row", layout="constrained")
    for row, outcome in zip(axes, WORTH, strict=True):
        for closure, axis in zip(CLOSURES, row, strict=True):
            for agency, part in runs[runs["closure"] == closure].groupby("agency"):
                line = centred(part, outcome)
                axis.errorbar(line.index.astype(float), line["mean"], line["half"], capsize=2, label=agency)
            axis.set(title=f"{outcome}, {closure}", xlabel="clients a case manager")
    axes[0, 0].legend(fontsize=8)
    figure.supylabel("against the mean of all sizes, US dollars (2006) a person and year")
    figure.savefig(OUT / "caseload_size" / "curves.png", dpi=110)
    page(
        "caseload_size",
        {"sizes": study, "worlds": drawn_study},
        {"curves": table, "worlds": spread},
        size=f"{replications} replications of {clients} clients over {days} days",
        draws=drawn,
        optimum=optimum(runs, WORTH, ["agency", "closure"]),
        optimum_in_worlds=optimum(among, WORTH, ["agency", "closure"]),
        table=grid(table, ["agency", "closure", "arm"]),
    )


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
