"""The supervisor: hours for each worker, and whom to protect when cases are shared out."""

from __future__ import annotations

import numpy as np

from cmsim.core import random_streams
from cmsim.core.simtime import HOUR, WORKDAYS
from cmsim.model.agents.agent import Agent
from cmsim.model.context import Context
from cmsim.model.roles import CaseManagerRole, ClientRole
from cmsim.policies.rule_answer import column

MASTER = random_streams.purpose("supervisor.trained", "whether a supervisor has a master's degree")
SHARES = random_streams.purpose("supervisor.shares", "who takes a client among workers alike")


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
        return int(hours * HOUR / WORKDAYS)

    def decide_who_takes(self, client: ClientRole, posts: list[int], room: list[float]) -> int:
        """Decide which of her workers with room takes a client; the policy says what counts."""
        c = self.community
        drawn = np.array([c.streams.uniform(SHARES, client.address, post) for post in posts])
        preference = column(
            "service.caseload.assignment",
            c.service.caseload.assignment.preference,
            len(posts),
            np.array(room),
            c.posts.exhaustion[posts],
            c.posts.skill[posts],
            drawn,
        )
        return posts[int(np.argmax(preference))]
