"""The example of CONTRIBUTING.md, a titration rule in ten minutes, works as it stands there."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cmsim
from cmsim.cli import app

GUIDE = Path(__file__).parents[1] / "CONTRIBUTING.md"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Return the folder that holds the files of the example, where Python finds modules."""
    blocks = re.findall(r"^```(?:python|toml)\n# (\S+)\n(.*?)^```", GUIDE.read_text(), flags=re.MULTILINE | re.DOTALL)
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
