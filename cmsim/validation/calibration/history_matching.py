"""History matching: wave by wave, the space that the targets have not ruled out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import qmc

from cmsim.core.errors import CmsimError
from cmsim.core.numeric import Floats
from cmsim.core.version import __version__
from cmsim.results.simulation import simulate
from cmsim.scenario import load_scenario
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.validation.calibration.calibration_plan import Matching, Plan
from cmsim.validation.calibration.emulator import Emulator
from cmsim.validation.calibration.evaluation import Evaluation, evaluate
from cmsim.validation.finished_rows import FinishedRows

StageProgress = Callable[[str, int, int], None]
"""Called with the stage, how much of it is done, and of how much."""

CANDIDATES = 8192
"""Points at which the emulator is asked for each wave."""
EMULATED = 1e-9


@dataclass(frozen=True)
class HistoryMatch:
    """The result of a calibration.

    Attributes:
        plan: the plan.
        evaluation: every set that was run, in order.
        implausibility: of each set, the largest over targets, from its own runs.
        left: share of the space not ruled out after each wave.
    """

    plan: Matching
    evaluation: Evaluation
    implausibility: Floats
    left: tuple[float, ...]

    @property
    def accepted(self) -> NDArray[np.int64]:
        """The sets that no target rules out, the least implausible first."""
        kept = np.flatnonzero(self.implausibility <= self.plan.cutoff)
        return kept[np.argsort(self.implausibility[kept], kind="stable")]

    @property
    def table(self) -> pd.DataFrame:
        """One row a set: its values, what it gave for each target with the error, implausibility."""
        table = pd.DataFrame(self.evaluation.points, columns=[fitted.key for fitted in self.plan.space()])
        for place, wanted in enumerate(self.plan.wanted()):
            table[wanted.key] = self.evaluation.estimates[:, place]
            table[f"{wanted.key} error"] = self.evaluation.errors[:, place]
        table["implausibility"] = self.implausibility
        table["accepted"] = self.implausibility <= self.plan.cutoff
        return table

    def make_ensemble(self, *, most: int = 100) -> Ensemble:
        """Return the accepted sets as an ensemble, the least implausible first.

        Raises:
            CmsimError: no set is accepted.
        """
        chosen = self.accepted[:most]
        if not len(chosen):
            raise CmsimError("calibration: no set that was run is accepted; the hardest targets are in the report")
        keys = [fitted.key for fitted in self.plan.space()]
        names = [wanted.key for wanted in self.plan.wanted()]
        points, estimates = self.evaluation.points[chosen], self.evaluation.estimates[chosen]
        probe = load_scenario("usual_care").replace({"world.warm_up_days": 0, "run.days": 30})
        return Ensemble(
            tuple(dict(zip(keys, row, strict=True)) for row in points.tolist()),
            tuple(dict(zip(names, row, strict=True)) for row in estimates.tolist()),
            {
                "cmsim": __version__,
                "plan": self.plan.model_dump(mode="json"),
                "sets_run": len(self.evaluation.points),
                "accepted": len(self.accepted),
                "left_after_each_wave": list(self.left),
                "replication_digest": simulate(probe).digest(),
            },
        )


def match_history(
    plan: Plan,
    *,
    workers: int = 1,
    progress: StageProgress | None = None,
    observed: Floats | None = None,
    finished: FinishedRows | None = None,
) -> HistoryMatch:
    """Run a calibration to the targets of trials.

    Args:
        plan: the plan.
        workers: processes; results do not depend on it.
        progress: told how far each wave is.
        observed: centres of the targets in place of the published ones, to recover a simulated truth.
        finished: where sets are saved as they finish, so that a calibration that was stopped goes on.

    Raises:
        CmsimError: a wave rules everything out; the message names the targets that do.
    """
    tell = progress or (lambda stage, done, total: None)

    def run(points: Floats, wave: int) -> Evaluation:
        stage = f"wave {wave + 1} of {plan.waves}"
        return evaluate(
            plan, points, workers=workers, progress=lambda done, of: tell(stage, done, of), finished=finished
        )

    def refuse(wave: int, implausibility: Floats) -> NDArray[np.bool_]:
        raise CmsimError(_explain_ruled_out(wave, implausibility, [w.key for w in plan.wanted()], plan.cutoff))

    return match_waves(plan, run, refuse, observed)


def match_waves(
    plan: Matching,
    run: Callable[[Floats, int], Evaluation],
    on_none_left: Callable[[int, Floats], NDArray[np.bool_]],
    observed: Floats | None = None,
) -> HistoryMatch:
    """Do history matching with whatever gives estimates of the targets.

    Args:
        plan: what to do.
        run: evaluates points, shape (sets, parameters), of a wave, from 0.
        on_none_left: asked where a wave (from 0) leaves nothing of the space, given the implausibility of candidates,
            shape (candidates, targets): says which of them are looked at all the same.
        observed: centres of the targets in place of the plan's.
    """
    space, wanted = plan.space(), plan.wanted()
    low, high = np.array([f.low for f in space]), np.array([f.high for f in space])
    centre = np.array([w.centre for w in wanted]) if observed is None else observed
    sd = np.array([w.sd for w in wanted])
    unit = qmc.LatinHypercube(d=len(space), rng=plan.seed).random(plan.sets)
    held: Evaluation | None = None
    left: list[float] = []
    for wave in range(plan.waves):
        evaluated = run(low + unit * (high - low), wave)
        held = evaluated if held is None else held.join(evaluated)
        emulator = Emulator((held.points - low) / (high - low), held)
        candidates = qmc.Sobol(d=len(space), rng=plan.seed + wave + 1).random(CANDIDATES)
        mean, deviation = emulator.predict(candidates)
        implausibility = np.abs(mean - centre) / np.sqrt(sd**2 + deviation**2 + EMULATED)
        kept = (implausibility <= plan.cutoff).all(axis=1)
        left.append(float(kept.mean()))
        if not kept.any():
            kept = on_none_left(wave, implausibility)
        chosen = np.flatnonzero(kept)
        unit = candidates[chosen[np.linspace(0, len(chosen) - 1, plan.narrowed or plan.sets).astype(np.int64)]]
    assert held is not None
    spread = np.sqrt(sd**2 + held.errors**2)
    own = np.abs(held.estimates - centre) / spread
    return HistoryMatch(plan, held, np.nanmax(np.where(np.isfinite(own), own, np.inf), axis=1), tuple(left))


def _explain_ruled_out(wave: int, implausibility: Floats, names: list[str], cutoff: float) -> str:
    worst = sorted(zip(implausibility.min(axis=0).tolist(), names, strict=True), reverse=True)[:3]
    said = ", ".join(f"{name} (at best {least:.1f})" for least, name in worst)
    return (
        f"calibration: after wave {wave + 1} no parameter set is left below an implausibility of {cutoff:g}; "
        f"hardest: {said}. Ask which mechanism is wrong before widening a range."
    )
