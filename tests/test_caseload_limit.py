"""The caseload calculator: time budget, queue with returns, wait for a case manager; the command."""

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
    assert workload_of(load_scenario("usual_care"), dose=1.0).visits == 5.5


def test_the_command_prints_the_calculator_and_the_simulation_beside_it(command):
    status, printed, error = command("caseload", "--visits", "4", "--size", "20", "--until-closing", "100")
    assert (status, error) == (0, "")
    assert "Caseload that takes all the time" in printed
    assert "Simulated" not in printed
    assert "never advice about a real person" in printed
    small = ("--set", "run.days=20", "--set", "world.warm_up_days=7", "--set", "world.population.clients=15")
    status, printed, error = command("caseload", "usual_care", *small, "--replications", "2", "--workers", "1")
    assert (status, error) == (0, "")
    assert "Simulated (95%)" in printed
    assert printed.count("the calculator") == 3
    for bad, message in ((("--size", "0"), "--size: given 0; allowed: 1 to 500"), (("--away", "nan"), "--away: given")):
        status, _, error = command("caseload", *bad)
        assert status == 2
        assert message in error
