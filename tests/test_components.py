"""The thirteen components: each reaches clients, and is missed when it is gone."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from cmsim import load_scenario
from cmsim.components import ALL, COMPONENTS, CONTACT
from cmsim.components.component import EFFECTS
from cmsim.model.agents.crisis_episode import run_crisis
from cmsim.model.community import Community
from cmsim.results.simulation import simulate
from cmsim.scenario.world import Competence
from cmsim.schema.codes import ContactKind, ContactPlace, LinkStep, NoticedBy
from cmsim.schema.contact_kinds import CLIENT_CONTACTS
from cmsim.schema.tables import ContactRow
from support import small_run, throughout, without

PARAMETERS = {part.name: part.parameters for part in ALL}


@pytest.fixture(scope="module")
def usual():
    return small_run()


_LEVELS = ("skill", "alliance", "knowledge", "distrust", "stress", "insight", "unwell")


def contacts(count=40, seed=3, **fixed):
    """Held contacts of every kind, with clients of all sorts."""
    rng = np.random.default_rng(seed)  # noqa: TID251
    columns = {name: rng.random(count) for name in _LEVELS}
    columns |= {
        "kind": rng.integers(0, 9, count).astype(np.int8),
        "in_vivo": rng.integers(0, 2, count).astype(float),
        "phone": rng.integers(0, 2, count).astype(float),
        "supply": rng.random(count) * 60.0,
    }
    return SimpleNamespace(**{**columns, **fixed})


# -- what a component is ---------------------------------------------------------------------------------


def test_every_component_carries_claims_and_has_a_name_a_key_and_a_place_of_its_own():
    assert all(part.claims and part.about for part in ALL)
    for what in ("name", "key", "order", "sampled"):
        assert len({getattr(part, what) for part in ALL}) == len(ALL)
    assert sorted(part.sampled for part in ALL) == [part.order for part in ALL] == list(range(1, len(ALL) + 1))


@pytest.mark.parametrize("part", ALL, ids=lambda part: part.name)
def test_what_a_component_delivers_is_declared_grows_and_belongs_to_each_contact_alone(part):
    held = contacts()
    minutes = np.linspace(0.0, 60.0, 40)
    given = part.gives(PARAMETERS[part.name], minutes, held)
    more = part.gives(PARAMETERS[part.name], minutes + 10.0, held)
    none = part.gives(PARAMETERS[part.name], np.zeros(40), held)
    assert set(given) <= set(EFFECTS)
    for name, amount in given.items():
        assert amount.shape == (40,)
        assert np.isfinite(amount).all()
        assert (amount >= 0.0).all()
        assert (more[name] >= amount).all()
        assert not none[name].any()
    # one contact at a time says the same as all of them together
    for n in (0, 7, 39):
        alone = SimpleNamespace(**{name: getattr(held, name)[n] for name in CONTACT.names})
        for name, amount in part.gives(PARAMETERS[part.name], minutes[n], alone).items():
            assert amount == given[name][n]


@pytest.mark.parametrize("part", [part for part in ALL if part.called_for], ids=lambda part: part.name)
def test_a_component_is_called_for_more_never_less_than_not_at_all(part):
    assert (part.called_for(PARAMETERS[part.name], contacts()) >= 1.0).all()


def test_engagement_reaches_more_in_vivo_face_to_face_by_the_skilled_and_on_the_ward():
    part = ALL[COMPONENTS.index("engagement")]

    def push(**fixed):
        usual = {"in_vivo": 0.0, "phone": 0.0, "skill": 0.4, "distrust": 0.5, "kind": 0}
        held = contacts(1, **{**usual, **fixed})
        return float(part.gives(PARAMETERS["engagement"], 30.0, held)["alliance"])

    assert push(in_vivo=1.0) > push()
    assert push(in_vivo=1.0, distrust=1.0) > push(in_vivo=1.0)
    assert push(phone=1.0) < push()
    assert push(skill=0.9) > push()
    assert push(kind=ContactKind.WARD) > push()


# -- minutes ---------------------------------------------------------------------------------------------


def test_the_minutes_of_every_held_contact_are_shared_out_in_full(usual):
    own = (usual.contacts["outcome"] == 0) & (usual.contacts["by"] == 0)
    np.testing.assert_allclose(usual.minutes[own].sum(axis=1), usual.contacts["minutes"][own], rtol=1e-5)
    assert not usual.minutes[~own].any()
    assert (usual.minutes >= 0.0).all()
    assert (usual.minutes.sum(axis=0) > 0.0).all()  # all thirteen take time


@pytest.mark.parametrize("gone", COMPONENTS)
def test_a_component_left_out_takes_no_minutes(gone):
    there, rest = small_run(days=14), small_run(without(gone), days=14)
    place = COMPONENTS.index(gone)
    assert there.minutes[:, place].any()
    assert not rest.minutes[:, place].any()
    # until the first effects have worked their way through, the same contacts are made
    first = min(len(there.contacts), len(rest.contacts), 40)
    same = there.contacts[:first] == rest.contacts[:first]
    assert same[there.contacts["minute"][:first] < 1440].all()
    held = (rest.contacts["outcome"] == 0) & (rest.contacts["by"] == 0)
    left_to_nobody = held & (rest.minutes.sum(axis=1) == 0.0)
    served_by = np.array([rest.community.service.practice.weights(part) for part in ALL])
    served_by[place] = 0.0
    for kind in set(rest.contacts["kind"][left_to_nobody].tolist()):
        assert not served_by[:, kind].any()


# -- order -----------------------------------------------------------------------------------------------


def test_the_order_in_which_a_scenario_names_components_makes_no_difference():
    def digest(order):
        spec = load_scenario("usual_care").replace(
            {
                "world.population.clients": 40,
                "world.warm_up_days": 10,
                "run.days": 50,
                "service.practice.components": order,
                "baseline.practice.components": order,
            }
        )
        return simulate(spec).digest()

    orders = [list(COMPONENTS), list(reversed(COMPONENTS)), [*COMPONENTS[5:], *COMPONENTS[:5]]]
    assert len({digest(order) for order in orders}) == 1
    assert digest(without("engagement")) not in {digest(orders[0])}


def test_the_effects_of_a_days_contacts_do_not_depend_on_the_order_of_the_contacts():
    """The same contacts written down in another order: the same people reached, the same amounts for each."""
    from cmsim.model.steps.contact_effects import effect

    community = small_run(days=3).community
    rng = np.random.default_rng(8)  # noqa: TID251
    rows = []
    for n, client in enumerate(rng.integers(0, 20, 60).tolist()):
        worker = int(community.people.worker[client]) * 1000
        if worker >= 0:
            rows.append((3 * 1440 + 600 + n, client, 0, worker, n % 6, 0, 0, 1, 20, 30 + n, 3, 0, 0, 0))

    def delivered(order):
        for place in order:
            community.day.write_contact(**ContactRow(*rows[place])._asdict())
        return effect(community)

    forward = delivered(range(len(rows)))
    shuffled = delivered(rng.permutation(len(rows)).tolist())
    np.testing.assert_array_equal(forward.rows, shuffled.rows)
    assert len(forward.rows) == len({row[1] for row in rows})
    for name in forward.amounts.dtype.names:
        amount = forward.amounts[name]
        np.testing.assert_allclose(shuffled.amounts[name], amount, rtol=1e-12, atol=1e-15, err_msg=name)


@pytest.mark.parametrize("part", ALL, ids=lambda part: part.name)
def test_what_a_component_gives_reaches_the_client(part):
    """A contact that is all of one component: what it is declared to give arrives, in the compiled loop as well."""
    from cmsim.model.steps.contact_effects import effect
    from cmsim.submodels.skill_effect import ability

    community = small_run([part.name], days=2).community
    client = next(each for each in community.clients if each.worker >= 0)
    community.people.supply[client.row] = 1.0
    weights = part.mix.weights()
    with_client = [weight if kind in CLIENT_CONTACTS else 0.0 for kind, weight in enumerate(weights)]
    kind = int(np.argmax(with_client if any(with_client) else weights))
    community.day.write_contact(
        minute=2 * 1440 + 700,
        client=client.row,
        worker=client.worker * 1000,
        kind=kind,
        place=ContactPlace.HOME,
        travel=20,
        minutes=40,
        due_day=2,
    )
    record, skill = community.people.records[client.row], community.posts.skill[client.worker]
    levels = {name: float(record[name]) for name in ("alliance", "knowledge", "distrust", "supply", "stress")}
    levels |= {name: float(record[name]) for name in ("insight", "unwell")}
    contact = SimpleNamespace(kind=kind, in_vivo=1.0, skill=float(skill), phone=0.0, **levels)
    share = part.rests_on_skill.default
    expected = part.gives(part.parameters, 40.0 * ability(share, skill, Competence().usual), contact)
    given = effect(community)
    assert given.rows.tolist() == [client.row]
    assert any(expected.values())
    for name in EFFECTS:
        np.testing.assert_allclose(given.amounts[name][0], expected.get(name, 0.0), rtol=1e-12, err_msg=name)


# -- each is missed ------------------------------------------------------------------------------------


def test_without_engagement_alliance_ends_lower():
    usual, out = small_run(days=365), small_run(without("engagement"), days=365)
    served = (usual.community.people.worker >= 0) & (out.community.people.worker >= 0)
    there, gone = (each.community.people.alliance[served] for each in (usual, out))
    assert served.sum() > 30
    assert gone.mean() < there.mean() - 0.05
    # nobody in particular does better but through who else the worker has time for
    assert (gone < there).mean() > 0.8


def test_without_monitoring_contacts_notice_no_prodrome_and_clients_stay_less_known(usual):
    rough = {"illness.onset_rate": 3.0}
    # supportive talk and crisis work teach about people as well: without them, what monitoring teaches is missed
    alone = ("psychotherapy", "crisis intervention")
    there, out = small_run(without(*alone), **rough), small_run(without("monitoring", *alone), **rough)
    noticed = NoticedBy.CASE_MANAGER
    assert there.contacts["noticed"].sum() > 3
    assert not out.contacts["noticed"].any()
    assert (there.transitions["noticed_by"] == noticed).any()
    assert not (out.transitions["noticed_by"] == noticed).any()
    known = [each.community.people.knowledge[:60] for each in (there, out)]  # those there from the start
    # nearly everybody is known less without it
    assert known[1].mean() < known[0].mean() - 0.05
    assert (known[1] < known[0]).mean() > 0.75
    # what was felt as watching before the first day fades
    assert out.community.people.intrusion.max() < 0.001 < there.community.people.intrusion.mean()


def test_without_crisis_intervention_coming_brings_no_trust_and_no_relief():
    """One crisis met by the own worker: what the night does with it."""
    from cmsim.model.steps.contact_effects import effect

    def after_crisis(components):
        community = small_run(components, days=2).community
        client = next(each for each in community.clients if each.worker >= 0)
        community.day.write_contact(
            minute=2 * 1440 + 700,
            client=client.row,
            worker=client.worker * 1000,
            kind=ContactKind.CRISIS,
            place=ContactPlace.HOME,
            travel=20,
            minutes=80,
            due_day=2,
        )
        amounts = effect(community).amounts
        return {name: float(amounts[name][0]) for name in ("alliance", "relief", "knowledge")}

    there, gone = after_crisis(COMPONENTS), after_crisis(without("crisis intervention"))
    assert there["relief"] > 0.0
    assert gone["relief"] == 0.0
    assert after_crisis(["crisis intervention"])["alliance"] > 0.0
    assert there["knowledge"] > gone["knowledge"] > 0.0


def test_without_crisis_intervention_the_strain_of_those_in_crisis_subsides_less():
    """Crises on the first day, answered by the own worker: the stress that the component leaves that night.

    Its push on alliance is not compared: without it the minutes go to engagement, which has one too.
    """

    def after_a_crisis(components):
        spec = load_scenario("usual_care").replace(
            {
                "world.population.clients": 20,
                "world.warm_up_days": 0,
                "world.workforce.leave_week": 0.0,
                "world.workforce.absent_day": 0.0,
                "world.crisis.calls_own_worker": 5.0,
                "world.crisis.admit_midpoint": 1.0,
                "run.days": 2,
                # whoever had a visit brought forward that day can be relieved of no more
                **throughout({"staff.case_managers": 20, "slack.rule": "office"}),
                **{f"{part}.practice.components": list(components) for part in ("service", "baseline")},
            }
        )
        community = Community(spec)
        clients = [client for client in community.clients if client.present][:10]
        for client in clients:
            community.env.call_at(
                11 * 60, lambda client=client: community.env.process(run_crisis(community, client, 1e-12))
            )
        community.step()
        contacts = community.ledger["contacts"].rows()
        answered = contacts[(contacts["kind"] == ContactKind.CRISIS) & (contacts["by"] == 0)]["client"]
        return answered.tolist(), community.people.stress[answered]

    there, out = after_a_crisis(COMPONENTS), after_a_crisis(without("crisis intervention"))
    assert there[0] == out[0]
    assert len(there[0]) > 3
    assert (there[1] < out[1]).all()


def test_without_work_with_physician_and_hospital_nobody_speaks_for_the_client(monkeypatch):
    """No early reviews, no reports, no part in discharge planning; medication runs out sooner."""
    from cmsim.model.agents import Psychiatrist

    spoken_for = []
    asked = Psychiatrist.on_request

    def noted(self, client, urgent, reported):
        spoken_for.append(urgent)
        asked(self, client, urgent, reported)

    monkeypatch.setattr(Psychiatrist, "on_request", noted)
    rough = {"illness.onset_rate": 3.0, "medication.supply_days": 40.0}

    def run_with(components):
        spoken_for.clear()
        run = small_run(components, **rough)
        people, known = run.community.people, run.community.people.known
        stays = run.admissions[run.admissions["minute"] > 0]
        return SimpleNamespace(
            urgent=sum(spoken_for),
            reports=int((people.reported[:known] >= 0).sum()),
            liaison=int((run.contacts["kind"] == ContactKind.LIAISON).sum()),
            ward_visits=int(stays["ward_visits"].sum()),
            supply=people.supply[:known].mean(),
            adherence=run.daily["adherence"][-60:].mean(),
        )

    there, out = run_with(COMPONENTS), run_with(without("physician and hospital"))
    assert min(there.urgent, there.reports, there.ward_visits) > 3
    assert (out.urgent, out.reports, out.ward_visits) == (0, 0, 0)
    assert out.liaison > 10  # such contacts are still made; nothing comes of them
    assert out.supply < there.supply
    assert out.adherence < there.adherence


def test_without_linkage_no_referral_is_started():
    there, out = (
        small_run(components, **{"components.linkage.referral_rate": 10.0, "housing.arrest_rate": 0.0})
        for components in (COMPONENTS, without("linkage"))
    )
    assert (there.links["step"] == 0).sum() > 10
    assert not (out.links["step"] == LinkStep.REFERRED).any()
    # what there is are links held from the start, which begin when a place is free and end
    assert set(out.links["step"].tolist()) <= {LinkStep.STARTED, LinkStep.ENDED}
    assert there.daily["links"][-1] > out.daily["links"][-1]
    # on the way to an agency, that is; a worker still goes along to the emergency department
    to_agency = out.contacts["place"] != ContactPlace.EMERGENCY_DEPARTMENT
    for kind in ("agency", "accompaniment"):
        assert not ((out.contacts["kind"] == ContactKind.of(kind)) & to_agency).any()
