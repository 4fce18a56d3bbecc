"""A run gives the same rows to the last bit: again, in other processes, and as recorded."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cmsim

SCRIPT = Path(__file__).with_name("digest.py")


@pytest.fixture(scope="module")
def digests():
    found = importlib.util.spec_from_file_location("digest", SCRIPT)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def here(digests):
    return digests.digest()


def test_twice_in_one_process(digests, here):
    assert digests.digest() == here
    assert digests.digest(1) != here


@pytest.mark.parametrize("seed", ["1", "2"])
def test_in_another_process_with_another_hash_seed(here, seed):
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, SCRIPT], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == here


@pytest.mark.parametrize("workers", [1, 2])
def test_on_one_worker_and_on_two(digests, here, workers):
    runs = cmsim.repeat(digests.scenario(), replications=2, n_jobs=workers).runs
    assert [run.digest for run in runs] == [here, digests.digest(1)]


def test_as_recorded(digests, here):
    known = digests.recorded()
    if known is None:
        pytest.skip(f"no digest is recorded for machines like this one ({digests.machine()})")
    assert here == known, "results changed; if that is meant: python tests/digest.py --renew, and CHANGELOG.md"
