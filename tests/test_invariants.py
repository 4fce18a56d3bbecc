"""What holds in every community on every day, whatever happens: two towns of 100 clients over 300 days."""

from __future__ import annotations

import gc
from collections import defaultdict
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cmsim import load_scenario
from cmsim.core.memory import left_alone
from cmsim.core.simtime import DAY, at
from cmsim.model.community import Community
from cmsim.model.state.columns import HOLDERS
from cmsim.results.invariants import INVARIANTS, Record
from cmsim.results.simulation import SHEETS, conclude
from cmsim.schema.codes import (
    AcuteAnswer,
    ClientStatus,
    CrisisOutcome,
    MoveReason,
    Phase,
    RegistrationEvent,
    SeenBy,
    Setting,
    StaffEvent,
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
ON_CALL = {
    **STRAINED,
    "staff.case_managers": 8,
    "caseload.size": 12,
    "crisis.first.rule": "own_then_team",
    "crisis.on_call": {"rule": "team", "since": 0, "until": 24},
    "crisis.home_treatment_places": 12,
    "crisis.respite_places": 5,
}
"""Workers are out at night, and still are when the day begins; crisis teams and workers come to the same people."""
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


@pytest.fixture(
    scope="module",
    params=[(QUIET, {}), (STRAINED, ROUGH_WORLD), (ON_CALL, ROUGH_WORLD)],
    ids=["quiet", "strained", "on call"],
)
def run(request):
    """A community after its run, with what was wrong at any midnight of it."""
    community = community_of(*request.param)
    wrong = []
    for day in range(DAYS):
        community.step()
        wrong += [f"day {day}: {what}" for what in looked_at(community)]
    scenario = community.spec
    simulated = conclude(community, scenario, 0)
    outcomes = pd.DataFrame([{"scenario": scenario.name, "replication": 0, **simulated.outcomes()}])
    shown = {"replications": outcomes, **{name: simulated.table(name) for name in SHEETS}}
    tables = {table.kind.name: table.rows() for table in community.ledger}
    return SimpleNamespace(community=community, wrong=wrong, record=Record(shown, scenario.flat()), **tables)


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


@pytest.mark.parametrize("name", sorted(INVARIANTS))
def test_what_holds_in_every_run_holds(run, name):
    assert [str(each) for each in INVARIANTS[name].find(run.record)] == []


NOBODY_ELSE = {
    "world.hospital.outside_occupancy": 1e-9,
    "world.agencies.outside_held": 0.0,
    "world.agencies.outside_demand": 0.0,
}
"""Beds and places for the clients alone, so that each has to be held by one of them."""
SCARCE = {"benefits": 20, "day_programme": 12, "work": 5, "substance_use": 5, "general_health": 15, "housing": 30}
BUSY = {
    "world.referral.patience_days": 400.0,
    "world.referral.end_rate": 4.0,
    "world.referral.try_days": 3.0,
    "world.referral.unassisted": 0.9,
    "world.components.linkage.referral_rate": 20.0,
}
"""Many are referred to few places, wait for long, and do not stay for long."""


def held_by_nobody(c):
    """Compare what is held of beds and places with who holds it; yield what does not agree."""
    if c.hospital.beds.count != len(c.hospital.stays):
        yield f"{c.hospital.beds.count} beds held by {len(c.hospital.stays)} patients"
    for agency in c.agencies:
        if agency.places.count != len(agency.links):
            yield f"{agency.name}: {agency.places.count} places held by {len(agency.links)} clients"
        asking = set(np.flatnonzero(c.people.asks[:, agency.kind]).tolist())
        if asking != set(agency.asking) or asking & set(agency.links):
            yield f"{agency.name}: {asking} ask, {set(agency.asking)} wait, {set(agency.links)} have a place"
        if len(agency.places.queue) != len(asking):
            yield f"{agency.name}: {len(agency.places.queue)} in the queue, {len(asking)} ask"


@pytest.mark.parametrize("days", [250, pytest.param(3650, marks=pytest.mark.slow)])
def test_no_bed_and_no_place_is_ever_lost(days):
    """Whoever waits is not called to the same list again; both waits were served, and one place held by nobody."""
    places = {f"agencies.{name}": places for name, places in SCARCE.items()}
    community = community_of({**QUIET, **places}, {**NOBODY_ELSE, **BUSY, "run.days": days - WARM_UP})
    wrong = []
    for day in range(days):
        community.step()
        wrong += [f"day {day}: {what}" for what in held_by_nobody(community)]
    community.close()
    assert wrong == []
    waits = community.ledger["waits"].rows()
    assert (waits["for"] == WaitFor.AGENCY_PLACE).sum() > 100
    assert len(community.ledger["links"].rows()) > 500


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


def test_agents_end_where_their_last_rows_say(run):
    people = run.community.people
    for rows, column in ((run.transitions, people.phase), (run.moves, people.setting)):
        for client, mine in by_client(rows).items():
            assert column[client] == mine[-1]["to"]
    lost = by_client(run.registrations[run.registrations["event"] == RegistrationEvent.DISENGAGED])
    for client, rows in by_client(run.handovers).items():
        if people.status[client] != ClientStatus.LEFT:
            away = people.lost_on[client] >= 0 or any(r["minute"] >= rows[-1]["minute"] for r in lost.get(client, ()))
            assert people.worker[client] == (-1 if away else rows[-1]["to_worker"] // HOLDERS)


HELD_OUT = 4
"""Days from a crisis to advice: it may wait over a weekend for the own worker, who takes up to a day to come."""


def test_nobody_is_admitted_without_a_crisis_or_somebody_who_saw_the_illness(run):
    said = {(int(row["client"]), int(row["minute"])) for row in run.crises if row["outcome"] == CrisisOutcome.ADMITTED}
    seen = {(int(row["client"]), int(row["minute"])) for row in run.acute_care if row["answer"] == AcuteAnswer.ADMITTED}
    assert len(seen) == (run.admissions["brought"] > 0).sum()
    for row in run.admissions:
        if row["brought"]:
            assert (int(row["client"]), int(row["minute"])) in seen
        elif row["minute"] > 0:
            since = row["minute"] - row["waited"]
            earliest = since - HELD_OUT * DAY
            assert any(client == row["client"] and earliest <= began <= since for client, began in said)


def test_an_episode_is_decided_on_once_by_each_or_brought_again_only_after_days(run):
    rows, world = run.acute_care, run.community.world
    by_worker = rows["by"] == SeenBy.CASE_MANAGER
    at_home = np.isin(rows["answer"], (AcuteAnswer.TREATED, AcuteAnswer.WAITED))
    for mine in (rows[rows["by"] == SeenBy.PSYCHIATRIST], rows[by_worker & at_home]):
        assert len(np.unique(mine[["client", "episode"]])) == len(mine)
    brought = np.sort(rows[by_worker & ~at_home], order="minute", kind="stable")
    assert len(brought)
    # what comes of it is written when the wait for a bed is over
    beds = run.waits[run.waits["for"] == WaitFor.BED]
    asked = {(int(row["client"]), int(row["minute"])): int(row["since"]) for row in beds}
    for client, mine in by_client(brought).items():
        at_door = [asked.get((client, int(row["minute"])), int(row["minute"])) for row in mine]
        for (before, after), (came, came_again) in zip(pairwise(mine), pairwise(at_door), strict=True):
            assert before["episode"] != after["episode"] or came_again - came >= world.home_care.again_days * DAY


def test_littles_law_holds_on_the_path_of_the_waiting_list_for_a_bed(run):
    """People waiting, summed over days, are days waited, summed over people: no wait is lost or made up."""
    waits = run.waits[run.waits["for"] == WaitFor.BED]
    ends = at(np.arange(DAYS) + 1)
    found = ((waits["since"] < ends[:, None]) & (waits["minute"] >= ends[:, None])).sum(axis=1)
    # other people never wait for a bed; a wait for one that is still going on at the end has no row yet
    closed = slice(0, DAYS - 21)
    np.testing.assert_array_equal(found[closed], run.daily["bed_queue"][closed])


def test_who_is_hired_follows_somebody_in_the_post(run):
    hired = run.staff[run.staff["event"] == StaffEvent.HIRED]
    assert (hired["worker"] % HOLDERS > 0).all()


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
