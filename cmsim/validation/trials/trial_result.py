"""Results of trials, published beside simulated: estimates, verdicts, a table, a figure and files."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict

import pandas as pd
from scipy import stats

from cmsim.validation.trials.cohort import CANDIDATES, MEMBERS
from cmsim.validation.trials.person_table import person_columns
from cmsim.validation.trials.trial_design import ROLES, Target, Trial
from cmsim.validation.trials.trial_effects import EFFECTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cmsim.reporting.result_origin import Origin

Verdict = Literal["in the band", "below the band", "above the band", "not precise enough", "not defined"]
ENOUGH = 8
"""Replications from which their spread tells how precise an estimate is."""
PersonsFormat = Literal["csv", "parquet"]

NOTES = (
    "A verdict asks whether the mean effect over replications lies in the band; bands are judgements built from "
    "the published intervals (cmsim docs validation).",
    "This is a planning and teaching model: a reproduced study is no evidence about any treatment, and never "
    "advice about a real person.",
)

_COLUMNS = {
    "people": ("persons", "counted in all arms and groups of the target and all replications; of outcome:NAME, runs"),
    "n": ("persons", "counted in the arm or group, in all replications; of outcome:NAME, runs"),
    "n_against": ("persons", "counted in what it is compared with; of outcome:NAME, runs"),
    "low": ("as the effect", "lower limit of the 95% interval of the mean effect over replications"),
    "high": ("as the effect", "upper limit"),
    "error": ("as the effect", "Monte Carlo standard error, jackknife over replications"),
    "role": ("word", "; ".join(f"{role}: {used}, so a hit says {says}" for role, (used, says) in ROLES.items())),
    "verdict": ("word", "where the estimate lies; none unless the error is within the stated share of the band"),
}


@dataclass(frozen=True)
class TargetResult:
    """One target: published and simulated.

    Attributes:
        name: as in the trial's file.
        target: the declaration.
        estimate: simulated, pooled over all replications.
        error: its Monte Carlo standard error (jackknife over replications).
        people: persons counted on each side: in the arm, in what it is compared with, and likewise of the target
            that it is compared with.
        inside: share of trials at the published size whose estimate falls into the published interval; nan
            where none was published.
        replications: replications that it is pooled over.
        precision: share of the band's width that the error must not exceed for a verdict.
    """

    name: str
    target: Target
    estimate: float
    error: float
    people: tuple[int, ...]
    inside: float
    replications: int
    precision: float = 0.1

    @property
    def precise(self) -> bool:
        """Whether the Monte Carlo error is small enough for a verdict, and known from enough replications."""
        return self.replications >= ENOUGH and bool(self.error <= self.precision * self.target.width)

    @property
    def needed(self) -> float:
        """Replications after which it would be precise, about: errors shrink with their square root."""
        if self.precise:
            return float(self.replications)
        return max(ENOUGH, self.replications * (self.error / (self.precision * self.target.width)) ** 2)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval of the mean effect over replications."""
        half = float(stats.t.ppf(0.975, self.replications - 1)) * self.error
        return self.estimate - half, self.estimate + half

    @property
    def verdict(self) -> Verdict:
        """Where the estimate lies; none below the stated precision."""
        low, high = self.target.band
        if not math.isfinite(self.estimate):
            return "not defined"
        if not self.precise:
            return "not precise enough"
        if self.estimate < low:
            return "below the band"
        return "above the band" if self.estimate > high else "in the band"


class TrialManifest(TypedDict):
    """What is needed to repeat a trial: settings of all arms, digest of each arm, seed, hash of the ensemble, hash of
    the source of each measure of one's own."""

    trial: str
    settings: dict[str, object]
    arms: dict[str, str]
    seed: int
    ensemble: str | None
    measures: dict[str, str]


@dataclass(frozen=True)
class TrialResult:
    """All targets of a trial.

    Attributes:
        trial: the trial.
        targets: its targets in order.
        replications: replications run.
        manifest: what is needed to repeat it.
        flow: the people who were candidates, whom each condition excluded, and who took part, over all replications.
        persons: one row a person and arm, if they were asked for: how long each was followed (``followed_days``), what
            each was like at entry (``entry_``), in which groups, and what was counted; of events, whether they came
            (``_event``) and the days until then or until the person left (``_days``).
    """

    trial: Trial
    targets: tuple[TargetResult, ...]
    replications: int
    manifest: TrialManifest
    flow: Mapping[str, int]
    persons: pd.DataFrame | None = None

    def __getitem__(self, name: str) -> TargetResult:
        return next(result for result in self.targets if result.name == name)

    @property
    def table(self) -> pd.DataFrame:
        """One row a target: published, simulated with its error, band, verdict, share inside at that size."""
        rows = []
        for result in self.targets:
            target = result.target
            source = self.trial.source(target.source)
            low, high = target.interval or (math.nan, math.nan)
            rows.append(
                {
                    "target": result.name,
                    "label": target.label,
                    "effect": target.effect,
                    "arm": target.arm,
                    "against": target.against or target.against_group or "",
                    "compared_with": target.compared_with or "",
                    "published": math.nan if target.published is None else target.published,
                    "published_low": low,
                    "published_high": high,
                    "band_low": target.band[0],
                    "band_high": target.band[1],
                    "simulated": result.estimate,
                    "error": result.error,
                    "low": result.interval[0],
                    "high": result.interval[1],
                    "verdict": result.verdict,
                    "inside_at_published_size": result.inside,
                    "people": sum(result.people),
                    "n": result.people[0],
                    "n_against": result.people[1] if len(result.people) > 1 else pd.NA,
                    "role": target.role,
                    "source": source.citation,
                    "design": source.design,
                    "status": target.status if source.read else "recalled",
                    "note": target.note,
                }
            )
        return pd.DataFrame(rows)

    @property
    def notes(self) -> list[str]:
        """Caveats, printed with the results."""
        ensemble = self.manifest["ensemble"]
        needed = max((each.needed for each in self.targets if math.isfinite(each.needed)), default=0.0)
        return [
            f"{self.replications} replications of each arm, the same people on common random numbers in all arms.",
            f"{self.flow[MEMBERS]:,} people took part, of {self.flow[CANDIDATES]:,} candidates, in all replications "
            "together.",
            f"A verdict is given where the Monte Carlo error is at most {self.trial.precision:.0%} of the band, from "
            f"{ENOUGH} replications on"
            + (f"; all targets need about {needed:.0f} (--precise)." if needed > self.replications else "."),
            "Each replication was run under one set of the calibrated ensemble "
            f"({ensemble[:8]}), so Monte Carlo errors include the parameter uncertainty that it leaves."
            if ensemble
            else "Run under the scenario's own parameters.",
            *_undefined([each.name for each in self.targets if not math.isfinite(each.estimate)]),
            _roles(Counter(each.target.role for each in self.targets)),
            *NOTES,
        ]

    def plot(self) -> Figure:
        """Return a figure: published interval, band and simulated estimate of each target."""
        from matplotlib.figure import Figure

        from cmsim.reporting.figures import plain

        results = self.targets
        figure = Figure(figsize=(9.0, 1.4 + 0.75 * len(results)), layout="constrained")
        for place, result in enumerate(results):
            axes = figure.add_subplot(len(results), 1, place + 1)
            target = result.target
            ratio = EFFECTS[target.effect].neutral == 1.0
            axes.axvspan(*target.band, color="#009E73", alpha=0.18, lw=0)
            if target.interval is not None:
                axes.plot(target.interval, [0, 0], color="#555555", lw=2)
            if target.published is not None:
                axes.plot([target.published], [0], "s", color="#555555", ms=7)
            axes.errorbar([result.estimate], [0], xerr=[2 * result.error], fmt="o", color="#0072B2", ms=9, capsize=3)
            if ratio:
                axes.axvline(1.0, color="#bbbbbb", lw=1, zorder=0)
            axes.set_yticks([])
            title = plain(f"{target.label}, {target.effect}: {result.verdict}")
            axes.set_title(title, fontsize=9, loc="left", pad=3)
            axes.tick_params(labelsize=8)
            for side in ("left", "right", "top"):
                axes.spines[side].set_visible(False)
        figure.suptitle(
            f"{plain(self.trial.title)}\nblue: simulated with twice its Monte Carlo error; grey: published with its "
            "interval; green: band",
            fontsize=10,
        )
        return figure

    def save(self, directory: str | Path, persons: PersonsFormat = "csv", origin: Origin | None = None) -> Path:
        """Write tables, figure, manifest and description of columns; whole or not at all.

        Args:
            directory: the folder.
            persons: the format of the table of persons, if there is one.
            origin: what they were made from, if a command made them.

        Raises:
            CmsimError: the directory holds something that is not to be replaced, or cannot be written.
        """
        from cmsim.reporting.result_folder import Results, manifest, write_results
        from cmsim.results.data_frames import Sheet

        scenarios = list(self.trial.scenarios(self.manifest["settings"]).values())
        described = manifest("trial run", scenarios, list(range(self.replications)), dict(self.manifest))
        flow = pd.DataFrame({"step": self.flow.keys(), "people": self.flow.values()})
        sheets = [
            Sheet("targets", "one row a target: published and simulated", self.table, _COLUMNS),
            Sheet(
                "flow",
                "candidates (each time, at an event), whom each condition excluded of the rest, who took part",
                flow,
            ),
        ]
        parquet: list[Sheet] = []
        if self.persons is not None:
            wide = Sheet("persons", "one row a person and arm", self.persons, person_columns(self.trial))
            (parquet if persons == "parquet" else sheets).append(wide)
        texts = {"trial.json": f"{self.trial.model_dump_json(indent=2, exclude_defaults=True)}\n"}
        figures = {"figure": self.plot()}
        return write_results(directory, Results(described, sheets, figures, self.notes, texts, parquet, origin))


def _undefined(names: Sequence[str]) -> list[str]:
    told = "nobody is counted on one side, nothing happened to those compared with, or a price is open"
    return [f"Not defined: {', '.join(names)}; {told}."] if names else []


def _roles(count: Mapping[str, int]) -> str:
    told = (f"{count[role]} {role} (a hit says {says})" for role, (_, says) in ROLES.items() if count[role])
    return f"Roles of targets: {'; '.join(told)}."
