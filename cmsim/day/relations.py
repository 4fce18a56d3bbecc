"""How a client and a worker stand to one another: the start of a dyad, its week, and open conflicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim import draws
from cmsim.clock import WEEK_DAYS, YEAR_DAYS
from cmsim.day import around
from cmsim.people import INPATIENT
from cmsim.rules import medication, relationship, stance
from cmsim.rules.chance import approach, normal

if TYPE_CHECKING:
    from cmsim.agents.client import Client
    from cmsim.community import Community

DYAD = draws.purpose("dyad.fit", "what is particular to a client and a worker")
READS = draws.purpose("dyad.reads", "how hard a client's template is for a worker to read")
AT_START = draws.purpose("setup.dyad", "how hard clients' templates are to read for those met with them")

LATELY = 4 * WEEK_DAYS
"""Days within which a client counts as seen lately."""


def begin(c: Community) -> None:
    """Work out for everybody what the relation with the worker met at the start is like."""
    people, best = c.people, c.world.stance.best
    by_template = np.array([best.collaborative, best.distrustful, best.dependent, best.power_organised])
    people.best_stance[:] = by_template[people.template]
    slots = int(people.address.max()) + 1
    people.stance_luck[:] = c.chance.setup(AT_START, slots)[people.address, 0]
    people.let_down[:] = c.world.relationship.usual_let_down
    people.intrusion[: people.known] = c.world.relationship.usual_watched
    reach(c, slice(0, people.rows))


def begins_dyad(c: Community, client: Client, post: int, number: int) -> None:
    """Let a client and the holder of a post meet: what is particular to the two is drawn once for them."""
    people, row, p = c.people, client.row, c.world.relationship
    people.dyad[row] = normal(c.chance.uniform(DYAD, client.address, number), 0.0, p.dyad_sd)
    people.stance_luck[row] = c.chance.uniform(READS, client.address, number)
    people.let_down[row] = p.usual_let_down
    reach(c, np.array([row]))


def reach(c: Community, rows: Any) -> None:
    """Work out the alliance that dyads can reach now: template, stance, skill, and what strains them."""
    people, p, s = c.people, c.world.relationship, c.world.stance
    post = people.worker[rows]
    skill = np.where(post >= 0, c.posts.skill[post], 0.5)
    own = np.where(post >= 0, c.posts.dominance[post], people.best_stance[rows])
    chance = stance.matched_chance(s, skill, people.knowledge[rows])
    misfit = stance.misfit(people.stance_luck[rows], chance, own, people.best_stance[rows])
    people.misfit[rows] = misfit
    level = people.template_level[rows] + people.dyad[rows] + stance.alliance_shift(s, misfit)
    level -= relationship.strained(
        p, people.let_down[rows], people.coerced[rows], people.intrusion[rows], people.distrust[rows]
    )
    people.alliance_ceiling[rows] = relationship.alliance_ceiling(p, level, 0.0, skill)


def week(c: Community) -> None:
    """Alliance and knowledge fade without contact, what strains them too; engagement and adherence follow."""
    people, r, m = c.people, c.world.relationship, c.world.medication
    rows = slice(0, people.known)
    insight, substance = people.insight[rows], people.substance[rows]
    people.alliance[rows] = relationship.alliance_faded(
        r, people.alliance[rows], people.alliance_ceiling[rows], WEEK_DAYS
    )
    people.knowledge[rows] = relationship.knowledge_faded(r, people.knowledge[rows], WEEK_DAYS)
    people.intrusion[rows] *= c.intrusion_kept
    people.let_down[rows] *= c.let_down_kept
    people.coerced[rows] *= c.coerced_kept
    people.support_minutes[rows] *= c.support_kept
    reach(c, rows)
    engaged = relationship.engagement_target(
        r,
        people.openness[rows],
        people.alliance[rows],
        insight,
        substance,
        people.intrusion[rows],
        people.coerced[rows],
    )
    people.engagement[rows] = approach(people.engagement[rows], engaged, WEEK_DAYS, r.engagement_days)
    chances(c, rows)
    people.insight[rows] = approach(insight, people.insight_own[rows], WEEK_DAYS, m.insight_days)
    people.side_effects[rows] = approach(
        people.side_effects[rows], people.side_effects_own[rows], WEEK_DAYS, m.side_effect_days
    )
    people.fit[rows] -= people.fit[rows] * (m.fit_drift * WEEK_DAYS / YEAR_DAYS)
    willing(c, rows)
    _depots(c)


def _depots(c: Community) -> None:
    """Let workers bring up a depot with those who have stopped medication, as the policy says."""
    people, n, policy = c.people, c.people.known, c.service.medication
    again = c.today - c.world.medication.depot_again_days
    seen = (people.worker[:n] >= 0) & (c.today - people.last_seen[:n] < LATELY)
    asked = (people.stopped[:n] > 0.0) & (people.depot[:n] == 0.0) & (people.present[:n] > 0.0)
    for row in np.flatnonzero(seen & asked & (people.offered_depot[:n] < again)).tolist():
        if policy.offers_depot(int(people.refusals[row])):
            c.clients[row].is_offered_depot(policy.insists)


def chances(c: Community, rows: Any) -> None:
    """Work out the chance to keep a contact at the office, where the client is,
    and by phone; on the ward: always."""
    people, r = c.people, c.world.relationship
    for mode, (in_vivo, phone) in enumerate(((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))):
        people.comes[mode, rows] = relationship.comes_chance(r, people.engagement[rows], in_vivo, phone)


def willing(c: Community, rows: Any) -> None:
    """Work out the adherence people settle at: nothing while stopped, everything on the ward."""
    people = c.people
    around.encourage(c, rows)
    settles = medication.adherence_target(
        c.world.medication,
        people.disposition[rows] + people.encouragement[rows],
        people.insight[rows],
        people.alliance[rows],
        people.side_effects[rows],
        people.substance[rows],
        people.depot[rows],
    )
    people.willing[rows] = settles
    people.adherence_target[rows] = np.maximum(
        settles * (1.0 - people.stopped[rows]), people.phase[rows] == INPATIENT
    )


def conflict_hazards(c: Community, n: int) -> Any:
    """Return the daily hazard of an open conflict for each client seen in the last four weeks."""
    people = c.people
    post = people.worker[:n]
    seen = (post >= 0) & (c.today - people.last_seen[:n] < LATELY)
    return seen * relationship.conflict_hazard(
        c.world.relationship, people.belief[:n], people.need[:n], c.posts.dominance[post]
    )


def told_of(c: Community, alliance: Any) -> Any:
    """Return the alliance on which disclosure depends: the client's, or a usual one where the loop is cut."""
    return alliance if c.world.loops.alliance_disclosure else c.world.relationship.usual_alliance
