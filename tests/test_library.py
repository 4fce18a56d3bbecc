"""The scenario library: agencies and practice models, alone and laid over one another."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from cmsim import load_scenario, simulate
from cmsim.core.errors import ScenarioError
from cmsim.scenario.library import bundled, bundled_names
from cmsim.scenario.parameter_sets import bundled_ensemble
from cmsim.schema.codes import ContactOutcome, Provider
from cmsim.validation.claims import scaled

pytestmark = pytest.mark.slow

AGENCIES = ("usual_care", "urban_high_risk", "rural_sparse", "hospital_first", "well_resourced")
MODELS = (
    "no_case_management",
    "brokerage",
    "supportive_companion",
    "clinical",
    "intensive",
    "assertive_community_treatment",
    "strengths",
    "time_limited_transition",
    "utilisation_review",
)


def small(name, **more):
    spec = load_scenario(name)
    return spec.replace({"world.population.clients": 40, "world.warm_up_days": 20, "run.days": 40, **more})


def own(run):
    rows = run.arrays("contacts")
    return rows[(rows["by"] == Provider.CASE_MANAGER) & (rows["outcome"] == ContactOutcome.HELD)]


@pytest.mark.parametrize("name", bundled_names())
def test_every_bundled_scenario_says_what_it_is_for_and_runs(name):
    spec = load_scenario(name)
    assert spec.title
    assert len(spec.purpose) > 40
    run = simulate(small(name))
    assert len(run.daily) == 60
    assert run.outcomes()


def test_agencies_and_models_are_all_there():
    assert set(AGENCIES) | set(MODELS) <= set(bundled_names())


def flattened(table, prefix=""):
    found = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        found |= flattened(value, f"{name}.") if isinstance(value, dict) else {name: value}
    return found


STATED = (
    "practice.components",
    "practice.stance",
    "caseload.size",
    "caseload.closure",
    "caseload.sharing.rule",
    "crisis.first.rule",
    "crisis.on_call.rule",
    "staff.training",
    "turnover.supervision_hours",
    "titration.rule",
)


@pytest.mark.parametrize("model", ["usual_care", *MODELS[1:-1]])
def test_a_model_states_all_that_makes_it_one(model):
    """What a model leaves open would be the agency's; so would what only the comparator states."""
    files = [bundled()[name] for name in (*reversed(load_scenario(model).chain), model)]
    stated = {}
    for file in files:
        if model == "usual_care" or file.stem != "usual_care":
            stated |= flattened(tomllib.loads(file.read_text()))
    alone = load_scenario(model).flat()
    for name in STATED:
        assert f"service.{name}" in stated, f"{model} leaves {name} to the agency"
        value = alone[f"service.{name}"]
        assert stated[f"service.{name}"] == (list(value) if isinstance(value, tuple) else value)


@pytest.mark.parametrize("model", MODELS)
def test_a_model_laid_over_an_agency_changes_its_service_alone(model):
    agency, both = load_scenario("rural_sparse"), load_scenario(f"rural_sparse+{model}")
    alone = load_scenario(model)
    assert both.world == agency.world
    assert both.baseline == agency.baseline
    assert both.service.practice == alone.service.practice
    assert both.service.caseload == alone.service.caseload
    assert both.service.agencies == agency.service.agencies
    assert both.name == f"rural_sparse+{model}"
    assert agency.title in both.title
    assert alone.title in both.title
    assert agency.first_difference_day(both) == agency.world.warm_up_days


def test_a_file_may_be_based_on_several_and_each_is_laid_once(tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text('title = "M"\nbased_on = ["urban_high_risk", "brokerage"]\n[service.caseload]\nsize = 33\n')
    spec = load_scenario(mine)
    assert spec.chain == ("brokerage", "urban_high_risk", "usual_care")
    assert spec.service.caseload.size == 33
    assert spec.service.crisis.first.rule == "service_first"
    assert spec.world == load_scenario("urban_high_risk").world
    other = tmp_path / "other.toml"
    other.write_text('based_on = ["brokerage", "urban_high_risk", "nowhere"]\n')
    with pytest.raises(ScenarioError, match="nowhere"):
        load_scenario(other)
    with pytest.raises(ScenarioError, match="brokrage"):
        load_scenario("usual_care+brokrage")


def test_more_people_relapse_are_admitted_and_homeless_where_the_risk_is_high():
    year = {"world.population.clients": 150, "world.warm_up_days": 60, "run.days": 365}
    usual, urban = (
        [simulate(load_scenario(name).replace(year), replication).outcomes() for replication in range(2)]
        for name in ("usual_care", "urban_high_risk")
    )
    for high, ratio in (("relapses", 1.2), ("admissions", 1.1), ("homeless_days", 1.5)):
        assert sum(run[high] for run in urban) > ratio * sum(run[high] for run in usual), high


def test_parameter_sets_reach_the_agency_of_high_risk():
    urban, sets = load_scenario("urban_high_risk"), bundled_ensemble()
    onset = [sets.apply_set(urban, place).world.illness.onset_rate for place in range(len(sets))]
    assert onset == pytest.approx([1.3 * each["world.illness.onset_rate"] for each in sets])


def test_models_differ_in_what_they_do():
    made = {model: simulate(small(model, **{"run.days": 120, **scaled(40)})) for model in ("brokerage", "intensive")}
    visits = {model: len(own(run)) for model, run in made.items()}
    assert visits["intensive"] > 1.5 * visits["brokerage"]
    served = made["brokerage"].ledger.component_minutes()
    rows = made["brokerage"].arrays("contacts")
    later = rows["minute"] > 30 * 1440
    assert not served[later][:, 0].any()  # engagement is no part of brokerage


def test_without_case_management_nobody_is_served_once_the_notice_has_passed():
    run = simulate(small("no_case_management", **{"run.days": 60}))
    assert run.daily["case_managers"].iloc[-1] == 0
    assert np.max(own(run)["minute"]) <= (20 + 29) * 1440
