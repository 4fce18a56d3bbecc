"""What goes out as a release: one version, one description of it everywhere, and pages for who has only the package."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import yaml

from cmsim.core.version import PACKAGE
from cmsim.scenario.library import pages

ROOT = Path(__file__).parents[1]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())


def test_the_changelog_begins_with_the_version_of_the_package():
    (newest, day), *_ = re.findall(r"^## \[(.+)\] - (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert newest == CITATION["version"]
    assert day == str(CITATION["date-released"])


def test_zenodo_is_told_what_the_citation_says():
    told = json.loads((ROOT / ".zenodo.json").read_text())
    assert told["title"] == CITATION["title"]
    assert told["description"] == CITATION["abstract"]
    assert told["creators"] == CITATION["authors"]
    assert told["license"] == CITATION["license"]
    assert told["keywords"] == CITATION["keywords"]
    assert told["upload_type"] == CITATION["type"]


def test_a_tag_builds_and_tries_both_distributions():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
    (job,) = workflow["jobs"].values()
    steps = {each.get("name"): each.get("run", "") for each in job["steps"]}
    assert workflow[True] == {"push": {"tags": ["v*"]}}  # YAML reads on as true
    assert "python -m build" in steps["build"]
    assert "-c constraints.txt" in steps["try both where nothing else is installed"]
    assert "dist/*" in steps["keep"]


def test_the_image_has_what_it_copies_and_runs_as_nobody_special():
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", "").splitlines()
    steps = [shlex.split(line) for line in lines if line and not line.startswith("#")]
    copied = [word for first, *words in steps if first == "COPY" and "--from=build" not in words for word in words[:-1]]
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) == kept
    assert all((ROOT / name).exists() for name in copied)
    assert ["USER", "planner"] in steps
    assert ["EXPOSE", "8080"] in steps
    bases = {step[1] for step in steps if step[0] == "FROM"}
    assert bases == {"python:3.13-slim"}
    assert any("-c constraints.txt" in line for line in lines)


def test_every_page_that_the_package_names_is_there(command):
    for file in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.toml"), *PACKAGE.rglob("*.jinja")]:
        text = file.read_text(encoding="utf-8")
        for name in re.findall(r"cmsim docs ([\w-]+)", text):
            assert name in pages(), f"{file}: {name}"
    status, out, _ = command("docs")
    assert status == 0
    assert re.search(r"^glossary +Glossary$", out, re.M)
    assert command("docs", "docs/calibration.md")[1].startswith("# What was fitted")
    status, _, error = command("docs", "calibratio")
    assert status == 2
    assert 'did you mean "calibration"?' in error
