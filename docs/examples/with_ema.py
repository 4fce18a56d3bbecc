"""Drive cmsim from the EMA workbench: how many posts are enough in every future, with ``cmsim.run`` as the model.

    python docs/examples/with_ema.py [STEPS] [CLIENTS]

``pip install "cmsim[inference]"`` brings it. Every combination has the same seed, so that they are compared with common
random numbers.
"""

from __future__ import annotations

import sys

from ema_workbench import Model, RealParameter, Samplers, ScalarOutcome, SequentialEvaluator

import cmsim


def main(steps: int = 3, clients: int = 100) -> None:
    """Print the share of clients unseen for 30 days in the worst of all futures, by the share of usual care's posts."""
    size = {"world.population.clients": clients, "world.warm_up_days": 60, "run.days": 120}
    usual = cmsim.load_scenario("usual_care").replace(size)

    def future(posts: float, travel: float, leave_rate: float) -> dict[str, float]:
        settings = {
            "agency.staff.case_managers": max(1, round(posts * clients / 25)),
            "world.contact_time.travel": travel,
            "world.workforce.leave_rate": leave_rate,
        }
        return {"unseen": cmsim.run(usual, 1, settings)["unseen_30"]}

    model = Model("cmsim", function=future)
    model.levers = [RealParameter("posts", 0.5, 1.0)]
    model.uncertainties = [RealParameter("travel", 10.0, 60.0), RealParameter("leave_rate", 0.1, 0.45)]
    model.outcomes = [ScalarOutcome("unseen")]
    grid = {"uncertainty_sampling": Samplers.FF, "lever_sampling": Samplers.FF}
    with SequentialEvaluator(model) as evaluator:
        futures, outcomes = evaluator.perform_experiments(scenarios=steps, policies=steps, **grid)
    for posts, unseen in futures.assign(unseen=outcomes["unseen"]).groupby("posts")["unseen"]:
        print(f"{posts:.0%} of the posts: {unseen.max():.3f}")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
