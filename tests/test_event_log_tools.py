"""Event logs read back by the tools that they are for: pm4py and vidigi."""

from __future__ import annotations

import numpy as np
import pytest

import cmsim
from cmsim.core.simtime import DAY
from support import small_scenario

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Install the optional requirement:UserWarning")]

BROUGHT_BY = "pip install 'cmsim[event-logs]' brings it"


@pytest.fixture(scope="module")
def run():
    return cmsim.simulate(small_scenario({"staff.aides": 1}, days=120))


@pytest.fixture
def pm4py():
    return pytest.importorskip("pm4py", reason=BROUGHT_BY)


@pytest.fixture
def vidigi():
    return pytest.importorskip("vidigi", reason=BROUGHT_BY)


def test_pm4py_reads_the_xes_file_as_the_table(pm4py, run, tmp_path):
    log = run.event_log("xes")
    found = pm4py.read_xes(str(log.save(tmp_path / log.file_name)))
    keys = ["case:concept:name", "concept:instance", "lifecycle:transition"]
    both = [each.sort_values(keys, ignore_index=True) for each in (found, log.table)]
    for column in (*keys, "concept:name", "time:timestamp", "org:resource", "org:role", "case:diagnosis", "outcome"):
        one, other = (each[column].astype(object).where(each[column].notna(), None) for each in both)
        assert one.tolist() == other.tolist(), column
    minutes, written = (each["minutes"].dropna().astype(int).tolist() for each in both)
    assert minutes == written


def test_pm4py_discovers_a_process_that_replays_the_log(pm4py, run):
    table = run.event_log("xes").table
    done = table[table["lifecycle:transition"] == "complete"]
    follows, starts, ends = pm4py.discover_dfg(done)
    assert sum(follows.values()) == len(done) - done["case:concept:name"].nunique()
    assert sum(starts.values()) == sum(ends.values()) == done["case:concept:name"].nunique()
    served = done[(done["concept:name"] == "wait for a bed") & (done["outcome"] == "served")]
    assert len(served)
    net, first, last = pm4py.discover_petri_net_inductive(done)
    assert {"visit", "hospital stay", "wait for a bed"} <= {each.label for each in net.transitions}
    assert pm4py.fitness_token_based_replay(done, net, first, last)["log_fitness"] >= 0.95


def test_pm4py_pairs_each_start_with_its_completion(pm4py, run, tmp_path):
    from pm4py.objects.log.util.interval_lifecycle import to_interval

    log = run.event_log("xes")
    traces = pm4py.read_xes(str(log.save(tmp_path / log.file_name)), return_legacy_log_object=True)
    visits = [each for trace in to_interval(traces) for each in trace if each["concept:name"] == "visit"]
    minutes = sum((each["time:timestamp"] - each["start_timestamp"]).total_seconds() for each in visits) / 60
    held = run.contacts[(run.contacts["outcome"] == "held") & (run.contacts["kind"] == "visit")]
    assert (len(visits), minutes) == (len(held), held["minutes"].sum())


def test_pm4py_reads_the_object_log(pm4py, run, tmp_path):
    log = run.event_log("ocel")
    found = pm4py.read_ocel2(str(log.save(tmp_path / log.file_name)))
    assert len(found.relations) == len(log.table)
    assert found.events["ocel:eid"].nunique() == log.table["ocel:eid"].nunique()
    assert set(pm4py.ocel_get_object_types(found)) >= {"client", "family", "case manager", "agency", "service"}
    # a family may be lost to the model when its client leaves
    assert found.o2o["ocel:qualifier"].eq("family").sum() >= run.clients["has_family"].sum() > 0
    per_client = pm4py.ocel_flattening(found, "client")
    assert (
        per_client["case:concept:name"].nunique()
        == log.table.loc[log.table["ocel:type"] == "client", "ocel:oid"].nunique()
    )
    assert pm4py.discover_ocdfg(found)["activities"] == set(log.table["ocel:activity"])


def test_vidigi_pairs_each_use_of_a_resource_with_its_end(vidigi, run):
    from vidigi.analysis import resource_use_intervals

    table = run.event_log("vidigi").table
    uses = resource_use_intervals(table, unclosed="drop")
    held = run.contacts[(run.contacts["outcome"] == "held") & (run.contacts["with"] == "client")]
    guests = set(run.table("respites")["client"])  # shown in respite, whoever sees them there
    visits = uses[(uses["event"] == "visit") & ~uses["entity_id"].isin(guests)]
    made = held[(held["kind"] == "visit") & ~held["client"].isin(guests)]
    begins = made["day"] * DAY + made["minute"]
    # who is brought to hospital in a visit is on the ward from then on
    stays = run.table("admissions").assign(begins=lambda rows: rows["day"] * DAY + rows["minute"])
    minutes = [
        min([minutes, *(each - begin for each in stays.loc[stays["client"] == client, "begins"] if each >= begin)])
        for client, begin, minutes in zip(made["client"], begins, made["minutes"], strict=True)
    ]
    assert len(visits) == np.count_nonzero(minutes) > 0.8 * (held["kind"] == "visit").sum()
    assert visits["busy_time"].sum() == sum(minutes)
    assert len(uses[uses["event"] == "hospital stay"]) == run.table("admissions")["discharged_day"].notna().sum()


def test_vidigi_shows_everybody_in_one_place_and_as_many_in_hospital_as_there_are(vidigi, run):
    from vidigi.prep import reshape_for_animations

    frames = reshape_for_animations(
        run.event_log("vidigi").table,
        every_x_time_units=DAY,
        warm_up=DAY - 1,
        limit_duration=100 * DAY - 1,
        step_snapshot_max=1000,
    )
    shown = frames[frames["event_type"] != "exit"]
    assert not shown.duplicated(["snapshot_time", "entity_id"]).any()
    inside = shown[shown["event"] == "hospital stay"].groupby("snapshot_time").size()
    inside.index = inside.index // DAY
    nights = run.daily.set_index("day")["hospital"].iloc[:100]
    assert inside.reindex(nights.index, fill_value=0).tolist() == nights.tolist()
    assert nights.sum() > 0
