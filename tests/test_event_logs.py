"""Event logs for other tools: all that is recorded is in them once, in order, with its beginning and its end."""

from __future__ import annotations

import json
from datetime import date
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cmsim
from cmsim.core.simtime import DAY
from cmsim.results.process_mining import DAY_0, FORMATS, make_event_log
from cmsim.results.process_mining.activity_table import Course, activity_table, lifecycle_steps
from cmsim.results.process_mining.place_log import COMMUNITY, place_log
from cmsim.schema.codes import (
    ContactOutcome,
    Counterpart,
    LinkStep,
    Provider,
    RegistrationEvent,
    Setting,
    WaitFor,
    WaitOutcome,
)
from cmsim.schema.tables import KINDS
from support import small_scenario

XES = "{http://www.xes-standard.org/}"
HORIZON = 6000
KEYS = ["c0001", 'c<2> & "so"', "r0001"]
RANKS = {"stay": 0, "contact": 1}
HAVE_POSTS = ("case manager", "team member")
WAITS = ["wait for a bed", "wait for a case manager", "wait for a psychiatrist", "wait for an agency place"]


def course(left=(np.nan,) * 3, **facts):
    """Return what logs are made of, from facts by table, each a dictionary of columns."""
    tables = {kind.name: np.zeros(len(facts.get(kind.name, ())), dtype=kind.dtype) for kind in KINDS}
    for name, rows in facts.items():
        for row, fact in zip(tables[name], rows, strict=True):
            for column, value in fact.items():
                row[column] = value
    clients = {
        "key": KEYS,
        "joined_day": np.zeros(3, dtype=np.int64),
        "left_day": np.array(left),
        "diagnosis": ["bipolar"] * 3,
        "substance_use": np.array([True, False, False]),
        "has_family": np.array([True, False, True]),
    }
    staff = {"key": ["w01.1"], "post": np.array([1]), "skill": np.array([0.5]), "graduate": np.array([True])}
    return tables, clients, staff


def logged(name, facts, start=DAY_0):
    return make_event_log(name, start, *facts)


def of_facts(facts):
    tables, clients, staff = facts
    return Course(activity_table(tables, clients["key"], clients["left_day"]), clients, staff, DAY_0)


moments = st.tuples(st.integers(0, 2), st.integers(0, HORIZON), st.integers(0, 2000))
"""A client, when something begins, and the minutes that it takes."""


@st.composite
def some_facts(draw):
    """Rows that may overlap as they like; clients leave after all that is recorded of them began."""
    contacts = [
        {"client": client, "minute": begins, "minutes": minutes, "outcome": outcome, "by": by, "worker": 0, "with": met}
        for (client, begins, minutes), outcome, by, met in draw(
            st.lists(
                st.tuples(
                    moments,
                    st.sampled_from(ContactOutcome),
                    st.sampled_from(Provider),
                    st.sampled_from([Counterpart.CLIENT, Counterpart.FAMILY]),
                ),
                max_size=6,
            )
        )
    ]
    waits = [
        {"client": client, "since": begins, "minute": begins + minutes, "for": what, "which": 1, "outcome": outcome}
        for (client, begins, minutes), what, outcome in draw(
            st.lists(st.tuples(moments, st.sampled_from(WaitFor), st.sampled_from(WaitOutcome)), max_size=6)
        )
    ]
    stays = [
        {"client": client, "minute": begins, "discharged": -1 if still else begins + minutes}
        for (client, begins, minutes), still in draw(st.lists(st.tuples(moments, st.booleans()), max_size=4))
    ]
    gone = draw(st.lists(st.booleans(), min_size=3, max_size=3))
    leavings = [
        {"client": client, "minute": HORIZON + 500, "event": RegistrationEvent.DISENGAGED}
        for client, left in enumerate(gone)
        if left
    ]
    days = tuple((HORIZON + 500) // DAY if left else np.nan for left in gone)
    return course(days, contacts=contacts, waits=waits, admissions=stays, registrations=leavings)


@settings(max_examples=25)
@given(some_facts())
def test_each_start_has_its_completion_and_steps_are_in_order(facts):
    made = of_facts(facts)
    steps = lifecycle_steps(made)
    assert steps["minute"].is_monotonic_increasing
    assert (steps["minute"] >= 0).all()
    by_lifecycle = {name: rows.set_index("instance") for name, rows in steps.groupby("lifecycle")}
    ended = made.activities["ends"].notna()
    for name, expected in (("start", ~made.activities["is_instant"]), ("complete", ended)):
        found = by_lifecycle[name].index.tolist() if name in by_lifecycle else []
        assert sorted(found) == made.activities.index[expected].tolist()
    place = {(row.instance, row.lifecycle): row.Index for row in steps.itertuples()}
    for instance, lifecycle in place:
        assert lifecycle == "start" or place.get((instance, "start"), -1) < place[instance, "complete"]
    left = made.activities[made.activities["kind"] == "leaving"].set_index("client")["begins"]
    assert (steps["minute"] <= left.reindex(steps["client"]).fillna(np.inf).to_numpy()).all()
    assert not (~ended & made.activities["client"].isin(left.index)).any()


@settings(max_examples=25)
@given(some_facts())
def test_everybody_is_in_the_first_of_the_places_where_something_goes_on(facts):
    made = of_facts(facts)
    table, _ = place_log(made)
    rows = made.activities
    rows = rows[rows["kind"].isin(["stay", "wait"]) | ((rows["kind"] == "contact") & (rows["other_role"] == "client"))]
    rows = rows.assign(ends=rows["ends"].fillna(np.inf))[~rows["is_instant"]]
    rank = [RANKS[row.kind] if row.kind in RANKS else 2 + WAITS.index(row.activity) for row in rows.itertuples()]
    named = [
        f"{row.activity} ({row.role})" if row.kind == "contact" and row.role not in HAVE_POSTS else row.activity
        for row in rows.itertuples()
    ]
    rows = rows.assign(rank=rank, activity=named)
    for key, left in zip(KEYS, made.clients["left_day"], strict=True):
        steps, mine = table[table["entity_id"] == key], rows[rows["client"] == key]
        assert steps["event"].tolist()[:1] == ["arrival"]
        assert (steps["event"].tolist()[-1] == "depart") == np.isfinite(left)
        for minute in {0, *mine["begins"], *mine["ends"]} - {np.inf, HORIZON + 500}:
            here = mine[(mine["begins"] <= minute) & (minute < mine["ends"])]
            best = here[here["rank"] == here["rank"].min()]
            assert steps[steps["time"] <= minute]["event"].iloc[-1] in (set(best["activity"]) or {COMMUNITY})


@settings(max_examples=25)
@given(some_facts())
def test_what_is_used_is_used_by_one_and_given_back(facts):
    table, _ = place_log(of_facts(facts))
    beds = table[table["event"].isin(["hospital stay", "hospital stay ends"])]
    used = {}
    for row in table[table["event_type"].str.startswith("resource_use")].itertuples():
        if row.event_type == "resource_use":
            assert row.entity_id not in used
            used[row.entity_id] = (row.event, row.resource_id)
        else:
            event, number = used.pop(row.entity_id)
            assert (f"{event} ends", number) == (row.event, row.resource_id)
    held = {}
    for row in beds.sort_values(["time", "event"], ascending=[True, False], kind="stable").itertuples():
        if row.event_type == "resource_use":
            assert held.setdefault(row.resource_id, row.entity_id) == row.entity_id
        elif held.get(row.resource_id) == row.entity_id:
            del held[row.resource_id]


def test_a_contact_that_was_not_kept_is_an_instant_of_its_own_name():
    facts = course(
        contacts=[
            {"minute": 540, "minutes": 50, "worker": 1002},
            {"minute": 700, "outcome": ContactOutcome.NOT_COME, "worker": 1002},
            {"minute": 800, "minutes": 30, "by": Provider.AIDE, "worker": 0},
            {"minute": 900, "minutes": 20, "by": Provider.EMERGENCY, "worker": -1, "kind": 2},
        ]
    )
    found = lifecycle_steps(of_facts(facts))
    assert (
        found["activity"].tolist() == ["visit"] * 2 + ["visit (did not come)"] + ["visit"] * 2 + ["crisis contact"] * 2
    )
    assert found["lifecycle"].tolist() == ["start", "complete", "complete", "start", "complete", "start", "complete"]
    assert found["resource"].tolist() == ["w02.3"] * 3 + ["a1"] * 2 + ["emergency department"] * 2
    assert found["minutes"].dropna().tolist() == [50, 30, 20]
    assert found["number"].tolist() == [2] * 3 + [1] * 2 + [0] * 2


def test_referrals_to_an_agency_and_places_there_end_by_themselves():
    steps = [LinkStep.REFERRED, LinkStep.STARTED, LinkStep.ACCEPTED, LinkStep.ENDED, LinkStep.REFERRED]
    facts = course(links=[{"minute": 10 * n, "agency": 2, "worker": -1, "step": step} for n, step in enumerate(steps)])
    found = of_facts(facts).activities
    assert found["activity"].tolist() == ["referral to an agency", "place at an agency", "referral to an agency"]
    assert found["ends"].tolist()[:2] == [20.0, 30.0]
    assert found["ends"].isna().tolist() == [False, False, True]
    assert found["outcome"].tolist() == ["accepted", "", ""]
    assert found["resource"].tolist() == ["", "day programme agency", ""]


def test_jail_is_left_with_the_next_move():
    moves = [(5, 0, Setting.JAIL), (7, 1, Setting.OWN_FLAT), (9, 0, Setting.SHELTER), (11, 1, Setting.JAIL)]
    facts = course(moves=[{"minute": minute, "client": client, "to": to} for minute, client, to in moves])
    found = of_facts(facts).activities
    assert found["begins"].tolist() == [5, 11]
    assert found["ends"].tolist()[0] == 9.0
    assert np.isnan(found["ends"].tolist()[1])


@pytest.fixture(scope="module")
def run():
    both = {"hospital.beds": 3, "staff.aides": 1, "crisis.respite_places": 2}
    return cmsim.simulate(small_scenario(both, days=150, **{"world.housing.arrest_rate": 0.5}))


@pytest.fixture(scope="module")
def activities(run):
    return activity_table(run._tables, run.client_columns["key"], run.client_columns["left_day"])


def test_all_that_is_recorded_of_a_run_is_in_its_logs(run, activities):
    counts = activities["kind"].value_counts()
    assert counts["contact"] == len(run.contacts)
    assert counts["wait"] == len(run.table("waits"))
    assert counts["handover"] == len(run.table("handovers"))
    assert counts["crisis"] == len(run.table("crises"))
    moves, links = run.table("moves"), run.table("links")
    assert counts["stay"] == len(run.table("admissions")) + len(run.table("respites")) + (moves["to"] == "jail").sum()
    assert counts["referral"] == (links["step"] == "referred").sum()
    assert counts["place"] == (links["step"] == "started").sum()
    assert (activities["begins"] >= 0).all()
    assert not (activities["ends"] < activities["begins"]).any()
    assert not activities.loc[activities["kind"].isin(["contact", "stay", "place"]), "resource"].eq("").any()


def test_nobody_is_in_hospital_before_the_wait_for_the_bed_is_over(run):
    steps = lifecycle_steps(Course(*run_course(run)))
    waited = steps[(steps["activity"] == "wait for a bed") & (steps["lifecycle"] == "complete")]
    waited = waited[waited["outcome"] == "served"].assign(place=lambda rows: rows.index)
    stays = steps[(steps["activity"] == "hospital stay") & (steps["lifecycle"] == "start") & (steps["minute"] > 0)]
    both = stays.assign(place=stays.index).merge(waited, on=["client", "minute"], suffixes=("", "_wait"))
    assert len(both) == len(stays) > 0
    assert (both["place_wait"] < both["place"]).all()


def run_course(run):
    keys, left = run.client_columns["key"], run.client_columns["left_day"]
    return activity_table(run._tables, keys, left), run.client_columns, run.staff_columns, DAY_0


def test_an_xes_file_has_a_trace_a_client(run):
    log = run.event_log("xes", start=date(2026, 1, 5))
    root = ElementTree.fromstring(log.text)
    traces = root.findall(f"{XES}trace")
    named = {trace.find(f"{XES}string[@key='concept:name']").get("value"): trace for trace in traces}
    assert {key: len(trace.findall(f"{XES}event")) for key, trace in named.items()} == (
        log.table["case:concept:name"].value_counts().to_dict()
    )
    times = [each.get("value") for each in traces[0].iter(f"{XES}date")]
    assert times == sorted(times)
    assert min(times) >= "2026-01-05T00:00:00Z"
    first = log.table[log.table["concept:name"] == "visit"].iloc[0]
    assert first["time:timestamp"].weekday() < 5
    assert 7 <= first["time:timestamp"].hour < 19


def test_names_of_any_kind_come_through_a_file():
    facts = course(contacts=[{"client": 1, "minute": 540, "minutes": 50}])
    root = ElementTree.fromstring(logged("xes", facts).text)
    assert root.find(f"{XES}trace/{XES}string").get("value") == KEYS[1]
    assert [each["id"] for each in json.loads(logged("ocel", facts).text)["objects"]][1] == KEYS[1]


def test_an_object_log_names_and_relates_what_it_holds(run):
    log = json.loads(run.event_log("ocel").text)
    objects = {each["id"]: each["type"] for each in log["objects"]}
    assert len(objects) == len(log["objects"])
    assert {kind["name"] for kind in log["objectTypes"]} == set(objects.values())
    assert {each["type"] for each in log["events"]} == {kind["name"] for kind in log["eventTypes"]}
    assert len({each["id"] for each in log["events"]}) == len(log["events"])
    for each in (*log["events"], *log["objects"]):
        assert {other["objectId"] for other in each["relationships"]} <= objects.keys()
        assert all(other["qualifier"] for other in each["relationships"])
    assert {"client", "family", "case manager", "psychiatrist", "case aide", "agency", "service"} == set(
        objects.values()
    )
    of_client = {each["id"]: each["relationships"] for each in log["objects"] if each["type"] == "client"}
    with_family = run.clients.set_index("key")["has_family"]
    for key in with_family[with_family].index:
        assert {"objectId": f"f-{key}", "qualifier": "family"} in of_client[key]
    assert all(each["relationships"][0]["qualifier"] == "client" for each in log["events"])


@pytest.mark.parametrize("name", ["vidigi", "bupar"])
def test_a_table_is_the_same_in_its_file(run, tmp_path, name):
    log = run.event_log(name)
    found = pd.read_csv(log.save(tmp_path / log.file_name))
    assert found.columns.tolist() == log.table.columns.tolist()
    assert len(found) == len(log.table)
    assert found.iloc[:, 0].tolist() == log.table.iloc[:, 0].tolist()


def test_bupar_has_what_it_asks_for(run):
    found = run.event_log("bupar", start=date(2026, 1, 5)).table
    asked = ["case_id", "activity", "activity_instance_id", "lifecycle", "timestamp", "resource"]
    assert found.columns.tolist()[:6] == asked
    assert not found[asked[:5]].isna().any(axis=None)
    assert found.groupby("activity_instance_id")["activity"].nunique().eq(1).all()
    assert not found.duplicated(["activity_instance_id", "lifecycle"]).any()


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_in_which_nothing_happened_has_a_log(name):
    assert logged(name, course()).text


@pytest.mark.parametrize(
    ("name", "start", "said"),
    [("xse", DAY_0, 'did you mean "xes"'), ("xes", date(2026, 1, 6), "given Tuesday 2026-01-06; allowed: a Monday")],
)
def test_what_no_log_can_be_made_of_is_refused(run, name, start, said):
    with pytest.raises(cmsim.CmsimError, match=said):
        run.event_log(name, start=start)


def test_a_log_that_cannot_be_written_is_one_message(run, tmp_path):
    with pytest.raises(cmsim.CmsimError, match="cannot be written"):
        run.event_log("bupar").save(tmp_path / "none" / "log.csv")
