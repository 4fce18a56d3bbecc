"""An extension from outside: one of each thing that can be added, and a kind of agent, by a package of its own."""

from __future__ import annotations

import importlib
import json
import math
import pickle
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import cmsim
from cmsim.app.session.session_file import read_scenario
from cmsim.cli import app
from cmsim.components import ALL, BY_KEY, COMPONENTS
from cmsim.core import extension, random_streams
from cmsim.core.errors import CmsimError, ScenarioError
from cmsim.core.extension import Extension, installed_extensions, load_extension, source_hash
from cmsim.experiments.study.run_key import settings_digest
from cmsim.model.community import Community
from cmsim.outcomes import OUTCOMES, registry
from cmsim.reporting.parameter_table import find_parameters
from cmsim.scenario import extended_sections
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.scenario.setting_details import about
from cmsim.validation.trials import run_trial
from cmsim.validation.trials.trial_design import Trial
from cmsim.validation.trials.trial_measures import MEASURES

PACKAGE = Path(__file__).parent / "extension_package"
SMALL = """
based_on = "usual_care"
extensions = ["peer_support"]
[run]
days = 20
[world]
warm_up_days = 7
population.clients = 24
"""
NAMES = ", ".join(f'"{name}"' for name in (*COMPONENTS, "self disclosure"))
PEERS = f"""
based_on = "with_peers.toml"
[service]
peers.supporters = 6
titration = {{rule = "peer_support.steady:Steady", dose = 0.5}}
practice.components = [{NAMES}]
"""
"""Two scenarios: one in which peers are there, and one with more of them, and of everything else that is added."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The package, installed as pip would do it: on the path, with its entry point; away again afterwards."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    site = tmp_path_factory.mktemp("site")
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    points = project["entry-points"][extension.GROUP].items()
    lines = (f"{name} = {value}\n" for name, value in points)
    (info / "entry_points.txt").write_text(f"[{extension.GROUP}]\n" + "".join(lines))
    (info / "top_level.txt").write_text("peer_support\n")
    kept = (BY_KEY, OUTCOMES, registry._ADDED, MEASURES, random_streams.PURPOSES)
    before = [dict(each) for each in kept]
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PACKAGE)
        patch.syspath_prepend(site)
        importlib.invalidate_caches()
        yield project
    for each, was in zip(kept, before, strict=True):
        each.clear()
        each.update(was)
    extension._LOADED.clear()
    load_extension.cache_clear()
    extended_sections._sections.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "peer_support"]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def folder(installed, tmp_path_factory):
    place = tmp_path_factory.mktemp("scenarios")
    (place / "with_peers.toml").write_text(SMALL)
    (place / "more_peers.toml").write_text(PEERS)
    return place


@pytest.fixture(scope="module")
def more_peers(folder):
    return cmsim.load_scenario(folder / "more_peers.toml")


@pytest.fixture(scope="module")
def run(more_peers):
    return cmsim.simulate(more_peers)


def test_calibrated_values_hold_where_it_is_named(more_peers):
    ensemble = Ensemble(({"world.illness.onset_rate": 1.1},), ({},), {})
    assert ensemble.apply_set(more_peers, 0).world.illness.onset_rate == 1.1


def test_the_package_is_found_by_its_entry_point(installed):
    assert installed_extensions()["peer_support"] == "peer_support"
    loaded = load_extension("peer_support")
    assert loaded.extension.name == "Peer support"
    assert loaded.version == installed["version"]
    assert loaded.code == source_hash("peer_support.steady") != source_hash("cmsim")


def test_a_scenario_states_what_an_extension_adds_and_keeps_it(more_peers, tmp_path):
    assert more_peers.extensions == ("peer_support",)
    assert [part.name for part in more_peers.components] == [*COMPONENTS, "self disclosure"]
    settings = more_peers.flat()
    assert settings["world.peer_support.relief"] == 0.2
    assert settings["world.components.self_disclosure.alliance_gain"] == 0.2
    assert settings["world.competence.self_disclosure"] == 0.2
    assert settings["service.practice.self_disclosure.visit"] == 0.5
    assert (settings["service.peers.supporters"], settings["baseline.peers.supporters"]) == (6, 2)
    (tmp_path / "again.toml").write_text(more_peers.to_toml())
    assert cmsim.load_scenario(tmp_path / "again.toml").digest() == more_peers.digest()
    assert about("world.peer_support.relief", settings).unit == "share"
    assert pickle.loads(pickle.dumps(more_peers)) == more_peers
    assert more_peers.replace({"world.peer_support.relief": 0.1}).flat()["world.peer_support.relief"] == 0.1


def test_no_other_scenario_knows_of_it(more_peers):
    usual = cmsim.load_scenario("usual_care")
    assert usual.extensions == ()
    assert usual.components == ALL
    assert not any("peer_support" in key or "self_disclosure" in key or key == "extensions" for key in usual.flat())
    with pytest.raises(ScenarioError, match="unknown key"):
        usual.replace({"world.peer_support.relief": 0.1})
    with pytest.raises(ScenarioError, match='given "self disclosure"'):
        usual.replace({"service.practice.components": ["self disclosure"]})


def test_component_agents_outcome_and_rule_work_in_a_run(more_peers, run):
    minutes = run.ledger.component_minutes()
    assert minutes.shape[1] == len(COMPONENTS) + 1
    assert minutes[:, -1].sum() > 0.0
    assert run.sheet("contacts").frame["minutes self disclosure"].sum() == pytest.approx(minutes[:, -1].sum())
    assert run.outcomes()["minutes_self_disclosure"] > 0.0
    assert 0.0 < run.outcomes()["stress_at_end"] < 1.0
    # without relief by peers, and without self-disclosure, people fare otherwise
    alone = cmsim.simulate(more_peers.replace({"world.peer_support.relief": 0.0}))
    assert alone.outcomes()["stress_at_end"] > run.outcomes()["stress_at_end"]
    community = Community(more_peers)
    for _ in range(10):
        community.step()
    assert sum(supporter.talks for supporter in community.added_agents["peer supporters"]) > 10
    assert np.isclose(community.people.dose[community.people.worker >= 0], 0.5, atol=0.5).all()


@pytest.fixture(scope="module")
def pair(folder):
    return [str(folder / name) for name in ("with_peers.toml", "more_peers.toml")]


def test_a_comparison_measures_it_and_says_where_it_comes_from(pair, tmp_path, installed):
    options = ["--replications", "2", "--workers", "1", "--out", str(tmp_path / "out")]
    invoked = CliRunner().invoke(app, ["compare", *pair, *options])
    assert invoked.exit_code == 0, invoked.output
    (line,) = json.loads((tmp_path / "out" / "manifest.json").read_text())["extensions"]
    loaded = load_extension("peer_support")
    expected = {"name": "Peer support", "reference": "peer_support", "version": installed["version"]}
    assert line == {**expected, "code": loaded.code}
    table = (tmp_path / "out" / "outcomes.csv").read_text()
    assert "stress_at_end" in table
    assert "minutes_self_disclosure" in table


@pytest.mark.system
def test_it_is_measured_in_every_process(pair, run):
    both = cmsim.compare(*map(cmsim.load_scenario, pair), replications=2, workers=2)
    told = both.replication_table
    told = told[(told["scenario"] == "more_peers") & (told["replication"] == 0)]
    assert told["digest"].tolist() == [run.digest()]
    assert told["stress_at_end"].tolist() == [run.outcomes()["stress_at_end"]]


def test_a_scenario_without_it_is_compared_in_what_both_have(more_peers):
    usual = cmsim.load_scenario("usual_care").replace(
        {"name": "usual", "run.days": 20, "world.warm_up_days": 7, "world.population.clients": 24}
    )
    both = cmsim.compare(usual, more_peers, replications=2, workers=1)
    table, runs = both.table.set_index("outcome"), both.replication_table.set_index("scenario")
    assert table.loc["stress_at_end", "n"] == 0
    assert runs.loc["usual", "stress_at_end"].isna().all()
    assert runs.loc["more_peers", "stress_at_end"].notna().all()
    assert math.isfinite(table.loc["crises", "difference"])


def test_its_parameters_are_among_the_evidence(more_peers, folder):
    keys = {each.key for each in find_parameters(None, more_peers)}
    assert {
        "world.peer_support.relief",
        "world.components.self_disclosure.alliance_gain",
        "world.competence.self_disclosure",
        "service.peers.supporters",
        "service.titration.dose",
    } <= keys
    told = CliRunner().invoke(app, ["evidence", "peer_support", "--scenario", str(folder / "more_peers.toml")])
    assert told.exit_code == 0, told.output
    assert "somebody who knows it" in " ".join(told.output.split())


def test_its_source_is_part_of_what_a_run_is(more_peers, monkeypatch):
    before = settings_digest(more_peers)
    loaded = load_extension("peer_support")
    monkeypatch.setattr("cmsim.experiments.study.run_key.load_extension", lambda _: replaced(loaded, "another"))
    assert settings_digest(more_peers) != before


def replaced(loaded, code):
    return type(loaded)(loaded.reference, loaded.extension, loaded.version, code)


def test_a_trial_uses_its_measure(installed):
    trial = Trial(
        name="peers",
        title="Peers",
        question="Is anybody met?",
        about="made up",
        extensions=("peer_support",),
        base={"run.days": 20, "world.warm_up_days": 7, "world.population.clients": 24},
        follow_up_days=20,
        arms={"only": {"title": "Peers"}},
        targets={
            "met": {
                "label": "contacts",
                "measure": "met",
                "effect": "mean",
                "arm": "only",
                "band": (0.0, 99.0),
                "source": "kanter1989",
            }
        },
        replications=2,
    )
    result = run_trial(trial, replications=2, workers=1)
    assert result.targets[0].estimate > 0.0


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("no_such_package", "cannot be imported"),
        ("peer_suport", 'did you mean "peer_support"?'),
        ("peer_support:Missing", "cannot be imported"),
        ("peer_support:PeerPosts", "is of type"),
    ],
)
def test_a_mistake_is_told_with_file_key_given_and_allowed(installed, tmp_path, reference, told):
    file = tmp_path / "wrong.toml"
    file.write_text(f'based_on = "usual_care"\nextensions = ["{reference}"]\n')
    with pytest.raises(ScenarioError) as caught:
        cmsim.load_scenario(file)
    message = str(caught.value)
    assert message.startswith(f'{file}: extensions: given "{reference}"')
    assert "allowed: " in message
    assert told in message


def test_what_is_added_must_be_of_a_known_kind_and_have_a_name_of_its_own(installed, monkeypatch):
    package = importlib.import_module("peer_support")
    monkeypatch.setattr(package, "ODD", Extension("odd", ("text",)), raising=False)
    with pytest.raises(CmsimError, match="adds something of type str"):
        load_extension("peer_support:ODD")
    monkeypatch.setattr(package, "TAKEN", Extension("taken", (ALL[0],)), raising=False)
    with pytest.raises(CmsimError, match='the component "engagement"'):
        load_extension("peer_support:TAKEN")


def test_a_page_of_the_app_may_not_name_one(installed):
    with pytest.raises(CmsimError, match="allowed in the app: none"):
        read_scenario('based_on = "usual_care"\nextensions = ["peer_support"]\n', "mine.toml")
