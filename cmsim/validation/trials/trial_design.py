"""What a virtual trial is: who is included, what the arms are, how long, and what was found."""

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.extension import load_extension
from cmsim.core.parameters import Section
from cmsim.core.references import SOURCES
from cmsim.scenario import Scenario, load_scenario
from cmsim.scenario.consistency import CASELOAD_TIMES
from cmsim.scenario.library import SUFFIX
from cmsim.scenario.loader import read_toml
from cmsim.scenario.nested_settings import as_table
from cmsim.validation.trials.cohort import CONDITIONS, HOLDS, Condition
from cmsim.validation.trials.trial_measures import EFFECTS, MEASURES

Key = str
"""The name of an arm, group or target within its trial."""

Described = TypeVar("Described", bound=Section)


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
    """

    at: Literal["arms part", "discharge", "crisis", "presentation", "referral"] = "arms part"
    after_days: int = Field(default=0, ge=0, le=3650)
    recruit_days: int = Field(default=0, ge=0, le=3650)
    where: dict[str, str | float | bool] = {}


class Arm(_Loose):
    """One arm.

    Attributes:
        title: what tables call it.
        scenario: a scenario that the arm rests on in place of the trial's; it must share world and baseline.
        settings: differences from the trial's base by dotted key, as in a scenario file.
        hold: what is held for everybody in the trial from entry on, by name of
            :data:`cmsim.validation.trials.cohort.HOLDS`.
        later: scenarios whose service takes over, by the day after ``after_days`` on which it does.
    """

    title: str
    scenario: str | None = None
    settings: dict[str, Any] = {}
    hold: tuple[str, ...] = ()
    later: dict[str, str] = {}


class Target(_Loose):
    """One published finding, and how its simulated counterpart is computed.

    Attributes:
        label: what was measured.
        measure: a name of ``trial_measures.MEASURES``, or ``outcome:`` and an outcome of the run.
        effect: how arms or groups are compared: a name of :data:`cmsim.validation.trials.trial_measures.EFFECTS`.
        arm: the arm looked at.
        against: the arm it is compared with, for effects of two.
        group: only members of this group.
        against_group: members of this group in the same arm, for effects of two groups.
        days: follow-up; that of the trial if ``None``.
        from_days: days after entry from which things are counted.
        published: the published estimate.
        interval: its published 95% interval.
        band: where the mean effect should lie.
        source: a key of :data:`cmsim.core.references.SOURCES`.
        status: ``read`` in an abstract or summary, or ``recalled`` and so unverified.
        role: ``fitted`` where calibration uses it; ``in view`` where the structure of the model, or values
            set by hand, were mended with it in view; ``predicted`` where neither.
        per_arm: published number of people in an arm, for trials of that size.
        note: what the figure is of, and how the band was set.
    """

    label: str
    measure: str
    effect: str
    arm: Key
    against: Key | None = None
    group: Key | None = None
    against_group: Key | None = None
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
        replications: replications by default.
    """

    name: str = ""
    title: str
    question: str
    about: str
    extensions: tuple[str, ...] = ()
    scenario: str = "usual_care"
    base: dict[str, Any] = {}
    inclusion: Inclusion = Inclusion()
    follow_up_days: int = Field(ge=1, le=10_000)
    arms: dict[Key, Arm]
    groups: dict[Key, dict[str, str | float | bool]] = {}
    targets: dict[Key, Target]
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
        for name, conditions in {"inclusion.where": self.inclusion.where, **self.groups}.items():
            for column, text in conditions.items():
                if column not in CONDITIONS:
                    raise ValueError(f"{name}.{column}: unknown column{nearest(column, CONDITIONS)}")
                Condition.read(column, text)
        for name, arm in self.arms.items():
            for hold in arm.hold:
                if hold not in HOLDS:
                    raise ValueError(f"arms.{name}.hold: unknown {hold!r}{nearest(hold, HOLDS)}")
        for name, target in self.targets.items():
            self._check_target(name, target)
        return self

    def _check_target(self, name: str, target: Target) -> None:
        for field, given, known in (
            ("arm", target.arm, self.arms),
            ("against", target.against, self.arms),
            ("group", target.group, self.groups),
            ("against_group", target.against_group, self.groups),
            ("source", target.source, SOURCES),
            ("effect", target.effect, EFFECTS),
        ):
            if given is not None and given not in known:
                raise ValueError(f"targets.{name}.{field}: unknown {given!r}{nearest(given, known)}")
        if not target.measure.startswith("outcome:") and target.measure not in MEASURES:
            hint = nearest(target.measure, MEASURES)
            raise ValueError(f"targets.{name}.measure: unknown {target.measure!r}{hint}")
        two = EFFECTS[target.effect].arms == 2
        if two != (target.against is not None or target.against_group is not None):
            raise ValueError(
                f"targets.{name}: the effect {target.effect!r} "
                f"{'needs' if two else 'has no place for'} against or against_group"
            )
        if target.band[0] >= target.band[1]:
            raise ValueError(f"targets.{name}.band: given {list(target.band)}; allowed: low before high")

    @property
    def longest_days(self) -> int:
        """Days after the arms part that have to be run."""
        inclusion = self.inclusion
        return inclusion.after_days + inclusion.recruit_days + self.follow_up_days

    def scenarios(self, settings: Mapping[str, object] | None = None) -> dict[Key, Scenario]:
        """Return the scenario of each arm, with some more settings in all of them (a parameter set).

        Raises:
            ScenarioError: a setting is not allowed.
        """
        named = {"extensions": self.extensions} if self.extensions else {}
        common = {"name": self.name, **named, **self.base, **(settings or {}), "run.days": self.longest_days}
        found = {}
        for name, arm in self.arms.items():
            based = load_scenario(arm.scenario or self.scenario).replace(common)
            stated: dict[str, object] = {"name": f"{self.name}_{name}", "title": arm.title, **arm.settings}
            begins = based.world.warm_up_days + self.inclusion.after_days
            if arm.later:
                stated["changes"] = [
                    {"from_day": begins + int(day), "service": _service_of(scenario)}
                    for day, scenario in arm.later.items()
                    if self.inclusion.after_days + int(day) < self.longest_days
                ]
            found[name] = based.replace(stated)
        return found


def _service_of(scenario: str) -> dict[str, Any]:
    """Return the service of a scenario as a dated change states it: without its own start."""
    service = as_table(load_scenario(scenario).service)
    for key in CASELOAD_TIMES:
        del service["caseload"][key]
    return service


def trial_names() -> tuple[str, ...]:
    """Return the names of the bundled trials, in order."""
    folder = files("cmsim.validation.trials") / "studies"
    return tuple(sorted(file.name.removesuffix(SUFFIX) for file in folder.iterdir() if file.name.endswith(SUFFIX)))


def load_trial(name_or_path: str | Path) -> Trial:
    """Return a trial.

    Args:
        name_or_path: a bundled name, or the path of a ``.toml`` file.

    Raises:
        CmsimError: there is no such trial, or its file cannot be used; a line for every mistake.
    """
    given = str(name_or_path)
    if given.endswith(SUFFIX) or isinstance(name_or_path, Path):
        path = Path(name_or_path)
        return read_description(Trial, path, given, name=path.stem)
    if given not in trial_names():
        raise CmsimError(
            f'trial "{given}": no such trial{nearest(given, trial_names())}; there are: {", ".join(trial_names())}'
        )
    file = files("cmsim.validation.trials") / "studies" / f"{given}{SUFFIX}"
    return read_description(Trial, file, f"{given}{SUFFIX} (bundled)", name=given)


def read_description(kind: type[Described], file: Traversable, where: str, **further: object) -> Described:
    """Return what a TOML file describes: a trial or a calibration.

    Args:
        kind: the section that it describes.
        file: of at most 1 MiB, in UTF-8.
        where: what messages call it.
        further: fields that are not in the file.

    Raises:
        CmsimError: it cannot be read; or a line for every mistake.
    """
    try:
        return kind.model_validate({**read_toml(file, where), **further})
    except ValidationError as error:
        lines = [_explain(kind, where, detail) for detail in error.errors(include_url=False)]
        raise CmsimError("\n".join(lines)) from None


def _explain(kind: type[BaseModel], where: str, detail: ErrorDetails) -> str:
    key = ".".join(str(step) for step in detail["loc"])
    said = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        known = Target.model_fields if "targets" in detail["loc"] else kind.model_fields
        said = f"unknown key{nearest(str(detail['loc'][-1]), known)}"
    return f"{where}: {f'{key}: ' if key else ''}{said}"
