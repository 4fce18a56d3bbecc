"""Once a week, on Sunday night: what changes over months: capability, families,
ties, homes, links, workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cmsim.core.simtime import WEEK_DAYS, weekday
from cmsim.model.agents import referral_start, residence
from cmsim.model.agents.alliance_rupture import fall_out
from cmsim.model.agents.job_change import lose_job, take_job
from cmsim.model.agents.medication_taking import stop_medication
from cmsim.model.agents.move_plan import go_back
from cmsim.model.agents.new_step import try_alone
from cmsim.model.agents.service_exit import leave_service
from cmsim.model.network.word_of_mouth import find, tells_of_room
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
from cmsim.schema.codes import HOMELESS, JobReason, LeadKind, Phase, RegistrationEvent, Setting

if TYPE_CHECKING:
    from cmsim.model.context import Context


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
        _links(c)
        put_on_clock(c, c.clocks.weekly.advance(weekly_hazards.hazards(c), WEEK_DAYS), WEEK_DAYS, _ACTIONS)
        provider_coordination.week(c)
    c.staffing.week()


def begin(c: Context) -> None:
    """Work out at the start what the weeks before would have left."""
    everybody = np.arange(c.people.rows)
    c.network.add_up()
    family_and_activity.begin(c)
    working_alliance.begin(c)
    refresh_needs(c, everybody)
    people = c.people
    people.capability_mean[:] = people.capability.mean(axis=1)
    people.used_to[:] = people.worker_support
    worker_beliefs.week(c)
    working_alliance.settle(c)


def _links(c: Context) -> None:
    """Links to agencies stand a week of hazard more; those at their end are ended by the agency."""
    for row, agency in weekly_hazards.links_at_their_end(c):
        c.agencies[agency].review(row)


def _stops(c: Context, row: int, hazard: float) -> None:
    stop_medication(c, c.clients[row])


def _disengages(c: Context, row: int, hazard: float) -> None:
    leave_service(c, c.clients[row], RegistrationEvent.DISENGAGED)


def _moves_away(c: Context, row: int, hazard: float) -> None:
    leave_service(c, c.clients[row], RegistrationEvent.MOVED_OR_DIED)


def _recovers(c: Context, row: int, hazard: float) -> None:
    if c.clients[row].phase == Phase.STABLE:
        leave_service(c, c.clients[row], RegistrationEvent.RECOVERED)


def _loses_place(c: Context, row: int, hazard: float) -> None:
    residence.lose_place(c, c.clients[row])


def _finds_room(c: Context, row: int, hazard: float) -> None:
    client = c.clients[row]
    if client.present and client.setting in HOMELESS:
        residence.move(c, client, Setting.OWN_FLAT, "found a room alone")


def _shelter(c: Context, row: int, hazard: float) -> None:
    client = c.clients[row]
    if client.present and client.setting == Setting.STREET:
        residence.move(c, client, Setting.SHELTER, "found shelter")


def _arrest(c: Context, row: int, hazard: float) -> None:
    residence.arrest(c, c.clients[row])


def _refer(c: Context, row: int, hazard: float) -> None:
    referral_start.start(c, c.clients[row])


def _new_tie(c: Context, row: int, hazard: float) -> None:
    if c.clients[row].present:
        c.network.make_friend(c.clients[row])


def _lead(c: Context, row: int, hazard: float) -> None:
    tells_of_room(c, c.clients[row])


def _tries(c: Context, row: int, hazard: float) -> None:
    try_alone(c, c.clients[row])


def _plans(c: Context, row: int, hazard: float) -> None:
    client = c.clients[row]
    worker = client.case_manager
    if worker is not None and client.present and client.plan is None:
        worker.decide_on_move(client)


def _goes_back(c: Context, row: int, hazard: float) -> None:
    go_back(c, c.clients[row])


def _taken_in(c: Context, row: int, hazard: float) -> None:
    family_of = c.clients[row].family
    if family_of is not None:
        family_of.take_in()


def _conflict(c: Context, row: int, hazard: float) -> None:
    fall_out(c, c.clients[row])


def _worries(c: Context, row: int, hazard: float) -> None:
    family_of = c.clients[row].family
    if family_of is not None:
        family_of.worry()


def _job_lead(c: Context, row: int, hazard: float) -> None:
    client = c.clients[row]
    if client.present and not c.people.cells.job[row] and find(c, client, LeadKind.JOB):
        take_job(c, client, 2, JobReason.THROUGH_TIE)


def _physically_ill(c: Context, row: int, hazard: float) -> None:
    c.people.physical[row] = 1.0


def _loses_job(c: Context, row: int, hazard: float) -> None:
    lose_job(c, c.clients[row])


_ACTIONS = (
    _stops,
    _disengages,
    _moves_away,
    _recovers,
    _loses_place,
    _finds_room,
    _shelter,
    _arrest,
    _refer,
    _new_tie,
    _lead,
    _taken_in,
    _conflict,
    _worries,
    _tries,
    _plans,
    _goes_back,
    _job_lead,
    _physically_ill,
    _loses_job,
)
