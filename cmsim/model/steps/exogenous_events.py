"""Stage 1: what comes from outside: referrals, hassles and life events."""

from cmsim.core import random_streams
from cmsim.core.simtime import YEAR_DAYS
from cmsim.model.agents.daily_hassle import bring_up_hassle
from cmsim.model.context import Context
from cmsim.model.setup import arrival

STRAIN = random_streams.purpose(
    "stress", "two numbers for a client's day: whether a small hassle comes up, or a life event"
)


def exogenous(c: Context) -> None:
    """Register today's referrals, and let hassles and events happen to people."""
    people = c.people
    while people.known < people.rows and people.joined_day[people.known] <= c.today:
        arrival.register(c)
    p = c.world.stress
    limits = (p.hassle_rate / YEAR_DAYS, p.event_rate / YEAR_DAYS)
    hassled, struck = (
        [row for row in rows.tolist() if row < people.known]
        for rows in c.streams.struck(STRAIN, c.today, people.address, limits)
    )
    stress = people.cells.stress
    for rows, size in ((hassled, p.hassle_size), (struck, p.event_size)):
        for row in rows:
            stress[row] = min(stress[row] + size, 1.0)
    for row in hassled:
        if c.clients[row].present:
            bring_up_hassle(c, c.clients[row])
