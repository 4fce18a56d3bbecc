"""What the best of several options is: an outcome, net benefit or a setting, and limits that an option has to keep."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.numeric import Floats
from cmsim.outcomes import OUTCOMES, Outcome
from cmsim.outcomes import find as find_outcome
from cmsim.scenario import Scenario

COST, EFFECT, BUDGET = "cost_total", "qalys", "agency_budget"
"""Outcomes: the cost and, unless another is named, the effect of net benefit; and what a budget limits."""


@dataclass(frozen=True)
class Limit:
    """What an option has to keep.

    Attributes:
        outcome: the outcome limited.
        value: the limit, in its unit.
        side: ``<=`` at most, ``>=`` at least.
    """

    outcome: str
    value: float
    side: Literal["<=", ">="] = "<="

    @property
    def text(self) -> str:
        """The limit in words."""
        outcome = OUTCOMES[self.outcome]
        amount = f"{outcome.shown(self.value):,.10g} {outcome.shown_unit}".replace(" %", "%")
        return f"{_lower(outcome.label)} at {'most' if self.side == '<=' else 'least'} {amount}"

    def excess(self, values: Floats) -> Floats:
        """Return by how much values are beyond the limit, below 0 where it is kept."""
        return values - self.value if self.side == "<=" else self.value - values


def parse_limit(text: str) -> Limit:
    """Return the limit that a text such as ``waiting<=10`` or ``seen_28>=80%`` states.

    Raises:
        CmsimError: it cannot be read, or names an unknown outcome.

    >>> parse_limit("seen_28>=80%")
    Limit(outcome='seen_28', value=0.8, side='>=')
    """
    for side in ("<=", ">="):
        name, found, amount = (part.strip() for part in text.partition(side))
        if found:
            return Limit(find_outcome(name).name, _amount(amount, text), side)
    raise CmsimError(f"limit: given {text!r}; allowed: OUTCOME<=VALUE or OUTCOME>=VALUE, such as waiting<=10")


def _amount(text: str, where: str) -> float:
    try:
        value = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise CmsimError(f"limit: given {where!r}; allowed: a number after <= or >=, such as 10 or 80%")
    return value


@dataclass(frozen=True)
class Goal:
    """What the best option is.

    Attributes:
        outcome: the outcome that is to be low or high, or whose worth is weighed against cost; empty for a setting.
        better: which direction is better.
        worth: of one unit of the outcome, in currency; ``None`` where it is not weighed against cost.
        setting: dotted key of the setting that is to be as small as possible; empty for an outcome.
        limits: what an option has to keep.
        difference: the indifference amount: a difference of the objective too small to care about.
        tolerances: the same of each limit.
        currency: in which amounts of money are.
    """

    outcome: str
    better: Literal["lower", "higher"]
    worth: float | None
    setting: str
    limits: tuple[Limit, ...]
    difference: float
    tolerances: tuple[float, ...]
    currency: str

    @property
    def label(self) -> str:
        """What the objective is called."""
        if self.setting:
            return self.setting.rpartition(".")[2]
        return "Net benefit" if self.worth is not None else OUTCOMES[self.outcome].label

    @property
    def unit(self) -> str:
        """Unit of the objective as it is shown."""
        if self.setting:
            return ""
        unit = OUTCOMES[COST].unit if self.worth is not None else OUTCOMES[self.outcome].shown_unit
        return unit.replace("currency", self.currency, 1)

    @property
    def shown_as(self) -> str:
        """Name of the outcome whose unit and decimal places the objective has; empty for a setting."""
        return COST if self.worth is not None else self.outcome

    def shown(self, value: float) -> str:
        """Return a value of the objective in its unit."""
        scaled = OUTCOMES[self.shown_as].shown(value) if self.shown_as else value
        return f"{scaled:,.10g} {self.unit}".replace(" %", "%").strip()

    @property
    def text(self) -> str:
        """What is looked for, in words."""
        least = "lowest" if self.better == "lower" else "highest"
        what = f"smallest {self.setting}" if self.setting else f"{least} {_lower(self.label)}"
        if self.worth is not None:
            outcome = OUTCOMES[self.outcome]
            less = "" if outcome.better == "higher" else " less"
            what += f" at {self.worth:,.10g} for one unit{less} of {_lower(outcome.label)} ({outcome.unit})"
        what += "".join(f"{' and' if i else ', with'} {each.text}" for i, each in enumerate(self.limits))
        return what.replace("currency", self.currency)

    @property
    def effect(self) -> Outcome:
        """The outcome that cost is weighed against: the objective if it is one of clients, otherwise QALYs."""
        outcome = OUTCOMES.get(self.outcome)
        return outcome if outcome is not None and is_effect(outcome) else OUTCOMES[EFFECT]

    @property
    def needed(self) -> list[str]:
        """Names of the outcomes that are needed of every run."""
        found = [self.outcome, self.effect.name, COST, "staff_hours", *(limit.outcome for limit in self.limits)]
        return list(dict.fromkeys(filter(None, found)))

    def objective(self, runs: pd.DataFrame, option: Scenario) -> Floats:
        """Return the objective of some runs of an option, in its own direction and unit."""
        if self.setting:
            return np.full(len(runs), float(setting_of(option, self.setting)))
        found = runs[self.outcome].to_numpy(dtype=float)
        if self.worth is None:
            return found
        sign = 1.0 if OUTCOMES[self.outcome].better == "higher" else -1.0
        return sign * self.worth * found - runs[COST].to_numpy(dtype=float)

    @property
    def sign(self) -> float:
        """Return 1 if more of the objective is better, otherwise -1."""
        return 1.0 if self.better == "higher" else -1.0


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def is_effect(outcome: Outcome) -> bool:
    """Return whether cost can be weighed against an outcome: it is better one way, and counted by client-years."""
    a_client = outcome.unit.endswith("client-year") or outcome.unit.startswith("share of clients")
    return outcome.better is not None and a_client and not outcome.is_money


def setting_of(option: Scenario, key: str) -> float:
    """Return the number that a setting has in an option; that of the agency is the one during the warm-up.

    Raises:
        CmsimError: there is no such setting, or it is no number.
    """
    settings = option.flat()
    part, dot, rest = key.partition(".")
    value = settings.get(f"baseline{dot}{rest}" if part == "agency" else key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        known = [name for name, each in settings.items() if isinstance(each, int | float)]
        raise CmsimError(f"smallest: given {key}; allowed: the key of a setting that is a number{nearest(key, known)}")
    return value


def make_goal(
    options: Sequence[Scenario],
    minimise: str | None,
    maximise: str | None,
    worth: float | Mapping[str, float] | None,
    smallest: str | None,
    limits: Sequence[str | Limit],
    budget: float | None,
    difference: float | None,
    matters: Mapping[str, float],
) -> Goal:
    """Return what the best option is; arguments as those of :func:`cmsim.find`.

    Raises:
        CmsimError: two objectives or none, or one that cannot be weighed.
    """
    stated = {"minimise": minimise, "maximise": maximise, "worth": worth, "smallest": smallest}
    named = [name for name, value in stated.items() if value is not None]
    if len(named) > 1:
        raise CmsimError(f"given {' and '.join(named)}; allowed: one of {', '.join(stated)}")
    if not named:
        worth = options[0].world.prices.qaly
        if worth is None:
            raise CmsimError(f"no objective is given; allowed: one of {', '.join(stated)}")
    if budget is not None and not (budget > 0 and math.isfinite(budget)):
        raise CmsimError(f"budget: given {budget:g}; allowed: above 0, in currency a year")
    kept = [each if isinstance(each, Limit) else parse_limit(each) for each in limits]
    kept += [Limit(BUDGET, budget)] if budget is not None else []
    if smallest is not None:
        for option in options:
            setting_of(option, smallest)
        if not kept:
            raise CmsimError(f"smallest: given {smallest} without a limit; allowed: beside one, such as waiting<=10")
    better: Literal["lower", "higher"] = "higher" if maximise or worth is not None else "lower"
    outcome, amount = minimise or maximise or "", None
    if worth is not None:
        ((outcome, amount),) = worth.items() if isinstance(worth, Mapping) else ((EFFECT, worth),)
        if not is_effect(find_outcome(outcome)):
            allowed = "an outcome by client-year of which one direction is better"
            raise CmsimError(f"worth: given {outcome} ({OUTCOMES[outcome].unit}); allowed: {allowed}")
        if not (amount > 0 and math.isfinite(amount)):
            raise CmsimError(f"worth: given {amount:g}; allowed: above 0")
    if outcome:
        find_outcome(outcome)

    def important(name: str) -> float:
        return matters.get(name, OUTCOMES[name].matters)

    usual = important(COST if amount is not None else outcome) if outcome else 1.0
    if difference is not None and not (difference > 0 and math.isfinite(difference)):
        raise CmsimError(f"difference: given {difference:g}; allowed: above 0, in the unit of the objective")
    tolerances = tuple(important(each.outcome) for each in kept)
    return Goal(
        outcome,
        better,
        amount,
        smallest or "",
        tuple(kept),
        difference or usual,
        tolerances,
        options[0].world.prices.currency,
    )
