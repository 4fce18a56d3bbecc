"""Informal helpers: friends, neighbours, clergy, fellow members; some are known to several clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from cmsim import draws
from cmsim.people import OWN_FLAT, SHELTER

if TYPE_CHECKING:
    from cmsim.agents.client import Client
    from cmsim.community import Community

LEAD = draws.purpose("helper.lead", "whether a helper asked about a room knows of one")
PASSES = draws.purpose("helper.passes", "whether a helper asks somebody else about a room")


class Helper(mesa.Agent):
    """One person outside services and family."""

    def __init__(self, community: Community, key: str, number: int, sort: str, competence: float) -> None:
        super().__init__(community)
        self.community = community
        self.key = key
        self.number = number
        self.sort = sort
        self.competence = competence

    def offers(self, strength: float) -> bool:
        """Decide to tell a homeless friend of a room; the alternative is to keep out of it."""
        return strength * self.competence > self.community.world.network.end_below

    def hears_of_room(self, client: Client, strength: float) -> bool:
        """Have heard of a room, or ask somebody else who knows the client's world;
        return whether one was found."""
        c, p = self.community, self.community.world.network
        if not self.offers(strength):
            return False
        if c.chance.uniform(LEAD, self.number, c.today) < self.competence:
            return True
        if c.chance.uniform(PASSES, self.number, c.today) >= p.lead_steps:
            return False
        for other in c.ties.tied(self.key, "knows"):
            friend = c.network.helpers.get(other)
            if friend is not None and c.chance.uniform(LEAD, friend.number, c.today) < friend.competence:
                return True
        return False


def tells_of_room(community: Community, client: Client) -> None:
    """Let the strongest tie of a homeless client tell of a room, if it offers one."""
    if not client.present or client.setting > SHELTER:
        return
    helpers = [
        (community.ties.friendships.strength[facts["row"]], other)
        for other, facts in community.ties.graph.adj[client.key].items()
        if facts["kind"] == "helper"
    ]
    for strength, key in sorted(helpers, key=lambda pair: (-pair[0], pair[1]))[:1]:
        helper = community.network.helpers.get(key)
        if helper is not None and helper.hears_of_room(client, float(strength)):
            client.moves(OWN_FLAT, "room through a tie")
