"""Workers and who has whom: each mechanism of the workforce does what it says, and nothing once it is off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmsim import simulate
from cmsim.core.sampling import exponential
from cmsim.core.simtime import DAY, WEEK_DAYS
from cmsim.model.community import Community
from cmsim.model.state.columns import HOLDERS
from cmsim.model.workforce import client_assignment, posts
from cmsim.model.workforce.burnout import intensity_held
from cmsim.model.workforce.client_assignment import rooms
from cmsim.schema.codes import ContactKind, ContactOutcome, HandoverKind, StaffEvent
from cmsim.submodels import job_strain, labour_market
from support import run_community, small_scenario

SHARED = "shared_by_team"


def team_scenario(service=None, *, clients=60, warm_up=20, days=100, **more):
    """Return a small agency whose workers leave only if told to; ``service`` holds throughout."""
    more = {"world.workforce.leave_rate": 0.0, **more}
    return small_scenario(service or (), clients=clients, warm_up=warm_up, days=days, workers=4, **more)


def resigning(spec, post=1, day=30):
    return spec.replace({"events": [{"day": day, "resigning_post": post}]})


def handovers(run, how):
    rows = run.arrays("handovers")
    return rows[rows["how"] == HandoverKind.of(how)]


def left(run):
    rows = run.arrays("staff")
    return rows[rows["event"] == StaffEvent.LEFT]


@pytest.fixture(scope="module")
def resigned():
    return {
        rule: simulate(resigning(team_scenario({"caseload.sharing.rule": rule}))) for rule in ("own_clients", SHARED)
    }


def test_a_stated_resignation_takes_place_with_notice_and_changes_nothing_before(resigned):
    spec = team_scenario({"caseload.sharing.rule": "own_clients"})
    run, usual = resigned["own_clients"], simulate(spec)
    assert spec.first_difference_day(run.scenario) == 30
    assert len(left(usual)) == 0
    (gone,) = left(run)
    assert (gone["worker"], gone["minute"] // DAY) == (0, 30 + spec.service.turnover.notice_days)
    mine, theirs = (run_.arrays("contacts") for run_ in (run, usual))
    before = mine["minute"] < 30 * DAY
    assert (mine[before] == theirs[theirs["minute"] < 30 * DAY]).all()


def test_a_shared_team_keeps_what_a_leaver_knew_and_one_with_own_clients_does_not(resigned):
    apart, shared = resigned["own_clients"], resigned[SHARED]
    assert len(handovers(apart, "within the team")) == 0
    inside = handovers(shared, "within the team")
    assert len(inside) > 5
    cold = np.concatenate([handovers(apart, "cold"), handovers(apart, "left without a worker")])

    def kept(rows):
        known = rows[rows["alliance_before"] > 0.4]
        return ((known["alliance_after"] - 0.25) / (known["alliance_before"] - 0.25)).mean()

    assert kept(inside) > 0.6 > 0.3 > kept(cold)


def test_in_a_shared_team_colleagues_stand_in_for_whoever_is_away(resigned):
    def strangers(run):
        """Share of early visits made by somebody else than the own worker."""
        rows = run.arrays("contacts")
        visits = rows[(rows["kind"] == ContactKind.VISIT) & (rows["outcome"] == ContactOutcome.HELD)]
        early = visits[visits["minute"] < 30 * DAY]
        own = run.client_columns["start_worker"]
        known = np.isfinite(own[early["client"]])
        return (early["worker"][known] // HOLDERS != own[early["client"]][known]).mean()

    assert strangers(resigned["own_clients"]) < strangers(resigned[SHARED])


def test_losing_a_worker_is_felt_by_those_with_most_to_lose():
    c = Community(team_scenario())
    rows = np.flatnonzero(c.people.worker[: c.people.known] == 0)
    near, far = rows[np.argmax(c.people.alliance[rows])], rows[np.argmin(c.people.alliance[rows])]
    before = c.people.stress[[near, far]].copy()
    for row in (near, far):
        client_assignment.hand_over(c, c.clients[row], 1)
    felt = c.people.stress[[near, far]] - before
    assert felt[0] > 0.05 > felt[1] >= 0.0


def test_people_left_without_a_worker_drop_out_more_where_the_gap_matters():
    def dropped(gap):
        spec = resigning(
            team_scenario(
                {"turnover.vacancy.rule": "hold_for_successor", "turnover.notice_days": 0},
                days=200,
                **{
                    "world.handover.gap_log": gap,
                    "world.workforce.hire_days": 3000.0,
                    "world.relationship.disengage_rate": 0.4,
                },
            )
        )
        rows = simulate(spec).arrays("registrations")
        return (rows["event"] == 2).sum()

    assert dropped(4.0) > dropped(0.0) + 2


def test_with_the_loop_off_exhaustion_moves_nobody_to_leave():
    def exits(loop):
        world = {
            "world.workforce.leave_rate": 0.22,
            "world.workforce.resting": 50.0,
            "world.workforce.exhaustion_mean": 26.0,
            "world.workforce.leave_exhaustion_log": 0.3,
            "world.loops.burnout_turnover": loop,
        }
        return len(left(simulate(team_scenario(clients=20, days=180, **world))))

    assert exits(True) >= 4 > exits(False)


def test_supervision_goes_only_as_far_as_the_supervisor_s_hours():
    def hours(span_hours):
        c = Community(team_scenario({"staff.supervisor_hours": span_hours}))
        worker = c.at_work[0]
        return worker.supervisor.decide_minutes(worker) * 5 / 60

    assert hours(10.0) == pytest.approx(1.0, abs=0.02)
    assert hours(2.0) == pytest.approx(0.5, abs=0.1)  # four workers in the team
    assert hours(0.0) == 0.0


def test_without_supervision_skill_stands_still_and_with_it_it_grows():
    def grown(supervision):
        c = Community(team_scenario({"turnover.supervision_hours": supervision}))
        c.posts.skill[:4] = before = 0.4
        for _ in range(8 * WEEK_DAYS):
            c.step()
        return c.posts.skill[:4] - before

    assert (grown(0.0) == 0.0).all()
    assert (grown(2.0) > 0.0).all()


def test_whoever_has_the_more_intense_clients_is_held_to_have_them():
    c = Community(team_scenario())
    c.people.distrust[:] = 0.0
    assert not intensity_held(c, 4).any() or (c.people.phase > 0).any()
    mine = c.people.worker == 1
    c.people.distrust[mine] = 1.0
    assert intensity_held(c, 4).argmax() == 1


def test_clients_in_need_take_up_more_of_a_weighted_caseload():
    counted, weighted = (
        Community(team_scenario({"caseload.weighting.rule": rule})) for rule in ("each_counts_one", "weighted_by_need")
    )
    for c in (counted, weighted):
        c.people.belief[:] = np.where(c.people.worker == 0, 0.9, 0.1)
    assert rooms(weighted, 25)[0] < rooms(counted, 25)[0]
    assert rooms(weighted, 25)[1] > rooms(counted, 25)[1]


def test_most_in_need_first_serves_whoever_needs_most():
    for rule, first in (("in_turn", 0), ("most_in_need_first", 2)):
        c = Community(team_scenario({"caseload.waiting_list.rule": rule, "staff.case_managers": 0}, clients=3))
        waiting = [client for _, client in c.staffing.list.entries]
        c.people.belief[[client.row for client in waiting]] = (0.1, 0.2, 0.9)
        assert c.staffing.list._in_order()[0][1] is waiting[first]


def test_watched_caseloads_move_clients_from_the_overloaded():
    def spread(rule):
        c = Community(team_scenario({"caseload.balance.rule": rule, "caseload.size": 20}))
        for client in c.clients:
            if client.worker == 1:
                client_assignment.hand_over(c, client, 0)
        for _ in range(5 * WEEK_DAYS):
            c.step()
        return c.posts.caseload[:2].tolist()

    overloaded, _ = spread("left_alone")
    assert overloaded > 24
    relieved, _ = spread("watched")
    assert relieved <= 21


def test_fewer_posts_by_notice_are_gone_after_the_notice_and_by_attrition_only_in_time():
    def posts(cuts):
        spec = team_scenario(days=60, **{"service.turnover.cuts": cuts, "service.staff.case_managers": 1})
        return simulate(spec).daily["case_managers"].to_numpy()

    gone = posts("layoff")
    assert gone[20 + 27] == 4
    assert gone[20 + 29] == 1
    assert posts("attrition")[-1] == 4


def test_a_programme_of_limited_length_ends_and_takes_people_back_where_it_does():
    def ended(**service):
        service = {f"service.practice.{key}": value for key, value in service.items()}
        return simulate(
            team_scenario(days=150, **service, **{"world.crisis.acute_rate": 0.2, "world.illness.onset_rate": 2.0})
        )

    run = ended(programme_days=60)
    rows = handovers(run, "programme ended")
    assert len(rows) > 40
    assert rows["minute"].min() >= (20 + 60) * DAY
    assert (rows["to_worker"] == -1).all()
    daily = run.daily
    assert daily["waiting"].iloc[-1] < 10  # whose programme has ended does not wait
    assert daily["open"].iloc[-1] > 40
    back = ended(programme_days=60, takes_back=True)
    again = handovers(back, "first worker")
    assert set(again["client"]) & set(rows["client"])
    assert len(handovers(ended(), "programme ended")) == 0


def test_the_agency_hires_whom_it_wants():
    skills = {
        training: Community(team_scenario({"staff.training": training, "turnover.supervision_hours": 0.0})).posts.skill[
            :4
        ]
        for training in ("paraprofessional", "bachelor", "graduate")
    }
    assert (skills["paraprofessional"] < skills["bachelor"]).all()
    assert (skills["bachelor"] < skills["graduate"]).all()


def test_being_on_call_at_night_tires_those_who_are():
    def crisis_load(rule):
        world = {"world.crisis.stressor_rate": 3.0}
        c = Community(team_scenario({"crisis.on_call": {"rule": rule}, "crisis.teams": 0}, **world))
        for _ in range(60):
            c.step()
        return c.posts.exhaustion[:4].mean()

    assert crisis_load("team") > crisis_load("nobody")


def test_the_exhausted_are_off_more_often():
    """13% of days at usual exhaustion, 8.5% at 0 and 25% at 54, beside one week in eight on leave."""
    c = Community(team_scenario())
    away = []
    for exhaustion in (0.0, 54.0):
        c.posts.exhaustion[:4] = exhaustion
        away.append(sum(worker.is_away(day) for worker in c.workers[:4] for day in range(700)) / 2800)
    assert away == pytest.approx([0.20, 0.35], abs=0.04)


def test_the_badly_paid_come_nearer_to_leaving():
    def left_of_threshold(pay):
        c = Community(team_scenario({"turnover.pay": pay}, **{"world.workforce.leave_rate": 0.2}))
        before = c.posts.fair[:4].copy()
        for _ in range(21):
            c.step()
        return c.posts.fair[:4] - before

    assert (left_of_threshold(0.8) < left_of_threshold(1.3)).all()


def teams_of_two(**world):
    """Four workers in two teams of two, each with one colleague in the other team."""
    tied = {"world.workforce.colleagues": 1, **world}
    return Community(team_scenario({"staff.supervisor_span": 2}, **tied))


def tied_with(c, post):
    here, there = c.staffing.tied()
    return set(there[here == post].tolist())


def test_workers_have_ties_within_the_team_and_to_some_of_other_teams():
    apart = teams_of_two(**{"world.workforce.colleagues": 0})
    assert [tied_with(apart, post) for post in range(4)] == [{1}, {0}, {3}, {2}]
    c = teams_of_two()
    assert all(other in tied_with(c, post) for post, other in ((0, 1), (1, 0), (2, 3), (3, 2)))
    across = [facts for *_, facts in c.graph.edges(data=True) if facts["kind"] == "colleague"]
    assert len(across) == 2  # one for each worker of the team that came second


def brought_by(gain, weeks=30):
    """What one exhausted worker brings to those with a tie, and to those two ties away."""

    def burnout_of(level):
        c = teams_of_two(**{"world.workforce.morale_gain": gain})
        c.posts.disposition[:4] = 0.0
        start = min(range(4), key=lambda post: len(tied_with(c, post)))
        c.posts.disposition[start], c.posts.exhaustion[start] = level, 20.0 + level
        for _ in range(weeks * WEEK_DAYS):
            c.step()
        near = tied_with(c, start)
        return c.posts.exhaustion[:4].copy(), sorted(near), sorted(set(range(4)) - near - {start})

    (high, near, far), (usual, _, _) = burnout_of(30.0), burnout_of(0.0)
    return (high - usual)[near].mean(), (high - usual)[far].mean()


def test_morale_travels_over_ties_and_beyond_those_with_a_tie_to_the_exhausted():
    near, far = brought_by(0.45)
    assert near > 3.0
    assert near > far > 0.5
    assert max(map(abs, brought_by(0.0))) < 0.5


def test_a_leaving_shakes_those_with_ties_to_the_leaver_and_nobody_else():
    c = teams_of_two()
    post = next(post for post in range(4) if len(tied_with(c, post)) < 3)
    near = tied_with(c, post)
    posts.leaves(c, post, int(c.posts.holder[post]))
    shaken = c.posts.shaken[:4]
    assert set(np.flatnonzero(shaken).tolist()) == near
    posts.hire(c, post)
    assert c.posts.shaken[post] == 0.0


def test_differences_between_people_stay_where_the_work_is_the_same():
    def spread(sd):
        c = Community(team_scenario({}, clients=60, days=400, **{"world.workforce.disposition_sd": sd}))
        start = c.posts.disposition[:4].copy()
        for _ in range(300):
            c.step()
        return start, c.posts.exhaustion[:4].copy()

    start, later = spread(14.0)
    assert np.corrcoef(start, later)[0, 1] > 0.8
    assert np.std(later) > 2 * np.std(spread(0.01)[1])


def test_load_is_felt_beyond_any_ceiling():
    from cmsim.submodels.job_strain import strain
    from cmsim.submodels.labour_market import Workforce

    felt = [float(strain(Workforce(), load, 0, 0, 0, 0.2, 0.0, 0.0)) for load in (2.0, 4.0, 8.0)]
    assert felt[2] - felt[1] > 10.0 < felt[1] - felt[0]


def test_rewiring_deals_out_ties_to_other_teams_anew():
    def across(rewired):
        world = {"world.network.rewired": rewired, "world.workforce.colleagues": 1}
        service = {"staff.case_managers": 12, "staff.supervisor_span": 3}
        c = Community(team_scenario(service, clients=20, **world))
        ties = [{a, b} for a, b, facts in c.graph.edges(data=True) if facts["kind"] == "colleague"]
        return ties, sorted(c.graph.degree(worker.key) for worker in c.at_work)

    (before, degrees), (after, same) = across(False), across(True)
    assert len(before) == len(after) == 9
    assert any(tie not in before for tie in after)
    assert degrees == same


def wished_to_leave(supervision, relieves):
    """Return the hazard of leaving that a team too small for its clients adds up in half a year, where nobody goes.

    Nobody does, since the hazard is a thousandth of the usual one: the same people are compared.
    """
    spec = team_scenario(
        {"turnover.supervision_hours": supervision, "turnover.cuts": "attrition"},
        days=160,
        **{"world.workforce.leave_rate": 2e-4, "world.mechanisms.supervision_relieves": relieves},
    )
    community = run_community(spec).community
    cells = community.posts
    drawn = [exponential(community.streams.uniform(posts.LEAVES, worker.number), 1.0) for worker in community.at_work]
    assert len(drawn) == 4
    return sum(drawn) - cells.fair[:4].sum(), cells.exhaustion[:4].mean()


def test_supervision_lowers_the_wish_to_leave_only_where_it_relieves():
    """Without the mechanism supervision teaches more than it relieves, and the competent go."""
    (alone, tired), (held, rested) = wished_to_leave(0.0, True), wished_to_leave(2.0, True)
    assert held < 0.85 * alone
    assert rested < tired
    assert wished_to_leave(2.0, False)[0] > wished_to_leave(0.0, False)[0]


@given(st.floats(0.0, 10.0), st.floats(0.0, 4.0), st.floats(0.0, 54.0))
def test_supervision_takes_off_only_what_does_not_fit_and_holds_people(load, hours, exhaustion):
    w = labour_market.Workforce()
    left = float(job_strain.agreed_load(w, load, hours))
    assert min(load, 1.0) <= left <= load
    assert labour_market.pull_of_exhaustion(w, exhaustion, hours + 1.0) <= exhaustion


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_more_who_want_to_leave_are_more_who_leave_but_never_sooner_than_a_place_is_found(wish, more):
    w = labour_market.Workforce()
    gone = labour_market.exit_hazard(w, wish)
    assert gone <= labour_market.exit_hazard(w, wish + more) < 1.0 / w.search_days
    assert gone <= wish
