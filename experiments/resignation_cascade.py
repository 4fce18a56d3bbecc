"""How many further resignations does one bring about?

Question: how many exits follow within 180 days on the resignation of somebody who would have stayed?
Objective, named before the runs: exits from all other posts within 180 days of the leaving, those that
follow on exits included, with the resignation less without; with common random numbers. Above 0.5 is a spiral,
below 0.1 none. Later holders of the same post who leave are counted apart: they do with the loop cut, too.
Arms: strained, usual and buffered agency; the strained one with the loop cut, and with single links cut.
The same command resumes after a stop.

    python experiments/resignation_cascade.py [REPLICATIONS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import sys

import pandas as pd
from pages import OUT, bars, clustered, markdown, page, run_study

import cmsim

NOTICE, FOLLOWED = 28, 180
FACTS = {
    "as declared": {},
    "loop cut": {"world.loops.burnout_turnover": False},
    "no example": {"world.workforce.leave_colleague_log": 0.0},
    "morale not catching": {"world.workforce.morale_gain": 0.0},
    "posts filled in 20 days": {"world.workforce.hire_days": 20.0},
}
PARTS = [("strained", fact, 1.0 if fact == "as declared" else 0.4) for fact in FACTS]
PARTS += [("usual_care", "as declared", 0.4), ("buffered", "as declared", 0.4)]


def further(scenario, replication):
    """Make the holders of two posts resign in turn: pairs that count, further exits, and the agency."""
    day, posts = scenario.world.warm_up_days, scenario.service.staff.case_managers

    def gone(events):
        run = cmsim.simulate(scenario.replace({"events": events}), replication)
        rows = run.arrays("staff")
        return rows["worker"][(rows["event"] == 1) & (rows["minute"] >= day * 1440)].tolist(), run

    without, run = gone([])
    exits, again = [], 0
    for post in {replication % posts, (replication + posts // 2) % posts}:
        left, _ = gone([{"day": day, "resigning_post": post + 1}])
        forced = [worker for worker in left if worker // 1000 == post]
        if forced and forced[0] not in without:  # a vacant post, or one who goes anyway, is no pair
            again += len(forced) - 1
            exits.append(len(left) - len(forced) - len(without))
    about = {name: run.outcomes()[name] for name in ("turnover", "vacancies", "exhausted")}
    changed = sum(map(bool, exits))
    return {"pairs": len(exits), "exits": sum(exits), "changed": changed, "again": again, **about}


def main(replications=100, days=NOTICE + FOLLOWED, clients=300):
    """Count in every part."""
    rows, studies = [], {}
    for agency, fact, share in PARTS:
        name = f"{agency}, {fact}"
        studies[name] = run_study(
            f"resignation_cascade/{name.replace(', ', '-').replace(' ', '_')}",
            [agency],
            {},
            replications=max(round(share * replications), 1),
            days=days,
            clients=clients,
            settings={"world.warm_up_days": min(365, 2 * days), **FACTS[fact]},
            run=further,
        )
        rows.append({"agency": agency, "links": fact, **clustered(studies[name].runs)})
    table = pd.DataFrame(rows)
    strained = table.iloc[0]
    met = "above 0.5, as expected" if strained["low"] > 0.5 else "not shown to be above 0.5"
    bars(table, ["agency", "links"], "further exits caused by one", OUT / "resignation_cascade" / "cascade.png")
    page("resignation_cascade", studies, {"cascade": table}, table=markdown(table), met=met)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
