"""What a live run follows from, so that it can be simulated again to the last bit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cmsim.app.session.notebook import Notebook
from cmsim.scenario import Scenario
from cmsim.scenario.error_messages import explain, refuse
from cmsim.scenario.nested_settings import Table, as_table, beyond, dotted, flatten, overlay
from cmsim.scenario.service import Service

MOST_DAYS = 2555
"""Days after the warm-up that a live run can be played at most: seven years, so that memory has a bound."""

How = Literal["at home", "at the office", "by phone", "on the ward", "family", "psychiatrist"]
HOW: tuple[How, ...] = get_args(How)
"""How a learner in the role-play can plan a contact; the last two are about the client, with others."""
MINUTES = (15, 30, 45, 60, 90)
"""Lengths that are offered."""
MOST_PLANNED = 200
"""Contacts that a learner can plan for one week."""
Pane = Literal["a", "b"]
PANES: tuple[Pane, ...] = get_args(Pane)
"""The runs that are shown: one, or two side by side."""


class Planned(BaseModel):
    """One contact that a learner plans: with whom, weekday (0 for Monday), how, minutes. May be given as a list."""

    model_config = ConfigDict(frozen=True)

    client: str = Field(max_length=40)
    weekday: int = Field(strict=True, ge=0, le=4)
    how: How
    minutes: int = Field(strict=True, ge=5, le=240)

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, given: object) -> object:
        return dict(zip(cls.model_fields, given, strict=False)) if isinstance(given, list) else given


class Week(BaseModel):
    """What a learner decided for one week in a case manager's chair.

    Attributes:
        day: first day of the week, a Monday.
        post: number of the post, from 0.
        planned: contacts, in the order in which they are to be made on their day.
        doses: support meant for each client (0 to 1) by key; others keep theirs.
    """

    model_config = ConfigDict(frozen=True)

    day: int = Field(0, strict=True, ge=0, le=10**6)
    post: int = Field(0, strict=True, ge=0, le=10**6)
    planned: tuple[Planned, ...] = Field((), max_length=MOST_PLANNED)
    doses: dict[str, Annotated[float, Field(strict=True, ge=0.0, le=1.0)]] = Field({}, max_length=MOST_PLANNED)


@dataclass(frozen=True)
class Course:
    """All that one live run follows from.

    Attributes:
        scenario: with the dated changes made so far.
        perturb_day: day from which one visit a week is made a minute longer (a placebo run), None for never.
        weeks: what learners decided, by day.
    """

    scenario: Scenario
    perturb_day: int | None = None
    weeks: tuple[Week, ...] = ()


@dataclass(frozen=True)
class Record:
    """A session as it was saved.

    Attributes:
        scenarios: by run, with the changes made and their days.
        origins: what each run began with, before anything was changed in it.
        day: how far it was played.
        parted_day: the day from which the runs are compared, None without a comparison.
        notebook: what was written.
        weeks: what learners decided in the role-play.
    """

    scenarios: Mapping[Pane, Scenario]
    origins: Mapping[Pane, Scenario]
    day: int
    parted_day: int | None
    notebook: Notebook
    weeks: tuple[Week, ...]


def decided_week(day: int, post: int, planned: Iterable[Planned], doses: Mapping[str, float]) -> Week:
    """Return a week as a learner decided it.

    Raises:
        CmsimError: there is too much in it, or a dose is not allowed.
    """
    try:
        return Week(day=day, post=post, planned=tuple(planned), doses=dict(doses))
    except ValidationError as error:
        refuse("role-play", (f"{dotted(key)}: {text}" for key, text in explain(error, Week)))
        raise


class Summary(NamedTuple):
    """The outcomes of a run by name, over the days that were asked for, and the digest of all of it."""

    outcomes: dict[str, float]
    digest: str


def changed(scenario: Scenario, day: int, settings: Mapping[str, Any]) -> Scenario:
    """Return a scenario with one more dated change; a second change of one day is laid over the first.

    Args:
        scenario: the scenario so far.
        day: first day of the change, after the warm-up.
        settings: nested tables of the service that differ, as under ``service`` in a scenario file.

    Raises:
        ScenarioError: a setting is not allowed.
    """
    stated: list[Table] = [dict(change) for change in scenario.stated_changes]
    same = next((change for change in stated if change["from_day"] == day), None)
    if same is None:
        stated.append({"from_day": day, "service": dict(settings)})
    else:
        same["service"] = overlay(same.get("service", {}), dict(settings))
    days = max(scenario.run.days, day + 1 - scenario.world.warm_up_days)
    return restated(scenario, {"run.days": days, "changes": tuple(stated)})


def playable(scenario: Scenario) -> Scenario:
    """Return a scenario as it is simulated here: long enough to be played on; days simulated before are the same."""
    return scenario if scenario.run.days >= MOST_DAYS else restated(scenario, {"run.days": MOST_DAYS})


def restated(scenario: Scenario, settings: Mapping[str, Any]) -> Scenario:
    """Return a scenario with other settings that keeps its name and title."""
    return scenario.replace({"name": scenario.name, "title": scenario.title, **settings})


def differences(before: Service, after: Service) -> list[tuple[str, object, object]]:
    """Return what differs between two services: dotted key, value before, value after."""
    was, now = as_table(before), as_table(after)
    flat = dict(flatten(was))
    return [(key, flat.get(key), value) for key, value in flatten(beyond(now, was))]
