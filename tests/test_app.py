"""The app in a real browser: what a room does with it, and what must not happen.

Needs nicegui, playwright and a Chromium; says why it is skipped where one is missing.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("nicegui", reason="nicegui is not installed; pip install -e '.[test]' brings it")
playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed; pip install -e '.[test]' brings it"
)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium; apt-get install chromium")

SMALL = ["world.population.clients=70", "world.warm_up_days=56", "service.staff.case_managers=3",
         "baseline.staff.case_managers=3"]  # fmt: skip
PATIENCE = 30_000


def started(*words):
    """Start the app on a free port; return the process and its address."""
    command = [sys.executable, "-m", "cmsim", "app", "--port", "0", "--no-browser", *words]
    # nicegui behaves otherwise where it believes itself under test
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
    said = []
    for line in process.stdout:
        said.append(line)
        found = re.search(r"http://\S+", line)
        if found:
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
        opened = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


class Tab:
    """One tab, with everything that it asked for and complained of."""

    def __init__(self, browser, address):
        self.context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.complaints, self.requests = [], []
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else 0)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", lambda socket: self.requests.append(socket.url))
        self.page.goto(address)
        self.page.wait_for_selector(".theatre canvas")
        self.wait(lambda: self.state()["phase"])

    def state(self):
        found = self.page.evaluate(
            "() => { const box = document.querySelector('.theatre-box'); const id = +box.id.slice(1); "
            "return JSON.stringify(getElement(id).state()); }"
        )
        return json.loads(found)

    @property
    def day(self):
        return int(re.search(r"day (\d+)", self.page.locator(".date").inner_text())[1])

    def wait(self, true, seconds=20.0):
        until = time.monotonic() + seconds
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

    def press(self, *keys):
        self.page.locator(".date").click()
        for key in keys:
            before = self.day
            self.page.keyboard.press(key)
            if key in (".", "w"):
                self.wait(lambda before=before, key=key: self.day == before + (1 if key == "." else 7))

    def slide(self, key, steps):
        """Move the slider of a setting by some steps of the keyboard."""
        thumb = self.page.locator(f".slider-{key.replace('.', '-')} [tabindex='0']").first
        thumb.focus()
        for _ in range(abs(steps)):
            self.page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")
        self.page.keyboard.press("Tab")

    def close(self):
        assert not self.complaints, self.complaints
        strangers = [
            url for url in self.requests if not re.match(r"(https?|wss?)://127\.0\.0\.1:|data:|blob:", url)
        ]
        assert not strangers, "a request left the machine"
        assert any(url.startswith("ws") for url in self.requests)
        self.context.close()


@pytest.fixture
def tab(browser, address):
    opened = Tab(browser, address)
    yield opened
    opened.close()


@needs_browser
def test_play_advances_and_pause_holds(tab):
    first = tab.day
    tab.press("Space")
    tab.wait(lambda: tab.day >= first + 5)
    tab.press("Space")
    pressed = time.monotonic()
    held = tab.state()["day"]
    assert time.monotonic() - pressed < 5.0
    time.sleep(1.0)
    assert tab.state()["day"] - held <= 1, "only the frame under way may still come"
    assert tab.page.locator(".thing").count() > 0


@needs_browser
def test_reset_with_the_same_seed_gives_the_same_numbers(tab):
    tab.press("w", "w")
    first = tab.state()
    tab.press("r")
    tab.wait(lambda: tab.day == 56)
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
    tab.press("w")


@needs_browser
def test_twins_are_equal_until_the_change(tab):
    tab.press("t")
    tab.page.wait_for_selector(".world-b")
    tab.press("w", "w")
    state = tab.state()
    assert state["phase"] == state["phaseB"]
    assert not any(state["differing"])
    tab.panel("Settings")
    tab.page.get_by_role("button", name="world B").click()
    tab.page.get_by_text("In force today in world B").wait_for()
    tab.slide("caseload.size", 12)
    tab.wait(lambda: tab.page.locator(".changed").count() == 1)
    for _ in range(12):
        tab.press("w")
    tab.panel("Twin")
    assert "fare better in world B" in tab.page.locator(".tally").inner_text()


@needs_browser
def test_a_saved_scenario_is_taken_again(tab, tmp_path):
    tab.press("w")
    tab.panel("Settings")
    tab.slide("caseload.size", 4)
    tab.wait(lambda: tab.page.locator(".changed").count() == 1)
    tab.page.get_by_role("button", name="Save").click()
    with tab.page.expect_download() as download:
        tab.page.get_by_text("World A as a scenario file").click()
    file = tmp_path / "mine.toml"
    download.value.save_as(file)
    assert "from_day = 63" in file.read_text()
    checked = subprocess.run([sys.executable, "-m", "cmsim", "check", file], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    tab.page.locator("input[type=file]").set_input_files(file)
    tab.wait(lambda: tab.day == 56)
    bad = tmp_path / "bad.toml"
    bad.write_text('[service.titration]\nrule = "os:system"\n')
    tab.page.locator("input[type=file]").set_input_files(bad)
    tab.page.get_by_text("runs code").wait_for()
    tab.press("w")


@needs_browser
def test_the_chair_shows_belief_then_truth(tab):
    tab.panel("Chair")
    tab.page.get_by_role("button", name="Take the chair").click()
    tab.page.wait_for_selector(".desk-card")
    assert tab.page.locator(".desk-row").count() > 5
    assert "acute" not in tab.page.locator(".desk-scroll").inner_text()
    tab.page.get_by_role("button", name="Live this week").click()
    tab.page.get_by_text("What was true, and what the agency's rules did").wait_for()
    tab.page.get_by_role("button", name="Close").click()


@needs_browser
def test_somebody_is_looked_up_and_seen_close_up(tab):
    tab.press("w")
    tab.panel("Person")
    tab.page.get_by_label("Look up").fill("c0004")
    tab.page.get_by_label("Look up").press("Enter")
    tab.page.get_by_role("button", name="Close up").click()
    tab.page.get_by_text("Support against need").wait_for()
    tab.page.get_by_role("button", name="Close", exact=True).click()
    box = tab.page.locator(".stage canvas").bounding_box()
    at = tab.state()["where"]
    tab.page.mouse.click(box["x"] + at[0], box["y"] + at[1])
    tab.page.get_by_text("The story so far").wait_for()


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
    assert asked(address, Origin="http://evil.example") == 403
    assert asked(address, **{"Content-Length": "99999999"}) == 403


def test_it_listens_on_this_machine_only_unless_allowed():
    command = [sys.executable, "-m", "cmsim", "app", "--host", "0.0.0.0", "--no-browser"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "--allow-remote" in done.stderr


def test_a_token_is_asked_for_where_other_machines_may_come():
    from cmsim.app.guard import Guard

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
    assert get(b"token=wrong")["status"] == 403
    let_in = get(b"token=secret")
    assert let_in["status"] == 200
    cookie = dict(let_in["headers"])[b"set-cookie"].split(b";")[0]
    assert get(headers=[(b"cookie", cookie)])["status"] == 200


def test_every_word_of_the_app_is_served_by_the_app():
    """No file of the app names an address of another machine."""
    import cmsim.app

    for file in Path(cmsim.app.__file__).parent.iterdir():
        if file.suffix in (".js", ".css", ".py"):
            found = re.findall(r"https?://(?!\{|www\.w3\.org)[\w.]+", file.read_text())
            assert not found, (file.name, found)
