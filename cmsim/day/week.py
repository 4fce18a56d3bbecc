"""Once a week, on Sunday night: what changes over months: capability, families,
ties, homes, links, workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim import referring
from cmsim.clock import WEEK_DAYS, YEAR_DAYS, weekday
from cmsim.clocks import (
    ARREST,
    CLIENT_WEEKLY,
    CONFLICT,
    DISENGAGES,
    FINDS_ROOM,
    GOES_BACK,
    JOB_LEAD,
    LEAD,
    LOSES_JOB,
    LOSES_PLACE,
    MOVES_AWAY,
    NEW_TIE,
    PHYSICAL,
    PLANS,
    RECOVERS,
    REFER,
    SHELTER,
    STOPS,
    TAKEN_IN,
    TRIES,
    WORRIES,
)
from cmsim.day import around, coordination, growing, knowing, relations
from cmsim.day.needs import refresh_needs
from cmsim.day.night import put_on_clock
from cmsim.leads import find, tells_of_room
from cmsim.people import (
    ACUTE,
    FAMILY_HOME,
    GROUP_HOME,
    HOSPITAL,
    INPATIENT,
    LEFT,
    NEVER,
    NOT_YET,
    OPEN,
    OWN_FLAT,
    STABLE,
    STREET,
    SUPERVISED,
    WAITING,
)
from cmsim.people import SHELTER as IN_SHELTER
from cmsim.record import DOMAINS, LEADS, code
from cmsim.rules import (
    comorbidity,
    family,
    handover,
    housing,
    medication,
    network,
    placement,
    referral,
    relationship,
    work,
)

_WORK_DOMAIN, _A_JOB = code(DOMAINS, "work"), code(LEADS, "job")

if TYPE_CHECKING:
    from cmsim.community import Community


def week(c: Community) -> None:
    """Let a week pass for what changes slowly, and look ahead to the next."""
    if weekday(c.today) != WEEK_DAYS - 1:
        return
    if c.people.known:
        relations.week(c)
        growing.week(c)
        c.network.week()
        around.families(c)
        around.activity(c)
        _links(c)
        _ahead(c)
        coordination.week(c)
    c.staffing.week()


def begin(c: Community) -> None:
    """Work out at the start what the weeks before would have left."""
    rows = slice(0, c.people.rows)
    c.network.adds_up()
    around.begin(c, rows)
    relations.begin(c)
    refresh_needs(c, rows)
    people = c.people
    people.capability_mean[:] = people.capability @ c.over_domains
    people.used_to[:] = people.worker_support
    knowing.week(c)
    relations.willing(c, rows)
    relations.chances(c, rows)


def _links(c: Community) -> None:
    """Links to agencies stand a week of hazard more; those at their end are ended by the agency."""
    people = c.people
    rows, agency = np.nonzero(people.links)
    hazard = referral.link_end_hazard(
        c.world.referral,
        people.link_prepared[rows, agency],
        people.alliance[rows],
        people.link_strain[rows, agency],
    )
    # a home ends through losing the place and work through losing the job, not as other links do
    people.link_left[rows, agency] -= hazard * WEEK_DAYS * ((agency > 0) & (agency != around.WORK))
    lost = (agency == 0) & (people.home[rows] != GROUP_HOME) & (people.home[rows] != SUPERVISED)
    for place in np.flatnonzero(lost | (people.link_left[rows, agency] <= 0.0)).tolist():
        c.agencies[int(agency[place])].reviews(int(rows[place]))


def _ahead(c: Community) -> None:
    """Add a week of hazard to the slow clocks of clients."""
    people, n, w = c.people, c.people.known, c.world
    p, r, h = w.population, w.relationship, w.housing
    status, phase, setting = people.status[:n], people.phase[:n], people.setting[:n]
    here = (status != NOT_YET) & (status != LEFT)
    open_ = status == OPEN
    present = here & (setting < HOSPITAL)
    homeless = setting <= IN_SHELTER
    hazards = np.empty((len(CLIENT_WEEKLY), n))
    hazards[STOPS] = (
        here
        * (people.stopped[:n] == 0.0)
        * w.medication.stop_rate
        / YEAR_DAYS
        * np.exp(
            medication.stop_logs(
                w.medication, people.side_effects[:n], people.alliance[:n], people.disposition[:n]
            )
        )
    )
    unseen = np.minimum((c.today - people.last_any[:n]) / 30.0, 6.0)
    left_waiting = (status == WAITING) & (people.first_worker_day[:n] > -NEVER)
    leaving = np.exp(
        relationship.disengage_logs(r, people.engagement[:n], unseen * open_)
        + handover.gap_logs(w.handover, left_waiting, people.alliance[:n])
    )
    hazards[DISENGAGES] = present * r.disengage_rate / YEAR_DAYS * leaving
    hazards[MOVES_AWAY] = here * p.move_rate / YEAR_DAYS
    well = (people.autonomy[:n] > p.recovered_autonomy) & (phase == STABLE) & ~homeless
    long_well = c.today - people.last_episode_end[:n] > p.recovered_days
    hazards[RECOVERS] = open_ * well * long_well * p.recovered_rate / YEAR_DAYS
    kind = np.zeros(8)
    kind[[FAMILY_HOME, GROUP_HOME, SUPERVISED, OWN_FLAT]] = (
        h.family_ratio,
        h.residence_ratio,
        h.residence_ratio,
        1.0,
    )
    ratio = kind[people.home[:n]] * np.where(people.home[:n] == FAMILY_HOME, 0.5 + people.burden[:n], 1.0)
    ill = (phase == ACUTE) | (phase == INPATIENT)
    lost = housing.loss_hazard(
        h,
        ratio,
        people.domain_unmet[:n, :2].mean(axis=1),
        ill,
        people.substance[:n],
        people.worker_support[:n],
    )
    lost *= placement.loss_ratio(w.placement, people.place_misfit[:n])
    hazards[LOSES_PLACE] = here * lost * (1.0 - w.respite.holds_place * people.away[:n])
    hazards[FINDS_ROOM] = (
        present * homeless * housing.exit_hazard(h, people.capability_mean[:n], people.years_homeless[:n])
    )
    hazards[SHELTER] = present * (setting == STREET) / h.shelter_days
    hazards[ARREST] = present * housing.arrest_hazard(h, homeless, phase == ACUTE)
    called = (_called_agency(c, n) >= 0) & (people.pending_agency[:n] < 0)
    seen = c.today - people.last_seen[:n] < 28
    linking = float("linkage" in c.service.practice.components)
    hazards[REFER] = (
        linking
        * c.service.approach.eagerness
        * open_
        * called
        * seen
        * present
        * w.components.linkage.referral_rate
        / YEAR_DAYS
    )
    hazards[NEW_TIE] = present * _new_ties(c, n)
    hazards[LEAD] = present * homeless * w.network.room_rate / YEAR_DAYS * people.informal[:n]
    hazards[WORRIES] = present * family.worry_hazard(w.family, people.family_contact[:n], people.stress[:n])
    hazards[TAKEN_IN] = (
        present * homeless * people.has_family[:n] * people.warmth[:n] * h.family_takes_rate / YEAR_DAYS
    )
    seeks = present * (people.job[:n] == 0) * (people.work_goal[:n] == 2) * (phase == STABLE)
    hazards[JOB_LEAD] = seeks * w.work.lead_rate / YEAR_DAYS * people.informal[:n]
    hazards[PHYSICAL] = here * comorbidity.onset_hazard(w.comorbidity, people.age[:n], people.physical[:n])
    hazards[LOSES_JOB] = here * work.loss_hazard(
        w.work, people.job[:n], people.work_goal[:n], people.capability[:n, _WORK_DOMAIN], people.unwell[:n]
    )
    hazards[CONFLICT] = relations.conflict_hazards(c, n)
    hazards[TRIES] = growing.tries_hazard(c, n)
    hazards[PLANS] = growing.plan_hazard(c, n)
    hazards[GOES_BACK] = growing.returns_hazard(c, n)
    put_on_clock(c, c.weekly_clocks.advance(hazards, WEEK_DAYS), WEEK_DAYS, _ACTIONS)


def _new_ties(c: Community, n: int) -> Any:
    """Return the daily hazard of a new tie, with or without what existing ties and activity add."""
    people, p = c.people, c.world.network
    tended = network.tended_share(p, people.tended[:n])
    if not c.world.loops.network_growth:
        return network.new_hazard(p, people.autonomy[:n], 1.0, tended, 0.0)
    beyond_usual = people.activity[:n] - c.world.activity.usual
    return network.new_hazard(p, people.autonomy[:n], people.informal[:n], tended, beyond_usual)


def _called_agency(c: Community, n: int) -> Any:
    """Work out which agency each client's needs call for most: the housing agency
    for whoever has no home; -1 none."""
    people = c.people
    gap = people.domain_unmet[:n, c.main_domain] * (people.links[:n] == 0.0)
    gap[:, 0] = (people.setting[:n] <= IN_SHELTER) * (people.links[:n, 0] == 0.0)
    if "family consultation" in c.service.practice.components and c.service.family_work.answers:
        # a family that can bear no more is helped to find the relative another home
        heavy = people.burden[:n] > c.service.family_work.move_out_from
        gap[:, 0] += heavy * (people.setting[:n] == FAMILY_HOME) * (people.links[:n, 0] == 0.0)
    most = gap.argmax(axis=1)
    enough = gap[np.arange(n), most] > c.world.components.linkage.starts_gap
    people.called_agency[:n] = np.where(enough, most, -1)
    return people.called_agency[:n]


def _stops(c: Community, row: int, hazard: float) -> None:
    c.clients[row].stops()


def _disengages(c: Community, row: int, hazard: float) -> None:
    c.clients[row].leaves("disengaged")


def _moves_away(c: Community, row: int, hazard: float) -> None:
    c.clients[row].leaves("moved away or died")


def _recovers(c: Community, row: int, hazard: float) -> None:
    if c.clients[row].phase == STABLE:
        c.clients[row].leaves("discharged as recovered")


def _loses_place(c: Community, row: int, hazard: float) -> None:
    c.clients[row].loses_place()


def _finds_room(c: Community, row: int, hazard: float) -> None:
    client = c.clients[row]
    if client.present and client.setting <= IN_SHELTER:
        client.moves(OWN_FLAT, "found a room alone")


def _shelter(c: Community, row: int, hazard: float) -> None:
    client = c.clients[row]
    if client.present and client.setting == STREET:
        client.moves(IN_SHELTER, "found shelter")


def _arrest(c: Community, row: int, hazard: float) -> None:
    c.clients[row].is_arrested()


def _refer(c: Community, row: int, hazard: float) -> None:
    referring.start(c, c.clients[row])


def _new_tie(c: Community, row: int, hazard: float) -> None:
    if c.clients[row].present:
        c.network.makes_friend(c.clients[row])


def _lead(c: Community, row: int, hazard: float) -> None:
    tells_of_room(c, c.clients[row])


def _tries(c: Community, row: int, hazard: float) -> None:
    c.clients[row].tries_alone()


def _plans(c: Community, row: int, hazard: float) -> None:
    client = c.clients[row]
    worker = client.case_manager
    if worker is not None and client.present and client.plan is None:
        worker.considers_move(client)


def _goes_back(c: Community, row: int, hazard: float) -> None:
    c.clients[row].goes_back()


def _taken_in(c: Community, row: int, hazard: float) -> None:
    family_of = c.clients[row].family
    if family_of is not None:
        family_of.takes_in()


def _conflict(c: Community, row: int, hazard: float) -> None:
    c.clients[row].falls_out()


def _worries(c: Community, row: int, hazard: float) -> None:
    family_of = c.clients[row].family
    if family_of is not None:
        family_of.worries()


def _job_lead(c: Community, row: int, hazard: float) -> None:
    client = c.clients[row]
    if client.present and not client.job and find(c, client, _A_JOB):
        client.takes_job(2, "through a tie")


def _physically_ill(c: Community, row: int, hazard: float) -> None:
    c.people.physical[row] = 1.0


def _loses_job(c: Community, row: int, hazard: float) -> None:
    c.clients[row].loses_job()


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
