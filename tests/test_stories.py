"""Stories: what each kind of agent decides matters, and a worker's day runs to the minute."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cmsim import load_scenario
from cmsim.core.simtime import DAY, HOUR, at
from cmsim.model.agents import (
    Agency,
    CaseManager,
    Client,
    Family,
    Helper,
    Hospital,
    Psychiatrist,
    Supervisor,
    residence,
)
from cmsim.model.agents.crisis_episode import run_crisis
from cmsim.model.community import Community
from cmsim.model.state.columns import NEVER
from cmsim.schema.codes import (
    HOMELESS,
    AcuteAnswer,
    ContactKind,
    ContactLimit,
    ContactOutcome,
    CrisisOutcome,
    LinkStep,
    MoveReason,
    NoticedBy,
    Phase,
    Provider,
    SeenBy,
    Setting,
    WaitFor,
    WaitOutcome,
)

DAYS = 120


def answer(what):
    """A decision that always goes one way."""
    return lambda self, *args, **kwargs: what


def decided_run(monkeypatch, decisions=(), days=DAYS, **world):
    """Run 120 days of a community of 30 clients in which some decisions are made otherwise.

    ``decisions`` are (class, method, how it decides); they hold for this run only.
    """
    settings = {
        "world.population.clients": 30,
        "world.warm_up_days": 0,
        "run.days": days,
        **{f"world.{key}": value for key, value in world.items()},
    }
    for key, value in {"staff.case_managers": 3, "hospital.beds": 8}.items():
        settings |= {f"service.{key}": value, f"baseline.{key}": value}
    with monkeypatch.context() as patch:
        for kind, method, decides in decisions:
            patch.setattr(kind, method, decides)
        community = Community(load_scenario("usual_care").replace(settings))
        for _ in range(days):
            community.step()
        community.close()
    return SimpleNamespace(community=community, **{table.kind.name: table.rows() for table in community.ledger})


def two_ways(monkeypatch, kind, method, one, other, **world):
    """The same town with a decision taken one way and the other."""
    return tuple(decided_run(monkeypatch, [(kind, method, answer(what))], **world) for what in (one, other))


def moved(run, reason):
    return run.moves[run.moves["reason"] == MoveReason.of(reason)]


def steps(run, step):
    return run.links[run.links["step"] == LinkStep.of(step)]


# -- clients ---------------------------------------------------------------------------------------------


def test_a_client_who_never_comes_is_never_visited_and_it_is_written_why(monkeypatch):
    always, never = two_ways(monkeypatch, Client, "decide_to_come", True, False)
    for run, held in ((always, True), (never, False)):
        visits = run.contacts[run.contacts["kind"] == ContactKind.VISIT]
        assert len(visits) > 30
        assert (visits["outcome"] == ContactOutcome.HELD).any() == held
    failed = never.contacts[never.contacts["kind"] == ContactKind.VISIT]
    assert (failed["limit"] == ContactLimit.WILLINGNESS).all()
    assert not (always.contacts["limit"] == ContactLimit.WILLINGNESS)[always.contacts["kind"] == ContactKind.CALL].all()
    trust = [run.community.people.alliance[:30].mean() for run in (always, never)]
    assert trust[0] > trust[1]


def test_a_client_who_keeps_first_signs_to_herself_is_not_noticed_through_herself(monkeypatch):
    open_, silent = two_ways(
        monkeypatch,
        Client,
        "decide_to_tell",
        True,
        False,
        **{"illness.onset_rate": 4.0, "relationship.tells_rate": 0.5},
    )
    herself = NoticedBy.CLIENT
    assert (open_.transitions["noticed_by"] == herself).sum() > 3
    assert not (silent.transitions["noticed_by"] == herself).any()


def test_a_client_who_decides_against_stopping_goes_on_taking_medication(monkeypatch):
    stopping, going_on = two_ways(
        monkeypatch, Client, "decide_to_stop_medication", True, False, **{"medication.stop_rate": 4.0}
    )
    stopped = [run.community.people.stopped[:30].sum() for run in (stopping, going_on)]
    assert stopped[0] > stopped[1]
    assert stopping.daily["adherence"][-1] < going_on.daily["adherence"][-1]


def test_a_client_who_does_not_follow_a_referral_through_gets_no_link(monkeypatch):
    going, staying = two_ways(
        monkeypatch, Client, "decide_to_follow_referral", True, False, **{"components.linkage.referral_rate": 10.0}
    )
    assert len(steps(going, "accepted")) > 3
    assert len(steps(staying, "accepted")) == 0
    assert len(steps(staying, "did not follow through")) > 3


def test_a_client_who_turns_to_the_worker_in_a_crisis_is_answered_by_the_worker(monkeypatch):
    silent = (Family, "decide_to_call_in_crisis", answer(False))
    to_worker, elsewhere = (
        decided_run(
            monkeypatch, [silent, (Client, "decide_to_turn_to_worker", answer(turns))], **{"crisis.stressor_rate": 4.0}
        )
        for turns in (True, False)
    )
    assert (to_worker.crises["by"] == Provider.CASE_MANAGER).sum() > 3
    assert len(elsewhere.crises) > 3
    assert not (elsewhere.crises["by"] == Provider.CASE_MANAGER).any()


# -- case managers ---------------------------------------------------------------------------------------


def test_a_worker_who_takes_no_calls_leaves_crises_to_the_service_and_loses_trust(monkeypatch):
    always_called = (Client, "decide_to_turn_to_worker", answer(True))
    decisions = [[always_called], [always_called, (CaseManager, "decide_to_take_call", answer(False))]]
    takes, leaves = (decided_run(monkeypatch, each, **{"crisis.stressor_rate": 6.0}) for each in decisions)
    assert (takes.crises["by"] == Provider.CASE_MANAGER).sum() > 3
    assert not (leaves.crises["by"] == Provider.CASE_MANAGER).any()
    trust = [run.community.people.alliance[:30].mean() for run in (takes, leaves)]
    assert trust[0] > trust[1]


def answers(run, by, what):
    rows = run.acute_care
    return (rows["by"] == SeenBy.of(by)) & (rows["answer"] == AcuteAnswer.of(what))


def test_a_worker_who_brings_people_to_hospital_has_more_of_them_there(monkeypatch):
    """The same illness, seen by the same workers: in one town they bring people, in the other they treat."""
    ill = {"illness.onset_rate": 4.0, "crisis.acute_rate": 0.0}
    brings, treats = two_ways(monkeypatch, CaseManager, "decide_to_bring_to_hospital", True, False, **ill)
    assert answers(brings, "case manager", "admitted").sum() > 3
    assert not answers(treats, "case manager", "admitted").any()
    assert answers(treats, "case manager", "treated at home").sum() > 3
    assert len(brings.admissions) > len(treats.admissions)


def test_whom_a_hospital_does_not_take_goes_home_again(monkeypatch):
    ill = {"illness.onset_rate": 4.0, "crisis.acute_rate": 0.0}
    takes, sends = two_ways(monkeypatch, Hospital, "decide_to_admit_ill", True, False, **ill)
    assert takes.admissions["brought"].sum() > 3
    assert not sends.admissions["brought"].any()
    assert (sends.acute_care["answer"] == AcuteAnswer.NOT_ADMITTED).sum() > 3


def test_a_worker_who_waits_and_sees_brings_nobody_to_the_psychiatrist(monkeypatch):
    """The same clients, prodromes noticed alike; only one worker asks for them to be seen at once."""
    world = {"illness.onset_rate": 4.0, "psychiatry.fits_in_reported": 1.0}
    brings, waits = two_ways(monkeypatch, CaseManager, "decide_to_bring_to_psychiatrist", True, False, **world)
    for run in (brings, waits):
        assert (run.transitions["noticed_by"] == NoticedBy.CASE_MANAGER).any()
    reviewed = [
        run.transitions["reviewed"][run.transitions["from"] == Phase.PRODROMAL].mean() for run in (brings, waits)
    ]
    assert reviewed[0] > reviewed[1]


# -- supervisors -----------------------------------------------------------------------------------------


def test_a_supervisor_who_gives_every_client_to_one_worker_fills_that_caseload(monkeypatch):
    one, other = (
        decided_run(
            monkeypatch,
            [(Supervisor, "decide_who_takes", lambda self, client, posts, room, pick=pick: pick(posts))],
            **{"population.referrals": 3.0, "workforce.leave_rate": 0.0},
        )
        for pick in (min, max)
    )
    # the first referrals go to the first worker, or to the last
    started = [[int(row["to_worker"]) for row in run.handovers][:5] for run in (one, other)]
    assert started == [[0] * 5, [2000] * 5]
    (first, _, _), (_, _, last) = (run.community.posts.caseload[:3].tolist() for run in (one, other))
    for run, full in ((one, first), (other, last)):
        assert full == run.community.posts.caseload[:3].max() > 15


def test_a_supervisor_who_gives_no_time_lets_the_day_with_clients_begin_earlier(monkeypatch):
    none, two_hours = two_ways(monkeypatch, Supervisor, "decide_minutes", 0, 120)
    team = [run.worker_days["team_minutes"][run.worker_days["absent"] == 0] for run in (none, two_hours)]
    assert (team[0] == 95).all()
    assert (team[1] == 215).all()
    first = []
    for run in (none, two_hours):
        mine = run.contacts[
            (run.contacts["by"] == Provider.CASE_MANAGER) & (run.contacts["outcome"] == ContactOutcome.HELD)
        ]
        first.append(int((mine["minute"] % DAY).min()))
    assert first[0] < 9 * HOUR + 215 <= first[1]


# -- families --------------------------------------------------------------------------------------------


def test_a_family_that_waits_and_hopes_tells_nobody_of_first_signs(monkeypatch):
    world = {"illness.onset_rate": 4.0, "family.call_rate": 1.0}
    calls, hopes = two_ways(monkeypatch, Family, "decide_to_call", True, False, **world)
    family = NoticedBy.FAMILY
    assert (calls.transitions["noticed_by"] == family).sum() > 3
    assert not (hopes.transitions["noticed_by"] == family).any()


def test_a_family_that_does_not_house_takes_nobody_in_and_nobody_back(monkeypatch):
    world = {
        "population.street": 0.3,
        "population.family_home": 0.5,
        "population.with_family": 0.9,
        "crisis.stressor_rate": 6.0,
        "crisis.admit_midpoint": 0.1,
        "housing.family_takes_rate": 20.0,
    }
    houses, refuses = two_ways(monkeypatch, Family, "decide_to_house", True, False, **world)
    assert len(moved(houses, "family took in")) > 0
    assert len(moved(refuses, "family took in")) == 0
    home = [moved(run, "discharged")["to"] == Setting.FAMILY_HOME for run in (houses, refuses)]
    assert home[0].any()
    assert not home[1].any()


def test_a_family_that_never_withdraws_goes_on_living_together(monkeypatch):
    ends, bears = two_ways(monkeypatch, Family, "decide_to_withdraw", True, False, **{"family.withdraw_burden": 0.3})
    assert len(moved(ends, "family ended it")) > 0
    assert len(moved(bears, "family ended it")) == 0
    assert ends.daily["family home"][-1] < bears.daily["family home"][-1]


# -- informal helpers ------------------------------------------------------------------------------------


def test_a_helper_who_keeps_out_of_it_tells_of_no_room(monkeypatch):
    world = {"population.street": 0.5, "network.room_rate": 50.0, "network.client_knows": 0.0}
    world["network.lead_steps"] = 0.0  # nobody but a helper who is asked directly
    tells, keeps_out = two_ways(monkeypatch, Helper, "decide_to_offer", True, False, **world)
    assert len(moved(tells, "room through a tie")) > 0
    assert len(moved(keeps_out, "room through a tie")) == 0


# -- psychiatrists ---------------------------------------------------------------------------------------


def test_a_psychiatrist_who_fits_nobody_in_sees_the_urgent_in_their_turn(monkeypatch):
    waited = {}
    for fits in (True, False):
        with monkeypatch.context() as patch:
            patch.setattr(Psychiatrist, "decide_to_fit_in", answer(fits))
            patch.setattr(Client, "decide_to_come", answer(True))
            c = quiet_town(clients=1, days=60, **{"staff.psychiatrists": 1})
            psychiatrist = c.psychiatrists[0]
            psychiatrist.booked.clear()
            psychiatrist.asked.clear()
            psychiatrist.list.extend((0, -1, NEVER) for _ in range(40))  # forty others, who wait
            psychiatrist.on_request(c.clients[0], urgent=True, reported=True)
            live(c, 60)
        (row, *_) = c.ledger["waits"].rows()
        assert row["for"] == WaitFor.PSYCHIATRIST
        assert row["outcome"] == WaitOutcome.SERVED
        waited[fits] = (row["minute"] - row["since"]) / DAY
    assert waited[True] < 7 < waited[False]


def test_a_psychiatrist_who_changes_nothing_leaves_medication_as_ill_fitting_as_it_was(monkeypatch):
    changes = Psychiatrist.change_medication
    world = {"components.physician_hospital.fit_gain": 0.0, "psychiatry.review_days": 20.0}
    usual = decided_run(monkeypatch, [(Psychiatrist, "change_medication", changes)], **world)
    nothing = decided_run(monkeypatch, [(Psychiatrist, "change_medication", answer(None))], **world)
    effects = [run.community.people.side_effects[:30].sum() for run in (usual, nothing)]
    assert effects[0] < effects[1]
    assert usual.community.people.fit[:30].mean() > nothing.community.people.fit[:30].mean()


# -- the hospital ----------------------------------------------------------------------------------------


def test_a_hospital_that_admits_nobody_settles_every_crisis_outside(monkeypatch):
    everybody, nobody = (
        decided_run(
            monkeypatch,
            [(Hospital, "decide_to_admit", answer(admits)), (Hospital, "decide_to_admit_ill", answer(admits))],
            **{"crisis.stressor_rate": 2.0},
        )
        for admits in (True, False)
    )
    settled, admitted = (CrisisOutcome.SETTLED, CrisisOutcome.ADMITTED)
    # a bed that is not free in time is the one way past a hospital that admits everybody
    assert (everybody.crises["outcome"] != settled).all()
    assert (everybody.crises["outcome"] == admitted).sum() > 3
    assert (nobody.crises["outcome"] != admitted).all()
    assert len(nobody.crises) > 3
    assert len(moved(everybody, "admitted")) > 0
    assert len(moved(nobody, "admitted")) == 0


def test_a_hospital_that_keeps_everybody_fills_up(monkeypatch):
    world = {"crisis.stressor_rate": 4.0}
    admits = (Hospital, "decide_to_admit", answer(True))
    keeps, lets_go = (
        decided_run(monkeypatch, [admits, (Hospital, "decide_to_discharge", answer(what))], **world)
        for what in (False, True)
    )
    assert (keeps.admissions["discharged"] == -1).all()
    assert keeps.daily["inpatient"][-1] > lets_go.daily["inpatient"][-1]
    done = lets_go.admissions[lets_go.admissions["discharged"] >= 0]
    assert len(done) > 3
    assert (done["discharged"] - done["minute"] <= DAY).all()  # gone on the first round


def test_a_hospital_that_tells_nobody_gets_no_visit_until_somebody_asks(monkeypatch):
    tells, silent = two_ways(
        monkeypatch,
        Hospital,
        "decide_to_inform",
        True,
        False,
        **{"crisis.stressor_rate": 2.0, "crisis.admit_midpoint": 0.2},
    )
    first_told = tells.admissions["informed"][tells.admissions["minute"] > 0]
    assert len(first_told) > 3
    assert first_told.mean() > silent.admissions["informed"][silent.admissions["minute"] > 0].mean()


# -- agencies --------------------------------------------------------------------------------------------


def test_an_agency_that_turns_everybody_away_makes_no_link(monkeypatch):
    world = {"components.linkage.referral_rate": 10.0}
    accepts, refuses = two_ways(monkeypatch, Agency, "decide_to_accept", True, False, **world)
    assert len(steps(accepts, "accepted")) > 3
    assert len(steps(accepts, "not accepted")) == 0
    assert len(steps(refuses, "not accepted")) > 3
    assert len(steps(refuses, "accepted")) == 0


def test_an_agency_that_holds_on_ends_no_link_but_of_those_who_leave(monkeypatch):
    world = {
        "referral.end_rate": 5.0,
        "agencies.links_at_start": 0.6,
        "population.move_rate": 0.0,
        "population.recovered_rate": 0.0,
        "relationship.disengage_rate": 0.0,
        "housing.loss_rate": 0.0,
        "work.loss_rate": 0.0,
    }
    ends, holds = two_ways(monkeypatch, Agency, "decide_to_end", True, False, **world)
    assert len(steps(ends, "ended")) > 3
    assert len(steps(holds, "ended")) == 0
    assert holds.daily["links"][-1] > ends.daily["links"][-1]


# -- one worker, one or two clients: a day to the minute -------------------------------------------------

TEAM = 95 + 12  # team minutes and an hour of supervision a week
TRAVEL, MINUTES, NOTES = 32, 46, 13
FIRST = 9 * HOUR + TEAM + TRAVEL
CRISIS_MINUTES, CRISIS_NOTES = 80, 22


def quiet_town(clients=2, days=5, **service):
    """A town in which nothing happens of itself: nobody falls ill, moves or is due."""
    still = (
        "illness.onset_rate",
        "crisis.acute_rate",
        "population.referrals",
        "population.waiting_share",
        "population.move_rate",
        "population.recovered_rate",
        "population.prodromal",
        "population.acute",
        "population.inpatient",
        "relationship.disengage_rate",
        "housing.loss_rate",
        "housing.arrest_rate",
        "workforce.leave_week",
        "workforce.absent_day",
        "contact_time.spread",
        "psychiatry.weeks_away",
        "stress.hassle_rate",
        "stress.event_rate",
        "components.linkage.referral_rate",
    )
    settings = {f"world.{key}": 0.0 for key in still}
    settings |= {
        "world.population.clients": clients,
        "world.warm_up_days": 0,
        "run.days": days,
        "world.crisis.patience_hours": 48.0,
        "world.crisis.stressor_rate": 1e-9,  # none comes of itself, and one that is set keeps its reason
    }
    usual = {"staff.case_managers": 1, "staff.psychiatrists": 0, "contact.in_vivo": 1.0, "slack.rule": "office"}
    service = {**usual, **service}
    for key, value in service.items():
        settings |= {f"service.{key}": value, f"baseline.{key}": value}
    community = Community(load_scenario("usual_care").replace(settings))
    people = community.people
    people.due[:] = NEVER
    people.distance[:] = TRAVEL
    people.home[:] = people.setting[:] = 5
    for client in community.clients:
        client.set_custody(setting=5)
    return community


def live(community, days=1):
    for _ in range(days):
        community.step()


def calls_in_crisis(community, client, minute):
    """Let a crisis come over a client at a minute."""
    community.env.call_at(minute, lambda: community.env.process(run_crisis(community, client, 1e-30)))


def written(community):
    """The contacts of the day: (client, kind, begins, minutes), in order of time."""
    rows = sorted(community.ledger["contacts"].rows().tolist(), key=lambda row: row[0])
    return [(row[1], row[4], row[0] % DAY, row[9]) for row in rows]


def book(community, day=0):
    rows = community.ledger["worker_days"].rows()
    (row,) = rows[rows["day"] == day]
    names = ("client", "collateral", "travel", "notes", "team", "office", "along")
    return {name: int(row[f"{name}_minutes"]) for name in names} | {"overtime": int(row["overtime"])}


@pytest.fixture
def everybody_comes(monkeypatch):
    monkeypatch.setattr(Client, "decide_to_come", answer(True))
    monkeypatch.setattr(Client, "decide_to_turn_to_worker", answer(True))
    monkeypatch.setattr(Client, "decide_to_hold_out", answer(False))
    monkeypatch.setattr(Hospital, "decide_to_admit", answer(False))
    monkeypatch.setattr(Hospital, "decide_to_inform", answer(True))


def test_two_visits_follow_each_other_to_the_minute(everybody_comes):
    community = quiet_town()
    people = community.people
    people.next_visit[:] = 0
    people.dose[:] = people.belief[:] = (0.2, 0.8)
    live(community)
    second = FIRST + MINUTES + NOTES + TRAVEL
    assert written(community) == [(1, ContactKind.VISIT, FIRST, MINUTES), (0, ContactKind.VISIT, second, MINUTES)]
    spent = TEAM + 2 * (TRAVEL + MINUTES + NOTES)
    assert book(community) == {
        "client": 2 * MINUTES,
        "collateral": 0,
        "travel": 2 * TRAVEL,
        "notes": 2 * NOTES,
        "team": TEAM,
        "office": 8 * HOUR - spent,
        "along": 0,
        "overtime": 0,
    }


def test_whom_the_worker_sees_next_is_the_workers_choice(everybody_comes, monkeypatch):
    def the_last_first(self, left):
        return self.queue.pop() if self.queue else None

    monkeypatch.setattr(CaseManager, "decide_whom_next", the_last_first)
    community = quiet_town()
    people = community.people
    people.next_visit[:] = 0
    people.dose[:] = people.belief[:] = (0.2, 0.8)
    live(community)
    assert [client for client, *_ in written(community)] == [0, 1]


def test_a_client_who_does_not_open_costs_travel_and_a_wait(everybody_comes, monkeypatch):
    monkeypatch.setattr(Client, "decide_to_come", lambda self, chance, luck: self.row == 1)
    community = quiet_town()
    people = community.people
    people.next_visit[:] = 0
    people.dose[:] = people.belief[:] = (0.8, 0.2)
    live(community)
    wait = 12
    assert written(community) == [
        (0, ContactKind.VISIT, FIRST, 0),
        (1, ContactKind.VISIT, FIRST + wait + TRAVEL, MINUTES),
    ]
    assert book(community)["travel"] == 2 * TRAVEL + wait
    assert people.next_visit[0] < people.next_visit[1] < NEVER  # tried again sooner


def test_a_crisis_during_the_team_meeting_comes_before_the_visit_planned(everybody_comes):
    community = quiet_town()
    calm, in_crisis = community.clients
    community.people.next_visit[calm.row] = 0
    calls_in_crisis(community, in_crisis, 10 * HOUR)
    live(community)
    visit = FIRST + CRISIS_MINUTES + CRISIS_NOTES + TRAVEL
    assert written(community) == [
        (in_crisis.row, ContactKind.CRISIS, FIRST, CRISIS_MINUTES),
        (calm.row, ContactKind.VISIT, visit, MINUTES),
    ]
    (row,) = community.ledger["crises"].rows()
    assert (row["by"], row["minute"], row["response"]) == (
        Provider.CASE_MANAGER,
        10 * HOUR,
        9 * HOUR + TEAM - 10 * HOUR,
    )
    assert row["outcome"] == CrisisOutcome.SETTLED
    assert sum(book(community).values()) == 8 * HOUR


def test_a_crisis_waits_until_the_visit_begun_is_written_up(everybody_comes):
    community = quiet_town()
    calm, in_crisis = community.clients
    community.people.next_visit[calm.row] = 0
    calls_in_crisis(community, in_crisis, FIRST + 10)
    live(community)
    free = FIRST + MINUTES + NOTES
    assert written(community) == [
        (calm.row, ContactKind.VISIT, FIRST, MINUTES),
        (in_crisis.row, ContactKind.CRISIS, free + TRAVEL, CRISIS_MINUTES),
    ]
    assert community.ledger["crises"].rows()["response"].tolist() == [free - FIRST - 10]


def test_a_worker_at_the_desk_leaves_for_a_crisis_at_once(everybody_comes):
    community = quiet_town(clients=1)
    calls_in_crisis(community, community.clients[0], 14 * HOUR)
    live(community)
    assert written(community) == [(0, ContactKind.CRISIS, 14 * HOUR + TRAVEL, CRISIS_MINUTES)]
    assert community.ledger["crises"].rows()["response"].tolist() == [0]
    away = TRAVEL + CRISIS_MINUTES + CRISIS_NOTES
    assert book(community) == {
        "client": CRISIS_MINUTES,
        "collateral": 0,
        "travel": TRAVEL,
        "notes": CRISIS_NOTES,
        "team": TEAM,
        "office": 8 * HOUR - TEAM - away,
        "along": 0,
        "overtime": 0,
    }


def test_a_crisis_late_in_the_day_is_stayed_with_into_overtime(everybody_comes):
    community = quiet_town(clients=1)
    calls_in_crisis(community, community.clients[0], 16 * HOUR + 30)
    live(community)
    over = 16 * HOUR + 30 + TRAVEL + CRISIS_MINUTES + CRISIS_NOTES - 17 * HOUR
    assert book(community)["overtime"] == over


@pytest.mark.parametrize(("hour", "who", "response"), [(20, "crisis service", TRAVEL), (23, "emergency department", 0)])
def test_after_hours_a_crisis_goes_to_whoever_is_open(everybody_comes, hour, who, response):
    community = quiet_town(clients=1)
    calls_in_crisis(community, community.clients[0], hour * HOUR)
    live(community, 2)
    (row,) = community.ledger["crises"].rows()
    assert (Provider(row["by"]).label, int(row["response"])) == (who, response)


def test_a_client_arrested_while_the_worker_is_on_the_way_is_not_met(everybody_comes):
    community = quiet_town(clients=1)
    (client,) = community.clients
    calls_in_crisis(community, client, 15 * HOUR)
    community.env.call_at(15 * HOUR + 10, residence.arrest, community, client)
    live(community)
    assert client.setting == Setting.JAIL
    assert written(community) == []
    assert book(community)["travel"] == TRAVEL
    assert sum(book(community).values()) == 8 * HOUR


def test_a_crisis_that_has_lost_its_reason_does_not_come(everybody_comes):
    community = quiet_town(clients=1)
    (client,) = community.clients
    community.env.call_at(14 * HOUR, residence.arrest, community, client)
    calls_in_crisis(community, client, 15 * HOUR)
    live(community)
    assert len(community.ledger["crises"]) == 0


def admitted(client):
    hospital = client.community.hospital
    bed = yield from hospital.find_bed(client)
    yield from hospital.stay(client, bed, Provider.CASE_MANAGER, False, 0, 0.6)


def test_a_visit_due_to_somebody_admitted_that_morning_finds_nobody(everybody_comes):
    community = quiet_town(clients=1)
    (client,) = community.clients
    community.people.next_visit[0] = 0
    community.env.call_at(9 * HOUR, lambda: community.env.process(admitted(client)))
    live(community)
    assert (client.phase, client.setting) == (Phase.INPATIENT, Setting.HOSPITAL)
    assert written(community) == [(0, ContactKind.VISIT, FIRST, 0)]
    # the worker, told of it, goes to the ward the next day
    live(community)
    assert written(community)[-1] == (0, ContactKind.WARD, 9 * HOUR + TEAM + 12, 45)


def test_a_ward_visit_to_somebody_discharged_that_morning_finds_nobody(everybody_comes, monkeypatch):
    monkeypatch.setattr(Hospital, "decide_to_discharge", answer(True))
    community = quiet_town(clients=1)
    (client,) = community.clients
    community.env.call_at(14 * HOUR, lambda: community.env.process(admitted(client)))
    live(community, 2)
    assert client.setting == 5
    assert community.ledger["admissions"].rows()["discharged"].tolist() == [at(1, 10 * HOUR)]
    ward = [row for row in written(community) if row[1] == ContactKind.WARD]
    assert ward == [(0, ContactKind.WARD, 9 * HOUR + TEAM + 12, 0)]
    assert community.ledger["admissions"].rows()["ward_visits"].tolist() == [0]


def test_a_contact_too_long_for_what_is_left_of_the_day_is_put_off(everybody_comes):
    """Six visits of 91 minutes each do not fit into 373; the rest is due tomorrow."""
    community = quiet_town(clients=6)
    community.people.next_visit[:] = 0
    live(community, 2)
    by_day = [[row for row in community.ledger["contacts"].rows() if row["minute"] // DAY == day] for day in (0, 1)]
    assert [len(rows) for rows in by_day] == [4, 2]
    assert all(row["limit"] == ContactLimit.CAPACITY for row in by_day[1])
    assert community.ledger["worker_days"].rows()["undone"].tolist() == [2, 0]


def test_first_signs_run_to_their_end_along_the_phases(everybody_comes):
    """A prodrome begun at noon of the first day ends in illness or health, and each step is written."""
    community = quiet_town(clients=1, days=200)
    (client,) = community.clients
    community.env.call_at(12 * HOUR, client.illness.begin_prodrome)
    live(community, 200)
    rows = community.ledger["transitions"].rows()
    walked = [(Phase(row["from"]).label, Phase(row["to"]).label) for row in rows]
    assert walked[0] == ("stable", "prodromal")
    assert walked in (
        [("stable", "prodromal"), ("prodromal", "stable")],
        [("stable", "prodromal"), ("prodromal", "acute"), ("acute", "stable")],
    )
    assert rows["minute"][0] == 12 * HOUR
    assert set(rows["episode"].tolist()) == {1}


def test_somebody_homeless_is_met_on_the_street(everybody_comes):
    community = quiet_town(clients=1)
    (client,) = community.clients
    client.set_custody(setting=Setting.STREET)
    community.people.home[0] = Setting.STREET
    community.people.next_visit[0] = 0
    live(community)
    (row,) = community.ledger["contacts"].rows()
    assert row["place"] == 2
    assert client.setting in HOMELESS
