"""How the teaching app keeps up on a screen, in a real browser. See README.md beside this file.

python benchmarks/app.py start|play|pause|hour [--minutes 60]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from run import bare_timeouts

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_SCREEN: Any = {"width": 1280, "height": 800}
ARGS = """--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --enable-precise-memory-info""".split()
_STATE = (
    "(name) => { const box = document.querySelector(name), shown = box && getElement(+box.id.slice(1)); "
    "return shown && shown.state && JSON.stringify(shown.state()); }"
)
_PLAY, _PREVIEW = ".theatre-box", ".theatre-preview"
"""The picture that is played, and the one that moves while the warm-up runs."""
_WATCH = """() => {
  const theatre = getElement(+document.querySelector('.theatre-box').id.slice(1));
  window.seen = [];
  let last = -1;
  const look = () => {
    const day = theatre.state().painted;
    if (day !== last) { last = day; window.seen.push([performance.now(), day]); }
    requestAnimationFrame(look);
  };
  look();
  const press = (event) => { if (event.key === ' ') window.pressed = performance.now(); };
  document.addEventListener('keydown', press, true);
}"""
"""Notes when which day is first on the screen, and when the space bar is pressed."""


@contextmanager
def app() -> Iterator[tuple[subprocess.Popen[str], str, float]]:
    """Start the app; yield its process, its address and when the command was given."""
    command = [sys.executable, "-m", "cmsim", "app", "--port", "0", "--no-browser"]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        found = next(filter(None, (re.search(r"http://\S+", line) for line in process.stdout)))
        yield process, found[0], began
    finally:
        process.terminate()
        process.wait()


@contextmanager
def browser() -> Iterator[Any]:
    """Open a browser without a window."""
    with sync_playwright() as tool:
        opened = tool.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield opened
        opened.close()


def state(page: Page, picture: str = _PLAY) -> dict[str, Any]:
    """Return what a picture shows."""
    found = page.evaluate(_STATE, picture)
    return json.loads(found) if found else {}


def wait(page: Page, true: Callable[[dict[str, Any]], Any], seconds: float = 300.0) -> None:
    """Wait until what the picture shows is so."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true(state(page)):
            return
        time.sleep(0.02)
    raise SystemExit("the app did not come to the point in time")


def opened(driver: Any, address: str) -> Page:
    """Return a page with its picture, ready to play."""
    page: Page = driver.new_page(viewport=_SCREEN)
    page.goto(address)
    wait(page, lambda shown: shown.get("painted", 0) > 0)
    return page


def with_comparison(page: Page, speed: int) -> None:
    """Open a comparison whose run B differs, and choose the fastest pace."""
    page.locator(".date").click()
    page.keyboard.press("t")
    wait(page, lambda shown: shown.get("phaseB"))
    page.get_by_role("tab", name="Settings").click()
    page.get_by_text("In force today in world B").wait_for(timeout=120_000)  # the panel is built anew
    thumb = page.locator(".slider-caseload-size [tabindex='0']").first
    thumb.focus()
    page.keyboard.press("ArrowRight")
    wait(page, lambda shown: shown.get("marks"))
    page.get_by_role("tab", name="Now").click()
    page.locator(".date").click()
    for _ in range(speed):
        page.keyboard.press("+")


def play(page: Page, seconds: float) -> float:
    """Play for some seconds; return days a second on the screen, all runs together a day each."""
    page.keyboard.press("Space")
    first, began = state(page)["painted"], time.perf_counter()
    time.sleep(seconds)
    last, ended = state(page)["painted"], time.perf_counter()
    page.keyboard.press("Space")
    time.sleep(1.0)
    return float((last - first) / (ended - began))


def quantiles(values: list[float]) -> str:
    """Return the middle and the largest of some seconds."""
    return f"median {statistics.median(values):.2f} s, largest {max(values):.2f} s of {len(values)}"


def start(times: int = 5) -> None:
    """Measure from the command to the first picture of 300 clients, which moves while their warm-up runs,
    and to the one that can be played; the browser is open already."""
    took: dict[str, list[float]] = {"first picture": [], "picture to play": []}
    used: dict[str, list[float]] = {"the app": [], "its run": []}
    with browser() as driver:
        for _ in range(times):
            with app() as (process, address, began):
                page = driver.new_page(viewport=_SCREEN)
                page.goto(address)
                wait(page, lambda shown, page=page: state(page, _PREVIEW).get("drawn") or shown.get("drawn"))
                took["first picture"].append(time.perf_counter() - began)
                wait(page, lambda shown: shown.get("painted", 0) > 0)
                took["picture to play"].append(time.perf_counter() - began)
                used["the app"].append(processor(process.pid))
                runs = [pid for pid in children(process.pid) if processor(pid) > 0.0]
                used["its run"].append(max(map(processor, runs), default=0.0))
                page.close()
    for what, seconds in used.items():
        print(f"processor time of {what} until the picture to play: {quantiles(seconds)}")
    for what, seconds in took.items():
        each = ", ".join(f"{one:.2f}" for one in seconds)
        print(f"{what} after the command: {quantiles(seconds)}; each: {each}")


def pace() -> None:
    """Measure days a second on the screen with one world, and with both panes and the placebo run."""
    with app() as (_, address, _), browser() as driver:
        page = opened(driver, address)
        for _ in range(5):
            page.keyboard.press("+")
        print(f"one run: {play(page, 15.0):.1f} days/s on the screen (50 asked for)")
        with_comparison(page, 0)
        print(f"two panes and the placebo run: {play(page, 30.0):.1f} days/s on the screen (50 asked for)")


def pause(times: int = 20) -> None:
    """Measure from the space bar to the last new picture, with both panes playing as fast as they can."""
    took = []
    with app() as (_, address, _), browser() as driver:
        page = opened(driver, address)
        with_comparison(page, 5)
        page.evaluate(_WATCH)
        for _ in range(times):
            page.keyboard.press("Space")
            time.sleep(1.5)
            page.keyboard.press("Space")
            time.sleep(1.2)
            pressed, seen = page.evaluate("() => [window.pressed, window.seen.map((each) => each[0])]")
            took.append(max((max(seen) - pressed) / 1000.0, 0.0))
    print("pause, from the key to the last new picture:", quantiles(took))


def processor(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    listed = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(each) for file in listed for each in file.read_text().split()]


def memory(pid: int) -> dict[str, int]:
    """Return resident megabytes of the app and of its runs, by what they are."""
    found = {"app": [pid], "runs": children(pid)}
    return {what: sum(map(resident, pids)) for what, pids in found.items()}


def resident(pid: int) -> int:
    """Return the resident megabytes of a process."""
    size = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(size[1]) // 1024 if size is not None else 0


_STRETCH, _NEAR_THE_END = 100.0, 1500
"""Seconds of play between two words; days after which it is begun again, before the run comes to its end."""


def hour(minutes: float) -> None:
    """Play for an hour with both panes at 10 days/s, again before the last day; tell memory and pace."""
    with app() as (process, address, _), browser() as driver:
        page = opened(driver, address)
        tools = page.context.new_cdp_session(page)
        with_comparison(page, 1)
        days, played, first = 0, 0.0, state(page)["painted"]
        at = first
        while True:
            tools.send("HeapProfiler.collectGarbage")
            heap = page.evaluate("() => performance.memory.usedJSHeapSize / 1e6")
            used = memory(process.pid)
            print(
                f"{played / 60:5.1f} min  day {at}  {days} days played  app {used['app']} MB  "
                f"runs {used['runs']} MB  page {heap:.0f} MB  load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
            if played >= 60.0 * minutes:
                return
            if at >= first + _NEAR_THE_END:
                page.keyboard.press("r")
                wait(page, lambda shown: shown["painted"] == first)
                at = first
            before, since = at, time.perf_counter()
            page.keyboard.press("Space")
            time.sleep(_STRETCH)
            page.keyboard.press("Space")
            took = time.perf_counter() - since
            time.sleep(1.0)  # the frame under way is the last
            at = state(page)["painted"]
            days, played = days + at - before, played + took
            print(f"           {(at - before) / took:.1f} days/s")


def main() -> None:
    """Run one measurement, with the machine's load and speed beside it."""
    asks = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asks.add_argument("what", choices=("start", "play", "pause", "hour"))
    asks.add_argument("--minutes", type=float, default=60.0)
    given = asks.parse_args()
    if CHROMIUM is None:
        raise SystemExit("there is no Chromium; apt-get install chromium")

    def machine() -> str:
        count, seconds = bare_timeouts()
        return f"load {os.getloadavg()[0]:.1f}, bare SimPy {count / seconds:,.0f} timeouts/s"

    print("before:", machine())
    {"start": start, "play": pace, "pause": pause, "hour": lambda: hour(given.minutes)}[given.what]()
    print("after:", machine())


if __name__ == "__main__":
    main()
