"""Medication refused again and again: go on talking, offer a depot, or insist on one (K-21)."""

from typing import Annotated, Literal

from pydantic import Field

from cmsim.core.parameters import Section, param
from cmsim.policies.policy_choice import or_from_outside


class Flexible(Section):
    """The worker goes on talking about it with everybody, and leaves the choice to the client."""

    rule: Literal["flexible"] = "flexible"
    insists: Literal[False] = False

    def offers_depot(self, refusals: int) -> bool:
        """Return whether a depot is brought up with somebody who stopped so many times."""
        return False


class OffersDepot(Section):
    """A depot is offered to those who have stopped again, and no more is made of it."""

    rule: Literal["offers_depot"] = "offers_depot"
    insists: Literal[False] = False
    refusals: int = param(2, "times", 1, 4, "choice", "stopped, from which it is offered", allowed=(1, 100))

    def offers_depot(self, refusals: int) -> bool:
        """Return whether a depot is brought up with somebody who stopped so many times."""
        return refusals >= self.refusals


class Firm(Section):
    """The worker insists on a depot with those who have stopped again, before help with housing and the like
    goes on."""

    rule: Literal["firm"] = "firm"
    insists: Literal[True] = True
    refusals: int = param(2, "times", 1, 4, "choice", "stopped, from which it is insisted", allowed=(1, 100))

    def offers_depot(self, refusals: int) -> bool:
        """Return whether a depot is brought up with somebody who stopped so many times."""
        return refusals >= self.refusals


MedicationStance = Annotated[Flexible | OffersDepot | Firm, or_from_outside(Flexible), Field(discriminator="rule")]
