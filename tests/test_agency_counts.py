"""Outcomes as an agency counts them: who is lost to the service is not in them."""

from __future__ import annotations

import numpy as np
import pytest

import cmsim
from cmsim.outcomes.agency_counts import lost_spells, with_service, within_spells
from cmsim.outcomes.analysis_window import Spells
from support import small_scenario


@pytest.fixture(scope="module")
def run():
    return cmsim.simulate(small_scenario(clients=60, days=400))


def test_whoever_is_with_the_service_is_counted_once_each_day(run):
    daily = run.daily
    assert daily["lost"].max() > 0
    _, ends = with_service(run.window, daily["day"].to_numpy() + 1.0)
    counted = np.bincount(ends.astype(int) - 1, minlength=len(daily))
    assert counted.tolist() == (daily["open"] + daily["waiting"]).tolist()


def test_contacts_are_those_of_years_with_the_service(run):
    daily, outcomes = run.daily, run.outcomes()
    years = (daily["open"] + daily["waiting"]).sum() / 365
    contacts = run.contacts
    held = ((contacts["with"] == "client") & (contacts["outcome"] == "held")).sum()
    assert len(lost_spells(run.window).client)
    assert outcomes["served_contacts"] == pytest.approx(held / years, rel=0.02)
    assert outcomes["served_contacts"] > outcomes["client_contacts"]
    assert 0.0 < outcomes["out_of_contact_30"] < outcomes["unseen_30"]


def test_days_lie_within_spells_of_the_same_client_only():
    spells = Spells(np.array([2, 1, 1]), np.array([5.0, 30.0, 10.0]), np.array([np.inf, 40.0, 20.0]))
    client, day = np.array([1, 1, 1, 1, 2, 2, 0]), np.array([9.9, 10.0, 20.0, 35.0, 4.0, 99.0, 12.0])
    assert within_spells(spells, client, day).tolist() == [False, True, False, True, False, True, False]
