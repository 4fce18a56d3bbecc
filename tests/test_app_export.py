"""What the app gives out as files, and further runs, in a browser; as in test_app.py."""

from __future__ import annotations

import base64
import csv
import json
import re
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pytest

pytestmark = pytest.mark.system

pytest.importorskip("nicegui", reason="nicegui is not installed; pip install -e '.[test]' brings it")
pytest.importorskip("playwright.sync_api", reason="playwright is not installed; pip install -e '.[test]' brings it")

from cmsim.app.session.plot_series import FIRST, PLOTS  # noqa: E402
from test_app import Tab, address, browser, needs_browser  # noqa: E402, F401
from test_app_screens import violations  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"
DURATION = """async (data) => {
  const film = document.createElement('video');
  film.muted = true;
  film.src = URL.createObjectURL(await (await fetch(data)).blob());
  await new Promise((done, failed) => {
    film.onloadedmetadata = done;
    film.onerror = () => failed(film.error.message);
  });
  if (!Number.isFinite(film.duration)) { // a film that was streamed states none before its end is looked for
    film.currentTime = 1e9;
    await new Promise((done) => { film.ondurationchange = () => Number.isFinite(film.duration) && done(); });
  }
  return [film.duration, film.videoWidth, film.videoHeight];
}"""


@pytest.fixture(scope="module")
def room(browser, address):  # noqa: F811
    """A page with two runs, of which B is changed, two weeks after the warm-up."""
    opened = Tab(browser, address, reduced_motion="reduce")
    opened.press("t")
    opened.page.wait_for_selector(".run-b")
    opened.page.locator(".veil").wait_for(state="hidden")
    opened.panel("Settings")
    opened.slide("caseload.size", -5)
    opened.press("w", "w")
    yield opened
    opened.close()


def export(room, choice, tmp_path):
    """Choose from the menu; return the file and its name."""
    room.page.get_by_role("button", name="Export").click()
    with room.page.expect_download() as download:
        room.page.get_by_role("button", name=choice).click()
        if "Record" in choice:
            room.page.get_by_text("Recording the picture: 5 s").wait_for()
            room.page.get_by_role("button", name="Stop and save").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    room.page.locator(".q-dialog").wait_for(state="detached")
    return file


def pixels(file):
    """Return an image and how many colours are in it."""
    image = matplotlib.image.imread(file)
    return image, len(np.unique(image.reshape(-1, image.shape[-1]), axis=0))


@needs_browser
def test_the_menu_has_no_violation(room):
    room.page.get_by_role("button", name="Export").click()
    room.page.get_by_role("heading", name="Export").wait_for()
    assert not violations(room.page)
    room.page.get_by_role("button", name="Close").click()
    room.page.locator(".q-dialog").wait_for(state="detached")


@needs_browser
def test_plots_are_exported_as_png(room, tmp_path):
    file = export(room, "Plots as PNG", tmp_path)
    assert file.name == f"usual_care_day_{room.day}_plots.png"
    image, colours = pixels(file)
    assert image.shape[:2] == (2 * (2 * 24 + 8 + 2 * 230 + 26), 2 * 3 * 400)
    assert colours > 50, "not blank"


@needs_browser
def test_plots_are_exported_as_svg_with_all_their_words(room, tmp_path):
    file = export(room, "Plots as SVG", tmp_path)
    assert file.name.endswith("_plots.svg")
    drawing = ElementTree.parse(file).getroot()
    words = [text.text for text in drawing.iter(f"{SVG}text")]
    shown = [PLOTS[name].label for name in FIRST][:5]
    assert {"Clients who differ now", *shown} <= set(words)
    assert any(word.startswith("A: ") for word in words)
    assert any("A teaching model of made-up people" in word for word in words)
    lines = [path for path in drawing.iter(f"{SVG}path") if path.get("stroke") == "#0072B2" and len(path.get("d")) > 60]
    assert len(lines) >= len(shown), "a line of run A in each plot"


@needs_browser
def test_series_are_exported_as_csv_with_the_values_of_the_session(room, tmp_path):
    file = export(room, "Series as CSV", tmp_path)
    assert file.name == f"usual_care_day_{room.day}_series.csv"
    with file.open(newline="") as text:
        rows = list(csv.DictReader(text))
    assert [int(row["day"]) for row in rows] == list(range(26, room.day))
    values = room.page.evaluate(
        "() => JSON.stringify(getElement(+document.querySelector('.theatre-box').id.slice(1)).lines.values)"
    )
    shown = json.loads(values)
    compared = 0
    for run, called in (("a", "run A"), ("b", "run B"), ("p", "placebo run")):
        for name, plot in PLOTS.items():
            column = [row[f"{plot.label} ({plot.unit}), {called}"] for row in rows]
            series = shown[run][name]
            expected = series["data"][26 - series["first"] :]
            assert [float(value) if value else None for value in column] == expected, (run, name)
            compared += len(column)
    assert compared == 3 * len(PLOTS) * len(rows) > 0


@needs_browser
def test_the_picture_is_exported_as_png(room, tmp_path):
    file = export(room, "Picture as PNG", tmp_path)
    assert file.name == f"usual_care_day_{room.day}_picture.png"
    image, colours = pixels(file)
    stages = [canvas.bounding_box() for canvas in room.page.locator(".stage canvas").all()]
    assert image.shape[1] == pytest.approx(sum(box["width"] for box in stages), abs=2)
    assert image.shape[0] > max(box["height"] for box in stages)
    assert colours > 100
    blue = np.abs(image[..., :3] - np.array([0x56, 0xB4, 0xE9]) / 255).max(axis=2) < 0.02
    halves = blue[:, : image.shape[1] // 2], blue[:, image.shape[1] // 2 :]
    assert all(half.sum() > 100 for half in halves), "people of both runs"


@needs_browser
def test_the_picture_is_filmed(room, tmp_path):
    file = export(room, "Record 20 seconds", tmp_path)
    assert file.name == f"usual_care_day_{room.day}_picture.webm"
    data = file.read_bytes()
    assert data[:4] == b"\x1a\x45\xdf\xa3", "Matroska, of which WebM is one"
    film = f"data:video/webm;base64,{base64.b64encode(data).decode()}"
    duration, width, height = room.page.evaluate(DURATION, film)
    assert duration > 1.0
    assert min(width, height) > 200


@needs_browser
def test_a_browser_that_cannot_film_says_so(room):
    kept = room.page.evaluate("() => { window.kept = window.MediaRecorder; window.MediaRecorder = undefined; }")
    assert kept is None
    room.page.get_by_role("button", name="Export").click()
    room.page.get_by_role("button", name="Record 20 seconds").click()
    room.page.get_by_text("This browser cannot record WebM video").wait_for()
    assert room.page.get_by_text("Recording the picture").count() == 0
    room.page.evaluate("() => { window.MediaRecorder = window.kept; }")
    room.page.get_by_role("button", name="Close").first.click()


@needs_browser
def test_further_runs_are_told_and_drawn_and_outdated_by_undo(room):
    page = room.page
    room.panel("Compare")
    page.get_by_role("button", name="20 more like this").click()
    page.get_by_text(re.compile("Simulated in the background")).wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="20 more like this").click()
    page.get_by_text("with the changes made up to then. 20 further runs.").wait_for()
    assert page.locator(".further").count() == 3 + 6
    assert not violations(page)
    assert page.get_by_text(re.compile(r"In this run B .* of 20 further runs\.")).count() >= 5
    room.wait(lambda: set(room.state()["bands"]) == {"differing", *FIRST[:5]})
    band = room.state()["bands"]["caseload"]["b"]
    points = zip(band["low"], band["mean"], band["high"], strict=True)
    assert all(low is None or low <= mean <= high for low, mean, high in points)
    page.get_by_role("switch", name="Show the further runs in the plots").click()
    room.wait(lambda: not room.state()["bands"])
    page.get_by_role("switch", name="Show the further runs in the plots").click()
    room.wait(lambda: room.state()["bands"])
    room.press("Control+z")
    page.get_by_text("are outdated").wait_for()
    room.wait(lambda: not room.state()["bands"])  # they go a moment after it is said
