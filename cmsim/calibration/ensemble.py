"""The ensemble: accepted parameter sets as data, with manifest and hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from cmsim import __version__
from cmsim.calibration.match import Match
from cmsim.errors import CmsimError
from cmsim.scenario import Scenario, load_scenario
from cmsim.simulation import simulate

FORMAT = "cmsim ensemble 1"


@dataclass(frozen=True)
class Ensemble:
    """Parameter sets that the targets do not rule out.

    Attributes:
        sets: each a value by dotted key.
        targets: what each set gives, by target.
        manifest: plan, versions, how much of the space is left.
    """

    sets: tuple[Mapping[str, float], ...]
    targets: tuple[Mapping[str, float], ...]
    manifest: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.sets)

    def __iter__(self) -> Iterator[Mapping[str, float]]:
        return iter(self.sets)

    @property
    def hash(self) -> str:
        """A code of the parameter sets."""
        text = json.dumps([dict(each) for each in self.sets], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def applied(self, scenario: Scenario) -> list[Scenario]:
        """Return a scenario under each set; it keeps its name."""
        return [
            scenario.replace({"name": scenario.name, "title": scenario.title, **each}) for each in self.sets
        ]

    def save(self, path: str | Path) -> Path:
        """Write the ensemble as JSON."""
        held = {
            "format": FORMAT,
            "hash": self.hash,
            "manifest": dict(self.manifest),
            "sets": [dict(each) for each in self.sets],
            "targets": [dict(each) for each in self.targets],
        }
        place = Path(path)
        place.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
        return place


def ensemble_of(found: Match, *, most: int = 100) -> Ensemble:
    """Return the accepted sets of a calibration, the least implausible first.

    Raises:
        CmsimError: no set is accepted.
    """
    chosen = found.accepted[:most]
    if not len(chosen):
        raise CmsimError(
            "calibration: no set that was run is accepted; the hardest targets are in the report"
        )
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
            "history_digest": simulate(probe).digest(),
        },
    )


def load_ensemble(path: str | Path | None = None) -> Ensemble:
    """Return an ensemble; the bundled one if no file is named.

    Raises:
        CmsimError: there is none, it cannot be read, or its hash is not that of its sets.
    """
    where = "the bundled ensemble" if path is None else str(path)
    place = files("cmsim.calibration") / "ensemble.json" if path is None else Path(path)
    try:
        held = json.loads(place.read_text(encoding="utf-8"))
    except OSError:
        raise CmsimError(f"{where}: there is none") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CmsimError(f"{where}: cannot be read: {error}") from None
    if not isinstance(held, dict) or held.get("format") != FORMAT:
        raise CmsimError(f"{where}: is no ensemble of this version; allowed: format {FORMAT!r}")
    found = Ensemble(tuple(held["sets"]), tuple(held["targets"]), held["manifest"])
    if found.hash != held["hash"]:
        raise CmsimError(f"{where}: its hash does not fit its sets; it was changed after it was made")
    return found
