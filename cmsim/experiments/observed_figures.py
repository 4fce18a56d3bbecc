"""An agency's own figures beside the model's: the names of outcomes checked, and whether the two agree."""

import math
from collections.abc import Iterator

import numpy as np
from scipy.stats import binomtest

from cmsim.core.errors import nearest
from cmsim.core.numeric import Floats
from cmsim.experiments.statistics import LEVEL, mean_interval
from cmsim.outcomes import Outcome, outcomes_of
from cmsim.scenario import Scenario
from cmsim.scenario.error_messages import refuse
from cmsim.scenario.scenario_file import Observed

AGREES, IN_SINGLE_RUNS = "within the interval", "within single runs"
HIGHER, LOWER, UNCLEAR = "the model is higher", "the model is lower", "unclear: more runs needed"
FEWEST = 4
"""Replications from which the spread of single runs says anything."""


def check_observed(scenario: Scenario) -> None:
    """Check that what a scenario states as observed are outcomes, with values that these can have.

    Raises:
        ScenarioError: one is not; a line for every mistake, with the nearest name.
    """
    refuse(scenario.where, _mistakes(scenario))


def _mistakes(scenario: Scenario) -> Iterator[str]:
    known = {outcome.name: outcome for outcome in outcomes_of(scenario)}
    by_label = {outcome.label.lower().replace(" ", "_"): name for name, outcome in known.items()}
    for name, figure in scenario.observed:
        outcome = known.get(name)
        if outcome is None:
            meant = by_label.get(name.lower())
            hint = f'; did you mean "{meant}"?' if meant else nearest(name, known) or nearest(name, by_label)
            yield f"observed.{name}: no such outcome; allowed: names of outcomes (definitions.csv of any results){hint}"
            continue
        for value in (figure.value, figure.low, figure.high):
            if value is None:
                continue
            least, most = outcome.bounds
            if not least <= value <= most:
                hint = f"; did you mean {value / 100.0:g}?" if most < value <= 100.0 else ""
                ends = f"{least:g} and up" if most == math.inf else f"{least:g} to {most:g}"
                what = f"a {outcome.unit}, " if outcome.is_share else ""
                yield f"observed.{name}: given {value:g}; allowed: {what}{ends}{hint}"


def set_beside(figure: Observed, outcome: Outcome, values: Floats, runs: Floats | None = None) -> dict[str, object]:
    """Return an observed figure beside the model's, as columns of a table.

    A share that was counted of n has the range of a binomial proportion (Wilson, 95%) unless a range is stated.

    Args:
        figure: as observed.
        outcome: what it is a figure of.
        values: the outcome in each replication.
        runs: the outcome in single runs, where ``values`` are means of several.
    """
    ends = figure.low, figure.high
    if figure.n and outcome.is_share and ends == (None, None):
        found = binomtest(round(figure.value * figure.n), figure.n).proportion_ci(LEVEL, "wilson")
        ends = float(found.low), float(found.high)
    low, high = (figure.value if end is None else end for end in ends)
    mean = mean_interval(values)
    each = mean if runs is None else mean_interval(runs)
    single = each.half_width * math.sqrt(each.n + 1)  # half of the interval in which one further run is expected
    run_low, run_high = mean.mean - single, mean.mean + single
    if mean.n and np.nanmin(values) >= 0.0:
        run_low, run_high = max(run_low, 0.0), min(run_high, 1.0 if outcome.is_share else np.inf)
    if mean.n < FEWEST:
        reading = UNCLEAR if mean.n else "not defined"
    elif low <= mean.high and mean.low <= high:
        reading = AGREES
    elif low <= run_high and run_low <= high:
        reading = IN_SINGLE_RUNS
    else:
        reading = HIGHER if mean.mean > high else LOWER
    names = ("observed", "observed_low", "observed_high", "observed_n")
    given = dict(
        zip(names, (np.nan if each is None else each for each in (figure.value, *ends, figure.n)), strict=True)
    )
    numbers = {"mean": mean.mean, "low": mean.low, "high": mean.high, "run_low": run_low, "run_high": run_high}
    return {**given, **numbers, "n": mean.n, "reading": reading}
