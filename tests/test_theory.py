"""Parts of the model against theory, by intervals of equivalence.

Each check states a margin and asks that the whole 99% interval of what was simulated lies within it of the
theory: so a simulation too short to tell fails as surely as one that is wrong.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit
from scipy import stats

from cmsim import load_scenario
from cmsim.core.hazard_clocks import Clocks, DailyHazard
from cmsim.core.random_streams import Draws
from cmsim.experiments.caseload_limit import Workload, assign, serve
from cmsim.model.community import Community
from cmsim.model.setup.population import arrival_days

pytestmark = pytest.mark.slow


def assert_equivalent(found, theory, margin):
    """Assert that the 99% interval of the mean of independent numbers is within ``margin`` of theory."""
    found = np.asarray(found, dtype=float)
    half = stats.t.ppf(0.995, len(found) - 1) * found.std(ddof=1) / math.sqrt(len(found))
    assert half < margin / 2, f"half-width {half:.4g}: too short a simulation to tell a difference of {margin:.4g}"
    assert abs(found.mean() - theory) + half < margin, f"{found.mean():.4g} +- {half:.2g}, theory {theory:.4g}"


def erlang_b(servers, offered):
    """Share of arrivals lost by an M/G/c/c system, whatever the distribution of the stay."""
    lost = 1.0
    for n in range(1, servers + 1):
        lost = offered * lost / (n + offered * lost)
    return lost


BEDS, SHARE, STAY, DAYS, SETTLED = 8, 0.9, 1.0, 400, 20


def hospital_alone(replication, **settings):
    """Mean occupancy at midnight, and admissions a day, of a hospital with other people's demand alone."""
    spec = load_scenario("usual_care").replace(
        {
            "world.population.clients": 0,
            "world.warm_up_days": 0,
            "run.days": DAYS,
            "world.hospital.outside_occupancy": SHARE,
            "world.hospital.stay_mean": STAY,
            **{
                f"{part}.{key}": value
                for part in ("service", "baseline")
                for key, value in {
                    "hospital.beds": BEDS,
                    "staff.case_managers": 0,
                    "staff.psychiatrists": 0,
                    "agencies": dict.fromkeys(
                        ("housing", "benefits", "day_programme", "work", "substance_use", "general_health"), 0
                    ),
                }.items()
            },
            **settings,
        }
    )
    community = Community(spec, replication)
    admitted = []
    give_bed = community.hospital._other
    community.hospital._other = lambda minutes: (admitted.append(community.today), give_bed(minutes))
    for _ in range(DAYS):
        community.step()
    occupied = community.ledger["daily"].rows()["beds_occupied"][SETTLED:]
    return occupied.mean(), sum(day >= SETTLED for day in admitted) / (DAYS - SETTLED)


@pytest.mark.parametrize("cv", [1.36, 0.8])
def test_a_hospital_that_turns_people_away_is_an_erlang_loss_system_whatever_the_stays(cv):
    runs = np.array([hospital_alone(r, **{"world.hospital.stay_cv": cv}) for r in range(16)])
    minute = 1.0 / 1440  # events fall on whole minutes, half a minute late on average
    gap = STAY / (SHARE * BEDS) + minute / 2
    offered = (STAY + minute / 2) / gap
    lost = erlang_b(BEDS, offered)
    assert 0.15 < lost < 0.25  # the formula bites: without loss 25% more people would be in bed
    assert_equivalent(runs[:, 0], offered * (1.0 - lost), margin=0.03 * BEDS)
    assert_equivalent(1.0 - runs[:, 1] * gap, lost, margin=0.03)


ENTITIES, HAZARD = 20_000, 0.004


def onsets(hazard, entities):
    """The daily hazards of clients who only ever face an onset."""
    table = np.zeros((len(DailyHazard), entities))
    table[DailyHazard.ONSET] = hazard
    return table


def test_onset_under_a_constant_hazard_follows_the_exponential_law():
    clocks = Clocks(Draws(5, 0), DailyHazard, np.arange(ENTITIES))
    first = np.full(ENTITIES, np.inf)
    events = np.zeros(ENTITIES)
    days = 365
    for day in range(days):
        for _, entity, share, hazard in clocks.advance(onsets(HAZARD, ENTITIES), 1):
            assert hazard == HAZARD
            first[entity] = min(first[entity], day + share)
            events[entity] += 1
    for day in (30, 90, 180, 365):
        assert_equivalent(first <= day, 1.0 - math.exp(-HAZARD * day), margin=0.02)
    # later episodes have thresholds of their own: the number of events is Poisson
    assert_equivalent(events, HAZARD * days, margin=0.05)
    assert_equivalent((events - HAZARD * days) ** 2, HAZARD * days, margin=0.1)


def test_halving_the_hazard_doubles_the_time_to_each_entitys_own_event():
    times = []
    for hazard in (HAZARD, HAZARD / 2):
        clocks = Clocks(Draws(5, 0), DailyHazard, np.arange(200))
        first = np.full(200, np.nan)
        for day in range(900):
            for _, entity, share, _ in clocks.advance(onsets(hazard, 200), 1):
                first[entity] = np.nanmin([first[entity], day + share])
        times.append(first)
    both = ~np.isnan(times[1])
    assert both.sum() > 100
    np.testing.assert_allclose(times[1][both], 2.0 * times[0][both], rtol=1e-9)


@pytest.mark.parametrize("growth", [0.0, 0.08, -0.05])
def test_referrals_are_a_poisson_process_whose_rate_grows_by_the_year(growth):
    world = load_scenario("usual_care").replace({"world.population.growth": growth}).world
    p, years = world.population, 2
    rate = p.referrals * p.clients
    g = math.log1p(growth)
    expected = rate * (math.expm1(g * years) / g if g else years)
    arrivals = [arrival_days(world, Draws(9, r), 365 * years) for r in range(1500)]
    counts = np.array([len(days) for days in arrivals], dtype=float)
    assert_equivalent(counts, expected, margin=0.02 * expected)
    assert_equivalent((counts - expected) ** 2, expected, margin=0.25 * expected)
    first_year = np.array([sum(day < 365 for day in days) for days in arrivals], dtype=float)
    assert_equivalent(first_year, rate * (math.expm1(g) / g if g else 1.0), margin=0.03 * rate)
    # what comes in one year says nothing of the next
    assert abs(np.corrcoef(first_year, counts - first_year)[0, 1]) < 4.0 / math.sqrt(len(counts))
    assert all(days == sorted(days) and days[-1] < 365 * years for days in arrivals)


MANAGERS, LIMIT, UNTIL_CLOSING = 3, 12, 12.0


@njit
def queue_with_returns(rng, cv, service, between, a_week, weeks):
    """Days that a visit which is due waits, and share and days of waiting for a place, in a plain simulation."""
    happens = np.full((MANAGERS, LIMIT), np.inf)  # when each client becomes due or, once done, is closed
    done = np.zeros((MANAGERS, LIMIT), np.bool_)
    clients, free = np.zeros(MANAGERS, np.int64), np.zeros(MANAGERS)
    visits, due, new, waited, waiting, area, before = 0, 0.0, 0, 0, 0, 0.0, 0.0
    referral = 0.0
    while before < 7.0 * weeks:
        place = happens.argmin()
        mine, slot = place // LIMIT, place % LIMIT
        now = min(referral, happens[mine, slot])
        area += waiting * (now - before)
        before = now
        if now < happens[mine, slot] or done[mine, slot]:
            if now == referral:
                referral = now + rng.exponential(7.0 / a_week)
                new += 1
                full = clients.min() == LIMIT
                waited, waiting = waited + full, waiting + full
                if full:
                    continue
            else:
                happens[mine, slot], done[mine, slot] = np.inf, False
                clients[mine] -= 1
                if not waiting:
                    continue
                waiting -= 1
            mine = clients.argmin()
            clients[mine] += 1
            slot = happens[mine].argmax()
            happens[mine, slot] = now + rng.exponential(between)
            continue
        visits += 1
        due += max(free[mine] - now, 0.0)
        free[mine] = max(free[mine], now) + rng.gamma(1.0 / cv**2, service * cv**2)
        done[mine, slot] = rng.random() < 1.0 / UNTIL_CLOSING
        happens[mine, slot] = free[mine]
        if not done[mine, slot]:
            happens[mine, slot] += rng.exponential(between)
    return due / visits, waited / new, area / new


@pytest.mark.parametrize("cv", [0.3, 1.0])
@pytest.mark.parametrize("taken", [0.8, 0.95, 1.5])
def test_the_caseload_calculator_is_the_queue_that_it_is_about(cv, taken):
    served, service = serve(Workload(30.0, 0.0, 0.0, 60.0, 0.0, 0.0, visits=8.0, cv=cv)), 7.0 / 30.0
    a_week = taken * assign(served, MANAGERS, LIMIT, 0.0, UNTIL_CLOSING).most_referrals
    theory = assign(served, MANAGERS, LIMIT, a_week, UNTIL_CLOSING)
    streams = map(np.random.default_rng, range(30))  # noqa: TID251
    found = np.array([queue_with_returns(rng, cv, service, 3.5 - service, a_week, 20_000) for rng in streams])
    if taken > 1.0:  # all caseloads are full
        assert np.isnan(theory.days)
        assert_equivalent(found[:, 0], served.wait[LIMIT], margin=0.02 * served.wait[LIMIT])
    else:
        assert_equivalent(found[:, 1], theory.waits, margin=0.1 * theory.waits)
        assert_equivalent(found[:, 2], theory.days, margin=0.2 * theory.days)
