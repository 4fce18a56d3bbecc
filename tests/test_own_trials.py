"""Trials of one's own: sources, measures, interactions and effects, as files state them and as they are refused."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from cmsim.core.errors import CmsimError
from cmsim.core.extension import bundled_only, source_hash
from cmsim.core.references import Source
from cmsim.validation.calibration.calibration_plan import Plan
from cmsim.validation.trials import load_trial, run_trial
from cmsim.validation.trials.cohort import describe
from cmsim.validation.trials.trial_design import Trial
from cmsim.validation.trials.trial_effects import EFFECTS, value_of
from cmsim.validation.trials.trial_measures import find_measure

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "own_trial.toml"
MEASURES = """
from cmsim.validation.trials.trial_measures import TrialMeasure


def tried(people):
    return people.tally("contacts")


tried_contacts = alliance = TrialMeasure(tried, kind="amount")
not_a_measure = 3
"""


def example():
    return tomllib.loads(EXAMPLE.read_text())


def changed(target="admitted", **changes):
    given = example()
    given["targets"][target] |= changes
    return given


@pytest.fixture(scope="module")
def own_measures(tmp_path_factory):
    place = tmp_path_factory.mktemp("own")
    (place / "visits_of_ours.py").write_text(MEASURES)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(place)
        patch.setenv("PYTHONPATH", str(place), prepend=":")
        yield


def test_a_source_is_stated_in_full_or_in_short():
    trial = load_trial(EXAMPLE)
    assert trial.source("agency2026") == Source("Our agency 2026, made up", "records of discharges, n=120")
    assert trial.source("leucht2012").citation.startswith("Leucht")
    given = example() | {"sources": {"agency2026": "Authors &  Others 2025, Journal 2019 3"}}
    assert Trial.model_validate(given).source("agency2026") == Source(
        "Authors & Others 2025, Journal 2019 3", "own source"
    )
    given["sources"] = {"agency2026": {"author": "Authors", "year": 2025, "design": "cohort", "read": False}}
    assert Trial.model_validate(given).source("agency2026") == Source("Authors 2025", "cohort", read=False)


def test_an_unknown_key_names_the_nearest_of_its_section(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(EXAMPLE.read_text().replace("author =", "autor =").replace("recruit_days", "recruit_day"))
    with pytest.raises(CmsimError) as error:
        load_trial(path)
    assert 'sources.agency2026.autor: unknown key; did you mean "author"?' in str(error.value)
    assert 'inclusion.recruit_day: unknown key; did you mean "recruit_days"?' in str(error.value)


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ({}, r"unknown 'agency2026'; allowed: a key under \[sources\] of this file, or of a bundled one \(cmsim docs"),
        ({"agency2026": "Our records"}, 'allowed: "AUTHOR YEAR, WHERE", or a table of author, year, design and n'),
        ({"agency2026": {"author": "Ours", "year": 26, "design": "records"}}, "greater than or equal to 1800"),
        ({"agency2026": "Ours 2026", "other2025": "Others 2025"}, "no target names it"),
        ({"agency2026": "Ours 2026", "leucht2012": "Mine 2012"}, "the key of"),
    ],
)
def test_a_source_that_cannot_be_found_again_is_refused(sources, said):
    with pytest.raises(ValueError, match=said):
        Trial.model_validate(example() | {"sources": sources})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"measure": "admited"}, 'did you mean "admitted"'),
        ({"measure": "no_such_module:visits"}, "cannot be imported"),
        ({"measure": "visits_of_ours:not_a_measure"}, "of type int"),
        ({"measure": "bed_days"}, 'allowed: "mean", "ratio of means"'),
        (
            {"measure": "visits_of_ours:alliance", "effect": "mean", "against": None},
            'either of which needs a column "alli',
        ),
        ({"compared_with": "none"}, "compared_with: unknown"),
        ({"compared_with": "alliance"}, "of the same effect"),
        ({"compared_with": "admitted"}, "of the same effect"),
        ({"against_group": "alone"}, "one of against and against_group"),
        ({"from_days": 100, "days": 100}, "allowed: up to 180"),
    ],
)
def test_a_target_that_cannot_be_worked_out_is_refused(own_measures, changes, said):
    with pytest.raises(ValueError, match=said):
        Trial.model_validate(changed(**changes))


def test_measures_of_ones_own_have_a_kind_and_stay_out_where_outside_code_is_refused(own_measures):
    assert find_measure("visits_of_ours:tried").kind == "value"
    assert find_measure("visits_of_ours:tried_contacts").kind == "amount"
    with bundled_only(), pytest.raises(CmsimError, match="runs code from outside"):
        find_measure("another_module:tried")


@pytest.mark.parametrize("settings", [{"world.population.clients": 40}, {"world.warm_up_days": 30}, {"run.seed": 7}])
def test_arms_of_other_people_are_refused(settings):
    given = example() | {"name": "own"}
    given["arms"]["early"]["settings"] = settings
    with pytest.raises(CmsimError, match=r"arms.early: given another population, warm-up or seed than arms.late"):
        Trial.model_validate(given).scenarios()


@pytest.mark.slow
def test_a_measure_of_ones_own_works_in_every_process(own_measures, capsys):
    given = changed("nights", measure="visits_of_ours:tried_contacts", effect="ratio of means")
    given["targets"] = {"nights": given["targets"]["nights"] | {"band": [0.5, 2.0]}}
    given |= {
        "name": "own",
        "follow_up_days": 10,
        "inclusion": {},
        "base": {"world.population.clients": 24, "world.warm_up_days": 7},
    }
    trial = Trial.model_validate(given)
    one, two = (run_trial(trial, replications=2, workers=jobs, progress=jobs == 1) for jobs in (1, 2))
    assert "own: 100%" in capsys.readouterr().err
    assert one["nights"].estimate == two["nights"].estimate
    assert one["nights"].estimate > 0.0
    assert one.manifest["measures"] == {"visits_of_ours:tried_contacts": source_hash("visits_of_ours")}


def test_effects_of_times_and_amounts_are_those_of_worked_examples():
    times = np.array([10.0, -20.0, 30.0, -40.0])
    assert value_of("risk", times, times=True) == pytest.approx(1 - 3 / 4 * 1 / 2)
    assert value_of("cumulative risk", times) == value_of("risk", times, times=True)
    # two people seen for the whole follow-up, one for a half: 6 in 2.5 follow-ups
    amounts = np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 0.5], [np.nan, 1.0]])
    assert value_of("mean", amounts) == pytest.approx(2.4)
    a, b = np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0])
    assert value_of("standardised difference", a, b) == pytest.approx(1.0)
    whole = np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]])
    # 2.4 in a follow-up against 2, where the three amounts have a variance of 1 on either side
    assert value_of("standardised difference", amounts, whole) == pytest.approx(0.4)
    assert value_of("difference", a, b, b, a) == pytest.approx(2.0), "a difference of differences"
    assert value_of("ratio of means", a, b, b, a) == pytest.approx(4.0), "a ratio of ratios"
    assert all(each.meaning and each.kinds for each in EFFECTS.values())


def test_conditions_read_as_people_say_them():
    assert list(describe({"phase": "stable", "served": True, "admissions": ">= 2"})) == [
        "phase = stable",
        "served = true",
        "admissions >= 2",
    ]


def test_an_interaction_is_not_fitted_to(tmp_path):
    part = {"trial": str(EXAMPLE), "names": ("with_family",), "replications": 2}
    plan = Plan.model_validate({**example_plan(), "targets": [part]})
    with pytest.raises(CmsimError, match="stand alone"):
        plan.wanted()


def example_plan():
    from cmsim.validation.calibration import load_plan

    return load_plan().model_dump()
