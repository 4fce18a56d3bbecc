"""Informal helpers: friends, neighbours, clergy, fellow members; some are known to several clients."""

from cmsim.core import random_streams
from cmsim.model.agents.agent import Agent
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole

LEAD = random_streams.purpose("helper.lead", "whether a helper asked about a room or a job knows of one")
PASSES = random_streams.purpose("helper.passes", "whether a helper asks somebody else about it")
CARRIES = random_streams.purpose("helper.carries", "whether a helper goes along to an agency")


class Helper(Agent):
    """One person outside services and family."""

    def __init__(self, community: Context, key: str, number: int, sort: str, competence: float) -> None:
        super().__init__(community, key)
        self.number = number
        self.sort = sort
        self.competence = competence

    def decide_to_offer(self, strength: float) -> bool:
        """Decide to help a friend who looks for something; the alternative is to keep out of it."""
        return strength * self.competence > self.world.network.end_below

    def decide_to_go_along(self, client: ClientRole, strength: float) -> bool:
        """Decide to drive and go along to an agency; the alternative is to leave it to the case manager."""
        c, p = self.community, self.world.network
        chance = p.carries * strength * self.competence
        return c.streams.uniform(CARRIES, client.address, c.today) < chance

    def knows(self, what: int, occasion: int) -> bool:
        """Return whether the helper knows of a room (``what`` 0) or of a job (1)."""
        share = 1.0 if what == 0 else self.world.network.job_share
        return self.community.streams.uniform(LEAD, self.number, occasion) < self.competence * share

    def decide_to_ask_on(self, occasion: int) -> bool:
        """Decide to ask somebody else; the alternative is to say no."""
        c = self.community
        return c.streams.uniform(PASSES, self.number, occasion) < c.world.network.lead_steps
