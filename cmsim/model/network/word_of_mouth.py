"""Leads on rooms and jobs: a question that travels from one person to the next until somebody knows."""

from cmsim.core import random_streams
from cmsim.model.agents import residence
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.codes import HOMELESS, LeadKind, Setting
from cmsim.schema.tables import LeadRow

CLIENT_KNOWS = random_streams.purpose("client.lead", "whether a client who is asked knows of a room or job")
CLIENT_PASSES = random_streams.purpose("client.passes", "whether a client who is asked asks somebody else")

PEERS = ("friend", "roommate", "companion", "fellow member")


def tells_of_room(c: Context, client: ClientRole) -> None:
    """Let somebody whom a homeless client asks tell of a room, or ask further."""
    if client.present and client.setting in HOMELESS and find(c, client, LeadKind.ROOM):
        residence.move(c, client, Setting.OWN_FLAT, "room through a tie")


def find(c: Context, client: ClientRole, what: int) -> int:
    """Ask around for a lead; return the steps that it came over, 0 if none was found.

    The strongest friend who would offer help and the first peer are asked; whoever does not know may ask on,
    up to ``lead_reach`` steps from the client. Nobody is asked twice.
    """
    p = c.world.network
    asked = {client.key}
    circle = [*_strongest(c, client), *c.ties.tied(client.key, *PEERS)[:1]]
    for steps in range(1, int(p.lead_reach) + 1):
        further: list[str] = []
        for key in circle:
            if key in asked:
                continue
            asked.add(key)
            knows, passes = _answer(c, key, what)
            if knows:
                c.ledger.write(LeadRow)(minute=c.env.now, client=client.row, what=what, steps=steps)
                return steps
            if passes:
                others = [*c.ties.tied(key, "knows"), *c.ties.tied(key, "helper"), *c.ties.tied(key, *PEERS)]
                further += [other for other in others if other not in asked][: int(p.lead_asks)]
        circle = further
    return 0


def _strongest(c: Context, client: ClientRole) -> list[str]:
    """Return the strongest helper, if there is one who would offer help."""
    key = c.network.strongest(client)
    if key is None or not c.network.helpers[key].decide_to_offer(c.network.strength(client, key)):
        return []
    return [key]


def _answer(c: Context, key: str, what: int) -> tuple[bool, bool]:
    """Return whether a person who is asked knows of something, and whether they would ask on."""
    p, day = c.world.network, 2 * c.today + what
    helper = c.network.helpers.get(key)
    if helper is not None:
        return helper.knows(what, day), helper.decide_to_ask_on(day)
    row = c.ties.row_of(key)
    if row is None:
        return False, False
    other = c.clients[row]
    knows = (
        other.setting not in HOMELESS
        and c.streams.uniform(CLIENT_KNOWS, other.address, day) < p.client_knows * c.people.cells.autonomy[row]
    )
    return knows, c.streams.uniform(CLIENT_PASSES, other.address, day) < p.lead_steps
