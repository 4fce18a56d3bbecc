"""The first morning: who has which worker, place and links, and who is in the middle of an illness."""

from cmsim.core import random_streams
from cmsim.core.simtime import DAY
from cmsim.model.agents import untreated_episode
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.codes import AgencyKind, ClientStatus, Phase, Setting
from cmsim.schema.state_variables import NEVER

HELD_AT_START = random_streams.purpose("setup.links", "whether a client is linked to an agency at the start")


def settle(c: Context) -> None:
    """Give everybody at the start a worker, a place and links, and let the ill be in the middle of it."""
    people, posts = c.people, c.posts
    takers = [post for post in range(posts.count) if posts.filled[post]]
    most = c.service.caseload.most_at_start()
    for client in c.clients:
        row = client.row
        post = takers[client.address // 2 % len(takers)] if takers else -1
        if client.status == ClientStatus.OPEN and post >= 0 and posts.caseload[post] < most:
            people.first_worker_day[row] = people.worker_since[row]
            c.staffing.give_client(client, post)
        else:
            c.staffing.list.join(client)
            people.first_worker_day[row] = -NEVER
        if not people.has_family[row]:
            people.next_family[row] = NEVER
        c.households.settle(client, -1, client.setting)
        _links(c, client)
        _illness(c, client)


def _links(c: Context, client: ClientRole) -> None:
    share = c.world.agencies.links_at_start
    for agency in c.agencies:
        housed = agency.kind == AgencyKind.HOUSING and client.home in (Setting.GROUP_HOME, Setting.SUPERVISED)
        u = c.streams.uniform(HELD_AT_START, client.address, agency.kind)
        if housed or (agency.kind != AgencyKind.HOUSING and u < share):
            c.env.process(agency.continue_link(client))


def _illness(c: Context, client: ClientRole) -> None:
    phase = client.phase
    if phase == Phase.PRODROMAL:
        c.env.call_in(
            int(c.network.first[client.address, 6] * c.world.illness.prodrome_days * DAY),
            client.illness.end_prodrome,
            1,
        )
    elif phase == Phase.ACUTE:
        untreated_episode.begin_days(c, client)
        client.illness.get_well_in(int(c.network.first[client.address, 6] * c.world.illness.acute_days * DAY))
    elif phase == Phase.INPATIENT:
        c.hospital.take_over(client)
