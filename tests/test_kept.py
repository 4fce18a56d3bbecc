"""What is kept or waited for, in place of being looked up again, is what looking it up would have given."""

from __future__ import annotations

import pytest

from cmsim import referring
from cmsim.agents.agency import ACCOMPANIED_WITHIN, REFERRED, TRY_DAYS
from cmsim.clock import DAY
from cmsim.community import Community
from cmsim.policies.use_of_time import CollateralFirst, LongerVisits, Office, ShorterVisits, as_planned
from cmsim.rules.chance import exponential
from cmsim.scenario.load import load_scenario
from cmsim.ties import AMONG_WORKERS

USUAL = load_scenario("usual_care").replace({"world.population.clients": 30, "world.warm_up_days": 0})


@pytest.mark.parametrize(
    ("along", "by_helper", "asks"),
    [
        (3 * DAY + 100, False, 4 * DAY),  # at the hour meant for it, on the next day
        (3 * DAY, False, 4 * DAY),  # a worker at that very minute comes too late for it
        (3 * DAY, True, 3 * DAY),  # a helper had said so before
        (None, False, ACCOMPANIED_WITHIN * DAY),  # nobody
    ],
)
def test_a_first_visit_waits_for_whoever_goes_along(along, by_helper, asks):
    c = Community(USUAL.replace({"run.days": 200}))
    client = next(each for each in c.clients if each.present and c.people.pending_agency[each.row] < 0)
    agency, row = c.agencies[4], client.row
    c.people.pending_agency[row] = agency.kind
    tries = exponential(c.chance.uniform(TRY_DAYS, client.address, 0), c.world.referral.try_days)
    meant = round(tries * DAY * (1.0 - c.world.referral.clout_sooner * c.clout)) + 1
    if along is not None:
        c.call_at(meant + along, referring.is_accompanied, c, client, by_helper)
    c.env.process(agency.refer(client, 2, 0))
    while c.env.now <= meant + asks:
        c.step()
    steps = [link for link in c.ledger["links"].rows().tolist() if link[1:3] == (row, agency.kind)]
    assert steps[0][0] == 0
    assert steps[0][-1] == REFERRED
    assert steps[1][0] == meant + asks


def test_colleagues_are_those_in_the_graph_through_years_of_turnover():
    c = Community(USUAL.replace({"run.days": 400, "service.turnover.pay": 0.3}))
    seen = set()
    for _ in range(400):
        c.step()
        for worker in c.at_work:
            assert c.ties.colleagues(worker.key) == c.ties.tied(worker.key, *AMONG_WORKERS)
            seen.add(worker.key)
    assert len(seen) > c.posts.count + 3


def test_visits_are_as_planned_only_under_policies_that_never_change_them():
    class Own(Office):
        def length(self, load):
            return 2.0

    class FromOutside:
        def length(self, load):
            return 1.0

    assert as_planned(Office(), CollateralFirst())
    for policy in (LongerVisits(), ShorterVisits(), Own(), FromOutside()):
        assert not as_planned(Office(), policy)
