"""A recorded answer to a question of practitioners stands while the present code gives its first draw again."""

from __future__ import annotations

import pytest
from practice_questions import ANSWERS, own_contrasts

from cmsim.scenario.parameter_sets import bundled_ensemble
from cmsim.validation.claims import ContrastResult, find_differences

pytestmark = pytest.mark.claims


@pytest.mark.parametrize("name", own_contrasts())
def test_the_first_draw_confirms_the_recorded_answer(name):
    if not (ANSWERS / f"{name}.json").exists():
        pytest.skip("not recorded yet")
    differences = find_differences(own_contrasts()[name], ContrastResult.load(ANSWERS, name), bundled_ensemble())
    assert not differences, f"python tools/record_claims.py {name} records the answer anew"
