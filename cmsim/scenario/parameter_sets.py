"""An ensemble: parameter sets that published figures do not rule out, as data with manifest and hash.

It is made by a calibration (``cmsim.validation.calibration``) and used wherever results shall carry what a calibration
leaves open: in virtual trials, comparisons, sensitivity analyses and claims. The values of one set only fit
together, so a set is used as a whole.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.parameters import Section, parameters
from cmsim.scenario.json_file import read_json
from cmsim.scenario.scenario import Scenario
from cmsim.scenario.world import World

Format = Literal["cmsim ensemble 1"]
FORMAT: Format = "cmsim ensemble 1"
_BUNDLED = "ensemble.json"


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
        sets = [{key: float(value) for key, value in each.items()} for each in self.sets]
        text = json.dumps(sets, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    @property
    def keys(self) -> tuple[str, ...]:
        """The fitted parameters."""
        return tuple(self.sets[0]) if self.sets else ()

    def spread(self, key: str) -> tuple[float, float]:
        """Return the least and the largest value of a fitted parameter over the sets, in its unit."""
        values = [each[key] for each in self.sets]
        return min(values), max(values)

    def of(self, replication: int) -> Mapping[str, float]:
        """Return the set of a replication: all sets in turn."""
        return self.sets[replication % len(self.sets)]

    def apply_set(self, scenario: Scenario, replication: int) -> Scenario:
        """Return a scenario under the set of a replication; it keeps its name, and what it states itself.

        What differs from the defaults in the scenario's own world is what the scenario is about. What it states
        relative to the usual is relative to the values of the set.
        """
        own = own_parameters(scenario)
        return _under(scenario, tuple((key, value) for key, value in self.of(replication).items() if key not in own))

    def to_json(self) -> str:
        """Return the ensemble as text, as a file holds it."""
        held = {
            "format": FORMAT,
            "hash": self.hash,
            "manifest": dict(self.manifest),
            "sets": [dict(each) for each in self.sets],
            "targets": [dict(each) for each in self.targets],
        }
        return json.dumps(held, indent=1) + "\n"

    def save(self, path: str | Path) -> Path:
        """Write the ensemble as JSON."""
        place = Path(path)
        place.write_text(self.to_json(), encoding="utf-8")
        return place


class _EnsembleFile(Section):
    """What an ensemble is as a file."""

    format: Format
    hash: str
    manifest: dict[str, Any]
    sets: tuple[dict[str, float], ...] = Field(min_length=1)
    targets: tuple[dict[str, float], ...]


@lru_cache(maxsize=512)
def own_parameters(scenario: Scenario) -> frozenset[str]:
    """Return the keys of the facts of the world to which a scenario gives numbers of its own, whatever is usual."""
    usual = {each.key: each.value for each in parameters(World(), "world")}
    own = {each.key for each in parameters(scenario.world, "world") if each.value != usual.get(each.key)}
    return frozenset(own.difference(key for key, _ in scenario.relative))


def stated_facts(scenario: Scenario) -> frozenset[str]:
    """Return the keys of the facts of the world that a scenario states, as numbers or by how they differ."""
    return own_parameters(scenario) | {key for key, _ in scenario.relative}


@lru_cache(maxsize=4096)
def _under(scenario: Scenario, settings: tuple[tuple[str, float], ...]) -> Scenario:
    return scenario.under(dict(settings))


def bundled_ensemble() -> Ensemble | None:
    """Return the ensemble that this version was calibrated to, or ``None`` if it has none."""
    if not (files("cmsim.scenario") / _BUNDLED).is_file():
        return None
    return load_ensemble()


def load_ensemble(path: str | Path | None = None) -> Ensemble:
    """Return an ensemble; the bundled one if no file is named.

    Raises:
        CmsimError: there is none, it cannot be read or is none, its hash is not that of its sets, or it belongs to
            another model.
    """
    where = "the bundled ensemble" if path is None else str(path)
    place = files("cmsim.scenario") / _BUNDLED if path is None else Path(path)
    held = read_json(_EnsembleFile, place, where)
    found = Ensemble(held.sets, held.targets, held.manifest)
    if found.hash != held.hash:
        raise CmsimError(f"{where}: its hash does not fit its sets; it was changed after it was made")
    if any(each.keys() != found.sets[0].keys() for each in found.sets):
        raise CmsimError(f"{where}: sets: given sets of different parameters; allowed: the same in all")
    known = {each.key for each in parameters(World(), "world")}
    for key in found.keys:
        if key not in known:
            raise CmsimError(f"{where}: {key} is no parameter{nearest(key, known)}; it is of another model")
    return found
