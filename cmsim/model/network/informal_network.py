"""The informal network: who is in it at the start, and how its ties are made, kept, lost and added up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cmsim.core import random_streams
from cmsim.core.compilation import kernel
from cmsim.core.numeric import Bools, Floats, Ints
from cmsim.core.sampling import beta_like, exponential
from cmsim.core.simtime import WEEK_DAYS
from cmsim.model.agents.family import Family
from cmsim.model.agents.informal_helper import Helper
from cmsim.model.context import Context
from cmsim.model.network.social_graph import AMONG_CLIENTS, Ring
from cmsim.model.roles import ClientRole, HelperRole
from cmsim.model.state.columns import client_key
from cmsim.scenario.world import World
from cmsim.schema.codes import HOMELESS, AgencyKind, ClientStatus, Phase, Setting
from cmsim.submodels import informal_ties

if TYPE_CHECKING:
    from cmsim.model.state.records import ClientRecords

# bound once: a member of an enumeration takes long to look up, and contacts are many
_DAY_PROGRAMME, _WORK = AgencyKind.DAY_PROGRAMME.value, AgencyKind.WORK.value
_LEFT = ClientStatus.LEFT.value


NETWORK = random_streams.purpose(
    "setup.network", "who is in a client's network at the start, and how far what runs then has run"
)
HELPER = random_streams.purpose("setup.helper", "closeness and competence of an informal helper")
PEERS = random_streams.purpose("setup.peers", "which other clients a client is friends with at the start")
THROUGH = random_streams.purpose("network.through", "whether a new friend comes through a friend")
FELLOW = random_streams.purpose("network.fellow", "whom somebody gets to know in a programme")
NEW_FRIEND = random_streams.purpose("network.new friend", "how close a new friend becomes")
MOST_HELPERS = 24


class InformalNetwork:
    """Families, friends, neighbours and fellow clients of the people served; the ties stand in ``Ties``.

    Attributes:
        helpers: the informal helpers by key.
        kin: relatives in touch, by client row.
        competence: of each helper, by number.
        first: numbers in (0, 1) that settle a client's network on entering, by address, shape (slots, 8).
    """

    def __init__(self, community: Context) -> None:
        self.c = community
        people, w = community.people, community.world
        slots = int(people.address.max()) + 1 if people.rows else 0
        self.helpers: dict[str, HelperRole] = {}
        self.competence: Floats = np.zeros(0)
        self.first = community.streams.setup(NETWORK, slots, 8) if people.rows else np.zeros((0, 8))
        three = community.streams.setup(HELPER, slots, 3 * MOST_HELPERS).reshape(-1, 3, MOST_HELPERS)
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
        self._members: dict[int, Ring] = {kind: Ring() for kind in (_DAY_PROGRAMME, _WORK)}

    # -- the network somebody brings -----------------------------------------------------------------------

    def enter(self, client: ClientRole) -> None:
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
                other = self._peers.nearest(c.streams.uniform(PEERS, client.address, n))
                if other.status != _LEFT:
                    c.ties.join(client.key, other.key, "friend", c.today)
        self._peers.add(client.point, client)

    def strongest(self, client: ClientRole) -> str | None:
        """Return the helper with the strongest tie, if there is any."""
        strength = self.c.ties.friendships.strength
        ties = [
            (-strength.item(facts["row"]), other)
            for other, facts in self.c.ties.of(client.key).items()
            if facts["kind"] == "helper"
        ]
        return min(ties)[1] if ties else None

    def strength(self, client: ClientRole, helper: str) -> float:
        """Return the strength of a tie with a helper."""
        ties = self.c.ties
        return ties.friendships.strength.item(ties.of(client.key)[helper]["row"])

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

    def _join_helper(self, client: ClientRole, index: int, closeness: float, strength: float | None = None) -> None:
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

    def make_friend(self, client: ClientRole) -> None:
        """Let a client make a new friend."""
        c, p = self.c, self.c.world.network
        known = self._friend_of_friend(client)
        if known is not None:
            self._join_helper(client, known.number, p.closeness, p.new_strength)
            return
        u = c.streams.uniform(NEW_FRIEND, client.address, c.today)
        index = self._new_helper(f"h-{client.key}-d{c.today}", "friend", p.competence)
        closeness = float(beta_like(u, p.closeness, c.world.population.spread))
        row = c.ties.friendships.add(client.row, index, p.new_strength, closeness)
        c.ties.join(client.key, self._keys[index], "helper", c.today, row=row)

    def _friend_of_friend(self, client: ClientRole) -> HelperRole | None:
        """Return whom a friend knows and the client does not, if the new friend comes that way."""
        c = self.c
        if c.streams.uniform(THROUGH, client.address, c.today) >= c.world.network.through_friends:
            return None
        known = c.ties.of(client.key)
        for friend in (*c.ties.tied(client.key, "helper"), *c.ties.tied(client.key, *AMONG_CLIENTS)):
            others = c.ties.of(friend).items()
            for kind in ("knows", "helper"):
                for other, facts in others:
                    if facts["kind"] == kind and other not in known and other in self.helpers:
                        return self.helpers[other]
        return None

    def join_programme(self, client: ClientRole, agency: int) -> None:
        """Get to know a fellow member of a day programme or workplace."""
        there = self._members.get(agency)
        if there is None:
            return
        if there:
            other = there.nearest(self.c.streams.uniform(FELLOW, client.address, self.c.today))
            if self.c.graph.has_node(other.key) and not self.c.graph.has_edge(client.key, other.key):
                self.c.ties.join(client.key, other.key, "fellow member", self.c.today, agency=agency)
        there.add(client.point, client)

    def leave_programme(self, client: ClientRole, agency: int) -> None:
        """Leave a programme; ties that stood there only end."""
        there = self._members.get(agency)
        if there is None:
            return
        there.remove(client.point)
        if self.c.graph.has_node(client.key):
            met = [
                other
                for other, facts in self.c.ties.of(client.key).items()
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
        c, ties = self.c, self.c.ties.friendships
        faded = np.empty(ties.count, dtype=np.int64)
        count = _fade(c.inputs.figures, c.people.records, ties.client, ties.strength, ties.closeness, faded)
        for row in faded[:count].tolist():
            self._ends(row)
        self.add_up()
        one, other = c.ties.among_clients()
        _share_stress(c.inputs.figures, c.people.records, one, other, c.ties.meet_anyway())

    def add_up(self) -> None:
        """Add up what informal helpers give, 1 being what a person with the mean number of friends has."""
        c, ties = self.c, self.c.ties.friendships
        one, other = c.ties.among_clients()
        whose, strength = ties.client[: ties.count], ties.strength[: ties.count]
        given = self.competence[ties.helper[: ties.count]]
        _add_up(c.people.records, self.kin, whose, strength, given, one, other, self._usual)


@kernel
def _fade(
    figures: Sequence[World], clients: ClientRecords, whose: Ints, strength: Floats, closeness: Floats, faded: Ints
) -> int:
    """Let a week pass over ties with informal helpers; write down those that end, and return how many."""
    w, count = figures[0], 0
    p = w.network
    for tie in range(len(faded)):
        if strength[tie] <= 0.0:
            continue
        client = clients[whose[tie]]
        away = float(client.phase == Phase.ACUTE or client.phase == Phase.INPATIENT)
        if client.setting == Setting.JAIL:
            away = 1.0 - p.jail_reached * client.jail_reached
        homeless = float(w.loops.homelessness_trap and client.setting in HOMELESS)
        tended = informal_ties.tended_share(p, client.tended)
        strength[tie] = informal_ties.tie_next(p, strength[tie], closeness[tie], away, homeless, WEEK_DAYS, tended)
        if strength[tie] < p.end_below:
            faded[count] = tie
            count += 1
    return count


@kernel
def _share_stress(figures: Sequence[World], clients: ClientRecords, one: Ints, other: Ints, anyway: Bools) -> None:
    """Work out the mean stress, less the usual, of those in close ties in the same place; 0 with nobody."""
    felt, met = np.zeros(len(clients)), np.zeros(len(clients))
    for tie in range(len(one)):
        a, b = one[tie], other[tie]
        if anyway[tie] or clients[a].setting == clients[b].setting:
            felt[a] += clients[b].stress
            felt[b] += clients[a].stress
            met[a] += 1.0
            met[b] += 1.0
    for row in range(len(clients)):
        around = felt[row] / met[row] - figures[0].stress.usual_around if met[row] > 0.0 else 0.0
        clients[row].neighbours = around


@kernel
def _add_up(
    clients: ClientRecords,
    kin: Floats,
    whose: Ints,
    strength: Floats,
    given: Floats,
    one: Ints,
    other: Ints,
    usual: float,
) -> None:
    for row in range(len(clients)):
        clients[row].informal = 0.0
        clients[row].network_size = kin[row]
    for tie in range(len(whose)):
        client = clients[whose[tie]]
        client.informal += strength[tie] * given[tie]
        client.network_size += float(strength[tie] > 0.0)
    for tie in range(len(one)):
        clients[one[tie]].network_size += 1.0
        clients[other[tie]].network_size += 1.0
    for client in clients:
        client.informal = min(client.informal / usual, 2.0)
