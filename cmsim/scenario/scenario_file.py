"""The shape of a scenario file: its parts, and what each may hold."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from cmsim.core.parameters import Section, param
from cmsim.scenario.nested_settings import show
from cmsim.scenario.service import Service
from cmsim.scenario.text_file import ShownText
from cmsim.scenario.world import World

TITLE_LENGTH = 200
PURPOSE_LENGTH = 2_000
SERVICES = ("agency", "service", "baseline")
"""The parts that hold settings of the service."""
_SEEDS = (0, 2**31 - 1)
_DAYS = (1, 36_500)


class Run(Section):
    """How long a run lasts, and its chance."""

    seed: int = param(1, "", *_SEEDS, "choice", "the master seed of all chance", allowed=_SEEDS)
    days: int = param(730, "days", *_DAYS, "choice", "days after the warm-up", allowed=_DAYS)
    first_replication: int = param(
        0, "", *_SEEDS, "choice", "the replication that is called 0; others count from it", allowed=_SEEDS
    )

    @property
    def streams(self) -> tuple[int, int]:
        """What the random streams of replication 0 follow from."""
        return self.seed, self.first_replication


class Change(Section):
    """Service settings that hold from a day on, until another change."""

    from_day: int = Field(ge=0, description="the first day on which they hold")
    service: Service = Field(default_factory=Service, description="the settings that change")


class Event(Section):
    """Something that happens on a day, whatever the policy: a thought experiment."""

    day: int = Field(ge=0, description="the day")
    resigning_post: int = Field(ge=1, description="number of the post, from 1, whose holder gives notice on that day")


class Observed(Section):
    """A figure that an agency counts itself, in the unit of the outcome; shares run from 0 to 1."""

    value: float = Field(description="as counted")
    low: float | None = Field(None, description="lower end of the range in which it is known to lie")
    high: float | None = Field(None, description="upper end")
    n: int | None = Field(None, ge=1, description="of what it was counted: discharges, appointments, months ...")

    def stated(self) -> float | dict[str, float]:
        """Return it as a scenario file states it: as a number alone where no more is known."""
        known = self.model_dump(exclude_none=True)
        return known if len(known) > 1 else self.value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = (self.value if end is None else end for end in (self.low, self.high))
        if not low <= self.value <= high:
            raise ValueError(f"given {self.value:g} in a range of {low:g} to {high:g}; allowed: a value in its range")
        return self


def _with_value(given: object) -> object:
    """Return a figure that is stated as a number alone as a table."""
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return {"value": given}
    if isinstance(given, (dict, Observed)):
        return given
    raise ValueError(f"given {show(given)}; allowed: a number, or a table with value and, if known, low, high, n")


class ScenarioFile(Section):
    """Everything that a scenario file may state."""

    title: ShownText = Field("", max_length=TITLE_LENGTH, description="what tables and figures call it")
    purpose: ShownText = Field("", max_length=PURPOSE_LENGTH, description="what it is for, in a sentence")
    based_on: str | tuple[str, ...] = Field(
        "", description="what holds except where this one differs; of several, each is laid over those before it"
    )
    extensions: tuple[str, ...] = Field(
        (), description="packages that add to the model, by entry point or as package.module:Name"
    )
    run: Run = Field(default_factory=Run, description="how long, and with which seed")
    world: World = Field(default_factory=World, description="facts nobody controls")
    agency: Service = Field(default_factory=Service, description="the service as it is, from day 0 on")
    service: Service = Field(default_factory=Service, description="the service after the warm-up")
    baseline: Service = Field(default_factory=Service, description="the service during the warm-up")
    observed: dict[str, Annotated[Observed, BeforeValidator(_with_value, json_schema_input_type=float | Observed)]] = (
        Field({}, description="the agency's own figures by the name of the outcome, shown beside the model's")
    )
    events: tuple[Event, ...] = Field((), max_length=1_000, description="what happens on stated days")
    changes: tuple[Change, ...] = Field((), max_length=1_000, description="dated changes of the service")
