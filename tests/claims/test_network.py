"""The informal network and the graph: what helpers carry, how ties grow, what travels (K-04, K-47, K-48)."""

from __future__ import annotations

import numpy as np
import pytest

from cmsim import load_scenario
from cmsim.components import COMPONENTS
from cmsim.model.agents import residence
from cmsim.model.community import Community
from cmsim.schema.codes import Setting
from cmsim.submodels import informal_ties, meaningful_activity
from cmsim.submodels.informal_ties import Network
from cmsim.submodels.meaningful_activity import Activity
from cmsim.validation.claims import claim, scaled

pytestmark = pytest.mark.claims

NO_NETWORK = tuple(name for name in COMPONENTS if name != "social network")


@claim("K-48", status="built in", mechanism="cmsim.submodels.informal_ties:tie_next")
def test_work_on_ties_keeps_and_makes_them():
    p = Network()
    assert informal_ties.tie_next(p, 0.5, 0.7, 0, 0, 90, 0.8) > informal_ties.tie_next(p, 0.5, 0.7, 0, 0, 90, 0.0)
    assert informal_ties.new_hazard(p, 0.5, 1.0, 0.8, 0.0) > informal_ties.new_hazard(p, 0.5, 1.0, 0.0, 0.0)
    towns = [
        town(400, **{f"{part}.practice.components": names for part in ("service", "baseline")})
        for names in (NO_NETWORK, COMPONENTS)
    ]
    there = [c.ties.friendships.strength[: c.ties.friendships.count] for c in towns]
    assert (there[1] > 0).sum() > (there[0] > 0).sum()
    assert there[1].sum() > there[0].sum()


@claim("O-06", status="built in", mechanism="cmsim.submodels.meaningful_activity:worth_it")
def test_something_to_be_well_for_raises_adherence():
    p = Activity()
    assert meaningful_activity.worth_it(p, 0.6) > 0.0 > meaningful_activity.worth_it(p, 0.0)
    many, none = (
        town(
            300,
            **{f"{part}.agencies.day_programme": n for part in ("service", "baseline")},
            **{"world.agencies.links_at_start": 0.4, "world.referral.end_rate": 0.25},
            # without families, who back the taking of medication the more the better people fare
            **{"world.population.with_family": 0.0, "world.population.family_home": 0.0},
        )
        for n in (200, 0)
    )
    for name, more in (("activity", 0.1), ("encouragement", 0.02), ("willing", 0.0)):
        assert getattr(many.people, name)[:60].mean() > getattr(none.people, name)[:60].mean() + more, name


# -- the graph ---------------------------------------------------------------------------------------------


def town(days=0, clients=60, **settings):
    spec = load_scenario("usual_care").replace(
        {**scaled(clients), "world.warm_up_days": 0, "run.days": 500, **settings}
    )
    community = Community(spec)
    for _ in range(days):
        community.step()
    return community


def degrees(community, kinds):
    return {
        key: sum(facts["kind"] in kinds for facts in community.graph.adj[key].values()) for key in community.graph.nodes
    }


def test_rewiring_keeps_everybodys_number_of_ties_and_changes_with_whom():
    plain, dealt = town(), town(**{"world.network.rewired": True})
    for kind in ("helper", "friend", "knows"):
        assert degrees(plain, (kind,)) == degrees(dealt, (kind,)), kind
        ties = [{frozenset(ends[:2]) for ends in c.graph.edges(data="kind") if ends[2] == kind} for c in (plain, dealt)]
        assert ties[0] != ties[1], kind


def test_the_trap_of_homelessness_and_the_growth_of_networks_can_be_cut():
    rough = {"world.population.shelter": 0.5, "world.housing.self_exit_rate": 0.4}
    cut, whole = (town(300, **rough, **{"world.loops.homelessness_trap": on}) for on in (False, True))
    assert whole.people.years_homeless.mean() > cut.people.years_homeless.mean()
    strength = [c.ties.friendships.strength[: c.ties.friendships.count].mean() for c in (whole, cut)]
    assert strength[0] < strength[1]
    p, few = Network(), {"world.network.new_rate": 1.5}
    large = town(clients=150, **few).people.network_size[:150]
    large = large > np.median(large)
    flat, grows = (town(300, clients=150, **few, **{"world.loops.network_growth": on}).people for on in (False, True))
    here = (flat.here[:150] > 0) & (grows.here[:150] > 0)
    more = (grows.network_size - flat.network_size)[:150]
    assert more[here & large].mean() > 0.0 > more[here & ~large].mean()  # friends bring friends
    assert informal_ties.new_hazard(p, 0.5, 1.6, 0.0, 0.2) > informal_ties.new_hazard(p, 0.5, 1.0, 0.0, 0.0)


def test_distress_travels_over_more_than_one_step():
    """Somebody very stressed in a group home weighs on a housemate, and through the housemate on a third."""

    def lives(stressed):
        c = town(**{"world.stress.neighbours_gain": 0.5})
        rows = [client.row for client in c.clients if client.setting < 6][:3]
        for one, other in ((0, 1), (1, 2)):
            c.ties.join(c.clients[rows[one]].key, c.clients[rows[other]].key, "friend", 0)
        for row in rows:
            residence.move(c, c.clients[row], Setting.GROUP_HOME, "placed by agency")
            c.ties.part_all(c.clients[row].key, "roommate")
        if stressed:
            c.people.stress[rows[0]] = 1.0
        stress = []
        for _ in range(42):
            if stressed:
                c.people.stress[rows[0]] = 1.0
            c.step()
            stress.append(c.people.stress[rows[2]])
        return np.array(stress)

    assert lives(True)[-1] > lives(False)[-1]


@pytest.mark.parametrize("reach", [1.0, 3.0])
def test_leads_travel_as_far_as_they_may(reach):
    c = town(
        200,
        **{
            "world.population.shelter": 0.4,
            "world.network.room_rate": 30.0,
            "world.network.lead_reach": reach,
            "world.network.lead_steps": 1.0,
            "world.network.competence": 0.1,
            "world.housing.self_exit_rate": 0.4,
        },
    )
    steps = c.ledger["leads"].rows()["steps"]
    assert len(steps) > 0
    assert steps.max() <= reach
    assert (steps.max() > 1) == (reach > 1)
