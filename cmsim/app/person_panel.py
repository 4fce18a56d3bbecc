"""The panel of one person: who it is, ties, the story so far; a client close up."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from cmsim.app import words
from cmsim.app.closeup import ALL_DOMAINS, CHOICES, closeup
from cmsim.app.room import Room
from cmsim.live.session import Pane

_MOST_TIES = 30
_MOST_TOLD = 60


def person_panel(room: Room) -> None:
    """Build the panel; it follows whoever is picked."""
    with ui.row().classes("row"):
        asked = ui.input("Look up, such as c0012 or w03").props("dense outlined clearable").mark("look-up")
        ui.button("Show", on_click=lambda: found()).props("dense no-caps outline")
    body = ui.element("div").classes("person")
    with body:
        ui.label("Click anybody in the picture, or a line of what happens.").classes("hint")

    async def found() -> None:
        if asked.value:
            await room.pick(str(asked.value).strip(), "a")

    async def picked(key: str, pane: Pane) -> None:
        person = await room.do(room.session.look_up, key, pane)
        if person is None:
            room.selected = None
            return
        chosen: dict[str, Any] = {"key": person["key"], "pane": pane, "ties": person["ties"]}
        if person["sort"] == "case manager":
            chosen["post"] = int(person["key"][1:3]) - 1
        room.theatre.select(chosen)
        body.clear()
        with body:
            if person["sort"] == "client":
                _client(room, person, pane)
            else:
                _worker(room, person)

    async def again() -> None:
        if room.selected is not None:
            await picked(*room.selected)

    asked.on("keydown.enter", found)
    room.on_picked(picked)
    room.on_paused(again)


def _client(room: Room, person: dict[str, Any], pane: Pane) -> None:
    where = f" (world {pane.upper()})" if room.session.twin else ""
    ui.label(f"{person['key']}{where}").classes("heading")
    ui.label(f"A person with {', '.join(person['about'])}.").classes("box")
    worker = person["worker"]
    with_whom = f"with {worker} for {person['worker_years']} years" if worker else "without a case manager"
    phase = {"prodromal": "first signs of a relapse", "inpatient": "in hospital"}.get(
        person["phase"], person["phase"]
    )
    unseen = person["not_seen_days"]
    ui.label(
        f"Now: {phase}; lives in: {person['setting']}; {with_whom}; last met face to face "
        f"{'today' if unseen < 1 else f'{unseen} days ago'}; admissions so far: {person['admissions']}."
    )
    with ui.row().classes("row"):
        ui.button("Close up", icon="insights", on_click=lambda: _close_up(room, person["key"], pane)).props(
            "dense no-caps"
        ).mark("close-up")
        if room.session.twin:
            ui.button("Both lives", icon="compare", on_click=lambda: both_lives(room, person["key"])).props(
                "dense no-caps outline"
            ).mark("both-lives")
    with ui.expansion("How things stand", value=True).classes("part"):
        for name, (value, said) in person["levels"].items():
            with ui.element("div").classes("control-head"):
                ui.label(name).classes("control-about")
                ui.label(f"{said} ({value:.2f})").classes("inline small")
        ui.label("Truth: no worker sees these numbers; the worker sees only the belief.").classes("small")
    with ui.expansion(f"Ties ({len(person['ties'])})").classes("part"):
        for tie in person["ties"][:_MOST_TIES]:
            ui.label(f"{tie['to']}: {tie['text']}").classes("life")
    ui.label("The story so far, the latest first").classes("heading")
    life(person["life"][:_MOST_TOLD])


def _worker(room: Room, person: dict[str, Any]) -> None:
    ui.label(f"Case manager {person['key']}").classes("heading")
    ui.label("; ".join(filter(None, person["about"])).capitalize() + ".").classes("box")
    ui.label(
        f"{person['caseload']} clients; emotional exhaustion {person['exhaustion']} of 54 (27 counts as "
        "high)."
    )
    shares = person["minutes"]
    ui.label(
        "Minutes of a working day, of late: " + ", ".join(f"{name} {n}" for name, n in shares.items()) + "."
    )
    with ui.expansion(f"Clients ({person['caseload']})").classes("part"):
        for tie in person["ties"]:
            if tie["kind"] == "client":
                key = tie["to"]
                ui.label(f"{key}: {tie['text']}").classes("life fate").on(
                    "click", lambda _, key=key: room.pick(key, "a")
                )
    ui.label("The story so far, the latest first").classes("heading")
    _done(person["story"][:_MOST_TOLD])


def life(moments: list[dict[str, Any]], parted: int | None = None) -> None:
    """Tell a life with its causes; what comes after two lives have parted is shaded."""
    with ui.element("div").classes("life"):
        for moment in moments:
            after = " after" if parted is not None and moment["minute"] >= parted else ""
            quiet = " quiet" if moment["kind"] == "contacts" else ""
            with ui.element("p").classes(f"moment kind-{moment['kind'].replace(' ', '-')}{after}{quiet}"):
                ui.label(f"day {moment['day']}").classes("when inline")
                ui.label(moment["what"]).classes("inline")
                for label, name in (("because", "because"), ("knew", "knew"), ("acted", "acted")):
                    if moment[name]:
                        with ui.element("span").classes("cause"):
                            ui.label(f"{label}: {moment[name]}")
        if not moments:
            ui.label("Nothing to tell yet.").classes("hint")


def _done(things: list[dict[str, Any]]) -> None:
    """Tell what a worker lived through."""
    with ui.element("div").classes("life"):
        for thing in things:
            with ui.element("p"):
                ui.label(f"day {thing['day']}").classes("when inline")
                why = f" ({thing['why']})" if thing["why"] else ""
                ui.label(f"{thing['client']} {thing['text']}{why}".strip()).classes("inline")
        if not things:
            ui.label("Nothing to tell yet.").classes("hint")


async def _close_up(room: Room, key: str, pane: Pane) -> None:
    room.pause()
    person = await room.do(room.session.look_up, key, pane)
    if person is None:
        return
    with ui.dialog(value=True) as dialog, ui.card().classes("wide-card"):
        dialog.on("hide", dialog.delete)
        with ui.row().classes("row"):
            ui.label(f"{key} close up").classes("heading")
            domain = ui.select(list(CHOICES), value=ALL_DOMAINS, label="area of life").props("dense outlined")
            ui.button("Close", on_click=dialog.close).props("flat no-caps")
        drawing = ui.html(closeup(person, ALL_DOMAINS), sanitize=False).classes("closeup")
        domain.on_value_change(lambda event: drawing.set_content(closeup(person, event.value)))


async def both_lives(room: Room, key: str) -> None:
    """Show both lives of one client side by side, with the moment they part and why."""
    room.pause()
    found = await room.do(room.session.both_lives, key)
    if found is None:
        return
    parts = found["parts"]
    with ui.dialog(value=True) as dialog, ui.card().classes("wide-card"):
        dialog.on("hide", dialog.delete)
        with ui.row().classes("row"):
            ui.label(f"{key}: one person, the same luck, two lives").classes("heading")
            ui.button("Close", on_click=dialog.close).props("flat no-caps")
        if parts is None:
            ui.label("So far the two lives are the same.").classes("box")
        else:
            with ui.element("div").classes("box part").mark("parting"):
                ui.label(f"They part on day {parts['day']}: {parts['what']}.")
                for reason in parts["why"]:
                    ui.label(f"Why: {reason}.").classes("small")
        with ui.element("div").classes("pair"):
            for pane, title in (("a", "World A"), ("b", "World B")):
                with ui.element("div"):
                    ui.label(title).classes(f"stage-name world-{pane}")
                    tallies = [
                        f"{tally['label']} {tally[pane]:.0f} {tally['unit']}"
                        for tally in found["tallies"]
                        if tally["a"] != tally["b"]
                    ]
                    ui.label(f"Since the warm-up: {'; '.join(tallies) or 'the same in both'}.").classes(
                        "small"
                    )
                    ui.html(closeup(found["who"][pane], ALL_DOMAINS), sanitize=False).classes("closeup")
                    told = found[pane][-_MOST_TOLD:][::-1]
                    life(told, parts["minute"] if parts else None)
        ui.label(words.ONE_LIFE).classes("small")
