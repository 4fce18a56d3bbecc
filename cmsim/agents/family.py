"""The family: it notices, calls, houses, and at its limit withdraws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from cmsim.people import FAMILY_HOME, PRODROMAL, SHELTER, Column

if TYPE_CHECKING:
    from cmsim.agents.client import Client
    from cmsim.community import Community


class Family(mesa.Agent):
    """The kin of one client, as one household or circle of ``members`` people."""

    burden, criticism, warmth, family_knowledge = Column(float), Column(float), Column(float), Column(float)

    def __init__(self, community: Community, client: Client, members: int) -> None:
        super().__init__(community)
        self.community = community
        self.columns = community.people
        self.row = client.row
        self.client = client
        self.key = f"f-{client.key}"
        self.members = members

    def calls(self) -> bool:
        """Decide to call the worker about first signs; the alternative is to wait and hope."""
        return self.client.case_manager is not None

    def houses(self) -> bool:
        """Decide to take the relative in, or back; the alternative is to leave it to others."""
        return self.burden < self.community.world.family.house_burden

    def withdraws(self) -> bool:
        """Decide to end living together, burdened beyond what can be borne."""
        return self.burden > self.community.world.family.withdraw_burden

    def sees_signs(self) -> None:
        """Have seen signs of a prodrome for long enough to do something about it."""
        if self.client.phase == PRODROMAL and self.calls():
            self.client.is_noticed("family")

    def reconsiders(self) -> None:
        """Think again, once a week, about living together."""
        if self.client.setting == FAMILY_HOME and self.withdraws():
            self.client.moves(SHELTER, "family ended it")

    def takes_in(self) -> None:
        """Take a homeless relative in, if willing."""
        if self.client.present and self.client.setting <= SHELTER and self.houses():
            self.client.moves(FAMILY_HOME, "family took in")
