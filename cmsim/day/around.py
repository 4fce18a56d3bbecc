"""What happens around a person: families, what contacts do to them, and what they do to adherence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim.clock import WEEK_DAYS, YEAR_DAYS
from cmsim.people import ACUTE, FAMILY_HOME, HOSPITAL, NEVER, SHELTER
from cmsim.record import AGENCIES, DOMAINS, code
from cmsim.rules import activity as activities
from cmsim.rules import family, recovery
from cmsim.rules.chance import approach

if TYPE_CHECKING:
    from cmsim.community import Community
    from cmsim.day.effect import Effects

_MOST_EASED = 0.5
PHYSICAL_HEALTH, LEGAL = code(DOMAINS, "physical health"), code(DOMAINS, "legal")
DAY_PROGRAMME, WORK = code(AGENCIES, "day programme"), code(AGENCIES, "work")


def met(c: Community, today: Effects) -> None:
    """Let today's contacts act on the families they were with."""
    people, rows, amount = c.people, today.rows, today.amounts
    people.tended[rows] += amount["tended"]
    people.spoken_for[rows] += amount["spoken_for"]
    people.legal_case[rows] *= 1.0 - np.minimum(amount["legal_relief"], 1.0)
    if not amount["family_taught"].any():
        return
    there = people.has_family[rows]
    taught = np.minimum(amount["family_taught"], 1.0) * there
    people.family_knowledge[rows] += (1.0 - people.family_knowledge[rows]) * taught
    people.burden[rows] *= 1.0 - np.minimum(amount["burden_relief"], _MOST_EASED)
    eased = 1.0 - np.minimum(amount["criticism_relief"], _MOST_EASED)
    people.criticism[rows] *= eased
    people.involvement[rows] *= eased
    weigh(c, rows)


def weigh(c: Community, rows: Any) -> None:
    """Work out expressed emotion and the tension of unanswered worries."""
    people, f = c.people, c.world.family
    people.expressed[rows] = people.has_family[rows] * family.expressed(
        f, people.criticism[rows], people.involvement[rows]
    )
    people.tension[rows] = f.worry_tension * people.worried[rows]


def families(c: Community) -> None:
    """Let a week pass for families: burden, criticism, over-involvement, knowledge, worry, respite."""
    people, n, f = c.people, c.people.known, c.world.family
    work = c.service.family_work
    rows = slice(0, n)
    there = people.has_family[rows]
    ill = people.phase[rows] == ACUTE
    knowledge = family.knowledge_next(f, people.family_knowledge[rows], float(work.group), WEEK_DAYS)
    people.family_knowledge[rows] = knowledge * there
    people.worried[rows] *= c.today - people.worried_since[rows] < f.worry_days
    given_back = family.gratitude(people.warmth[rows], people.capability_mean[rows], ill)
    people.burden[rows] = there * family.burden_next(
        f,
        people.burden[rows],
        people.family_contact[rows],
        ill,
        people.need[rows],
        knowledge,
        WEEK_DAYS,
        given_back,
        people.worried[rows],
    )
    felt = people.burden[rows] if c.world.loops.family_burden else c.world.population.burden
    people.criticism[rows] = there * family.criticism_next(
        f,
        people.criticism[rows],
        people.criticism_disposition[rows],
        felt,
        people.warmth[rows],
        WEEK_DAYS,
        knowledge,
    )
    people.involvement[rows] = there * family.involvement_next(
        f, people.involvement[rows], people.involvement_disposition[rows], knowledge, WEEK_DAYS
    )
    weary = (people.burden[rows] > work.respite_from) & (people.worker[rows] >= 0)
    people.respite[rows] = work.respite_hours * weary
    weigh(c, rows)
    heavy = (people.setting[rows] == FAMILY_HOME) & (people.burden[rows] > f.withdraw_burden)
    for row in np.flatnonzero(heavy).tolist():
        if c.clients[row].family is not None:
            c.clients[row].family.reconsiders()


def encourage(c: Community, rows: Any) -> None:
    """Work out by how much those around a person move adherence, in log odds."""
    people = c.people
    backed = family.backing(
        c.world.family,
        people.family_contact[rows],
        people.warmth[rows],
        people.family_knowledge[rows],
        people.has_family[rows],
    )
    people.encouragement[rows] = backed + activities.worth_it(c.world.activity, people.activity[rows])


def activity(c: Community) -> None:
    """Let a week pass for meaningful activity, and for the memory of a worker's interest in ties."""
    people, p = c.people, c.world.activity
    rows = slice(0, people.known)
    people.tended[rows] *= c.support_kept
    people.activity[rows] = approach(people.activity[rows], _active(c, rows), WEEK_DAYS, p.settling_days)
    people.age[rows] += WEEK_DAYS / YEAR_DAYS
    people.legal_case[rows] *= math.exp(-WEEK_DAYS / c.world.housing.case_days)
    ask_more(c, rows)
    pull = _recovering(c, rows)
    people.recovery[rows] = approach(people.recovery[rows], pull, WEEK_DAYS, c.world.recovery.days)


def ask_more(c: Community, rows: Any) -> None:
    """Work out what physical illness and an open legal case ask on top of what the setting does."""
    people, p = c.people, c.world.comorbidity
    people.extra_demand[rows, PHYSICAL_HEALTH] = p.physical_demand * people.physical[rows]
    people.extra_demand[rows, LEGAL] = p.legal_demand * people.legal_case[rows]


def _recovering(c: Community, rows: Any) -> Any:
    people = c.people
    return recovery.recovery_pull(
        c.world.recovery,
        people.autonomy[rows],
        people.activity[rows],
        people.informal[rows],
        people.alliance[rows],
        people.stress[rows],
        people.setting[rows] <= SHELTER,
    )


def _active(c: Community, rows: Any) -> Any:
    people = c.people
    outside = people.setting[rows] < HOSPITAL
    pull = activities.activity_pull(
        c.world.activity,
        people.links[rows, DAY_PROGRAMME],
        people.job[rows] == 1,
        people.job[rows] == 2,
        people.informal[rows],
    )
    return pull * outside


def begin(c: Community, rows: Any) -> None:
    """Work out what the weeks before the start would have left."""
    weigh(c, rows)
    ask_more(c, rows)
    c.people.activity[rows] = _active(c, rows)
    c.people.recovery[rows] = _recovering(c, rows)


def family_work_begins(c: Community) -> None:
    """Plan contacts with families, or none, when a service comes into force that says so."""
    people, n, work = c.people, c.people.known, c.service.family_work
    if not work.answers:
        people.next_family[:n] = NEVER
        return
    wanted = (people.has_family[:n] > 0.0) & (people.worker[:n] >= 0) & (people.next_family[:n] >= NEVER)
    for row in np.flatnonzero(wanted).tolist():
        days = 1 + c.clients[row].address // 2 % int(c.service.contact.family_days)
        people.next_family[row] = c.workday_after(c.today + days)
