"""Contrasts: two ways to run a community, compared in many worlds.

An emergent claim names an outcome that no rule mentions. It is examined by paired runs (same people, same
luck) of two settings, once for each draw of the parameters (see
:mod:`cmsim.validation.claims.parameter_draws`), so that what is found does not depend on our choice of numbers.
No parameter is fitted to a claim.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any

from cmsim.core.errors import CmsimError
from cmsim.outcomes import find
from cmsim.results.simulation import Simulated
from cmsim.scenario import Scenario, load_scenario
from cmsim.scenario.library import bundled
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.validation.claims.parameter_draws import drawn_worlds, halfway

DRAWS = 50


@dataclass(frozen=True, slots=True)
class Measure:
    """What is compared, and which way the claim says it goes.

    Attributes:
        name: an outcome of ``cmsim.outcomes``, or a name of one's own with ``of``.
        sign: +1 if the claim says that arm b has more of it, -1 if less.
        of: the function of one run; the outcome called ``name`` if ``None``.
        unit: in words, for a function of one's own.
    """

    name: str
    sign: int
    of: Callable[[Simulated], float] | None = None
    unit: str = ""

    def __call__(self, run: Simulated) -> float:
        """Return the value of one run."""
        return float(find(self.name).measure(run.window) if self.of is None else self.of(run))

    @property
    def code(self) -> str:
        """A code of what it computes: the outcome's name, or a hash over its function and what that uses."""
        if self.of is None:
            return self.name
        made = hashlib.blake2b(digest_size=12)
        for part in _parts(self.of, set()):
            made.update(part.encode() + b"\0")
        return made.hexdigest()


def _parts(thing: Any, seen: set[int]) -> Iterator[str]:
    """Yield what a function computes with: its code, what it has closed over, the functions it calls.

    What belongs to an installed package counts by name; the version of the model stands for it.
    """
    if isinstance(thing, CodeType):
        yield f"{thing.co_code.hex()} {thing.co_names} {thing.co_varnames} {thing.co_freevars}"
        for constant in thing.co_consts:
            yield from _parts(constant, seen)
    elif isinstance(thing, FunctionType) and not thing.__module__.startswith("cmsim"):
        if id(thing) in seen:
            return
        seen.add(id(thing))
        yield from _parts(thing.__code__, seen)
        for cell in thing.__closure__ or ():
            yield from _parts(cell.cell_contents, seen)
        yield from _parts((thing.__defaults__, thing.__kwdefaults__), seen)
        for name in sorted(_names(thing.__code__)):
            if name in thing.__globals__:
                yield name
                yield from _parts(thing.__globals__[name], seen)
    elif isinstance(thing, Mapping):
        yield from _parts(tuple(thing.items()), seen)
    elif isinstance(thing, list | tuple):
        for each in thing:
            yield from _parts(each, seen)
    elif callable(thing) or hasattr(thing, "__file__"):
        yield f"{getattr(thing, '__module__', '')} {getattr(thing, '__name__', type(thing).__name__)}"
    else:
        yield repr(thing)


def _names(code: CodeType) -> set[str]:
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    return set(code.co_names).union(*(_names(each) for each in inner))


@dataclass(frozen=True)
class Contrast:
    """Two arms that differ in some settings, on a base that both share.

    Runs take about as long in a town of 120 as in one of 60, so 120 is the usual size.

    Attributes:
        name: short, for files.
        question: what is asked, in a sentence.
        a: settings of arm a by dotted key, over the base.
        b: settings of arm b.
        measures: what is compared.
        base: settings of both arms, over ``scenario`` and the small town of :func:`scaled`.
        scenario: the bundled scenario that all of it is based on.
        clients: size of the town.
        warm_up: days of warm-up.
        days: days after it.
        draws: how many draws; fewer than 50 are not enough for "emerges".
        replications: paired replications for each draw.
        fixed: prefixes of parameters that are not drawn, besides population and lengths of contacts.
    """

    name: str
    question: str
    a: Mapping[str, Any]
    b: Mapping[str, Any]
    measures: Sequence[Measure]
    base: Mapping[str, Any] = field(default_factory=dict)
    scenario: str = "usual_care"
    clients: int = 120
    warm_up: int = 60
    days: int = 365
    draws: int = DRAWS
    replications: int = 1
    fixed: tuple[str, ...] = ()

    @property
    def stated(self) -> frozenset[str]:
        """Keys that either arm or both state."""
        return frozenset({*self.base, *self.a, *self.b})

    def arms(self, settings: Mapping[str, Any] | None = None) -> tuple[Scenario, Scenario]:
        """Return both arms as scenarios, with some more settings in both (a draw)."""
        common = {
            **scaled(self.clients, self.scenario),
            "world.warm_up_days": self.warm_up,
            "run.days": self.days,
            **self.base,
            **(settings or {}),
        }
        base = load_scenario(self.scenario).replace(common)
        return tuple(  # type: ignore[return-value]
            base.replace({"name": f"{self.name}_{arm}", **stated}) for arm, stated in (("a", self.a), ("b", self.b))
        )

    def drawn(self, ensemble: Ensemble | None = None) -> list[dict[str, float]]:
        """Return the draws: a value for each parameter that is not known, by dotted key."""
        scenario = load_scenario(self.scenario)
        return drawn_worlds(scenario, self.stated, self.draws, self.fixed, ensemble)

    def possible(self, draw: Mapping[str, float]) -> tuple[tuple[Scenario, Scenario], float]:
        """Return the arms in a drawn world, and the share of the way to it that could be gone.

        A draw that cannot be (numbers that exclude one another) is moved halfway to the defaults until it
        can.
        """
        share = 1.0
        while True:
            try:
                return self.arms(draw if share == 1.0 else halfway(draw, share)), share
            except CmsimError:
                if share < 0.1:
                    raise
                share /= 2.0


def scaled(clients: int, scenario: str = "usual_care") -> dict[str, Any]:
    """Return the settings of a town of fewer clients, with staff, beds and places in proportion.

    Args:
        clients: at the start.
        scenario: the bundled scenario whose proportions it has.

    >>> scaled(100)["service.staff.case_managers"]
    4
    """
    spec = load_scenario(scenario)
    ratio = clients / spec.world.population.clients
    settings: dict[str, Any] = {"world.population.clients": clients}
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


def stated_by(name: str, section: str) -> dict[str, Any]:
    """Return what a bundled scenario and those it is based on state in a section, by dotted key.

    So a practice model can be laid over a small town: its policies, not its numbers of posts and doctors.

    Args:
        name: of the scenario.
        section: such as ``"service"``.

    >>> stated_by("clinical", "service")["service.caseload.size"]
    20
    """
    table = tomllib.loads(bundled()[name].read_text(encoding="utf-8"))
    below = table.get("based_on", ())
    stated: dict[str, Any] = {}
    for other in (below,) if isinstance(below, str) else below:
        stated |= stated_by(other, section)
    for step in section.split("."):
        table = table.get(step, {})
    stated |= _flat(section, table)
    return {key: value for key, value in stated.items() if not key.endswith("staff.psychiatrists")}


def _flat(key: str, value: Any) -> dict[str, Any]:
    """Return a table by dotted key; one that names a rule stays whole."""
    if not isinstance(value, dict) or "rule" in value:
        return {key: value}
    found: dict[str, Any] = {}
    for name, inner in value.items():
        found |= _flat(f"{key}.{name}", inner)
    return found
