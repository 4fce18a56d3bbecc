"""Drive cmsim from SALib: a Morris screening of three numbers, with ``cmsim.run`` as the model.

    python docs/examples/with_salib.py [TRAJECTORIES] [CLIENTS]

``pip install "cmsim[sensitivity]"`` brings SALib. ``cmsim sensitivity`` has this built in, with averages over
replications and a noise floor.
"""

from __future__ import annotations

import sys

import numpy as np
from SALib.analyze import morris as analysis
from SALib.sample import morris as design

import cmsim

OUTCOME = "unseen_30"
PROBLEM = {
    "names": ["service.contact.least_visits", "world.contact_time.travel", "world.workforce.leave_rate"],
    "bounds": [[0.2, 2.0], [10.0, 60.0], [0.1, 0.45]],
    "num_vars": 3,
}


def main(trajectories: int = 6, clients: int = 100) -> None:
    """Print how much each number moves the share of clients unseen for more than 30 days."""
    usual = cmsim.load_scenario("usual_care").replace(
        {"world.population.clients": clients, "world.warm_up_days": 60, "run.days": 120}
    )
    points = design.sample(PROBLEM, trajectories, seed=1)
    answers = [cmsim.run(usual, 1, dict(zip(PROBLEM["names"], point, strict=True)))[OUTCOME] for point in points]
    found = analysis.analyze(PROBLEM, points, np.array(answers), seed=1)
    for name, effect in zip(found["names"], found["mu_star"], strict=True):
        print(f"{name}: {effect:.4f}")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
