"""What means over clients hide, against counts made by hand from the tables of one history."""

from __future__ import annotations

import numpy as np
import pytest

import cmsim
from cmsim.outcomes import QUANTILES, SPREADS, spreads
from cmsim.outcomes.concentration import LEAST_DAYS, top_share, yearly

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def small():
    usual = cmsim.load_scenario("usual_care")
    return cmsim.simulate(usual.replace({"world.population.clients": 60, "world.warm_up_days": 60, "run.days": 200}))


def by_hand(run, amounts):
    """Yearly amounts of clients with a quarter of a year in the window, from {client key: amount}."""
    clients = run.clients
    start, end = run.scenario.world.warm_up_days, run.scenario.total_days
    left = clients["left_day"].fillna(end).clip(upper=end)
    days = (left - clients["joined_day"].clip(lower=start)).clip(lower=0)
    kept = days >= LEAST_DAYS
    return np.array([amounts.get(key, 0) for key in clients["key"]])[kept] / days[kept].to_numpy() * 365


def test_contacts_and_crises_of_each_client_are_counted(small):
    start = small.scenario.world.warm_up_days
    contacts = small.contacts
    held = contacts[(contacts["outcome"] == "held") & (contacts["with"] == "client")]
    held = held[held["minute"] >= start * 1440] if held["minute"].max() > 1440 else held[held["day"] >= start]
    expected = by_hand(small, held["client"].astype(str).value_counts().to_dict())
    assert yearly(small.window, SPREADS["contacts"]) == pytest.approx(expected)
    crises = small.table("crises")
    crises = crises[crises["day"] >= start]
    expected = by_hand(small, crises["client"].astype(str).value_counts().to_dict())
    assert yearly(small.window, SPREADS["crises"]) == pytest.approx(expected)
    assert expected.sum() > 0


def test_bed_days_of_all_clients_together_are_the_outcome(small):
    total = SPREADS["bed_days"].amount(small.window).sum()
    assert total > 0
    assert small.window.per_client_year(total) == pytest.approx(small.outcomes()["bed_days"], abs=0.3)


def test_quantiles_rise_and_the_top_tenth_has_more_than_its_share(small):
    found = spreads(small.window)
    for values in found.values():
        assert len(values) == len(QUANTILES) + 1
        assert np.all(np.diff(values[:-1]) >= 0)
    assert found["bed_days"][-1] > 0.3
    assert found["contacts"][2] == pytest.approx(np.median(yearly(small.window, SPREADS["contacts"])))
    assert small.outcomes()["bed_days_top_tenth"] == found["bed_days"][-1]
    assert small.outcomes()["contacts_least_seen"] == found["manager_contacts"][0]


def test_equal_shares_and_nothing_at_all():
    assert top_share(np.full(20, 3.0)) == pytest.approx(0.1)
    assert np.isnan(top_share(np.zeros(5)))
    assert np.isnan(top_share(np.array([])))


def test_a_comparison_tells_the_spread_over_clients():
    usual = cmsim.load_scenario("usual_care").replace(
        {"world.population.clients": 20, "world.warm_up_days": 30, "run.days": 100}
    )
    more = usual.replace({"service.contact.least_visits": 4.0, "name": "more"})
    found = cmsim.compare(usual, more, replications=2, workers=1).distributions
    assert len(found) == len(SPREADS) * (len(QUANTILES) + 1)
    least = found[(found["spread"] == "manager_contacts") & (found["at"] == "0.1")].iloc[0]
    assert least["difference"] == pytest.approx(least["b"] - least["a"])
    assert least["difference"] > 0
    alone = cmsim.repeat(usual, replications=2, workers=1).distributions
    assert alone.loc[alone["at"] == "0.5", "mean"].notna().all()
