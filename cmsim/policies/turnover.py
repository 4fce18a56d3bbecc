"""Turnover: what holds workers, and what happens to their clients when they go."""

from typing import Annotated, Literal

from cmsim.core.parameters import Section, choice, param
from cmsim.policies.policy_choice import RuleFamily


class Cold(Section):
    """The next worker starts from the file."""

    rule: Literal["cold"] = "cold"
    alliance_kept: float = param(0.10, "share", 0.0, 0.3, "assumption")
    """of alliance above a first meeting that passes to the next worker"""
    knowledge_kept: float = param(0.20, "share", 0.05, 0.4, "assumption", "of knowledge, through the file")
    joint_visits: Literal[0] = 0


class Warm(Section):
    """Leaver and successor meet the client together before the change, where there is time."""

    rule: Literal["warm"] = "warm"
    alliance_kept: float = param(0.45, "share", 0.2, 0.7, "assumption")
    """of alliance above a first meeting that passes to the next worker, after a joint visit"""
    knowledge_kept: float = param(0.55, "share", 0.3, 0.8, "assumption", "of knowledge, after a joint visit")
    joint_visits: int = choice(1, "contacts", 1, 3, allowed=(1, 10))
    """with both workers, in the month before the change"""


Handover = Annotated[Cold | Warm, RuleFamily(Cold)]


class SpreadOverTeam(Section):
    """A leaver's clients go to colleagues up to the stretched caseload; who is left waits for a worker."""

    rule: Literal["spread_over_team"] = "spread_over_team"
    holds: Literal[False] = False


class HoldForSuccessor(Section):
    """A leaver's clients are held for the successor; until then nobody is theirs."""

    rule: Literal["hold_for_successor"] = "hold_for_successor"
    holds: Literal[True] = True


VacancyCover = Annotated[SpreadOverTeam | HoldForSuccessor, RuleFamily(SpreadOverTeam)]


class TurnoverPolicy(Section):
    """Pay, career and supervision that hold people, and what is done when they leave."""

    pay: float = choice(1.0, "ratio to the market", 0.8, 1.3, "pay of case managers", allowed=(0.2, 5.0))
    career: float = choice(0.0, "share", 0.0, 1.0, "of the pull of competence that a career step in the agency holds")
    supervision_hours: float = choice(1.0, "hours a week", 0.0, 3.0, allowed=(0.0, 20.0))
    """for each worker, as far as the supervisor's hours go round"""
    notice_days: int = choice(28, "days", 0, 90, "between giving notice and leaving", allowed=(0, 365))
    cuts: Literal["attrition", "layoff"] = "attrition"
    """How posts go when there are to be fewer: as people leave, or by notice, the newest posts first."""
    handover: Handover = Cold()
    vacancy: VacancyCover = SpreadOverTeam()
