"""What an agency counts itself: read from its scenario, kept with results, and set beside what the model shows."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import cmsim
from cmsim.core.errors import ScenarioError
from cmsim.experiments.comparison import Comparison
from cmsim.experiments.observed_figures import check_observed, set_beside
from cmsim.experiments.repetition import Repeated
from cmsim.outcomes import QUANTILES, SPREADS, find
from cmsim.reporting.page import write_page
from cmsim.reporting.page.results_reader import Folder, read_folder
from cmsim.reporting.result_folder import describe_scenario
from cmsim.scenario.scenario_file import Observed
from test_compare import run

OBSERVED = {"no_show": 0.22, "readmitted_30": {"value": 0.17, "n": 48}, "crises": {"value": 4.0, "low": 3.0, "high": 5}}
USUAL = cmsim.load_scenario("usual_care")
COUNTY = USUAL.replace({"name": "county", "observed": OBSERVED})
PLAIN = {"world.population.clients": 20, "world.warm_up_days": 10, "run.days": 40, "agency.staff.case_managers": 2}


def printed(tables):
    out = StringIO()
    console = Console(file=out, width=160)
    for table in tables:
        console.print(table)
    return out.getvalue()


def printed_run(repeated):
    """Return what is printed of the runs of one scenario."""
    manifest = {"command": "run", "replications": [0, 1], "scenarios": [{"name": repeated.scenario.name}]}
    tables = {"outcomes": repeated.table, "observed": repeated.observed}
    return printed(Folder(Path(), manifest, tables).terminal_tables())


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        ("crises = -1", "observed.crises: given -1; allowed: 0 and up"),
        ("stay = {value = 8, low = -2}", "observed.stay: given -2; allowed: 0 and up"),
        ("adherence = 1.5", "observed.adherence: given 1.5; allowed: 0 to 1"),
        ("no_show = 22", "observed.no_show: given 22; allowed: a share of tried contacts, 0 to 1; did you mean 0.22?"),
        (
            "no_shw = 0.2",
            'no such outcome; allowed: names of outcomes (definitions.csv of any results); did you mean "no',
        ),
        ("length_of_stay = 8", 'did you mean "stay"?'),
        ('stay = "long"', 'observed.stay: given "long"; allowed: a number, or a table with value and, if known, low'),
        (
            "stay = {value = 8, lo = 7}",
            "observed.stay.lo: unknown key, given 7; allowed here: value, low, high, n; did",
        ),
        ("stay = {value = 8, low = 9}", "observed.stay: given 8 in a range of 9 to 8; allowed: a value in its range"),
        ("stay = {value = 8, n = 0}", "observed.stay.n: given 0; allowed: a whole number, 1 or more"),
        ("stay = {low = 8}", "observed.stay.value: given nothing; allowed: a number"),
    ],
)
def test_what_is_not_observed_is_refused(tmp_path, observed, expected):
    file = tmp_path / "county.toml"
    file.write_text(f"[observed]\n{observed}\n")
    with pytest.raises(ScenarioError) as caught:
        check_observed(cmsim.load_scenario(file))
    assert str(caught.value).startswith(f"{file}: observed.")
    assert expected in str(caught.value)


def test_what_may_be_below_zero_may_be_observed_there():
    county = USUAL.replace({"name": "county", "observed": {"net_benefit": -2000.0, "belief_bias": -0.1}})
    assert check_observed(county) is None


def test_observed_figures_are_inherited_one_by_one_and_bear_on_no_run():
    option = COUNTY.replace({"observed.crises": 1.5, "observed.waiting": 25})
    assert dict(option.observed)["crises"] == Observed(value=1.5)
    assert [name for name, _ in option.observed] == ["no_show", "readmitted_30", "crises", "waiting"]
    assert COUNTY.digest() == USUAL.digest()
    assert tomllib.loads(COUNTY.to_toml())["observed"] == OBSERVED


def test_a_figure_agrees_with_the_mean_with_single_runs_or_not_at_all():
    values, crises = np.array([2.0, 4.0, 6.0, 4.0]), find("crises")  # mean 4, interval 1.40 to 6.60, runs 0 to 9.81
    readings = {value: set_beside(Observed(value=value), crises, values)["reading"] for value in (2.0, 9.0, 10.0)}
    assert readings == {2.0: "within the interval", 9.0: "within single runs", 10.0: "the model is lower"}
    ranged = set_beside(Observed(value=10.0, low=6.5), crises, values)
    assert ranged["reading"] == "within the interval"
    assert (ranged["run_low"], ranged["run_high"]) == (0.0, pytest.approx(4 + 3.182446 * 1.632993 * 1.25**0.5))
    assert set_beside(Observed(value=2.0), crises, values[:3])["reading"] == "unclear: more runs needed"
    assert set_beside(Observed(value=2.0), crises, values * np.nan)["reading"] == "not defined"


def test_a_share_counted_of_few_has_a_range():
    found = set_beside(Observed(value=0.17, n=48), find("readmitted_30"), np.full(5, 0.25))
    assert (found["observed_low"], found["observed_high"]) == pytest.approx((0.0870, 0.2958), abs=1e-4)
    assert found["reading"] == "within the interval"


def test_results_show_and_keep_what_is_observed(tmp_path):
    spreads = {name: np.ones(len(QUANTILES) + 1) for name in SPREADS}
    runs = [replace(run(i, crises), spreads=spreads) for i, crises in enumerate((2.0, 4.0, 6.0, 4.0))]
    few = COUNTY.replace({"name": "few", "agency.caseload.size": 9})
    comparison = Comparison((COUNTY, few), (runs, runs), placebo=runs)
    comparison.save(tmp_path / "results")
    folder = read_folder(tmp_path / "results")
    text, page = printed(comparison.terminal_tables()), write_page(tmp_path / "results").read_text()
    assert text == printed(folder.terminal_tables())
    for shown in (text, page):
        assert "Observed, beside what the model shows for county" in shown
        assert "No-show" in shown  # which is not one of the main outcomes
        assert "observed 4.00" in shown
        assert "within the interval" in shown
    assert folder.scenarios[0]["observed"] == OBSERVED
    saved = folder.tables["observed"].set_index("outcome")
    assert saved.loc["crises", ["observed", "observed_low", "mean", "low", "reading"]].to_list() == [
        *(4.0, 3.0, 4.0, pytest.approx(4 - 3.182446 * 1.632993 / 2), "within the interval")
    ]
    assert folder.tables["outcomes"].set_index("outcome")["observed"].dropna().to_dict() == saved["observed"].to_dict()
    repeated = printed_run(Repeated(COUNTY, runs))
    assert "Observed, beside" in repeated
    assert re.search(r"Crises .* 4\.00 *\n", repeated)


def test_nothing_is_shown_where_nothing_is_observed():
    repeated = Repeated(USUAL, [run(0, 2.0), run(1, 3.0)])
    assert repeated.observed.empty
    assert "bserved" not in printed_run(repeated)
    assert "observed" not in repeated.table


def test_results_of_other_figures_have_another_place():
    described = [describe_scenario(COUNTY.replace({"title": "", "observed.no_show": each})) for each in (0.22, 0.3)]
    assert described[0] != described[1]  # of which the place is made
