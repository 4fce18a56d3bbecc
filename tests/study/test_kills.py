"""Driver and workers killed at random moments; ``python tests/study/kills.py 20`` does it twenty times."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import kills

pytestmark = pytest.mark.system


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc to find workers in")
def test_kills_lose_nothing_and_change_nothing(tmp_path):
    tally = kills.trial(2, seed=5, replications=5, place=tmp_path)
    assert tally["drivers"] + tally["workers"] >= 1
    assert tally["runs"] == 2 * 2 * 2 * 5
