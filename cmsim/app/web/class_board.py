"""The trainer's place for a class: link and QR code to join, answers of the room, and the board."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import segno
from nicegui import ui

from cmsim.app.session.class_room import MOST_LEARNERS, ClassRoom, Question
from cmsim.app.session.descriptions import counted
from cmsim.app.web.class_page import NONE_RIGHT, LiveClass
from cmsim.app.web.lesson import Lesson
from cmsim.app.web.page_elements import heading, large_dialog, scrolling_table, table_row
from cmsim.app.web.page_session import Room


def class_opener(live: LiveClass, lesson: Lesson) -> Callable[[], None]:
    """Let a class follow the case that is open in this page; return what opens its dialog."""

    def follow() -> None:
        case = lesson.case
        if case is None:
            return
        found, right = lesson.page.outcomes, None
        if found:
            judged = [case.judge(answer.text, found["a"], found["b"]) for answer in case.answers]
            right = [n for n, each in enumerate(judged) if each is not None and each.is_right]
        answers = tuple(answer.text for answer in case.answers)
        live.room.ask(Question(case.name, case.title, case.question, answers), right)

    def open_class() -> None:
        follow()
        _show_class(live, lesson.room)

    lesson.shown.subscribe(follow)
    return open_class


def _show_class(live: LiveClass, page: Room) -> None:
    room = live.room
    with large_dialog("Class") as (dialog, _), ui.element("div").classes("class-board"):
        with ui.element("div").classes("class-top"):
            heading("To join, open this link on the same network:", 3)
            ui.label(room.link).classes("class-link")
        with ui.element("div"):
            code = segno.make(room.link, micro=False).svg_inline(border=2, omitsize=True)
            ui.html(code, sanitize=False).classes("class-code").props('role=img aria-label="QR code of the link"')
            offer = _offer_role_play(room, page)
        shown = ui.element("div").classes("class-shown").props("aria-live=polite")

        def show() -> None:
            if dialog.is_deleted:
                live.changed.unsubscribe(show)
                return
            offer()
            shown.clear()
            with shown:
                _answers(room)
                _board(room)

        live.changed.subscribe(show)
        show()


def _offer_role_play(room: ClassRoom, page: Room) -> Callable[[], None]:
    """Offer to put the latest role-play week on a learner's row; return what renews the names to choose from."""
    heading("Role-play on the board", 3)
    met, unwell = page.met_unwell or (0, 0)
    if not unwell:
        ui.label(
            "The role-play runs on this machine, not on the learners' phones. Let a learner play a week in the "
            "Role-play panel. Then open this again and give the result to the learner."
            if page.met_unwell is None
            else "Nobody was unwell in the latest role-play week, so there is nothing to put on the board."
        ).classes("small")
        return lambda: None
    ui.label(f"Latest week: {met} of {counted(unwell, 'client')} unwell on Monday were met. Whose week was it?")
    with ui.row().classes("row"):
        names = ui.select({}, label="learner").props("dense outlined").style("min-width: 170px")

        def give() -> None:
            if names.value is not None:
                room.score(str(names.value), met, unwell)

        ui.button("Give to the learner", on_click=give).props("no-caps")

    def renew() -> None:
        options = {key: learner.name for key, learner in room.learners.items()}
        if options != names.options:
            names.set_options(options, value=names.value if names.value in options else None)

    return renew


def _answers(room: ClassRoom) -> None:
    """Show how many chose each answer, without names."""
    question = room.question
    if question is None:
        ui.label("Choose a teaching case in the Cases panel: learners then see its question.").classes("box")
        return
    counts = room.counts()
    answered = sum(counts)
    heading(question.text, 3)
    for n, (text, count) in enumerate(zip(question.answers, counts, strict=True)):
        is_right = question.right is not None and n in question.right
        with ui.element("div").classes("box reveal" if is_right else "box"):
            ui.label(f"{text}: {count}{' – right' if is_right else ''}").classes("control-name")
            bar = ui.linear_progress(count / max(answered, 1), show_value=False).props("size=14px instant-feedback")
            bar.props(f"color={'positive' if is_right else 'primary'}").props["aria-label"] = f"share: {text}"
    said = f"{answered} of {counted(len(room.learners), 'learner')} answered."
    if question.right is not None:
        said = f"{room.had_it()} of {counted(answered, 'answer')} right.{'' if question.right else f' {NONE_RIGHT}'}"
    ui.label(said).classes("control-name")


def _board(room: ClassRoom) -> None:
    """Show who has joined, in the order of points."""
    heading(f"Learners: {len(room.learners)} of at most {MOST_LEARNERS}", 3)
    with scrolling_table():
        table_row(("learner", "predictions right", "role-play", "points", "remove"), "th")
        for row in room.board():
            with ui.element("tr"):
                for text in (row.name, f"{row.right} of {row.asked}", row.role_play, f"{row.points:.3g}"):
                    with ui.element("td"):
                        ui.label(text)
                with ui.element("td"):
                    remove = ui.button(icon="close", on_click=partial(room.remove, row.key)).props("dense flat")
                    remove.props["aria-label"] = f"remove {row.name}"
    ui.label(
        "Points: one for each right prediction, and up to one for the role-play: the share of clients unwell on Monday "
        "who were met. Names and points are gone when the app ends."
    ).classes("small")
