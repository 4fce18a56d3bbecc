"""Latent traits: what stimulation is borne, the conflict of wishes, and what workers believe at the start.

They have a block of draws of their own, so that adding one changes nothing else about a person.
"""

import numpy as np

from cmsim.core import random_streams
from cmsim.core.random_streams import Draws
from cmsim.core.sampling import beta_like, logistic, normal
from cmsim.model.state.columns import People
from cmsim.scenario.world import World
from cmsim.schema.codes import Diagnosis, Domain, RelationTemplate
from cmsim.submodels import autonomy_conflict, need_belief, support_need

TEMPER = random_streams.purpose("setup.temper", "limits of stimulation, conflict of wishes, beliefs at the start")
_TRAITS = 6
_TINY = 1e-9


def draw_latent_traits(world: World, people: People, streams: Draws) -> None:
    """Draw these traits for everybody, and make beliefs at the start as well founded as knowledge is."""
    if not people.rows:
        return
    u = streams.setup(TEMPER, int(people.address.max()) + 1, _TRAITS + len(Domain))[people.address]
    p, swings = world.placement, world.pendulum
    schizophrenia = people.diagnosis == Diagnosis.SCHIZOPHRENIA
    # half of the difference either way, so that the mean person stays
    shift = p.tolerance_schizophrenia * (0.5 - schizophrenia)
    odds = np.log(np.maximum(people.tolerance, _TINY) / np.maximum(1.0 - people.tolerance, _TINY))
    people.tolerance[:] = logistic(odds + shift)
    people.lower_limit[:] = np.where(
        schizophrenia, beta_like(u[:, 0], p.floor, p.floor_spread), beta_like(u[:, 0], p.floor_other, p.floor_spread)
    )
    people.dependent[:] = people.template == RelationTemplate.DEPENDENT
    people.own_conflict[:] = beta_like(u[:, 1], swings.conflict, swings.spread)
    # part of it has subsided already, more or less
    people.conflict[:] = people.own_conflict * (swings.rest + (1.0 - swings.rest) * u[:, 2])
    depth = np.sqrt(np.maximum(2.0 * people.conflict - 1.0, 0.0))
    people.swing[:] = depth * np.sign(u[:, 3] - 0.5) + normal(u[:, 4], 0.0, 1.0) * (swings.noise * people.conflict)
    np.clip(people.swing, -autonomy_conflict.FARTHEST, autonomy_conflict.FARTHEST, out=people.swing)
    people.wish[:] = autonomy_conflict.wish(swings, people.swing)
    people.wish_since[:] = people.joined_day - (u[:, 5] * swings.subsides_days).astype(np.int64)
    _beliefs(world, people, u[:, _TRAITS:])


def _beliefs(world: World, people: People, u: np.ndarray) -> None:
    b = world.belief
    able = support_need.ability(
        world.support,
        people.capability,
        1.0 - support_need.impairment(world.support, people.phase),
        people.convalescence,
    )
    people.able[:] = people.usual_able[:] = able
    expected = world.population.capability
    people.unsure[:] = b.between**2 * (1.0 - people.knowledge)
    found = 1.0 - people.unsure / b.between**2  # share of what there is to know that is known
    noise = np.sqrt(people.unsure * found)[:, None] * normal(u)
    people.believed[:] = np.clip(expected + found[:, None] * (able - expected) + noise, 0.0, 1.0)
    people.believed_upper[:] = world.population.tolerance
    share, p = world.population.schizophrenia, world.placement
    people.believed_lower[:] = share * p.floor + (1.0 - share) * p.floor_other
    demand = np.array(list(world.support.demand.model_dump().values()))
    ratio = np.array(list(world.support.setting_demand.model_dump().values()))
    people.belief[:] = need_belief.believed_need(ratio[people.setting][:, None] * demand, people.believed).mean(axis=1)
    people.dose[:] = people.belief
