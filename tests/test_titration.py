"""Belief, titration, growth, placements and the pendulum: each mechanism missed when it is switched off."""

from __future__ import annotations

import numpy as np
import pytest

from cmsim.components import COMPONENTS
from cmsim.model.community import Community
from cmsim.policies.titration import Caseload, ClientLed, Fixed, OverProtective, Responsive, StepDown
from cmsim.schema.codes import PlanStep, Setting
from support import small_run, without

DAYS = 210


@pytest.fixture(scope="module")
def usual():
    return small_run(days=DAYS)


def late(run, column):
    """The mean of the last ten weeks."""
    return float(run.weekly[column][-10:].mean())


# -- components missed -----------------------------------------------------------------------------------


def test_without_assessment_workers_know_less_of_what_people_can_do(usual):
    out = small_run(without("assessment"))
    assert late(out, "belief_error") > late(usual, "belief_error") * 1.05


def test_without_planning_no_move_is_planned():
    eager = {"planning.rate": 30.0, "planning.fit_rate": 30.0}
    there = small_run(days=DAYS, **eager)
    out = small_run(without("planning"), days=DAYS, **eager)
    assert (there.plans["step"] == PlanStep.MOVED).sum() > 3
    assert len(out.plans) == 0
    assert there.people.plan_minutes[there.known].max() > 0.0 == out.people.plan_minutes.max()


def test_without_living_skills_training_people_learn_less():
    keen = {"growth.teach_minutes": 20.0, "growth.rate": 0.0, "growth.tries_rate": 0.0}
    there, out = (small_run(names, days=DAYS, **keen) for names in (COMPONENTS, without("living skills")))
    grown = [run.people.capability_mean[run.known] for run in (there, out)]
    same = min(len(each) for each in grown)
    assert (grown[0][:same] - grown[1][:same]).mean() > 0.005


# -- loops cut -------------------------------------------------------------------------------------------


def test_without_the_titration_balance_doses_are_never_reviewed():
    run = small_run(days=60, **{"loops.titration_balance": False})
    first = Community(run.community.spec)
    np.testing.assert_array_equal(run.people.dose[:60], first.people.dose[:60])


def test_without_the_dependency_trap_help_beyond_need_does_no_harm():
    much = {"titration": {"rule": "fixed", "level": 1.0}, "staff.case_managers": 12}
    trapped, free = (small_run(days=DAYS, both=much, **{"loops.dependency_trap": on}) for on in (True, False))
    assert late(trapped, "dependence") > 0.1 > late(free, "dependence") == 0.0
    assert late(trapped, "capability") < late(free, "capability")
    assert trapped.daily["autonomy"][-1] < free.daily["autonomy"][-1]


def test_without_graduated_autonomy_what_succeeds_alone_teaches_nothing():
    daring = {"growth.tries_rate": 15.0, "growth.step": 0.15, "growth.rate": 0.0}
    there, out = (small_run(days=DAYS, **daring, **{"loops.graduated_autonomy": on}) for on in (True, False))
    assert there.steps["success"].sum() > 20 < out.steps["success"].sum()
    assert late(there, "capability") > late(out, "capability") + 0.005


def test_without_the_pendulum_nobodys_wish_swings_and_nothing_is_pressed(usual):
    out = small_run(days=DAYS, **{"loops.pendulum": False})
    assert np.abs(usual.people.wish[usual.known]).sum() > 0 == np.abs(out.people.wish).sum()
    assert not out.plans["pressed"].any()
    assert not out.plans["wish"].any()


def test_a_place_that_lays_down_too_much_of_the_day_does_not_suit():
    runs = [small_run(days=7, **{"placement.structure.own_flat": level}) for level in (0.15, 0.9)]
    here = (runs[0].people.setting[runs[0].known] == Setting.OWN_FLAT).nonzero()[0]
    loose, tight = (run.people.place_misfit[here] for run in runs)
    assert len(here) > 10
    assert tight.mean() > loose.mean() + 0.1


def test_with_impressions_by_the_calendar_everybody_is_seen_alike():
    run = small_run(days=29, **{"loops.whom_workers_see": False, "belief.holds_days": 1e5})
    start = Community(run.community.spec).people
    served = np.flatnonzero(run.people.worker[:60] >= 0)
    changed = (run.people.believed[served] != start.believed[served]).any(axis=1)
    assert changed.all()


# -- policies of titration -------------------------------------------------------------------------------


def caseload(dose=0.3, need=0.2, wish=0.0, unwell=0.0, since=1e5):
    values = {
        "dose": dose,
        "believed_need": need,
        "wish": wish,
        "known_unwell": unwell,
        "since_discharge": since,
        "since_start": 1e5,
    }
    return Caseload(**{name: np.atleast_1d(np.asarray(value, float)) for name, value in values.items()})


def test_titration_follows_belief_wish_and_caution_as_its_rule_says():
    assert Fixed(level=0.4).next_dose(caseload())[0] == 0.4
    assert StepDown().next_dose(caseload(since=1.0)) > StepDown().next_dose(caseload(since=100.0))
    rule = Responsive()
    assert rule.next_dose(caseload(need=0.6)) > rule.next_dose(caseload(need=0.2))
    assert rule.next_dose(caseload(unwell=1.0))[0] >= rule.unwell
    assert rule.next_dose(caseload(dose=0.22, need=0.2))[0] == 0.22  # within hysteresis
    led = ClientLed(pace=1.0)
    asks, neither, own_life = (led.next_dose(caseload(dose=0.9, need=0.5, wish=w))[0] for w in (-1, 0, 1))
    assert asks > neither > own_life
    careful = OverProtective()
    assert careful.next_dose(caseload(dose=0.1, need=0.3)) > rule.next_dose(caseload(dose=0.1, need=0.3))
    assert careful.next_dose(caseload(dose=0.8, need=0.1))[0] > 0.78  # hardly lowered


def test_no_policy_sees_the_truth():
    assert set(Caseload.__dataclass_fields__) == {
        "dose",
        "believed_need",
        "wish",
        "known_unwell",
        "since_discharge",
        "since_start",
    }


# -- plans -----------------------------------------------------------------------------------------------


def test_every_plan_is_made_first_and_ends_once():
    run = small_run(days=420, clients=80, **{"planning.rate": 8.0, "planning.fit_rate": 6.0, "planning.margin": 0.02})
    made, _, _, moved, held, broke = range(len(PlanStep))
    ended = 0
    for client in set(run.plans["client"].tolist()):
        steps = run.plans["step"][run.plans["client"] == client].tolist()
        open_ = None
        for step in steps:
            if step == made:
                assert open_ is None
                open_ = made
            elif step == moved:
                assert open_ == made
                open_ = moved
            else:
                assert open_ == (moved if step in (held, broke) else made)
                open_, ended = None, ended + 1
    assert ended > 10
    reasons = run.moves[run.moves["reason"] == 12]
    assert len(reasons) == (run.plans["step"] == moved).sum()
