"""Drive cmsim from sim-tools: how many replications until two means are known within 10%.

    python docs/examples/with_sim_tools.py [MOST] [CLIENTS]

``pip install "cmsim[oracles]"`` brings sim-tools. ``cmsim run --precision 10%`` has this built in, on all
cores and also for differences.
"""

from __future__ import annotations

import sys

from sim_tools.output_analysis import ReplicationsAlgorithm

import cmsim


class Community:
    """What sim-tools asks of a model: the outcomes of a replication by its number."""

    def __init__(self, clients: int) -> None:
        self.scenario = cmsim.load_scenario("usual_care").replace(
            {"world.population.clients": clients, "world.warm_up_days": 60, "run.days": 120}
        )

    def single_run(self, replication_number: int) -> dict[str, float]:
        """Do one run; the number of the replication is its seed."""
        return cmsim.run(self.scenario, replication_number)


def main(most: int = 60, clients: int = 60) -> None:
    """Print how many replications each outcome needs."""
    rule = ReplicationsAlgorithm(half_width_precision=0.1, initial_replications=3, replication_budget=most)
    needed, _ = rule.select(Community(clients), ["client_contacts", "exhaustion"])
    for name, count in needed.items():
        print(f"{name}: {count} replications")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
