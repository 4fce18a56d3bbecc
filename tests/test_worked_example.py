"""The examples of docs/extensions.md work as they stand there: two short ones, and a titration rule in ten minutes."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cmsim
from cmsim.cli import app

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "extensions.md"
SMALL = 'based_on = "usual_care"\nrun.days = 28\nworld = {warm_up_days = 14, population.clients = 24}\n'
"""What stands in place of usual care, so that an example takes seconds."""


def blocks_of(heading):
    """Return the blocks of a chapter of the page: language, file name or nothing, and text."""
    (chapter,) = re.findall(rf"^## {heading}\n(.*?)(?=^## )", GUIDE.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^```(\w+)\n(?:# (\S+)\n)?(.*?)^```", chapter, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Return the folder that holds the files of the example, where Python finds modules."""
    blocks = [(name, text) for _, name, text in blocks_of("A titration rule in ten minutes") if name]
    for name, text in blocks:
        (tmp_path / name).write_text(text)
    assert [name for name, _ in blocks] == ["my_rules.py", "test_my_rules.py", "tapering.toml"]
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_rule_passes_its_own_test(files, monkeypatch):
    found = importlib.util.spec_from_file_location("test_my_rules", files / "test_my_rules.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    (test,) = (value for name, value in vars(module).items() if name.startswith("test_"))
    test()
    monkeypatch.setattr(module.Tapering, "next_dose", lambda self, clients: clients.dose)
    with pytest.raises(AssertionError):
        test()


def test_the_scenario_uses_the_rule_with_its_numbers(files):
    done = CliRunner().invoke(app, ["check", "tapering.toml"])
    assert done.exit_code == 0
    assert "my_rules:Tapering" in done.output
    tapering = cmsim.load_scenario(files / "tapering.toml")
    assert tapering.service.titration.share == 0.05
    small = {"world.population.clients": 30, "world.warm_up_days": 30, "run.days": 90}
    usual, found = (cmsim.simulate(each.replace(small)) for each in (cmsim.load_scenario("usual_care"), tapering))
    doses = [run.arrays("weekly")["dose"][-1] for run in (usual, found)]
    assert doses[1] < doses[0]


@pytest.mark.parametrize(
    ("heading", "files", "shown"),
    [
        ("A rule of your own", ["visits_first.py", "visits_first.toml"], "visits_first:VisitsFirst"),
        (
            "An outcome of your own",
            ["my_outcomes.py", "counted.toml", "large_caseload.toml"],
            "Clients without a visit",
        ),
    ],
    ids=["rule", "outcome"],
)
def test_a_short_example_runs_as_written(heading, files, shown, tmp_path):
    blocks = blocks_of(heading)
    assert [name for _, name, _ in blocks if name] == files
    (commands,) = (text for language, _, text in blocks if language == "sh")
    (script,) = (text for language, name, text in blocks if language == "python" and not name)
    (tmp_path / "small.toml").write_text(SMALL)
    for name, text in [*((name, text) for _, name, text in blocks if name), ("script.py", script)]:
        text = text.replace('"usual_care"', '"small.toml"').replace("replications=5", "replications=2, workers=1")
        (tmp_path / name).write_text(text)
    export, command, *_ = commands.splitlines()
    assert export == "export PYTHONPATH=."
    less = {"5": "2", "360": "28"}
    words = [less.get(word, word) for word in shlex.split(command)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((".", str(ROOT)))}
    printed = []
    for call in (["script.py"], ["-m", *words]):
        call = [sys.executable, *call]
        done = subprocess.run(call, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{call}: {done.stdout}{done.stderr}"
        printed.append(done.stdout)
    assert "verdict" in printed[0]
    assert shown in printed[1]
