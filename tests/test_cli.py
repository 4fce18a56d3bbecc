"""The command line: exit status, messages, and what is on disk afterwards."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

import cmsim
from cmsim.cli import app
from cmsim.cli.command_table import COMMANDS
from cmsim.cli.options import prices_over
from cmsim.scenario.parameter_sets import load_ensemble

POSTS = ["--set", "service.staff.case_managers=2", "--set", "baseline.staff.case_managers=2"]
SMALL = ["--set", "world.population.clients=20", "--set", "world.warm_up_days=35", "--days", "30", *POSTS]


def is_one_message(error):
    return error.startswith("cmsim: ") and "Traceback" not in error


def test_version(command):
    assert command("--version") == (0, f"cmsim {cmsim.__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("raport", "x"), 'did you mean "report"?'),  # and not import
        (("simulate", "usual_care"), 'did you mean "run"?'),
        (("run", "usual_care", "--cores", "2"), 'did you mean "--workers"?'),  # and not --prices
        (("run", "usual_care", "--reps", "2"), 'did you mean "--replications"?'),  # and not --help
        (("run", "usual_care", "--frobnicate"), "allowed: what cmsim run --help lists\n"),
        (("help",), "allowed: run, compare, find,"),
        (("run", "usual"), 'did you mean "usual_care"?'),
    ],
)
def test_a_word_that_is_unknown_is_told_with_what_was_meant_if_anything(command, words, said):
    status, _, error = command(*words)
    assert status == 2
    assert is_one_message(error)
    assert said in error
    assert error.count("did you mean") == said.count("did you mean")


def test_a_bed_day_is_not_held_against_the_range_of_other_money(command):
    _, out, _ = command("check", "usual_care+prices_us")
    assert "All values lie within their plausible ranges." in out
    (Path.cwd() / "dear.toml").write_text("[world.prices]\nbed_day = 1150.0\n")
    assert "bed_day = 1150 lies outside its plausible range" in " ".join(command("check", "dear.toml")[1].split())


def test_no_cost_is_undefined_without_a_stated_price(command):
    status, out, _ = command("run", "usual_care", *SMALL, "--replications", "1", "--out", "priced")
    assert status == 0
    assert "US dollars of 2023" in " ".join(out.split())
    table = pd.read_csv("priced/outcomes.csv").set_index("outcome")
    assert table.loc[[name for name in table.index if name.startswith("cost_")], "mean"].notna().all()
    assert command("run", "usual_care", *SMALL, "--replications", "1", "--out", "bare", "--prices", "none")[0] == 0
    assert pd.isna(pd.read_csv("bare/outcomes.csv").set_index("outcome").loc["cost_total", "mean"])


def test_bundled_scenarios_are_listed(command):
    status, out, _ = command("scenarios")
    assert status == 0
    assert "usual_care" in out


def test_check_prints_what_a_scenario_resolves_to(command):
    status, out, _ = command("check", "usual_care")
    assert status == 0
    assert "All values lie within their plausible ranges." in out


def test_check_warns_of_implausible_values(command):
    status, out, _ = command("check", "usual_care", "--set", "world.population.insight=0.01")
    assert status == 0
    assert "world.population.insight = 0.01 lies outside its plausible range" in out


def test_evidence_of_everything_marks_what_was_not_read(command):
    status, out, _ = command("evidence")
    assert status == 0
    assert "(unverified)" in out


@pytest.mark.parametrize("key", ["world.population.insight", "population.insight", "insight"])
def test_evidence_of_one_parameter(command, key):
    status, out, _ = command("evidence", key)
    assert status == 0
    assert "world.population.insight" in out


def test_evidence_of_a_fitted_parameter_tells_what_the_calibration_leaves(command):
    sets = [each["world.illness.onset_rate"] for each in load_ensemble()]
    _, out, _ = command("evidence", "world.illness.onset_rate")
    assert f"world.illness.onset_rate is {min(sets):.3g} to {max(sets):.3g} in the calibrated sets" in out
    assert "calibrated sets" not in command("evidence", "world.population.insight")[1]


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("burnout", "world.workforce.leave_rate"),
        ("expressed emotion", "world.illness.criticism_log"),
        ("Relapses", "world.crisis.recency_log"),
    ],
)
def test_evidence_is_found_by_what_it_is_about(command, words, key):
    status, out, _ = command("evidence", words)
    assert status == 0
    assert key in out


def test_evidence_of_a_section_and_of_a_policy_not_chosen(command):
    assert "world.illness." in command("evidence", "illness")[1]
    assert "[fixed]" in command("evidence", "service.titration")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["evidence", "insigt"], 'did you mean "insight"'),
        (["check", "usual_car"], "usual_care"),
        (["run", "missing.toml"], "missing.toml"),
        (["run", "usual_care", "--set", "service.caselod.size=20"], "caseload"),
        (["run", "usual_care", "--set", "nonsense"], "key=value"),
        (["run", "usual_care", "--days", "0"], "run.days"),
        (["run", "usual_care", "--seed", "-1"], "run.seed"),
        (["run", "usual_care", "--replications", "0"], "replications"),
        (["run", "usual_care", "--workers", "0", *SMALL], "workers"),
        (["run", "usual_care", "--set", "world.population.clients=900000"], "clients"),
        (["compare", "usual_care"], "2 or more"),
        (["compare", "usual_care", "usual_care", "--replications", "0"], "replications"),
        (["compare", "usual_care", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_a_mistake_is_one_message_and_status_2(command, tmp_path, words, said):
    status, _, error = command(*words)
    assert status == 2
    assert is_one_message(error)
    assert said in error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["run"], ["run", "usual_care", "--days", "many"], ["fly"], ["run", "a", "--fast"]])
def test_wrong_usage_is_status_2(command, words):
    status, _, error = command(*words)
    assert status == 2
    assert "Traceback" not in error


def test_scenarios_that_cannot_be_paired_are_refused(command, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text('based_on = "usual_care"\n[run]\nseed = 7\n')
    status, _, error = command("compare", "usual_care", str(other))
    assert status == 2
    assert "run.seed" in error
    assert is_one_message(error)


@pytest.mark.parametrize("by", ["its path", "."])
def test_a_folder_of_other_files_is_refused_before_anything_runs(command, tmp_path, monkeypatch, by):
    place = tmp_path / "mine"
    place.mkdir()
    (place / "notes.txt").write_text("mine")
    monkeypatch.chdir(place)
    status, _, error = command("run", "usual_care", "--out", by if by == "." else str(place))
    assert status == 2
    assert "notes.txt" in error


def test_run_writes_whole_results_and_says_where(command, tmp_path):
    logs = ["--event-log", "xes", "--event-log", "vidigi", "--start", "2026-01-05"]
    status, out, error = command("run", "usual_care", *SMALL, *logs, "--replications", "2", "--workers", "1")
    assert (status, error) == (0, "")
    assert "never advice about a real person" in out
    (place,) = (tmp_path / "results").iterdir()
    assert place.name.startswith("run-usual_care-")
    assert f"Saved in results/{place.name}" in out
    listed = json.loads((place / "manifest.json").read_text())
    assert sorted(listed["files"]) == sorted(file.name for file in place.iterdir())
    assert {"outcomes.csv", "contacts.csv", "clients.csv", "daily.csv", "figure.png"} <= set(listed["files"])
    assert {"event_log.xes", "event_log.vidigi.csv"} <= set(listed["files"])
    assert 'value="2026-01-05T00:00:00Z"' in (place / "event_log.xes").read_text()
    assert (
        "event_log.xes is its event log in the format xes; day 0 is 2026-01-05." in (place / "README.txt").read_text()
    )
    assert listed["scenarios"][0]["settings"]["run.days"] == 30
    assert len(pd.read_csv(place / "replications.csv")) == 2
    assert len(pd.read_csv(place / "daily.csv")) == 65


def test_compare_writes_whole_results_and_can_be_done_again(command, tmp_path):
    (tmp_path / "small.toml").write_text(
        'title = "Small"\nbased_on = "usual_care"\n[service.caseload]\nsize = 15\nclosure = "clients_fixed"\n'
    )
    words = ["compare", "usual_care", "small.toml", *SMALL, "--replications", "2", "--workers", "1", "--out", "here"]
    first, second = command(*words), command(*words, "--all")
    assert (first[0], second[0]) == (0, 0)
    assert "stochastic variation only" in first[1]
    assert "clients_fixed" in first[1]
    assert "Adherence" not in first[1]
    assert "Adherence" in second[1]
    table = pd.read_csv(tmp_path / "here" / "outcomes.csv")
    assert set(table["scenario"]) == {"small"}
    assert table["placebo_sd"].notna().any()


@pytest.mark.system
@pytest.mark.skipif(os.name != "posix", reason="needs SIGINT to a process")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_stops_cleanly_and_writes_nothing(tmp_path, workers):
    program = textwrap.dedent(
        """
        from contextlib import contextmanager
        import cmsim.cli.run_commands
        @contextmanager
        def progress(what, unit):
            yield lambda done, total: print("under way", flush=True)
        cmsim.cli.run_commands.progress_bar = progress
        cmsim.cli.main()
        """
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), *sys.path])}
    words = ["run", "usual_care", *SMALL, "--replications", "10000", "--workers", workers]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", program, *words], cwd=tmp_path, env=env, **pipes) as process:
        assert process.stdout.readline() == "under way\n"
        time.sleep(2.0)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.strip() == "cmsim: stopped; nothing was written"
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_after_the_results_are_in_place_says_that_they_are_whole(command, tmp_path, monkeypatch):
    def save_then_stop(repeated, directory, **more):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "manifest.json").write_text("{}")
        raise KeyboardInterrupt

    monkeypatch.setattr("cmsim.experiments.repetition.Repeated.save", save_then_stop)
    status, _, error = command("run", "usual_care", *SMALL, "--replications", "1", "--out", "out")
    assert status == 130
    assert "results saved in out" in error


def test_one_run_has_tidy_tables_and_can_be_saved(tmp_path):
    usual = cmsim.load_scenario("usual_care").replace(
        {"world.population.clients": 20, "world.warm_up_days": 35, "run.days": 30}
    )
    run = cmsim.simulate(usual, 1)
    assert set(run.contacts["client"]) <= set(run.clients["key"])
    assert run.daily["day"].tolist() == list(range(65))
    assert {"day", "minute", "client", "worker", "kind", "what", "detail"} == set(run.events.columns)
    assert run.events["day"].is_monotonic_increasing
    assert run.staff["key"].is_unique
    assert run.table("handovers").equals(run.table("handovers"))
    assert set(run.outcomes()) == set(cmsim.OUTCOMES)
    assert run.digest() == cmsim.simulate(usual, 1).digest() != cmsim.simulate(usual, 2).digest()
    place = run.save(tmp_path / "one")
    assert json.loads((place / "manifest.json").read_text())["digest"] == run.digest()
    with pytest.raises(cmsim.CmsimError, match='did you mean "contacts"'):
        run.table("contact")


def test_every_public_name_can_be_had():
    for name in cmsim.__all__:
        assert getattr(cmsim, name) is not None
    assert set(dir(cmsim)) == set(cmsim.__all__)
    with pytest.raises(AttributeError, match="no public name"):
        _ = cmsim.nothing


def test_one_row_of_a_table_is_a_scenario_by_its_name(tmp_path, monkeypatch):
    from cmsim.cli.options import chosen_scenarios

    monkeypatch.chdir(tmp_path)
    Path("options.csv").write_text("name,service.staff.case_managers\nfour_posts,4\nfive_posts,5\n")
    usual, five = chosen_scenarios(["usual_care", "options.csv:five_posts"], None, None, None)
    assert (five.name, five.service.staff.case_managers) == ("five_posts", 5)
    assert usual.name == "usual_care"
    with pytest.raises(cmsim.CmsimError, match=r'options\.csv: given row "five_post"; did you mean "five_posts"'):
        chosen_scenarios(["usual_care", "options.csv:five_post"], None, None, None)
    with pytest.raises(cmsim.CmsimError, match=r'options\.csv: given row ""; allowed: four_posts, five_posts'):
        chosen_scenarios(["usual_care", "options.csv:"], None, None, None)


def test_prices_are_those_of_a_set_and_nothing_else(tmp_path):
    usual, file = cmsim.load_scenario("usual_care"), tmp_path / "own.toml"
    file.write_text("[service.caseload]\nsize = 20\n")
    with pytest.raises(
        cmsim.CmsimError, match=r'^--prices: given "price_us"; allowed: prices_england, prices_us, none or'
    ):
        prices_over([usual], "price_us")
    for without in ("small_caseload", str(file)):
        with pytest.raises(cmsim.CmsimError, match=r"^--prices: given .*, which sets no price; allowed: prices_"):
            prices_over([usual], without)
    file.write_text("[world.prices]\nbed_day = 800.0\n")
    assert prices_over([usual], str(file))["world.prices.bed_day"] == 800.0


def test_no_help_loses_a_word_in_brackets(monkeypatch):
    """Brackets are marks of style to what prints the help."""
    monkeypatch.setenv("COLUMNS", "400")
    runner, whole = CliRunner(), typer.main.get_command(app)
    overview, seen = runner.invoke(app, ["--help"]).stdout, 0
    for name, command in whole.commands.items():
        shown = runner.invoke(app, [name, "--help"]).stdout
        words = set(re.findall(r"\[\w+\]", command.help or ""))
        words |= {word for each in command.params for word in re.findall(r"\[\w+\]", getattr(each, "help", None) or "")}
        for word in words:
            assert word in shown, (name, word)
            seen += 1
        for word in re.findall(r"\[\w+\]", command.get_short_help_str(400)):
            assert word in overview, (name, word)
    assert seen


def test_each_command_is_listed_as_its_own_help_begins():
    group = typer.main.get_command(app)
    for name, (_, summary) in COMMANDS.items():
        command = group.get_command(None, name)
        assert " ".join(command.help.split("\n\n")[0].split()) == summary
    shown = CliRunner().invoke(app, ["--help"]).output
    assert all(name in shown for name in COMMANDS)


def test_the_list_of_commands_brings_no_model_with_it():
    code = "import sys; from cmsim.cli import main\ntry: main()\nfinally: print([*sys.modules], file=sys.stderr)"
    said = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    assert "compare" in said.stdout
    assert not {"mesa", "numpy", "numba", "pandas", "simpy"} & set(ast.literal_eval(said.stderr))


def test_without_a_word_the_commands_are_shown():
    said = CliRunner().invoke(app, [])
    assert "compare" in said.output
    assert isinstance(said.exception, SystemExit)
