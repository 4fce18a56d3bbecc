"""Posts: opened, filled, left, advertised, and closed where there are to be fewer."""

import numpy as np

from cmsim.core import random_streams
from cmsim.core.sampling import beta_like, exponential, normal
from cmsim.core.simtime import HOUR, YEAR_DAYS, at
from cmsim.model.agents.case_manager import CaseManager
from cmsim.model.agents.supervisor import Supervisor
from cmsim.model.context import Context
from cmsim.model.state.columns import worker_id
from cmsim.model.workforce import client_assignment
from cmsim.model.workforce.client_assignment import assign, rooms
from cmsim.schema.codes import ClientStatus, StaffEvent
from cmsim.schema.state_variables import NEVER
from cmsim.schema.tables import StaffRow
from cmsim.submodels import labour_market
from cmsim.submodels.job_strain import MOST_EXHAUSTED

LEAVES = random_streams.purpose("worker.leaves", "how much hazard a worker stands before giving notice")
HIRES = random_streams.purpose("worker.hired after", "how long a vacancy lasts")
TRAINED = random_streams.purpose("worker.trained", "whether a new worker has a master's degree")
DISPOSITION = random_streams.purpose("worker.disposition", "a worker's own level of exhaustion")
COLLEAGUE = random_streams.purpose("worker.colleague", "who of another team a new worker makes ties with")
DOMINANCE = random_streams.purpose("worker.dominance", "how much a worker is disposed to lead")
OVER_CONTROL = random_streams.purpose("worker.over-control", "how hard a worker finds it not to act")
EXPERIENCE = random_streams.purpose("worker.experience at start", "years in the post at the start")

BY_NOTICE = 2
"""Value of ``posts.leaving`` for a holder whose post is cut; 1 for one who leaves."""
EVENING = 20 * HOUR
CAREER_YEARS = 40.0
"""Mean years in the post at the start where nobody ever leaves."""
A_WEEK = ("week_load", "week_days", "week_crises", "week_overtime", "week_unsocial", "week_away", "week_supervision")
"""Columns of posts that add up over a week."""


def open_post(c: Context) -> int:
    """Open a post in the smallest team with room for a member, or in a new team."""
    posts = c.posts
    post = posts.add()
    span = c.service.staff.supervisor_span
    sizes = np.bincount(posts.team[:post][~posts.closed[:post]], minlength=len(c.staffing.supervisors)).tolist()
    team = next((number for number, size in enumerate(sizes) if size < span), len(c.staffing.supervisors))
    if team == len(c.staffing.supervisors):
        supervisor = Supervisor(c, team)
        c.staffing.supervisors.append(supervisor)
        c.ties.enter(supervisor.key, "supervisor")
    posts.team[post] = team
    posts.holder[post] = -1
    posts.hire_on[post] = NEVER
    c.workers.append(None)
    return post


def hire(c: Context, post: int, at_start: bool = False) -> None:
    """Fill a post with a new person, who has draws of his or her own."""
    posts = c.posts
    holder = int(posts.holder[post]) + 1
    number = worker_id(post, holder)
    posts.holder[post], posts.filled[post], posts.leaving[post] = holder, True, 0
    posts.hire_on[post], posts.hired[post], posts.caseload[post] = NEVER, c.today, 0
    for name in A_WEEK:
        getattr(posts, name)[post] = 0.0
    _brings(c, post, number)
    if at_start:
        _has_been_there(c, post, number)
    worker = CaseManager(c, post, holder)
    c.workers[post] = worker
    worker.supervisor = c.staffing.supervisors[posts.team[post]]
    worker.supervisor.members += 1
    c.ties.enter(worker.key, "case manager")
    _gets_to_know(c, worker)
    c.ties.join(worker.key, worker.supervisor.key, "supervisor", c.today)
    c.staffing.skills[number] = float(posts.skill[post])
    if not at_start:
        c.ledger.write(StaffRow)(
            minute=c.env.now, worker=number, event=StaffEvent.HIRED, exhaustion=float(posts.exhaustion[post])
        )


def _gets_to_know(c: Context, worker: CaseManager) -> None:
    """Tie a new worker to everybody in the team, and to some colleagues of other teams."""
    team = c.posts.team
    others = [other for other in c.at_work if other is not worker]
    for other in others:
        if team[other.post] == team[worker.post]:
            c.ties.join(worker.key, other.key, "team", c.today)
    apart = [other for other in others if team[other.post] != team[worker.post]]
    apart.sort(key=lambda other: c.streams.uniform(COLLEAGUE, worker.number, other.number))
    for other in apart[: c.world.workforce.colleagues]:
        c.ties.join(worker.key, other.key, "colleague", c.today)
    c.staffing.forget_ties()


def _brings(c: Context, post: int, number: int) -> None:
    """Give a new person what he or she brings: training, disposition, and what is borne before leaving."""
    posts, w, u = c.posts, c.world.workforce, c.streams.uniform
    of = c.service.staff.training
    graduate = of == "graduate" or (of == "mixed" and u(TRAINED, number) >= w.bachelor_share)
    c.staffing.graduates[number] = graduate
    posts.skill[post] = w.skill_graduate if graduate else w.skill_bachelor
    if of == "paraprofessional":
        posts.skill[post] = w.skill_paraprofessional
    posts.disposition[post] = normal(u(DISPOSITION, number), 0.0, w.disposition_sd)
    posts.dominance[post] = leads(c, number)
    control = c.world.planning
    posts.over_control[post] = beta_like(u(OVER_CONTROL, number), control.over_control, control.over_control_spread)
    c.staffing.experience.begin(post)
    posts.exhaustion[post] = _level(w.resting + posts.disposition[post])
    posts.shaken[post] = 0.0
    posts.fair[post] = exponential(u(LEAVES, number), 1.0)


def leads(c: Context, number: int) -> float:
    """Return how much a worker is disposed to lead: by nature, moved by what the practice model trains to."""
    p, stance = c.world.stance, c.service.practice.stance
    drawn = normal(c.streams.uniform(DOMINANCE, number), p.dominance_mean, p.dominance_sd)
    own = min(max(float(drawn), 0.0), 1.0)
    if stance == "of_the_worker":
        return own
    w = c.world.workforce
    return float(own + w.stance_trained * (getattr(w.taught, stance) - own))


def _has_been_there(c: Context, post: int, number: int) -> None:
    """Let somebody met at the start have been in the post for a while."""
    posts, w, u = c.posts, c.world.workforce, c.streams.uniform
    years = exponential(u(EXPERIENCE, number), 1.0 / max(w.leave_rate, 1.0 / CAREER_YEARS))
    days = years * YEAR_DAYS
    posts.hired[post] = -int(days)
    posts.skill[post] = labour_market.skill_next(w, posts.skill[post], c.active.supervision_hours, days)
    posts.exhaustion[post] = _level(w.exhaustion_mean + posts.disposition[post])


def _level(exhaustion: float) -> float:
    return min(max(float(exhaustion), 0.0), MOST_EXHAUSTED)


def gives_notice(c: Context, post: int, cut: bool = False) -> None:
    """Give notice, by the agency where the post is ``cut``: no new clients, perhaps joint visits, then leave."""
    posts = c.posts
    if not posts.filled[post] or posts.leaving[post]:
        return
    turnover = c.service.turnover
    posts.leaving[post] = BY_NOTICE if cut else 1
    c.people.joint_left[list(posts.clients[post])] = turnover.handover.joint_visits
    c.env.call_at(at(c.today + turnover.notice_days, EVENING), leaves, c, post, int(posts.holder[post]))


def leaves(c: Context, post: int, holder: int) -> None:
    """Leave the post; clients are shared out, held for the successor, or wait."""
    posts = c.posts
    worker = c.workers[post]
    if worker is None or posts.holder[post] != holder:
        return
    how = StaffEvent.LAID_OFF if posts.leaving[post] == BY_NOTICE else StaffEvent.LEFT
    c.ledger.write(StaffRow)(
        minute=c.env.now,
        worker=worker.number,
        event=how,
        exhaustion=float(posts.exhaustion[post]),
        tenure=int(c.today - posts.hired[post]),
        caseload=int(posts.caseload[post]),
    )
    worker.leave_post()
    if how == StaffEvent.LEFT:
        colleagues = set(c.ties.colleagues(worker.key))
        for other in c.at_work:
            if other.key in colleagues:
                posts.shaken[other.post] += 1.0
    c.ties.leave(worker.key)
    c.staffing.forget_ties()
    worker.remove()
    c.workers[post] = None
    c.staffing.supervisors[posts.team[post]].members -= 1
    posts.filled[post] = False
    posts.leaving[post] = 0
    mine = [c.clients[row] for row in posts.clients[post]]
    holds = c.service.turnover.vacancy.holds
    stretched = c.service.caseload.size * c.service.caseload.stretch
    stays = wanted(c) >= posts_open(c)
    for client in sorted(mine, key=lambda client: client.address):
        to = None if holds else assign(c, client, rooms(c, stretched), from_post=post)
        client_assignment.hand_over(c, client, to, held=holds and stays)
    if stays:
        advertise(c, post)
    else:
        posts.closed[post] = True
        c.ledger.write(StaffRow)(minute=c.env.now, worker=worker.number, event=StaffEvent.CLOSED)


def advertise(c: Context, post: int) -> None:
    """Look for somebody for a vacant post."""
    posts = c.posts
    number = worker_id(post, int(posts.holder[post]) + 1)
    mean = labour_market.vacancy_days(c.world.workforce, c.service.turnover.pay)
    posts.hire_on[post] = c.today + int(exponential(c.streams.uniform(HIRES, number), mean)) + 1


def wanted(c: Context) -> int:
    """Return the number of posts that the closure of the caseload policy wants."""
    policy = c.service.caseload
    if policy.closure == "staff_fixed":
        return c.staffing.revenue.posts_borne(c.service.payer, c.service.staff.case_managers)
    people, n = c.people, c.people.known
    status = people.status[:n]
    served = ((status == ClientStatus.OPEN) & (people.ended_on[:n] < 0)) | (status == ClientStatus.WAITING)
    return c.staffing.revenue.posts_borne(c.service.payer, -(-int(served.sum()) // policy.size))


def posts_open(c: Context) -> int:
    """Return the number of posts that are filled or to be filled."""
    return int((~c.posts.closed[: c.posts.count]).sum())


def follow_clients(c: Context) -> None:
    """Create the posts that are wanted beyond those there are."""
    for _ in range(wanted(c) - posts_open(c)):
        post = open_post(c)
        c.ledger.write(StaffRow)(minute=c.env.now, worker=worker_id(post, 0), event=StaffEvent.CREATED)
        advertise(c, post)


def lays_off(c: Context) -> None:
    """Where posts are cut by notice, give it to the newest posts beyond those wanted; close vacant ones."""
    if c.service.turnover.cuts != "layoff":
        return
    posts = c.posts
    surplus = posts_open(c) - wanted(c) - int((posts.leaving[: posts.count] > 0).sum())
    for post in np.flatnonzero(~posts.closed[: posts.count] & (posts.leaving[: posts.count] == 0))[::-1].tolist():
        if surplus <= 0:
            return
        surplus -= 1
        if posts.filled[post]:
            gives_notice(c, post, cut=True)
        else:
            posts.closed[post] = True
            posts.hire_on[post] = NEVER
            c.ledger.write(StaffRow)(
                minute=c.env.now, worker=worker_id(post, int(posts.holder[post])), event=StaffEvent.CLOSED
            )
