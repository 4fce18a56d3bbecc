"""History matching: wave by wave, the space that the targets have not ruled out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from cmsim.core.errors import CmsimError
from cmsim.core.numeric import Floats
from cmsim.validation.calibration.calibration_plan import Plan
from cmsim.validation.calibration.emulator import Emulator
from cmsim.validation.calibration.evaluation import Evaluation, evaluate
from cmsim.validation.calibration.finished_sets import Finished

Told = Callable[[str, int, int], None]
"""Told what is being done, how much of it, and of how much."""

CANDIDATES = 8192
"""Points at which the emulator is asked for each wave."""
EMULATED = 1e-9


@dataclass(frozen=True)
class Match:
    """What a calibration found.

    Attributes:
        plan: the plan.
        evaluation: every set that was run, in order.
        implausibility: of each set, the largest over targets, from its own runs.
        left: share of the space not ruled out after each wave.
    """

    plan: Plan
    evaluation: Evaluation
    implausibility: Floats
    left: tuple[float, ...]

    @property
    def accepted(self) -> NDArray[np.int64]:
        """The sets that no target rules out, the least implausible first."""
        fine = np.flatnonzero(self.implausibility <= self.plan.cutoff)
        return fine[np.argsort(self.implausibility[fine], kind="stable")]


def match(
    plan: Plan,
    *,
    n_jobs: int = 1,
    told: Told | None = None,
    observed: Floats | None = None,
    finished: Finished | None = None,
) -> Match:
    """Run a calibration.

    Args:
        plan: the plan.
        n_jobs: processes; results do not depend on it.
        told: told of progress.
        observed: centres of the targets in place of the published ones, to recover a simulated truth.
        finished: where sets are written down as they finish, so that a calibration that was cut goes on.

    Raises:
        CmsimError: a wave rules everything out; the message names the targets that do.
    """
    tell = told or (lambda what, done, total: None)
    space, wanted = plan.space(), plan.wanted()
    low, high = np.array([f.low for f in space]), np.array([f.high for f in space])
    centre = np.array([w.centre for w in wanted]) if observed is None else observed
    sd = np.array([w.sd for w in wanted])
    unit = qmc.LatinHypercube(d=len(space), rng=plan.seed).random(plan.sets)
    held: Evaluation | None = None
    left: list[float] = []
    for wave in range(plan.waves):
        run = evaluate(
            plan,
            low + unit * (high - low),
            n_jobs=n_jobs,
            progress=lambda done, total: tell(f"wave {wave + 1} of {plan.waves}", done, total),  # noqa: B023
            finished=finished,
        )
        held = run if held is None else held.joined(run)
        emulator = Emulator((held.points - low) / (high - low), held)
        candidates = qmc.Sobol(d=len(space), rng=plan.seed + wave + 1).random(CANDIDATES)
        mean, deviation = emulator.predict(candidates)
        apart = np.abs(mean - centre) / np.sqrt(sd**2 + deviation**2 + EMULATED)
        fine = (apart <= plan.cutoff).all(axis=1)
        left.append(float(fine.mean()))
        if not fine.any():
            raise CmsimError(_ruled_out(wave, apart, [w.key for w in wanted], plan.cutoff))
        chosen = np.flatnonzero(fine)
        unit = candidates[chosen[np.linspace(0, len(chosen) - 1, plan.narrowed or plan.sets).astype(np.int64)]]
    assert held is not None
    spread = np.sqrt(sd**2 + held.errors**2)
    own = np.abs(held.estimates - centre) / spread
    return Match(plan, held, np.nanmax(np.where(np.isfinite(own), own, np.inf), axis=1), tuple(left))


def _ruled_out(wave: int, apart: Any, names: list[str], cutoff: float) -> str:
    worst = sorted(zip(apart.min(axis=0).tolist(), names, strict=True), reverse=True)[:3]
    said = ", ".join(f"{name} (at best {least:.1f})" for least, name in worst)
    return (
        f"calibration: after wave {wave + 1} no parameter set is left below an implausibility of {cutoff:g}; "
        f"hardest: {said}. Ask which mechanism is wrong before widening a range."
    )
