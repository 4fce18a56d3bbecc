"""Discover a process in a run with pm4py: what most often follows on what, and whether a model of it can replay it.

    python docs/examples/with_pm4py.py [DAYS] [CLIENTS]

``pip install "cmsim[event-logs]"`` brings it. Other tools take the file that ``cmsim run --event-log xes`` writes.
"""

from __future__ import annotations

import sys

import pm4py

import cmsim

SHOWN = 10


def main(days: int = 180, clients: int = 60) -> None:
    """Print the commonest successions of completed activities, and how far a discovered net fits them."""
    usual = cmsim.load_scenario("usual_care").replace(
        {"world.population.clients": clients, "world.warm_up_days": 0, "run.days": days}
    )
    log = cmsim.simulate(usual).event_log("xes").table
    done = log[log["lifecycle:transition"] == "complete"]
    follows, _, _ = pm4py.discover_dfg(done)
    for (before, after), count in sorted(follows.items(), key=lambda each: -each[1])[:SHOWN]:
        print(f"{before}, then {after}: {count}")
    net = pm4py.discover_petri_net_inductive(done, noise_threshold=0.2)
    print(f"fitness: {pm4py.fitness_token_based_replay(done, *net)['log_fitness']:.3f}")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
