"""Psychiatrists and aides as the service in force pays for them."""

from cmsim.model.agents.aide import Aide
from cmsim.model.agents.psychiatrist import Psychiatrist
from cmsim.model.context import Context
from cmsim.schema.codes import ClientStatus


def set_aides(c: Context, aides: list[Aide], count: int) -> None:
    """Have another number of aides from now on; who is no longer paid gets nothing handed over."""
    for number in range(len(aides), count):
        aides.append(Aide(c, number))
        c.ties.enter(aides[-1].key, "case aide")
    for aide in aides:
        aide.set_at_work(aide.number < count)


def set_psychiatrists(c: Context, count: int) -> None:
    """Have another number of psychiatrists from now on; clients are shared out anew, with bookings."""
    held = c.psychiatrists
    if count == sum(doctor.at_work for doctor in held):
        return
    for number in range(len(held), count):
        held.append(Psychiatrist(c, number))
        c.ties.enter(held[-1].key, "psychiatrist")
    for doctor in held:
        doctor.set_at_work(doctor.number < count)
    for client in c.clients:
        if client.status == ClientStatus.LEFT:
            continue
        before = int(c.people.psychiatrist[client.row])
        after = client.address // 2 % count if count else -1
        if before == after:
            continue
        c.people.psychiatrist[client.row] = after
        if before >= 0:
            c.ties.part(client.key, held[before].key)
        if after >= 0:
            c.ties.join(client.key, held[after].key, "psychiatrist", c.today)
            if before >= 0:
                held[before].hand_over(client.row, held[after])
            else:
                held[after].on_request(client, urgent=False, reported=False)
