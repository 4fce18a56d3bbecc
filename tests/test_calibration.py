"""Calibration: plans, recovery of a simulated truth, and an ensemble that is what it says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cmsim.core.errors import CmsimError
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.validation.calibration import (
    HistoryMatch,
    evaluate,
    load_ensemble,
    load_plan,
    match_history,
    tabulate_identifiability,
)
from cmsim.validation.calibration.calibration_plan import Plan
from cmsim.validation.calibration.emulator import Emulator
from cmsim.validation.calibration.evaluation import Evaluation, ask_sets, open_finished_sets
from cmsim.validation.trials import load_trial, trial_names

pytestmark = pytest.mark.slow

pytest.importorskip("sklearn", reason="the extra 'calibration' brings scikit-learn")

TRIAL = """
title = "Withdrawal, small"
question = "How often do people relapse on and off medication?"
about = "A small trial for tests."
follow_up_days = 120

[base]
"world.population.clients" = 100
"world.warm_up_days" = 30
"service.staff.case_managers" = 4
"baseline.staff.case_managers" = 4

[inclusion.where]
phase = "stable"

[arms.on]
title = "On"
hold = ["medication maintained"]

[arms.off]
title = "Off"
hold = ["medication withdrawn"]

[targets.on]
label = "on"
measure = "relapse"
effect = "risk"
arm = "on"
band = [0.18, 0.28]
source = "leucht2012"

[targets.off]
label = "off"
measure = "relapse"
effect = "risk"
arm = "off"
band = [0.28, 0.40]
source = "leucht2012"

[targets.beds]
label = "beds"
measure = "bed_days"
effect = "mean"
arm = "off"
band = [1.0, 4.0]
source = "leucht2012"

[targets.again]
label = "admitted"
measure = "admitted"
effect = "risk"
arm = "off"
band = [0.1, 0.24]
source = "leucht2012"
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    path = tmp_path_factory.mktemp("trial") / "small.toml"
    path.write_text(TRIAL)
    return Plan.model_validate(
        {
            "seed": 3,
            "waves": 2,
            "sets": 10,
            "parameters": {"world.illness.onset_rate": (0.3, 2.4), "world.illness.medication_log": (0.5, 2.5)},
            "targets": [{"trial": str(path), "names": ["on", "off", "beds", "again"], "replications": 2}],
        }
    )


@pytest.fixture(scope="module")
def brief(plan, tmp_path_factory):
    """The same plan with a trial of a month, for tests of how sets are run and saved."""
    path = tmp_path_factory.mktemp("brief") / "small.toml"
    path.write_text(TRIAL.replace("follow_up_days = 120", "follow_up_days = 30"))
    (target,) = plan.targets
    return plan.model_copy(update={"targets": (target.model_copy(update={"trial": str(path)}),)})


@pytest.fixture(scope="module")
def truth(plan):
    point = np.array([[1.5, 1.6]])
    return point, evaluate(plan, point)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return open_finished_sets(tmp_path_factory.mktemp("calibration") / "sets.jsonl")


@pytest.fixture(scope="module")
def recovered(plan, truth, finished):
    _, given = truth
    return match_history(plan, observed=given.estimates[0], finished=finished)


def test_a_simulated_truth_is_recovered(plan, truth, recovered):
    """The truth is not ruled out, most of the space is, and what is kept lies around the truth."""
    point, _ = truth
    kept = recovered.evaluation.points[recovered.accepted]
    assert len(kept) >= 3
    assert recovered.left[-1] < 0.9
    assert (kept.min(axis=0) <= point[0]).all()
    assert (kept.max(axis=0) >= point[0]).all()
    # the onset rate is what these targets know most about: the kept ones are nearer to the truth than all are
    apart = np.abs(recovered.evaluation.points[:, 0] - point[0, 0])
    assert np.abs(kept[:, 0] - point[0, 0]).mean() < apart.mean()


def test_results_do_not_depend_on_the_number_of_processes(brief):
    points = np.array([[0.6, 1.0], [1.8, 2.0]])
    one, two = evaluate(brief, points), evaluate(brief, points, workers=2)
    assert np.array_equal(one.estimates, two.estimates)
    assert np.array_equal(one.errors, two.errors)


def test_a_calibration_that_was_cut_goes_on_where_it_was(brief, tmp_path, monkeypatch):
    points = np.array([[0.6, 1.0], [1.8, 2.0]])
    path = tmp_path / "calibration.sets.jsonl"
    whole = evaluate(brief, points, finished=open_finished_sets(path))
    first, second = path.read_text().splitlines()
    path.write_text(first + "\n" + second[:30])  # cut in the middle of a line
    told = []
    again = evaluate(brief, points, finished=open_finished_sets(path), progress=lambda done, of: told.append(done))
    assert told == [1, 2]
    assert np.array_equal(again.estimates, whole.estimates)
    assert np.array_equal(again.errors, whole.errors)
    # of another model nothing is taken
    monkeypatch.setattr("cmsim.validation.calibration.evaluation.model_version", lambda: {"code": "another"})
    evaluate(brief, points[:1], finished=open_finished_sets(path), progress=lambda done, of: told.append(done))
    assert told[-2:] == [0, 1]


def test_what_is_identified_is_said(recovered):
    table = tabulate_identifiability(recovered)
    assert list(table["parameter"]) == ["world.illness.onset_rate", "world.illness.medication_log"]
    assert (table["left"] <= 1.0).all()
    onset = table.iloc[0]
    assert abs(onset["standardised_slope"]) > 0.2


def test_an_emulator_knows_a_plane_with_a_bend_and_its_own_ignorance():
    unit = np.random.default_rng(1).random((40, 2))  # noqa: TID251
    values = 1.0 + 2.0 * unit[:, :1] - unit[:, 1:] ** 2
    emulator = Emulator(unit, Evaluation(unit, values, np.zeros_like(values)))
    mean, sd = emulator.predict(unit[:5])
    assert np.allclose(mean[:, 0], values[:5, 0], atol=0.05)
    _, far = emulator.predict(np.array([[3.0, 3.0]]))
    assert far[0, 0] > sd[:, 0].max()


def test_an_ensemble_is_data_with_a_hash(recovered, tmp_path):
    ensemble = recovered.make_ensemble()
    path = ensemble.save(tmp_path / "ensemble.json")
    again = load_ensemble(path)
    assert again.hash == ensemble.hash
    assert len(again) == len(ensemble) > 0
    held = json.loads(path.read_text())
    held["sets"][0]["world.illness.onset_rate"] = 0.1
    path.write_text(json.dumps(held))
    with pytest.raises(CmsimError, match="hash"):
        load_ensemble(path)
    with pytest.raises(CmsimError, match="there is no such file"):
        load_ensemble(tmp_path / "nothing.json")


def test_the_command_writes_an_ensemble_and_can_be_given_again(plan, truth, recovered, finished, tmp_path, command):
    """From a plan in a file, and sets that have been run: what is fitted to is what the truth gave."""
    _, given = truth
    (part,) = plan.targets
    trial = tmp_path / "small.toml"
    text = Path(part.trial).read_text()
    for name, value in zip(part.names, given.estimates[0], strict=True):
        at = text.index("band =", text.index(f"[targets.{name}]"))
        text = f"{text[:at]}band = [{0.9 * value}, {1.1 * value}]{text[text.index(chr(10), at) :]}"
    trial.write_text(text)
    fits = "\n".join(f'"{key}" = {list(ends)}' for key, ends in plan.parameters.items())
    file = tmp_path / "plan.toml"
    file.write_text(
        f"seed = {plan.seed}\nwaves = 1\nsets = {plan.sets}\ncutoff = 30.0\n"
        f"[parameters]\n{fits}\n[[targets]]\n"
        f'trial = "{trial}"\nnames = {list(part.names)}\nreplications = 2\n'
    )
    out = tmp_path / "calibration"
    of_the_file = load_plan(file)
    ledger = open_finished_sets(tmp_path / "calibration.sets.jsonl")
    evaluation = recovered.evaluation
    rows = iter(np.stack([evaluation.estimates, evaluation.errors], axis=1).tolist())
    ledger.compute(lambda asked: next(rows), ask_sets(of_the_file, evaluation.points[: plan.sets]))
    hashes = set()
    words = ["calibrate", str(file), "--out", str(out), "--workers", "1"]
    for more in ([], ["--replace"]):
        assert "sets accepted" in command(*words, *more)[1]
        hashes.add(load_ensemble(out / "ensemble.json").hash)
    assert len(hashes) == 1
    assert "already" in command(*words)[1]
    held = json.loads((out / "manifest.json").read_text())
    assert held["command"] == "calibrate"
    assert held["hash"] in hashes
    assert len((out / "sets.csv").read_text().splitlines()) == plan.sets + 1


def test_nothing_accepted_is_said(recovered, finished):
    nothing = HistoryMatch(recovered.plan, recovered.evaluation, np.full_like(recovered.implausibility, 99.0), (0.1,))
    with pytest.raises(CmsimError, match="no set"):
        nothing.make_ensemble()
    with pytest.raises(CmsimError, match="mechanism is wrong"):
        match_history(
            recovered.plan.model_copy(update={"waves": 1}),  # the sets of its first wave have been run
            observed=np.array([0.99, 0.01, 90.0, 1.0]),
            finished=finished,
        )


def test_a_bundled_plan_fits_at_most_half_as_many_parameters_as_targets():
    plan = load_plan()
    assert 2 * len(plan.space()) <= len(plan.wanted())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"parameters": {"world.illness.onset_rat": ()}}, 'did you mean "world.illness.onset_rate"'),
        ({"parameters": {"world.illness.onset_rate": (2.0, 1.0)}}, "allowed: within"),
        ({"targets": [{"trial": "antipsychotic", "names": ["nothing"]}]}, "no target"),
        (
            {"targets": [{"trial": "antipsychotic", "names": ["on"]}], "parameters": {"world.illness.onset_rate": ()}},
            "at most half",
        ),
    ],
)
def test_a_plan_that_cannot_be_is_refused(plan, change, said):
    changed = Plan.model_validate({**plan.model_dump(), **change})
    with pytest.raises(CmsimError, match=said):
        (changed.space(), changed.wanted())


def test_an_ensemble_applies_to_a_scenario():
    import cmsim

    usual = cmsim.load_scenario("usual_care")
    ensemble = Ensemble(({"world.illness.onset_rate": 1.1},), ({},), {})
    changed = ensemble.apply_set(usual, 0)
    assert changed.world.illness.onset_rate == 1.1
    assert changed.name == usual.name


def test_a_target_says_that_it_is_fitted_where_the_bundled_plan_fits_it():
    fitted = {wanted.key for wanted in load_plan().wanted()}
    for name in trial_names():
        for key, target in load_trial(name).targets.items():
            assert (target.role == "fitted") == (f"{name}.{key}" in fitted), f"{name}.{key}"
