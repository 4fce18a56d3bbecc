"""How should support be titrated?

Question: what do four rules of titration change against the responsive one, in usual care?
Objective, named before the runs: relapses per client-year, beside autonomy, at what contacts.
Arms: fixed, step-down, client-led, over-protective against responsive, from the end of the warm-up.
The same command resumes after a stop.

    python experiments/support_titration.py [REPLICATIONS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import sys

from pages import OUT, differences, forest, grid, page, run_study, runs_of, told

RULES = ("responsive", "fixed", "step_down", "client_led", "over_protective")
ARMS = {rule: {"service.titration": {"rule": rule}} for rule in RULES}
SHOWN = [
    "relapses",
    "bed_days",
    "autonomy",
    "unmet_need",
    "client_contacts",
    "homeless_days",
    "exhausted",
    "qalys_in_need",
]


def main(replications=24, days=730, clients=300):
    """Compare the rules as declared and over parameter draws."""
    size = {"days": days, "clients": clients}
    study = run_study("support_titration/study", ["usual_care"], ARMS, replications=replications, **size)
    draws = max(2 * replications // 3, 2)
    drawn_study = run_study(
        "support_titration/worlds", ["usual_care"], ARMS, replications=1, draws=draws, outcomes=SHOWN, **size
    )
    table = differences(runs_of(study, ARMS), SHOWN, "responsive", RULES)
    spread = differences(runs_of(drawn_study, ARMS), SHOWN, "responsive", RULES)
    both = {"declared world": table, "spread over assumed ranges": spread}
    forest(both, SHOWN, OUT / "support_titration" / "rules.png")
    fewest = table[table["outcome"] == "relapses"].sort_values("difference").iloc[0]
    best = "none is shown to lower relapses against `responsive`"
    if fewest["high"] < 0:
        best = f"`{fewest['arm']}` has fewest relapses, {fewest['difference']:+.3g} a client-year"
    page(
        "support_titration",
        {"rules": study, "worlds": drawn_study},
        {"rules": table, "worlds": spread},
        size=f"{replications} replications of {clients} clients over {days} days",
        draws=draws,
        best=best,
        table=grid(table, ["arm"]),
        told=told(table),
        spread=grid(spread, ["arm"]),
    )


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
