"""The app in a real browser: what a room does with it, and what must not happen.

Needs nicegui, playwright and a Chromium; says why it is skipped where one is missing.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytestmark = pytest.mark.system

pytest.importorskip("nicegui", reason="nicegui is not installed; pip install -e '.[test]' brings it")
playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed; pip install -e '.[test]' brings it"
)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium; apt-get install chromium")

SMALL = ["world.population.clients=70", "world.warm_up_days=56", "service.staff.case_managers=3",
         "baseline.staff.case_managers=3"]  # fmt: skip
PATIENCE = 180.0
"""Seconds that something may take, on a machine that is busy and has nothing compiled yet."""
QUIET = """--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync""".split()
"""What a browser does of its own accord is not the app's doing."""


def answers(address):
    """Wait until the app listens, which is a moment after it said where."""
    ends = time.monotonic() + PATIENCE
    host, _, port = address.split("/")[2].partition(":")
    while time.monotonic() < ends:
        try:
            return socket.create_connection((host, int(port)), timeout=5).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError(f"nothing listens at {address}")


DATA = tempfile.TemporaryDirectory(prefix="cmsim_data_")
"""Where sessions are kept, in place of the user's own folder."""


def started(*words, data=DATA.name):
    """Start the app on a free port; return the process and its address."""
    command = [sys.executable, "-m", "cmsim", "app", "--port", "0", "--no-browser", *words]
    # nicegui behaves otherwise where it believes itself under test
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    env["CMSIM_DATA"] = str(data)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
    said = []
    for line in process.stdout:
        said.append(line)
        found = re.search(r"http://\S+", line)
        if found:
            answers(found[0])
            return process, found[0]
    process.communicate()
    raise AssertionError(f"the app did not start: status {process.returncode}\n{''.join(said)}")


@pytest.fixture(scope="module")
def address():
    process, found = started("usual_care", *[word for setting in SMALL for word in ("--set", setting)])
    yield found
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as tool:
        opened = tool.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


class Tab:
    """One tab, with everything that it asked for and complained of; ``new`` in a browser that never opened the app."""

    def __init__(self, browser, address, noted="", wait_for=".theatre canvas", new=False, context=None, **options):
        options = {"viewport": {"width": 1280, "height": 800}, **options}
        self.context = context or browser.new_context(accept_downloads=True, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(1000.0 * PATIENCE)
        self.complaints, self.requests = [], []
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else 0)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", self.connected)
        self.received = []
        self.page.add_init_script(noted if new else f"{noted}; localStorage.setItem('cmsim-welcomed', '1')")
        self.page.goto(address)
        self.page.wait_for_selector(wait_for)
        if wait_for == ".theatre canvas":
            self.wait(lambda: self.state()["phase"])

    def connected(self, socket):
        self.requests.append(socket.url)
        socket.on("framereceived", lambda payload: self.received.append(str(payload)))

    def state(self):
        found = self.page.evaluate(
            "() => { const box = document.querySelector('.theatre-box'); const id = +box.id.slice(1); "
            "return JSON.stringify(getElement(id).state()); }"
        )
        return json.loads(found)

    @property
    def day(self):
        return int(re.search(r"day (\d+)", self.page.locator(".date").inner_text())[1])

    def wait(self, true):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                if true():
                    return
            except (AttributeError, TypeError, playwright.Error):
                pass
            time.sleep(0.05)
        raise AssertionError("waited in vain")

    def panel(self, name):
        self.page.get_by_role("tab", name=name).click()

    def comes_to(self, day):
        """Wait until both the date and the picture are those of a day; they reach the page one by one."""
        self.wait(lambda: self.day == self.state()["day"] == day)

    def come_to_rest(self):
        """Wait until the play has paused and the frame that was under way has come."""
        self.wait(lambda: "play_arrow" in self.page.get_by_label("play", exact=True).inner_text())
        self.wait(lambda: self.is_still(lambda state: state["frames"]))
        self.wait(lambda: self.day == self.state()["day"])

    def is_still(self, find):
        """Return whether something of the picture stays what it is for a while."""
        before = find(self.state())
        time.sleep(0.5)
        return find(self.state()) == before

    def click(self, find):
        """Click into the picture where nothing moves any more; return who is there."""
        box = self.page.locator(".stage canvas").bounding_box()
        self.wait(lambda: self.is_still(find))
        x, y = find(self.state())
        self.page.mouse.move(box["x"] + x - 1, box["y"] + y)
        self.page.mouse.move(box["x"] + x, box["y"] + y)
        self.wait(lambda: self.state()["hover"])
        found = self.state()["hover"]
        self.page.mouse.down()
        self.page.mouse.up()
        return found

    def press(self, *keys):
        self.page.locator(".date").click()
        for key in keys:
            self.wait(lambda: self.day == self.state()["day"])
            before = self.day
            self.page.keyboard.press(key)
            if key in (".", "w"):
                self.comes_to(before + (1 if key == "." else 7))

    def slide(self, key, steps):
        """Move the slider of a setting by some steps of the keyboard."""
        slider = f".slider-{key.replace('.', '-')}"
        value = self.page.locator(f".control:has({slider}) .control-value")
        self.page.locator(slider).focus()
        for _ in range(abs(steps)):
            before = value.inner_text()
            self.page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")
            self.wait(lambda before=before: value.inner_text() != before)
        self.page.keyboard.press("Tab")

    def close(self):
        assert not self.complaints, self.complaints
        strangers = [url for url in self.requests if not re.match(r"(https?|wss?)://127\.0\.0\.1:|data:|blob:", url)]
        assert not strangers, "a request left the machine"
        assert any(url.startswith("ws") for url in self.requests)
        self.context.close()


@pytest.fixture
def tab(browser, address):
    opened = Tab(browser, address)
    yield opened
    opened.close()


_NOTED = """
window.noted = [];
const looks = () => {
  const box = document.querySelector('.theatre-preview, .theatre-box');
  const shown = box && window.getElement && getElement(+box.id.slice(1));
  const state = shown && shown.state && shown.state();
  const real = Boolean(box && box.classList.contains('theatre-box'));
  const said = document.querySelectorAll('.waiting-note, .footer').length;
  if (state && state.drawn) noted.push([real, state.day, said]);
  if (!real || !state.drawn) requestAnimationFrame(looks);
};
requestAnimationFrame(looks);
"""
"""Notes which picture is drawn, of which day, and whether what the model is not for is said beside it."""


@needs_browser
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="there is no /proc to find the run in")
def test_the_warm_up_is_seen_before_there_is_anything_to_play(browser):
    process, address = started("usual_care", "--set", "world.population.clients=200")
    try:
        # the run has to wait until the page can draw, however long that takes
        (run,) = children(process.pid)
        os.kill(run, signal.SIGSTOP)
        opened = Tab(browser, address, noted=_NOTED, wait_for=".waiting-said:has-text('%')")
        os.kill(run, signal.SIGCONT)
        opened.wait(lambda: opened.page.evaluate("() => noted.at(-1)[0]"))
        noted = opened.page.evaluate("() => noted")
        assert noted[-1] == [True, 365, 1]
        days = [day for real, day, _ in noted if not real]
        assert days, "a picture was there while the warm-up was simulated"
        assert days == sorted(days)
        assert days[0] < days[-1] < 365, "it moves"
        assert all(said == 1 for *_, said in noted)
        assert opened.page.locator(".theatre-preview").count() == 0
        opened.close()  # which looks for errors on the console
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="there is no /proc to look for processes in")
@pytest.mark.parametrize("wrong", [["no_such_scenario"], ["--host", "0.0.0.0"], ["--port", "taken"]])
def test_a_command_that_fails_leaves_no_process_and_says_one_thing(wrong):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        words = [str(other.getsockname()[1]) if word == "taken" else word for word in wrong]
        command = [sys.executable, "-m", "cmsim", "app", "--no-browser", *words]
        env = {**os.environ, "CMSIM_TEST_MARK": f"{os.getpid()} {wrong}"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("cmsim: ")
    assert len(done.stderr.splitlines()) == 1
    mark = f"CMSIM_TEST_MARK={env['CMSIM_TEST_MARK']}".encode()
    assert not [file for file in Path("/proc").glob("[0-9]*/environ") if mark in environ(file)]


def environ(file):
    try:
        return file.read_bytes()
    except OSError:
        return b""


@needs_browser
def test_play_advances_and_pause_holds(tab):
    first = tab.day
    tab.press("Space")
    tab.wait(lambda: tab.day >= first + 5)
    tab.page.keyboard.press("Space")
    tab.wait(lambda: "play_arrow" in tab.page.get_by_label("play", exact=True).inner_text())
    held = tab.state()
    time.sleep(1.0)
    now = tab.state()
    assert now["frames"] - held["frames"] <= 1, "only the frame under way may still come"
    assert now["day"] - held["day"] <= 1
    assert tab.page.locator(".thing").count() > 0


@needs_browser
def test_reset_with_the_same_seed_gives_the_same_numbers(tab):
    tab.press("w", "w")
    first = tab.state()
    tab.press("r")
    tab.comes_to(56)
    tab.press("w", "w")
    again = tab.state()
    assert (first["day"], first["phase"]) == (again["day"], again["phase"])
    assert first["courses"] == again["courses"]


@needs_browser
def test_a_control_acts_from_today_and_is_marked(tab):
    tab.press("w")
    tab.panel("Settings")
    tab.slide("caseload.size", 6)
    tab.wait(lambda: tab.page.locator(".changed").count() == 1)
    assert "from day 63" in tab.page.locator(".changed").inner_text()
    assert tab.state()["marks"] == [63]
    # one line for all steps of the slider, told from what it was in the morning
    tab.wait(lambda: "25 → 31" in tab.page.locator(".changed").inner_text())
    assert tab.page.evaluate("() => document.activeElement.closest('.panel') !== null"), "the focus stays"
    tab.press("w")


@needs_browser
def test_twins_are_equal_until_the_change(tab):
    tab.press("t")
    tab.page.wait_for_selector(".run-b")
    tab.press("w", "w")
    state = tab.state()
    assert state["phase"] == state["phaseB"]
    assert not any(state["differing"])
    tab.panel("Settings")
    tab.page.get_by_role("button", name="run B").click()
    tab.page.get_by_text("In force today in run B").wait_for()
    tab.slide("caseload.size", 12)
    tab.wait(lambda: tab.page.locator(".changed").count() == 1)
    for _ in range(12):
        tab.press("w")
    tab.panel("Compare")
    assert "fewer hard days in run B" in tab.page.locator(".tally").inner_text()


@needs_browser
def test_a_saved_scenario_is_taken_again(tab, tmp_path):
    tab.press("w")
    tab.panel("Settings")
    tab.slide("caseload.size", 4)
    tab.wait(lambda: tab.page.locator(".changed").count() == 1)
    tab.page.get_by_role("button", name="Save").click()
    with tab.page.expect_download() as download:
        tab.page.get_by_text("Run A as a scenario file").click()
    file = tmp_path / "mine.toml"
    download.value.save_as(file)
    assert "from_day = 63" in file.read_text()
    words = ["run", file, "--replications", "1", "--days", "10", "--out", tmp_path / "out"]
    simulated = subprocess.run([sys.executable, "-m", "cmsim", *words], capture_output=True, text=True)
    assert simulated.returncode == 0, simulated.stderr
    tab.page.locator("input[type=file]").set_input_files(file)
    tab.page.get_by_role("button", name="Replace").click()
    tab.comes_to(56)
    bad = tmp_path / "bad.toml"
    bad.write_text('[service.titration]\nrule = "os:system"\n')
    tab.page.locator("input[type=file]").set_input_files(bad)
    tab.page.get_by_text("runs code").wait_for()
    large = tmp_path / "large.toml"
    large.write_text("#" + "x" * 2**20)
    tab.page.locator("input[type=file]").set_input_files(large)
    tab.page.get_by_text("up to 1 MiB").wait_for()
    tab.press("w")


@needs_browser
def test_a_session_comes_back_on_its_day_with_its_notes(tab, tmp_path):
    tab.press("w")
    tab.panel("Cases")
    tab.page.get_by_label("Teaching case").click()
    tab.page.get_by_role("option", name="The revolving door").click()
    tab.page.locator(".q-radio").nth(1).click()
    tab.page.get_by_label("Why? (your hypothesis)").fill("The door turns.")
    tab.panel("Settings")
    tab.page.get_by_role("button", name="Save").click()
    with tab.page.expect_download() as download:
        tab.page.get_by_text("The session with its notes").click()
    file = tmp_path / "session.toml"
    download.value.save_as(file)
    assert "The door turns." in file.read_text()
    before = tab.state()
    tab.press("w")
    tab.page.locator("input[type=file]").set_input_files(file)
    tab.comes_to(63)
    after = tab.state()
    assert (before["phase"], before["courses"]) == (after["phase"], after["courses"])
    tab.panel("Cases")
    assert tab.page.get_by_label("Why? (your hypothesis)").input_value() == "The door turns."


TRUTH = ("phase", "acute", "prodrom", "first signs", "noticed", "inpatient", "workers", "true need", "courses")
"""Words that go to the page with what is true of people."""


@needs_browser
def test_the_chair_shows_belief_then_truth(tab):
    tab.press("w")
    tab.panel("Person")
    tab.page.get_by_label("Look up").fill("c0004")
    tab.page.get_by_label("Look up").press("Enter")
    tab.page.get_by_text("The story so far").wait_for()
    tab.panel("Role-play")
    assert any("phase" in frame for frame in tab.received), "what is looked for below is there otherwise"
    tab.received.clear()
    tab.page.get_by_role("button", name="Start the role-play").click()
    tab.page.wait_for_selector(".desk-row")
    assert tab.page.locator(".desk-row").count() > 5
    tab.page.get_by_role("button", name="Fill in what is due").click()
    tab.wait(lambda: re.search(r": [1-9]\d* of \d+ min", " ".join(tab.page.locator(".day-load").all_inner_texts())))
    tab.page.keyboard.press("Space")
    time.sleep(1.0)
    sent = " ".join(tab.received).lower()
    told = [word for word in TRUTH if word in sent]
    assert not told, f"sent to the page while somebody sits in the role-play: {told}"
    shown = tab.state()
    assert shown["covered"]
    assert (shown["phase"], shown["keys"], shown["courses"]) == (None, 0, [])
    assert tab.page.locator(".thing").count() == 0
    assert tab.page.get_by_text("The story so far").count() == 0
    tab.page.get_by_role("button", name="Run this week").click()
    tab.page.get_by_text("What was true, and what the agency's rules did").wait_for()
    assert tab.page.get_by_text("true need").count() == 1
    assert tab.state()["phase"] is None
    tab.page.get_by_role("button", name="Next week").click()
    tab.page.get_by_role("button", name="Run this week").wait_for()
    tab.page.get_by_role("button", name="Leave the role-play").click()
    tab.wait(lambda: tab.state()["phase"])
    assert not tab.state()["covered"]
    tab.press(".")


@needs_browser
def test_somebody_is_looked_up_and_seen_close_up(tab):
    tab.press("w")
    tab.panel("Person")
    tab.page.get_by_label("Look up").fill("c0004")
    tab.page.get_by_label("Look up").press("Enter")
    heading = tab.page.locator(".person .heading").first
    tab.wait(lambda: "c0004" in heading.inner_text())
    tab.page.get_by_role("button", name="Close up").click()
    tab.page.get_by_text("Support against need").wait_for()
    tab.page.get_by_role("button", name="Close", exact=True).click()
    tab.page.locator(".q-dialog").wait_for(state="detached")
    clicked = tab.click(lambda state: state["where"])
    assert clicked != "c0004"
    tab.wait(lambda: clicked in heading.inner_text())
    tab.page.get_by_text("The story so far").wait_for()


@needs_browser
def test_everybody_in_the_picture_can_be_clicked(tab):
    tab.press("w")

    def click(key):
        assert tab.click(lambda state: state["spots"][key]) == key

    for key, title in (
        ("hospital", "The hospital"),
        ("psychiatrist-1", "Psychiatrist 1"),
        ("agency-housing", "Agency: housing"),
        ("place-no-home", "Without a home"),
    ):
        click(key)
        tab.page.get_by_text(title, exact=True).wait_for()
        tab.page.get_by_text("The story so far").wait_for()
    tab.page.get_by_label("Look up").fill("c0003")
    tab.page.get_by_label("Look up").press("Enter")
    tab.wait(lambda: any(key.startswith("h-") for key in tab.state()["spots"]))
    helper = next(key for key in tab.state()["spots"] if key.startswith("h-"))
    click(helper)
    tab.page.get_by_text(f"Helper {helper}").wait_for()
    assert helper in tab.page.locator(".person .heading").first.inner_text()
    tab.page.locator(".tie").first.click()
    tab.wait(lambda: re.match(r"[cr]\d{4}", tab.page.locator(".person .heading").first.inner_text()))


@needs_browser
def test_the_picture_is_walked_with_the_keyboard(tab):
    canvas = tab.page.locator(".stage canvas")
    canvas.focus()
    tab.page.keyboard.press("ArrowRight")
    tab.wait(lambda: tab.state()["hover"])
    first = tab.state()["hover"]
    tab.page.keyboard.press("ArrowDown")
    tab.wait(lambda: tab.state()["hover"] != first)
    found = tab.state()["hover"]
    assert tab.page.locator(".sr-only[aria-live=polite]").inner_text()
    assert tab.day == 56, "arrows walk and do not play while the picture has the focus"
    tab.page.keyboard.press("Enter")
    tab.wait(lambda: found in tab.page.locator(".person .heading").first.inner_text())
    tab.press("w")
    tab.panel("Now")
    tab.page.locator(".stream").focus()
    tab.page.keyboard.press("ArrowDown")
    who = tab.page.evaluate("() => document.activeElement.querySelector('b').textContent")
    tab.page.keyboard.press("Enter")
    tab.wait(lambda: who in tab.page.locator(".person .heading").first.inner_text())


@needs_browser
def test_no_button_of_the_header_moves_while_days_go_by(tab):
    boxes = "() => [...document.querySelectorAll('.play button')].map(each => each.getBoundingClientRect().x)"
    before = tab.page.evaluate(boxes)
    for key in ("w", ".", "w"):  # from February into March, whose name is shorter
        tab.press(key)
        assert tab.page.evaluate(boxes) == before


@needs_browser
def test_a_button_is_itself_before_the_font_of_its_icons_has_come(browser, address):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.route("**/*.woff2", lambda route: route.abort())
    bare = Tab(browser, address, context=context)
    beside = bare.page.get_by_role("button", name="1 day").evaluate(
        """button => { const { x, y, width, height } = button.getBoundingClientRect();
        return [0.02, 0.5, 0.98].map(part =>
            button.contains(document.elementFromPoint(x + part * width, y + height / 2))); }"""
    )
    assert beside == [True, True, True]
    context.close()


@needs_browser
def test_after_a_click_the_keys_play_again(tab):
    tab.page.get_by_role("button", name="1 day").click()
    tab.comes_to(57)
    tab.page.keyboard.press("Space")
    tab.wait(lambda: tab.day >= 59)
    tab.page.keyboard.press("Space")
    tab.panel("Person")
    tab.page.get_by_label("Look up").fill("w1 .")
    tab.come_to_rest()
    held = tab.day
    tab.page.get_by_label("Look up").press("Space")
    time.sleep(1.0)
    assert tab.day == held, "who types does not play"


@needs_browser
def test_nothing_glides_for_whom_that_is_too_much(browser, address):
    calm = Tab(browser, address, reduced_motion="reduce")
    calm.press("w")
    calm.wait(lambda: calm.state()["painted"] == 63)
    canvas = calm.page.locator(".stage canvas").first
    calm.wait(lambda: calm.is_still(lambda _: canvas.bounding_box()))  # the layout may still change
    picture = "() => document.querySelector('.stage canvas').toDataURL()"
    first = calm.page.evaluate(picture)
    time.sleep(0.4)
    assert calm.page.evaluate(picture) == first
    calm.close()


def children(pid):
    listed = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(each) for file in listed for each in file.read_text().split()}


@needs_browser
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="there is no /proc to count processes in")
def test_a_closed_tab_ends_the_processes_of_its_worlds(browser):
    process, address = started("usual_care", *[word for setting in SMALL for word in ("--set", setting)])
    try:
        first = Tab(browser, address)
        other = Tab(browser, address)
        other.press("t")
        other.page.wait_for_selector(".run-b")
        # one run of the first page, three of the other, and two processes that are kept ready
        first.wait(lambda: len(children(process.pid)) == 1 + 3 + 2)
        both = children(process.pid)
        other.close()
        first.wait(lambda: len(children(process.pid)) <= len(both) - 3)
        first.press(".")
        first.close()
    finally:
        process.terminate()
        process.communicate(timeout=20)
    until = time.monotonic() + 20.0
    while any(Path(f"/proc/{pid}").exists() for pid in both):
        assert time.monotonic() < until, "nothing is left when the app ends"
        time.sleep(0.1)


@needs_browser
def test_two_tabs_are_worlds_of_their_own(browser, address, tab):
    other = Tab(browser, address)
    other.press("w")
    assert tab.day == 56
    tab.press(".")
    assert (tab.day, other.day) == (57, 63)
    other.close()
    tab.press(".")


@needs_browser
def test_malformed_messages_and_closed_tabs_harm_nobody(browser, address, tab):
    rude = Tab(browser, address)
    rude.page.evaluate(
        "() => { for (const junk of [null, 7, 'x'.repeat(10000), {id: 'a'}, {id: 1e9, args: [[[]]]}, []]) "
        "for (const name of ['event', 'javascript_response', 'ack', 'nonsense', 'handshake']) "
        "{ try { window.socket.emit(name, junk); } catch {} } }"
    )
    rude.page.evaluate(
        "() => { const box = document.querySelector('.theatre-box'); const c = getElement(+box.id.slice(1)); "
        "for (const junk of [null, 3, {key: 5, pane: 'q'}, {key: 'nobody', pane: 'a'}, "
        "{key: 'c'.repeat(9999), pane: 'b'}])"
        " c.$emit('pick', junk); }"
    )
    rude.page.keyboard.press("Space")
    time.sleep(0.5)
    rude.context.close()
    before = tab.day
    tab.press(".")
    assert tab.day == before + 1


def asked(address, **headers):
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_other_hosts_and_origins_are_refused(address):
    assert asked(address) == 200
    assert asked(address, Host="evil.example") == 403
    assert asked(address, Host="127.0.0.1:8977@evil.example") == 403
    assert asked(address, Host="[::1].evil.example") == 403
    assert asked(address, Origin="http://evil.example") == 403
    assert asked(address, Origin="http://[") == 403
    assert asked(address, **{"Content-Length": "99999999"}) == 403


@pytest.mark.parametrize("port", ["-1", "99999"])
def test_a_port_out_of_range_is_refused_in_a_sentence(port):
    command = [sys.executable, "-m", "cmsim", "app", "--port", port, "--no-browser"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "Invalid value for '--port'" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_listens_on_this_machine_only_unless_allowed():
    command = [sys.executable, "-m", "cmsim", "app", "--host", "0.0.0.0", "--no-browser"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "--allow-remote" in done.stderr


def test_a_token_is_asked_for_where_other_machines_may_come():
    from cmsim.app.web.request_guard import Guard

    async def inside(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})

    def get(query=b"", headers=()):
        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "query_string": query, "headers": [(b"host", b"x:1"), *headers]}
        guarded = Guard(inside, hosts=(), token="secret")(scope, None, send)
        with ThreadPoolExecutor(1) as thread:  # the browser's tool has a loop running in this one
            thread.submit(asyncio.run, guarded).result()
        return sent[0]

    assert get()["status"] == 403
    assert get(b"token=secret", [(b"host", b"evil.example")])["status"] == 403
    assert get(b"token=wrong")["status"] == 403
    let_in = get(b"token=secret")
    assert let_in["status"] == 200
    cookie = dict(let_in["headers"])[b"set-cookie"].split(b";")[0]
    assert get(headers=[(b"cookie", cookie)])["status"] == 200


def test_the_page_is_served_by_a_process_that_lives_no_world():
    """What a run needs takes seconds to import, which nobody should wait for before the first picture."""
    code = "import sys, cmsim.app.web.main_page; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"mesa", "pandas", "numba", "cmsim.model.community"} & set(done.stdout.split())


def test_every_word_of_the_app_is_served_by_the_app():
    """No file of the app names an address of another machine."""
    import cmsim.app.web

    for file in Path(cmsim.app.web.__file__).parent.iterdir():
        if file.suffix in (".js", ".css", ".py"):
            found = re.findall(r"https?://(?!\{|www\.w3\.org)[\w.]+", file.read_text())
            assert not found, (file.name, found)
