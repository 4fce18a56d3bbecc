"""What is kept or waited for, in place of being looked up again, is what looking it up would have given."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cmsim.core.sampling import exponential
from cmsim.core.simtime import DAY
from cmsim.model.agents import referral_start
from cmsim.model.agents.agency import ACCOMPANIED_WITHIN, TRY_DAYS
from cmsim.model.agents.move_plan import CHOICES, appeal
from cmsim.model.community import Community
from cmsim.model.network.social_graph import AMONG_WORKERS
from cmsim.model.state import current_hazards
from cmsim.model.workforce.client_assignment import assign, rooms
from cmsim.policies.use_of_time import CollateralFirst, LongerVisits, Office, ShorterVisits, as_planned
from cmsim.scenario.loader import load_scenario
from cmsim.schema.codes import FACTORS, LinkStep, Setting
from cmsim.submodels import family_climate, illness, move_planning, placement

USUAL = load_scenario("usual_care").replace({"world.population.clients": 30, "world.warm_up_days": 0})


@pytest.mark.parametrize(
    ("along", "by_helper", "asks"),
    [
        (3 * DAY + 100, False, 4 * DAY),  # at the hour meant for it, on the next day
        (3 * DAY, False, 4 * DAY),  # a worker at that very minute comes too late for it
        (3 * DAY, True, 3 * DAY),  # a helper had said so before
        (None, False, ACCOMPANIED_WITHIN * DAY),  # nobody
    ],
)
def test_a_first_visit_waits_for_whoever_goes_along(along, by_helper, asks):
    c = Community(USUAL.replace({"run.days": 200}))
    client = next(each for each in c.clients if each.present and c.people.pending_agency[each.row] < 0)
    agency, row = c.agencies[4], client.row
    c.people.pending_agency[row] = agency.kind
    tries = exponential(c.streams.uniform(TRY_DAYS, client.address, 0), c.world.referral.try_days)
    meant = round(tries * DAY * (1.0 - c.world.referral.clout_sooner * c.active.clout)) + 1
    if along is not None:
        c.env.call_at(meant + along, referral_start.is_accompanied, c, client, by_helper)
    c.env.process(agency.refer(client, 2, 0))
    while c.env.now <= meant + asks:
        c.step()
    steps = [link for link in c.ledger["links"].rows().tolist() if link[1:3] == (row, agency.kind)]
    assert steps[0][0] == 0
    assert steps[0][-1] == LinkStep.REFERRED
    assert steps[1][0] == meant + asks


def test_colleagues_are_those_in_the_graph_through_years_of_turnover():
    c = Community(USUAL.replace({"run.days": 600, "service.turnover.pay": 0.3}))
    seen = set()
    for _ in range(600):
        c.step()
        for worker in c.at_work:
            assert c.ties.colleagues(worker.key) == c.ties.tied(worker.key, *AMONG_WORKERS)
            seen.add(worker.key)
    assert len(seen) > c.posts.count + 3


def test_visits_are_as_planned_only_under_policies_that_never_change_them():
    class Own(Office):
        def length(self, load):
            return 2.0

    class FromOutside:
        def length(self, load):
            return 1.0

    assert as_planned(Office(), CollateralFirst())
    for policy in (LongerVisits(), ShorterVisits(), Own(), FromOutside()):
        assert not as_planned(Office(), policy)


@pytest.mark.parametrize("ramp", [90, 0])
@pytest.mark.parametrize("weighting", ["each_counts_one", "weighted_by_need"])
def test_room_is_what_reckoning_it_post_by_post_gives(weighting, ramp):
    c = Community(
        USUAL.replace(
            {
                "world.population.clients": 120,
                "run.days": 400,
                "service.turnover.pay": 0.3,
                "service.caseload.weighting.rule": weighting,
                "world.workforce.ramp_days": ramp,
            }
        )
    )
    vacant = leaving = new = 0
    for day in range(400):
        c.step()
        if day % 20:
            continue
        ramped, whole = rooms(c, 25), rooms(c, 25, ramped=False)
        for post in range(c.posts.count):
            mine = [row for row in range(c.people.known) if c.people.worker[row] == post]
            weights = c.service.caseload.weighting.weights(c.people.belief[mine], c.people.known_unwell[mine])
            held, in_post = float(np.cumsum([0.0, *weights])[-1]), c.today - int(c.posts.hired[post])
            share = min(1.0, math.exp(-1) + (1 - math.exp(-1)) * in_post / ramp) if ramp else 1.0
            filled, stays = bool(c.posts.filled[post]), not c.posts.leaving[post]
            assert whole[post] == (25 - held if filled else 0.0)
            assert ramped[post] == (math.floor(25 * share - held) if filled and stays else 0.0)
            vacant, leaving, new = vacant + (not filled), leaving + (not stays), new + (share < 1.0)
    assert min(vacant, leaving, new if ramp else 9) > 5


def test_a_client_goes_to_the_team_with_most_room_and_elsewhere_only_if_nobody_there_has_any():
    c = Community(USUAL.replace({"world.population.clients": 400}))
    team = c.posts.team[: c.posts.count]
    assert len(c.staffing.supervisors) > 1
    first, other = (np.flatnonzero(team == number) for number in (0, 1))
    room = np.zeros(c.posts.count)
    room[first[0]], room[other[:3]] = 3.0, 2.0
    assert assign(c, c.clients[0], room) in other[:3]
    room[other] = 0.0
    assert assign(c, c.clients[0], room) == first[0]
    room[other[:8]] = 0.9  # much in all, a whole place with nobody
    assert assign(c, c.clients[0], room) == first[0]
    assert assign(c, c.clients[0], np.full(c.posts.count, 0.9)) is None


def test_what_is_kept_of_a_client_is_what_stands_in_the_columns():
    c = Community(USUAL.replace({"world.population.clients": 60, "run.days": 300}))
    before = c.people.episode[: c.people.known].copy()
    for _ in range(300):
        c.step()
        assert [client.episode for client in c.clients] == c.people.episode[: c.people.known].tolist()
    assert (c.people.episode[: len(before)] > before).sum() > 20


def test_factors_of_a_transition_are_those_of_the_rules():
    c = Community(USUAL.replace({"world.population.clients": 60, "run.days": 300}))
    for _ in range(60):
        c.step()
    people, rows, w = c.people, slice(0, c.people.known), c.world
    logs = illness.slow_logs(
        w.illness,
        np.zeros((len(FACTORS), c.people.known)),
        frailty=people.frailty[rows],
        criticism=family_climate.climate(
            w.family, people.expressed[rows], people.warmth[rows], people.family_contact[rows]
        ),
        unmet=people.unmet[rows],
        overload=people.stimulation_load[rows],
        substance=people.substance[rows],
        admissions=people.admissions[rows],
    )
    effective = people.adherence[rows] * people.fit[rows]
    illness.fast_logs(w.illness, logs, effective=effective, stress=people.stress[rows], recency=people.recency[rows])
    of_all = current_hazards.onset_factors_of_all(c.inputs.figures, c.people)
    assert of_all == pytest.approx(np.exp(logs).T, rel=1e-14)
    assert (np.ptp(of_all, axis=0) > 0.0).all()  # each factor tells people apart
    for row in range(c.people.known):
        assert current_hazards.onset_factors(c.inputs.figures, c.people, row) == of_all[row].tolist()


def test_what_speaks_for_a_place_is_what_reckoning_it_by_columns_gives():
    c = Community(USUAL.replace({"world.population.clients": 120, "run.days": 300}))
    for _ in range(100):
        c.step()
    people, facts, s, p = c.people, c.inputs.facts[0], c.world.support, c.world.placement
    places = np.array(CHOICES)
    residents = 0
    for client in c.clients:
        row = client.row
        need = np.maximum(facts["demand"][places] - people.believed[row], 0.0)
        links = people.links[row].copy()
        if client.setting in (Setting.GROUP_HOME, Setting.SUPERVISED):
            residents += 1
            links[0] = 0.0
        paid = (facts["given"][places] + people.worker_support[row])[:, None]
        kin = s.family_level * people.warmth[row] * people.has_family[row] * facts["family_home"][places]
        friends = s.informal_level * people.informal[row] * facts["informal"]
        lacking = need - links @ facts["link_support"] - paid - kin[:, None] - friends
        wanted = placement.structure_wanted(p, people.believed[row].mean(), people.wish[row])
        misfit = placement.misfit(
            p,
            facts["stimulation"][places] + p.company * people.informal[row],
            people.believed_upper[row],
            people.believed_lower[row],
            facts["structure"][places],
            wanted,
        )
        points = move_planning.appeal(
            c.world.planning,
            np.maximum(lacking, 0.0).mean(axis=1),
            np.maximum(np.minimum(paid, -lacking), 0.0).mean(axis=1),
            misfit,
            c.inputs.independence[places],
            people.wish[row],
        )
        assert list(appeal(c, client).values()) == pytest.approx(points.tolist(), rel=1e-12, abs=1e-14)
    assert residents > 3
