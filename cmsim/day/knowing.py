"""What workers come to believe of clients: from what they see, from what they are told, and from records."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim import draws
from cmsim.clock import WEEK_DAYS
from cmsim.record import DOMAINS
from cmsim.rules import belief
from cmsim.rules.chance import approach, normal

if TYPE_CHECKING:
    from cmsim.community import Community

IMPRESSION = draws.purpose(
    "belief.impression", "how far off an impression of a client is: in common, limits, and in each domain"
)
RECORD = draws.purpose("belief.record", "how far off the record of a client's former functioning is")
_WIDTH = 13
_TINY = 1e-9
_FOUR_WEEKS = 28


class Experience:
    """What each worker saw of anybody's ability, minute for minute: what the worker expects of anybody.

    Args:
        usual: ability that a new worker expects in each domain.
        minutes: face to face that this is worth.
    """

    def __init__(self, usual: float, minutes: float) -> None:
        self.usual = np.full(len(DOMAINS), usual)
        self._new = minutes
        self._seen = np.zeros((1, len(DOMAINS)))
        self._minutes = np.zeros(1)

    def begins(self, post: int) -> None:
        """Let a post have a new holder, who has seen nobody yet."""
        more = post + 1 - len(self._minutes)
        if more > 0:
            self._seen = np.concatenate([self._seen, np.zeros((more, len(DOMAINS)))])
            self._minutes = np.concatenate([self._minutes, np.zeros(more)])
        self._seen[post], self._minutes[post] = self.usual * self._new, self._new

    def adds(self, post: Any, shown: Any, minutes: Any) -> None:
        """Add what clients showed to the holders of some posts.

        Args:
            post: of the worker who saw it, shape (clients,).
            shown: ability in each domain, shape (clients, domains).
            minutes: face to face, shape (clients,).
        """
        np.add.at(self._seen, post, shown * minutes[:, None])
        np.add.at(self._minutes, post, minutes)

    def fades(self, kept: float) -> None:
        """Let what was seen count for less."""
        self._seen *= kept
        self._minutes *= kept

    def expected(self, post: Any) -> Any:
        """Return what the holders of some posts (-1 for nobody) expect of anybody, shape (posts, domains)."""
        post = np.asarray(post)
        known = self._seen[post] / np.maximum(self._minutes[post], _TINY)[..., None]
        return np.where((post >= 0)[..., None], known, self.usual)


def learn(c: Community, rows: Any, seen: Any, told: Any, minutes: Any) -> None:
    """Let today's contacts move what workers believe.

    Args:
        c: the community.
        rows: clients reached.
        seen: minutes of assessment by seeing, and told: by being told, shapes (rows,).
        told: likewise.
        minutes: face to face, in which something is seen in passing.
    """
    seen = seen + c.world.belief.passing * minutes
    if not c.world.loops.whom_workers_see:
        rows, seen, told = _by_the_calendar(c)
        minutes = seen
    served = np.flatnonzero(c.people.worker[rows] >= 0)
    rows, seen, told, minutes = rows[served], seen[served], told[served], minutes[served]
    c.experience.adds(c.people.worker[rows], c.people.able[rows], minutes)
    with_any = np.flatnonzero(seen + told > 0.0)
    if len(with_any):
        rows, seen, told = rows[with_any], seen[with_any], told[with_any]
        _moves(c, rows, seen, told, normal(c.luck(IMPRESSION, rows, _WIDTH)))


def _by_the_calendar(c: Community) -> tuple[Any, Any, Any]:
    """Return one impression each fourth week of everybody with a worker, however the client is."""
    people = c.people
    rows = np.flatnonzero(
        (people.worker[: people.known] >= 0) & ((people.address[: people.known] + c.today) % _FOUR_WEEKS == 0)
    )
    usual = np.full(len(rows), c.world.belief.usual_minutes)
    return rows, usual, np.zeros(len(rows))


def _moves(c: Community, rows: Any, seen: Any, told: Any, deviates: Any) -> None:
    people, p = c.people, c.world.belief
    believed, unsure = people.believed[rows], people.unsure[rows]
    precision = belief.precision(p, seen + told, people.knowledge[rows])
    gain = belief.weight(unsure, precision)
    share = (seen / (seen + told))[:, None]
    shown = share * people.able[rows] + (1.0 - share) * people.usual_able[rows]
    got = belief.impression(p, shown, precision[:, None], deviates[0][:, None], deviates[3:].T)
    moved = believed + gain[:, None] * (got - believed)
    people.believed[rows] = np.minimum(np.maximum(moved, 0.0), 1.0)
    people.unsure[rows] = (1.0 - gain) * unsure
    blur = 1.0 / np.sqrt(precision)
    for name, truth, deviate in (
        ("believed_upper", people.tolerance[rows], deviates[1]),
        ("believed_lower", people.lower_limit[rows], deviates[2]),
    ):
        held = getattr(people, name)
        held[rows] = np.clip(held[rows] + gain * (truth + blur * deviate - held[rows]), 0.0, 1.0)


def week(c: Community) -> None:
    """Let a week pass: beliefs fade to what is expected of anybody, and the believed need follows."""
    people, n, p = c.people, c.people.known, c.world.belief
    people.usual_able[:n] = approach(people.usual_able[:n], people.able[:n], WEEK_DAYS, p.usual_days)
    people.believed[:n], people.unsure[:n] = belief.unseen(
        p, people.believed[:n], people.unsure[:n], c.experience.expected(people.worker[:n]), WEEK_DAYS
    )
    people.belief[:n] = (
        belief.believed_need(c.demand[people.setting[:n]], people.believed[:n]) @ c.over_domains
    )
    c.experience.fades(math.exp(-WEEK_DAYS / p.experience_days))


def hands_over(c: Community, row: int, kept: float) -> None:
    """End what a worker believes of a client, but for the share that is handed over."""
    people, p = c.people, c.world.belief
    people.believed[row] = belief.handed_over(kept, people.believed[row], c.experience.usual)
    people.unsure[row] = belief.variance_handed_over(p, kept, people.unsure[row])


def reads_record(c: Community, row: int) -> None:
    """Let a worker begin with a client by reading the record, where assessment is part of the practice."""
    people, p = c.people, c.world.belief
    if p.record_minutes and "assessment" in c.service.practice.components:
        address, first = int(people.address[row]), c.today * _WIDTH
        deviates = normal(np.array([c.chance.uniform(RECORD, address, first + n) for n in range(_WIDTH)]))
        minutes = np.full(1, p.record_minutes)
        _moves(c, np.array([row]), np.zeros(1), minutes, deviates[:, None])
    believed = belief.believed_need(c.demand[people.setting[row]], people.believed[row])
    people.belief[row] = believed @ c.over_domains
