"""What is said in large letters at the picture: the question of a stop, and in presenter's mode a case as slides."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from nicegui import ui

from cmsim.app.session.teaching_cases import Case
from cmsim.app.web import interface_text
from cmsim.app.web.cases_panel import prediction_choice, show_judgement
from cmsim.app.web.lesson import Lesson
from cmsim.app.web.page_elements import heading

if TYPE_CHECKING:
    from cmsim.app.session.notebook import Page

_CAPTION = 3.0
"""Seconds that a caption stands at least, so that it can be read from the back of a room."""
_PICTURE, _PLOTS, _TEXT = "picture", "plots", "text"


class _Slide(NamedTuple):
    """One slide: what fills the page, its title, and what builds its text."""

    fills: str
    title: str
    build: Callable[[], object] = lambda: None


class Presenter:
    """The words at the picture, built where it is made.

    Attributes:
        is_on: whether presenter's mode is on.
    """

    def __init__(self, lesson: Lesson) -> None:
        self.is_on = False
        self._room, self._lesson = lesson.room, lesson
        self._at = 0
        self._said_at = 0.0
        self._words = ui.element("section").classes("words").props('aria-label="question or slide" aria-live=polite')
        lesson.shown.subscribe(self._show)
        lesson.room.opened.subscribe(self._show)
        lesson.room.told.subscribe(self._caption)
        self._show()

    # -- presenter's mode --------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Hide the panels, and show the open case as slides."""
        if self._room.sitting:
            return
        self.is_on = True
        slides = self._slides()
        # where a case is being played, its picture is what the room wants to see
        running = self._lesson.days_left is not None and not self._lesson.page.outcomes
        self._at = next((n for n, slide in enumerate(slides) if slide.fills == _PICTURE), 0) if running else 0
        self._show()

    def leave(self) -> None:
        """Show the panels again."""
        self.is_on = False
        self._show()

    def turn(self, by: int) -> None:
        """Go on by some slides, or back."""
        self._at += by
        self._show()

    @property
    def shows_text(self) -> bool:
        """Whether a slide covers the picture."""
        return self.is_on and self._slides()[self._at].fills == _TEXT

    def _slides(self) -> list[_Slide]:
        case = self._lesson.case
        picture = [_Slide(_PICTURE, "The picture", self._what_happens), _Slide(_PLOTS, "The plots", self._what_happens)]
        if case is None:
            return picture
        page = self._lesson.page
        slides = [_text(case.title, paragraph) for paragraph in case.story.strip().split("\n\n")]
        slides += [_Slide(_TEXT, case.question, partial(self._predict, case)), *picture]
        if page.outcomes:
            slides += _revealed(case, page)
        else:
            slides.append(_Slide(_TEXT, "What happened?", self._ask_to_reveal))
        return slides

    # -- what is shown -----------------------------------------------------------------------------------------

    def _show(self) -> None:
        slides = self._slides()
        self._at = min(max(self._at, 0), len(slides) - 1)
        slide = slides[self._at]
        self._words.clear()
        with self._words:
            if not self.is_on:
                self._question()
            else:
                if slide.fills == _TEXT:
                    heading(slide.title)
                slide.build()
                ui.label(f"{self._at + 1} of {len(slides)}").classes("slide-number")
        classes = f"presenting fills-{slide.fills}" if self.is_on else ""
        self._room.theatre.client.run_javascript(
            "const all = document.documentElement.classList;"
            "all.remove('presenting', 'fills-text', 'fills-picture', 'fills-plots');"
            f"all.add(...{classes.split()!r}); document.querySelector('.words').scrollTop = 0;"
            # where the page is one column, a question is brought into view
            "document.querySelector('.stop')?.scrollIntoView({block: 'nearest'});"
        )

    def _question(self) -> None:
        """Show the question of the stop on which the play stands, until it goes on."""
        room, stop = self._room, self._lesson.stop
        if stop is None:
            return
        with ui.element("div").classes("stop").bind_visibility_from(room.session, "day", lambda day: day == stop.day):
            heading(f"Day {stop.day}: {stop.question}")

            async def tell() -> None:
                shown = await self._lesson.read_plots(stop)
                told.clear()
                with told:
                    ui.label(f"To be expected: {stop.expected}")
                    for line in shown:
                        ui.label(line).classes("reading")
                    ui.label(f"If you see something else: {stop.otherwise} {interface_text.ONE_LIFE}")

            with ui.row().classes("row"):
                ui.button("Go on", icon="play_arrow", on_click=room.play).props("no-caps")
                ui.button("What is to be expected", on_click=tell).props("no-caps outline")
            told = ui.element("div")

    def _what_happens(self) -> None:
        """Show the question of a stop, or else what happens."""
        self._question()
        stop = self._lesson.stop
        caption = ui.label("Space plays and pauses.").classes("caption")
        if stop is not None:
            caption.bind_visibility_from(self._room.session, "day", lambda day: day != stop.day)
        self._captioned = caption

    def _caption(self, said: str) -> None:
        now = time.monotonic()
        if self.is_on and not self.shows_text and now - self._said_at > _CAPTION:
            self._said_at = now
            self._captioned.text = said

    def _predict(self, case: Case) -> None:
        prediction_choice(self._lesson, case)
        with ui.row().classes("row"):
            ui.button("Run it", icon="play_arrow", on_click=self._run).props("no-caps")

    async def _run(self) -> None:
        if self._lesson.page.prediction:
            self.turn(1)
        await self._lesson.run()

    def _ask_to_reveal(self) -> None:
        ui.label("Compare your prediction with what happened once the case is played to its end.")
        with ui.row().classes("row"):
            ui.button("Reveal", icon="visibility", on_click=self._lesson.reveal).props("no-caps")


def _text(title: str, *paragraphs: str) -> _Slide:
    """Return a slide of text."""

    def build() -> None:
        for paragraph in paragraphs:
            ui.label(paragraph)

    return _Slide(_TEXT, title, build)


def _revealed(case: Case, page: Page) -> list[_Slide]:
    """Return the slides of a case that was revealed."""
    verdicts = case.verdicts(page.outcomes["a"], page.outcomes["b"])
    seen = (f"{verdict.said} A {verdict.a}, B {verdict.b} ({verdict.label}, {verdict.unit})" for verdict in verdicts)
    return [
        _Slide(_TEXT, "Your prediction, and what happened", partial(show_judgement, case, page)),
        _text("What was to be seen", *seen),
        *(_text("Why", paragraph) for paragraph in case.reveal.strip().split("\n\n")),
        _text("To discuss", *case.discuss),
        _text("What this does not show", case.caution, interface_text.ONE_LIFE, interface_text.NOT_FOR),
    ]
