"""Every experiment runs from end to end at smoke size."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

pytestmark = pytest.mark.slow

EXPERIMENTS = sorted((Path(__file__).parents[1] / "experiments").glob("*.py"))
SMALL = ["1", "10", "16"]


@pytest.mark.parametrize("script", EXPERIMENTS, ids=lambda path: path.stem)
def test_an_experiment_runs(script, tmp_path, monkeypatch):
    # in this process: starting one takes as long as the runs
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(script.parent)
    monkeypatch.setattr(sys, "argv", [str(script), *SMALL])
    with plt.rc_context():
        runpy.run_path(str(script), run_name="__main__")
    plt.close("all")
    assert list((tmp_path / "results").glob("*/manifest.json"))
    assert (tmp_path / "results" / f"{script.stem}.md").stat().st_size > 0
    code = script.read_text().split('"""', 2)[2]
    assert len([line for line in code.splitlines() if line.strip()]) < 60


def test_an_experiment_is_started_from_any_folder(tmp_path):
    script = next(path for path in EXPERIMENTS if path.stem == "conversion")
    done = subprocess.run(
        [sys.executable, script, *SMALL],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "results" / "conversion.md").stat().st_size > 0
