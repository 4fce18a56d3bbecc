"""Money: costs follow from what happened at stated prices, payers bend and bound what is done."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmsim import load_scenario, load_study, simulate
from cmsim.cli.options import at_prices
from cmsim.core.simtime import DAY
from cmsim.experiments.caveats import standing_notes
from cmsim.experiments.parameter_distributions import uncertain
from cmsim.experiments.study.plan_builder import study_scenarios
from cmsim.experiments.study.study_file import read_study
from cmsim.outcomes import OUTCOMES, group_outcomes
from cmsim.outcomes.analysis_window import with_codes
from cmsim.scenario.library import bundled
from cmsim.schema.codes import ClientStatus, ContactKind, ContactOutcome, Provider, RegistrationEvent, Setting
from cmsim.submodels.prices import Prices, isolation
from support import small_run, small_scenario

PRICED = {
    "case_manager_hour": 50.0,
    "supervisor_hour": 70.0,
    "psychiatrist_hour": 150.0,
    "crisis_visit": 300.0,
    "emergency_visit": 500.0,
    "residence_day": 90.0,
    "shelter_night": 40.0,
    "jail_day": 100.0,
    "agency_day": 10.0,
    "aide_hour": 30.0,
    "respite_day": 250.0,
    "lost_year": 4000.0,
    "family_hour": 15.0,
    "qaly": 50_000.0,
}


def priced_scenario(service=None, *, days=240, priced=True, **more):
    prices = {f"world.prices.{name}": price for name, price in PRICED.items()} if priced else {}
    return small_scenario(service or (), warm_up=20, days=days, workers=4, **{**prices, **more})


@pytest.fixture(scope="module")
def priced_run():
    return simulate(priced_scenario())


def test_costs_are_what_was_used_at_its_price(priced_run):
    found, window = priced_run.outcomes(), priced_run.window
    days = priced_run.arrays("worker_days")
    days = days[days["day"] >= 20]
    assert found["cost_hospital"] == pytest.approx(found["bed_days"] * 770.0)
    hours = len(days) * 8.0
    left = (priced_run.arrays("staff")["event"][priced_run.arrays("staff")["minute"] >= 20 * DAY] == 1).sum()
    called = with_codes(
        priced_run.arrays("contacts"), kind=ContactKind.CRISIS, by=Provider.CASE_MANAGER, outcome=ContactOutcome.HELD
    )
    called = called[called["minute"] >= 20 * DAY]
    is_off = (called["minute"] // DAY % 7 >= 5) | ~(
        (called["minute"] % DAY // 60 >= 9) & (called["minute"] % DAY // 60 < 17)
    )
    hours += (called["minutes"] + called["travel"])[is_off].sum() / 60
    paid = (hours + left * 0.25 * window.paid_hours.mean() * 365 * 5 / 7) * 50.0
    workdays = len(np.unique(days["day"]))
    paid += workdays * 8.0 * 70.0  # four posts have one supervisor
    assert found["cost_case_management"] == pytest.approx(paid / window.client_years)
    parts = ("hospital", "case_management", "psychiatrists", "crisis", "residential", "agencies", "jail")
    parts += ("aides", "respite", "lost")
    assert found["cost_total"] == pytest.approx(sum(found[f"cost_{part}"] for part in parts))
    years = window.days / 365
    assert found["cost_year"] == pytest.approx(found["cost_total"] * window.client_years / years)
    hired = sum(found[f"cost_{part}"] for part in ("case_management", "aides", "psychiatrists"))
    assert found["agency_budget"] == pytest.approx(hired * window.client_years / years)
    assert found["cost_elsewhere"] == pytest.approx(found["cost_year"] - found["agency_budget"])
    assert found["cost_respite"] == pytest.approx(found["respite_days"] * 250.0)
    assert found["cost_community"] == pytest.approx(found["cost_total"] - found["cost_hospital"])
    assert found["net_benefit"] == pytest.approx(found["qalys"] * 50_000.0 - found["cost_total"])
    home = window.spells("moves", "setting", [Setting.FAMILY_HOME]).days()
    assert found["cost_family"] == pytest.approx(home / 7 * 25.0 * 15.0 / window.client_years)


def test_what_has_no_price_has_no_cost_and_the_open_prices_are_named():
    run = simulate(priced_scenario(priced=False, days=60))
    found = run.outcomes()
    assert found["cost_hospital"] >= 0.0
    assert all(math.isnan(found[name]) for name in ("cost_case_management", "cost_total", "net_benefit"))
    assert "case_manager_hour" in Prices().missing()
    assert "case_manager_hour" not in priced_scenario().world.prices.missing()


def test_a_psychiatrist_costs_her_salary_whoever_sees_her(priced_run):
    """Two psychiatrists of 13 hours a week become three: 13 hours a week for a year, though most slots go to others."""
    more = simulate(priced_scenario({"staff.psychiatrists": 3}))
    added = more.outcomes()["agency_budget"] - priced_run.outcomes()["agency_budget"]
    psychiatrists = [run.outcomes()["cost_psychiatrists"] * run.window.client_years for run in (priced_run, more)]
    assert psychiatrists == pytest.approx([hired * 13.0 / 7 * 240 * 150.0 for hired in (2, 3)])
    assert added == pytest.approx(13.0 * 365 / 7 * 150.0, rel=0.2)  # what else differs is chance


def test_people_lost_to_the_service_go_on_costing_where_they_are_not_followed():
    leaving = {"world.relationship.disengage_rate": 1.5, "world.mechanisms.worth_sees_homes": False}
    dear, free = (
        simulate(priced_scenario(days=120, **leaving, **{"world.prices.lost_year": price})) for price in (4000.0, 0.0)
    )
    found = dear.outcomes()
    years = found["years_lost"] * dear.window.client_years
    assert years > 1.0
    assert found["cost_year"] - free.outcomes()["cost_year"] == pytest.approx(4000.0 * years * 365 / 120)
    unpriced = simulate(priced_scenario(days=120, **leaving, **{"world.prices.lost_year": None}))
    assert math.isnan(unpriced.outcomes()["cost_total"])


def test_who_comes_back_is_lost_until_then():
    run = simulate(
        priced_scenario(days=365, **{"world.relationship.disengage_rate": 1.5, "world.relationship.returns_rate": 1.0})
    )
    rows, window = run.arrays("registrations"), run.window
    gone = rows["minute"][(rows["event"] == RegistrationEvent.DISENGAGED) & (rows["minute"] >= 20 * DAY)]
    years = run.outcomes()["years_lost"] * window.client_years
    assert 1.0 < years < 0.7 * (window.end - gone / DAY).sum() / 365


def test_what_is_put_in_is_neither_better_nor_worse():
    spent = [outcome for outcome in OUTCOMES.values() if outcome.name.startswith("cost_")]
    spent += [OUTCOMES["agency_budget"], OUTCOMES["staff_hours"]]
    assert len(spent) > 10
    assert {outcome.better for outcome in spent} == {None}


@pytest.mark.parametrize(("name", "currency"), [("prices_us", "US dollars"), ("prices_england", "pounds sterling")])
def test_a_bundled_set_leaves_no_price_open_and_names_a_source_for_each(name, currency):
    over = load_scenario(f"urban_high_risk+{name}")
    assert over.world.prices.missing() == ()
    assert over.world.prices.currency == currency
    lines = bundled()[name].read_text(encoding="utf-8").splitlines()
    priced = [i for i, line in enumerate(lines) if line.partition(" = ")[0] in ("bed_day", "qaly", *Prices().missing())]
    assert len(priced) == len(Prices().missing()) + 2
    assert all(lines[i - 1].startswith("# ") for i in priced)
    bare = load_scenario("urban_high_risk")
    assert {key.rpartition(".")[0] for key, *_ in over.differences(bare)} == {"world.prices"}


def test_prices_of_one_country_are_taken_where_none_is_stated_and_no_others_are_touched():
    usual = load_scenario("usual_care")
    own = usual.replace({"name": "own", "world.prices.bed_day": 1150.0, "world.prices.utility_acute": 0.6})
    (usually,) = at_prices([usual], None)
    assert (usually.name, usually.title) == (usual.name, usual.title)
    assert usually.world.prices == load_scenario("prices_us").world.prices
    assert at_prices([own, usual], None) == [own, usual]
    assert at_prices([usual], "none") == [usual]
    assert "world.prices.bed_day" not in {each.key for each in uncertain(usually)}
    assert "world.prices.bed_day" in {each.key for each in uncertain(usual)}
    (english,) = at_prices([own], "prices_england")
    found = english.world.prices
    assert (found.bed_day, found.currency, found.utility_acute) == (420.0, "pounds sterling", 0.6)
    assert "at the prices of the bundled set prices_us" in " ".join(standing_notes(usually))


def test_qalys_lie_between_the_worst_and_the_best_state(priced_run):
    assert 0.5 < priced_run.outcomes()["qalys"] < 0.8
    better = simulate(priced_scenario(**{"world.prices.utility_stable": 0.9}))
    assert better.outcomes()["qalys"] > priced_run.outcomes()["qalys"]
    assert better.digest() == priced_run.digest()  # prices change no life


def test_aides_cost_their_paid_hours_and_have_to_be_priced():
    run = simulate(priced_scenario({"staff.aides": 2}, days=70))
    paid = 2 * 8.0 * 50 * 30.0  # two aides, ten weeks of workdays
    assert run.outcomes()["cost_aides"] == pytest.approx(paid / run.window.client_years)
    unpriced = simulate(priced_scenario({"staff.aides": 2}, days=70, **{"world.prices.aide_hour": None}))
    assert math.isnan(unpriced.outcomes()["cost_total"])


WORTHLESS = {"world.prices.homeless_loss": 0.0, "world.prices.unmet_loss": 0.0}


UNFOLLOWED = {"world.mechanisms.worth_sees_homes": False}


def test_worth_to_all_in_need_counts_homes_needs_and_those_who_left():
    """Where nobody follows the lost, with nothing lost to homes and needs and they worth what others are, nothing is
    added."""
    priced_run = simulate(priced_scenario(**UNFOLLOWED))
    found, prices = priced_run.outcomes(), priced_run.scenario.world.prices
    assert found["qalys_in_need"] < found["qalys"]
    assert found["years_lost"] > 0.0
    same = {"world.prices.utility_lost": found["qalys"], **WORTHLESS, **UNFOLLOWED}
    assert simulate(priced_scenario(**same)).outcomes()["qalys_in_need"] == pytest.approx(found["qalys"])
    rows = priced_run.arrays("registrations")
    gone = rows["minute"][(rows["event"] == 2) & (rows["minute"] >= 20 * DAY)]
    years = (priced_run.window.end - gone / DAY).sum() / 365
    served = priced_run.window.client_years
    lost = simulate(priced_scenario(**{"world.prices.utility_lost": 0.0, **WORTHLESS, **UNFOLLOWED})).outcomes()
    assert lost["qalys_in_need"] == pytest.approx(found["qalys"] * served / (served + years))
    caring = priced_run.window.presence(priced_run.window.start, priced_run.window.end)[
        np.asarray(priced_run.window.clients["has_family"], dtype=bool)
    ].sum() / (365 * (served + years))
    worth = found["qalys_in_need"] - caring * (prices.utility_not_caring - found["carer_qalys"])
    assert found["cost_lost"] == pytest.approx(4000.0 * years / served)
    cost = found["cost_total"] * served / (served + years)
    assert found["net_benefit_in_need"] == pytest.approx(50_000.0 * worth - cost)


def test_carers_have_what_others_have_where_burden_takes_nothing(priced_run):
    usual, nothing = priced_run.outcomes(), {"world.prices.utility_carer": 0.71}
    assert 0.55 < usual["carer_qalys"] < 0.71
    assert simulate(priced_scenario(**nothing)).outcomes()["carer_qalys"] == pytest.approx(0.71)


def unpaid(run):
    rows = run.arrays("contacts")
    held = rows[(rows["outcome"] == ContactOutcome.HELD) & (rows["by"] == 0)]
    names = ("call", "family", "psychiatrist liaison")
    return np.isin(held["kind"], [ContactKind.of(name) for name in names]).mean(), held["travel"].sum()


def test_what_is_not_paid_for_is_planned_less_and_what_is_paid_for_is_not(priced_run):
    fee = simulate(priced_scenario({"payer.rule": "fee_for_contact", "payer.granted": 1.0}))
    paid = simulate(priced_scenario({"payer.rule": "case_management_paid", "payer.granted": 1.0, "payer.travel": 1.0}))
    assert unpaid(fee)[0] < 0.7 * unpaid(priced_run)[0]
    assert unpaid(fee)[1] < 0.8 * unpaid(priced_run)[1]
    assert unpaid(paid)[0] == pytest.approx(unpaid(priced_run)[0], abs=0.05)
    assert fee.outcomes()["billed"] > paid.outcomes()["billed"] - 1.0
    straight = simulate(priced_scenario({"payer.rule": "fee_for_contact", "payer.granted": 1.0, "payer.bend": 0.0}))
    assert unpaid(straight)[0] == pytest.approx(unpaid(priced_run)[0], abs=0.02)


def test_posts_that_revenue_does_not_bear_are_not_filled_again():
    def posts(break_even):
        return (
            simulate(
                priced_scenario(
                    {"payer.rule": "fee_for_contact", "payer.break_even": break_even, "payer.granted": 0.0},
                    days=400,
                    **{"world.workforce.leave_rate": 1.5, "world.workforce.hire_days": 10.0},
                )
            )
            .daily["posts"]
            .iloc[-1]
        )

    assert posts(5.0) == 4
    assert posts(150.0) < 3


def test_utilisation_review_shortens_stays_and_brings_no_contact():
    def stays(rule):
        run = simulate(
            priced_scenario(
                {"review.rule": rule, "review.authorised_days": 2.0} if rule != "no_review" else None,
                **{"world.crisis.acute_rate": 0.2, "world.illness.onset_rate": 1.2},
            )
        )
        return run.outcomes()

    free, reviewed = stays("no_review"), stays("utilisation_review")
    assert reviewed["stay"] < free["stay"]
    assert reviewed["client_contacts"] < free["client_contacts"] * 1.1


def test_psychiatrists_busy_elsewhere_let_people_wait():
    waits = [simulate(priced_scenario({"staff.psychiatrist_elsewhere": share})) for share in (0.0, 0.45)]
    queues = [run.daily["psychiatrist_queue"].mean() for run in waits]
    assert queues[1] > queues[0]


def test_separate_specialists_pull_apart_what_one_worker_holds_together(priced_run):
    apart = simulate(priced_scenario({"practice.coordination": "separate_specialists"}))
    one, many = (run.clients["end_plan_conflict"].mean() for run in (priced_run, apart))
    assert many > one + 0.1
    quiet = {"world.coordination.strain": 0.01}
    calm = simulate(priced_scenario({"practice.coordination": "separate_specialists"}, **quiet))
    assert calm.daily["stress"].mean() < apart.daily["stress"].mean()


def test_unskilled_workers_do_less_in_a_crisis_and_as_much_when_they_go_along():
    from cmsim.scenario.world import Competence
    from cmsim.submodels.skill_effect import ability

    p = Competence()
    crisis, along = (ability(share, 0.15, p.usual) for share in (p.crisis_intervention, p.linkage))
    assert crisis < 0.6 < 0.85 < along


def test_skill_bears_on_what_contacts_deliver():
    def known(share):
        named = {f"world.competence.{name}": share for name in ("engagement", "monitoring", "crisis_intervention")}
        untaught = {"staff.training": "paraprofessional", "turnover.supervision_hours": 0.0}
        run = simulate(priced_scenario(untaught, days=120, priced=False, **named))
        return run.clients["end_knowledge"].mean()

    assert known(0.0) > known(1.0) + 0.02


@pytest.fixture(scope="module")
def followed():
    """Return a run in which many leave against advice and are followed."""
    often = {"world.relationship.disengage_rate": 1.5, "world.relationship.returns_rate": 0.0}
    return simulate(priced_scenario(days=300, **often))


def lost(run):
    """Return the rows of who left against advice, with the minute of the first time."""
    rows = run.arrays("registrations")
    rows = rows[rows["event"] == RegistrationEvent.DISENGAGED]
    return dict(zip(rows["client"][::-1].tolist(), rows["minute"][::-1].tolist(), strict=True))


def test_who_is_lost_to_the_service_is_followed_where_worth_sees_homes(followed):
    gone, clients = lost(followed), followed.clients
    assert len(gone) > 20
    moved = {
        int(row["client"])
        for row in followed.arrays("registrations")
        if row["event"] in (RegistrationEvent.MOVED_OR_DIED, RegistrationEvent.RECOVERED)
    }
    assert all(np.isnan(clients["left_day"][row]) for row in gone if row not in moved)
    assert sum(row["client"] in gone and row["minute"] > gone[row["client"]] for row in followed.arrays("crises")) > 0
    back = {row["client"] for row in followed.arrays("admissions")}
    planned = followed.arrays("contacts")
    planned = planned[np.isin(planned["kind"], (ContactKind.VISIT, ContactKind.CALL))]
    seen = {row["client"] for row in planned if row["client"] in gone and row["minute"] > gone[row["client"]]}
    assert seen <= back  # nobody comes to those who are lost, before a stay in hospital brings some of them back
    assert seen


def test_the_lost_come_back_or_are_gone_after_a_time():
    often = {"relationship.disengage_rate": 1.0, "relationship.return_share": 0.2}
    staying, going, returning = (
        small_run(days=400, **often, **{"relationship.returns_rate": rate, "relationship.followed_days": days})
        for rate, days in ((0.0, 10_000.0), (0.0, 60.0), (4.0, 10_000.0))
    )
    events = going.registrations
    gone = events[events["event"] == RegistrationEvent.NO_LONGER_FOLLOWED]
    assert len(gone) > 5
    for row in gone:
        mine = events[(events["client"] == row["client"]) & (events["event"] == RegistrationEvent.DISENGAGED)]
        assert row["minute"] - mine["minute"][-1] >= 60 * DAY
        assert going.community.clients[row["client"]].status == ClientStatus.LEFT
    for run in (staying, returning):
        assert not (run.registrations["event"] == RegistrationEvent.NO_LONGER_FOLLOWED).any()
    lost = [(run.community.people.lost_on >= 0).sum() for run in (staying, returning)]
    assert lost[1] < 0.6 * lost[0]


def test_quality_of_life_sees_needs_side_effects_ties_and_homes(followed):
    window, p = followed.window, followed.scenario.world.prices
    daily = window.rows("daily")
    unmet = (daily["unmet_need"].astype(float) * (daily["open"] + daily["waiting"] + daily["lost"])).sum()
    homeless = window.spells("moves", "setting", [Setting.STREET, Setting.SHELTER]).days()
    kept = {f"world.prices.{name}": 0.0 for name in ("side_effect_loss", "isolation_loss")}
    needs = simulate(followed.scenario.replace(kept))
    none = simulate(
        followed.scenario.replace({**kept, "world.prices.homeless_loss": 0.0, "world.prices.unmet_loss": 0})
    )
    assert none.digest() == followed.digest()  # prices change no life
    worth = [run.outcomes()["qalys"] * window.client_years for run in (none, needs, followed)]
    taken = (p.unmet_loss * unmet + p.homeless_loss * homeless) / 365
    assert worth[0] - worth[1] == pytest.approx(taken, rel=1e-4)
    assert worth[1] > worth[2]
    assert followed.outcomes()["qalys_in_need"] == followed.outcomes()["qalys"]
    groups = group_outcomes(window)
    halves = [groups["substance use", group] for group in ("substance use", "no substance use")]
    whole = sum(half["qalys"] * half["client_years"] for half in halves)
    assert whole == pytest.approx(worth[2])


@given(st.floats(0.0, 40.0), st.floats(0.0, 40.0))
def test_a_larger_network_never_isolates_more(few, more):
    p = Prices()
    assert 0.0 <= isolation(p, few + more) <= isolation(p, few) <= 1.0


def test_sweep_and_sensitivity_take_the_usual_prices_too(command, tmp_path):
    small = ("--set", "world.population.clients=12", "--set", "world.warm_up_days=7", "--set", "run.days=10")
    Path("study.toml").write_text('scenarios = ["usual_care"]\nreplications = 1\n')
    analysed = (
        "sensitivity",
        "usual_care",
        "--only",
        "world.illness",
        "--points",
        "2",
        "--outcome",
        "cost_year",
        *small,
    )
    found = {}
    for asked in ((), ("--prices", "none"), ("--prices", "prices_england")):
        out = "-".join(("out", *asked)).replace("---", "-")
        assert command("sweep", "study.toml", "--out", out, "--workers", "1", *small, *asked)[0] == 0
        (scenario,) = load_study(out).scenarios.values()
        assert command(*analysed, "--out", f"{out}-s", "--workers", "1", *asked)[0] == 0
        mean = pd.read_csv(f"{out}-s/uncertainty.csv")["mean"][0]
        found[asked[-1] if asked else ""] = (scenario.world.prices.currency, mean)
    assert {key: currency for key, (currency, _) in found.items() if key != "none"} == {
        "": "US dollars",
        "prices_england": "pounds sterling",
    }
    assert np.isnan(found["none"][1])
    assert found[""][1] > found["prices_england"][1] > 0


def test_a_sweep_in_python_has_the_prices_that_its_scenarios_state():
    """Those of ``prices_us`` are named with a plus, as its docstring says; else none is stated."""
    for name, is_open in (("usual_care", True), ("usual_care+prices_us", False)):
        (found,) = study_scenarios(*read_study({"scenarios": [name], "replications": 1}, None, None)).values()
        assert found.world.prices.is_open() is is_open
