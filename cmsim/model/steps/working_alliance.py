"""How a client and a worker stand to one another: the start of a dyad, its week, and open conflicts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim.core import random_streams
from cmsim.core.compilation import kernel
from cmsim.core.sampling import approach, normal
from cmsim.core.simtime import WEEK_DAYS, YEAR_DAYS
from cmsim.model.agents.medication_taking import offer_depot
from cmsim.model.steps import family_and_activity
from cmsim.policies.rule_answer import decision
from cmsim.schema.codes import Phase
from cmsim.submodels import medication, therapeutic_relationship, worker_stance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cmsim.model.context import Context
    from cmsim.model.roles import ClientRole
    from cmsim.model.state.records import ClientRecord, ClientRecords, PostRecords
    from cmsim.scenario.world import World

DYAD = random_streams.purpose("dyad.fit", "what is particular to a client and a worker")
READS = random_streams.purpose("dyad.reads", "how hard a client's template is for a worker to read")
AT_START = random_streams.purpose("setup.dyad", "how hard clients' templates are to read for those met with them")

LATELY = 4 * WEEK_DAYS
"""Days within which a client counts as seen lately."""
_NOBODYS_SKILL = 0.5
"""Skill to which effects of skill refer: what counts where there is no worker."""


def begin(c: Context) -> None:
    """Work out for everybody what the relation with the worker met at the start is like."""
    people, best = c.people, c.world.stance.best
    by_template = np.array([best.collaborative, best.distrustful, best.dependent, best.power_organised])
    people.best_stance[:] = by_template[people.template]
    slots = int(people.address.max()) + 1
    people.stance_luck[:] = c.streams.setup(AT_START, slots)[people.address, 0]
    people.let_down[:] = c.world.relationship.usual_let_down
    people.intrusion[: people.known] = c.world.relationship.usual_watched
    _reach(c.inputs.figures, people.records, c.posts.records)


def settle(c: Context) -> None:
    """Work out at the start what people are willing to take, and how likely they come."""
    _settle(c.inputs.figures, c.people.records)


def begins_dyad(c: Context, client: ClientRole, post: int, number: int) -> None:
    """Let a client and the holder of a post meet: what is particular to the two is drawn once for them."""
    people, row, p = c.people, client.row, c.world.relationship
    people.dyad[row] = normal(c.streams.uniform(DYAD, client.address, number), 0.0, p.dyad_sd)
    people.stance_luck[row] = c.streams.uniform(READS, client.address, number)
    people.let_down[row] = p.usual_let_down
    _reach(c.inputs.figures, people.records[row : row + 1], c.posts.records)


@kernel
def _reach(figures: Sequence[World], clients: ClientRecords, posts: PostRecords) -> None:
    for client in clients:
        reach(figures[0], client, posts)


@kernel
def reach(w: World, client: ClientRecord, posts: PostRecords) -> None:
    """Work out the alliance that a dyad can reach now: template, stance, skill, and what strains it."""
    p, s, post = w.relationship, w.stance, client.worker
    skill, own = _NOBODYS_SKILL, client.best_stance
    if post >= 0:
        skill, own = posts[post].skill, posts[post].dominance
    chance = worker_stance.matched_chance(s, skill, client.knowledge)
    client.misfit = worker_stance.misfit(client.stance_luck, chance, own, client.best_stance)
    level = client.template_level + client.dyad + worker_stance.alliance_shift(s, client.misfit)
    level -= therapeutic_relationship.strained(p, client.let_down, client.coerced, client.intrusion, client.distrust)
    if w.mechanisms.alliance_rests_on_insight:
        level += therapeutic_relationship.insight_shift(p, client.insight, client.unwell)
    client.alliance_ceiling = therapeutic_relationship.alliance_ceiling(p, level, 0.0, skill)


def week(c: Context) -> None:
    """Alliance and knowledge fade without contact, what strains them too; engagement and adherence follow."""
    _week(c.inputs.figures, c.people.records[: c.people.known], c.posts.records)
    _depots(c)


@kernel
def _week(figures: Sequence[World], clients: ClientRecords, posts: PostRecords) -> None:
    w = figures[0]
    r, m = w.relationship, w.medication
    watched, let_down = _kept(r.intrusion_days), _kept(r.let_down_days)
    coerced, felt = _kept(r.coerced_days), _kept(w.support.memory_days)
    for client in clients:
        client.alliance = therapeutic_relationship.alliance_faded(
            r, client.alliance, client.alliance_ceiling, WEEK_DAYS
        )
        client.knowledge = therapeutic_relationship.knowledge_faded(r, client.knowledge, WEEK_DAYS)
        client.intrusion *= watched
        client.let_down *= let_down
        client.coerced *= coerced
        client.support_minutes *= felt
        client.asked *= felt
        reach(w, client, posts)
        engaged = therapeutic_relationship.engagement_target(
            r, client.openness, client.alliance, client.insight, client.substance, client.intrusion, client.coerced
        )
        client.engagement = approach(client.engagement, engaged, WEEK_DAYS, r.engagement_days)
        chances(w, client)
        client.insight = approach(client.insight, client.insight_own, WEEK_DAYS, m.insight_days)
        client.side_effects = approach(client.side_effects, client.side_effects_own, WEEK_DAYS, m.side_effect_days)
        client.fit -= client.fit * (m.fit_drift * WEEK_DAYS / YEAR_DAYS)
        willing(w, client)


@kernel
def _kept(days: float) -> float:
    """Return the share that a week leaves of what fades with a time constant."""
    return math.exp(-WEEK_DAYS / days)


@kernel
def _settle(figures: Sequence[World], clients: ClientRecords) -> None:
    for client in clients:
        willing(figures[0], client)
        chances(figures[0], client)


@kernel
def chances(w: World, client: ClientRecord) -> None:
    """Work out the chance to keep a contact at the office, where the client is, and by phone."""
    for mode in range(3):
        client.comes[mode] = therapeutic_relationship.comes_chance(
            w.relationship, client.engagement, float(mode == 1), float(mode == 2)
        )


@kernel
def willing(w: World, client: ClientRecord) -> None:
    """Work out the adherence people settle at: nothing while stopped, everything on the ward."""
    family_and_activity.encourage(w, client)
    client.willing = medication.adherence_target(
        w.medication,
        client.disposition + client.encouragement,
        client.insight,
        client.alliance,
        client.side_effects,
        client.substance,
        client.depot,
    )
    on_ward = float(client.phase == Phase.INPATIENT)
    client.adherence_target = max(client.willing * (1.0 - client.stopped), on_ward)


def _depots(c: Context) -> None:
    """Let workers bring up a depot with those who have stopped medication, as the policy says."""
    people, n, policy = c.people, c.people.known, c.service.medication
    again = c.today - c.world.medication.depot_again_days
    seen = (people.worker[:n] >= 0) & (c.today - people.last_seen[:n] < LATELY)
    asked = (people.stopped[:n] > 0.0) & (people.depot[:n] == 0.0) & (people.present[:n] > 0.0)
    for row in np.flatnonzero(seen & asked & (people.offered_depot[:n] < again)).tolist():
        if decision("service.medication", policy.offers_depot, int(people.refusals[row])):
            offer_depot(c, c.clients[row], policy.insists)


@kernel
def conflict_hazard(w: World, client: ClientRecord, posts: PostRecords, today: int) -> Any:
    """Return the daily hazard of an open conflict, for a client seen in the last four weeks; 0 for others."""
    post = client.worker
    if post < 0 or today - client.last_seen >= LATELY:
        return 0.0
    return therapeutic_relationship.conflict_hazard(w.relationship, client.belief, client.need, posts[post].dominance)
