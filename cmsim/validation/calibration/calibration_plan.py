"""What a calibration fits, and to what."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pydantic import ConfigDict, Field

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.parameters import Section, parameters
from cmsim.scenario import load_scenario
from cmsim.validation.trials import Trial, load_trial
from cmsim.validation.trials.trial_file import read_description


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted parameter and its range."""

    key: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """A target: a figure with the standard deviation that it leaves open, two of them being half its band."""

    key: str
    centre: float
    sd: float

    @property
    def width(self) -> float:
        """The width of the band."""
        return 4.0 * self.sd


class Part(Section):
    """The targets that one trial gives.

    Attributes:
        trial: a bundled trial, or a file.
        names: which of its targets.
        replications: replications for each parameter set.
    """

    model_config = ConfigDict(strict=False)
    trial: str
    names: tuple[str, ...] = Field(min_length=1)
    replications: int = Field(default=2, ge=1, le=1000)


class Matching(Section):
    """What history matching is to do.

    Attributes:
        seed: of the Latin hypercubes.
        waves: how often the space is narrowed.
        sets: parameter sets of the first wave.
        narrowed: parameter sets of each later wave; as many as of the first if 0.
        cutoff: implausibility from which a set is ruled out.
        parameters: keys to fit, with their range.
    """

    model_config = ConfigDict(strict=False)
    seed: int = 1
    waves: int = Field(default=2, ge=1, le=10)
    sets: int = Field(default=100, ge=4, le=10_000)
    narrowed: int = Field(default=0, ge=0, le=10_000)
    cutoff: float = Field(default=3.0, gt=0.0)
    parameters: dict[str, tuple[float, ...]]

    def space(self) -> list[Fitted]:
        """Return the fitted parameters with their ranges."""
        return [Fitted(key, low, high) for key, (low, high) in self.parameters.items()]

    def wanted(self) -> list[Wanted]:
        """Return the targets."""
        raise NotImplementedError


class Plan(Matching):
    """A calibration: of keys of the world, whose declared range holds where none is stated, to targets of trials.

    Attributes:
        targets: what they are fitted to.
    """

    targets: tuple[Part, ...] = Field(min_length=1)

    def space(self) -> list[Fitted]:
        """Return the fitted parameters with their ranges.

        Raises:
            CmsimError: there is no such parameter, or a range lies outside what is allowed.
        """
        known = {each.key: each.evidence for each in parameters(load_scenario("usual_care").world, "world")}
        found = []
        for key, stated in self.parameters.items():
            if key not in known:
                raise CmsimError(f"parameters.{key}: no such parameter{nearest(key, known)}")
            evidence = known[key]
            if stated and len(stated) != 2:
                raise CmsimError(f"parameters.{key}: given {list(stated)}; allowed: [low, high] or []")
            low, high = stated or (evidence.low, evidence.high)
            least, most = evidence.allowed
            if not least <= low < high <= most:
                raise CmsimError(f"parameters.{key}: given [{low:g}, {high:g}]; allowed: within {least:g} to {most:g}")
            found.append(Fitted(key, float(low), float(high)))
        return found

    def wanted(self) -> list[Wanted]:
        """Return the targets.

        Raises:
            CmsimError: a trial or target does not exist, or more is fitted than the targets can bear.
        """
        found = []
        for part in self.targets:
            trial = load_trial(part.trial)
            for name in part.names:
                if name not in trial.targets:
                    hint = nearest(name, trial.targets)
                    raise CmsimError(f"targets: the trial {part.trial!r} has no target {name!r}{hint}")
                if trial.targets[name].compared_with is not None:
                    raise CmsimError(f"targets: {name!r} compares two targets; allowed: targets that stand alone")
                low, high = trial.targets[name].band
                found.append(Wanted(f"{part.trial}.{name}", (low + high) / 2.0, trial.targets[name].width / 4.0))
        if 2 * len(self.parameters) > len(found):
            raise CmsimError(
                f"parameters: given {len(self.parameters)} for {len(found)} targets; allowed: at most half as many"
            )
        return found

    def trials(self) -> list[tuple[Trial, int]]:
        """Return the trials, each with only what its wanted targets need, and the replications of each."""
        found = []
        for part in self.targets:
            trial = load_trial(part.trial)
            targets = {name: trial.targets[name] for name in part.names}
            first = next(iter(trial.arms))
            needed = {first, *(t.arm for t in targets.values()), *(t.against for t in targets.values())}
            arms = {name: arm for name, arm in trial.arms.items() if name in needed}
            counted = [trial.counted(target) for target in targets.values()]
            longest = max(each.from_days + each.days for each in counted)
            update: dict[str, object] = {"targets": targets, "arms": arms, "follow_up_days": longest}
            found.append((trial.model_copy(update=update), part.replications))
        return found


def load_plan(path: str | Path | None = None) -> Plan:
    """Return a plan; the bundled one if no file is named.

    Raises:
        CmsimError: the file cannot be used.
    """
    file = files("cmsim.validation.calibration") / "plan.toml" if path is None else Path(path)
    plan = read_description(Plan, file, "plan.toml (bundled)" if path is None else str(path))
    plan.space()
    plan.wanted()
    return plan
