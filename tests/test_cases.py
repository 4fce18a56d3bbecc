"""Facilitator's cases: what the guide says is to be seen is what the run shows."""

from __future__ import annotations

import dataclasses

import pytest

import cmsim
from cmsim.errors import CmsimError
from cmsim.live.cases import case_names, load_case
from cmsim.live.plots import PLOTS
from cmsim.outcomes import measure


def since(run, day):
    """Outcomes from a day to the end of a run."""
    whole = run.window
    cut = day - whole.start
    return measure(
        dataclasses.replace(
            whole, start=day, beds=whole.beds[cut:], paid_hours=whole.paid_hours[cut:], _cut={}
        )
    )


@pytest.mark.parametrize("name", case_names())
def test_the_room_sees_what_the_guide_says(name):
    case = load_case(name)
    a, b = case.scenario("a"), case.scenario("b")
    parted = a.first_difference_day(b)
    days = parted + case.days - a.world.warm_up_days
    outcomes = [
        since(cmsim.simulate(scenario.replace({"run.days": days}), case.replication), parted)
        for scenario in (a, b)
    ]
    for verdict in case.verdicts(*outcomes):
        assert verdict.as_told, (
            f"{case.title}: {verdict.label}: A {verdict.a}, B {verdict.b}, but the guide says: "
            f"{verdict.text} "
            "If the model has changed, look for another replication, or tell what is seen now."
        )


@pytest.mark.parametrize("name", case_names())
def test_a_case_is_complete(name):
    case = load_case(name)
    assert len(case.answers) >= 3
    assert len(case.discuss) >= 3
    assert set(case.plots) <= set(PLOTS)
    assert len(case.plots) <= 6
    assert case.caution.endswith(".")
    assert all(sight.least > 0 for sight in case.sights)
    a, b = case.scenario("a"), case.scenario("b")
    assert a.world.population == b.world.population
    assert a.run.seed == b.run.seed
    assert a.first_difference_day(b) >= a.world.warm_up_days or a.baseline == b.baseline


def test_an_unknown_case_is_named():
    with pytest.raises(CmsimError, match="did you mean"):
        load_case("caseload_crep")
