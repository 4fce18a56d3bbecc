"""Outcomes counted over tiny hand-built ledgers whose answers are known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from cmsim import load_scenario
from cmsim.components import COMPONENTS
from cmsim.core.errors import CmsimError
from cmsim.core.simtime import DAY, HOUR
from cmsim.outcomes import OUTCOMES, Window, client_days, find, group_outcomes, measure, weekly
from cmsim.schema.codes import Setting
from cmsim.schema.state_variables import CIRCUMSTANCES
from cmsim.schema.tables import KINDS

WARM_UP, END = 365, 365 + 730


def rows(kind, *facts):
    """Rows of one kind from dictionaries; words become codes, anything not said is 0."""
    declared = next(each for each in KINDS if each.name == kind)
    table = np.zeros(len(facts), dtype=declared.dtype)
    for row, fact in zip(table, facts, strict=True):
        fact = dict(fact)
        if "day" in fact and "minute" in declared.dtype.names:
            fact["minute"] = fact.pop("day") * DAY
        for column in declared.columns:
            value = fact.pop(column.name, 0)
            row[column.name] = column.words.index(value) if isinstance(value, str) else value
        assert not fact, f"{kind} has no column {fact}"
    return table


def community(*, clients=None, daily=None, **facts):
    """A window of two years after a year of warm-up; 10 clients are open every day unless said otherwise."""
    tables = {kind.name: rows(kind.name, *facts.pop(kind.name, ())) for kind in KINDS if kind.name != "daily"}
    assert not facts, f"no such kind: {facts}"
    tables["daily"] = np.zeros(END, dtype=next(kind.dtype for kind in KINDS if kind.name == "daily"))
    tables["daily"]["day"] = np.arange(END)
    for column, value in {"open": 10, "case_managers": 1, **(daily or {})}.items():
        tables["daily"][column] = value
    n = 10
    columns = {
        "key": [f"c{i + 1:04d}" for i in range(n)],
        "joined_day": np.zeros(n),
        "left_day": np.full(n, np.nan),
        "diagnosis": np.array(["schizophrenia"] * 5 + ["bipolar"] * 5),
        "substance_use": np.array([True, False] * 5),
        "start_setting": np.full(n, float(Setting.OWN_FLAT)),
        "last_setting": np.full(n, float(Setting.OWN_FLAT)),
        "start_capability_mean": np.linspace(0.1, 1.0, n),
        "has_family": np.array([True, False] * 5),
        "last_phase": np.zeros(n),
        "last_job": np.zeros(n),
        **dict.fromkeys(CIRCUMSTANCES, np.zeros(n)),
        **(clients or {}),
    }
    minutes = np.zeros((len(tables["contacts"]), len(COMPONENTS)), dtype=np.float32)
    five_beds = {"service.hospital.beds": 5, "baseline.hospital.beds": 5}
    return Window(tables, minutes, columns, WARM_UP, END, load_scenario("usual_care").replace(five_beds))


def value(name, **facts):
    return find(name).measure(community(**facts))


def onset(client, day, before="prodromal"):
    return {"client": client, "day": day, "from": before, "to": "acute"}


def contact(client, day, **more):
    """A held visit by the case manager at nine in the morning."""
    told = {"kind": "visit", "with": "client", "mode": "face to face", "place": "home", "minutes": 40, **more}
    return {"client": client, "minute": day * DAY + 9 * HOUR, **told}


def stay(client, day, length, **more):
    """A hospital stay; ``length`` of None is not over yet."""
    discharged = -1 if length is None else (day + length) * DAY
    return {"client": client, "day": day, "discharged": discharged, **more}


# Illness


def test_relapse_counts_persons_a_year_and_relapses_count_onsets():
    onsets = [onset(0, 400), onset(0, 500), onset(0, 800), onset(3, 364), onset(4, 1000, "stable")]
    discharge = {"client": 5, "day": 600, "from": "inpatient", "to": "acute"}
    facts = {"transitions": [*onsets, discharge]}
    assert value("relapse", **facts) == pytest.approx(3 / 20)  # client 0 in both years, client 4 in the second
    assert value("relapses", **facts) == pytest.approx(4 / 20)


def test_a_client_there_for_less_than_half_a_year_is_no_person_of_that_year():
    left = np.full(10, np.nan)
    left[0], left[1] = WARM_UP + 182, WARM_UP + 183
    facts = {"clients": {"left_day": left}, "transitions": [onset(0, 400), onset(1, 400)]}
    assert value("relapse", **facts) == pytest.approx(1 / 17)  # 9 persons in the first year, 8 in the second


def test_prodromes_noticed_by_anybody_however_they_ended():
    ended = [
        {"client": 0, "day": 400, "from": "prodromal", "to": "acute", "noticed_by": "nobody"},
        {"client": 1, "day": 400, "from": "prodromal", "to": "stable", "noticed_by": "family"},
        {"client": 2, "day": 400, "from": "stable", "to": "prodromal", "noticed_by": "nobody"},
        {"client": 3, "day": 400, "from": "prodromal", "to": "acute", "noticed_by": "client"},
    ]
    assert value("prodromes_noticed", transitions=ended) == pytest.approx(2 / 3)


def test_crises_and_who_answered():
    answers = ["case manager", "crisis service", "emergency department", "case manager"]
    told = [{"client": i, "day": 400 + i, "by": by} for i, by in enumerate(answers)]
    before = {"client": 0, "day": 100, "by": "case manager"}
    assert value("crises", crises=[before, *told]) == pytest.approx(4 / 20)
    assert value("crises_own_worker", crises=[before, *told]) == pytest.approx(2 / 4)


# Hospital


def test_bed_days_are_cut_to_the_window_and_open_stays_count():
    stays = [stay(0, 360, 10), stay(1, 500, 20), stay(2, END - 4, None), stay(3, 100, 30)]
    assert value("bed_days", admissions=stays) == pytest.approx((5 + 20 + 4) / 20)
    assert value("admissions", admissions=stays) == pytest.approx(2 / 20)
    assert value("stay", admissions=stays) == pytest.approx((10 + 20) / 2)


def test_involuntary_share_of_admissions():
    stays = [stay(0, 400, 5, involuntary=1), *(stay(i, 400, 5) for i in (1, 2, 3))]
    assert value("involuntary", admissions=stays) == pytest.approx(0.25)


def test_readmission_counts_discharges_not_people_and_censors_the_end():
    stays = [
        stay(0, 400, 10),  # discharged 410, back on 435
        stay(0, 435, 10),  # discharged 445, back on 480: too late
        stay(0, 480, 10),  # not back
        stay(1, 400, 10),  # another person's stay is no return
        stay(2, END - 20, 5),  # discharged too late to be judged
        stay(2, END - 10, 5),
    ]
    assert value("readmitted_30", admissions=stays) == pytest.approx(1 / 4)
    assert value("readmitted_365", admissions=stays) == pytest.approx(2 / 4)


def test_follow_up_is_face_to_face_outside_the_ward_and_before_readmission():
    stays = [stay(i, 400, 10) for i in range(7)] + [stay(5, 412, 3), stay(7, END - 8, 3)]
    contacts = [
        contact(0, 415),
        contact(1, 411, mode="phone"),
        contact(2, 412, place="ward"),
        contact(3, 412, outcome="did not come"),
        contact(4, 425, by="psychiatrist", place="clinic"),
        contact(6, 411, by="crisis service"),
        contact(5, 430),  # readmitted first
    ]
    facts = {"admissions": stays, "contacts": contacts}
    # Within 7 days: client 0 of 0, 1, 2, 3, 4, 6 and client 5's second discharge (415), seen only on 430.
    assert value("follow_up_7", **facts) == pytest.approx(1 / 7)
    # Within 30: clients 0 and 4, and client 5 after the second discharge.
    assert value("follow_up_30", **facts) == pytest.approx(3 / 7)


def test_follow_up_within_72_hours_counts_calls_and_who_else_comes():
    stays = [stay(i, 400, 10) for i in range(5)] + [stay(5, END - 4, 2)]
    contacts = [
        contact(0, 412),
        contact(1, 412, mode="phone"),
        contact(2, 411, by="crisis service"),
        contact(3, 411, place="ward"),
        contact(4, 413),  # nine hours too late
    ]
    assert value("follow_up_72h", admissions=stays, contacts=contacts) == pytest.approx(3 / 5)


def test_readmission_within_180_days():
    stays = [stay(0, 400, 10), stay(0, 580, 5), stay(1, 400, 10), stay(1, 595, 5), stay(2, END - 100, 5)]
    # Judged are the four discharges before day 915; only client 0 came back, on day 170.
    assert value("readmitted_180", admissions=stays) == pytest.approx(1 / 4)


def test_hours_in_the_emergency_department_are_of_crises_and_of_waits_for_a_bed():
    crisis = {"by": "emergency department", "kind": "crisis", "place": "emergency department", "minutes": 180}
    waits = [
        {"client": 1, "minute": 400 * DAY, "since": 400 * DAY - 10 * HOUR, "for": "bed"},
        {"client": 1, "minute": 401 * DAY, "since": 400 * DAY, "for": "psychiatrist"},
        {"client": 1, "minute": 300 * DAY, "since": 299 * DAY, "for": "bed"},
    ]
    contacts = [contact(0, 400, **crisis), contact(0, 500, by="crisis service", kind="crisis", minutes=60)]
    assert value("emergency_hours", contacts=contacts, waits=waits) == pytest.approx((3 + 10) / 20)


def test_acute_days_are_untreated_until_somebody_treats_the_episode():
    def acute(client, first, last):
        back = {"client": client, "day": last, "from": "acute", "to": "stable"}
        return [{"client": client, "day": first, "from": "stable", "to": "acute"}, back]

    seen = [
        {"client": 0, "day": 404, "answer": "treated at home"},
        {"client": 1, "day": 402, "answer": "waited"},
        {"client": 2, "day": 360, "answer": "home treatment"},
    ]
    transitions = [*acute(0, 400, 420), *acute(1, 400, 407), *acute(2, 355, 375), *acute(3, 360, 368)]
    # Four days until treated, seven never treated, none since treated before the window, three within it.
    assert value("untreated_days", transitions=transitions, acute_care=seen) == pytest.approx((4 + 7 + 0 + 3) / 20)


def test_bed_occupancy_is_of_the_beds_in_place():
    assert value("bed_occupancy", daily={"beds_occupied": 4}) == pytest.approx(0.8)


# Daily life


def test_homeless_days_follow_the_moves_and_unmoved_people_stay_where_they_are():
    settings = np.full(10, float(Setting.OWN_FLAT))
    settings[9] = Setting.STREET
    moves = [
        {"client": 0, "day": 355, "from": "own flat", "to": "street"},
        {"client": 0, "day": 375, "from": "street", "to": "shelter"},
        {"client": 0, "day": 385, "from": "shelter", "to": "own flat"},
        {"client": 1, "day": 1000, "from": "shelter", "to": "own flat"},
    ]
    facts = {"moves": moves, "clients": {"last_setting": settings}}
    days = (385 - WARM_UP) + (1000 - WARM_UP) + (END - WARM_UP)
    assert value("homeless_days", **facts) == pytest.approx(days / 20)
    assert value("homeless_any", **facts) == pytest.approx((3 + 2) / 20)


def test_homeless_days_end_when_a_client_leaves():
    left = np.full(10, np.nan)
    left[0] = 500
    moves = [{"client": 0, "day": 400, "from": "own flat", "to": "street"}]
    found = community(moves=moves, clients={"left_day": left})
    assert found.client_years == pytest.approx((9 * 730 + 135) / 365)
    assert find("homeless_days").measure(found) == pytest.approx(100 / found.client_years)


def test_daily_means_are_weighted_by_clients():
    unmet = np.full(END, 0.2)
    unmet[WARM_UP : WARM_UP + 365] = 0.4
    open_clients = np.full(END, 10)
    open_clients[WARM_UP : WARM_UP + 365] = 30
    found = value("unmet_need", daily={"unmet_need": unmet, "open": open_clients})
    assert found == pytest.approx((30 * 0.4 + 10 * 0.2) / 40, rel=1e-6)


def test_dropping_out_is_not_leaving_recovered():
    events = ["disengaged", "discharged as recovered", "moved away or died", "referred"]
    told = [{"client": i, "day": 500, "event": event} for i, event in enumerate(events)]
    assert value("dropout", registrations=told) == pytest.approx(1 / 20)


# Contacts and waits


def test_recorded_contacts_are_held_long_enough_and_by_case_managers():
    contacts = [
        contact(0, 400),
        contact(0, 401, minutes=15),
        contact(0, 402, outcome="refused"),
        contact(0, 403, by="psychiatrist"),
        contact(1, 404, **{"with": "family", "kind": "family"}),
        contact(1, 300),
    ]
    assert value("recorded_contacts", contacts=contacts) == pytest.approx(2 / 24)  # one post for 24 months
    assert value("client_contacts", contacts=contacts) == pytest.approx(3 / 20)
    assert value("collateral_contacts", contacts=contacts) == pytest.approx(1 / 20)


def test_no_show_and_what_bound_the_due_contacts():
    contacts = [
        contact(0, 400, limit="demand"),
        contact(0, 401, outcome="did not come", limit="willingness"),
        contact(0, 402, outcome="refused", limit="willingness"),
        contact(0, 403, outcome="dropped for lack of time", limit="capacity"),
        contact(0, 404, kind="crisis", limit="demand"),
        contact(0, 405, **{"with": "agency", "limit": "capacity"}),
    ]
    assert value("no_show", contacts=contacts) == pytest.approx(1 / 3)
    bound = [value(f"limited_by_{limit}", contacts=contacts) for limit in ("demand", "capacity", "willingness")]
    assert bound == pytest.approx([1 / 4, 1 / 4, 2 / 4])


def test_those_waiting_for_a_worker_are_in_the_denominators():
    facts = {"crises": [{"client": 0, "day": 400}], "daily": {"open": 6, "waiting": 4, "unseen_30": 5}}
    assert value("crises", **facts) == pytest.approx(1 / 20)
    assert value("unseen_30", **facts) == pytest.approx(0.5)
    assert value("waiting", **facts) == 4.0


def test_waits_are_of_those_served_in_the_window():
    def wait(kind, since, until, outcome="served"):
        return {"client": 0, "day": until, "since": since * DAY, "for": kind, "outcome": outcome}

    waits = [
        wait("case manager", 380, 400),
        wait("case manager", 350, 390),
        wait("case manager", 500, END - 1, "still waiting"),
        wait("psychiatrist", 400, 433),
        wait("bed", 400, 401),
        wait("case manager", 10, 20),
    ]
    assert value("worker_wait", waits=waits) == pytest.approx(30.0)
    assert value("psychiatrist_wait", waits=waits) == pytest.approx(33.0)


def test_handovers_and_lost_workers():
    changes = [
        {"client": 0, "day": 400, "from_worker": -1, "to_worker": 0, "how": "first worker"},
        {"client": 1, "day": 400, "from_worker": 0, "to_worker": 1000, "how": "warm"},
        {"client": 2, "day": 400, "from_worker": 0, "to_worker": 1000, "how": "cold"},
        {"client": 3, "day": 400, "from_worker": 0, "to_worker": -1, "how": "left without a worker"},
        {"client": 3, "day": 420, "from_worker": -1, "to_worker": 0, "how": "first worker"},
    ]
    assert value("handovers", handovers=changes) == pytest.approx(3 / 20)
    assert value("worker_lost", handovers=changes) == pytest.approx(3 / 20)


def test_component_minutes_are_those_of_the_window():
    window = community(contacts=[contact(0, 300), contact(0, 400), contact(1, 500)])
    window.component_minutes[:, 1] = [100.0, 20.0, 30.0]
    assert find("minutes_assessment").measure(window) == pytest.approx(50 / 20)
    assert find("minutes_monitoring").measure(window) == 0.0


def test_seen_within_28_days_of_referral():
    told = [{"client": i, "day": 400, "event": "referred"} for i in range(4)]
    told += [{"client": 4, "day": END - 20, "event": "referred"}, {"client": 5, "day": 400, "event": "disengaged"}]
    contacts = [contact(0, 427), contact(1, 428), contact(2, 410, mode="phone"), contact(3, 405, by="psychiatrist")]
    assert value("seen_28", registrations=told, contacts=contacts) == pytest.approx(1 / 4)


# Staff


def test_turnover_exhaustion_and_posts():
    staff = [{"day": 400, "event": "left"}, {"day": 800, "event": "left"}, {"day": 800, "event": "hired"}]
    exhausted = np.full(END, 20.0)
    exhausted[WARM_UP : WARM_UP + 365] = 40.0
    workers = np.full(END, 1)
    workers[WARM_UP : WARM_UP + 365] = 3
    facts = {"staff": staff, "daily": {"case_managers": workers, "exhaustion": exhausted}}
    assert value("turnover", **facts) == pytest.approx(100 * 2 / 4)
    assert value("exhaustion", **facts) == pytest.approx((3 * 40 + 20) / 4)
    assert value("case_managers", **facts) == pytest.approx(2.0)


def test_caseload_is_of_workers_in_post():
    days = [{"day": 400, "caseload": 20}, {"day": 400, "caseload": 30, "absent": 1}, {"day": 10, "caseload": 90}]
    assert value("caseload", worker_days=days) == pytest.approx(25.0)


def test_time_with_clients_and_paid_hours():
    parts = {"travel_minutes": 100, "notes_minutes": 60, "team_minutes": 60, "office_minutes": 20}
    present = {"day": 400, "client_minutes": 200, "collateral_minutes": 40, **parts}
    absent = {"day": 401, "absent": 1}
    before = {"day": 10, "client_minutes": 480}
    facts = {"worker_days": [before, present, absent]}
    assert value("client_time", **facts) == pytest.approx(200 / 480)
    assert value("staff_hours", **facts) == pytest.approx(16 / 20)


# All of them


def test_nothing_at_all_gives_nan_or_zero_and_never_an_error():
    none = {name: np.array([]) for name in ("joined_day", "left_day", "diagnosis", "substance_use")}
    states = {name: np.array([]) for name in ("start_setting", "last_setting", "last_phase", "last_job")}
    more = {name: np.array([]) for name in ("start_capability_mean", "has_family", *CIRCUMSTANCES)}
    empty = community(clients={"key": [], **none, **states, **more}, daily={"open": 0, "case_managers": 0})
    found = measure(empty)
    assert list(found) == list(OUTCOMES)
    zeros = {"waiting", "case_managers", "bed_occupancy"}
    assert {name for name, each in found.items() if each == 0.0} == zeros
    assert all(math.isnan(each) for name, each in found.items() if name not in zeros)
    assert group_outcomes(empty) == {}
    assert len(client_days(empty).days) == 0


def test_a_window_shorter_than_a_year_has_no_annual_shares():
    window = community(transitions=[onset(0, 370)])
    short = replace(window, end=WARM_UP + 30)
    assert math.isnan(find("relapse").measure(short))
    assert find("relapses").measure(short) == pytest.approx(1 / (10 * 30 / 365))


def test_every_outcome_is_declared_in_full():
    for outcome in OUTCOMES.values():
        assert outcome.definition.endswith(".")
        assert outcome.matters > 0
        assert outcome.better in ("lower", "higher", None)
        assert outcome.unit
    assert len({outcome.label for outcome in OUTCOMES.values()}) == len(OUTCOMES)


def test_an_unknown_outcome_gets_the_nearest_name():
    with pytest.raises(CmsimError, match='did you mean "bed_days"'):
        find("bed_day")


# Groups


def test_groups_add_up_to_the_whole():
    facts = {
        "crises": [{"client": i, "day": 400} for i in (0, 1, 1, 6)],
        "contacts": [contact(i, 500) for i in (0, 6, 6)],
        "admissions": [stay(0, 400, 10)],
    }
    found = group_outcomes(community(**facts))
    assert found["diagnosis", "schizophrenia"]["crises"] == pytest.approx(3 / 10)
    assert found["diagnosis", "bipolar"]["crises"] == pytest.approx(1 / 10)
    assert found["substance use", "substance use"]["client_contacts"] == pytest.approx(3 / 10)
    assert found["diagnosis", "schizophrenia"]["bed_days"] == pytest.approx(10 / 10)
    assert found["diagnosis", "bipolar"]["client_years"] == pytest.approx(10.0)


def test_hard_days_of_each_person():
    facts = {
        "transitions": [
            onset(0, 400),
            {"client": 0, "day": 410, "from": "acute", "to": "inpatient"},
            {"client": 0, "day": 430, "from": "inpatient", "to": "stable"},
        ],
        "moves": [
            {"client": 1, "day": 600, "from": "own flat", "to": "shelter"},
            {"client": 1, "day": 607, "from": "shelter", "to": "own flat"},
        ],
    }
    found = client_days(community(**facts))
    assert found.hard_days[:3] == pytest.approx([30.0, 7.0, 0.0])
    assert found.days == pytest.approx(np.full(10, 730.0))


def test_weekly_means_run_from_day_0():
    ill = np.arange(END) // 7
    found = weekly(community(daily={"acute": ill}).tables["daily"])
    assert len(found["ill"]) == END // 7
    assert found["ill"][:3] == pytest.approx([0.0, 10.0, 20.0])
    assert found["caseload"][0] == 10.0
