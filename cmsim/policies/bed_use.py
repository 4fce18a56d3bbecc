"""Bed use: how readily the system admits, and whether a full hospital hastens discharge."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, WrapValidator

from cmsim.evidence import Section, param
from cmsim.policies.choice import or_from_outside


class UsualThreshold(Section):
    """Admission when danger calls for it."""

    rule: Literal["usual_threshold"] = "usual_threshold"

    def threshold(self) -> float:
        """Return the shift of the admission threshold in log odds; positive admits less."""
        return 0.0


class CommunityFirst(Section):
    """Everything else is tried before admission."""

    rule: Literal["community_first"] = "community_first"
    shift: float = param(1.2, "log odds", 0.3, 3.0, "choice", "how much harder it is to be admitted")

    def threshold(self) -> float:
        """Return the shift of the admission threshold in log odds; positive admits less."""
        return self.shift


class HospitalFirst(Section):
    """People who present in crisis are admitted unless it is plainly needless."""

    rule: Literal["hospital_first"] = "hospital_first"
    shift: float = param(2.5, "log odds", 0.5, 5.0, "choice", "how much easier it is to be admitted")

    def threshold(self) -> float:
        """Return the shift of the admission threshold in log odds; positive admits less."""
        return -self.shift


BedUse = Annotated[
    UsualThreshold | CommunityFirst | HospitalFirst,
    WrapValidator(or_from_outside),
    Field(discriminator="rule"),
]
