"""Facilitator's cases: a story, a question, answers to predict, two runs, what there is to see, and a script.

A case is a TOML file in this package. What the guide says is to be seen is stated as outcomes that are
counted from the run in the room, and a test runs every case and holds the guide to it. In how many replications
each thing is seen stands in ``replications.toml``, which ``python tools/cases.py --write`` makes from runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from cmsim.app.session.plot_series import PLOTS
from cmsim.app.session.replay import Pane, restated
from cmsim.core.errors import CmsimError, nearest
from cmsim.outcomes import OUTCOMES, find, measure
from cmsim.scenario import Scenario, load_scenario
from cmsim.scenario.error_messages import explain, refuse
from cmsim.scenario.loader import read_toml
from cmsim.scenario.nested_settings import Table, dotted

if TYPE_CHECKING:
    from cmsim.results.simulation import Simulated

CASE_NAMES = (
    "caseload_creep",
    "resignation_cascade",
    "fixed_or_titrated",
    "revolving_door",
    "critical_family",
    "over_control",
)
"""The cases, in the order in which they are offered."""
REPLICATIONS = "replications.toml"
"""In how many replications each thing is seen: made from runs by ``tools/cases.py``."""
_SAME = 1e-9
"""Relative difference up to which a value is that of the run which was counted."""

MOST_SEEN = 5
"""Plots of a case that are seen while it is played, beside that of the clients who differ."""
LENGTHS = (15, 45)
"""Minutes that the two versions of a script take."""

Expected = Literal["b_higher", "b_lower", "alike"]
SAID: dict[Expected, str] = {"b_higher": "higher in B", "b_lower": "lower in B", "alike": "about the same"}
"""What is said of each, of B against A."""


def _known(names: Iterable[str], what: str) -> AfterValidator:
    """Return a check that a name is one of these."""

    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f'given {what} "{name}"; allowed: one there is{nearest(name, names)}')
        return name

    return AfterValidator(check)


OutcomeName = Annotated[str, _known(OUTCOMES, "outcome")]
PlotName = Annotated[str, _known(PLOTS, "plot")]


class _Part(BaseModel):
    """A part of a case's file, in which every key is known."""

    model_config = ConfigDict(extra="forbid")


class _Direction(_Part):
    """Something compared between the runs.

    Attributes:
        expect: whether it is higher or lower in run B, or alike.
        least: the smallest difference, in its own unit, that counts as one.
    """

    expect: Expected
    least: float = Field(gt=0.0)

    def found(self, a: float, b: float) -> Expected:
        """Return what two values say."""
        if abs(b - a) < self.least:
            return "alike"
        return "b_higher" if b > a else "b_lower"


class Claim(_Direction):
    """What an answer says of an outcome, by its name."""

    outcome: OutcomeName


class Sight(Claim):
    """One thing that there is to see, and what it means, in a sentence."""

    text: str


class Reading(_Direction):
    """What a plot, by its name, shows at a stop: the values that stand beside it on that day, in its unit."""

    plot: PlotName


class Answer(_Part):
    """What can be predicted: in words, and what it says of outcomes, by which it is judged."""

    text: str
    claims: tuple[Claim, ...] = Field(min_length=1)


class Step(_Part):
    """One step of a facilitator's script.

    Attributes:
        minutes: how long it takes in each of ``LENGTHS``; 0 where that version leaves it out.
        title: what it is called.
        say: what the facilitator does and says.
        day: the day on which the play stops, of a step that is a stop.
        question: what is then on the screen.
        expected: what the room may be expected to answer.
        otherwise: what to say if the room sees something else.
        readings: what the plots show on that day.
    """

    minutes: tuple[int, int]
    title: str
    say: str
    day: int | None = None
    question: str = ""
    expected: str = ""
    otherwise: str = ""
    readings: tuple[Reading, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Step:
        if self.day is not None and not (self.question and self.expected and self.otherwise and self.readings):
            raise ValueError("given a day; allowed with question, expected, otherwise and readings only")
        return self


@dataclass(frozen=True)
class Verdict:
    """What a run showed of one sight.

    Attributes:
        label, unit: of the outcome.
        a, b: values in the two runs.
        as_told: whether it is as the guide says.
        text: what the guide says.
        seen: in how many replications it was seen, in words; empty where nothing was counted.
    """

    label: str
    unit: str
    a: str
    b: str
    as_told: bool
    text: str
    seen: str

    @property
    def said(self) -> str:
        """What the guide says, after "Not this time" where it is not so."""
        return self.text if self.as_told else f"Not this time. The guide expects: {self.text}"


class Replications(BaseModel):
    """What several replications of a case showed.

    Attributes:
        count: how many were simulated, replications 0 and up.
        seen: in how many each outcome was as the guide says, by name.
        a, b: outcomes of the chosen run by name, to know the model that was counted.
    """

    count: int
    seen: Mapping[str, int]
    a: Mapping[str, float]
    b: Mapping[str, float]

    def same_model(self, a: Mapping[str, float], b: Mapping[str, float]) -> bool:
        """Return whether two runs of the chosen run gave what they gave when replications were counted."""
        return all(
            math.isclose(was[name], now[name], rel_tol=_SAME) for was, now in ((self.a, a), (self.b, b)) for name in was
        )


@dataclass(frozen=True)
class Judgement:
    """How a prediction stands beside what happened.

    Attributes:
        said: right, partly right or not, in words.
        points: what was predicted of each outcome, and what happened.
        is_right: whether every point was right.
    """

    said: str
    points: tuple[str, ...]
    is_right: bool


class Case(_Part):
    """One case.

    Attributes:
        name: of its file.
        title: as it is offered.
        story: what the agency faces.
        question: what is asked.
        answers: what can be predicted.
        days: days to play after the runs part.
        plots: plots to watch, by name.
        replication: which replication.
        sights: what there is to see.
        reveal: what lies behind it.
        discuss: questions for the room.
        caution: what it does not show.
        script: what the facilitator does, step by step.
        a, b: settings of runs A and B, over the scenario that they are based on.
        replications: what several replications showed, None where none was counted.
    """

    name: str
    title: str
    story: str
    question: str
    answers: tuple[Answer, ...] = Field(min_length=2)
    days: int = Field(gt=0)
    plots: tuple[PlotName, ...]
    replication: int = Field(ge=0)
    sights: tuple[Sight, ...] = Field(alias="see")
    reveal: str
    discuss: tuple[str, ...]
    caution: str
    script: tuple[Step, ...]
    a: Table
    b: Table
    replications: Replications | None

    @model_validator(mode="after")
    def _in_time(self) -> Case:
        for version, minutes in enumerate(LENGTHS):
            given = sum(step.minutes[version] for step in self.script)
            if given != minutes:
                raise ValueError(f"script: given steps of {given} minutes in all; allowed: {minutes}")
        for n, step in enumerate(self.script, 1):
            for reading in step.readings:
                if reading.plot not in (seen := self.plots[:MOST_SEEN]):
                    raise ValueError(f'script.{n}.readings: given plot "{reading.plot}"; allowed: {", ".join(seen)}')
        days = [step.day for step in self.script if step.day is not None]
        first, last = self.parted_day(), self.parted_day() + self.days
        if days != sorted(set(days)) or any(not first < day < last for day in days):
            raise ValueError(f"script: given stops on days {days}; allowed: between {first} and {last}, in order")
        return self

    def steps(self, minutes: int) -> list[tuple[int, Step]]:
        """Return the minute at which each step of a version of the script begins, and the step."""
        version, begun, found = LENGTHS.index(minutes), 0, []
        for step in self.script:
            if step.minutes[version]:
                found.append((begun, step))
                begun += step.minutes[version]
        return found

    def stops(self, minutes: int) -> dict[int, Step]:
        """Return the stops of a version of the script by day; none where it is 0."""
        steps = self.steps(minutes) if minutes else []
        return {step.day: step for _, step in steps if step.day is not None}

    @property
    def counted(self) -> set[str]:
        """The outcomes by which sights and predictions are judged."""
        claims = [claim for answer in self.answers for claim in answer.claims]
        return {each.outcome for each in (*self.sights, *claims)}

    def judge(self, prediction: str, a: Mapping[str, float], b: Mapping[str, float]) -> Judgement | None:
        """Return how a prediction stands beside the outcomes of both runs; None where it cannot be told."""
        answer = next((each for each in self.answers if each.text == prediction), None)
        if answer is None or not {claim.outcome for claim in answer.claims} <= set(a):
            return None
        points, held = [], 0
        for claim in answer.claims:
            outcome = find(claim.outcome)
            one, other = a[claim.outcome], b[claim.outcome]
            found = claim.found(one, other)
            held += found == claim.expect
            points.append(
                f"{outcome.label}: predicted {SAID[claim.expect]}, {'and' if found == claim.expect else 'but'} it was "
                f"{SAID[found]} (A {outcome.shown(one):.3g}, B {outcome.shown(other):.3g} {outcome.shown_unit})"
            )
        if held == len(points):
            said = "As it turned out here: right."
        else:
            said = f"Partly right here: {held} of {len(points)} points." if held else "Not what happened here."
        return Judgement(said, tuple(points), held == len(points))

    def scenario(self, run: Pane) -> Scenario:
        """Return the scenario of a run."""
        own = dict(self.a if run == "a" else self.b)
        base = load_scenario(own.pop("based_on"))
        return base.replace({"name": f"{self.name}_{run}", "purpose": self.question, **own})

    def verdicts(self, a: Mapping[str, float], b: Mapping[str, float]) -> list[Verdict]:
        """Return what two runs showed of each sight.

        Args:
            a: outcomes of run A by name.
            b: of run B.
        """
        shown = []
        for sight in self.sights:
            outcome = find(sight.outcome)
            one, other = a[sight.outcome], b[sight.outcome]
            values = [f"{outcome.shown(value):.3g}" for value in (one, other)]
            told = sight.found(one, other) == sight.expect
            many = self.replications
            seen = f"{many.seen[sight.outcome]} of {many.count}" if many and sight.outcome in many.seen else ""
            shown.append(Verdict(outcome.label, outcome.shown_unit, values[0], values[1], told, sight.text, seen))
        return shown

    def said_of_replications(self, outcomes: Mapping[str, Mapping[str, float]]) -> str:
        """Return what the counts over replications mean for a run with these outcomes, by run and name."""
        if self.replications is None:
            return ""
        if self.replications.same_model(outcomes["a"], outcomes["b"]):
            return (
                f"The last column says in how many of {self.replications.count} replications this was seen, of which "
                "this run is one."
            )
        return (
            "The replications were counted with another version of the model, or something was changed in this run, "
            "so the counts may no longer hold."
        )

    def parted_day(self) -> int:
        """Return the day on which the runs part."""
        parted = self.scenario("a").first_difference_day(self.scenario("b"))
        if parted is None:
            raise CmsimError(f'case "{self.name}": runs A and B are the same')
        return parted

    def to_live(self, run: Pane) -> Scenario:
        """Return the scenario of a run, as long as it is played in the room."""
        scenario = self.scenario(run)
        return restated(scenario, {"run.days": self.parted_day() + self.days - scenario.world.warm_up_days})


def since(run: Simulated, day: int) -> dict[str, float]:
    """Return the outcomes of a run from a day to its end."""
    return measure(replace(run.window, start=day))


@cache
def load_case(name: str) -> Case:
    """Return a case by name.

    Raises:
        CmsimError: there is none; the message names the nearest.
    """
    if name not in CASE_NAMES:
        raise CmsimError(f'no case "{name}"{nearest(name, CASE_NAMES)}; there are: {", ".join(CASE_NAMES)}')
    folder = files("cmsim.app.session").joinpath("cases")
    counts = read_toml(folder.joinpath(REPLICATIONS), REPLICATIONS)
    return case_of(name, read_toml(folder.joinpath(f"{name}.toml"), f"{name}.toml"), counts.get(name))


def load_cases() -> dict[str, Case]:
    """Return all cases by name."""
    return {name: load_case(name) for name in CASE_NAMES}


def case_of(name: str, table: Mapping[str, object], replications: object = None) -> Case:
    """Return the case that a table describes.

    Args:
        name: of its file, without ``.toml``.
        table: what the file holds.
        replications: what several replications showed.

    Raises:
        CmsimError: something is wrong in it; a line for each mistake names file and key.
    """
    try:
        return Case.model_validate({**table, "name": name, "replications": replications})
    except ValidationError as error:
        refuse(f"{name}.toml", (f"{dotted(key)}: {text}".removeprefix(": ") for key, text in explain(error, Case)))
        raise
