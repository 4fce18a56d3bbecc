"""Worlds: two communities that differ in one thing only, and what may differ between them then."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from cmsim.core.simtime import at, weekday
from cmsim.model.community import Community
from cmsim.model.network.social_graph import AMONG_CLIENTS
from cmsim.model.state.columns import client_key
from cmsim.scenario.loader import load_scenario
from cmsim.schema.tables import KINDS

pytestmark = pytest.mark.slow

DAYS = 150
WARM_UP = 60


def community(settings=None, clients=60, days=DAYS, **kwargs):
    workers = 3
    spec = load_scenario("usual_care").replace(
        {
            "world.population.clients": clients,
            "world.population.waiting_share": 0.0,
            "world.population.referrals": 0.27 * 60 / clients,  # the same referrals, whoever is there
            "world.warm_up_days": WARM_UP,
            "run.days": days - WARM_UP,
            **{f"{part}.staff.case_managers": workers for part in ("baseline", "service")},
            **(settings or {}),
        }
    )
    model = Community(spec, **kwargs)
    model.once_tied = defaultdict(set)
    for _ in range(spec.total_days):
        model.step()
        for one, other in zip(*(ends.tolist() for ends in model.ties.among_clients()), strict=True):
            model.once_tied[model.clients[one].key].add(model.clients[other].key)
            model.once_tied[model.clients[other].key].add(model.clients[one].key)
    model.close()
    return model


def everywhere(**settings):
    """Say settings for the warm-up and for what follows."""
    return {f"{part}.{key}": value for part in ("baseline", "service") for key, value in settings.items()}


def rows_of(model):
    """Return all rows that name a client as (minute, table, key, row without the client's row number)."""
    keys = [client_key(address) for address in model.people.address.tolist()]
    found = []
    for kind in KINDS:
        if kind.dtype.names[:2] == ("minute", "client"):
            for row in model.ledger[kind.name].rows().tolist():
                found.append((row[0], kind.name, keys[row[1]], row[2:]))
    return found


def replications(model):
    """Return each client's rows in order of time."""
    found = defaultdict(list)
    for minute, table, key, row in rows_of(model):
        found[key].append((minute, table, row))
    return {key: sorted(rows) for key, rows in found.items()}


AMPLE = everywhere(
    **{
        "caseload.assignment": {"rule": "any_with_room"},
        "caseload.size": 200,
        "staff.case_managers": 61,
        "staff.psychiatrists": 61,
        "hospital.beds": 400,
        "crisis.teams": 50,
        "agencies.housing": 2000,
        "agencies.benefits": 2000,
        "agencies.day_programme": 2000,
        "agencies.work": 2000,
        "agencies.substance_use": 2000,
        "agencies.general_health": 2000,
    }
)


def test_one_more_person_leaves_everybody_elses_draws_equal():
    one, two = community(clients=60, days=WARM_UP + 1), community(clients=61, days=WARM_UP + 1)
    assert two.people.known == one.people.known + 1
    row_in_two = {address: row for row, address in enumerate(two.people.address.tolist())}
    pairs = [(row, row_in_two[address]) for row, address in enumerate(one.people.address.tolist())]
    mine, theirs = (np.array(rows) for rows in zip(*pairs, strict=True))
    for trait in ("frailty", "disposition", "tolerance", "diagnosis", "distance", "has_family", "openness"):
        assert np.array_equal(getattr(one.people, trait)[mine], getattr(two.people, trait)[theirs]), trait
    for first, second in ((one.clocks.daily, two.clocks.daily), (one.clocks.weekly, two.clocks.weekly)):
        same = first.ordinal[:, mine] == second.ordinal[:, theirs]
        assert np.array_equal(first.threshold[:, mine][same], second.threshold[:, theirs][same])
    for purpose in ("contact", "stress"):
        width = 5 if purpose == "contact" else 2
        a = one.streams.daily(purpose, 40, np.arange(200), width)
        b = two.streams.daily(purpose, 40, np.arange(300), width)[:200]
        assert np.array_equal(a, b)
    assert np.array_equal(one.people.joined_day[60:], two.people.joined_day[61:])


def test_with_ample_capacity_only_ties_of_the_new_person_differ():
    """A worker and a psychiatrist for each, nobody chooses by load: whoever shares
    neither them nor a tie is untouched."""
    one, two = community(AMPLE, clients=60, days=100), community(AMPLE, clients=61, days=100)
    new = two.clients[60]
    assert new.key == "c0061"
    mine, theirs = replications(one), replications(two)

    def met(rows):
        return {row[:2] for _, table, row in rows if table == "contacts" and row[0] in (0, 1)}

    shared = met(theirs[new.key])
    tied = {key for key, rows in theirs.items() if met(rows) & shared} | {new.key}
    tied |= set(two.ties.tied(new.key, *AMONG_CLIENTS))
    others = [key for key in mine if key not in tied]
    assert len(others) >= 50, "the test needs people who share nothing with the new person"
    differing = [key for key in others if mine[key] != theirs[key]]
    assert differing == []


def entities(model, minute, table, key, row):
    """Return who and what a row involves besides the client: shared workers, slots, beds, places, lists."""
    names = {f"client {key}"}
    if table == "contacts":
        by, worker = row[0], row[1]
        names.add(("worker ", "psychiatrist ", "crisis service", "emergency")[by] + (str(worker) if by < 2 else ""))
    elif table == "handovers":
        names |= {f"worker {row[0]}", f"worker {row[1]}", "sharing out of clients"}
    elif table == "waits":
        names.add(("sharing out of clients", f"psychiatrist {row[2]}", "hospital", f"agency {row[2]}")[row[1]])
    elif table == "admissions":
        names.add("hospital")
    elif table == "crises":
        names.add("crisis service" if row[1] == 2 else f"worker {row[2]}" if row[1] == 0 else "hospital")
        names.add("hospital")
    elif table == "links":
        names |= {f"agency {row[0]}", f"worker {row[1]}"}
    return names


def neighbours(model, key, steps):
    """Return those with whom a client was tied at some time, and those with whom they were."""
    reached, edge = {key}, {key}
    for _ in range(steps):
        edge = {other for one in edge for other in model.once_tied[one]} - reached
        reached |= edge
    return {f"client {other}" for other in reached - {key}}


def unexplained(one, two, differing, first, steps):
    """Return the differing rows that no chain from the new person reaches, and who is reached."""
    # from the start the new person is one more whom a worker has when clients are shared out
    reached_at = {"client c0061": -1, "sharing out of clients": -1}
    seen, left = set(), []
    pending = differing
    while pending:
        minute = pending[0][0]
        now = [row for row in pending if row[0] == minute]
        pending = pending[len(now) :]
        progress = True
        while progress and now:
            progress = False
            for row in list(now):
                model = one if row in first else two
                involved = entities(model, *row)
                touched = involved | neighbours(one, row[2], steps) | neighbours(two, row[2], steps)
                if touched & reached_at.keys():
                    for name in involved:
                        reached_at.setdefault(name, minute)
                    seen.add(row[2])
                    now.remove(row)
                    progress = True
        left += now
    return left, seen


def test_in_usual_care_every_first_difference_is_reached_by_a_chain():
    """Each other client's first differing row involves something or somebody that had differed before.

    Over ties a chain may take two steps at once: somebody in between may have been calmer, or kept up with a
    friend a little less, without any row of his or her own. That is rare: one step explains nearly all.
    """
    one, two = community(clients=60), community(clients=61)
    first, second = set(rows_of(one)), set(rows_of(two))
    differing = sorted(first ^ second, key=lambda row: (row[0], row[1], row[2]))
    new = two.clients[60]
    assert new.worker >= 0
    left, seen = unexplained(one, two, differing, first, 2)
    assert len(seen) > 5, "one more person in a busy agency touches others"
    assert left == []
    assert len(unexplained(one, two, differing, first, 1)[0]) < 0.01 * len(differing)


@pytest.mark.parametrize("policy", ["small_caseload"])
def test_histories_are_equal_until_the_policies_part(policy):
    short = {"world.population.clients": 220, "world.warm_up_days": WARM_UP, "run.days": 60}
    runs = []
    for name in ("usual_care", policy):
        spec = load_scenario(name).replace(short)
        model = Community(spec)
        for _ in range(spec.total_days):
            model.step()
        runs.append(model)
    one, two = runs
    parts = at(WARM_UP)
    before = [[row for row in rows_of(model) if row[0] < parts] for model in runs]
    assert before[0] == before[1]
    assert len(before[0]) > 100
    assert rows_of(one) != rows_of(two), "after that the policies do differ"
    for kind in ("worker_days", "daily"):
        a, b = (model.ledger[kind].rows() for model in runs)
        assert a[a["day"] < WARM_UP].tobytes() == b[b["day"] < WARM_UP].tobytes()
    minutes_a, minutes_b = (model.ledger.component_minutes() for model in runs)
    n = len([row for row in before[0] if row[1] == "contacts"])
    assert minutes_a[:n].tobytes() == minutes_b[:n].tobytes()


def test_a_placebo_twin_differs_only_after_the_nudge():
    one, two = community(days=100), community(days=100, perturb=True)
    differing = sorted(set(rows_of(one)) ^ set(rows_of(two)))
    assert differing, "the perturbed visit itself differs"
    assert at(WARM_UP) <= differing[0][0] < at(WARM_UP + 5)


def test_a_placebo_twin_has_a_longer_visit_in_every_week_after_the_warm_up(monkeypatch):
    perturbed = []
    real = Community._perturb
    monkeypatch.setattr(Community, "_perturb", lambda model: (perturbed.append(model.today), real(model)))
    twin = community(days=100, perturb=True)
    assert perturbed == [day for day in range(100) if day >= WARM_UP and weekday(day) == 0]
    plain = community(days=100, perturb=False)
    travel = [model.ledger["contacts"].rows()["travel"].sum() for model in (plain, twin)]
    assert travel[1] != travel[0]
