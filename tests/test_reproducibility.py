"""A run gives the same rows to the last bit: again, in other processes, on any number of workers."""

from __future__ import annotations

import os
import subprocess
import sys

import pandas as pd
import pytest

import cmsim
import regression

SYSTEM = "warm handovers"


@pytest.fixture(scope="module")
def here():
    return regression.run_system(SYSTEM).digest()


def test_twice_in_one_process(here):
    assert regression.run_system(SYSTEM).digest() == here
    assert cmsim.simulate(regression.scenario(SYSTEM), replication=1).digest() != here


@pytest.mark.system
def test_in_another_process_with_another_hash_seed(here):
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    command = [sys.executable, regression.__file__, SYSTEM]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == here


@pytest.mark.system
def test_on_one_worker_and_on_two(here):
    scenario = regression.scenario(SYSTEM)
    one, two = (cmsim.repeat(scenario, replications=2, workers=workers) for workers in (1, 2))
    digests = [here, cmsim.simulate(scenario, 1).digest()]
    assert [run.digest for run in one.runs] == [run.digest for run in two.runs] == digests
    pd.testing.assert_frame_equal(one.table, two.table)
