"""Who comes in a crisis and where it leads; medication refused; what time left over or short is used for."""

from __future__ import annotations

import numpy as np
import pytest

from cmsim.schema.codes import ContactKind, CrisisOutcome, Provider
from support import small_run, without

ROUGH = {"illness.onset_rate": 6.0, "crisis.acute_rate": 0.2}
HOUR = 60
DAYS = 200


@pytest.fixture(scope="module")
def usual():
    return small_run(**ROUGH)


def came(run, by):
    return (run.crises["by"] == by).sum()


def became(run, outcome):
    return (run.crises["outcome"] == CrisisOutcome.of(outcome)).sum()


# -- who comes -------------------------------------------------------------------------------------------


def test_a_colleague_comes_where_the_own_worker_is_away_and_the_policy_asks_the_team(usual):
    team = small_run(both={"crisis.first.rule": "own_then_team"}, **ROUGH)
    assert came(usual, Provider.TEAM_MEMBER) == 0 < came(team, Provider.TEAM_MEMBER)
    answered = team.crises[team.crises["by"] == Provider.TEAM_MEMBER]
    own = team.people.worker[answered["client"]]
    assert (answered["worker"] // 1000 != own).mean() > 0.5  # handed over meanwhile: rarely the same
    assert answered["response"].mean() < 24 * HOUR


def test_with_a_team_on_call_evenings_and_weekends_are_answered_by_case_managers(usual):
    on_call = small_run(both={"crisis.on_call.rule": "team"}, **ROUGH)

    def out_of_hours(run):
        mine = run.crises[(run.crises["by"] == Provider.CASE_MANAGER) | (run.crises["by"] == Provider.TEAM_MEMBER)]
        came = mine["minute"] + mine["response"]
        hour, day = came % 1440 // HOUR, came // 1440 % 7
        # a call within hours may be answered in overtime
        return ((hour >= 20) | (hour < 8) | (day >= 5)).sum()

    assert out_of_hours(usual) == 0 < out_of_hours(on_call)
    assert came(on_call, Provider.CRISIS_SERVICE) + came(on_call, Provider.EMERGENCY) < came(
        usual, Provider.CRISIS_SERVICE
    ) + came(usual, Provider.EMERGENCY)
    night = on_call.contacts[(on_call.contacts["kind"] == ContactKind.CRISIS) & (on_call.contacts["by"] == 0)]
    assert (night["minute"] % 1440 >= 18 * HOUR).any()


LEFT_TO_OTHERS = {"mechanisms.own_worker_answers": False, **ROUGH}


@pytest.fixture(scope="module")
def left_to_others():
    return small_run(**LEFT_TO_OTHERS)


def crisis_work(run):
    """Minutes of case managers' contacts in crises, and those of all their contacts."""
    mine = run.contacts[(run.contacts["by"] == Provider.CASE_MANAGER) & (run.contacts["outcome"] == 0)]
    return mine["minutes"][mine["kind"] == ContactKind.CRISIS].sum(), mine["minutes"].sum()


@pytest.mark.slow
def test_the_own_worker_is_called_by_family_and_client_and_waited_for_overnight():
    # some 900 crises each: at a tenth of that the severities of 5 nights decide nothing
    usual, own = (small_run(clients=240, workers=12, days=400, **world) for world in (LEFT_TO_OTHERS, ROUGH))
    share = {name: came(run, Provider.CASE_MANAGER) / len(run.crises) for name, run in (("own", own), ("usual", usual))}
    assert share["own"] > 1.5 * share["usual"]
    mine = own.crises[own.crises["by"] == Provider.CASE_MANAGER]
    overnight = mine["response"] > 8 * HOUR
    assert overnight.any()
    # the graver a crisis, the less it can wait
    assert mine["severity"][overnight].mean() < mine["severity"][~overnight].mean()
    assert came(usual, Provider.CASE_MANAGER) > 0
    assert (usual.crises["response"][usual.crises["by"] == Provider.CASE_MANAGER] < 8 * HOUR).all()


def test_whoever_holds_out_in_a_grave_crisis_would_in_a_lesser_one(usual):
    clients = [client for client in usual.community.clients if client is not None]
    lesser, graver = (
        np.array([client.decide_to_hold_out(severity, 12 * HOUR, 1) for client in clients]) for severity in (0.2, 0.7)
    )
    assert (lesser >= graver).all()
    assert lesser.sum() > graver.sum() > 0


def test_the_days_after_a_crisis_are_crisis_work_too_where_it_is_practised(usual, left_to_others):
    in_crises, in_all = crisis_work(usual)
    before, of_all = crisis_work(left_to_others)
    assert in_crises / in_all > 3.0 * before / of_all > 0.0
    without_it = small_run(without("crisis intervention"), **ROUGH)
    assert (without_it.people.crisis_care_until < 0).all()
    assert (left_to_others.people.crisis_care_until < 0).all()
    assert (usual.people.crisis_care_until > 0).any()
    # psychiatrists and families are told sooner
    told = [ContactKind.FAMILY, ContactKind.LIAISON]
    assert np.isin(usual.contacts["kind"], told).sum() > np.isin(without_it.contacts["kind"], told).sum()


def test_on_call_is_answered_by_who_is_at_work_and_never_in_two_places():
    always = {"crisis.on_call.rule": "team", "crisis.on_call.since": 0, "crisis.on_call.until": 24}
    run = small_run(both={**always, "crisis.first.rule": "own_then_team"}, workers=6, days=300, **ROUGH)
    held = run.contacts[(run.contacts["by"] == Provider.CASE_MANAGER) & (run.contacts["outcome"] == 0)]
    away = run.worker_days[run.worker_days["absent"]]
    days_away = set(zip(away["worker"].tolist(), away["day"].tolist(), strict=True))
    out = held[held["kind"] == ContactKind.CRISIS]
    assert not days_away & set(zip(out["worker"].tolist(), (out["minute"] // 1440).tolist(), strict=True))
    order = np.lexsort((held["minute"], held["worker"]))
    first, second = held[order][:-1], held[order][1:]
    same = first["worker"] == second["worker"]
    assert (first["minute"] + first["minutes"] <= second["minute"])[same].all()


# -- where it leads --------------------------------------------------------------------------------------


def test_respite_takes_people_out_of_homes_that_strain_them_and_only_those(usual):
    often = {"respite.strain_from": 0.1, "respite.accepts": 0.9, **ROUGH}
    there = small_run(both={"crisis.respite_places": 5}, **often)
    none = small_run(both={"crisis.respite_places": 0}, **often)
    assert len(there.respites) > 5
    assert len(none.respites) == 0
    assert (there.people.has_family[there.respites["client"]] > 0).all()
    assert (there.respites["minute"] > there.respites["since"]).all()
    assert became(there, "respite") > 0 == became(none, "respite")
    assert not there.people.away[list(set(range(there.people.known)) - set(_guests(there)))].any()


def _guests(run):
    return run.community.respite.guests


def test_in_respite_nobody_is_face_to_face_with_the_family_and_the_place_is_safer():
    from cmsim.model.steps.unmet_need import refresh_needs

    community = small_run(days=7).community
    people = community.people
    row = int(np.flatnonzero(people.family_contact[: people.known] > 0.5)[0])
    before = float(people.stress_pull[row]), float(people.family_contact[row])
    people.expressed[row] = 0.8
    refresh_needs(community, np.array([row]))
    strained = float(people.stress_pull[row])
    people.away[row] = 1.0
    refresh_needs(community, np.array([row]))
    assert people.family_contact[row] == 0.0 < before[1]
    assert people.stress_pull[row] < strained


def refusing(rule):
    hard = {"crisis.committed_midpoint": 0.7, "crisis.committed_slope": 14.0}
    return small_run(both={"hospital.commitment.rule": rule}, **ROUGH, **hard)


def test_a_refusal_is_respected_or_overruled_as_the_commitment_policy_says():
    last, readily = refusing("last_resort"), refusing("readily")
    assert became(last, "refused admission") > became(readily, "refused admission")
    assert last.admissions["involuntary"].mean() < readily.admissions["involuntary"].mean()
    assert (last.harms["after"] == CrisisOutcome.ADMITTED).sum() == 0


# -- visits with risk ------------------------------------------------------------------------------------


def test_visits_with_risk_take_two_workers_or_wear_on_the_one():
    risky = {"crisis.risky_severity": 0.6, "crisis.risky_days": 180.0, **ROUGH}
    pairs = small_run(**risky)
    alone = small_run(both={"crisis.risky_visits.rule": "alone"}, **risky)
    assert len(pairs.risky_visits) > 20 < len(alone.risky_visits)
    assert (pairs.risky_visits["second"] >= 0).mean() > 0.3
    assert (alone.risky_visits["second"] < 0).all()
    assert (pairs.risky_visits["second"] != pairs.risky_visits["worker"]).all()
    assert alone.daily["exhaustion"][60:].mean() > pairs.daily["exhaustion"][60:].mean()
    # the minutes of the second worker are worked
    assert pairs.worker_days["along_minutes"].sum() > 0 == alone.worker_days["along_minutes"].sum()


# -- medication refused ----------------------------------------------------------------------------------


def test_firmness_brings_depots_and_costs_alliance_an_offer_only_the_first():
    stops = {"medication.stop_rate": 0.8, "medication.stops_before": 5.0, "medication.depot_accepted": 0.5}
    runs = {rule: small_run(both={"medication.rule": rule}, **stops) for rule in ("flexible", "offers_depot", "firm")}
    assert len(runs["flexible"].depots) == 0
    assert len(runs["offers_depot"].depots) > 5 < len(runs["firm"].depots)
    accepted = {rule: run.depots["accepted"].mean() for rule, run in runs.items() if len(run.depots)}
    assert accepted["firm"] > accepted["offers_depot"]
    pressed = {rule: (run.coercions["act"] == 1).sum() for rule, run in runs.items()}
    assert pressed["firm"] == len(runs["firm"].depots) > pressed["offers_depot"] == pressed["flexible"] == 0
    n = runs["firm"].people.known
    assert runs["firm"].people.depot[:n].mean() > runs["flexible"].people.depot[:n].mean()
    assert runs["firm"].people.coerced[:n].mean() > runs["offers_depot"].people.coerced[:n].mean()


# -- time left over, time short --------------------------------------------------------------------------


def used(rule, staff=6):
    return small_run(both={"slack.rule": rule, "staff.case_managers": staff}, days=100)


def test_time_left_over_goes_where_the_policy_says():
    runs = {rule: used(rule) for rule in ("office", "more_visits", "as_wanted", "longer_visits", "family", "network")}

    def held(rule, kind):
        mine = runs[rule].contacts
        return mine[(mine["by"] == 0) & (mine["outcome"] == 0) & (mine["kind"] == kind)]

    office = {rule: run.worker_days["office_minutes"].sum() for rule, run in runs.items()}
    assert office["office"] == max(office.values())
    assert len(held("more_visits", ContactKind.VISIT)) > 1.3 * len(held("office", ContactKind.VISIT))
    # visits are made earlier, but no more of them than clients want, and not in the time for the desk
    wanted = len(held("as_wanted", ContactKind.VISIT))
    assert 1.2 * len(held("office", ContactKind.VISIT)) < wanted < 0.9 * len(held("more_visits", ContactKind.VISIT))
    assert office["as_wanted"] > office["more_visits"]
    assert (
        held("longer_visits", ContactKind.VISIT)["minutes"].mean()
        > 1.15 * held("office", ContactKind.VISIT)["minutes"].mean()
    )
    assert len(held("family", ContactKind.FAMILY)) > 2 * len(held("office", ContactKind.FAMILY))
    going_along = ContactKind.ACCOMPANY
    assert len(held("network", going_along)) > 2 * len(held("office", going_along)) + 10


def test_when_time_is_short_the_policy_says_what_gives_way():
    runs = {
        rule: small_run(both={"shortage.rule": rule, "staff.case_managers": 1, "caseload.size": 60}, days=120)
        for rule in ("collateral_first", "visits_cancelled", "shorter_visits")
    }

    def dropped(rule, kinds):
        mine = runs[rule].contacts
        return ((mine["outcome"] == 3) & np.isin(mine["kind"], kinds)).sum()

    assert dropped("collateral_first", [ContactKind.VISIT]) == 0 < dropped("collateral_first", [ContactKind.FAMILY])
    assert dropped("visits_cancelled", [ContactKind.FAMILY]) == 0 < dropped("visits_cancelled", [ContactKind.VISIT])
    minutes = {
        rule: run.contacts["minutes"][(run.contacts["kind"] == ContactKind.VISIT) & (run.contacts["outcome"] == 0)]
        for rule, run in runs.items()
    }
    assert minutes["shorter_visits"].mean() < 0.75 * minutes["collateral_first"].mean()
    assert len(minutes["shorter_visits"]) > len(minutes["collateral_first"])


def test_above_a_load_what_nobody_calls_for_waits_families_and_networks_first():
    short = {"staff.case_managers": 1, "caseload.size": 60}

    def shares(**world):
        mine = small_run(both=short, days=150, **world).contacts
        mine = mine[(mine["by"] == Provider.CASE_MANAGER) & (mine["outcome"] == 0)]
        with_others = np.isin(mine["kind"], [ContactKind.FAMILY, ContactKind.AGENCY, ContactKind.ACCOMPANY])
        return with_others.mean(), (mine["kind"] == ContactKind.VISIT).mean()

    # in the days after a crisis families are called for
    settled = {"mechanisms.own_worker_answers": False}
    alike, reactive = (shares(**settled, **{"mechanisms.reactive_mix": on}) for on in (False, True))
    assert reactive[0] < 0.7 * alike[0]
    assert reactive[1] > alike[1]
