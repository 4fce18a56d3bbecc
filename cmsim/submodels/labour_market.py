"""Case managers: their numbers; leaving, vacancies, skill. What tires them is in ``submodels.job_strain``."""

import math

import numpy as np

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, param
from cmsim.core.sampling import exp
from cmsim.core.simtime import YEAR_DAYS


class TaughtStance(Section):
    """How much a worker leads, 0 to 1, who has been trained to a stance."""

    companionable: float = param(0.15, "0 to 1", 0.0, 0.3, note="to follow, as a friend would")
    shared: float = param(0.5, "0 to 1", 0.4, 0.6, note="to share the lead")
    directive: float = param(0.85, "0 to 1", 0.7, 1.0, note="to lead")


class Workforce(Section):
    """Exhaustion is on the scale of the Maslach inventory, 0 to 54; 27 and more counts as high (cut-off declared)."""

    exhaustion_mean: float = param(21.1, "MBI-EE, 0 to 54", 16.0, 26.0, "oconnor2018", allowed=(0.0, 54.0))
    """mean at the start"""
    exhaustion_days: float = param(120.0, "days", 45.0, 300.0, note="time constant", allowed=(1.0, 3650.0))
    resting: float = param(14.0, "MBI-EE, 0 to 54", 8.0, 20.0, "oconnor2018", status="fitted", allowed=(0.0, 54.0))
    """level without strain or relief: set so that the mean under usual care is about 21"""
    load_gain: float = param(16.0, "MBI-EE points", 6.0, 28.0, "king2009", status="assumption")
    """at load 1, as many contacts due as fit in the time; once more with each doubling of 1 + load"""
    crisis_gain: float = param(2.0, "MBI-EE points", 0.5, 4.0, note="per crisis answered a week")
    overtime_gain: float = param(1.2, "MBI-EE points", 0.3, 3.0, note="per hour of overtime a week")
    unsocial_gain: float = param(0.9, "MBI-EE points", 0.2, 2.5)
    """per hour of work in the evening, at night or at the weekend, a week"""
    intense_gain: float = param(8.0, "MBI-EE points", 2.0, 16.0, "kanter1989", status="assumption")
    """a caseload of nothing but intense clients against one without: the pull of strong feelings"""
    intense_template: float = param(0.5, "share", 0.2, 0.8)
    """of a client's intensity that is the relation, the rest being illness now"""
    intense_buffer: float = param(0.5, "share", 0.2, 0.8)
    """of that pull which an hour of supervision a week takes away"""
    supervision_relief: float = param(3.0, "MBI-EE points", 1.0, 6.0, "fukui2019", status="assumption")
    """per hour of supervision a week by a supervisor of usual skill"""
    supervision_agrees: float = param(0.3, "share", 0.1, 0.5, "king2009", status="assumption")
    """of the work that does not fit in the time which an hour of supervision a week takes off a worker's mind"""
    team_relief: float = param(4.0, "MBI-EE points", 1.0, 8.0)
    """a whole team that shares its clients against working alone"""
    team_apart: float = param(0.4, "share", 0.1, 0.8)
    """of that relief where everybody in the team has clients of his or her own"""
    morale_gain: float = param(0.25, "MBI-EE points per point", 0.0, 0.5, allowed=(0.0, 0.9))
    """by which colleagues more exhausted than usual exhaust, and others lift"""
    colleagues: int = param(2, "workers", 0, 5)
    """of other teams with whom a new worker makes ties, besides the own team"""
    disposition_sd: float = param(14.0, "MBI-EE points", 9.0, 18.0, "oconnor2018", status="fitted", allowed=(0.0, 30.0))
    """differences between people that stay: set so that about 35% are at 27 and more (31-48)"""
    leave_rate: float = param(0.20, "per year", 0.1, 0.45, "rollins2010", status="fitted")
    """hazard of leaving at exhaustion 21, usual pay; 30% a year is the mean of teams"""
    leave_exhaustion_log: float = param(0.045, "log ratio per point", 0.01, 0.09, "green2013", status="assumption")
    """per MBI-EE point"""
    leave_pay_log: float = param(1.5, "log ratio", 0.5, 3.0, note="pay half above the market against at it, halved")
    leave_colleague_log: float = param(0.2, "log ratio", 0.0, 0.5)
    """per colleague with a tie who has just left: leaving becomes thinkable"""
    colleague_days: float = param(90.0, "days", 30.0, 240.0, allowed=(1.0, 3650.0))
    """time constant with which that fades"""
    leave_competence_log: float = param(0.5, "log ratio", 0.0, 1.2, "kanter1989", status="assumption")
    """skill 1 against 0: people leave as they become competent"""
    leave_supervision: float = param(0.15, "share", 0.05, 0.3, "green2013", status="assumption")
    """of the pull of exhaustion to leave that each hour of supervision a week takes away"""
    search_days: float = param(120.0, "days", 45.0, 240.0, allowed=(0.0, 3650.0))
    """from wanting to leave until there is somewhere to go"""
    skill_graduate: float = param(0.45, "0 to 1", 0.3, 0.6, note="skill on hiring with a master's degree")
    skill_bachelor: float = param(0.30, "0 to 1", 0.15, 0.45, note="skill on hiring with a bachelor's degree")
    skill_paraprofessional: float = param(0.15, "0 to 1", 0.05, 0.25)
    """skill on hiring without a degree, after a short course"""
    supervisor_graduate: float = param(0.80, "0 to 1", 0.65, 0.9, note="skill of a supervisor with a master's degree")
    supervisor_bachelor: float = param(0.60, "0 to 1", 0.4, 0.75, note="skill of a supervisor without")
    supervisor_master_share: float = param(0.75, "share", 0.6, 0.9, "cm_abstract")
    """three quarters of supervisors have a master's degree"""
    stance_trained: float = param(0.5, "share", 0.2, 0.8)
    """of the way that training moves a worker's stance to the one it teaches"""
    taught: TaughtStance = TaughtStance()
    bachelor_share: float = param(0.55, "share", 0.4, 0.75, "cm_abstract", note="over half of case managers")
    skill_years: float = param(4.0, "years", 2.0, 8.0, "kanter1989", status="assumption", allowed=(0.1, 50.0))
    """time constant of growth under an hour of supervision a week"""
    hire_days: float = param(60.0, "days", 20.0, 150.0, allowed=(0.0, 3650.0))
    """mean time to fill a vacancy at usual pay"""
    hire_pay_log: float = param(1.5, "log ratio", 0.0, 3.0)
    """pay half above the market against at it fills a vacancy twice as fast"""
    ramp_days: float = param(90.0, "days", 30.0, 180.0, allowed=(0.0, 3650.0))
    """until a new worker carries a full caseload"""
    leave_week: float = param(0.13, "probability", 0.08, 0.2, "pssru2014", status="derived")
    """a week of leave; with the days below 1,575 hours worked of 2,080 paid"""
    absent_day: float = param(0.13, "probability", 0.06, 0.2, "pssru2014", status="derived")
    """a day off sick, in training or a holiday, in other weeks"""
    absent_exhaustion_log: float = param(0.02, "log ratio per point", 0.0, 0.05)
    """more days off for each MBI-EE point above the mean"""


def leave_hazard(
    p: Workforce, exhaustion: Number, pay: Number, skill: Number, career: float = 0.0, colleagues: Number | float = 0.0
) -> Number:
    """Return the daily hazard of leaving the post.

    Args:
        exhaustion: MBI-EE, 0 to 54.
        pay: ratio to the market.
        skill: 0 to 1; people leave as they become competent.
        career: share of that pull which a step within the agency holds, 0 to 1.
        colleagues: with ties to the worker who left lately, each counting less with time.

    >>> p = Workforce()
    >>> float(leave_hazard(p, 40.0, 1.0, 0.5)) > float(leave_hazard(p, 15.0, 1.2, 0.5))
    True
    >>> float(leave_hazard(p, 20.0, 1.0, 0.9)) > float(leave_hazard(p, 20.0, 1.0, 0.9, career=1.0))
    True
    """
    logs = (
        p.leave_exhaustion_log * (exhaustion - p.exhaustion_mean)
        - p.leave_pay_log * (pay - 1.0)
        + p.leave_competence_log * (skill - 0.5 - career * skill)
        + p.leave_colleague_log * colleagues
    )
    return p.leave_rate / YEAR_DAYS * np.exp(logs)


def pull_of_exhaustion(p: Workforce, exhaustion: Number, supervision: Number) -> Number:
    """Return the exhaustion (MBI-EE) that would make as many leave under an hour of supervision a week.

    >>> p = Workforce()
    >>> [round(float(pull_of_exhaustion(p, 30.0, hours)), 1) for hours in (0.0, 1.0, 2.0)]
    [35.3, 30.0, 25.5]
    """
    return exhaustion * np.exp((supervision - 1.0) * np.log1p(-min(p.leave_supervision, 0.999)))


def exit_hazard(p: Workforce, wish: Number) -> Number:
    """Return the daily hazard of leaving where the hazard of wanting to is ``wish``: a place to go is found first.

    >>> p = Workforce()
    >>> round(365 * float(exit_hazard(p, 0.25 / 365)), 3), 365 * float(exit_hazard(p, 1e9)) < 365 / p.search_days
    (0.231, True)
    """
    return wish / (1.0 + wish * p.search_days)


def vacancy_days(p: Workforce, pay: Number) -> Number:
    """Return the mean days until a vacancy is filled at a pay (ratio to the market).

    >>> p = Workforce()
    >>> vacancy_days(p, 1.2) < vacancy_days(p, 1.0) == p.hire_days
    True
    """
    return p.hire_days * exp(-p.hire_pay_log * (pay - 1.0))


def skill_next(p: Workforce, skill: Number, supervision: Number, days: float) -> Number:
    """Return skill after ``days``: grows only under supervision.

    >>> p = Workforce()
    >>> float(skill_next(p, 0.4, 0.0, 365.0))
    0.4
    """
    return skill + (1.0 - skill) * -np.expm1(-supervision * days / (p.skill_years * YEAR_DAYS))


def carried_share(p: Workforce, days_in_post: Number) -> Number:
    """Return the share of a full caseload that a worker so long in post is given.

    >>> float(carried_share(Workforce(), 0)) < 1.0
    True
    """
    if p.ramp_days == 0:
        return 1.0 + 0.0 * days_in_post
    start = math.exp(-1.0)
    return np.minimum(1.0, start + (1.0 - start) * days_in_post / p.ramp_days)
