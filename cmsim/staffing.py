"""Posts and their holders: leaving, hiring, sharing out clients, and posts that
follow the caseload policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cmsim import draws
from cmsim.agents.case_manager import CaseManager
from cmsim.agents.supervisor import Supervisor, assign, rooms
from cmsim.clock import HOUR, WEEK_DAYS, at, weekday
from cmsim.day import relations
from cmsim.people import NEVER, OPEN, WAITING, worker_id
from cmsim.record import HANDOVERS, STAFF_EVENTS, WAIT_OUTCOMES, WAITS_FOR, code
from cmsim.rules import workforce
from cmsim.rules.chance import exponential, normal

if TYPE_CHECKING:
    from cmsim.agents.client import Client
    from cmsim.community import Community

LEAVES = draws.purpose("worker.leaves", "how much hazard a worker stands before giving notice")
HIRES = draws.purpose("worker.hired after", "how long a vacancy lasts")
TRAINED = draws.purpose("worker.trained", "whether a new worker has a master's degree")
DISPOSITION = draws.purpose("worker.disposition", "a worker's own level of exhaustion")
EXHAUSTED = draws.purpose("worker.exhaustion at start", "exhaustion of a worker at the start")
EXPERIENCE = draws.purpose("worker.experience at start", "years in the post at the start")
DOMINANCE = draws.purpose("worker.dominance", "how much a worker is disposed to lead")

FIRST, COLD, WARM, WITHOUT = range(len(HANDOVERS))
HIRED, GONE, CREATED, CLOSED = range(len(STAFF_EVENTS))
WAIT_FOR_WORKER = code(WAITS_FOR, "case manager")
EVENING = 20 * HOUR
CAREER_YEARS = 40.0
"""Mean years in the post at the start where nobody ever leaves."""


class Staffing:
    """Everything that happens to posts; the workers themselves are agents."""

    def __init__(self, community: Community) -> None:
        self.c = community
        self.waiting: list[tuple[int, Client]] = []
        self.may_have_room = True

    # -- posts and holders -----------------------------------------------------------------------------------

    def open_post(self) -> int:
        """Open a post in the smallest team with room for a member, or in a new team."""
        c = self.c
        posts = c.posts
        post = posts.add()
        span = c.service.staff.supervisor_span
        sizes = np.bincount(posts.team[:post][~posts.closed[:post]], minlength=len(c.supervisors)).tolist()
        team = next((number for number, size in enumerate(sizes) if size < span), len(c.supervisors))
        if team == len(c.supervisors):
            supervisor = Supervisor(c, team)
            c.supervisors.append(supervisor)
            c.ties.enter(supervisor.key, "supervisor")
        posts.team[post] = team
        posts.holder[post] = -1
        posts.hire_on[post] = NEVER
        c.workers.append(None)
        return post

    def hire(self, post: int, at_start: bool = False) -> None:
        """Fill a post with a new person."""
        c, posts, w = self.c, self.c.posts, self.c.world.workforce
        holder = int(posts.holder[post]) + 1
        number = worker_id(post, holder)
        u = c.chance.uniform
        trained = u(TRAINED, number) >= w.bachelor_share
        posts.holder[post] = holder
        posts.filled[post] = True
        posts.leaving[post] = 0
        posts.hire_on[post] = NEVER
        posts.hired[post] = c.today
        posts.caseload[post] = 0
        posts.skill[post] = w.skill_graduate if trained else w.skill_bachelor
        posts.disposition[post] = normal(u(DISPOSITION, number), 0.0, w.disposition_sd)
        leads = c.world.stance
        drawn = normal(u(DOMINANCE, number), leads.dominance_mean, leads.dominance_sd)
        posts.dominance[post] = min(max(float(drawn), 0.0), 1.0)
        posts.exhaustion[post] = w.resting
        posts.fair[post] = exponential(u(LEAVES, number), 1.0)
        if at_start:
            years = exponential(u(EXPERIENCE, number), 1.0 / max(w.leave_rate, 1.0 / CAREER_YEARS))
            posts.hired[post] = -int(years * 365)
            grown = workforce.skill_next(
                w, posts.skill[post], c.service.turnover.supervision_hours, years * 365
            )
            posts.skill[post] = grown
            drawn = normal(u(EXHAUSTED, number), w.exhaustion_mean, w.exhaustion_sd)
            posts.exhaustion[post] = min(max(float(drawn), 0.0), 54.0)
        for name in ("week_load", "week_days", "week_crises", "week_overtime"):
            getattr(posts, name)[post] = 0.0
        worker = CaseManager(c, post, holder)
        c.workers[post] = worker
        worker.supervisor = c.supervisors[posts.team[post]]
        c.ties.enter(worker.key, "case manager")
        for other in c.workers:
            if other is not None and other is not worker and posts.team[other.post] == posts.team[post]:
                c.ties.join(worker.key, other.key, "team", c.today)
        c.ties.join(worker.key, worker.supervisor.key, "supervisor", c.today)
        c.skills[number] = float(posts.skill[post])
        if not at_start:
            c.ledger["staff"].append((c.env.now, number, HIRED, float(posts.exhaustion[post]), 0, 0))
            self.takes_over(post)

    def gives_notice(self, post: int) -> None:
        """Give notice: no new clients; joint visits begin if the handover rule wants them; then leave."""
        c, posts = self.c, self.c.posts
        if not posts.filled[post] or posts.leaving[post]:
            return
        turnover = c.service.turnover
        posts.leaving[post] = 1
        mine = np.flatnonzero(c.people.worker[: c.people.known] == post)
        c.people.joint_left[mine] = turnover.handover.joint_visits
        c.call_at(at(c.today + turnover.notice_days, EVENING), self.leaves, post, int(posts.holder[post]))

    def leaves(self, post: int, holder: int) -> None:
        """Leave the post; clients are shared out, held for the successor, or wait."""
        c, posts = self.c, self.c.posts
        worker = c.workers[post]
        if worker is None or posts.holder[post] != holder:
            return
        c.ledger["staff"].append(
            (
                c.env.now,
                worker.number,
                GONE,
                float(posts.exhaustion[post]),
                int(c.today - posts.hired[post]),
                int(posts.caseload[post]),
            )
        )
        worker.goes()
        c.ties.leave(worker.key)
        worker.remove()
        c.workers[post] = None
        posts.filled[post] = False
        posts.leaving[post] = 0
        mine = [c.clients[row] for row in np.flatnonzero(c.people.worker[: c.people.known] == post).tolist()]
        holds = c.service.turnover.vacancy.holds
        stretched = c.service.caseload.size * c.service.caseload.stretch
        for client in sorted(mine, key=lambda client: client.address):
            to = None if holds else assign(c, client, stretched)
            self.hand_over(client, to)
        if self._wanted() >= self._posts_open():
            self._advertise(post)
        else:
            posts.closed[post] = True
            c.ledger["staff"].append((c.env.now, worker.number, CLOSED, 0.0, 0, 0))

    def _advertise(self, post: int) -> None:
        c, posts = self.c, self.c.posts
        number = worker_id(post, int(posts.holder[post]) + 1)
        days = exponential(c.chance.uniform(HIRES, number), c.world.workforce.hire_days)
        posts.hire_on[post] = c.today + int(days) + 1

    # -- clients and workers ---------------------------------------------------------------------------------

    def give(self, client: Client, post: int, at_start: bool = False) -> None:
        """Give a client to the holder of a post."""
        c, people, row = self.c, self.c.people, client.row
        worker = c.workers[post]
        assert worker is not None
        client.worker = post
        c.posts.caseload[post] += 1
        c.ties.join(client.key, worker.key, "case manager", c.today)
        if not at_start:
            people.worker_since[row] = c.today
            if people.first_worker_day[row] < 0:
                people.first_worker_day[row] = c.today
            people.next_visit[row] = c.workday_after(c.today + 1 + client.address // 2 % WEEK_DAYS)
            people.next_call[row] = c.workday_after(c.today + 2 * WEEK_DAYS)
            if people.has_family[row] and c.service.family_work.answers:
                people.next_family[row] = c.workday_after(c.today + 3 * WEEK_DAYS)
            people.next_liaison[row] = c.workday_after(c.today + 4 * WEEK_DAYS)
            relations.begins_dyad(c, client, post, worker.number)

    def hand_over(self, client: Client, to: int | None) -> None:
        """End the present dyad; begin the next one with what the handover saves, or
        leave the client without a worker."""
        c, people, row = self.c, self.c.people, client.row
        r, rule = c.world.relationship, c.service.turnover.handover
        before = int(people.worker[row])
        holder = c.workers[before] if before >= 0 else None
        old = holder.number if holder is not None else worker_id(before, int(c.posts.holder[before]))
        alliance, tenure = float(people.alliance[row]), int(c.today - people.worker_since[row])
        joint = rule.joint_visits > 0 and people.joint_left[row] < rule.joint_visits
        people.joint_left[row] = 0
        kept = rule.alliance_kept if rule.joint_visits == 0 or joint else 0.0
        if before >= 0:
            c.posts.caseload[before] -= 1
            self.may_have_room = True
        client.worker = -1
        c.ties.part_all(client.key, "case manager")
        people.alliance[row] = max(min(r.first, alliance), r.first + kept * (alliance - r.first))
        people.knowledge[row] *= rule.knowledge_kept
        people.known_unwell[row] = 0.0
        if to is None:
            how, new = WITHOUT, -1
            self.queue(client)
        else:
            self.give(client, to)
            new = c.workers[to].number  # type: ignore[union-attr]
            how = WARM if joint else COLD
        c.ledger["handovers"].append(
            (c.env.now, row, old, new, how, alliance, float(people.alliance[row]), tenure)
        )

    def queue(self, client: Client) -> None:
        """Put a client on the list of those waiting for a worker."""
        client.status = WAITING
        self.c.people.due[:, client.row] = NEVER
        self.waiting.append((self.c.env.now, client))
        self.may_have_room = True

    def serve_waiting(self) -> None:
        """Every morning, give those waiting to workers with room, in order of waiting."""
        c = self.c
        still: list[tuple[int, Client]] = []
        full = not (rooms(c, c.service.caseload.size) >= 1.0).any()
        for since, client in self.waiting:
            if client.status != WAITING:
                continue
            to = None if full else assign(c, client, c.service.caseload.size)
            if to is None:
                full = True
                still.append((since, client))
                continue
            self._starts(client, to, since)
        self.waiting = still

    def _starts(self, client: Client, post: int, since: int) -> None:
        c, row = self.c, client.row
        client.status = OPEN
        self.give(client, post)
        worker = c.workers[post]
        assert worker is not None
        c.ledger["waits"].append((c.env.now, row, since, WAIT_FOR_WORKER, -1, code(WAIT_OUTCOMES, "served")))
        alliance = float(c.people.alliance[row])
        c.ledger["handovers"].append((c.env.now, row, -1, worker.number, FIRST, 0.0, alliance, 0))

    def takes_over(self, post: int) -> None:
        """Let a new holder take clients: those waiting first, then from colleagues with too many."""
        self.serve_waiting()
        self.rebalance()

    def rebalance(self) -> None:
        """Move clients from workers above the caseload size to workers with room, the newest dyads first."""
        c = self.c
        size = c.service.caseload.size
        posts, people = c.posts, c.people
        over = np.flatnonzero(posts.filled[: posts.count] & (posts.caseload[: posts.count] > size)).tolist()
        if not over:
            return
        for post in over:
            surplus = int(posts.caseload[post]) - size
            free = int(np.maximum(rooms(c, size), 0.0).sum())
            if free <= 0:
                return
            mine = np.flatnonzero(people.worker[: people.known] == post)
            newest = sorted(mine.tolist(), key=lambda row: (-people.worker_since[row], people.address[row]))
            for row in newest[: min(surplus, free)]:
                to = assign(c, c.clients[row], size)
                if to is None or to == post:
                    break
                self.hand_over(c.clients[row], to)

    # -- week and day ----------------------------------------------------------------------------------------

    def morning(self) -> None:
        """Fill posts whose new holder begins today, then serve those waiting where there may be room.

        Room comes from a client who leaves, a hiring or a policy; on Mondays also from new workers' ramp-up.
        """
        c, posts = self.c, self.c.posts
        for post in np.flatnonzero(posts.hire_on[: posts.count] <= c.today).tolist():
            self.hire(post)
        if self.waiting and (self.may_have_room or weekday(c.today) == 0):
            self.may_have_room = False
            self.serve_waiting()

    def week(self) -> None:
        """Move exhaustion and skill on by a week; see who gives notice; let posts
        follow clients where they do."""
        c, posts, w = self.c, self.c.posts, self.c.world.workforce
        n = posts.count
        if n:
            self._exhaust(n)
            turnover = c.service.turnover
            filled = posts.filled[:n] & (posts.leaving[:n] == 0)
            hazard = workforce.leave_hazard(w, posts.exhaustion[:n], turnover.pay, posts.skill[:n])
            posts.fair[:n] -= np.where(filled, hazard * WEEK_DAYS, 0.0)
            for post in np.flatnonzero(filled & (posts.fair[:n] <= 0.0)).tolist():
                self.gives_notice(post)
        self._follow_clients()

    def _exhaust(self, n: int) -> None:
        c, posts, w = self.c, self.c.posts, self.c.world.workforce
        days = np.maximum(posts.week_days[:n], 1.0)
        team = posts.team[:n]
        filled = posts.filled[:n]
        total = np.bincount(team, weights=posts.exhaustion[:n] * filled)
        mean = total / np.maximum(np.bincount(team, weights=filled), 1.0)
        supervision = c.service.turnover.supervision_hours
        moved = workforce.exhaustion_next(
            w,
            posts.exhaustion[:n],
            posts.disposition[:n],
            np.minimum(posts.week_load[:n] / days, 2.0),
            posts.week_crises[:n],
            posts.week_overtime[:n] / HOUR,
            supervision,
            mean[team],
            WEEK_DAYS,
        )
        posts.exhaustion[:n] = np.where(filled, moved, posts.exhaustion[:n])
        skill = workforce.skill_next(w, posts.skill[:n], supervision, WEEK_DAYS)
        posts.skill[:n] = np.where(filled, skill, posts.skill[:n])
        for worker in c.at_work:
            c.skills[worker.number] = float(posts.skill[worker.post])
        for name in ("week_load", "week_days", "week_crises", "week_overtime"):
            getattr(posts, name)[:n] = 0.0

    def _wanted(self) -> int:
        """Return the number of posts that the closure of the caseload policy wants."""
        c = self.c
        policy = c.service.caseload
        if policy.closure == "staff_fixed":
            return c.service.staff.case_managers
        status = c.people.status[: c.people.known]
        return -(-int(((status == OPEN) | (status == WAITING)).sum()) // policy.size)

    def _posts_open(self) -> int:
        posts = self.c.posts
        return int((~posts.closed[: posts.count]).sum())

    def _follow_clients(self) -> None:
        c = self.c
        for _ in range(self._wanted() - self._posts_open()):
            post = self.open_post()
            c.ledger["staff"].append((c.env.now, worker_id(post, 0), CREATED, 0.0, 0, 0))
            self._advertise(post)
        if c.service.caseload.closure == "clients_fixed":
            self.rebalance()

    def starts(self) -> None:
        """Open the posts of the start and fill them with people already in the middle of things."""
        for _ in range(self._wanted()):
            post = self.open_post()
            self.hire(post, at_start=True)

    def record_open(self) -> None:
        """Write the waits that are still going on at the end of the run."""
        c = self.c
        for since, client in self.waiting:
            if client.status == WAITING:
                c.ledger["waits"].append(
                    (c.env.now, client.row, since, WAIT_FOR_WORKER, -1, code(WAIT_OUTCOMES, "still waiting"))
                )
