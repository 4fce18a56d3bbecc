"""Results of contrasts: for each measure the difference, its interval, and how often it has the sign."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cmsim.core.errors import CmsimError
from cmsim.core.numeric import Floats
from cmsim.experiments.statistics import student_interval
from cmsim.scenario.json_file import read_json
from cmsim.validation.claims.contrast import Contrast


@dataclass(frozen=True, slots=True)
class Finding:
    """What a contrast shows for one measure, over the draws.

    Attributes:
        measure: its name.
        unit: in words.
        sign: the direction that is stated, 0 for none.
        mean_a: mean of arm a.
        mean_b: mean of arm b.
        difference: mean of b minus a.
        low: lower end of its 95% interval over draws (stochastic variation and parameter uncertainty together).
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
        """Whether the interval lies wholly on the side that is stated."""
        return self.sign * (self.low if self.sign > 0 else self.high) > 0.0

    @property
    def is_clear(self) -> bool:
        """Whether there is a difference and it is at least the length of its interval, about four standard errors."""
        return self.difference != 0.0 and abs(self.difference) >= self.high - self.low

    @property
    def against(self) -> bool:
        """Whether the interval lies wholly on the other side."""
        return self.sign * (self.high if self.sign > 0 else self.low) < 0.0


@dataclass(frozen=True)
class ContrastResult:
    """The result of a contrast.

    Attributes:
        name: of the contrast.
        question: what was asked.
        findings: one for each measure.
        values: by measure, what arm a gave in each draw and what arm b gave; None where it is not defined.
        manifest: what is needed to repeat it.
    """

    name: str
    question: str
    findings: tuple[Finding, ...]
    values: Mapping[str, Sequence[Sequence[float | None]]]
    manifest: Mapping[str, object]

    @classmethod
    def of(cls, contrast: Contrast, values: NDArray[np.float64], manifest: Mapping[str, object]) -> Self:
        """Return the result of a contrast.

        Args:
            contrast: what was compared.
            values: of the runs, shape (2 arms, draws, measures); nan where a measure is not defined.
            manifest: what is needed to repeat them.
        """
        measured = {measure: values[:, :, place] for place, measure in enumerate(contrast.measures)}
        findings = tuple(
            _finding(measure.name, measure.shown_unit, measure.sign, *arms) for measure, arms in measured.items()
        )
        kept = {
            measure.name: [[_round(value) for value in arm] for arm in arms.tolist()]
            for measure, arms in measured.items()
        }
        return cls(contrast.name, contrast.question, findings, kept, manifest)

    def __getitem__(self, measure: str) -> Finding:
        for finding in self.findings:
            if finding.measure == measure:
                return finding
        raise CmsimError(f'the contrast "{self.name}" has no measure "{measure}"')

    def pairs(self, measure: str) -> NDArray[np.float64]:
        """Return the values of a measure, shape (2 arms, draws); nan where it is not defined.

        Raises:
            CmsimError: no such measure.
        """
        return np.array(self.values[self[measure].measure], dtype=float)

    def save(self, folder: Path) -> Path:
        """Write the result as JSON and return its path; an interrupted write leaves the earlier file."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        aside = path.with_suffix(".part")
        held = asdict(self)
        values = ",\n".join(f"  {json.dumps(name)}: {json.dumps(arms)}" for name, arms in held.pop("values").items())
        text = json.dumps(held, indent=1).removesuffix("\n}")
        # the values of a measure on one line, so that a file stays readable
        aside.write_text(f'{text},\n "values": {{\n{values}\n }}\n}}\n', encoding="utf-8")
        aside.replace(path)
        return path

    @classmethod
    def load(cls, folder: Path, name: str) -> Self:
        """Read a result that was saved.

        Raises:
            CmsimError: there is none of that name, or its file cannot be used; a line for every mistake.
        """
        path = folder / f"{name}.json"
        if not path.exists():
            raise CmsimError(f"no result of the contrast {name!r}: run python tools/record_claims.py {name}")
        return read_json(cls, path, str(path))


def _round(value: float) -> float | None:
    """Return a value in six digits, None where it is not defined."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def compare_results(one: ContrastResult, other: ContrastResult, measure: str) -> Finding:
    """Return how much larger the difference between arms is in another contrast than in one, draw by draw.

    Arm a of what is returned is the difference in ``one``, arm b that in ``other``: two contrasts have the
    same parameter sets where they state nothing else. The sign is that of the measure. Of one with more draws, the
    first are taken.
    """
    pairs = [each.pairs(measure) for each in (one, other)]
    shared = min(each.shape[1] for each in pairs)
    a, b = (each[1, :shared] - each[0, :shared] for each in pairs)
    held = one[measure]
    return _finding(held.measure, held.unit, held.sign, a, b)


def _finding(name: str, unit: str, sign: int, a: Floats, b: Floats) -> Finding:
    both = np.isfinite(b - a)
    gap = (b - a)[both]
    # Student's: what a claim is judged by was settled before intervals were widened where replications are skewed
    found, of_a, of_b = (student_interval(each) for each in (gap, a[both], b[both]))
    share, undecided = (float(np.mean(each)) if found.n else 0.0 for each in (gap * sign > 0.0, gap == 0.0))
    ends = (found.low, found.high) if found.n > 1 else (-math.inf, math.inf)
    return Finding(name, unit, sign, of_a.mean, of_b.mean, found.mean, *ends, share, undecided, found.n)
