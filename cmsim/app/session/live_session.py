"""A live session: one run, or two of the same people side by side with a placebo run, and what is done
to them.

It knows of no browser. Everything is an ordinary call that returns when it is done; one call at a time
(a lock sees to it). A session's run follows from its course alone: the scenario with the changes made and
the day of each, so that ``cmsim.simulate`` of the saved scenario gives it again to the last bit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from cmsim.app.session.details import ClientDetails, Details, TwoRuns
from cmsim.app.session.notebook import Notebook
from cmsim.app.session.play_limits import check_playable
from cmsim.app.session.replay import (
    MOST_DAYS,
    PANES,
    Course,
    Pane,
    Planned,
    Record,
    Summary,
    changed,
    decided_week,
    differences,
    playable,
    restated,
)
from cmsim.app.session.run_changes import Change, all_changes, changes_of, run_name, without
from cmsim.app.session.run_differences import ClientStates, Effects, client_effects, state_differs
from cmsim.app.session.run_process import Nursery, Remote
from cmsim.app.session.week_plan import Desk, WeekResult
from cmsim.core.errors import CmsimError
from cmsim.core.extension import bundled_only
from cmsim.core.simtime import WEEK_DAYS
from cmsim.scenario import Scenario
from cmsim.scenario.nested_settings import plain
from cmsim.scenario.scenario import in_force
from cmsim.scenario.scenario_file import TITLE_LENGTH

if TYPE_CHECKING:
    from cmsim.app.session.further_runs import FurtherRuns, Results
    from cmsim.app.session.snapshot import Frame, Picture

MOST_CHANGES = 200
"""Dated changes that a session takes."""
_MOST_UNDONE = 30


class _Past(NamedTuple):
    """What a session can be taken back to; the day is None where undoing does not change it."""

    courses: dict[str, Course]
    origins: dict[Pane, Scenario]
    parted_day: int | None
    notebook: Notebook
    played: str
    day: int | None


class LiveSession:
    """One learner's, or one room's, running runs.

    Args:
        scenario: what is simulated in run A.
        replication: number of the random streams.
        nursery: where processes come from; one of its own without.
    """

    def __init__(self, scenario: Scenario, replication: int = 0, nursery: Nursery | None = None) -> None:
        self._nursery = nursery or Nursery(ready=0)
        self._lock = threading.RLock()
        self.courses: dict[str, Course] = {"a": Course(_to_play(scenario, replication))}
        self.origins: dict[Pane, Scenario] = {"a": self.scenario}
        """What each run began with, before anything was changed in it."""
        self.notebook = Notebook()
        self.runs: dict[str, Remote] = {}
        self.day = 0
        self.parted_day: int | None = None
        self.differing: dict[str, list[int]] = {}
        """For how many clients run B, and the placebo run, differed from run A on each day of the comparison."""
        self.post: int | None = None
        self.closed = False
        self.aim = 0
        """The day up to which runs are simulated before the picture shows."""
        self.further: FurtherRuns | None = None
        """Further runs of the comparison, under way or done, if there were any."""
        self._past: deque[_Past] = deque(maxlen=_MOST_UNDONE)
        self._last_change: tuple[Pane, int, frozenset[str]] | None = None

    # -- beginning and ending --------------------------------------------------------------------------------

    def start(self, day: int | None = None, watched: bool = False) -> dict[str, Picture]:
        """Simulate all runs up to a day, by default to the end of the warm-up; return the first pictures.

        Args:
            day: up to which.
            watched: whether run A shows itself meanwhile, as :attr:`preview`.
        """
        with self._lock:
            self._end_runs()
            first = self.scenario.world.warm_up_days
            self.aim = first if day is None else min(max(day, first), self.last_day)
            # a comparison is counted day by day from where it parts
            self.day = self.aim if self.parted_day is None else min(max(self.parted_day, first), self.aim)
            self.differing = {"b": [], "p": []}
            self._begin(watched)
            if self.is_comparing:
                self._everybody("mark")
            return self._go_on()

    def _begin(self, watched: bool = False) -> None:
        """Simulate the runs that there are not yet up to today."""
        missing = {name: self._nursery.take() for name in self.courses if name not in self.runs}
        self.runs |= missing  # run A is the first to be listened to, so that it is never held up
        _answers(missing, lambda name, run: run.begin(self.courses[name], self.day, watched and name == "a"))

    def _go_on(self) -> dict[str, Picture]:
        """Simulate up to the day aimed at; return the pictures."""
        while self.day < self.aim:
            self.advance(min(WEEK_DAYS, self.aim - self.day))
        return self._everybody("open")

    def pictures(self) -> dict[str, Picture]:
        """Return the pictures as they are today; where nothing is simulated yet, start first."""
        with self._lock:
            if not self.runs:
                return self.start(watched=True)
            return self._everybody("open")

    def _everybody(self, what: str, names: Sequence[str] | None = None, *args: object) -> dict[str, Any]:
        asked = {name: self.runs[name] for name in (self.runs if names is None else names)}
        return _answers(asked, lambda name, run: run.ask(what, *args))

    @property
    def progress(self) -> float:
        """Share of the days that are being simulated before the picture shows, 0 to 1."""
        shares = [done / of for done, of in (run.progress for run in list(self.runs.values()))]
        return min(min(shares, default=0.0) * self.day / max(self.aim, 1), 1.0)

    @property
    def preview(self) -> Picture | None:
        """The latest picture of run A while :meth:`pictures` starts it, another object each time; otherwise None."""
        run = self.runs.get("a")
        return run.preview if run is not None else None

    def reset(self, keep_changes: bool = True) -> dict[str, Picture]:
        """Begin again after the warm-up: the same people, the same random numbers, in a comparison too.

        What was decided in the role-play is not kept.

        Args:
            keep_changes: whether the changes of before come again, each on its day.
        """
        with self._lock:
            self._remember(self.day)
            scenarios = {name: self.origins["b" if name == "b" else "a"] for name in self.courses}
            self.courses = {
                name: replace(course, weeks=(), scenario=course.scenario if keep_changes else scenarios[name])
                for name, course in self.courses.items()
            }
            self.post = None
            return self.start()

    def load(self, scenario: Scenario, replication: int = 0) -> dict[str, Picture]:
        """Begin with another scenario."""
        with self._lock:
            chosen = _to_play(scenario, replication)
            self._remember(self.day)
            self.courses, self.origins = {"a": Course(chosen)}, {"a": chosen}
            self.parted_day, self.post, self.notebook.played = None, None, ""
            return self.start()

    def restore(self, record: Record) -> dict[str, Picture]:
        """Simulate a saved session again up to its day, or the last that can be simulated; return the pictures."""
        with self._lock:
            scenario = check_playable(record.scenarios["a"])
            self._remember(self.day)
            self.courses, self.origins = {"a": Course(scenario, weeks=record.weeks)}, {"a": record.origins["a"]}
            self.parted_day, self.post, self.notebook = None, None, record.notebook
            self.day = record.day
            if "b" in record.scenarios:
                self._compare_with(record.scenarios["b"], record.origins["b"], record.parted_day)
            return self.start(record.day)

    def go_to(self, day: int) -> dict[str, Picture]:
        """Go to a day, an earlier or a later one; changes made hold, each from its day on."""
        with self._lock:
            first = self.scenario.world.warm_up_days
            if not first <= day <= self.last_day:
                raise CmsimError(f"day: given {day}; allowed: {first} to {self.last_day}")
            self._remember(self.day)
            if day < self.day:
                return self.start(day)
            self.aim = day
            return self._go_on()

    def recover(self) -> dict[str, Picture]:
        """Simulate all runs again up to today, such as after the process of one has ended."""
        with self._lock:
            return self.start(max(self.day, self.aim))

    # -- taking back -------------------------------------------------------------------------------------------

    def _remember(self, day: int | None = None) -> None:
        self._last_change = None
        if self.runs:
            self._past.append(self._now(day))

    def _now(self, day: int | None) -> _Past:
        book = self.notebook
        return _Past(dict(self.courses), dict(self.origins), self.parted_day, book, book.played, day)

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return bool(self._past)

    def undo(self) -> dict[str, Picture]:
        """Take back the last change, or whatever else replaced the runs or moved the day; return the pictures."""
        with self._lock:
            if not self._past:
                raise CmsimError("there is nothing to undo")
            past, self._last_change = self._past.pop(), None
            self.origins, self.parted_day = past.origins, past.parted_day
            self.notebook, self.notebook.played, self.post = past.notebook, past.played, None
            return self._follow(past.courses, self.day if past.day is None else past.day)

    def _follow(self, courses: dict[str, Course], day: int) -> dict[str, Picture]:
        """Have runs of other courses on a day; they are simulated again where what was simulated does not hold."""
        holds = day == self.day and self.runs.keys() == courses.keys()
        holds = holds and all(self._holds(self.courses[name], course) for name, course in courses.items())
        self.courses = courses
        if not holds:
            return self.start(day)
        _answers(self.runs, lambda name, run: run.ask("follow", courses[name]))
        return self._everybody("open")

    def _holds(self, course: Course, other: Course) -> bool:
        """Whether the days so far are the same under two courses."""
        if (course.perturb_day, course.weeks) != (other.perturb_day, other.weeks):
            return False
        day = playable(course.scenario).first_difference_day(playable(other.scenario))
        return day is None or day >= self.day

    def close(self) -> None:
        """End all runs."""
        self.closed = True
        self.cancel_further()
        self._end_runs()

    def _end_runs(self, names: Sequence[str] = ("a", "b", "p")) -> None:
        for name in names:
            if name in self.runs:
                self.runs.pop(name).close()

    # -- what is simulated ---------------------------------------------------------------------------------------

    @property
    def scenario(self) -> Scenario:
        """The scenario of run A, with the changes made."""
        return self.courses["a"].scenario

    @property
    def is_comparing(self) -> bool:
        """Whether there is a run B."""
        return "b" in self.courses

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was played, changed, compared or written yet."""
        played = self.day > self.scenario.world.warm_up_days or self.is_comparing
        return not played and self.scenario == self.origins["a"] and self.notebook.is_empty

    @property
    def last_day(self) -> int:
        """The day after which nothing more can be simulated."""
        return self.scenario.world.warm_up_days + MOST_DAYS

    def advance(self, days: int = 1) -> dict[str, Frame]:
        """Simulate some days in every run; return a frame for each."""
        with self._lock:
            days = min(days, self.last_day - self.day)
            if days < 1:
                raise CmsimError(f"the run ends on day {self.last_day}; reset it to begin again")
            frames: dict[str, Frame] = self._everybody("advance", None, days)
            self.day += days
            if "b" in frames:
                for name, counts in self.differing.items():
                    counts += [state_differs(frames["a"], frames[name])] * days
            return frames

    # -- acting ----------------------------------------------------------------------------------------------

    def change(self, settings: Mapping[str, Any], pane: Pane = "a") -> list[tuple[str, object, object]]:
        """Change settings of the service from today on.

        Args:
            settings: values by dotted key below ``service``, such as ``caseload.size``; a table for a rule.
            pane: in which run.

        Returns:
            what differs now from before, as dotted key, value before, value now.

        Raises:
            CmsimError: a setting is not allowed, or there are too many changes.
        """
        with self._lock:
            course = self._course(pane)
            if len(course.scenario.stated_changes) >= MOST_CHANGES:
                raise CmsimError(f"changes: allowed up to {MOST_CHANGES} in one session; save it and begin anew")
            before = course.scenario.service_on(self.day)
            with bundled_only():
                scenario = check_playable(changed(course.scenario, self.day, plain(settings, "the change")))
            after = scenario.service_on(self.day)
            if in_force(before) == in_force(after):
                return []
            what = (pane, self.day, frozenset(settings))
            if what != self._last_change:  # else a further step of a slider
                self._remember()
            self._last_change = what
            self.courses = self._courses_with(pane, scenario)
            _answers(self.runs, lambda name, run: run.ask("follow", self.courses[name]))
            return differences(before, after)

    def remove_change(self, pane: Pane, change: Change) -> dict[str, Picture]:
        """Take a change out of a run, one of :attr:`changes`, as if it had never been made; return the pictures.

        What it changed before today is simulated again. A change of run A that run B has too is taken out of both.
        """
        with self._lock:
            courses = dict(self.courses)
            for name, course in self.courses.items():
                origin = self.origins["b" if name == "b" else "a"]
                if (pane == "a" or name == pane) and change in all_changes(course.scenario, origin):
                    courses[name] = replace(course, scenario=check_playable(without(course.scenario, change, origin)))
            self._remember()
            return self._follow(courses, self.day)

    def _courses_with(self, pane: Pane, scenario: Scenario) -> dict[str, Course]:
        """Return the courses with another scenario of a run, with run A that of the placebo run."""
        names = ("a", "p") if pane == "a" else ("b",)
        return {
            name: replace(course, scenario=scenario) if name in names else course
            for name, course in self.courses.items()
        }

    @property
    def scenarios(self) -> dict[Pane, Scenario]:
        """The scenario of each run that is shown."""
        return {name: self.courses[name].scenario for name in PANES if name in self.courses}

    @property
    def changes(self) -> list[tuple[Pane, Change]]:
        """The changes of each run with their days, planned ones too; of run B those that run A does not have."""
        return changes_of(self.scenarios, self.origins)

    @property
    def in_force_since(self) -> dict[Pane, int]:
        """The day since which the service of each run is as it is today."""
        return {
            name: max(day for day, _ in scenario.timeline() if day <= self.day)
            for name, scenario in self.scenarios.items()
        }

    def name_of(self, pane: Pane) -> str:
        """Return what a run is called: its title, and what was changed in it and not in the run beside it."""
        other = self.scenarios.get("b" if pane == "a" else "a")
        return run_name(self.scenarios[pane], self.origins[pane], other)

    def _course(self, pane: Pane) -> Course:
        if pane not in self.courses:
            raise CmsimError(f"there is no run {pane.upper()}; open a comparison first")
        return self.courses[pane]

    def change_world(self, settings: Mapping[str, Any]) -> dict[str, Picture]:
        """Change facts of the run, such as a mechanism switched off; in a comparison, those of run B.

        They are given by dotted key, such as ``world.loops.…``, and hold from day 0, so that the run is simulated
        again up to today.
        """
        with self._lock:
            pane: Pane = "b" if self.is_comparing else "a"
            with bundled_only():
                scenario = check_playable(restated(self.courses[pane].scenario, settings))
            self._remember()
            self.courses = self._courses_with(pane, scenario)
            return self.start(self.day)

    # -- two runs side by side -----------------------------------------------------------------------------------------

    def open_comparison(self, scenario: Scenario | None = None) -> dict[str, Picture]:
        """Open run B of the same people on the same random numbers, and a placebo run; return the first pictures.

        Args:
            scenario: what run B is simulated under; without, the same as run A until it is changed. Where it is
                another from some day on, both are simulated from the first day on up to today.

        Raises:
            CmsimError: the two are not about the same people.
        """
        with self._lock:
            before = self._now(self.day)
            self._compare_with(scenario or self.scenario, scenario or self.origins["a"])
            self._past.append(before)
            if self.parted_day is not None and self.parted_day < self.day:
                return self.start(self.parted_day)
            self._end_runs("bp")
            self.aim = self.day
            self._begin()
            self._everybody("mark")
            return self._everybody("open")

    def _compare_with(self, scenario: Scenario, origin: Scenario, parted: int | None = None) -> None:
        """Set the courses of run B and the placebo run.

        Args:
            scenario: of run B.
            origin: what run B began with.
            parted: the day on which they begin to differ, without that on which they first can.
        """
        first, other = self.courses["a"], check_playable(scenario)
        if other.world.population != first.scenario.world.population:
            raise CmsimError("a comparison needs the same people: world.population must be the same in both")
        streams = {f"run.{key}": getattr(first.scenario.run, key) for key in ("seed", "first_replication")}
        if other.run.streams != first.scenario.run.streams:
            other, origin = restated(other, streams), restated(origin, streams)
        if parted is None:
            days = [first.scenario.first_difference_day(other), *(week.day for week in first.weeks[:1])]
            parted = min((day for day in days if day is not None), default=self.day)
        self.parted_day = parted
        self.origins["b"] = origin
        self.courses["b"] = replace(first, scenario=other, weeks=())
        self.courses["p"] = replace(first, perturb_day=max(parted, first.scenario.world.warm_up_days))
        self.differing = {"b": [], "p": []}

    def close_comparison(self) -> None:
        """Give up run B and the placebo run."""
        with self._lock:
            self._remember()
            self._end_runs("bp")
            self.courses, self.origins = {"a": self.courses["a"]}, {"a": self.origins["a"]}
            self.parted_day, self.notebook.played = None, ""

    def measure_effects(self) -> Effects:
        """Return how clients do in run B, and in the placebo run, against run A."""
        with self._lock:
            self._course("b")
            found: dict[str, ClientStates] = self._everybody("client_states")
            policy, placebo = (client_effects(found["a"], found[name]) for name in ("b", "p"))
            return Effects(self.day if self.parted_day is None else self.parted_day, policy, placebo)

    def both_runs(self, key: str) -> TwoRuns:
        """Return one client in both runs, where they part and why, and what each came to."""
        with self._lock:
            self._course("b")
            clients: dict[str, ClientDetails] = self._everybody("look_up", PANES, key)
            found: TwoRuns = self.runs["a"].call("two_runs", key, "run A", self.runs["b"].call("run", "run B"))
            mine, theirs = (self.courses[name].scenario.service_on(self.day) for name in PANES)
            return replace(found, clients=clients, policies=differences(mine, theirs))

    # -- further runs ----------------------------------------------------------------------------------------

    def ask_further(self) -> FurtherRuns:
        """Begin further runs of the comparison up to today, in place of those that there were.

        Raises:
            CmsimError: nothing is compared yet, or a learner has decided in this run.
        """
        with self._lock:
            from cmsim.app.session.further_runs import Compared, FurtherRuns  # what the first picture can do without

            self._course("b")
            a, b, since = self._compared
            if self.courses["a"].weeks:
                raise CmsimError("further runs: given a run with weeks of the role-play; allowed: one without")
            if since >= self.day:
                raise CmsimError("nothing is compared yet; play some days first")
            self.cancel_further()
            self.further = FurtherRuns(Compared(a, b, since, self.day))
            return self.further

    def cancel_further(self) -> None:
        """End further runs that are under way; nothing is kept of them."""
        if self.further is not None and self.further.is_running:
            self.further.cancel()
            self.further = None

    @property
    def further_results(self) -> Results | None:
        """What further runs gave, as long as what they are of is as it was up to their day."""
        found = self.further.results if self.further is not None else None
        holds = found is not None and self.is_comparing and found.compared.holds(*self._compared)
        return found if holds and found is not None and found.compared.day <= self.day else None

    @property
    def _compared(self) -> tuple[Scenario, Scenario, int]:
        a, b = (playable(self.courses[name].scenario) for name in PANES)
        return a, b, self.courses["p"].perturb_day or 0

    # -- the role-play ----------------------------------------------------------------------------------

    def sit(self, post: int) -> Desk:
        """Take over one case manager on the next Monday; return what the worker knows.

        Run A is the learner's, run B goes on under the policy.
        """
        with self._lock:
            if not self.is_comparing:
                self.open_comparison()
            while self.day % WEEK_DAYS:
                self.advance(1)
            self.post = post
            desk: Desk = self.runs["a"].call("desk", post)
            return desk

    def decide(self, planned: Sequence[Planned], doses: Mapping[str, float]) -> WeekResult:
        """Simulate the week as the learner decided; return what was true and what the policy did meanwhile.

        Raises:
            CmsimError: no role-play is open, or the decisions are not allowed.
        """
        with self._lock:
            if self.post is None:
                raise CmsimError("no role-play is open; start one first")
            monday, post = self.day, self.post
            if monday % WEEK_DAYS:
                raise CmsimError(f"role-play: given a week from day {monday}; allowed: one that begins on a Monday")
            week = decided_week(monday, post, planned, doses)
            keys = [client.key for client in self.runs["a"].call("desk", post).clients]
            for key in (*(each.client for each in week.planned), *week.doses):
                if key not in keys:
                    raise CmsimError(f"role-play: {key} is not on this caseload")
            before = self.runs["a"].call("truth", keys)
            for name in ("a", "p"):
                self.courses[name] = replace(self.courses[name], weeks=(*self.courses[name].weeks, week))
                self.runs[name].call("follow", self.courses[name])
            self.advance(WEEK_DAYS)
            truth = self._everybody("truth", PANES, keys)
            contacts = self._everybody("contacts_of", PANES, post, monday, self.day - 1)
            try:
                desk = self.runs["a"].call("desk", post)
            except CmsimError:
                desk, self.post = None, None
            return WeekResult(before, truth, contacts, desk)

    # -- asking ----------------------------------------------------------------------------------------------

    def look_up(self, key: str, pane: Pane = "a") -> Details:
        """Return what there is to know about anybody or a place."""
        with self._lock:
            self._course(pane)
            found: Details = self.runs[pane].call("look_up", key)
            return found

    def series(self) -> dict[str, dict[str, list[float | None]]]:
        """Return the values of each plot by run, a value a day from day 0."""
        with self._lock:
            found: dict[str, dict[str, list[float | None]]] = self._everybody("series")
            return found

    def sum_up(self, start: int | None = None) -> dict[str, Summary]:
        """Return the outcomes of each run from a day on until now, and its digest."""
        with self._lock:
            since = max(start or self.parted_day or 0, self.scenario.world.warm_up_days)
            if since >= self.day:
                raise CmsimError("nothing has been simulated yet; play some days first")
            sums: dict[str, Summary] = self._everybody("sum_up", None, since)
            return sums

    def plotted(self) -> dict[str, dict[str, float | None]]:
        """Return for each run the value of each plot today, by name."""
        with self._lock:
            return self._everybody("plotted")

    def to_toml(self, pane: Pane = "a") -> str:
        """Return what is simulated in a run as a scenario file, entitled with what was changed in it."""
        scenario = self._course(pane).scenario
        title = run_name(scenario, self.origins[pane])[:TITLE_LENGTH]
        return restated(scenario, {"title": title}).to_toml()


def _to_play(scenario: Scenario, replication: int = 0) -> Scenario:
    """Return a scenario that the app can show, of which the runs are this replication."""
    return check_playable(restated(scenario, {"run.first_replication": replication}) if replication else scenario)


def _answers(runs: Mapping[str, Remote], ask: Callable[[str, Remote], None]) -> dict[str, Any]:
    """Ask some runs and return their answers.

    Each answer is fetched even if another is an error: one that is left would be taken for that to the next question.
    """
    found: dict[str, Any] = {}
    errors: list[Exception] = []
    asked = []
    for name, run in runs.items():
        try:
            ask(name, run)
            asked.append(name)
        except CmsimError as error:
            errors.append(error)
    for name in asked:
        try:
            found[name] = runs[name].answer()
        except (CmsimError, RuntimeError) as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return found
