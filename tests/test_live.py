"""Live sessions: what is watched is the same run that a run of the saved scenario gives."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import ValidationError

import cmsim
from cmsim.app.session import setting_controls
from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.replay import Planned
from cmsim.app.session.run_differences import tally
from cmsim.app.session.run_process import Nursery
from cmsim.app.session.week_plan import Desk, DeskClient, DeskWeek, Made, Truth, WeekResult, surprises
from cmsim.core.errors import CmsimError
from cmsim.core.simtime import DAY
from cmsim.scenario.nested_settings import as_table, flatten
from cmsim.schema.codes import Phase, Setting
from support import IN_PROCESS

pytestmark = pytest.mark.system

SMALL = {
    "world.population.clients": 60,
    "world.warm_up_days": 56,
    "service.staff.case_managers": 3,
    "baseline.staff.case_managers": 3,
}


@pytest.fixture(scope="module")
def nursery():
    kept = Nursery(ready=2)
    kept.fill()
    yield kept
    kept.close()


@pytest.fixture
def small():
    return cmsim.load_scenario("usual_care").replace({"name": "small", "title": "Small", **SMALL})


@pytest.fixture
def session(small):
    live = LiveSession(small, nursery=IN_PROCESS)
    live.start()
    yield live
    live.close()


def planned_contact(client, weekday, *, minutes=30):
    return Planned(client=client, weekday=weekday, how="at home", minutes=minutes)


def play(session, days):
    frames = {}
    while days > 0:
        frames = session.advance(min(days, 7))
        days -= 7
    return frames


def test_a_session_begins_at_the_end_of_the_warm_up(session):
    assert session.day == 56
    assert session.progress == 1.0
    opened = session.advance(1)
    assert opened["a"]["day"] == session.day == 57


def test_whoever_asks_first_for_the_pictures_begins_the_session(small, nursery):
    session = LiveSession(small, nursery=nursery)
    first = session.pictures()
    again = session.pictures()
    session.close()
    assert session.day == 56
    assert first["a"]["phase"] == again["a"]["phase"]


def test_the_first_picture_has_everybody(small, nursery):
    session = LiveSession(small, nursery=nursery)
    opened = session.start()["a"]
    session.close()
    clients = len(opened["keys"])
    assert clients >= 60
    assert len(opened["phase"]) == len(opened["place"]) == len(opened["post"]) == clients
    assert len(opened["courses"]["ill"]) == 56
    assert len(opened["workers"]) == 3


def test_the_run_of_a_process_is_that_of_the_saved_scenario(small, nursery, tmp_path):
    session = LiveSession(small, nursery=nursery)
    session.start()
    play(session, 21)
    session.change({"caseload.size": 12, "caseload.closure": "clients_fixed"})
    play(session, 21)
    session.change({"titration": {"rule": "fixed", "level": 0.6}})
    session.change({"turnover.supervision_hours": 0.0})
    play(session, 42)
    file = tmp_path / "saved.toml"
    file.write_text(session.to_toml())
    saved = cmsim.load_scenario(file)
    assert [day for day, _ in saved.changes] == [77, 98]
    simulated = saved.replace({"run.days": session.day - 56})
    digest = session.sum_up()["a"].digest
    session.close()
    assert cmsim.simulate(simulated).digest() == digest


def test_reset_gives_the_same_days_again(session):
    session.change({"hospital.beds": 20})
    first = play(session, 28)
    session.reset()
    assert session.day == 56
    assert play(session, 28) == first


def test_a_change_says_what_differs_and_nothing_where_nothing_does(session):
    assert session.change({"caseload.size": 25}) == []
    assert session.change({"caseload.size": 30}) == [("caseload.size", 25, 30)]
    assert session.change({"turnover.handover": {"rule": "warm"}})[0][:2] == ("turnover.handover.rule", "cold")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"caseload.size": 0}, "caseload.size"),
        ({"caseload.sise": 20}, "size"),
        ({"hospital.beds": 5_000}, "2000"),
        ({"titration": {"rule": "os:system"}}, "rule"),
    ],
)
def test_a_wrong_change_is_refused_and_harms_nothing(session, wrong, named):
    with pytest.raises(CmsimError, match=named):
        session.change(wrong)
    assert session.advance(1)["a"]["day"] == 57
    assert not session.scenario.changes


def test_twins_are_equal_until_the_change_and_part_after_it(session):
    play(session, 14)
    session.open_comparison()
    frames = play(session, 28)
    assert frames["a"] == frames["b"]
    session.change({"titration": {"rule": "fixed", "level": 0.0}, "turnover.supervision_hours": 0.0}, "b")
    play(session, 140)
    assert session.differing["b"][:28] == [0] * 28
    assert session.differing["b"][-1] > 0
    effects = session.measure_effects()
    assert tally(effects.policy).differ > 0
    assert effects.since == 56 + 14
    who = next(effect.key for effect in effects.policy if effect.differs)
    both = session.both_runs(who)
    assert both.parts is not None
    assert both.parts.minute >= (56 + 14 + 28) * 1440
    assert both.parts.what
    assert both.turn is None or both.turn.day >= both.parts.day
    assert "titration" in both.parts.why[-1], "the last reason names what the policies differ in"
    before = [moment for moment in both.moments["a"] if moment.minute < both.parts.minute]
    turning = [moment for moment in before if moment.kind != "contacts"]
    assert [moment.what for moment in turning] == [
        moment.what for moment in both.moments["b"] if moment.kind != "contacts"
    ][: len(turning)]
    assert {key for key, _, _ in both.policies} >= {"titration.rule", "turnover.supervision_hours"}
    assert both.clients["a"].key == both.clients["b"].key == who


def test_the_placebo_comparison_is_under_the_same_policy(session):
    session.open_comparison()
    session.change({"hospital.beds": 5}, "a")
    assert session.courses["p"].scenario.service_on(session.day).hospital.beds == 5
    assert session.courses["b"].scenario.service_on(session.day).hospital.beds == 42


def test_a_comparison_of_another_scenario_is_lived_from_where_they_part(session):
    play(session, 35)
    session.open_comparison(session.scenario.replace({"service.caseload.size": 15}))
    assert session.parted_day == 56
    assert session.day == 56
    play(session, 7)
    assert session.day == 63


def test_twins_need_the_same_people(session):
    other = session.scenario.replace({"world.population.clients": 61})
    with pytest.raises(CmsimError, match="same people"):
        session.open_comparison(other)


def test_a_mechanism_switched_off_lives_the_run_again(session):
    play(session, 10)
    opened = session.change_world({"world.loops.bed_pressure": False})
    assert session.day == 66 == opened["a"]["day"]
    assert not session.scenario.world.loops.bed_pressure


def test_anybody_can_be_looked_up(session):
    play(session, 28)
    person = session.look_up("c0003")
    assert person.sort == "client"
    assert person.ties
    assert person.moments[0].day <= session.day
    assert len(person.week_days) == len(person.weeks["need housing"])
    assert person.weeks["support treatment"][-1] > 0
    worker = session.look_up(next((tie["to"] for tie in person.ties if tie["to"].startswith("w")), "w01.1"))
    assert worker.sort == "case manager"
    assert session.look_up(worker.key.split(".")[0]) == worker
    with pytest.raises(CmsimError, match="did you mean"):
        session.look_up("c003")


def test_everybody_and_every_place_can_be_looked_up(small):
    from cmsim.app.session.live_run import LiveRun
    from cmsim.app.session.place_details import everybody
    from cmsim.app.session.replay import Course

    run = LiveRun(Course(small), 120)
    c = run.community
    people = {agent.key for agent in (*c.clients, *c.at_work)}
    sorts = set()
    for key in everybody(c).keys() - people:
        found = run.look_up(key)
        sorts.add(found.sort)
        assert found.key == key
        assert found.title
        assert found.about
        assert all(tie["to"] and tie["text"] for tie in found.ties)
        days = [(item["day"], item["minute"]) for item in found.story]
        assert days == sorted(days, reverse=True)
        assert all(0 <= day <= 120 for day, _ in days)
    assert sorts == {"family", "helper", "psychiatrist", "supervisor", "agency", "hospital", "place"}
    inside = {tie["to"] for tie in run.look_up("hospital").ties}
    assert inside == {client.key for client in c.clients if Setting(client.setting).label == "hospital"}
    told = [item for item in run.look_up("hospital").story if item["text"].startswith("admitted")]
    assert len(told) == len(c.ledger["admissions"].rows()) + len(inside)
    family = next(client.family for client in c.clients if client.family is not None)
    assert family.client.key in {tie["to"] for tie in run.look_up(family.key).ties}


def test_it_is_told_who_notices_first_signs_and_which_are_missed(small):
    from cmsim.app.session.live_run import LiveRun
    from cmsim.app.session.replay import Course

    run = LiveRun(Course(small.replace({"world.illness.onset_rate": 2.0})), 56)
    told = [thing for _ in range(120) for thing in run.advance(1)["things"]]
    keys = [client.key for client in run.community.clients]
    noticed = {(thing["client"], thing["day"]) for thing in told if thing["tone"] == "noticed"}
    rows = run.community.ledger["transitions"].rows()
    ended = rows[(rows["from"] == 1) & (rows["minute"] >= 56 * DAY)]
    missed = ended[ended["noticed_by"] == 0]
    assert len(missed) > 3
    for row in missed:
        here = [thing for thing in told if thing["client"] == keys[row["client"]]]
        assert any(
            thing["day"] == row["minute"] // DAY and thing["text"].endswith("nobody had noticed the signs")
            for thing in here
        )
    begun = {}
    for row in rows:
        if row["to"] == 1:
            begun[int(row["client"])] = int(row["minute"])
        elif row["from"] == 1 and row["noticed_by"] > 0 and int(row["client"]) in begun:
            at = (begun[int(row["client"])] + float(row["noticed_after"]) * DAY + 0.5) // DAY
            if 56 <= at < row["minute"] // DAY:
                assert (keys[row["client"]], at) in noticed
    assert len(noticed) > 3


def test_a_placebo_comparison_is_nudged_every_week(small):
    """One minute once is swallowed by the day it falls on; then nothing would be compared with."""
    from cmsim.app.session.live_run import LiveRun
    from cmsim.app.session.replay import Course

    simulated = []
    for perturb_day in (None, 60):
        run = LiveRun(Course(small, perturb_day=perturb_day), 56)
        for _ in range(10):
            run.advance(14)
            run.follow(run.course)  # a change of policy does not end it
        rows = run.community.ledger["contacts"].rows()
        simulated.append(rows[rows["by"] == 0])
    before = [rows[rows["minute"] < 60 * DAY] for rows in simulated]
    assert (before[0] == before[1]).all()
    travel = [rows["travel"].sum() for rows in simulated]
    assert len(simulated[0]) != len(simulated[1]) or travel[1] - travel[0] >= 10


def test_a_placebo_comparison_that_was_changed_is_lived_again_as_it_was(small):
    """Whoever opens a session again lives it from its beginning: changes must not shift the weekly minute."""
    from cmsim.app.session.live_run import LiveRun
    from cmsim.app.session.replay import Course

    course = Course(small, perturb_day=59)
    watched = LiveRun(course, 56)
    for _ in range(3):
        watched.advance(9)
        watched.follow(course)
    again = LiveRun(course, 56 + 27)
    one, two = (run.community.ledger["contacts"].rows() for run in (watched, again))
    assert one.tobytes() == two.tobytes()


def test_the_placebo_comparison_of_a_learner_lives_the_learner_s_weeks(session):
    desk = session.sit(0)
    session.decide([], {desk.clients[0].key: 1.0})
    weeks = {name: course.weeks for name, course in session.courses.items()}
    assert weeks["p"] == weeks["a"] != weeks["b"] == ()


def test_the_desk_holds_no_more_than_the_worker_knows(session):
    desk = session.sit(1)
    known = set(
        "key believed_need knowledge dose not_seen_days known_unwell known_inside since_discharge "
        "with_me_days family home travel due".split()
    )
    assert {name for client in desk.clients for name in vars(client)} == known
    assert set(vars(desk)) == {"worker", "day", "minutes_a_day", "notes_share", "ward_travel", "away", "clients"}


def test_the_learner_s_week_is_lived_as_decided(session):
    desk = session.sit(1)
    assert session.day % 7 == 0
    assert not hasattr(desk.clients[0], "phase"), "a worker does not see the truth"
    days = [day for day in range(5) if day not in desk.away]
    assert days, "the seed of this test has the worker at work"
    chosen = desk.clients[:3]
    planned = [planned_contact(each.key, days[0]) for each in chosen]
    after = session.decide(planned, {chosen[0].key: 0.9})
    made = [contact for contact in after.contacts["a"] if contact.kind == "visit"]
    assert {contact.client for contact in made} <= {each.key for each in chosen}
    assert {contact.day for contact in made} == {desk.day + days[0]}
    assert after.truth["a"][chosen[0].key].dose == 0.9
    assert after.contacts["b"] != after.contacts["a"]
    assert session.day == desk.day + 7


def test_the_chair_refuses_what_is_not_on_the_caseload(session):
    desk = session.sit(0)
    mine = {each.key for each in desk.clients}
    stranger = next(key for key in (f"c{n:04d}" for n in range(1, 61)) if key not in mine)
    with pytest.raises(CmsimError, match=stranger):
        session.decide([planned_contact(stranger, 0)], {})
    with pytest.raises(ValidationError, match="minutes"):
        planned_contact(desk.clients[0].key, 0, minutes=5000)
    with pytest.raises(CmsimError, match="planned"):
        session.decide([planned_contact(desk.clients[0].key, 0)] * 201, {})
    with pytest.raises(CmsimError, match="doses"):
        session.decide([], {desk.clients[0].key: 1.5})
    assert session.decide([], {}).desk is not None


def test_a_run_that_ends_is_said_so(session):
    session.runs["a"].close()
    with pytest.raises(CmsimError, match="has ended"):
        session.advance(1)
    assert session.reset()["a"]["day"] == 56


def test_too_large_a_scenario_is_refused(small):
    with pytest.raises(CmsimError, match="allowed in the app"):
        LiveSession(small.replace({"world.population.clients": 5_000}))


def test_every_control_has_a_definition_and_evidence(small):
    groups = setting_controls.controls(small, 56)
    found = [setting for group in groups.values() for setting in group]
    assert len(found) > 20
    for setting in found:
        assert setting.evidence
        if setting.sort == "number":
            assert setting.limits[0] <= setting.low <= setting.high <= setting.limits[1]
    assert {"titration.pace", "crisis.teams", "hospital.beds"} <= {setting.key for setting in found}
    assert len(setting_controls.every(small, 56)) > 100
    assert setting_controls.loops(small)


def test_every_control_can_be_set(small):
    """A control's own value and the ends of its range are taken by the scenario."""
    for setting in setting_controls.every(small, 56).values():
        tried = [setting.value]
        if setting.sort == "number":
            tried += [int(end) if setting.whole else float(end) for end in (setting.low, setting.high)]
        for value in tried:
            chosen = {"rule": value} if setting.sort == "rule" else value
            service = dict(flatten(as_table(small.replace({f"service.{setting.key}": chosen}).service)))
            held = service[f"{setting.key}.rule" if setting.sort == "rule" else setting.key]
            assert (list(held) if isinstance(value, list) else held) == value, setting.key


def test_what_a_run_keeps_has_bounds(small, monkeypatch):
    from cmsim.app.session import client_log, event_feed
    from cmsim.app.session.live_run import LiveRun
    from cmsim.app.session.replay import Course

    monkeypatch.setattr(client_log, "_MOST_WEEKS", 10)
    run = LiveRun(Course(small), 56)
    run.open()
    for _ in range(12):
        frame = run.advance(14)
        assert len(frame["things"]) <= event_feed.MOST
        assert len(frame["courses"]["ill"]) == 14, "only what was not yet sent"
    assert len(run.look_up("c0001").week_days) == 10
    assert not run._things


def test_a_reset_keeps_a_comparison_and_its_changes(session):
    session.open_comparison()
    play(session, 7)
    session.change({"caseload.size": 12}, "b")
    first = play(session, 14)
    session.reset()
    assert session.day == 56
    assert play(session, 21)["b"] == first["b"]
    session.close_comparison()
    assert set(session.advance(1)) == {"a"}


def test_a_parting_in_the_future_is_told(session):
    later = session.scenario.replace({"changes": ({"from_day": 70, "service": {"hospital": {"beds": 9}}},)})
    session.open_comparison(later)
    assert (session.day, session.parted_day) == (56, 70)
    assert session.differing["b"] == []
    play(session, 14)
    assert session.differing["b"] == [0] * 14


def test_new_rows_are_those_after_a_count():
    import numpy as np

    from cmsim.core.ledger import Table
    from cmsim.schema.tables import KINDS

    kind = next(kind for kind in KINDS if kind.name == "registrations")
    table = Table(kind)
    write = table.writer()
    for n in range(3):
        write(minute=n, client=n, event=0)
    table.extend(np.array([(n, n, 0) for n in range(3, 8)], dtype=kind.dtype))
    for n in range(8, 10):
        write(minute=n, client=n, event=0)
    for count in range(11):
        assert table.since(count)["minute"].tolist() == list(range(count, 10))
    assert len(table) == 10
    assert table.rows()["minute"].tolist() == list(range(10))
    assert table.since(7)["minute"].tolist() == [7, 8, 9]


def test_the_warm_up_shows_itself_and_goes_on_as_if_it_did_not(small):
    from cmsim.app.session.live_run import LiveRun
    from cmsim.app.session.replay import Course

    seen = []
    shown, plain = LiveRun(Course(small), 56, show=seen.append), LiveRun(Course(small), 56)
    assert [picture["day"] for picture in seen] == [0, 20, 40]
    assert all(len(picture["phase"]) == len(picture["keys"]) >= 60 for picture in seen)
    assert len({picture["phase"] for picture in seen}) == 3, "it moves"
    assert shown.open() == plain.open()
    for _ in range(4):
        assert shown.advance(7) == plain.advance(7)
    simulated = small.replace({"run.days": 28})
    assert cmsim.simulate(simulated).digest() == shown.sum_up(56).digest == plain.sum_up(56).digest


def test_who_waits_for_the_first_pictures_sees_the_warm_up(small, nursery):
    session = LiveSession(small, nursery=nursery)
    seen = []
    with ThreadPoolExecutor(1) as thread:
        waits = thread.submit(session.pictures)
        while not waits.done():
            picture = session.preview
            if picture is not None and (not seen or picture is not seen[-1]):
                seen.append(picture)
            time.sleep(0.001)
        opened = waits.result()
    assert seen
    assert [picture["day"] for picture in seen] == sorted({picture["day"] for picture in seen})
    assert all(picture["day"] < 56 for picture in seen)
    assert opened["a"]["day"] == 56
    assert session.preview is None, "there is the real picture now"
    session.reset()
    assert session.preview is None
    session.close()


def test_a_process_that_was_started_early_is_the_first_to_be_taken():
    kept = Nursery()
    kept.start()
    try:
        (early,) = kept._ready
        assert kept.take() is early
        assert not kept._ready, "nothing more is made ready before the first picture"
    finally:
        kept.close()
        early.close()


def test_a_process_is_started_without_what_a_run_needs():
    """A second of imports would be waited for before the first run can begin to get ready."""
    code = "import sys, cmsim.app.session.run_process; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "scipy", "pydantic", "cmsim.scenario"} & set(done.stdout.split())


def desk_of(*clients, away=()):
    known = {
        "believed_need": 0.5,
        "knowledge": 0.5,
        "dose": 0.32,
        "not_seen_days": 3,
        "known_unwell": False,
        "known_inside": False,
        "since_discharge": None,
        "with_me_days": 100,
        "family": False,
        "home": "own home",
        "travel": 20,
        "due": {},
    }
    return Desk(
        worker="w01.1",
        day=0,
        minutes_a_day=400,
        notes_share=0.2,
        ward_travel=12,
        away=away,
        clients=tuple(DeskClient(**{**known, **one}) for one in clients),
    )


def test_a_week_at_the_desk_fills_the_days_with_what_is_due():
    week = DeskWeek(
        desk_of(
            {"key": "a", "due": {"visit": 1, "call": 3}},
            {"key": "b", "due": {"call": -2}},
            {"key": "c", "due": {"visit": 9}},
            {"key": "d", "due": {"visit": 0}, "known_inside": True},
            away=(0, 1, 2),
        )
    )
    assert week.doses == dict.fromkeys("abcd", 0.3)
    for key, day, how in week.due():
        week.plans[key].day, week.plans[key].how = day, how
    assert [(each.client, each.weekday, each.how) for each in week.planned()] == [
        ("a", 3, "at home"),
        ("b", 4, "by phone"),
        ("d", 4, "on the ward"),
    ]
    assert week.minutes() == [0.0, 0.0, 0.0, 45 * 1.2 + 20, 45 * 1.2 * 2 + 12]
    assert not list(week.due()), "what is planned is due no more"
    week.plans["a"].again = True
    assert [each.weekday for each in week.planned() if each.client == "a"] == [3, 4]


def test_the_end_of_a_week_tells_first_where_belief_was_furthest_off():
    desk = desk_of({"key": "a", "believed_need": 0.9}, {"key": "b"}, {"key": "c"}, {"key": "left"})
    truth = dict.fromkeys("abc", Truth(Phase.STABLE, False, 0.5, 0.3))
    before = {**truth, "b": Truth(Phase.PRODROMAL, False, 0.5, 0.3), "left": truth["a"]}
    contacts = {run: [Made("b", 1, "visit", 30, outcome, False)] for run, outcome in (("a", "held"), ("b", "missed"))}
    found, summary = surprises(desk, WeekResult(before, {"a": truth, "b": truth}, contacts, None))
    assert [each.one.key for each in found] == ["b", "a", "c"]
    assert "You made 1 contact; under the agency's usual rules it would have been 0." in summary
    assert "1 person had signs of illness that you did not know about on Monday: b." in summary
