"""The ensemble that a calibration leaves: accepted parameter sets, the least implausible first."""

from __future__ import annotations

from cmsim.core.errors import CmsimError
from cmsim.core.version import __version__
from cmsim.results.simulation import simulate
from cmsim.scenario import load_scenario
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.validation.calibration.history_matching import Match


def ensemble_of(found: Match, *, most: int = 100) -> Ensemble:
    """Return the accepted sets of a calibration, the least implausible first.

    Raises:
        CmsimError: no set is accepted.
    """
    chosen = found.accepted[:most]
    if not len(chosen):
        raise CmsimError("calibration: no set that was run is accepted; the hardest targets are in the report")
    keys = [fitted.key for fitted in found.plan.space()]
    names = [wanted.key for wanted in found.plan.wanted()]
    points, estimates = found.evaluation.points[chosen], found.evaluation.estimates[chosen]
    probe = load_scenario("usual_care").replace({"world.warm_up_days": 0, "run.days": 30})
    return Ensemble(
        tuple(dict(zip(keys, row, strict=True)) for row in points.tolist()),
        tuple(dict(zip(names, row, strict=True)) for row in estimates.tolist()),
        {
            "cmsim": __version__,
            "plan": found.plan.model_dump(mode="json"),
            "sets_run": len(found.evaluation.points),
            "accepted": len(found.accepted),
            "left_after_each_wave": list(found.left),
            "replication_digest": simulate(probe).digest(),
        },
    )
