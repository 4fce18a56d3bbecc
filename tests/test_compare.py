"""Comparisons worked by hand: runs that are made up, so that every number in the tables is known."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import cmsim
from cmsim.core.errors import CmsimError
from cmsim.experiments.comparison import Comparison, check_comparable
from cmsim.experiments.replications import RunSummary, Task, replicate
from cmsim.outcomes import OUTCOMES, SERIES, ClientDays

USUAL = cmsim.load_scenario("usual_care")
SMALL = USUAL.replace({"service.caseload.size": 15, "name": "small"})
WEEKS = USUAL.total_days // 7


def run(replication, crises, hard_days=(0.0, 0.0, 0.0), digest="a", days=(100.0, 100.0, 100.0)):
    """A made-up run in which everything but the crises is 1."""
    outcomes = dict.fromkeys(OUTCOMES, 1.0) | {"crises": crises, "psychiatrist_wait": float("nan")}
    by_group = {name: outcomes[name] for name in OUTCOMES if OUTCOMES[name].by_group} | {"client_years": 5.0}
    groupings = {"diagnosis": pd.Categorical(["bipolar", "bipolar", "other"])}
    client_days = ClientDays(np.array(["c0001", "c0002", "r0001"]), np.array(days), np.array(hard_days), groupings)
    series = {name: np.full(WEEKS, float(replication)) for name in SERIES}
    return RunSummary(replication, digest, outcomes, {("diagnosis", "bipolar"): by_group}, series, client_days)


@pytest.fixture
def comparison():
    a = [run(0, 2.0), run(1, 4.0), run(2, 6.0)]
    b = [run(0, 1.0, (0.0, 20.0, 5.0)), run(1, 3.0), run(2, 4.0)]
    placebo = [run(0, 2.0), run(1, 4.5, digest="b"), run(2, 6.0)]
    return Comparison((USUAL, SMALL), (a, b), placebo)


def row(table, outcome):
    (found,) = table[table["outcome"] == outcome].to_dict("records")
    return found


def test_the_table_holds_the_paired_difference(comparison):
    """Differences -1, -1, -2: mean -4/3, s = 0.5774, t(2, .975) = 4.3027, so Student's ends lie 1.4343 away.

    Skewness -0.7071, taken 1 + 6/3 times: g = -2.1213. Hall's lower end lies
    s * 3 / g * (cbrt(1 + g * (2.4842 - g / 18)) - 1) = 2.1665 away.
    """
    found = row(comparison.table, "crises")
    assert (found["a"], found["b"]) == (4.0, pytest.approx(8 / 3))
    assert found["difference"] == pytest.approx(-4 / 3)
    assert (found["low"], found["high"]) == pytest.approx((-4 / 3 - 2.1665, -4 / 3 + 1.4343), abs=1e-3)
    assert found["verdict"] == "not distinguishable"
    assert found["b_better"] == 1.0
    assert found["variance_reduction"] == pytest.approx((4.0 + 7 / 3) / (1 / 3))
    assert found["placebo"] == pytest.approx(0.5 / 3)
    assert found["placebo_sd"] == pytest.approx(0.5 / np.sqrt(3))
    assert found["n"] == 3


def test_equal_and_undefined_outcomes_are_called_so(comparison):
    assert row(comparison.table, "relapse")["verdict"] == "identical"
    assert row(comparison.table, "psychiatrist_wait")["verdict"] == "not defined"
    assert len(comparison.table) == len(OUTCOMES)


def test_groups_are_compared_with_the_placebo_run(comparison):
    found = row(comparison.groups, "crises")
    assert (found["grouping"], found["group"], found["client_years"]) == ("diagnosis", "bipolar", 5.0)
    assert found["difference"] == pytest.approx(-4 / 3)
    assert found["beyond_placebo"] is False


def test_individual_effects_pair_the_same_person_and_count_who_fares_better_or_worse(comparison):
    found = {each["group"]: each for each in comparison.individual_effects.to_dict("records")}
    assert found["bipolar"]["clients"] == 2.0
    assert found["bipolar"]["worse"] == pytest.approx(1 / 6)
    assert found["bipolar"]["better"] == 0.0
    assert found["bipolar"]["hard_days"] == pytest.approx(10 / 3)
    assert found["other"]["worse"] == 0.0
    assert found["other"]["hard_days"] == pytest.approx(5 / 3)
    assert found["other"]["placebo_worse"] == 0.0


def test_individual_effects_leave_out_who_is_in_one_run_only():
    a = [run(0, 1.0, (0.0, 0.0, 0.0)), run(1, 1.0)]
    b = [run(0, 1.0, (50.0, 0.0, 0.0), days=(0.0, 100.0, 100.0)), run(1, 1.0)]
    found = {
        each["group"]: each for each in Comparison((USUAL, SMALL), (a, b), None).individual_effects.to_dict("records")
    }
    assert found["bipolar"]["clients"] == 1.5
    assert found["bipolar"]["worse"] == 0.0
    assert "placebo_worse" not in found["bipolar"]


def test_a_group_first_met_in_a_later_replication_stands_with_its_grouping():
    def grouped(replication, diagnoses):
        held = run(replication, 1.0)
        names = {"diagnosis": diagnoses, "home": ("flat", "shelter")}
        groupings = {name: pd.Categorical.from_codes([0, 0, 1], groups) for name, groups in names.items()}
        return dataclasses.replace(held, client_days=dataclasses.replace(held.client_days, groupings=groupings))

    replications = [grouped(0, ("bipolar", "other")), grouped(1, ("bipolar", "schizophrenia"))]
    found = Comparison((USUAL, SMALL), (replications, replications), None).individual_effects["grouping"].to_list()
    assert found == sorted(found), "all of one grouping, then all of the next"
    assert len(found) == 5


def test_without_a_placebo_run_there_are_no_placebo_columns():
    bare = Comparison((USUAL, SMALL), ([run(0, 1.0)], [run(0, 2.0)]), None)
    assert "placebo" not in bare.table
    assert not any("placebo" in note for note in bare.notes)
    assert row(bare.table, "crises")["verdict"] == "not distinguishable"


def test_notes_say_what_has_to_be_said(comparison):
    notes = "\n".join(comparison.notes)
    for said in (
        "stochastic variation only",
        "from 3 replications",
        "small: caseload of 15 clients a worker, from day 365; staff_fixed: posts stay as they are",
        "usual_care and small are identical until day 365, the end of the warm-up",
        "came to differ in 1 of 3",
        "calibrated to published studies",
    ):
        assert said in notes
    assert comparison.notes[-1] == "A planning and teaching model; never advice about a real person."


def test_the_terminal_table_is_short_unless_asked(comparison):
    def printed(**more):
        page = StringIO()
        Console(width=120, file=page).print(*comparison.terminal_tables(**more))
        return page.getvalue()

    assert "unclear: more runs" in printed()
    assert "3 replications each" in printed()
    assert "Adherence" not in printed()
    assert "Adherence" in printed(everything=True)


@pytest.mark.parametrize("more", [0, 4])
def test_the_figure_has_a_panel_a_main_outcome_for_any_number_of_scenarios(comparison, more):
    others = [USUAL.replace({"service.caseload.size": 30 + i, "name": f"other_{i}"}) for i in range(more)]
    many = replace(
        comparison,
        scenarios=(*comparison.scenarios, *others),
        runs=(*comparison.runs, *(comparison.runs[1] for _ in others)),
    )
    figure = many.plot()
    figure.draw_without_rendering()
    titles = {axis.get_title(loc="left") for axis in figure.axes}
    assert {outcome.label for outcome in OUTCOMES.values() if outcome.main} <= titles


def test_scenarios_that_cannot_be_paired_are_refused():
    for key, changed in (
        ("run.seed", {"run.seed": 9}),
        ("run.days", {"run.days": 50}),
        ("world.warm_up_days", {"world.warm_up_days": 100}),
    ):
        with pytest.raises(CmsimError, match=key):
            check_comparable([USUAL, USUAL.replace(changed)], 3)


def test_scenarios_of_one_name_get_names_of_their_own():
    names = [each.name for each in check_comparable([USUAL, USUAL, SMALL], 1)]
    assert names == ["usual_care", "usual_care_2", "small"]


def test_a_defect_says_in_which_run_it_was(monkeypatch):
    def breaks(scenario, replication, *, perturb):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("cmsim.experiments.replications.simulate", breaks)
    with pytest.raises(ZeroDivisionError) as caught:
        replicate([Task(USUAL, 4, perturb=True)], workers=1)
    assert caught.value.__notes__ == ["in usual_care, replication 4, placebo run"]


def test_several_scenarios_are_held_to_the_correction_of_holm():
    """Differences of mean 1 and SD 1.24 over 10 pairs: t = 2.55, p = 0.031, alone clear of zero; times two
    for two scenarios 0.062, no longer. The interval of both together has t(9, 0.9875) = 2.6850."""
    z = np.array([1.5, -1.5, 1.0, -1.0, 0.5, -0.5, 0.8, -0.8, 0.2, -0.2])
    changes = 1.0 + 1.24 * z / z.std(ddof=1)
    base = [run(i, 2.0 + i) for i in range(10)]
    more = [run(i, 2.0 + i + change) for i, change in enumerate(changes)]
    others = [USUAL.replace({"service.caseload.size": 14 + i, "name": f"other_{i}"}) for i in range(2)]
    alone = row(Comparison((USUAL, others[0]), (base, more), None).table, "crises")
    assert alone["verdict"] == "worse"
    assert "p_holm" not in alone
    both = Comparison((USUAL, *others), (base, more, base), None)
    first, second = both.table[both.table["outcome"] == "crises"].to_dict("records")
    assert first["p_holm"] == pytest.approx(2 * 0.0312, abs=2e-4)
    assert first["verdict"] == "not distinguishable"
    assert second["verdict"] == "identical"
    assert first["joint_high"] - 1.0 == pytest.approx(2.6850 * 1.24 / np.sqrt(10), abs=1e-3)
    assert any("Holm" in note for note in both.notes)


def test_your_own_smallest_difference_decides_what_matters(comparison):
    wide = Comparison(comparison.scenarios, comparison.runs, comparison.placebo, matters={"crises": 5.0})
    assert row(wide.table, "crises")["size"] == "too small to matter"
    assert row(comparison.table, "crises")["size"] == "undecided"
    with pytest.raises(CmsimError, match="did you mean"):
        cmsim.compare(USUAL, SMALL, matters={"crisis": 1.0})
