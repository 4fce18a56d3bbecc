"""The caseload calculator: time budget, queue with returns, wait for a case manager; the command."""

from itertools import combinations_with_replacement

import numpy as np
import pytest

from cmsim import load_scenario
from cmsim.experiments.caseload_limit import Served, Workload, assign, changed, serve, workload_of

LOAD = Workload(40.0, 0.2, 5.0, 45.0, 20.0, 15.0, visits=4.0, cv=1.0)


def test_a_caseload_at_the_limit_of_the_hours_takes_them_all():
    assert LOAD.client_hours == pytest.approx(28.0)
    assert LOAD.budget_caseload == pytest.approx(28.0 * 4 / (4 * 80 / 60))
    served = serve(LOAD)
    assert served.used[300] == pytest.approx(1.0)
    assert (np.diff(served.wait[1:]) > 0).all()
    assert (np.diff(served.visits / np.maximum(np.arange(501), 1))[1:] < 0).all()
    one_more_day = 7 / 28 * 28 / 7 * 80 / (28 * 60 / 7)  # far above the limit each client adds the length of a visit
    assert served.wait[301] - served.wait[300] == pytest.approx(one_more_day)
    assert serve(LOAD).most_within(1.0) == np.flatnonzero(served.wait <= 1.0).max()


def test_waiting_is_that_of_a_queue_with_a_finite_source():
    """M/M/1//n: states of those who are not there have weights n! / (n - k)! times (service / between) to the k."""
    n, between, service = 12, 7.0 - 80 / 240, 80 / 240
    weights = np.cumprod([1.0, *(np.arange(n, 0, -1) * service / between)])
    p = weights / weights.sum()
    rate = (1.0 - p[0]) / service
    served = serve(LOAD)
    assert served.visits[n] == pytest.approx(28 * rate)
    assert served.wait[n] == pytest.approx((np.arange(n + 1) @ p) / rate - service)


def stationary(rates):
    """Shares of time of a Markov chain, from a dictionary of the rates between pairs of states."""
    number = {state: i for i, state in enumerate(sorted({state for pair in rates for state in pair}))}
    flows = np.zeros((len(number), len(number)))
    for (before, after), rate in rates.items():
        flows[number[after], number[before]] += rate
        flows[number[before], number[before]] -= rate
    flows[0] = 1.0
    return dict(zip(number, np.linalg.solve(flows, np.eye(len(number))[0]), strict=True))


@pytest.mark.parametrize("stages", [4, 11])
def test_lengths_that_vary_less_are_those_of_stages_in_a_row(stages):
    n, service = 18, 80 / 240
    between = 7.0 - service
    served = serve(changed(LOAD, cv=stages**-0.5))
    rates = {}
    for k in range(n + 1):  # who is due; stages left of the visit that is on
        for left in range(1, stages + 1) if k else [0]:
            rates[(k, left), (k + 1, left or stages)] = (n - k) / between
            if k:
                after = (k, left - 1) if left > 1 else (k - 1, stages if k > 1 else 0)
                rates[(k, left), after] = stages / service
    p = stationary({pair: rate for pair, rate in rates.items() if rate})
    rate = (1.0 - p[0, 0]) / service
    assert served.visits[n] == pytest.approx(28.0 * rate)
    assert served.wait[n] == pytest.approx(sum(k * share for (k, _), share in p.items()) / rate - service)


@pytest.mark.parametrize(("case_managers", "caseload"), [(2, 25), (3, 12), (4, 7)])
def test_places_that_are_all_taken_are_those_of_the_chain_of_all_caseloads(case_managers, caseload):
    """The calculator shares clients out evenly; the chain keeps the caseload of each."""
    served = serve(changed(LOAD, cv=0.3))
    closings = served.visits[: caseload + 1] / 4 / 12.0
    most, full = case_managers * closings[caseload], (caseload,) * case_managers
    for taken in (0.7, 0.8, 0.9, 0.95):
        rates = dict[tuple, float]()
        for state in combinations_with_replacement(range(caseload + 1), case_managers):
            if state != full:
                rates[state, tuple(sorted((state[0] + 1, *state[1:])))] = taken * most
            for j, clients in enumerate(state):
                if clients:
                    pair = state, tuple(sorted((*state[:j], clients - 1, *state[j + 1 :])))
                    # who waits takes the place at once
                    rate = closings[clients] * (1.0 - taken if state == full else 1.0)
                    rates[pair] = rates.get(pair, 0.0) + rate
        found = assign(served, case_managers, caseload, taken * most, 12.0)
        assert found.waits == pytest.approx(stationary(rates)[full], rel=0.02)


def test_lengths_that_vary_less_make_clients_wait_less_and_nobody_is_served_beyond_the_hours():
    even = serve(changed(LOAD, cv=0.0))
    assert (even.wait[2:21] < serve(LOAD).wait[2:21]).all()
    assert even.used.max() <= 1.0
    assert even.wait[2] == pytest.approx(serve(LOAD).wait[2] / 2, rel=0.1)


def test_no_hours_serve_nobody():
    none = serve(changed(LOAD, meetings=40.0))
    assert none.visits.max() == 0.0
    assert none.most_within(5.0) == 0
    assert np.isnan(assign(none, 2, 10, 1.0, 10.0).waits)


def test_referrals_wait_as_for_several_servers_and_for_ever_beyond_the_limit():
    """Clients that are closed at a rate of their own, whatever the caseload, leave an Erlang C queue of all places."""
    alone = Served(28.0 * np.arange(6), np.zeros(6), np.zeros(6))
    found = assign(alone, 2, 5, referrals=49.0, until_closing=1.0)  # ten places, load 7
    b = 1.0
    for k in range(1, 11):
        b = 7.0 * b / (k + 7.0 * b)
    assert found.waits == pytest.approx(b / (1 - 0.7 * (1 - b)))
    assert found.days == pytest.approx(found.waits / (10 - 7))
    assert assign(alone, 2, 5, 70.0, 1.0).most_referrals == 70.0
    assert np.isnan(assign(alone, 2, 5, 70.0, 1.0).days)
    assert assign(alone, 2, 5, 0.0, 1.0).waiting == 0.0


def test_a_scenario_says_what_time_and_work_are():
    usual = workload_of(load_scenario("usual_care"))
    assert usual.hours == 40.0
    assert 0.2 < usual.away < 0.3
    fewer = load_scenario("usual_care").replace({"service.staff.team_minutes": 155.0})
    assert usual.meetings + 5.0 == pytest.approx(workload_of(fewer).meetings)
    assert usual.meetings == pytest.approx(95.0 * 5 / 60 + 1.0)  # an hour of supervision, as the model gives
    paid = load_scenario("usual_care").replace({"service.payer": {"rule": "fee_for_contact", "travel": 0.0}})
    assert workload_of(paid).travel < usual.travel
    assert workload_of(paid).calls < usual.calls
    assert workload_of(load_scenario("usual_care"), dose=1.0).visits == 5.5


def test_the_command_prints_the_calculator_and_the_simulation_beside_it(command):
    status, printed, error = command("caseload", "--visits", "4", "--size", "20", "--until-closing", "100")
    assert (status, error) == (0, "")
    assert "Caseload that takes all the time" in printed
    assert "Visits to a client, of 4 wanted" in printed
    assert "Simulated" not in printed
    assert "never advice about a real person" in printed
    small = ("--set", "run.days=20", "--set", "world.warm_up_days=7", "--set", "world.population.clients=15")
    status, printed, error = command("caseload", "usual_care", *small, "--replications", "2", "--workers", "1")
    assert (status, error) == (0, "")
    assert "Simulated (95%)" in printed
    assert printed.count("the calculator") == 3
    assert "calls" in printed
    for bad, message in (
        (("--size", "0"), "--size: given 0; allowed: 1 to 500"),
        (("--away", "nan"), "--away: given"),
        (("--replications", "2", "--visits", "3", "--size", "20"), "--replications: given with --visits, --size;"),
        (("--referrals", "2"), "--referrals: given without --until-closing"),
        (("--case-managers", "2"), "--case-managers: given without --until-closing"),
        (("--hours", "5", "--meetings", "8"), "no time is left for clients: given 5 paid hours a week, 8 of meetings"),
    ):
        status, _, error = command("caseload", *bad)
        assert status == 2
        assert message in " ".join(error.split())
    status, printed, error = command("caseload", "--until-closing", "12", "--referrals", "90")
    assert (status, error) == (0, "")
    assert "the list grows for ever" in printed
    assert "waits 1 day " in printed
    assert "in 28 days" in printed
    assert "a month" not in printed
