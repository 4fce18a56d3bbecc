"""Contrasts recorded: draws of the world, what is shared, what is not done twice, the ensemble."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cmsim import load_scenario
from cmsim.core.errors import CmsimError
from cmsim.core.parameters import parameters
from cmsim.experiments.study.run_key import model_version
from cmsim.experiments.study.run_store import select, stores
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.scenario.world import World
from cmsim.validation.claims import Contrast, Examined, Measure, beside, examine, scaled, stated_by
from cmsim.validation.claims.parameter_draws import chosen_ensemble, drawn_worlds
from cmsim.validation.claims.recording import Orders, Recording, do_job
from cmsim.validation.claims.recording_plan import contrasts_in, families, make_plan, take_over

pytestmark = pytest.mark.system

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
"""


@pytest.fixture
def tests(tmp_path):
    """A folder of tests with two contrasts that have an arm, and the warm-up of the others, in common."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_two.py").write_text(CONTRASTS)
    return tmp_path / "tests"


def made_up(sets=4):
    """An ensemble of two parameters whose values belong together."""
    return Ensemble(tuple({ONSET: 0.5 + 0.01 * n, SETTLING: 10.0 + n} for n in range(sets)), (), {})


def usual(**settings):
    return drawn_worlds(load_scenario("usual_care"), settings.pop("stated", ()), 10, **settings)


# -- worlds ----------------------------------------------------------------------------------------------


def test_a_draw_has_one_value_in_each_part_of_each_assumed_range():
    known = {each.key: each.evidence for each in parameters(World(), "world")}
    drawn = usual()
    assert len(drawn[0]) > 300
    for key in drawn[0]:
        evidence = known[key]
        assert evidence.status == "assumption"
        shares = [(draw[key] - evidence.low) / (evidence.high - evidence.low) for draw in drawn]
        assert sorted(int(share * 10.0) for share in shares) == list(range(10)), key


def test_the_draws_of_a_number_do_not_hang_on_what_else_is_stated():
    free, stated = usual(), usual(stated=(ONSET, "world.stress"))
    known = {each.key for each in parameters(World(), "world") if each.evidence.status == "assumption"}
    assert SETTLING in known
    assert SETTLING not in stated[0]
    for key in stated[0]:
        assert [draw[key] for draw in free] == [draw[key] for draw in stated], key


def test_what_a_scenario_states_about_its_world_is_kept():
    urban = load_scenario("urban_high_risk")
    assert urban.world.workforce.leave_rate != World().workforce.leave_rate
    drawn = drawn_worlds(urban, (), 2, ensemble=made_up())
    own = set(stated_by("urban_high_risk", "world"))
    assert own
    assert not own & drawn[0].keys()


def test_an_ensemble_gives_the_fitted_parameters_a_whole_set_in_each_draw():
    free, fitted = usual(), usual(ensemble=made_up(4))
    assert [draw[ONSET] for draw in fitted[:5]] == [0.5, 0.51, 0.52, 0.53, 0.5]
    assert all(draw[SETTLING] - 10.0 == pytest.approx(100.0 * (draw[ONSET] - 0.5)) for draw in fitted)
    for key in free[0]:
        if key not in (ONSET, SETTLING):
            assert [draw[key] for draw in free] == [draw[key] for draw in fitted]
    many = usual(ensemble=made_up(100))
    assert [draw[SETTLING] for draw in many] == [10.0 + 10 * n for n in range(10)]
    assert ONSET not in usual(ensemble=made_up(), stated=(ONSET,))[0]


def test_an_ensemble_of_another_model_is_refused():
    with pytest.raises(CmsimError, match="no parameter"):
        usual(ensemble=Ensemble(({"world.illness.onset_rte": 0.5},), (), {}))


def test_an_ensemble_is_used_if_there_is_one(tmp_path):
    there = made_up().save(tmp_path / "ensemble.json")
    found = chosen_ensemble(there)
    assert found is not None
    assert found.hash == made_up().hash
    bundled = ROOT / "cmsim" / "scenario" / "ensemble.json"
    assert (chosen_ensemble() is None) == (not bundled.exists())
    with pytest.raises(CmsimError, match="there is none"):
        chosen_ensemble(tmp_path / "nowhere.json")


# -- what is shared --------------------------------------------------------------------------------------


def test_contrasts_with_an_arm_in_common_share_it_and_the_days_before(tests):
    found = contrasts_in(tests)
    assert set(found) == {"fewer", "larger"}
    (family,) = families(found.values())
    assert len(family.arms) == 3
    assert family.client_years == pytest.approx(20 * (30 + 3 * 10) / 365.0)
    assert family.apart == pytest.approx(20 * 4 * 40 / 365.0)
    apart = families([found["fewer"], replace(found["larger"], clients=25)])
    assert len(apart) == 2


def test_measures_are_known_by_what_they_compute():
    def counted(kind):
        return lambda run: float(len(run.window.rows(kind)))

    one, same, other = (Measure("rows", 1, counted(kind)) for kind in ("contacts", "contacts", "moves"))
    assert one.code == same.code != other.code
    assert Measure("relapses", 1).code == Measure("relapses", -1).code == "relapses"


def test_a_measure_is_another_when_what_it_calls_is_another(tests):
    before = contrasts_in(tests)["fewer"].measures[1].code
    path = tests / "test_two.py"
    path.write_text(CONTRASTS.replace('rows("contacts")', 'rows("crises")'))
    assert contrasts_in(tests)["fewer"].measures[1].code != before
    path.write_text("# a comment\n" + CONTRASTS + "\n\ndef test_something():\n    assert True\n")
    assert contrasts_in(tests)["fewer"].measures[1].code == before


# -- recording -------------------------------------------------------------------------------------------


def orders(tests, ensemble=None):
    return Orders(tests, tests.parent / "store", ensemble, model_version())


def record(tests, told=None, ensemble=None):
    results = tests.parent / "results"
    plan = make_plan(tests, results, chosen_ensemble(ensemble))
    recording = Recording(plan, orders(tests, ensemble), results, told)
    recording.run(1)
    return recording


def lived(tests):
    return sum(len(list(select(path, ("run_key",)))) for path in stores(tests.parent / "store"))


def test_recording_gives_what_each_contrast_gives_by_itself_and_nothing_is_done_twice(tests):
    found = contrasts_in(tests)
    recording = record(tests)
    assert not recording.errors
    assert sorted(path.stem for path in recording.saved) == ["fewer", "larger"]
    assert lived(tests) == 3 * 3  # draws, different arms
    results, ensemble = tests.parent / "results", chosen_ensemble()
    for name, contrast in found.items():
        held, alone = Examined.load(results, name), examine(contrast, ensemble=ensemble)
        assert held.findings == alone.findings
        assert held.values == alone.values
        assert held.manifest["code"] == alone.manifest["code"]
        assert held.manifest["ensemble"] == alone.manifest["ensemble"]
    # a result of this model is left as it is
    assert make_plan(tests, results, ensemble).current == ["fewer", "larger"]
    assert not make_plan(tests, results, ensemble).wanted
    # and a result that was lost is made again without a run
    (results / "larger.json").unlink()
    assert [path.stem for path in record(tests).saved] == ["larger"]
    assert lived(tests) == 3 * 3
    job = make_plan(tests, results, ensemble, anew=True).jobs[0]
    assert do_job(orders(tests), job).lived == 0
    gap = beside(*(Examined.load(results, name) for name in ("fewer", "larger")), "contacts")
    assert gap.draws == 3
    assert np.isfinite(gap.difference)


def test_a_recording_that_was_stopped_goes_on_where_it_was(tests):
    def stops(done, now, whole):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record(tests, stops)
    assert 0 < lived(tests) < 3 * 3
    before = lived(tests)
    told = []
    record(tests, lambda done, now, whole: told.append((done, now, whole)))
    assert lived(tests) == 3 * 3
    done, now, whole = told[-1]
    assert done == pytest.approx(whole)
    assert now == pytest.approx(whole * (1.0 - before / 9.0))


def test_an_ensemble_makes_every_result_anew(tests):
    record(tests)
    there = made_up().save(tests.parent / "ensemble.json")
    results = tests.parent / "results"
    assert not make_plan(tests, results, made_up()).current
    recording = record(tests, ensemble=there)
    assert len(recording.saved) == 2
    assert Examined.load(results, "fewer").manifest["ensemble"] == made_up().hash


def test_a_result_of_other_code_is_taken_over_where_its_first_draw_comes_out_the_same(tests):
    record(tests)
    results, look = tests.parent / "results", tests.parent / "look"
    ensemble = chosen_ensemble()
    plan = make_plan(tests, look, ensemble, first=1)
    Recording(plan, replace(orders(tests), store=tests.parent / "other"), look).run(1)
    names = ["fewer", "larger"]
    whole = {name: Examined.load(results, name) for name in names}
    for held in whole.values():
        replace(held, manifest={**held.manifest, "code": "of other code"}).save(results)
    moved = {**whole["larger"].values, "relapses": [[9.0, 0.0, 0.0], whole["larger"].values["relapses"][1]]}
    replace(whole["larger"], values=moved, manifest={**whole["larger"].manifest, "code": "old"}).save(results)
    assert not make_plan(tests, results, ensemble).current
    assert take_over(names, tests, results, look, ensemble) == ["fewer"]
    assert make_plan(tests, results, ensemble).current == ["fewer"]
    assert Examined.load(results, "fewer").manifest["taken_over_from"] == ["of other code"]
    asked = {**whole["fewer"].manifest, "asked": "something else", "code": "old"}
    replace(whole["fewer"], manifest=asked).save(results)
    assert not take_over(names, tests, results, look, ensemble)


def test_an_arm_that_goes_wrong_is_told_and_leaves_the_others_whole(tests):
    path = tests / "test_two.py"
    path.write_text(
        CONTRASTS.replace("return float(len", 'assert run.scenario.name != "larger_b"\n    return float(len')
    )
    recording = record(tests)
    assert len(recording.errors) == 3
    assert all("larger_b" in each for each in recording.errors)
    results = tests.parent / "results"
    assert Examined.load(results, "fewer")["contacts"].draws == 3
    assert Examined.load(results, "larger")["contacts"].draws == 0


def test_names_that_do_not_exist_are_refused(tests):
    with pytest.raises(CmsimError, match=r'unknown contrast "fewr".*fewer'):
        make_plan(tests, tests.parent, None, ["fewr"])


def test_an_impossible_draw_is_moved_toward_the_defaults_until_it_is_possible():
    contrast = Contrast("any", "?", {}, {"service.caseload.size": 30}, (Measure("relapses", 1),), clients=20)
    arms, share = contrast.possible({ONSET: 0.9})
    assert share == 1.0
    assert arms[0].world.illness.onset_rate == 0.9
    arms, share = contrast.possible({"world.population.capability": 1.4})  # no such level
    assert share < 1.0
    assert arms[0].world.population.capability <= 1.0


def test_a_practice_model_is_laid_over_a_small_town():
    clinical = stated_by("clinical", "service")
    assert clinical["service.turnover.handover"] == {"rule": "warm"}
    town = load_scenario("usual_care").replace({**scaled(60), **clinical})
    assert town.service.caseload.size == 20
    assert town.service.staff.psychiatrists == 1


def test_the_command_says_what_it_would_live():
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "record_claims.py"), "skill", "talk", "--plan"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert "client-years in all" in done.stdout
    wrong = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "record_claims.py"), "skil"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert wrong.returncode == 2
    assert 'unknown contrast "skil"' in wrong.stderr
    assert "Traceback" not in wrong.stderr
