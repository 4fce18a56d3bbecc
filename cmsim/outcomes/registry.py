"""How an outcome is declared: once, with name, unit, definition, direction and the function that measures it.

The docstring of the measuring function is the definition that users read. ``matters`` is the smallest
difference that a service would act on, in the outcome's unit: in every case an assumption, to be replaced by
the reader's own.
"""

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import partial
from typing import Literal, Required, TypedDict, Unpack

import numpy as np

from cmsim.core.docstrings import docstring
from cmsim.core.errors import CmsimError, nearest
from cmsim.core.extension import Addition, on_loading
from cmsim.core.presentation import Presented, html_table
from cmsim.outcomes.analysis_window import Window
from cmsim.scenario import Scenario

Better = Literal["lower", "higher"]
Measure = Callable[[Window], float]


@dataclass(frozen=True, slots=True, repr=False)
class Outcome(Presented, Addition):
    """One measure of a run.

    Attributes:
        name: as in tables and files.
        label: as people say it.
        unit: in words; an outcome whose unit begins with "share" lies between 0 and 1.
        definition: what is counted, over what, and what is left out.
        measure: the function of what happened in the outcome window.
        matters: smallest difference that matters, in the same unit (an assumption).
        better: which direction is better, or ``None`` where that depends.
        main: shown without being asked for.
        by_group: also measured for groups of clients.
        signed: whether it may lie below zero.
        follow_up: days after an event that have to lie within the window for the event to count.
    """

    name: str
    label: str
    unit: str
    definition: str
    measure: Measure
    matters: float
    better: Better | None = None
    main: bool = False
    by_group: bool = False
    signed: bool = False
    follow_up: int = 0

    def value_in(self, window: Window) -> float:
        """Return what it is in a window.

        Raises:
            CmsimError: the function asks for what a window does not have; the message names the outcome.
        """
        try:
            return self.measure(window)
        except CmsimError as error:
            raise CmsimError(f'the outcome "{self.name}": {error}') from None

    def _summary(self) -> str:
        return f"{self.name}, {self.label} ({self.shown_unit})"

    def _html(self) -> Iterable[str]:
        better = f"{self.better} is better" if self.better else "which direction is better depends"
        matters = f"smallest important difference: {self.shown(self.matters):g} {self.shown_unit}"
        yield html_table(("", ""), [("definition", self.definition), ("reading", f"{better}; {matters}")])

    @property
    def shown_unit(self) -> str:
        """The unit for people: a share is shown in per cent."""
        return self.unit.replace("share", "%", 1) if self.is_share else self.unit

    @property
    def is_share(self) -> bool:
        """Whether the value is a share, shown in per cent."""
        return self.unit.startswith("share")

    @property
    def bounds(self) -> tuple[float, float]:
        """Between which values it lies, in its unit."""
        return -math.inf if self.signed else 0.0, 1.0 if self.is_share or self.unit == "0 to 1" else math.inf

    @property
    def is_money(self) -> bool:
        """Whether the value is an amount of money."""
        return self.unit.startswith("currency")

    def shown(self, value: float) -> float:
        """Return a value or difference in the shown unit."""
        return value * 100.0 if self.is_share else value


class Outcomes(dict[str, Outcome], Presented):
    """Outcomes by name."""

    __repr__ = Presented.__repr__

    def _summary(self) -> str:
        return f"{len(self)} by name, {sum(each.main for each in self.values())} of them main outcomes"

    def _html(self) -> Iterable[str]:
        rows = [(each.name, each.label, each.shown_unit, "yes" if each.main else "") for each in self.values()]
        yield html_table(("Name", "Label", "Unit", "Main"), rows)


OUTCOMES = Outcomes()
"""Every outcome by name, in the order in which tables show them: those of extensions loaded so far come last."""

_ADDED: dict[str, tuple[str, ...]] = {}
"""Names of the outcomes that each extension adds, by its reference."""


def outcomes_of(*scenarios: Scenario | None) -> tuple[Outcome, ...]:
    """Return the outcomes that are measured in at least one of some scenarios, in the order of tables.

    Those of an extension are measured where it is named; without a scenario only the bundled ones are.
    """
    extensions = {each for scenario in scenarios if scenario is not None for each in scenario.extensions}
    left_out = {name for reference, names in _ADDED.items() if reference not in extensions for name in names}
    return tuple(outcome for name, outcome in OUTCOMES.items() if name not in left_out)


def add_outcomes(reference: str, outcomes: Iterable[Outcome]) -> None:
    """Take in the outcomes of an extension.

    Raises:
        CmsimError: there is an outcome of that name.
    """
    new = {outcome.name: outcome for outcome in outcomes}
    for name in new:
        if name in OUTCOMES:
            raise CmsimError(f'given "{reference}", which adds the outcome "{name}"; allowed: a name that is free')
    OUTCOMES.update(new)
    _ADDED[reference] = (*_ADDED.get(reference, ()), *new)


on_loading(lambda loaded: add_outcomes(loaded.reference, loaded.of(Outcome)))


class _Worth(TypedDict, total=False):
    """What else is stated of an outcome, as in :class:`Outcome`."""

    matters: Required[float]
    better: Better | None
    main: bool
    by_group: bool
    signed: bool
    follow_up: int


def defined(label: str, unit: str, **worth: Unpack[_Worth]) -> Callable[[Measure], Outcome]:
    """Return what makes the decorated function an outcome, as an extension adds it; name and docstring are its own.

    Args:
        label: as people say it.
        unit: in words; an outcome whose unit begins with "share" lies between 0 and 1.
        worth: by keyword, as in :class:`Outcome`: ``matters``, the smallest difference that matters, which is needed,
            and ``better``, ``main``, ``by_group``, ``signed`` and ``follow_up``.

    Raises:
        ValueError: the function has no docstring, and so the outcome no definition.
        CmsimError: ``matters`` is missing, or there is no such keyword.
    """

    def define(measure: Measure) -> Outcome:
        _check_worth(measure.__name__, worth)
        definition = " ".join(docstring(measure).split())
        if not definition:
            raise ValueError(f"the outcome {measure.__name__!r} needs a definition")
        return Outcome(measure.__name__, label, unit, definition, measure, **worth)

    return define


_KEYWORDS = inspect.Signature(
    [
        *(
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=str)
            for name in ("label", "unit")
        ),
        *(
            inspect.Parameter(
                each.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if each.default is MISSING else each.default,
                annotation=each.type,
            )
            for each in fields(Outcome)
            if each.name in _Worth.__annotations__
        ),
    ],
    return_annotation=Callable[[Measure], Outcome],
)
defined.__signature__ = _KEYWORDS  # type: ignore[attr-defined]


def _check_worth(name: str, worth: Mapping[str, object]) -> None:
    known = list(_Worth.__annotations__)
    for key in worth:
        if key not in known:
            raise CmsimError(
                f'the outcome "{name}": given the keyword {key}; allowed: {", ".join(known)}{nearest(key, known)}'
            )
    if "matters" not in worth:
        raise CmsimError(
            f'the outcome "{name}" lacks the keyword matters; allowed: matters=NUMBER, the smallest difference that '
            f"matters, in its unit, and {', '.join(known[1:])}"
        )


def outcome(label: str, unit: str, **worth: Unpack[_Worth]) -> Callable[[Measure], Measure]:
    """Declare the decorated function as a bundled outcome; arguments as in :func:`defined`."""

    def declare_measure(measure: Measure) -> Measure:
        declare(defined(label, unit, **worth)(measure))
        return measure

    return declare_measure


def declare(made: Outcome) -> None:
    """Add a bundled outcome, the next in the order of tables.

    Raises:
        ValueError: there is an outcome of that name.
    """
    if made.name in OUTCOMES:
        raise ValueError(f"the outcome {made.name!r} is declared twice")
    OUTCOMES[made.name] = made


def declare_daily_mean(
    name: str, label: str, definition: str, matters: float, better: Better | None = None, unit: str = "0 to 1"
) -> None:
    """Declare the daily column of that name as an outcome: its mean over clients, waiting or not, and days."""
    definition = f"{definition}, averaged over clients and days."
    declare(Outcome(name, label, unit, definition, partial(Window.daily_mean, column=name), matters, better))


def find(name: str) -> Outcome:
    """Return the outcome of that name.

    Raises:
        CmsimError: there is none; the message names the nearest.
    """
    if name not in OUTCOMES:
        raise CmsimError(f'unknown outcome "{name}"{nearest(name, OUTCOMES)}')
    return OUTCOMES[name]


def mean(values: object) -> float:
    """Return the mean of the finite values, and nan where there is none."""
    array = np.asarray(values, dtype=float)
    array = array[np.isfinite(array)]
    return float(array.mean()) if len(array) else np.nan
