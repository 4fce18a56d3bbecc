"""The panel of facilitator's cases: story, question, prediction, run, reveal, discussion, script, pages to print."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nicegui import ui

from cmsim.app.session.notebook import MOST_NOTE, Page
from cmsim.app.session.teaching_cases import LENGTHS, Case, Verdict
from cmsim.app.web import interface_text
from cmsim.app.web.further_panel import further_box
from cmsim.app.web.handouts import debrief_page, offer_page, script_page, sheet_page
from cmsim.app.web.lesson import Lesson
from cmsim.app.web.page_elements import heading, table_row
from cmsim.app.web.page_session import Room

_VERSIONS = {**{minutes: f"{minutes} minutes" for minutes in LENGTHS}, 0: "no stops"}


def cases_panel(lesson: Lesson, show_class: Callable[[], None] | None, room: Room) -> None:
    """Build the panel, with a button for the class where there is one."""
    if show_class is not None:
        ui.button("Class: link, answers, board (c)", icon="groups", on_click=show_class).props("no-caps outline")
    titles = {name: case.title for name, case in lesson.cases.items()}
    chosen = ui.select(titles, label="Teaching case", on_change=lambda event: lesson.choose(event.value))
    chosen.props("dense outlined").style("width: 100%")
    body = ui.element("div")
    with body:
        ui.label(
            "Each case has a story, a question, your prediction, a run, what it showed, and questions to discuss, and "
            "a script for whoever leads the session. What you write is kept for each case, and saved with the session "
            "(Settings, Save, The session with its notes)."
        ).classes("box")
    watched: list[Case | None] = [None]

    async def restored() -> None:
        case = lesson.case
        played = lesson.cases.get(room.session.notebook.played)
        if played is not None and played is not watched[0]:
            room.plots = list(played.plots)
            room.refresh()
        watched[0] = played
        if case is None:
            return
        if chosen.value == case.name:
            await lesson.choose(case.name)
        else:
            chosen.set_value(case.name)

    def show() -> None:
        if lesson.case is None:
            return
        body.clear()
        with body:
            _case(lesson, lesson.case)

    lesson.shown.subscribe(show)
    room.restored.subscribe(restored)


def prediction_choice(lesson: Lesson, case: Case) -> None:
    """Show the answers that can be predicted, to choose one."""
    answers = [answer.text for answer in case.answers]
    page = lesson.page
    prediction = ui.radio(answers, value=page.prediction if page.prediction in answers else None)
    prediction.bind_value_to(page, "prediction", lambda chosen: chosen or "")


def _case(lesson: Lesson, case: Case) -> None:
    page = lesson.page
    ui.label(case.story).classes("box").style("white-space: pre-line")
    heading("Question")
    ui.label(case.question)
    heading("Your prediction")
    prediction_choice(lesson, case)
    _note(page, "hypothesis", "Why? (your hypothesis)")
    ui.label().classes("small").bind_text_from(lesson, "progress")
    with ui.row().classes("row"):
        ui.button("Run it", icon="play_arrow", on_click=lesson.run).props("no-caps")
        ui.button("Reveal", icon="visibility", on_click=lesson.reveal).props("no-caps outline")
    if page.outcomes:
        with ui.element("div") as revealed:
            show_judgement(case, page)
            _reveal(case, page)
            if lesson.days_left is not None:
                further_box(lesson.room, [sight.outcome for sight in case.sights])
        if lesson.days_left == 0:
            ui.run_javascript(f'getHtmlElement({revealed.id}).scrollIntoView({{block: "start"}})')
    _facilitate(lesson, case)


def _facilitate(lesson: Lesson, case: Case) -> None:
    """Show the script, folded in, and the pages to print."""
    page, stop = lesson.page, lesson.stop
    folded = ui.expansion("For the facilitator", icon="co_present").props("dense").classes("part")
    with folded.bind_value(lesson, "facilitates"):

        async def change() -> None:
            await lesson.aim()
            steps.refresh()

        version = ui.select(_VERSIONS, label="Script, and the stops of the play").props("dense outlined")
        version.style("width: 100%").bind_value(page, "minutes").on_value_change(change)

        @ui.refreshable
        def steps() -> None:
            for begun, step in case.steps(page.minutes or LENGTHS[-1]):
                with ui.element("div").classes("box step" + (" now" if step is stop else "")):
                    heading(f"Minute {begun}: {step.title}", 3)
                    ui.label(step.say)
                    if step.day is not None:
                        ui.label(f"Day {step.day}, on screen: {step.question}").classes("control-name")
                        ui.label(f"Expected: {step.expected}")
                        ui.label(f"If the room sees something else: {step.otherwise}")

        steps()
        minutes = page.minutes or LENGTHS[-1]
        offer_page("facilitator's script", lambda: script_page(case, minutes))
    heading("To print")
    offer_page("learner's sheet", partial(sheet_page, case))
    if page.outcomes:
        offer_page("debrief", partial(debrief_page, case, page))
    else:
        ui.label("The debrief can be printed once the case is revealed.").classes("small")


def show_judgement(case: Case, page: Page) -> None:
    """Show the prediction of the room beside what happened."""
    judged = case.judge(page.prediction, page.outcomes["a"], page.outcomes["b"])
    with ui.element("div").classes("pair judged"):
        with ui.element("div").classes("box"):
            heading("You predicted", 3)
            ui.label(page.prediction or "Nothing was predicted.")
        with ui.element("div").classes("box reveal"):
            heading("What happened", 3)
            if judged is None:
                ui.label("It cannot be told beside this prediction. Press Reveal again.")
            else:
                ui.label(judged.said).classes("control-name")
                for point in judged.points:
                    ui.label(point)


def _reveal(case: Case, page: Page) -> None:
    outcomes = page.outcomes
    heading("What the guide says is to be seen")
    noise = case.verdicts(outcomes["a"], outcomes["p"])
    for verdict, placebo in zip(case.verdicts(outcomes["a"], outcomes["b"]), noise, strict=True):
        against = "" if verdict.as_told else " against"
        with ui.element("div").classes(f"box reveal verdict{against}"):
            ui.label(verdict.said)
            _values(verdict, placebo.b)
    ui.label(case.said_of_replications(outcomes)).classes("small")
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
