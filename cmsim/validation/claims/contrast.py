"""Contrasts: two settings of a community, compared under many parameter sets.

An emergent claim names an outcome that no rule mentions. It is examined by paired runs of two arms on common
random numbers, one pair for each draw of the parameters (:mod:`cmsim.validation.claims.parameter_draws`), so
that the answer does not depend on our choice of values. No parameter is fitted to a claim.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cmsim.core.errors import CmsimError
from cmsim.outcomes import find
from cmsim.results.simulation import Simulated, simulate
from cmsim.scenario import Scenario, load_scenario
from cmsim.scenario.library import bundled
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.validation.claims.parameter_draws import ParameterSet, draw_parameter_sets, move_to_defaults

Settings = Mapping[str, object]
"""Settings of a scenario by dotted key."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What is compared, and in which direction it is said to go.

    Attributes:
        name: an outcome of ``cmsim.outcomes``, or a name of one's own with ``of``.
        sign: +1 if arm b is said to have more of it, -1 if less, 0 if about as much.
        of: the function of one run; the outcome called ``name`` if ``None``.
        unit: in words, for a function of one's own.
    """

    name: str
    sign: int
    of: Callable[[Simulated], float] | None = None
    unit: str = ""

    @property
    def shown_unit(self) -> str:
        """The unit: that of the outcome, unless the function is one's own."""
        return find(self.name).unit if self.of is None and not self.unit else self.unit

    def __call__(self, run: Simulated) -> float:
        """Return the value of one run."""
        return float(find(self.name).value_in(run.window) if self.of is None else self.of(run))


@dataclass(frozen=True)
class Contrast:
    """Two arms that differ in some settings, on a base that both share.

    Attributes:
        name: short, for files.
        question: what is asked, in a sentence.
        a: settings of arm a by dotted key, over the base.
        b: settings of arm b.
        measures: what is compared.
        base: settings of both arms, over ``scenario`` and the small agency of :func:`scaled`.
        scenario: the bundled scenario that all of it is based on.
        clients: at the start.
        warm_up: days of warm-up.
        days: days after it.
        draws: parameter sets, one pair of runs each; "emerges" takes 50, unless all is clear before.
    """

    name: str
    question: str
    a: Settings
    b: Settings
    measures: Sequence[Measure]
    base: Settings = field(default_factory=dict)
    scenario: str = "usual_care"
    clients: int = 120
    warm_up: int = 60
    days: int = 365
    draws: int = 20

    @property
    def client_years(self) -> float:
        """Client-years of both arms in one draw, were all clients to stay."""
        return 2.0 * self.clients * (self.warm_up + self.days) / 365.0

    def arms(self, settings: Settings | None = None) -> tuple[Scenario, Scenario]:
        """Return both arms as scenarios, with further settings in both (a draw)."""
        common = {
            **scaled(self.clients, self.scenario),
            "world.warm_up_days": self.warm_up,
            "run.days": self.days,
            **self.base,
            **(settings or {}),
        }
        base = load_scenario(self.scenario).replace(common)
        return base.replace({"name": f"{self.name}_a", **self.a}), base.replace({"name": f"{self.name}_b", **self.b})

    def draw_parameters(self, ensemble: Ensemble | None = None) -> list[ParameterSet]:
        """Return a value of each uncertain parameter that no arm states, for each draw."""
        stated = {*self.base, *self.a, *self.b}
        return draw_parameter_sets(load_scenario(self.scenario), stated, self.draws, ensemble)

    def make_possible(self, drawn: ParameterSet) -> ParameterSet:
        """Return a draw, moved halfway to the defaults as often as needed until both arms accept it.

        Raises:
            CmsimError: values that exclude one another even close to the defaults.
        """
        share = 1.0
        while True:
            moved = drawn if share == 1.0 else move_to_defaults(drawn, share)
            try:
                self.arms(moved)
            except CmsimError:
                if share < 0.1:
                    raise
                share /= 2.0
            else:
                return moved

    def simulate_pair(self, parameters: ParameterSet, replication: int = 0) -> NDArray[np.float64]:
        """Run both arms under one parameter set; return the measures, shape (2 arms, measures)."""
        return np.array([self.measure_run(simulate(arm, replication)) for arm in self.arms(parameters)])

    def measure_run(self, run: Simulated) -> list[float]:
        """Return every measure of a run, nan where it is not defined."""
        return [measure(run) for measure in self.measures]


def scaled(clients: int, scenario: str = "usual_care") -> dict[str, object]:
    """Return the settings of an agency with fewer clients, its staff, beds and places in proportion.

    Args:
        clients: at the start.
        scenario: the bundled scenario whose proportions it has.

    >>> scaled(100)["service.staff.case_managers"]
    4
    """
    spec = load_scenario(scenario)
    ratio = clients / spec.world.population.clients
    settings: dict[str, object] = {"world.population.clients": clients}
    for part, of in (("baseline", spec.baseline), ("service", spec.service)):
        staff = of.staff
        numbers = {
            "staff.case_managers": max(round(staff.case_managers * ratio), 1),
            "staff.psychiatrists": 1,
            "staff.psychiatrist_hours": min(staff.psychiatrists * staff.psychiatrist_hours * ratio, 80.0),
            "hospital.beds": max(round(of.hospital.beds * ratio), 1),
            "crisis.teams": max(round(of.crisis.teams * ratio), 1),
            **{f"agencies.{name}": max(round(n * ratio), 1) for name, n in of.agencies.model_dump().items()},
        }
        settings |= {f"{part}.{key}": value for key, value in numbers.items()}
    return settings


def stated_by(name: str, section: str) -> dict[str, object]:
    """Return what a bundled scenario and those it is based on state in a section, by dotted key; never nothing.

    With it a practice model is laid over a small agency: its policies, not its numbers of posts and doctors.

    Args:
        name: of the scenario.
        section: such as ``"service"``; one in which nothing is stated is a KeyError.

    >>> stated_by("clinical", "service")["service.caseload.size"]
    20
    """
    stated = {key: value for key, value in _stated(name, section) if not key.endswith("staff.psychiatrists")}
    if not stated:
        raise KeyError(f"{name} and what it is based on state nothing in [{section}]")
    return stated


def _stated(name: str, section: str) -> list[tuple[str, object]]:
    table = tomllib.loads(bundled()[name].read_text(encoding="utf-8"))
    below = table.get("based_on", ())
    found = [each for other in ([below] if isinstance(below, str) else below) for each in _stated(other, section)]
    for step in section.split("."):
        table = table.get(step, {})
    return found + _flatten(section, table)


def _flatten(key: str, value: object) -> list[tuple[str, object]]:
    """Return the settings of a table with their dotted keys; a table that names a rule stays whole."""
    if not isinstance(value, dict) or "rule" in value:
        return [(key, value)]
    return [each for name, inner in value.items() for each in _flatten(f"{key}.{name}", inner)]
