"""The informal network: who is in it at the start, and how its ties are made, kept, lost and added up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cmsim import draws
from cmsim.agents.family import Family
from cmsim.agents.helper import Helper
from cmsim.clock import WEEK_DAYS
from cmsim.people import ACUTE, INPATIENT, JAIL, LEFT, SHELTER, client_key
from cmsim.record import AGENCIES, code
from cmsim.rules import network
from cmsim.rules.chance import beta_like, exponential
from cmsim.ties import AMONG_CLIENTS, Ring

if TYPE_CHECKING:
    from cmsim.agents.client import Client
    from cmsim.community import Community

Floats = NDArray[np.float64]

NETWORK = draws.purpose(
    "setup.network", "who is in a client's network at the start, and how far what runs then has run"
)
HELPER = draws.purpose("setup.helper", "closeness and competence of an informal helper")
PEERS = draws.purpose("setup.peers", "which other clients a client is friends with at the start")
THROUGH = draws.purpose("network.through", "whether a new friend comes through a friend")
FELLOW = draws.purpose("network.fellow", "whom somebody gets to know in a programme")
NEW_FRIEND = draws.purpose("network.new friend", "how close a new friend becomes")
MOST_HELPERS = 24


class InformalNetwork:
    """Families, friends, neighbours and fellow clients of the people served; the ties stand in ``Ties``.

    Attributes:
        helpers: the informal helpers by key.
        kin: relatives in touch, by client row.
        competence: of each helper, by number.
        first: numbers in (0, 1) that settle a client's network on entering, by address, shape (slots, 8).
    """

    def __init__(self, community: Community) -> None:
        self.c = community
        people, w = community.people, community.world
        slots = int(people.address.max()) + 1 if people.rows else 0
        self.helpers: dict[str, Helper] = {}
        self.competence: Floats = np.zeros(0)
        self.first = community.chance.setup(NETWORK, slots, 8) if people.rows else np.zeros((0, 8))
        three = community.chance.setup(HELPER, slots, 3 * MOST_HELPERS).reshape(-1, 3, MOST_HELPERS)
        spread = w.population.spread
        self._drawn = (
            beta_like(three[:, 0], w.network.closeness, spread),
            beta_like(three[:, 1], w.network.competence, spread),
            three[:, 2],
        )
        self._usual = max(w.population.friends + w.population.others, 1.0) * 0.3
        self.kin = np.zeros(people.rows)
        self._keys: list[str] = []
        self._known, self._peers = Ring(), Ring()
        self._members = {kind: Ring() for kind in (code(AGENCIES, "day programme"), code(AGENCIES, "work"))}

    # -- the network somebody brings -----------------------------------------------------------------------

    def enters(self, client: Client) -> None:
        """Give a client a family, informal helpers, some known to earlier clients, and friends
        among these."""
        c, p = self.c, self.c.world.population
        u = self.first[client.address].tolist()
        if c.people.has_family[client.row]:
            members = max(round(exponential(u[0], 1.0) * 0.5 + p.kin - 0.5), 1)
            client.family = Family(c, client, members)
            self.kin[client.row] = members
            c.ties.enter(client.family.key, "family")
            c.ties.join(client.key, client.family.key, "family", c.today, members=members)
        kin_apart = 0 if client.family is not None else int(p.kin * u[2])
        wanted = kin_apart + int(p.friends * 2 * u[3] + 0.5) + int(p.others * 2 * u[4] + 0.5)
        closeness, competence, shared = (part[client.address].tolist() for part in self._drawn)
        for n in range(min(wanted, MOST_HELPERS)):
            sort = "kin" if n < kin_apart else "friend" if n % 2 else "neighbour"
            if sort == "neighbour" and shared[n] < p.shared_others and self._known:
                index = self._known.nearest(shared[n] / p.shared_others)
            else:
                index = self._new_helper(f"h-{client.key}-{n + 1}", sort, competence[n])
                if sort == "neighbour":
                    self._known.add(shared[n], index)
            self._join_helper(client, index, closeness[n])
        # friends among fellow clients: those who came earlier
        for n in range(int(p.peers * 2 * u[5] + 0.5)):
            if self._peers:
                other = self._peers.nearest(c.chance.uniform(PEERS, client.address, n))
                if other.status != LEFT:
                    c.ties.join(client.key, other.key, "friend", c.today)
        self._peers.add(client.point, client)

    def strongest(self, client: Client) -> str | None:
        """Return the helper with the strongest tie, if there is any."""
        ties = [
            (-self.strength(client, other), other)
            for other, facts in self.c.graph.adj[client.key].items()
            if facts["kind"] == "helper"
        ]
        return min(ties)[1] if ties else None

    def strength(self, client: Client, helper: str) -> float:
        """Return the strength of a tie with a helper."""
        return float(self.c.ties.friendships.strength[self.c.graph.edges[client.key, helper]["row"]])

    def key_of(self, number: int) -> str:
        """Return the key of a helper by number."""
        return self._keys[number]

    def _new_helper(self, key: str, sort: str, competence: float) -> int:
        index = len(self._keys)
        if index >= len(self.competence):
            self.competence = np.concatenate([self.competence, np.zeros(max(index, 256))])
        self.competence[index] = competence
        self._keys.append(key)
        self.helpers[key] = Helper(self.c, key, index, sort, competence)
        self.c.ties.enter(key, "helper")
        return index

    def _join_helper(
        self, client: Client, index: int, closeness: float, strength: float | None = None
    ) -> None:
        c, key = self.c, self._keys[index]
        if not c.graph.has_node(key) or c.graph.has_edge(client.key, key):
            return
        if strength is None:
            strength = closeness * c.world.network.kept_level
        known_to = c.ties.first_tied(key, "helper")
        row = c.ties.friendships.add(client.row, index, strength, closeness)
        c.ties.join(client.key, key, "helper", c.today, row=row)
        if known_to is not None:
            # somebody known to two clients comes to know a friend of the first
            friends = [other for other in c.ties.tied(known_to, "helper") if other != key]
            if friends and not c.graph.has_edge(key, friends[0]):
                c.ties.join(key, friends[0], "knows", c.today)

    # -- what changes it -----------------------------------------------------------------------------------

    def makes_friend(self, client: Client) -> None:
        """Let a client make a new friend."""
        c, p = self.c, self.c.world.network
        known = self._friend_of_friend(client)
        if known is not None:
            self._join_helper(client, known.number, p.closeness, p.new_strength)
            return
        u = c.chance.uniform(NEW_FRIEND, client.address, c.today)
        index = self._new_helper(f"h-{client.key}-d{c.today}", "friend", p.competence)
        closeness = float(beta_like(u, p.closeness, c.world.population.spread))
        row = c.ties.friendships.add(client.row, index, p.new_strength, closeness)
        c.ties.join(client.key, self._keys[index], "helper", c.today, row=row)

    def _friend_of_friend(self, client: Client) -> Helper | None:
        """Return whom a friend knows and the client does not, if the new friend comes that way."""
        c = self.c
        if c.chance.uniform(THROUGH, client.address, c.today) >= c.world.network.through_friends:
            return None
        for friend in (*c.ties.tied(client.key, "helper"), *c.ties.tied(client.key, *AMONG_CLIENTS)):
            for other in (*c.ties.tied(friend, "knows"), *c.ties.tied(friend, "helper")):
                helper = self.helpers.get(other)
                if helper is not None and not c.graph.has_edge(client.key, other):
                    return helper
        return None

    def joins(self, client: Client, agency: int) -> None:
        """Get to know a fellow member of a day programme or workplace."""
        there = self._members.get(agency)
        if there is None:
            return
        if there:
            other = there.nearest(self.c.chance.uniform(FELLOW, client.address, self.c.today))
            if self.c.graph.has_node(other.key) and not self.c.graph.has_edge(client.key, other.key):
                self.c.ties.join(client.key, other.key, "fellow member", self.c.today, agency=agency)
        there.add(client.point, client)

    def leaves(self, client: Client, agency: int) -> None:
        """Leave a programme; ties that lived there only end."""
        there = self._members.get(agency)
        if there is None:
            return
        there.remove(client.point)
        if self.c.graph.has_node(client.key):
            met = [
                other
                for other, facts in self.c.graph.adj[client.key].items()
                if facts["kind"] == "fellow member" and facts["agency"] == agency
            ]
            for other in met:
                self.c.ties.part(client.key, other)

    def _ends(self, row: int) -> None:
        """End a tie with an informal helper that has faded."""
        c, friends = self.c, self.c.ties.friendships
        client, helper = int(friends.client[row]), self._keys[int(friends.helper[row])]
        friends.strength[row] = 0.0
        c.ties.part(client_key(int(c.people.address[client])), helper)
        if c.graph.has_node(helper) and c.ties.first_tied(helper, "helper") is None:
            c.ties.leave(helper)
            self.helpers.pop(helper).remove()

    def week(self) -> None:
        """Let ties with informal helpers strengthen or fade, and end; share stress among those who live
        together."""
        c, people, friends = self.c, self.c.people, self.c.ties.friendships
        m = friends.count
        client = friends.client[:m]
        p = c.world.network
        away = ((people.phase == ACUTE) | (people.phase == INPATIENT)).astype(float)
        jailed = people.setting == JAIL
        away[jailed] = 1.0 - p.jail_reached * people.jail_reached[jailed]
        homeless = (people.setting <= SHELTER) & c.world.loops.homelessness_trap
        tended = network.tended_share(p, people.tended)
        strength = friends.strength[:m]
        alive = strength > 0.0
        strength[:] = (
            network.tie_next(
                p, strength, friends.closeness[:m], away[client], homeless[client], WEEK_DAYS, tended[client]
            )
            * alive
        )
        for row in np.flatnonzero(alive & (strength < p.end_below)).tolist():
            self._ends(row)
        self.adds_up()
        one, other = c.ties.among_clients()
        near = (people.setting[one] == people.setting[other]) | c.ties.meet_anyway()
        one, other = one[near], other[near]
        felt = np.bincount(one, weights=people.stress[other], minlength=people.rows)
        felt += np.bincount(other, weights=people.stress[one], minlength=people.rows)
        count = np.bincount(one, minlength=people.rows) + np.bincount(other, minlength=people.rows)
        usual = c.world.stress.usual_around
        people.neighbours[:] = np.where(count, felt / np.maximum(count, 1) - usual, 0.0)

    def adds_up(self) -> None:
        """Add up what informal helpers give, 1 being what a person with the mean number of friends has."""
        people, friends = self.c.people, self.c.ties.friendships
        m = friends.count
        given = friends.strength[:m] * self.competence[friends.helper[:m]]
        total = np.bincount(friends.client[:m], weights=given, minlength=people.rows)
        people.informal[:] = np.minimum(total / self._usual, 2.0)
        alive = friends.client[:m][friends.strength[:m] > 0.0]
        peers = np.concatenate(self.c.ties.among_clients())
        people.network_size[:] = self.kin + np.bincount(np.concatenate((alive, peers)), minlength=people.rows)
