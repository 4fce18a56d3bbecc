"""What holds in every community on every day, whatever happens: two towns of 100 clients over 300 days."""

from __future__ import annotations

import gc
from collections import defaultdict
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from cmsim import load_scenario
from cmsim.core.memory import left_alone
from cmsim.core.simtime import DAY, HOUR, at
from cmsim.model.community import Community
from cmsim.model.state.columns import HOLDERS
from cmsim.schema.codes import (
    AcuteAnswer,
    ClientStatus,
    ContactKind,
    ContactOutcome,
    CrisisOutcome,
    MoveReason,
    Phase,
    Provider,
    SeenBy,
    Setting,
    WaitFor,
)

DAYS, WARM_UP = 300, 30
AWAY = [Setting.HOSPITAL, Setting.JAIL]

QUIET = {"staff.case_managers": 4, "staff.psychiatrists": 1, "hospital.beds": 14, "agencies.housing": 24}
STRAINED = {
    "staff.case_managers": 4,
    "staff.supervisor_span": 2,
    "staff.psychiatrists": 1,
    "hospital.beds": 5,
    "hospital.use.rule": "hospital_first",
    "agencies.housing": 12,
    "crisis.teams": 1,
    "turnover.handover.rule": "warm",
    "turnover.notice_days": 10,
}
ROUGH_WORLD = {
    "world.workforce.leave_rate": 2.0,
    "world.workforce.hire_days": 20.0,
    "world.crisis.stressor_rate": 1.0,
    "world.housing.arrest_rate": 0.4,
    "world.housing.loss_rate": 0.15,
    "world.population.group_home": 0.25,
    "world.population.street": 0.05,
    "world.population.inpatient": 0.06,
    "world.relationship.disengage_rate": 0.6,
}


def community_of(service, world):
    both = {f"{part}.{key}": value for part in ("service", "baseline") for key, value in service.items()}
    size = {"world.population.clients": 100, "world.warm_up_days": WARM_UP, "run.days": DAYS - WARM_UP}
    return Community(load_scenario("usual_care").replace({**size, **both, **world}))


@pytest.fixture(scope="module", params=[(QUIET, {}), (STRAINED, ROUGH_WORLD)], ids=["quiet", "strained"])
def run(request):
    """A community after its run, with what was wrong at any midnight of it."""
    community = community_of(*request.param)
    wrong = []
    for day in range(DAYS):
        community.step()
        wrong += [f"day {day}: {what}" for what in looked_at(community)]
    community.close()
    tables = {table.kind.name: table.rows() for table in community.ledger}
    return SimpleNamespace(community=community, wrong=wrong, **tables)


def looked_at(c):
    """Compare graph, columns, agents and resources at midnight; yield what does not agree."""
    people, posts, graph = c.people, c.posts, c.graph
    served = people.worker[: people.known]
    held = np.bincount(served[served >= 0], minlength=posts.count)[: posts.count]
    if not np.array_equal(held, posts.caseload[: posts.count] * posts.filled[: posts.count]):
        yield f"caseloads {posts.caseload[: posts.count]}, clients {held}"
    caseload = c.service.caseload
    if held.max() > caseload.size * caseload.stretch:
        yield f"a caseload of {held.max()}"
    if c.hospital.beds.count > c.service.hospital.beds:
        yield "more patients than beds"
    rows = {client.key: client.row for client in c.clients}
    for client in c.clients:
        row, here = client.row, client.status not in (ClientStatus.NOT_YET, ClientStatus.LEFT)
        if graph.has_node(client.key) != here:
            yield f"{client.key} in the graph: {not here}"
        if not here:
            continue
        ties = defaultdict(list)
        for other, facts in graph.adj[client.key].items():
            ties[facts["kind"]].append(other)
        mine = [] if served[row] < 0 else [c.workers[served[row]].key]
        if ties["case manager"] != mine:
            yield f"{client.key} tied to {ties['case manager']}, served by {mine}"
        if ties["family"] != ([client.family.key] if client.family else []):
            yield f"{client.key} has lost a family"
        for name, places in (("roommate", (3,)), ("companion", (0, 1))):
            for other in ties[name]:
                theirs = int(people.setting[rows[other]])
                if client.setting not in places or theirs != client.setting:
                    yield f"{client.key} in {Setting(client.setting).label}, {name} {other} in {Setting(theirs).label}"
        for other in ties["roommate"]:
            if people.house[rows[other]] != people.house[row]:
                yield f"{client.key} and roommate {other} in different houses"
        mirrored = (client.status, client.phase, client.setting, client.worker)
        columns = tuple(int(getattr(people, name)[row]) for name in ("status", "phase", "setting", "worker"))
        if mirrored != columns:
            yield f"{client.key}: agent {mirrored}, columns {columns}"
        if (client.phase == 3) != (client.setting == AWAY[0]) or (client.phase == 3) != (row in c.hospital.stays):
            yield f"{client.key}: {Phase(client.phase).label} in {Setting(client.setting).label}"
        if people.links[row].sum() != sum(row in agency.links for agency in c.agencies):
            yield f"{client.key}: links in columns and at agencies differ"
    for name in (
        "alliance",
        "knowledge",
        "engagement",
        "stress",
        "adherence",
        "capability",
        "unmet",
        "belief",
        "believed",
        "able",
        "dependence",
        "autonomy",
        "conflict",
        "used_to",
    ):
        column = getattr(people, name)[: people.known]
        if not (np.isfinite(column).all() and column.min() >= 0.0 and column.max() <= 1.0):
            yield f"{name} out of bounds"


def by_client(rows):
    found = defaultdict(list)
    for row in rows:
        found[int(row["client"])].append(row)
    return found


def test_graph_columns_agents_and_resources_agree_at_every_midnight(run):
    assert run.wrong == []


def test_enough_happens_for_the_rest_to_mean_something(run):
    assert len(run.contacts) > 2000
    assert len(run.admissions) > 5
    assert len(run.transitions) > 50
    assert len(run.handovers) > 5
    assert (run.moves["reason"] == MoveReason.ARRESTED).any()


def test_the_minutes_of_every_working_day_add_up(run):
    days = run.worker_days
    worked = days[days["absent"] == 0]
    spent = sum(
        worked[f"{name}_minutes"].astype(int)
        for name in ("client", "collateral", "travel", "notes", "team", "office", "along")
    )
    hours = run.community.service.staff.hours
    np.testing.assert_array_equal(spent, int(hours * HOUR) + worked["overtime"])
    away = days[days["absent"] == 1]
    assert not any(away[name].any() for name in ("client_minutes", "travel_minutes", "recorded", "overtime"))
    assert (days["day"] % 7 < 5).all()


def test_a_workers_day_holds_the_minutes_of_that_workers_contacts(run):
    mine = run.contacts[
        (run.contacts["by"] == Provider.CASE_MANAGER) & (run.contacts["outcome"] == ContactOutcome.HELD)
    ]
    for with_client, column in ((True, "client_minutes"), (False, "collateral_minutes")):
        spent = defaultdict(int)
        for row in mine[(mine["with"] == 0) == with_client]:
            spent[int(row["worker"]), int(row["minute"]) // DAY] += int(row["minutes"])
        written = {(int(d["worker"]), int(d["day"])): int(d[column]) for d in run.worker_days if d[column]}
        left = {int(row["worker"]): int(row["minute"]) // DAY for row in run.staff if row["event"] == 1}
        # a day on which somebody leaves in the middle of a contact has no row
        missing = {key for key in spent if key not in written and left.get(key[0]) == key[1]}
        assert {key: minutes for key, minutes in spent.items() if key not in missing} == written


def test_a_worker_is_in_one_place_at_a_time(run):
    mine = run.contacts[(run.contacts["by"] == Provider.CASE_MANAGER) & np.isin(run.contacts["outcome"], (0, 1, 2))]
    busy_until = {}
    for row in np.sort(mine, order=["worker", "minute"]):
        worker, leaves = int(row["worker"]), int(row["minute"] - row["travel"])
        assert leaves >= busy_until.get(worker, 0), row
        busy_until[worker] = int(row["minute"] + row["minutes"])


def test_everybody_is_where_they_are_met(run):
    moves = by_client(np.sort(run.moves, order="minute", kind="stable"))
    final = run.community.people.setting

    def settings_at(client, minute):
        """Where somebody is at a minute: two places if it is the minute of a move."""
        found, now = [], None
        for move in moves[client]:
            if move["minute"] >= minute and now is None:
                found.append(int(move["from"]))
                now = move
            if move["minute"] == minute:
                found.append(int(move["to"]))
            if move["minute"] > minute:
                break
        return found or [int(moves[client][-1]["to"]) if moves[client] else int(final[client])]

    held = run.contacts[(run.contacts["outcome"] == ContactOutcome.HELD) & (run.contacts["with"] == 0)]
    for row in held:
        minute = int(row["minute"] + (row["minutes"] if row["kind"] == ContactKind.REVIEW else 0))
        there = settings_at(int(row["client"]), minute)
        if row["kind"] == ContactKind.WARD:
            assert AWAY[0] in there, row
        else:
            assert not set(there) <= set(AWAY), row


ALLOWED = {
    ("stable", "prodromal"),
    ("prodromal", "acute"),
    ("prodromal", "stable"),
    ("acute", "stable"),
    ("acute", "inpatient"),
    ("stable", "inpatient"),
    ("prodromal", "inpatient"),
    ("inpatient", "stable"),
}


def test_phases_change_along_the_edges_of_the_model_one_after_the_other(run):
    edges = {(Phase(row["from"]).label, Phase(row["to"]).label) for row in run.transitions}
    assert edges <= ALLOWED
    for client, rows in by_client(run.transitions).items():
        for before, after in pairwise(rows):
            assert before["to"] == after["from"]
            assert before["minute"] <= after["minute"]
            assert after["episode"] - before["episode"] == (after["to"] == Phase.PRODROMAL)
        assert run.community.people.phase[client] == rows[-1]["to"]


def test_every_move_begins_where_the_one_before_ended(run):
    for client, rows in by_client(run.moves).items():
        for before, after in pairwise(rows):
            assert before["to"] == after["from"]
        assert run.community.people.setting[client] == rows[-1]["to"]
        assert all(row["from"] != row["to"] for row in rows)


def test_every_stay_begins_and_ends_with_a_move_and_a_change_of_phase(run):
    inside = Phase.INPATIENT
    admitted = run.moves[run.moves["reason"] == MoveReason.ADMITTED]
    discharged = run.moves[run.moves["reason"] == MoveReason.DISCHARGED]
    begun = {(int(r["client"]), int(r["minute"])) for r in run.admissions}
    ended = {(int(r["client"]), int(r["discharged"])) for r in run.admissions if r["discharged"] >= 0}
    met_inside = {(client, minute) for client, minute in begun if minute == 0}
    assert begun - met_inside == {(int(r["client"]), int(r["minute"])) for r in admitted}
    assert ended == {(int(r["client"]), int(r["minute"])) for r in discharged}
    # somebody drawn as in hospital at the start for whom there is no bed is well at once
    later = run.transitions[run.transitions["minute"] > 0]
    into = {(int(r["client"]), int(r["minute"])) for r in later if r["to"] == inside}
    out = {(int(r["client"]), int(r["minute"])) for r in later if r["from"] == inside}
    assert (begun - met_inside, ended) == (into, out)
    for rows in by_client(run.admissions).values():
        rows = sorted(rows, key=lambda row: row["minute"])
        for row, following in pairwise(rows):
            assert row["minute"] < row["discharged"] <= following["minute"]


def test_nobody_is_admitted_without_a_crisis_or_somebody_who_saw_the_illness(run):
    said = {(int(row["client"]), int(row["minute"])) for row in run.crises if row["outcome"] == CrisisOutcome.ADMITTED}
    seen = {(int(row["client"]), int(row["minute"])) for row in run.acute_care if row["answer"] == AcuteAnswer.ADMITTED}
    assert len(seen) == (run.admissions["brought"] > 0).sum()
    for row in run.admissions:
        if row["brought"]:
            assert (int(row["client"]), int(row["minute"])) in seen
        elif row["minute"] > 0:
            since = row["minute"] - row["waited"]
            assert any(client == row["client"] and since - DAY <= began <= since for client, began in said)


def test_an_episode_is_decided_on_once_by_each_and_only_while_it_lasts(run):
    rows = run.acute_care
    for who in ("case manager", "psychiatrist"):
        mine = rows[rows["by"] == SeenBy.of(who)]
        assert len(np.unique(mine[["client", "episode"]])) == len(mine)
    assert len(rows)


def test_beds_are_never_overfull_and_the_days_count_who_is_in_them(run):
    ends = at(np.arange(DAYS) + 1)
    stays = run.admissions
    until = np.where(stays["discharged"] < 0, DAYS * DAY + 1, stays["discharged"])
    inside = ((stays["minute"] < ends[:, None]) & (until >= ends[:, None])).sum(axis=1)
    np.testing.assert_array_equal(inside, run.daily["inpatient"])
    assert (run.daily["beds_occupied"] <= run.community.service.hospital.beds).all()
    assert (inside <= run.daily["beds_occupied"]).all()


@pytest.mark.parametrize(("awaited", "column"), [("case manager", "waiting"), ("bed", "bed_queue")])
def test_littles_law_holds_on_the_path_of_a_waiting_list(run, awaited, column):
    """People waiting, summed over days, are days waited, summed over people: no wait is lost or made up."""
    waits = run.waits[run.waits["for"] == WaitFor.of(awaited)]
    ends = at(np.arange(DAYS) + 1)
    found = ((waits["since"] < ends[:, None]) & (waits["minute"] >= ends[:, None])).sum(axis=1)
    assert (waits["since"] <= waits["minute"]).all()
    # other people never wait for a bed; a wait for one that is still going on at the end has no row yet
    closed = slice(0, DAYS if awaited == "case manager" else DAYS - 21)
    np.testing.assert_array_equal(found[closed], run.daily[column][closed])


def test_every_day_counts_everybody_once(run):
    daily, people = run.daily, run.community.people
    np.testing.assert_array_equal(daily["day"], np.arange(DAYS))
    here = daily["open"] + daily["waiting"]
    np.testing.assert_array_equal(sum(daily[phase] for phase in Phase.labels()), here)
    np.testing.assert_array_equal(sum(daily[setting] for setting in Setting.labels()), here)
    left = np.where(people.left_day < 0, DAYS, people.left_day)
    days = np.arange(DAYS)[:, None]
    np.testing.assert_array_equal(((people.joined_day <= days) & (left > days)).sum(axis=1), here)
    assert (daily["case_managers"] <= daily["posts"]).all()


def test_the_ledger_is_written_in_order_of_time(run):
    for name in ("transitions", "moves", "handovers", "waits", "links", "registrations", "staff"):
        assert (np.diff(getattr(run, name)["minute"]) >= 0).all(), name
    assert (np.diff(run.worker_days["day"]) >= 0).all()
    # a contact is written when it ends, at the latest on the next day
    days = run.contacts["minute"] // DAY
    assert (np.maximum.accumulate(days) - days <= 1).all()


def test_workers_come_and_go_one_at_a_time_in_each_post(run):
    gone = {int(row["worker"]): int(row["minute"]) for row in run.staff if row["event"] == 1}
    hired = {int(row["worker"]): int(row["minute"]) for row in run.staff if row["event"] == 0}
    for worker, minute in hired.items():
        assert gone[worker - 1] <= minute, "a post has two holders"
        assert worker % HOLDERS > 0
    for row in run.contacts[run.contacts["by"] == Provider.CASE_MANAGER]:
        assert row["minute"] <= gone.get(int(row["worker"]), DAYS * DAY)
        assert row["minute"] >= hired.get(int(row["worker"]), 0)


def test_each_dyad_of_the_handovers_begins_where_the_one_before_ended(run):
    for client, rows in by_client(run.handovers).items():
        for before, after in pairwise(rows):
            assert before["to_worker"] == after["from_worker"], client
        post = run.community.people.worker[client]
        if run.community.people.status[client] != ClientStatus.LEFT:
            assert rows[-1]["to_worker"] // HOLDERS == post


def test_what_is_over_leaves_nothing_for_the_collector_of_cycles():
    # ``core.memory.left_alone`` relies on it; a finished process that holds on to itself would leave thousands
    community = community_of(STRAINED, ROUGH_WORLD)
    gc.collect()
    with left_alone():
        for _ in range(DAYS // 2):
            community.step()
        crises = len(community.ledger["crises"])
        assert crises > 50
        assert gc.collect() < crises
