"""Results of trials, published beside simulated: estimates, verdicts, a table, a figure and files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict

import pandas as pd

from cmsim.core.references import SOURCES
from cmsim.validation.trials.trial_design import Target, Trial
from cmsim.validation.trials.trial_measures import EFFECTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Verdict = Literal["in the band", "below the band", "above the band", "not precise enough", "not defined"]
PRECISE = 0.1
"""Of the band's width: the Monte Carlo error up to which a verdict is given."""

NOTES = (
    "A verdict asks whether the mean effect over replications lies in the band; bands are judgements built from "
    "the published intervals (docs/validation.md).",
    "This is a planning and teaching model: a reproduced study is no evidence about any treatment, and never "
    "advice about a real person.",
)


@dataclass(frozen=True)
class TargetResult:
    """One target: published and simulated.

    Attributes:
        name: as in the trial's file.
        target: the declaration.
        estimate: simulated, pooled over all replications.
        error: its Monte Carlo standard error (jackknife over replications).
        people: persons counted in the arm, and in what it is compared with.
        inside: share of trials at the published size whose estimate falls into the published interval; nan
            where none was published.
    """

    name: str
    target: Target
    estimate: float
    error: float
    people: tuple[int, ...]
    inside: float

    @property
    def precise(self) -> bool:
        """Whether the Monte Carlo error is below a tenth of the band."""
        return math.isfinite(self.error) and self.error <= PRECISE * self.target.width

    @property
    def verdict(self) -> Verdict:
        """Where the estimate lies; undecided where it is within two errors of a limit and not precise."""
        low, high = self.target.band
        if not math.isfinite(self.estimate):
            return "not defined"
        beyond = self.estimate - 2 * self.error > high or self.estimate + 2 * self.error < low
        if not self.precise and not beyond:
            return "not precise enough"
        if self.estimate < low:
            return "below the band"
        return "above the band" if self.estimate > high else "in the band"


class TrialManifest(TypedDict):
    """What is needed to repeat a trial: settings of all arms, digest of each arm, seed, hash of the ensemble."""

    trial: str
    settings: dict[str, object]
    arms: dict[str, str]
    seed: int
    ensemble: str | None


@dataclass(frozen=True)
class TrialResult:
    """All targets of a trial.

    Attributes:
        trial: the trial.
        targets: its targets in order.
        replications: replications run.
        manifest: what is needed to repeat it.
    """

    trial: Trial
    targets: tuple[TargetResult, ...]
    replications: int
    manifest: TrialManifest

    def __getitem__(self, name: str) -> TargetResult:
        return next(result for result in self.targets if result.name == name)

    @property
    def table(self) -> pd.DataFrame:
        """One row a target: published, simulated with its error, band, verdict, share inside at that size."""
        rows = []
        for result in self.targets:
            target = result.target
            source = SOURCES[target.source]
            low, high = target.interval or (math.nan, math.nan)
            rows.append(
                {
                    "target": result.name,
                    "label": target.label,
                    "effect": target.effect,
                    "arm": target.arm,
                    "against": target.against or target.against_group or "",
                    "published": math.nan if target.published is None else target.published,
                    "published_low": low,
                    "published_high": high,
                    "band_low": target.band[0],
                    "band_high": target.band[1],
                    "simulated": result.estimate,
                    "error": result.error,
                    "verdict": result.verdict,
                    "inside_at_published_size": result.inside,
                    "people": sum(result.people),
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
        return [
            f"{self.replications} replications of each arm, the same people on common random numbers in all arms.",
            "Each replication was run under one set of the calibrated ensemble "
            f"({ensemble[:8]}), so Monte Carlo errors include the parameter uncertainty that it leaves."
            if ensemble
            else "Run under the scenario's own parameters.",
            *NOTES,
        ]

    def plot(self) -> Figure:
        """Return a figure: published interval, band and simulated estimate of each target."""
        from matplotlib.figure import Figure

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
            axes.set_title(f"{target.label}, {target.effect}: {result.verdict}", fontsize=9, loc="left", pad=3)
            axes.tick_params(labelsize=8)
            for side in ("left", "right", "top"):
                axes.spines[side].set_visible(False)
        figure.suptitle(
            f"{self.trial.title}\nblue: simulated with twice its Monte Carlo error; grey: published with its "
            "interval; green: band",
            fontsize=10,
        )
        return figure

    def save(self, directory: str | Path) -> Path:
        """Write table, figure, manifest and description of columns; whole or not at all.

        Raises:
            CmsimError: the directory holds something that cmsim did not write, or cannot be written.
        """
        from cmsim.reporting.result_folder import Results, manifest, write_results
        from cmsim.results.data_frames import Sheet

        scenarios = list(self.trial.scenarios(self.manifest["settings"]).values())
        described = manifest("trial run", scenarios, list(range(self.replications)), dict(self.manifest))
        sheet = Sheet("targets", "one row a target: published and simulated", self.table)
        return write_results(directory, Results(described, [sheet], {"figure": self.plot()}, self.notes))
