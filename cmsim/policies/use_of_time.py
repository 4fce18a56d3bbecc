"""What a worker does with freed time, and what gives way when time is short.

Both are asked in the morning, when the day's queue is known, and again whenever there is nothing left to do.
How often clients are seen is then an outcome: of demand, of time and of these choices.
"""

from typing import Annotated, Literal

from cmsim.core.parameters import Section, choice
from cmsim.policies.policy_choice import RuleFamily


class AsPlanned(Section):
    """Visits take as long as planned, however full the day is."""

    def length(self, load: float) -> float:
        """Return the ratio by which visits are longer, or shorter, on a day with this load (1: full)."""
        return 1.0

    def desk_time(self) -> float:
        """Return the minutes of a day that are kept for the desk, whatever could be brought forward."""
        return 0.0

    def apart(self) -> float:
        """Return the share of the days between planned visits that has to pass before one is made earlier."""
        return 0.0


class Office(AsPlanned):
    """Time that is left over is spent at the desk."""

    rule: Literal["office"] = "office"
    brings_forward: Literal[""] = ""


class MoreVisits(AsPlanned):
    """The visits due next are made earlier."""

    rule: Literal["more_visits"] = "more_visits"
    brings_forward: Literal["visit"] = "visit"


class AsWanted(AsPlanned):
    """The visits due next are made earlier, as often as clients want at most; part of each day stays for the desk."""

    rule: Literal["as_wanted"] = "as_wanted"
    brings_forward: Literal["visit"] = "visit"
    most: float = choice(2.0, "ratio", 1.2, 4.0, allowed=(1.0, 100.0))
    """of the visits that a client wants at most to those that are planned for the client's need"""
    desk: float = choice(60.0, "minutes a day", 20.0, 120.0, allowed=(0.0, 480.0))
    """of letters, forms and calls that come to nothing, besides meetings and writing up"""

    def desk_time(self) -> float:
        """Return the minutes of a day that are kept for the desk."""
        return self.desk

    def apart(self) -> float:
        """Return the share of the days between planned visits that has to pass before one is made earlier.

        >>> AsWanted(most=2.0).apart()
        0.5
        """
        return 1.0 / self.most


class LongerVisits(AsPlanned):
    """Visits take as long as the day allows."""

    rule: Literal["longer_visits"] = "longer_visits"
    brings_forward: Literal[""] = ""
    most: float = choice(1.6, "ratio", 1.1, 2.5, "the longest they become", allowed=(1.0, 10.0))

    def length(self, load: float) -> float:
        """Return the ratio by which visits are longer on a day with a load below 1."""
        return min(1.0 / max(load, 1e-9), self.most)


class FamilyWork(AsPlanned):
    """Families are seen more often."""

    rule: Literal["family"] = "family"
    brings_forward: Literal["family"] = "family"


class Informing(AsPlanned):
    """Psychiatrists are told more often how clients are."""

    rule: Literal["liaison"] = "liaison"
    brings_forward: Literal["psychiatrist liaison"] = "psychiatrist liaison"


class GoingAlong(AsPlanned):
    """Clients are accompanied to what they do in the neighbourhood: ties, skills, places."""

    rule: Literal["network"] = "network"
    brings_forward: Literal["accompaniment"] = "accompaniment"


Slack = Annotated[
    Office | MoreVisits | AsWanted | LongerVisits | FamilyWork | Informing | GoingAlong, RuleFamily(Office)
]


class CollateralFirst(AsPlanned):
    """Contacts with family, psychiatrist and ward are dropped once they are long overdue; visits slip."""

    rule: Literal["collateral_first"] = "collateral_first"
    gives_way: Literal["collateral"] = "collateral"


class VisitsCancelled(AsPlanned):
    """Visits and calls are cancelled until their next turn once they are long overdue."""

    rule: Literal["visits_cancelled"] = "visits_cancelled"
    gives_way: Literal["visits"] = "visits"


class ShorterVisits(Section):
    """Everybody is seen, for less time; contacts with others are dropped as well once long overdue."""

    rule: Literal["shorter_visits"] = "shorter_visits"
    gives_way: Literal["collateral"] = "collateral"
    least: float = choice(0.5, "ratio", 0.3, 0.9, "the shortest they become", allowed=(0.05, 1.0))

    def length(self, load: float) -> float:
        """Return the ratio by which visits are shorter on a day with a load above 1."""
        return max(1.0 / max(load, 1.0), self.least)


Shortage = Annotated[CollateralFirst | VisitsCancelled | ShorterVisits, RuleFamily(CollateralFirst)]


def as_planned(*policies: object) -> bool:
    """Return whether visits take as long as planned on every day, under all of some policies."""
    return all(getattr(type(policy), "length", None) is AsPlanned.length for policy in policies)
