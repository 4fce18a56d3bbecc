"""What a live session says of itself follows from its scenarios alone; what was done can be taken back, and is kept."""

from __future__ import annotations

import os

import pytest

import cmsim
from cmsim.app.session import kept_sessions, session_file
from cmsim.app.session.kept_sessions import MOST_KEPT, Keeper
from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.run_changes import Change, run_name
from cmsim.app.session.run_differences import Effect, Effects
from cmsim.app.session.run_process import Nursery, RunEndedError
from cmsim.app.session.teaching_cases import load_case
from cmsim.app.web.open_sessions import FullError, OpenSessions
from cmsim.core.errors import CmsimError
from support import IN_PROCESS, small_scenario

pytestmark = pytest.mark.system


@pytest.fixture
def small():
    return small_scenario(clients=30, warm_up=28, workers=2).replace({"name": "small", "title": "Small"})


@pytest.fixture
def session(small):
    live = LiveSession(small, nursery=IN_PROCESS)
    live.start()
    yield live
    live.close()


def aims(frames):
    return {name: frame["caseload"] for name, frame in frames.items()}


def test_a_frame_tells_the_caseload_that_is_in_force_on_its_day(session):
    planned = ({"from_day": 31, "service": {"caseload": {"size": 40}}},)
    session.open_comparison(session.scenario.replace({"title": "Creep", "changes": planned}))
    assert session.in_force_since == {"a": 0, "b": 0}
    assert aims(session.advance(2)) == {"a": 25, "b": 25, "p": 25}
    assert aims(session.advance(1)) == {"a": 25, "b": 40, "p": 25}
    assert session.in_force_since == {"a": 0, "b": 31}
    assert session.reset()["b"]["caseload"] == 25
    assert session.go_to(35)["b"]["caseload"] == 40


def test_a_run_is_called_by_its_title_and_what_was_changed_here():
    case = load_case("caseload_creep")
    a, b = case.scenario("a"), case.scenario("b")
    assert run_name(b, b, a) == "Posts go, caseloads creep"
    assert run_name(a, a, b) == "Posts are kept"


def test_changes_are_told_of_the_run_that_has_them(session):
    session.change({"hospital.beds": 30})
    session.open_comparison()
    session.change({"caseload.size": 15}, "b")
    session.change_world({"world.loops.family_burden": False})
    mechanism = Change(0, "world.loops.family_burden", "Mechanism family burden on → off")
    beds = Change(28, "hospital.beds", "Hospital beds, shared with others 42 → 30")
    size = Change(28, "caseload.size", "Target caseload 25 → 15")
    assert session.changes == [("a", beds), ("b", mechanism), ("b", size)]
    assert session.name_of("a") == "Small"
    assert session.name_of("b") == f"Small · {mechanism.text} · {size.text}"
    record = session_file.read(session_file.write(session).encode(), "s.toml")
    assert session.restore(record)["b"]["caseload"] == 15
    assert session.changes == [("a", beds), ("b", mechanism), ("b", size)], (
        "what was planned and what was changed stay apart"
    )
    assert session.name_of("b") == f"Small · {mechanism.text} · {size.text}"


def test_changes_are_undone_one_by_one(session):
    session.advance(7)
    before = session.advance(7)
    session.change({"caseload.size": 30})
    session.change({"caseload.size": 31})  # one step of the slider further
    session.advance(7)
    session.change({"titration": {"rule": "fixed", "level": 0.6}})
    assert len(session.changes) == 3
    session.undo()
    assert [change.key for _, change in session.changes] == ["caseload.size"]
    assert session.undo()["a"]["day"] == session.day == 49
    assert session.changes == []
    session.go_to(35)
    assert session.advance(7) == before, "the same days as if nothing had ever been changed"
    session.undo()
    assert session.day == 49
    assert not session.can_undo
    with pytest.raises(CmsimError, match="nothing to undo"):
        session.undo()


def test_what_replaced_the_runs_is_taken_back(session, small):
    session.advance(7)
    session.open_comparison()
    session.change({"caseload.size": 15}, "b")
    session.advance(7)
    states, differing = session.measure_effects(), dict(session.differing)
    session.load(small.replace({"title": "Other"}))
    assert not session.is_comparing
    session.undo()
    assert (session.day, session.parted_day) == (42, 35)
    assert session.measure_effects() == states
    assert session.differing == differing
    session.close_comparison()
    session.undo()
    assert session.measure_effects() == states


def test_a_change_is_taken_out_as_if_it_had_never_been_made(session):
    plain = session.advance(21)["a"]
    session.reset()
    session.change({"caseload.size": 12, "caseload.closure": "clients_fixed"})
    session.change({"titration": {"rule": "fixed", "level": 0.6}})
    session.advance(21)
    for key in ("caseload.size", "caseload.closure", "titration.rule"):
        change = next(change for _, change in session.changes if change.key == key)
        session.remove_change("a", change)
    assert session.changes == [], "the settings of a rule go with it"
    assert session.day == 49
    session.go_to(28)
    assert session.advance(21)["a"] == plain


def test_a_change_that_was_planned_can_be_taken_out_and_a_mechanism_switched_on_again(session):
    planned = ({"from_day": 30, "service": {"caseload": {"size": 40}}},)
    session.load(session.scenario.replace({"title": "Creep", "changes": planned}))
    session.change_world({"world.loops.bed_pressure": False})
    for _, change in session.changes:
        session.remove_change("a", change)
    assert session.changes == []
    assert session.scenario.world.loops.bed_pressure
    assert session.name_of("a") == "Creep · without: Target caseload 25 → 40"


def test_it_begins_again_without_what_was_changed(session):
    planned = ({"from_day": 30, "service": {"hospital": {"beds": 40}}},)
    session.open_comparison(session.scenario.replace({"title": "Fewer beds", "changes": planned}))
    session.change({"caseload.size": 15}, "a")
    session.change({"caseload.size": 15}, "b")
    session.advance(7)
    session.reset(keep_changes=False)
    assert session.day == 28
    assert [(pane, change.key) for pane, change in session.changes] == [("b", "hospital.beds")]
    session.undo()
    assert (session.day, len(session.changes)) == (35, 2)


@pytest.mark.parametrize("day", [27, 28 + 2556])
def test_only_days_that_can_be_simulated_are_gone_to(session, day):
    with pytest.raises(CmsimError, match="allowed: 28 to 2583"):
        session.go_to(day)
    assert session.day == 28


def test_a_saved_scenario_is_of_the_replication_that_was_seen(small, tmp_path):
    session = LiveSession(small, replication=2, nursery=IN_PROCESS)
    session.start()
    session.advance(7)
    session.open_comparison(small)
    session.change({"hospital.beds": 30}, "b")
    session.advance(14)
    file = tmp_path / "mine.toml"
    file.write_text(session.to_toml("b"))
    digest = session.sum_up()["b"].digest
    record = session_file.read(session_file.write(session).encode(), "s.toml")
    session.close()
    saved = cmsim.load_scenario(file)
    assert saved.title == "Small · Hospital beds, shared with others 42 → 30"
    simulated = saved.replace({"run.days": 21})
    assert cmsim.simulate(simulated).digest() == digest
    assert cmsim.simulate(simulated.replace({"run.first_replication": 0}), 2).digest() == digest
    assert record.scenarios["a"].run.first_replication == 2


def test_runs_of_other_replications_are_not_compared(small):
    other = small.replace({"name": "other", "run.first_replication": 2})
    assert small.first_difference_day(other) == 0
    with pytest.raises(CmsimError, match=r"run\.first_replication is 0 in one and 2 in the other"):
        cmsim.compare(small, other, replications=2)


def test_answers_of_several_runs_never_mix(session):
    session.open_comparison()
    session.runs["b"].close()
    with pytest.raises(RunEndedError):
        session.measure_effects()
    assert session.look_up("c0001").key == "c0001", "not the answer to the question before"
    session.recover()
    assert session.day == 28
    assert session.both_runs("c0001").clients["b"].key == "c0001"


def test_an_error_in_one_run_leaves_no_answer_of_another(session):
    session.open_comparison()
    with pytest.raises(CmsimError, match="nobody is called"):
        session._everybody("look_up", "ab", "nobody-of-that-key")
    assert {person.key for person in session._everybody("look_up", "ab", "c0001").values()} == {"c0001"}


def test_a_process_that_has_ended_meanwhile_is_not_taken():
    kept = Nursery()
    kept.start()
    kept.start()
    first, second = kept._ready
    first._process.kill()
    first._process.wait()
    try:
        assert kept.take() is second
    finally:
        kept.close()
        second.close()


def test_noise_says_nothing_before_the_placebo_run_has_parted():
    policy = [Effect("c0001", -20, True)]
    assert not Effects(28, policy, [Effect("c0001", 0, False)]).has_noise
    assert Effects(28, policy, [Effect("c0001", 0, True)]).has_noise


def test_a_session_is_kept_once_something_was_done(session, small, monkeypatch, tmp_path):
    monkeypatch.setenv("CMSIM_DATA", str(tmp_path))
    keeper = Keeper("my-browser")
    keeper.keep(session)
    assert kept_sessions.kept_sessions() == []
    session.advance(7)
    session.notebook.page("caseload_creep").notes["finding"] = "None so far."
    keeper.keep(session)
    (kept,) = kept_sessions.kept_sessions("my-browser")
    assert kept.said.startswith("Small, day 35, kept ")
    assert kept_sessions.kept_sessions("another") == []
    session.advance(7)
    keeper.keep(session)
    keeper.turn()
    session.load(small)
    session.advance(1)
    keeper.keep(session)
    later, first = kept_sessions.kept_sessions()
    assert [later.read().day, first.read().day] == [29, 42]
    session.restore(first.read())
    assert session.day == 42
    assert session.notebook.page("caseload_creep").notes == {"finding": "None so far."}


def test_only_the_latest_sessions_are_kept(session, monkeypatch, tmp_path):
    monkeypatch.setenv("CMSIM_DATA", str(tmp_path))
    session.advance(1)
    for n in range(MOST_KEPT + 3):
        keeper = Keeper("../../etc")
        keeper.keep(session)
        if keeper.file.exists():
            os.utime(keeper.file, (n, n))
    found = kept_sessions.kept_sessions()
    assert len(found) == MOST_KEPT
    assert {kept.owner for kept in found} == {"nobody"}, "a name from a browser is no path"


def test_what_cannot_be_kept_is_said(session, monkeypatch, tmp_path):
    (tmp_path / "cmsim").write_text("a file, no folder")
    monkeypatch.setenv("CMSIM_DATA", str(tmp_path))
    session.advance(1)
    with pytest.raises(CmsimError, match="the session is not kept"):
        Keeper("me").keep(session)
    kept_sessions.folder().parent.unlink()
    kept_sessions.folder().mkdir(parents=True)
    (kept_sessions.folder() / f"me_{'0' * 16}.toml").write_text("= = =")
    (broken,) = kept_sessions.kept_sessions()
    assert broken.said == ""
    with pytest.raises(CmsimError, match="not TOML"):
        broken.read()


def test_a_tab_and_a_browser_have_their_own_session_back(small, monkeypatch, tmp_path):
    monkeypatch.setenv("CMSIM_DATA", str(tmp_path))
    nursery = type("Nursery", (), {"take": IN_PROCESS.take, "close": lambda self: None})()
    shared = OpenSessions(small, 2, nursery, is_shared=True)
    first, second = shared.open("tab 1", "mine"), shared.open("tab 2", "mine")
    assert first is not second
    with pytest.raises(FullError, match="2 sessions open"):
        shared.open("tab 3", "mine")
    given_up = []
    first.give_up = lambda: given_up.append("first")
    assert shared.open("tab 1", "mine") is first, "a reload"
    assert given_up == ["first"]
    second.is_seen = lambda: False
    with pytest.raises(FullError):
        shared.open("tab 3", "theirs")
    assert shared.open("tab 3", "mine") is second, "a page that was closed a moment ago"
    second.session.close()
    fresh = shared.open("tab 4", "theirs")
    assert fresh not in (first, second)
    fresh.session.start()
    fresh.session.advance(1)
    fresh.keeper.keep(fresh.session)
    assert shared.kept("theirs") == [], "it is open"
    fresh.session.close()
    assert len(shared.kept("theirs")) == 1
    assert shared.kept("mine") == [], "others on the network do not see it"
    shared.close()
