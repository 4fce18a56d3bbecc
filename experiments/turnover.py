"""What does turnover do to clients, and what holds it?

Question: how do leaving, supervision, caseload, handover and shared teams bear on workers and clients?
Objective, named before the runs: clients who lose their worker a year, alliance, bed days; also by group.
Arms: twice the leaving, hardly any, supervision doubled, caseloads of 15 and 40 (posts follow), warm
handover, shared teams, watched caseloads, against turnover of about 30%, from the end of the warm-up.
The same command resumes after a stop.

    python experiments/turnover.py [REPLICATIONS] [DAYS] [CLIENTS]
"""

from __future__ import annotations

import sys

from pages import OUT, differences, forest, grid, page, run_study, runs_of, told

ARMS = {
    "as_it_is": {},
    "twice_the_leaving": {"service.turnover": {"pay": 0.55}},
    "hardly_any_leaving": {"service.turnover": {"pay": 2.2}},
    "supervision_doubled": {
        "service.turnover": {"supervision_hours": 2.0},
        "service.staff": {"supervisor_hours": 14.0},
    },
    "caseload_15": {"service.caseload": {"size": 15, "closure": "clients_fixed"}},
    "caseload_40": {"service.caseload": {"size": 40, "closure": "clients_fixed"}},
    "warm_handover": {"service.turnover": {"handover": {"rule": "warm"}}},
    "shared_team": {"service.caseload": {"sharing": {"rule": "shared_by_team"}}},
    "watched_caseloads": {"service.caseload": {"balance": {"rule": "watched"}}},
}
SHOWN = ["turnover", "worker_lost", "exhausted", "skill", "alliance", "bed_days", "relapses", "dropout"]
IN_WORLDS = {arm: ARMS[arm] for arm in ("as_it_is", "twice_the_leaving", "shared_team")}
BY_GROUP = ["bed_days", "relapses", "dropout"]


def main(replications=16, days=1095, clients=300):
    """Compare the arms; hold twice the leaving and shared teams over parameter draws."""
    size = {"days": days, "clients": clients}
    study = run_study("turnover/study", ["usual_care"], ARMS, replications=replications, **size)
    drawn_study = run_study(
        "turnover/worlds", ["usual_care"], IN_WORLDS, replications=1, draws=max(replications, 2), outcomes=SHOWN, **size
    )
    runs, groups = runs_of(study, ARMS), runs_of(study, ARMS, "groups")
    table = differences(runs, SHOWN, "as_it_is", list(ARMS))
    spread = differences(runs_of(drawn_study, IN_WORLDS), SHOWN, "as_it_is", list(IN_WORLDS))
    able = groups[groups["grouping"] == "capability"]
    by_group = differences(able, BY_GROUP, "as_it_is", list(ARMS)[:3], by=["group"])
    level = runs[runs["arm"] == "as_it_is"][SHOWN].mean()
    forest({"declared world": table, "spread over assumed ranges": spread}, SHOWN, OUT / "turnover" / "arms.png")
    page(
        "turnover",
        {"arms": study, "worlds": drawn_study},
        {"arms": table, "worlds": spread, "by_capability": by_group},
        size=f"{replications} replications of {clients} clients over {days} days",
        draws=drawn_study.cells["draw"].nunique(),
        turnover=f"{level['turnover']:.0f}",
        lost=f"{100 * level['worker_lost']:.0f}",
        exhausted=f"{100 * level['exhausted']:.0f}",
        table=grid(table, ["arm"]),
        told=told(table),
        groups=grid(by_group, ["group", "arm"]),
        spread=grid(spread, ["arm"]),
    )


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
