"""What the documents promise: names, commands, links, examples."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

import cmsim

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(path, language):
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(), flags=re.MULTILINE | re.DOTALL)


def test_public_names_exist():
    for name in cmsim.__all__:
        assert getattr(cmsim, name) is not None


def test_the_readme_names_only_public_names():
    code = "".join(blocks(README, "python"))
    assert set(re.findall(r"\bcmsim\.(\w+)", code)) <= set(cmsim.__all__)


@pytest.mark.slow
def test_the_readme_s_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = "".join(blocks(README, "python"))
    assert 'load_scenario("usual_care")' in code
    small = {"world.population.clients": 40, "world.warm_up_days": 20, "run.days": 40}
    code = code.replace('load_scenario("usual_care")', f'load_scenario("usual_care").replace({small})')
    names = {}
    exec(compile(re.sub(r"replications=\d+", "replications=2", code), str(README), "exec"), names)
    assert (tmp_path / "results" / "handovers" / "manifest.json").exists()
    assert len(names["numbers"]) > 50


@pytest.mark.slow
def test_the_trial_of_the_documents_runs_with_a_measure_of_one_s_own(tmp_path, monkeypatch):
    from cmsim.validation.trials import load_trial
    from cmsim.validation.trials.study_source import StudySource

    page = ROOT / "docs" / "trials.md"
    whole, sources, target = blocks(page, "toml")
    module, call = blocks(page, "python")
    (tmp_path / "my_measures.py").write_text(module)
    (tmp_path / "own_trial.toml").write_text(whole + target)
    monkeypatch.syspath_prepend(tmp_path)
    base = {"world.population.clients": 80, "world.warm_up_days": 60}
    trial = load_trial(tmp_path / "own_trial.toml").model_copy(update={"base": base, "follow_up_days": 60})
    assert 'load_trial("docs/examples/own_trial.toml")' in call
    call = call.replace('load_trial("docs/examples/own_trial.toml")', "trial, replications=2, workers=1")
    names = {"trial": trial}
    exec(compile(call, str(page), "exec"), names)
    result = names["result"]
    assert set(result.table["source"]) == {"Our agency 2026, made up"}
    assert result["with_family"].people[0] > 0
    assert result["visits"].estimate > 0.0
    early = result.persons[result.persons["arm"] == "early"]
    assert early["visits"].sum() > 0.0
    cited = [StudySource.model_validate(each).cited() for each in tomllib.loads(sources)["sources"].values()]
    assert [each.citation for each in cited] == ["Our agency 2026, annual report", "Authors 2025, Journal"]


def test_the_readme_s_test_command_runs_the_default_suite():
    (command,) = re.findall(r"^python3 -m venv .*-m pytest.*$", README.read_text(), flags=re.MULTILINE)
    assert command.endswith("-m pytest")


def test_commands_in_the_documents_exist():
    from cmsim.cli.command_table import COMMANDS as known
    from cmsim.scenario.library import bundled_names

    found = []
    for path in DOCUMENTS:
        for line in "".join(blocks(path, "(?:sh|bash)")).splitlines():
            for part in line.split("#")[0].split("&&"):
                words = shlex.split(part)
                if words and words[0].rsplit("/", 1)[-1] == "cmsim" and len(words) > 1:
                    found.append(words[1])
                    assert words[1] in known or words[1].startswith("-"), f"{path.name}: {line}"
    assert "compare" in found
    assert "usual_care" in bundled_names()


def test_sessions_in_the_documents_exist():
    sessions = set(re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text(), flags=re.MULTILINE))
    named = [
        name
        for path in [*DOCUMENTS, ROOT / ".github" / "pull_request_template.md"]
        for words in re.findall(r"nox (?:--no-venv )?-s ([a-z ]+)", path.read_text())
        for name in words.split()
    ]
    assert named
    assert set(named) - {"all"} <= sessions


def test_the_source_distribution_holds_what_the_documents_link_to():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["sdist"]
    for path in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
            top = (path.parent / target).resolve().relative_to(ROOT).parts[0]
            assert top in build["include"], f"{path.name} links to {target}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
        assert (path.parent / target).exists(), f"{path.name} links to {target}, which is not there"
