"""The panel of facilitator's cases: story, question, prediction, run, reveal, discussion; notes are kept."""

from collections import deque

from nicegui import ui

from cmsim.app.session.descriptions import counted
from cmsim.app.session.notebook import MOST_NOTE, Page
from cmsim.app.session.teaching_cases import CASE_NAMES, Case, Verdict, load_case
from cmsim.app.web import interface_text
from cmsim.app.web.further_panel import further_box
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
            "Each case has a story, a question, your prediction, a run, what it showed, and questions to discuss. What "
            "you write is kept for each case, and saved with the session (Settings, Save, The session with its notes)."
        ).classes("box")

    watched: deque[Case | None] = deque([None], maxlen=1)

    def restored() -> None:
        book = room.session.notebook
        played = cases.get(book.played)
        end = _end(room, played) if played is not None else None
        room.until = end if end is not None and end > room.session.day else None
        if played is not None and played is not watched[-1]:
            room.plots = list(played.plots)
            room.refresh()
        watched.append(played)
        if chosen.value == book.case:
            show()
        elif book.case in cases:
            chosen.set_value(book.case)

    def show() -> None:
        if chosen.value not in cases:
            return
        room.session.notebook.case = chosen.value
        body.clear()
        with body:
            _case(room, cases[chosen.value])

    chosen.on_value_change(show)
    room.restored.subscribe(restored)


def _end(room: Room, case: Case) -> int | None:
    """Return the day at which a case ends; None where it is not what is simulated."""
    session = room.session
    if session.parted_day is None or session.notebook.played != case.name:
        return None
    return session.parted_day + case.days


def _case(room: Room, case: Case) -> None:
    page = room.session.notebook.page(case.name)
    page.notes.setdefault("question", case.question)
    ui.label(f"About {case.minutes} minutes").classes("small")
    ui.label(case.story).classes("box").style("white-space: pre-line")
    heading("Question")
    ui.label(case.question)
    heading("Your prediction")
    prediction = ui.radio(list(case.answers), value=page.prediction if page.prediction in case.answers else None)
    prediction.bind_value_to(page, "prediction", lambda chosen: chosen or "")
    _note(page, "hypothesis", "Why? (your hypothesis)")
    progress = ui.label("").classes("small")
    revealed = ui.element("div")

    async def run_case() -> None:
        if not page.prediction:
            ui.notify("Predict first: choose one of the answers.", type="warning")
            return
        if not await room.load(case.scenario("a"), case.replication):
            return
        revealed.clear()
        page.outcomes = {}
        room.plots = list(case.plots)
        if not await room.open_comparison(case.scenario("b")):
            return
        room.session.notebook.played = case.name
        room.until = _end(room, case)
        room.speed = max(room.speed, _PACE)
        progress.text = f"Plays to day {room.until}. Pause whenever there is something to discuss."
        await room.play()

    def days_left() -> int | None:
        """Return how many days are still to be played; None where the case is not run."""
        end = _end(room, case)
        return None if end is None else end - room.session.day

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
        looked_at = {sight.outcome for sight in case.sights}
        page.outcomes = {
            name: {outcome: value for outcome, value in each.outcomes.items() if outcome in looked_at}
            for name, each in found.items()
        }
        show_revealed()
        ui.run_javascript(f'getHtmlElement({revealed.id}).scrollIntoView({{block: "start"}})')

    def show_revealed() -> None:
        revealed.clear()
        with revealed:
            _reveal(case, page)
            if days_left() is not None:
                further_box(room, [sight.outcome for sight in case.sights])

    if page.outcomes:
        show_revealed()
    else:
        rests()
    with ui.row().classes("row"):
        ui.button("Run it", icon="play_arrow", on_click=run_case).props("no-caps")
        ui.button("Reveal", icon="visibility", on_click=reveal).props("no-caps outline")


def _reveal(case: Case, page: Page) -> None:
    outcomes = page.outcomes
    ui.label(f"You predicted: {page.prediction}").classes("control-name")
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
    _note(page, "finding", "What did you find?")
    _note(page, "decision", "What would you decide?")


def _values(verdict: Verdict, placebo: str) -> None:
    """Show the values of one outcome in the runs, and in how many replications it is as the guide says."""
    with ui.element("table").classes("sights"):
        table_row((f"{verdict.label}, {verdict.unit}", "A", "B", "placebo", "seen in"), "th")
        table_row(("", verdict.a, verdict.b, placebo, verdict.seen or "–"))


def _note(page: Page, name: str, label: str) -> None:
    area = ui.textarea(label, value=page.notes.get(name, "")).props(f"outlined dense autogrow maxlength={MOST_NOTE}")
    area.style("width: 100%")
    area.on_value_change(lambda event: page.notes.__setitem__(name, str(event.value or "")))
