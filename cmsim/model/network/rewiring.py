"""Rewiring: everybody keeps the number of ties, but with whom is dealt out anew (Maslov & Sneppen 2002).

What changes in a run that is rewired at its start is what the shape of the graph does, and not the number of
ties. Ties that places make (roommates, companions, fellow members) come and go during a run and are left as
they are.
"""

from cmsim.core import random_streams
from cmsim.model.context import Context

SWAP = random_streams.purpose("setup.rewiring", "which two ties swap their ends, in a thought experiment")
SWAPS_A_TIE = 4


def rewire(c: Context) -> None:
    """Swap the ends of pairs of ties of one kind, again and again, keeping everybody's number of ties."""
    _swap_helpers(c)
    for ordinal, kind in enumerate(("friend", "knows", "colleague")):
        _swap(c, kind, 1 + ordinal)


def _swap_helpers(c: Context) -> None:
    """Deal out helpers anew: two clients swap one helper each, unless one knows the other's already."""
    friends, graph = c.ties.friendships, c.graph
    keys = [client.key for client in c.clients]
    for n in range(SWAPS_A_TIE * friends.count):
        one, other = (int(c.streams.uniform(SWAP, n, end) * friends.count) for end in (0, 1))
        (a, x), (b, y) = (
            (keys[int(friends.client[row])], c.network.key_of(int(friends.helper[row]))) for row in (one, other)
        )
        if a == b or x == y or graph.has_edge(a, y) or graph.has_edge(b, x):
            continue
        c.ties.part(a, x)
        c.ties.part(b, y)
        friends.helper[one], friends.helper[other] = friends.helper[other], friends.helper[one]
        c.ties.join(a, y, "helper", c.today, row=one)
        c.ties.join(b, x, "helper", c.today, row=other)


def _swap(c: Context, kind: str, purpose: int) -> None:
    """Swap the ends of ties of a kind: a-b and x-y become a-y and x-b, unless such a tie is there."""
    graph = c.graph
    ends = [(a, b) for a, b, facts in graph.edges(data=True) if facts["kind"] == kind]
    for n in range(SWAPS_A_TIE * len(ends)):
        one, other = (int(c.streams.uniform(SWAP, n, 2 * purpose + end) * len(ends)) for end in (0, 1))
        (a, b), (x, y) = ends[one], ends[other]
        if len({a, b, x, y}) < 4 or graph.has_edge(a, y) or graph.has_edge(x, b):
            continue
        c.ties.part(a, b)
        c.ties.part(x, y)
        c.ties.join(a, y, kind, c.today)
        c.ties.join(x, b, kind, c.today)
        ends[one], ends[other] = (a, y), (x, b)
