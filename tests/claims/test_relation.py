"""Claims on the relation between client and worker: continuity, alliance, stance, coercion, monitoring."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cmsim import load_scenario, simulate
from cmsim.components import CONTACT, monitoring, psychoeducation
from cmsim.core.sampling import approach
from cmsim.core.simtime import DAY
from cmsim.model.community import Community
from cmsim.scenario.world import World
from cmsim.schema.codes import CoerciveAct, ContactOutcome, CrisisOutcome, NoticedBy, Phase, Provider, RelationTemplate
from cmsim.submodels.crisis import commits_chance, harm_chance
from cmsim.submodels.hassles import Hassles, tells_chance
from cmsim.submodels.therapeutic_relationship import (
    Relationship,
    coercion_cost,
    comes_chance,
    conflict_hazard,
    engagement_target,
)
from cmsim.submodels.worker_stance import Stance, alliance_shift, matched_chance, misfit
from cmsim.validation.claims import Contrast, Measure, claim, scaled

pytestmark = pytest.mark.claims

SHORT = {"days": 180}
FRESH = {"world.population.tenure_years": 0.05, "world.workforce.leave_rate": 0.0}
DISTRUSTFUL, COLLABORATIVE = "distrustful", "collaborative"


# -- measures of one run ---------------------------------------------------------------------------------


def state(name, chosen=None, when="end"):
    """The mean of a state of those who have a worker, at the end of the run or of the warm-up."""

    def of(run):
        table = run.client_columns
        values = np.asarray(table[f"{when}_{name}"], dtype=float)
        keep = np.asarray(table[f"{when}_worker"], dtype=float) >= 0
        if chosen is not None:
            keep &= chosen(table)
        keep &= np.isfinite(values)
        return float(values[keep].mean()) if keep.any() else np.nan

    return of


def template(*names):
    return lambda table: np.isin(np.asarray(table["template"]), names)


def gap(one, other):
    return lambda run: one(run) - other(run)


def in_window(run, table):
    rows = run.arrays(table)
    return rows[rows["minute"] >= run.scenario.world.warm_up_days * DAY]


def share(rows, hit):
    return float(hit.sum() / len(rows)) if len(rows) else np.nan


def admitted_of_own(run):
    rows = in_window(run, "crises")
    rows = rows[rows["by"] == Provider.CASE_MANAGER]
    return share(rows, rows["outcome"] == CrisisOutcome.ADMITTED)


def prodromes(run):
    rows = in_window(run, "transitions")
    return rows[rows["from"] == Phase.PRODROMAL]


def told(run):
    rows = prodromes(run)
    return share(rows, rows["noticed_by"] == NoticedBy.CLIENT)


def turned_acute(run):
    rows = prodromes(run)
    return share(rows, rows["to"] == Phase.ACUTE)


def per_year(table):
    """Rows of a table after the warm-up, per client-year."""
    return lambda run: run.window.per_client_year(len(in_window(run, table)))


def missed_by_distrustful(run):
    """Share of contacts due with distrustful and power-organised clients to which they did not come."""
    rows = in_window(run, "contacts")
    wary = np.isin(np.asarray(run.client_columns["template"]), ("distrustful", "power-organised"))
    rows = rows[(rows["by"] == Provider.CASE_MANAGER) & np.isin(rows["kind"], (0, 1)) & (rows["outcome"] <= 1)]
    rows = rows[wary[rows["client"]]]
    return share(rows, rows["outcome"] == ContactOutcome.NOT_COME)


def relapses_between(first, last):
    """Onsets of the acute phase between two days of the run."""

    def of(run):
        rows = run.arrays("transitions")
        day = rows["minute"] / DAY
        return float(((rows["to"] == Phase.ACUTE) & (day >= first) & (day < last)).sum())

    return of


# -- continuity ------------------------------------------------------------------------------------------

CONTINUITY = Contrast(
    "continuity",
    "What does it do that the worker stays, at the same number of posts?",
    a={"world.workforce.leave_rate": 0.9, "world.workforce.hire_days": 10.0},
    b={"world.workforce.leave_rate": 0.0, "world.workforce.hire_days": 10.0},
    measures=[
        Measure("knowledge", 1, state("knowledge"), "0 to 1"),
        Measure("alliance", 1),
        Measure("admitted of crises met by the own worker", -1, admitted_of_own, "share"),
        Measure("prodromes_noticed", 1),
        Measure("relapses", -1),
    ],
    **SHORT,
)


@claim(
    "K-07",
    status="built in",
    mechanism="cmsim.submodels.crisis:admission_chance, cmsim.submodels.therapeutic_relationship:knowledge_met",
)
def test_with_tenure_workers_know_their_clients_and_judge_better(paired):
    from cmsim.submodels.crisis import admission_chance

    p = World().crisis
    known, new = (admission_chance(p, 0.6, k, 0.5, 0.3, False, False, 0.0, 0.0) for k in (0.7, 0.1))
    assert known < new
    assert paired(CONTINUITY)["knowledge"].min() > 0.1
    assert paired(CONTINUITY)["alliance"].min() > 0.0
    fresh = {**scaled(60), **FRESH, "world.warm_up_days": 30, "run.days": 210}
    known = simulate(load_scenario("usual_care").replace(fresh)).client_columns
    assert np.nanmean(known["end_knowledge"]) > np.nanmean(known["start_knowledge"]) + 0.1


LEARNING = Contrast(
    "learning",
    "Does what case management achieves go on growing after the first months of a dyad?",
    a={"baseline.practice.components": ["monitoring"], "service.practice.components": ["monitoring"]},
    b={},
    base=FRESH,
    measures=[
        Measure(
            "growth of alliance after day 120", 1, gap(state("alliance"), state("alliance", when="start")), "0 to 1"
        ),
        Measure(
            "growth of adherence after day 120", 1, gap(state("adherence"), state("adherence", when="start")), "0 to 1"
        ),
        Measure(
            "relapses, days 300 to 600 less days 0 to 300",
            -1,
            gap(relapses_between(300, 600), relapses_between(0, 300)),
            "relapses",
        ),
    ],
    warm_up=120,
    days=480,
    draws=50,
)


@claim("K-08", status="emerges", mechanism="cmsim.model.steps.working_alliance:reach", contrast="learning")
def test_what_a_dyad_achieves_goes_on_growing_after_the_first_months(examined):
    found = examined(LEARNING)
    assert found["growth of alliance after day 120"].shown
    assert found["growth of adherence after day 120"].shown
    assert found["relapses, days 300 to 600 less days 0 to 300"].shown


TIME_LIMITED = Contrast(
    "time_limited",
    "What is left of case management that ends after two months, against case management that goes on?",
    a={},
    b={"baseline.practice.programme_days": 60, "service.practice.programme_days": 60},
    measures=[
        Measure("adherence", -1),
        Measure("stress", 1, lambda run: float(in_window_days(run, "daily")["stress"].mean()), "0 to 1"),
        Measure("relapses", 1),
        Measure(
            "relapses, second half less first",
            1,
            lambda run: relapses_between(150, 240)(run) - relapses_between(60, 150)(run),
            "relapses",
        ),
    ],
    **SHORT,
    draws=50,
)


@claim(
    "K-09",
    status="emerges",
    mechanism="cmsim.model.workforce.client_assignment:end_programmes",
    contrast="time_limited",
)
def test_what_a_short_programme_built_is_lost_after_it_ends(examined):
    found = examined(TIME_LIMITED)
    assert found["adherence"].shown
    assert found["relapses, second half less first"].shown


def in_window_days(run, table):
    rows = run.arrays(table)
    return rows[rows["day"] >= run.scenario.world.warm_up_days]


# -- the use of the relationship -------------------------------------------------------------------------

_LEVELS = "world.relationship.template."
ALLIANCE = Contrast(
    "alliance",
    "What changes if people let an alliance grow further?",
    a={f"{_LEVELS}{name}": 0.35 for name in ("collaborative", "distrustful", "dependent", "power_organised")},
    b={f"{_LEVELS}{name}": 0.85 for name in ("collaborative", "distrustful", "dependent", "power_organised")},
    measures=[
        Measure("alliance", 1),
        Measure("first signs told by the client", 1, told, "share of prodromes"),
        Measure("prodromes_noticed", 1),
        Measure("prodromes that turn acute", -1, turned_acute, "share of prodromes"),
        Measure("adherence", 1),
        Measure("relapses", -1),
        Measure("insight at the end", 1, state("insight"), "0 to 1"),
        Measure("hassles told", 1, lambda run: float(in_window(run, "hassles")["told"].mean()), "share"),
    ],
    **SHORT,
)


@claim(
    "K-10",
    status="built in",
    mechanism="cmsim.model.steps.daily_update:_passes, cmsim.submodels.illness:chance_acute",
    contrast="alliance",
)
def test_people_who_trust_their_worker_tell_of_first_signs_and_relapse_less_from_them(examined):
    p = Hassles()
    assert tells_chance(p, 0.8) > tells_chance(p, 0.3)
    found = examined(ALLIANCE)
    assert found["first signs told by the client"].shown
    assert found["prodromes that turn acute"].shown
    assert found["relapses"].shown


@claim("K-60", status="built in", mechanism="cmsim.components.psychoeducation:effects", contrast="alliance")
def test_teaching_is_multiplied_by_alliance(examined):
    usual = {**dict.fromkeys(CONTACT.names, 0.5), "kind": 0}
    gained = [
        psychoeducation.COMPONENT.gives(
            World().components.psychoeducation, 30.0, SimpleNamespace(**{**usual, "alliance": alliance})
        )["insight_gained"]
        for alliance in (0.2, 0.4, 0.8)
    ]
    assert gained == sorted(gained)
    assert gained[2] > 2.0 * gained[0] > 0.0
    assert examined(ALLIANCE)["insight at the end"].shown


@claim("K-11", status="built in", mechanism="cmsim.model.steps.working_alliance:begins_dyad")
def test_alliance_has_a_part_particular_to_two_people():
    def spread(dyad):
        """How far ceilings of alliance lie apart among the clients of a worker that are of one template."""
        settings = {"world.population.clients": 240, "world.warm_up_days": 0, "run.days": 7}
        settings |= {"world.relationship.dyad_sd": dyad, "world.stance.dominance_sd": 0.0}
        settings["world.mechanisms.alliance_rests_on_insight"] = False  # what a person brings to whomever
        community = Community(load_scenario("usual_care").replace(settings))
        for _ in range(7):
            community.step()
        people = community.people
        served = people.worker >= 0
        alike = pd.Series(people.alliance_ceiling[served]).groupby([people.worker[served], people.template[served]])
        return np.sqrt(alike.var().mean())

    usual = Relationship().dyad_sd
    assert spread(usual) > 2.0 * spread(0.0)


VIEWS = Contrast(
    "views",
    "What if workers are further off about what clients need?",
    a={"world.belief.noise": 0.1},
    b={"world.belief.noise": 0.4},
    measures=[Measure("conflicts", 1, per_year("conflicts"), "per client-year"), Measure("alliance", -1)],
    **SHORT,
)


@claim("K-12", status="built in", mechanism="cmsim.submodels.therapeutic_relationship:conflict_hazard")
def test_workers_and_clients_who_see_it_differently_fall_out(paired):
    p = Relationship()
    assert conflict_hazard(p, 0.6, 0.3, 0.5) > conflict_hazard(p, 0.4, 0.3, 0.5)
    assert paired(VIEWS, days=365)["conflicts"].min() > 0.0


# -- engagement ------------------------------------------------------------------------------------------

IN_VIVO = Contrast(
    "in_vivo",
    "What if clients are met where they live instead of at the office?",
    a={"service.contact.in_vivo": 0.0},
    b={"service.contact.in_vivo": 0.95},
    measures=[
        Measure(
            "engagement of distrustful clients",
            1,
            state("engagement", template("distrustful", "power-organised")),
            "0 to 1",
        ),
        Measure(
            "alliance of distrustful clients",
            1,
            state("alliance", template("distrustful", "power-organised")),
            "0 to 1",
        ),
        Measure("appointments missed by distrustful clients", -1, missed_by_distrustful, "share"),
        Measure("no_show", -1),
        Measure("client_contacts", 1),
    ],
    **SHORT,
)


@claim(
    "K-20",
    status="not shown",
    mechanism="cmsim.submodels.therapeutic_relationship:comes_chance, cmsim.components.engagement:effects",
    contrast="in_vivo",
    reason="the distrustful miss fewer appointments; but the way to people takes a tenth of all contacts, so that "
    "their engagement stays as it is and their alliance ends a little lower",
)
def test_contact_where_people_live_is_missed_less_but_does_not_engage_the_distrustful(examined):
    p = Relationship()
    assert comes_chance(p, 0.4, 1.0, 0.0) > comes_chance(p, 0.4, 0.0, 0.0)
    found = examined(IN_VIVO)
    for name in ("no_show", "appointments missed by distrustful clients"):
        assert found[name].shown
    assert not found["engagement of distrustful clients"].shown
    assert found["alliance of distrustful clients"].against
    assert found["client_contacts"].against


@claim(
    "K-26",
    status="not shown",
    mechanism="cmsim.submodels.therapeutic_relationship:engagement_target",
    reason="engagement starts low and rises slowly, as a rule says; but in towns where everybody is new visits are "
    "missed hardly more often in the first two months than half a year later (25 and 25%)",
)
def test_engagement_starts_low_and_rises_slowly_but_early_contacts_are_hardly_missed_more():
    p = Relationship()
    new, later = (float(engagement_target(p, 0.0, alliance, 0.5, 0.0, 0.0)) for alliance in (p.first, 0.6))
    assert new < later
    assert approach(new, later, 60.0, p.engagement_days) < later  # two months do not suffice
    assert comes_chance(p, new, 0.0, 0.0) < comes_chance(p, later, 0.0, 0.0)
    # in towns where everybody is new: visits missed in the first two months, and half a year later
    fresh = {**scaled(100), **FRESH, "world.warm_up_days": 0, "run.days": 360}
    first, after = 0.0, 0.0
    for replication in range(3):
        run = simulate(load_scenario("usual_care").replace(fresh), replication)
        rows = run.arrays("contacts")
        rows = rows[(rows["by"] == Provider.CASE_MANAGER) & (rows["kind"] == 0) & (rows["outcome"] <= 2)]
        day, held = rows["minute"] / DAY, rows["outcome"] == ContactOutcome.HELD
        first += 1.0 - held[day < 60].mean()
        after += 1.0 - held[day >= 180].mean()
        engaged = run.client_columns["end_engagement"]
        assert np.nanmean(engaged) > new  # and engagement rises from where a first meeting leaves it
    assert abs(first - after) < 0.03 * 3


_ONLY = {
    COLLABORATIVE: {"collaborative": 1.0, "distrustful": 0.0, "dependent": 0.0},
    DISTRUSTFUL: {"collaborative": 0.0, "distrustful": 1.0, "dependent": 0.0},
}


def reached(run, when):
    """Share of clients whose alliance came by the end of the warm-up within 0.05 of its last level."""
    table = run.client_columns
    early, late = (np.asarray(table[f"{at}_alliance"], dtype=float) for at in ("start", "end"))
    stayed = np.asarray(table["start_worker"], dtype=float) == np.asarray(table["end_worker"], dtype=float)
    stayed &= np.isfinite(early) & np.isfinite(late)
    return float((late[stayed] - early[stayed] < 0.05).mean()) if stayed.any() else np.nan


TIME_TO_ALLIANCE = Contrast(
    "time_to_alliance",
    "Is alliance set within half a year, and for whom not?",
    a={f"world.population.{name}": value for name, value in _ONLY[COLLABORATIVE].items()},
    b={f"world.population.{name}": value for name, value in _ONLY[DISTRUSTFUL].items()},
    base=FRESH,
    measures=[
        Measure("alliance set within half a year", -1, lambda run: reached(run, "start"), "share of clients"),
        Measure("alliance at the end", -1, state("alliance"), "0 to 1"),
        Measure("growth after half a year", 1, gap(state("alliance"), state("alliance", when="start")), "0 to 1"),
    ],
    warm_up=180,
    days=540,
)


@claim(
    "K-27",
    status="not shown",
    mechanism="cmsim.model.steps.working_alliance:reach",
    contrast="time_to_alliance",
    reason="half of alliances are set within half a year, and the others grow on, but all together by 0.041 "
    "in the year and a half after, less than the 0.05 that was to be called a good part",
)
def test_some_alliances_are_set_early_and_the_others_grow_on_by_little(examined):
    """Both sides of the tension: set early for some (de Leeuw 2012), with a tail of years for others."""
    found = examined(TIME_TO_ALLIANCE)
    early = found["alliance set within half a year"]
    for share in (early.mean_a, early.mean_b):
        assert 0.1 < share < 0.9  # at least a tenth are early, and at least a tenth late
    # late was to be not a little: half a year on, a good part still to grow
    grown = np.nanmean(found.pairs("growth after half a year")[0])
    assert 0.02 < grown < 0.05


# -- coercion --------------------------------------------------------------------------------------------

_COERCIVE = {"world.illness.onset_rate": 1.2, "world.crisis.committed_midpoint": 0.72}
OWNED = Contrast(
    "owned",
    "What if workers own the authority of what they do against a client's wish?",
    a={"world.relationship.owned": 0.1, "world.relationship.owned_skill": 0.0},
    b={"world.relationship.owned": 0.9, "world.relationship.owned_skill": 0.0},
    base=_COERCIVE,
    measures=[
        Measure("alliance lost by a coercive act", -1, lambda run: _lost(run), "0 to 1"),
        Measure("resentment at the end", -1, state("coerced"), "0 to 1"),
        Measure("alliance", 1),
    ],
    **SHORT,
)


def _lost(run):
    rows = in_window(run, "coercions")
    return float(rows["alliance_lost"].mean()) if len(rows) else np.nan


@claim("K-35", status="built in", mechanism="cmsim.submodels.therapeutic_relationship:coercion_cost")
@claim("K-36", status="built in", mechanism="cmsim.submodels.therapeutic_relationship:coercion_cost")
def test_coercive_acts_cost_alliance_less_where_authority_is_owned(paired):
    p = Relationship()
    assert coercion_cost(p, 0.1, 1.0, False) > coercion_cost(p, 0.1, 0.0, False) > 0.0
    assert paired(OWNED)["alliance lost by a coercive act"].min() > 0.0
    assert paired(OWNED)["resentment at the end"].min() > 0.0


def commitments(run):
    rows = in_window(run, "coercions")
    return run.window.per_client_year((rows["act"] == CoerciveAct.COMMITMENT).sum())


COMMITMENT = Contrast(
    "commitment",
    "What if a refusal of admission is overruled readily instead of as a last resort?",
    a={"service.hospital.commitment.rule": "last_resort"},
    b={"service.hospital.commitment.rule": "readily"},
    base=_COERCIVE,
    measures=[
        Measure("commitments", 1, commitments, "per client-year"),
        Measure("involuntary", 1),
        Measure("harms", -1, per_year("harms"), "per client-year"),
        Measure("resentment at the end", 1, state("coerced"), "0 to 1"),
        Measure("alliance", -1),
        Measure("bed_days", 1),
    ],
    **SHORT,
)


@claim(
    "K-54",
    status="built in",
    mechanism="cmsim.model.agents.hospital:Hospital.decide_to_commit, cmsim.submodels.crisis:harm_chance",
)
def test_commitment_protects_and_costs_alliance_and_engagement(paired):
    p = Relationship()
    assert engagement_target(p, 0.0, 0.5, 0.5, 0.0, 0.0, 0.2) < engagement_target(p, 0.0, 0.5, 0.5, 0.0, 0.0)
    assert commits_chance(World().crisis, 0.7, -2.5) > commits_chance(World().crisis, 0.7, 3.0)
    assert harm_chance(World().crisis, 0.8, False) > harm_chance(World().crisis, 0.8, True) > 0.0
    assert coercion_cost(p, p.commitment_loss, 0.0, False) > 0.0
    found = paired(COMMITMENT, clients=600)  # commitments are few: some nine in each arm
    assert found["commitments"].min() > 0.0
    assert found["resentment at the end"].min() > 0.0


# -- stance and skill ------------------------------------------------------------------------------------

_BLIND = {"world.stance.dominance_sd": 0.08}
TAKING_OVER = Contrast(
    "taking_over",
    "What if workers take over instead of keeping to the middle?",
    a={"world.stance.dominance_mean": 0.45},
    b={"world.stance.dominance_mean": 0.9},
    base=_BLIND,
    measures=[Measure("alliance", -1), Measure("dropout", 1)],
    **SHORT,
)
PASSIVE = Contrast(
    "passive",
    "What if workers leave everything to clients instead of keeping to the middle?",
    a={"world.stance.dominance_mean": 0.45},
    b={"world.stance.dominance_mean": 0.0},
    base=_BLIND,
    measures=[Measure("alliance", -1), Measure("dropout", 1)],
    **SHORT,
)


@claim("Q-07", status="built in", mechanism="cmsim.submodels.worker_stance:alliance_shift")
def test_the_middle_ground_beats_both_taking_over_and_passivity(paired):
    p = Stance()
    shift = alliance_shift(p, misfit(0.99, 0.0, np.array([0.0, 0.5, 1.0]), 0.5))
    assert shift[1] > max(shift[0], shift[2])
    assert paired(TAKING_OVER)["alliance"].min() > 0.0
    assert paired(PASSIVE)["alliance"].min() > 0.0


_SKILLS = ("world.workforce.skill_bachelor", "world.workforce.skill_graduate")
SKILL = Contrast(
    "skill",
    "What do the same minutes do in the hands of skilled workers?",
    a=dict.fromkeys(_SKILLS, 0.1),
    b=dict.fromkeys(_SKILLS, 0.9),
    measures=[
        Measure("misfit of the stance shown", -1, state("misfit"), "square"),
        Measure("alliance", 1),
        Measure("admitted of crises met by the own worker", -1, admitted_of_own, "share"),
        Measure("relapses", -1),
        Measure("client_contacts", 1),
    ],
    **SHORT,
    draws=50,
)


@claim("Q-08", status="built in", mechanism="cmsim.submodels.worker_stance:matched_chance", contrast="skill")
def test_skilled_workers_find_the_stance_that_answers_the_client(examined):
    p = Stance()
    assert matched_chance(p, 0.9, 0.3) > matched_chance(p, 0.3, 0.3)
    assert examined(SKILL)["misfit of the stance shown"].shown


@claim("S-01", status="emerges", mechanism="cmsim.components.engagement:effects", contrast="skill")
def test_skill_decides_what_the_same_minutes_do(examined):
    found = examined(SKILL)
    assert found["alliance"].shown


# -- monitoring ------------------------------------------------------------------------------------------


def watched(weight):
    return {f"{part}.practice.monitoring": {"visit": weight, "call": 1.7 * weight} for part in ("baseline", "service")}


_GAP = Measure(
    "alliance of the distrustful less that of the collaborative",
    -1,
    gap(state("alliance", template(DISTRUSTFUL)), state("alliance", template(COLLABORATIVE))),
    "0 to 1",
)
MUCH_WATCHED = Contrast(
    "much_watched",
    "What if contacts are mostly monitoring?",
    a=watched(1.2),
    b=watched(40.0),
    measures=[Measure("alliance", -1), _GAP, Measure("prodromes_noticed", 1), Measure("relapses", -1)],
    **SHORT,
)
MUCH_WATCHED_UNFELT = Contrast(
    "much_watched_unfelt",
    "And if nobody minded being watched?",
    a=watched(1.2),
    b=watched(40.0),
    base={"world.relationship.watched": 0.0},
    measures=[Measure("alliance", -1)],
    **SHORT,
)
LITTLE_WATCHED = Contrast(
    "little_watched",
    "What if there is hardly any monitoring?",
    a=watched(0.01),
    b=watched(1.2),
    measures=[Measure("alliance", 1), Measure("prodromes_noticed", 1), Measure("relapses", -1)],
    **SHORT,
)


@claim(
    "K-65",
    status="not shown",
    mechanism="cmsim.components.monitoring:effects",
    contrast="little_watched",
    reason="mostly watching costs alliance, by the rule most with the distrustful; with hardly any it is no "
    "lower: the minutes go to work that builds more of it, so there is no optimum in between",
)
def test_monitoring_beyond_the_usual_costs_alliance_and_hardly_any_costs_none(paired, examined):
    # part of it is that other work goes short; the rest is the feeling of being watched
    felt, unfelt = (paired(each)["alliance"] for each in (MUCH_WATCHED, MUCH_WATCHED_UNFELT))
    assert (felt - unfelt).min() > 0.0
    assert unfelt.min() > 0.0
    usual = {**dict.fromkeys(CONTACT.names, 0.5), "kind": 0}
    wary, open_ = (
        monitoring.COMPONENT.gives(
            World().components.monitoring, 10.0, SimpleNamespace(**{**usual, "distrust": level})
        )["intrusion"]
        for level in (0.5, 0.2)
    )
    assert wary > open_ > 0.0
    assert examined(MUCH_WATCHED)["alliance"].shown
    assert not examined(LITTLE_WATCHED)["alliance"].shown


def test_templates_named_here_exist():
    assert {DISTRUSTFUL, COLLABORATIVE} <= set(RelationTemplate.labels())
    assert pytest.approx(World().relationship.first) == 0.25
