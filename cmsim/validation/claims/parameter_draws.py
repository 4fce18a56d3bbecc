"""Draws of the uncertain parameters, under which contrasts are examined.

Without a calibration a draw takes each assumed parameter from its declared range, on a Latin hypercube
(McKay 1979). The order of a parameter's parts of the range belongs to its key alone: two contrasts that
state nothing about a parameter see the same value of it in the same draw, so that their differences can be
compared, and a new parameter leaves the draws of all others as they were. The first draws are a hypercube of their
own and those after them come in further ones, so that fewer draws are the beginning of more. With a calibrated
ensemble the fitted parameters come from its sets, a whole set in each draw, since their values only fit together.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache

from scipy.stats import qmc

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.parameters import parameters
from cmsim.scenario import Scenario
from cmsim.scenario.parameter_sets import Ensemble, own_parameters
from cmsim.scenario.world import World

SEED = 20_260
FIRST, FURTHER = 20, 10
"""Draws of the first hypercube, and of each after it."""

ParameterSet = dict[str, float]
"""Values of uncertain parameters by dotted key."""

_KEPT = ("world.population.", "world.warm_up_days", "world.contact_time.")
"""Not drawn: who is there, how long, and the lengths of contacts, which set the capacity."""


def draw_parameter_sets(
    scenario: Scenario, stated: Iterable[str], draws: int, ensemble: Ensemble | None = None
) -> list[ParameterSet]:
    """Return a value of each uncertain parameter for each draw.

    Args:
        scenario: the bundled scenario; parameters to which it gives a number of its own are not drawn, and one
            that it states relative to the usual is so relative to the draw.
        stated: keys that the contrast states, or beginnings of keys; not drawn either.
        draws: how many.
        ensemble: its sets give the fitted parameters, in turn; of more sets than first draws, those see evenly many.

    Raises:
        CmsimError: the ensemble is of another model: it has a parameter that this one lacks.
    """
    own, relative = own_parameters(scenario), dict(scenario.relative)
    known = {each.key: each for each in parameters(scenario.world, "world")}
    said = tuple(stated)

    def is_drawn(key: str) -> bool:
        return key not in own and not any(key == name or key.startswith(f"{name}.") for name in said)

    columns = {
        key: [low + share * (high - low) for share in _shares(key, draws)]
        for key, each in known.items()
        if each.evidence.status == "assumption"
        and isinstance(each.value, float)
        and not key.startswith(_KEPT)
        and is_drawn(key)
        for low, high in [(each.evidence.low, each.evidence.high)]
    }
    if ensemble is not None:
        for key in ensemble.sets[0]:
            if key not in known:
                raise CmsimError(f"the ensemble has {key}, which is no parameter{nearest(key, known)}")
        sets = len(ensemble)
        places = ((draw * sets) // FIRST if draw < FIRST <= sets else draw % sets for draw in range(draws))
        members = [ensemble.sets[place] for place in places]
        columns |= {key: [each[key] for each in members] for key in members[0] if is_drawn(key)}
    columns |= {key: [each.of(value) for value in columns[key]] for key, each in relative.items() if key in columns}
    return [{key: values[draw] for key, values in columns.items()} for draw in range(draws)]


@lru_cache(maxsize=4096)
def _shares(key: str, draws: int) -> tuple[float, ...]:
    """Return shares of a range: in each hypercube one in each equal part, in an order that belongs to the key."""
    seed = int.from_bytes(hashlib.blake2b(f"{SEED} {key}".encode(), digest_size=8).digest(), "little")
    cube = qmc.LatinHypercube(d=1, rng=seed)
    shares = cube.random(FIRST)[:, 0].tolist()
    while len(shares) < draws:
        shares += cube.random(FURTHER)[:, 0].tolist()
    return tuple(shares[:draws])


def move_to_defaults(draw: Mapping[str, float], share: float) -> ParameterSet:
    """Return a draw moved toward the default values; a share of 1 is the draw itself, 0 the defaults."""
    usual = {each.key: each.value for each in parameters(World(), "world") if each.value is not None}
    return {key: usual[key] + share * (value - usual[key]) for key, value in draw.items()}
