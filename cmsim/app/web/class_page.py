"""The page of a learner in a class, made for a phone: a name, the open question, and how it turned out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nicegui import Event, ui

from cmsim.app.session.class_room import MOST_LEARNERS, MOST_NAME, ClassRoom, Question
from cmsim.app.session.descriptions import counted
from cmsim.app.web import interface_text
from cmsim.app.web.page_elements import browser_key, heading, put_on_style
from cmsim.core.errors import CmsimError

NONE_RIGHT = "No answer was right in full in this run."
_MOST_PAGES = 3 * MOST_LEARNERS
"""Pages that may be open at a time; a learner who opens the link again has two for a moment."""


class LiveClass:
    """A class, and the pages that follow it.

    Attributes:
        room: who has joined, and what was answered.
        changed: event; something of it is other than before.
        pages: how many pages of learners are open.
    """

    def __init__(self) -> None:
        self.room = ClassRoom()
        self.changed: Event[[]] = Event()
        self.pages = 0
        self.room.on_change = self.changed.emit

    def leave(self) -> None:
        """Count a page that was closed."""
        self.pages -= 1


async def learner_page(live: LiveClass) -> None:
    """Build the page of one learner."""
    put_on_style()
    client = ui.context.client
    if live.pages >= _MOST_PAGES:
        heading("Too many pages of this class are open. Try again in a minute.", 1)
        return
    live.pages += 1
    client.on_delete(live.leave)
    with ui.element("div").classes("learner"):
        with ui.element("div").classes("learner-main"):
            heading("cmsim class", 1)
            body = ui.element("div").classes("learner-body").props("aria-live=polite")
        with ui.element("footer").classes("footer"):
            ui.label(interface_text.NOT_FOR)
    await client.connected()
    if client.is_deleted:
        return
    with body:
        key = await browser_key() or client.tab_id or client.id
        if not client.is_deleted:  # one that was closed meanwhile would follow the class for ever
            _Learner(live, key, body)


class _Learner:
    """What one learner sees; built anew only where it is something else, so that nothing moves under a finger."""

    def __init__(self, live: LiveClass, key: str, body: ui.element) -> None:
        self._live, self._room, self._key, self._body = live, live.room, key, body
        self._shown: object = None
        self._waits: ui.label | None = None
        self._name: ui.input | None = None
        live.changed.subscribe(self._show)
        self._show()

    def _show(self) -> None:
        learner, question = self._room.learners.get(self._key), self._room.question
        right = question.right if question else None
        state = (learner is None, question and question.case, right, learner and dict(learner.answers))
        if state != self._shown:
            self._shown = state
            self._body.clear()
            self._waits = None
            with self._body:
                if learner is None:
                    self._ask_name()
                elif question is None:
                    ui.label(f"Hello {learner.name}. Wait until the trainer opens a case.").classes("box")
                else:
                    self._ask(question, learner.answers.get(question.case))
        if self._waits is not None and question is not None:
            self._waits.text = self._said_of_room(question)

    def _said_of_room(self, question: Question) -> str:
        everybody, answered = len(self._room.learners), sum(self._room.counts())
        if question.right is not None:
            said = f"{self._room.had_it()} of {counted(answered, 'answer')} in the room right."
            return said if question.right else f"{said} {NONE_RIGHT}"
        missing = everybody - answered
        if missing:
            return f"The room waits for {counted(missing, 'more answer')}. You may change yours until the reveal."
        return "Everybody has answered. You may change your answer until the reveal."

    def _ask_name(self) -> None:
        ui.label("Enter a name to join. The trainer and the room see it. It is not kept.")
        self._name = ui.input("Your name").props(f"outlined maxlength={MOST_NAME} autocomplete=off")
        self._name.style("width: 100%").on("keydown.enter", self._join)
        ui.button("Join", on_click=self._join).props("no-caps").classes("answer")

    def _join(self) -> None:
        if self._name is not None:
            self._try(partial(self._room.join, self._key, str(self._name.value or "")))

    def _ask(self, question: Question, chosen: int | None) -> None:
        ui.label(question.title).classes("small")
        heading(question.text)
        if question.right is not None:
            if chosen is None:
                said = "You did not answer this one."
            else:
                said = "You were right." if chosen in question.right else "Not, or only in part, what happened here."
            ui.label(said).classes("box reveal control-name")
            self._waits = ui.label()
        for n, text in enumerate(question.answers):
            if question.right is None:
                button = ui.button(text, on_click=partial(self._choose, question.case, n)).classes("answer")
                button.props(f"no-caps align=left aria-pressed={'true' if n == chosen else 'false'}")
                button.props("icon=check" if n == chosen else "outline")
            else:
                signs = ["your answer"] * (n == chosen) + ["right"] * (n in question.right)
                shown = f"{text} ({', '.join(signs)})" if signs else text
                ui.label(shown).classes("box reveal" if n in question.right else "box")
        if question.right is None:
            if chosen is None:
                ui.label("Tap the answer that you expect.").classes("small")
            else:
                ui.label(f"Your answer: {question.answers[chosen]}").classes("control-name")
                self._waits = ui.label()

    def _choose(self, case: str, answer: int) -> None:
        self._try(partial(self._room.answer, self._key, case, answer))

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except CmsimError as error:
            ui.notify(str(error), type="warning", position="top")
