"""Tools from outside drive cmsim by its plain function; each example runs at smoke size."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"


def printed(script, *words):
    done = subprocess.run([sys.executable, EXAMPLES / script, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(line.split(": ") for line in done.stdout.splitlines())


def test_salib_drives_cmsim():
    pytest.importorskip("SALib", reason="pip install 'cmsim[sensitivity]' brings it")
    found = printed("with_salib.py", "2", "300")
    assert len(found) == 3
    # where workers have no time left over, it matters how seldom they plan to see who hardly needs support
    assert float(found["service.contact.least_visits"]) > 0.05


def test_optuna_drives_cmsim():
    pytest.importorskip("optuna", reason="pip install 'cmsim[optimisation]' brings it")
    found = printed("with_optuna.py", "3", "20")
    assert 2 <= int(found["case managers"]) <= 10
    assert 10 <= int(found["caseload"]) <= 40


def test_ema_workbench_drives_cmsim():
    pytest.importorskip("ema_workbench", reason="pip install 'cmsim[inference]' brings it")
    found = printed("with_ema.py", "2", "40")
    # half the posts leave more clients unseen in the worst future
    assert float(found["50% of the posts"]) > float(found["100% of the posts"]) > 0.0


def test_pyabc_drives_cmsim():
    pytest.importorskip("pyabc", reason="pip install 'cmsim[inference]' brings it")
    found = printed("with_pyabc.py", "8", "20")
    assert list(found) == ["generation 0", "generation 1"]
    # what is accepted comes nearer to the rate behind what was observed
    assert abs(float(found["generation 1"]) - 0.8) < abs(float(found["generation 0"]) - 0.8)


def test_sim_tools_drives_cmsim():
    pytest.importorskip("sim_tools", reason="pip install 'cmsim[oracles]' brings it")
    found = printed("with_sim_tools.py", "25", "20")
    assert set(found) == {"client_contacts", "exhaustion"}
    assert all(re.fullmatch(r"\d+ replications", count) for count in found.values())


def test_pm4py_discovers_a_process():
    pytest.importorskip("pm4py", reason="pip install 'cmsim[event-logs]' brings it")
    found = printed("with_pm4py.py", "60", "20")
    assert len(found) == 11
    assert 0.7 < float(found["fitness"]) <= 1.0


def test_vidigi_animates_a_week(tmp_path):
    pytest.importorskip("vidigi", reason="pip install 'cmsim[event-logs]' brings it")
    page = tmp_path / "community.html"
    found = printed("with_vidigi.py", "7", "20", page)
    assert int(found["in the community"]) <= 20 + 5
    assert int(found["visit"]) > 0
    assert "in the community" in page.read_text()
