"""A live session: one run, or two of the same people side by side with a placebo run, and what is done
to them.

It knows of no browser. Everything is an ordinary call that returns when it is done; one call at a time
(a lock sees to it). A session's run follows from its course alone: the scenario with the changes made and
the day of each, so that ``cmsim.simulate`` of the saved scenario gives it again to the last bit.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from cmsim.app.session import run_differences
from cmsim.app.session.replay import MOST_DAYS, Course, Planned, Week
from cmsim.app.session.run_process import Nursery, Remote
from cmsim.app.session.snapshot import MOST_CLIENTS
from cmsim.core.errors import CmsimError
from cmsim.scenario import Scenario
from cmsim.scenario.nested_settings import EXTENSIONS, RULE, as_table, beyond, flatten
from cmsim.scenario.scenario import in_force
from cmsim.scenario.service import AgencyPlaces

Pane = Literal["a", "b"]
MOST = {
    "staff.case_managers": 300,
    "staff.psychiatrists": 100,
    "crisis.teams": 100,
    "hospital.beds": 2_000,
    **dict.fromkeys((f"agencies.{name}" for name in AgencyPlaces.model_fields), 5_000),
}
"""The most of each that the app lives through; the command line takes more."""
MOST_CHANGES = 200
"""Dated changes that a session takes."""
_WEEK = 7


def check_playable(scenario: Scenario) -> Scenario:
    """Return a scenario that the app can show.

    Raises:
        CmsimError: it has too many clients, or too long a warm-up.
    """
    clients, warm_up = scenario.world.population.clients, scenario.world.warm_up_days
    if clients > MOST_CLIENTS:
        raise CmsimError(
            f"{scenario.where}: world.population.clients: given {clients}; allowed in the app: up to "
            f"{MOST_CLIENTS} (cmsim run takes more)"
        )
    if warm_up > MOST_DAYS or scenario.run.days > MOST_DAYS:
        raise CmsimError(
            f"{scenario.where}: world.warm_up_days and run.days: given {warm_up} and {scenario.run.days}; "
            f"allowed in the app: up to {MOST_DAYS} each"
        )
    for _, service in scenario.timeline():
        table = as_table(service)
        for key, most in MOST.items():
            given = lookup(table, key)
            if given > most:
                raise CmsimError(f"{scenario.where}: service.{key}: given {given}; allowed in the app: up to {most}")
    return scenario


def refuse_code_from_outside(table: Any, where: str) -> None:
    """Check that nothing below names an extension or a rule from outside, which would import a module of this machine.

    Raises:
        CmsimError: one does; see docs/decisions/0007.
    """
    if isinstance(table, Mapping):
        for key, value in table.items():
            if key == EXTENSIONS:
                raise CmsimError(
                    f"{where}: {key}: given {str(value)[:60]!r}; allowed in the app: none "
                    "(an extension runs code; use the command line for it)"
                )
            if key == RULE and isinstance(value, str) and ":" in value:
                raise CmsimError(
                    f"{where}: rule: given {value[:60]!r}; allowed in the app: the rules that come with "
                    "cmsim "
                    "(a rule from outside runs code; use the command line for it)"
                )
            refuse_code_from_outside(value, where)
    elif isinstance(table, (list, tuple)):
        for value in table:
            refuse_code_from_outside(value, where)


class LiveSession:
    """One learner's, or one room's, running runs.

    Args:
        scenario: what is simulated in run A.
        replication: which replication of its chance.
        nursery: where processes come from; one of its own without.
    """

    def __init__(self, scenario: Scenario, replication: int = 0, nursery: Nursery | None = None) -> None:
        self._nursery = nursery or Nursery(ready=0)
        self._lock = threading.RLock()
        self.courses: dict[str, Course] = {"a": Course(check_playable(scenario), replication)}
        self.runs: dict[str, Remote] = {}
        self.day = 0
        self.parted_day: int | None = None
        self.differing: list[tuple[int, int, int]] = []
        self.post: int | None = None
        self.closed = False
        self._restored: tuple[int, int] | None = None

    # -- beginning and ending --------------------------------------------------------------------------------

    def start(self, day: int | None = None, watched: bool = False) -> dict[str, Any]:
        """Live run A (and B) up to a day, by default to the end of the warm-up; return the first
        pictures.

        Args:
            day: up to which.
            watched: whether run A shows itself meanwhile, as :attr:`preview`.
        """
        with self._lock:
            self._end_runs()
            self.day = self.scenario.world.warm_up_days if day is None else day
            for name in self.courses:
                self.runs[name] = self._nursery.take()
            return self._begin(list(self.runs), watched)

    def _begin(self, names: list[str], watched: bool = False) -> dict[str, Any]:
        for name in names:  # run A is the first to be listened to, so that it is never held up
            self.runs[name].begin(self.courses[name], self.day, watched and name == "a")
        for name in names:
            self.runs[name].answer()
        return self._everybody("open", names)

    def pictures(self) -> dict[str, Any]:
        """Return the pictures as they are today, begun first where nothing is simulated yet; waits while days are
        being simulated, which can be watched as :attr:`preview`."""
        with self._lock:
            if not self.runs:
                return self.start(watched=True)
            return self._everybody("open")

    def _everybody(self, what: str, names: list[str] | None = None, *args: Any) -> dict[str, Any]:
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
    def preview(self) -> dict[str, Any] | None:
        """The latest picture of run A while its first days are simulated for :meth:`pictures`, another object
        each time; otherwise None."""
        run = self.runs.get("a")
        return run.preview if run is not None else None

    def reset(self) -> dict[str, Any]:
        """Begin again after the warm-up: the same people, the same random numbers, in a comparison too.

        Changes of before are kept, with their day, and come again; what was decided in the role-play is not.
        """
        with self._lock:
            self.courses = {name: replace(course, weeks=()) for name, course in self.courses.items()}
            self.post = None
            self.differing.clear()
            return self.start()

    def load(self, scenario: Scenario, replication: int = 0) -> dict[str, Any]:
        """Begin with another scenario."""
        with self._lock:
            self.courses = {"a": Course(check_playable(scenario), replication)}
            self.parted_day = None
            return self.reset()

    def restore(
        self, scenarios: Mapping[str, Scenario], replication: int = 0, weeks: tuple[Week, ...] = (), day: int = 0
    ) -> dict[str, Any]:
        """Live a saved session again up to the day on which it was saved; return the pictures.

        Args:
            scenarios: of run A, and of run B in a comparison.
            replication: which replication.
            weeks: what learners decided in the role-play.
            day: the last day; no more than can be simulated.
        """
        with self._lock:
            self.courses = {"a": Course(check_playable(scenarios["a"]), replication, weeks=weeks)}
            self.parted_day, self.post = None, None
            self.differing.clear()
            first = self.scenario.world.warm_up_days
            last = min(max(day, first), self.last_day)
            if "b" not in scenarios:
                return self.start(last)
            self.day = last  # the comparison parts before today, so that both are simulated from where they part
            self._compare_with(scenarios["b"])
            self.start(min(max(self.parted_day or first, first), last))
            self._everybody("mark")
            try:
                while self.day < last:
                    self._restored = (self.day, last)
                    self.advance(min(_WEEK, last - self.day))
            finally:
                self._restored = None
            return self._everybody("open")

    def close(self) -> None:
        """End all runs."""
        self.closed = True
        self._end_runs()

    def _end_runs(self) -> None:
        for run in self.runs.values():
            run.close()
        self.runs = {}

    # -- what is simulated ---------------------------------------------------------------------------------------

    @property
    def scenario(self) -> Scenario:
        """The scenario of run A, with the changes made."""
        return self.courses["a"].scenario

    @property
    def is_comparing(self) -> bool:
        """Whether there is a second world."""
        return "b" in self.courses

    @property
    def last_day(self) -> int:
        """The day after which nothing more can be simulated."""
        return self.scenario.world.warm_up_days + MOST_DAYS

    @property
    def over(self) -> bool:
        """Whether the last day is simulated."""
        return self.day >= self.last_day

    def advance(self, days: int = 1) -> dict[str, Any]:
        """Live some days in every run; return a frame for each, and how many clients differ by now."""
        with self._lock:
            days = min(days, self.last_day - self.day)
            if days < 1:
                raise CmsimError(f"the run ends on day {self.last_day}; reset it to begin again")
            frames = self._everybody("advance", None, days)
            self.day += days
            if "b" in frames:
                noise = run_differences.state_differs(frames["a"], frames["p"]) if "p" in frames else 0
                self.differing.append((self.day, run_differences.state_differs(frames["a"], frames["b"]), noise))
            return frames

    # -- acting ----------------------------------------------------------------------------------------------

    def change(self, settings: Mapping[str, Any], pane: Pane = "a") -> list[tuple[str, Any, Any]]:
        """Change settings of the service from today on.

        Args:
            settings: values by dotted key below ``service``, such as ``caseload.size``; a table for a rule.
            pane: in which world.

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
            tables = nested(settings)
            refuse_code_from_outside(tables, "the change")
            changed = course.changed(self.day, tables)
            check_playable(changed.scenario)
            after = changed.scenario.service_on(self.day)
            if in_force(before) == in_force(after):
                return []
            self._follow(pane, changed)
            was, now = as_table(before), as_table(after)
            return [(key, lookup(was, key), value) for key, value in flatten(beyond(now, was))]

    def _follow(self, pane: str, course: Course) -> None:
        self.courses[pane] = course
        self.runs[pane].call("follow", course)
        if pane == "a" and "p" in self.courses:
            self.courses["p"] = replace(course, perturb_day=self.courses["p"].perturb_day)
            self.runs["p"].call("follow", self.courses["p"])

    def _course(self, pane: str) -> Course:
        if pane not in self.courses:
            raise CmsimError(f"there is no run {pane.upper()}; open a comparison first")
        return self.courses[pane]

    def change_world(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Change facts of the run, such as a mechanism switched off; they hold from day 0, so that the
        run is
        simulated again up to today. In a comparison, run B gets them.

        Args:
            settings: values by dotted key, such as ``world.loops.…``.
        """
        with self._lock:
            pane = "b" if self.is_comparing else "a"
            course = self.courses[pane]
            kept = {"name": course.scenario.name, "title": course.scenario.title}
            refuse_code_from_outside(nested(settings), "the change")
            scenario = check_playable(course.scenario.replace({**kept, **settings}))
            self.courses[pane] = replace(course, scenario=scenario)
            if pane == "a" and "p" in self.courses:
                self.courses["p"] = replace(self.courses["p"], scenario=scenario)
            return self.start(self.day)

    # -- two runs side by side -----------------------------------------------------------------------------------------

    def open_comparison(self, scenario: Scenario | None = None) -> dict[str, Any]:
        """Open run B of the same people on the same random numbers, and a placebo run; return the first pictures.

        Args:
            scenario: what run B lives under; without, the same as run A until it is changed. Where it is
                another from some day on, both are simulated from the first day on up to today.

        Raises:
            CmsimError: the two are not about the same people.
        """
        with self._lock:
            warm_up = self.scenario.world.warm_up_days
            other = check_playable(scenario or self.scenario)
            self._check_same_people(other)
            self.close_comparison()
            self._compare_with(other)
            if self.parted_day is not None and self.parted_day < self.day:
                opened = self.start(max(self.parted_day, warm_up))
                self._everybody("mark")
                return opened
            for name in ("b", "p"):
                self.runs[name] = self._nursery.take()
            self._begin(["b", "p"])
            self._everybody("mark")
            return self._everybody("open")

    def _check_same_people(self, other: Scenario) -> None:
        if other.world.population != self.scenario.world.population:
            raise CmsimError("a comparison needs the same people: world.population must be the same in both")

    def _compare_with(self, scenario: Scenario) -> None:
        """Set the courses of run B and the placebo run; they begin to differ where the runs part."""
        first, other = self.courses["a"], check_playable(scenario)
        self._check_same_people(other)
        if other.run.seed != first.scenario.run.seed:
            kept = {"name": other.name, "title": other.title}
            other = other.replace({**kept, "run.seed": first.scenario.run.seed})
        days = [first.scenario.first_difference_day(other), *(week.day for week in first.weeks[:1])]
        self.parted_day = min((day for day in days if day is not None), default=self.day)
        perturbed = max(self.parted_day, first.scenario.world.warm_up_days)
        self.courses["b"] = replace(first, scenario=other, weeks=())
        self.courses["p"] = replace(first, perturb_day=perturbed)
        self.differing.clear()

    def close_comparison(self) -> None:
        """Give up run B and the placebo run."""
        with self._lock:
            for name in ("b", "p"):
                self.courses.pop(name, None)
                run = self.runs.pop(name, None)
                if run is not None:
                    run.close()
            self.parted_day = None

    def differing_by_day(self) -> tuple[list[int], list[int]]:
        """Return for how many clients run B, and the placebo run, differed from run A on each day from
        the parting until today."""
        policy: list[int] = []
        noise: list[int] = []
        first = self.day if self.parted_day is None else self.parted_day
        for day, by_policy, by_noise in self.differing:
            missing = day - first - len(policy)
            policy += [by_policy] * missing
            noise += [by_noise] * missing
        return policy, noise

    def lives_apart(self) -> dict[str, Any]:
        """Return whose runs differ between the runs, and between run A and its placebo run."""
        with self._lock:
            if not self.is_comparing:
                raise CmsimError("there is no run B; open a comparison first")
            found = self._everybody("client_effects")
            policy, noise = (
                run_differences.client_effects(found["a"], found["b"]),
                run_differences.client_effects(found["a"], found["p"]),
            )
            return {
                "since": self.parted_day,
                "policy": policy,
                "placebo": noise,
                "policy_tally": run_differences.tally(policy),
                "placebo_tally": run_differences.tally(noise),
            }

    def both_runs(self, key: str) -> dict[str, Any]:
        """Return one client in both runs, where they part and why, and what each came to.

        Returns:
            ``who`` by run, ``policies`` (what differs in those in force today: key, in A, in B), and what
            ``person.two_runs`` gives.
        """
        with self._lock:
            self._course("b")
            who = self._everybody("look_up", ["a", "b"], key)
            other = self.runs["b"].call("run", "run B")
            lives = self.runs["a"].call("two_runs", key, "run A", other)
            mine, theirs = (as_table(self.courses[name].scenario.service_on(self.day)) for name in "ab")
            policies = [(key, lookup(mine, key), value) for key, value in flatten(beyond(theirs, mine))]
            return {"who": who, "policies": policies, **lives}

    # -- the role-play ----------------------------------------------------------------------------------

    def sit(self, post: int) -> dict[str, Any]:
        """Take over one case manager: run A is the learner's, run B goes on under the policy.

        The run is played on to the next Monday. Returns what the worker knows.
        """
        with self._lock:
            if not self.is_comparing:
                self.open_comparison()
            while self.day % _WEEK:
                self.advance(1)
            self.post = post
            desk: dict[str, Any] = self.runs["a"].call("desk", post)
            return desk

    def decide(self, planned: list[Planned], doses: Mapping[str, float]) -> dict[str, Any]:
        """Live the week as the learner decided; return what was true and what the policy did meanwhile.

        Returns:
            ``frames``, ``truth`` at the end of the week in both runs, ``contacts`` made in both,
            ``before``:
            the truth when the week began, ``desk`` of the next week (or None if the post fell vacant).
        """
        with self._lock:
            if self.post is None:
                raise CmsimError("no role-play is open; start one first")
            monday, post = self.day, self.post
            week = Week(monday, post, tuple(planned), dict(doses))
            keys = [client["key"] for client in self.runs["a"].call("desk", post)["clients"]]
            before = self.runs["a"].call("truth", keys)
            for name in [name for name in ("a", "p") if name in self.runs]:
                self.runs[name].call("decide", week, name == "a")
                self.courses[name] = replace(self.courses[name], weeks=(*self.courses[name].weeks, week))
            frames = self.advance(_WEEK)
            try:
                desk = self.runs["a"].call("desk", post)
            except CmsimError:
                desk, self.post = None, None
            return {
                "frames": frames,
                "before": before,
                "truth": self._everybody("truth", ["a", "b"], keys),
                "contacts": self._everybody("contacts_of", ["a", "b"], post, monday, self.day - 1),
                "desk": desk,
            }

    # -- asking ----------------------------------------------------------------------------------------------

    def look_up(self, key: str, pane: Pane = "a") -> dict[str, Any]:
        """Return what there is to know about a client or a case manager."""
        with self._lock:
            self._course(pane)
            found: dict[str, Any] = self.runs[pane].call("look_up", key)
            return found

    def sum_up(self, start: int | None = None) -> dict[str, Any]:
        """Return for each run the outcomes from a day on until now, and the digest of its run."""
        with self._lock:
            first = self.parted_day if start is None else start
            begun = self.scenario.world.warm_up_days
            since = max(begun if first is None else first, begun)
            if since >= self.day:
                raise CmsimError("nothing has been simulated yet; play some days first")
            return self._everybody("sum_up", None, since)

    def to_toml(self, pane: Pane = "a") -> str:
        """Return what is simulated in a run as a scenario file."""
        return self._course(pane).scenario.to_toml()


def nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return dotted keys as nested tables.

    >>> nested({"caseload.size": 20, "titration": {"rule": "fixed"}})
    {'caseload': {'size': 20}, 'titration': {'rule': 'fixed'}}
    """
    found: dict[str, Any] = {}
    for key, value in settings.items():
        table = found
        *path, last = key.split(".")
        for step in path:
            table = table.setdefault(step, {})
        table[last] = value
    return found


def lookup(table: Mapping[str, Any], key: str) -> Any:
    """Return the value at a dotted key, None where there is none.

    >>> lookup({"a": {"b": 1}}, "a.b"), lookup({"a": {"b": 1}}, "a.c")
    (1, None)
    """
    found: Any = table
    for step in key.split("."):
        if not isinstance(found, Mapping) or step not in found:
            return None
        found = found[step]
    return found
