"""Where a client lives: moving, losing a place, jail."""

from cmsim.core import random_streams
from cmsim.core.sampling import exponential
from cmsim.core.simtime import DAY, HOUR
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.codes import HOMELESS, INSTITUTIONS, ClientStatus, Domain, MoveReason, Phase, Setting
from cmsim.schema.tables import MoveRow

STREET_FIRST = random_streams.purpose("housing.street", "whether somebody who loses a place is on the street at first")
JAIL_DAYS = random_streams.purpose("housing.jail", "how long somebody stays in jail")


def move(c: Context, client: ClientRole, setting: int, reason: str) -> None:
    """Move a client at this minute; ties of the place left end, ties of the new one begin."""
    before = client.setting
    if setting == before:
        return
    client.set_custody(setting=setting)
    if setting not in INSTITUTIONS:
        client.home = setting
    c.ledger.write(MoveRow)(minute=c.env.now, client=client.row, from_=before, to=setting, reason=MoveReason.of(reason))
    c.day.changed.add(client.row)
    if client.plan is not None:
        client.plan.on_moved(setting)
    if setting not in INSTITUTIONS:
        c.households.settle(client, before, setting)


def lose_place(c: Context, client: ClientRole) -> None:
    """Let a client lose the home: the street or a shelter; while away only the home is lost."""
    if client.status not in (ClientStatus.WAITING, ClientStatus.OPEN) or client.home in HOMELESS:
        return
    ill = client.phase in (Phase.ACUTE, Phase.INPATIENT)
    drawn = c.streams.uniform(STREET_FIRST, client.address, c.today)
    to = Setting.STREET if drawn < c.world.housing.street_share else Setting.SHELTER
    if client.setting in INSTITUTIONS:
        client.home = to
        return
    c.agencies[0].release(client.row)
    misfit = float(c.people.place_misfit[client.row]) - c.world.placement.usual
    named = misfit > c.world.placement.names_misfit
    move(c, client, to, "lost the place while ill" if ill else "the place did not suit" if named else "lost the place")


def arrest(c: Context, client: ClientRole) -> None:
    """Put a client in jail for a while; the home may be lost meanwhile."""
    if not client.present:
        return
    people, row = c.people, client.row
    c.households.leave(client)
    before = client.setting
    client.set_custody(setting=Setting.JAIL)
    people.legal_case[row] = 1.0
    people.extra_demand[row, Domain.LEGAL] = c.world.comorbidity.legal_demand
    people.jail_reached[row] = 0.0
    c.ledger.write(MoveRow)(minute=c.env.now, client=row, from_=before, to=Setting.JAIL, reason=MoveReason.ARRESTED)
    c.day.changed.add(row)
    days = exponential(c.streams.uniform(JAIL_DAYS, client.address, c.today), c.world.housing.jail_days)
    c.env.call_in(int(days * DAY) + HOUR, release, c, client)


def release(c: Context, client: ClientRole) -> None:
    """Let a client leave jail for what is still home."""
    if client.setting == Setting.JAIL and client.status != ClientStatus.LEFT:
        if c.people.jail_reached[client.row]:
            client.expect_visit(int(c.service.contact.follow_up_days))
        move(c, client, client.home, "released")
