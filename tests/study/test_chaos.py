"""A sweep that is disturbed at random moments; ``python tools/chaos.py`` does it for as long as it is told."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.system, pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to find workers in")]


@pytest.fixture
def tool():
    """The module tools/chaos.py."""
    path = Path(__file__).parents[2] / "tools" / "chaos.py"
    spec = importlib.util.spec_from_file_location("chaos", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_is_lost_and_nothing_false_is_merged(tmp_path, tool):
    totals = tool.chaos(0.0, 2, tmp_path, replications=5)
    assert sum(totals[name] for name in tool.DISTURBANCES) >= 1
    wrong = ("acknowledged lost", "false rows merged", "rows missing", "wrong ends of a driver")
    assert {name: totals[name] for name in wrong} == dict.fromkeys(wrong, 0), (tmp_path / "errors.txt").read_text()
