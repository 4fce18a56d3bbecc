"""Claims on assessment and planning: what workers believe, placements that fit or not, wishes that swing."""

from __future__ import annotations

import numpy as np
import pytest

from cmsim import load_scenario
from cmsim.components import COMPONENTS
from cmsim.model.agents.move_plan import appeal
from cmsim.model.community import Community
from cmsim.model.steps.unmet_need import refresh_needs
from cmsim.schema.codes import Diagnosis
from cmsim.submodels import autonomy_conflict, need_belief, placement
from cmsim.validation.claims import Contrast, Measure, claim, scaled

pytestmark = pytest.mark.claims

LONGER = {"clients": 150, "days": 730}
"""Planned moves are rare, and a success shows only half a year after one."""


WHOM = Contrast(
    name="whom_workers_see",
    question="Is what workers expect of people too low, and does that vanish where contact is independent of "
    "how people are?",
    a={},
    b={"world.loops.whom_workers_see": False},
    clients=50,
    warm_up=300,
    days=140,
    measures=(
        Measure("expected_bias", +1),
        Measure("belief_bias", +1),
        Measure("belief_error_discharged", -1),
        Measure("dose", -1),
        Measure("excess_support", -1),
    ),
    draws=50,
)


TORN = {"world.pendulum.conflict": 0.75}
"""People torn between two wishes, whom these claims are about: the upper end of the range."""
CONTROL = Contrast(
    name="over_control",
    question="What do workers do who have to stop the swing, against workers who can bear not to act?",
    base=TORN,
    a={"world.planning.over_control": 0.15},
    b={"world.planning.over_control": 0.6},
    measures=(
        Measure("plans_made", +1),
        Measure("plans_moved", +1),
        Measure("plans_failed", +1),
        Measure("plan_success", -1),
        Measure("relapses", +1),
        Measure("client_contacts", +1),
    ),
    **LONGER,
)
"""Both ends of the declared range; how much is planned is drawn. It once stood beyond both (over-control 0.1
and 0.8, and workers who plan three times as much) for the sake of power."""
PATIENCE = Contrast(
    name="patience",
    question="What does letting wishes stand for months change, against acting as workers are?",
    base=TORN,
    a={},
    b={"service.planning": {"rule": "patient"}},
    measures=(
        Measure("plans_made", -1),
        Measure("plan_success", +1),
        Measure("days_to_move", +1),
        Measure("plans_failed", -1),
        Measure("relapses", -1),
    ),
    **LONGER,
    draws=50,
)


def town(days=0, clients=60, **settings):
    """A small town after some days."""
    spec = load_scenario("usual_care").replace(
        {**scaled(clients), "world.warm_up_days": 0, "run.days": max(days, 1), **settings}
    )
    community = Community(spec)
    for _ in range(days):
        community.step()
    return community


def late(community, column, weeks=12):
    return float(community.ledger["weekly"].rows()[column][-weeks:].mean())


# -- assessment ------------------------------------------------------------------------------------------


@claim(
    "K-24",
    status="built in",
    mechanism="cmsim.submodels.support_need:ability, cmsim.submodels.need_belief:impression, "
    "cmsim.model.steps.worker_beliefs:learn",
    reason="impressions take what is shown that day at face value",
)
def test_just_after_an_episode_belief_is_farther_from_lasting_capability_and_contacts_bring_it_back():
    p = need_belief.Belief()
    lasting, shown = (0.6, 0.6 * 0.8)  # what can be done in the weeks after is less than what can be done for good
    believed, variance, errors = 0.45, p.between**2, []
    for contact in range(12):
        able = lasting - (lasting - shown) * np.exp(-contact / 4.0)
        gain = need_belief.weight(variance, need_belief.precision(p, 5.0, 0.2))
        believed += gain * (able - believed)
        variance *= 1.0 - gain
        errors.append(abs(believed - lasting))
    assert errors[0] > 0.1
    assert errors[-1] < errors[0] / 2.0
    run = town(300, clients=100, **{"world.support.residual_impairment": 0.4})
    assert late(run, "error_discharged", 40) > late(run, "error_settled", 40) * 1.1


@claim(
    "K-25",
    status="emerges",
    mechanism="cmsim.model.state.experience:Experience",
    contrast="whom_workers_see",
    reason="without a parameter of pessimism workers expect less than is true (by 0.04), since they see people most "
    "when they are unwell; with contact independent of how people are, a quarter of it is left",
)
def test_whom_workers_see_lowers_what_they_expect_below_the_truth(examined):
    expected = examined(WHOM)["expected_bias"]
    assert expected.shown
    assert expected.share > 0.9
    assert expected.mean_a < -0.02
    assert abs(expected.mean_b) < abs(expected.mean_a) / 2.0


@claim(
    "K-28",
    status="built in",
    mechanism="cmsim.submodels.need_belief:precision, cmsim.submodels.need_belief:weight, "
    "cmsim.components.assessment:effects, "
    "cmsim.model.steps.worker_beliefs:reads_record",
)
def test_beliefs_are_nearer_the_truth_with_repeated_contact_informants_and_records():
    p = need_belief.Belief()
    variances = [p.between**2]
    for _ in range(5):
        gain = need_belief.weight(variances[-1], need_belief.precision(p, 5.0, 0.3))
        variances.append(float((1.0 - gain) * variances[-1]))
    assert variances == sorted(variances, reverse=True)
    none = {
        f"{part}.practice.components": [each for each in COMPONENTS if each != "assessment"]
        for part in ("service", "baseline")
    }
    told_less = {"world.components.assessment.informant": 0.3, "world.belief.record_minutes": 0.0}
    for seed in (1, 2):  # the last half year of 300 people: in 150 over a quarter chance hid what is not told
        usual, untold, unassessed = (
            late(town(240, clients=300, **each, **{"run.seed": seed}), "belief_error", weeks=24)
            for each in ({}, told_less, none)
        )
        assert usual < untold < unassessed


@claim("K-29", status="built in", mechanism="cmsim.submodels.placement:misfit, cmsim.submodels.placement:loss_ratio")
def test_a_place_breaks_from_too_much_for_one_and_from_too_little_for_another():
    p = placement.Placement()
    halfway_house, own_flat = 0.75, 0.2
    bears_little, bears_no_solitude = (0.45, 0.05), (0.95, 0.40)
    for suits, breaks, who in ((own_flat, halfway_house, bears_little), (halfway_house, own_flat, bears_no_solitude)):
        good, bad = (placement.misfit(p, place, *who, 0.4, 0.4) for place in (suits, breaks))
        assert placement.loss_ratio(p, bad) > 2.0 * placement.loss_ratio(p, good)
    people = town(clients=300).people
    ill = people.diagnosis == Diagnosis.SCHIZOPHRENIA
    assert people.tolerance[ill].mean() < people.tolerance[~ill].mean()
    assert people.lower_limit[ill].mean() < people.lower_limit[~ill].mean()
    crowded = {f"world.support.stimulation.{place}": 0.9 for place in ("family_home", "own_flat")}
    lost = [
        sum(int(row["reason"]) in (0, 1, 13) for row in town(360, **settings).ledger["moves"].rows())
        for settings in ({}, crowded)
    ]
    assert lost[1] > lost[0] + 5


@claim(
    "K-30",
    status="built in",
    mechanism="cmsim.submodels.support_need:aims, cmsim.model.steps.unmet_need:refresh_needs",
    reason="heroic hours that go where a wrong assessment sends them leave half as much again unmet; "
    "that places are chosen worse shows only if suiting weighs enough: not in the lower part of its range",
)
@pytest.mark.parametrize("weight", [0.12, 0.3])
def test_heroic_hours_on_a_wrong_assessment_leave_more_unmet(weight):
    """Hours come out the same for both weights of a misfit in choosing a place; the places chosen do not.

    The weight was 0.12 when this was first looked at, and was then raised to 0.3.
    """
    c = town(clients=300, **{"world.planning.misfit_weight": weight})
    people, n = c.people, c.people.known
    able, everybody = people.able[:n].copy(), np.arange(n)
    upper, lower = people.tolerance[:n].copy(), people.lower_limit[:n].copy()

    def assessed(whose):
        people.believed[:n], people.believed_upper[:n] = able[whose], upper[whose]
        people.believed_lower[:n] = lower[whose]
        places = []
        for client in c.clients[:n]:
            points = appeal(c, client)
            places.append(max(points, key=lambda setting: (points[setting], setting)))
        unmet = []
        for minutes in (0.0, 240.0):
            people.support_minutes[:n] = minutes
            refresh_needs(c, everybody)
            unmet.append(people.unmet[:n].mean())
        stimulation, structure = c.inputs.facts[0]["stimulation"][places], c.inputs.facts[0]["structure"][places]
        wanted = placement.structure_wanted(c.world.placement, able.mean(axis=1), people.wish[:n])
        suits = placement.misfit(c.world.placement, stimulation, upper, lower, structure, wanted)
        return unmet, placement.loss_ratio(c.world.placement, suits).mean()

    (idle, well_known), suits = assessed(everybody)
    suits_less = []
    for other in (1, 3, 7, 13, 19, 31, 43, 61, 79, 101):  # each taken for somebody else, in ten ways
        (same, mistaken), ratio = assessed(np.roll(everybody, other))
        assert idle == same
        assert 1.3 * well_known < mistaken < idle
        suits_less.append(ratio / suits)
    if weight == 0.3:
        assert min(suits_less) > 1.05
    else:
        assert abs(np.mean(suits_less) - 1.0) < 0.05


# -- planning --------------------------------------------------------------------------------------------


@claim(
    "K-31",
    status="built in",
    mechanism="cmsim.submodels.autonomy_conflict:swing_next, cmsim.submodels.autonomy_conflict:wish",
)
def test_stated_wishes_swing_between_two_attractors_where_the_conflict_is_strong():
    p = autonomy_conflict.Pendulum()
    for start, end in ((0.4, 1.0), (-0.4, -1.0)):
        swing = start
        for _ in range(200):
            swing = autonomy_conflict.swing_next(p, swing, 1.0, 0.0)
        assert swing == pytest.approx(end, abs=1e-6)
    swing = 0.8
    for _ in range(400):
        swing = autonomy_conflict.swing_next(p, swing, 0.3, 0.0)
    assert abs(swing) < 0.01

    def flips(conflict):
        c = town(**{"world.pendulum.conflict": conflict, "world.pendulum.subsides_days": 1000.0})
        wishes = []
        for _ in range(364):
            c.step()
            wishes.append(c.people.wish[: c.people.known].copy())
        seen = np.array([each[:60] for each in wishes])
        return sum(len({1.0, -1.0} & set(seen[:, client].tolist())) == 2 for client in range(60))

    assert flips(0.75) > 5 + flips(0.3)


@claim(
    "K-32",
    status="not shown",
    mechanism="cmsim.model.agents.case_manager:CaseManager.decide_on_move, cmsim.submodels.move_planning:pressed",
    contrast="over_control",
    reason="placements rise, and failed placements on average, but these in 65% of draws only (75% was "
    "asked for), since few fail at all; relapses do not rise",
)
def test_workers_who_must_act_make_more_placements_and_on_average_more_that_fail(examined):
    found = examined(CONTROL)
    for name in ("plans_made", "plans_moved", "plans_failed"):
        assert found[name].shown, name
    assert found["plans_made"].share > 0.75
    assert found["plans_failed"].share < 0.75
    assert not found["relapses"].shown


@claim(
    "K-33",
    status="not shown",
    mechanism="cmsim.submodels.autonomy_conflict:kicked, cmsim.submodels.move_planning:pressed",
    contrast="over_control",
    reason="what is pressed for swings back and far more placements fail; but so many more are made "
    "that the share which fails is not clearly higher",
)
def test_more_plans_of_workers_who_must_act_fail_but_not_clearly_a_larger_share(examined):
    p = autonomy_conflict.Pendulum()
    assert autonomy_conflict.kicked(p, 0.8, 0.6, 0.5, 1)[0] < 0.8 < autonomy_conflict.kicked(p, 0.8, 0.6, 0.5, -1)[0]
    assert autonomy_conflict.kicked(p, 0.8, 0.6, 0.5, 1)[1] > 0.6 == autonomy_conflict.kicked(p, 0.8, 0.6, 0.0, 1)[1]
    found = examined(CONTROL)
    assert found["plans_failed"].shown
    assert not found["plan_success"].shown


@claim(
    "K-34",
    status="emerges",
    mechanism="cmsim.policies.move_readiness:Patient, cmsim.submodels.autonomy_conflict:conflict_next",
    contrast="patience",
    reason="with patience there are fewer plans, they come later, fewer fail and a larger share succeeds (0.80 in "
    "place of 0.69, over few moves)",
)
def test_with_patience_there_are_fewer_and_later_plans_and_more_of_them_succeed(examined):
    assert autonomy_conflict.conflict_next(autonomy_conflict.Pendulum(), 0.9, 0.6) < 0.9
    found = examined(PATIENCE)
    for name in ("plans_made", "days_to_move", "plans_failed", "plan_success"):
        assert found[name].shown, name
