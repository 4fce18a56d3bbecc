"""Claims about the whole of it, over draws of the assumed parameters; and published ratios found again.

A published odds ratio or risk ratio is a total effect in a described population; the parameter beside a rule
is a direct, conditional effect. For these the cause is switched in a virtual cohort with frailty and all
mediators alive, and the total stands beside the published figure in the question of the contrast.
"""

from __future__ import annotations

import numpy as np
import pytest

from cmsim.components import COMPONENTS
from cmsim.core.simtime import DAY
from cmsim.schema.codes import LinkStep, MoveReason, Setting
from cmsim.validation.claims import Contrast, Measure, claim
from cmsim.validation.claims.recording import CLEAR_AFTER

pytestmark = pytest.mark.claims

RULES = "cmsim.submodels.family_climate"
WITH_KIN = {"world.population.with_family": 0.85, "world.population.family_home": 0.55}
NO_NETWORK = tuple(name for name in COMPONENTS if name != "social network")


def tenure(run):
    """Days a client-year in the community with a home: not in hospital, jail or homeless."""
    window = run.window
    return 365.0 - window.per_client_year(window.spells("moves", "setting", (0, 1, 6, 7)).days())


def ended_by_family(run):
    """Times a client-year that a family ended living together or the home with it was lost."""
    rows = run.window.rows("moves")
    lost = (rows["from"] == Setting.FAMILY_HOME) & np.isin(
        rows["reason"], [MoveReason.FAMILY_ENDED_IT, MoveReason.LOST_PLACE, MoveReason.LOST_PLACE_ILL]
    )
    return run.window.per_client_year(lost.sum())


def helped_along(run):
    """Times a client that a helper went along to an agency instead of a worker."""
    return float(np.nanmean(run.client_columns["end_helped_along"]))


def alike_in_stress(run):
    """Spread of stress between clients at the end: standard deviation."""
    return float(np.nanstd(run.client_columns["end_stress"]))


def hard_days(run, low):
    """Days a year acutely ill, in hospital or homeless, of clients of low need, or of the others."""
    window = run.window
    need = np.asarray(run.client_columns["start_need"], dtype=float)
    chosen = (need < 0.10) if low else (need >= 0.10)
    part = window.only(np.nan_to_num(chosen, nan=False).astype(bool) & np.isfinite(need))
    ill = part.spells("transitions", "phase", (2, 3)).days()
    homeless = part.spells("moves", "setting", (0, 1)).days()
    return part.per_client_year(ill + homeless)


def without_link(run):
    """Mean days from the end of a link to the next with the same agency, or to the end of the run.

    A link that is never found again counts until the end: without case managers none may be.
    """
    rows, last = run.arrays("links"), run.scenario.total_days * DAY
    start = run.scenario.world.warm_up_days * DAY
    begun, ended = (rows[rows["step"] == LinkStep.of(step)] for step in ("started", "ended"))
    days = []
    for row in ended[ended["minute"] >= start]:
        again = begun["minute"][(begun["client"] == row["client"]) & (begun["agency"] == row["agency"])]
        days.append((again[again > row["minute"]].min(initial=last) - row["minute"]) / DAY)
    return float(np.mean(days)) if days else float("nan")


def low_need(run):
    return hard_days(run, True)


def gap_by_need(run):
    """Hard days of clients of high need less those of clients of low need."""
    return hard_days(run, False) - hard_days(run, True)


def relapsed(run):
    """Share of those who live with the family at the start who relapse within the year that follows."""
    window = run.window
    part = window.only(run.client_columns["start_setting"] == 2)
    rows = part.tables["transitions"]
    rows = rows[(rows["to"] == 2) & (rows["minute"] < 365 * 1440)]
    with_kin = (run.client_columns["start_setting"] == 2).sum()
    return float(len(set(rows["client"].tolist())) / with_kin) if with_kin else float("nan")


def odds_ratio(finding):
    """Return the odds ratio of the mean of arm b against that of arm a."""
    a, b = finding.mean_a, finding.mean_b
    return b / (1.0 - b) / (a / (1.0 - a))


TENURE = Measure("days in the community with a home", +1, tenure, "days per client-year")

CONSULTATION = Contrast(
    "family_consultation_goes_on",
    "Is it better to go on consulting with families (b) than to consult once with each new worker (a)?",
    a={"service.family_work.consultation": "one_off", "service.family_work.answer_days": 10},
    b={"service.family_work.consultation": "ongoing", "service.contact.family_days": 45.0},
    base=WITH_KIN,
    measures=(
        Measure("crises", -1),
        Measure("places with the family lost", -1, ended_by_family, "per client-year"),
        Measure("burden", -1),
        Measure("criticism", -1),
        Measure("adherence", +1),
        Measure("relapses", -1),
        Measure("client_contacts", -1),
    ),
)

ANSWERS = Contrast(
    "worried_calls_wait",
    "What do fourteen days until a worried call is answered (b) do, against the next morning (a)?",
    a={"service.family_work.answer_days": 0},
    b={"service.family_work.answer_days": 14},
    base=WITH_KIN | {"world.population.high_criticism": 0.5},
    measures=(
        Measure("crises", +1),
        Measure("prodromes_noticed", -1),
        Measure("relapses", +1),
        Measure("collateral_contacts", -1),
    ),
)

CAREGIVERS = Contrast(
    "caregivers_differ",
    "What do warm families that seldom criticise (b) do, against cool and critical ones (a)?",
    a={"world.population.warmth": 0.3, "world.population.high_criticism": 0.7},
    b={"world.population.warmth": 0.8, "world.population.high_criticism": 0.35},
    base=WITH_KIN,
    measures=(TENURE, Measure("relapses", -1), Measure("crises", -1), Measure("burden", -1), Measure("autonomy", +1)),
    draws=50,
)

HOUSING = Contrast(
    "linkage_alone",
    "What do referrals to housing and other agencies alone (b) change, against being watched over only (a)?",
    a={"service.practice.components": ("monitoring",)},
    b={"service.practice.components": ("monitoring", "linkage")},
    base={"world.population.shelter": 0.06, "world.population.street": 0.02},
    measures=(
        Measure("homeless_days", -1),
        Measure("links", +1),
        Measure("network", +1),
        Measure("unmet_social_contact", -1),
        Measure("relapses", -1),
    ),
    draws=50,
)

WORK_ON_TIES = Contrast(
    "work_on_ties",
    "What does social-network work (b) change, at the same hours, against the other twelve components (a)?",
    a={"service.practice.components": NO_NETWORK},
    b={"service.practice.components": COMPONENTS},
    measures=(
        Measure("network", +1),
        Measure("unmet_social_contact", -1),
        Measure("activity", +1),
        Measure("recovery", +1),
        Measure("relapses", -1),
    ),
)

LARGE = Contrast(
    "large_networks",
    "What do large, competent networks (b) save workers, against small and less competent ones (a)?",
    a={"world.population.friends": 2.0, "world.population.others": 1.2, "world.network.competence": 0.4},
    b={"world.population.friends": 4.5, "world.population.others": 3.5, "world.network.competence": 0.7},
    base={
        "service.referral_help": {"rule": "same_help", "level": "accompanied"},
        "baseline.referral_help": {"rule": "same_help", "level": "accompanied"},
    },
    measures=(
        Measure("client_contacts", -1),
        Measure("minutes_linkage", -1),
        Measure("helpers who went along", +1, helped_along, "times a client"),
        Measure("unmet_need", -1),
        Measure("relapses", -1),
    ),
    draws=50,
)

REWIRED = Contrast(
    "rewired",
    "What does the shape of the graph do: ties dealt out anew, numbers kept (b), or as they are (a)?",
    a={"world.network.rewired": False},
    b={"world.network.rewired": True},
    measures=(
        Measure("leads", +1),
        Measure("homeless_days", -1),
        Measure("network", -1),
        Measure("spread of stress", -1, alike_in_stress, "0 to 1"),
        Measure("relapses", -1),
    ),
    base={"world.population.shelter": 0.06},
)


SCOPE = Contrast(
    "whole_environment",
    "What does work on the whole environment (b) do, at equal hours, against linkage alone (a)?",
    a={"service.practice.components": ("linkage",)},
    b={"service.practice.components": COMPONENTS},
    measures=(
        Measure("unmet_need", -1),
        Measure("needs_unmet", -1),
        TENURE,
        Measure("relapses", -1),
        Measure("network", +1),
        Measure("recovery", +1),
    ),
    draws=50,
)

PSYCHIATRIST = Contrast(
    "case_manager_and_psychiatrist",
    "What does cutting the exchange between case manager, psychiatrist and hospital (b) do (a: as it is)?",
    a={},
    b={"service.practice.components": tuple(n for n in COMPONENTS if n != "physician and hospital")},
    measures=(Measure("adherence", -1), Measure("relapses", +1), Measure("bed_days", +1)),
    draws=50,
)

NONE = Contrast(
    "no_case_managers",
    "What is missing without case managers (b) that there is with them (a)?",
    a={},
    b={f"{part}.staff.case_managers": 0 for part in ("service", "baseline")},
    measures=(
        Measure("links", -1),
        Measure("days without a link that had ended", +1, without_link, "days, until the end of the run"),
        Measure("hard days of clients of low need", +1, low_need, "days per client-year"),
        Measure("hard days of high need less low need", +1, gap_by_need, "days per client-year"),
        Measure("unmet_need", +1),
    ),
)

MODELS = Contrast(
    "broker_or_clinical",
    "What does a clinical model with small caseloads in people's own world (b) do, against brokerage (a)?",
    a={
        "service.practice.components": ("assessment", "planning", "linkage", "monitoring", "advocacy"),
        "service.caseload.size": 45,
        "service.contact.in_vivo": 0.2,
    },
    b={
        "service.practice.components": COMPONENTS,
        "service.caseload.size": 15,
        "service.caseload.closure": "clients_fixed",
        "service.contact.in_vivo": 0.8,
    },
    measures=(
        Measure("alliance", +1),
        Measure("relapses", -1),
        Measure("client_contacts", +1),
        Measure("recovery", +1),
    ),
    draws=50,
)

COHORT = {
    "world.population.with_family": 1.0,
    "world.population.family_home": 0.85,
    "world.population.last_discharge_years": 0.25,
}

RELAPSED = Measure("relapse within a year", +1, relapsed, "share")

FEWER = Measure("relapse within a year", -1, relapsed, "share")

CRITICISM = Contrast(
    "conversion_criticism",
    "Families high (b) against low (a) in expressed emotion, relatives discharged lately: published OR 4.87.",
    a={"world.population.high_criticism": 0.0},
    b={"world.population.high_criticism": 1.0},
    base=COHORT,
    measures=(RELAPSED,),
    warm_up=0,
)

FAMILY_WORK = Contrast(
    "conversion_family_work",
    "Family work of nine months and more (b) against none (a), critical families: published RR 0.50 to 0.75.",
    a={f"{part}.family_work.consultation": "none" for part in ("service", "baseline")},
    b={
        key: value
        for part in ("service", "baseline")
        for key, value in {f"{part}.family_work.group": True, f"{part}.contact.family_days": 14.0}.items()
    },
    base=COHORT | {"world.population.high_criticism": 0.9},
    measures=(FEWER, Measure("criticism", -1), Measure("adherence", +1)),
    warm_up=0,
)

APPOINTMENT = Contrast(
    "conversion_appointment",
    "An appointment made and the agency prepared (b) against a number only (a): published OR about 1.7.",
    a={"service.referral_help": {"rule": "same_help", "level": "number only"}},
    b={"service.referral_help": {"rule": "same_help", "level": "agency prepared"}},
    measures=(Measure("followed_through", +1),),
)


@claim(
    "K-41",
    status="not shown",
    mechanism="cmsim.model.agents.family:Family.worry",
    contrast=CONSULTATION.name,
    reason="burden, criticism and relapses fall, with fewer contacts with clients; crises, and places with the "
    "family that are lost, do not clearly",
)
def test_ongoing_consultation_eases_families_and_lowers_relapses_but_not_clearly_crises(examined):
    found = examined(CONSULTATION)
    for name in ("burden", "criticism", "relapses"):
        assert found[name].shown, name
    for name in ("crises", "places with the family lost"):
        assert not found[name].shown, name


@claim("K-42", status="emerges", mechanism=f"{RULES}:expressed", contrast=CAREGIVERS.name)
def test_how_families_are_decides_on_life_in_the_community(examined):
    found = examined(CAREGIVERS)
    assert found["relapses"].shown
    assert found[TENURE.name].difference > 0.0


@claim(
    "K-43",
    status="not shown",
    mechanism="cmsim.model.agents.family:Family.on_answer",
    contrast=ANSWERS.name,
    reason="calls that wait two weeks let more prodromes pass unnoticed, and relapses rise; but crises by 2% "
    "only, in 55% of draws: chance and other assumptions hide it at this size",
)
def test_worried_calls_that_wait_let_prodromes_pass_and_hardly_bring_more_crises(examined):
    found = examined(ANSWERS)
    assert found["prodromes_noticed"].shown
    assert found["relapses"].shown
    assert found["crises"].share < 0.75


@claim(
    "K-04",
    status="not shown",
    mechanism="cmsim.model.agents.agency:Agency.link",
    contrast=HOUSING.name,
    reason="homelessness falls by four days a year; networks of twelve people grow by 0.05 to 0.10, just beyond the "
    "tenth of a person that was named beforehand as nothing to act on",
)
def test_linkage_to_housing_lowers_homelessness_and_hardly_widens_networks(examined):
    found = examined(HOUSING)
    assert found["homeless_days"].shown
    assert found["network"].shown
    assert 0.1 < found["network"].high < 0.2


@claim(
    "K-47",
    status="emerges",
    mechanism="cmsim.model.agents.informal_helper:Helper.decide_to_go_along",
    contrast=LARGE.name,
)
def test_large_networks_save_workers_time(examined):
    found = examined(LARGE)
    assert found["helpers who went along"].shown
    assert found["unmet_need"].shown
    assert found["minutes_linkage"].shown


def test_the_shape_of_the_graph_is_reported_as_it_is(examined):
    found = examined(REWIRED)
    assert found["leads"].draws >= CLEAR_AFTER
    assert found["network"].draws >= CLEAR_AFTER


@claim("K-01", status="emerges", mechanism="cmsim.components:ALL", contrast=SCOPE.name)
def test_work_on_the_whole_environment_leaves_fewer_needs(examined):
    found = examined(SCOPE)
    assert found["unmet_need"].shown
    assert found[TENURE.name].shown


@claim("K-03", status="emerges", mechanism="cmsim.components.physician_hospital:effects", contrast=PSYCHIATRIST.name)
def test_without_the_exchange_with_the_psychiatrist_medication_and_relapse_are_worse(examined):
    found = examined(PSYCHIATRIST)
    assert found["adherence"].shown
    assert found["relapses"].difference > 0.0


@claim("A-01", status="emerges", mechanism="cmsim.scenario.service:Practice", contrast=MODELS.name)
def test_models_are_policies_and_differ_in_outcomes(examined):
    found = examined(MODELS)
    assert found["alliance"].shown
    assert found["client_contacts"].shown


@claim(
    "A-02",
    status="not shown",
    mechanism="cmsim.model.agents.referral_start:start",
    contrast=NONE.name,
    reason="links fall by a seventh; the time without a link that had ended is not clearly longer (by 4 days of 188)",
)
def test_without_case_managers_links_fall_but_gaps_do_not_clearly_lengthen(examined):
    found = examined(NONE)
    assert found["links"].shown
    assert not found["days without a link that had ended"].shown


@claim(
    "O-01",
    status="not shown",
    mechanism="cmsim.model.steps.unmet_need:refresh_needs",
    contrast=NONE.name,
    reason="people of low need lose half of what those of high need lose without case managers, not nearly nothing",
)
def test_people_of_low_need_lose_less_but_not_little_without_case_managers(examined):
    """Near zero was to be said of less than a quarter of what the others lose; named before it ran."""
    found = examined(NONE)
    more = found["hard days of high need less low need"]
    assert more.shown
    low = found["hard days of clients of low need"]
    assert low.shown
    assert low.difference > 0.25 * (low.difference + more.difference)


def test_criticism_is_found_again_as_a_total_effect(examined):
    found = examined(CRITICISM)["relapse within a year"]
    assert found.shown
    # published 4.87 (3.22 to 7.36): found again 2.6, weaker; no number is bent to meet it before calibration
    assert odds_ratio(found) > 2.0


def test_family_work_is_found_again_as_a_total_effect(examined):
    found = examined(FAMILY_WORK)["relapse within a year"]
    assert found.shown
    # published 0.50 to 0.75: found again 0.92, much weaker
    assert found.mean_b / found.mean_a < 0.97


def test_a_prepared_referral_is_found_again_as_a_total_effect(examined):
    found = examined(APPOINTMENT)["followed_through"]
    assert found.shown
    assert 1.2 < odds_ratio(found) < 2.6
