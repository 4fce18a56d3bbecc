"""Means of several options that their replications leave plausible, and from them the chance that each is best.

Replications of an option are paired with those of the others and nested: an option that was dropped has the first of
them. Each belongs to one of several parameter sets, all in turn, or to the only one. Differences from the option with
most replications are taken as normal, with a component between parameter sets and one within (a one-way
multivariate random-effects layout; Searle, Casella and McCulloch 1992, Variance Components, chapter 10). Means of a
set are shrunk accordingly, and drawn with what is uncertain about them. With few replications the draws have the
heavier tails of Student's t.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import chdtri, ndtri
from scipy.stats import qmc

from cmsim.core.numeric import Bools, Floats

_POWER = 12
_SEED = 1


def plausible_means(values: Sequence[Floats], sets: int = 1) -> Floats:
    """Return draws of the means of all options under a parameter set, shape (4096, options, measures).

    The same values give the same draws.

    Args:
        values: of each option, shape (replications, measures); replication ``i`` is under set ``i % sets``. The
            replications of an option are whole rounds of the sets, two or more.
        sets: number of parameter sets.
    """
    options, measures = len(values), values[0].shape[1]
    means, within, longest = by_sets(values, sets)
    rounds = min(map(len, values)) // sets
    between = np.zeros_like(within)
    if sets > 1:
        rooted = root(np.cov(means, rowvar=False).reshape(within.shape) - within)
        between = rooted @ rooted.T
    gain = between @ np.linalg.pinv(between + within, hermitian=True)
    width = options * measures
    uniform = qmc.Sobol(2 * width + 2, rng=_SEED).random_base2(_POWER)
    uniform = np.clip(uniform, 2.0**-40, 1 - 2.0**-40)
    freedom = sets * rounds - 1
    tails = np.sqrt(freedom / chdtri(freedom, uniform[:, 0]))[:, None]
    centre = means.mean(axis=0) + tails * (ndtri(uniform[:, 1 : width + 1]) @ root((between + within) / sets).T)
    own = means[(uniform[:, width + 1] * sets).astype(int)]
    rest = ndtri(uniform[:, width + 2 :]) @ root(between - gain @ between).T
    drawn = (centre + (own - centre) @ gain.T + rest).reshape(-1, options, measures)
    reference = drawn[:, [longest]].copy()
    drawn += reference
    drawn[:, [longest]] = reference
    return drawn


def by_sets(values: Sequence[Floats], sets: int) -> tuple[Floats, Floats, int]:
    """Return means by parameter set, their stochastic covariance, and which option has most replications.

    The means are those of that option, and of the others the paired differences from it, shape
    (sets, options * measures). Arguments are those of :func:`plausible_means`.
    """
    measures = values[0].shape[1]
    by_round = [each.reshape(-1, sets, measures) for each in values]
    longest = int(np.argmax([len(each) for each in by_round]))
    paired = [each - by_round[longest][: len(each)] for each in by_round]
    paired[longest] = by_round[longest]
    rounds = np.repeat([len(each) for each in paired], measures)
    within = _within(paired, sets) / np.maximum.outer(rounds, rounds)
    return np.concatenate([each.mean(axis=0) for each in paired], axis=1), within, longest


def _within(paired: Sequence[Floats], sets: int) -> Floats:
    """Return the covariance of options and measures within parameter sets, of a single replication.

    Correlations are those of the replications that all options have; each standard deviation is that of all its own.
    """
    apart = [each - each.mean(axis=0) for each in paired]
    sds = [np.sqrt((each**2).sum(axis=(0, 1)) / (sets * (len(each) - 1))) for each in apart]
    least = min(map(len, apart))
    common = np.concatenate([each[:least] - each[:least].mean(axis=0) for each in apart], axis=2)
    common = common.reshape(-1, common.shape[2])
    norms = np.sqrt((common**2).sum(axis=0))
    unit = np.divide(common, norms, out=np.zeros_like(common), where=norms > 0)
    sd = np.concatenate(sds)
    return (unit.T @ unit) * np.outer(sd, sd)


def root(covariance: Floats) -> Floats:
    """Return a matrix whose product with its transpose is a covariance; what is below zero in it is left out."""
    eigenvalues, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return vectors * np.sqrt(np.maximum(eigenvalues, 0.0))


def chance_best(objective: Floats, keeps: Bools | None = None) -> Floats:
    """Return how often each option is best, shape (options,); they add up to less than 1 where none keeps the limits.

    Args:
        objective: draws of the means of which more is better, shape (draws, options).
        keeps: whether an option keeps the limits, of the same shape; all do by default.

    >>> chance_best(np.array([[1.0, 2.0], [3.0, 2.0], [0.0, 1.0], [0.0, 4.0]])).tolist()
    [0.25, 0.75]
    """
    allowed = np.ones(objective.shape, dtype=bool) if keeps is None else np.asarray(keeps, dtype=bool)
    best = np.where(allowed, objective, -np.inf).argmax(axis=1)
    some = allowed.any(axis=1)
    return np.bincount(best[some], minlength=objective.shape[1]) / len(objective)
