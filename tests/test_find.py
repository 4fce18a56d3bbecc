"""``find`` and ``cmsim.find``: options, goals, the chance that each is best, what is printed and saved."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cmsim
from cmsim.cli.find_command import _parted
from cmsim.core.errors import CmsimError
from cmsim.experiments import option_search
from cmsim.experiments.option_goal import parse_limit
from cmsim.reporting.outcome_lines import information_rows
from cmsim.reporting.wording import DASH
from cmsim.scenario.parameter_sets import load_ensemble
from test_documents import blocks

SIZE, POSTS = "service.caseload.size", "agency.staff.case_managers"
USUAL = cmsim.load_scenario("usual_care").replace(
    {"name": "usual", "world.prices": {"qaly": 50000.0}, "world.population.clients": 40}
)


@pytest.fixture
def made_up(monkeypatch):
    """Let runs be made up: outcomes by name as functions of the number in the option's name, replication and noise."""

    def use(**functions):
        plans = []

        def complete_runs(plan, **execution):
            plans.append(plan)
            rows = []
            for cell in plan.cells.to_pylist():
                option, replication = float(cell["scenario"].rpartition("=")[2]), cell["first"]
                rng = np.random.default_rng([replication, int(option)])  # noqa: TID251
                noise = np.random.default_rng(replication).normal() + 0.3 * rng.normal()  # noqa: TID251
                row = dict.fromkeys(plan.keep.outcomes, 0.0)
                row |= {name: each(option, replication, noise) for name, each in functions.items()}
                rows.append({"scenario": cell["scenario"], "replication": replication, **row})
            return pd.DataFrame(rows)

        monkeypatch.setattr(option_search, "complete_runs", complete_runs)
        return plans

    return use


def test_the_best_of_a_grid_is_found_and_the_others_dropped(made_up, tmp_path):
    plans = made_up(
        crises=lambda size, _, noise: 2.0 + 0.02 * abs(size - 15) + 0.1 * noise,
        cost_total=lambda size, _, noise: 20_000 - 300 * size + 100 * noise,
    )
    found = cmsim.find(USUAL, vary={SIZE: [10, 15, 20, 25]}, minimise="crises", difference=0.05)
    assert found.best.name == "size=15"
    assert found.best.service.caseload.size == 15
    assert found.selected.is_sure
    table = found.table.set_index("option")
    assert table.loc["size=15", "status"] == "best"
    assert set(table["status"].drop("size=15")) == {"beaten"}
    assert set(table["by"].drop("size=15")) == {"size=15"}
    assert table["chance_best"].sum() == pytest.approx(1.0)
    assert table.loc["size=15", "chance_best"] > 0.95
    assert table.loc["size=25", "difference"] == pytest.approx(0.2, abs=0.03)
    assert table.loc["size=25", "low"] < 0.2 < table.loc["size=25", "high"]
    # more is paid for fewer crises than under 10: dominated; under 20 and 25 cost falls, and crises with 15
    assert table.loc["size=15", "against_first"] == "better, costs less"
    assert table.loc["size=20", "cost_per_effect"] != table.loc["size=20", "cost_per_effect"]
    assert table["frontier"].to_dict() == {"size=15": True, "size=10": False, "size=20": True, "size=25": True}
    assert len(plans[-1].cells) == sum(found.selected.replications)
    assert found.answer.startswith("Choose size=15. Looked for: lowest crises. It is selected with at least 95%")
    assert "Choose size=15" in found._repr_html_()
    found.save(tmp_path / "results")
    saved = pd.read_csv(tmp_path / "results" / "options.csv")
    assert saved["option"].tolist() == found.table["option"].tolist()
    assert json.loads((tmp_path / "results" / "manifest.json").read_text())["sought"] == "lowest crises"


def test_the_smallest_staff_that_keeps_a_wait_is_found_and_none_is_said_to_be_none(made_up):
    made_up(waiting=lambda posts, _, noise: 40.0 / posts + noise)
    asked = {"vary": {POSTS: [2, 3, 5, 8]}, "smallest": POSTS}
    found = cmsim.find(USUAL, limits=["waiting<=10"], **asked)
    assert found.best.service.staff.case_managers == 5
    assert found.best.baseline.staff.case_managers == 5
    table = found.table.set_index("option")
    assert table.loc["case_managers=2", "limit"] == "waiting"
    assert table.loc["case_managers=2", "chance_keeps"] < 0.01
    assert table.loc["case_managers=8", "by"] == "case_managers=5"
    assert len(found.plot().axes) == 2
    none = cmsim.find(USUAL, limits=["waiting<=1"], **asked)
    assert none.best is None
    assert none.answer.startswith("No option keeps the limits")


def test_acceptability_changes_where_the_worth_is_the_cost_for_one_unit(made_up):
    """20 costs 1,000 more than 10 and has 0.02 QALYs more: at 50,000 both are as good."""
    made_up(
        qalys=lambda size, _, noise: 0.7 + 0.002 * size + 0.001 * noise,
        cost_total=lambda size, _, noise: 100 * size + 10 * noise,
    )
    for worth, best in ((20_000, "size=10"), (90_000, "size=20")):
        found = cmsim.find(USUAL, vary={SIZE: [10, 20]}, worth=worth)
        assert found.best.name == best
        curve = found.acceptability.pivot(index="worth", columns="option", values="chance_best")
        assert curve.sum(axis=1).to_numpy() == pytest.approx(1.0)
        assert curve.index.max() == 3 * worth
    assert curve["size=20"][curve.index < 45_000].max() < 0.1
    assert curve["size=20"][curve.index > 55_000].min() > 0.9
    ratio = found.table.set_index("option").loc["size=20", "cost_per_effect"]
    assert ratio == pytest.approx(50_000, rel=0.05)


def test_the_chance_of_being_best_is_the_share_of_parameter_sets_in_which_it_is(made_up):
    """In 18 of 24 sets, in turn, 10 is better by 1 than 20, in the others worse by 4: 20 is best, by 0.25."""
    made_up(crises=lambda size, i, noise: 2.0 + 0.05 * noise + (0 if size == 10 else 1 if i % 24 < 18 else -4))
    found = cmsim.find(USUAL, vary={SIZE: [10, 20]}, minimise="crises", ensemble=load_ensemble())
    assert found.sets == 24
    assert all(count % 24 == 0 and count >= 48 for count in found.selected.replications)
    table = found.table.set_index("option")
    assert found.best.name == "size=20"
    assert table.loc["size=10", "chance_best"] == pytest.approx(0.75, abs=0.03)


def test_parameters_are_drawn_from_ranges_and_within_the_calibrated_sets(made_up):
    plans = made_up()
    key, fitted = "world.prices.bed_day", load_ensemble().keys[0]
    cmsim.find(
        USUAL,
        vary={SIZE: [10, 20]},
        minimise="crises",
        ranges={key: {"low": 500, "high": 900}},
        ensemble=load_ensemble(),
    )
    cells = [(cell["scenario"], cell["first"], json.loads(cell["settings"])) for cell in plans[-1].cells.to_pylist()]
    drawn = {i: settings[key] for option, i, settings in cells if option == "size=10"}
    assert sorted(int((drawn[i] - 500) // (400 / 24)) for i in range(24)) == list(range(24))  # a Latin hypercube
    assert drawn[24] == drawn[0]
    assert all(settings[key] == drawn[i] for _, i, settings in cells)
    assert {settings.get(fitted) for _, i, settings in cells if i == 3} == {load_ensemble().of(3)[fitted]}


def test_a_fixed_number_of_runs_is_spent_near_the_best(made_up):
    made_up(crises=lambda size, _, noise: 2.0 + 0.02 * size + noise)
    found = cmsim.find(USUAL, vary={SIZE: [10, 11, 30, 60]}, minimise="crises", runs=100)
    assert sum(found.selected.replications) == 100
    assert found.selected.replications[1] > found.selected.replications[3]
    assert "has no guarantee" in found.answer


def test_what_is_not_told_apart_is_said(made_up):
    made_up(crises=lambda size, i, noise: 2.0 + (i % 7) * (size == 20) - 3.0 * (size == 20))
    found = cmsim.find(USUAL, vary={SIZE: [10, 20]}, minimise="crises", difference=0.01, max_replications=30)
    assert not found.selected.is_sure
    assert "are not told apart after 30 replications" in found.answer


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "given 1 option; allowed: 2 to 100"),
        ({"vary": {SIZE: [10, 20]}, "minimise": "crisis"}, 'unknown outcome "crisis"; did you mean "crises"'),
        ({"vary": {SIZE: [10, 20]}, "minimise": "crises", "worth": 1}, "given minimise and worth; allowed: one of"),
        ({"vary": {SIZE: [10, 20]}, "smallest": SIZE}, "without a limit"),
        ({"vary": {SIZE: [10, 20]}, "smallest": "service.caseload.sise"}, "did you mean"),
        ({"vary": {SIZE: [10, 20]}, "worth": {"waiting": 5.0}}, "allowed: an outcome by client-year"),
        ({"vary": {SIZE: [10, 20]}, "minimise": "crises", "limits": ["waiting=3"]}, "OUTCOME<=VALUE"),
        ({"vary": {SIZE: [10, 20]}, "minimise": "crises", "level": 95}, "a probability"),
        ({"vary": {SIZE: [10, 20]}, "minimise": "crises", "difference": -1}, "difference: given -1"),
        ({"vary": {SIZE: [10, 20]}, "minimise": "crises", "runs": 5}, "runs: given 5; allowed: 20 and up"),
        ({"vary": {SIZE: [10, 20]}, "minimise": "crises", "runs": 50, "budget": 1}, "beside limits"),
        ({"vary": {SIZE: [10, "many"]}, "minimise": "crises"}, "service.caseload.size"),
        ({"vary": {"service.caseload.sise": [10, 20]}, "minimise": "crises"}, 'did you mean "service.caseload.size"'),
        ({"vary": {SIZE: [10, 20]}, "ranges": {"world.prices.crisis_visit": {}}}, "has no plausible range"),
        ({"vary": {SIZE: [10, 20]}, "minimise": "crises", "max_replications": 5}, "allowed: 10 and up"),
    ],
)
def test_a_mistake_is_one_message(asked, message):
    with pytest.raises(CmsimError, match=message):
        cmsim.find(USUAL, **asked)


def test_an_objective_that_is_not_defined_is_refused(made_up):
    made_up(cost_total=lambda size, i, noise: np.nan)
    with pytest.raises(CmsimError, match=r"Net benefit: not defined in replication 0 of size=10.*prices are open of"):
        cmsim.find(USUAL, vary={SIZE: [10, 20]})


def test_limits_are_read_as_they_are_said():
    assert parse_limit("seen_28 >= 80%").text == "seen within 28 days of referral at least 80% of referrals"
    assert parse_limit("agency_budget<=1.2e6").text == "agency budget at most 1,200,000 currency a year"
    assert parse_limit("waiting<=10").excess(np.array([12.0])) == 2.0


TINY = ("--days", "20", "--set", "world.population.clients=20", "--set", "world.warm_up_days=10", "--workers", "1")


def test_the_command_prints_saves_and_goes_on(command, tmp_path, made_up):
    made_up(waiting=lambda posts, _, noise: 40.0 / posts + noise, agency_budget=lambda posts, _, noise: 9e4 * posts)
    words = ("find", "usual_care", *TINY, "--set", f"{POSTS}=2:8:3", "--minimise", "waiting", "--budget", "500000")
    status, printed, error = command(*words, "--out", "staff")
    assert (status, error) == (0, "")
    assert "Choose case_managers=5" in printed
    assert "over a limit" in printed
    assert "Main outcomes" in printed
    assert {path.suffix for path in (tmp_path / "staff").iterdir()} >= {".csv", ".png", ".json", ".txt"}
    status, again, _ = command(*words, "--out", "staff")
    assert "nothing is run again" in again
    assert "Choose case_managers=5" in again
    assert "find" in command("results", ".")[1]
    assert command("rerun", "staff")[0] == 0
    for bad, message in ((f"{POSTS}=8:2", "allowed: a range LOW:HIGH"), (f"{POSTS}=2", "given 1 option")):
        status, _, error = command("find", "usual_care", "--set", bad, "--minimise", "waiting")
        assert status == 2
        assert message in error


def test_several_values_of_a_setting_are_told_from_one():
    words = ["service.turnover.handover.rule=cold,warm", "run.days=5", "a.b=10:30:10", "a.c=[1, 2]"]
    assert _parted(words) == (
        ["run.days=5", "a.c=[1, 2]"],
        {"service.turnover.handover.rule": ["cold", "warm"], "a.b": [10, 20, 30]},
    )


def test_scenarios_and_words_are_options(made_up):
    plans = made_up()
    warm = USUAL.replace({"name": "other"})
    found = cmsim.find(USUAL, warm, vary={SIZE: [10, 20], POSTS: [3]}, minimise="crises")
    names = ["usual: size=10, case_managers=3", "usual: size=20, case_managers=3"]
    assert [each.name for each in found.options][:2] == names
    assert len(found.options) == 4
    assert set(plans[0].cells["scenario"].to_pylist()) == {each.name for each in found.options}


@pytest.mark.slow
def test_runs_are_the_same_for_any_number_of_processes_and_are_not_done_again(tmp_path):
    tiny = USUAL.replace({"world.population.clients": 20, "world.warm_up_days": 30, "run.days": 40, "name": "tiny"})
    asked = {"vary": {POSTS: [1, 2]}, "minimise": "waiting", "replications": 4, "max_replications": 8}
    one = cmsim.find(tiny, workers=1, directory=tmp_path / "runs", **asked)
    two = cmsim.find(tiny, workers=2, **asked)
    pd.testing.assert_frame_equal(one.table, two.table)
    told = []
    cmsim.find(
        tiny, workers=1, directory=tmp_path / "runs", progress=lambda done, total: told.append((done, total)), **asked
    )
    assert all(done == total for done, total in told)
    saved = one.replication_table.set_index(["scenario", "replication"])
    assert saved.loc[("case_managers=2", 2), "waiting"] == cmsim.simulate(one.options[1], 2).outcomes()["waiting"]


PAGE = Path(__file__).parents[1] / "docs" / "find.md"


def test_the_python_of_the_page_runs(made_up, monkeypatch, tmp_path, capsys):
    made_up(crises=lambda size, _, noise: 2.0 + 0.02 * size + 0.01 * noise)
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks(PAGE, "python")[0], str(PAGE), "exec"), {})
    assert "Choose size=15" in capsys.readouterr().out
    assert (tmp_path / "options.png").exists()


@pytest.mark.slow
def test_the_command_of_the_page_prints_what_the_page_shows(command, tmp_path):
    (tmp_path / "small_agency.toml").write_text(blocks(PAGE, "toml")[0])
    (line,) = blocks(PAGE, "sh")[0].splitlines()
    status, printed, error = command(*shlex.split(line)[1:])
    assert (status, error) == (0, "")
    shown = blocks(PAGE, "text")[0].splitlines()
    assert any(line.startswith("Choose case_managers=3.") for line in shown)
    printed = [line.rstrip().removeprefix("\N{BULLET} ") for line in printed.splitlines()]
    assert [line for line in shown if line not in printed] == []


def test_learning_a_parameter_is_worth_what_it_changes(made_up, tmp_path):
    """10 is better by 1 where the price of a bed day is high, worse by 1 where it is low; that of a visit is idle."""
    plans = made_up()
    beds, visits = "world.prices.bed_day", "world.prices.crisis_visit"
    asked = {"vary": {SIZE: [10, 20]}, "minimise": "crises", "difference": 0.5, "sets": 40}
    ranges = {beds: {"low": 500, "high": 900}, visits: {"low": 100, "high": 200}}
    cmsim.find(USUAL, ranges=ranges, **asked)
    price = [json.loads(each["settings"])[beds] for each in plans[-1].cells.to_pylist()[:80:2]]
    made_up(
        crises=lambda size, i, noise: 2.0 + 0.2 * noise + (size == 10) * (700 - price[i % 40]) / 200,
        cost_total=lambda size, i, noise: 2000.0,
        cost_year=lambda size, i, noise: 2000.0 * 30,
    )
    found = cmsim.find(USUAL, ranges=ranges, **asked)
    table = found.information.set_index("parameter")
    assert table.index.tolist() == ["all parameters", beds, visits]
    assert table["sets"].unique() == [40]
    # an equal chance of a gain between 0 and 1: a quarter
    assert table.loc["all parameters", "value"] == pytest.approx(0.25, abs=0.02)
    assert table.loc[beds, "value"] == pytest.approx(0.25, abs=0.02)
    assert table.loc["all parameters", "at_most"] >= table.loc["all parameters", "value"]
    assert table.loc[visits, "value"] < 2.0 * table.loc[visits, "error"]
    assert table["error"].max() < 0.1
    assert table["a_year"].to_numpy() == pytest.approx(30 * table["value"].to_numpy())
    *_, learnt = found.terminal_tables()
    assert "What learning a parameter" in learnt.title
    assert learnt.row_count == 3
    assert any("perfect information" in note for note in found.notes)
    found.save(tmp_path / "found")
    saved = pd.read_csv(tmp_path / "found" / "information.csv")
    assert saved["value"].to_numpy() == pytest.approx(table["value"].to_numpy())


def test_what_is_not_told_from_nothing_is_not_stated_as_nothing():
    columns = {"parameter": ["all parameters", "a.b", "a.c"], "value": [0.0, 0.0, np.nan], "error": np.nan}
    table = pd.DataFrame(columns | {"at_most": [0.125, 0.125, np.nan], "a_year": np.nan, "a_year_error": np.nan})
    _, rows = information_rows(table, {"objective_places": "crises", "objective_unit": "per client-year"})
    assert [row[1] for row in rows] == ["not told from nothing, at most 0.125"] * 2 + [DASH]


def test_too_few_sets_for_a_value_of_learning_are_said(made_up):
    made_up(crises=lambda size, i, noise: 2.0 + 0.2 * noise + 0.1 * (i % 12 < 6) * (size == 10))
    keys = ["world.prices.bed_day", "world.prices.crisis_visit"]
    ranges = {key: {"low": 500, "high": 900} for key in keys}
    asked = {"vary": {SIZE: [10, 20]}, "minimise": "crises", "ranges": ranges | {"world.hospital.stay_mean": {}}}
    found = cmsim.find(USUAL, sets=12, **asked)
    table = found.information.set_index("parameter")["value"]
    assert np.isnan(table["world.prices.*"])
    assert np.isfinite(table[[*keys, "all parameters"]]).all()
    assert "10 sets for each parameter are needed" in " ".join(found.notes)
    few = cmsim.find(USUAL, sets=4, **asked)
    assert few.information.empty
    assert "too few parameter sets" in " ".join(few.notes)
    for bad, message in (({"sets": 5}, "without ranges"), ({"sets": 2, "ranges": ranges}, "sets: given 2")):
        with pytest.raises(CmsimError, match=message):
            cmsim.find(USUAL, vary={SIZE: [10, 20]}, minimise="crises", **bad)


def test_what_was_found_stands_on_the_page_of_a_comparison(made_up, tmp_path):
    from cmsim.reporting.page.results_reader import read_results
    from cmsim.reporting.page.sensitivity_section import describe_analysis

    made_up(crises=lambda size, i, noise: 2.0 + 0.2 * noise + (size == 10) * (0.5 if i % 24 < 12 else -0.6))
    asked = {"vary": {SIZE: [10, 20]}, "minimise": "crises"}
    cmsim.find(USUAL, ranges={"world.hospital.stay_mean": {}}, **asked).save(tmp_path / "learnt")
    shown = describe_analysis(read_results(tmp_path / "learnt"))
    assert shown.heading == "What learning a parameter is worth. Options: lowest crises"
    assert [row[0] for row in shown.rows] == ["all parameters", "world.hospital.stay_mean"]
    assert all("±" in row[1] for row in shown.rows)
    cmsim.find(USUAL, **asked).save(tmp_path / "plain")
    shown = describe_analysis(read_results(tmp_path / "plain"))
    assert [row[0] for row in shown.rows] == ["size=20", "size=10"]  # the best first
    assert shown.said.startswith(("Choose", "size="))


def test_what_options_differ_in_is_not_drawn(tmp_path):
    stay = "world.hospital.stay_mean"
    long = USUAL.replace({"name": "long", stay: 20.0})
    asked = {"minimise": "crises", "directory": tmp_path / "runs", "workers": 1}
    for options, key in (({"vary": {SIZE: [10, 20]}}, SIZE), ({}, stay)):
        scenarios = [USUAL] if options else [USUAL, long]
        with pytest.raises(CmsimError, match=rf"uncertain: given {key}, but .* and .* differ in {key}.*allowed: what"):
            cmsim.find(*scenarios, **options, ranges={key: {"low": 8, "high": 30}}, **asked)


def test_options_that_are_alike_in_every_run_are_said_to_be_tied(made_up):
    made_up(crises=lambda size, i, noise: 2.0 + (size == 30) + 0.1 * np.sin(i))
    found = cmsim.find(USUAL, vary={SIZE: [10, 20, 30]}, minimise="crises")
    table = found.table.set_index("option")
    assert table["status"].tolist() == ["best", "tied", "beaten"]
    assert table.loc["size=20", "by"] == found.best.name == "size=10"
    assert table["chance_best"].tolist() == pytest.approx([0.5, 0.5, 0.0])
    shown, *_ = found.terminal_tables()
    assert any(str(cell).startswith("tied with size=10") for cell in shown.columns[5].cells)


@pytest.mark.parametrize("budget", [np.nan, np.inf, 0.0, -5.0])
def test_a_budget_is_above_nothing(budget):
    with pytest.raises(CmsimError, match=r"budget: given .*; allowed: above 0"):
        cmsim.find(USUAL, vary={SIZE: [10, 20]}, minimise="crises", budget=budget)
