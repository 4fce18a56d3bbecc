"""What a virtual trial is: who is included, what the arms are, how long, and what was found."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from cmsim.core.errors import CmsimError, ScenarioError, nearest
from cmsim.core.extension import load_extension
from cmsim.core.parameters import Section
from cmsim.core.references import SOURCES, Source
from cmsim.scenario import Scenario, load_scenario
from cmsim.scenario.consistency import CASELOAD_TIMES
from cmsim.scenario.nested_settings import as_table
from cmsim.scenario.text_file import ShownText
from cmsim.validation.trials.arm_treatments import HOLDS, PROGRAMMES
from cmsim.validation.trials.cohort import CONDITIONS, LOOKS_BACK, Condition, Where
from cmsim.validation.trials.study_source import StudySource
from cmsim.validation.trials.trial_effects import EFFECTS
from cmsim.validation.trials.trial_measures import find_measure

Key = ShownText
"""The name of an arm, group or target within its trial."""

OUTCOME = "outcome:"
"""How the measure of a target begins that is an outcome of the run, one value a replication."""

ROLES = {
    "fitted": ("used by the calibration, which kept parameter sets because they hit it", "that the calibration worked"),
    "in view": ("known while mechanisms were built, or values set by hand", "that the model can show it"),
    "predicted": (
        "not looked at before the model was complete",
        "that the model carries over to a study that it does not know",
    ),
}
"""What a figure was for, by the role of its target, and what a hit says then."""


class _Loose(Section):
    """A section read from a file: whole numbers may stand for numbers with a fraction."""

    model_config = ConfigDict(strict=False)


class Inclusion(_Loose):
    """Who takes part, and when.

    Attributes:
        at: ``arms part`` (everybody who fits on the day after the warm-up, on which arms part), or the event
            in the first arm that lets a client enter: ``discharge``, ``crisis``, ``presentation`` (a
            crisis that comes to the emergency department or is to lead to admission) or ``referral``.
        after_days: days from the parting of the arms until anybody enters: a service has to be set up first.
        recruit_days: how long clients enter, for an event.
        where: conditions by column, such as ``days_since_episode = ">= 90"`` or ``phase = "stable"``.
        one_of: sets of conditions; whoever enters also fulfils at least one of them.
    """

    at: Literal["arms part", "discharge", "crisis", "presentation", "referral"] = "arms part"
    after_days: int = Field(default=0, ge=0, le=3650)
    recruit_days: int = Field(default=0, ge=0, le=3650)
    where: dict[str, str | float | bool] = {}
    one_of: tuple[dict[str, str | float | bool], ...] = ()


class Arm(_Loose):
    """One arm.

    Attributes:
        title: what tables call it.
        scenario: a scenario that the arm rests on in place of the trial's; it must share world and baseline.
        settings: differences from the trial's base by dotted key, as in a scenario file.
        hold: what is held for everybody in the trial from entry on, by name of
            :data:`cmsim.validation.trials.arm_treatments.HOLDS`.
        members_only: what of the arm's service only those in the trial get, by name of
            :data:`cmsim.validation.trials.arm_treatments.PROGRAMMES`.
        later: scenarios whose service takes over, by the day after ``after_days`` on which it does.
    """

    title: ShownText
    scenario: str | None = None
    settings: dict[str, Any] = {}
    hold: tuple[str, ...] = ()
    members_only: tuple[str, ...] = ()
    later: dict[Annotated[int, Field(ge=0, le=10_000)], str] = {}


class Target(_Loose):
    """One published finding, and how its simulated counterpart is computed.

    Attributes:
        label: what was measured.
        measure: a name of ``trial_measures.MEASURES``, ``"package.module:Name"`` of a measure of one's own, or
            ``outcome:`` and an outcome of the run.
        effect: how arms or groups are compared: a name of :data:`cmsim.validation.trials.trial_effects.EFFECTS`.
        arm: the arm looked at.
        against: the arm it is compared with, for effects of two.
        group: only members of this group.
        against_group: members of this group in the same arm, for effects of two groups.
        compared_with: another target, whose effect is taken from this one: the difference of two differences, the
            ratio of two ratios. An interaction, between groups or between arms.
        days: follow-up; that of the trial if ``None``.
        from_days: days after entry from which things are counted.
        published: the published estimate.
        interval: its published 95% interval.
        band: where the mean effect should lie.
        source: a key of the trial's sources, or of :data:`cmsim.core.references.SOURCES`.
        status: ``read`` in an abstract or summary, or ``recalled`` and so unverified.
        role: what the figure was used for, by name of :data:`ROLES`.
        per_arm: published number of people in an arm, for trials of that size.
        note: what the figure is of, and how the band was set.
    """

    label: ShownText
    measure: str
    effect: str
    arm: Key
    against: Key | None = None
    group: Key | None = None
    against_group: Key | None = None
    compared_with: Key | None = None
    days: int | None = Field(default=None, ge=1, le=10_000)
    from_days: int = Field(default=0, ge=0, le=10_000)
    published: float | None = None
    interval: tuple[float, float] | None = None
    band: tuple[float, float]
    source: str
    status: Literal["read", "recalled", "derived"] = "read"
    role: Literal["fitted", "in view", "predicted"] = "predicted"
    per_arm: int | None = Field(default=None, ge=2, le=1_000_000)
    note: str = ""

    @property
    def width(self) -> float:
        """Width of the band."""
        return self.band[1] - self.band[0]

    @property
    def sides(self) -> list[tuple[Key, Key | None]]:
        """Arm and group of whom is looked at, and of whom they are compared with where the effect is one of two."""
        first = (self.arm, self.group)
        if self.against_group is not None:
            return [first, (self.arm, self.against_group)]
        return [first] if self.against is None else [first, (self.against, self.group)]

    @property
    def is_of_run(self) -> bool:
        """Whether it is an outcome of whole runs, not measured of people."""
        return self.measure.startswith(OUTCOME)

    @property
    def kind(self) -> str:
        """What kind of measure it is of."""
        return "value" if self.is_of_run else find_measure(self.measure).kind


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted of each person.

    Attributes:
        measure: its name.
        from_days: days after entry from which it is counted.
        days: for how long.
        whole: whether that is the whole follow-up.
    """

    measure: str
    from_days: int
    days: int
    whole: bool

    @property
    def name(self) -> str:
        """What columns are named after."""
        name = self.measure.rpartition(":")[2]
        return name if self.whole else f"{name}_day_{self.from_days}_to_{self.from_days + self.days}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a table of persons: one, or of a time its days and whether the event came."""
        return (
            (f"{self.name}_days", f"{self.name}_event") if find_measure(self.measure).kind == "time" else (self.name,)
        )


class Trial(_Loose):
    """A virtual trial.

    Attributes:
        name: short, as in commands.
        title: what it reproduces.
        question: what it asks.
        about: design of the published study, size, setting, comparator.
        extensions: references of the packages whose measures and further parts it uses.
        scenario: the scenario that the base rests on.
        base: settings of all arms, over the scenario.
        inclusion: who takes part.
        follow_up_days: how long each is followed.
        arms: by name; the first is the reference in which events let people enter.
        groups: groups by name, each by conditions on columns at entry.
        targets: by name.
        sources: studies of one's own by the key that targets name.
        precision: share of a band's width that the Monte Carlo error must not exceed for a verdict.
        replications: replications by default.
    """

    name: str = ""
    title: ShownText
    question: ShownText
    about: ShownText
    extensions: tuple[str, ...] = ()
    scenario: str = "usual_care"
    base: dict[str, Any] = {}
    inclusion: Inclusion = Inclusion()
    follow_up_days: int = Field(ge=1, le=10_000)
    arms: dict[Key, Arm]
    groups: dict[Key, dict[str, str | float | bool]] = {}
    targets: dict[Key, Target]
    sources: dict[Key, StudySource] = {}
    precision: float = Field(default=0.1, gt=0.0, le=0.5)
    replications: int = Field(default=20, ge=2, le=10_000)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        try:
            for reference in self.extensions:
                load_extension(reference)
        except CmsimError as error:
            raise ValueError(f"extensions: {error}") from None
        if not self.arms or not self.targets:
            raise ValueError("a trial needs at least one arm and one target")
        for name, where in self._conditions():
            for column, text in where.items():
                if column not in CONDITIONS:
                    raise ValueError(f"{name}.{column}: unknown column{nearest(column, CONDITIONS)}")
                Condition.read(column, text)
        for name, arm in self.arms.items():
            for field, given, known in (("hold", arm.hold, HOLDS), ("members_only", arm.members_only, PROGRAMMES)):
                for each in given:
                    if each not in known:
                        raise ValueError(f"arms.{name}.{field}: unknown {each!r}{nearest(each, known)}")
        for name in self.sources:
            self._check_source(name)
        for name, target in self.targets.items():
            self._check_names(name, target)
            self._check_effect(name, target)
        self._check_columns()
        return self

    def _conditions(self) -> Iterator[tuple[str, Where]]:
        """Yield all sets of conditions, by where they stand in the file."""
        yield "inclusion.where", self.inclusion.where
        yield from (("inclusion.one_of", where) for where in self.inclusion.one_of)
        yield from ((f"groups.{name}", where) for name, where in self.groups.items())

    def _check_source(self, name: Key) -> None:
        if name in SOURCES:
            raise ValueError(
                f'sources.{name}: given, and the key of "{SOURCES[name].citation}"; allowed: a key of its own'
            )
        if all(target.source != name for target in self.targets.values()):
            raise ValueError(f"sources.{name}: no target names it")

    def _check_names(self, name: str, target: Target) -> None:
        for field, given, known in (
            ("arm", target.arm, self.arms),
            ("against", target.against, self.arms),
            ("group", target.group, self.groups),
            ("against_group", target.against_group, self.groups),
            ("compared_with", target.compared_with, self.targets),
            ("source", target.source, {**self.sources, **SOURCES}),
            ("effect", target.effect, EFFECTS),
        ):
            if given is not None and given not in known:
                hint = nearest(given, known)
                if field == "source":
                    hint += "; allowed: a key under [sources] of this file, or of a bundled one (cmsim docs evidence)"
                raise ValueError(f"targets.{name}.{field}: unknown {given!r}{hint}")

    def _check_effect(self, name: str, target: Target) -> None:
        effect = EFFECTS[target.effect]
        try:
            kind = target.kind
        except CmsimError as error:
            raise ValueError(f"targets.{name}.measure: {error}") from None
        if kind not in effect.kinds:
            fitting = ", ".join(f'"{each}"' for each, one in EFFECTS.items() if kind in one.kinds)
            raise ValueError(
                f'targets.{name}.effect: given "{target.effect}" of "{target.measure}"; allowed: {fitting}'
            )
        others = [each for each in (target.against, target.against_group) if each is not None]
        if len(others) != effect.arms - 1:
            raise ValueError(
                f"targets.{name}: the effect {target.effect!r} "
                f"{'needs one of' if effect.arms == 2 else 'has no place for'} against and against_group"
            )
        if target.compared_with is not None:
            other = self.targets[target.compared_with]
            if other is target or other.compared_with or (other.effect, other.kind) != (target.effect, kind):
                raise ValueError(
                    f"targets.{name}.compared_with: given {target.compared_with!r}; allowed: another target of the "
                    "same effect, which is not compared itself"
                )
        if target.band[0] >= target.band[1]:
            raise ValueError(f"targets.{name}.band: given {list(target.band)}; allowed: low before high")
        if not target.is_of_run and target.from_days + (target.days or 1) > self.follow_up_days:
            raise ValueError(f"targets.{name}: given days after the follow-up; allowed: up to {self.follow_up_days}")

    def _check_columns(self) -> None:
        taken: dict[str, str] = {}
        for counted in self.counted_of_persons:
            for column in counted.columns:
                if taken.setdefault(column, counted.measure) != counted.measure:
                    raise ValueError(
                        f'targets: given the measures "{taken[column]}" and "{counted.measure}", either of which needs '
                        f'a column "{column}" of the table of persons; allowed: measures of other names'
                    )

    def source(self, key: Key) -> Source:
        """Return a study by its key: of this trial, or of those that the model's numbers come from."""
        return self.sources[key].cited() if key in self.sources else SOURCES[key]

    def counted(self, target: Target) -> Counted:
        """Return what is counted of each person for a target."""
        days = self.follow_up_days - target.from_days if target.days is None else target.days
        return Counted(target.measure, target.from_days, days, days == self.follow_up_days)

    @property
    def counted_of_persons(self) -> list[Counted]:
        """What is counted of each person for all targets, each once."""
        return list(dict.fromkeys(self.counted(each) for each in self.targets.values() if not each.is_of_run))

    @property
    def own_measures(self) -> tuple[str, ...]:
        """The measures that targets name by module."""
        named = (counted.measure for counted in self.counted_of_persons)
        return tuple(dict.fromkeys(name for name in named if ":" in name))

    def parts(self, target: Target) -> list[Target]:
        """Return the targets whose effects give this one: itself, and the one that it is compared with."""
        other = target.compared_with
        return [target] if other is None else [target, self.targets[other]]

    @property
    def longest_days(self) -> int:
        """Days after the arms part that have to be run."""
        inclusion = self.inclusion
        return inclusion.after_days + inclusion.recruit_days + self.follow_up_days

    @property
    def days_before(self) -> int:
        """Days that have to be simulated before the arms part, for conditions that look back on them."""
        looks_back = (LOOKS_BACK.get(column, 0) for _, where in self._conditions() for column in where)
        return max(0, max(looks_back, default=0) - self.inclusion.after_days)

    def scenarios(self, settings: Mapping[str, object] | None = None) -> dict[Key, Scenario]:
        """Return the scenario of each arm, with some more settings in all of them (a parameter set).

        Raises:
            ScenarioError: a setting is not allowed, or arms are not of the same people.
        """
        named = {"extensions": self.extensions} if self.extensions else {}
        common = {"name": self.name, **named, **self.base, **(settings or {}), "run.days": self.longest_days}
        found = {}
        for name, arm in self.arms.items():
            based = load_scenario(arm.scenario or self.scenario).replace(common)
            if based.world.warm_up_days < self.days_before:
                based = based.replace({"world.warm_up_days": self.days_before})
            stated: dict[str, object] = {"name": f"{self.name}_{name}", "title": arm.title, **arm.settings}
            begins = based.world.warm_up_days + self.inclusion.after_days
            if arm.later:
                stated["changes"] = [
                    {"from_day": begins + day, "service": _service_of(scenario)}
                    for day, scenario in arm.later.items()
                    if self.inclusion.after_days + day < self.longest_days
                ]
            found[name] = based.replace(stated)
        first, *others = found
        for name in others:
            ours, theirs = (
                (arm.world.population, arm.world.warm_up_days, arm.run.streams) for arm in (found[first], found[name])
            )
            if ours != theirs:
                raise ScenarioError(
                    f'trial "{self.name}": arms.{name}: given another population, warm-up or seed than arms.{first}; '
                    "allowed: the same people in all arms (state these in base)"
                )
        return found


def _service_of(scenario: str) -> dict[str, Any]:
    """Return the service of a scenario as a dated change states it: without its own start."""
    service = as_table(load_scenario(scenario).service)
    for key in CASELOAD_TIMES:
        del service["caseload"][key]
    return service
