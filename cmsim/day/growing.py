"""Once a week: capability, dependence and autonomy move; wishes swing; what is tried and planned."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim import draws
from cmsim.clock import WEEK_DAYS, YEAR_DAYS
from cmsim.day import knowing
from cmsim.day.needs import refresh_needs
from cmsim.people import FAMILY_HOME, OPEN, STABLE
from cmsim.people import SHELTER as IN_SHELTER
from cmsim.rules import growth, pendulum, planning
from cmsim.rules.chance import approach, normal

if TYPE_CHECKING:
    from cmsim.community import Community

SWING = draws.purpose("pendulum.swing", "how a client's wishes swing this week")
SEEN_LATELY = 28


def week(c: Community) -> None:
    """Let a week pass over capability, dependence, autonomy and wishes."""
    people, n, w = c.people, c.people.known, c.world
    people.convalescence[:n] *= math.exp(-WEEK_DAYS / w.support.residual_days)
    people.plan_minutes[:n] *= math.exp(-WEEK_DAYS / w.planning.memory_days)
    _swing(c, n)
    refresh_needs(c, slice(0, n))
    _grow(c, n)
    knowing.week(c)
    homeless = people.setting[:n] <= IN_SHELTER
    people.years_homeless[:n] += w.loops.homelessness_trap * homeless * (WEEK_DAYS / YEAR_DAYS)


def _swing(c: Community, n: int) -> None:
    """Let the pendulum swing for a week, and the conflict subside."""
    people, p = c.people, c.world.pendulum
    if not c.world.loops.pendulum:
        people.swing[:n] = people.wish[:n] = 0.0
        return
    deviate = normal(c.luck(SWING, slice(0, n))[0])
    people.swing[:n] = pendulum.swing_next(p, people.swing[:n], people.conflict[:n], deviate)
    people.conflict[:n] = pendulum.conflict_next(p, people.conflict[:n], people.own_conflict[:n])
    wish = pendulum.wish(p, people.swing[:n])
    people.wish_since[:n][wish != people.wish[:n]] = c.today
    people.wish[:n] = wish


def _grow(c: Community, n: int) -> None:
    people, p, loops = c.people, c.world.growth, c.world.loops
    excess = people.excess[:n] * loops.dependency_trap
    people.capability[:n] = growth.capability_next(
        p,
        people.capability[:n],
        people.ceiling[:n],
        people.domain_unmet[:n],
        excess[:, None],
        people.taught[:n, None] * people.aim[:n] / people.aim.shape[1],
        WEEK_DAYS,
    )
    people.taught[:n] = 0.0
    people.capability_mean[:n] = people.capability[:n] @ c.over_domains
    people.dependence[:n] = growth.dependence_next(
        p, people.dependence[:n], excess, people.dependent[:n], WEEK_DAYS
    )
    people.autonomy[:n] = growth.autonomy_next(
        p, people.autonomy[:n], people.capability_mean[:n], people.dependence[:n], WEEK_DAYS
    )
    people.used_to[:n] = approach(people.used_to[:n], people.worker_support[:n], WEEK_DAYS, p.used_to_days)


def tries_hazard(c: Community, n: int) -> Any:
    """Return the daily hazard that each client tries something new alone; only while well."""
    people = c.people
    well = (people.phase[:n] == STABLE) * people.present[:n]
    return well * growth.tries_hazard(
        c.world.growth, people.autonomy[:n], people.swing[:n], people.dependence[:n]
    )


def plan_hazard(c: Community, n: int) -> Any:
    """Return the daily hazard that the worker considers a plan of a move: who has a home and is well."""
    people, posts = c.people, c.posts
    worker = people.worker[:n]
    seen = c.today - people.last_seen[:n] < SEEN_LATELY
    able = (people.status[:n] == OPEN) & (people.phase[:n] == STABLE) & (people.plan_open[:n] == 0.0) & seen
    housed = (people.setting[:n] >= FAMILY_HOME) & (worker >= 0)
    hold, control = c.service.planning.waits(posts.over_control[np.maximum(worker, 0)])
    hazard = planning.hazard(
        c.world.planning,
        people.plan_minutes[:n],
        np.abs(people.wish[:n]),
        c.today - people.wish_since[:n],
        hold,
        control,
    )
    return hazard * (able & housed) * people.present[:n]


def returns_hazard(c: Community, n: int) -> Any:
    """Return the daily hazard that a client leaves a planned placement, wishing for the opposite."""
    people = c.people
    return people.present[:n] * planning.returns_hazard(
        c.world.planning, people.plan_direction[:n], people.swing[:n], people.wish[:n]
    )
