"""Selection of the best of several options by replications that are run where the decision needs them.

Procedures know numbers only: they ask for replications and are given values, replication by replication, with common
random numbers across options. Two are here:

* :func:`select`, with a stated guarantee: the fully sequential indifference-zone procedure of Kim and Nelson (2001,
  ACM Transactions on Modeling and Computer Simulation 11), and with limits beside it the feasibility check of Batur
  and Kim (2010, the same journal 20), the error shared between the two as in Andradóttir and Kim (2010, Naval Research
  Logistics 57).
* :func:`spend`, for a fixed number of runs: optimal computing budget allocation (Chen et al. 2000, Discrete Event
  Dynamic Systems 10), on paired differences from the option that leads.

Values of an option have shape (replications, 1 + limits): first the objective, of which more is better, then by how
much each limit is exceeded, 0 and below being kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import stdtrit

from cmsim.core.numeric import Bools, Floats
from cmsim.experiments.statistics import LEVEL

Ask = Callable[[Mapping[int, int]], Sequence[Floats]]
"""Runs replications: given how many some options need in all, return all values of each option so far."""

_LEAST_MORE, _GROWTH = 5, 4
"""Replications of a further batch: at least so many, and one for so many done."""
_STEPS = 10
"""Batches in which a fixed number of runs is spent."""


@dataclass(frozen=True)
class Rule:
    """What is asked of a selection.

    Attributes:
        difference: the indifference amount: the smallest difference of the objective that is worth finding.
        tolerances: of each limit the amount by which an option may miss it and be taken for one that keeps it, or
            keep it and be taken for one that does not.
        level: probability of a correct selection, at least.
        first: replications of every option before the first is dropped.
        most: replications of an option at most.
        multiple: batches are multiples of this.
    """

    difference: float
    tolerances: tuple[float, ...] = ()
    level: float = LEVEL
    first: int = 10
    most: int = 500
    multiple: int = 1


@dataclass(frozen=True)
class Drop:
    """Why an option was dropped.

    Attributes:
        after: replications by which it was clear.
        by: the option that is better, or ``None``.
        limit: the limit that it does not keep, or ``None``.
    """

    after: int
    by: int | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Selected:
    """What a selection came to.

    Attributes:
        best: the option selected; ``None`` if none keeps the limits.
        is_sure: whether the procedure ended by itself, so that its guarantee holds.
        replications: of each option.
        dropped: of each option that was dropped, why.
        equal: runs that a plain two-stage procedure would have used, with as many replications of each option.
    """

    best: int | None
    is_sure: bool
    replications: tuple[int, ...]
    dropped: Mapping[int, Drop] = field(default_factory=dict)
    equal: int = 0


def boundary(after: int, variance: Floats, difference: float, error: float, first: int) -> Floats:
    """Return how far a sum of differences must be from zero to decide on its sign, the triangle of Kim and Nelson.

    Args:
        after: replications summed.
        variance: of one difference, from the first replications.
        difference: the indifference amount.
        error: probability of a wrong decision, at most.
        first: replications from which the variance was estimated.

    >>> boundary(10, np.array([4.0]), 1.0, 0.025, 10).round(3).tolist()  # eta 0.473
    [12.026]
    """
    eta = ((2.0 * error) ** (-2.0 / (first - 1)) - 1.0) / 2.0
    h_squared = 2.0 * eta * (first - 1)
    return np.maximum(0.0, h_squared * variance / (2.0 * difference) - difference * after / 2.0)


def select(ask: Ask, options: int, rule: Rule) -> Selected:
    """Select the best option that keeps all limits, dropping others as soon as they are beaten or break one.

    If the values of a replication are normal, the best option is selected with at least the probability asked for
    whenever it is better than all others that keep the limits by the indifference amount, and no option is nearer to
    a limit than its tolerance.

    Args:
        ask: runs replications.
        options: how many options there are.
        rule: what is asked.
    """
    everyone = np.arange(options)
    done = min(rule.first, rule.most)
    values = ask(dict.fromkeys(range(options), done))
    race = _Race(np.array(values), rule)
    seen = done
    while not race.advance(values, seen, done):
        seen, more = done + 1, max(_LEAST_MORE, done // _GROWTH)
        if done >= rule.most:
            break
        more = -(-more // rule.multiple) * rule.multiple
        done = min(done + more, rule.most)
        values = ask({int(i): done for i in everyone[race.alive]})
    left = [int(i) for i in everyone[race.alive] if race.is_over or values[i][:, 1:].mean(axis=0).max(initial=0.0) <= 0]
    best = max(left, key=lambda i: (float(values[i][:, 0].mean()), -i), default=None)
    counts = tuple(len(each) for each in values)
    return Selected(best, race.is_over, counts, race.dropped, options * race.equal)


class _Race:
    """The state of a selection: who is still in it, and what the first crossings of boundaries said."""

    def __init__(self, first: Floats, rule: Rule) -> None:
        options, self._first, measures = first.shape
        self._rule = rule
        self.alive: Bools = np.ones(options, dtype=bool)
        self.dropped: dict[int, Drop] = {}
        self.is_over = False
        objective, limits = first[:, :, 0], first[:, :, 1:]
        self._pairs = (objective[:, None] - objective[None]).var(axis=2, ddof=1)
        self._spreads = limits.var(axis=1, ddof=1)
        error = 1.0 - rule.level
        tests = options * (measures - 1)
        is_shared = tests > 0 and bool(self._pairs.any())  # an objective without variation needs no error of its own
        self._pair_error = (error / 2 if is_shared else error) / max(1, options - 1)
        self._limit_error = (error / 2 if is_shared else error) / max(1, tests)
        self._beats = np.zeros((options, options), dtype=np.int8)
        """1 if the option of the row is better than that of the column, -1 if worse, 0 while that is open."""
        self._keeps = np.zeros((options, measures - 1), dtype=np.int8)
        widest = [self._needed(self._pairs.max(initial=0.0), self._pair_error, rule.difference)]
        for spread, tolerance in zip(self._spreads.T, rule.tolerances, strict=True):
            widest.append(self._needed(spread.max(), self._limit_error, tolerance))
        self.equal = max(self._first, *widest)

    def _needed(self, variance: float, error: float, difference: float) -> int:
        """Return the replications of the two-stage procedure of Clark and Yang (1986) for paired differences."""
        t = float(stdtrit(self._first - 1, 1.0 - error))
        return int(np.ceil(t**2 * variance / difference**2))

    def advance(self, values: Sequence[Floats], begin: int, end: int) -> bool:
        """Look at the replications from one number to another, one after another; return whether it is over."""
        sums = [each.cumsum(axis=0) for each in values]
        for after in range(begin, end + 1):
            self._look(after, np.array([each[min(after, len(each)) - 1] for each in sums]))
            if self.is_over:
                break
        return self.is_over

    def _look(self, after: int, sums: Floats) -> None:
        rule, alive = self._rule, self.alive
        for i, limit in zip(*np.nonzero(alive[:, None] & (self._keeps == 0)), strict=True):
            total, spread = sums[i, 1 + limit], self._spreads[i, limit]
            edge = boundary(after, spread, rule.tolerances[limit], self._limit_error, self._first)
            if total <= -edge or total >= edge:
                self._keeps[i, limit] = 1 if total <= -edge else -1
        for i in np.flatnonzero(alive & (self._keeps < 0).any(axis=1)):
            self._drop(int(i), Drop(after, limit=int(np.argmin(self._keeps[i]))))
        ahead = sums[:, None, 0] - sums[None, :, 0]
        edges = boundary(after, self._pairs, rule.difference, self._pair_error, self._first)
        tie = np.sign(np.arange(len(sums))[None] - np.arange(len(sums))[:, None])  # the earlier of two that are equal
        better = np.where((edges == 0.0) & (ahead == 0.0), tie, np.sign(ahead) * (np.abs(ahead) > edges))
        is_open = (self._beats == 0) & alive[:, None] & alive[None]
        self._beats[is_open] = better[is_open]
        for i in np.flatnonzero(alive):
            winners = np.flatnonzero(self.alive & (self._keeps > 0).all(axis=1) & (self._beats[:, i] > 0))
            if len(winners):
                self._drop(int(i), Drop(after, by=int(winners[np.argmax(sums[winners, 0])])))
        left = np.flatnonzero(self.alive)
        self.is_over = not len(left) or (len(left) == 1 and bool((self._keeps[left[0]] > 0).all()))

    def _drop(self, option: int, why: Drop) -> None:
        self.alive[option] = False
        self.dropped[option] = why


def ocba_shares(gaps: Floats, sds: Floats) -> Floats:
    """Return which share of a number of runs each option should have, so that the best is most likely found.

    A rival needs runs in proportion to (sd / gap) squared. The option that leads needs as many as any rival, since a
    replication of a rival is of use only beside the same one of the leader.

    Args:
        gaps: by how much the mean of each option is behind that of the leader; 0 for the leader alone.
        sds: standard deviation of the paired difference from the leader.

    >>> ocba_shares(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 1.0])).round(3).tolist()
    [0.444, 0.444, 0.111]
    """
    leader = int(np.argmin(gaps))
    nearest = np.finfo(float).tiny ** 0.25  # options that are equal would need all runs
    ratios = (np.maximum(sds, nearest) / np.maximum(gaps, nearest)) ** 2
    ratios[leader] = 0.0
    ratios[leader] = ratios.max() if len(ratios) > 1 else 1.0
    return ratios / ratios.sum()


def paired_means(values: Sequence[Floats]) -> Floats:
    """Return the mean of each option and measure, as if all had the replications of the option with most.

    It is the mean of that option plus the paired difference from it over the replications that both have, shape
    (options, measures): means of other replications would differ by these replications too.

    >>> paired_means([np.array([[1.0], [3.0]]), np.array([[1.5]])]).tolist()
    [[2.0], [2.5]]
    """
    longest = max(values, key=len)
    return np.array([longest.mean(axis=0) + (each - longest[: len(each)]).mean(axis=0) for each in values])


def spend(ask: Ask, options: int, runs: int, first: int) -> Selected:
    """Spend a number of runs where they tell most about which option is best; there are no limits.

    Args:
        ask: runs replications.
        options: how many options there are.
        runs: in all, at least ``first`` of each option.
        first: replications of every option before any has more.
    """
    counts = np.full(options, first)
    values = ask(dict.fromkeys(range(options), first))
    for aim in np.linspace(counts.sum(), runs, _STEPS + 1)[1:].astype(int):
        means = paired_means(values)[:, 0]
        best = values[int(np.argmax(means))][:, 0]
        pairs = [each[: len(best), 0] - best[: len(each)] for each in values]
        wanted = ocba_shares(means.max() - means, np.array([pair.std(ddof=1) for pair in pairs])) * aim
        for _ in range(aim - counts.sum()):
            counts[np.argmax(wanted - counts)] += 1
        values = ask({i: int(n) for i, n in enumerate(counts)})
    best_option = int(np.argmax(paired_means(values)[:, 0]))
    return Selected(best_option, False, tuple(counts.tolist()), {}, runs)
