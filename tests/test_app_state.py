"""The app in a real browser: the picture lives on, the page tells what is in force, and nothing is lost."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest

import cmsim
from cmsim.app.session import session_file
from cmsim.app.session.kept_sessions import folder
from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.notebook import Notebook, Page
from cmsim.app.session.teaching_cases import load_case
from support import IN_PROCESS
from test_app import SMALL, Tab, address, browser, children, needs_browser, started  # noqa: F401

pytestmark = [pytest.mark.system, needs_browser]
WORDS = ("usual_care", *[word for setting in SMALL for word in ("--set", setting)])


@pytest.fixture
def tab(browser, address):  # noqa: F811
    opened = Tab(browser, address)
    yield opened
    opened.close()


def small_session(further=None):
    settings = {key: int(value) for key, value in (setting.split("=") for setting in SMALL)}
    small = cmsim.load_scenario("usual_care").replace(settings | (further or {}))
    live = LiveSession(small.replace({"name": "small", "title": "Small"}), nursery=IN_PROCESS)
    live.start()
    return live


def upload(tab, text, tmp_path):
    file = tmp_path / "session.toml"
    file.write_text(text)
    tab.panel("Settings")
    tab.page.locator("input[type=file]").set_input_files(file)


@pytest.mark.parametrize("runs", [1, 2])
def test_the_picture_survives_any_size(tab, runs):
    if runs == 2:
        tab.press("t")
        tab.page.wait_for_selector(".run-b")
    for width, height in ((1440, 480), (1366, 520), (1366, 300), (720, 450), (300, 200), (1440, 90), (1440, 900)):
        tab.page.set_viewport_size({"width": width, "height": height})
        tab.wait(lambda: tab.is_still(lambda state: state["where"]))
        assert not tab.state()["trouble"], (width, height)
    tab.press("w")
    tab.wait(lambda: tab.state()["painted"] == tab.day)


def test_an_error_of_the_picture_is_said_and_ends_with_the_next_day(tab):
    broken = "() => { const box = document.querySelector('.theatre-box'); const c = getElement(+box.id.slice(1)); "
    tab.page.evaluate(f"{broken} c.panes.a.drawDesks = () => {{ throw new Error('out of ink'); }}; c.dirty = true; }}")
    tab.page.get_by_role("alert").filter(has_text="out of ink").wait_for()
    tab.page.evaluate(f"{broken} delete c.panes.a.drawDesks; }}")
    tab.press("w")
    tab.wait(lambda: tab.state()["painted"] == tab.day and not tab.state()["trouble"])
    assert all("out of ink" in said for said in tab.complaints)
    tab.complaints.clear()


def test_rings_settings_names_and_list_follow_a_dated_change(tab, tmp_path):
    live = small_session()
    changed = live.scenario.replace(
        {
            "title": "Posts go",
            "changes": ({"from_day": 60, "service": {"caseload": {"size": 33, "closure": "clients_fixed"}}},),
        }
    )
    live.open_comparison(changed)
    text = session_file.write(live)
    live.close()
    upload(tab, text, tmp_path)
    tab.page.wait_for_selector(".run-b")
    size = tab.page.locator(".control:has(.slider-caseload-size) .control-value")
    tab.wait(lambda: size.inner_text() == "25")
    assert tab.state()["aims"] == [25, 25]
    tab.press("w")
    tab.wait(lambda: tab.state()["aims"] == [25, 33])
    tab.wait(lambda: size.inner_text() == "33")
    about = tab.page.get_by_text("posts follow the number of clients")
    assert about.count() == 1, "the explanation is that of the choice in force"
    assert tab.state()["titles"]["b"] == "B: Posts go", "its title stands for the changes that it came with"
    listed = tab.page.locator(".changed").all_inner_texts()
    assert any("25 → 33" in each for each in listed)
    tab.page.get_by_label(re.compile("Remove: from day 60.*25 → 33")).click()
    tab.wait(lambda: tab.state()["aims"] == [25, 25])
    assert "without" in tab.state()["titles"]["b"]
    tab.page.keyboard.press("Control+z")
    tab.wait(lambda: tab.state()["aims"] == [25, 33])


def test_who_is_selected_is_somebody_who_is_there(tab):
    tab.press("t")
    tab.page.wait_for_selector(".run-b")
    tab.page.locator(".stage canvas").nth(1).focus()
    tab.page.keyboard.press("ArrowRight")
    tab.page.keyboard.press("Enter")
    tab.page.get_by_text("(run B)").wait_for()
    tab.panel("Compare")
    tab.page.get_by_role("button", name="Stop comparing").click()
    tab.page.wait_for_selector(".run-b", state="detached")
    tab.panel("Person")
    tab.page.get_by_text("Click anybody or anything").wait_for()
    assert tab.page.get_by_text("there is no run B").count() == 0
    tab.page.get_by_label("Look up").fill("c9999")
    tab.page.get_by_label("Look up").press("Enter")
    tab.page.get_by_text('nobody is called "c9999"').wait_for()
    tab.press(".")


def test_a_comparison_is_not_replaced_unasked(tab, tmp_path):
    tab.press("t")
    tab.page.wait_for_selector(".run-b")
    tab.press("w")
    tab.page.keyboard.press("r")
    tab.page.get_by_text("This replaces the comparison, now on day 63").wait_for()
    tab.page.get_by_role("button", name="Keep").click()
    tab.page.locator(".q-dialog").wait_for(state="detached")
    assert tab.day == 63
    live = small_session()
    upload(tab, live.to_toml(), tmp_path)
    live.close()
    tab.page.get_by_role("button", name="Replace").click()
    tab.page.wait_for_selector(".run-b", state="detached")
    tab.page.keyboard.press("Control+z")
    tab.page.wait_for_selector(".run-b")
    tab.comes_to(63)


def test_notes_stay_with_their_case_and_a_finished_case_reopens_revealed(tab, tmp_path):
    case = load_case("caseload_creep")
    live = small_session()
    outcomes = {run: {sight.outcome: 0.5 for sight in case.sights} for run in "abp"}
    page = Page(prediction=case.answers[0].text, notes={"finding": "They tire."}, outcomes=outcomes)
    live.notebook = Notebook(case=case.name, played=case.name, pages={case.name: page})
    text = session_file.write(live)
    live.close()
    upload(tab, text, tmp_path)
    tab.panel("Cases")
    finding = tab.page.get_by_label("What did you find?")
    finding.wait_for()
    assert finding.input_value() == "They tire."
    tab.page.get_by_text("It cannot be told beside this prediction").wait_for(state="detached")
    assert case.answers[0].text in tab.page.locator(".judged").inner_text()
    chooser = tab.page.get_by_label("Teaching case")
    for title in ("The revolving door", case.title):
        chooser.click()
        tab.page.get_by_role("option", name=title).click()
        tab.wait(lambda title=title: tab.page.get_by_text(load_case("revolving_door").question).count() == (
            title == "The revolving door"))  # fmt: skip
    assert finding.input_value() == "They tire."


def test_a_reload_takes_the_session_back_in_a_full_house(browser):  # noqa: F811
    process, found = started(*WORDS, "--sessions", "1")
    try:
        first = Tab(browser, found)
        first.press("w")
        first.panel("Settings")
        first.slide("caseload.size", 2)
        first.wait(lambda: first.page.locator(".changed").count() == 1)
        other = Tab(browser, found, wait_for=".waiting-said:has-text('Trying again')")
        first.page.reload()
        first.wait(lambda: first.day == first.state()["day"] == 63)
        assert first.state()["marks"] == [63]
        first.press(".")
        first.close()
        other.wait(lambda: other.state()["phase"])  # it has tried again by itself
        other.close()
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_after_a_crash_it_goes_on_where_it_was(browser, tmp_path):  # noqa: F811
    process, found = started(*WORDS, data=tmp_path)
    try:
        first = Tab(browser, found)
        first.press("w")
        first.panel("Cases")
        first.page.get_by_label("Teaching case").click()
        first.page.get_by_role("option", name="The revolving door").click()
        first.page.get_by_label("Why? (your hypothesis)").fill("The door turns.")
        first.wait(lambda: any("The door turns." in file.read_text() for file in tmp_path.rglob("*.toml")))
    finally:
        process.kill()
        process.wait(timeout=60)
        process.stdout.close()
    first.context.close()
    process, found = started(*WORDS, data=tmp_path)
    try:
        again = Tab(browser, found)
        assert again.day == 56
        again.page.get_by_role("button", name="Go on", exact=True).click()
        again.comes_to(63)
        again.panel("Cases")
        assert again.page.get_by_label("Why? (your hypothesis)").input_value() == "The door turns."
        again.close()
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="there is no /proc to find the runs in")
def test_a_run_that_was_killed_is_said_and_simulated_again(browser):  # noqa: F811
    process, found = started(*WORDS)
    try:
        opened = Tab(browser, found)
        opened.press("w")
        opened.wait(lambda: len(children(process.pid)) == 1 + 2)  # with those kept ready
        for pid in children(process.pid):
            os.kill(pid, signal.SIGKILL)
        opened.panel("Person")
        opened.page.get_by_label("Look up").fill("c0004")
        opened.page.get_by_label("Look up").press("Enter")
        opened.page.get_by_text("A run has stopped unexpectedly").wait_for()
        time.sleep(0.5)
        opened.page.get_by_role("button", name="Go on where you were").click()
        opened.page.locator(".q-dialog").wait_for(state="detached")
        opened.wait(lambda: opened.state()["phase"] and opened.day == 63)
        opened.press(".")
        assert opened.day == 64
        opened.close()
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_sessions_are_kept_below_the_users_data(monkeypatch, tmp_path):
    monkeypatch.setenv("CMSIM_DATA", str(tmp_path))
    assert folder() == tmp_path / "cmsim" / "sessions"
    monkeypatch.delenv("CMSIM_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "mine"))
    assert folder().name == "sessions"
