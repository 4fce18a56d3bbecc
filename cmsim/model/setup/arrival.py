"""The arrival of a client: those there at the start, and referrals later on."""

from cmsim.core.simtime import at, workday_after
from cmsim.model.agents.client import Client
from cmsim.model.context import Context
from cmsim.schema.codes import ClientStatus, RegistrationEvent
from cmsim.schema.tables import RegistrationRow


def enter(c: Context, row: int) -> Client:
    """Bring a client with family, informal helpers and psychiatrist into the community."""
    client = Client(c, row)
    c.clients.append(client)
    c.ties.enter_client(client.key, row)
    c.network.enter(client)
    if c.service.staff.psychiatrists:
        number = client.address // 2 % c.service.staff.psychiatrists
        c.people.psychiatrist[row] = number
        psychiatrist = c.psychiatrists[number]
        c.ties.join(client.key, psychiatrist.key, "psychiatrist", c.today)
        days = c.today + int(c.network.first[client.address, 1] * c.world.psychiatry.review_days)
        psychiatrist.book(client, workday_after(days))
    return client


def register(c: Context) -> None:
    """Register the next referral: a client enters and waits for a worker."""
    people = c.people
    row = people.add_known()
    client = enter(c, row)
    client.set_custody(status=ClientStatus.WAITING)
    people.last_seen[row] = people.last_any[row] = c.today
    c.ledger.write(RegistrationRow)(minute=at(c.today), client=row, event=RegistrationEvent.REFERRED)
    c.households.settle(client, -1, client.setting)
    c.day.changed.add(row)
    c.staffing.list.join(client)
