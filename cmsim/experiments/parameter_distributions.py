"""What is not known about the numbers: a distribution for each, from its declared range and status.

Where the evidence for a number states no distribution, this is the default, in one place:

* published, derived, fitted: beta-PERT over the plausible range, the value being the mode (shape 4): the
  range is where the number almost certainly lies, and near the value it is most likely.
* assumption: triangular over the range, the value being the mode: heavier toward the ends, since the range
  itself is a guess.
* choice: not uncertain, so not drawn; if named all the same, uniform over the range.

A value outside its range stretches the range to hold it. Numbers are drawn independently of one another,
which overstates joint uncertainty where they hang together and understates it where they would move as one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.numeric import Floats
from cmsim.core.parameters import Parameter, parameters
from cmsim.scenario import Scenario
from cmsim.scenario.parameter_sets import stated_facts
from cmsim.scenario.setting_details import is_in_other_money

Shape = Literal["beta-PERT", "triangular", "uniform"]

_PERT_SHAPE = 4.0


@dataclass(frozen=True, slots=True)
class Uncertain:
    """One number that is not known, with what is believed of it.

    Attributes:
        key: its dotted key.
        value: in the scenario; the mode.
        low: lower end.
        high: upper end.
        shape: of the distribution.
        status: of the evidence.
        unit: in words.
        whole: whether it is a whole number.
    """

    key: str
    value: float
    low: float
    high: float
    shape: Shape
    status: str
    unit: str
    whole: bool

    @property
    def section(self) -> str:
        """The part of the model that it belongs to: the first two steps of its key."""
        return ".".join(self.key.split(".")[:2])

    def quantile(self, u: ArrayLike) -> Floats:
        """Return the values below which the distribution lies with probability ``u``.

        >>> believed = Uncertain("x", 1.0, 0.0, 2.0, "triangular", "assumption", "", False)
        >>> believed.quantile([0.125, 0.5]).tolist()
        [0.5, 1.0]
        """
        width = self.high - self.low
        at = np.asarray(u, dtype=float)
        if width == 0.0:
            return np.full(at.shape, self.value)
        mode = (self.value - self.low) / width
        if self.shape == "triangular":
            unit = stats.triang.ppf(at, mode)
        elif self.shape == "beta-PERT":
            unit = stats.beta.ppf(at, 1.0 + _PERT_SHAPE * mode, 1.0 + _PERT_SHAPE * (1.0 - mode))
        else:
            unit = at
        return self._rounded(self.low + width * np.asarray(unit))

    def along(self, share: ArrayLike) -> Floats:
        """Return the values at a share of the range from low to high."""
        return self._rounded(self.low + (self.high - self.low) * np.asarray(share, dtype=float))

    def _rounded(self, values: Floats) -> Floats:
        return np.round(values) if self.whole else values

    def setting(self, value: float) -> float | int:
        """Return a value as a scenario takes it."""
        return round(value) if self.whole else float(value)


def parse_range(text: str, flag: str) -> tuple[str, tuple[float, float] | None]:
    """Return a key and the range stated with it, if there is one.

    Args:
        text: ``KEY`` or ``KEY=LOW:HIGH``; two dots do for the colon.
        flag: what messages name as the place.

    Raises:
        CmsimError: it is neither.
    """
    key, equals, ends = (part.strip() for part in text.partition("="))
    if not equals:
        return key, None
    try:
        low, high = (float(each) for each in ends.replace("..", ":").split(":"))
    except ValueError:
        raise CmsimError(f"{flag}: given {text!r}; allowed: KEY or KEY=LOW:HIGH") from None
    if not low < high:
        raise CmsimError(f"{flag}: given {text!r}; allowed: a range with LOW below HIGH")
    return key, (low, high)


_SHAPES: dict[str, Shape] = {"assumption": "triangular", "choice": "uniform"}


def uncertain(scenario: Scenario, only: Sequence[str] = (), same_in: Scenario | None = None) -> tuple[Uncertain, ...]:
    """Return the numbers of a scenario that are not known.

    What a scenario states is known. It is drawn only if its whole key is named, around the value stated, or as
    ``KEY=LOW:HIGH``, uniformly from that range.

    Args:
        scenario: whose numbers.
        only: keys or beginnings of keys, with or without ``world.``; by default all facts about the world. A
            choice of planners is drawn only if its whole key is named.
        same_in: leave out the numbers in which this scenario differs, since they are the question.

    Raises:
        CmsimError: nothing has such a key.
    """
    known = [*parameters(scenario.world, "world"), *parameters(scenario.service, "service")]
    question = {key for key, *_ in scenario.differences(same_in)} if same_in is not None else set()
    # a price in other money than its range is stated by somebody, and known
    settings = scenario.flat()
    stated = stated_facts(scenario) | {each.key for each in known if is_in_other_money(each.key, settings)}
    ranges: dict[str, tuple[float, float] | None] = {}
    for text in only:
        wanted, ends = parse_range(text, "only")
        named = _named(wanted, known)
        ranges |= {each.key: ends for each in named if len(named) == 1 or each.key not in stated}
    if not only:
        facts = (each for each in known if each.key.startswith("world.") and _is_fact(each))
        ranges = {each.key: None for each in facts if each.key not in stated}
    found = tuple(
        _uncertain(each, ranges[each.key]) for each in known if each.key in ranges and each.key not in question
    )
    if not found:
        why = "what the scenarios state or differ in"
        raise CmsimError(f"nothing to draw: {', '.join(only)} is {why}; allowed: other keys, or a whole KEY=LOW:HIGH")
    return found


def _named(wanted: str, known: Sequence[Parameter]) -> list[Parameter]:
    for key in (wanted, f"world.{wanted}", f"service.{wanted}"):
        if exact := [each for each in known if each.key == key]:
            return exact
        if below := [each for each in known if each.key.startswith(f"{key}.") and _is_fact(each)]:
            return below
    keys = [each.key for each in known]
    sections = {key.rpartition(".")[0] for key in keys}
    bare = [key.partition(".")[2] for key in (*keys, *sections)]
    raise CmsimError(
        f'no uncertain number "{wanted}"{nearest(wanted, [*keys, *sections, *bare])}; '
        "cmsim evidence lists all; choices of planners must be named one by one"
    )


def _is_fact(parameter: Parameter) -> bool:
    return parameter.evidence.status != "choice"


def _uncertain(parameter: Parameter, ends: tuple[float, float] | None) -> Uncertain:
    if parameter.value is None:
        raise CmsimError(f"{parameter.key}: has no value to vary around; allowed: parameters with a value")
    evidence, value, whole = parameter.evidence, float(parameter.value), isinstance(parameter.value, int)
    if ends is not None:
        least, most = evidence.allowed
        if not (least <= ends[0] and ends[1] <= most):
            given = f"given {ends[0]:g} to {ends[1]:g}"
            raise CmsimError(f"{parameter.key}: {given}; allowed: within {least:g} to {most:g}")
        return Uncertain(parameter.key, value, *ends, "uniform", evidence.status, evidence.unit, whole)
    return Uncertain(
        parameter.key,
        value,
        min(evidence.low, value),
        max(evidence.high, value),
        _SHAPES.get(evidence.status, "beta-PERT"),
        evidence.status,
        evidence.unit,
        whole,
    )
