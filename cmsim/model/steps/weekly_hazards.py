"""A look ahead, once a week: the daily hazards of what may happen to each client in the week to come."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim.core.compilation import kernel
from cmsim.core.hazard_clocks import WeeklyHazard
from cmsim.core.numeric import Floats, Ints
from cmsim.core.simtime import WEEK_DAYS, YEAR_DAYS
from cmsim.model.kernel_inputs import WEEK
from cmsim.model.steps import capability_step, working_alliance
from cmsim.policies.rule_answer import pair
from cmsim.schema.codes import HOMELESS, INSTITUTIONS, AgencyKind, ClientStatus, Domain, JobKind, Phase, Setting
from cmsim.schema.state_variables import NEVER
from cmsim.submodels import (
    agency_referral,
    comorbidity,
    employment,
    family_climate,
    handover,
    housing,
    informal_ties,
    medication,
    placement,
    therapeutic_relationship,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cmsim.model.context import Context
    from cmsim.model.state.records import (
        ClientRecord,
        ClientRecords,
        FactRows,
        Facts,
        PostRecords,
        WeekPolicies,
        WeekPolicyRows,
    )
    from cmsim.scenario.world import World

_AGENCIES = len(AgencyKind)
_MONTH, _MOST_MONTHS, _LATELY = 30.0, 6.0, 28


def hazards(c: Context) -> Any:
    """Return the daily hazards of the week to come, shape (kinds, clients)."""
    people, posts, practice, work = c.people, c.posts, c.service.practice, c.service.family_work
    found = np.zeros((len(WeeklyHazard), people.known))
    policy = np.zeros(1, WEEK)
    eager = "linkage" in practice.components
    policy["refers"] = eager * c.service.approach.eagerness * c.world.components.linkage.referral_rate
    policy["starts_gap"] = c.world.components.linkage.starts_gap
    helps = "family consultation" in practice.components and work.answers
    policy["move_out_from"] = work.move_out_from if helps else np.inf
    hold, control = pair("service.planning", c.service.planning.waits, posts.over_control)
    _hazards(c.inputs.figures, c.inputs.facts, policy, people.records, posts.records, hold, control, c.today, found)
    return found


@kernel
def _hazards(
    figures: Sequence[World],
    facts: FactRows,
    policies: WeekPolicyRows,
    clients: ClientRecords,
    posts: PostRecords,
    hold: Floats,
    control: Floats,
    today: int,
    out: Floats,
) -> None:
    w, policy = figures[0], policies[0]
    for row in range(out.shape[1]):
        client = clients[row]
        client.called_agency = called_agency(facts[0], policy, client)
        if client.status == ClientStatus.NOT_YET or client.status == ClientStatus.LEFT:
            continue
        _of_anybody(w, client, today, out[:, row])
        if client.setting not in INSTITUTIONS:
            _of_those_present(w, policy, client, today, out[:, row])
        post = max(client.worker, 0)
        out[WeeklyHazard.CONFLICT, row] = working_alliance.conflict_hazard(w, client, posts, today)
        out[WeeklyHazard.TRIES, row] = capability_step.tries_hazard(w, client)
        out[WeeklyHazard.PLANS, row] = capability_step.plan_hazard(w, client, hold[post], control[post], today)
        out[WeeklyHazard.GOES_BACK, row] = capability_step.returns_hazard(w, client)


@kernel
def _of_anybody(w: World, client: ClientRecord, today: int, out: Floats) -> None:
    """Write the hazards of whoever is with the service, wherever he or she is."""
    p, h = w.population, w.housing
    if client.stopped == 0.0:
        willing = client.disposition + client.encouragement
        logs = medication.stop_logs(w.medication, client.side_effects, client.alliance, willing)
        if w.mechanisms.stopping_precedes_relapse:
            prodromal = float(client.phase == Phase.PRODROMAL)
            logs += medication.waned_logs(w.medication, client.insight, prodromal)
        out[WeeklyHazard.STOPS] = w.medication.stop_rate / YEAR_DAYS * math.exp(logs)
    out[WeeklyHazard.MOVES_AWAY] = p.move_rate / YEAR_DAYS
    if client.lost_on >= 0:
        out[WeeklyHazard.COMES_BACK] = w.relationship.returns_rate / YEAR_DAYS
    homeless = client.setting in HOMELESS
    well = client.autonomy > p.recovered_autonomy and client.phase == Phase.STABLE and not homeless
    if client.status == ClientStatus.OPEN and well and today - client.last_episode_end > p.recovered_days:
        out[WeeklyHazard.RECOVERS] = p.recovered_rate / YEAR_DAYS
    ratio = 0.0
    if client.home == Setting.FAMILY_HOME:
        ratio = h.family_ratio * (0.5 + client.burden)
    elif client.home == Setting.GROUP_HOME or client.home == Setting.SUPERVISED:
        ratio = h.residence_ratio
    elif client.home == Setting.OWN_FLAT:
        ratio = 1.0
    ill = float(client.phase == Phase.ACUTE or client.phase == Phase.INPATIENT)
    unmet = (client.domain_unmet[0] + client.domain_unmet[1]) / 2.0
    lost = housing.loss_hazard(h, ratio, unmet, ill, client.substance, client.worker_support)
    lost *= placement.loss_ratio(w.placement, client.place_misfit)
    out[WeeklyHazard.LOSES_PLACE] = lost * (1.0 - w.respite.holds_place * client.away)
    out[WeeklyHazard.FALLS_PHYSICALLY_ILL] = comorbidity.onset_hazard(w.comorbidity, client.age, client.physical)
    out[WeeklyHazard.LOSES_JOB] = employment.loss_hazard(
        w.work, client.job, client.work_goal, client.capability[Domain.WORK], client.unwell
    )


@kernel
def _of_those_present(w: World, policy: WeekPolicies, client: ClientRecord, today: int, out: Floats) -> None:
    """Write the hazards of whoever can be met in the community."""
    r, h = w.relationship, w.housing
    open_ = client.status == ClientStatus.OPEN
    unseen = min((today - client.last_any) / _MONTH, _MOST_MONTHS)
    left_waiting = float(client.status == ClientStatus.WAITING and client.first_worker_day > -NEVER)
    logs = therapeutic_relationship.disengage_logs(r, client.engagement, unseen)
    logs += handover.gap_logs(w.handover, left_waiting, client.alliance)
    out[WeeklyHazard.DISENGAGES] = r.disengage_rate / YEAR_DAYS * math.exp(logs)
    homeless = client.setting in HOMELESS
    out[WeeklyHazard.ARREST] = housing.arrest_hazard(h, float(homeless), float(client.phase == Phase.ACUTE))
    if homeless:
        out[WeeklyHazard.FINDS_ROOM] = housing.exit_hazard(h, client.capability_mean, client.years_homeless)
        out[WeeklyHazard.LEAD] = w.network.room_rate / YEAR_DAYS * client.informal
        out[WeeklyHazard.TAKEN_IN] = client.has_family * client.warmth * h.family_takes_rate / YEAR_DAYS
    if client.setting == Setting.STREET:
        out[WeeklyHazard.SHELTER] = 1.0 / h.shelter_days
    seen = today - client.last_seen < _LATELY
    if open_ and seen and client.called_agency >= 0 and client.pending_agency < 0:
        out[WeeklyHazard.REFER] = policy.refers / YEAR_DAYS
    out[WeeklyHazard.NEW_TIE] = _new_ties(w, client)
    out[WeeklyHazard.WORRIES] = family_climate.worry_hazard(w.family, client.family_contact, client.stress)
    if client.job == JobKind.NONE and client.work_goal == JobKind.PAID and client.phase == Phase.STABLE:
        out[WeeklyHazard.JOB_LEAD] = w.work.lead_rate / YEAR_DAYS * client.informal


@kernel
def _new_ties(w: World, client: ClientRecord) -> Any:
    """Return the daily hazard of a new tie, with or without what existing ties and activity add."""
    p = w.network
    tended = informal_ties.tended_share(p, client.tended)
    if not w.loops.network_growth:
        return informal_ties.new_hazard(p, client.autonomy, 1.0, tended, 0.0)
    beyond_usual = client.activity - w.activity.usual
    return informal_ties.new_hazard(p, client.autonomy, client.informal, tended, beyond_usual)


@kernel
def called_agency(facts: Facts, policy: WeekPolicies, client: ClientRecord) -> Any:
    """Return the agency that needs call for most: housing for whoever has no home; -1 for none. Where the client
    has a place or waits for one, nothing more is to be done.

    A family that can bear no more is helped to find the relative another home.
    """
    best, most = 0, -1.0
    for agency in range(_AGENCIES):
        if agency == AgencyKind.HOUSING:
            gap = float(client.setting in HOMELESS)
            if client.setting == Setting.FAMILY_HOME and client.invited * client.burden > policy.move_out_from:
                gap += 1.0
        else:
            gap = client.domain_unmet[facts.main_domain[agency]]
        if client.links[agency] != 0.0 or client.asks[agency] != 0.0:
            gap = 0.0
        if gap > most:
            best, most = agency, gap
    return best if most > policy.starts_gap else -1


def links_at_their_end(c: Context) -> list[tuple[int, int]]:
    """Let links stand a week of hazard more; return row and agency of those that are at their end."""
    clients = c.people.records[: c.people.known]
    found = np.empty((clients.size * _AGENCIES, 2), dtype=np.int64)
    count = _ages_links(c.inputs.figures, clients, found)
    return [(row, agency) for row, agency in found[:count].tolist()]


@kernel
def _ages_links(figures: Sequence[World], clients: ClientRecords, found: Ints) -> Any:
    p, count = figures[0].referral, 0
    for row in range(len(clients)):
        client = clients[row]
        for agency in range(_AGENCIES):
            if client.links[agency] == 0.0:
                continue
            # a home ends through losing the place and work through losing the job, not as other links do
            if agency != AgencyKind.HOUSING and agency != AgencyKind.WORK:
                client.link_left[agency] -= WEEK_DAYS * agency_referral.link_end_hazard(
                    p, client.link_prepared[agency], client.alliance, client.link_strain[agency]
                )
            elsewhere = client.home != Setting.GROUP_HOME and client.home != Setting.SUPERVISED
            if (agency == AgencyKind.HOUSING and elsewhere) or client.link_left[agency] <= 0.0:
                found[count, 0], found[count, 1] = row, agency
                count += 1
    return count
