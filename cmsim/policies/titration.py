"""Titration: how much support each client is meant to have.

A dose runs from 0 (the fewest visits that the service makes) to 1 (the most); ``service.contact`` says how
many visits that is. Rules see what workers believe, never the truth.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from cmsim.core.numeric import Floats
from cmsim.core.parameters import Section, choice
from cmsim.policies.policy_choice import RuleFamily


@dataclass(frozen=True, slots=True)
class Caseload:
    """What is known of the clients at their weekly review; arrays of shape (clients,).

    Attributes:
        dose: the dose now, 0 to 1.
        believed_need: what the worker takes the need for support to be, 0 to 1.
        wish: what the client asks for: 1 an own life, -1 to be looked after, 0 neither.
        known_unwell: 1 where the worker knows of a prodrome, an acute phase or an admission.
        since_discharge: days since the last discharge (large if never).
        since_start: days since the client's case management began.
    """

    dose: Floats
    believed_need: Floats
    wish: Floats
    known_unwell: Floats
    since_discharge: Floats
    since_start: Floats


def _dose(value: float, note: str) -> float:
    return choice(value, "0 to 1", 0.0, 1.0, note)


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
    days: float = choice(120.0, "days", 30.0, 365.0, "time constant of the step-down", allowed=(1.0, 3650.0))

    def next_dose(self, clients: Caseload) -> Floats:
        """Return the dose for the coming week."""
        since = np.minimum(clients.since_discharge, clients.since_start)
        return self.low + (self.high - self.low) * np.exp(-since / self.days)


class Responsive(Section):
    """Toward the believed need, at a pace, with hysteresis, a floor and a ceiling;
    raised when a client is unwell."""

    rule: Literal["responsive"] = "responsive"
    ratio: float = choice(1.1, "ratio", 0.5, 3.0, "dose for a believed need of 1", allowed=(0.0, 10.0))
    shift: float = choice(0.0, "0 to 1", -0.2, 0.3, allowed=(-1.0, 1.0))
    """dose above (below) that: below leaves room to try, above is to be on the safe side"""
    pace: float = choice(0.20, "share a week", 0.05, 0.6, allowed=(0.0, 1.0))
    """of the gap to the believed need closed in a week"""
    hysteresis: float = choice(0.05, "0 to 1", 0.0, 0.15, "gaps smaller than this are left alone")
    floor: float = _dose(0.08, "never less than this")
    ceiling: float = _dose(0.90, "never more than this")
    unwell: float = _dose(0.75, "at least this while known to be unwell")
    after_discharge: float = _dose(0.70, "dose on discharge, then tapered")
    taper_days: float = choice(60.0, "days", 14.0, 180.0, "time constant of that taper", allowed=(1.0, 3650.0))

    def wanted(self, clients: Caseload) -> Floats:
        """Return the dose that the believed need calls for."""
        dose: Floats = self.ratio * clients.believed_need + self.shift
        return dose

    def next_dose(self, clients: Caseload) -> Floats:
        """Return the dose for the coming week."""
        gap = self.wanted(clients) - clients.dose
        moved = clients.dose + np.where(np.abs(gap) > self.hysteresis, self.pace * gap, 0.0)
        least = np.maximum(
            self.unwell * clients.known_unwell,
            self.after_discharge * np.exp(-clients.since_discharge / self.taper_days),
        )
        return np.clip(np.maximum(moved, least), self.floor, self.ceiling)


class ClientLed(Responsive):
    """As responsive, but the client's stated wish counts: more for who asks to be looked after, less for who
    wants an own life."""

    rule: Literal["client_led"] = "client_led"  # type: ignore[assignment]
    wish_weight: float = choice(0.15, "0 to 1", 0.05, 0.3)
    """dose less for a wish for an own life, more for one to be looked after"""

    def wanted(self, clients: Caseload) -> Floats:
        """Return the dose that the believed need and the stated wish call for."""
        dose: Floats = self.ratio * clients.believed_need + self.shift - self.wish_weight * clients.wish
        return dose


class OverProtective(Responsive):
    """As responsive, but on the safe side: lowered slowly, and always above the believed need."""

    rule: Literal["over_protective"] = "over_protective"  # type: ignore[assignment]
    shift: float = choice(0.30, "0 to 1", 0.1, 0.5, "dose above what the believed need calls for", allowed=(-1.0, 1.0))
    lowered: float = choice(0.02, "share a week", 0.0, 0.1, "of the gap closed in a week when the dose is to fall")

    def next_dose(self, clients: Caseload) -> Floats:
        """Return the dose for the coming week."""
        risen = np.maximum(super().next_dose(clients), clients.dose)
        gap = self.wanted(clients) - clients.dose
        return np.where(gap < 0.0, np.maximum(clients.dose + self.lowered * gap, self.floor), risen)


Titration = Annotated[Fixed | StepDown | Responsive | ClientLed | OverProtective, RuleFamily(Fixed)]
