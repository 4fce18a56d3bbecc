"""Bed use: how readily the system admits, and how readily a refusal of admission is overruled."""

from typing import Annotated, Literal

from cmsim.core.parameters import Section, choice
from cmsim.policies.policy_choice import RuleFamily


class UsualThreshold(Section):
    """Admission when danger calls for it."""

    rule: Literal["usual_threshold"] = "usual_threshold"

    def threshold(self) -> float:
        """Return the shift of the admission threshold in log odds; positive admits less."""
        return 0.0


class CommunityFirst(Section):
    """Everything else is tried before admission."""

    rule: Literal["community_first"] = "community_first"
    shift: float = choice(1.2, "log odds", 0.3, 3.0, "how much harder it is to be admitted")

    def threshold(self) -> float:
        """Return the shift of the admission threshold in log odds; positive admits less."""
        return self.shift


class HospitalFirst(Section):
    """People who present in crisis are admitted unless it is plainly needless."""

    rule: Literal["hospital_first"] = "hospital_first"
    shift: float = choice(2.5, "log odds", 0.5, 5.0, "how much easier it is to be admitted")

    def threshold(self) -> float:
        """Return the shift of the admission threshold in log odds; positive admits less."""
        return -self.shift


BedUse = Annotated[UsualThreshold | CommunityFirst | HospitalFirst, RuleFamily(UsualThreshold)]


class WhenDangerous(Section):
    """A refusal is overruled where danger calls for it."""

    rule: Literal["when_dangerous"] = "when_dangerous"

    def reluctance(self) -> float:
        """Return the shift against commitment in log odds."""
        return 0.0


class LastResort(Section):
    """A refusal is respected as long as it can be borne."""

    rule: Literal["last_resort"] = "last_resort"
    shift: float = choice(3.0, "log odds", 1.0, 6.0, "how much harder it is to be committed")

    def reluctance(self) -> float:
        """Return the shift against commitment in log odds."""
        return self.shift


class Readily(Section):
    """A refusal is overruled at lesser danger."""

    rule: Literal["readily"] = "readily"
    shift: float = choice(2.5, "log odds", 1.0, 5.0, "how much easier it is to be committed")

    def reluctance(self) -> float:
        """Return the shift against commitment in log odds."""
        return -self.shift


Commitment = Annotated[WhenDangerous | LastResort | Readily, RuleFamily(WhenDangerous)]
