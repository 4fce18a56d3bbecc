"""Once a week, on Sunday night: what changes over months: capability, families, ties, homes, links, workers."""

from collections.abc import Callable
from functools import partial

import numpy as np

from cmsim.core.hazard_clocks import WeeklyHazard
from cmsim.core.simtime import WEEK_DAYS, weekday
from cmsim.model.agents import referral_start, residence
from cmsim.model.agents.alliance_rupture import fall_out
from cmsim.model.agents.job_change import lose_job, take_job
from cmsim.model.agents.medication_taking import stop_medication
from cmsim.model.agents.move_plan import go_back
from cmsim.model.agents.new_step import try_alone
from cmsim.model.agents.service_exit import leave_service, stop_following
from cmsim.model.context import Context
from cmsim.model.network.word_of_mouth import find, tells_of_room
from cmsim.model.roles import ClientRole
from cmsim.model.steps import (
    capability_step,
    family_and_activity,
    provider_coordination,
    weekly_hazards,
    worker_beliefs,
    working_alliance,
)
from cmsim.model.steps.daily_update import put_on_clock
from cmsim.model.steps.unmet_need import refresh_needs
from cmsim.schema.codes import HOMELESS, ClientStatus, JobReason, LeadKind, Phase, RegistrationEvent, Setting


def week(c: Context) -> None:
    """Let a week pass for what changes slowly, and look ahead to the next."""
    if weekday(c.today) != WEEK_DAYS - 1:
        return
    if c.people.known:
        working_alliance.week(c)
        capability_step.week(c)
        c.network.week()
        family_and_activity.families(c)
        family_and_activity.activity(c)
        for row, agency in weekly_hazards.links_at_their_end(c):
            c.agencies[agency].review(row)
        _stop_following(c)
        put_on_clock(c, c.clocks.weekly.advance(weekly_hazards.hazards(c), WEEK_DAYS), WEEK_DAYS, _on_due)
        provider_coordination.week(c)
    c.staffing.week()


def begin(c: Context) -> None:
    """Work out at the start what the weeks before would have left."""
    people = c.people
    c.network.add_up()
    family_and_activity.begin(c)
    working_alliance.begin(c)
    refresh_needs(c, np.arange(people.rows))
    people.capability_mean[:] = people.capability.mean(axis=1)
    people.used_to[:] = people.worker_support
    people.practised[:] = np.minimum(people.demand, people.bearable)
    worker_beliefs.week(c)
    working_alliance.settle(c)


def _stop_following(c: Context) -> None:
    people, known = c.people, c.people.known
    lost, longest = people.lost_on[:known], c.world.relationship.followed_days
    for row in np.flatnonzero((lost >= 0) & (c.today - lost >= longest) & (people.status[:known] == ClientStatus.OPEN)):
        stop_following(c, c.clients[row])


def _come_back(c: Context, client: ClientRole) -> None:
    if client.present:
        c.staffing.take_up_again(client)


def _recover(c: Context, client: ClientRole) -> None:
    if client.phase == Phase.STABLE:
        leave_service(c, client, RegistrationEvent.RECOVERED)


def _find_room(c: Context, client: ClientRole) -> None:
    if client.present and client.setting in HOMELESS:
        residence.move(c, client, Setting.OWN_FLAT, "found a room alone")


def _find_shelter(c: Context, client: ClientRole) -> None:
    if client.present and client.setting == Setting.STREET:
        residence.move(c, client, Setting.SHELTER, "found shelter")


def _make_friend(c: Context, client: ClientRole) -> None:
    if client.present:
        c.network.make_friend(client)


def _consider_move(c: Context, client: ClientRole) -> None:
    if client.case_manager is not None and client.present and client.plan is None:
        client.case_manager.decide_on_move(client)


def _take_in(c: Context, client: ClientRole) -> None:
    if client.family is not None:
        client.family.take_in()


def _worry(c: Context, client: ClientRole) -> None:
    if client.family is not None:
        client.family.worry()


def _ask_for_job(c: Context, client: ClientRole) -> None:
    if client.present and not c.people.cells.job[client.row] and find(c, client, LeadKind.JOB):
        take_job(c, client, 2, JobReason.THROUGH_TIE)


def _fall_physically_ill(c: Context, client: ClientRole) -> None:
    c.people.physical[client.row] = 1.0


_ACTIONS: dict[int, Callable[[Context, ClientRole], None]] = {
    WeeklyHazard.STOPS: stop_medication,
    WeeklyHazard.DISENGAGES: partial(leave_service, event=RegistrationEvent.DISENGAGED),
    WeeklyHazard.MOVES_AWAY: partial(leave_service, event=RegistrationEvent.MOVED_OR_DIED),
    WeeklyHazard.RECOVERS: _recover,
    WeeklyHazard.LOSES_PLACE: residence.lose_place,
    WeeklyHazard.FINDS_ROOM: _find_room,
    WeeklyHazard.SHELTER: _find_shelter,
    WeeklyHazard.ARREST: residence.arrest,
    WeeklyHazard.REFER: referral_start.start,
    WeeklyHazard.NEW_TIE: _make_friend,
    WeeklyHazard.LEAD: tells_of_room,
    WeeklyHazard.TAKEN_IN: _take_in,
    WeeklyHazard.CONFLICT: fall_out,
    WeeklyHazard.WORRIES: _worry,
    WeeklyHazard.TRIES: try_alone,
    WeeklyHazard.PLANS: _consider_move,
    WeeklyHazard.GOES_BACK: go_back,
    WeeklyHazard.JOB_LEAD: _ask_for_job,
    WeeklyHazard.FALLS_PHYSICALLY_ILL: _fall_physically_ill,
    WeeklyHazard.LOSES_JOB: lose_job,
    WeeklyHazard.COMES_BACK: _come_back,
}


def _on_due(c: Context, kind: int, row: int, hazard: float) -> None:
    _ACTIONS[kind](c, c.clients[row])
