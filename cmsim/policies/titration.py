"""Titration: how much support each client is meant to have.

A dose runs from 0 (the fewest visits that the service makes) to 1 (the most); ``service.contact`` says how
many visits that is. Rules see what workers believe, never the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, WrapValidator

from cmsim.evidence import Section, param
from cmsim.policies.choice import or_from_outside

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Caseload:
    """What is known of the clients at their weekly review; arrays of shape (clients,).

    Attributes:
        dose: the dose now, 0 to 1.
        believed_need: what the worker takes the need for support to be, 0 to 1.
        known_unwell: 1 where the worker knows of a prodrome, an acute phase or an admission.
        since_discharge: days since the last discharge (large if never).
        since_start: days since the client's case management began.
    """

    dose: Floats
    believed_need: Floats
    known_unwell: Floats
    since_discharge: Floats
    since_start: Floats


def _dose(value: float, note: str) -> float:
    return param(value, "0 to 1", 0.0, 1.0, "choice", note)  # type: ignore[no-any-return]


class Fixed(Section):
    """The same dose for everybody at all times."""

    rule: Literal["fixed"] = "fixed"
    level: float = _dose(0.30, "the dose")

    def next_dose(self, clients: Caseload) -> Floats:
        """Return the dose for the coming week."""
        return np.full_like(clients.dose, self.level)


class StepDown(Section):
    """High at the start and after each discharge, then down by a schedule, whatever the need."""

    rule: Literal["step_down"] = "step_down"
    high: float = _dose(0.8, "dose at the start and on discharge")
    low: float = _dose(0.15, "dose at the end of the schedule")
    days: float = param(
        120.0, "days", 30.0, 365.0, "choice", "time constant of the step-down", allowed=(1.0, 3650.0)
    )

    def next_dose(self, clients: Caseload) -> Floats:
        """Return the dose for the coming week."""
        since = np.minimum(clients.since_discharge, clients.since_start)
        return self.low + (self.high - self.low) * np.exp(-since / self.days)


class Responsive(Section):
    """Toward the believed need, at a pace, with hysteresis, a floor and a ceiling;
    raised when a client is unwell."""

    rule: Literal["responsive"] = "responsive"
    pace: float = param(
        0.20,
        "share a week",
        0.05,
        0.6,
        "choice",
        "of the gap to the believed need closed in a week",
        allowed=(0.0, 1.0),
    )
    hysteresis: float = param(0.05, "0 to 1", 0.0, 0.15, "choice", "gaps smaller than this are left alone")
    floor: float = _dose(0.08, "never less than this")
    ceiling: float = _dose(0.90, "never more than this")
    unwell: float = _dose(0.75, "at least this while known to be unwell")
    after_discharge: float = _dose(0.70, "dose on discharge, then tapered")
    taper_days: float = param(
        60.0, "days", 14.0, 180.0, "choice", "time constant of that taper", allowed=(1.0, 3650.0)
    )

    def next_dose(self, clients: Caseload) -> Floats:
        """Return the dose for the coming week."""
        gap = clients.believed_need - clients.dose
        moved = clients.dose + np.where(np.abs(gap) > self.hysteresis, self.pace * gap, 0.0)
        least = np.maximum(
            self.unwell * clients.known_unwell,
            self.after_discharge * np.exp(-clients.since_discharge / self.taper_days),
        )
        return np.clip(np.maximum(moved, least), self.floor, self.ceiling)


Titration = Annotated[
    Fixed | StepDown | Responsive, WrapValidator(or_from_outside), Field(discriminator="rule")
]
