"""The page: header with the play, the picture, and the panels beside it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from nicegui import run, ui
from nicegui.events import GenericEventArguments

from cmsim.app.session.descriptions import CAUSES
from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.plot_series import FIRST, PLOTS
from cmsim.app.web import interface_text
from cmsim.app.web.canvas_elements import Stream, Theatre
from cmsim.app.web.cases_panel import cases_panel
from cmsim.app.web.comparison_panel import comparison_panel
from cmsim.app.web.details_panel import person_panel
from cmsim.app.web.page_session import SPEEDS, Room
from cmsim.app.web.role_play_panel import role_play_panel
from cmsim.app.web.server import House
from cmsim.app.web.settings_panel import settings_panel
from cmsim.core.errors import CmsimError

_STYLE = Path(__file__).with_name("style.css")
_KEYS = {
    "space": "play and pause",
    ". or →": "one day",
    "w": "one week",
    "+ −": "faster, slower",
    "r": "begin again",
    "t": "compare two runs",
    "1 to 6": "the panels",
    "Esc": "nobody selected",
    "?": "this help",
    "Tab, arrows, Enter": "in the picture and in what happens: from one to the next, and who it is",
}
_LONG = 4.0
"""Seconds without progress after which it is said why."""
_SLOW = 0.8
"""Share of the pace asked for, below which the pace reached is shown."""
_PANELS = ("Now", "Person", "Settings", "Compare", "Cases", "Role-play")


async def build(house: House) -> None:
    """Build the page of one session."""
    ui.add_css(_STYLE)
    ui.colors(primary="#0072B2", negative="#B03A00", positive="#00795a", accent="#E69F00")
    client = ui.context.client
    waiting = _Waiting()
    await client.connected()
    if client.is_deleted:
        return
    try:
        session = house.open()
    except CmsimError as error:
        waiting.fails(error)
        return
    client.on_delete(session.close)
    first = run.io_bound(session.pictures)
    task = asyncio.ensure_future(first)
    while not task.done():
        waiting.shows(session)
        await asyncio.sleep(0.1)
    try:
        opened = task.result() or {}
    except CmsimError as error:
        waiting.fails(error)
        return
    waiting.box.delete()
    room = _lay_out(session)
    client.on_delete(room.leave)
    await room.show(opened)
    await run.io_bound(house.nursery.fill)


class _Waiting:
    """What the page shows until there is something to play: how far it is, and the first year going by."""

    def __init__(self) -> None:
        self.box = ui.element("div").classes("waiting")
        with self.box:
            ui.label("A community comes to life").classes("waiting-title")
            self._said = ui.label("The first year is simulated before the play begins …").classes("waiting-said")
            self._bar = ui.linear_progress(0.0, show_value=False)
            self._bar.props("size=14px rounded instant-feedback")
            ui.label(interface_text.NOT_FOR).classes("waiting-note")
        self._began = time.monotonic()
        self._theatre: Theatre | None = None
        self._shown: dict[str, Any] | None = None

    def shows(self, session: LiveSession) -> None:
        """Show how far a session is."""
        self._bar.value = session.progress
        days = session.scenario.world.warm_up_days
        self._said.text = f"The first {days} days are simulated before the play begins: {session.progress:.0%}"
        if session.progress == 0.0 and time.monotonic() - self._began > _LONG:
            self._said.text += ". After an installation the first run prepares itself for half a minute."
        picture = session.preview
        if picture is not None and picture is not self._shown:
            self._shown = picture
            self._draws({**picture, "courses": {}})

    def _draws(self, picture: dict[str, Any]) -> None:
        if self._theatre is None:
            self.box.classes("alive")
            with self.box:
                self._theatre = Theatre(preview=True)
                _legend()
        self._theatre.open({"a": picture}, {"start": 0, "glides": True})

    def fails(self, error: CmsimError) -> None:
        """Say why there will be nothing to play."""
        self._said.text = str(error)


def _lay_out(session: LiveSession) -> Room:
    with ui.element("div").classes("page"):
        header = ui.element("header").classes("header")
        with ui.element("main").classes("main"):
            with ui.element("section").classes("left").props('aria-label="picture"'):
                theatre = Theatre()
                _legend()
            with ui.element("section").classes("right").props('aria-label="panels"'):
                with ui.tabs().props("dense no-caps mobile-arrows").classes("tabs") as tabs:
                    for name in _PANELS:
                        ui.tab(name)
                with ui.tab_panels(tabs, value="Now", keep_alive=True, animated=False).classes("panels"):
                    room = _panels(session, theatre)
        with ui.element("footer").classes("footer"):
            ui.label(interface_text.NOT_FOR)
    with header:
        _Header(room, tabs)
    _veil(room)

    async def picked(event: GenericEventArguments) -> None:
        given = event.args if isinstance(event.args, dict) else {}
        key, pane = given.get("key"), given.get("pane")
        if isinstance(key, str) and key and pane in ("a", "b") and len(key) < 40:
            tabs.set_value("Person")
            await room.pick(key, pane)

    theatre.on("pick", picked)
    room.stream.on("pick", picked)
    return room


def _panels(session: LiveSession, theatre: Theatre) -> Room:
    """Build all panels beside the picture; return what they share."""
    builders = {
        "Person": person_panel,
        "Settings": settings_panel,
        "Compare": comparison_panel,
        "Cases": cases_panel,
        "Role-play": role_play_panel,
    }
    with ui.tab_panel("Now").classes("panel"):
        room = _now_panel(session, theatre)
    for name, builds in builders.items():
        with ui.tab_panel(name).classes("panel"):
            builds(room)
    return room


def _now_panel(session: LiveSession, theatre: Theatre) -> Room:
    """Build what shows what happens now, and chooses what is drawn."""
    figures = ui.label("").classes("figures")
    with ui.row().classes("filters"):
        ui.label("Show")
        contacts = ui.checkbox("contacts", value=True).props("dense")
        ties = ui.checkbox("ties", value=True).props("dense")
        families = ui.checkbox("families", value=True).props("dense")
    with ui.row().classes("row"):
        labels = {name: plot.label for name, plot in PLOTS.items()}
        shown = ui.select(labels, value=list(FIRST), multiple=True, label="plots (six at most)")
        shown.props("dense outlined max-values=6 options-dense").style("width: 100%").mark("plots")
    stream = Stream()
    room = Room(session, theatre, stream)

    def plots_chosen(event: Any) -> None:
        room.plots = list(event.value)[:6]
        room.refresh()

    def counted(frames: dict[str, Any]) -> None:
        a = frames["a"]["figures"]
        figures.text = f"Contacts held {a['held']} · not kept {a['not kept']} · dropped {a['dropped']}"

    shown.on_value_change(plots_chosen)
    room.on_plots(lambda: shown.set_value(list(room.plots)))
    contacts.on_value_change(lambda event: stream.shows_contacts(event.value))
    ties.on_value_change(lambda event: theatre.configure({"ties": event.value}))
    families.on_value_change(lambda event: theatre.configure({"families": event.value}))
    room.on_advanced(counted)
    return room


def _veil(room: Room) -> None:
    """Build what covers the page, with how far it is, while runs are simulated again."""
    veil = ui.element("div").classes("veil")
    with veil:
        simulated = ui.label("")
        bar = ui.linear_progress(0.0, show_value=False).props("size=14px rounded instant-feedback")
    veil.set_visibility(False)

    def progress() -> None:
        veil.set_visibility(room.opening)
        if room.opening:
            bar.value = room.session.progress
            simulated.text = f"Simulated again up to day {room.session.day}: {room.session.progress:.0%}"

    ui.timer(0.15, progress)


class _Header:
    """Title, play, date and pace, and the keys that do the same."""

    def __init__(self, room: Room, tabs: ui.tabs) -> None:
        self._room, self._tabs = room, tabs
        ui.label("cmsim").classes("brand")
        self._title = ui.label("").classes("scenario")
        with self._title:
            self._purpose = ui.tooltip("")
        with ui.element("div").classes("play"):
            self._play = self._button("play", "Play and pause (space)", self._toggle, icon="play_arrow")
            self._play.props('aria-label="play"')
            self._button("step", "Live one day (full stop)", self._day, "1 day", "skip_next", flat=True)
            self._button("week", "Live one week (w)", self._week, "1 week", "fast_forward", flat=True)
            again = "Begin again: the same people, the same random numbers; your changes come again on their days (r)"
            reset = self._button("reset", again, room.reset, icon="restart_alt", flat=True)
            reset.props('aria-label="begin again"')
            slower = self._button("slower", "Slower (−)", self._slower, icon="remove", flat=True)
            slower.props('aria-label="slower"')
            self._speed = ui.label("").classes("speed").mark("speed")
            faster = self._button("faster", "Faster (+)", self._faster, icon="add", flat=True)
            faster.props('aria-label="faster"')
        self._date = ui.label("").classes("date").mark("date")
        self._pace = ui.label("").classes("pace")
        self._help = _help()
        asks = self._button("help", "Keys and words (?)", self._help.open, icon="help_outline", flat=True)
        asks.props('aria-label="keys and words"')
        room.on_opened(self._opened)
        room.on_started(self._starts)
        room.on_advanced(self._advanced)
        room.on_paused(self._rests)
        room.theatre.on("key", self._pressed)
        self._does: dict[str, Callable[[], Any]] = {
            " ": self._toggle,
            ".": self._day,
            "ArrowRight": self._day,
            "w": self._week,
            "+": self._faster,
            "=": self._faster,
            "-": self._slower,
            "r": room.reset,
            "t": self._compare,
            "Escape": self._nobody,
            "?": self._help.open,
            **{str(n): partial(tabs.set_value, name) for n, name in enumerate(_PANELS, 1)},
        }

    @staticmethod
    def _button(
        mark: str, tip: str, does: Callable[[], Any], text: str = "", icon: str = "", flat: bool = False
    ) -> ui.button:
        button = ui.button(text, icon=icon, on_click=does)
        button.props(f"dense no-caps {'flat' if flat else ''}").mark(mark).tooltip(tip)
        return button

    # -- what it shows ---------------------------------------------------------------------------------------

    def _opened(self) -> None:
        scenario = self._room.session.scenario
        self._title.text = scenario.title
        self._purpose.text = scenario.purpose
        self._dated()
        self._paced()

    def _dated(self) -> None:
        day = self._room.session.day
        self._date.text = f"day {day} · {interface_text.date(day)}"

    def _paced(self) -> None:
        speed = self._room.speed
        self._speed.text = f"{speed} day/s" if speed == 1 else f"{speed} days/s"

    def _advanced(self, _: dict[str, Any]) -> None:
        room = self._room
        self._dated()
        slow = room.playing and room.measured < _SLOW * room.speed
        self._pace.text = f"now {room.measured:.0f}/s" if slow else ""

    def _starts(self) -> None:
        self._play.props("icon=pause")
        self._paced()

    def _rests(self) -> None:
        self._play.props("icon=play_arrow")
        self._pace.text = ""

    # -- what it does ----------------------------------------------------------------------------------------

    async def _toggle(self) -> None:
        if self._room.playing:
            self._room.pause()
            self._rests()
            return
        await self._room.play()

    async def _day(self) -> None:
        await self._some(1)

    async def _week(self) -> None:
        await self._some(7)

    async def _some(self, days: int) -> None:
        self._room.pause()
        await self._room.advance(days)
        self._rests()

    def _faster(self) -> None:
        self._change_speed(1)

    def _slower(self) -> None:
        self._change_speed(-1)

    def _change_speed(self, by: int) -> None:
        nearest = min(range(len(SPEEDS)), key=lambda n: abs(SPEEDS[n] - self._room.speed))
        self._room.speed = SPEEDS[min(max(nearest + by, 0), len(SPEEDS) - 1)]
        self._paced()

    async def _compare(self) -> None:
        self._tabs.set_value("Compare")
        if not self._room.session.is_comparing:
            await self._room.open_comparison()

    def _nobody(self) -> None:
        self._room.selected = None
        self._room.theatre.select(None)

    async def _pressed(self, event: GenericEventArguments) -> None:
        act = self._does.get(event.args) if isinstance(event.args, str) else None
        if act is not None and not self._room.sitting:
            done = act()
            if isinstance(done, Awaitable):
                await done


def _help() -> ui.dialog:
    with ui.dialog() as dialog, ui.card().classes("help"):
        with ui.row().classes("row").style("width: 100%"):
            ui.label("Keys and words").classes("heading")
            ui.space()
            ui.button("Close", on_click=dialog.close).props("flat no-caps")
        with ui.element("div").classes("keys"):
            for key, does in _KEYS.items():
                with ui.element("span"):
                    _tag("kbd", key)
                    ui.label(does).classes("inline")
        _defined(interface_text.TERMS)
        ui.label("Causes of a relapse").classes("heading")
        ui.label(interface_text.TIMES)
        _defined(CAUSES)
        ui.label("What it is not for").classes("heading")
        ui.label(f"{interface_text.NOT_FOR} {interface_text.ONE_LIFE}")
    return dialog


def _tag(tag: str, text: str) -> None:
    with ui.element(tag):
        ui.label(text).classes("inline")


def _defined(terms: Mapping[str, str]) -> None:
    with ui.element("dl"):
        for term, meaning in terms.items():
            _tag("dt", term)
            _tag("dd", meaning)


_LEGEND = (
    ("dot-stable", "stable", "A client who is well."),
    ("dot-signs", "first signs", "First signs of a relapse; a dark spot: somebody has noticed."),
    ("dot-acute", "acutely ill", "A client who is acutely ill in the community."),
    ("dot-ward", "on the ward", "A client on the ward."),
    ("dot-worker", "case manager", "The number is the caseload; the ring fills up to the size aimed at, "
     "and turns orange beyond it; the darker the disc, the more exhausted."),
    ("dot-family", "family", "A client's family; pink with a dark rim where criticism is marked, else grey."),
    ("dot-helper", "shared friend", "A friend, neighbour or relative whom several clients know."),
    ("line-held", "contact", "A contact of today that was held; thin by phone or about the client."),
    ("line-missed", "not kept", "A contact of today that was not kept, refused or dropped."),
)  # fmt: skip


def _legend() -> None:
    with ui.element("div").classes("legend"):
        for mark, label, meaning in _LEGEND:
            with ui.element("span").classes("legend-item"):
                ui.element("i").classes(f"mark {mark}")
                ui.label(label)
                ui.tooltip(meaning)
