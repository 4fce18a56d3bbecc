"""The house in order: style, types, the direction of imports, and what the documents promise."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import cmsim

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCUMENTS = [README, *sorted((ROOT / "docs").rglob("*.md"))]


def passes(module, *words):
    """Run an installed tool on the repository; what it found is the message of the failure."""
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed; pip install -e '.[test]' brings it")
    if not (ROOT / "pyproject.toml").exists():
        pytest.skip("only in a checkout: there is no pyproject.toml beside the tests")
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_ruff_finds_nothing():
    passes("ruff", "-m", "ruff", "check", ".")


def test_ruff_would_format_nothing():
    passes("ruff", "-m", "ruff", "format", "--check", ".")


def test_types_hold():
    passes("mypy", "-m", "mypy")


def test_imports_point_one_way():
    passes("importlinter", "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")


def blocks(path, language):
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(), flags=re.MULTILINE | re.DOTALL)


def test_compiled_loops_make_no_records_of_their_own():
    """Numba clears an array away once it is read for the last time, also while a record of it is in use."""
    made = []
    for file in sorted((ROOT / "cmsim").rglob("*.py")):
        for function in ast.walk(ast.parse(file.read_text())):
            compiled = isinstance(function, ast.FunctionDef) and any(
                isinstance(each, ast.Name) and each.id == "kernel" for each in function.decorator_list
            )
            for call in ast.walk(function) if compiled else ():
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and len(call.args) > 1:
                    of = call.args[1]
                    if call.func.attr in ("zeros", "empty", "ones") and isinstance(of, ast.Name):
                        made.append(f"{file.name}: {function.name} makes an array of {of.id}")
    assert not made


def test_public_names_exist():
    for name in cmsim.__all__:
        assert getattr(cmsim, name) is not None


def test_the_readme_names_only_public_names():
    code = "".join(blocks(README, "python"))
    assert set(re.findall(r"\bcmsim\.(\w+)", code)) <= set(cmsim.__all__)


def test_the_readme_s_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = "".join(blocks(README, "python"))
    assert 'load_scenario("usual_care")' in code
    small = {"world.population.clients": 40, "world.warm_up_days": 20, "run.days": 40}
    code = code.replace('load_scenario("usual_care")', f'load_scenario("usual_care").replace({small})')
    exec(compile(re.sub(r"replications=\d+", "replications=2", code), str(README), "exec"), {})


def test_commands_in_the_documents_exist():
    from cmsim.cli import app
    from cmsim.scenario.library import bundled_names

    known = {(each.name or each.callback.__name__) for each in app.registered_commands}
    known |= {group.name for group in app.registered_groups}
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


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
        assert (path.parent / target).exists(), f"{path.name} links to {target}, which is not there"


def test_the_model_page_names_what_has_no_effect_yet():
    from cmsim.components import WITHOUT_EFFECT

    for text in (README.read_text(), (ROOT / "docs" / "model.md").read_text()):
        assert all(name in text for name in WITHOUT_EFFECT)


def test_the_generated_tables_follow_the_code():
    done = subprocess.run([sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
