"""Every experiment runs from end to end at smoke size."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXPERIMENTS = sorted((Path(__file__).parents[1] / "experiments").glob("*.py"))


@pytest.mark.parametrize("script", EXPERIMENTS, ids=lambda path: path.stem)
def test_an_experiment_runs(script, tmp_path):
    done = subprocess.run(
        [sys.executable, script, "1", "30", "30"],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "results").glob("*/manifest.json"))
    code = script.read_text().split('"""', 2)[2]
    assert len([line for line in code.splitlines() if line.strip()]) < 60
