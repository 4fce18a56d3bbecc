"""The workforce from day to day, one file an idea; the workers themselves are agents."""

import numpy as np
from numpy.typing import NDArray

from cmsim.core import random_streams
from cmsim.core.simtime import WEEK_DAYS, weekday
from cmsim.model.agents.aide import Aide, hand_over
from cmsim.model.agents.care_at_home import CareAtHome
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole, SupervisorRole
from cmsim.model.state.experience import Experience
from cmsim.model.state.revenue import Revenue
from cmsim.model.workforce import aides_and_psychiatrists, burnout, client_assignment, posts
from cmsim.model.workforce.waiting_list import WaitingList
from cmsim.policies.rule_answer import decision

__all__ = ["Staffing", "WaitingList"]

COMES_BACK = random_streams.purpose("client.comes back", "whether somebody lost is taken up again after a discharge")
SPREAD = 12
BALANCE = "service.caseload.balance"
"""Shares into which the clients of somebody away are divided among colleagues."""


class Staffing:
    """What the community asks of its staffing."""

    def __init__(self, community: Context) -> None:
        self.c = community
        self.supervisors: list[SupervisorRole] = []
        self.aides: list[Aide] = []
        self.skills: dict[int, float] = {}
        """Skill of everybody who ever held a post, now or on leaving, by number."""
        self.graduates: dict[int, bool] = {}
        """Whether each has a master's degree."""
        self.experience = Experience(community.world.population.capability, community.world.belief.experience_minutes)
        self.list = WaitingList(community)
        self.revenue = Revenue()
        self.care_at_home = CareAtHome(community)
        self._ends: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
        self.programme_from = 0
        """The day from which a programme of limited length counts."""
        self._practice = community.service.practice

    def start(self) -> None:
        """Open the posts of the start and fill them with people already in the middle of things."""
        for _ in range(posts.wanted(self.c)):
            posts.hire(self.c, posts.open_post(self.c), at_start=True)
        aides_and_psychiatrists.set_aides(self.c, self.aides, self.c.service.staff.aides)

    def follow_policy(self) -> None:
        """Begin to follow another policy: there may be room, too many posts, or a programme with an end."""
        self.list.may_have_room = True
        c, before, now = self.c, self._practice, self.c.service.practice
        if before.programme_days != now.programme_days:
            self.programme_from = c.today
        if before.stance != now.stance:
            for worker in c.at_work:
                c.posts.dominance[worker.post] = posts.leads(c, worker.number)
        self._practice = now
        posts.lays_off(c)
        aides_and_psychiatrists.set_psychiatrists(c, c.service.staff.psychiatrists)
        aides_and_psychiatrists.set_aides(c, self.aides, c.service.staff.aides)

    def lose_client(self, client: ClientRole) -> None:
        """Take a client who leaves off the worker's caseload."""
        self.c.posts.caseload[client.worker] -= 1
        self.list.may_have_room = True

    def morning(self) -> None:
        """Fill posts whose new holder begins today, then serve those waiting where there may be room.

        Room comes from a client who leaves, a hiring or a policy; on Mondays also from new workers' ramp-up.
        """
        c = self.c
        for post in c.spec.resignations().get(c.today, ()):
            if post < c.posts.count:
                posts.gives_notice(c, post)
        for post in np.flatnonzero(c.posts.hire_on[: c.posts.count] <= c.today).tolist():
            posts.hire(c, post)
            self.list.serve()
            if decision(BALANCE, c.service.caseload.balance.due, c.today // WEEK_DAYS, True):
                client_assignment.even_out(c)
        self.list.serve_if_room(weekday(c.today) == 0)

    def week(self) -> None:
        """Move exhaustion and skill on by a week, see who gives notice, let posts follow clients, end
        programmes, and even caseloads out where the policy does."""
        c = self.c
        burnout.week(c)
        self.revenue.pass_week(c.service.payer)
        client_assignment.end_programmes(c)
        posts.follow_clients(c)
        policy = c.service.caseload
        if policy.closure == "clients_fixed" or decision(BALANCE, policy.balance.due, c.today // WEEK_DAYS, False):
            client_assignment.even_out(c)

    def forget_ties(self) -> None:
        """Take note that somebody has begun or gone: who has ties with whom is read anew."""
        self._ends = None

    def tied(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the posts whose holders have ties with each other: every tie both ways, in order."""
        if self._ends is None:
            post_of = {worker.key: worker.post for worker in self.c.at_work}
            pairs = [
                (worker.post, post_of[other])
                for worker in self.c.at_work
                for other in self.c.ties.colleagues(worker.key)
            ]
            ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
            self._ends = ends[:, 0], ends[:, 1]
        return self._ends

    def exhaustion_around(self) -> NDArray[np.float64]:
        """Return the mean exhaustion of each holder's colleagues; the usual where there are none."""
        c = self.c
        (here, there), n = self.tied(), c.posts.count
        ties = np.bincount(here, minlength=n)
        around = np.bincount(here, weights=c.posts.exhaustion[there], minlength=n) / np.maximum(ties, 1)
        return np.where(ties > 0, around, c.world.workforce.exhaustion_mean)

    def stand_ins(self) -> NDArray[np.int64]:
        """Return who sees the clients of each post today where teams share them, shape (posts, SPREAD).

        The holder, if at work; otherwise colleagues of the team in turn; the holder again if nobody is there.
        """
        c = self.c
        n = c.posts.count
        here = np.zeros(n, dtype=bool)
        here[[worker.post for worker in c.at_work if not worker.is_away(c.today)]] = True
        table = np.repeat(np.arange(n)[:, None], SPREAD, axis=1)
        for post in np.flatnonzero(~here).tolist():
            there = np.flatnonzero(here & (c.posts.team[:n] == c.posts.team[post]))
            if len(there):
                table[post] = there[np.arange(SPREAD) % len(there)]
        return table

    def hand_over_to_aides(self) -> None:
        """Let aides take over this morning's contacts that they may make."""
        if self.aides:
            hand_over(self.c, self.aides)

    def on_discharge(self, client: ClientRole) -> None:
        """Let somebody come back after a discharge whose programme had ended, where it takes people back, or who
        had been lost to the service and is found again."""
        c, people, row = self.c, self.c.people, client.row
        if people.lost_on[row] >= 0:
            share = c.world.relationship.return_share
            comes_back = c.streams.uniform(COMES_BACK, client.address, client.episode) < share
        else:
            comes_back = people.ended_on[row] >= 0 and c.service.practice.takes_back
        if comes_back:
            self.take_up_again(client)

    def take_up_again(self, client: ClientRole) -> None:
        """Put somebody who had left the service on the list again."""
        people = self.c.people
        people.ended_on[client.row] = people.lost_on[client.row] = -1
        self.list.join(client)

    def give_client(self, client: ClientRole, post: int) -> None:
        """Give a client to the holder of a post at the start."""
        client_assignment.give(self.c, client, post, at_start=True)
