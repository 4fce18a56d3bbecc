"""A fast stand-in for the simulation: a Gaussian process for each target, with its own uncertainty."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from cmsim.core.errors import CmsimError
from cmsim.core.numeric import Floats
from cmsim.validation.calibration.evaluation import Evaluation

if TYPE_CHECKING:
    from sklearn.gaussian_process import GaussianProcessRegressor


def require_emulation() -> None:
    """Check that there is what emulation needs; to be asked before a long run.

    Raises:
        CmsimError: scikit-learn is not installed.
    """
    if find_spec("sklearn") is None:
        raise CmsimError("this needs scikit-learn: pip install 'cmsim[calibration]'")


class Emulator:
    """Estimates of all targets anywhere in the unit cube of the parameters, learnt from evaluations.

    Args:
        unit: evaluated points scaled to the unit cube, shape (sets, parameters).
        evaluation: what they gave.

    Raises:
        CmsimError: scikit-learn is not installed.
    """

    def __init__(self, unit: Floats, evaluation: Evaluation) -> None:
        require_emulation()
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

        self._parts: list[tuple[GaussianProcessRegressor, Floats, float, float]] = []
        parameters = unit.shape[1]
        for place in range(evaluation.estimates.shape[1]):
            values = evaluation.estimates[:, place]
            usable = np.isfinite(values)
            if usable.sum() < parameters + 2:
                raise CmsimError(f"target {place}: too few usable evaluations ({usable.sum()}) for an emulator")
            # a plane carries the trend, the process what bends
            design = np.column_stack([np.ones(usable.sum()), unit[usable]])
            plane, *_ = np.linalg.lstsq(design, values[usable], rcond=None)
            rest = values[usable] - design @ plane
            scale = float(rest.std()) or 1.0
            kernel = ConstantKernel(1.0, (1e-3, 1e3)) * RBF(np.full(parameters, 1.0), (0.1, 20.0)) + WhiteKernel(
                0.3, (1e-4, 1e1)
            )
            process = GaussianProcessRegressor(kernel, random_state=0, n_restarts_optimizer=1)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                process.fit(unit[usable], rest / scale)
            # the variance that the process takes for noise of single evaluations
            self._parts.append((process, plane, scale, float(process.kernel_.k2.noise_level)))

    def predict(self, unit: Floats) -> tuple[Floats, Floats]:
        """Return means of all targets and their standard deviations, each of shape (points, targets)."""
        means, deviations = [], []
        design = np.column_stack([np.ones(len(unit)), unit])
        for process, plane, scale, noise in self._parts:
            mean, deviation = process.predict(unit, return_std=True)
            means.append(design @ plane + scale * mean)
            deviations.append(scale * np.sqrt(np.maximum(deviation**2 - noise, 0.0)))
        return np.column_stack(means), np.column_stack(deviations)
