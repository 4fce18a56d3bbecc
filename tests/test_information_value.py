"""What learning parameters is worth, against net benefit that is linear in normal parameters."""

import numpy as np
import pytest
from scipy.stats import norm, qmc

from cmsim.experiments.information_value import Worth, partial, perfect, reconciled, set_means, settled

MEAN, SLOPES = 0.3, np.array([1.0, 0.5])
"""Net benefit of a second option beyond the first: a mean, and what it gains with each of two standard normals."""


def unit_normal_loss(sd):
    """What is expected of the better of two options, less that of the one better on average."""
    return sd * norm.pdf(MEAN / sd) - MEAN * norm.cdf(-MEAN / sd)


def sampled(sets, rounds, noise, seed):
    """Quantiles of three parameters, of which the third is idle, and runs of both options, with common noise."""
    at = qmc.LatinHypercube(3, rng=seed).random(sets)
    rng = np.random.default_rng(seed)  # noqa: TID251
    common = 3.0 * rng.normal(size=sets * rounds)
    gain = MEAN + norm.ppf(at[:, :2]) @ SLOPES
    return at, set_means([common, common + np.tile(gain, rounds) + noise * rng.normal(size=sets * rounds)], sets)


def test_the_value_of_learning_is_that_of_the_unit_normal_loss():
    at, (means, within) = sampled(200, 4, 0.3, 1)
    theory = {
        "all": unit_normal_loss(np.hypot(*SLOPES)),
        "first": unit_normal_loss(1.0),
        "second": unit_normal_loss(0.5),
    }
    found = {"all": perfect(means, within), "first": partial(means, at[:, :1]), "second": partial(means, at[:, 1:2])}
    for name, each in found.items():
        assert each.value == pytest.approx(theory[name], abs=0.05), name
        assert abs(each.value - theory[name]) < 2.0 * each.error < 0.14, name
    both, idle = partial(means, at[:, :2]), partial(means, at[:, 2:])
    assert both.value == pytest.approx(theory["all"], abs=0.05)
    assert idle.value < 0.01


def test_few_sets_and_much_noise_are_right_on_average_and_within_their_standard_errors():
    """Means of sets have twice the variance that the parameters give them: taken as they are, 0.14 too much."""
    theory, found, plain = [unit_normal_loss(np.hypot(*SLOPES)), unit_normal_loss(1.0)], [], []
    for seed in range(30):
        at, (means, within) = sampled(24, 2, np.sqrt(2.5), seed)
        found.append([perfect(means, within), partial(means, at[:, :1])])
        plain.append(means.max(axis=1).mean() - means.mean(axis=0).max())
    values = np.array([[each.value for each in row] for row in found])
    errors = np.array([[each.error for each in row] for row in found])
    assert values.mean(axis=0) == pytest.approx(theory, abs=0.06)
    assert np.mean(plain) > theory[0] + 0.1
    assert (np.abs(values - theory) < 2.0 * errors).mean() > 0.85


def test_means_have_the_covariance_that_is_not_stochastic():
    _, (means, within) = sampled(50, 2, 1.0, 1)
    moved = settled(means, within)
    assert np.cov(moved, rowvar=False) == pytest.approx(np.cov(means, rowvar=False) - within)
    assert moved.mean(axis=0) == pytest.approx(means.mean(axis=0))


def test_nothing_is_worth_learning_where_one_option_is_always_best_or_nothing_varies():
    at = np.linspace(0.0, 1.0, 20)[:, None]
    always = np.column_stack([np.zeros(20), 1.0 + at[:, 0]])
    assert perfect(always, np.zeros((2, 2))).value == pytest.approx(0.0, abs=1e-12)
    assert partial(always, at).value == pytest.approx(0.0, abs=1e-12)
    assert partial(always, np.ones((20, 1))).value == 0.0


def test_an_option_that_is_never_best_but_good_whatever_is_not_known_counts():
    """A and B are best in turn by what stays unknown; C, second always, is best for some values of the parameter."""
    at, unknown = np.repeat(np.linspace(0.0, 1.0, 40), 2), np.tile([1.0, -1.0], 40)
    means = np.column_stack([2.1 * unknown, -2.1 * unknown, 2.0 * (2.0 * at - 1.0)])
    expected = 2.0 * np.maximum(2.0 * at - 1.0, 0.0).mean()
    assert partial(means, at[:, None]).value == pytest.approx(expected, abs=0.05)


def test_the_error_for_one_contender_is_the_spread_of_the_value_and_nothing_where_it_is_clearly_worse():
    """The difference is -3 or -1 on average, with a standard deviation of 1 by the one parameter."""
    rng = np.random.default_rng(0)  # noqa: TID251

    def found(mean):
        at = rng.random((40, 1))
        gain = mean + np.sqrt(12.0) * (at[:, 0] - 0.5) + 0.3 * rng.normal(size=40)
        return partial(np.column_stack([np.zeros(40), gain]), at)

    never = found(-3.0)
    assert (never.value, never.error) == (0.0, 0.0)
    values, errors = np.array([(each.value, each.error) for each in (found(-1.0) for _ in range(25))]).T
    assert errors.mean() == pytest.approx(values.std(ddof=1), rel=0.4)


def test_no_parameter_is_worth_more_than_all_and_nothing_is_not_stated_as_known():
    """24 sets, and stochastic variation beyond that of the parameters: in some samples nothing of it is left."""
    rng, raised, left_open = np.random.default_rng(3), 0, 0  # noqa: TID251
    for _ in range(20):
        at = rng.random((24, 1))
        gain = -0.3 + 0.5 * np.sqrt(12.0) * (at[:, 0] - 0.5) + rng.normal(size=(2, 24))
        means, within = set_means([np.zeros(48), gain.ravel()], 24)
        alone = perfect(means, within)
        known = settled(means, within)
        contenders = np.any(known > known[:, [known.mean(axis=0).argmax()]], axis=0)
        whole, (part,) = reconciled(alone, [partial(means, at, contenders)])
        assert part.value <= whole.value <= whole.at_most
        assert whole.value > 0.0 or (np.isnan(whole.error) and whole.at_most > 0.0)
        raised += whole.value > alone.value
        left_open += bool(np.isnan(whole.error))
    assert raised > 0 < left_open
    sure = Worth(0.0, 0.0, 0.0)  # no set had another option ahead
    assert reconciled(sure, [Worth(0.0, 0.0), None]) == (sure, [Worth(0.0, 0.0), None])
