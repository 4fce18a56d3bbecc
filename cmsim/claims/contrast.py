"""Contrasts: two ways to run a community, compared on many draws from the ranges of the assumed parameters.

An emergent claim names an outcome that no rule mentions. It is examined by paired runs (same people, same
luck) of two settings, once for each draw; the draws are a Latin hypercube over the declared ranges of all
parameters of the world whose status is "assumption" (McKay 1979), so that what is found does not hang on our
choice of numbers. No parameter is fitted to a claim.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.stats import qmc, t

from cmsim import __version__
from cmsim.errors import CmsimError
from cmsim.evidence import parameters
from cmsim.experiment.branches import branch
from cmsim.outcomes import find
from cmsim.scenario import Scenario, load_scenario
from cmsim.simulation import Simulated, simulate

DRAWS = 50
SEED = 20_260
LEVEL = 0.95

_KEPT = ("world.population.", "world.warm_up_days", "world.contact_time.")
"""Not drawn: who is there, how long, and the lengths of contacts, which set the capacity."""


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


@dataclass(frozen=True)
class Contrast:
    """Two arms that differ in some settings, on a base that both share.

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
        replications: paired histories for each draw.
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
    warm_up: int = 180
    days: int = 540
    draws: int = DRAWS
    replications: int = 1
    fixed: tuple[str, ...] = ()

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
            base.replace({"name": f"{self.name}_{arm}", **stated})
            for arm, stated in (("a", self.a), ("b", self.b))
        )

    def drawn(self) -> list[dict[str, float]]:
        """Return the draws: a value for each assumed parameter of the world, by dotted key."""
        world = load_scenario(self.scenario).replace(dict(self.base)).world
        stated = {*self.base, *self.a, *self.b}
        assumed = [
            parameter
            for parameter in parameters(world, "world")
            if parameter.evidence.status == "assumption"
            and isinstance(parameter.value, float)
            and not parameter.key.startswith((*_KEPT, *self.fixed))
            and not any(parameter.key == key or parameter.key.startswith(f"{key}.") for key in stated)
        ]
        points = qmc.LatinHypercube(d=max(len(assumed), 1), rng=SEED).random(self.draws)
        return [
            {
                p.key: p.evidence.low + u * (p.evidence.high - p.evidence.low)
                for p, u in zip(assumed, row.tolist(), strict=False)
            }
            for row in points
        ]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a contrast shows for one measure, over the draws.

    Attributes:
        measure: its name.
        unit: in words.
        sign: the direction that the claim states.
        mean_a: mean of arm a.
        mean_b: mean of arm b.
        difference: mean of b minus a.
        low: lower end of its 95% interval over draws (chance and assumptions together).
        high: upper end.
        share: of draws in which the difference has the stated sign.
        undecided: share of draws without any difference.
        draws: draws in which the measure is defined in both arms.
    """

    measure: str
    unit: str
    sign: int
    mean_a: float
    mean_b: float
    difference: float
    low: float
    high: float
    share: float
    undecided: float
    draws: int

    @property
    def shown(self) -> bool:
        """Whether the interval lies wholly on the side that the claim states."""
        return (self.low > 0.0) if self.sign > 0 else (self.high < 0.0)


@dataclass(frozen=True)
class Examined:
    """The result of a contrast: a finding for each measure, with what is needed to repeat it."""

    name: str
    question: str
    findings: tuple[Finding, ...]
    manifest: Mapping[str, Any]

    def __getitem__(self, measure: str) -> Finding:
        for finding in self.findings:
            if finding.measure == measure:
                return finding
        raise CmsimError(f'the contrast "{self.name}" has no measure "{measure}"')

    def save(self, folder: Path) -> Path:
        """Write the result as JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        return path

    @classmethod
    def load(cls, folder: Path, name: str) -> Examined:
        """Read a result that was saved.

        Raises:
            CmsimError: there is none of that name.
        """
        path = folder / f"{name}.json"
        if not path.exists():
            raise CmsimError(f"no result of the contrast {name!r}: run python -m pytest --claims")
        held = json.loads(path.read_text(encoding="utf-8"))
        held["findings"] = tuple(Finding(**finding) for finding in held["findings"])
        return cls(**held)


def examine(contrast: Contrast, *, n_jobs: int = 1, seed_draws: int | None = None) -> Examined:
    """Run a contrast on its draws and return what it shows.

    Args:
        contrast: what to compare.
        n_jobs: processes.
        seed_draws: only the first so many draws, for a first look.
    """
    drawn = contrast.drawn()[:seed_draws]
    run = Parallel(n_jobs=n_jobs)(delayed(_pair)(contrast, draw) for draw in drawn)
    values = np.array(run)  # draws, arms, measures
    findings = tuple(
        _finding(measure, values[:, 0, place], values[:, 1, place])
        for place, measure in enumerate(contrast.measures)
    )
    arms = contrast.arms()
    manifest = {
        "cmsim": __version__,
        "python": platform.python_version(),
        "draws": len(drawn),
        "drawn_parameters": len(drawn[0]) if drawn else 0,
        "replications": contrast.replications,
        "clients": contrast.clients,
        "warm_up_days": contrast.warm_up,
        "days": contrast.days,
        "scenario": contrast.scenario,
        "base": dict(contrast.base),
        "a": dict(contrast.a),
        "b": dict(contrast.b),
        "scenario_digests": [arm.digest() for arm in arms],
        "history_digest": simulate(arms[0].replace({"world.warm_up_days": 0, "run.days": 30})).digest(),
    }
    return Examined(contrast.name, contrast.question, findings, manifest)


def smoke(contrast: Contrast) -> Examined:
    """Run a contrast once, small and short: that it runs and measures something, not what it shows."""
    small = {"clients": min(contrast.clients, 60), "warm_up": 30, "days": 60, "draws": 1, "replications": 1}
    return examine(Contrast(**{**contrast.__dict__, **small}))


def _pair(contrast: Contrast, draw: Mapping[str, float]) -> list[list[float]]:
    """Return the means over replications of every measure, by arm, for one draw."""
    arms = list(_possible(contrast, draw))

    def keep(run: Simulated) -> list[float]:
        return [measure(run) for measure in contrast.measures]

    totals: NDArray[np.float64] = np.zeros((2, len(contrast.measures)))
    for replication in range(contrast.replications):
        runs = branch(arms, [False, False], replication, keep)
        totals += np.array(runs if runs is not None else [keep(simulate(arm, replication)) for arm in arms])
    return (totals / contrast.replications).tolist()  # type: ignore[no-any-return]


def _possible(contrast: Contrast, draw: Mapping[str, float]) -> tuple[Scenario, Scenario]:
    """Return the arms under a draw; one that cannot be (cross-field limits) is moved halfway to the default
    until it can."""
    defaults = {p.key: p.value for p in parameters(load_scenario(contrast.scenario).world, "world")}
    share = 1.0
    while True:
        moved = {key: defaults[key] + share * (value - defaults[key]) for key, value in draw.items()}
        try:
            return contrast.arms(moved)
        except CmsimError:
            if share < 0.1:
                raise
            share /= 2.0


def _finding(measure: Measure, a: NDArray[np.float64], b: NDArray[np.float64]) -> Finding:
    defined = np.isfinite(a) & np.isfinite(b)
    a, b = a[defined], b[defined]
    n, gap = len(a), b - a
    unit = measure.unit or (find(measure.name).unit if measure.of is None else "")
    if n < 2:
        mean = float(gap.mean()) if n else math.nan
        return Finding(measure.name, unit, measure.sign, *(math.nan,) * 2, mean, -math.inf, math.inf, 0, 0, n)
    half = float(t.ppf(0.5 + LEVEL / 2.0, n - 1) * gap.std(ddof=1) / math.sqrt(n))
    mean = float(gap.mean())
    return Finding(
        measure.name,
        unit,
        measure.sign,
        float(a.mean()),
        float(b.mean()),
        mean,
        mean - half,
        mean + half,
        float((gap * measure.sign > 0.0).mean()),
        float((gap == 0.0).mean()),
        n,
    )


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
