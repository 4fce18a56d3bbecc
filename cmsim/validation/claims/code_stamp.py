"""What is needed to repeat a contrast, and the code by which a result is known to be of this one."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from cmsim.core.version import __version__
from cmsim.experiments.study.run_key import model_version, settings_digest
from cmsim.results.simulation import simulate
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.validation.claims.contrast import Contrast


def manifest(
    contrast: Contrast, drawn: Sequence[Mapping[str, float]], moved: int, ensemble: Ensemble | None
) -> dict[str, Any]:
    """Return what is needed to repeat a result.

    Args:
        contrast: what was compared.
        drawn: the draws.
        moved: how many of them had to be moved toward the defaults to be possible.
        ensemble: whose sets gave the fitted parameters.
    """
    arms = contrast.arms()
    short = {"world.warm_up_days": 0, "run.days": 30}
    return {
        "cmsim": __version__,
        "python": platform.python_version(),
        "draws": len(drawn),
        "draws_moved": moved,
        "drawn_parameters": len(drawn[0]) if drawn else 0,
        "ensemble": None if ensemble is None else ensemble.hash,
        "replications": contrast.replications,
        "clients": contrast.clients,
        "warm_up_days": contrast.warm_up,
        "days": contrast.days,
        "scenario": contrast.scenario,
        "base": dict(contrast.base),
        "a": dict(contrast.a),
        "b": dict(contrast.b),
        "scenario_digests": [arm.digest() for arm in arms],
        "replication_digest": simulate(arms[0].replace(short)).digest(),
        "asked": asked_code(contrast, ensemble),
        "code": contrast_code(contrast, ensemble),
    }


def contrast_code(contrast: Contrast, ensemble: Ensemble | None) -> str:
    """Return a code of all that bears on a result: the model, and what was asked of it."""
    return _code_of([dict(model_version()), asked_code(contrast, ensemble)])


def asked_code(contrast: Contrast, ensemble: Ensemble | None) -> str:
    """Return a code of what is asked of a model: arms, draws, ensemble, measures, replications."""
    return _code_of(
        [
            [settings_digest(arm).hex() for arm in contrast.arms()],
            contrast.drawn(ensemble),
            [(measure.name, measure.sign, measure.code) for measure in contrast.measures],
            contrast.replications,
        ]
    )


def _code_of(said: list[Any]) -> str:
    return hashlib.blake2b(json.dumps(said).encode(), digest_size=16).hexdigest()
