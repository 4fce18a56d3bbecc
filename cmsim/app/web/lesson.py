"""The teaching case that is open in a page: its runs, the stops of its script, and its reveal."""

from __future__ import annotations

from nicegui import Event, ui

from cmsim.app.session.descriptions import counted
from cmsim.app.session.notebook import Page
from cmsim.app.session.plot_series import PLOTS
from cmsim.app.session.teaching_cases import SAID, Case, Step, load_cases
from cmsim.app.web.page_session import Room

_PACE = 20


class Lesson:
    """What a page does with a teaching case.

    Attributes:
        room: the page.
        cases: all of them, by name.
        progress: how far the case is, in words.
        facilitates: whether the script is unfolded.
        shown: event; what there is to show of the case has become another.
    """

    def __init__(self, room: Room) -> None:
        self.cases = load_cases()
        self.progress = ""
        self.facilitates = False
        self.shown: Event[[]] = Event()
        self.room = room
        room.halted.subscribe(self._halt)
        room.paused.subscribe(self._rest)
        room.opened.subscribe(self.aim)

    @property
    def case(self) -> Case | None:
        """The case that is open."""
        return self.cases.get(self.room.session.notebook.case)

    @property
    def page(self) -> Page:
        """What is written and predicted of the case that is open."""
        book = self.room.session.notebook
        return book.page(book.case)

    @property
    def played(self) -> Case | None:
        """The case whose runs are simulated."""
        session = self.room.session
        return self.cases.get(session.notebook.played) if session.parted_day is not None else None

    @property
    def days_left(self) -> int | None:
        """How many days of the case that is open are still to be played; None where it is not run."""
        session, case = self.room.session, self.played
        if case is None or case is not self.case or session.parted_day is None:
            return None
        return session.parted_day + case.days - session.day

    @property
    def stop(self) -> Step | None:
        """The stop of the script on which the play stands."""
        session = self.room.session
        return self._stops().get(session.day)

    def _stops(self) -> dict[int, Step]:
        case = self.played
        return {} if case is None else case.stops(self.room.session.notebook.page(case.name).minutes)

    async def choose(self, name: str) -> None:
        """Open a case."""
        self.room.session.notebook.case = name
        self.page.notes.setdefault("question", self.cases[name].question)
        await self.aim()
        await self.shown.call()

    async def aim(self) -> None:
        """Let the play end at the next stop, or with the case."""
        room, case = self.room, self.played
        self._rest()
        if case is not None and room.session.parted_day is not None:
            days = [*self._stops(), room.session.parted_day + case.days]
            room.until = min((day for day in days if day > room.session.day), default=None)

    async def _halt(self) -> None:
        await self.aim()
        if self.stop is not None or self.days_left == 0:
            await self.shown.call()

    def _rest(self) -> None:
        left = self.days_left
        if left is None:
            self.progress = ""
        elif left > 0:
            self.progress = f"Paused. {counted(left, 'more day')} to play."
        else:
            self.progress = "Played to the end. Press Reveal."

    async def run(self) -> None:
        """Simulate both runs of the case, and play them up to the first stop."""
        room, case, page = self.room, self.case, self.page
        if case is None:
            return
        if not page.prediction:
            ui.notify("Predict first: choose one of the answers.", type="warning")
            return
        if not await room.load(case.scenario("a"), case.replication):
            return
        page.outcomes = {}
        await self.shown.call()
        room.plots = list(case.plots)
        if not await room.open_comparison(case.scenario("b")):
            return
        room.session.notebook.played = case.name
        await self.aim()
        room.speed = max(room.speed, _PACE)
        self.progress = f"Plays to day {room.until}. Pause whenever there is something to discuss."
        await room.play()

    async def reveal(self) -> None:
        """Count what happened, once the case is played to its end."""
        room, case, left = self.room, self.case, self.days_left
        if case is None:
            return
        if left is None or left > 0:
            first = f"Play {counted(left, 'more day')} first: the guide is about the whole time." if left else ""
            ui.notify(first or "Run the case first.", type="warning")
            return
        room.pause()
        self.progress = "Counting what happened …"
        found = await room.do(room.session.sum_up, room.session.parted_day)
        self.progress = ""
        if found is None:
            return
        self.page.outcomes = {
            name: {outcome: value for outcome, value in each.outcomes.items() if outcome in case.counted}
            for name, each in found.items()
        }
        await self.shown.call()

    async def read_plots(self, step: Step) -> list[str]:
        """Return what the plots show at a stop, beside what the script says they do, a sentence each."""
        found = await self.room.do(self.room.session.plotted)
        if found is None:
            return []
        told = []
        for reading in step.readings:
            a, b = (found[run][reading.plot] for run in "ab")
            if a is None or b is None:
                continue
            shown, plot = reading.found(a, b), PLOTS[reading.plot]
            other = "" if shown == reading.expect else f"; the script expects: {SAID[reading.expect]}"
            told.append(f"{plot.label}: {SAID[shown]} (A {a:.3g}, B {b:.3g}, {plot.unit}){other}")
        return told
