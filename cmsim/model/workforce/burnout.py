"""What a week of work does to those who do it: exhaustion, skill, and who gives notice."""

import math

import numpy as np
from numpy.typing import NDArray

from cmsim.core.simtime import HOUR, WEEK_DAYS, WORKDAYS
from cmsim.model.context import Context
from cmsim.model.workforce.posts import A_WEEK, gives_notice
from cmsim.schema.codes import Phase
from cmsim.submodels import job_strain as rules
from cmsim.submodels import labour_market


def week(c: Context) -> None:
    """Let a week of work tell on everybody in post, and see who gives notice."""
    posts, w = c.posts, c.world.workforce
    n = posts.count
    if not n:
        return
    filled = posts.filled[:n]
    _exhaust(c, n, filled)
    supervision = posts.week_supervision[:n] / HOUR
    posts.skill[:n] = np.where(
        filled, labour_market.skill_next(w, posts.skill[:n], supervision, WEEK_DAYS), posts.skill[:n]
    )
    for worker in c.at_work:
        c.staffing.skills[worker.number] = float(posts.skill[worker.post])
    for name in A_WEEK:
        getattr(posts, name)[:n] = 0.0
    _leave(c, n, filled)


def _exhaust(c: Context, n: int, filled: NDArray[np.bool_]) -> None:
    posts, w = c.posts, c.world.workforce
    team, shared = posts.team[:n], float(c.service.caseload.sharing.shared)
    teams = len(c.staffing.supervisors)
    members = np.bincount(team, weights=filled, minlength=teams)
    whole = np.bincount(team, weights=~posts.closed[:n], minlength=teams)
    worked = np.maximum(posts.week_days[:n], 1.0)
    skilled = np.array([supervisor.skill for supervisor in c.staffing.supervisors]) / w.supervisor_graduate
    supervision = posts.week_supervision[:n] / HOUR * skilled[team]
    load = posts.week_load[:n] / worked
    if c.world.mechanisms.supervision_relieves:
        load = rules.agreed_load(w, load, supervision)
    weighs = rules.strain(
        w,
        load,
        posts.week_crises[:n],
        posts.week_overtime[:n] / HOUR,
        posts.week_unsocial[:n] / HOUR,
        intensity_held(c, n),
        supervision,
        posts.week_away[:n] / WORKDAYS,
    )
    relief = rules.relief(w, supervision, (members / np.maximum(whole, 1.0))[team], shared)
    target = w.resting + posts.disposition[:n] + weighs - relief
    around = c.staffing.exhaustion_around()
    moved = rules.exhaustion_next(w, posts.exhaustion[:n], target, around, WEEK_DAYS)
    posts.exhaustion[:n] = np.where(filled, moved, posts.exhaustion[:n])


def supervision_held(c: Context, n: int) -> NDArray[np.float64]:
    """Return the hours of supervision a week that each holder has at hand, weighted by the supervisor's skill."""
    hours = np.zeros(n)
    for worker in c.at_work:
        supervisor = c.staffing.supervisors[c.posts.team[worker.post]]
        hours[worker.post] = supervisor.decide_minutes(worker) * WORKDAYS / HOUR * supervisor.skill
    return hours / c.world.workforce.supervisor_graduate


def intensity_held(c: Context, n: int) -> NDArray[np.float64]:
    """Return the mean intensity of the clients of each post, shape (posts,)."""
    people, known = c.people, c.people.known
    mine = np.flatnonzero(people.worker[:known] >= 0)
    post, phase = people.worker[mine], people.phase[mine]
    unwell = (phase == Phase.ACUTE) | (phase == Phase.PRODROMAL)
    each = rules.intensity(c.world.workforce, people.distrust[mine], unwell)
    held = np.bincount(post, weights=each, minlength=n)[:n]
    intense: NDArray[np.float64] = held / np.maximum(np.bincount(post, minlength=n)[:n], 1)
    return intense


def _leave(c: Context, n: int, filled: NDArray[np.bool_]) -> None:
    posts, w, turnover = c.posts, c.world.workforce, c.service.turnover
    staying = filled & (posts.leaving[:n] == 0)
    exhaustion, colleagues = posts.exhaustion[:n], posts.shaken[:n]
    relieves = c.world.mechanisms.supervision_relieves
    if relieves:
        exhaustion = labour_market.pull_of_exhaustion(w, exhaustion, supervision_held(c, n))
    if not c.world.loops.burnout_turnover:
        exhaustion, colleagues = np.full(n, w.exhaustion_mean), np.zeros(n)
    hazard = labour_market.leave_hazard(w, exhaustion, turnover.pay, posts.skill[:n], turnover.career, colleagues)
    if relieves:
        hazard = labour_market.exit_hazard(w, hazard)
    posts.fair[:n] -= np.where(staying, hazard * WEEK_DAYS, 0.0)
    posts.shaken[:n] *= math.exp(-WEEK_DAYS / w.colleague_days)
    for post in np.flatnonzero(staying & (posts.fair[:n] <= 0.0)).tolist():
        gives_notice(c, post)
