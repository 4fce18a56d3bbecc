"""The worlds in which contrasts are examined: draws of what is not known about the world.

Without a calibration a draw takes each assumed parameter from its declared range, on a Latin hypercube
(McKay 1979). The order of a parameter's parts of the range belongs to its key alone: two contrasts that
state nothing about a parameter see the same value of it in the same draw, so that they can share runs, and a
new parameter leaves the draws of all others as they were. With a calibrated ensemble the fitted parameters
come from its sets, a whole set in each draw, since their values only fit together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from scipy.stats import qmc

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.parameters import parameters
from cmsim.scenario import Scenario
from cmsim.scenario.parameter_sets import Ensemble, bundled_ensemble, load_ensemble
from cmsim.scenario.world import World

SEED = 20_260

_KEPT = ("world.population.", "world.warm_up_days", "world.contact_time.")
"""Not drawn: who is there, how long, and the lengths of contacts, which set the capacity."""


def chosen_ensemble(path: str | Path | None = None) -> Ensemble | None:
    """Return the ensemble in a file; without one, the bundled ensemble if there is one by now.

    Raises:
        CmsimError: the file cannot be read or is no ensemble.
    """
    return bundled_ensemble() if path is None else load_ensemble(path)


def drawn_worlds(
    scenario: Scenario,
    stated: Iterable[str],
    draws: int,
    fixed: Sequence[str] = (),
    ensemble: Ensemble | None = None,
) -> list[dict[str, float]]:
    """Return a value for each parameter that is not known, by dotted key, for each draw.

    Args:
        scenario: the bundled scenario; what its world states for itself is what it is about, and kept.
        stated: keys that the contrast states, or beginnings of keys; kept as they are.
        draws: how many.
        fixed: beginnings of further keys that are not drawn from ranges.
        ensemble: its sets give the fitted parameters; of more sets than draws, evenly many.

    Raises:
        CmsimError: the ensemble is of another model: it has a parameter that this one lacks.
    """
    usual = {each.key: each.value for each in parameters(World(), "world")}
    known = {each.key: each for each in parameters(scenario.world, "world")}
    said = tuple(stated)

    def open_to_draws(key: str) -> bool:
        own = known[key].value != usual.get(key)
        return not own and not any(key == name or key.startswith(f"{name}.") for name in said)

    columns = {
        key: [low + share * (high - low) for share in _shares(key, draws)]
        for key, each in known.items()
        if each.evidence.status == "assumption"
        and isinstance(each.value, float)
        and not key.startswith((*_KEPT, *fixed))
        and open_to_draws(key)
        for low, high in [(each.evidence.low, each.evidence.high)]
    }
    if ensemble is not None:
        for key in ensemble.sets[0]:
            if key not in known:
                raise CmsimError(f"the ensemble has {key}, which is no parameter{nearest(key, known)}")
        members = [ensemble.sets[place] for place in _members(len(ensemble), draws)]
        columns |= {key: [each[key] for each in members] for key in members[0] if open_to_draws(key)}
    return [{key: values[draw] for key, values in columns.items()} for draw in range(draws)]


def _members(sets: int, draws: int) -> list[int]:
    """Return which set each draw takes: all in turn, or evenly many of them."""
    return [(draw * sets) // draws if sets >= draws else draw % sets for draw in range(draws)]


@lru_cache(maxsize=4096)
def _shares(key: str, draws: int) -> tuple[float, ...]:
    """Return one share in each of so many equal parts of a range, in an order that belongs to the key."""
    seed = int.from_bytes(hashlib.blake2b(f"{SEED} {key}".encode(), digest_size=8).digest(), "little")
    return tuple(qmc.LatinHypercube(d=1, rng=seed).random(draws)[:, 0].tolist())


def halfway(draw: Mapping[str, float], share: float) -> dict[str, float]:
    """Return a draw moved toward the default values: 1 is the draw itself, 0 the defaults."""
    usual = {each.key: each.value for each in parameters(World(), "world") if each.value is not None}
    return {key: usual[key] + share * (value - usual[key]) for key, value in draw.items()}
