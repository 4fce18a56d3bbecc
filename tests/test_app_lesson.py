"""A trainer's course in a browser: stops, verdict, pages to print, presenter's mode, the tour; as in test_app.py."""

from __future__ import annotations

import re

import pytest

from cmsim.app.session import session_file
from cmsim.app.session.notebook import Notebook, Page
from cmsim.app.session.teaching_cases import load_case
from cmsim.app.web.tour import _STEPS as STEPS
from test_app import Tab, address, browser, needs_browser  # noqa: F401
from test_app_screens import OUTSIDE, violations
from test_app_state import small_session, upload

pytestmark = [pytest.mark.system, needs_browser]
CASE = load_case("caseload_creep")
STOP = next(step for step in CASE.script if step.day is not None)
SIZES = ((1366, 768), (1920, 1080), (360, 740))


def fits(tab, width, height):
    tab.page.set_viewport_size({"width": width, "height": height})
    tab.wait(lambda: not tab.page.evaluate(OUTSIDE))


@pytest.fixture(scope="module")
def course(browser, address, tmp_path_factory):  # noqa: F811
    """A page that has a case of a small agency open, two days before the first stop of its script, and revealed."""
    live = small_session({"world.population.clients": 15})  # since many days are simulated
    live.open_comparison(live.scenario.replace({"service.caseload.size": 28}))
    live.day, live.parted_day = STOP.day - 2, CASE.parted_day()
    kept = CASE.replications
    outcomes = {run: dict.fromkeys(CASE.counted, 30.0) | dict(kept.b if run == "b" else kept.a) for run in "abp"}
    page = Page(prediction=CASE.answers[2].text, notes={"finding": "They tire."}, outcomes=outcomes)
    live.notebook = Notebook(case=CASE.name, played=CASE.name, pages={CASE.name: page})
    text = session_file.write(live)
    live.close()
    opened = Tab(browser, address, reduced_motion="reduce")
    upload(opened, text, tmp_path_factory.mktemp("course"))
    opened.comes_to(STOP.day - 2)
    opened.panel("Cases")
    yield opened
    opened.close()


def test_the_play_halts_at_a_stop_and_asks_its_question(course):
    page = course.page
    question = page.get_by_role("heading", name=f"Day {STOP.day}: {STOP.question}")
    assert question.count() == 0
    page.locator(".date").click()
    page.keyboard.press("w")  # which goes no further than the stop
    question.wait_for()
    course.come_to_rest()
    assert course.day == STOP.day
    page.get_by_role("button", name="What is to be expected").click()
    page.get_by_text(f"To be expected: {STOP.expected}").wait_for()
    assert re.search(r"\(A [\d.]+, B [\d.]+, clients\)", page.locator(".reading").first.inner_text())
    page.get_by_text("For the facilitator").click()
    step = page.locator(".step.now")
    step.wait_for()
    assert STOP.otherwise in step.inner_text()
    for size in SIZES:
        fits(course, *size)
        assert not violations(page), size


def test_presenters_mode_is_read_from_the_back_of_a_room_and_left_by_escape(course):
    page = course.page
    if course.day < STOP.day:  # where the test above was another process's
        page.locator(".date").click()
        page.keyboard.press("w")
        course.comes_to(STOP.day)
        course.come_to_rest()
    page.set_viewport_size({"width": 1920, "height": 1080})
    course.press("p")
    page.locator(".right").wait_for(state="hidden")
    course.wait(lambda: page.locator(".slide-number").inner_text().startswith("1 of "))
    slides = int(page.locator(".slide-number").inner_text().split()[-1])
    seen = ""
    large = """() => [...document.querySelectorAll('.header *, .words *, .stage-name, .line-name')].filter((one) =>
      one.offsetWidth && !one.closest('.slide-number') && [...one.childNodes].some((each) => each.nodeType === 3
      && each.data.trim())).map((one) => parseFloat(getComputedStyle(one).fontSize))"""
    for number in range(1, slides + 1):
        course.wait(lambda number=number: page.locator(".slide-number").inner_text() == f"{number} of {slides}")
        seen += page.locator(".words").inner_text() + "\n"
        assert min(page.evaluate(large)) >= 28, number
        assert not violations(page), number
        if number in (1, 3, 4, 5, 7):
            for size in SIZES:
                fits(course, *size)
            page.set_viewport_size({"width": 1920, "height": 1080})
        page.keyboard.press("PageDown" if number % 2 else "ArrowRight")
    said = (
        *CASE.story.strip().split("\n\n"),
        CASE.question,
        STOP.question,
        "As it turned out here: right.",
        CASE.caution,
    )
    assert all(text in seen for text in (*said, *(sight.text for sight in CASE.sights), *CASE.discuss))
    for _ in range(slides - 4):  # back to the picture
        page.keyboard.press("ArrowLeft")
    course.wait(lambda: page.locator(".slide-number").inner_text() == f"4 of {slides}")
    page.locator(".stage canvas").first.wait_for()
    page.keyboard.press("Space")
    course.wait(lambda: course.day > STOP.day)
    page.locator(".stop").wait_for(state="hidden")
    page.keyboard.press("Space")
    course.wait(lambda: course.is_still(lambda state: state["day"]))
    page.keyboard.press("Escape")
    page.locator(".right").wait_for()
    assert page.locator(".slide-number").count() == 0


def test_a_verdict_stands_beside_the_prediction_and_pages_are_printed(course, browser, tmp_path):  # noqa: F811
    page = course.page
    page.set_viewport_size({"width": 1366, "height": 768})
    judged = page.locator(".panel .judged").inner_text()
    assert CASE.answers[2].text in judged
    assert "As it turned out here: right." in judged
    assert "Emotional exhaustion: predicted higher in B, and it was higher in B (A 18.1, B 24.3 MBI-EE" in judged
    for what, said in (
        ("facilitator's script", STOP.otherwise),
        ("learner's sheet", STOP.title),
        ("debrief", "They tire."),
    ):
        with page.context.expect_page() as new:
            page.get_by_role("button", name=f"open {what}").click()
        shown = new.value
        shown.get_by_role("heading", level=1, name=what).wait_for()
        assert (said in shown.locator("main").inner_text()) == (what != "learner's sheet")
        assert not violations(shown), what
        assert re.search(rb"MediaBox \[0 0 59[45][.\d]* 84[12]", shown.pdf(prefer_css_page_size=True)), "A4"
        shown.close()
        with page.expect_download() as download:
            page.get_by_role("button", name=f"download {what}").click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        away = browser.new_context(offline=True)
        alone = away.new_page()
        asked = []
        alone.on("request", lambda request, asked=asked: asked.append(request.url))
        alone.goto(file.as_uri())
        assert (
            alone.get_by_role("heading", level=1).inner_text().endswith(what if "script" not in what else "15 minutes")
        )
        assert len(asked) == 1, "the page needs nothing else"
        away.close()


def points_at(page, target):
    """Return whether a part of the page is to be seen, and the card that tells of it is within the window."""
    size, part = page.viewport_size, page.locator(target).first.bounding_box()
    card = page.locator(".tour-card").bounding_box()
    within = all(0 <= card[at] <= size[long] - card[long] + 1 for at, long in (("x", "width"), ("y", "height")))
    return within and part["y"] < size["height"] and part["y"] + part["height"] > 0


def test_the_tour_points_at_each_part_and_is_left_at_any_moment(browser, address):  # noqa: F811
    fresh = Tab(browser, address, new=True, reduced_motion="reduce")
    page = fresh.page
    page.get_by_role("button", name="Tour of the page").click()
    tour = page.get_by_role("dialog")
    for number, (target, title, _) in enumerate(STEPS, 1):
        tour.get_by_role("heading", name=title).wait_for()
        assert tour.get_by_text(f"{number} of {len(STEPS)}").is_visible()
        assert page.evaluate("() => document.activeElement.id") == "tour-title", "a screen reader reads the step"
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            fresh.wait(lambda target=target: points_at(page, target))
        if number in (1, len(STEPS)):
            assert not violations(page)
        page.keyboard.press("ArrowRight")
    held = fresh.day
    page.keyboard.press("w")
    page.keyboard.press("ArrowLeft")
    tour.get_by_role("heading", name=STEPS[-2][1]).wait_for()
    page.keyboard.press("Escape")
    tour.wait_for(state="detached")
    assert fresh.day == held, "the keys of the play are not for the tour"
    page.reload()
    page.wait_for_selector(".theatre-box canvas")
    fresh.wait(lambda: fresh.state()["phase"])
    assert page.locator(".tour-card").count() == 0
    fresh.press(".")
    fresh.close()
