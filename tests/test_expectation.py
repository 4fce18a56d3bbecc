"""Expectations beside help: what is borne teaches slowly, what is not strains at once; missed when switched off."""

from __future__ import annotations

import numpy as np
import pytest

from support import small_run

PARTS = {"living_skills": 1.2, "planning": 1.0, "linkage": 0.8}


def town(on, push, days=120, **world):
    """A town in which workers ask ``push`` times as much of people in the time of a visit as they usually do."""
    asks = {f"practice.{part}": {"visit": push * weight} for part, weight in PARTS.items()}
    much = {"titration": {"rule": "fixed", "level": 1.0}, "contact.most_visits": 8.0, "staff.case_managers": 12}
    return small_run(both=much | asks, days=days, **{"mechanisms.demands": on, **world})


@pytest.fixture(scope="module")
def towns():
    """Towns with and without the mechanism, in which little and much is asked."""
    return {(on, push): town(on, push) for on in (False, True) for push in (0.0, 6.0)}


def by_symptoms(run, column):
    """The mean of a state in the halves of those who stay with few and with many symptoms."""
    people = run.people
    well = np.flatnonzero(people.phase[:60] == 0)
    few, many = np.array_split(well[np.argsort(people.symptoms[well], kind="stable")], 2)
    values = getattr(people, column)
    return np.array([values[few].mean(), values[many].mean()])


def test_without_the_mechanism_it_is_all_one_whether_much_or_little_is_asked(towns):
    asked = {push: by_symptoms(towns[False, push], "asked").mean() for push in (0.0, 6.0)}
    assert asked[6.0] > 3.0 * asked[0.0]
    strain = [by_symptoms(towns[on, 6.0], "stress_pull") - by_symptoms(towns[on, 0.0], "stress_pull") for on in (0, 1)]
    assert strain[1][1] > 0.02 > abs(strain[0][1])


def test_much_that_is_asked_strains_people_with_symptoms_and_is_practised_by_those_without(towns):
    little, much = towns[True, 0.0], towns[True, 6.0]
    strain = by_symptoms(much, "stress_pull") - by_symptoms(little, "stress_pull")
    practised = by_symptoms(much, "practised") - by_symptoms(little, "practised")
    assert strain[1] > strain[0]
    assert practised[0] > practised[1]


def test_a_minute_that_asks_is_not_a_minute_that_helps(towns):
    helped = {on: by_symptoms(towns[on, 6.0], "support_minutes").mean() for on in (False, True)}
    assert helped[True] < 0.8 * helped[False]


def test_what_is_taught_beyond_what_is_borne_is_not_learnt():
    keen = {"growth.teach_minutes": 40.0, "growth.rate": 0.0, "growth.tries_rate": 0.0, "expectation.teaches": 1.0}
    bears, cannot = (town(True, 6.0, **keen, **{"expectation.borne": borne}) for borne in (1.3, 0.7))
    assert by_symptoms(bears, "capability_mean").mean() > by_symptoms(cannot, "capability_mean").mean()


def test_medication_is_a_buffer():
    people = {
        taken: town(True, 6.0, days=60, **{"medication.log_odds": odds}).people
        for taken, odds in (("most", 1.6), ("few", -1.0))
    }
    pressed = {taken: np.maximum(each.demand - each.bearable, 0.0)[:60].mean() for taken, each in people.items()}
    assert pressed["few"] > pressed["most"] > 0.0
