"""Starting a referral: to which agency, with how much help, and who goes along."""

import numpy as np

from cmsim.core import random_streams
from cmsim.core.simtime import DAY, workday_after
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.policies.rule_answer import one_of
from cmsim.schema.codes import Domain
from cmsim.schema.state_variables import NEVER

HELPER_GOES = random_streams.purpose("referral.helper goes", "on which day a helper goes along to an agency")
_WITHIN_DAYS = 14
"""Days after a referral within which a helper goes along; an assumption."""


def start(c: Context, client: ClientRole) -> None:
    """Let the worker start a referral to the agency most called for, with as much help as the policy says.

    Somebody in the client's network who goes along saves the worker the way ("competent other", K-37, K-47).
    """
    people, cells, row = c.people, c.people.cells, client.row
    worker = client.case_manager
    if worker is None or not client.present or cells.pending_agency[row] >= 0:
        return
    kind = cells.called_agency[row]
    if kind < 0 or cells.links[row, kind] or cells.asks[row, kind]:
        return
    # where the worker knows the people at the agency, less help is needed
    eased = c.world.components.linkage.relation_eases * (worker.relation[kind] - c.world.population.relation)
    level = one_of(
        "service.referral_help",
        c.service.referral_help.help_level,
        (0, 1, 2),
        float(np.add.reduce(people.believed[row])) / len(Domain) + eased,
        cells.tried_help[row],
        bool(cells.reached[row]),
    )
    cells.pending_agency[row] = kind
    cells.help_level[row] = level
    cells.spoken_for[row] = 0.0
    cells.prepared_on[row] = cells.accompanied_on[row] = -NEVER
    if level >= 1:
        cells.next_agency[row] = workday_after(c.today + 1)
    if level == 2 and not _helper_goes(c, client):
        cells.next_accompaniment[row] = workday_after(c.today + 7)
    c.env.process(c.agencies[kind].refer(client, level, c.today))


def _helper_goes(c: Context, client: ClientRole) -> bool:
    """Ask the strongest helper to go along; return whether somebody will."""
    key = c.network.strongest(client)
    if key is None:
        return False
    helper, strength = c.network.helpers[key], c.network.strength(client, key)
    if not helper.decide_to_offer(strength) or not helper.decide_to_go_along(client, strength):
        return False
    days = 1 + int(c.streams.uniform(HELPER_GOES, client.address, c.today) * _WITHIN_DAYS)
    c.env.call_in(days * DAY, _went, c, client)
    return True


def _went(c: Context, client: ClientRole) -> None:
    cells, row = c.people.cells, client.row
    if client.present and cells.pending_agency[row] >= 0:
        is_accompanied(c, client, by_helper=True)
        cells.helped_along[row] += 1


def is_accompanied(c: Context, client: ClientRole, by_helper: bool) -> None:
    """Take note that a worker or a helper has gone along with a client."""
    cells, row = c.people.cells, client.row
    cells.accompanied_on[row] = c.today
    pending = cells.pending_agency[row]
    if pending >= 0:
        c.agencies[pending].on_company(client, by_helper)
