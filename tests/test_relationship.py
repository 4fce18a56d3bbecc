"""Relationship, hassles, talk and teaching: each mechanism is missed when it is switched off."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from cmsim.components import ALL, COMPONENTS, CONTACT
from cmsim.scenario.world import World
from cmsim.schema.codes import DealtWithBy, HassleKind
from cmsim.submodels.therapeutic_relationship import Relationship, coercion_cost
from cmsim.submodels.worker_stance import Stance, alliance_shift, matched_chance, misfit
from support import small_run, without

WORLD = World()
PARTS = dict(zip(COMPONENTS, ALL, strict=True))
PARAMETERS = {part.name: part.parameters for part in ALL}
DAYS = 200


@pytest.fixture(scope="module")
def usual():
    return small_run()


def contacts(**fixed):
    usual = {**dict.fromkeys(CONTACT.names, 0.5), "kind": 0, "phone": 0.0, "in_vivo": 0.0}
    return SimpleNamespace(**{**usual, **fixed})


def given(name, minutes=20.0, **fixed):
    return PARTS[name].gives(PARAMETERS[name], minutes, contacts(**fixed))


# -- stance ----------------------------------------------------------------------------------------------


def test_the_middle_ground_beats_taking_over_and_leaving_everything_to_the_client():
    p = Stance()
    shift = alliance_shift(p, misfit(0.9, 0.1, np.linspace(0.0, 1.0, 11), p.best.power_organised))
    best = int(np.argmax(shift))
    assert 3 <= best <= 7
    assert (np.diff(shift[: best + 1]) > 0).all()
    assert (np.diff(shift[best:]) < 0).all()


def test_a_skilled_worker_who_knows_the_client_shows_the_stance_that_answers_the_client():
    p = Stance()
    assert matched_chance(p, 0.9, 0.2) > matched_chance(p, 0.3, 0.2)
    assert matched_chance(p, 0.5, 0.9) > matched_chance(p, 0.5, 0.1)
    assert misfit(0.3, 0.6, 1.0, 0.4) == 0.0
    assert misfit(0.7, 0.6, 1.0, 0.4) == pytest.approx(0.36)


def test_alliances_of_one_worker_differ_between_clients_of_one_template(usual):
    people = usual.people
    n = people.known
    mine = (people.worker[:n] == 0) & (people.template[:n] == 0)
    assert mine.sum() > 4
    assert people.alliance_ceiling[:n][mine].std() > 0.03
    alike = small_run(days=7, **{"relationship.dyad_sd": 1e-9, "stance.misfit_loss": 1e-9})
    assert alike.people.dyad[: alike.people.known].std() < 1e-6


def test_a_town_of_workers_who_take_over_has_less_alliance():
    """Where hardly any worker reads the client, what the worker is disposed to decides."""
    blind = {"stance.matched": -3.0, "stance.matched_skill": 1.0, "stance.matched_knowledge": 0.5}
    over, even = (
        small_run(**blind, **{"stance.dominance_mean": mean, "stance.dominance_sd": 0.08, "stance.misfit_loss": 3.0})
        for mean in (0.9, 0.55)
    )
    assert over.people.misfit.mean() > even.people.misfit.mean() + 0.01
    assert over.daily["alliance"][-60:].mean() < even.daily["alliance"][-60:].mean() - 0.01


# -- coercion and conflict -------------------------------------------------------------------------------


def test_owning_the_authority_of_a_coercive_act_costs_less_alliance():
    p = Relationship()
    assert coercion_cost(p, p.commitment_loss, 0.0, True) < coercion_cost(p, p.commitment_loss, 0.0, False)


def committed(**world):
    """Every admission is by commitment."""
    rough = {"illness.onset_rate": 3.0, "crisis.committed_midpoint": 0.7, "crisis.committed_slope": 14.0}
    return small_run(**rough, **world)


def test_a_commitment_costs_alliance_and_leaves_resentment_unless_the_loop_is_cut():
    there, cut = committed(), committed(**{"loops.coercion_distrust": False})
    acts = there.coercions
    assert len(acts) > 5
    assert (acts["alliance_lost"] > 0).all()
    assert acts["alliance_lost"][acts["owned"] == 1].mean() < acts["alliance_lost"][acts["owned"] == 0].mean()
    assert there.people.coerced.max() > 0.02
    assert not cut.coercions["alliance_lost"].any()
    assert not cut.people.coerced.any()


def test_a_visit_on_the_ward_repairs_resentment():
    assert given("engagement", kind=3)["repair"] > 0.0 == given("engagement", kind=0)["repair"]
    assert given("engagement", kind=3)["alliance"] > given("engagement", kind=0)["alliance"]


def test_workers_whose_view_is_far_off_fall_out_with_clients_more(usual):
    often = {"relationship.conflict_rate": 3.0}
    wrong, right = (
        small_run(days=600, clients=90, **view, **often)
        for view in ({"belief.noise": 0.4, "belief.knowledge_gain": 0.4}, {})
    )
    assert len(wrong.conflicts) > len(right.conflicts) > 5
    assert not len(small_run(days=60, **{"relationship.conflict_rate": 0.2, "belief.noise": 0.1}).conflicts) > 30


# -- monitoring ------------------------------------------------------------------------------------------


def reached(minutes, distrust):
    """The alliance a dyad settles at with so many minutes of monitoring a day."""
    from cmsim.submodels.therapeutic_relationship import alliance_faded, alliance_met, strained

    p, level, alliance, watched = Relationship(), 1.0 - distrust, 0.3, 0.0
    for _ in range(1000):
        effect = given("monitoring", minutes, distrust=distrust, unwell=0.0)
        watched = (watched + effect["intrusion"]) * np.exp(-1.0 / p.intrusion_days)
        top = max(level - float(strained(p, p.usual_let_down, 0.0, watched, distrust)), 0.0)
        alliance = alliance_faded(p, alliance_met(alliance, top, effect["alliance"]), top, 1.0)
    return float(alliance)


def test_monitoring_has_an_inverted_u_that_is_steeper_for_the_distrustful():
    minutes = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
    curves = {distrust: [reached(each, distrust) for each in minutes] for distrust in (0.2, 0.5)}
    for curve in curves.values():
        best = int(np.argmax(curve))
        assert 0 < best < len(minutes) - 1
    fall = {distrust: max(curve) - curve[-1] for distrust, curve in curves.items()}
    assert fall[0.5] > fall[0.2] > 0.0
    assert np.argmax(curves[0.5]) <= np.argmax(curves[0.2])


# -- hassles, talk, teaching -----------------------------------------------------------------------------


def test_hassles_told_to_the_worker_are_dealt_with_sooner_and_fester_less(usual):
    often = {"stress.hassle_rate": 12.0, "hassles.fester": 0.2, "hassles.alone_days": 40.0}
    told = small_run(**often, **{"hassles.tells": 8.0})
    kept = small_run(**often, **{"hassles.tells": -8.0})
    by_worker = DealtWithBy.CASE_MANAGER
    assert (told.hassles["by"] == by_worker).mean() > (kept.hassles["by"] == by_worker).mean()
    assert told.hassles["festered"].mean() < kept.hassles["festered"].mean()
    assert told.daily["stress"].mean() < kept.daily["stress"].mean()


def test_a_quarrel_is_settled_with_the_worker_only_where_there_is_supportive_talk(usual):
    quarrel, worker = HassleKind.QUARREL, DealtWithBy.CASE_MANAGER
    out = small_run(without("psychotherapy"))
    mine = [run.hassles[run.hassles["kind"] == quarrel]["by"] for run in (usual, out)]
    assert (mine[0] == worker).sum() > 5
    assert not (mine[1] == worker).any()


def test_without_psychotherapy_strain_stays_higher(usual):
    often = {"stress.hassle_rate": 6.0, "stress.event_rate": 1.0}
    there, out = small_run(**often), small_run(without("psychotherapy"), **often)
    assert out.daily["stress"][60:].mean() > there.daily["stress"][60:].mean()


def test_supportive_talk_does_more_by_the_skilled_the_trusted_and_those_who_know_the_person():
    for name in ("skill", "alliance", "knowledge"):
        more, less = (given("psychotherapy", **{name: level})["relief"] for level in (0.9, 0.2))
        assert more > less


def test_the_same_talk_early_spares_more_strain_than_late():
    """Relief is a share of what strain is left, and strain subsides: within days it meets most of it."""
    p, relief = WORLD.stress, given("psychotherapy", 40.0)["relief"]
    spared = [0.5 * np.exp(-day / p.settling_days) * relief for day in (2, 30)]
    assert spared[0] > 4.0 * spared[1]


def net(**fixed):
    effects = given("psychoeducation", **fixed)
    insight = fixed["insight"]
    return (1.0 - insight) * effects["insight_gained"] - insight * effects["insight_lost"]


def test_psychoeducation_helps_in_a_trusting_relation_and_makes_some_deny():
    assert net(insight=0.5, alliance=0.8, skill=0.5) > net(insight=0.5, alliance=0.4, skill=0.5) > 0.0
    assert net(insight=0.3, alliance=0.1, skill=0.3) < 0.0


def test_without_psychoeducation_insight_stays_where_it_was(usual):
    out = small_run(without("psychoeducation"))
    n = min(usual.people.known, out.people.known)
    moved = [np.abs(run.people.insight - run.people.insight_own)[:n] for run in (usual, out)]
    assert moved[0].mean() > 0.002
    assert not moved[1].any()


# -- medication at hand ----------------------------------------------------------------------------------


def test_prescriptions_are_filled_by_those_with_means_and_side_effects_come_back(usual):
    poor = small_run(**{"medication.fills": 0.3, "population.capability": 0.3})
    assert 0.5 < poor.prescriptions["filled"].mean() < usual.prescriptions["filled"].mean() < 1.0
    # what the pharmacy does not give, the worker sees to
    alone = small_run(without("physician and hospital"), **{"medication.fills": 0.3, "population.capability": 0.3})
    assert alone.daily["without_supply"][60:].mean() > 2 * poor.daily["without_supply"][60:].mean()
    lasting = small_run(**{"medication.side_effect_days": 900.0})
    n = usual.people.known
    assert lasting.people.side_effects[:n].mean() < usual.people.side_effects[:n].mean()


def test_side_effects_lower_the_adherence_that_people_settle_at():
    settled = [small_run(days=14, **{"medication.side_effect_loss": loss}) for loss in (0.2, 2.0)]
    light, heavy = (run.people.willing[run.known].mean() for run in settled)
    assert heavy < light - 0.02


def test_the_loop_of_information_and_dosing_can_be_cut():
    there, cut = (small_run(**{"loops.information_dosing": on}) for on in (True, False))
    n = there.people.known
    assert (there.people.reported[:n] >= 0).any()
    assert there.people.side_effects[:n].mean() < cut.people.side_effects[:n].mean()


def test_the_loop_of_alliance_and_disclosure_can_be_cut():
    """With the loop cut, people who trust the worker least tell as much as the others."""
    low = {"relationship.template.collaborative": 0.65, "relationship.first": 0.1, "stress.hassle_rate": 6.0}
    there, cut = (small_run(**low, **{"loops.alliance_disclosure": on}) for on in (True, False))
    told = [run.hassles["told"].mean() for run in (there, cut)]
    assert told[1] > told[0]


def test_the_loop_of_crises_crowding_out_visits_can_be_cut():
    """With the loop cut, a worker is with somebody in crisis and on a planned visit at the same time."""

    def at_once(run):
        mine = run.contacts[(run.contacts["by"] == 0) & (run.contacts["outcome"] == 0)]
        mine = mine[np.lexsort((mine["minute"], mine["worker"]))]
        crisis = mine["kind"] == 2
        same = mine["worker"][1:] == mine["worker"][:-1]
        overlaps = same & (mine["minute"][1:] < mine["minute"][:-1] + mine["minutes"][:-1])
        return (overlaps & (crisis[1:] | crisis[:-1])).sum()

    rough = {"illness.onset_rate": 6.0, "crisis.acute_rate": 0.2, "crisis.calls_own_worker": 2.0}
    there, cut = (small_run(**rough, **{"loops.crisis_crowd_out": on}) for on in (True, False))
    assert at_once(there) == 0 < at_once(cut)


# -- after a discharge -----------------------------------------------------------------------------------


def test_somebody_out_of_reach_after_a_discharge_is_out_of_reach_again_and_again():
    from cmsim.submodels.inpatient_care import withdraws_chance

    p = WORLD.hospital
    assert withdraws_chance(p, 0.5, False, False, 0.2) > withdraws_chance(p, 0.5, False, False, 0.0)
    rough = {"illness.onset_rate": 6.0, "hospital.informs": 0.3}
    never, always = (
        small_run(
            **rough, **{"hospital.withdraws": odds, "hospital.withdrawn_days": 120.0, "hospital.withdrawn_share": 0.01}
        )
        for odds in (-9.0, 9.0)
    )
    late = []
    for run in (never, always):
        stays = run.admissions[run.admissions["discharged"] > 0]
        met = run.contacts[(run.contacts["outcome"] == 0) & (run.contacts["with"] == 0)]
        met = met[(met["mode"] == 0) & (met["place"] != 3) & (met["by"] < 2)]
        found = [
            ((met["client"] == stay["client"]) & (np.abs(met["minute"] - stay["discharged"] - 21_600) < 21_600)).any()
            for stay in stays[stays["discharged"] < (DAYS - 30) * 1440]
        ]
        late.append(np.mean(found))
    assert late[1] < late[0] - 0.2


def test_a_worker_who_is_not_let_in_tries_less_and_less_often():
    none = {"relationship.comes_log_odds": 0.3, "relationship.comes_engagement": 1.0}
    tries = []
    for back_off in (1.0, 2.5):
        run = small_run(both={"contact.back_off": back_off, "contact.back_off_most": 8.0}, **none)
        tries.append(((run.contacts["outcome"] == 1) & (run.contacts["by"] == 0)).sum())
    assert tries[1] < tries[0]
