"""Courses and conversions: waiting for a psychiatrist, stopping before a relapse, families that adapt, trust."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmsim.core.simtime import DAY
from cmsim.schema.codes import WaitFor, WaitOutcome
from cmsim.submodels import psychiatry
from cmsim.submodels.psychiatry import Psychiatry
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
    crowded = {"psychiatry.outside_share": 1.2, "psychiatry.wait_log": 0.3}
    waits = run_with("waiting_costs_attendance", on, days=400, **crowded).waits
    waits = np.sort(waits[waits["for"] == WaitFor.PSYCHIATRIST], order=["client", "since"])
    again = waits["client"][1:] == waits["client"][:-1]
    overlapping = again & (waits["since"][1:] // DAY < waits["minute"][:-1] // DAY)
    assert overlapping.any() != on
    assert (waits["outcome"] == WaitOutcome.GAVE_UP).any() == on
