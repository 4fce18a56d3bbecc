"""One open page: its session, its play, and whom to tell when something has changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from nicegui import Event, run, ui

from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.plot_series import FIRST
from cmsim.app.session.replay import PANES, Pane, Record
from cmsim.app.session.setting_controls import Change, dated_changes
from cmsim.app.web.canvas_elements import DIFFERING, Stream, Theatre, plot_options
from cmsim.core.errors import CmsimError
from cmsim.scenario import Scenario

if TYPE_CHECKING:
    from cmsim.app.session.details import Item
    from cmsim.app.session.snapshot import Frame, Picture
    from cmsim.app.session.week_plan import Desk

P = ParamSpec("P")
Result = TypeVar("Result")

MOST_PLOTS = 6
SPEEDS = (1, 2, 5, 10, 20, 50)
"""Days a second that can be chosen."""
_FRAMES = 10.0
"""Frames a second at most."""
_LONGEST_FRAME = 0.1
"""Seconds that a frame may take."""
_PATIENCE = 5.0
"""Seconds that a browser may take to show a frame before the play is paused."""
_PLOTTED, _TOLD = ("day", "courses"), ("things", "figures")
"""What a frame has for the plots, and what is told beside the picture."""
_STREAMED = 24
"""Things told with one frame at most."""


class Room:
    """What the parts of one page share.

    Attributes:
        session: the runs.
        theatre, stream: the picture, and what happens.
        playing, speed, pace: whether the play goes on, the days a second asked for, and those reached.
        until: the day at which the play ends, if at one.
        selected: key and run of whoever is looked up.
        notes, case, prediction: what learners wrote and chose.
        plots: names of the plots that are shown.
        ended: whether the page is gone.
        opening: whether runs are being simulated again.
        sitting: whether a learner is in the role-play.
        workers, figures: the case managers of run A, as in a frame, and counts of its latest contacts.
        opened, paused: events of the play; runs were opened anew, or it has come to rest.
        changed: a setting was changed, and whether it was a rule, which has settings of its own.
        picked: somebody was picked.
        covered: what the worker in the role-play would not know is to be taken from the page.
        restored: a saved session was opened, with its case and notes.
    """

    def __init__(self, session: LiveSession, theatre: Theatre, stream: Stream) -> None:
        self.session = session
        self.theatre = theatre
        self.stream = stream
        self.playing = False
        self.speed = 5
        self.pace = 0.0
        self.until: int | None = None
        self.selected: tuple[str, Pane] | None = None
        self.notes: dict[str, str] = {}
        self.case = ""
        self.prediction = ""
        self.plots = list(FIRST)
        self.ended = False
        self.opening = False
        self.sitting = False
        self.workers: list[list[float]] = []
        self.figures: dict[str, int] = {}
        self.opened: Event[[]] = Event()
        self.paused: Event[[]] = Event()
        self.changed: Event[[bool]] = Event()
        self.picked: Event[[str, Pane]] = Event()
        self.covered: Event[[]] = Event()
        self.restored: Event[[]] = Event()
        self._busy = asyncio.Lock()

    @property
    def changes(self) -> list[tuple[Pane, Change]]:
        """The dated changes of each run, of run B those that run A does not have."""
        made = {name: dated_changes(course.scenario) for name, course in self.session.courses.items() if name != "p"}
        own: list[tuple[Pane, Change]] = [("a", change) for change in made["a"]]
        return own + [("b", change) for change in made.get("b", ()) if change not in made["a"]]

    # -- doing things away from the page's own thread --------------------------------------------------------

    async def do(self, act: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result | None:
        """Do something with the session; a mistake is shown and gives None."""
        try:
            return await run.io_bound(act, *args, **kwargs)
        except CmsimError as error:
            if not self.ended:
                ui.notify(
                    str(error), type="negative", multi_line=True, timeout=8000, close_button="Close", position="top"
                )
            return None

    async def reopen(self, act: Callable[P, dict[str, Picture]], *args: P.args, **kwargs: P.kwargs) -> bool:
        """Do something that opens runs anew, such as a reset; return whether it worked."""
        self.pause()
        self.sitting = False
        async with self._busy:
            self.opening = True
            try:
                opened = await self.do(act, *args, **kwargs)
            finally:
                self.opening = False
        if opened is None:
            return False
        await self.show(opened)
        return True

    async def show(self, opened: dict[str, Picture]) -> None:
        """Show first pictures."""
        session = self.session
        if session.is_comparing:
            for name, counts in session.differing.items():
                opened[name]["courses"][DIFFERING.name] = counts
        self.workers = opened["a"]["workers"]
        if self.sitting:
            return
        start = max(session.scenario.world.warm_up_days - 30, 0)
        self.theatre.run_method("open", opened, {"start": start, **self._options()})
        if self.selected is not None:
            await self.pick(*self.selected)
        await self.opened.call()

    def _options(self) -> dict[str, object]:
        session, changes = self.session, self.changes
        names = [DIFFERING.name, *self.plots] if session.is_comparing else self.plots
        titles = {name: f"{name.upper()}: {session.courses[name].scenario.title}"[:60] for name in session.courses}
        changed = "; ".join(change.text for pane, change in changes if pane == "b")
        if changed:
            titles["b"] = f"B: {changed}"[:80]
        return {
            "plots": plot_options(names[:MOST_PLOTS]),
            "marks": [{"day": change.day, "pane": pane, "text": change.text} for pane, change in changes],
            "titles": titles,
            "caseload": {
                name: course.scenario.service_on(session.day).caseload.size for name, course in session.courses.items()
            },
        }

    def refresh(self) -> None:
        """Bring titles, marks and plots up to date."""
        self.theatre.run_method("configure", self._options())

    # -- play ------------------------------------------------------------------------------------------------

    async def play(self) -> None:
        """Play until paused, frame by frame; no faster than asked for, and as fast as it goes."""
        if self.playing or self.ended or self.sitting:
            return
        self.playing = True
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
                self.pace = days / max(took, days / self.speed)
                await asyncio.sleep(max(rest, 0.0))
        finally:
            self.playing, self.pace = False, 0.0
            if self.until is not None and self.session.day >= self.until:
                self.until = None
            if not self.ended:
                await self.paused.call()

    def pause(self) -> None:
        """Pause; the frame under way is the last."""
        self.playing = False

    async def advance(self, days: int) -> bool:
        """Simulate some days and show them; return whether that worked."""
        if self.sitting:
            return False
        async with self._busy:
            if self.session.day >= self.session.last_day:
                ui.notify("The run has reached its last day. Press Restart to begin again.", type="info")
                return False
            frames = await self.do(self.session.advance, days)
        if frames is None or self.ended:
            return False
        await self._show_frames(frames)
        return True

    async def _show_frames(self, frames: dict[str, Frame]) -> None:
        """Show frames, and tell what happened."""
        if self.session.is_comparing:
            for name, counts in self.session.differing.items():
                frames[name]["courses"][DIFFERING.name] = counts[-len(frames["a"]["courses"]["ill"]) :]
        a = frames["a"]
        self.workers, self.figures = a["workers"], a["figures"]
        sent = {
            name: {key: value for key, value in frame.items() if key in _PLOTTED or not (name == "p" or key in _TOLD)}
            for name, frame in frames.items()
        }
        things = _merge_feeds({name: frames[name]["things"][-_STREAMED:] for name in PANES if name in frames})
        if things:
            self.stream.run_method("add", things)
        try:
            await self.theatre.run_method("frame", sent, timeout=_PATIENCE)
        except TimeoutError:
            self.pause()  # nobody looks: a closed or sleeping page must not be played to

    # -- the role-play ----------------------------------------------------------------------------------

    async def sit(self, post: int) -> Desk | None:
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
        said = "You are in the role-play. The picture stays covered: you know only what the case manager knows."
        self.theatre.run_method("cover", said)
        self.stream.run_method("clear")
        self.covered.emit()

    async def uncover(self) -> None:
        """Show the runs again, with the weeks simulated in the role-play."""
        self.sitting = False
        async with self._busy:
            opened = await self.do(self.session.pictures)
        if opened is not None:
            await self.show(opened)

    # -- acting ----------------------------------------------------------------------------------------------

    async def change(self, settings: Mapping[str, object], pane: Pane) -> bool:
        """Change settings from today on, mark it on the plots, and say so."""
        before = self.changes
        async with self._busy:
            differing = await self.do(self.session.change, settings, pane)
        if not differing:
            return differing is not None
        self.refresh()
        where = f" in run {pane.upper()}" if self.session.is_comparing else ""
        what = "; ".join(change.text for each, change in self.changes if (each, change) not in before) or "as before"
        said = f"From day {self.session.day} on{where}: {what}"
        ui.notify(said, type="positive", timeout=2500, position="bottom-left", badgeStyle="display: none")
        await self.changed.call(any(key.endswith(".rule") for key, *_ in differing))
        return True

    async def load(self, scenario: Scenario, replication: int = 0) -> bool:
        """Begin with another scenario."""
        self.stream.run_method("clear")
        return await self.reopen(self.session.load, scenario, replication)

    async def restore(self, record: Record) -> bool:
        """Simulate a saved session again up to its day, with its notes."""
        self.stream.run_method("clear")
        self.notes = dict(record.notes)
        self.case, self.prediction = record.case, record.prediction
        worked = await self.reopen(self.session.restore, record)
        await self.restored.call()
        return worked

    async def reset(self) -> None:
        """Begin again with the same people and the same random numbers; changes made come again on their days."""
        self.stream.run_method("clear")
        self.until = None
        await self.reopen(self.session.reset)

    async def open_comparison(self, scenario: Scenario | None = None) -> bool:
        """Open run B and the placebo run."""
        worked = await self.reopen(self.session.open_comparison, scenario)
        if worked and scenario is not None:
            self.stream.run_method("clear")
        return worked

    async def close_comparison(self) -> None:
        """Give up run B."""
        self.session.close_comparison()
        await self.reopen(self.session.pictures)

    async def pick(self, key: str, pane: Pane) -> None:
        """Look somebody up: who it is, ties, story."""
        if self.sitting:
            ui.notify(
                "In the role-play you know only what the case manager knows. Leave it to look anybody up.", type="info"
            )
            return
        self.selected = (key, pane)
        await self.picked.call(key, pane)

    def leave(self) -> None:
        """End the play and the runs, since the page is gone."""
        self.ended = True
        self.playing = False
        self.session.close()


def _merge_feeds(feeds: Mapping[Pane, Sequence[Item]]) -> list[dict[str, object]]:
    """Return the items of one run, or of two in order of time; what happens in both is told once, for both."""
    keyed = [(tuple(item.items()), pane) for pane, items in feeds.items() for item in items]
    keyed.sort(key=lambda each: each[0][:2])
    panes: dict[tuple[tuple[str, object], ...], str] = {}
    for what, pane in keyed:
        panes[what] = pane if len(feeds) > 1 and what not in panes else ""
    return [{**dict(what), "pane": pane} for what, pane in panes.items()]
