"""Who has which client: who takes a referral, handing over, evening out, the end of a programme of limited length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cmsim.core.compilation import kernel
from cmsim.core.numeric import Floats, Ints
from cmsim.core.simtime import WEEK_DAYS, workday_after
from cmsim.model.context import Context
from cmsim.model.roles import CaseManagerRole, ClientRole
from cmsim.model.state.columns import worker_id
from cmsim.model.steps import worker_beliefs, working_alliance
from cmsim.policies.rule_answer import column, number
from cmsim.scenario.world import World
from cmsim.schema.codes import HandoverKind
from cmsim.schema.state_variables import NEVER
from cmsim.schema.tables import HandoverRow
from cmsim.submodels.handover import alliance_passed, loss_stress
from cmsim.submodels.labour_market import carried_share
from cmsim.submodels.therapeutic_relationship import first_alliance

if TYPE_CHECKING:
    from cmsim.model.state.records import PostRecords


def give(c: Context, client: ClientRole, post: int, at_start: bool = False) -> None:
    """Give a client to the holder of a post."""
    people, row = c.people, client.row
    worker = c.workers[post]
    assert worker is not None
    client.set_custody(worker=post)
    c.posts.caseload[post] += 1
    c.ties.join(client.key, worker.key, "case manager", c.today)
    if at_start:
        return
    people.worker_since[row] = c.today
    if people.first_worker_day[row] == -NEVER:
        people.first_worker_day[row] = c.today
    people.next_visit[row] = workday_after(c.today + 1 + client.address // 2 % WEEK_DAYS)
    people.next_call[row] = workday_after(c.today + 2 * WEEK_DAYS)
    if people.has_family[row] and people.invited[row] and c.service.family_work.answers:
        people.next_family[row] = workday_after(c.today + 3 * WEEK_DAYS)
    people.next_liaison[row] = workday_after(c.today + 4 * WEEK_DAYS)
    worker_beliefs.reads_record(c, row)
    working_alliance.begins_dyad(c, client, post, worker.number)


def begin(c: Context, client: ClientRole, post: int) -> None:
    """Begin with a client who waited."""
    give(c, client, post)
    _record(c, client, HandoverKind.FIRST, to=c.workers[post])


def _record(
    c: Context,
    client: ClientRole,
    how: int,
    old: tuple[int, float, int] = (-1, 0.0, 0),
    to: CaseManagerRole | None = None,
) -> None:
    """Record a change of workers: how, what :func:`_parts` said of the old dyad, and who is the new worker."""
    from_worker, alliance, tenure = old
    c.ledger.write(HandoverRow)(
        minute=c.env.now,
        client=client.row,
        from_worker=from_worker,
        to_worker=to.number if to is not None else -1,
        how=how,
        alliance_before=alliance,
        alliance_after=float(c.people.alliance[client.row]),
        tenure=tenure,
    )


def hand_over(c: Context, client: ClientRole, to: int | None, held: bool = False) -> None:
    """End the present dyad; begin the next one with what the handover saves, or leave the client waiting.

    Args:
        c: the community.
        client: who changes workers.
        to: the post that takes over, ``None`` for nobody yet.
        held: whether the client is then held for the next holder of the same post.
    """
    rule, sharing, row = c.service.turnover.handover, c.service.caseload.sharing, client.row
    before = int(c.people.worker[row])
    joint = rule.joint_visits > 0 and c.people.joint_left[row] < rule.joint_visits
    kept = rule.alliance_kept if rule.joint_visits == 0 or joint else 0.0
    known = rule.knowledge_kept
    how = HandoverKind.WITHOUT if to is None else HandoverKind.WARM if joint else HandoverKind.COLD
    if sharing.shared and to is not None and before >= 0 and c.posts.team[before] == c.posts.team[to]:
        kept, known, how = max(kept, sharing.alliance_kept), max(known, sharing.knowledge_kept), HandoverKind.IN_TEAM
    old = _parts(c, client, kept, known)
    if to is None:
        c.staffing.list.join(client, before if held else None)
    else:
        give(c, client, to)
    _record(c, client, how, old, None if to is None else c.workers[to])


def ends_programme(c: Context, client: ClientRole) -> None:
    """End case management for a client whose time is up; the person stays in the community."""
    rule = c.service.turnover.handover
    old, row = _parts(c, client, 0.0, rule.knowledge_kept), client.row
    c.people.due[:, row] = NEVER
    c.people.first_worker_day[row] = -NEVER
    c.people.ended_on[row] = c.today
    _record(c, client, HandoverKind.ENDED, old)


def _parts(c: Context, client: ClientRole, kept: float, known: float) -> tuple[int, float, int]:
    """End a dyad: what is kept of alliance and knowledge, and what the loss costs the client.

    Returns:
        the worker's number, the alliance before, and days together.
    """
    people, row = c.people, client.row
    before = int(people.worker[row])
    holder = c.workers[before] if before >= 0 else None
    old = holder.number if holder is not None else worker_id(before, int(c.posts.holder[before]))
    alliance, tenure = float(people.alliance[row]), int(c.today - people.worker_since[row])
    people.joint_left[row] = 0
    if before >= 0:
        c.posts.caseload[before] -= 1
        c.staffing.list.may_have_room = True
    client.set_custody(worker=-1)
    c.ties.part_all(client.key, "case manager")
    first = c.world.relationship.first
    if c.world.mechanisms.alliance_rests_on_insight:
        first = float(first_alliance(c.world.relationship, client.insight))
    after = float(alliance_passed(first, alliance, kept))
    people.alliance[row] = after
    people.stress[row] = min(people.stress[row] + loss_stress(c.world.handover, alliance, after), 1.0)
    people.knowledge[row] *= known
    worker_beliefs.hands_over(c, row, known)
    people.known_unwell[row] = 0.0
    return old, alliance, tenure


def end_programmes(c: Context) -> None:
    """End case management for everybody whose programme is over, where it is of limited length."""
    length = c.service.practice.programme_days
    if not length:
        return
    people, n = c.people, c.people.known
    since = np.maximum(people.first_worker_day[:n], c.staffing.programme_from)
    over = (people.worker[:n] >= 0) & (c.today - since >= length)
    for row in np.flatnonzero(over).tolist():
        ends_programme(c, c.clients[row])


def even_out(c: Context) -> None:
    """Move clients from workers above the caseload size to workers with room, the newest dyads first."""
    posts, people = c.posts, c.people
    size = c.service.caseload.size
    room = rooms(c, size)
    above = -rooms(c, size, ramped=False)
    leeway = number("service.caseload.balance", c.service.caseload.balance.tolerance, size)
    over = np.flatnonzero(posts.filled[: posts.count] & (above > leeway)).tolist()
    free = int(np.maximum(room, 0.0).sum()) if over else 0
    for post in over:
        if free <= 0:
            return
        newest = sorted(posts.clients[post], key=lambda row: (-people.worker_since[row], people.address[row]))
        for row in newest[: min(int(np.ceil(above[post])), free)]:
            to = assign(c, c.clients[row], rooms(c, size))
            if to is None or to == post:
                break
            hand_over(c, c.clients[row], to)
            free -= 1


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
        weights = column(
            "service.caseload.weighting", weighting.weights, len(mine), people.belief[mine], people.known_unwell[mine]
        )
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
