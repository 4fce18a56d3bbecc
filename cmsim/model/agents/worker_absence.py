"""When a case manager is away: a week of leave, or a day off sick, in training or on holiday.

Another reason to be away is a draw of its own here, with its number in ``submodels.labour_market.Workforce``.
"""

from cmsim.core import random_streams
from cmsim.core.simtime import WEEK_DAYS
from cmsim.model.context import Context
from cmsim.submodels.job_strain import absent_chance

AWAY_WEEK = random_streams.purpose("worker.week away", "whether a worker is on leave this week")
AWAY_DAY = random_streams.purpose("worker.day away", "whether a worker is off sick, in training or on holiday today")


def is_on_leave(c: Context, worker: int, day: int) -> bool:
    """Return whether the holder of a post, by number, is on leave in the week of a day."""
    return c.streams.uniform(AWAY_WEEK, worker, day // WEEK_DAYS) < c.world.workforce.leave_week


def is_off(c: Context, worker: int, post: int, day: int) -> bool:
    """Return whether the holder of a post, not on leave, is away for a day; the exhausted are away more often."""
    chance: float = absent_chance(c.world.workforce, c.posts.cells.exhaustion[post])
    return c.streams.uniform(AWAY_DAY, worker, day) < chance
