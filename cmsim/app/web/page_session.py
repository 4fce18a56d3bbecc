"""One open page: its session, its play, and whom to tell when something has changed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from nicegui import Event, background_tasks, run, ui

from cmsim.app.session.kept_sessions import Keeper
from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.plot_series import FIRST
from cmsim.app.session.replay import PANES, Pane, Record
from cmsim.app.session.run_changes import Change
from cmsim.app.session.run_process import RunEndedError
from cmsim.app.web.canvas_elements import DIFFERING, Stream, Theatre, plot_options
from cmsim.app.web.page_elements import asked
from cmsim.core.errors import CmsimError
from cmsim.scenario import Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from cmsim.app.session.details import Details, Item
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
        session: the runs, with the notebook of the learners.
        keeper: what keeps the session on this machine.
        theatre, stream: the picture, and what happens.
        playing, speed, pace: whether the play goes on, the days a second asked for, and those reached.
        until: the day at which the play ends, if at one.
        selected: key and run of whoever is looked up.
        plots: names of the plots that are shown.
        shows_bands: whether plots show the further runs of the comparison, where there are any.
        ended: whether the page is gone.
        opening: whether runs are being simulated again.
        sitting: whether a learner is in the role-play.
        met_unwell: of the clients unwell in the latest role-play week, how many were met, and how many there were.
        workers: the case managers of run A, as in a frame.
        figures: how many of its latest contacts were held, and of which days they are, in words.
        opened, paused, halted: events of the play; runs were opened anew, it has come to rest, or to the day at
            which it ends.
        changed: what is in force became another, and whether the controls have to be built anew for it.
        told: something happened, in a sentence.
        picked: somebody was picked, with what there is to know, and in which run; None when nobody is any more.
        covered: what the worker in the role-play would not know is to be taken from the page.
        restored: the session is another, or on another day: a file was opened, something undone, a day gone to.
    """

    def __init__(self, session: LiveSession, keeper: Keeper, theatre: Theatre, stream: Stream) -> None:
        self.session = session
        self.keeper = keeper
        self.theatre = theatre
        self.stream = stream
        self.playing = False
        self.speed = 5
        self.pace = 0.0
        self.until: int | None = None
        self.selected: tuple[str, Pane] | None = None
        self.plots = list(FIRST)
        self.shows_bands = True
        self.ended = False
        self.opening = False
        self.sitting = False
        self.met_unwell: tuple[int, int] | None = None
        self.workers: list[list[float]] = []
        self.figures = ""
        self.opened: Event[[]] = Event()
        self.paused: Event[[]] = Event()
        self.halted: Event[[]] = Event()
        self.changed: Event[[bool]] = Event()
        self.told: Event[[str]] = Event()
        self.picked: Event[[Details | None, Pane]] = Event()
        self.covered: Event[[]] = Event()
        self.restored: Event[[]] = Event()
        self._busy = asyncio.Lock()
        self._in_force_since = session.in_force_since
        self._asks_to_recover = False
        self._not_kept = ""

    # -- doing things away from the page's own thread --------------------------------------------------------

    async def do(self, act: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result | None:
        """Do something with the session; a mistake is shown and gives None."""
        try:
            return await run.io_bound(act, *args, **kwargs)
        except RunEndedError:
            if not self.ended:
                background_tasks.create(self._offer_to_recover(), name="offer to recover")
        except Exception as error:
            if not isinstance(error, CmsimError):
                logging.getLogger(__name__).exception("the app failed")
            if not self.ended:
                said = str(error) if isinstance(error, CmsimError) else "That failed; the log has the reason."
                ui.notify(said, type="negative", multi_line=True, timeout=8000, close_button="Close", position="top")
        return None

    async def _offer_to_recover(self) -> None:
        """Say that the process of a run has ended, and simulate the runs again if wanted."""
        self.pause()
        if self._asks_to_recover:
            return
        self._asks_to_recover = True
        day = max(self.session.day, self.session.aim)
        with self.theatre.client:
            said = f"A run has stopped unexpectedly. Nothing is lost: it can be re-run to day {day}."
            wanted = await asked(said, "Go on where you were", "Not now")
            self._asks_to_recover = False
            if wanted:
                await self.reopen(self.session.recover)

    async def may_replace(self) -> bool:
        """Ask before a comparison, or a run in which something was changed, is replaced; return whether it may be."""
        session = self.session
        played = session.day > session.scenario.world.warm_up_days
        if not played or not (session.is_comparing or session.scenario != session.origins["a"]):
            return True
        what = "comparison" if session.is_comparing else "run with its changes"
        said = f"This replaces the {what}, now on day {session.day}. Undo (Ctrl+Z) brings it back."
        return await asked(said, "Replace", "Keep")

    # -- keeping -----------------------------------------------------------------------------------------------

    async def keep(self) -> None:
        """Keep the session on this machine; say once if that does not work."""
        if self.ended:
            return
        try:
            await run.io_bound(self.keeper.keep, self.session)
            self._not_kept = ""
        except CmsimError as error:
            if str(error) != self._not_kept:
                ui.notify(str(error), type="warning", multi_line=True, timeout=8000, close_button="Close")
            self._not_kept = str(error)

    async def _turn_page(self) -> None:
        """Keep the session as it is, and what comes after it in a file of its own."""
        await self.keep()
        self.keeper.turn()

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
        self.workers, self.figures = opened["a"]["workers"], ""
        self._in_force_since = session.in_force_since
        if self.sitting:
            return
        start = max(session.scenario.world.warm_up_days - 30, 0)
        self.theatre.run_method("open", opened, {"start": start, **self._options()})
        if self.selected is not None and self.selected[1] in session.courses:
            await self.pick(*self.selected)
        else:
            await self.pick_nobody()
        await self.opened.call()

    def _options(self) -> dict[str, object]:
        session = self.session
        names = ([DIFFERING.name, *self.plots] if session.is_comparing else self.plots)[:MOST_PLOTS]
        further = session.further_results if self.shows_bands else None
        return {
            "plots": plot_options(names),
            "bands": further.bands(names) if further is not None else {},
            "marks": [{"day": change.day, "pane": pane, "text": change.text} for pane, change in session.changes],
            "titles": {name: f"{name.upper()}: {session.name_of(name)}" for name in session.scenarios},
            "caseload": {
                name: scenario.service_on(session.day).caseload.size for name, scenario in session.scenarios.items()
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
                if not await self.advance(days):
                    break
                took = time.perf_counter() - began
                a_day = took / days
                rest = days / self.speed - took
                self.pace = days / max(took, days / self.speed)
                await asyncio.sleep(max(rest, 0.0))
        finally:
            self.playing, self.pace = False, 0.0
            if not self.ended:
                await self.paused.call()

    def pause(self) -> None:
        """Pause; the frame under way is the last."""
        self.playing = False

    async def advance(self, days: int) -> bool:
        """Simulate some days, up to that at which the play ends, and show them; return whether that worked."""
        if self.sitting:
            return False
        if self.until is not None:
            days = max(min(days, self.until - self.session.day), 1)
        async with self._busy:
            if self.session.day >= self.session.last_day:
                ui.notify("The run has reached its last day. Press Restart, or go to a day.", type="info")
                return False
            frames = await self.do(self.session.advance, days)
        if frames is None or self.ended:
            return False
        await self._show_frames(frames)
        if self.until is not None and self.session.day >= self.until:
            self.until = None
            self.pause()
            await self.halted.call()
        return True

    async def _show_frames(self, frames: dict[str, Frame]) -> None:
        """Show frames, and tell what happened."""
        if self.session.is_comparing:
            for name, counts in self.session.differing.items():
                frames[name]["courses"][DIFFERING.name] = counts[-len(frames["a"]["courses"]["ill"]) :]
        a = frames["a"]
        self.workers = a["workers"]
        self.figures = self._counts_in_words(a["figures"], len(a["courses"]["ill"]))
        if self.session.in_force_since != self._in_force_since:
            self._in_force_since = self.session.in_force_since
            await self.changed.call(True)
        sent = {
            name: {key: value for key, value in frame.items() if key in _PLOTTED or not (name == "p" or key in _TOLD)}
            for name, frame in frames.items()
        }
        things = _merge_feeds({name: frames[name]["things"][-_STREAMED:] for name in PANES if name in frames})
        if things:
            self.stream.run_method("add", things)
            last = things[-1]
            await self.told.call(f"{last['client'] or last['worker']} {last['text']}")
        try:
            await self.theatre.run_method("frame", sent, timeout=_PATIENCE)
        except TimeoutError:
            self.pause()  # a closed or sleeping page must not be played to
            ui.notify("Paused: the page was asleep or too busy to show the days. Press play to go on.", type="info")

    def _counts_in_words(self, counts: Mapping[str, int], days: int) -> str:
        """Return counts of the contacts of the latest days of run A in words; the day of the date is still to come."""
        last = self.session.day - 1
        when = f"on day {last}" if days == 1 else f"on days {last - days + 1} to {last}"
        where = " in run A" if self.session.is_comparing else ""
        return f"Contacts {when}{where}: {' · '.join(f'{what} {n}' for what, n in counts.items())}"

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
        before = self.session.changes
        async with self._busy:
            differing = await self.do(self.session.change, settings, pane)
        if not differing:
            return differing is not None
        self.refresh()
        where = f" in run {pane.upper()}" if self.session.is_comparing else ""
        made = [change.text for each, change in self.session.changes if (each, change) not in before]
        what = "; ".join(made) or "as before"
        said = f"From day {self.session.day} on{where}: {what}"
        ui.notify(said, type="positive", timeout=2500, position="bottom-left", badgeStyle="display: none")
        await self.changed.call(any(key.endswith(".rule") for key, *_ in differing))
        return True

    async def remove_change(self, pane: Pane, change: Change) -> None:
        """Take a change out of a run, as if it had never been made."""
        await self.reopen(self.session.remove_change, pane, change)

    async def load(self, scenario: Scenario, replication: int = 0) -> bool:
        """Begin with another scenario, if what runs may be replaced."""
        if not await self.may_replace():
            return False
        await self._turn_page()
        self.selected, self.until = None, None
        self.stream.run_method("clear")
        return await self.reopen(self.session.load, scenario, replication)

    async def restore(self, record: Record, file: Path | None = None) -> bool:
        """Simulate a saved session again up to its day, with its notes, if what runs may be replaced.

        Args:
            record: the session.
            file: in which it is kept and goes on to be, without a new one.
        """
        if not await self.may_replace():
            return False
        await self._turn_page()
        self.selected, self.until = None, None
        self.stream.run_method("clear")
        worked = await self.reopen(self.session.restore, record)
        if worked and file is not None:
            self.keeper.file = file
        await self.restored.call()
        return worked

    async def reset(self, keep_changes: bool = True) -> None:
        """Begin again with the same people and the same random numbers, with or without the changes made."""
        if await self.may_replace():
            self.stream.run_method("clear")
            await self.reopen(self.session.reset, keep_changes)
            await self.restored.call()

    async def undo(self) -> None:
        """Take back the last change, or what replaced the runs."""
        if not self.session.can_undo:
            ui.notify("There is nothing to undo.", type="info")
        elif await self.reopen(self.session.undo):
            await self.restored.call()

    async def go_to(self, day: int) -> None:
        """Go to a day; changes made hold, each from its day on."""
        self.stream.run_method("clear")
        await self.reopen(self.session.go_to, day)
        await self.restored.call()

    async def open_comparison(self, scenario: Scenario | None = None) -> bool:
        """Open run B and the placebo run."""
        worked = await self.reopen(self.session.open_comparison, scenario)
        if worked and scenario is not None:
            self.stream.run_method("clear")
        return worked

    async def close_comparison(self) -> None:
        """Give up run B, if it may be."""
        if await self.may_replace():
            self.until = None
            self.session.close_comparison()
            await self.reopen(self.session.pictures)

    async def pick(self, key: str, pane: Pane) -> None:
        """Look somebody up: who it is, ties, story; if there is nobody of that key, all stays as it was."""
        if self.sitting:
            ui.notify(
                "In the role-play you know only what the case manager knows. Leave it to look anybody up.", type="info"
            )
            return
        found = await self.do(self.session.look_up, key, pane)
        if found is not None:
            self.selected = (key, pane)
            await self.picked.call(found, pane)
        elif self.selected == (key, pane):
            await self.pick_nobody()

    async def pick_nobody(self) -> None:
        """Clear the selection."""
        self.selected = None
        self.theatre.run_method("select", None)
        await self.picked.call(None, "a")

    def leave(self) -> None:
        """End the play, since the page is gone or the session goes on in another."""
        self.ended = True
        self.playing = False


def _merge_feeds(feeds: Mapping[Pane, Sequence[Item]]) -> list[dict[str, object]]:
    """Return the items of one run, or of two in order of time; what happens in both is told once, for both."""
    keyed = [(tuple(item.items()), pane) for pane, items in feeds.items() for item in items]
    keyed.sort(key=lambda each: each[0][:2])
    panes: dict[tuple[tuple[str, object], ...], str] = {}
    for what, pane in keyed:
        panes[what] = pane if len(feeds) > 1 and what not in panes else ""
    return [{**dict(what), "pane": pane} for what, pane in panes.items()]
