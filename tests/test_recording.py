"""Contrasts: draws of the parameters, recording as a study, and results that the present code confirms or not."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cmsim import load_scenario, simulate
from cmsim.core.errors import CmsimError
from cmsim.core.parameters import parameters
from cmsim.scenario.parameter_sets import Ensemble, bundled_ensemble, load_ensemble
from cmsim.scenario.world import World
from cmsim.validation.claims import (
    Contrast,
    ContrastResult,
    Measure,
    collect_contrasts,
    compare_results,
    find_differences,
    record_contrast,
    recording,
    scaled,
    stated_by,
)
from cmsim.validation.claims import contrast as contrast_module
from cmsim.validation.claims.parameter_draws import FIRST, FURTHER, draw_parameter_sets

pytestmark = pytest.mark.claims

ROOT = Path(__file__).parents[1]
ONSET, SETTLING = "world.illness.onset_rate", "world.stress.settling_days"
CONTRASTS = """
from cmsim.validation.claims import Contrast, Measure

def held(run):
    return float(len(run.window.rows("contacts")))

SIZE = {"clients": 20, "warm_up": 30, "days": 10, "draws": 3}
ALIKE = {"measures": (Measure("relapses", -1), Measure("contacts", 1, held, "rows")), **SIZE}
FEWER = Contrast("fewer", "Fewer visits?", a={}, b={"service.contact.most_visits": 1.0}, **ALIKE)
LARGER = Contrast("larger", "Larger caseloads?", a={}, b={"service.caseload.size": 40}, **ALIKE)

def size(run):
    return float(run.scenario.service.caseload.size)

CLEAR = Contrast("clear", "Is it?", LARGER.a, LARGER.b, (Measure("size", 1, size, "clients"),), **SIZE)
"""


@pytest.fixture
def contrasts(tmp_path):
    """Return two small contrasts that a folder of tests defines, by name."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_two.py").write_text(CONTRASTS)
    return collect_contrasts(tmp_path / "tests")


def made_up(sets=4):
    """Return an ensemble of two parameters whose values belong together."""
    return Ensemble(tuple({ONSET: 0.5 + 0.01 * n, SETTLING: 10.0 + n} for n in range(sets)), (), {})


def draw(stated=(), **settings):
    return draw_parameter_sets(load_scenario("usual_care"), stated, FIRST + FURTHER, **settings)


# -- parameter draws -------------------------------------------------------------------------------------


def test_a_draw_has_one_value_in_each_part_of_each_assumed_range():
    known = {each.key: each.evidence for each in parameters(World(), "world")}
    drawn = draw()
    assert len(drawn[0]) > 300
    for key in drawn[0]:
        evidence = known[key]
        assert evidence.status == "assumption"
        shares = [(each[key] - evidence.low) / (evidence.high - evidence.low) for each in drawn]
        assert sorted(int(share * FIRST) for share in shares[:FIRST]) == list(range(FIRST)), key
        assert sorted(int(share * FURTHER) for share in shares[FIRST:]) == list(range(FURTHER)), key


def test_fewer_draws_are_the_beginning_of_more():
    for ensemble in (None, made_up(), made_up(sets=24)):
        drawn = draw(ensemble=ensemble)
        assert drawn[:7] == draw_parameter_sets(load_scenario("usual_care"), (), 7, ensemble)


def test_the_draws_of_a_parameter_do_not_depend_on_what_else_is_stated():
    free, stated = draw(), draw(stated=(ONSET, "world.stress"))
    known = {each.key for each in parameters(World(), "world") if each.evidence.status == "assumption"}
    assert SETTLING in known
    assert SETTLING not in stated[0]
    for key in stated[0]:
        assert [each[key] for each in free] == [each[key] for each in stated], key


def test_what_a_scenario_states_about_its_world_is_kept():
    urban = load_scenario("urban_high_risk")
    assert urban.world.workforce.leave_rate != World().workforce.leave_rate
    drawn = draw_parameter_sets(urban, (), 2, ensemble=made_up())
    own = set(stated_by("urban_high_risk", "world"))
    assert own
    assert not own & drawn[0].keys()


def test_a_section_in_which_nothing_is_stated_is_laid_over_nothing():
    assert stated_by("well_resourced", "agency.agencies")
    with pytest.raises(KeyError, match=r"well_resourced .* nothing in \[service.agencies\]"):
        stated_by("well_resourced", "service.agencies")


def test_an_ensemble_gives_the_fitted_parameters_a_complete_set_in_each_draw():
    free, fitted = draw(), draw(ensemble=made_up(4))
    assert [each[ONSET] for each in fitted[:5]] == [0.5, 0.51, 0.52, 0.53, 0.5]
    assert all(each[SETTLING] - 10.0 == pytest.approx(100.0 * (each[ONSET] - 0.5)) for each in fitted)
    for key in free[0]:
        if key not in (ONSET, SETTLING):
            assert [each[key] for each in free] == [each[key] for each in fitted]
    many = draw(ensemble=made_up(100))
    assert [each[SETTLING] for each in many[:FIRST]] == [10.0 + 5 * n for n in range(FIRST)]
    assert ONSET not in draw(ensemble=made_up(), stated=(ONSET,))[0]


def test_an_ensemble_of_another_model_is_refused():
    with pytest.raises(CmsimError, match="no parameter"):
        draw(ensemble=Ensemble(({"world.illness.onset_rte": 0.5},), (), {}))


def test_an_ensemble_is_used_if_there_is_one(tmp_path):
    there = made_up().save(tmp_path / "ensemble.json")
    assert load_ensemble(there).hash == made_up().hash
    assert (bundled_ensemble() is None) == (not (ROOT / "cmsim" / "scenario" / "ensemble.json").exists())
    with pytest.raises(CmsimError, match="there is no such file"):
        load_ensemble(tmp_path / "nowhere.json")


def test_an_impossible_draw_is_moved_toward_the_defaults_until_it_is_possible():
    contrast = Contrast("any", "?", {}, {"service.caseload.size": 30}, (Measure("relapses", 1),), clients=20)
    possible = {ONSET: 0.9}
    assert contrast.make_possible(possible) is possible
    assert contrast.arms(possible)[0].world.illness.onset_rate == 0.9
    moved = contrast.make_possible({"world.population.capability": 1.4})  # no such level
    assert World().population.capability < moved["world.population.capability"] <= 1.0


# -- recording -------------------------------------------------------------------------------------------


def test_a_recorded_contrast_has_what_each_pair_of_runs_gives(contrasts, tmp_path):
    contrast = contrasts["fewer"]
    result = record_contrast(contrast, tmp_path, ensemble=made_up(), workers=1)
    draws = contrast.draw_parameters(made_up())
    pairs = np.array([contrast.simulate_pair(drawn, draw) for draw, drawn in enumerate(draws)])
    for place, measure in enumerate(contrast.measures):
        assert np.allclose(result.pairs(measure.name).T, pairs[:, :, place], rtol=1e-5)
    held = ContrastResult.load(result.save(tmp_path / "results").parent, "fewer")
    assert held.findings == result.findings
    assert held.values == result.values
    assert held.manifest["ensemble"] == made_up().hash
    assert held.manifest["draws"] == held["contacts"].draws == 3
    assert find_differences(contrast, held, made_up()) == []


def test_a_recording_that_was_stopped_goes_on_where_it_was(contrasts, tmp_path):
    saved = []

    def stop(done, total):
        if done:
            saved.append((done, total))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record_contrast(contrasts["fewer"], tmp_path, workers=1, progress=stop)
    assert saved == [(1, 3)]
    told = []
    result = record_contrast(contrasts["fewer"], tmp_path, workers=1, progress=lambda *seen: told.append(seen))
    assert told[0] == saved[0]
    assert told[-1] == (3, 3)
    told.clear()
    again = record_contrast(contrasts["fewer"], tmp_path, workers=1, progress=lambda *seen: told.append(seen))
    assert told == [(3, 3)]
    assert again.values == result.values


def test_a_first_look_is_part_of_the_recording(contrasts, tmp_path):
    look = record_contrast(contrasts["larger"], tmp_path, draws=1, workers=1)
    told = []
    result = record_contrast(contrasts["larger"], tmp_path, workers=1, progress=lambda *seen: told.append(seen))
    assert told[0] == (1, 3)
    for name, arms in look.values.items():
        assert [arm[:1] for arm in result.values[name]] == arms


def test_a_result_is_not_confirmed_once_model_draws_or_measures_differ(contrasts, tmp_path, monkeypatch):
    contrast = contrasts["larger"]
    result = record_contrast(contrast, tmp_path, workers=1)
    assert find_differences(contrast, result) == []
    assert find_differences(replace(contrast, measures=contrast.measures[:1]), result) == [
        "recorded with other measures"
    ]
    assert find_differences(replace(contrast, draws=4), result) == ["recorded with other than 4 draws"]
    flipped = replace(contrast, measures=(Measure("relapses", 1), contrast.measures[1]))
    assert find_differences(flipped, result) == ["recorded with other measures"]
    other = find_differences(replace(contrast, days=20), result)
    assert sum(line.startswith("contacts, arm ") for line in other) == 2
    assert find_differences(contrast, result, made_up())
    # code that gives other runs for the same settings
    monkeypatch.setattr(contrast_module, "simulate", lambda scenario, replication: simulate(scenario, replication + 1))
    assert find_differences(contrast, result)


def test_a_contrast_that_is_clear_is_run_no_further(contrasts, tmp_path, monkeypatch):
    monkeypatch.setattr(recording, "LOOKS", (2,))
    result = record_contrast(contrasts["clear"], tmp_path, workers=1)
    assert result["size"].is_clear
    assert result["size"].draws == result.manifest["draws"] == 2
    assert find_differences(contrasts["clear"], result) == []
    both = [
        replace(contrasts["larger"], measures=(*contrasts["larger"].measures, *contrasts["clear"].measures)),
        result,
    ]
    both[0] = record_contrast(both[0], tmp_path, workers=1)
    assert both[0]["contacts"].draws == 3
    assert compare_results(*both, "size").draws == 2


def test_differences_of_two_contrasts_are_compared_draw_by_draw(contrasts, tmp_path):
    results = [record_contrast(contrasts[name], tmp_path, workers=1) for name in ("fewer", "larger")]
    gap = compare_results(*results, "contacts")
    a, b = (each.pairs("contacts")[1] - each.pairs("contacts")[0] for each in results)
    assert gap.draws == 3
    assert gap.difference == pytest.approx((b - a).mean())


def test_a_run_that_fails_is_named(tmp_path):
    (tmp_path / "test_two.py").write_text(
        CONTRASTS.replace("return float(len", 'assert run.scenario.name != "larger_b", "b"\n    return float(len')
    )
    found = collect_contrasts(tmp_path)
    with pytest.raises(CmsimError, match=r"larger, draw 0: AssertionError: b"):
        record_contrast(found["larger"], tmp_path, workers=1)
    assert record_contrast(found["fewer"], tmp_path, workers=1)["contacts"].draws == 3


def test_a_practice_model_is_laid_over_a_small_agency():
    clinical = stated_by("clinical", "service")
    assert clinical["service.turnover.handover"] == {"rule": "warm"}
    small = load_scenario("usual_care").replace({**scaled(60), **clinical})
    assert small.service.caseload.size == 20
    assert small.service.staff.psychiatrists == 1


def test_the_command_refuses_a_name_that_no_contrast_has():
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "record_claims.py"), "skil"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 2
    assert 'unknown contrast "skil"' in done.stderr
    assert "Traceback" not in done.stderr
