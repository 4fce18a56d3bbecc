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
    n, p = people.known, c.world.stress
    if not n:
        return
    rows = slice(0, n)
    luck = c.luck(STRAIN, rows, 2)
    for today, rate, size, hassled in zip(
        luck, (p.hassle_rate, p.event_rate), (p.hassle_size, p.event_size), (True, False), strict=True
    ):
        struck = np.flatnonzero(today < rate / YEAR_DAYS)
        people.stress[struck] = np.minimum(people.stress[struck] + size, 1.0)
        if hassled:
            for row in struck[people.present[struck] > 0.0].tolist():
                comes_up(c.clients[row])
