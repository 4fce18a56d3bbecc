"""Coverage of intervals: the theory behind the benchmark, a short version of it, its committed results."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "benchmarks" / "intervals.py"


@pytest.fixture(scope="module")
def coverage():
    spec = importlib.util.spec_from_file_location("coverage_benchmark", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_theory_agrees_with_textbook_values(coverage):
    """M/M/1: P(wait) = rho, L = rho / (1 - rho). Erlang C of 3 servers at a = 2: 4/9, so L = 2 + 8/9."""
    assert coverage.erlang_c(1, 0.8) == pytest.approx(0.8)
    assert coverage.mean_in_system(1, 0.8) == pytest.approx(4.0)
    assert coverage.erlang_c(3, 2.0) == pytest.approx(4 / 9)
    assert coverage.mean_in_system(3, 2.0) == pytest.approx(2 + 8 / 9)


def test_queues_start_in_the_stationary_distribution_and_stay_there(coverage):
    """20,000 short replications: means within 4 standard errors of L, for A, B and their difference."""
    rng = np.random.default_rng(3)  # noqa: TID251
    a, b = coverage.queues(rng, 20_000, horizon=10.0)
    la, lb = (coverage.mean_in_system(3, 2.4 / mu) for mu in (1.0, 1.1))
    for values, truth in ((a, la), (b, lb), (b - a, lb - la)):
        assert values.mean() == pytest.approx(truth, abs=4 * values.std() / 20_000**0.5)
    assert np.corrcoef(a, b)[0, 1] > 0.9  # the same luck


def test_bed_days_have_the_mean_that_is_claimed(coverage):
    rng = np.random.default_rng(4)  # noqa: TID251
    a, b = coverage.bed_days(rng, 20_000, people=25)
    for values, truth in ((a, 5.5), (b, 4.4)):
        assert values.mean() == pytest.approx(truth, abs=4 * values.std() / 20_000**0.5)
    assert coverage.skewness(a) > 1.0


def test_a_short_version_covers_as_often_as_the_long_one(coverage):
    """600 experiments on bed days of 100 people, standard error 0.9 points: a level of 95% falls below 91.5%
    with probability under 1 in 10,000; an interval that was a quarter too narrow (86%) is caught with more
    than 99.9%."""
    found = coverage.measure(600, ["bed days, 100 people"])
    means = found[found["quantity"] == "mean"].set_index("replications")["covered"]
    assert set(means.index) == {10, 20, 40}
    assert means.between(0.915, 0.985).all()
    pairs = found[found["quantity"] == "paired difference"]
    assert pairs["covered"].between(0.915, 0.985).all()
    assert (pairs["above"] > pairs["below"]).all()


def test_the_committed_table_is_whole_and_the_page_shows_it(coverage):
    found = pd.read_csv(ROOT / "docs" / "data" / "coverage" / "coverage.csv")
    manifest = json.loads((ROOT / "docs" / "data" / "coverage" / "manifest.json").read_text())
    assert manifest["experiments"] == 2_000
    assert (found["experiments"] == 2_000).all()
    assert {10, 20, 40} <= set(found["replications"])
    within = found["covered"].between(0.93, 0.97)
    assert (within == found["within_93_97"]).all()
    page = (ROOT / "docs" / "data" / "coverage" / "README.md").read_text()
    assert page == coverage.page(found, 2_000)
    for row in found[~within].to_dict("records"):
        assert f"**{100 * row['covered']:.1f}**" in page, "every shortfall is told"
