"""The page: header with the play, the picture, and the panels beside it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from nicegui import Client, run, ui
from nicegui.events import GenericEventArguments

from cmsim.app.session.descriptions import CAUSES, counted
from cmsim.app.session.kept_sessions import Kept
from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.plot_series import FIRST, PLOTS
from cmsim.app.session.teaching_cases import load_cases
from cmsim.app.web import interface_text
from cmsim.app.web.canvas_elements import Stream, Theatre
from cmsim.app.web.cases_panel import cases_panel
from cmsim.app.web.class_board import class_opener
from cmsim.app.web.class_page import LiveClass
from cmsim.app.web.comparison_panel import comparison_panel
from cmsim.app.web.details_panel import person_panel
from cmsim.app.web.export_menu import show_export
from cmsim.app.web.lesson import Lesson
from cmsim.app.web.open_sessions import FullError, OpenSessions, Place
from cmsim.app.web.page_elements import (
    browser_key,
    heading,
    large_dialog,
    put_on_style,
    scrolling_table,
    table_row,
    tag,
)
from cmsim.app.web.page_session import SPEEDS, Room
from cmsim.app.web.picture_key import picture_key, show_key
from cmsim.app.web.presenter import Presenter
from cmsim.app.web.role_play_panel import role_play_panel
from cmsim.app.web.settings_panel import settings_panel
from cmsim.app.web.tour import Tour
from cmsim.core.errors import CmsimError

if TYPE_CHECKING:
    from cmsim.app.session.snapshot import Picture

_KEYS = {
    "space": "play and pause",
    ". or →": "one day",
    "w": "one week",
    "+ −": "faster, slower",
    "r": "restart",
    "Ctrl+Z": "undo: the last change, or what replaced the runs",
    "t": "compare two runs",
    "p": "presenter's mode; there → and ← turn slides (or Page down and up, as on a remote), Esc leaves",
    "c": "the class, where the app was started with --class",
    "1 to 6": "the panels",
    "Esc": "clear the selection",
    "?": "this help",
    "Tab, arrows, Enter": "in the picture and the list of events: move, and show who it is",
}
_KEEP = 2.0
"""Seconds after which a session is kept again."""
_AGAIN = 2.0
"""Seconds after which a page tries again where all places are in use."""
_ANSWERS = 20.0
"""Seconds within which the page answers a question, on a machine that is busy."""
_LONG = 4.0
"""Seconds without progress after which it is said why."""
_SLOW = 0.8
"""Share of the pace asked for, below which the pace reached is shown."""
_PANELS = ("Person", "Settings", "Compare", "Cases", "Role-play")
"""The panels beside the first one."""


async def build(open_sessions: OpenSessions, live_class: LiveClass | None) -> None:
    """Build the page of one session, which a class follows if there is one."""
    put_on_style()
    client = ui.context.client
    waiting = _Waiting()
    await client.connected()
    if client.is_deleted:
        return
    page = await _take_place(open_sessions, waiting)
    if page is None:
        return
    session = page.place.session
    try:
        cases = asyncio.ensure_future(run.io_bound(load_cases))  # a second, the first time
        task = asyncio.ensure_future(run.io_bound(session.pictures))
        while not task.done():
            waiting.show(session)
            await asyncio.sleep(0.1)
        opened = task.result()
        await cases
    except CmsimError as error:
        waiting.said.text = str(error)
        return
    if page.is_over:
        return
    waiting.box.delete()
    room = page.room = _lay_out(page.place, open_sessions, live_class)
    if opened is not None:
        await room.show(opened)
    if not session.is_untouched:
        await room.restored.call()
        ui.notify(f"You go on where you were: day {session.day}.", type="info")
    await run.io_bound(open_sessions.nursery.fill)


class _Page:
    """A page that has a place, until it is closed or the session goes on in another page."""

    def __init__(self, client: Client, place: Place) -> None:
        self.place = place
        self.room: Room | None = None
        self.is_over = False
        self._client = client
        place.is_seen, place.give_up = lambda: client.has_socket_connection, self._give_up
        client.on_delete(self._close)

    def _give_up(self) -> None:
        self._leave()
        self._client.content.clear()
        with self._client.content:
            ui.label("This session goes on in another page.").classes("waiting-said")

    def _close(self) -> None:
        if not self.is_over:
            self._leave()
            self.place.end()

    def _leave(self) -> None:
        self.is_over = True
        if self.room is not None:
            self.room.leave()


async def _take_place(open_sessions: OpenSessions, waiting: _Waiting) -> _Page | None:
    """Take a place, tried again until there is one; None if the page is gone before."""
    client = ui.context.client
    browser, tab = await browser_key(), client.tab_id or client.id
    while not client.is_deleted:
        try:
            return _Page(client, open_sessions.open(tab, browser))
        except FullError as error:
            waiting.tries_again(str(error))
            await asyncio.sleep(_AGAIN)
    return None


class _Waiting:
    """What the page shows until there is something to play: how far it is, and the first year going by."""

    def __init__(self) -> None:
        self.box = ui.element("div").classes("waiting")
        with self.box:
            heading("Setting up", 1).classes("waiting-title")
            self.said = ui.label("Simulating the first year, so that people already have a past …").classes(
                "waiting-said"
            )
            self._bar = ui.linear_progress(0.0, show_value=False).props('aria-label="progress of setting up"')
            self._bar.props("size=14px rounded instant-feedback")
            ui.label(interface_text.NOT_FOR).classes("waiting-note")
        self._began = time.monotonic()
        self._theatre: Theatre | None = None
        self._shown: Picture | None = None

    def tries_again(self, why: str) -> None:
        """Say that there is no place yet, and that the page goes on trying."""
        self.said.text = f"{why} Trying again …"

    def show(self, session: LiveSession) -> None:
        """Show how far a session is."""
        self._bar.value = session.progress
        days = session.scenario.world.warm_up_days
        self.said.text = f"Simulating the first {days} days, so that people already have a past: {session.progress:.0%}"
        if session.progress == 0.0 and time.monotonic() - self._began > _LONG:
            self.said.text += ". First run after installing: this takes one to three minutes, once."
        picture = session.preview
        if picture is None or picture is self._shown:
            return
        self._shown = picture
        if self._theatre is None:
            self.box.classes("alive")
            with self.box:
                self._theatre = Theatre(preview=True)
                picture_key()
        self._theatre.run_method("open", {"a": picture}, {"start": 0, "glides": True})


def _lay_out(place: Place, open_sessions: OpenSessions, live_class: LiveClass | None) -> Room:
    with ui.element("div").classes("page"):
        header = ui.element("header").classes("header")
        offer = ui.element("div")
        with ui.element("div").classes("main"):
            with ui.element("section").classes("left").props('aria-label="picture"') as left:
                theatre = Theatre()
                picture_key()
            with ui.element("section").classes("right").props('aria-label="panels"'):
                with ui.tabs().props('dense no-caps mobile-arrows aria-label="panels"').classes("tabs") as tabs:
                    for name in ("Now", *_PANELS):
                        ui.tab(name)
                with ui.tab_panels(tabs, value="Now", keep_alive=True, animated=False).classes("panels"):
                    with ui.tab_panel("Now").classes("panel"):
                        room = _now_panel(place, theatre)
                    lesson = Lesson(room)
                    show_class = class_opener(live_class, lesson) if live_class is not None else None
                    cases: Callable[[Room], None] = partial(cases_panel, lesson, show_class)
                    panels = (person_panel, settings_panel, comparison_panel, cases, role_play_panel)
                    for name, build_panel in zip(_PANELS, panels, strict=True):
                        with ui.tab_panel(name).classes("panel"):
                            build_panel(room)
        with ui.element("footer").classes("footer"):
            ui.label(interface_text.NOT_FOR)
    with left:
        presenter = Presenter(lesson)
    tour = Tour()
    welcome = partial(show_welcome, tour)
    with header:
        _Header(room, tabs, partial(open_sessions.kept, place.browser), presenter, welcome, show_class)
    with offer:
        _offer_to_go_on(room, open_sessions.kept(place.browser))
    with left:
        _veil(room)
    ui.timer(_KEEP, room.keep)

    async def on_pick(event: GenericEventArguments) -> None:
        match event.args:
            case {"key": str(key), "pane": "a" | "b" as pane} if 0 < len(key) < 40:
                tabs.set_value("Person")
                await room.pick(key, pane)

    theatre.on("pick", on_pick)
    theatre.on("new", welcome)
    theatre.on("values", partial(_show_values, theatre))
    theatre.on("export", partial(show_export, room))
    room.stream.on("pick", on_pick)
    return room


def _offer_to_go_on(room: Room, kept: Sequence[Kept]) -> None:
    """Offer the latest of the sessions kept, as long as nothing was done in this one."""
    if not kept or not room.session.is_untouched:
        return
    with ui.element("div").classes("offer").bind_visibility_from(room.session, "is_untouched") as offer:
        ui.label(f"Go on where you were? {kept[0].said}").classes("offer-said")
        ui.button("Go on", on_click=lambda: _go_on_with(room, kept[0])).props("dense no-caps")
        ui.button("Not now", on_click=offer.delete).props("dense no-caps flat")


async def _go_on_with(room: Room, kept: Kept) -> None:
    record = await room.do(kept.read)
    if record is not None:
        await room.restore(record, kept.file)


def _now_panel(place: Place, theatre: Theatre) -> Room:
    """Build what shows what happens now, and chooses what is drawn."""
    figures = ui.label().classes("figures")
    with ui.row().classes("filters"):
        ui.label("Show")
        contacts = ui.checkbox("contacts", value=True).props("dense")
        ties = ui.checkbox("ties", value=True).props("dense")
        families = ui.checkbox("families", value=True).props("dense")
    with ui.row().classes("row"):
        labels = {name: plot.label for name, plot in PLOTS.items()}
        shown = ui.select(labels, value=list(FIRST), multiple=True, label="Plots (six at most)")
        shown.props("dense outlined max-values=6 options-dense").style("width: 100%")
    stream = Stream()
    room = Room(place.session, place.keeper, theatre, stream)
    figures.bind_text_from(room, "figures")
    shown.bind_value(room, "plots").on_value_change(room.refresh)
    contacts.on_value_change(lambda event: stream.run_method("contactsShown", event.value))
    contacts.on_value_change(lambda event: theatre.run_method("configure", {"contacts": event.value}))
    ties.on_value_change(lambda event: theatre.run_method("configure", {"ties": event.value}))
    families.on_value_change(lambda event: theatre.run_method("configure", {"families": event.value}))
    return room


def _veil(room: Room) -> None:
    """Build what covers the page, with how far it is, while runs are simulated again."""
    session = room.session
    with ui.element("div").classes("veil").bind_visibility_from(room, "opening"):
        label, bar = ui.label(), ui.linear_progress(show_value=False).props("size=14px rounded instant-feedback")
    bar.props('aria-label="progress of re-running"')
    label.bind_text_from(session, "progress", lambda done: f"Re-running to day {session.aim}: {done:.0%}")
    bar.bind_value_from(session, "progress")


class _Header:
    """Title, play, date and pace, and the keys that do the same."""

    def __init__(
        self,
        room: Room,
        tabs: ui.tabs,
        kept: Callable[[], Sequence[Kept]],
        presenter: Presenter,
        welcome: Callable[[], None],
        show_class: Callable[[], None] | None,
    ) -> None:
        self._room, self._tabs, self._kept, self._presenter = room, tabs, kept, presenter
        session = room.session
        ui.label("cmsim").classes("brand")
        one_day, one_week = partial(self._step, 1), partial(self._step, 7)
        slower, faster = partial(self._change_speed, -1), partial(self._change_speed, 1)
        with ui.element("div").classes("play"):
            play = _button("play", "Play and pause (space)", self._toggle, "play_arrow", flat=False)
            play.bind_icon_from(room, "playing", lambda playing: "pause" if playing else "play_arrow")
            _button("step", "Simulate one day (full stop)", one_day, "skip_next", "1 day")
            _button("week", "Simulate one week (w)", one_week, "fast_forward", "1 week")
            again = "Restart with the same people and chance events. Your changes are re-applied on their dates. (r)"
            _button("restart", again, room.reset, "restart_alt")
            with ui.button(icon="undo").props('dense flat aria-label="undo and go back"'), ui.menu():
                ui.menu_item("Undo (Ctrl+Z)", on_click=room.undo)
                ui.menu_item("Go to a day …", on_click=self._choose_day)
                ui.menu_item("Restart without changes", on_click=lambda: room.reset(keep_changes=False))
                ui.menu_item("Earlier sessions …", on_click=self._show_kept)
            _button("slower", "Slower (−)", slower, "remove")
            speed = ui.label().classes("speed")
            speed.bind_text_from(room, "speed", lambda speed: f"{counted(speed, 'day')}/s")
            _button("faster", "Faster (+)", faster, "add")
        # after what is pressed, so that no date and no title moves a button under the mouse
        with heading("", 1).classes("scenario").bind_text_from(session, "scenario", lambda scenario: scenario.title):
            ui.tooltip("").bind_text_from(session, "scenario", lambda scenario: scenario.purpose)
        date, pace = ui.label().classes("date"), ui.label().classes("pace")
        date.bind_text_from(session, "day", lambda day: f"day {day} · {interface_text.date_of(day)}")
        pace.bind_text_from(room, "pace", lambda pace: f"now {pace:.0f}/s" if 0 < pace < _SLOW * room.speed else "")
        _button("present", "Presenter's mode, for a projector (p; Esc leaves)", presenter.begin, "slideshow")
        _button("welcome", "Welcome: what this is, three things to try, and a tour", welcome, "info_outline")
        _button("help", "Help: shortcuts and glossary (?)", self._help, "help_outline")
        room.theatre.on("key", self._on_key)
        self._keys: dict[str, Callable[[], object]] = {
            " ": self._toggle,
            ".": one_day,
            "ArrowRight": one_day,
            "w": one_week,
            "+": faster,
            "=": faster,
            "-": slower,
            "r": room.reset,
            "undo": room.undo,
            "t": self._compare,
            "p": presenter.begin,
            "Escape": room.pick_nobody,
            "?": self._help,
            **({} if show_class is None else {"c": show_class}),
            **{str(n): partial(tabs.set_value, name) for n, name in enumerate(("Now", *_PANELS), 1)},
        }

    async def _toggle(self) -> None:
        if self._room.playing:
            self._room.pause()
        else:
            await self._room.play()

    async def _step(self, days: int) -> None:
        self._room.pause()
        await self._room.advance(days)

    def _change_speed(self, by: int) -> None:
        nearest = min(range(len(SPEEDS)), key=lambda n: abs(SPEEDS[n] - self._room.speed))
        self._room.speed = SPEEDS[min(max(nearest + by, 0), len(SPEEDS) - 1)]

    async def _compare(self) -> None:
        self._tabs.set_value("Compare")
        if not self._room.session.is_comparing:
            await self._room.open_comparison()

    def _choose_day(self) -> None:
        session = self._room.session
        first, last = session.scenario.world.warm_up_days, session.last_day
        with large_dialog("Go to a day") as (dialog, _):
            ui.label("Changes made hold, each from its day on. An earlier day is simulated again.")
            day = ui.number(f"day, {first} to {last}", value=session.day, min=first, max=last, precision=0)

            async def go() -> None:
                dialog.close()
                if day.value is not None:
                    await self._room.go_to(int(day.value))

            day.on("keydown.enter", go)
            ui.button("Go", on_click=go).props("no-caps")

    def _show_kept(self) -> None:
        with large_dialog("Earlier sessions, kept on this machine") as (dialog, _):
            for kept in self._kept():

                async def go_on(kept: Kept = kept) -> None:
                    dialog.close()
                    await _go_on_with(self._room, kept)

                ui.button(kept.said, on_click=go_on).props("flat no-caps align=left")
            if not self._kept():
                ui.label("There is none yet.").classes("hint")

    async def _help(self) -> None:
        theatre = self._room.theatre
        _show_help(await theatre.run_method("singleKeys", timeout=_ANSWERS), partial(theatre.run_method, "singleKeys"))

    async def _on_key(self, event: GenericEventArguments) -> None:
        key = event.args if isinstance(event.args, str) else ""
        act = (self._presenting(key) if self._presenter.is_on else None) or self._keys.get(key)
        if act is not None and not self._room.sitting:
            done = act()
            if isinstance(done, Awaitable):
                await done

    def _presenting(self, key: str) -> Callable[[], object] | None:
        """Return what a key does in presenter's mode where that is something else."""
        presenter = self._presenter
        if key == "Escape":
            return presenter.leave
        if key in ("ArrowRight", "PageDown") or (key == " " and presenter.shows_text):
            return partial(presenter.turn, 1)
        if key in ("ArrowLeft", "PageUp"):
            return partial(presenter.turn, -1)
        return None


def _button(label: str, tip: str, act: Callable[[], object], icon: str, text: str = "", flat: bool = True) -> ui.button:
    """Show a button; where it has no text, screen readers say its label."""
    button = ui.button(text, icon=icon, on_click=act).props(f"dense no-caps {'flat' if flat else ''}")
    if not text:
        button.props(f'aria-label="{label}"')
    return button.tooltip(tip)


def _show_help(single_keys: bool, allow: Callable[[bool], object]) -> None:
    with large_dialog("Help: shortcuts and glossary"), ui.column().classes("help"):
        heading("Shortcuts", 3)
        with ui.element("div").classes("keys"):
            for key, does in _KEYS.items():
                with ui.element("span"):
                    tag("kbd", key)
                    ui.label(does).classes("inline")
        switch = ui.switch("Single-key shortcuts (off: only the space bar and Esc act)", value=single_keys)
        switch.on_value_change(lambda event: allow(bool(event.value)))
        heading("Glossary", 3)
        _defined(interface_text.TERMS)
        heading("Causes of a relapse", 3)
        ui.label(interface_text.TIMES)
        _defined(CAUSES)
        heading("What it is not for", 3)
        ui.label(f"{interface_text.NOT_FOR} {interface_text.ONE_LIFE}")


def show_welcome(tour: Tour) -> None:
    """Open the page that says what this is, what to press, what to try, and who these people are."""

    def begin() -> None:
        dialog.close()
        tour.run_method("start")

    with large_dialog("Welcome to cmsim") as (dialog, _), ui.column().classes("help"):
        for title, paragraphs in interface_text.WELCOME.items():
            heading(title, 3)
            for paragraph in paragraphs:
                ui.label(paragraph)
        heading("What it is not for", 3)
        ui.label(f"{interface_text.NOT_FOR} {interface_text.ONE_LIFE}")
        with ui.row().classes("row"):
            ui.button("Start", on_click=dialog.close).props("no-caps")
            ui.button("Tour of the page (one minute)", on_click=begin).props("no-caps outline")
            ui.button("Key to the picture", on_click=show_key).props("no-caps outline")


async def _show_values(theatre: Theatre) -> None:
    """Show what the plots show as a table."""
    values = await theatre.run_method("tabulate", timeout=_ANSWERS)
    with large_dialog("Values of the plots"), scrolling_table():
        table_row(("day", *(f"{name} {run}" for name, run in values["columns"])), "th")
        for day, *row in values["rows"]:
            table_row((f"day {day}, {interface_text.date_of(day)}", *row))


def _defined(terms: Mapping[str, str]) -> None:
    with ui.element("dl"):
        for term, meaning in terms.items():
            tag("dt", term)
            tag("dd", meaning)
