"""Hazards of one client at this minute, and the factors that they are made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cmsim.core.compilation import kernel
from cmsim.core.numeric import Floats
from cmsim.model.state.columns import People
from cmsim.scenario.world import World
from cmsim.schema.codes import FACTORS, Phase
from cmsim.submodels import crisis, family_climate, illness, untreated_illness

if TYPE_CHECKING:
    from cmsim.model.state.records import ClientRecords


def onset_factors(figures: Sequence[World], people: People, row: int) -> list[float]:
    """Return the factors of one client's onset hazard as of this morning, in the order of ``FACTORS``.

    Args:
        figures: numbers of the parameter set, as kernels read them.
        people: the clients' state.
        row: of the client.
    """
    factors: list[float] = _factors_from(figures, people, row, 1)[0].tolist()
    return factors


def onset_factors_of_all(figures: Sequence[World], people: People) -> Floats:
    """Return the factors of everybody's onset hazard as of this morning, shape (clients known, factors)."""
    return _factors_from(figures, people, 0, people.known)


def _factors_from(figures: Sequence[World], people: People, first: int, many: int) -> Floats:
    found = np.zeros((many, len(FACTORS)))
    _onset_factors(figures, people.records[first : first + many], found)
    return found


@kernel
def _onset_factors(figures: Sequence[World], clients: ClientRecords, out: Floats) -> None:
    w = figures[0]
    p = w.illness
    for row in range(len(clients)):
        client, factors = clients[row], out[row]
        illness.slow_logs(
            p,
            factors,
            client.frailty,
            family_climate.climate(w.family, client.expressed, client.warmth, client.family_contact),
            client.unmet,
            client.stimulation_load,
            client.substance,
            client.admissions,
        )
        illness.fast_logs(p, factors, client.adherence * client.fit, client.stress, client.recency)
        for factor in range(len(factors)):
            factors[factor] = math.exp(factors[factor])


def crisis_hazard(world: World, people: People, row: int) -> float:
    """Return one client's daily hazard of a crisis now, with what has happened since the night."""
    acute = float(people.phase[row] == Phase.ACUTE)
    settled = float(people.settled[row])
    ratio = float(people.crisis_ratio[row]) * untreated_illness.crisis_ratio(
        world.untreated, float(people.untreated[row])
    )
    return float(crisis.crisis_hazard(world.crisis, acute, float(people.stress[row]), ratio, settled))
