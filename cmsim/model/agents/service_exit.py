"""The exit of a client from the service: with all ties, links and work, or lost to it and followed."""

from cmsim.model.agents.job_change import lose_job
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.codes import ClientStatus, JobReason, Phase, RegistrationEvent
from cmsim.schema.state_variables import NEVER
from cmsim.schema.tables import RegistrationRow


def leave_service(c: Context, client: ClientRole, event: RegistrationEvent) -> None:
    """Let a client leave the system; nobody leaves from a hospital bed."""
    row, served = client.row, client.status in (ClientStatus.WAITING, ClientStatus.OPEN)
    if not served or client.phase == Phase.INPATIENT or client.in_emergency:
        return
    lost = event == RegistrationEvent.DISENGAGED and c.world.mechanisms.worth_sees_homes
    if lost and c.people.ended_on[row] >= 0:  # who has left already
        return
    c.ledger.write(RegistrationRow)(minute=c.env.now, client=row, event=event)
    if client.status == ClientStatus.WAITING:
        c.staffing.list.leave(client, "gave up")
    elif client.worker >= 0:
        c.staffing.lose_client(client)
    if lost:
        _lose_touch(c, client)
    else:
        _go(c, client)


def stop_following(c: Context, client: ClientRole) -> None:
    """Let somebody lost to the service be gone for good; nobody goes from a hospital bed."""
    if client.phase == Phase.INPATIENT or client.in_emergency:
        return
    event = RegistrationEvent.NO_LONGER_FOLLOWED
    c.ledger.write(RegistrationRow)(minute=c.env.now, client=client.row, event=event)
    _go(c, client)


def _go(c: Context, client: ClientRole) -> None:
    """Let a client be gone, with all ties, links and work."""
    row = client.row
    client.set_custody(status=ClientStatus.LEFT)
    client.set_custody(worker=-1)
    people = c.people
    people.left_day[row] = c.today
    people.due[:, row] = NEVER
    for hassle in tuple(client.hassles):
        hassle.end(0)
    lose_job(c, client, JobReason.LEFT_SERVICE)
    for agency in c.agencies:
        agency.release(row)
    c.households.leave(client)
    c.ties.leave(client.key)
    if client.family is not None:
        c.ties.leave(client.family.key)
        client.lose_family()


def _lose_touch(c: Context, client: ClientRole) -> None:
    """Let a client be without the service, and live on with home, family, illness and links."""
    people, row = c.people, client.row
    client.set_custody(status=ClientStatus.OPEN, worker=-1)
    c.ties.part_all(client.key, "case manager")
    people.due[:, row] = NEVER
    people.joint_left[row] = 0
    people.first_worker_day[row] = -NEVER
    people.ended_on[row] = people.lost_on[row] = c.today
    if client.psychiatrist is not None:
        client.psychiatrist.strike_off(row)
