"""Stage 1: what comes from outside: policies that change today, referrals, hassles and life events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cmsim import draws
from cmsim.agents.hassle import comes_up
from cmsim.clock import YEAR_DAYS

if TYPE_CHECKING:
    from cmsim.community import Community

STRAIN = draws.purpose(
    "stress", "two numbers for a client's day: whether a small hassle comes up, or a life event"
)


def exogenous(c: Community) -> None:
    """Put the service in force, register today's referrals, and let hassles and events happen to people."""
    c.put_in_force(c.today)
    people = c.people
    while people.known < people.rows and people.joined_day[people.known] <= c.today:
        c.register(people.known)
    p = c.world.stress
    limits = (p.hassle_rate / YEAR_DAYS, p.event_rate / YEAR_DAYS)
    hassled, struck = (
        rows[rows < people.known] for rows in c.chance.struck(STRAIN, c.today, people.address, limits)
    )
    for rows, size in ((hassled, p.hassle_size), (struck, p.event_size)):
        people.stress[rows] = np.minimum(people.stress[rows] + size, 1.0)
    for row in hassled.tolist():
        if c.clients[row].present:
            comes_up(c.clients[row])
