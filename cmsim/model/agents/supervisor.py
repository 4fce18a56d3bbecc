"""The supervisor: hours for each worker, and whom to protect when cases are shared out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cmsim.core import random_streams
from cmsim.core.compilation import kernel
from cmsim.core.numeric import Floats, Ints
from cmsim.core.simtime import HOUR
from cmsim.model.agents.agent import Agent
from cmsim.model.context import Context
from cmsim.model.roles import CaseManagerRole, ClientRole
from cmsim.scenario.world import World
from cmsim.submodels.labour_market import carried_share

if TYPE_CHECKING:
    from cmsim.model.state.records import PostRecords

MASTER = random_streams.purpose("supervisor.trained", "whether a supervisor has a master's degree")
SHARES = random_streams.purpose("supervisor.shares", "who takes a client among workers alike")
DAYS_A_WEEK = 5


class Supervisor(Agent):
    """One supervisor of a team of case managers."""

    def __init__(self, community: Context, team: int) -> None:
        super().__init__(community, f"supervisor-{team + 1}")
        self.team = team
        self.members = 0
        """Workers of the team who are in post."""
        w = community.world.workforce
        master = community.streams.uniform(MASTER, team) < w.supervisor_master_share
        self.skill = w.supervisor_graduate if master else w.supervisor_bachelor

    def decide_minutes(self, worker: CaseManagerRole) -> int:
        """Decide how many minutes of supervision a worker gets today: as the policy has it, as far as the
        supervisor's own hours go round the team."""
        c = self.community
        own = c.active.staff.supervisor_hours / max(self.members, 1)
        hours = min(c.service.turnover.supervision_hours, own)
        return int(hours * HOUR / DAYS_A_WEEK)

    def decide_who_takes(self, client: ClientRole, posts: list[int], room: list[float]) -> int:
        """Decide which of her workers with room takes a client; the policy says what counts."""
        c = self.community
        drawn = np.array([c.streams.uniform(SHARES, client.address, post) for post in posts])
        preference = c.service.caseload.assignment.preference(
            np.array(room), c.posts.exhaustion[posts], c.posts.skill[posts], drawn
        )
        return posts[int(np.argmax(preference))]


def rooms(community: Context, size: float, *, ramped: bool = True) -> Floats:
    """Return for each post how many more clients its holder may take at a caseload ``size``; none if vacant.

    Args:
        community: the community.
        size: clients a full caseload holds, weighed as the policy weighs them.
        ramped: whether those new in post are given less.
    """
    posts, people, n = community.posts, community.people, community.posts.count
    weighting = community.service.caseload.weighting
    held = posts.caseload[:n]
    if weighting.rule != "each_counts_one":
        mine = np.flatnonzero(people.worker[: people.known] >= 0)
        weights = weighting.weights(people.belief[mine], people.known_unwell[mine])
        held = np.bincount(people.worker[mine], weights=weights, minlength=n)[:n]
    room = np.empty(n)
    _rooms(community.inputs.figures, posts.records, held, float(size), community.today, ramped, room)
    return room


@kernel
def _rooms(
    figures: Sequence[World], posts: PostRecords, held: Floats, size: float, today: int, ramped: bool, room: Floats
) -> None:
    for post in range(len(room)):
        one = posts[post]
        room[post] = 0.0
        if one.filled and not ramped:
            room[post] = size - held[post]
        elif one.filled and one.leaving == 0:
            share = carried_share(figures[0].workforce, today - one.hired)
            room[post] = math.floor(size * share - held[post])


@kernel
def _with_most_room(posts: PostRecords, room: Floats, teams: Floats, found: Ints) -> tuple[int, int]:
    """Find the team with most room, and whoever has room in it; everybody who has, if nobody there does.

    Returns the team, and how many posts have been written to ``found``; ``teams`` is to work in.
    """
    for post in range(len(room)):
        teams[posts[post].team] += max(room[post], 0.0)
    team, count = int(np.argmax(teams)), 0
    for everywhere in (False, True):
        for post in range(len(room)):
            if room[post] >= 1.0 and (everywhere or posts[post].team == team):
                found[count] = post
                count += 1
        if count:
            break
    return team, count


def assign(community: Context, client: ClientRole, room: Floats, from_post: int | None = None) -> int | None:
    """Find a worker for a client: the team with most room first, then its supervisor decides; ``None`` if
    nobody has room.

    Where a team shares its clients, a client of a post (``from_post``) stays with the team, full or not.

    Args:
        community: the community.
        client: for whom.
        room: by post, from :func:`rooms`.
        from_post: the post that the client comes from, if any.
    """
    posts = community.posts
    count = posts.count
    if from_post is not None and community.service.caseload.sharing.shared:
        stays = posts.filled[:count] & (posts.leaving[:count] == 0)
        mine = np.flatnonzero(stays & (posts.team[:count] == posts.team[from_post])).tolist()
        if mine:
            supervisor = community.staffing.supervisors[posts.team[from_post]]
            return supervisor.decide_who_takes(client, mine, room[mine].tolist())
    if not (room >= 1.0).any():
        return None
    rule = community.service.caseload.assignment
    if rule.rule == "any_with_room":
        # one community-wide pick, so that a client more elsewhere changes nobody else's worker
        open_posts = np.flatnonzero(room >= 1.0).tolist()
        return community.staffing.supervisors[0].decide_who_takes(client, open_posts, room[open_posts].tolist())
    found = np.empty(count, np.int64)
    team, many = _with_most_room(posts.records, room, np.zeros(len(community.staffing.supervisors)), found)
    open_posts = found[:many].tolist()
    return community.staffing.supervisors[team].decide_who_takes(client, open_posts, room[open_posts].tolist())
