"""What it would be worth to learn uncertain parameters before an option is chosen: EVPI and EVPPI.

The value of learning is what is expected of the option that is best under each parameter set, less what is expected of
the option that is best now: of all parameters (expected value of perfect information, EVPI), or of some (partial,
EVPPI). Both are taken from the means of the options under each parameter set.

EVPI: these means still contain stochastic variation, which would make every parameter look worth learning. They are
moved toward their mean, by the map that gives them the covariance that the parameters account for (the layout of
:mod:`cmsim.experiments.plausible_means`). Its standard error is that of the jackknife over parameter sets.

EVPPI: the difference of each option from the best one is regressed on the parameters (Strong, Oakley and Brennan 2014,
Medical Decision Making 34:311-326), here by a Gaussian process with a constant mean, the squared exponential kernel of
one length scale, and hyperparameters of restricted maximum likelihood from a grid. What it leaves is other parameters
and stochastic variation. The standard error has that of the fit (draws of fitted values, as in that paper) and that of
a finite number of sets. A regression takes ten parameter sets for each parameter (Loeppky, Sacks and Welch 2009,
Technometrics 51:366-376).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from cmsim.core.numeric import Bools, Floats
from cmsim.experiments.plausible_means import by_sets, root

SETS_A_PARAMETER = 10
"""Parameter sets for each parameter that a regression takes."""
_LENGTHS = np.geomspace(0.2, 12.8, 7)
"""Length scales of the process, of parameters with a range of 1: shorter ones would follow single sets."""
_NOISES = np.geomspace(1e-6, 1e4, 31)
"""Variance around the process, in multiples of its own; at the upper end nothing is learnt from the parameters."""
_NOTHING = 1e-9
"""Share of the most that learning can be worth up to which it is nothing."""
_POWER, _DIMENSIONS, _SEED = 8, 20_000, 1


@dataclass(frozen=True)
class Worth:
    """What learning something is worth, in the unit of the objective, with its standard error.

    The error is nan where the value is not told from nothing and at most ``at_most``.
    """

    value: float
    error: float
    at_most: float = np.nan
    """If all that differs between the sets were the parameters' doing."""


def set_means(values: Sequence[Floats], sets: int) -> tuple[Floats, Floats]:
    """Return differences of options from the one with most replications, and what is stochastic in them.

    Args:
        values: of each option, shape (replications,); replication ``i`` is under set ``i % sets``. More is better.
        sets: number of parameter sets.

    Returns:
        means by set, shape (sets, options), and the covariance of their stochastic variation, (options, options).
    """
    means, within, longest = by_sets([each[:, None] for each in values], sets)
    means[:, longest] = 0.0
    within[longest] = within[:, longest] = 0.0
    return means, within


def perfect(means: Floats, within: Floats) -> Worth:
    """Return the value of learning all parameters (EVPI).

    Args:
        means: of options by parameter set, shape (sets, options), 3 sets and more.
        within: covariance of the stochastic variation in them, shape (options, options).

    >>> found = perfect(np.array([[0.0, 1.0], [0.0, -1.0], [0.0, 3.0], [0.0, -3.0]]), np.zeros((2, 2)))
    >>> found.value  # the mean of 1, 0, 3 and 0, where either is as good as the other now
    1.0
    """
    value = _gain(settled(means, within))
    without = [_gain(settled(np.delete(means, i, axis=0), within)) for i in range(len(means))]
    return Worth(value, float(np.std(without) * np.sqrt(len(means) - 1)), _gain(means))


def partial(means: Floats, parameters: Floats, contenders: Bools | None = None) -> Worth:
    """Return the value of learning some parameters (EVPPI).

    Args:
        means: of options by parameter set, shape (sets, options).
        parameters: their values by set, shape (sets, parameters).
        contenders: options that may be better than the best in some set, shape (options,); all by default.
    """
    best = int(means.mean(axis=0).argmax())
    chosen = np.ones(means.shape[1], dtype=bool) if contenders is None else contenders.copy()
    chosen[best] = False
    spread = np.ptp(parameters, axis=0)
    if not chosen.any() or not spread.any():
        return Worth(0.0, 0.0)
    at = (parameters / np.where(spread > 0.0, spread, 1.0))[:, spread > 0.0]
    differences = (means - means[:, [best]])[:, chosen]
    fits = _fits(at, differences)
    fitted = np.column_stack([each.values for each in fits])
    levels = np.column_stack([fitted, np.zeros(len(fitted))])  # the best one differs from itself by nothing
    drawn = _drawn_gains(fitted, fits, differences - fitted)
    sampling = _gains(levels).var(ddof=1) / len(means)
    return Worth(_gain(levels), float(np.sqrt(drawn.var() + sampling)))


def reconciled(whole: Worth, parts: Sequence[Worth | None]) -> tuple[Worth, list[Worth | None]]:
    """Return the value of learning all parameters and of learning some, so that none contradicts another.

    All are worth no less than some of them. A value that comes out as nothing although another option was ahead in
    some sets is not known to be nothing: it has no error (nan), and the most that it can be.

    Args:
        whole: of all parameters, see :func:`perfect`.
        parts: of some each, see :func:`partial`; ``None`` where there are too few sets.

    >>> reconciled(Worth(0.0, 0.0, 0.4), [Worth(0.1, 0.05), None])
    (Worth(value=0.1, error=0.05, at_most=0.4), [Worth(value=0.1, error=0.05, at_most=nan), None])
    """
    largest = max([whole, *filter(None, parts)], key=lambda each: each.value)
    most = max(whole.at_most, largest.value)

    def told(each: Worth, error: float) -> Worth:
        is_open = max(each.value, error) <= _NOTHING * most and most > 0.0
        return Worth(0.0, np.nan, most) if is_open else each

    # a covariance cut off at zero says nothing of its own error, whatever the jackknife makes of it
    return told(Worth(largest.value, largest.error, most), 0.0), [each and told(each, each.error) for each in parts]


def groups_of(keys: Sequence[str], together: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return what is asked about besides all: parameters that belong together, then each.

    Args:
        keys: parameters by dotted key; those of one section belong together.
        together: others that do, by name.

    >>> list(groups_of(["a.x", "a.y", "b.z"], {}))
    ['a.*', 'a.x', 'a.y', 'b.z']
    """
    sections: dict[str, list[str]] = {}
    for key in keys:
        sections.setdefault(key.rpartition(".")[0], []).append(key)
    found = {name: tuple(members) for name, members in together.items()}
    found |= {f"{name}.*": tuple(members) for name, members in sections.items()}
    found = {name: members for name, members in found.items() if 1 < len(members) < len(keys)}
    return found | {key: (key,) for key in keys}


def settled(means: Floats, within: Floats) -> Floats:
    """Return means of options by parameter set with the covariance that is not stochastic variation."""
    centre, seen = means.mean(axis=0), np.cov(means, rowvar=False).reshape(within.shape)
    rooted = root(seen)
    inner = np.linalg.pinv(rooted, rcond=1e-9)
    between = root(seen - within)
    middle = rooted.T @ between @ between.T @ rooted
    values, vectors = np.linalg.eigh((middle + middle.T) / 2)
    middle = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return np.asarray(centre + (means - centre) @ inner.T @ middle @ inner)


def _gains(means: Floats) -> Floats:
    """Return by how much the option best under each set is better there than the one best on average."""
    return np.asarray(means.max(axis=1) - means[:, means.mean(axis=0).argmax()])


def _gain(means: Floats) -> float:
    return float(_gains(means).mean())


@dataclass(frozen=True)
class _Fit:
    """One option's difference at the parameter sets: fitted values and a root of their covariance."""

    values: Floats
    root: Floats


def _fits(at: Floats, differences: Floats) -> list[_Fit]:
    """Return a process for each column of differences; those of a length scale share a decomposition.

    Args:
        at: parameters scaled to a range of 1, shape (sets, parameters).
        differences: shape (sets, options).
    """
    apart = ((at[:, None, :] - at[None, :, :]) ** 2).sum(axis=2)
    scale = np.where(differences.std(axis=0) > 0.0, differences.std(axis=0), 1.0)
    found = [(-np.inf, 0.0, np.empty(0), np.empty((0, 0)))] * differences.shape[1]
    for length in _LENGTHS:
        values, vectors = np.linalg.eigh(np.exp(-0.5 * apart / length**2))
        values = np.maximum(values, 0.0)
        y, ones = vectors.T @ (differences / scale), vectors.sum(axis=0)
        for noise in _NOISES:
            weight = 1.0 / (values + noise)
            total = float(weight @ ones**2)
            mean = (weight * ones) @ y / total
            variance = np.maximum(weight @ y**2 - total * mean**2, 1e-12) / (len(at) - 1)
            likely = (1 - len(at)) * np.log(variance) + np.log(weight).sum() - np.log(total)
            for i in np.flatnonzero(likely > [each[0] for each in found]).tolist():
                found[i] = (float(likely[i]), float(noise), values, vectors)
    return [_fit(y, *each[1:]) for y, each in zip(differences.T, found, strict=True)]


def _fit(y: Floats, noise: float, values: Floats, vectors: Floats) -> _Fit:
    """Return the process with given noise and kernel, which is the product of vectors and values."""
    weight, ones = 1.0 / (values + noise), vectors.sum(axis=0)
    total = float(weight @ ones**2)
    rest = vectors.T @ y - ones * float((weight * ones) @ (vectors.T @ y)) / total
    variance = float(weight @ rest**2) / (len(y) - 1)
    beside = noise * weight * ones
    covariance = np.diag(values * weight * noise) + np.outer(beside, beside) / total
    return _Fit(y - vectors @ (noise * weight * rest), np.sqrt(variance) * vectors @ root(covariance))


def _drawn_gains(fitted: Floats, fits: Sequence[_Fit], rest: Floats) -> Floats:
    """Return the value for draws of the fitted values; errors of options are correlated as residuals are."""
    sets, options = fitted.shape
    norms = np.sqrt((rest**2).sum(axis=0))
    unit = np.divide(rest, norms, out=np.zeros_like(rest), where=norms > 0.0)
    mixed = root(unit.T @ unit + np.diag((norms == 0.0).astype(float)))
    kept = min(sets, _DIMENSIONS // options)
    uniform = qmc.Sobol(kept * options, rng=_SEED).random_base2(_POWER).reshape(-1, kept, options)
    normal = ndtri(np.clip(uniform, 2.0**-40, 1 - 2.0**-40)) @ mixed.T
    roots = [each.root[:, -kept:] for each in fits]
    drawn = fitted + np.stack([normal[:, :, i] @ part.T for i, part in enumerate(roots)], axis=2)
    return np.maximum(drawn.max(axis=2), 0.0).mean(axis=1) - np.maximum(drawn.mean(axis=1).max(axis=1), 0.0)
