"""Courses and conversions: waiting for a psychiatrist, stopping before a relapse, families that adapt, trust."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmsim.core.simtime import DAY
from cmsim.model.steps import working_alliance
from cmsim.model.steps.family_and_activity import families
from cmsim.model.steps.unmet_need import refresh_needs
from cmsim.schema.codes import Phase, WaitFor, WaitOutcome
from cmsim.submodels import medication, psychiatry, therapeutic_relationship
from cmsim.submodels.medication import Medication
from cmsim.submodels.psychiatry import Psychiatry
from cmsim.submodels.therapeutic_relationship import Relationship
from support import run_community, small_scenario

LEVEL = st.floats(0.0, 1.0)
either_way = pytest.mark.parametrize("on", [True, False])


def run_with(mechanism, on, days, **world):
    """Run usual care in a small agency with a mechanism on or off, and other settings of the world."""
    settings = {f"world.{key}": value for key, value in world.items()}
    return run_community(small_scenario(days=days, **settings, **{f"world.mechanisms.{mechanism}": on}))


# -- waiting for a psychiatrist ----------------------------------------------------------------------------


@given(st.floats(0.01, 0.99), st.floats(0.0, 50.0), st.floats(0.1, 50.0))
def test_each_week_of_waiting_costs_attendance(chance, weeks, more):
    after = psychiatry.comes_after(Psychiatry(), chance, weeks)
    assert psychiatry.comes_after(Psychiatry(), chance, weeks + more) < after <= chance + 1e-12


@either_way
def test_nobody_waits_for_two_appointments_at_once_and_some_waits_end_without_one(on):
    # nobody leaves the service, and so the list
    crowded = {"psychiatry.outside_share": 1.2, "psychiatry.wait_log": 0.3, "relationship.disengage_rate": 0.0}
    waits = run_with("waiting_costs_attendance", on, days=400, **crowded).waits
    waits = np.sort(waits[waits["for"] == WaitFor.PSYCHIATRIST], order=["client", "since"])
    again = waits["client"][1:] == waits["client"][:-1]
    overlapping = again & (waits["since"][1:] // DAY < waits["minute"][:-1] // DAY)
    assert overlapping.any() != on
    assert (waits["outcome"] == WaitOutcome.GAVE_UP).any() == on


# -- stopping before a relapse -----------------------------------------------------------------------------


@given(LEVEL, LEVEL, LEVEL)
def test_less_insight_stops_medication_sooner_and_takes_it_up_later(insight, other, alliance):
    p, (low, high) = Medication(), sorted((insight, other))
    for prodromal in (0.0, 1.0):
        assert medication.waned_logs(p, low, prodromal) >= medication.waned_logs(p, high, prodromal)
    assert medication.waned_logs(p, low, 1.0) > medication.waned_logs(p, low, 0.0)
    assert medication.resumes_chance(p, low, alliance) <= medication.resumes_chance(p, high, alliance)


def test_many_who_relapse_take_no_medication_by_then():
    shares = {}
    for on in (True, False):
        run = run_with("stopping_precedes_relapse", on, days=500)
        factor = run.transitions["factor medication"][run.transitions["to"] == Phase.ACUTE]
        shares[on] = (-np.log(factor) / run.community.world.illness.medication_log < 0.07).mean()
    assert shares[True] > 0.1 + shares[False]


def test_no_prodrome_is_shorter_than_its_least():
    run = run_with("stopping_precedes_relapse", True, days=300)
    rows = {to: run.transitions[run.transitions["to"] == to] for to in Phase}
    began = {(row["client"], row["episode"]): row["minute"] for row in rows[Phase.PRODROMAL]}
    lengths = [
        row["minute"] - began[row["client"], row["episode"]]
        for row in (*rows[Phase.STABLE], *rows[Phase.ACUTE])
        if row["from"] == Phase.PRODROMAL and (row["client"], row["episode"]) in began
    ]
    assert min(lengths) >= run.community.world.illness.least_prodrome_days * DAY - 1


# -- families ----------------------------------------------------------------------------------------------


def at_home(run):
    """Return the rows of clients who live with their family."""
    return np.flatnonzero((run.people.has_family > 0.0) & (run.people.family_contact > 0.5))


@either_way
def test_a_critical_family_weighs_less_as_time_goes_by(on):
    run = run_with("family_adapts", on, days=30)
    c, people, rows, logs = run.community, run.people, at_home(run), []
    people.expressed[rows], people.warmth[rows] = 0.8, 0.1
    for since in (0, 3650):
        people.last_episode_end[rows] = c.today - since
        refresh_needs(c, rows)
        logs.append(people.onset_log[rows].copy())
    assert (logs[0] > logs[1] + 0.1).all() if on else (logs[0] == logs[1]).all()


@either_way
def test_what_workers_do_is_work_that_the_family_does_not_have(on):
    run = run_with("family_adapts", on, days=30)
    c, people, rows, burden = run.community, run.people, at_home(run), []
    people.capability[rows] = 0.4  # everybody needs something
    before = people.records.copy()
    for minutes in (0.0, 200.0):
        people.records[:] = before
        people.support_minutes[rows] = minutes
        refresh_needs(c, rows)
        families(c)
        burden.append(people.burden[rows].copy())
    assert (burden[1] < burden[0]).mean() > 0.9 if on else (burden[1] == burden[0]).all()


# -- trust -------------------------------------------------------------------------------------------------


@given(LEVEL, LEVEL)
def test_more_insight_makes_for_more_alliance_and_being_unwell_for_less(insight, other):
    p, (low, high) = Relationship(), sorted((insight, other))
    assert therapeutic_relationship.first_alliance(p, low) <= therapeutic_relationship.first_alliance(p, high)
    shift = therapeutic_relationship.insight_shift
    assert shift(p, low, 1.0) < shift(p, low, 0.0) <= shift(p, high, 0.0)


@either_way
def test_dyads_with_insight_reach_more(on):
    run = run_with("alliance_rests_on_insight", on, days=30)
    c, people, reached = run.community, run.people, []
    for insight in (0.2, 0.8):
        people.insight[:] = insight
        working_alliance.begin(c)
        reached.append(people.alliance_ceiling[run.known].copy())
    assert (reached[1] > reached[0]).mean() > 0.9 if on else (reached[1] == reached[0]).all()
