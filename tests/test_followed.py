"""What trials count of people, worked out by hand on rows written by hand: no model is run."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cmsim.core.errors import CmsimError
from cmsim.core.ledger import Ledger
from cmsim.core.simtime import DAY, YEAR_DAYS
from cmsim.results.simulation import Simulated
from cmsim.scenario import load_scenario
from cmsim.schema.codes import (
    FACTORS,
    ClientStatus,
    ContactKind,
    ContactOutcome,
    Phase,
    Provider,
    RegistrationEvent,
    Setting,
)
from cmsim.schema.state_variables import NEVER
from cmsim.schema.tables import KINDS, AdmissionRow, ContactRow, HandoverRow, MoveRow, RegistrationRow, TransitionRow
from cmsim.validation.trials import trial_run
from cmsim.validation.trials.arm_treatments import apply_arm
from cmsim.validation.trials.cohort import _STATE, CANDIDATES, MEMBERS, Enrolment, collect_columns
from cmsim.validation.trials.followed_people import Followed
from cmsim.validation.trials.person_table import describe_persons, person_columns
from cmsim.validation.trials.trial_design import Trial
from cmsim.validation.trials.trial_measures import MEASURES, TrialMeasure
from cmsim.validation.trials.trial_result import TrialResult
from cmsim.validation.trials.trial_run import (
    _collect_values,
    _measure_persons,
    _refuse_empty,
    _refuse_open_prices,
    _Replication,
    _summarise,
    run_trial,
)

NAN = np.nan
WINDOW = {"world.warm_up_days": 100, "run.days": 100}


def written(rows):
    """Return a ledger with some rows; fields that are not given are 0."""
    ledger = Ledger(KINDS, 0)
    for kind, day, client, fields in rows:
        blank = dict.fromkeys(kind._fields, 0) | (
            {"factors": (1.0,) * len(FACTORS)} if "factors" in kind._fields else {}
        )
        ledger.write(kind)(**{**blank, "minute": int(day * DAY), "client": client, **fields})
    return ledger


def run_of(rows, left=(), settings=Setting.OWN_FLAT, people=5, **further):
    left_day = np.full(people, NAN)
    for client, day in left:
        left_day[client] = day
    columns = {
        "key": np.array([f"c{n}" for n in range(people)]),
        "joined_day": np.zeros(people),
        "left_day": left_day,
        "last_setting": np.full(people, settings),
        "end_alliance": np.linspace(0.1, 0.5, people),
    }
    gone = [(RegistrationRow, day, client, {"event": RegistrationEvent.MOVED_OR_DIED}) for client, day in left]
    staff = {"number": np.array([1000, 2000]), "graduate": np.array([True, False])}
    scenario = load_scenario("usual_care").replace(WINDOW | further)
    return Simulated(scenario, 0, written([*rows, *gone]), columns, staff)


def followed(run, days=100, ends=None):
    people = len(run.client_columns["key"])
    return Followed(run, np.arange(people), np.full(people, 100), days, ends)


def test_leavers_are_censored_and_who_left_before_entry_is_not_counted():
    ill = {"from_": Phase.STABLE, "to": Phase.ACUTE}
    run = run_of(
        [(TransitionRow, 110, 0, ill), (TransitionRow, 130, 1, ill), (TransitionRow, 90, 2, ill)],
        left=[(1, 140.5), (3, 150.5), (4, 60.0)],
    )
    people = followed(run)
    assert MEASURES["relapse"](people).tolist() == pytest.approx([10.0, 30.0, -100.0, -50.5, NAN], nan_ok=True)
    assert people.seen.tolist() == [100.0, 40.5, 100.0, 50.5, -1.0]


def test_who_is_lost_is_followed_until_gone_where_the_lost_are_simulated():
    lost, gone = RegistrationEvent.DISENGAGED, RegistrationEvent.NO_LONGER_FOLLOWED
    rows = [
        *((RegistrationRow, 120, client, {"event": lost}) for client in range(3)),
        (RegistrationRow, 180, 1, {"event": gone}),
        (TransitionRow, 150, 0, {"from_": Phase.STABLE, "to": Phase.ACUTE}),
        (AdmissionRow, 160, 2, {"discharged": 170 * DAY}),
    ]
    run = run_of(rows)
    assert MEASURES["relapse"](followed(run)).tolist() == [50.0, -80.0, -100.0, -100.0, -100.0]
    result = summarised(run, bed_days={"measure": "bed_days", "effect": "mean"})
    assert result["bed_days"].estimate == pytest.approx(10.0 / 4.8)
    off = run_of(rows[:3], **{"world.mechanisms.worth_sees_homes": False})
    assert followed(off).seen.tolist() == [20.0, 20.0, 20.0, 100.0, 100.0]


def test_amounts_are_of_the_days_for_which_people_were_seen():
    stays = [(AdmissionRow, 95, 0, {"discharged": 110 * DAY}), (AdmissionRow, 190, 1, {"discharged": -1})]
    run = run_of(stays, left=[(2, 150.0), (3, 40.0)])
    assert MEASURES["bed_days"](followed(run)).tolist() == pytest.approx([10.0, 10.0, 0.0, NAN, 0.0], nan_ok=True)
    result = summarised(run, bed_days={"measure": "bed_days", "effect": "mean"})
    # 20 days of four people, one of whom was seen for half of the follow-up
    assert result["bed_days"].estimate == pytest.approx(20.0 / 3.5)
    assert result["bed_days"].people == (4 * 8,)
    persons = result.persons[result.persons["followed_days"] >= 0.0]
    assert persons["bed_days"].sum() / (persons["followed_days"].sum() / 100.0) == pytest.approx(20.0 / 3.5)


def test_people_homeless_at_entry_are_not_counted_as_becoming_so():
    moves = [
        (MoveRow, 50, 0, {"from_": Setting.OWN_FLAT, "to": Setting.STREET}),
        (MoveRow, 120, 0, {"from_": Setting.STREET, "to": Setting.SHELTER}),
        (MoveRow, 140, 1, {"from_": Setting.OWN_FLAT, "to": Setting.STREET}),
        (MoveRow, 30, 2, {"from_": Setting.STREET, "to": Setting.OWN_FLAT}),
        (MoveRow, 150, 3, {"from_": Setting.SHELTER, "to": Setting.OWN_FLAT}),
    ]
    people = followed(run_of(moves))
    assert MEASURES["homeless"](people).tolist() == pytest.approx([NAN, 40.0, -100.0, NAN, -100.0], nan_ok=True)
    assert MEASURES["nights_homeless"](people).tolist() == [100.0, 60.0, 0.0, 50.0, 0.0]


def test_people_without_a_home_while_in_hospital_or_jail_have_none_to_lose():
    def stay(client, before, place, after):
        moves = [(80, before, place), (120, place, after)]
        return [(MoveRow, day, client, {"from_": from_, "to": to}) for day, from_, to in moves]

    moves = [
        *stay(0, Setting.STREET, Setting.HOSPITAL, Setting.SHELTER),
        *stay(1, Setting.OWN_FLAT, Setting.HOSPITAL, Setting.SHELTER),
        *stay(2, Setting.SHELTER, Setting.JAIL, Setting.STREET),
        *stay(3, Setting.FAMILY_HOME, Setting.JAIL, Setting.FAMILY_HOME),
    ]
    found = MEASURES["homeless"](followed(run_of(moves))).tolist()
    assert found == pytest.approx([NAN, 20.0, NAN, -100.0, -100.0], nan_ok=True)


def test_meetings_count_with_practitioners_and_losses_with_a_worker_before():
    held = {"outcome": ContactOutcome.HELD, "kind": ContactKind.VISIT, "by": Provider.CASE_MANAGER}
    rows = [
        (ContactRow, 103, 0, {**held, "worker": 2000}),
        (ContactRow, 105, 0, {**held, "worker": 1000}),
        (ContactRow, 104, 1, {**held, "outcome": ContactOutcome.DROPPED, "worker": 1000}),
        (HandoverRow, 120, 2, {"from_worker": 1000}),
        (HandoverRow, 120, 3, {"from_worker": -1}),
    ]
    people = followed(run_of(rows))
    assert MEASURES["followed_up"](people).tolist() == [5.0, -100.0, -100.0, -100.0, -100.0]
    assert MEASURES["worker_lost"](people).tolist() == [-100.0, -100.0, 20.0, -100.0, -100.0]


def test_contact_is_not_lost_with_who_recovers_and_unknown_of_who_moves_away():
    events = [RegistrationEvent.DISENGAGED, RegistrationEvent.RECOVERED, RegistrationEvent.MOVED_OR_DIED]
    rows = [(RegistrationRow, 120, client, {"event": event}) for client, event in enumerate(events)]
    rows.append((ContactRow, 160, 3, {"outcome": ContactOutcome.HELD}))
    assert MEASURES["lost"](followed(run_of(rows))).tolist() == pytest.approx([1.0, 0.0, NAN, 0.0, 1.0], nan_ok=True)


def test_states_are_those_of_the_day_on_which_the_follow_up_ends():
    run = run_of([])
    assert MEASURES["alliance"](followed(run)).tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    ends = pd.DataFrame({"alliance": [0.9, 0.7]}, index=[4, 0])
    assert MEASURES["alliance"](followed(run, ends=ends)).tolist() == pytest.approx(
        [0.7, NAN, NAN, NAN, 0.9], nan_ok=True
    )


def test_adjustment_is_that_of_the_end_of_the_follow_up():
    ends = pd.DataFrame({"autonomy": [0.4, 0.6], "activity": [0.2, 0.8]}, index=[1, 3])
    found = MEASURES["adjustment"](followed(run_of([]), ends=ends)).tolist()
    assert found == pytest.approx([NAN, 0.3, NAN, 0.7, NAN], nan_ok=True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (0.5, r"float of shape \(\); allowed: a number a person"),
        (np.zeros(4), r"ndarray of shape \(4,\)"),
        (["a"] * 5, "list"),
        (None, "NoneType"),
        (np.array([1.0, 2.0, 3.0, 4.0, np.inf]), "infinite values"),
    ],
)
def test_a_measure_that_returns_something_else_is_refused_by_its_name(given, said):
    def mine(people):
        return given

    with pytest.raises(CmsimError, match=rf"measure \S+:mine: returned {said}"):
        TrialMeasure(mine)(followed(run_of([])))


def trial_of(targets):
    usual = {"label": "x", "arm": "only", "band": (0.0, 10.0), "source": "kanter1989"}
    return Trial(
        name="by_hand",
        title="By hand",
        question="?",
        about="rows written by hand",
        follow_up_days=100,
        groups={"warm": {"warmth": ">= 0.5"}, "cold": {"warmth": "< 0.5"}},
        arms={"only": {"title": "Only"}},
        targets={name: usual | target for name, target in targets.items()},
    )


def summarised(run, replications=8, **targets):
    """Return the result of a trial of one arm of which each replication gave the same run."""
    trial = trial_of(targets)
    people = len(run.client_columns["key"])
    cohort = pd.DataFrame({"row": np.arange(people), "day": 100, "warmth": np.arange(people) / 4})
    states = SimpleNamespace(states=lambda days: pd.DataFrame({"alliance": run.client_columns["end_alliance"]}))
    table = _measure_persons(trial, run, cohort, states)
    found = _collect_values(trial, "only", run, cohort, table)
    persons = describe_persons(trial, "only", run, cohort, table)
    values = {
        key: [found[key, side] for side in range(sum(len(part.sides) for part in trial.parts(target)))]
        for key, target in trial.targets.items()
    }
    done = [_Replication(values, {CANDIDATES: people, MEMBERS: people}, persons)] * replications
    manifest = {"trial": trial.name, "settings": {}, "arms": {}, "seed": 1, "ensemble": None}
    return TrialResult(trial, tuple(_summarise(trial, done)), replications, manifest, done[0].flow, persons)


def test_an_interaction_of_groups_a_table_and_persons(tmp_path):
    run = run_of([(AdmissionRow, 120, 0, {"discharged": 130 * DAY}), (AdmissionRow, 150, 4, {"discharged": 190 * DAY})])
    days = {"measure": "bed_days", "effect": "difference", "group": "warm", "against_group": "cold"}
    late = {**days, "from_days": 50, "days": 50}
    result = summarised(run, days=days, late=late, by_time={**days, "compared_with": "late"})
    # warm: 0, 0 and 40 days; cold: 10 and 0
    assert result["days"].estimate == pytest.approx(40 / 3 - 5)
    assert result["late"].estimate == pytest.approx(40 / 3)
    assert result["by_time"].estimate == pytest.approx(-5)
    assert result["by_time"].people == (24, 16, 24, 16)
    assert result["days"].interval == (result["days"].estimate,) * 2, "equal replications have no error"
    table = result.table.set_index("target")
    assert (table["n"] == 24).all()
    assert (table["n_against"] == 16).all()
    assert table.loc["days", "verdict"] == "in the band"
    assert table.loc["late", "verdict"] == "above the band"
    assert any("5 people took part, of 5 candidates" in note for note in result.notes)
    assert any("3 predicted (a hit says that the model carries over" in note for note in result.notes)
    place = result.save(tmp_path / "by_hand", "parquet")
    persons = pd.read_parquet(place / "persons.parquet")
    assert persons["client"].tolist() == ["c0", "c1", "c2", "c3", "c4"]
    assert persons["group_warm"].tolist() == [False, False, True, True, True]
    assert persons["bed_days"].tolist() == [10.0, 0.0, 0.0, 0.0, 40.0]
    assert persons["bed_days_day_50_to_100"].tolist() == [0.0, 0.0, 0.0, 0.0, 40.0]
    assert set(persons.columns) <= set(person_columns(result.trial))
    told = (place / "README.txt").read_text()
    assert "persons.parquet: one row a person and arm" in told
    assert "bed_days: as far as followed; Days in hospital." in told
    assert "group_warm: true or false; at entry: warmth >= 0.5" in told
    assert Trial.model_validate_json((place / "trial.json").read_text()) == result.trial
    assert (result.save(tmp_path / "again") / "persons.csv").exists()


def test_what_is_not_defined_is_named():
    days = {"measure": "bed_days", "group": "warm", "against_group": "cold"}
    result = summarised(run_of([]), ratio=days | {"effect": "ratio of means"}, less=days | {"effect": "difference"})
    assert result["ratio"].verdict == "not defined"
    (note,) = (note for note in result.notes if note.startswith("Not defined"))
    assert "ratio;" in note
    assert "less" not in note


def test_persons_tell_events_from_leaving():
    run = run_of([(AdmissionRow, 120, 0, {"discharged": 130 * DAY})], left=[(1, 150.0), (2, 20.0)])
    persons = summarised(run, hazard={"measure": "admitted", "effect": "risk"}).persons
    assert persons["admitted_event"].tolist() == pytest.approx([1.0, 0.0, NAN, 0.0, 0.0], nan_ok=True)
    assert persons["admitted_days"].tolist() == pytest.approx([20.0, 50.0, NAN, 100.0, 100.0], nan_ok=True)
    assert persons["followed_days"].tolist() == [100.0, 50.0, -1.0, 100.0, 100.0]


def test_a_programme_reaches_those_who_have_entered_and_nobody_else():
    people = SimpleNamespace(
        known=4,
        invited=np.ones(4),
        has_family=np.ones(4),
        worker=np.zeros(4),
        phase=np.zeros(4),
        next_family=np.array([30, 40, 50, NEVER]),
    )
    service = SimpleNamespace(family_work=SimpleNamespace(answers=True))
    community = SimpleNamespace(days_simulated=20, people=people, service=service)
    cohort = pd.DataFrame({"row": [0, 1], "day": [20, 21]})
    apply_arm(community, cohort, [], ["family work"])
    assert people.invited.tolist() == [1, 0, 0, 0]
    assert people.next_family.tolist() == [30, NEVER, NEVER, NEVER]
    community.days_simulated = 21
    apply_arm(community, cohort, [], ["family work"])
    assert people.invited.tolist() == [1, 1, 0, 0]
    assert people.next_family.tolist() == [30, 21, NEVER, NEVER], "who enters later begins then"


def community_of(today, rows=(), staying=(), **columns):
    """Return what enrolment reads of a community of three people on one morning."""
    usual = {name: np.zeros(3) for name in (*_STATE, "last_episode_end", "discharged", "joined_day", "worker")}
    people = SimpleNamespace(
        **{**usual, "status": np.full(3, ClientStatus.OPEN), "lost_on": np.full(3, -1), "known": 3, **columns}
    )
    stays = {client: SimpleNamespace(began=int(day * DAY)) for client, day in staying}
    return SimpleNamespace(
        days_simulated=today, people=people, ledger=written(rows), hospital=SimpleNamespace(stays=stays)
    )


def test_two_years_are_two_years_and_hold_stays_that_go_on():
    rows = [
        (AdmissionRow, 60, 0, {"discharged": 80 * DAY}),
        (AdmissionRow, 500, 0, {"discharged": 530 * DAY}),
        (AdmissionRow, 10, 1, {"discharged": 40 * DAY}),
    ]
    columns = collect_columns(community_of(800, rows, staying=[(2, 790)]))
    assert columns["recent_admissions"].tolist() == [2.0, 0.0, 1.0]
    assert columns["recent_bed_days"].tolist() == [20.0, 0.0, 5.0], "10 of 20 days, and 30, in two years"
    assert columns["longest_recent_stay"].tolist() == [30.0, 0.0, 10.0]
    assert columns["last_year_admissions"].tolist() == [1.0, 0.0, 1.0]
    early = collect_columns(community_of(YEAR_DAYS, rows[:1]))
    assert np.isnan(early["recent_admissions"]).all(), "one year has been simulated"
    assert early["last_year_bed_days"].tolist() == [20.0, 0.0, 0.0]


def test_who_is_lost_is_not_served():
    status = np.array([ClientStatus.WAITING, ClientStatus.OPEN, ClientStatus.OPEN])
    columns = collect_columns(community_of(100, status=status, lost_on=np.array([-1, -1, 90])))
    assert columns["served"].tolist() == [1.0, 1.0, 0.0]


def test_the_flow_says_which_condition_excluded_whom():
    community = community_of(100, criticism=np.array([0.5, 0.1, 0.6]), warmth=np.array([0.1, 0.9, 0.6]))
    enrolment = Enrolment("arms part", 0, {"criticism": ">= 0.4"}, [{"warmth": ">= 0.5"}, {"stress": ">= 0.5"}])
    enrolment.enrol(community, 100)
    assert enrolment.flow == {CANDIDATES: 3, "criticism >= 0.4": 1, "warmth >= 0.5 or stress >= 0.5": 1, MEMBERS: 1}
    assert enrolment.cohort["row"].tolist() == [2]
    enrolment.close().enrol(community, 100)
    assert enrolment.flow[CANDIDATES] == 3, "further arms enrol nobody"


def test_a_trial_that_nobody_enters_says_why():
    flow = {CANDIDATES: 80, "served = true": 0, "criticism >= 2": 80, MEMBERS: 0}
    done = [_Replication({}, flow, pd.DataFrame())] * 2
    trial = trial_of({"risk": {"measure": "relapse", "effect": "risk"}})
    told = r"nobody could enter \(candidates in 2 replications: 160; criticism >= 2 excluded 160\)"
    with pytest.raises(CmsimError, match=told):
        _refuse_empty(trial, done)
    _refuse_empty(trial, [*done, _Replication({}, flow | {MEMBERS: 1}, pd.DataFrame())])
    _refuse_empty(trial_of({"left": {"measure": "outcome:turnover", "effect": "mean"}}), done)


@pytest.fixture
def late_entry(monkeypatch):
    """Nobody enters the first three replications; one person with an event enters each of the others."""

    def replication(trial, arms, number, persons):
        values = {name: [np.ones((int(number >= 3), 2))] * len(target.sides) for name, target in trial.targets.items()}
        return _Replication(values, {CANDIDATES: 5, MEMBERS: int(number >= 3)}, pd.DataFrame())

    monkeypatch.setattr(trial_run, "_simulate_replication", replication)


def test_whether_anybody_enters_is_judged_from_eight_replications_or_all(late_entry):
    trial = trial_of({"risk": {"measure": "relapse", "effect": "risk"}})
    assert run_trial(trial, replications=9, workers=1)["risk"].people == (6,), "two are done at a time"
    with pytest.raises(CmsimError, match="nobody could enter"):
        run_trial(trial, replications=3, workers=1)


def test_no_replications_are_added_for_what_is_not_defined(late_entry):
    usual = {"measure": "admissions", "effect": "standardised difference", "group": "warm", "against_group": "cold"}
    trial = trial_of({"risk": {"measure": "relapse", "effect": "risk"}, "equal": usual})
    result = run_trial(trial, replications=8, workers=1, until_precise=True, most=64)
    assert result["equal"].verdict == "not defined", "nobody differs from anybody"
    assert result.replications == 8
    finite = trial_of({"risk": {"measure": "relapse", "effect": "risk", "band": (0.0, 1e-9)}})
    assert run_trial(finite, replications=4, workers=1, until_precise=True, most=16).replications == 8


def test_a_cost_without_its_prices_is_refused_before_anything_is_run():
    trial = trial_of({"cost": {"measure": "cost", "effect": "mean"}})
    with pytest.raises(CmsimError, match=r"prices that are open: case_manager_hour, .*usual_care\+prices_us"):
        run_trial(trial, replications=2, workers=1)
    priced = trial.model_copy(update={"scenario": "usual_care+prices_us"})
    _refuse_open_prices(priced, priced.scenarios())
