"""Rules as properties: bounds, directions, a float and a column alike; chance, addressed and waiting."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from cmsim.core import random_streams, sampling
from cmsim.core.compilation import numbers
from cmsim.core.hazard_clocks import Clocks, DailyHazard, WeeklyHazard
from cmsim.core.random_streams import Draws
from cmsim.model.agents.hospital import OUTSIDE_GAP
from cmsim.model.setup.population import TRAITS
from cmsim.model.steps.contact_scheduling import CONTACT
from cmsim.schema.codes import FACTORS
from cmsim.submodels import (
    agency_referral,
    autonomy_conflict,
    capability_growth,
    contact_time,
    crisis,
    expectation,
    family_climate,
    handover,
    housing,
    illness,
    informal_ties,
    inpatient_care,
    job_strain,
    labour_market,
    medication,
    move_planning,
    need_belief,
    placement,
    stress,
    support_need,
    therapeutic_relationship,
)

quick = settings(max_examples=40, deadline=None, derandomize=True)

UP, DOWN, EITHER = 1, -1, 0
UNIT = (0.0, 1.0)
FLAG = (0.0, 1.0)
SLACK = 1e-12
INF = math.inf


@dataclass(frozen=True)
class Rule:
    """A rule; where each argument lies and which way the answer moves with it; the answer's bounds."""

    answer: object
    arguments: dict[str, tuple[tuple[float, float], int]]
    low: float
    high: float


def level(direction):
    return (UNIT, direction)


def unit_rule(answer, low=0.0, high=1.0, **directions):
    """A rule whose arguments all run from 0 to 1."""
    return Rule(answer, {name: level(direction) for name, direction in directions.items()}, low, high)


ILL, CRISIS_P, FAMILY, HOSPITAL = (
    illness.Illness(),
    crisis.Crisis(),
    family_climate.Family(),
    inpatient_care.Hospital(),
)
HOUSING, MEDICATION, NETWORK, REFERRAL = (
    housing.Housing(),
    medication.Medication(),
    informal_ties.Network(),
    agency_referral.Referral(),
)
RELATION, STRESS, SUPPORT = therapeutic_relationship.Relationship(), stress.Stress(), support_need.Support()
WORK, HANDOVER = labour_market.Workforce(), handover.Handover()
TIMES, BELIEF = contact_time.ContactTime(), need_belief.Belief()
GROWTH, PLACE, SWING, PLANS = (
    capability_growth.Growth(),
    placement.Placement(),
    autonomy_conflict.Pendulum(),
    move_planning.Planning(),
)
EXPECTED = expectation.Expectation()


def crisis_hazard(acute, stress, home_support, settled):
    return crisis.crisis_hazard(CRISIS_P, acute, stress, crisis.support_ratio(CRISIS_P, home_support), settled)


RULES = {
    "onset hazard": Rule(
        lambda slow, effective, stress, recency: illness.onset_hazard(ILL, slow, effective, stress, recency),
        {"slow": ((-3.0, 3.0), UP), "effective": level(DOWN), "stress": level(UP), "recency": level(UP)},
        0.0,
        INF,
    ),
    "acute length": unit_rule(lambda effective: illness.acute_length(ILL, 30.0, effective), 0.0, 30.0, effective=DOWN),
    "prodrome length": unit_rule(lambda recency: illness.prodrome_length(ILL, 18.0, recency), 0.0, 18.0, recency=DOWN),
    "crisis hazard": unit_rule(crisis_hazard, 0.0, INF, acute=UP, stress=UP, home_support=DOWN, settled=DOWN),
    "contact with family": unit_rule(
        lambda home, present: family_climate.contact_share(FAMILY, home, present), home=UP, present=UP
    ),
    "burden": unit_rule(
        lambda burden, contact, ill, need, knowledge: family_climate.burden_next(
            FAMILY, burden, contact, ill, need, knowledge, 30.0
        ),
        burden=UP,
        contact=EITHER,
        ill=UP,
        need=UP,
        knowledge=DOWN,
    ),
    "criticism": unit_rule(
        lambda criticism, disposition, burden, warmth: family_climate.criticism_next(
            FAMILY, criticism, disposition, burden, warmth, 30.0
        ),
        criticism=UP,
        disposition=UP,
        burden=UP,
        warmth=DOWN,
    ),
    "family calls": unit_rule(
        lambda contact, knowledge: family_climate.call_hazard(FAMILY, contact, knowledge), contact=UP, knowledge=UP
    ),
    "pace of recovery": Rule(
        lambda visits, homeless, pressure: inpatient_care.recovery_pace(HOSPITAL, visits, homeless, pressure),
        {"visits": ((0.0, 10.0), UP), "homeless": (FLAG, DOWN), "pressure": level(UP)},
        0.0,
        INF,
    ),
    "loss of a place": unit_rule(
        lambda ratio, unmet, ill, substance, worker: housing.loss_hazard(HOUSING, ratio, unmet, ill, substance, worker),
        0.0,
        INF,
        ratio=UP,
        unmet=UP,
        ill=UP,
        substance=UP,
        worker=DOWN,
    ),
    "finds a room": Rule(
        lambda capability, years: housing.exit_hazard(HOUSING, capability, years),
        {"capability": level(UP), "years": ((0.0, 20.0), DOWN)},
        0.0,
        INF,
    ),
    "arrest": unit_rule(
        lambda homeless, acute: housing.arrest_hazard(HOUSING, homeless, acute), 0.0, INF, homeless=UP, acute=UP
    ),
    "adherence settled at": Rule(
        lambda disposition, insight, alliance, side_effects, substance, depot: medication.adherence_target(
            MEDICATION, disposition, insight, alliance, side_effects, substance, depot
        ),
        {
            "disposition": ((-3.0, 3.0), UP),
            "insight": level(UP),
            "alliance": level(UP),
            "side_effects": level(DOWN),
            "substance": (FLAG, DOWN),
            "depot": (FLAG, UP),
        },
        0.0,
        1.0,
    ),
    "adherence": unit_rule(
        lambda adherence, target: medication.adherence_next(MEDICATION, adherence, target), adherence=UP, target=UP
    ),
    "stops medication": unit_rule(
        lambda side_effects, alliance, disposition: medication.stop_logs(
            MEDICATION, side_effects, alliance, disposition
        ),
        -INF,
        INF,
        side_effects=UP,
        alliance=DOWN,
        disposition=DOWN,
    ),
    "tie": unit_rule(
        lambda strength, closeness, ill, homeless: informal_ties.tie_next(
            NETWORK, strength, closeness, ill, homeless, 30.0
        ),
        strength=UP,
        closeness=UP,
        ill=DOWN,
        homeless=DOWN,
    ),
    **{
        f"follows a referral, help {help_level}": Rule(
            lambda capability, alliance, trauma, unwell, years, help_level=help_level: agency_referral.follow_chance(
                REFERRAL, help_level, capability, alliance, trauma, unwell, years
            ),
            {
                "capability": level(UP),
                "alliance": level(UP),
                "trauma": (FLAG, DOWN),
                "unwell": (FLAG, DOWN),
                "years": ((0.0, 20.0), DOWN),
            },
            0.0,
            1.0,
        )
        for help_level in (0, 1, 2)
    },
    "is accepted": unit_rule(
        lambda relation, prepared: agency_referral.accept_chance(REFERRAL, relation, prepared),
        relation=UP,
        prepared=EITHER,
    ),
    "link ends": unit_rule(
        lambda prepared, alliance: agency_referral.link_end_hazard(REFERRAL, prepared, alliance),
        0.0,
        INF,
        prepared=DOWN,
        alliance=DOWN,
    ),
    "alliance reached": Rule(
        lambda template, dyad, skill: therapeutic_relationship.alliance_ceiling(RELATION, template, dyad, skill),
        {"template": level(UP), "dyad": ((-0.5, 0.5), UP), "skill": level(UP)},
        0.0,
        1.0,
    ),
    "alliance met": Rule(
        therapeutic_relationship.alliance_met,
        {"alliance": level(UP), "ceiling": level(UP), "push": ((0.0, 5.0), EITHER)},
        0.0,
        1.0,
    ),
    "alliance faded": unit_rule(
        lambda alliance, ceiling: therapeutic_relationship.alliance_faded(RELATION, alliance, ceiling, 7.0),
        alliance=UP,
        ceiling=UP,
    ),
    "knowledge met": Rule(
        lambda knowledge, minutes: therapeutic_relationship.knowledge_met(RELATION, knowledge, minutes),
        {"knowledge": level(UP), "minutes": ((0.0, 500.0), UP)},
        0.0,
        1.0,
    ),
    "engagement": Rule(
        lambda openness, alliance, insight, substance, intrusion: therapeutic_relationship.engagement_target(
            RELATION, openness, alliance, insight, substance, intrusion
        ),
        {
            "openness": ((-0.5, 0.5), UP),
            "alliance": level(UP),
            "insight": level(UP),
            "substance": (FLAG, DOWN),
            "intrusion": ((0.0, 3.0), DOWN),
        },
        0.0,
        1.0,
    ),
    "comes": unit_rule(
        lambda engagement, in_vivo, phone: therapeutic_relationship.comes_chance(RELATION, engagement, in_vivo, phone),
        engagement=UP,
        in_vivo=UP,
        phone=UP,
    ),
    "disengages": Rule(
        lambda engagement, months: therapeutic_relationship.disengage_logs(RELATION, engagement, months),
        {"engagement": level(DOWN), "months": ((0.0, 6.0), UP)},
        -INF,
        INF,
    ),
    "stress pulled to": unit_rule(
        lambda unmet, criticism, neighbours, unwell: stress.pull(STRESS, unmet, criticism, neighbours, unwell),
        unmet=UP,
        criticism=UP,
        neighbours=UP,
        unwell=UP,
    ),
    "stress": unit_rule(lambda now, to: stress.stress_next(STRESS, now, to), now=UP, to=UP),
    "support of the worker": Rule(
        lambda minutes: support_need.worker_support(SUPPORT, minutes),
        {"minutes": ((0.0, 2000.0), UP)},
        0.0,
        SUPPORT.worker_ceiling,
    ),
    "capability": Rule(
        lambda capability, ceiling, gap, excess, taught: capability_growth.capability_next(
            GROWTH, capability, ceiling, gap, excess, taught, 7.0
        ),
        {
            "capability": level(UP),
            "ceiling": level(UP),
            "gap": level(EITHER),
            "excess": level(DOWN),
            "taught": ((0.0, 2000.0), UP),
        },
        0.0,
        1.0,
    ),
    "dependence": unit_rule(
        lambda dependence, excess, dependent: capability_growth.dependence_next(
            GROWTH, dependence, excess, dependent, 7.0
        ),
        dependence=UP,
        excess=UP,
        dependent=UP,
    ),
    "autonomy": unit_rule(
        lambda autonomy, capability, dependence: capability_growth.autonomy_next(
            GROWTH, autonomy, capability, dependence, 7.0
        ),
        autonomy=UP,
        capability=UP,
        dependence=DOWN,
    ),
    "strain of help withdrawn": unit_rule(
        lambda dependence, used_to, given: capability_growth.withdrawal(GROWTH, dependence, used_to, given),
        0.0,
        INF,
        dependence=UP,
        used_to=UP,
        given=DOWN,
    ),
    "trying alone": Rule(
        lambda autonomy, goal, dependence: capability_growth.tries_hazard(GROWTH, autonomy, goal, dependence),
        {"autonomy": level(UP), "goal": ((-1.5, 1.5), UP), "dependence": level(DOWN)},
        0.0,
        INF,
    ),
    "success alone": unit_rule(lambda gap: capability_growth.success_chance(GROWTH, gap), gap=DOWN),
    "ability now": unit_rule(
        lambda capability, able_in_phase, convalescence: support_need.ability(
            SUPPORT, np.asarray(capability)[..., None], able_in_phase, convalescence
        )[..., 0],
        capability=UP,
        able_in_phase=UP,
        convalescence=DOWN,
    ),
    "symptoms": Rule(
        lambda frailty, episode, convalescence, effective: expectation.symptoms(
            EXPECTED, frailty, episode, convalescence, effective
        ),
        {"frailty": ((-3.0, 3.0), UP), "episode": level(UP), "convalescence": level(UP), "effective": level(DOWN)},
        0.0,
        1.0,
    ),
    "demand": Rule(
        lambda asked, activity, criticism: expectation.demand(EXPECTED, asked, activity, criticism),
        {"asked": ((0.0, 2000.0), UP), "activity": level(UP), "criticism": level(UP)},
        0.0,
        1.0,
    ),
    "demand that can be borne": unit_rule(
        lambda tolerance, symptoms, alliance, practised: expectation.bearable(
            EXPECTED, tolerance, symptoms, alliance, practised
        ),
        tolerance=UP,
        symptoms=DOWN,
        alliance=UP,
        practised=UP,
    ),
    "pressure": unit_rule(expectation.pressure, demand=UP, bearable=DOWN),
    "demand practised": unit_rule(
        lambda practised, demand, bearable: expectation.practised_next(EXPECTED, practised, demand, bearable, 7.0),
        practised=UP,
        demand=UP,
        bearable=UP,
    ),
    "what a person relies on": unit_rule(
        lambda capability, practised, pressure: expectation.dared(EXPECTED, capability, practised, pressure),
        capability=UP,
        practised=UP,
        pressure=DOWN,
    ),
    "teaching that is learnt": unit_rule(expectation.learnt_share, demand=DOWN, bearable=UP),
    "structure wanted": Rule(
        lambda able, wish: placement.structure_wanted(PLACE, able, wish),
        {"able": level(DOWN), "wish": ((-1.0, 1.0), DOWN)},
        0.0,
        1.0,
    ),
    "misfit of a place": unit_rule(
        lambda stimulation, upper, lower, structure, wanted: placement.misfit(
            PLACE, stimulation, upper, lower, structure, wanted
        ),
        0.0,
        PLACE.most,
        stimulation=EITHER,
        upper=DOWN,
        lower=UP,
        structure=EITHER,
        wanted=EITHER,
    ),
    "loss of a place by misfit": Rule(
        lambda misfit: placement.loss_ratio(PLACE, misfit), {"misfit": ((0.0, 4.0), UP)}, 0.0, INF
    ),
    "swing of wishes": Rule(
        lambda swing, conflict, deviate: autonomy_conflict.swing_next(SWING, swing, conflict, deviate),
        {"swing": ((-1.5, 1.5), EITHER), "conflict": level(EITHER), "deviate": ((-4.0, 4.0), UP)},
        -1.5,
        1.5,
    ),
    "conflict of wishes": unit_rule(
        lambda conflict, own: autonomy_conflict.conflict_next(SWING, conflict, own), conflict=UP, own=UP
    ),
    "plan of a move": Rule(
        lambda minutes, wishes, held, hold, control: move_planning.hazard(PLANS, minutes, wishes, held, hold, control),
        {
            "minutes": ((0.0, 200.0), UP),
            "wishes": level(EITHER),
            "held": ((0.0, 1000.0), UP),
            "hold": ((0.0, 400.0), DOWN),
            "control": level(UP),
        },
        0.0,
        INF,
    ),
    "appeal of a place": Rule(
        lambda unmet, excess, misfit, own_life, wish: move_planning.appeal(
            PLANS, unmet, excess, misfit, own_life, wish
        ),
        {
            "unmet": level(DOWN),
            "excess": level(DOWN),
            "misfit": ((0.0, 3.0), DOWN),
            "own_life": level(EITHER),
            "wish": ((-1.0, 1.0), UP),
        },
        -INF,
        INF,
    ),
    "overload": unit_rule(support_need.overload, stimulation=UP, tolerance=DOWN),
    "exhaustion": Rule(
        lambda exhaustion, target, colleagues: job_strain.exhaustion_next(WORK, exhaustion, target, colleagues, 7.0),
        {"exhaustion": ((0.0, 54.0), UP), "target": ((-15.0, 80.0), UP), "colleagues": ((0.0, 54.0), UP)},
        0.0,
        54.0,
    ),
    "strain of a week": Rule(
        lambda load, crises, overtime, unsocial, intense, supervision, rested: job_strain.strain(
            WORK, load, crises, overtime, unsocial, intense, supervision, rested
        ),
        {
            "load": ((0.0, 20.0), UP),
            "crises": ((0.0, 10.0), UP),
            "overtime": ((0.0, 20.0), UP),
            "unsocial": ((0.0, 20.0), UP),
            "intense": level(UP),
            "supervision": ((0.0, 10.0), DOWN),
            "rested": level(DOWN),
        },
        0.0,
        INF,
    ),
    "relief": Rule(
        lambda supervision, team, shared: job_strain.relief(WORK, supervision, team, shared),
        {"supervision": ((0.0, 10.0), UP), "team": level(UP), "shared": level(UP)},
        0.0,
        INF,
    ),
    "day off": Rule(
        lambda exhaustion: job_strain.absent_chance(WORK, exhaustion), {"exhaustion": ((0.0, 54.0), UP)}, 0.0, 1.0
    ),
    "fills a vacancy": Rule(lambda pay: labour_market.vacancy_days(WORK, pay), {"pay": ((0.2, 5.0), DOWN)}, 0.0, INF),
    "alliance passed on": Rule(
        lambda alliance, kept: handover.alliance_passed(0.25, alliance, kept),
        {"alliance": level(UP), "kept": level(UP)},
        0.0,
        1.0,
    ),
    "stress of a loss": Rule(
        lambda before, after: handover.loss_stress(HANDOVER, before, after),
        {"before": level(UP), "after": level(DOWN)},
        0.0,
        1.0,
    ),
    "leaves the post": Rule(
        lambda exhaustion, pay, skill, career, colleagues: labour_market.leave_hazard(
            WORK, exhaustion, pay, skill, career, colleagues
        ),
        {
            "exhaustion": ((0.0, 54.0), UP),
            "pay": ((0.2, 5.0), DOWN),
            "skill": level(UP),
            "career": level(DOWN),
            "colleagues": ((0.0, 5.0), UP),
        },
        0.0,
        INF,
    ),
    "skill": Rule(
        lambda skill, supervision: labour_market.skill_next(WORK, skill, supervision, 7.0),
        {"skill": level(UP), "supervision": ((0.0, 20.0), UP)},
        0.0,
        1.0,
    ),
    "caseload carried": Rule(
        lambda days: labour_market.carried_share(WORK, days), {"days": ((0.0, 4000.0), UP)}, 0.0, 1.0
    ),
    "writing up": Rule(
        lambda minutes: contact_time.notes_minutes(TIMES, minutes),
        {"minutes": ((0.0, 480.0), UP)},
        TIMES.notes_least,
        480.0,
    ),
    "length of a contact": Rule(
        lambda mean, deviate: contact_time.lengths(TIMES, mean, deviate),
        {"mean": ((0.0, 480.0), UP), "deviate": ((-6.0, 6.0), UP)},
        0.0,
        INF,
    ),
    "precision of an impression": Rule(
        lambda minutes, knowledge: need_belief.precision(BELIEF, minutes, knowledge),
        {"minutes": ((0.0, 480.0), UP), "knowledge": level(UP)},
        0.0,
        INF,
    ),
    "weight of an impression": Rule(
        lambda variance, precision: need_belief.weight(variance, precision),
        {"variance": ((0.0, 1.0), UP), "precision": ((0.0, 1e4), UP)},
        0.0,
        1.0,
    ),
    "belief handed over": unit_rule(
        lambda believed, expected: need_belief.handed_over(0.4, believed, expected), believed=UP, expected=UP
    ),
    "believed need": unit_rule(
        lambda demand, believed: need_belief.believed_need(demand, believed), demand=UP, believed=DOWN
    ),
}


def points(rule):
    return st.fixed_dictionaries({name: st.floats(*ends) for name, (ends, _) in rule.arguments.items()})


@pytest.mark.parametrize("name", RULES)
def test_a_rule_stays_within_bounds_and_moves_as_stated(name):
    rule = RULES[name]

    @quick
    @given(points(rule), points(rule))
    def holds(here, there):
        answer = float(rule.answer(**here))
        assert rule.low - SLACK <= answer <= rule.high + SLACK  # and so it is no nan
        for argument, (_, direction) in rule.arguments.items():
            if direction == EITHER:
                continue
            step = math.copysign(1.0, there[argument] - here[argument])
            moved = float(rule.answer(**{**here, argument: there[argument]}))
            assert direction * step * (moved - answer) >= -SLACK * max(1.0, abs(answer)), argument

    holds()


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_the_same_of_one_person_and_of_a_column(name):
    rule = RULES[name]

    @settings(quick, max_examples=10)
    @given(st.lists(points(rule), min_size=1, max_size=9))
    def holds(people):
        columns = {argument: np.array([each[argument] for each in people]) for argument in rule.arguments}
        each = [float(rule.answer(**person)) for person in people]
        np.testing.assert_allclose(np.broadcast_to(rule.answer(**columns), len(people)), each, rtol=1e-13)

    holds()


ADMISSION = {
    "severity": UP,
    "knowledge": DOWN,
    "skill": DOWN,
    "home_support": DOWN,
    "homeless": UP,
    "emergency": UP,
    "recency": UP,
    "threshold": DOWN,
}


@quick
@given(st.fixed_dictionaries(dict.fromkeys(ADMISSION, st.floats(*UNIT))), st.sampled_from(sorted(ADMISSION)))
def test_admission_moves_with_danger_and_with_who_vouches(here, argument):
    lower, higher = {**here, argument: 0.0}, {**here, argument: 1.0}
    chances = [crisis.admission_chance(CRISIS_P, **each) for each in (lower, higher)]
    assert 0.0 < chances[0] < 1.0
    assert ADMISSION[argument] * (chances[1] - chances[0]) > 0.0


@quick
@given(st.floats(0.2, 0.8), st.floats(*UNIT), st.floats(*UNIT))
def test_commitment_needs_danger_and_is_less_likely_with_insight_and_trust(danger, insight, alliance):
    def chance_of(**changed):
        usual = {"severity": danger, "insight": insight, "alliance": alliance, "own_worker": True}
        return crisis.commitment_chance(CRISIS_P, **{**usual, **changed})

    assert chance_of(severity=danger + 0.1) > chance_of() > 0.0
    assert chance_of(insight=insight + 0.1) < chance_of()
    assert chance_of(alliance=alliance + 0.1) < chance_of()
    assert chance_of(own_worker=False) >= chance_of()


@quick
@given(st.integers(0, 100), st.integers(1, 100))
def test_pressure_on_beds_grows_as_they_fill_and_is_none_without_beds(people, beds):
    pressed = inpatient_care.pressure(HOSPITAL, people, beds)
    assert 0.0 <= pressed <= inpatient_care.pressure(HOSPITAL, people + 1, beds) <= 1.0
    assert inpatient_care.pressure(HOSPITAL, people, beds + 1) <= pressed
    assert inpatient_care.pressure(HOSPITAL, people, 0) == 0.0


@quick
@given(st.floats(0.01, 0.99), st.floats(*UNIT), st.floats(*UNIT))
def test_more_help_with_a_referral_never_does_harm_to_it(capability, alliance, trauma):
    chances = [
        float(agency_referral.follow_chance(REFERRAL, help_level, capability, alliance, trauma, 0, 0))
        for help_level in (0, 1, 2)
    ]
    assert chances == sorted(chances)


@quick
@given(st.floats(0.0, 0.8), st.floats(0.01, 0.9))
def test_capability_grows_most_where_support_is_a_little_below_need(capability, gap):
    def grown(at):
        return float(capability_growth.capability_next(GROWTH, capability, 0.9, at, 0.0, 0.0, 7.0))

    assert capability <= grown(gap) <= grown(GROWTH.gap) + SLACK
    assert grown(0.0) == capability


@quick
@given(st.floats(*UNIT), st.floats(*UNIT), st.floats(0.0, 5.0))
def test_contacts_move_alliance_toward_its_ceiling_and_never_past_it(alliance, ceiling, push):
    met = float(therapeutic_relationship.alliance_met(alliance, ceiling, push))
    low, high = sorted((alliance, ceiling))
    assert low - SLACK <= met <= high + SLACK


@quick
@given(
    st.fixed_dictionaries({name: st.floats(*UNIT) for name in ("criticism", "unmet", "overload", "substance")}),
    st.floats(-2.0, 2.0),
    st.integers(0, 30),
    st.floats(*UNIT),
    st.floats(*UNIT),
    st.floats(*UNIT),
)
def test_the_named_factors_multiply_up_to_the_hazard_of_onset(slow, frailty, admissions, effective, strain, recency):
    logs = illness.slow_logs(ILL, np.zeros(len(FACTORS)), frailty=frailty, admissions=admissions, **slow)
    quiet = logs.sum()
    logs = illness.fast_logs(ILL, logs, effective=effective, stress=strain, recency=recency)
    hazard = float(illness.onset_hazard(ILL, quiet, effective, strain, recency))
    assert hazard == pytest.approx(ILL.onset_rate / 365 * math.prod(np.exp(logs)), rel=1e-12)
    assert illness.chance_acute(ILL, False, False, effective) == pytest.approx(ILL.turns_acute)


# -- from one uniform number to an outcome ---------------------------------------------------------------

INSIDE = st.floats(1e-6, 1.0 - 1e-6)


@quick
@given(INSIDE, st.floats(0.1, 100.0), st.floats(0.1, 2.0))
def test_transforms_are_the_inverses_of_their_distributions(u, mean, cv):
    assert sampling.exponential(u, mean) == pytest.approx(stats.expon.ppf(u, scale=mean), rel=1e-9)
    assert sampling.normal(u, mean, cv) == pytest.approx(stats.norm.ppf(u, mean, cv), rel=1e-9, abs=1e-9)
    sigma = math.sqrt(math.log1p(cv * cv))
    log_scale = stats.lognorm(sigma, scale=mean / math.sqrt(1 + cv * cv))
    assert sampling.lognormal(u, mean, cv) == pytest.approx(log_scale.ppf(u), rel=1e-9)
    assert log_scale.mean() == pytest.approx(mean)
    assert log_scale.std() / log_scale.mean() == pytest.approx(cv)


@quick
@given(INSIDE, INSIDE, st.floats(0.02, 0.98), st.floats(0.1, 1.5))
def test_every_transform_is_monotone_in_its_number(one, other, mean, spread):
    low, high = sorted((one, other))
    for transform in (
        lambda u: sampling.exponential(u, mean),
        lambda u: sampling.normal(u, mean, spread),
        lambda u: sampling.lognormal(u, mean, spread),
        lambda u: sampling.beta_like(u, mean, spread),
        lambda u: sampling.categorical(u, np.array([1.0, 0.0, 2.0, 3.0])),
    ):
        assert transform(low) <= transform(high)
    assert 0.0 < sampling.beta_like(low, mean, spread) < 1.0
    assert sampling.beta_like(0.5, mean, spread) == pytest.approx(mean)
    assert sampling.logit(sampling.logistic(sampling.logit(mean))) == pytest.approx(sampling.logit(mean))


def test_a_category_gets_its_share_of_the_numbers_and_an_empty_one_gets_none():
    shares = np.array([1.0, 0.0, 3.0])
    u = (np.arange(4000) + 0.5) / 4000
    assert np.bincount(sampling.categorical(u, shares), minlength=3).tolist() == [1000, 0, 3000]


def test_the_mean_of_the_transformed_numbers_is_the_mean_asked_for():
    for transform in (lambda u: sampling.exponential(u, 11.0), lambda u: sampling.lognormal(u, 11.0, 1.36)):
        mean, error = integrate.quad(transform, 0.0, 1.0, limit=200)
        assert mean == pytest.approx(11.0, abs=max(10 * error, 1e-3))


@quick
@given(st.floats(*UNIT), st.floats(*UNIT), st.floats(0.1, 100.0), st.floats(0.1, 100.0), st.floats(1.0, 500.0))
def test_two_steps_toward_a_level_are_one_step_of_both_lengths(value, target, first, second, constant):
    twice = sampling.approach(sampling.approach(value, target, first, constant), target, second, constant)
    assert twice == pytest.approx(sampling.approach(value, target, first + second, constant), abs=1e-12)


# -- addressed chance ------------------------------------------------------------------------------------


@quick
@given(st.integers(1, 40), st.integers(0, 40), st.integers(1, 6), st.integers(0, 400))
def test_a_longer_column_begins_with_the_shorter_one(slots, more, width, day):
    here = Draws(1, 0)
    np.testing.assert_array_equal(
        here.setup(TRAITS, slots + more, width)[:slots], Draws(1, 0).setup(TRAITS, slots, width)
    )
    np.testing.assert_array_equal(
        here.daily(CONTACT, day, np.arange(slots + more), width)[:slots],
        Draws(1, 0).daily(CONTACT, day, np.arange(slots), width),
    )


def test_a_day_has_the_same_numbers_whatever_was_asked_before():
    forward, backward = Draws(3, 1), Draws(3, 1)
    days = [0, 1, 63, 64, 65, 200]
    there = {day: forward.daily(CONTACT, day, np.arange(7)).copy() for day in days}
    for day in reversed(days):
        np.testing.assert_array_equal(backward.daily(CONTACT, day, np.arange(7)), there[day])


@quick
@given(st.lists(st.integers(0, 60), min_size=1, max_size=30, unique=True), st.integers(0, 200))
def test_an_address_has_its_numbers_wherever_it_stands_and_is_struck_by_them(addresses, day):
    address = np.array(addresses)
    numbers = Draws(2, 0).daily(CONTACT, day, address, 2)
    np.testing.assert_array_equal(numbers, Draws(2, 0).daily(CONTACT, day, np.arange(61), 2)[address])
    for place, struck in enumerate(Draws(2, 0).struck(CONTACT, day, address, (0.1, 0.4))):
        assert struck.tolist() == np.flatnonzero(numbers[:, place] < (0.1, 0.4)[place]).tolist()


@quick
@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 500), st.integers(1, 70))
def test_words_at_a_place_are_those_that_numpy_has_there(low, high, address, per):
    bits = np.empty((1, per), np.uint64)
    random_streams.words_at(np.uint64(low), np.uint64(high), np.array([address]), per, 0, bits)
    there = np.random.Philox(key=low + (high << 64)).random_raw((address + 1) * per)  # noqa: TID251
    np.testing.assert_array_equal(bits[0], there[address * per :])


@quick
@given(st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62), st.integers(0, 2**40))
def test_a_single_number_lies_strictly_between_0_and_1_and_belongs_to_its_address(entity, occasion, seed):
    u = Draws(seed, 2).uniform(CONTACT, entity, occasion)
    assert 0.0 < u < 1.0
    assert u == Draws(seed, 2).uniform(CONTACT, entity, occasion)
    assert u != Draws(seed, 3).uniform(CONTACT, entity, occasion)
    assert u != Draws(seed, 2).uniform(TRAITS, entity, occasion)


@quick
@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_a_single_number_is_that_of_numpy_with_entity_and_occasion_as_counter(entity, occasion):
    drawn, (key,) = Draws(7, 3), Draws(7, 3).keys((CONTACT,))
    # NumPy counts up before it draws
    counter = ((occasion % 2**64 << 64) + entity % 2**64 - 1) % 2**256
    word = int(np.random.Philox(key=key, counter=counter).random_raw())  # noqa: TID251
    assert drawn.uniform(CONTACT, entity, occasion) == ((word >> 11) + 0.5) * 2.0**-53


def test_every_purpose_is_declared_once_and_says_what_it_decides():
    with pytest.raises(ValueError, match="declared twice"):
        random_streams.purpose(CONTACT, "the same question once more")
    assert all(decides for decides in random_streams.PURPOSES.values())
    with pytest.raises(KeyError, match="no draw has the purpose"):
        Draws(1, 0).setup("a purpose nobody declared", 3)


COUNT = 20_000
KS_LIMIT = 1.95 / math.sqrt(COUNT)
"""One-in-a-thousand limit of the distance between distributions; twice that is found for certain."""
Z_LIMIT = 4.0 / math.sqrt(COUNT)
"""Limit of a correlation; one of 0.06, twice the limit, is found with a chance of more than 0.999."""


def columns():
    """Columns of numbers that should have nothing to do with each other, of all three forms."""
    here, next_one = Draws(11, 0), Draws(11, 1)
    day = here.daily(CONTACT, 5, np.arange(COUNT), 2).copy()
    return {
        "setup": here.setup(TRAITS, COUNT, 1)[:, 0],
        "setup, next replication": next_one.setup(TRAITS, COUNT, 1)[:, 0],
        "day 5, first": day[:, 0],
        "day 5, second": day[:, 1],
        "day 6": here.daily(CONTACT, 6, np.arange(COUNT), 2)[:, 0].copy(),
        "single, by entity": np.array([here.uniform(CONTACT, entity, 0) for entity in range(COUNT)]),
        "single, by occasion": np.array([here.uniform(CONTACT, 0, minute) for minute in range(COUNT)]),
        "series": np.array([u for u, _ in zip(here.series(OUTSIDE_GAP, 0), range(COUNT), strict=False)]),
    }


def uneven(u):
    return stats.kstest(u, "uniform").statistic > KS_LIMIT


def related(one, other):
    return abs(np.corrcoef(one, other)[0, 1]) > Z_LIMIT


def test_numbers_are_uniform_and_independent_and_the_check_could_have_told():
    found = columns()
    assert [name for name, u in found.items() if uneven(u)] == []
    names = list(found)
    assert [(a, b) for i, a in enumerate(names) for b in names[:i] if related(found[a], found[b])] == []
    assert [name for name, u in found.items() if related(u[1:], u[:-1])] == []
    # planted: 3% of the numbers pushed to one end; 6% of a column copied from another
    u, v = found["setup"], found["day 6"]
    assert uneven(np.where(found["series"] < 0.03, 0.99, u))
    assert related(np.where(found["series"] < 0.06, u, v), u)


# -- hazards that wait -----------------------------------------------------------------------------------


def clocks(entities=5, replication=0):
    return Clocks(Draws(7, replication), DailyHazard, 2 * np.arange(entities))


def alone(kind, hazards, kinds=DailyHazard):
    """Hazards of one kind of event, with none of the others."""
    table = np.zeros((len(kinds), len(hazards)))
    table[kind] = hazards
    return table


def event_times(hazards, entity=0, kind=DailyHazard.ONSET):
    """Times at which one entity's events fall due under a list of daily hazards."""
    these, times = clocks(), []
    for day, hazard in enumerate(hazards):
        due = these.advance(alone(kind, np.full(5, hazard)), 1)
        times += [day + share for _, row, share, _ in due if row == entity]
    return times


@quick
@given(st.floats(0.02, 0.2), st.floats(0.1, 0.9))
def test_a_lower_hazard_delays_the_same_event(hazard, ratio):
    soon, late = event_times([hazard] * 1500), event_times([hazard * ratio] * 1500)
    assert late[0] > soon[0]
    assert late[0] * ratio == pytest.approx(soon[0])


@quick
@given(st.lists(st.floats(0.0, 0.4), min_size=300, max_size=300))
def test_the_nth_episode_has_the_same_threshold_whatever_came_before(hazards):
    one, other = clocks(), clocks()
    seen = {id(one): [], id(other): []}
    for hazard in hazards:
        for these, felt in ((one, hazard), (other, 0.3 - 0.5 * hazard)):
            fired = these.advance(alone(DailyHazard.CRISIS, np.full(5, max(felt, 0.0))), 1)
            seen[id(these)] += [float(these.threshold[DailyHazard.CRISIS, 2]) for _, row, _, _ in fired if row == 2]
    shorter = min(len(times) for times in seen.values())
    assert seen[id(one)][:shorter] == seen[id(other)][:shorter]


def test_an_event_falls_due_in_the_step_in_which_its_threshold_is_passed():
    these = clocks()
    first = float(these.threshold[DailyHazard.ONSET, 0])
    (time, *_) = event_times([first / 10.25] * 20)
    assert time == pytest.approx(10.25)
    # a week at once is seven days one by one
    weekly = Clocks(Draws(7, 0), WeeklyHazard, np.array([0]))
    threshold = float(weekly.threshold[0, 0])
    ((kind, row, share, hazard),) = weekly.advance(alone(0, [threshold / 3.5], WeeklyHazard), 7)
    assert (kind, row, share, hazard) == (0, 0, pytest.approx(0.5), threshold / 3.5)


def test_without_hazard_nothing_ever_happens():
    assert event_times([0.0] * 400) == []


def test_only_the_kind_and_those_who_have_come_are_advanced():
    these = clocks()
    before = these.spent.copy()
    these.advance(alone(DailyHazard.CRISIS, [0.001, 0.001]), 1)
    assert np.argwhere(these.spent != before).tolist() == [[DailyHazard.CRISIS, 0], [DailyHazard.CRISIS, 1]]


def test_one_more_client_changes_nobody_elses_thresholds():
    few, many = clocks(5), clocks(6)
    np.testing.assert_array_equal(few.threshold, many.threshold[:, :5])
    for these in (few, many):
        these.advance(alone(DailyHazard.ONSET, np.full(these.spent.shape[1], 99.0)), 1)
        assert these.ordinal[DailyHazard.ONSET].all()
    np.testing.assert_array_equal(few.threshold, many.threshold[:, :5])


def test_worlds_of_one_shape_share_it_so_that_a_kernel_does_not_compare_their_fields():
    one, other = (numbers(illness=illness.Illness(onset_rate=rate)) for rate in (1.0, 2.0))
    assert one.dtype is other.dtype
    assert (one[0]["illness"]["onset_rate"], other[0]["illness"]["onset_rate"]) == (1.0, 2.0)
