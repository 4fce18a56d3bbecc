"""Facilitator's cases: what the guide says is to be seen is what the run shows, and what was counted over
several replications (``python tools/cases.py --write``) was counted with this model."""

from __future__ import annotations

import pytest

import cmsim
from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.plot_series import PLOTS
from cmsim.app.session.teaching_cases import CASE_NAMES, LENGTHS, load_case, since
from cmsim.core.errors import CmsimError
from cmsim.experiments.shared_warm_up import branch

pytestmark = pytest.mark.slow

ANEW = "Run python tools/cases.py --write: it looks for a run that shows everything, and counts anew."


@pytest.mark.parametrize("name", CASE_NAMES)
def test_the_room_sees_what_the_guide_says(name):
    case = load_case(name)
    runs, parted = [case.to_live(run) for run in "ab"], case.parted_day()
    outcomes = branch(runs, [False, False], case.replication, lambda run: since(run, parted)) or [
        since(cmsim.simulate(run, case.replication), parted) for run in runs
    ]
    for verdict in case.verdicts(*outcomes):
        assert verdict.as_told, (
            f"{case.title}: {verdict.label}, {verdict.unit}: A {verdict.a}, B {verdict.b}, but the guide "
            f"says: {verdict.text} {ANEW}"
        )
    assert case.replications is not None, f"{case.title}: in how many replications it is seen is not counted. {ANEW}"
    assert case.replications.same_model(*outcomes), f"{case.title}: counted with another model. {ANEW}"


@pytest.mark.parametrize("name", CASE_NAMES)
def test_a_session_shows_at_each_stop_what_the_script_expects(name):
    case = load_case(name)
    session = LiveSession(case.scenario("a"), case.replication)
    try:
        session.start()
        session.open_comparison(case.scenario("b"))
        for day, step in case.stops(LENGTHS[-1]).items():
            while session.day < day:
                session.advance(min(day - session.day, 28))
            shown = session.plotted()
            for reading in step.readings:
                a, b = (shown[run][reading.plot] for run in "ab")
                assert reading.found(a, b) == reading.expect, (
                    f"{case.title}, day {day}: {reading.plot}: A {a}, B {b}; rewrite the script for what is to be seen"
                )
    finally:
        session.close()


@pytest.mark.parametrize("name", CASE_NAMES)
def test_a_case_is_complete(name):
    case = load_case(name)
    assert len(case.answers) >= 3
    assert len(case.discuss) >= 3
    assert set(case.plots) <= set(PLOTS)
    assert len(case.plots) <= 6
    assert case.caution.endswith(".")
    assert all(sight.least > 0 for sight in case.sights)
    assert case.replications is not None
    assert set(case.replications.seen) == {sight.outcome for sight in case.sights}
    assert all(0 < seen <= case.replications.count for seen in case.replications.seen.values())
    a, b = case.scenario("a"), case.scenario("b")
    assert a.world.population == b.world.population
    assert a.run.seed == b.run.seed
    assert a.first_difference_day(b) >= a.world.warm_up_days or a.baseline == b.baseline


def test_an_unknown_case_is_named():
    with pytest.raises(CmsimError, match="did you mean"):
        load_case("caseload_crep")


def test_counts_of_another_model_are_known_as_such():
    case = load_case("revolving_door")
    a, b = dict(case.replications.a), dict(case.replications.b)
    assert case.replications.same_model(a, b)
    assert not case.replications.same_model({**a, "stay": a["stay"] + 0.01}, b)
    assert all(verdict.seen.endswith(f"of {case.replications.count}") for verdict in case.verdicts(a, b))
