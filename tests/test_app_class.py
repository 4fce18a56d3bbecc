"""A class in browsers: learners join by the link, answer, and see the reveal; nothing else is open to the network."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from cmsim.app.session import session_file
from cmsim.app.session.notebook import Notebook, Page
from cmsim.app.session.teaching_cases import load_case
from test_app import SMALL, Tab, browser, needs_browser, started  # noqa: F401
from test_app_screens import OUTSIDE, violations
from test_app_state import small_session, upload

pytestmark = pytest.mark.system
CASE = load_case("caseload_creep")
PHONE = {"viewport": {"width": 390, "height": 844}, "reduced_motion": "reduce"}


@pytest.fixture(scope="module")
def addresses():
    """The trainer's address and the learners' link; the latter by a name of this machine that is not the trainer's."""
    process, trainer = started("usual_care", "--class", *[word for setting in SMALL for word in ("--set", setting)])
    link = re.search(r"http://\S+", process.stdout.readline())[0]
    yield trainer, re.sub(r"//[^/:]+", "//127.0.0.2", link)
    process.terminate()
    process.communicate(timeout=20)


def status(address, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_other_machines_reach_the_class_page_with_its_token_only(addresses):
    trainer, link = addresses
    outside = link.partition("/class/")[0]
    assert status(trainer)[0] == 200
    assert status(link)[0] == 200
    code, said = status(f"{outside}/class/wrong")
    assert code == 403
    assert said.count("\n") == 1
    assert "ask the trainer" in said
    assert status(f"{outside}/")[0] == 403
    assert status(trainer, Host="evil.example")[0] == 403
    assert status(f"{outside}/_nicegui/3/static/nicegui.css")[0] == 403, "without the cookie of the class"


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_another_machine_is_known_by_its_address_whatever_name_it_calls(kind):
    from cmsim.app.web.request_guard import Guard

    async def inside(scope, receive, send):
        await send({"type": "inside"})

    def is_let_in(peer, path, host=b"127.0.0.1:8080", cookie=b"", origin=b""):
        sent = []

        async def send(message):
            sent.append(message["type"])

        headers = [(b"host", host), (b"cookie", cookie), (b"origin", origin)]
        scope = {"type": kind, "path": path, "query_string": b"", "headers": headers, "client": (peer, 5)}
        guarded = Guard(inside, class_token="secret")(scope, None, send)
        with ThreadPoolExecutor(1) as thread:  # the browser's tool has a loop running in this one
            thread.submit(asyncio.run, guarded).result()
        return sent == ["inside"]

    assert is_let_in("127.0.0.1", "/")
    for peer, host in (("192.168.0.9", b"127.0.0.1:8080"), ("127.0.0.1", b"192.168.0.2:8080"), ("", b"localhost")):
        for path in ("/", "/class", "/class/", "/class/wrong", "/class/secret/more", "/_nicegui_ws/socket.io", "/docs"):
            assert not is_let_in(peer, path, host), (peer, path)
        assert is_let_in(peer, "/class/secret", host)
        assert is_let_in(peer, "/_nicegui_ws/socket.io", host, b"class=secret")
        assert not is_let_in(peer, "/_nicegui_ws/socket.io", host, b"class=secret", b"http://evil.example")
        assert not is_let_in(peer, "/", host, b"class=secret")


def test_without_the_flag_it_listens_on_this_machine_only():
    process, trainer = started("usual_care", *[word for setting in SMALL for word in ("--set", setting)])
    try:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", int(trainer.split(":")[2].strip("/"))), timeout=5)
        assert status(f"{trainer}class/any")[0] == 404
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_a_class_is_not_mixed_with_another_address():
    command = [sys.executable, "-m", "cmsim", "app", "--no-browser", "--class", "--host", "0.0.0.0", "--allow-remote"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("cmsim: --class:")


def joined(browser, link, name):  # noqa: F811
    learner = Tab(browser, link, wait_for="input", **PHONE)
    learner.page.get_by_label("Your name").fill(name)
    learner.page.get_by_role("button", name="Join").click()
    return learner


@needs_browser
def test_two_learners_answer_and_the_trainer_reveals(browser, addresses, tmp_path):  # noqa: F811
    trainer_at, link = addresses
    # played to its end, so that it only has to be revealed
    live = small_session({"world.population.clients": 15})
    live.open_comparison(live.scenario.replace({"service.caseload.size": 28}))
    live.day, live.parted_day = CASE.parted_day() + CASE.days, CASE.parted_day()
    live.notebook = Notebook(case=CASE.name, played=CASE.name, pages={CASE.name: Page(minutes=0)})
    text = session_file.write(live)
    live.close()
    trainer = Tab(browser, trainer_at, reduced_motion="reduce")
    ann, ben = joined(browser, link, "Ann"), joined(browser, link, "Ben")
    ann.page.get_by_text("Wait until the trainer opens a case").wait_for()
    upload(trainer, text, tmp_path)
    trainer.comes_to(CASE.parted_day() + CASE.days)
    ann.page.get_by_role("heading", name=CASE.question).wait_for()
    ann.page.get_by_role("button", name=CASE.answers[0].text).click()
    ann.page.get_by_text("The room waits for 1 more answer").wait_for()
    ben.page.get_by_role("button", name=CASE.answers[1].text).click()
    ben.page.get_by_text(f"Your answer: {CASE.answers[1].text}").wait_for()
    ann.page.get_by_text("Everybody has answered").wait_for()
    assert not violations(ann.page)
    assert not ann.page.evaluate(OUTSIDE)
    trainer.press("c")
    board = trainer.page.get_by_role("dialog")
    board.get_by_text(f"{CASE.answers[0].text}: 1").wait_for()
    board.get_by_text("2 of 2 learners answered").wait_for()
    assert board.locator(".class-code svg").count() == 1
    assert not violations(trainer.page)
    board.get_by_role("button", name="Close").click()
    trainer.panel("Cases")
    trainer.page.get_by_role("button", name="Reveal").click()
    ann.page.get_by_text("of 2 answers in the room right").wait_for()
    assert not violations(ann.page)
    assert not ann.page.evaluate(OUTSIDE)
    ann.page.reload()  # as a phone does that was locked for a while
    ann.page.get_by_text("(your answer").wait_for()
    trainer.page.get_by_role("button", name="Class: link").click()
    board.get_by_text("of 2 answers right").wait_for()
    assert board.get_by_text(re.compile("^[01] of 1$")).count() == 2
    for learner in (ann, ben):
        assert not learner.complaints, learner.complaints
        learner.context.close()
    trainer.close()
