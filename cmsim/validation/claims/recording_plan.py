"""What is to be recorded: contrasts in families that share runs, pieces of work, results that stand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cmsim.core.errors import CmsimError, nearest
from cmsim.experiments.shared_warm_up import days_in_common
from cmsim.scenario import Scenario
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.validation.claims.arm_runs import sharing
from cmsim.validation.claims.claim_register import modules_in
from cmsim.validation.claims.code_stamp import asked_code, contrast_code
from cmsim.validation.claims.contrast import Contrast
from cmsim.validation.claims.finding import Examined


def contrasts_in(tests: Path) -> dict[str, Contrast]:
    """Return the contrasts that the tests of a folder define, by name.

    Raises:
        CmsimError: two different ones have the same name.
    """
    found: dict[str, Contrast] = {}
    for module in modules_in(tests):
        for each in _within(list(vars(module).values())):
            if found.setdefault(each.name, each) is not each:
                raise CmsimError(f'two contrasts are called "{each.name}"')
    return found


def _within(thing: object) -> Iterator[Contrast]:
    """Yield the contrasts in lists and tables, and in those within them."""
    if isinstance(thing, Contrast):
        yield thing
    elif isinstance(thing, list | tuple):
        for each in thing:
            yield from _within(each)
    elif isinstance(thing, dict):
        yield from _within(list(thing.values()))


@dataclass(frozen=True)
class Family:
    """Contrasts that share runs, or the beginning of runs.

    Attributes:
        contrasts: of this family.
        arms: the different scenarios among their arms, before anything is drawn.
        client_years: that one draw takes.
        apart: client-years that it would take if every arm were lived for itself.
    """

    contrasts: tuple[Contrast, ...]
    arms: tuple[Scenario, ...]
    client_years: float
    apart: float

    @property
    def draws(self) -> int:
        """How many draws there are: those of the contrast that wants most."""
        return max(each.draws for each in self.contrasts)


def families(contrasts: Iterable[Contrast]) -> list[Family]:
    """Return contrasts in families, the one that takes longest first."""
    groups: list[tuple[list[Contrast], list[Scenario], list[tuple[Scenario, frozenset[str]]]]] = []
    for contrast in contrasts:
        worlds = frozenset(key for key in contrast.stated if key.startswith("world."))
        arms = contrast.arms()
        mine = ([contrast], list(arms), [(arm, worlds) for arm in arms])
        apart = []
        for group in groups:
            if group[0][0].draws == contrast.draws and _related(group[2], mine[2]):
                mine = (group[0] + mine[0], group[1] + mine[1], group[2] + mine[2])
            else:
                apart.append(group)
        groups = [*apart, mine]
    made = []
    for members, arms_of_all, _ in groups:
        different = list({arm.digest(): arm for arm in arms_of_all}.values())
        times = max(each.replications for each in members)
        shared = [[different[place] for place in places] for places in sharing(different)]
        years = times * math.fsum(_client_years(group) for group in shared)
        alone = math.fsum(each.replications * _client_years([arm]) for each in members for arm in each.arms())
        made.append(Family(tuple(members), tuple(different), years, alone))
    return sorted(made, key=lambda family: -family.client_years * family.draws)


def _related(
    ones: Sequence[tuple[Scenario, frozenset[str]]], others: Sequence[tuple[Scenario, frozenset[str]]]
) -> bool:
    """Whether any of some arms has the beginning of one of some others in every draw of the world."""
    return any(
        worlds == other_worlds and len(sharing([arm, other])) == 1
        for arm, worlds in ones
        for other, other_worlds in others
    )


def _client_years(group: Sequence[Scenario]) -> float:
    """Return the client-years of scenarios that live their days in common once."""
    first = group[0]
    common = days_in_common(group, [False] * len(group)) if len(group) > 1 else 0
    days = common + sum(each.total_days - common for each in group)
    return first.world.population.clients * days / 365.0


@dataclass(frozen=True, slots=True)
class Job:
    """One draw of a family.

    Attributes:
        contrasts: names.
        draw: which.
        client_years: it takes.
    """

    contrasts: tuple[str, ...]
    draw: int
    client_years: float


@dataclass
class Plan:
    """What is to be recorded.

    Attributes:
        wanted: families of the contrasts without a result of this model.
        current: names of those that have one.
        first: only so many draws, for a first look; None for all.
    """

    wanted: list[Family]
    current: list[str]
    first: int | None = None

    def draws(self, of: Family | Contrast) -> int:
        """Return how many draws of a family or contrast are wanted."""
        return of.draws if self.first is None else min(of.draws, self.first)

    @property
    def jobs(self) -> list[Job]:
        """The pieces of work: the first draws of all families first, so that a first look comes early."""
        return [
            Job(tuple(each.name for each in family.contrasts), draw, family.client_years)
            for draw in range(max((self.draws(family) for family in self.wanted), default=0))
            for family in self.wanted
            if draw < self.draws(family)
        ]

    @property
    def client_years(self) -> float:
        """That all of it takes."""
        return math.fsum(family.client_years * self.draws(family) for family in self.wanted)

    @property
    def apart(self) -> float:
        """Client-years that it would take if every arm of every contrast were lived for itself."""
        return math.fsum(family.apart * self.draws(family) for family in self.wanted)


def make_plan(
    tests: Path,
    results: Path,
    ensemble: Ensemble | None,
    names: Sequence[str] = (),
    anew: bool = False,
    first: int | None = None,
) -> Plan:
    """Return what is to be recorded.

    Args:
        tests: folder of the tests that define the contrasts.
        results: folder of the results.
        ensemble: whose sets give the fitted parameters.
        names: contrasts; by default all.
        anew: also those that have a result of this model.
        first: only so many draws, for a first look.

    Raises:
        CmsimError: no contrast has such a name.
    """
    known = contrasts_in(tests)
    for name in names:
        if name not in known:
            raise CmsimError(f'unknown contrast "{name}"{nearest(name, known)}; there are: {", ".join(known)}')
    chosen = [known[name] for name in names or known]
    current = [] if anew else [each.name for each in chosen if is_current(each, results, ensemble)]
    return Plan(families(each for each in chosen if each.name not in current), current, first)


def is_current(contrast: Contrast, results: Path, ensemble: Ensemble | None) -> bool:
    """Whether there is a result of this contrast with this model, these draws and this ensemble."""
    try:
        held = Examined.load(results, contrast.name).manifest.get("code")
    except CmsimError:
        return False
    return held == contrast_code(contrast, ensemble)


def take_over(names: Iterable[str], tests: Path, results: Path, look: Path, ensemble: Ensemble | None) -> list[str]:
    """Take results of other code over for this, where what was asked and its first draw are the same.

    A change that only makes the model faster leaves every history as it was. A first draw lives through each
    arm in full, under values that no default has: where all its measures come out the same, in all the
    digits that are kept, the result stands.

    Args:
        names: contrasts.
        tests: folder of the tests that define them.
        results: folder of their results.
        look: folder of their results by this code, over the first draw.
        ensemble: whose sets give the fitted parameters.

    Returns:
        the names of those taken over.
    """
    known, taken = contrasts_in(tests), []
    for name in names:
        try:
            held, seen = Examined.load(results, name), Examined.load(look, name)
        except CmsimError:
            continue
        same = all(
            [arm[:1] for arm in held.values.get(measure, ())] == list(arms) for measure, arms in seen.values.items()
        )
        if same and held.manifest.get("asked") == asked_code(known[name], ensemble):
            about = {**held.manifest, "code": contrast_code(known[name], ensemble)}
            before = [*held.manifest.get("taken_over_from", ()), held.manifest["code"]]
            replace(held, manifest={**about, "taken_over_from": before}).save(results)
            taken.append(name)
    return taken
