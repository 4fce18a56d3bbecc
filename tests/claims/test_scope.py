"""The scope of case management: the whole environment, several goals, who needs it, what ends without it."""

from __future__ import annotations

import numpy as np
import pytest

from cmsim import load_scenario
from cmsim.components import COMPONENTS
from cmsim.core.random_streams import Draws
from cmsim.model.agents import residence
from cmsim.model.agents.planned_contact import on_found_gone
from cmsim.model.community import Community
from cmsim.model.setup.population import arrival_days
from cmsim.results.simulation import simulate
from cmsim.schema.codes import ClientStatus, ContactKind, MoveReason, Provider, RegistrationEvent, Setting
from cmsim.submodels import employment, housing, informal_ties, personal_recovery
from cmsim.submodels.employment import Work
from cmsim.submodels.housing import Restrictiveness
from cmsim.submodels.informal_ties import Network
from cmsim.submodels.personal_recovery import Recovery
from cmsim.validation.claims import claim, scaled

pytestmark = pytest.mark.claims

HARD = 365.0


# -- settings, work, demand --------------------------------------------------------------------------------


def town(days=0, **settings):
    spec = load_scenario("usual_care").replace({**scaled(60), "world.warm_up_days": 0, "run.days": 2000, **settings})
    community = Community(spec)
    for _ in range(days):
        community.step()
    return community


@claim("O-18", status="built in", mechanism="cmsim.submodels.housing:Restrictiveness")
def test_days_are_counted_by_how_free_the_setting_is():
    scale = dict(zip(Setting.labels(), Restrictiveness().array(), strict=True))
    assert scale["jail"] > scale["hospital"] > scale["group home"] > scale["supervised flat"] > scale["own flat"]
    spec = load_scenario("usual_care").replace({**scaled(60), "world.warm_up_days": 0, "run.days": 120})
    usual = simulate(spec).outcomes()
    closed = simulate(spec.replace({"world.population.group_home": 0.6, "world.population.supervised_flat": 0.0}))
    assert 0.0 < usual["restrictiveness"] < closed.outcomes()["restrictiveness"] < 1.0
    assert sum(usual[f"days_{s.replace(' ', '_')}"] for s in Setting.labels()) > 360.0


@claim(
    "K-77", status="built in", mechanism="cmsim.submodels.informal_ties:tie_next, cmsim.submodels.housing:arrest_hazard"
)
def test_jail_takes_ties_and_a_worker_in_touch_softens_it():
    h = load_scenario("usual_care").world.housing
    assert housing.arrest_hazard(h, 1, 0) > housing.arrest_hazard(h, 0, 0)
    assert housing.arrest_hazard(h, 0, 1) > housing.arrest_hazard(h, 0, 0)
    p = Network()
    kept = [float(informal_ties.tie_next(p, 0.5, 0.7, away, 0, 90)) for away in (0.0, 1.0 - p.jail_reached, 1.0)]
    assert kept[0] > kept[1] > kept[2]
    c = town(5, **{"world.housing.jail_days": 60.0})
    client = next(c for c in c.clients if c.present and c.case_manager is not None)
    residence.arrest(c, client)
    assert client.setting == Setting.JAIL
    assert c.people.legal_case[client.row] == 1.0
    on_found_gone(c, client)
    for _ in range(12):
        c.step()
    assert c.people.jail_reached[client.row] == 1.0 or client.setting != Setting.JAIL
    # and it ends where home was, if it is still there
    for _ in range(400):
        c.step()
    assert client.setting != Setting.JAIL or client.status == ClientStatus.LEFT


@claim(
    "K-79",
    status="built in",
    mechanism="cmsim.submodels.employment:loss_hazard, cmsim.policies.vocational_aim:Vocational",
)
def test_pressing_the_wrong_work_costs_places():
    p = Work()
    assert employment.loss_hazard(p, 2, 2, 0.3, 0) > employment.loss_hazard(p, 1, 1, 0.3, 0)
    assert employment.loss_hazard(p, 1, 2, 0.6, 0) > employment.loss_hazard(p, 2, 2, 0.6, 0)
    assert employment.loss_hazard(p, 2, 2, 0.7, 1) > employment.loss_hazard(p, 2, 2, 0.7, 0)

    def lasted(aim):
        spec = load_scenario("usual_care").replace(
            {
                **scaled(120),
                "world.warm_up_days": 0,
                "run.days": 700,
                "world.agencies.links_at_start": 0.4,
                "service.agencies.work": 100,
                "baseline.agencies.work": 100,
                "service.vocational.aim": aim,
                "baseline.vocational.aim": aim,
            }
        )
        return simulate(spec).outcomes()["job_tenure"]

    own = lasted("own_goal")
    assert lasted("paid_for_all") < own
    assert own > 60.0


@claim("A-09", status="built in", mechanism="cmsim.submodels.personal_recovery:recovery_pull")
def test_recovery_as_people_rate_it_is_not_the_absence_of_symptoms():
    p = Recovery()
    full, empty = (personal_recovery.recovery_pull(p, 0.5, a, i, 0.6, 0.2, 0) for a, i in ((0.6, 1.0), (0.1, 0.3)))
    assert full > empty
    c = town(300)
    rows = np.flatnonzero((c.people.here > 0) & (c.people.phase == 0))
    # among people who are all well, recovery differs as their lives do
    assert np.std(c.people.recovery[rows]) > 0.05
    assert np.corrcoef(c.people.recovery[rows], c.people.activity[rows])[0, 1] > 0.2


@claim("O-02", status="built in", mechanism="cmsim.submodels.population_traits:Population")
def test_discharge_follows_resourcefulness_and_a_lifetime_tail_remains():
    def discharged(capability):
        c = town(1500, **{"world.population.capability": capability, "world.population.last_discharge_years": 5.0})
        rows = c.ledger["registrations"].rows()
        gone = (rows["event"] == RegistrationEvent.RECOVERED).sum()
        there_at_start = c.people.joined_day[: c.people.known] == 0
        stay = (c.people.status[: c.people.known][there_at_start] != ClientStatus.LEFT).mean()
        return gone, stay

    able, tail = discharged(0.60)
    unable, _ = discharged(0.35)
    assert able > unable
    assert tail > 0.1


@claim(
    "O-17",
    status="built in",
    mechanism="cmsim.model.setup.population:arrival_days, cmsim.submodels.population_traits:Population",
)
def test_demand_grows_ages_and_comes_with_other_illness():
    world = load_scenario("usual_care").world
    grows = load_scenario("usual_care").replace({"world.population.growth": 0.3}).world
    years = 8 * 365
    flat, more = (len(arrival_days(w, Draws(1, 0), years)) for w in (world, grows))
    assert more > 1.5 * flat
    ill, well = (town(60, **{"world.population.physical_illness": share}) for share in (0.9, 0.0))
    assert ill.people.need[:60].mean() > well.people.need[:60].mean()
    old, young = (town(200, **{"world.population.age": age}) for age in (65.0, 30.0))
    assert old.people.physical[:60].mean() > young.people.physical[:60].mean()


def test_every_setting_is_reached_and_left():
    c = town(500, **{"world.population.clients": 300})
    moves = c.ledger["moves"].rows()
    for setting in range(len(Setting)):
        assert (moves["to"] == setting).any() or setting in (0, Setting.HOSPITAL, Setting.JAIL), Setting(setting).label
        assert (moves["from"] == setting).any(), Setting(setting).label
    assert set(moves["reason"].tolist()) <= set(range(len(MoveReason)))


@claim(
    "K-78",
    status="built in",
    mechanism="cmsim.model.agents.aide:Aide.decide_to_take, cmsim.submodels.aide_competence:AideWork",
)
def test_aides_take_over_links_and_monitoring_never_crises_or_assessment():
    def lived(aides):
        return town(150, **{f"{part}.staff.aides": aides for part in ("service", "baseline")})

    without, helped = lived(0), lived(2)
    rows = helped.ledger["contacts"].rows()
    by_aide = rows["by"] == Provider.AIDE
    kinds = {ContactKind(kind).label for kind in set(rows["kind"][by_aide].tolist())}
    assert kinds <= {"call", "accompaniment"}
    assert by_aide.sum() > 20
    minutes = helped.ledger.component_minutes()[by_aide]
    gone = [place for place, name in enumerate(COMPONENTS) if name in ("assessment", "crisis intervention")]
    assert not minutes[:, gone].any()
    assert minutes[:, COMPONENTS.index("monitoring")].any()
    plain = without.ledger["contacts"].rows()
    share = [((r["kind"] == 1) & (r["by"] == 0) & (r["outcome"] == 0)).sum() for r in (plain, rows)]
    assert share[1] < share[0]  # case managers are freed of them
