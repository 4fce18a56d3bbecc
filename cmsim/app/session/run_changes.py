"""What was changed in a run, in words: by dates of the scenario, and by switches that hold from the first day."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from cmsim.app.session.replay import Pane, restated
from cmsim.app.session.setting_controls import in_words, label_of
from cmsim.scenario import Scenario
from cmsim.scenario.nested_settings import RULE, Table, as_table, flatten

_WORLD = "world."


class Change(NamedTuple):
    """A change of one setting: the day from which it holds, its key, and what it is in words.

    The key of a fact of the world, such as a feedback loop, begins with ``world.``; others are below ``service``.
    """

    day: int
    key: str
    text: str


def dated_changes(scenario: Scenario) -> list[Change]:
    """Return what the dated changes of a scenario change, a setting each, in order of time."""
    found: list[Change] = []
    before = dict(flatten(as_table(scenario.service)))
    stated: dict[int, dict[str, None]] = {}
    for change in scenario.stated_changes:
        stated.setdefault(change["from_day"], {}).update((key, None) for key, _ in flatten(change.get("service", {})))
    for day, service in scenario.changes:
        now = dict(flatten(as_table(service)))
        for key in stated[day]:
            if now.get(key) != before.get(key):
                was = f"{in_words(before[key])} → " if key in before else ""
                found.append(Change(day, key, f"{label_of(key)} {was}{in_words(now[key])}"))
        before = now
    return found


def all_changes(scenario: Scenario, origin: Scenario) -> list[Change]:
    """Return all changes of a run: facts of the world against what it began with, then the dated ones."""
    return [*_world_changes(scenario, origin), *dated_changes(scenario)]


def _world_changes(scenario: Scenario, origin: Scenario) -> list[Change]:
    if scenario.world == origin.world:
        return []
    return [
        Change(0, key, f"{label_of(key)} {in_words(was)} → {in_words(now)}")
        for key, was, now in origin.differences(scenario)
        if key.startswith(_WORLD)
    ]


def run_name(scenario: Scenario, origin: Scenario, other: Scenario | None = None) -> str:
    """Return what a run is called: its title, and what was changed here that the run beside it does not share.

    Args:
        scenario: of the run.
        origin: what it began with; its own dated changes are what its title stands for.
        other: of the run beside it.
    """
    shared = set(dated_changes(other)) if other is not None else set()
    same_world = other is not None and other.world == scenario.world
    planned, now = dated_changes(origin), dated_changes(scenario)
    made = [] if same_world else _world_changes(scenario, origin)
    made += [change for change in now if change not in planned and change not in shared]
    gone = [change for change in planned if change not in now]
    words, _, settings = scenario.title.partition(", with ")
    title = words if " = " in settings else scenario.title  # those of a command line stand above the picture
    said = [title, *(change.text for change in made), *(f"without: {change.text}" for change in gone)]
    return " · ".join(said)


def without(scenario: Scenario, change: Change, origin: Scenario) -> Scenario:
    """Return a scenario without one of its changes; of a rule, its settings of that day go too."""
    if change.key.startswith(_WORLD):
        return restated(scenario, {change.key: origin.flat()[change.key]})
    stated: list[Table] = []
    for each in scenario.stated_changes:
        if each["from_day"] == change.day:
            each = {**each, "service": _taken_out(each.get("service", {}), change.key.split("."))}
        if each.get("service"):
            stated.append(each)
    return restated(scenario, {"changes": tuple(stated)})


def _taken_out(table: Mapping[str, Any], key: list[str]) -> Table:
    first, *rest = key
    inner = _taken_out(table[first], rest) if rest and rest != [RULE] else {}
    return {name: inner if name == first else value for name, value in table.items() if name != first or inner}


def changes_of(scenarios: Mapping[Pane, Scenario], origins: Mapping[Pane, Scenario]) -> list[tuple[Pane, Change]]:
    """Return the changes of each run in order of time, of run B those that run A does not have."""
    made = {pane: all_changes(scenario, origins[pane]) for pane, scenario in scenarios.items()}
    own = [change for change in made.get("b", ()) if change not in made["a"]]
    return [*(("a", change) for change in made["a"]), *(("b", change) for change in own)]
