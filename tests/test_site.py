"""The site of the documents: whole, built as it stands, and without anything from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
MADE = {"contributing.md", "changelog.md", "reference/keys.md", "reference/outcomes.md", "reference/commands.md"}
TUTORIALS = sorted((DOCS / "tutorials").glob("*.ipynb"))


def test_every_page_of_the_menu_exists_and_every_page_is_in_the_menu():
    named = set(re.findall(r"^ +- (?:[^:\n]+: )?([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), flags=re.MULTILINE))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    tutorials = {path.relative_to(DOCS).with_suffix(".md").as_posix() for path in TUTORIALS}
    assert len(tutorials) == 3
    assert named - MADE - tutorials <= pages
    assert {page for page in pages - named if not page.startswith(("decisions/0", "data/"))} == set()


def test_the_page_of_python_has_every_public_name():
    import cmsim

    told = (DOCS / "reference" / "python.md").read_text()
    for name in cmsim.__all__:
        assert re.search(rf"(:::.*\.|cmsim\.){name}\b", told) or name == "__version__", name


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_asks_for_nothing_from_elsewhere(tmp_path):
    pytest.importorskip("mkdocstrings", reason='pip install -e ".[docs]" brings it')
    pytest.importorskip("nbconvert", reason='pip install -e ".[docs]" brings it')
    words = ["-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) > 60
    for page in pages:
        asked = re.findall(r"<(?:script|img|link|iframe)\b[^>]*(?:src|href)=[\"']?https?://[^\"' >]*", page.read_text())
        assert asked == [], page
    assert "compare" in (tmp_path / "reference" / "python.html").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_runs(path):
    pytest.importorskip("nbclient", reason='pip install -e ".[docs]" brings it')
    pytest.importorskip("ipykernel", reason='pip install -e ".[docs]" brings it')
    from notebooks import run

    kept = path.read_text()
    assert len(kept) < 400_000
    assert "image/png" in kept or "text/html" in kept
    cells = [cell for cell in run(path).cells if cell.cell_type == "code"]
    assert all(output["output_type"] != "error" for cell in cells for output in cell["outputs"])
