"""Files in and out of the app: through the scenario loader, within limits, and nothing that runs code."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

import cmsim
from cmsim.app.session import session_file
from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.notebook import Notebook, Page
from cmsim.app.session.replay import Planned
from cmsim.cli import app as command_line
from cmsim.core.errors import CmsimError
from support import IN_PROCESS

pytestmark = pytest.mark.system

SMALL = {
    "world.population.clients": 40,
    "world.warm_up_days": 28,
    "service.staff.case_managers": 2,
    "baseline.staff.case_managers": 2,
}


@pytest.fixture(scope="module")
def session():
    small = cmsim.load_scenario("usual_care").replace({"name": "small", "title": "Small", **SMALL})
    live = LiveSession(small, nursery=IN_PROCESS)
    live.start()
    live.advance(7)
    live.open_comparison()
    live.change({"caseload.size": 15}, "b")
    live.advance(7)
    yield live
    live.close()


def test_a_saved_scenario_is_taken_by_the_command_line(session, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(session.to_toml("b"))
    done = CliRunner().invoke(command_line, ["check", str(file)])
    assert done.exit_code == 0, done.output
    assert "size = 15" in done.output


def test_a_saved_scenario_is_run_by_the_command_line(session, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(session.to_toml("b"))
    words = ["run", str(file), "--replications", "1", "--days", "14", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(command_line, words)
    assert done.exit_code == 0, done.output
    simulated = cmsim.load_scenario(file).replace({"name": "simulated", "run.days": 14})
    assert cmsim.simulate(simulated).digest() == session.sum_up()["b"].digest, "the file lives the same days"


def test_a_session_with_a_week_in_the_chair_is_lived_again(session):
    scenario = session.courses["a"].scenario
    live = LiveSession(scenario, nursery=IN_PROCESS)
    try:
        live.start()
        live.change({"hospital.beds": 30})
        desk = live.sit(0)
        first = desk.clients[0].key
        day = next(day for day in range(5) if day not in desk.away)
        live.decide([Planned(client=first, weekday=day, how="at home", minutes=60)], {first: 0.9})
        live.change({"caseload.size": 12}, "b")
        live.advance(9)
        sums, effects, differing = live.sum_up(), live.measure_effects(), live.differing
        record = session_file.read(session_file.write(live).encode(), "session.toml")
        day, parted = live.day, live.parted_day
        weeks = live.courses["a"].weeks
    finally:
        live.close()
    assert record.weeks == weeks
    again = LiveSession(scenario, nursery=IN_PROCESS)
    try:
        opened = again.restore(record)
        assert opened["a"]["day"] == again.day == day
        assert again.parted_day == parted
        assert {name: each.digest for name, each in again.sum_up().items()} == {
            name: each.digest for name, each in sums.items()
        }
        assert again.measure_effects() == effects
        assert {name: (len(each), each[-1]) for name, each in again.differing.items()} == {
            name: (len(each), each[-1]) for name, each in differing.items()
        }
    finally:
        again.close()


@pytest.mark.parametrize(
    "weeks",
    [
        "weeks = 3",
        "weeks = [3]",
        "[[weeks]]\nday = -1\npost = 0",
        '[[weeks]]\nday = 28\npost = 0\nplanned = [["c0001", 9, "at home", 30]]',
        '[[weeks]]\nday = 28\npost = 0\nplanned = [["c0001", 1, "on the moon", 30]]',
        '[[weeks]]\nday = 28\npost = 0\nplanned = [["c0001", 1, "at home", true]]',
        "[[weeks]]\nday = 28\npost = 0\ndoses = {c0001 = 7}",
        "[[weeks]]\nday = 28\npost = 0\ndoses = 7",
    ],
)
def test_weeks_that_make_no_sense_are_refused(session, weeks):
    head, _, tail = session_file.write(session).partition("[cmsim_session]")
    table = f"[cmsim_session]{tail}"
    text = f"{head}{table}\n{weeks}\n" if weeks.startswith("[[") else f"{head}{weeks}\n{table}"
    with pytest.raises(CmsimError, match=r"weeks|day|doses"):
        session_file.read(text.encode(), "session.toml")


def test_a_session_comes_back_with_its_notes(session):
    notes = {"question": "Does it matter?", "finding": 'It "does", a little.\nSo we think.', "decision": "Wait."}
    page = Page(prediction="Relapses rise first", notes=notes, outcomes={"a": {"relapses": 0.1 + 0.2}})
    session.notebook = Notebook(case="caseload_creep", pages={"caseload_creep": page, "revolving_door": Page()})
    record = session_file.read(session_file.write(session).encode(), "session.toml")
    assert isinstance(record, session_file.Record)
    assert record.notebook == session.notebook
    assert record.day == session.day
    for run in ("a", "b"):
        assert record.scenarios[run].digest() == session.courses[run].scenario.digest()


def test_a_session_is_no_scenario_for_the_command_line(session, tmp_path):
    file = tmp_path / "session.toml"
    file.write_text(session_file.write(session))
    done = CliRunner().invoke(command_line, ["check", str(file)])
    assert done.exit_code != 0
    assert "given a session saved in the teaching app" in str(done.exception) + done.output


def test_a_session_of_an_earlier_version_is_read(session):
    scenario = session.courses["a"].scenario
    text = (
        '[cmsim_session]\nversion = "0.1.0"\nday = 42\nreplication = 2\ncase = "caseload_creep"\n'
        'prediction = "Relapses rise first"\n[notes]\nfinding = "None."\n[scenarios]\n'
        f"a = '''{scenario.to_toml()}'''\nb = '''{scenario.to_toml()}'''\n"
    )
    record = session_file.read(text.encode(), "old.toml")
    page = record.notebook.page("caseload_creep")
    assert (page.prediction, page.notes) == ("Relapses rise first", {"finding": "None."})
    assert (record.notebook.case, record.notebook.played) == ("caseload_creep", "caseload_creep")
    assert record.scenarios["b"].run.first_replication == 2


def test_a_scenario_based_on_a_bundled_one_is_read():
    found = session_file.read(b'based_on = "usual_care"\n[service.caseload]\nsize = 18\n', "mine.toml")
    assert found.service.caseload.size == 18
    assert found.name == "mine"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b'[service.titration]\nrule = "os:system"\n', "runs code"),
        (b'[[changes]]\nfrom_day = 400\n[changes.service.titration]\nrule = "a.b:C"\n', "runs code"),
        (b'"service.titration.rule" = "this:x"\n', "runs code"),
        (b'[service]\n"titration.rule" = "this:x"\n', "runs code"),
        (b'[[changes]]\nfrom_day = 400\n"service.titration.rule" = "this:x"\n', "runs code"),
        (b'[cmsim_session]\n[scenarios]\na = \'"service.titration.rule" = "this:x"\'\n', "runs code"),
        (b'extensions = ["this"]\n', "runs code"),
        (b'"extensions" = ["unittest.__main__:x"]\n', "runs code"),
        (b'based_on = "/etc/passwd.toml"\n', "based_on"),
        (b'based_on = "../usual_care.toml"\n', "based_on"),
        (b'based_on = "other.toml"\n', "there is no such"),
        (b"[service.caseload]\nsise = 3\n", "did you mean"),
        (b"\xff\xfe", "not UTF-8"),
        (b"= = =", "not TOML"),
        (b"# nothing\n", "given nothing"),
        (b"a" * (2**20 + 1), "bytes"),
        (b"[world.population]\nclients = 90000\n", "allowed in the app"),
        (b"cmsim_session = 3\n", "a table"),
        (b'[cmsim_session]\nday = "x"\n[scenarios]\na = ""\n', "whole number"),
        (b'[cmsim_session]\n[scenarios]\nc = ""\n', "scenarios"),
        (b"[cmsim_session]\n[scenarios]\na = \"[service.titration]\\nrule = 'x:y'\"\n", "runs code"),
        (b'evil = 1\n[cmsim_session]\n[scenarios]\na = ""\n', "unknown key"),
    ],
)
def test_a_bad_file_is_refused_with_its_name(content, named):
    with pytest.raises(CmsimError, match=named) as refused:
        session_file.read(content, "C:\\somewhere\\bad.toml")
    assert "bad.toml" in str(refused.value)
    assert "/tmp" not in str(refused.value)


def test_nothing_is_imported_for_a_rule_from_outside(monkeypatch):
    import importlib

    def never(name, *rest):
        raise AssertionError(f"{name} was imported")

    monkeypatch.setattr(importlib, "import_module", never)
    with pytest.raises(CmsimError, match="runs code"):
        session_file.read(b'[service.turnover.handover]\nrule = "antigravity:Fly"\n', "bad.toml")
