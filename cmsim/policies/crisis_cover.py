"""Crisis cover: who is turned to first, and at what hours somebody other than the
emergency department comes."""

from typing import Annotated, Literal

from cmsim.core.parameters import Section, choice
from cmsim.core.simtime import HOUR, is_workday
from cmsim.policies.policy_choice import RuleFamily


class OwnWorkerFirst(Section):
    """While on duty the own worker comes; otherwise the crisis service."""

    rule: Literal["own_worker_first"] = "own_worker_first"
    asks_team: Literal[False] = False

    def asks_own_worker(self, on_duty: bool) -> bool:
        """Return whether a crisis call goes to the own worker."""
        return on_duty


class ServiceFirst(Section):
    """Crisis calls go to the crisis service even while the own worker is on duty."""

    rule: Literal["service_first"] = "service_first"
    asks_team: Literal[False] = False

    def asks_own_worker(self, on_duty: bool) -> bool:
        """Return whether a crisis call goes to the own worker."""
        return False


class OwnThenTeam(Section):
    """While on duty the own worker comes; failing that, a colleague of the team who is on duty."""

    rule: Literal["own_then_team"] = "own_then_team"
    asks_team: Literal[True] = True

    def asks_own_worker(self, on_duty: bool) -> bool:
        """Return whether a crisis call goes to the own worker."""
        return on_duty


FirstCalled = Annotated[OwnWorkerFirst | ServiceFirst | OwnThenTeam, RuleFamily(OwnWorkerFirst)]


class NobodyOnCall(Section):
    """Out of hours there is the crisis service and the emergency department."""

    rule: Literal["nobody"] = "nobody"

    def covers(self, day: int, minute: int) -> bool:
        """Return whether a case manager is on call at a minute of a day."""
        return False


class TeamOnCall(Section):
    """Out of hours the case managers of a team take turns, day by day."""

    rule: Literal["team"] = "team"
    until: int = choice(22, "hour of the day", 18, 24, "on call up to then", allowed=(0, 24))
    since: int = choice(7, "hour of the day", 0, 9, "and from then on", allowed=(0, 24))
    weekends: bool = True

    def covers(self, day: int, minute: int) -> bool:
        """Return whether a case manager is on call at a minute of a day."""
        return (self.weekends or is_workday(day)) and self.since * HOUR <= minute < self.until * HOUR


OnCall = Annotated[NobodyOnCall | TeamOnCall, RuleFamily(NobodyOnCall)]


class InPairs(Section):
    """Where there is risk a colleague goes along, if one is free."""

    rule: Literal["in_pairs"] = "in_pairs"
    pairs: Literal[True] = True


class Alone(Section):
    """Everybody goes alone."""

    rule: Literal["alone"] = "alone"
    pairs: Literal[False] = False


RiskyVisits = Annotated[InPairs | Alone, RuleFamily(InPairs)]


class CrisisCover(Section):
    """Hours and size of the crisis service, and who is called first."""

    first: FirstCalled = OwnWorkerFirst()
    on_call: OnCall = NobodyOnCall()
    risky_visits: RiskyVisits = InPairs()
    respite_places: int = choice(2, "places", 0, 12, "for some days away from a stressful home", allowed=(0, 10_000))
    home_treatment_places: int = choice(0, "places", 0, 20, allowed=(0, 10_000))
    """with the crisis service, for treatment at home in place of a bed"""
    opens: int = choice(8, "hour of the day", 0, 12, "the crisis service opens", allowed=(0, 24))
    closes: int = choice(22, "hour of the day", 16, 24, allowed=(0, 24))
    """the crisis service closes; 24 with opening at 0 is round the clock"""
    weekends: bool = True
    """Whether the crisis service is open on weekends."""
    teams: int = choice(2, "teams", 0, 6, "that can be out at the same time", allowed=(0, 10_000))

    def open_at(self, day: int, minute: int) -> bool:
        """Return whether the crisis service is open at a minute of a day."""
        return (
            self.teams > 0 and (self.weekends or is_workday(day)) and self.opens * HOUR <= minute < self.closes * HOUR
        )
