"""The panel of one person: who it is, ties, the story so far; a client close up."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from nicegui import ui

from cmsim.app.session.descriptions import times
from cmsim.app.session.details import ClientDetails, Details, Item, Tie, TwoRuns
from cmsim.app.session.replay import PANES, Pane
from cmsim.app.session.setting_controls import policies_in_words
from cmsim.app.web import interface_text
from cmsim.app.web.client_drawing import ALL_DOMAINS, CHOICES, WIDE, closeup
from cmsim.app.web.page_elements import heading, large_dialog, tag
from cmsim.app.web.page_session import Room

if TYPE_CHECKING:
    from cmsim.results.narration import Event

_MOST_TIES = 30
_MOST_TOLD = 60
_FEW = 12
_MOST_POLICIES = 5
_NARROW = 640
"""Width of a close-up of which two stand side by side."""


def person_panel(room: Room) -> None:
    """Build the panel; it follows whoever is picked."""
    with ui.row().classes("row"):
        asked = ui.input("Look up").props("dense outlined clearable")
        ui.button("Show", on_click=lambda: found()).props("dense no-caps outline")
    body = ui.element("div").classes("person")

    async def found() -> None:
        if asked.value:
            await room.pick(str(asked.value).strip(), "a")

    def picked(person: Details | None, pane: Pane) -> None:
        if person is None:
            nobody()
            return
        chosen: dict[str, object] = {"key": person.key, "pane": pane, "ties": person.ties}
        if person.sort == "case manager":
            chosen["post"] = int(person.key[1:3]) - 1
        room.theatre.run_method("select", chosen)
        body.clear()
        with body:
            _show(room, person, pane)

    async def again() -> None:
        if room.selected is not None and not room.sitting:
            await room.pick(*room.selected)

    def nobody() -> None:
        body.clear()
        with body:
            ui.label(
                "Click anybody or anything in the picture: clients, families (small houses), case managers, friends "
                "and neighbours, psychiatrists, agencies, the ward. Or a line under Now. Or type an ID code, such as "
                "c0012 (a client), w03 (a case manager) or hospital."
            ).classes("hint")

    nobody()
    asked.on("keydown.enter", found)
    room.covered.subscribe(nobody)
    room.picked.subscribe(picked)
    room.paused.subscribe(again)


def _show(room: Room, person: Details, pane: Pane) -> None:
    """Show a client, a worker, a family, a service or a place."""
    heading(f"{person.title}{f' (run {pane.upper()})' if room.session.is_comparing else ''}")
    with ui.element("div").classes("box"):
        for sentence in person.about:
            ui.label(sentence)
    is_client = isinstance(person, ClientDetails)
    if is_client:
        with ui.row().classes("row"):
            close = ui.button("Close up", icon="insights", on_click=partial(_close_up, room, person.key, pane))
            close.props("dense no-caps")
            if room.session.is_comparing:
                both = ui.button("Both runs", icon="compare", on_click=partial(both_runs, room, person.key))
                both.props("dense no-caps outline")
    if person.levels:
        with ui.expansion(person.measured, value=True).classes("part"):
            for name, share, said in person.levels:
                with ui.element("div").classes("level"):
                    ui.label(name)
                    with ui.element("div").classes("bar"):
                        ui.element("i").style(f"width: {min(max(share, 0.0), 1.0):.0%}")
                    ui.label(said)
            if is_client:
                ui.label("True values: the case manager sees only the estimate.").classes("small")
    _ties(room, person.ties, pane, opened=not is_client and len(person.ties) <= _FEW)
    heading("The story so far, latest first")
    if isinstance(person, ClientDetails):
        _moments(person.moments[:_MOST_TOLD])
    else:
        _story(room, person.story[:_MOST_TOLD], pane)


def _ties(room: Room, ties: list[Tie], pane: Pane, opened: bool) -> None:
    if not ties:
        return
    with ui.expansion(f"Ties ({len(ties)})", value=opened).classes("part"):
        for tie in ties[:_MOST_TIES]:
            with ui.element("button").classes("tie").on("click", partial(room.pick, tie["to"], pane)):
                tag("b", tie["to"])
                ui.label(tie["text"]).classes("inline")
        if len(ties) > _MOST_TIES:
            ui.label(f"and {len(ties) - _MOST_TIES} more").classes("small")


def _moments(moments: Iterable[Event], parted: float = math.inf) -> None:
    """Show events with their causes; what comes after two runs have parted is shaded."""
    with ui.element("div").classes("life") as shown:
        for moment in moments:
            after = " after" if moment.minute >= parted else ""
            quiet = " quiet" if moment.kind == "contacts" else ""
            with ui.element("p").classes(f"moment kind-{moment.kind.replace(' ', '-')}{after}{quiet}"):
                if not quiet:  # which says itself from when to when
                    ui.label(f"day {moment.day}").classes("when inline")
                ui.label(moment.sentence).classes("inline")
                for name, said in (("because", times(moment.because)), ("knew", moment.knew), ("acted", moment.acted)):
                    if said:
                        with ui.element("span").classes("cause"):
                            ui.label(f"{name}: {said}")
        _or_nothing(shown)


def _story(room: Room, items: Iterable[Item], pane: Pane) -> None:
    """Show what happened to a worker, a service or a place; a line leads to whom it is about."""
    with ui.element("div").classes("life") as shown:
        for item in items:
            with ui.element("button").classes("tie") as line:
                ui.label(f"day {item['day']}").classes("when inline")
                if item["client"]:
                    line.on("click", partial(room.pick, item["client"], pane))
                    tag("b", item["client"])
                why = f" ({item['why']})" if item["why"] else ""
                ui.label(f"{item['text']}{why}").classes("inline")
        _or_nothing(shown)


def _or_nothing(shown: ui.element) -> None:
    if not shown.default_slot.children:
        ui.label("Nothing has happened yet.").classes("hint")


async def _close_up(room: Room, key: str, pane: Pane) -> None:
    room.pause()
    person = await room.do(room.session.look_up, key, pane)
    if not isinstance(person, ClientDetails):
        return
    with large_dialog(f"{key} close up") as (_, head):
        domain = ui.select(list(CHOICES), value=ALL_DOMAINS, label="area of life").props("dense outlined")
        domain.move(head, 1)
        drawing = _drawing(person)
        domain.on_value_change(lambda event: drawing.set_content(closeup(person, str(event.value))))


def _drawing(person: ClientDetails, width: int = WIDE) -> ui.html:
    drawn = ui.html(closeup(person, ALL_DOMAINS, width), sanitize=False).classes("closeup")
    return drawn.props(f'tabindex=0 role=group aria-label="{person.key} close up"')  # it scrolls on a small screen


async def both_runs(room: Room, key: str) -> None:
    """Show both runs of one client side by side, with the first difference and why."""
    room.pause()
    found = await room.do(room.session.both_runs, key)
    if found is None:
        return
    with large_dialog(f"{key}: one person, the same chance events, two runs"):
        _parting(found)
        with ui.element("div").classes("pair"):
            for pane in PANES:
                with ui.element("div"):
                    ui.label(f"Run {pane.upper()}").classes(f"stage-name run-{pane}")
                    ui.label(f"Since the warm-up: {found.totals[pane]}.").classes("small")
                    _drawing(found.clients[pane], _NARROW)
                    told = found.moments[pane][-_MOST_TOLD:][::-1]
                    _moments(told, found.parts.minute if found.parts is not None else math.inf)
        ui.label(interface_text.ONE_LIFE).classes("small")


def _parting(found: TwoRuns) -> None:
    parts, turn = found.parts, found.turn
    if parts is None:
        ui.label("So far the two runs are the same.").classes("box")
        return
    with ui.element("div").classes("box part"):
        ui.label(f"First difference, day {parts.day}: {parts.what}.")
        for reason in parts.why:
            if reason.startswith("the policies differ") and found.policies:
                reason = f"the policies differ: {policies_in_words(found.policies[:_MOST_POLICIES])}"
            ui.label(f"Why: {reason}.").classes("small")
        if turn is not None:
            ui.label(
                f"First difference in how the person does, day {turn.day}. In run A: {turn.a}. In run B: {turn.b}."
            )
