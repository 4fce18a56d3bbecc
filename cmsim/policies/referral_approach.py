"""Approach: how a worker brings a referral up, as the person's own step or as the worker's."""

from typing import Annotated, Literal

from cmsim.core.parameters import Section, choice
from cmsim.policies.policy_choice import RuleFamily


class UsualApproach(Section):
    """Suggests, explains, and follows up."""

    rule: Literal["usual"] = "usual"
    directiveness: float = choice(0.40, "0 to 1", 0.2, 0.6)
    """0 only asks what the person wants, 1 decides for the person"""
    eases: float = choice(0.0, "share", 0.0, 0.2, "of ambivalence resolved by talking it over")
    eagerness: float = choice(1.0, "ratio", 0.5, 2.0, "referrals started, against the usual")


class Motivational(UsualApproach):
    """Motivational interviewing: ambivalence is talked over, the next step is the person's own."""

    rule: Literal["motivational"] = "motivational"  # type: ignore[assignment]
    directiveness: float = choice(0.15, "0 to 1", 0.0, 0.3, "as above")
    eases: float = choice(0.7, "share", 0.3, 0.9, "of ambivalence resolved by a skilled worker, half of it by another")


class OverResponsible(UsualApproach):
    """Takes the person's life into the own hands: more is arranged, less of it is the person's own."""

    rule: Literal["over_responsible"] = "over_responsible"  # type: ignore[assignment]
    directiveness: float = choice(0.85, "0 to 1", 0.6, 1.0, "as above")
    eagerness: float = choice(1.6, "ratio", 1.0, 3.0, "as above")


Approach = Annotated[UsualApproach | Motivational | OverResponsible, RuleFamily(UsualApproach)]
"""How a scenario names a policy: a bundled ``rule``, or ``"package.module:Name"`` for one of one's own."""
