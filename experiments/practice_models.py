"""Which practice model does what, where?

Question: what do eight practice models and utilisation review change in three agencies?
Objective, named before the runs: net benefit a year in need (QALYs of all in need, served, waiting or lost,
less carers' losses, at 50,000 each, less costs to all payers), beside the one that knows illness alone, bed
days, relapses, and cost in hospital and in the community.
Arms: each model against the agency as it is, from the end of the warm-up, with the hiring and handovers that
takes. Prices are round numbers put in by the asker (bed day excepted).

    python experiments/practice_models.py [REPLICATIONS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import sys

from pages import OUT, differences, forest, grid, page, run_study, told, worth_from

AGENCIES = ("usual_care", "urban_high_risk", "hospital_first")
MODELS = (
    "as_it_is",
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
WORTH = ["net_benefit_in_need", "net_benefit", "qalys_in_need", "qalys", "carer_qalys", "cost_total"]
SHOWN = ["bed_days", "admissions", "relapses", "homeless_days", "dropout", "cost_hospital", "cost_community"]


def named(agency):
    """Names of the scenarios of one agency by arm."""
    priced = f"{agency}+example_prices"
    return {priced if model == "as_it_is" else f"{priced}+{model}": model for model in MODELS}


def main(replications=8, days=1095, clients=300):
    """Compare all models with each agency as it is, and over parameter draws with usual care."""
    size, drawn = {"days": days, "clients": clients}, max(3 * replications // 2, 2)
    arms = {name: (agency, arm) for agency in AGENCIES for name, arm in named(agency).items()}
    study = run_study("practice_models/study", list(arms), {}, replications=replications, **size)
    usual = list(named("usual_care"))
    drawn_study = run_study(
        "practice_models/worlds", usual, {}, replications=1, draws=drawn, outcomes=WORTH + SHOWN, **size
    )
    tables = {}
    for title, each in (("models", study), ("worlds", drawn_study)):
        place = each.runs["scenario"].map(arms)
        runs = each.runs.assign(agency=place.str[0], arm=place.str[1])
        tables[title] = differences(runs, WORTH + SHOWN, "as_it_is", MODELS, by=["agency"])
    table, spread = tables["models"], tables["worlds"]
    by_agency = {agency: table[table["agency"] == agency] for agency in AGENCIES}
    forest(
        by_agency,
        ["net_benefit_in_need", "net_benefit", "bed_days", "relapses"],
        OUT / "practice_models" / "models.png",
    )
    main_ones = ["net_benefit_in_need", "bed_days", "relapses"]
    page(
        "practice_models",
        {"models": study, "worlds": drawn_study},
        tables,
        size=f"{replications} replications of {clients} clients over {days} days",
        draws=drawn,
        pays=worth_from(table, "qalys_in_need", "cost_total", ["agency", "arm"]),
        worth=grid(table[table["outcome"].isin(WORTH)], ["agency", "arm"]),
        use=grid(table[table["outcome"].isin(SHOWN)], ["agency", "arm"]),
        told=told(table[table["outcome"].isin(main_ones)], ["agency", "arm"]),
        spread=grid(spread[spread["outcome"].isin(main_ones)], ["arm"]),
    )


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
