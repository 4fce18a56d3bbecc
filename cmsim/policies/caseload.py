"""Caseload: how many clients a worker holds, how they are weighed, shared and evened out, who takes the next
referral, who is served next, and what gives when the size changes."""

import math
from typing import Annotated, Literal

import numpy as np

from cmsim.core.numeric import Floats
from cmsim.core.parameters import Section, choice, param
from cmsim.policies.policy_choice import RuleFamily


class LeastLoaded(Section):
    """The worker with most room takes the next referral."""

    rule: Literal["least_loaded"] = "least_loaded"

    def preference(self, room: Floats, exhaustion: Floats, skill: Floats, luck: Floats) -> Floats:
        """Return a preference for each worker with room (clients still to take);
        the highest takes the client."""
        return room + 0.5 * luck


class AnyWithRoom(Section):
    """Any worker with room, as it falls."""

    rule: Literal["any_with_room"] = "any_with_room"

    def preference(self, room: Floats, exhaustion: Floats, skill: Floats, luck: Floats) -> Floats:
        """Return a preference for each worker with room; the highest takes the client."""
        return luck


class SpareTheExhausted(Section):
    """Room counts, and exhausted workers are protected."""

    rule: Literal["spare_the_exhausted"] = "spare_the_exhausted"
    points: float = choice(0.3, "clients per MBI-EE point", 0.0, 2.0, "room that a point of exhaustion outweighs")

    def preference(self, room: Floats, exhaustion: Floats, skill: Floats, luck: Floats) -> Floats:
        """Return a preference for each worker with room; the highest takes the client."""
        return room - self.points * exhaustion + 0.5 * luck


class MostSkilled(Section):
    """The most skilled worker with room takes the next referral."""

    rule: Literal["most_skilled"] = "most_skilled"

    def preference(self, room: Floats, exhaustion: Floats, skill: Floats, luck: Floats) -> Floats:
        """Return a preference for each worker with room; the highest takes the client."""
        return skill + self.tie * luck

    tie: float = choice(0.01, "0 to 1", 0.0, 0.1, "difference in skill that chance may outweigh")


Assignment = Annotated[LeastLoaded | AnyWithRoom | SpareTheExhausted | MostSkilled, RuleFamily(LeastLoaded)]


class EachCountsOne(Section):
    """A client is a client."""

    rule: Literal["each_counts_one"] = "each_counts_one"

    def weights(self, believed_need: Floats, known_unwell: Floats) -> Floats:
        """Return how much of a caseload each client takes up, 1 being an average client."""
        return np.ones_like(believed_need)


class WeightedByNeed(Section):
    """Clients who need more take up more of a caseload."""

    rule: Literal["weighted_by_need"] = "weighted_by_need"
    light: float = choice(0.5, "clients", 0.2, 1.0, "that one with no need counts for")
    heavy: float = choice(2.5, "clients", 1.0, 4.0, "that one with full need would count for")
    unwell: float = choice(0.5, "clients", 0.0, 2.0, "more, while known to be unwell")

    def weights(self, believed_need: Floats, known_unwell: Floats) -> Floats:
        """Return how much of a caseload each client takes up, 1 being an average client."""
        return self.light + (self.heavy - self.light) * believed_need + self.unwell * known_unwell


Weighting = Annotated[EachCountsOne | WeightedByNeed, RuleFamily(EachCountsOne)]


class AtHiring(Section):
    """Clients move only when somebody new comes, from those with too many."""

    rule: Literal["at_hiring"] = "at_hiring"

    def due(self, week: int, hired: bool) -> bool:
        """Return whether caseloads are evened out this week."""
        return hired

    def tolerance(self, size: float) -> float:
        """Return how far above the caseload size a worker may be before clients move."""
        return 0.0


class WatchedCaseloads(Section):
    """Caseloads are looked at every few weeks, and clients moved from the overloaded to those with room."""

    rule: Literal["watched"] = "watched"
    weeks: int = choice(4, "weeks", 1, 12, "between looks at all caseloads", allowed=(1, 520))
    leeway: float = choice(0.05, "share", 0.0, 0.3, "of its size by which a caseload may be exceeded")

    def due(self, week: int, hired: bool) -> bool:
        """Return whether caseloads are evened out this week."""
        return hired or week % self.weeks == 0

    def tolerance(self, size: float) -> float:
        """Return how far above the caseload size a worker may be before clients move."""
        return self.leeway * size


class LeftAlone(Section):
    """Nobody changes workers to even caseloads out."""

    rule: Literal["left_alone"] = "left_alone"

    def due(self, week: int, hired: bool) -> bool:
        """Return whether caseloads are evened out this week."""
        return False

    def tolerance(self, size: float) -> float:
        """Return how far above the caseload size a worker may be before clients move."""
        return float(np.inf)


Balance = Annotated[AtHiring | WatchedCaseloads | LeftAlone, RuleFamily(AtHiring)]


class InTurn(Section):
    """Whoever has waited longest gets the next free place."""

    rule: Literal["in_turn"] = "in_turn"

    def order(self, waited: Floats, need: Floats, unwell: Floats) -> Floats:
        """Return the rank of those waiting (days, levels 0 to 1); the highest is served first."""
        return waited


class MostInNeedFirst(Section):
    """Those referred with most need, or unwell, come first; a long wait counts too."""

    rule: Literal["most_in_need_first"] = "most_in_need_first"
    need: float = choice(120.0, "days", 0.0, 365.0, "of waiting that full need outweighs")
    unwell: float = choice(60.0, "days", 0.0, 365.0, "of waiting that being unwell outweighs")

    def order(self, waited: Floats, need: Floats, unwell: Floats) -> Floats:
        """Return the rank of those waiting; the highest is served first."""
        return waited + self.need * need + self.unwell * unwell


WaitingOrder = Annotated[InTurn | MostInNeedFirst, RuleFamily(InTurn)]


class OwnClients(Section):
    """Every worker has clients of his or her own; while away, nobody sees them."""

    rule: Literal["own_clients"] = "own_clients"
    shared: Literal[False] = False
    team_minutes: Literal[0] = 0
    alliance_kept: float = choice(0.0, "share", 0.0, 0.2, "by a colleague of the team: as the handover")
    knowledge_kept: float = choice(0.0, "share", 0.0, 0.2, "by a colleague of the team, likewise")


class SharedByTeam(Section):
    """The team shares its clients: colleagues stand in for those away, and know the clients of a leaver."""

    rule: Literal["shared_by_team"] = "shared_by_team"
    shared: Literal[True] = True
    team_minutes: int = choice(25, "minutes a day", 10, 60, "more for the team meeting, where clients are gone through")
    alliance_kept: float = param(0.70, "share", 0.4, 0.9, "assumption")
    """of alliance that a colleague of the same team begins with"""
    knowledge_kept: float = param(0.80, "share", 0.5, 0.95, "assumption")
    """of knowledge of the client that the team shares"""


Sharing = Annotated[OwnClients | SharedByTeam, RuleFamily(OwnClients)]


class CaseloadPolicy(Section):
    """How many clients a worker holds, and from when on."""

    size: int = param(25, "clients per worker", 8, 60, "king2009", status="choice", allowed=(1, 1000))
    """mean 20 per full-time worker in one survey"""
    closure: Literal["staff_fixed", "clients_fixed"] = "staff_fixed"
    """Staff fixed: posts stay; people wait for a worker and count in every outcome. Clients fixed: posts follow the
    number of clients, and so do paid hours."""
    start: Literal["from_outset", "from_day"] = "from_day"
    """From outset: it holds during the warm-up. From day: from that day on, with the hiring and handovers it takes."""
    from_day: int | None = None
    """The day from which it holds; the first after the warm-up where none is stated."""
    assignment: Assignment = LeastLoaded()
    weighting: Weighting = EachCountsOne()
    balance: Balance = AtHiring()
    waiting_list: WaitingOrder = InTurn()
    sharing: Sharing = OwnClients()
    stretch: float = choice(1.15, "ratio", 1.0, 1.5, allowed=(1.0, 10.0))
    """of its size to which a caseload may be stretched to cover for a colleague who left"""

    def most_at_start(self) -> float:
        """Return the clients that a worker has at most when a run begins.

        Where posts stay as they are, whoever is above that waits from the beginning; where posts follow the
        clients, everybody has a worker until they have.
        """
        return self.size * self.stretch if self.closure == "staff_fixed" else math.inf
