"""Help with a referral: a number only, the agency prepared, or accompanied."""

from typing import Annotated, Literal

from cmsim.core.parameters import Section, choice
from cmsim.policies.policy_choice import RuleFamily


class SameHelp(Section):
    """The same level of help for everybody."""

    rule: Literal["same_help"] = "same_help"
    level: Literal["number only", "agency prepared", "accompanied"] = "agency prepared"

    def help_level(self, believed_capability: float, last: int = -1, reached: bool = False) -> int:
        """Return 0 for a number only, 1 for the agency prepared, 2 for accompanied."""
        return ("number only", "agency prepared", "accompanied").index(self.level)


class ByCapability(Section):
    """As much help as the person is believed to need."""

    rule: Literal["by_capability"] = "by_capability"
    accompany_below: float = choice(0.45, "0 to 1", 0.2, 0.7, "believed capability below which the worker goes along")
    number_above: float = choice(0.75, "0 to 1", 0.5, 1.0, "believed capability above which a number will do")

    def help_level(self, believed_capability: float, last: int = -1, reached: bool = False) -> int:
        """Return 0 for a number only, 1 for the agency prepared, 2 for accompanied."""
        if believed_capability < self.accompany_below:
            return 2
        return 0 if believed_capability > self.number_above else 1


class Tapered(ByCapability):
    """By trial and error: as much help as needed the first time, a level less after each link made,
    a level more after each that was not."""

    rule: Literal["tapered"] = "tapered"  # type: ignore[assignment]

    def help_level(self, believed_capability: float, last: int = -1, reached: bool = False) -> int:
        """Return 0, 1 or 2, from the help given ``last`` (-1: none) and whether a link was ``reached``."""
        if last < 0:
            return super().help_level(believed_capability)
        return max(last - 1, 0) if reached else min(last + 1, 2)


ReferralHelp = Annotated[SameHelp | ByCapability | Tapered, RuleFamily(SameHelp)]
