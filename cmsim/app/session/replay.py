"""What a live run follows from, so that it can be simulated again to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cmsim.scenario import Scenario
from cmsim.scenario.nested_settings import Table, overlay

if TYPE_CHECKING:
    from cmsim.model.community import Community

MOST_DAYS = 2555
"""Days after the warm-up that a live run can be played at most: seven years, so that memory has a bound."""

HOW = ("at home", "at the office", "by phone", "on the ward", "family", "psychiatrist")
"""How a learner in the role-play can plan a contact; the last two are about the client, with others."""
MINUTES = (15, 30, 45, 60, 90)
"""Lengths that are offered."""
MOST_PLANNED = 200
"""Contacts that a learner can plan for one week."""


@dataclass(frozen=True)
class Planned:
    """One contact that a learner plans.

    Attributes:
        client: key of the client.
        weekday: 0 for Monday to 4 for Friday.
        how: one of ``chair.HOW``.
        minutes: planned length.
    """

    client: str
    weekday: int
    how: str
    minutes: int


@dataclass(frozen=True)
class Week:
    """What a learner decided for one week in a case manager's chair.

    Attributes:
        day: first day of the week, a Monday.
        post: number of the post, from 0.
        planned: contacts, in the order in which they are to be made on their day.
        doses: support meant for each client (0 to 1) by key; others keep theirs.
    """

    day: int
    post: int
    planned: tuple[Planned, ...] = ()
    doses: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Course:
    """All that one live run follows from.

    Attributes:
        scenario: with the dated changes made so far.
        replication: which replication of the scenario's chance.
        perturb_day: day from which one visit a week is made a minute longer (a placebo run), None for never.
        weeks: what learners decided, by day.
    """

    scenario: Scenario
    replication: int = 0
    perturb_day: int | None = None
    weeks: tuple[Week, ...] = ()

    def perturb(self, community: Community) -> None:
        """Let one visit a week be a minute longer from the day of the placebo run, where this is one.

        Asked for before every day: a community that follows another scenario knows of no comparison any more.
        """
        community.perturb_visits(self.perturb_day)

    def changed(self, day: int, settings: Mapping[str, Any]) -> Course:
        """Return the course under settings of the service that hold from a day on.

        Args:
            day: first day of the change, after the warm-up.
            settings: nested tables of the service that differ, as under ``service`` in a scenario file.

        Raises:
            ScenarioError: a setting is not allowed.
        """
        return replace(self, scenario=changed(self.scenario, day, settings))


def changed(scenario: Scenario, day: int, settings: Mapping[str, Any]) -> Scenario:
    """Return a scenario with one more dated change; a second change of one day is laid over the first."""
    stated: list[Table] = [dict(change) for change in scenario.stated_changes]
    same = next((change for change in stated if change["from_day"] == day), None)
    if same is None:
        stated.append({"from_day": day, "service": dict(settings)})
    else:
        same["service"] = overlay(same.get("service", {}), dict(settings))
    kept = {"name": scenario.name, "title": scenario.title, "purpose": scenario.purpose}
    days = max(scenario.run.days, day + 1 - scenario.world.warm_up_days)
    return scenario.replace({**kept, "run.days": days, "changes": tuple(stated)})


def playable(scenario: Scenario) -> Scenario:
    """Return a scenario as it is simulated here: long enough to be played on; days simulated before are the same."""
    if scenario.run.days >= MOST_DAYS:
        return scenario
    kept = {"name": scenario.name, "title": scenario.title}
    return scenario.replace({**kept, "run.days": MOST_DAYS})
