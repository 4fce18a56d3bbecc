"""Facilitator's cases: a story, a question, answers to predict, two runs, and what there is to see.

A case is a TOML file in this package. What the guide says is to be seen is stated as outcomes that are
counted from the run in the room, and a test runs every case and holds the guide to it. In how many replications
each thing is seen stands in ``replications.toml``, which ``python tools/cases.py --write`` makes from runs.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from cmsim.app.session.replay import Pane, restated
from cmsim.core.errors import CmsimError, nearest
from cmsim.outcomes import find, measure
from cmsim.scenario import Scenario, load_scenario
from cmsim.scenario.nested_settings import Table

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

Expected = Literal["b_higher", "b_lower", "alike"]


class Sight(BaseModel):
    """One thing that there is to see: an outcome compared between the runs.

    Attributes:
        outcome: its name.
        expect: whether it is higher or lower in run B, or alike.
        least: the smallest difference, in the outcome's own unit, that counts as one.
        text: what it means, in a sentence.
    """

    outcome: str
    expect: Expected
    least: float
    text: str

    def found(self, a: float, b: float) -> Expected:
        """Return what two values say."""
        if abs(b - a) < self.least:
            return "alike"
        return "b_higher" if b > a else "b_lower"


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


class Case(BaseModel):
    """One case.

    Attributes:
        name: of its file.
        title: as it is offered.
        minutes: about how long it takes in a room.
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
        a, b: settings of runs A and B, over the scenario that they are based on.
        replications: what several replications showed, None where none was counted.
    """

    name: str
    title: str
    minutes: int
    story: str
    question: str
    answers: tuple[str, ...]
    days: int
    plots: tuple[str, ...]
    replication: int
    sights: tuple[Sight, ...] = Field(alias="see")
    reveal: str
    discuss: tuple[str, ...]
    caution: str
    a: Table
    b: Table
    replications: Replications | None

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


def load_case(name: str) -> Case:
    """Return a case by name.

    Raises:
        CmsimError: there is none; the message names the nearest.
    """
    if name not in CASE_NAMES:
        raise CmsimError(f'no case "{name}"{nearest(name, CASE_NAMES)}; there are: {", ".join(CASE_NAMES)}')
    folder = files("cmsim.app.session").joinpath("cases")
    table, counts = (
        tomllib.loads(folder.joinpath(file).read_text(encoding="utf-8")) for file in (f"{name}.toml", REPLICATIONS)
    )
    return Case.model_validate({**table, "name": name, "replications": counts.get(name)})
