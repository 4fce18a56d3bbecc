"""Invariants of results: what is damaged is found by the one that it breaks, and the command says where."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest
from typer.testing import CliRunner

import cmsim
from cmsim.cli import app
from cmsim.core.errors import CmsimError
from cmsim.reporting.page.results_reader import read_record
from cmsim.reporting.saved_results import FORMAT
from cmsim.results.invariants import INVARIANTS, Record, examine
from support import small_scenario

MADE_UP = {
    "one_contact_a_client": {
        "contacts": pd.DataFrame(
            {
                "day": [3, 3, 3],
                "minute": [600, 630, 629],
                "client": ["c0001", "c0001", "c0002"],
                "kind": ["visit", "review", "call"],
                "with": "client",
                "minutes": [30, 20, 15],
                "outcome": "held",
            }
        )
    },
    "waits_do_not_overlap": {
        "waits": pd.DataFrame(
            {
                "day": [5, 7, 7],
                "minute": [600, 600, 600],
                "client": ["c0001", "c0001", "c0002"],
                "since_day": [2.0, 5.0 + 600 / 1440, 1.0],
                "for": "agency place",
                "which": 4,
            }
        )
    },
    "links_alternate": {
        "links": pd.DataFrame(
            {
                "day": [1, 4, 9, 12],
                "minute": 600,
                "client": "c0001",
                "agency": "substance use",
                "step": ["referred", "started", "ended", "started"],
            }
        )
    },
    "costs_add_up": {
        "replications": pd.DataFrame(
            {"scenario": "priced", "replication": [0, 1], "cost_total": [9.0, 18.0], "cost_community": [8.0, 16.0]}
            | {
                f"cost_{part}": [1.0, 2.0]
                for part in (
                    "hospital case_management aides psychiatrists crisis respite residential agencies jail".split()
                )
            }
        )
    },
}
"""Tables in which an invariant holds."""

DAMAGED = [
    ("one_contact_a_client", "contacts", "kind == 'review'", "minute", 629),
    ("waits_do_not_overlap", "waits", "since_day > 5", "since_day", 4.0),
    ("waits_end_after_they_begin", "waits", "day > 9", "since_day", 200.0),
    ("links_alternate", "links", "day == 9", "step", "started"),
    ("costs_add_up", "replications", "replication == 1", "cost_jail", 3.0),
    ("costs_add_up", "replications", "replication == 1", "cost_community", 17.0),
    ("costs_add_up", "replications", "replication == 1", "cost_jail", float("nan")),
    ("one_place_a_worker", "contacts", "by == 'case manager' and travel > 0 and minute > 700", "travel", 700),
    ("met_where_they_are", "contacts", "kind == 'visit' and outcome == 'held'", "kind", "ward visit"),
    ("nobody_works_while_away", "worker_days", "client_minutes > 0", "absent", True),
    ("contacts_by_holders", "staff", "event == 'left'", "day", 0),
    ("one_holder_a_post", "staff", "event == 'left' and day < 150", "day", 200),
    ("minutes_of_the_day", "worker_days", "not absent", "office_minutes", -1),
    ("minutes_of_the_day", "worker_days", "absent", "overtime", 1),
    ("minutes_of_the_day", "worker_days", "day == 4", "day", 5),
    ("minutes_of_contacts", "worker_days", "client_minutes > 0", "client_minutes", 1),
    ("minutes_of_contacts", "worker_days", "client_minutes > 0", "day", 1000),
    ("handovers_follow", "handovers", "client.duplicated(keep='last')", "to_worker", "w09.1"),
    ("caseloads_follow_handovers", "worker_days", "caseload > 9", "caseload", 1),
    ("moves_follow", "moves", "reason == 'discharged'", "from", "jail"),
    ("moves_follow", "moves", "reason == 'admitted'", "from", "hospital"),
    ("phases_follow", "transitions", "to == 'prodromal'", "from", "inpatient"),
    ("phases_follow", "transitions", "episode > 1", "episode", 9),
    ("stays_alternate", "admissions", "discharged_day > 0", "discharged_day", -1.0),
    ("stays_are_moves", "moves", "reason == 'admitted'", "reason", "arrested"),
    ("stays_are_moves", "moves", "reason == 'discharged'", "minute", 1441),
    ("stays_are_moves", "transitions", "to == 'inpatient' and day > 0", "minute", 1441),
    ("nothing_after_leaving", "clients", "key == 'c0001'", "left_day", 1.0),
    ("everybody_counts_once", "daily", "day == 50", "open", 1),
    ("everybody_counts_once", "daily", "day == 50", "jail", 99),
    ("everybody_counts_once", "daily", "day == 50", "acute", 99),
    ("everybody_counts_once", "daily", "day == 50", "day", 51),
    ("beds_hold", "daily", "day == 50", "beds_occupied", 99),
    ("stays_are_counted", "daily", "day == 50", "inpatient", 99),
    ("workers_have_posts", "daily", "day == 50", "case_managers", 99),
    ("lists_are_those_who_wait", "daily", "day == 50", "waiting", 99),
    ("in_order_of_time", "moves", "day > 50", "day", 0),
    ("in_order_of_time", "worker_days", "day > 50", "day", 0),
    ("in_order_of_time", "contacts", "day > 50", "day", 0),
    ("days_add_up", "replications", "replication == 0", "days_jail", 400.0),
]
"""Invariant, table, which row (the first of them), column, and a value with which the invariant is broken."""
FOUND_ELSEWHERE = {
    "one_place_a_worker",
    "nobody_works_while_away",
    "contacts_by_holders",
    "one_holder_a_post",
    "handovers_follow",
    "stays_are_moves",
    "nothing_after_leaving",
}
"""Invariants between rows that say so of the other row."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the results of a small agency under strain, with its outcomes by replication."""
    strain = {"hospital.beds": 5, "hospital.use.rule": "hospital_first", "turnover.notice_days": 10}
    world = {"world.workforce.leave_rate": 2.0, "world.workforce.hire_days": 20.0, "world.illness.onset_rate": 3.0}
    scenario = small_scenario(strain, clients=60, warm_up=30, days=200, **world)
    return cmsim.repeat(scenario, replications=1, workers=1).save(tmp_path_factory.mktemp("doctor") / "out")


@pytest.fixture(scope="module")
def record(folder):
    return read_record(folder)


def test_every_invariant_is_tried():
    assert {name for name, *_ in DAMAGED} == set(INVARIANTS)


@pytest.mark.parametrize(("name", "table", "which", "column", "value"), DAMAGED)
def test_what_is_damaged_is_found(record, name, table, which, column, value):
    tables = MADE_UP.get(name, record.tables)
    find = INVARIANTS[name].find
    assert list(find(Record(tables, record.settings))) == []
    damaged = tables[table].copy()
    row = damaged.query(which).index[0]
    damaged.loc[row, column] = value
    found = [(each.table, each.row) for each in find(Record({**tables, table: damaged}, record.settings))]
    assert found
    assert (table, row) in found or name in FOUND_ELSEWHERE


@pytest.mark.parametrize(("rule", "wrong"), [("team", []), ("nobody", [("contacts", 2), ("worker_days", 0)])])
def test_who_is_on_call_may_meet_people_in_crisis_outside_the_roster(rule, wrong):
    contacts = {
        "day": [4, 4, 5],
        "minute": [600, 1380, 720],
        "client": "c0001",
        "by": "case manager",
        "worker": "w01.1",
        "kind": ["visit", "crisis", "crisis"],
        "with": "client",
        "minutes": [60, 90, 45],
        "outcome": "held",
    }
    day = {"day": [4], "worker": "w01.1", "absent": False, "client_minutes": 60, "collateral_minutes": 0}
    staff = pd.DataFrame({"day": [], "minute": [], "worker": [], "event": []})
    settings = {
        f"{part}.{key}": value
        for part in ("baseline", "service")
        for key, value in (("staff.starts", 9), ("staff.hours", 8.0), ("crisis.on_call.rule", rule))
    }
    tables = {"contacts": pd.DataFrame(contacts), "worker_days": pd.DataFrame(day), "staff": staff}
    found = INVARIANTS["minutes_of_contacts"].find(Record(tables, {**settings, "world.warm_up_days": 0}))
    assert sorted((each.table, each.row) for each in found) == wrong


@pytest.mark.parametrize("workers", [0, 1])
def test_results_in_which_hardly_anything_happens_are_checked(tmp_path, workers):
    tiny = small_scenario(clients=3, warm_up=0, days=2, workers=workers)
    read = read_record(cmsim.simulate(tiny).save(tmp_path / "out"))
    assert any(table.empty for table in read.tables.values())
    found = examine(read)
    assert set(found) == {name for name, each in INVARIANTS.items() if each.tables != ("replications",)}
    assert not any(found.values())


def test_the_command_names_file_and_line(folder, tmp_path):
    place = tmp_path / "out"
    shutil.copytree(folder, place)
    daily = pd.read_csv(place / "daily.csv")
    daily.loc[50, "waiting"] += 1
    daily.to_csv(place / "daily.csv", index=False)
    done = CliRunner().invoke(app, ["doctor", str(place)])
    assert done.exit_code == 1
    said = [line for line in done.output.splitlines() if line.startswith("daily.csv, line 52: day 50: ")]
    assert len(said) == 2
    assert all("What holds: " in line for line in said)


def test_the_command_ends_well_where_all_agree(tmp_path):
    (tmp_path / "out").mkdir()
    MADE_UP["costs_add_up"]["replications"].to_csv(tmp_path / "out" / "replications.csv", index=False)
    described = {"format": FORMAT, "command": "compare", "files": ["replications.csv"], "scenarios": [{"settings": {}}]}
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(described))
    done = CliRunner().invoke(app, ["doctor", str(tmp_path / "out")])
    assert (done.exit_code, done.output) == (0, "2 invariants checked: 0 rows break 0 of them.\n")


@pytest.mark.parametrize(
    ("files", "said"), [(["weeks.csv"], "holds no tables of runs"), (["daily.csv"], "daily.csv is missing")]
)
def test_results_that_cannot_be_checked_are_refused(tmp_path, files, said):
    described = {"format": FORMAT, "command": "run", "files": files, "scenarios": [{"settings": {}}]}
    (tmp_path / "manifest.json").write_text(json.dumps(described))
    with pytest.raises(CmsimError, match=said):
        read_record(tmp_path)
