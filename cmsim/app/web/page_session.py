"""One open page: its session, its play, and whom to tell when something has changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from nicegui import run, ui

from cmsim.app.session.live_session import LiveSession, Pane
from cmsim.app.session.plot_series import FIRST
from cmsim.app.session.session_file import Record
from cmsim.app.web.canvas_elements import DIFFERING, Stream, Theatre, plot_options
from cmsim.core.errors import CmsimError
from cmsim.scenario import Scenario

Result = TypeVar("Result")

SPEEDS = (1, 2, 5, 10, 20, 50)
"""Days a second that can be chosen."""
_FRAMES = 10.0
"""Frames a second at most."""
_LONGEST_FRAME = 0.1
"""Seconds that a frame may take."""
_TO = " → "
_STREAMED = 24
"""Things told with one frame at most."""


class Room:
    """What the parts of one page share."""

    def __init__(self, session: LiveSession, theatre: Theatre, stream: Stream) -> None:
        self.session = session
        self.theatre = theatre
        self.stream = stream
        self.playing = False
        self.speed = 5
        self.until: int | None = None
        self.selected: tuple[str, Pane] | None = None
        self.changes: list[dict[str, Any]] = []
        self.notes: dict[str, str] = {}
        self.case = ""
        self.prediction = ""
        self.plots = list(FIRST)
        self.ended = False
        self.opening = False
        self.sitting = False
        self.workers: list[list[float]] = []
        self.measured = 0.0
        self._opened: list[Callable[[], Any]] = []
        self._changed: list[Callable[[bool], Any]] = []
        self._advanced: list[Callable[[dict[str, Any]], Any]] = []
        self._started: list[Callable[[], Any]] = []
        self._paused: list[Callable[[], Any]] = []
        self._picked: list[Callable[[str, Pane], Any]] = []
        self._plots: list[Callable[[], Any]] = []
        self._covered: list[Callable[[], Any]] = []
        self._restored: list[Callable[[], Any]] = []
        self._busy = asyncio.Lock()

    # -- whom to tell ----------------------------------------------------------------------------------------

    def on_opened(self, tell: Callable[[], Any]) -> None:
        """Have somebody told when runs have been opened anew."""
        self._opened.append(tell)

    def on_changed(self, tell: Callable[[bool], Any]) -> None:
        """Have somebody told when a setting was changed, and whether it was a rule, which has settings of its
        own."""
        self._changed.append(tell)

    def on_advanced(self, tell: Callable[[dict[str, Any]], Any]) -> None:
        """Have somebody told of each frame."""
        self._advanced.append(tell)

    def on_started(self, tell: Callable[[], Any]) -> None:
        """Have somebody told when the play begins."""
        self._started.append(tell)

    def on_paused(self, tell: Callable[[], Any]) -> None:
        """Have somebody told when the play has come to rest."""
        self._paused.append(tell)

    def on_picked(self, tell: Callable[[str, Pane], Any]) -> None:
        """Have somebody told who was picked."""
        self._picked.append(tell)

    def on_plots(self, tell: Callable[[], Any]) -> None:
        """Have somebody told when other plots are to be shown."""
        self._plots.append(tell)

    def on_covered(self, tell: Callable[[], Any]) -> None:
        """Have somebody told to take from the page what the worker in the role-play would not know."""
        self._covered.append(tell)

    def watch(self, plots: tuple[str, ...]) -> None:
        """Show some plots."""
        self.plots = list(plots)[:6]
        for tell in self._plots:
            tell()
        self.refresh()

    async def _tell(self, listeners: list[Callable[..., Any]], *args: Any) -> None:
        for tell in listeners:
            answer = tell(*args)
            if isinstance(answer, Awaitable):
                await answer

    # -- doing things away from the page's own thread --------------------------------------------------------

    async def do(self, act: Callable[..., Result], *args: Any) -> Result | None:
        """Do something with the session; a mistake is shown and gives None."""
        try:
            return await run.io_bound(act, *args)
        except CmsimError as error:
            if not self.ended:
                ui.notify(
                    str(error), type="negative", multi_line=True, timeout=8000, close_button="Close", position="top"
                )
            return None

    async def opens(self, act: Callable[..., dict[str, Any] | None], *args: Any) -> bool:
        """Do something that opens runs anew, such as a reset; return whether it worked."""
        self.pause()
        self.sitting = False
        async with self._busy:
            self.opening = True
            try:
                opened = await self.do(act, *args)
            finally:
                self.opening = False
        if opened is None:
            return False
        await self.show(opened)
        return True

    async def show(self, opened: dict[str, Any]) -> None:
        """Show first pictures."""
        session = self.session
        if session.is_comparing:
            policy, noise = session.differing_by_day()
            opened["b"]["courses"]["differing"] = policy
            opened["p"]["courses"]["differing"] = noise
        self.workers = opened["a"]["workers"]
        if self.sitting:
            return
        start = max(session.scenario.world.warm_up_days - 30, 0)
        self.theatre.open(opened, {"start": start, **self._options()})
        if self.selected is not None:
            await self.pick(*self.selected)
        await self._tell(self._opened)

    def _options(self) -> dict[str, Any]:
        session = self.session
        names = [DIFFERING["name"], *self.plots[:5]] if session.is_comparing else self.plots[:6]
        return {
            "plots": plot_options(names),
            "marks": self.changes,
            "titles": self.titles(),
            "caseload": {
                name: course.scenario.service_on(session.day).caseload.size for name, course in session.courses.items()
            },
        }

    def titles(self) -> dict[str, str]:
        """Return what the two runs are called."""
        courses = self.session.courses
        titles = {"a": f"A: {courses['a'].scenario.title}"[:60]}
        if "b" in courses:
            other = courses["b"].scenario.title
            changed = [change["short"] for change in self.changes if change["pane"] == "b"]
            titles["b"] = f"B: {other}"[:60] if not changed else f"B: {'; '.join(changed)}"[:80]
        return titles

    def refresh(self) -> None:
        """Bring titles, marks and plots up to date."""
        self.theatre.configure(self._options())

    # -- play ------------------------------------------------------------------------------------------------

    async def play(self) -> None:
        """Play until paused, frame by frame; no faster than asked for, and as fast as it goes."""
        if self.playing or self.ended or self.sitting:
            return
        self.playing = True
        await self._tell(self._started)
        a_day = 0.0
        try:
            while self.playing and not self.ended:
                began = time.perf_counter()
                # as many days a frame as fit, so that a pause is never far even on a busy machine
                days = max(1, min(round(self.speed / _FRAMES), int(_LONGEST_FRAME / max(a_day, 1e-4))))
                if self.until is not None:
                    days = min(days, self.until - self.session.day)
                if days < 1 or not await self.advance(days):
                    break
                took = time.perf_counter() - began
                a_day = took / days
                rest = days / self.speed - took
                self.measured = days / max(took, days / self.speed)
                await asyncio.sleep(max(rest, 0.0))
        finally:
            self.playing = False
            if self.until is not None and self.session.day >= self.until:
                self.until = None
            if not self.ended:
                await self._tell(self._paused)

    def pause(self) -> None:
        """Pause; the frame under way is the last."""
        self.playing = False

    async def advance(self, days: int) -> bool:
        """Live some days and show them; return whether that worked."""
        if self.sitting:
            return False
        async with self._busy:
            if self.session.over:
                ui.notify("The run has come to its last day. Reset it to begin again.", type="info")
                return False
            frames = await self.do(self.session.advance, days)
        if frames is None or self.ended:
            return False
        await self.shows(frames)
        return True

    async def shows(self, frames: dict[str, Any]) -> None:
        """Show frames, and tell what happened."""
        if self.session.is_comparing:
            _, policy, noise = self.session.differing[-1]
            days = len(frames["a"]["courses"]["ill"])
            frames["b"]["courses"]["differing"] = [policy] * days
            frames["p"]["courses"]["differing"] = [noise] * days
        self.workers = frames["a"]["workers"]
        sent = {
            name: {key: value for key, value in frame.items() if key not in ("things", "figures")}
            for name, frame in frames.items()
        }
        if "p" in sent:
            sent["p"] = {key: sent["p"][key] for key in ("day", "courses")}
        things = [
            {**thing, "pane": name if self.session.is_comparing else ""}
            for name in ("a", "b")
            if name in frames
            for thing in frames[name]["things"][-_STREAMED:]
        ]
        things.sort(key=lambda thing: (thing["day"], thing["minute"]))
        if things:
            self.stream.add(_once(things))
        try:
            await self.theatre.frame(sent)
        except TimeoutError:
            self.pause()  # nobody looks: a closed or sleeping page must not be played to
        await self._tell(self._advanced, frames)

    # -- the role-play ----------------------------------------------------------------------------------

    async def sit(self, post: int) -> dict[str, Any] | None:
        """Take a learner into the chair of a case manager; return what the worker knows.

        The picture, the stream and whoever is looked up are taken from the page: as long as somebody sits in
        the chair nothing of the runs is sent to it but what the worker knows.
        """
        self.pause()
        self.cover()
        async with self._busy:
            self.opening = not self.session.is_comparing
            desk = await self.do(self.session.sit, post)
            self.opening = False
        if desk is None:
            await self.uncover()
        return desk

    def cover(self) -> None:
        """Take from the page what the worker in the role-play would not know."""
        self.sitting = True
        self.selected = None
        self.theatre.cover(
            "You are in the role-play. The picture stays covered: you know what the worker knows, and no more."
        )
        self.stream.clear()
        for tell in self._covered:
            tell()

    async def uncover(self) -> None:
        """Show the runs again, with the weeks simulated in the role-play."""
        self.sitting = False
        async with self._busy:
            opened = await self.do(self.session.pictures)
        if opened is not None:
            await self.show(opened)

    # -- acting ----------------------------------------------------------------------------------------------

    async def change(self, settings: dict[str, Any], label: str, pane: Pane) -> bool:
        """Change settings from today on, mark it on the plots, and say so."""
        async with self._busy:
            differing = await self.do(self.session.change, settings, pane)
        if not differing:
            return differing is not None
        day = self.session.day
        shown = [
            f"{_said(was)}{_TO}{_said(now)}" for key, was, now in differing if key in settings or len(differing) == 1
        ]
        rules = [f"{_said(was)}{_TO}{_said(now)}" for key, was, now in differing if key.endswith(".rule")]
        again = {"day": day, "pane": pane, "label": label}
        same = next((each for each in self.changes if again.items() <= each.items()), None)
        text = (shown or rules or ["changed"])[0]
        if same is not None:  # one mark a day and setting, which tells from what it was in the morning
            self.changes.remove(same)
            text = f"{same['text'].partition(_TO)[0]}{_TO}{text.partition(_TO)[2]}" if _TO in text else text
        short = f"{label} {text}"
        self.changes.append({**again, "text": text, "short": short, "settings": differing})
        self.refresh()
        where = f" in run {pane.upper()}" if self.session.is_comparing else ""
        ui.notify(f"From day {day} on{where}: {short}", type="positive", timeout=2500, position="top", group="change")
        await self._tell(self._changed, any(key.endswith(".rule") for key, _, _ in differing))
        return True

    async def load(self, scenario: Scenario, replication: int = 0) -> bool:
        """Begin with another scenario."""
        self.changes.clear()
        self.changes.extend(stated_changes(scenario, "a"))
        self.stream.clear()
        return await self.opens(self.session.load, scenario, replication)

    async def restore(self, record: Record) -> bool:
        """Live a saved session again up to its day, with its notes."""
        self.changes[:] = [
            change for pane, scenario in record.scenarios.items() for change in stated_changes(scenario, pane)
        ]
        self.stream.clear()
        self.notes.clear()
        self.notes.update(record.notes)
        self.case, self.prediction = record.case, record.prediction
        worked = await self.opens(self.session.restore, record.scenarios, record.replication, record.weeks, record.day)
        await self._tell(self._restored)
        return worked

    def on_restored(self, tell: Callable[[], Any]) -> None:
        """Have somebody told when a saved session was opened, with its case and notes."""
        self._restored.append(tell)

    async def reset(self) -> None:
        """Begin again with the same people and the same random numbers; changes made come again on their days."""
        self.stream.clear()
        self.until = None
        await self.opens(self.session.reset)

    async def open_comparison(self, scenario: Scenario | None = None) -> bool:
        """Open run B and the placebo run."""
        worked = await self.opens(self.session.open_comparison, scenario)
        if worked and scenario is not None:
            self.changes.extend(stated_changes(scenario, "b"))
            self.stream.clear()
            self.refresh()
        return worked

    async def close_comparison(self) -> None:
        """Give up run B."""
        self.changes[:] = [change for change in self.changes if change["pane"] == "a"]
        self.session.close_comparison()
        await self.opens(self.session.pictures)

    async def pick(self, key: str, pane: Pane) -> None:
        """Look somebody up: who it is, ties, story."""
        if not key:
            return
        if self.sitting:
            ui.notify("In the role-play you know only what the worker knows. Leave it to look anybody up.", type="info")
            return
        self.selected = (key, pane)
        await self._tell(self._picked, key, pane)

    def leave(self) -> None:
        """The page is gone: end the play and the runs."""
        self.ended = True
        self.playing = False
        self.session.close()


def stated_changes(scenario: Scenario, pane: str) -> list[dict[str, Any]]:
    """Return the dated changes of a scenario as marks for the plots."""
    return [{"day": day, "pane": pane, "short": "planned change", "settings": []} for day, _ in scenario.changes]


def _once(things: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return things with those that happen in both runs told once, for both."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for thing in things:
        what = tuple(value for name, value in thing.items() if name != "pane")
        found[what] = {**thing, "pane": ""} if what in found else thing
    return list(found.values())


def _said(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (list, tuple)):
        return f"{len(value)} chosen"
    return str(value).replace("_", " ")
