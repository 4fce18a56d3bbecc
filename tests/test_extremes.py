"""Communities at the edge: nobody there, nothing to give, nobody who comes; each lives on soundly."""

from __future__ import annotations

import numpy as np
import pytest

from cmsim import load_scenario, simulate
from cmsim.core.simtime import DAY
from cmsim.model.community import Community
from cmsim.schema.codes import ContactKind, ContactOutcome, LinkStep, Provider, Setting, WaitFor, WaitOutcome
from support import small_scenario

DAYS = 90
NO_PLACES = dict.fromkeys(("housing", "benefits", "day_programme", "work", "substance_use", "general_health"), 0)


def edge_run(service=None, **world):
    """Run 90 days, thirty of them warm-up, of 40 clients; ``service`` holds throughout."""
    world = {f"world.{key}": value for key, value in world.items()}
    run = simulate(small_scenario(service or (), clients=40, warm_up=30, days=DAYS - 30, workers=None, **world))
    assert run.outcomes()  # whatever happened can be counted
    assert len(run.daily) == run.scenario.total_days
    assert len(run.events) >= 0
    return run


def held(run, by=Provider.CASE_MANAGER):
    contacts = run.arrays("contacts")
    return contacts[(contacts["outcome"] == ContactOutcome.HELD) & (contacts["by"] == by)]


def waits(run, what):
    rows = run.arrays("waits")
    return rows[rows["for"] == WaitFor.of(what)]


def assert_nobody_is_served(run):
    """Whoever does not wait any more has given up."""
    assert not run.arrays("daily")["open"].any()
    assert len(run.arrays("handovers")) == 0


def test_without_clients_the_staff_keep_office_hours_and_nothing_else_is_written():
    run = edge_run(**{"population.clients": 0})
    for name in ("contacts", "transitions", "crises", "admissions", "moves", "handovers", "waits", "links"):
        assert len(run.arrays(name)) == 0, name
    days = run.arrays("worker_days")
    worked = days[days["absent"] == 0]
    assert (worked["office_minutes"] + worked["team_minutes"] == 480).all()
    assert (run.arrays("daily")["beds_occupied"] > 0).all()  # other people are ill all the same
    assert len(run.clients) == 0


def test_without_case_managers_everybody_waits_and_crises_go_to_the_crisis_service():
    run = edge_run({"staff.case_managers": 0})
    assert len(held(run)) == 0
    assert len(run.arrays("worker_days")) == 0
    assert_nobody_is_served(run)
    assert set(run.arrays("crises")["by"].tolist()) <= {Provider.CRISIS_SERVICE, Provider.EMERGENCY}
    still = waits(run, "case manager")
    assert len(still) > 0
    assert (still["outcome"] != WaitOutcome.SERVED).all()
    assert (run.arrays("links")["step"] != LinkStep.REFERRED).all()
    # of those there from the first day and still there, all have waited the whole time
    whole = still[still["outcome"] == WaitOutcome.STILL]
    assert (whole["minute"] == DAYS * DAY).all()
    assert (whole["since"] == 0).sum() > 20


def test_without_beds_nobody_is_admitted_and_every_crisis_is_settled_outside():
    run = edge_run({"hospital.beds": 0}, **{"crisis.stressor_rate": 2.0})
    assert len(run.arrays("admissions")) == 0
    assert len(waits(run, "bed")) == 0
    assert len(run.arrays("crises")) > 5
    daily = run.arrays("daily")
    assert not any(daily[name].any() for name in ("inpatient", "hospital", "beds_occupied", "bed_queue"))


def test_without_psychiatrists_there_are_no_reviews_and_medication_runs_out():
    run = edge_run({"staff.psychiatrists": 0})
    usual = edge_run()
    assert not (run.arrays("contacts")["kind"] == ContactKind.REVIEW).any()
    assert len(waits(run, "psychiatrist")) == 0
    assert run.arrays("daily")["psychiatrist_queue"].max() == 0
    assert run.arrays("daily")["adherence"][-1] < usual.arrays("daily")["adherence"][-1]


def test_without_crisis_teams_the_emergency_department_answers_whom_the_worker_does_not():
    run = edge_run({"crisis.teams": 0}, **{"crisis.stressor_rate": 2.0})
    crises = run.arrays("crises")
    assert len(crises) > 5
    assert Provider.CRISIS_SERVICE not in crises["by"]
    assert Provider.EMERGENCY in crises["by"]
    assert len(held(run, Provider.CRISIS_SERVICE)) == 0


def test_without_places_at_agencies_no_link_is_ever_made():
    run = edge_run({"agencies": NO_PLACES}, **{"components.linkage.referral_rate": 20.0})
    steps = run.arrays("links")["step"]
    assert (steps == LinkStep.REFERRED).any()
    assert not np.isin(steps, [LinkStep.ACCEPTED, LinkStep.STARTED, LinkStep.ENDED]).any()
    assert not run.arrays("daily")["links"].any()


def test_where_nobody_ever_comes_every_contact_with_a_client_fails_for_want_of_willingness(monkeypatch):
    from cmsim.model.agents import Client

    monkeypatch.setattr(Client, "decide_to_come", lambda self, chance, luck: False)
    run = edge_run()
    contacts = run.arrays("contacts")
    planned = np.isin(contacts["kind"], [ContactKind.VISIT, ContactKind.CALL, ContactKind.WARD])
    assert planned.sum() > 100
    assert not (contacts["outcome"][planned] == ContactOutcome.HELD).any()
    assert not contacts["minutes"][planned].any()
    assert (run.arrays("daily")["unseen_30"][45:] > 0).all()
    # collateral contacts and crises do not need an appointment kept
    assert {ContactKind(kind).label for kind in held(run)["kind"]} <= {
        "crisis",
        "family",
        "psychiatrist liaison",
        "agency",
    }


def test_a_caseload_of_one_makes_the_rest_wait_when_staff_are_fixed():
    run = edge_run({"caseload.size": 1, "caseload.stretch": 1.0, "staff.case_managers": 3})
    served = waits(run, "case manager")
    assert (served["outcome"] != WaitOutcome.SERVED).all()
    assert (run.arrays("daily")["waiting"][-1]) > 0


def test_a_caseload_of_one_brings_a_worker_for_everybody_when_clients_are_fixed():
    run = edge_run({"caseload.size": 1, "caseload.closure": "clients_fixed"}, **{"workforce.ramp_days": 0.0})
    daily = run.arrays("daily")
    assert (daily["posts"] >= 40).all()
    assert run.arrays("worker_days")["caseload"].max() == 1


def test_a_caseload_of_two_hundred_is_one_worker_who_leaves_contacts_undone():
    run = edge_run(
        {"caseload.size": 200, "caseload.closure": "clients_fixed"},
        **{"population.clients": 190, "workforce.leave_rate": 0.0},
    )
    daily, days = run.arrays("daily"), run.arrays("worker_days")
    assert (daily["case_managers"] == 1).all()
    worked = days[days["absent"] == 0]
    assert worked["undone"][10:].min() > 0
    assert not worked["office_minutes"][10:].any()  # not a minute is left over
    assert (worked["caseload"] > 150).all()


def test_one_worker_serves_as_many_as_a_caseload_holds_and_the_rest_wait():
    run = edge_run({"staff.case_managers": 1, "caseload.size": 15}, **{"workforce.leave_rate": 0.0})
    daily = run.arrays("daily")
    assert (daily["case_managers"] == 1).all()
    later = waits(run, "case manager")
    assert (later["outcome"] == WaitOutcome.STILL).sum() == daily["waiting"][-1]
    assert held(run)["worker"].max() == 0


@pytest.mark.parametrize("sharing", ["own_clients", "shared_by_team"])
def test_when_everybody_leaves_people_wait_and_crises_go_elsewhere(sharing):
    settings = {
        "world.population.clients": 40,
        "world.warm_up_days": 30,
        "run.days": 90,
        "world.workforce.hire_days": 3000.0,
        "world.crisis.stressor_rate": 2.0,
        "service.caseload.sharing.rule": sharing,
        "baseline.caseload.sharing.rule": sharing,
        "events": [{"day": 40, "resigning_post": post} for post in range(1, 13)],
    }
    run = simulate(load_scenario("usual_care").replace(settings))
    daily = run.arrays("daily")
    assert daily["case_managers"][-1] == 0
    assert daily["waiting"][-1] > 20
    gone = 40 + run.scenario.service.turnover.notice_days
    assert not (held(run)["minute"] > (gone + 1) * DAY).any()
    late = run.arrays("crises")
    assert set(late["by"][late["minute"] > (gone + 1) * DAY].tolist()) <= {Provider.CRISIS_SERVICE, Provider.EMERGENCY}
    assert run.outcomes()


def test_one_client_is_seen_by_one_worker():
    run = edge_run(**{"population.clients": 1, "population.referrals": 0.0})
    contacts = held(run)
    assert len(contacts) > 0
    assert set(contacts["client"].tolist()) == {0}
    assert len(set(contacts["worker"].tolist())) == 1
    assert len(run.clients) == 1


def test_without_a_warm_up_outcomes_count_from_the_first_day():
    run = simulate(
        load_scenario("usual_care").replace({"world.population.clients": 40, "world.warm_up_days": 0, "run.days": 60})
    )
    assert run.window.start == 0
    assert len(run.daily) == 60
    assert run.clients["start_phase"].notna().sum() >= 40
    assert run.outcomes()


def test_with_no_one_to_help_at_all_people_are_ill_and_get_well_on_their_own():
    nothing = {
        "staff.case_managers": 0,
        "staff.psychiatrists": 0,
        "hospital.beds": 0,
        "crisis.teams": 0,
        "agencies": NO_PLACES,
    }
    run = edge_run(nothing)
    assert set(run.arrays("contacts")["by"].tolist()) <= {Provider.EMERGENCY}
    assert len(run.arrays("transitions")) > 0
    assert_nobody_is_served(run)


def test_without_components_contacts_take_place_and_teach_nobody_anything():
    run = edge_run({"practice.components": []})
    assert len(held(run)) > 100
    assert not run.ledger.component_minutes().any()
    assert run.clients["end_alliance"].mean() < run.clients["start_alliance"].mean()


def test_beds_and_places_taken_away_later_put_nobody_out_and_take_nobody_in():
    spec = load_scenario("usual_care").replace(
        {
            "world.population.clients": 40,
            "world.warm_up_days": 30,
            "run.days": 60,
            "service.hospital.beds": 0,
            "service.agencies": NO_PLACES,
            "service.crisis.teams": 0,
            "world.crisis.stressor_rate": 2.0,
        }
    )
    run = simulate(spec)
    admissions, links = run.arrays("admissions"), run.arrays("links")
    since = 30 * DAY
    asked = admissions["minute"] - admissions["waited"]
    assert (asked < since + DAY).all()
    assert not ((links["minute"] >= since) & (links["step"] == LinkStep.ACCEPTED)).any()
    crises = run.arrays("crises")
    assert Provider.CRISIS_SERVICE not in crises["by"][crises["minute"] >= since + DAY]


def test_beds_closed_and_opened_again_meet_the_same_other_patients_as_before():
    def outside(changes):
        spec = load_scenario("usual_care").replace(
            {"world.population.clients": 0, "world.warm_up_days": 0, "run.days": 200, "changes": changes}
        )
        return simulate(spec).arrays("daily")["beds_occupied"]

    usual = outside([])
    closed = outside(
        [
            {"from_day": 20, "service": {"hospital": {"beds": 0}}},
            {"from_day": 21, "service": {"hospital": {"beds": 42}}},
        ]
    )
    assert (closed[:20] == usual[:20]).all()
    # one day of nobody coming in is forgotten once those who would have come have gone
    assert abs(closed[150:].mean() - usual[150:].mean()) < 1.0


def test_somebody_in_hospital_at_the_start_has_a_bed_and_is_nobodys_roommate():
    spec = load_scenario("usual_care").replace(
        {
            "world.population.clients": 60,
            "world.population.inpatient": 0.6,
            "world.population.group_home": 0.7,
            "world.population.family_home": 0.0,
            "baseline.hospital.beds": 60,
            "service.hospital.beds": 60,
        }
    )
    community = Community(spec)
    setting = {client.key: Setting(client.setting).label for client in community.clients}
    ties = [
        (setting[one], setting[other])
        for one, other, facts in community.graph.edges(data=True)
        if facts["kind"] == "roommate"
    ]
    assert len(ties) > 5
    assert set(ties) == {("group home", "group home")}
    community.step()
    inside = list(setting.values()).count("hospital")
    # as many as there are beds that other people have left free; the rest are well at once
    assert 5 < inside <= 60 - round(60 * spec.world.hospital.outside_occupancy)
    assert community.hospital.waiting == 0


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_a_hospital_that_tells_nobody_or_everybody_runs(chance):
    run = edge_run({"hospital.use.rule": "hospital_first"}, **{"hospital.informs": chance, "crisis.stressor_rate": 3.0})
    told = run.arrays("admissions")["informed"][run.arrays("admissions")["minute"] > 0]
    assert len(told) > 3
    if chance == 1.0:
        assert told.mean() > 0.5  # all but those without a case manager


LEVELS = (
    *(f"population.{name}" for name in ("insight", "capability", "ceiling_gain", "tolerance", "warmth", "burden")),
    "medication.fit_start",
    "network.closeness",
    "network.competence",
    "referral.unassisted",
    "referral.accepts",
    "crisis.acute_severity",
    "crisis.stressor_severity",
    "hospital.pressure_from",
)


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_levels_at_either_end_of_what_is_allowed_do_no_harm(end):
    levels = {key: end for key in LEVELS if key != "population.ceiling_gain" or end == 0.0}
    run = edge_run(**levels, **{"components.linkage.referral_rate": 20.0, "crisis.stressor_rate": 2.0})
    accepted = run.arrays("links")["step"] == LinkStep.ACCEPTED
    assert accepted.any() == (end == 1.0)
    severities = run.arrays("crises")["severity"]
    assert len(severities) > 0
    assert (np.abs(severities - end) < 1e-3).all()


@pytest.mark.parametrize(
    ("service", "world"),
    [
        ({}, {"support.family_level": 0.0}),
        # no hassles: a worker answers them by phone, which is no planned call
        ({"contact.calls": 0.0, "contact.least_visits": 0.01}, {"stress.hassle_rate": 0.0}),
        ({}, {"workforce.leave_rate": 0.0}),
        ({"turnover.notice_days": 0}, {"workforce.leave_rate": 5.0, "workforce.hire_days": 0.0}),
    ],
)
def test_rates_at_the_end_of_what_is_allowed_do_no_harm(service, world):
    run = edge_run(service, **world)
    left = run.arrays("staff")
    if world.get("workforce.leave_rate") == 0.0:
        assert len(left) == 0
    if service.get("contact.calls") == 0.0:
        # the one that a worker makes on beginning, and no other after it
        calls = held(run)[held(run)["kind"] == ContactKind.CALL]
        assert len(calls) == len({(row["client"], row["worker"]) for row in calls})
