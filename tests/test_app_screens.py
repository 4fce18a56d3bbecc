"""The app on every screen and for everybody: sizes, accessibility, plain words; in a browser, as in test_app.py."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

pytestmark = pytest.mark.system

pytest.importorskip("nicegui", reason="nicegui is not installed; pip install -e '.[test]' brings it")
axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright",
    reason="axe-playwright-python is not installed; pip install -e '.[test]' brings it",
)

import cmsim.app  # noqa: E402
from cmsim.app.web import interface_text  # noqa: E402
from cmsim.app.web.picture_key import MARKS  # noqa: E402
from cmsim.experiments.caveats import STANDING  # noqa: E402
from cmsim.scenario.parameter_sets import bundled_ensemble  # noqa: E402
from test_app import Tab, address, browser, needs_browser  # noqa: E402, F401

APP = Path(cmsim.app.__file__).parent
SIZES = {
    "phone": (360, 740),
    "tablet upright": (820, 1180),
    "tablet": (1024, 768),
    "half a screen": (960, 1000),
    "laptop": (1366, 640),
    "1440 x 900 at 200%": (720, 450),
    "1366 x 640 at 200%": (683, 320),
    "full screen": (1920, 1080),
}
PANELS = ("Person", "Settings", "Compare", "Cases", "Role-play", "Now")
OUTSIDE = """() => [...document.querySelectorAll('.page *, .q-dialog *')].filter((one) => {
  const box = one.getBoundingClientRect(), wide = document.documentElement.clientWidth;
  return box.width && (box.right > wide + 1 || box.left < -1)
    && !one.closest('.desk-scroll, .closeup, .sr-only, .q-ripple, .q-tab-panel--inactive');
}).map((one) => `${one.tagName} ${one.className} ${one.getBoundingClientRect().right}`).slice(0, 5)"""
"""What lies outside the width of the window, where nothing scrolls to it."""


@pytest.fixture(scope="module")
def room(browser, address):  # noqa: F811
    """A page with two runs, a week after the warm-up; nothing glides."""
    opened = Tab(browser, address, reduced_motion="reduce")
    opened.press("w", "t")
    opened.page.wait_for_selector(".run-b")
    opened.wait(lambda: opened.state()["phaseB"])
    opened.page.locator(".veil").wait_for(state="hidden")
    opened.press("w")
    yield opened
    opened.close()


@needs_browser
@pytest.mark.parametrize("size", SIZES)
def test_everything_is_reached_and_the_picture_readable_on_every_screen(room, size):
    page = room.page
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    for name in PANELS:
        room.panel(name)
        room.wait(lambda: not page.evaluate(OUTSIDE))
        panel = page.locator(".panel:visible")
        last = panel.locator("button:visible, input:visible, .thing").last
        if last.count():
            room.wait(lambda last=last: last.scroll_into_view_if_needed() or last.bounding_box()["y"] < height)
    for button in (*page.locator(".header button").all(), *page.get_by_role("tab").all()):
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width + 1
        assert min(box["width"], box["height"]) >= 24
    for canvas in page.locator(".stage canvas").all():
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert min(box["width"], box["height"]) >= 280, "large enough to tell people apart"
    room.wait(lambda: room.state()["disc"] >= 9)
    seats = room.state()["seats"]
    assert all(max(abs(x - u), abs(y - v)) > 1 for (x, y), (u, v) in combinations(seats, 2)), "nobody is hidden"
    page.get_by_role("button", name="help", exact=True).click()
    room.wait(lambda: page.locator(".help").count() and not page.evaluate(OUTSIDE))
    page.keyboard.press("Escape")
    page.locator(".q-dialog").wait_for(state="detached")


def violations(page):
    # what opens or closes is half transparent for a moment, longer on a busy machine
    page.wait_for_timeout(700)
    page.locator("[class*=q-transition-]").first.wait_for(state="detached")
    # shown while something is fetched, or the connection is lost for a moment
    page.locator(".q-loading-bar[style*='opacity: 1']").wait_for(state="detached")
    page.locator("#popup").wait_for(state="hidden")
    is_dialog = page.locator(".q-dialog").count() > 0
    if is_dialog:  # axe sometimes takes the shade behind a dialog for what its words stand on
        page.locator(".q-dialog__backdrop").evaluate_all(
            "(all) => all.forEach((one) => (one.style.background = '#fff'))"
        )
    found = axe.Axe().run(page, context=".q-dialog" if is_dialog else None).response["violations"]
    return [(each["id"], node["html"][:200]) for each in found for node in each["nodes"]]


@needs_browser
def test_axe_finds_no_violation_on_any_panel(room):
    page = room.page
    page.set_viewport_size({"width": 1280, "height": 800})
    assert page.locator("html").get_attribute("lang")
    assert page.get_by_role("heading", level=1).count() == 1
    assert not violations(page)
    for name in PANELS:
        room.panel(name)
        if name == "Person":
            page.get_by_label("Look up").fill("c0004")
            page.get_by_label("Look up").press("Enter")
            page.get_by_text("The story so far").wait_for()
        if name == "Settings":
            closed = page.locator(".panel .q-expansion-item .q-item[aria-expanded=false]:visible")
            for _ in range(30):  # a click is lost where the panel is just being built
                if not closed.count():
                    break
                closed.first.click()
                page.wait_for_timeout(400)
            assert not closed.count()
            page.get_by_role("button", name="about Target caseload").click()
            page.get_by_text("In a scenario file: service.caseload.size").wait_for()
        if name == "Cases":
            page.get_by_label("Teaching case").click()
            page.get_by_role("option", name="The revolving door").click()
            page.get_by_text("Your prediction").wait_for()
        assert not violations(page), name
    page.set_viewport_size({"width": 360, "height": 740})
    assert not violations(page)
    page.set_viewport_size({"width": 1280, "height": 800})


@needs_browser
@pytest.mark.parametrize("button", ["welcome", "help", "Full key", "Values as a table", "Close up", "Both runs"])
def test_dialogs_have_a_name_and_no_violation(room, button):
    page = room.page
    if button in ("Close up", "Both runs"):
        room.panel("Person")
        page.get_by_label("Look up").fill("c0004")
        page.get_by_label("Look up").press("Enter")
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_selector(".q-dialog .heading")
    assert page.get_by_role("dialog").get_attribute("aria-label")
    assert not violations(page)
    page.keyboard.press("Escape")
    page.locator(".q-dialog").wait_for(state="detached")


@needs_browser
def test_the_desk_of_the_role_play_has_no_violation(browser, address):  # noqa: F811
    learner = Tab(browser, address, reduced_motion="reduce")
    learner.panel("Role-play")
    learner.page.get_by_role("button", name="Start the role-play").click()
    learner.page.wait_for_selector(".desk-row")
    assert not violations(learner.page)
    learner.page.get_by_role("button", name="Leave the role-play").click()
    learner.wait(lambda: learner.state()["phase"])
    learner.close()


@needs_browser
def test_every_choice_has_a_name_and_the_focus_is_seen(room):
    page = room.page
    room.panel("Settings")
    unnamed = "(all) => all.filter((one) => !(one.ariaLabel || one.labels?.length)).map((one) => one.outerHTML)"
    assert not page.locator(".panel:visible").locator("[role=combobox], input[type=range]").evaluate_all(unnamed)
    assert page.get_by_role("slider", name="Target caseload").is_visible()
    seen = set()
    page.locator(".header button").first.focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            "() => { const at = document.activeElement, how = getComputedStyle(at);"
            " return at === document.body ? null : [how.outlineStyle, how.outlineColor, how.outlineWidth]; }"
        )
        if outline:
            assert outline == ["solid", "rgb(17, 17, 17)", "3px"], seen
        seen.add(page.evaluate("() => document.activeElement.ariaLabel || document.activeElement.textContent"))
    assert {"help", "Values as a table", "Save"} <= {name.removeprefix("save") for name in seen}


@needs_browser
def test_single_keys_can_be_switched_off(room):
    page = room.page
    page.get_by_role("button", name="help", exact=True).click()
    page.get_by_text("Single-key shortcuts").click()
    page.keyboard.press("Escape")
    page.locator(".q-dialog").wait_for(state="detached")
    before = room.day
    page.locator(".date").click()
    for key in ("w", ".", "r"):
        page.keyboard.press(key)
    page.keyboard.press("Space")
    room.wait(lambda: room.day > before)
    page.keyboard.press("Space")
    room.come_to_rest()
    assert room.day >= before, "nothing has restarted"
    page.get_by_role("button", name="help", exact=True).click()
    page.get_by_text("Single-key shortcuts").click()
    page.keyboard.press("Escape")
    page.locator(".q-dialog").wait_for(state="detached")
    room.press(".")


@needs_browser
def test_the_pointer_tells_day_date_and_lines_and_a_table_the_values(room):
    page = room.page
    page.set_viewport_size({"width": 1280, "height": 800})
    width = page.locator(".plots").bounding_box()["width"]
    page.locator(".plots").hover(position={"x": width / 3 + 120, "y": 60})  # the second; the first has no line of run A
    room.wait(lambda: room.state()["told"])
    when, *lines = room.state()["told"]
    assert re.fullmatch(r"day \d+ · \w{3} \d+ \w+, year \d", when)
    day = int(re.search(r"\d+", when)[0])
    assert when == f"day {day} · {interface_text.date_of(day)}"
    assert [line.split(":")[0] for line in lines] == ["A", "B", "placebo run"]
    assert page.locator(".line-name").all_inner_texts() == ["A: Usual care", "B: Usual care", "placebo run"]
    page.get_by_role("button", name="Values as a table").click()
    page.wait_for_selector(".q-dialog th")
    heads = page.locator(".q-dialog th").all_inner_texts()
    assert heads[0] == "day"
    assert {"A: Usual care", "B: Usual care", "placebo run"} <= {head.split(") ")[-1] for head in heads[1:]}
    first = page.locator(".q-dialog tr").nth(1).locator("td").all_inner_texts()
    assert first[0] == f"day {room.day - 1}, {interface_text.date_of(room.day - 1)}"
    assert len(first) == len(heads)
    page.keyboard.press("Escape")


@needs_browser
def test_the_picture_shows_what_is_ticked(room):
    room.panel("Now")
    for name in ("contacts", "ties", "families"):
        room.page.get_by_role("checkbox", name=name).click()
        room.wait(lambda name=name: room.state()["view"][name] is False)
        room.page.get_by_role("checkbox", name=name).click()
    room.wait(lambda: room.state()["view"]["families"] is True)
    assert room.state()["view"] == {"contacts": True, "ties": True, "families": True}


@needs_browser
def test_high_contrast_keeps_marks_and_ticks(room):
    room.panel("Now")
    room.page.emulate_media(forced_colors="active")
    adjust = "(all) => [...new Set(all.map((one) => getComputedStyle(one).forcedColorAdjust))]"
    for kept in (".mark", ".stage", ".plots", ".q-checkbox__bg"):
        assert room.page.locator(kept).evaluate_all(adjust) == ["none"], kept
    room.page.emulate_media(forced_colors="none")


@needs_browser
def test_the_welcome_is_shown_once_and_says_what_this_is(browser, address):  # noqa: F811
    fresh = Tab(browser, address, new=True)
    welcome = fresh.page.get_by_role("dialog", name="Welcome to cmsim")
    welcome.wait_for()
    for title in interface_text.WELCOME:
        welcome.get_by_role("heading", name=title).wait_for()
    welcome.get_by_role("button", name="Start").click()
    welcome.wait_for(state="detached")
    fresh.page.reload()
    fresh.page.wait_for_selector(".theatre-box canvas")
    fresh.wait(lambda: fresh.state()["phase"])
    assert welcome.count() == 0
    fresh.close()


def contrast(colour, other="#ffffff"):
    def light(each):
        parts = [int(each[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(colour), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_drawn_words_and_marks_stand_out_and_differ_without_colour():
    script = (APP / "web" / "theatre.js").read_text()
    words = re.findall(r"#\w{6}", re.search(r"const TEXT = .*", script)[0])
    rims = re.findall(r"#\w{6}", re.search(r"const RIM = .*", script)[0])
    assert len(words) == 3
    assert len(rims) == 4
    assert min(map(contrast, words)) >= 4.5
    assert min(map(contrast, rims)) >= 3
    plain = [re.sub(r'fill="#fff"|(?<==")#\w+', lambda found: "white" if "#fff" in found[0] else "", mark.drawing)
             for mark in MARKS if mark.name != "psychiatrist"]  # fmt: skip
    assert len(set(plain)) == len(plain), "two marks differ in colour alone"


def test_the_line_below_the_page_agrees_with_every_result():
    ensemble = bundled_ensemble()
    assert STANDING.startswith(f"{len(ensemble.keys)} parameters of the model are calibrated")
    assert f"partly calibrated ({len(ensemble.keys)} parameters" in interface_text.NOT_FOR
    assert "not calibrated" not in interface_text.NOT_FOR


SAID = """comes to life|be laid to|less those in|where they part|they part on|nothing of the kind|seems? to go
begin again:|simulated again up to|middling|that nothing meets|the worker believes it|is refused|by commitment
is seen acutely|moves away or dies|dies or moves|plan for a home|whom they belong to|whom they can call|left over, at
is pressed to leave|furthest apart stands|plan what is due|there was to see|titration of support|pace of titration
what gives when|whom to see first|pay against the market|switched off by name|what holds workers|keys of people
nobody selected|and who it is|a way of relating|doses taken|nobody so far""".replace("\n", "|")
"""What was said before in words that a supervisor stumbles over."""


def test_the_app_speaks_plain_english():
    files = [*APP.rglob("*.py"), *APP.rglob("*.js"), APP.parent / "results" / "narration.py"]
    for file in files:
        code = re.sub(r'""".*?"""', "", file.read_text(), flags=re.DOTALL)
        texts = re.findall(r'f?"[^"\n]*"|`[^`]*`', code)
        found = [text for text in texts if re.search(rf"(?:{SAID})", text, re.IGNORECASE)]
        assert not found, (file.name, found)
