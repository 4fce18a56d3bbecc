"""Sequential choice of the number of replications, until chosen outcomes are precise enough.

The rule is that of Hoad, Robinson and Davies (2010, J Oper Res Soc 61), for several outcomes at once and for
differences: stop at the first number of replications at which every half-width of the 95% interval is at most
what was asked and stays so for five more. Replications are run in batches, and all
of them count.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cmsim.core.errors import CmsimError
from cmsim.core.presentation import Presented, html_table
from cmsim.experiments.statistics import half_widths, mean_interval
from cmsim.outcomes import OUTCOMES, Outcome, find, outcomes_of

LOOK_AHEAD = 5
"""Further replications over which the precision must hold."""
MOST = 500
"""Maximum number of replications by default."""

Kind = Literal["absolute", "relative", "matters"]


@dataclass(frozen=True, slots=True)
class Target:
    """How precisely one outcome is to be known.

    Attributes:
        kind: ``absolute`` in the outcome's unit, ``relative`` to its mean (in a comparison: the mean of the
            first scenario), or ``matters``: the smallest important difference.
        amount: the half-width asked for; of ``relative`` a share; of ``matters`` a multiple.
    """

    kind: Kind
    amount: float = 1.0

    def half_width(self, outcome: Outcome, mean: float) -> float:
        """Return the half-width asked for, in the outcome's unit."""
        if self.kind == "relative":
            return self.amount * abs(mean)
        return self.amount * (outcome.matters if self.kind == "matters" else 1.0)


@dataclass(frozen=True, repr=False)
class Precision(Presented):
    """Precision asked of some outcomes.

    Attributes:
        targets: by name of the outcome.
        most: maximum number of replications.

    Raises:
        CmsimError: an unknown outcome, nothing asked for, or an amount that is not above zero.
    """

    targets: Mapping[str, Target]
    most: int = MOST

    def _summary(self) -> str:
        return f"asked of {len(self.targets)} outcomes, with at most {self.most} replications"

    def _html(self) -> list[str]:
        rows = [(OUTCOMES[name].label, each.kind, f"{each.amount:g}") for name, each in self.targets.items()]
        return [html_table(("Outcome", "Half-width", "Amount"), rows, right=[2])]

    def __post_init__(self) -> None:
        if not self.targets:
            raise CmsimError("precision: nothing asked for; allowed: at least one outcome")
        if self.most < 2:
            raise CmsimError(f"precision: given at most {self.most} replications; allowed: 2 and up")
        for name, target in self.targets.items():
            find(name)
            if not (target.amount > 0 and math.isfinite(target.amount)):
                raise CmsimError(f"precision of {name}: given {target.amount:g}; allowed: above 0")


@dataclass(frozen=True)
class Reached:
    """What came of asking for precision.

    Attributes:
        asked: what was asked.
        missed: of each outcome not known precisely enough, the half-width reached and the one asked for.
        needed: replications that would be about enough for all of them, from the spread seen.
    """

    asked: Precision
    missed: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    needed: int = 0

    @property
    def note(self) -> str:
        """What is said beside the results."""
        if not self.missed:
            names = ", ".join(OUTCOMES[name].label.lower() for name in self.asked.targets)
            return f"Replications were added until the precision asked for was reached: {names}."
        shown = [
            f"{OUTCOMES[name].label.lower()} ({_figure(name, got)}, asked {_figure(name, want)})"
            for name, (got, want) in self.missed.items()
        ]
        return (
            f"The precision asked for was not reached with {self.asked.most} replications for: half-width of "
            f"{', '.join(shown)}; about {self.needed} would do."
        )


def _figure(name: str, value: float) -> str:
    outcome = OUTCOMES[name]
    return f"{outcome.shown(value):.3g} {outcome.shown_unit}"


def parse_precision(texts: Sequence[str], most: int = MOST) -> Precision:
    """Return the precision stated on a command line.

    Args:
        texts: each ``5%`` (of the mean, all main outcomes), ``matters`` (all main outcomes), or one outcome:
            ``crises=0.1`` (in its unit; a share from 0 to 1), ``crises=5%``, ``crises=matters``.
        most: maximum number of replications.

    Raises:
        CmsimError: it cannot be read, or names an unknown outcome.

    >>> parse_precision(["crises=5%"]).targets
    {'crises': Target(kind='relative', amount=0.05)}
    """
    targets: dict[str, Target] = {}
    for text in texts:
        name, equals, amount = (part.strip() for part in text.partition("="))
        if not equals:
            name, amount = "", name
        target = _target(text, amount)
        if name:
            find(name)
            targets[name] = target
        else:
            main = {each.name: target for each in outcomes_of() if each.main}
            targets = {**main, **targets}
    return Precision(targets, most)


def _target(text: str, amount: str) -> Target:
    if amount == "matters":
        return Target("matters")
    try:
        value = float(amount.removesuffix("%"))
    except ValueError:
        value = math.nan
    if not (value > 0 and math.isfinite(value)):
        allowed = "matters, a percentage such as 5%, or a half-width in the outcome's unit, above 0"
        raise CmsimError(f"--precision: given {text!r}; allowed: {allowed}, or OUTCOME= one of these")
    if amount.endswith("%"):
        return Target("relative", value / 100.0)
    if text == amount:
        raise CmsimError(
            f"--precision: given {text!r} for all main outcomes, which have different units; "
            f"allowed: matters, {amount}%, or OUTCOME={amount}"
        )
    return Target("absolute", value)


def enough(values: ArrayLike, half_width: ArrayLike, look_ahead: int = LOOK_AHEAD) -> int | None:
    """Return the first number of replications that is enough, ``None`` if none of those seen is.

    Args:
        values: one for each replication, in order.
        half_width: the half-width asked for; one, or one for each number of replications.
        look_ahead: further replications over which it must hold.

    >>> enough([1.0, 1.0, 5.0, 1.0, 5.0, 1.0, 5.0, 1.0, 5.0, 1.0], 2.5, look_ahead=2)
    7
    """
    met = half_widths(values) <= np.asarray(half_width, dtype=float)
    stays = np.flatnonzero(pd.Series(met).rolling(look_ahead + 1).sum() > look_ahead)
    return int(stays[0]) + 1 - look_ahead if len(stays) else None


Series = Callable[[Iterable[str]], Mapping[str, Sequence[tuple[ArrayLike, float]]]]
"""By outcome, the values whose mean must be known (one row a comparison), each with the mean that a relative
half-width refers to."""


def until_precise(
    precision: Precision | None, least: int, simulate: Callable[[int, int], None], seen: Series
) -> Reached | None:
    """Run replications until the precision is reached, beginning with the least number; without one only that.

    ``simulate`` runs the replications from the first number on, before the second; ``seen`` gives what came of them.

    Raises:
        CmsimError: an outcome is not defined in any of the first replications, so that no number would do.
    """
    if precision is None:
        simulate(0, least)
        return None
    done = min(max(least, LOOK_AHEAD + 2), precision.most)
    simulate(0, done)
    while True:
        missed, needed = _missing(precision, seen(precision.targets), done)
        if done >= precision.most:
            missed = {name: (got, asked) for name, (got, asked) in missed.items() if got > asked}
        if not missed or done >= precision.most:
            return Reached(precision, missed, needed)
        # at most doubled, since the spread seen so far is itself uncertain
        more = min(max(needed, done + LOOK_AHEAD), 2 * done, precision.most)
        simulate(done, more)
        done = more


def _missing(
    precision: Precision, seen: Mapping[str, Sequence[tuple[ArrayLike, float]]], done: int
) -> tuple[dict[str, tuple[float, float]], int]:
    missed: dict[str, tuple[float, float]] = {}
    needed = done
    for name, target in precision.targets.items():
        for values, mean in seen[name]:
            found = mean_interval(values)
            if found.n < 2:
                raise CmsimError(
                    f"precision of {name}: it is defined in {found.n} of {done} replications, so its precision "
                    "cannot be stated; name another outcome or a longer run"
                )
            asked = target.half_width(OUTCOMES[name], mean)
            if enough(values, asked) is None:
                if asked > 0:
                    # the same spread with more replications
                    needed = max(needed, math.ceil(found.n * (found.half_width / asked) ** 2) + LOOK_AHEAD)
                got = max(found.half_width, missed.get(name, (0.0, 0.0))[0])
                missed[name] = (got, asked)
    return missed, needed
