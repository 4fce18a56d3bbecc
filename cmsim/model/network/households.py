"""Who lives with whom: roommates in group homes, companions on the street and in shelters."""

from cmsim.core import random_streams
from cmsim.model.context import Context
from cmsim.model.network.social_graph import Ring
from cmsim.model.roles import ClientRole
from cmsim.schema.codes import Setting

WHICH_HOUSE = random_streams.purpose("neighbourhood.house", "which group home somebody moves to")
WHOM = random_streams.purpose("neighbourhood.companion", "whom somebody on the street or in a shelter gets to know")


class Households:
    """Group homes of a declared size, the street and the shelter; moving in makes
    ties, moving out ends them."""

    def __init__(self, community: Context) -> None:
        self.community = community
        homes = community.service.agencies.housing // max(int(community.world.network.house_size), 1)
        self.houses: list[list[ClientRole]] = [[] for _ in range(max(homes, 1))]
        self.around: dict[int, Ring] = {Setting.STREET: Ring(), Setting.SHELTER: Ring()}

    def settle(self, client: ClientRole, before: int, setting: int) -> None:
        """Move in: everybody in the house becomes a roommate; on the street one
        person becomes a companion."""
        c = self.community
        self.leave(client)
        if setting == Setting.GROUP_HOME:
            number = int(c.streams.uniform(WHICH_HOUSE, client.address, c.today) * len(self.houses))
            house = self.houses[number]
            for other in house:
                c.ties.join(client.key, other.key, "roommate", c.today)
            house.append(client)
            c.people.cells.house[client.row] = number
        elif setting in self.around:
            there = self.around[setting]
            if there:
                other = there.nearest(c.streams.uniform(WHOM, client.address, c.today))
                c.ties.join(client.key, other.key, "companion", c.today)
            there.add(client.point, client)

    def leave(self, client: ClientRole) -> None:
        """Move out: roommates and companions of the place are left behind."""
        c = self.community
        house_of = c.people.cells.house
        house = house_of[client.row]
        if house >= 0:
            self.houses[house].remove(client)
            house_of[client.row] = -1
        for there in self.around.values():
            there.remove(client.point)
        c.ties.part_all(client.key, "roommate", "companion")
