"""Peer supporters: a kind of agent of their own, who look in on a client each noon."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import mesa

from cmsim.core import random_streams
from cmsim.core.parameters import Section, param
from cmsim.core.simtime import DAY, HOUR
from cmsim.model.context import Context

WHOM = random_streams.purpose("peer_support.whom", "whom a peer supporter looks in on today")
NOON = 12 * HOUR


class PeerSupport(Section):
    """What looking in does."""

    relief: float = param(0.2, "share", 0.0, 0.5)
    """of stress taken away by a talk with somebody who knows it"""


class PeerPosts(Section):
    """How many there are."""

    supporters: int = param(2, "people", 0, 20, "choice", "peer supporters", allowed=(0, 1000))


class Supporter(mesa.Agent):  # type: ignore[misc]
    """One peer supporter."""

    def __init__(self, community: Context, number: int) -> None:
        super().__init__(community)
        self.community, self.number = community, number
        self.talks = 0
        community.env.process(self.work())

    def work(self) -> Generator[Any, Any, None]:
        """Look in on one client a day, at noon."""
        c = self.community
        yield NOON
        while True:
            share = c.streams.uniform(WHOM, self.number, c.today)
            client = c.clients[int(share * len(c.clients))]
            if client.present:
                self.talks += 1
                c.day.owe("relief", client.row, c.world.peer_support.relief)
            yield DAY


class Supporters(tuple[Supporter, ...]):
    """The peer supporters of a community."""

    def __new__(cls, community: Context) -> Supporters:
        """Have as many as the service pays for."""
        return super().__new__(cls, (Supporter(community, n) for n in range(community.service.peers.supporters)))
