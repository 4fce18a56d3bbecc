"""A live session: one run, or two of the same people side by side with a placebo run, and what is done
to them.

It knows of no browser. Everything is an ordinary call that returns when it is done; one call at a time
(a lock sees to it). A session's run follows from its course alone: the scenario with the changes made and
the day of each, so that ``cmsim.simulate`` of the saved scenario gives it again to the last bit.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cmsim.app.session.details import ClientDetails, Details, TwoRuns
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
    restated,
)
from cmsim.app.session.run_differences import ClientStates, Effects, client_effects, state_differs
from cmsim.app.session.run_process import Nursery, Remote
from cmsim.app.session.week_plan import Desk, WeekResult
from cmsim.core.errors import CmsimError
from cmsim.core.extension import bundled_only
from cmsim.core.simtime import WEEK_DAYS
from cmsim.scenario import Scenario
from cmsim.scenario.nested_settings import plain
from cmsim.scenario.scenario import in_force

if TYPE_CHECKING:
    from cmsim.app.session.snapshot import Frame, Picture

MOST_CHANGES = 200
"""Dated changes that a session takes."""


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
        self.courses: dict[str, Course] = {"a": Course(check_playable(scenario), replication)}
        self.runs: dict[str, Remote] = {}
        self.day = 0
        self.parted_day: int | None = None
        self.differing: dict[str, list[int]] = {}
        """For how many clients run B, and the placebo run, differed from run A on each day of the comparison."""
        self.post: int | None = None
        self.closed = False
        self._restored: tuple[int, int] | None = None

    # -- beginning and ending --------------------------------------------------------------------------------

    def start(self, day: int | None = None, watched: bool = False) -> dict[str, Picture]:
        """Simulate all runs up to a day, by default to the end of the warm-up; return the first pictures.

        Args:
            day: up to which.
            watched: whether run A shows itself meanwhile, as :attr:`preview`.
        """
        with self._lock:
            self._end_runs()
            self.day = self.scenario.world.warm_up_days if day is None else day
            return self._begin(watched)

    def _begin(self, watched: bool = False) -> dict[str, Picture]:
        """Simulate the runs that there are not yet up to today."""
        missing = [name for name in self.courses if name not in self.runs]
        for name in missing:  # run A is the first to be listened to, so that it is never held up
            self.runs[name] = self._nursery.take()
            self.runs[name].begin(self.courses[name], self.day, watched and name == "a")
        for name in missing:
            self.runs[name].answer()
        return self._everybody("open")

    def pictures(self) -> dict[str, Picture]:
        """Return the pictures as they are today; where nothing is simulated yet, start first."""
        with self._lock:
            if not self.runs:
                return self.start(watched=True)
            return self._everybody("open")

    def _everybody(self, what: str, names: Sequence[str] | None = None, *args: object) -> dict[str, Any]:
        asked = list(self.runs) if names is None else names
        for name in asked:
            self.runs[name].ask(what, *args)
        return {name: self.runs[name].answer() for name in asked}

    @property
    def progress(self) -> float:
        """Share of the days that are being simulated before the picture shows, 0 to 1."""
        if self._restored is not None:
            return self._restored[0] / max(self._restored[1], 1)
        shares = [done / of for done, of in (run.progress for run in list(self.runs.values()))]
        return min(shares, default=0.0)

    @property
    def preview(self) -> Picture | None:
        """The latest picture of run A while :meth:`pictures` starts it, another object each time; otherwise None."""
        run = self.runs.get("a")
        return run.preview if run is not None else None

    def reset(self) -> dict[str, Picture]:
        """Begin again after the warm-up: the same people, the same random numbers, in a comparison too.

        Changes of before are kept, with their day, and come again; what was decided in the role-play is not.
        """
        with self._lock:
            self.courses = {name: replace(course, weeks=()) for name, course in self.courses.items()}
            self.post, self.differing = None, {"b": [], "p": []}
            return self.start()

    def load(self, scenario: Scenario, replication: int = 0) -> dict[str, Picture]:
        """Begin with another scenario."""
        with self._lock:
            self.courses = {"a": Course(check_playable(scenario), replication)}
            self.parted_day = None
            return self.reset()

    def restore(self, record: Record) -> dict[str, Picture]:
        """Simulate a saved session again up to its day, or the last that can be simulated; return the pictures."""
        with self._lock:
            self.courses = {"a": Course(check_playable(record.scenarios["a"]), record.replication, weeks=record.weeks)}
            self.parted_day, self.post = None, None
            first = self.scenario.world.warm_up_days
            last = min(max(record.day, first), self.last_day)
            if "b" not in record.scenarios:
                return self.start(last)
            self.day = last  # the comparison parts before today, so that both are simulated from where they part
            parted = self._compare_with(record.scenarios["b"])
            self.start(min(max(parted, first), last))
            self._everybody("mark")
            try:
                while self.day < last:
                    self._restored = (self.day, last)
                    self.advance(min(WEEK_DAYS, last - self.day))
            finally:
                self._restored = None
            return self._everybody("open")

    def close(self) -> None:
        """End all runs."""
        self.closed = True
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
            for name in self._set_scenario(pane, scenario):
                self.runs[name].call("follow", self.courses[name])
            return differences(before, after)

    def _set_scenario(self, pane: Pane, scenario: Scenario) -> list[str]:
        """Set the scenario of a run, and with run A that of the placebo run; return which were set."""
        names = [name for name in ((pane, "p") if pane == "a" else (pane,)) if name in self.courses]
        for name in names:
            self.courses[name] = replace(self.courses[name], scenario=scenario)
        return names

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
            self._set_scenario(pane, scenario)
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
            parted = self._compare_with(scenario or self.scenario)
            if parted < self.day:
                opened = self.start(max(parted, self.scenario.world.warm_up_days))
            else:
                self._end_runs("bp")
                opened = self._begin()
            self._everybody("mark")
            return opened

    def _compare_with(self, scenario: Scenario) -> int:
        """Set the courses of run B and the placebo run; return the day on which they begin to differ."""
        first, other = self.courses["a"], check_playable(scenario)
        if other.world.population != first.scenario.world.population:
            raise CmsimError("a comparison needs the same people: world.population must be the same in both")
        if other.run.seed != first.scenario.run.seed:
            other = restated(other, {"run.seed": first.scenario.run.seed})
        days = [first.scenario.first_difference_day(other), *(week.day for week in first.weeks[:1])]
        parted = self.parted_day = min((day for day in days if day is not None), default=self.day)
        perturbed = max(parted, first.scenario.world.warm_up_days)
        self.courses["b"] = replace(first, scenario=other, weeks=())
        self.courses["p"] = replace(first, perturb_day=perturbed)
        self.differing = {"b": [], "p": []}
        return parted

    def close_comparison(self) -> None:
        """Give up run B and the placebo run."""
        with self._lock:
            self._end_runs("bp")
            self.courses = {"a": self.courses["a"]}
            self.parted_day = None

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

    def sum_up(self, start: int | None = None) -> dict[str, Summary]:
        """Return the outcomes of each run from a day on until now, and its digest."""
        with self._lock:
            since = max(start or self.parted_day or 0, self.scenario.world.warm_up_days)
            if since >= self.day:
                raise CmsimError("nothing has been simulated yet; play some days first")
            sums: dict[str, Summary] = self._everybody("sum_up", None, since)
            return sums

    def to_toml(self, pane: Pane = "a") -> str:
        """Return what is simulated in a run as a scenario file."""
        return self._course(pane).scenario.to_toml()
