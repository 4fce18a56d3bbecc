"""Records all contrasts: resumable, on all cores, each run once however many contrasts ask for it.

Contrasts whose arms can share runs or their beginnings form a family; a piece of work is one draw of a
family. Every finished run goes at once into a ledger (one SQLite file a process, see
:mod:`cmsim.experiment.study.ledger`) under a key of model, settings and replication, with the values of all
measures that were asked of it. What a ledger holds is not run again, by this or a later recording.
"""

from __future__ import annotations

import gc
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np

from cmsim.claims.contrast import Contrast, Measure
from cmsim.claims.finding import Examined
from cmsim.claims.ledger import modules_in
from cmsim.claims.living import Values, examined_from, live_all, mean_values, measured, sharing
from cmsim.claims.manifest import asked_code, contrast_code, manifest
from cmsim.claims.worlds import chosen_ensemble
from cmsim.errors import CmsimError, nearest
from cmsim.experiment.branches import days_in_common
from cmsim.experiment.drive import Drive
from cmsim.experiment.engines import engine
from cmsim.experiment.study.keys import model_version, run_keys, settings_digest
from cmsim.experiment.study.ledger import DONE, Row, Writer, ledgers, select
from cmsim.experiment.study.living import this_process
from cmsim.scenario import Scenario
from cmsim.scenario.ensemble import Ensemble
from cmsim.simulation import Simulated

Told = Callable[[float, float, float], None]
"""Told the client-years done, those of them that were lived now, and those in all."""


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


@dataclass(frozen=True)
class Orders:
    """What all jobs have in common.

    Attributes:
        tests: folder of the tests that define the contrasts.
        store: folder of the ledgers.
        ensemble: file of an ensemble; None for the bundled one, if there is one.
        version: of the model.
    """

    tests: Path
    store: Path
    ensemble: Path | None
    version: Mapping[str, str]


@dataclass
class Done:
    """What comes back from a job.

    Attributes:
        values: by contrast, the means of its measures by arm; without those of which a run went wrong.
        shares: by contrast, the share of the way to the draw that could be gone.
        errors: what went wrong.
        lived: runs that were lived now; the others were in a ledger.
        seconds: it took.
    """

    values: dict[str, list[list[float]]] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    lived: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class _Asked:
    """One run, and what is asked of it."""

    scenario: Scenario
    replication: int
    measures: dict[str, Measure]


def do_job(orders: Orders, job: Job) -> Done:
    """Live what is missing of one draw of a family, record each run, and return what all of it gives.

    Raises:
        DiskError: the disk refused.
        CmsimError: this process has another version of the model.
    """
    if model_version() != dict(orders.version):
        raise CmsimError("the model was changed while contrasts were recorded; begin again: nothing is mixed")
    began = time.perf_counter()
    done = Done()
    asked: dict[bytes, _Asked] = {}
    keys: dict[str, list[list[bytes]]] = {}
    for name in job.contrasts:
        contrast = _contrasts(orders.tests)[name]
        arms, done.shares[name] = contrast.possible(_drawn(orders, name)[job.draw])
        histories = range(contrast.replications)
        keys[name] = [[_key(orders, arm, each) for each in histories] for arm in arms]
        for arm, arm_keys in zip(arms, keys[name], strict=True):
            for replication, key in zip(histories, arm_keys, strict=True):
                run = asked.setdefault(key, _Asked(arm, replication, {}))
                run.measures.update({each.code: each for each in contrast.measures})
    known, writer = _store(orders.store)
    missing = {key: run for key, run in asked.items() if not run.measures.keys() <= known.get(key, {}).keys()}
    for key, values in _lived(missing):
        if isinstance(values, Exception):
            done.errors.append(f"{missing[key].scenario.name}, draw {job.draw}: {values!r}")
            continue
        known[key] = {**known.get(key, {}), **values}
        writer.record(_row(key, known[key], missing[key].replication, time.perf_counter() - began))
        done.lived += 1
    for name, both in keys.items():
        if all(key in known for arm_keys in both for key in arm_keys):
            contrast = _contrasts(orders.tests)[name]
            done.values[name] = [mean_values(contrast, [known[key] for key in arm_keys]) for arm_keys in both]
    _clear_away(done.lived)
    done.seconds = time.perf_counter() - began
    return done


def _clear_away(lived: int) -> None:
    """Collect now and then: communities are cycles that the collector, left to itself, lets pile up.

    Some 5 MB a run; a collection takes as long as a run of half a small town, so not after every one.
    """
    global _uncollected
    _uncollected += lived
    if _uncollected >= _PILE:
        _uncollected = 0
        gc.collect()


_uncollected = 0
_PILE = 20
"""Runs after which memory is cleared."""


def _lived(missing: Mapping[bytes, _Asked]) -> Iterator[tuple[bytes, Values | Exception]]:
    for replication in sorted({run.replication for run in missing.values()}):
        part = [(key, run) for key, run in missing.items() if run.replication == replication]

        def keep(place: int, lived: Simulated, part: list[tuple[bytes, _Asked]] = part) -> Values:
            return measured(lived, part[place][1].measures)

        for place, values in live_all([run.scenario for _, run in part], replication, keep):
            yield part[place][0], values


def _key(orders: Orders, arm: Scenario, replication: int) -> bytes:
    return run_keys(orders.version, settings_digest(arm), arm.run.seed)(replication)


def _row(key: bytes, values: Values, replication: int, seconds: float) -> Row:
    plain = {code: None if math.isnan(value) else value for code, value in values.items()}
    host, process = this_process()
    return Row(
        run_key=key,
        status=DONE,
        error=None,
        digest=None,
        outcomes=json.dumps(plain),
        groups=None,
        spreads=None,
        courses=None,
        log_bytes=None,
        replication=replication,
        seconds=seconds,
        host=host,
        process=process,
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        trace=None,
    )


@lru_cache(maxsize=1)
def _store(folder: Path) -> tuple[dict[bytes, Values], Writer]:
    """Return what all ledgers of a folder hold by now, and the ledger that this process writes."""
    known: dict[bytes, Values] = {}
    for path in ledgers(folder):
        for key, outcomes in select(path, ("run_key", "outcomes")):
            values = {
                code: math.nan if value is None else value
                for code, value in json.loads(str(outcomes)).items()
            }
            known.setdefault(key, {}).update(values)  # type: ignore[arg-type]
    return known, Writer(folder)


@lru_cache(maxsize=1)
def _contrasts(tests: Path) -> dict[str, Contrast]:
    return contrasts_in(tests)


@lru_cache(maxsize=256)
def _drawn_by(tests: Path, ensemble: Path | None, name: str) -> list[dict[str, float]]:
    return _contrasts(tests)[name].drawn(chosen_ensemble(ensemble))


def _drawn(orders: Orders, name: str) -> list[dict[str, float]]:
    return _drawn_by(orders.tests, orders.ensemble, name)


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
            raise CmsimError(
                f'unknown contrast "{name}"{nearest(name, known)}; there are: {", ".join(known)}'
            )
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


def take_over(
    names: Iterable[str], tests: Path, results: Path, look: Path, ensemble: Ensemble | None
) -> list[str]:
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
            [arm[:1] for arm in held.values.get(measure, ())] == list(arms)
            for measure, arms in seen.values.items()
        )
        if same and held.manifest.get("asked") == asked_code(known[name], ensemble):
            about = {**held.manifest, "code": contrast_code(known[name], ensemble)}
            before = [*held.manifest.get("taken_over_from", ()), held.manifest["code"]]
            replace(held, manifest={**about, "taken_over_from": before}).save(results)
            taken.append(name)
    return taken


class Recording:
    """One go at a plan: the source of work of a :class:`~cmsim.experiment.drive.Drive`."""

    def __init__(self, plan: Plan, orders: Orders, results: Path, told: Told | None = None) -> None:
        self._orders, self._results, self._told = orders, results, told
        self._contrasts = {each.name: each for family in plan.wanted for each in family.contrasts}
        self._waiting = iter(plan.jobs)
        self._left = {name: plan.draws(each) for name, each in self._contrasts.items()}
        self._values = {
            name: np.full((plan.draws(each), 2, len(each.measures)), np.nan)
            for name, each in self._contrasts.items()
        }
        self._moved = dict.fromkeys(self._contrasts, 0)
        self._all, self._so_far, self._now = plan.client_years, 0.0, 0.0
        self.saved: list[Path] = []
        self.errors: list[str] = []

    def run(self, workers: int | None = None) -> None:
        """Do all the work; each result is saved when the last of its draws is there.

        Raises:
            KeyboardInterrupt: stopped; what was lived is in the ledgers, and the next recording goes on.
        """
        Drive[Job, Done](self, engine(workers=workers)).run()

    def next_piece(self) -> Job | None:
        """Return the next job; None if there is no more."""
        return next(self._waiting, None)

    def work(self, piece: Job, alone: bool) -> tuple[Callable[..., Done], tuple[object, ...]]:
        """Return the function to be called where the work is done, with its arguments."""
        return do_job, (self._orders, piece)

    def done(self, piece: Job, report: Done) -> None:
        """Take what came back."""
        self.errors += report.errors
        self._finish(piece, report)

    def remainder(self, piece: Job) -> Job | None:
        """Return the job again: what it had recorded is not done twice."""
        return piece

    def split(self, piece: Job) -> tuple[list[Job], list[Job]]:
        """Return nothing: a job is one piece."""
        return [], []

    def given_up(self, piece: Job) -> None:
        """Take note of a job that ends its process again and again."""
        self.errors.append(
            f"{', '.join(piece.contrasts)}, draw {piece.draw}: its process ended again and again"
        )
        self._finish(piece, Done())

    def _finish(self, piece: Job, report: Done) -> None:
        for name in piece.contrasts:
            if name in report.values:
                self._values[name][piece.draw] = report.values[name]
            self._moved[name] += report.shares.get(name, 1.0) < 1.0
            self._left[name] -= 1
            if not self._left[name]:
                self._save(self._contrasts[name])
        self._so_far += piece.client_years
        self._now += piece.client_years * (report.lived > 0)
        if self._told is not None:
            self._told(self._so_far, self._now, self._all)

    def _save(self, contrast: Contrast) -> None:
        ensemble = chosen_ensemble(self._orders.ensemble)
        drawn = contrast.drawn(ensemble)[: len(self._values[contrast.name])]
        about = manifest(contrast, drawn, self._moved[contrast.name], ensemble)
        self.saved.append(examined_from(contrast, self._values[contrast.name], about).save(self._results))
