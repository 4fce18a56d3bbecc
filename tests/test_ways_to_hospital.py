"""Ways into hospital and out of it, each missed when its mechanism is switched off."""

from __future__ import annotations

import numpy as np
import pytest

from cmsim.model.active_service import activate
from cmsim.model.agents import acute_episode, untreated_episode
from cmsim.schema.codes import AcuteAnswer, Phase, Provider, SeenBy
from support import small_run, without

ILL = {"illness.onset_rate": 4.0}
NO_CRISES = {**ILL, "crisis.acute_rate": 0.0, "crisis.stressor_rate": 0.0}
STEADY = {"mechanisms.untreated_worsens": False}
NOBODY = {"staff.psychiatrists": 0, "caseload.closure": "staff_fixed", "hospital.beds": 20}
UNSEEN = {"acute_care.own_rate": 0.0, "acute_care.family_rate": 0.0}


def means_now(community):
    """Return the means to treat each client with a worker at home now."""
    pairs = [(client, client.case_manager) for client in community.clients]
    return np.array(
        [community.staffing.care_at_home.means(client, worker) for client, worker in pairs if worker is not None]
    )


# -- means at home come from what is done ----------------------------------------------------------------


@pytest.fixture(scope="module")
def by_deeds():
    return small_run(days=90, both={"hospital.beds": 20}, **ILL)


@pytest.mark.parametrize(
    ("section", "stated"),
    [
        *(
            ("contact", {key: value})
            for key, value in {
                "most_visits": 20.0,
                "least_visits": 20.0,
                "calls": 5.0,
                "spread": 0.0,
                "discharge_days": 60.0,
                "retry": 0.2,
                "back_off": 1.0,
                "back_off_most": 1.0,
                "in_vivo": 1.0,
                "family_days": 7.0,
                "liaison_days": 7.0,
                "ward_days": 1.0,
                "follow_up_days": 1.0,
                "jail_days": 1.0,
                "drop_after": 5,
            }.items()
        ),
        ("practice", {"stance": "shared"}),
        ("practice", {"coordination": "separate_specialists"}),
        ("practice", {"specialists": 5}),
        ("practice", {"programme_days": 700}),
        ("practice", {"takes_back": True}),
        ("practice", {"components": tuple(without("living skills", "advocacy"))}),
        ("titration", {"ratio": 3.0}),
        ("staff", {"training": "graduate"}),
    ],
)
def test_what_a_service_only_writes_gives_no_means(by_deeds, section, stated):
    community, before = by_deeds.community, by_deeds.community.active
    found = means_now(community)
    assert found.max() > 0.1
    part = getattr(before.service, section).model_copy(update=stated)
    try:
        community.active = activate(
            before.service.model_copy(update={section: part}), community.spec.world, community.spec.components
        )
        assert (means_now(community) == found).all()
    finally:
        community.active = before


def test_a_higher_most_that_is_never_given_changes_nothing_that_happens():
    # nobody comes in mid-week, before the first review of doses
    world = {**ILL, "population.referrals": 0.0}
    plan = {"titration.rule": "fixed", "titration.level": 0.0, "contact.least_visits": 4.0}
    modest, boasting = (
        small_run(days=120, both={**plan, "contact.most_visits": most, "hospital.beds": 20}, **world)
        for most in (4.0, 20.0)
    )
    assert np.array_equal(modest.contacts, boasting.contacts)


def test_who_visits_the_acutely_ill_twice_as_often_has_more_means():
    plan = {"titration.rule": "fixed", "titration.level": 0.0, "hospital.beds": 20}
    # nobody is visited more often than is planned, not after a crisis either
    plan |= {"slack.rule": "office", "contact.crisis_days": 0.0}
    world = {**ILL, "home_care.first_days": 14.0}
    few, many = (
        small_run(
            days=300, workers=6, both={**plan, "contact.least_visits": v, "contact.most_visits": v}, **world
        ).community
        for v in (2.0, 6.0)
    )
    assert (
        many.staffing.care_at_home.visits / many.staffing.care_at_home.ill_days
        > few.staffing.care_at_home.visits / few.staffing.care_at_home.ill_days
    )
    assert means_now(many).mean() > 1.2 * means_now(few).mean()


def test_means_fall_with_load_and_need_somebody_who_treats_and_comes(by_deeds):
    community = by_deeds.community
    client = next(each for each in community.clients if each.case_manager is not None)
    worker = client.case_manager
    home, posts = community.staffing.care_at_home, community.posts
    usual = home.means(client, worker)
    assert home.means(client, None) == 0.0 < usual
    load, days, minutes = posts.week_load.copy(), posts.week_days.copy(), community.people.support_minutes.copy()
    community.people.support_minutes[:] = posts.week_load[:] = 0.0
    free = home.means(client, worker)
    posts.week_load[:], posts.week_days[:] = 10.0, 5.0
    assert home.means(client, worker) < free
    posts.week_load[:], posts.week_days[:], community.people.support_minutes[:] = load, days, minutes
    broker = small_run(without("crisis intervention"), days=7).community
    assert (means_now(broker) == 0.0).all()


# -- untreated illness gets worse, and others lead to hospital -------------------------------------------


def alone(days=240, **world):
    return small_run(both=NOBODY, workers=0, days=days, **NO_CRISES, **UNSEEN, **world)


def test_whom_nobody_treats_families_and_the_police_bring():
    left, brought = alone(**STEADY), alone()
    assert not (left.admissions["minute"] > 0).any()
    by = brought.admissions["by"][brought.admissions["minute"] > 0]
    assert (by == Provider.FAMILY).sum() > 2 < (by == Provider.POLICE).sum()
    assert not np.isin(brought.acute_care["by"], (SeenBy.CASE_MANAGER, SeenBy.PSYCHIATRIST)).any()


def test_illness_is_graver_the_longer_nobody_treats_it():
    community = small_run(days=1).community
    client = community.clients[0]
    client.set_custody(phase=Phase.ACUTE)
    severities = []
    for days in (0.0, 30.0, 60.0, 90.0):
        community.people.untreated[client.row] = days
        severities.append(acute_episode.severity_of(community, client))
    assert severities[0] < severities[1] < severities[2] == severities[3]


def test_days_count_as_untreated_until_somebody_treats_and_are_made_up_for():
    community = small_run(days=1, **UNSEEN).community
    client = next(each for each in community.clients if each.present and each.phase == Phase.STABLE)
    client.set_custody(phase=Phase.ACUTE)
    untreated_episode.begin_days(community, client)
    row = client.row
    client.illness.treated_until = 0
    alarms = [untreated_episode.Alarm(community, client, by) for by in (SeenBy.FAMILY, SeenBy.POLICE)]
    untreated_episode._pass_day(community, client, client.episode, alarms)
    assert community.people.untreated[row] == 1.0
    client.illness.hold(7.0)
    untreated_episode._pass_day(community, client, client.episode, alarms)
    assert community.people.untreated[row] == 0.0


def test_without_beds_acute_illness_goes_untreated_for_longer_and_comes_to_crises():
    rough = {**ILL, "crisis.acute_rate": 0.05}
    few, enough = (small_run(both={"hospital.beds": beds}, days=300, clients=100, **rough) for beds in (1, 40))
    turned_away = [
        (run.acute_care["answer"] == AcuteAnswer.NO_BED).sum() + (run.crises["outcome"] == 2).sum()
        for run in (few, enough)
    ]
    assert turned_away[0] > 2 * turned_away[1] + 10
    assert len(few.crises) > len(enough.crises)


def test_who_is_brought_twice_within_a_minute_waits_for_one_bed(monkeypatch):
    community = small_run(days=1, both={"hospital.beds": 1}).community
    clients = [each for each in community.clients if each.present and each.phase == Phase.STABLE][:5]
    monkeypatch.setattr(type(community.hospital), "decide_to_admit_ill", lambda *_, **__: True)
    monkeypatch.setattr(type(clients[0]), "decide_on_admission", lambda *_: True)
    for client in clients:
        client.set_custody(phase=Phase.ACUTE)
        acute_episode.go_to_hospital(community, client, SeenBy.FAMILY)
        acute_episode.go_to_hospital(community, client, SeenBy.POLICE)
    for _ in range(5):
        community.step()
    rows = {client.row for client in clients}
    seen = community.ledger["acute_care"].rows()
    assert not np.isin(seen["by"][np.isin(seen["client"], list(rows))], SeenBy.POLICE).any()
    assert rows <= set(seen["client"][np.isin(seen["answer"], (AcuteAnswer.ADMITTED, AcuteAnswer.NO_BED))])


# -- hospital use stays with people ----------------------------------------------------------------------


def stays_of(run):
    """Return the logs of two stays that each client would have, shape (2, clients)."""
    community = run.community
    return np.log([[community.hospital._drawn_stay(each, n, 11.0) for each in community.clients] for n in (11, 12)])


def test_part_of_the_length_of_stays_is_the_persons_own():
    lasting, fresh = (
        stays_of(small_run(clients=400, workers=8, days=1, **{"mechanisms.lasting_differences": on}))
        for on in (True, False)
    )
    assert np.corrcoef(lasting)[0, 1] > 0.35 > 0.15 > abs(np.corrcoef(fresh)[0, 1])
    assert np.exp(lasting).mean() == pytest.approx(np.exp(fresh).mean(), rel=0.2)


def test_some_peoples_illness_leads_to_hospital_more_than_others_for_life():
    lasting, fresh = (small_run(days=1, **{"mechanisms.lasting_differences": on}).community for on in (True, False))
    assert np.std([acute_episode.tendency_of(lasting, each) for each in lasting.clients]) > 0.5
    assert not any(acute_episode.tendency_of(fresh, each) for each in fresh.clients)


def test_admission_depends_on_a_discharge_for_longer_than_falling_ill_does():
    longer, same = (small_run(days=1, **{"mechanisms.recent_discharge_admits": on}).community for on in (True, False))
    for community in (longer, same):
        community.people.recency[0] = 0.2
    assert acute_episode.recency_of(longer, longer.clients[0]) > 0.4
    assert acute_episode.recency_of(same, same.clients[0]) == 0.2
