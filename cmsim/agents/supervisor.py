"""The supervisor: hours for each worker, and whom to protect when cases are shared out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa
import numpy as np

from cmsim import draws
from cmsim.clock import HOUR
from cmsim.rules.workforce import carried_share

if TYPE_CHECKING:
    from cmsim.agents.case_manager import CaseManager
    from cmsim.agents.client import Client
    from cmsim.community import Community

SHARES = draws.purpose("supervisor.shares", "who takes a client among workers alike")
DAYS_A_WEEK = 5


class Supervisor(mesa.Agent):
    """One supervisor of a team of case managers."""

    def __init__(self, community: Community, team: int) -> None:
        super().__init__(community)
        self.community = community
        self.team = team
        self.key = f"supervisor-{team + 1}"

    def minutes_for(self, worker: CaseManager) -> int:
        """Decide how many minutes of supervision a worker gets today."""
        return int(self.community.service.turnover.supervision_hours * HOUR / DAYS_A_WEEK)

    def shares(self, client: Client, posts: list[int], room: list[float]) -> int:
        """Decide which of her workers with room takes a client; the policy says what counts."""
        c = self.community
        luck = np.array([c.chance.uniform(SHARES, client.address, post) for post in posts])
        preference = c.service.caseload.assignment.preference(np.array(room), c.posts.exhaustion[posts], luck)
        return posts[int(np.argmax(preference))]


def rooms(community: Community, size: float) -> np.ndarray:
    """Return for each post how many more clients its holder may take at a caseload
    ``size``; none if vacant."""
    posts, n = community.posts, community.posts.count
    share = carried_share(community.world.workforce, community.today - posts.hired[:n])
    room = np.floor(size * share) - posts.caseload[:n]
    takes = posts.filled[:n] & (posts.leaving[:n] == 0)
    return np.where(takes, room, 0.0)


def assign(community: Community, client: Client, size: float) -> int | None:
    """Find a worker for a client: the team with most room first, then its supervisor decides; ``None`` if
    nobody has room."""
    posts = community.posts
    room = rooms(community, size)
    if not (room >= 1.0).any():
        return None
    teams = np.bincount(posts.team[: posts.count], weights=np.maximum(room, 0.0), minlength=1)
    rule = community.service.caseload.assignment
    if rule.rule == "any_with_room":
        # one community-wide pick, so that a client more elsewhere changes nobody else's worker
        open_posts = np.flatnonzero(room >= 1.0).tolist()
        return Supervisor.shares(community.supervisors[0], client, open_posts, room[open_posts].tolist())
    team = int(np.argmax(teams))
    open_posts = np.flatnonzero((room >= 1.0) & (posts.team[: posts.count] == team)).tolist()
    if not open_posts:
        open_posts = np.flatnonzero(room >= 1.0).tolist()
    return community.supervisors[team].shares(client, open_posts, room[open_posts].tolist())
