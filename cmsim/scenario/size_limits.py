"""How large a run may be, checked before anything is built."""

import math

from cmsim.scenario.error_messages import refuse
from cmsim.scenario.scenario import Scenario

MAX_CLIENTS = 200_000
"""Clients at the start."""
MAX_DAYS = 36_500
"""Days simulated, warm-up included."""
MAX_REPLICATIONS = 100_000
MAX_EVENTS = 2e9
"""Events of one run."""
MAX_BYTES = 64e9
"""Memory of one run."""

_DAYS_A_YEAR = 365.0
_CONTACTS_A_DAY = 0.15
"""Per client: some 35 contacts a year with the client and half as many about the client."""
_EVENTS_A_DAY = 0.35
"""Per client: about two on the clock for each contact (travel, end), and those of crises, beds and queues."""
_BYTES_A_CONTACT = 100.0
"""A row of the ledger with its minutes by component."""
_BYTES_A_CLIENT = 20_000.0
"""An agent with columns of state, ties, and a family and helpers of its own."""


def people_ever(scenario: Scenario) -> float:
    """Return how many clients there will have been by the end: those at the start and those referred."""
    population, years = scenario.world.population, scenario.total_days / _DAYS_A_YEAR
    rate = math.log1p(population.growth)
    grown = math.expm1(rate * years) / rate if rate else years
    return float(population.clients * (1.0 + population.referrals * grown))


def expected_events(scenario: Scenario) -> float:
    """Return an upper estimate of the events of one run, as if nobody ever left."""
    return people_ever(scenario) * scenario.total_days * _EVENTS_A_DAY


def expected_bytes(scenario: Scenario) -> float:
    """Return an upper estimate of the memory that one run takes, in bytes, as if nobody ever left."""
    rows = scenario.total_days * _CONTACTS_A_DAY * _BYTES_A_CONTACT
    return people_ever(scenario) * (rows + _BYTES_A_CLIENT)


def check_size(scenario: Scenario, replications: int = 1) -> None:
    """Check that a run is of a size that can be run; nothing is built for it.

    Args:
        scenario: what is to be run.
        replications: how often.

    Raises:
        ScenarioError: it is too large; a line for each limit, with key, given and allowed.
    """
    clients, days = scenario.world.population.clients, scenario.total_days
    lines = []
    if clients > MAX_CLIENTS:
        lines.append(f"world.population.clients: given {clients}; allowed: up to {MAX_CLIENTS} clients")
    if days > MAX_DAYS:
        lines.append(f"world.warm_up_days + run.days: given {days}; allowed: up to {MAX_DAYS} days in all")
    if not 1 <= replications <= MAX_REPLICATIONS:
        lines.append(f"replications: given {replications}; allowed: 1 to {MAX_REPLICATIONS}")
    if lines:
        refuse(scenario.where, lines)
    for expected, cap, unit in (
        (expected_events(scenario), MAX_EVENTS, "events"),
        (expected_bytes(scenario) / 1e9, MAX_BYTES / 1e9, "GB of memory"),
    ):
        if expected > cap:
            fitting = math.floor(clients * cap / expected)
            lines.append(
                f"world.population.clients: given {clients}, which for {days} days is expected to take "
                f"{expected:.3g} {unit}; allowed: {cap:.3g} {unit}, about {fitting} clients for as long"
            )
    refuse(scenario.where, lines)
