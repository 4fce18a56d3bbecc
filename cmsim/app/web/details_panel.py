"""The panel of one person: who it is, ties, the story so far; a client close up."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from cmsim.app.session.descriptions import PHASE_WORDS
from cmsim.app.session.live_session import Pane
from cmsim.app.session.setting_controls import told_policies
from cmsim.app.web import interface_text
from cmsim.app.web.client_drawing import ALL_DOMAINS, CHOICES, closeup
from cmsim.app.web.page_session import Room
from cmsim.schema.codes import Phase

_MOST_TIES = 30
_MOST_TOLD = 60
_FEW = 12
_MOST_POLICIES = 5
_NARROW = 640
"""Width of a close-up of which two stand side by side."""
_MINUTES = {
    "client": "with clients",
    "collateral": "with others, about clients",
    "travel": "on the way",
    "notes": "writing up",
    "team": "meetings and administration",
    "office": "left over, at the desk",
}


def person_panel(room: Room) -> None:
    """Build the panel; it follows whoever is picked."""
    with ui.row().classes("row"):
        asked = ui.input("Look up: c0012, w03, hospital …").props("dense outlined clearable").mark("look-up")
        ui.button("Show", on_click=lambda: found()).props("dense no-caps outline")
    body = ui.element("div").classes("person")
    with body:
        _hint()

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
            elif person["sort"] == "case manager":
                _worker(room, person, pane)
            else:
                _other(room, person, pane)

    async def again() -> None:
        if room.selected is not None and not room.sitting:
            await picked(*room.selected)

    def covered() -> None:
        body.clear()
        with body:
            _hint()

    room.on_covered(covered)

    asked.on("keydown.enter", found)
    room.on_picked(picked)
    room.on_paused(again)


def _hint() -> None:
    ui.label(
        "Click anybody or anything in the picture: clients, families (small triangles), case managers, "
        "friends and neighbours, psychiatrists, agencies, the ward. Or a line of what happens."
    ).classes("hint")


def _client(room: Room, person: dict[str, Any], pane: Pane) -> None:
    where = f" (run {pane.upper()})" if room.session.is_comparing else ""
    ui.label(f"{person['key']}{where}").classes("heading")
    ui.label(f"A person with {', '.join(person['about'])}.").classes("box")
    worker = person["worker"]
    with_whom = f"with {worker} for {person['worker_years']} years" if worker else "without a case manager"
    phase = PHASE_WORDS[Phase.of(person["phase"])]
    unseen = person["not_seen_days"]
    ui.label(
        f"Now: {phase}; lives in: {person['setting']}; {with_whom}; last met face to face "
        f"{'today' if unseen < 1 else f'{unseen} days ago'}; admissions so far: {person['admissions']}."
    )
    with ui.row().classes("row"):
        ui.button("Close up", icon="insights", on_click=lambda: _close_up(room, person["key"], pane)).props(
            "dense no-caps"
        ).mark("close-up")
        if room.session.is_comparing:
            ui.button("Both runs", icon="compare", on_click=lambda: both_runs(room, person["key"])).props(
                "dense no-caps outline"
            ).mark("both-runs")
    with ui.expansion("How things stand", value=True).classes("part"):
        _levels(person["levels"])
        ui.label("Truth: no worker sees these numbers; the worker sees only the belief.").classes("small")
    _ties(room, f"Ties ({len(person['ties'])})", person["ties"], pane)
    ui.label("The story so far, the latest first").classes("heading")
    life(person["life"][:_MOST_TOLD])


def _worker(room: Room, person: dict[str, Any], pane: Pane) -> None:
    ui.label(f"Case manager {person['key']}").classes("heading")
    ui.label("; ".join(filter(None, person["about"])).capitalize() + ".").classes("box")
    ui.label(f"{person['caseload']} clients; emotional exhaustion {person['exhaustion']} of 54 (27 counts as high).")
    ui.label("A working day of late, in minutes").classes("control-name")
    shares = person["minutes"]
    most = max([1, *shares.values()])
    for name, minutes in shares.items():
        _level(_MINUTES[name], minutes / most, f"{minutes}")
    clients = [tie for tie in person["ties"] if tie["kind"] == "client"]
    others = [tie for tie in person["ties"] if tie["kind"] != "client"]
    _ties(room, f"Clients ({len(clients)})", clients, pane)
    _ties(room, "Supervisor", others, pane)
    ui.label("The story so far, the latest first").classes("heading")
    _done(room, person["story"][:_MOST_TOLD], pane)


def _other(room: Room, person: dict[str, Any], pane: Pane) -> None:
    """Tell of a family, a helper, a psychiatrist, a supervisor, an agency, the hospital, a place."""
    where = f" (run {pane.upper()})" if room.session.is_comparing else ""
    ui.label(f"{person['title']}{where}").classes("heading").mark("title")
    with ui.element("div").classes("box"):
        for sentence in person["about"]:
            ui.label(sentence)
    _levels(person["levels"])
    _ties(room, f"Ties ({len(person['ties'])})", person["ties"], pane, opened=len(person["ties"]) <= _FEW)
    ui.label("The story so far, the latest first").classes("heading")
    _done(room, person["story"][:_MOST_TOLD], pane)


def _levels(levels: dict[str, Any]) -> None:
    for name, (value, said) in levels.items():
        _level(name, value, f"{said} {value:.2f}")


def _level(name: str, share: float, said: str) -> None:
    with ui.element("div").classes("level"):
        ui.label(name)
        with ui.element("div").classes("bar"):
            ui.element("i").style(f"width: {min(max(share, 0.0), 1.0):.0%}")
        ui.label(said)


def _ties(room: Room, title: str, ties: list[dict[str, str]], pane: Pane, opened: bool = False) -> None:
    if not ties:
        return
    with ui.expansion(title, value=opened).classes("part"):
        for tie in ties[:_MOST_TIES]:
            key = tie["to"]
            with ui.element("button").classes("tie").on("click", lambda _, key=key: room.pick(key, pane)):
                _tag("b", key)
                ui.label(tie["text"]).classes("inline")
        if len(ties) > _MOST_TIES:
            ui.label(f"and {len(ties) - _MOST_TIES} more").classes("small")


def _tag(tag: str, text: str) -> None:
    with ui.element(tag):
        ui.label(text).classes("inline")


def life(moments: list[dict[str, Any]], parted: int | None = None) -> None:
    """Tell a life with its causes; what comes after two runs have parted is shaded."""
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


def _done(room: Room, things: list[dict[str, Any]], pane: Pane) -> None:
    """Tell what a worker, a service or a place simulated through; a line leads to whom it is about."""
    with ui.element("div").classes("life"):
        for thing in things:
            key = thing["client"]
            line = ui.element("button").classes("tie")
            if key:
                line.on("click", lambda _, key=key: room.pick(key, pane))
            with line:
                ui.label(f"day {thing['day']}").classes("when inline")
                if key:
                    _tag("b", key)
                why = f" ({thing['why']})" if thing["why"] else ""
                ui.label(f"{thing['text']}{why}").classes("inline")
        if not things:
            ui.label("Nothing to tell yet.").classes("hint")


async def _close_up(room: Room, key: str, pane: Pane) -> None:
    room.pause()
    person = await room.do(room.session.look_up, key, pane)
    if person is None:
        return
    with ui.dialog(value=True) as dialog, ui.card().classes("wide-card"):
        dialog.on("hide", dialog.delete)
        with ui.row().classes("row desk-head"):
            ui.label(f"{key} close up").classes("heading")
            domain = ui.select(list(CHOICES), value=ALL_DOMAINS, label="area of life").props("dense outlined")
            ui.space()
            ui.button("Close", on_click=dialog.close).props("flat no-caps")
        drawing = ui.html(closeup(person, ALL_DOMAINS), sanitize=False).classes("closeup")
        domain.on_value_change(lambda event: drawing.set_content(closeup(person, event.value)))


async def both_runs(room: Room, key: str) -> None:
    """Show both runs of one client side by side, with the moment they part and why."""
    room.pause()
    found = await room.do(room.session.both_runs, key)
    if found is None:
        return
    parts = found["parts"]
    with ui.dialog(value=True) as dialog, ui.card().classes("wide-card"):
        dialog.on("hide", dialog.delete)
        with ui.row().classes("row desk-head"):
            ui.label(f"{key}: one person, the same random numbers, two runs").classes("heading")
            ui.space()
            ui.button("Close", on_click=dialog.close).props("flat no-caps")
        if parts is None:
            ui.label("So far the two runs are the same.").classes("box")
        else:
            with ui.element("div").classes("box part").mark("parting"):
                ui.label(f"They part on day {parts['day']}: {parts['what']}.")
                for reason in parts["why"]:
                    if reason.startswith("the policies differ") and found["policies"]:
                        reason = f"the policies differ: {told_policies(found['policies'][:_MOST_POLICIES])}"
                    ui.label(f"Why: {reason}.").classes("small")
                turn = found["turn"]
                if turn is not None:
                    ui.label(
                        f"On day {turn['day']} they begin to differ. In run A: {turn['a']}. In run B: {turn['b']}."
                    ).mark("turn")
        with ui.element("div").classes("pair"):
            for pane, title in (("a", "Run A"), ("b", "Run B")):
                with ui.element("div"):
                    ui.label(title).classes(f"stage-name run-{pane}")
                    tallies = [
                        f"{tally['label']} {tally[pane]:.0f} {tally['unit']}"
                        for tally in found["tallies"]
                        if tally["a"] != tally["b"]
                    ]
                    ui.label(f"Since the warm-up: {'; '.join(tallies) or 'the same in both'}.").classes("small")
                    ui.html(closeup(found["who"][pane], ALL_DOMAINS, _NARROW), sanitize=False).classes("closeup")
                    told = found[pane][-_MOST_TOLD:][::-1]
                    life(told, parts["minute"] if parts else None)
        ui.label(interface_text.ONE_LIFE).classes("small")
