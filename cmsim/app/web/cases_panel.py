"""The panel of facilitator's cases: story, question, prediction, run, reveal, discussion; notes are kept."""

from collections.abc import Mapping

from nicegui import ui

from cmsim.app.session.descriptions import counted
from cmsim.app.session.session_file import MOST_NOTE
from cmsim.app.session.teaching_cases import CASE_NAMES, Case, Verdict, load_case
from cmsim.app.web import interface_text
from cmsim.app.web.page_elements import heading, table_row
from cmsim.app.web.page_session import Room

_PACE = 20


def cases_panel(room: Room) -> None:
    """Build the panel."""
    cases = {name: load_case(name) for name in CASE_NAMES}
    chosen = ui.select({name: case.title for name, case in cases.items()}, label="Teaching case")
    chosen.props("dense outlined").style("width: 100%")
    body = ui.element("div")
    with body:
        ui.label(
            "Each case has a story, a question, your prediction, a run, what it showed, and questions to discuss. "
            "Your notes are saved with the session (Settings, Save, The session with its notes)."
        ).classes("box")

    def restored() -> None:
        if room.case in cases:
            if chosen.value == room.case:
                show()
            chosen.set_value(room.case)

    def show() -> None:
        if chosen.value not in cases:
            return
        if room.case != chosen.value:
            room.case, room.prediction = chosen.value, ""
            room.notes = {"question": cases[chosen.value].question}
        body.clear()
        with body:
            _case(room, cases[chosen.value])

    chosen.on_value_change(show)
    room.restored.subscribe(restored)


def _case(room: Room, case: Case) -> None:
    ui.label(f"About {case.minutes} minutes").classes("small")
    ui.label(case.story).classes("box").style("white-space: pre-line")
    heading("Question")
    ui.label(case.question)
    heading("Your prediction")
    prediction = ui.radio(list(case.answers), value=room.prediction or None)
    prediction.bind_value_to(room, "prediction", lambda chosen: chosen or "")
    _note(room, "hypothesis", "Why? (your hypothesis)")
    progress = ui.label("").classes("small")
    revealed = ui.element("div")

    async def run_case() -> None:
        if not room.prediction:
            ui.notify("Predict first: choose one of the answers.", type="warning")
            return
        revealed.clear()
        if not await room.load(case.scenario("a"), case.replication):
            return
        room.plots = list(case.plots)
        if not await room.open_comparison(case.scenario("b")):
            return
        room.until = (room.session.parted_day or room.session.day) + case.days
        room.speed = max(room.speed, _PACE)
        progress.text = f"Plays to day {room.until}. Pause whenever there is something to discuss."
        await room.play()

    def days_left() -> int | None:
        """Return how many days are still to be played; None where the case is not run."""
        session, parted = room.session, room.session.parted_day
        if parted is None or not session.scenario.name.startswith(case.name):
            return None
        return parted + case.days - session.day

    def rests() -> None:
        left = days_left()
        if left is not None:
            progress.text = (
                f"Paused. {counted(left, 'more day')} to play." if left > 0 else "Played to the end. Press Reveal."
            )

    room.paused.subscribe(rests)

    async def reveal() -> None:
        left = days_left()
        if left is None or left > 0:
            first = (
                f"Play {counted(left, 'more day')} first: the guide is about the whole time."
                if left
                else "Run the case first."
            )
            ui.notify(first, type="warning")
            return
        room.pause()
        progress.text = "Counting what happened …"
        found = await room.do(room.session.sum_up, room.session.parted_day)
        progress.text = ""
        if found is None:
            return
        revealed.clear()
        with revealed:
            _reveal(room, case, {name: each.outcomes for name, each in found.items()})
        ui.run_javascript(f'getHtmlElement({revealed.id}).scrollIntoView({{block: "start"}})')

    with ui.row().classes("row"):
        ui.button("Run it", icon="play_arrow", on_click=run_case).props("no-caps")
        ui.button("Reveal", icon="visibility", on_click=reveal).props("no-caps outline")


def _reveal(room: Room, case: Case, outcomes: Mapping[str, Mapping[str, float]]) -> None:
    ui.label(f"You predicted: {room.prediction}").classes("control-name")
    heading("What happened")
    noise = case.verdicts(outcomes["a"], outcomes["p"])
    for verdict, placebo in zip(case.verdicts(outcomes["a"], outcomes["b"]), noise, strict=True):
        against = "" if verdict.as_told else " against"
        with ui.element("div").classes(f"box reveal verdict{against}"):
            ui.label(verdict.text if verdict.as_told else f"Not this time. The guide expects: {verdict.text}")
            _values(verdict, placebo.b)
    if case.replications is not None:
        current = case.replications.same_model(outcomes["a"], outcomes["b"])
        ui.label(
            f"The last column says in how many of {case.replications.count} replications this was seen, of which this "
            "run is one."
            if current
            else "The replications were counted with another version of the model, or something was changed in this "
            "run, so the counts may no longer hold."
        ).classes("small")
    heading("Why")
    ui.label(case.reveal).style("white-space: pre-line")
    heading("To discuss")
    for question in case.discuss:
        ui.label(f"• {question}")
    ui.label(f"{case.caution} {interface_text.ONE_LIFE}").classes("small")
    _note(room, "finding", "What did you find?")
    _note(room, "decision", "What would you decide?")


def _values(verdict: Verdict, placebo: str) -> None:
    """Show the values of one outcome in the runs, and in how many replications it is as the guide says."""
    with ui.element("table").classes("sights"):
        table_row((f"{verdict.label}, {verdict.unit}", "A", "B", "placebo", "seen in"), "th")
        table_row(("", verdict.a, verdict.b, placebo, verdict.seen or "–"))


def _note(room: Room, name: str, label: str) -> None:
    area = ui.textarea(label, value=room.notes.get(name, "")).props(f"outlined dense autogrow maxlength={MOST_NOTE}")
    area.style("width: 100%")
    area.on_value_change(lambda event: room.notes.__setitem__(name, str(event.value or "")))
