"""Runs are as recorded: to the last bit on machines of the recorded kind, in their outcomes on any machine."""

from __future__ import annotations

import json

import pytest

import regression

RECORDED = json.loads(regression.RECORDED.read_text())


@pytest.mark.parametrize("system", regression.SYSTEMS)
def test_a_run_is_as_recorded(system):
    digest, outcomes = regression.measure(system)
    wrong = list(regression.differences(system, digest, outcomes, RECORDED))
    assert not wrong, "results changed; if that is meant: python tests/regression.py --renew, and CHANGELOG.md"


def test_every_system_is_recorded():
    assert all(set(digests) == set(regression.SYSTEMS) for digests in RECORDED["digests"].values())
    assert set(RECORDED["outcomes"]) == set(regression.TABLED)
    assert all(len(table) >= 60 for table in RECORDED["outcomes"].values())


def test_a_changed_outcome_or_digest_is_found():
    system = regression.TABLED[0]
    table = RECORDED["outcomes"][system]
    name, value = next(iter(table.items()))
    here = {**RECORDED, "digests": {regression.machine(): {system: "another"}}}
    assert list(regression.differences(system, "another", table, here)) == []
    assert len(list(regression.differences(system, "one", {**table, name: value * 1.001}, here))) == 2
