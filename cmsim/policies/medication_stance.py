"""Medication refused again and again: go on talking, offer a depot, or insist on one (K-21)."""

from typing import Annotated, Literal

from cmsim.core.parameters import Section, choice
from cmsim.policies.policy_choice import RuleFamily


class Flexible(Section):
    """The worker goes on talking about it with everybody, and leaves the choice to the client."""

    rule: Literal["flexible"] = "flexible"
    insists: Literal[False] = False

    def offers_depot(self, refusals: int) -> bool:
        """Return whether a depot is brought up with somebody who stopped so many times."""
        return False


class _AfterRefusals(Section):
    """What bringing a depot up after some refusals has in common."""

    refusals: int = choice(2, "times", 1, 4, "stopped, from which a depot is brought up", allowed=(1, 100))

    def offers_depot(self, refusals: int) -> bool:
        """Return whether a depot is brought up with somebody who stopped so many times."""
        return refusals >= self.refusals


class OffersDepot(_AfterRefusals):
    """A depot is offered to those who have stopped again, and no more is made of it."""

    rule: Literal["offers_depot"] = "offers_depot"
    insists: Literal[False] = False


class Firm(_AfterRefusals):
    """The worker insists on a depot with those who have stopped again, before other help goes on."""

    rule: Literal["firm"] = "firm"
    insists: Literal[True] = True


MedicationStance = Annotated[Flexible | OffersDepot | Firm, RuleFamily(Flexible)]
