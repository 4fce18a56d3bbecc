"""Analyses of sensitivity on models whose answer is known, and the command on a small community."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import cmsim
from cmsim.cli import main
from cmsim.core.errors import CmsimError
from cmsim.experiments import parameter_uncertainty as uncertainty_module
from cmsim.experiments import sensitivity_analysis as sensitivity_module
from cmsim.experiments.design_points import Point, responses
from cmsim.experiments.parameter_distributions import Uncertain, uncertain
from cmsim.experiments.variance_components import decompose
from cmsim.reporting.page import write_page
from cmsim.reporting.parameter_table import all_parameters
from kills import wait_for_more

USUAL = cmsim.load_scenario("usual_care")
SMALL = cmsim.load_scenario("small_caseload")
FEW_POSTS = {"service.staff.case_managers": 1, "baseline.staff.case_managers": 1}
KEYS = ["world.hospital.informs", "world.hospital.books", "world.hospital.stay_cv"]


def lay(rule, noise=0.0):
    """Return a stand-in for living through points: a rule of where each number lies in its range, 0 to 1."""
    numbers = {each.key: each for each in uncertain(USUAL, KEYS)}

    def answer(scenario, versus, points, outcomes, **more):
        values = []
        for point in points:
            place = {
                key: (point.settings[key] - each.low) / (each.high - each.low)
                for key, each in numbers.items()
                if key in point.settings
            }
            luck = np.random.default_rng(list(point.replications)).normal(0, noise, len(point.replications))  # noqa: TID251
            values.append(rule(place, point) + luck)
        return {name: np.array(values) for name in outcomes}

    return answer


# -- distributions


def test_every_fact_has_a_distribution_within_its_range_with_its_value_as_mode():
    found = uncertain(USUAL)
    assert len(found) > 300
    assert {each.status for each in found} <= {"assumption", "derived", "published", "fitted"}
    for each in found:
        drawn = each.quantile([0.001, 0.5, 0.999])
        assert each.low <= drawn[0] <= drawn[1] <= drawn[2] <= each.high
        assert each.shape == ("triangular" if each.status == "assumption" else "beta-PERT")


def test_the_mean_of_a_pert_distribution_is_the_textbook_s():
    """(low + 4 mode + high) / 6; the triangular one has (low + mode + high) / 3."""
    u = (np.arange(20_000) + 0.5) / 20_000
    pert = Uncertain("x", 2.0, 1.0, 6.0, "beta-PERT", "published", "", False)
    assert pert.quantile(u).mean() == pytest.approx((1 + 8 + 6) / 6, abs=1e-3)
    triangle = Uncertain("x", 2.0, 1.0, 6.0, "triangular", "assumption", "", False)
    assert triangle.quantile(u).mean() == pytest.approx((1 + 2 + 6) / 3, abs=1e-3)


def test_a_value_outside_its_range_stretches_the_range():
    (found,) = uncertain(USUAL.replace({"world.hospital.stay_cv": 2.5}), ["world.hospital.stay_cv"])
    assert found.high == found.value == 2.5
    assert found.quantile(0.5) < 2.5


def test_names_are_found_or_the_nearest_is_told():
    assert {each.key for each in uncertain(USUAL, ["hospital"])} == {
        each.key
        for each in all_parameters()
        if each.key.startswith("world.hospital.") and each.evidence.status != "choice"
    }
    (choice,) = uncertain(USUAL, ["service.caseload.size"])
    assert (choice.shape, choice.whole) == ("uniform", True)
    assert choice.setting(17.6) == 18
    with pytest.raises(CmsimError, match=r'did you mean "(world\.)?hospital"'):
        uncertain(USUAL, ["hospitl"])
    with pytest.raises(CmsimError, match="one by one"):
        uncertain(USUAL, ["service.staff"])


def test_what_the_scenarios_differ_in_is_not_drawn():
    other = USUAL.replace({"world.hospital.informs": 0.9})
    keys = [each.key for each in uncertain(USUAL, KEYS, same_in=other)]
    assert set(keys) == set(KEYS[1:])
    with pytest.raises(CmsimError, match="nothing to draw"):
        uncertain(USUAL, KEYS[:1], same_in=other)


# -- chance apart from ignorance


def test_variance_components_of_a_hand_worked_example():
    """Means 2, 6, 10 of 2 each: MS between = 2 * 16 = 32, MS within = 2; (32 - 2) / 2 = 15; share 15 / 17."""
    found = decompose(np.array([[1.0, 3.0], [5.0, 7.0], [9.0, 11.0]]))
    assert found.stochastic_sd**2 == pytest.approx(2.0)
    assert found.parameter_sd**2 == pytest.approx(15.0)
    assert found.share == pytest.approx(15 / 17)
    assert found.expectations.var(ddof=1) == pytest.approx(15.0)
    assert found.above(6.0) == pytest.approx(0.5)
    # no ignorance shows, and still nothing is certain: t(1) of the mean of two draws, 0.5 +- 0.5
    alike = decompose(np.array([[0.0, 2.0], [-1.0, 1.0]]))
    assert alike.parameter_sd == 0.0
    assert 0.7 < alike.above(0.0) < 0.8


def test_the_share_of_ignorance_is_unbiased_enough_and_its_interval_covers():
    """2,000 experiments with variances 4 and 1 (share 0.2): the mean components are within 4 standard errors
    of the truth, and 95% of intervals cover: 1,900 with a standard error of 9.7."""
    rng = np.random.default_rng(5)  # noqa: TID251
    worlds = rng.normal(0.0, 1.0, (2000, 30, 1))
    runs = worlds + rng.normal(0.0, 2.0, (2000, 30, 4))
    found = [decompose(each) for each in runs]
    assert np.mean([each.stochastic_sd**2 for each in found]) == pytest.approx(4.0, abs=4 * 4 * (2 / 90 / 2000) ** 0.5)
    assert np.mean([each.parameter_sd**2 for each in found]) == pytest.approx(1.0, abs=0.06)
    covered = sum(each.share_low <= 0.2 <= each.share_high for each in found)
    assert 1861 <= covered <= 1939


def test_no_ignorance_and_no_chance():
    rng = np.random.default_rng(6)  # noqa: TID251
    assert decompose(rng.normal(size=(50, 3))).share < 0.25
    certain = decompose(np.repeat([[1.0], [2.0], [4.0]], 3, axis=1))
    assert (certain.share, certain.share_low) == (1.0, 1.0)
    assert np.isnan(decompose(np.ones((3, 2))).share)
    assert decompose(np.array([[1.0, np.nan], [1.0, 2.0]])).draws == 1


def test_a_probabilistic_analysis_finds_what_was_laid(monkeypatch):
    """The answer rises by 4 over the range of one number and has luck of SD 1: that number alone shows."""
    monkeypatch.setattr(uncertainty_module, "responses", lay(lambda p, _: 4.0 * p[KEYS[0]] - 2.0, noise=1.0))
    found = cmsim.uncertainty(USUAL, SMALL, draws=200, replications=3, only=KEYS, outcomes=["crises", "stay"])
    row = found.table.set_index("outcome").loc["crises"]
    (first,) = [each for each in found.numbers if each.key == KEYS[0]]
    truth = 4.0 * (first.quantile((np.arange(2000) + 0.5) / 2000) - first.low) / (first.high - first.low) - 2.0
    assert row["stochastic_sd"] == pytest.approx(1.0, abs=0.15)
    assert row["parameter_sd"] == pytest.approx(truth.std(), abs=0.15)
    assert row["expected_low"] == pytest.approx(np.quantile(truth, 0.025), abs=0.4)
    assert row["better"] == pytest.approx(np.mean(truth < 0), abs=0.12)
    strongest = found.influence[found.influence["outcome"] == "crises"].iloc[0]
    assert strongest["key"] == KEYS[0]
    assert strongest["p_holm"] < 1e-6
    assert (found.influence.query("key != @KEYS[0] and outcome == 'crises'")["p_holm"] > 0.01).all()


def test_one_more_number_leaves_the_draws_of_the_others(monkeypatch):
    monkeypatch.setattr(uncertainty_module, "responses", lay(lambda p, _: 0.0))
    few = cmsim.uncertainty(USUAL, draws=5, only=KEYS[1:], outcomes=["crises"])
    more = cmsim.uncertainty(USUAL, draws=9, only=KEYS, outcomes=["crises"])
    columns = [[each.key for each in more.numbers].index(each.key) for each in few.numbers]
    np.testing.assert_array_equal(few.draws, more.draws[:5, columns])


# -- Morris and Sobol


def laid(place, point):
    """4 x1 + 1 x2, nothing of x3, and 0.2 for the visit that is a minute longer."""
    return 4.0 * place[KEYS[0]] + 1.0 * place[KEYS[1]] + 0.2 * point.perturb


def test_morris_finds_the_slopes_that_were_laid_and_the_dummy_is_the_floor(monkeypatch):
    pytest.importorskip("SALib")
    monkeypatch.setattr(sensitivity_module, "responses", lay(laid))
    found = cmsim.sensitivity(USUAL, method="morris", by="parameter", only=KEYS, outcomes=["crises"])
    table = found.table.set_index("factor")
    assert table.loc[KEYS[0], "effect"] == pytest.approx(4.0)
    assert table.loc[KEYS[1], "effect"] == pytest.approx(1.0)
    assert table.loc[KEYS[2], "effect"] == pytest.approx(0.0, abs=1e-9)
    assert table.loc["dummy", "effect"] == pytest.approx(0.3)  # 0.2 over two thirds of the range
    assert table["clear"].to_dict() == {KEYS[0]: True, KEYS[1]: True, "dummy": False, KEYS[2]: False}
    assert list(table.index[:2]) == KEYS[:2]


def test_morris_moves_parts_of_the_model_together(monkeypatch):
    pytest.importorskip("SALib")
    monkeypatch.setattr(sensitivity_module, "responses", lay(laid))
    found = cmsim.sensitivity(USUAL, method="morris", only=[*KEYS, "belief"], outcomes=["crises"])
    table = found.table.set_index("factor")
    assert set(table.index) == {"world.hospital", "world.belief", "dummy"}
    assert table.loc["world.hospital", "numbers"] == 3
    assert table.loc["world.hospital", "effect"] > 2.0
    assert table.loc["world.belief", "effect"] == pytest.approx(0.0, abs=1e-9)


def test_sobol_parts_the_variance_as_the_distributions_give_it(monkeypatch):
    """For a sum of independent parts the total shares are their variances over the variance of the sum."""
    pytest.importorskip("SALib")
    monkeypatch.setattr(sensitivity_module, "responses", lay(laid))
    found = cmsim.sensitivity(USUAL, method="sobol", by="parameter", points=512, only=KEYS, outcomes=["crises"])
    table = found.table.set_index("factor")
    u = (np.arange(4000) + 0.5) / 4000
    parts = {"dummy": 0.2**2 / 4}
    slopes = dict(zip(KEYS, [4.0, 1.0, 0.0], strict=True))
    for each in found.numbers:
        parts[each.key] = (slopes[each.key] * each.quantile(u) / (each.high - each.low)).var()
    for factor, part in parts.items():
        assert table.loc[factor, "total"] == pytest.approx(part / sum(parts.values()), abs=0.03)
    assert table.loc[KEYS[0], "clear"]
    assert not table.loc[KEYS[2], "clear"]


def test_an_answer_that_never_moves_or_is_undefined_is_told_as_such(monkeypatch):
    pytest.importorskip("SALib")
    monkeypatch.setattr(sensitivity_module, "responses", lay(lambda p, _: 1.0))
    still = cmsim.sensitivity(USUAL, only=KEYS, outcomes=["crises"]).table
    assert not still["clear"].any()
    monkeypatch.setattr(sensitivity_module, "responses", lay(lambda p, _: np.nan))
    found = cmsim.sensitivity(USUAL, only=KEYS, outcomes=["crises"])
    assert found.undefined == ["crises"]
    assert found.notes[0].startswith("Not analysed")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"points": 1}, "points: given 1"),
        ({"method": "sobol", "points": 48}, "power of two"),
        ({"replications": 0}, "replications: given 0"),
        ({"outcomes": ["crisis"]}, 'did you mean "crises"'),
        ({"only": ["nothing_at_all"]}, "no uncertain number"),
        ({"by": "number", "points": 200}, "allowed: up to 20000"),
    ],
)
def test_a_mistake_is_told_before_anything_runs(settings, message):
    pytest.importorskip("SALib")
    with pytest.raises(CmsimError, match=message):
        cmsim.sensitivity(USUAL, **settings)


def test_without_salib_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib", None)
    with pytest.raises(CmsimError, match=r'pip install "cmsim\[sensitivity\]"'):
        cmsim.sensitivity(USUAL, only=KEYS)


# -- the model itself


def test_answers_are_those_of_separate_runs():
    tiny = USUAL.replace({"world.population.clients": 15, "world.warm_up_days": 20, "run.days": 30, **FEW_POSTS})
    other = tiny.replace({"service.contact.least_visits": 3.0})
    points = [Point({"world.contact_time.visit": 30.0}, [0, 1]), Point({"world.contact_time.visit": 60.0}, [0, 1])]
    found = responses(tiny, other, points, ["client_contacts"], workers=1)["client_contacts"]
    assert found.shape == (2, 2)
    here = [each.replace({"world.contact_time.visit": 60.0}) for each in (tiny, other)]
    a, b = (cmsim.simulate(each, 1).outcomes()["client_contacts"] for each in here)
    assert found[1, 1] == b - a


@pytest.mark.system
def test_answers_do_not_depend_on_the_number_of_processes():
    tiny = USUAL.replace({"world.population.clients": 15, "world.warm_up_days": 20, "run.days": 30, **FEW_POSTS})
    other = tiny.replace({"service.contact.least_visits": 3.0})
    points = [Point({"world.contact_time.visit": minutes}, [0, 1]) for minutes in (30.0, 60.0)]
    alone, shared = (responses(tiny, other, points, ["client_contacts"], workers=n)["client_contacts"] for n in (1, 2))
    np.testing.assert_array_equal(alone, shared)


def test_the_dummy_lengthens_a_visit_and_runs_that_were_done_are_not_done_again(tmp_path):
    tiny = USUAL.replace({"world.population.clients": 15, "world.warm_up_days": 20, "run.days": 40, **FEW_POSTS})
    point = {"world.contact_time.visit": 45.0}
    points = [Point(point, [3, 4], perturb) for perturb in (False, True)]
    told = []
    for _ in range(2):
        found = responses(
            tiny,
            None,
            points,
            ["client_contacts"],
            directory=tmp_path,
            workers=1,
            progress=lambda *how: told.append(how),
        )
    assert told[-1] == told[-1][::-1] == (4, 4)
    assert told.count((4, 4)) == 2
    runs = cmsim.load_study(tmp_path).runs.set_index(["draw", "replication"])
    here = tiny.replace(point)
    for draw, perturb in ((0, False), (1, True)):
        assert runs.loc[(draw, 3), "digest"] == cmsim.simulate(here, 3, perturb=perturb).digest()
        assert found["client_contacts"][draw, 0] == runs.loc[(draw, 3), "client_contacts"]
    assert runs.loc[(0, 3), "digest"] != runs.loc[(1, 3), "digest"]
    with pytest.raises(CmsimError, match="holds the runs of cmsim sensitivity"):
        write_page(tmp_path)


def test_a_run_that_goes_wrong_is_told(monkeypatch, tmp_path):
    from cmsim.results import simulation

    tiny = USUAL.replace({"world.population.clients": 5, "world.warm_up_days": 10, "run.days": 10})
    monkeypatch.setattr(simulation, "simulate", lambda *_, **more: 1 / 0)
    with pytest.raises(CmsimError, match=r"2 of 2 runs have no results.*ZeroDivisionError.*--retry"):
        responses(tiny, None, [Point({}, [0, 1])], ["crises"], directory=tmp_path / "runs", workers=1)


@pytest.mark.system
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_an_analysis_that_is_killed_goes_on_and_equals_an_undisturbed_one(tmp_path, monkeypatch):
    small = ["--set", "world.population.clients=15", "--set", "world.warm_up_days=20", "--days", "20"]
    words = ["sensitivity", "usual_care", "small_caseload", *small, "--points", "8", "--replications", "3"]
    words += ["--only", "contact_time", "--outcome", "client_contacts"]

    def driver():
        return subprocess.Popen(
            [sys.executable, "-m", "cmsim", *words, "--out", str(tmp_path / "disturbed"), "--workers", "2"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    killed = driver()
    wait_for_more(tmp_path / "disturbed-runs", killed)
    killed.kill()
    assert killed.wait() == -signal.SIGKILL
    done = cmsim.load_study(tmp_path / "disturbed-runs").status().complete
    assert 0 < done < 48
    assert driver().wait() == 0
    in_peace = ["cmsim", *words, "--out", str(tmp_path / "in-peace"), "--workers", "1"]
    monkeypatch.setattr(sys, "argv", in_peace)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    for name in ("uncertainty", "influence", "draws", "answers", "factors"):
        mine, theirs = (tmp_path / each / f"{name}.csv" for each in ("disturbed", "in-peace"))
        assert mine.read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize("method", ["psa", "morris"])
def test_the_command_writes_its_results(method, monkeypatch, capsys, tmp_path):
    if method == "morris":
        pytest.importorskip("SALib")
    monkeypatch.chdir(tmp_path)
    small = ["--set", "world.population.clients=10", "--set", "world.warm_up_days=15", "--days", "15"]
    words = ["sensitivity", "usual_care", *small, "--method", method, "--points", "3", "--workers", "1"]
    words += [word for key, posts in FEW_POSTS.items() for word in ("--set", f"{key}={posts}")]
    monkeypatch.setattr(sys, "argv", ["cmsim", *words, "--only", "contact_time", "--outcome", "exhaustion"])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    assert "Saved in results" in capsys.readouterr().out
    place, runs = sorted((tmp_path / "results").iterdir(), key=lambda path: path.name.endswith("-runs"))
    assert place.name.startswith(f"sensitivity-{method}-usual_care-")
    assert cmsim.load_study(runs).finished
    described = json.loads((place / "manifest.json").read_text())
    assert (described["command"], described["method"]) == ("sensitivity", method)
    sheet = "uncertainty" if method == "psa" else "sensitivity"
    assert set(pd.read_csv(place / f"{sheet}.csv")["outcome"]) == {"exhaustion"}
    assert "factors.csv" in described["files"]
