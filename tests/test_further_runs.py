"""Further runs of a comparison in the app: the same scenarios under other random numbers, in the background."""

from __future__ import annotations

import math

import numpy as np
import pytest

import cmsim
from cmsim.app.session.further_runs import FURTHER, Compared, Finding, FurtherRuns, simulate_sides
from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.plot_series import PLOTS
from cmsim.app.web.further_panel import told
from cmsim.core.errors import CmsimError
from cmsim.experiments.statistics import middle, paired
from support import IN_PROCESS, small_scenario

pytestmark = pytest.mark.system

START, PARTED, DAY = 28, 35, 105
OTHER = {"titration": {"rule": "fixed", "level": 0.0}, "turnover.supervision_hours": 0.0}


@pytest.fixture(scope="module")
def live():
    """A session on day 105, compared from day 35 on, in which nobody is given support in B."""
    scenario = small_scenario(clients=30, warm_up=START, days=400, workers=2)
    session = LiveSession(scenario.replace({"name": "small", "title": "Small"}), nursery=IN_PROCESS)
    session.start()
    session.advance(PARTED - START)
    session.open_comparison()
    session.change(OTHER, "b")
    while session.day < DAY:
        session.advance(1)  # a longer frame tells of its last day alone for how many the runs differ
    yield session
    session.close()


@pytest.fixture(scope="module")
def done(live):
    """Further runs of it that give way to nothing, so that a test does not wait for a busy machine."""
    live.further = FurtherRuns(Compared(*live._compared, live.day), niceness=0)
    live.further.wait()
    assert not live.further.error
    return live.further_results


def test_replication_0_is_the_pair_in_the_room_to_the_last_bit(live, done):
    room = done.runs[0]
    for n, run in enumerate("abp"):
        seen = live.runs[run].call("open")["courses"]
        for name in PLOTS:
            assert np.array_equal(room.courses[name][n], np.array(seen[name], dtype=float), equal_nan=True), (run, name)
    assert room.courses["differing"][1].tolist() == live.differing["b"]
    assert room.courses["differing"][2].tolist() == live.differing["p"]
    assert max(live.differing["b"]) > 0, "else nothing was compared"
    sums = live.sum_up()
    for n, run in enumerate("abp"):
        assert {name: values[n] for name, values in room.outcomes.items()} == pytest.approx(
            sums[run].outcomes, nan_ok=True, rel=0, abs=0
        )


def test_they_do_not_depend_on_the_processes_that_do_them(done):
    assert len(done.runs) == FURTHER + 1
    again = simulate_sides(done.compared, 3)
    for name, values in again.courses.items():
        assert np.array_equal(values, done.runs[3].courses[name], equal_nan=True)
    assert not np.array_equal(again.courses["exhaustion"], done.runs[2].courses["exhaustion"], equal_nan=True)


def test_they_are_the_replications_that_cmsim_compare_gives(done):
    """Where what is compared begins with the warm-up's end, as compare has it."""
    compared = done.compared
    days = {"run.days": 28, "run.first_replication": 1}
    a, b = (
        each.replace({"name": name, "changes": (), **days}) for each, name in ((compared.a, "a"), (compared.b, "b"))
    )
    b = b.replace({"service.caseload.size": 8})
    found = cmsim.compare(a, b, replications=2, placebo=False, workers=1).table.set_index("outcome")
    mine = [
        simulate_sides(Compared(a, b, START, START + 28), replication).outcomes["bed_days"] for replication in (0, 1)
    ]
    assert found.loc["bed_days", "difference"] == pytest.approx(np.mean([b - a for a, b, _ in mine]), abs=1e-12)


def test_findings_are_counted_over_the_further_runs_alone(done):
    (finding,) = done.of_plots(["exhaustion"])
    means = np.array([run.courses["exhaustion"][:, PARTED:].mean(axis=1) for run in done.runs])
    change, noise = means[:, 1] - means[:, 0], means[:, 2] - means[:, 0]
    assert finding.here == pytest.approx(change[0])
    assert finding.same_way == sum(math.copysign(1, each) == math.copysign(1, change[0]) for each in change[1:] if each)
    assert finding.further.difference.mean == pytest.approx(change[1:].mean())
    assert finding.chance == pytest.approx(middle(noise[1:]))
    bands = done.bands(["exhaustion", "differing"])
    assert set(bands["exhaustion"]) == {"a", "b"}
    assert set(bands["differing"]) == {"b", "p"}
    assert bands["exhaustion"]["a"]["first"] + 7 * (len(bands["exhaustion"]["a"]["low"]) - 1) == DAY - 1
    band, runs = bands["exhaustion"]["b"], np.array([run.courses["exhaustion"][1] for run in done.runs[1:]])
    assert band["mean"][-1] == pytest.approx(runs[:, DAY - 1].mean(), abs=1e-3)
    assert band["low"][-1] == pytest.approx(np.quantile(runs[:, DAY - 1], 0.05), abs=1e-3)
    assert sum((low is not None) and low <= high for low, high in zip(band["low"], band["high"], strict=True)) == 15


def test_they_hold_until_what_they_are_of_changes(live, done):
    live.change({"hospital.beds": 5}, "b")
    assert live.further_results is done, "a change from today on leaves the days before as they were"
    live.undo()
    change = next(change for pane, change in live.changes if change.key == "turnover.supervision_hours")
    live.remove_change("b", change)
    assert live.further_results is None
    live.undo()
    assert live.further_results is done
    live.go_to(DAY - 7)
    assert live.further_results is None, "they would tell what is still to come"
    live.go_to(DAY)
    assert live.further_results is done


def test_they_can_be_cancelled_and_leave_nothing(live):
    with_changes = Compared(*live._compared, live.day)
    kept, live.further = live.further, FurtherRuns(with_changes)
    under_way = live.further
    live.cancel_further()
    under_way.wait()
    assert not under_way.is_running
    assert not under_way.error
    assert live.further_results is None
    assert live.further is None
    live.further = kept


def test_nothing_is_asked_before_there_is_something_to_compare(live):
    fresh = LiveSession(live.origins["a"], nursery=IN_PROCESS)
    fresh.start()
    with pytest.raises(CmsimError, match="there is no run B"):
        fresh.ask_further()
    fresh.open_comparison()
    with pytest.raises(CmsimError, match="play some days first"):
        fresh.ask_further()
    fresh.sit(0)
    fresh.decide([], {})
    with pytest.raises(CmsimError, match="role-play"):
        fresh.ask_further()
    fresh.close()


def test_what_is_told_agrees_with_the_numbers():
    a = np.zeros(20)
    b = np.array([-1.0] * 14 + [0.5] * 6)
    lines = told(Finding("Bed days", "days", -1.2, paired(a, b), 14, 0.0, (-0.25, 0.5)))
    assert lines[0] == "In this run B is 1.2 lower. B is lower too in 14 of 20 further runs."
    assert lines[1] == "Mean difference −0.55 (95% interval −0.88 to −0.123). This is more than chance."
    assert lines[2] == "By chance alone: −0.25 to +0.5."
    weak = told(Finding("Bed days", "days", 0.2, paired(a, np.array([0.3, -0.3] * 10)), 10, 0.0, (math.nan, math.nan)))
    assert weak[1].endswith("This could be chance.")
    assert len(weak) == 2
    same = told(Finding("Turnover", "leavings", 0.0, paired(a, a), 20, 0.0, (0.0, 0.0)))
    assert same == [
        "In this run B and A are the same. They are the same in 20 of 20 further runs.",
        "B never differs from A.",
    ]
    assert told(Finding("Turnover", "leavings", math.nan, paired(a, a), 0, 0.0, (0.0, 0.0))) == [
        "Not defined in these runs."
    ]
