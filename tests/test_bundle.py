"""Bundles: results that another machine has again by one command, without what was there when they were made."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import cmsim
from cmsim.core.errors import CmsimError
from cmsim.experiments.study.run_key import model_version
from cmsim.reporting.result_bundle import bundle
from cmsim.reporting.saved_results import read_saved

pytestmark = pytest.mark.system

SIZE = ["--set", "world.population.clients=15", "--set", "world.warm_up_days=20", "--days", "20", "--workers", "1"]
RULE = """
import numpy as np
from cmsim.core.parameters import Section

class Steady(Section):
    rule: str = "steady_rules:Steady"

    def next_dose(self, clients):
        return np.full_like(clients.dose, 0.5)
"""


def repeat(folder):
    """Repeat a bundle as its README says, in a process that starts elsewhere; returns status and what it said."""
    words = [sys.executable, folder / "repeat.py"]
    done = subprocess.run(words, cwd=folder.parent.parent, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A bundle of a comparison with a scenario and a rule of one's own, elsewhere, after all else was deleted."""
    home = tmp_path_factory.mktemp("home")
    (home / "steady_rules.py").write_text(RULE)
    (home / "steady.toml").write_text('based_on = "usual_care"\n[service.titration]\nrule = "steady_rules:Steady"\n')
    command = [sys.executable, "-c", "import sys; sys.path.insert(0, '.'); from cmsim.cli import main; main()"]
    for words in (
        ["compare", "usual_care", "steady.toml", "--replications", "2", *SIZE, "--out", "res"],
        ["bundle", "res", "--author", "Ada Example"],
    ):
        subprocess.run([*command, *words], cwd=home, check=True, capture_output=True)
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "passed on"
    shutil.move(home / "res-bundle", elsewhere)
    shutil.rmtree(home)
    return elsewhere


def test_a_comparison_is_had_again_elsewhere_by_one_command(made):
    status, said = repeat(made)
    assert status == 0, said
    digest = read_saved(made / "results").digest
    assert f"digest {digest}" in said
    assert read_saved(made / "results-rerun").digest == digest
    for name in read_saved(made / "results").tables:
        assert (made / "results" / name).read_bytes() == (made / "results-rerun" / name).read_bytes()


def test_a_bundle_says_what_it_is_and_how_to_cite_it(made):
    words = (made / "README.md").read_text()
    assert "never advice about a real person" in words
    assert "cmsim compare usual_care steady.toml --replications 2" in words
    for name in re.findall(r"^- `([^`]+)`", words, re.M):
        assert (made / name).exists(), name
    assert f"version: {cmsim.__version__}" in (made / "CITATION.cff").read_text()
    assert json.loads((made / ".zenodo.json").read_text())["creators"] == [{"name": "Ada Example"}]
    pins = (made / "requirements.txt").read_text()
    assert f"cmsim=={cmsim.__version__}\n" in pins
    assert f"numpy=={model_version()['numpy']}\n" in pins
    assert "://" not in pins
    # each scenario is whole
    for scenario in read_saved(made / "results").scenarios:
        text = (made / "scenarios" / f"{scenario.name}.toml").read_text()
        assert "based_on" not in text
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
    assert {"cmsim/__main__.py", "cmsim/bundled/usual_care.toml", "cmsim/documents/glossary.md"} <= names


def test_a_changed_number_is_told(made, tmp_path):
    copy = shutil.copytree(made, tmp_path / "deep" / "copy", ignore=shutil.ignore_patterns("*-rerun*"))
    table = copy / "results" / "outcomes.csv"
    kept = table.read_text()
    table.write_text(re.sub(r"\d(?=\n)", lambda digit: str((int(digit[0]) + 1) % 10), kept, count=1))
    assert table.read_text() != kept
    status, said = repeat(copy)
    assert status == 1
    assert "outcomes.csv is not as written" in said
    table.write_text(kept)
    with (copy / "results" / "inputs" / "steady.toml").open("a") as scenario:
        scenario.write("[world.illness]\nonset_rate = 3.0\n")
    status, said = repeat(copy)
    assert status == 1
    assert "inputs/steady.toml is not as written" in said
    assert "Not the same again: " in said
    assert "Scenario steady is not as it was then." in said


def test_a_study_is_had_again_elsewhere(tmp_path):
    study = {
        "scenarios": ["usual_care"],
        "settings": {"world.population.clients": 15, "world.warm_up_days": 20, "run.days": 20},
        "replications": 2,
    }
    cmsim.sweep(study, tmp_path / "study", workers=1)
    folder = bundle(tmp_path / "study", tmp_path / "deep" / "bundle")
    shutil.rmtree(tmp_path / "study")
    status, said = repeat(folder)
    assert status == 0, said
    assert "All 2 runs are the same" in said


def test_results_that_cannot_be_repeated_are_not_bundled(command, tmp_path):
    assert command("run", "usual_care", "--replications", "1", *SIZE, "--out", "res")[0] == 0
    (tmp_path / "there").mkdir()
    with pytest.raises(CmsimError, match=r"given .*there, which exists; allowed: a new folder"):
        bundle("res", "there")
    manifest = Path("res/manifest.json")
    kept = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(kept | {"model": {**kept["model"], "numpy": "1.0"}}))
    with pytest.raises(CmsimError, match=r"Another version of numpy: 1.0 then, .* now; install what made it, or make"):
        bundle("res")
    manifest.write_text(json.dumps(kept))
    Path("res/weeks.csv").write_text("")
    status, _, error = command("bundle", "res")
    assert status == 2
    assert error.startswith("cmsim: In res, weeks.csv is not as written; make the results again, with cmsim rerun res")
    assert not Path("res-bundle").exists()


@pytest.mark.parametrize("author", ["", "  "])
def test_an_author_without_a_name_is_refused_in_one_sentence(author, command):
    status, _, error = command("bundle", "res", "--author", author)
    assert status == 2
    assert error == (
        'cmsim: --author: given ""; allowed: a name, or no --author, which cites the results as anonymous\n'
    )
