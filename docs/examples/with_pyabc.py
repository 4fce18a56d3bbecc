"""Drive cmsim from pyABC: which rates of leaving agree with a turnover that was observed, with ``cmsim.run``.

    python docs/examples/with_pyabc.py [PARTICLES] [CLIENTS]

``pip install "cmsim[inference]"`` brings pyABC. What is observed here is a run with a rate of 0.8 a year, so that what
is found can be held against it. ``cmsim calibrate`` has history matching built in.
"""

from __future__ import annotations

import sys
from itertools import count
from tempfile import TemporaryDirectory

import numpy as np
import pyabc

import cmsim

KEY, TRUE_RATE = "world.workforce.leave_rate", 0.8


def main(particles: int = 40, clients: int = 100) -> None:
    """Print the mean rate of the parameter sets that each generation accepts."""
    size = {"world.population.clients": clients, "world.warm_up_days": 30, "run.days": 365}
    usual = cmsim.load_scenario("usual_care").replace(size)
    seeds = count(1)

    def turnover(parameters: dict[str, float]) -> dict[str, float]:
        return {"turnover": cmsim.run(usual, next(seeds), {KEY: parameters["rate"]})["turnover"]}

    np.random.seed(1)  # noqa: NPY002, TID251 - pyABC draws from it
    prior = pyabc.Distribution(rate=pyabc.RV("uniform", 0.1, 0.9))
    distance = pyabc.PNormDistance(p=1)
    search = pyabc.ABCSMC(turnover, prior, distance, particles, sampler=pyabc.SingleCoreSampler())
    with TemporaryDirectory() as folder:
        search.new(f"sqlite:///{folder}/found.db", turnover({"rate": TRUE_RATE}))
        found = search.run(max_nr_populations=2)
        for generation in range(found.max_t + 1):
            rates, weights = found.get_distribution(t=generation)
            print(f"generation {generation}: {np.average(rates['rate'], weights=weights):.3f}")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
