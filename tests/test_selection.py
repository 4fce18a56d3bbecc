"""Selection of the best: its guarantee on systems with a known best, on pairs, beside limits, and by a fixed budget."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import stdtr

from cmsim.experiments.plausible_means import chance_best, plausible_means
from cmsim.experiments.selection import Rule, boundary, ocba_shares, paired_means, select, spend


def gaussian(means, sds, seed, common=0.0, limits=None, most=1000):
    """Return what runs replications of made-up options, whose values share a part of their variation."""
    rng = np.random.default_rng(seed)  # noqa: TID251
    size = (len(means), most)
    shared, own = rng.normal(size=most), rng.normal(size=size)
    columns = [np.transpose(means + (np.sqrt(common) * shared + np.sqrt(1 - common) * own).T * sds)]
    if limits is not None:
        columns.append(np.transpose(limits + rng.normal(size=size).T * sds))
    values, so_far = np.stack(columns, axis=2), [0] * len(means)

    def ask(wanted):
        for option, count in wanted.items():
            assert count >= so_far[option]
            so_far[option] = count
        return [each[:count] for each, count in zip(values, so_far, strict=True)]

    return ask


def test_the_boundary_is_that_of_the_paper():
    """Kim and Nelson (2001), k = 3, n0 = 10, alpha 0.05: eta = 0.5 ((2 * 0.05 / 2)^(-2/9) - 1) = 0.473."""
    eta = 0.5 * (0.05 ** (-2 / 9) - 1)
    h_squared = 2 * eta * 9
    for after in (10, 20):
        w = max(0.0, 0.5 / (2 * after) * (h_squared * 3.0 / 0.25 - after))
        assert boundary(after, np.array(3.0), 0.5, 0.025, 10) == pytest.approx(after * w)


@pytest.mark.parametrize("common", [0.0, 0.8])
def test_the_best_is_selected_at_the_stated_rate(common):
    """The hardest case, all others worse by just the indifference amount, 400 times at 90%: 360 are due.

    Were the true rate 90%, fewer than 341 would come once in 1,000 times; were it 80%, 341 or more as rarely."""
    means = np.array([1.0, 0.0, 0.0, 0.0, 0.0])
    rule = Rule(1.0, level=0.9)
    found = [select(gaussian(means, 2.0, seed, common), 5, rule) for seed in range(400)]
    assert all(each.is_sure for each in found)
    assert sum(each.best == 0 for each in found) >= 341


def test_pairs_and_dropping_save_runs():
    means = np.array([2.0, 1.0, 0.0, -1.0, -2.0])
    apart, paired = (
        [select(gaussian(means, 2.0, seed, common), 5, Rule(1.0)) for seed in range(40)] for common in (0.0, 0.9)
    )
    used = [np.mean([sum(each.replications) for each in found]) for found in (apart, paired)]
    assert used[1] < used[0] / 2
    assert used[0] < 0.6 * np.mean([each.equal for each in apart])
    assert all(each.replications[4] <= each.replications[1] for each in apart)
    assert apart[0].dropped.keys() == {1, 2, 3, 4}


def test_limits_are_kept_at_the_stated_rate():
    """Option 0 has the best objective and breaks the limit, by twice the tolerance; 1 is the best that keeps it."""
    means, limits = np.array([3.0, 2.0, 1.0, 1.0]), np.array([1.0, -1.0, -1.0, -1.0])
    rule = Rule(1.0, (0.5,), level=0.9)
    found = [select(gaussian(means, 2.0, seed, 0.5, limits), 4, rule) for seed in range(200)]
    assert sum(each.best == 1 for each in found) >= 167  # as above, of 200
    assert sum(each.dropped[0].limit == 0 for each in found) >= 167


def test_a_certain_objective_costs_no_error_and_the_smallest_that_keeps_the_limit_is_selected():
    """Staff 3, 4, 5, 6 with waits of 12, 9, 5 and 4 against a limit of 7."""
    ask = gaussian(np.array([-3.0, -4.0, -5.0, -6.0]), 0.0, 1)
    waits = np.random.default_rng(5).normal(np.array([5.0, 2.0, -2.0, -3.0])[:, None], 3.0, (4, 1000))  # noqa: TID251

    def both(wanted):
        return [np.column_stack([each[:, 0], wait[: len(each)]]) for each, wait in zip(ask(wanted), waits, strict=True)]

    found = select(both, 4, Rule(1.0, (1.0,)))
    assert (found.best, found.is_sure) == (2, True)
    assert found.dropped[0].limit == found.dropped[1].limit == 0
    assert found.dropped[3].by == 2


def test_options_that_are_the_same_end_in_the_earlier_and_none_that_keeps_the_limit_in_none():
    same = np.random.default_rng(1).normal(size=(30, 1))  # noqa: TID251
    found = select(lambda wanted: [same[: max(wanted.values())]] * 2, 2, Rule(1.0))
    assert (found.best, found.dropped[1].by) == (0, 0)
    ask = gaussian(np.zeros(3), 1.0, 1, limits=np.full(3, 5.0))
    assert select(ask, 3, Rule(1.0, (1.0,))).best is None


def test_what_is_not_decided_at_the_most_replications_is_not_sure():
    found = select(gaussian(np.array([0.0, 0.1]), 5.0, 3), 2, Rule(0.1, most=37))
    assert not found.is_sure
    assert found.replications == (37, 37)


def test_the_procedure_agrees_with_an_independent_implementation():
    oracle = pytest.importorskip("sim_tools.ovs.indifference_zone", reason="pip install -e '.[oracles]' brings it")
    means = np.array([4.0, 3.0, 2.0, 1.0])

    class Model:
        def __init__(self, seed):
            self.values, self.used = gaussian(means, 2.0, seed)(dict.fromkeys(range(4), 1000)), [0] * 4

        def register_observer(self, observer):
            self.observer = observer

        def simulate(self, design):
            self.used[design] += 1
            self.observer.feedback(self, design, float(self.values[design][self.used[design] - 1, 0]))

    for seed in range(3):
        model = Model(seed)
        best = oracle.KN(model, 4, 1.0, alpha=0.05, n_0=10).solve()
        found = select(gaussian(means, 2.0, seed), 4, Rule(1.0))
        assert found.best == best[0]


def test_ocba_spends_where_the_decision_hangs():
    """Chen et al. (2000): N1 / N2 = ((s1 / d1) / (s2 / d2))^2."""
    shares = ocba_shares(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.0, 1.0, 3.0]))
    assert shares.sum() == pytest.approx(1.0)
    assert shares[1] / shares[2] == pytest.approx(4.0)
    assert shares[1] / shares[3] == pytest.approx(1.0)
    assert shares[0] == shares.max()


def test_ocba_finds_the_best_more_often_than_equal_allocation():
    """Ten options 0.5 apart with an SD of 2, 150 runs, 300 times; equal allocation has 15 of each."""
    means = 0.5 * np.arange(10.0)
    used = correct = equal = 0
    for seed in range(300):
        found = spend(gaussian(means, 2.0, seed, most=150), 10, 150, 5)
        used = max(used, sum(found.replications))
        correct += found.best == 9
        even = paired_means(gaussian(means, 2.0, seed, most=150)(dict.fromkeys(range(10), 15)))[:, 0]
        equal += int(np.argmax(even)) == 9
    assert used == 150
    assert correct > equal + 15  # of 300; were the two alike, the difference would have an SD of about 9


def erlang_wait(servers, load):
    """Return the mean wait in an M/M/c queue, in services."""
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return last / (sum(load**i / math.factorial(i) for i in range(servers)) + last) / (servers - load)


def mean_waits(servers, replications=60, customers=400, load=2.4):
    """Return the mean wait in an M/M/c queue, in services, of each replication, after 100 customers of warm-up."""
    waits = []
    for seed in range(replications):
        rng = np.random.default_rng(seed)  # noqa: TID251
        arrivals, services = np.cumsum(rng.exponential(1 / load, customers)), rng.exponential(1.0, customers)
        free, waited = [0.0] * servers, []
        for arrival, service in zip(arrivals, services, strict=True):
            soonest = free.index(min(free))
            waited.append(max(0.0, free[soonest] - arrival))
            free[soonest] = arrival + waited[-1] + service
        waits.append(np.mean(waited[100:]))
    return np.array(waits)


def test_the_staff_of_a_queue_is_found_as_erlang_says():
    """M/M/c with a load of 2.4: the smallest staff with a wait of 0.3, and the cheapest at 5 a unit of waiting."""
    staff = (3, 4, 5, 6)
    exact = np.array([erlang_wait(c, 2.4) for c in staff])
    assert exact.round(2).tolist() == [1.08, 0.18, 0.04, 0.01]
    assert (staff + 5 * exact).round(1).tolist() == [8.4, 4.9, 5.2, 6.1]
    waits = [mean_waits(c) for c in staff]

    def ask(objective, limit):
        def asked(wanted):
            columns = [np.column_stack([objective(c, wait), limit(wait)]) for c, wait in zip(staff, waits, strict=True)]
            return [each[: max(wanted.values())] for each in columns]

        return asked

    smallest = select(ask(lambda c, wait: np.full(60, -c), lambda wait: wait - 0.3), 4, Rule(1.0, (0.1,)))
    cheapest = select(ask(lambda c, wait: -c - 5 * wait, lambda wait: np.empty((60, 0))), 4, Rule(0.3))
    assert (staff[smallest.best], smallest.is_sure) == (4, True)
    assert (staff[cheapest.best], cheapest.is_sure) == (4, True)


def test_plausible_means_are_those_of_a_paired_t_test_and_of_the_sets():
    rng = np.random.default_rng(2)  # noqa: TID251
    common = 5.0 * rng.normal(size=100)
    a, b = common + rng.normal(size=100), common + 0.2 + rng.normal(size=100)
    difference = (b - a)[:50]
    drawn = plausible_means([a[:, None], b[:50, None]])[:, :, 0]
    t = difference.mean() / (difference.std(ddof=1) / np.sqrt(50))
    assert chance_best(drawn)[1] == pytest.approx(stdtr(49, t), abs=0.01)
    assert (drawn[:, 1] - drawn[:, 0]).mean() == pytest.approx(difference.mean(), abs=0.01)
    effects = np.tile(np.where(np.arange(24) < 6, 1.0, -1.0), 4)  # in a quarter of the sets b is better
    noisy = np.column_stack([rng.normal(size=96), effects + 0.1 * rng.normal(size=96)])
    drawn = plausible_means([noisy[:, :1], noisy[:, :1] + noisy[:, 1:]], 24)[:, :, 0]
    assert chance_best(drawn).tolist() == pytest.approx([0.75, 0.25], abs=0.01)
