"""Results and studies with rules from outside keep a hash of their code, and say when it has changed."""

from __future__ import annotations

import sys

import pytest
from typer.testing import CliRunner

import cmsim
from cmsim.cli import app
from cmsim.core import extension
from cmsim.core.errors import CmsimError
from cmsim.experiments.study.study_folder import check_version, read_manifest
from cmsim.reporting.result_repetition import find_differences
from cmsim.reporting.saved_results import read_saved

RULES = """
from cmsim.core.parameters import Section


class Waiting(Section):
    rule: str = "kept_rules:Waiting"

    def urgency(self, queue):
        return queue.overdue
"""
SMALL = """
based_on = "usual_care"
[run]
days = 10
[world]
warm_up_days = 0
population.clients = 20
[service.allocation]
rule = "kept_rules:Waiting"
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return a folder with the rule and a scenario that names it."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    extension.source_hash.cache_clear()
    monkeypatch.delitem(sys.modules, "kept_rules", raising=False)
    (tmp_path / "kept_rules.py").write_text(RULES)
    (tmp_path / "small.toml").write_text(SMALL)
    yield tmp_path
    extension.source_hash.cache_clear()


def change_code(place):
    (place / "kept_rules.py").write_text(RULES.replace("queue.overdue", "-queue.overdue"))
    extension.source_hash.cache_clear()


def test_a_manifest_has_the_code_of_the_rule_and_a_difference_names_it(place):
    for name in ("a", "b"):
        done = CliRunner().invoke(app, ["run", "small.toml", "--out", name])
        assert done.exit_code == 0, done.output
        change_code(place)
    before, now = read_saved(place / "a"), read_saved(place / "b")
    assert before.rules.keys() == {"kept_rules"}
    assert before.rules != now.rules
    now = now.model_copy(update={"checksums": dict.fromkeys(now.checksums, "other")})
    said = "The code of kept_rules, which has rules of its own, is not as it was then."
    assert said in find_differences(before, now)


def test_a_study_is_not_resumed_with_other_code_of_its_rule(place):
    study = {"scenarios": ["small.toml"], "replications": 1}
    cmsim.sweep(study, place / "study", workers=1, progress=False)
    found = read_manifest(place / "study")
    check_version(place / "study", found)
    change_code(place)
    with pytest.raises(CmsimError, match="was made with other code of kept_rules, which has rules of its own"):
        check_version(place / "study", found)
