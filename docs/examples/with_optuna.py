"""Drive cmsim from Optuna: the smallest cost at which few clients go unseen, with ``cmsim.run`` as the model.

    python docs/examples/with_optuna.py [TRIALS] [CLIENTS]

``pip install "cmsim[optimisation]"`` brings Optuna. Every trial has the same seeds, so that trials are compared with
common random numbers; check what is found with other seeds: an optimum fits those that were used.
"""

from __future__ import annotations

import sys

import numpy as np
import optuna

import cmsim

SEEDS = (1, 2)
UNSEEN = 0.15


def main(trials: int = 20, clients: int = 100) -> None:
    """Print the staff and caseload found, with what they cost and how many clients go unseen for 30 days."""
    size = {"world.population.clients": clients, "world.warm_up_days": 60, "run.days": 120}
    usual = cmsim.load_scenario("usual_care+prices_us").replace(size)

    def cost(trial: optuna.Trial) -> float:
        settings = {
            "agency.staff.case_managers": trial.suggest_int("case managers", 2, 10),
            "agency.caseload.size": trial.suggest_int("caseload", 10, 40),
        }
        runs = [cmsim.run(usual, seed, settings) for seed in SEEDS]
        unseen, dollars = (float(np.mean([run[name] for run in runs])) for name in ("unseen_30", "cost_total"))
        trial.set_user_attr("unseen", unseen)
        return dollars + 1e5 * max(0.0, unseen - UNSEEN)  # a penalty keeps to the limit

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1))
    study.optimize(cost, n_trials=trials)
    for name, value in {**study.best_params, "unseen": study.best_trial.user_attrs["unseen"]}.items():
        print(f"{name}: {value:g}")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
