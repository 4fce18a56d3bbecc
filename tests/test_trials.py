"""Virtual trials: cohorts, measures, effects, verdicts, and descriptions that cannot be used."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cmsim.cli import app
from cmsim.core.errors import CmsimError
from cmsim.core.references import SOURCES
from cmsim.core.simtime import DAY
from cmsim.outcomes import find
from cmsim.results.simulation import simulate
from cmsim.schema.codes import Phase
from cmsim.validation.trials import load_trial, run_trial, trial_names
from cmsim.validation.trials.cohort import Condition, fulfil
from cmsim.validation.trials.trial_design import Target, Trial
from cmsim.validation.trials.trial_measures import EFFECTS, MEASURES, Followed, value_of
from cmsim.validation.trials.trial_result import TargetResult

pytestmark = pytest.mark.slow

SMALL = {
    "world.population.clients": 80,
    "world.warm_up_days": 100,
    "service.staff.case_managers": 4,
    "baseline.staff.case_managers": 4,
    "service.hospital.beds": 12,
    "baseline.hospital.beds": 12,
}


def small(name="antipsychotic", **changes):
    trial = load_trial(name)
    held = trial.model_dump()
    held["base"] = {**held["base"], **SMALL}
    held["base"].pop("service.staff.psychiatrists", None)
    held["base"].pop("baseline.staff.psychiatrists", None)
    return Trial.model_validate({**held, **changes})


@pytest.fixture(scope="module")
def antipsychotic():
    return run_trial(small(), replications=3, n_jobs=1)


@pytest.mark.parametrize("name", trial_names())
def test_a_bundled_trial_can_be_read_and_its_arms_are_scenarios(name):
    trial = load_trial(name)
    assert set(trial.scenarios()) == set(trial.arms)
    for target in trial.targets.values():
        assert target.source in SOURCES
        assert target.band[0] < target.band[1]


@pytest.mark.parametrize("name", trial_names())
def test_a_bundled_trial_runs_at_smoke_size(name):
    trial = small(
        name,
        follow_up_days=60,
        inclusion={**load_trial(name).inclusion.model_dump(), "recruit_days": 30, "after_days": 10},
    )
    targets = {key: target.model_copy(update={"days": None}) for key, target in trial.targets.items()}
    result = run_trial(trial.model_copy(update={"targets": targets}), replications=2, n_jobs=1)
    assert [each.name for each in result.targets] == list(trial.targets)
    assert set(result.table["verdict"]) <= {
        "in the band",
        "below the band",
        "above the band",
        "not precise enough",
        "not defined",
    }


def test_what_is_held_in_an_arm_is_missed_where_it_is_not(antipsychotic):
    assert antipsychotic["off"].estimate > antipsychotic["on"].estimate
    assert antipsychotic["hazard_ratio"].estimate > 1.0
    arms = small().model_dump()["arms"]
    arms["placebo"] = {**arms["drug"], "title": "again"}
    same = run_trial(small(arms=arms), replications=2, n_jobs=1)
    assert same["hazard_ratio"].estimate == 1.0, "two arms that are the same give no effect at all"
    assert same["risk_ratio"].estimate == 1.0


def test_results_do_not_depend_on_the_number_of_processes(antipsychotic):
    again = run_trial(small(), replications=3, n_jobs=2)
    assert [each.estimate for each in again.targets] == [each.estimate for each in antipsychotic.targets]


def test_measures_count_what_the_ledger_says_within_the_follow_up():
    scenario = load_trial("antipsychotic").scenarios(SMALL | {"service.staff.psychiatrists": 2})["drug"]
    run = simulate(scenario.replace({"run.days": 200}))
    rows = np.arange(60)
    day = np.full(60, 100)
    people = Followed(run, rows, day, 150)
    transitions = run.arrays("transitions")
    inside = (transitions["minute"] >= 100 * DAY) & (transitions["minute"] < 250 * DAY)
    acute = {int(each) for each in transitions["client"][inside & (transitions["to"] == Phase.ACUTE)] if each < 60}
    assert {int(row) for row in np.flatnonzero(MEASURES["relapse"](people))} == acute
    days = MEASURES["relapse_days"](people)
    assert ((days > 0) == np.isin(rows, list(acute))).all()
    assert (days[days < 0] == -150.0).all()
    stays = run.arrays("admissions")
    for row in range(60):
        expected = 0.0
        for each in stays[stays["client"] == row]:
            end = (300 * DAY if each["discharged"] < 0 else each["discharged"]) / DAY
            expected += max(min(end, 250.0) - max(each["minute"] / DAY, 100.0), 0.0)
        assert MEASURES["bed_days"](people)[row] == pytest.approx(expected)
    for name, function in MEASURES.items():
        assert function(people).shape == (60,), name
        assert function.__doc__, name
    assert np.isnan(MEASURES["cost"](people)).all(), "no price is stated in this trial"


def test_costs_of_all_people_are_those_of_the_run():
    trial = load_trial("high-users")
    scenario = trial.scenarios(SMALL | {"run.days": 200})["usual"]
    run = simulate(scenario)
    window = run.window
    rows = np.arange(len(run.client_columns["key"]))
    people = Followed(run, rows, np.full(len(rows), window.start), window.days)
    parts = "hospital case_management psychiatrists crisis residential jail".split()
    expected = sum(find(f"cost_{part}").measure(window) for part in parts) * window.client_years
    assert MEASURES["cost"](people).sum() == pytest.approx(expected, rel=1e-6)


def test_effects_are_those_of_worked_examples():
    a, b = np.array([1.0, 0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0, 0.0])
    assert value_of("risk", a) == 0.5
    assert value_of("risk ratio", a, b) == 2.0
    assert value_of("odds ratio", a, b) == pytest.approx(3.0)
    assert value_of("relative change", a, b) == 1.0
    assert value_of("hazard ratio", np.array([5.0, -10.0]), np.array([-10.0, 20.0])) == pytest.approx(2.0)
    assert math.isnan(value_of("risk ratio", a, np.zeros(3)))
    assert all(effect.arms in (1, 2) for effect in EFFECTS.values())


def test_a_verdict_is_given_only_where_it_is_precise_or_clear():
    target = Target(label="x", measure="relapse", effect="risk", arm="a", band=(0.2, 0.3), source="leucht2012")

    def verdict(estimate, error):
        return TargetResult("x", target, estimate, error, (10,), math.nan).verdict

    assert verdict(0.25, 0.005) == "in the band"
    assert verdict(0.25, 0.02) == "not precise enough"
    assert verdict(0.4, 0.02) == "above the band"
    assert verdict(0.1, 0.02) == "below the band"
    assert verdict(math.nan, 0.0) == "not defined"


def test_conditions_are_read_and_refused():
    assert Condition.read("criticism", ">= 0.4").compare(0.5, 0.4)
    assert Condition.read("phase", "acute").value == Phase.ACUTE
    assert Condition.read("open", True).value == 1.0
    with pytest.raises(ValueError, match='allowed: "stable"'):
        Condition.read("phase", "well")
    cohort = pd.DataFrame({"row": [3, 5], "day": 10, "criticism": [0.2, 0.6]})
    assert fulfil({"criticism": ">= 0.4"}, cohort, 2).tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = [", "not TOML"),
        ('title = "x"', "question"),
        ('titel = "x"', 'did you mean "title"'),
        ('x.where.phase = "well"', "x"),
    ],
)
def test_a_description_that_cannot_be_used_is_refused_in_one_message(tmp_path, text, said):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(CmsimError, match="mine") as error:
        load_trial(path)
    assert said in str(error.value)


def test_an_unknown_trial_or_target_names_the_nearest(tmp_path):
    with pytest.raises(CmsimError, match="antipsychotic"):
        load_trial("antipsychotics")
    held = (load_trial("antipsychotic")).model_dump(exclude={"name"})
    held["targets"]["on"]["measure"] = "relaps"
    with pytest.raises(ValueError, match='did you mean "relapse"'):
        Trial.model_validate(held)


def test_the_commands(tmp_path):
    listed = CliRunner().invoke(app, ["trial", "list"])
    assert listed.exit_code == 0
    for name in trial_names():
        assert name in listed.output
    missing = CliRunner().invoke(app, ["trial", "run", "antipsychotik"])
    assert isinstance(missing.exception, CmsimError)


def test_what_is_saved_can_be_read_again(antipsychotic, tmp_path):
    place = antipsychotic.save(tmp_path / "trial")
    assert (place / "manifest.json").exists()
    assert (place / "targets.csv").exists()
    assert (place / "figure.png").stat().st_size > 10_000


@pytest.mark.parametrize("name", ["high-users", "high-users-general"])
def test_a_trial_of_costs_states_every_price_of_the_total(name):
    for arm in load_trial(name).scenarios({}).values():
        assert set(arm.world.prices.missing()) <= {"family_hour", "lost_year"}
