"""Enough replications: the rule against an independent implementation, and commands that ask for precision."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit

import cmsim
from cmsim.core.errors import CmsimError
from cmsim.experiments.precision import Precision, Target, enough, parse_precision, until_precise
from cmsim.experiments.statistics import half_widths, holm, mean_interval, paired, size
from cmsim.outcomes import OUTCOMES

TINY = {"world.population.clients": 20, "world.warm_up_days": 30, "run.days": 40}


def samples(seed, size, sd):
    return np.random.default_rng(seed).normal(10.0, sd, size)  # noqa: TID251


def test_running_half_widths_are_those_of_each_beginning():
    values = samples(3, 30, 2.0)
    values[4] = np.nan
    found = half_widths(values)
    for n in (3, 5, 6, 30):
        assert found[n - 1] == pytest.approx(mean_interval(values[:n]).half_width)
    assert np.isnan(found[0])


@pytest.mark.parametrize("seed", range(8))
def test_the_rule_is_that_of_an_independent_implementation(seed):
    oracle = pytest.importorskip("sim_tools.output_analysis", reason="pip install -e '.[oracles]' brings it")
    values = samples(seed, 400, 4.0)

    class Model:
        def single_run(self, replication):
            return {"x": float(values[replication])}

    algorithm = oracle.ReplicationsAlgorithm(half_width_precision=0.1, look_ahead=5, replication_budget=300)
    expected, _ = algorithm.select(Model(), ["x"])
    running = np.cumsum(values) / np.arange(1, len(values) + 1)
    # it stops by Student's half-width: what is asked is widened as much as ours is wider
    spread = pd.Series(values).expanding().std().to_numpy()
    students = stdtrit(np.arange(400), 0.975) * spread / np.sqrt(np.arange(1, 401))
    found = enough(values, 0.1 * running * half_widths(values) / students)
    assert 40 < found < 100  # (1.99 * 4 / 1) ** 2 = 63: neither at once nor never
    assert found == expected["x"]


def test_histories_are_added_until_all_outcomes_are_precise_and_no_longer():
    values = {"crises": samples(1, 600, 2.0), "relapse": samples(2, 600, 0.1)}
    done = []
    asked = Precision({"crises": Target("absolute", 0.4), "relapse": Target("matters")}, most=500)

    def seen(names):
        return {name: [(v[: done[-1]], 10.0)] for name, v in values.items()}

    reached = until_precise(asked, 10, lambda first, end: done.append(end), seen)
    assert reached.missed == {}
    assert "until the precision asked for was reached" in reached.note
    for name, width in (("crises", 0.4), ("relapse", OUTCOMES["relapse"].matters)):
        assert mean_interval(values[name][: done[-1]]).half_width <= width
    # (1.98 * 2.0 / 0.4) ** 2 = 98 with the true spread; that of the sample is up to a tenth off
    assert 70 < done[-1] < 150


def test_what_is_not_reached_is_said_with_what_would_be_needed():
    values = samples(1, 600, 2.0)
    done = []
    asked = Precision({"crises": Target("absolute", 0.1)}, most=40)
    reached = until_precise(
        asked, 10, lambda first, end: done.append(end), lambda _: {"crises": [(values[: done[-1]], 1)]}
    )
    assert done[-1] == 40
    assert list(reached.missed) == ["crises"]
    # (2.02 * 2.0 / 0.1) ** 2 = 1,600
    assert 1000 < reached.needed < 2500
    assert f"about {reached.needed} would do" in reached.note


def test_words_on_the_command_line():
    found = parse_precision(["5%", "crises=0.2", "relapse=matters"]).targets
    assert found["crises"] == Target("absolute", 0.2)
    assert found["relapse"] == Target("matters")
    assert found["admissions"] == Target("relative", 0.05)
    assert set(found) == {name for name, outcome in OUTCOMES.items() if outcome.main}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("crisis=1", 'unknown outcome "crisis"; did you mean "crises"'),
        ("0.1", "different units"),
        ("crises=-1", "above 0"),
        ("crises=much", "allowed: matters, a percentage"),
        ("nan%", "given 'nan%'"),
    ],
)
def test_a_mistake_is_one_message(text, message):
    with pytest.raises(CmsimError, match=message):
        parse_precision([text])


@pytest.mark.slow
def test_a_run_and_a_comparison_reach_the_precision_asked_for():
    usual = cmsim.load_scenario("usual_care").replace(TINY)
    asked = cmsim.Precision({"exhaustion": Target("absolute", 1.0)}, most=60)
    found = cmsim.repeat(usual, replications=2, precision=asked, workers=1)
    row = found.table.set_index("outcome").loc["exhaustion"]
    assert (row["high"] - row["low"]) / 2 <= 1.0
    assert found.replications >= 7
    assert found.notes[0] == found.precision.note
    small = usual.replace({"service.contact.least_visits": 3.0, "name": "more_visits"})
    both = cmsim.compare(usual, small, replications=2, precision=asked, workers=1)
    row = both.table.set_index("outcome").loc["exhaustion"]
    assert (row["high"] - row["low"]) / 2 <= 1.0
    assert len(both.runs[0]) == len(both.runs[1]) == len(both.placebo)


def test_an_outcome_that_is_never_defined_is_refused():
    usual = cmsim.load_scenario("usual_care").replace(TINY)  # too short for a share a year
    with pytest.raises(CmsimError, match=r"precision of relapse: it is defined in 0 of 7 replications"):
        cmsim.repeat(usual, precision=parse_precision(["relapse=5%"]), replications=2, workers=1)


def test_holm_of_a_hand_worked_example():
    """Sorted .01 .02 .03 .04 times 4 3 2 1: .04 .06 .06 .04, and never falling: .04 .06 .06 .06."""
    assert holm([0.04, 0.01, np.nan, 0.03, 0.02]) == pytest.approx([0.06, 0.04, np.nan, 0.06, 0.06], nan_ok=True)


def test_the_chance_of_any_false_claim_stays_below_five_per_cent():
    """Four scenarios that change nothing, 2,000 times: without correction a claim in about 17%; with it at
    most 5%, so 100 with a standard error of 9.7; 140 is 4 standard errors above."""
    draws = np.random.default_rng(11).normal(size=(2000, 5, 12))  # noqa: TID251
    uncorrected = corrected = 0
    for control, *arms in draws:
        p = [paired(control, arm).p_value for arm in arms]
        uncorrected += min(p) < 0.05
        corrected += holm(p).min() < 0.05
    assert corrected <= 140
    assert uncorrected > 200


def test_joint_intervals_cover_all_differences_at_once():
    """2,000 experiments of three comparisons; at least 95% cover all three: 1,900 with a standard error of
    9.7, and 1,861 is four below."""
    draws = np.random.default_rng(12).normal(size=(2000, 4, 10))  # noqa: TID251
    covered = 0
    for control, *arms in draws:
        joint = [paired(control, arm).widened(3) for arm in arms]
        covered += all(each.low <= 0.0 <= each.high for each in joint)
    assert covered >= 1861


def test_the_p_value_is_that_of_the_paired_t_test():
    stats = pytest.importorskip("scipy.stats")
    a, b = samples(1, 9, 1.0), samples(2, 9, 1.0)
    assert paired(a, b).p_value == pytest.approx(stats.ttest_rel(b, a).pvalue)
    assert paired([1.0, 2.0], [1.0, 2.0]).p_value == 1.0
    assert paired([1.0, 2.0], [2.0, 3.0]).p_value == 0.0


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (1.0, 2.0, "matters"),
        (-2.0, -1.0, "matters"),
        (-0.9, 0.9, "too small to matter"),
        (0.5, 2.0, "undecided"),
        (-2.0, 2.0, "undecided"),
        (np.nan, 1.0, "not defined"),
    ],
)
def test_an_interval_beside_the_smallest_difference_that_matters(low, high, says):
    assert size(low, high, 1.0) == says
