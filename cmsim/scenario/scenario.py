"""A scenario: facts about the world, the service of the warm-up, and the services after it.

Day 0 is the first day simulated. Days 0 to ``world.warm_up_days - 1`` are the warm-up, under the baseline. The
analysis window is the ``run.days`` days after it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import tomlkit
from pydantic import ValidationError

from cmsim.components import ALL, Component
from cmsim.core.errors import CmsimError, ScenarioError
from cmsim.core.extension import added
from cmsim.core.presentation import Presented, html_details, html_table
from cmsim.scenario.consistency import CASELOAD_TIMES, agency_mistakes, date_mistakes
from cmsim.scenario.error_messages import explain, refuse
from cmsim.scenario.extended_sections import scenario_file
from cmsim.scenario.nested_settings import Table, as_table, beyond, dotted, flatten, overlay, plain, show
from cmsim.scenario.relative_values import Relative, nested, take_relative
from cmsim.scenario.scenario_file import TITLE_LENGTH, Event, Observed, Run, ScenarioFile
from cmsim.scenario.service import Service
from cmsim.scenario.setting_types import Place, with_whole_numbers
from cmsim.scenario.world import World


@dataclass(frozen=True, repr=False)
class Scenario(Presented):
    """A scenario with everything resolved.

    Attributes:
        name: its short name: of the file, or of the bundled scenario.
        title: what tables and figures call it.
        purpose: what it is for.
        source: the path of its file as given, ``bundled`` or ``replace``.
        chain: the names of the scenarios it is based on, the nearest first.
        run: days after the warm-up, and seed.
        world: facts nobody controls; they hold from day 0.
        baseline: the service during the warm-up.
        service: the service from the end of the warm-up on, before any dated change.
        changes: later services, each with the day from which it holds, by day.
        events: what happens on stated days, whatever the policy.
        extensions: references of the packages that add to the model, those of what it is based on first.
        relative: facts of the world stated by how they differ from the usual, by dotted key.
        observed: figures that the agency counts itself, by the name of the outcome; they bear on no run.
    """

    name: str
    title: str
    purpose: str
    source: str
    chain: tuple[str, ...]
    run: Run
    world: World
    baseline: Service
    service: Service
    changes: tuple[tuple[int, Service], ...] = ()
    events: tuple[Event, ...] = ()
    extensions: tuple[str, ...] = ()
    relative: tuple[tuple[str, Relative], ...] = ()
    observed: tuple[tuple[str, Observed], ...] = ()
    stated_changes: tuple[Table, ...] = field(default=(), repr=False, compare=False)
    """The dated changes as stated, which a scenario based on this one inherits."""

    def _summary(self) -> str:
        staff, clients = self.service.staff.case_managers, self.world.population.clients
        days = f"{self.world.warm_up_days} + {self.run.days} days"
        return f"{self.name}, {clients} clients, {staff} case managers, {days}, seed {self.run.seed}"

    def _html(self) -> Iterator[str]:
        about = {"title": self.title, "purpose": self.purpose, "source": self.source, "based on": ", ".join(self.chain)}
        yield html_table(("", ""), [each for each in about.items() if each[1]])
        yield html_details("Settings that differ from the defaults", self.to_toml())

    @property
    def where(self) -> str:
        """What messages name as the place of a mistake."""
        return f"{self.name}.toml (bundled)" if self.source == "bundled" else self.source

    @property
    def total_days(self) -> int:
        """Days simulated: the warm-up and the days after it."""
        return self.world.warm_up_days + self.run.days

    @property
    def caseload_day(self) -> int:
        """The first day of the service's caseload policy: 0 if it holds during the warm-up."""
        caseload = self.service.caseload
        if caseload.start == "from_outset":
            return 0
        return self.world.warm_up_days if caseload.from_day is None else caseload.from_day

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """The components of case management that there are: the bundled ones, then those of extensions."""
        return (*ALL, *added(self.extensions, Component))

    def timeline(self) -> tuple[tuple[int, Service], ...]:
        """Return the services in force with the day each begins, from day 0 on, without repeats."""
        return self._timeline

    @cached_property
    def _timeline(self) -> tuple[tuple[int, Service], ...]:
        end = self.world.warm_up_days
        later = dict(self.changes)
        timeline: list[tuple[int, Service]] = []
        chosen = self.service
        for day in sorted({0, end, self.caseload_day, *later}):
            chosen = later.get(day, chosen)
            service = chosen if day >= end else self.baseline
            if end <= day < self.caseload_day:
                service = service.model_copy(update={"caseload": self.baseline.caseload})
            if day < self.total_days and (not timeline or in_force(timeline[-1][1]) != in_force(service)):
                timeline.append((day, service))
        return tuple(timeline)

    def service_on(self, day: int) -> Service:
        """Return the service in force on a day.

        Raises:
            ValueError: the day is before day 0.
        """
        if day < 0:
            raise ValueError(f"there is no service before day 0, so none on day {day}")
        return [service for begins, service in self.timeline() if begins <= day][-1]

    def replace(self, settings: Mapping[str, object]) -> "Scenario":
        """Return the scenario that differs from this one in some settings, as a file based on it would.

        Args:
            settings: values by dotted key, such as ``agency.staff.case_managers``, ``service.caseload.size``,
                ``world.…``, ``baseline.…``, ``run.…`` or ``title``; a dictionary stands for a table. ``name``
                gives it a short name.

        Raises:
            ScenarioError: a key or value is not allowed; the message lists every mistake.
        """
        stated = plain(settings, "replace")
        name = stated.pop("name", f"{self.name.removesuffix('_changed')}_changed")
        if not isinstance(name, str) or not name or not name.isprintable():
            raise ScenarioError(f"replace: name: given {show(name)}; allowed: text on one line")
        if "based_on" in stated:
            raise ScenarioError("replace: based_on: the scenario in hand is the base; allowed: the rest")
        if "title" not in stated:
            changed = [f"{key} = {show(value)}" for key, value in flatten(stated) if key != "purpose"]
            stated["title"] = ", with ".join(filter(None, (self.title, ", ".join(changed))))[:TITLE_LENGTH]
        stated = {"purpose": self.purpose, **stated}
        return derive(stated, where="replace", name=name, source="replace", parent=self)

    def flat(self) -> dict[str, Any]:
        """Return every setting that bears on a run by dotted key; of changes, what differs from before."""
        table: Table = {
            "run": _run_table(self.run),
            "world": as_table(self.world),
            "service": as_table(self.service),
            "baseline": _baseline_table(self.baseline),
            "changes": {str(i): change for i, change in enumerate(self._steps(), 1)},
            "events": {str(i): as_table(event) for i, event in enumerate(self.events, 1)},
        }
        ways = {f"{key}.{each.way}": each.by for key, each in self.relative}
        return dict(flatten(table | ({"extensions": self.extensions} if self.extensions else {}))) | ways

    def _steps(self) -> Iterator[Table]:
        """Yield the dated changes, each with what differs from the service before it."""
        before = self.service
        for day, service in self.changes:
            yield {"from_day": day, "service": beyond(as_table(service), as_table(before))}
            before = service

    def digest(self) -> str:
        """Return a short code that is the same for scenarios with the same settings, whatever the titles."""
        canonical = json.dumps(self.flat(), sort_keys=True, separators=(",", ":"))
        return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()

    def under(self, values: Mapping[str, float]) -> "Scenario":
        """Return this scenario, under its own name, with other values for the usual ones of some facts of the world.

        What it states relative to the usual is then relative to these, and a number like any other.

        Args:
            values: by dotted key.

        Raises:
            ScenarioError: a value is not allowed; the message lists every mistake.
        """
        relative = dict(self.relative)
        settings = {key: relative[key].of(value) if key in relative else value for key, value in values.items()}
        return self.replace({"name": self.name, "title": self.title, **settings}) if settings else self

    def differences(self, other: Self) -> list[tuple[str, Any, Any]]:
        """Return (key, value here, value there) for every setting that differs; None where there is none."""
        mine, theirs = self.flat(), other.flat()
        keys = dict.fromkeys((*mine, *theirs))
        return [(key, mine.get(key), theirs.get(key)) for key in keys if mine.get(key) != theirs.get(key)]

    def first_difference_day(self, other: Self) -> int | None:
        """Return the first day on which the two can differ, None if they cannot while both run.

        It is day 0 if worlds, seeds or first replications differ, otherwise the first day on which services or
        events do.
        """
        if self.world != other.world or self.run.streams != other.run.streams:
            return 0
        mine, theirs = self.resignations(), other.resignations()
        for day in sorted({*mine, *theirs, *(day for spec in (self, other) for day, _ in spec.timeline())}):
            if day >= min(self.total_days, other.total_days):
                break
            if mine.get(day) != theirs.get(day):
                return day
            if in_force(self.service_on(day)) != in_force(other.service_on(day)):
                return day
        return None

    def resignations(self) -> dict[int, tuple[int, ...]]:
        """Return the posts (from 0) whose holders give notice whatever the policy, by day."""
        found: dict[int, tuple[int, ...]] = {}
        for event in sorted(self.events, key=lambda event: (event.day, event.resigning_post)):
            found[event.day] = (*found.get(event.day, ()), event.resigning_post - 1)
        return found

    def to_toml(self) -> str:
        """Return a scenario file that is based on no other and states what differs from the defaults.

        It states the baseline as the agency as it is, and of the service what differs from that.
        """
        usual, baseline = as_table(Service()), _baseline_table(self.baseline)
        stated = {
            "title": self.title,
            "purpose": self.purpose,
            "extensions": self.extensions,
            "run": _run_table(self.run),
            "world": overlay(
                beyond(as_table(self.world), as_table(World())),
                nested({key: {each.way: each.by} for key, each in self.relative}),
            ),
            "agency": beyond(baseline, usual),
            "service": beyond(as_table(self.service), overlay(usual, baseline)),
            "observed": {name: figure.stated() for name, figure in self.observed},
            "changes": list(self._steps()),
            "events": [as_table(event) for event in self.events],
        }
        return tomlkit.dumps({key: _writable(value) for key, value in stated.items() if value or key == "agency"})


def in_force(service: Service) -> Service:
    """Return a service without word of when its caseload policy starts, to compare what holds on a day."""
    caseload = service.caseload.model_copy(update={"start": "from_outset", "from_day": None})
    return service.model_copy(update={"caseload": caseload})


def _run_table(run: Run) -> Table:
    """Return the settings of a run; the first replication only where it is another than usual."""
    return {key: value for key, value in as_table(run).items() if key != "first_replication" or value}


def _baseline_table(baseline: Service) -> Table:
    """Return the settings of a baseline; it holds from day 0, so its caseload policy has no start."""
    table = as_table(baseline)
    for key in CASELOAD_TIMES:
        del table["caseload"][key]
    return table


def _writable(value: object) -> object:
    """Return a value as TOML has it: lists for tuples, nothing for None."""
    if isinstance(value, Mapping):
        return {key: _writable(inner) for key, inner in value.items() if inner is not None}
    return [_writable(item) for item in value] if isinstance(value, (list, tuple)) else value


def derive(stated: Table, *, where: str, name: str, source: str, parent: Scenario | None = None) -> Scenario:
    """Return the scenario that states these settings and is otherwise like its parent, or like the defaults.

    Args:
        stated: the settings as nested tables, shaped like a scenario file (:func:`.plain`).
        where: what messages name as the place of a mistake.
        name: the short name.
        source: where it comes from.
        parent: the scenario it is based on.

    Raises:
        ScenarioError: a line for every mistake.
    """
    base = parent or ScenarioFile()
    extensions, shape = _extended(parent.extensions if parent else (), stated.get("extensions", ()), where)
    stated = with_whole_numbers({**stated, "extensions": extensions}, Place((shape,)))
    merged = dict(stated)
    world, relative = take_relative(stated.get("world", {}), shape, where)
    for part, section, over in (("run", base.run, stated.get("run", {})), ("world", base.world, world)):
        merged[part] = overlay(as_table(section), over)
    merged |= _services(stated, base.service, parent)
    if parent is not None and isinstance(observed := stated.get("observed", {}), dict):
        merged["observed"] = dict(parent.observed) | observed
    changes = stated.get("changes", parent.stated_changes if parent else ())
    merged["changes"] = _cumulated(changes, merged["service"])
    if parent is not None and "events" not in stated:
        merged["events"] = tuple(as_table(event) for event in parent.events)
    try:
        file = shape.model_validate(merged)
    except ValidationError as error:
        ways = {key: f" ({each.by} {each.way} the usual)" for key, each in relative.items()}
        refuse(where, (f"{dotted(key)}: {text}{ways.get('.'.join(key), '')}" for key, text in explain(error, shape)))
        raise
    baseline = file.baseline
    if file.service.caseload.start == "from_outset":
        baseline = baseline.model_copy(update={"caseload": file.service.caseload})
    if parent is not None:
        absolute = {f"world.{key}" for key, _ in flatten(world)} if isinstance(world, dict) else set()
        relative = {key: each for key, each in parent.relative if key not in absolute} | relative
    in_order = sorted(file.changes, key=lambda change: change.from_day)
    scenario = Scenario(
        name=name,
        title=file.title or name,
        purpose=file.purpose,
        source=source,
        chain=(parent.name, *parent.chain) if parent else (),
        run=file.run,
        world=file.world,
        baseline=baseline,
        service=file.service,
        changes=tuple({change.from_day: change.service for change in in_order}.items()),
        events=file.events,
        extensions=file.extensions,
        relative=tuple(relative.items()),
        observed=tuple(file.observed.items()),
        stated_changes=changes,
    )
    days = scenario.world.warm_up_days, scenario.total_days - 1
    refuse(where, agency_mistakes(stated, scenario.service.caseload))
    refuse(where, date_mistakes(stated, scenario.service.caseload, scenario.caseload_day, changes, days))
    return scenario


def _services(stated: Table, service: Service, parent: Scenario | None) -> Table:
    """Return the services of a scenario: the baseline, and the one after the warm-up.

    The agency as it is lies below both. Where none is stated and there is no parent, the service holds in both.
    """
    agency = stated.get("agency", {})
    after = overlay(overlay(as_table(service), agency), stated.get("service", {}))
    if parent is None and "agency" not in stated:
        return {"service": after, "baseline": overlay(after, stated.get("baseline", {}))}
    now = overlay(as_table(parent.baseline if parent else service), agency)
    found = {"service": after, "baseline": overlay(now, stated.get("baseline", {}))}
    return found | ({"agency": now} if "agency" in stated else {})  # where mistakes are told first


def _extended(above: tuple[str, ...], stated: object, where: str) -> tuple[object, type[ScenarioFile]]:
    """Return the extensions above a scenario and those stated in it, each once, and the shape of its file.

    Raises:
        ScenarioError: an extension cannot be used.
    """
    if not isinstance(stated, tuple) or not all(isinstance(each, str) for each in stated):
        return stated, ScenarioFile  # which refuses it
    extensions = tuple(dict.fromkeys((*above, *stated)))
    try:
        return extensions, scenario_file(extensions)
    except CmsimError as error:
        raise ScenarioError(f"{where}: extensions: {error}") from None


def _cumulated(changes: object, service: Table) -> object:
    """Return the dated changes with whole services, each laid over those of the days before."""
    if not isinstance(changes, tuple) or not all(isinstance(change, dict) for change in changes):
        return changes  # which the shape of the file refuses
    whole = list(changes)

    def day(i: int) -> int:
        from_day = changes[i].get("from_day")
        return from_day if isinstance(from_day, int) else 0

    for i in sorted(range(len(changes)), key=day):
        service = overlay(service, changes[i].get("service", {}))
        whole[i] = {**changes[i], "service": service}
    return tuple(whole)
