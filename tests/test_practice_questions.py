"""Questions of practitioners: each is a question that the model can be asked, and no answer is older than it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from practice_questions import (
    ANSWERS,
    CLAIM_RESULTS,
    ROOT,
    Question,
    Questions,
    is_of,
    judge,
    load_questions,
    own_contrasts,
    question_answers,
    question_overview,
)
from pydantic import ValidationError
from record_claims import choose

from cmsim.outcomes import OUTCOMES
from cmsim.scenario.parameter_sets import Ensemble, bundled_ensemble
from cmsim.validation.claims import ContrastResult, Finding, collect_contrasts, find_differences, record_contrast

QUESTIONS = load_questions().questions
ENTRY = {"subject": "Posts", "asks": "What if?", "known": "Nothing.", "expected": {"relapses": "little"}}


@pytest.fixture(scope="module")
def claims():
    return collect_contrasts(ROOT / "tests" / "claims")


def found(low, high):
    return Finding("relapses", "per client-year", 0, 1.0, 1.0, (low + high) / 2.0, low, high, 0.0, 0.0, 40)


def test_there_are_thirty_questions_and_each_expects_something_of_outcomes():
    assert len(QUESTIONS) >= 30
    assert len({each.asks for each in QUESTIONS.values()}) == len(QUESTIONS)
    for name, each in QUESTIONS.items():
        assert each.asks.endswith("?"), name
        for outcome in each.expected:
            assert OUTCOMES[outcome].matters > 0.0, (name, outcome)


def test_a_question_that_the_claims_ask_is_theirs_by_name(claims):
    assert not claims.keys() & own_contrasts().keys()
    for name, each in QUESTIONS.items():
        if each.contrast:
            assert each.expected.keys() <= {measure.name for measure in claims[each.contrast].measures}, name
            assert {**each.a, **each.b, **each.base} == {}, name


@pytest.mark.parametrize("name", own_contrasts())
def test_both_sides_of_a_question_are_scenarios_and_differ(name):
    contrast = own_contrasts()[name]
    one, other = contrast.arms()
    assert one.digest() != other.digest()
    assert contrast.client_years < 1_400.0  # of both sides in one draw: all questions are to be asked in an hour


def test_a_side_may_name_a_practice_model_without_its_posts():
    withdrawn = own_contrasts()["intensive_team_withdrawn"]
    kept, ended = withdrawn.arms()
    assert kept.baseline.caseload.size == kept.service.caseload.size == ended.baseline.caseload.size == 10
    assert ended.service.caseload.size == 25
    assert kept.baseline.staff.case_managers == 6


def test_a_source_that_nobody_knows_or_names_is_refused():
    with pytest.raises(ValidationError, match="no source is called smith2099"):
        Questions.model_validate({"sources": {}, "questions": {"any": {**ENTRY, "sources": ["smith2099"]}}})
    with pytest.raises(ValidationError, match="no question names the source mine2020"):
        Questions.model_validate({"sources": {"mine2020": "Mine 2020"}, "questions": {"any": ENTRY}})
    with pytest.raises(ValidationError, match="'higher', 'lower' or 'little'"):
        Question.model_validate({**ENTRY, "expected": {"relapses": "more"}})


@pytest.mark.parametrize(
    ("expected", "low", "high", "verdict"),
    [
        ("higher", 0.01, 0.09, "agrees"),
        ("higher", 0.01, 0.04, "does not agree"),
        ("higher", -0.09, -0.01, "does not agree"),
        ("higher", -0.01, 0.09, "not clear"),
        ("lower", -0.09, -0.01, "agrees"),
        ("lower", -0.04, -0.01, "does not agree"),
        ("lower", 0.01, 0.09, "does not agree"),
        ("lower", -0.09, 0.01, "not clear"),
        ("little", -0.04, 0.05, "agrees"),
        ("little", 0.06, 0.09, "does not agree"),
        ("little", -0.09, -0.06, "does not agree"),
        ("little", -0.06, 0.02, "not clear"),
        ("little", -0.02, 0.06, "not clear"),
    ],
)
def test_an_expectation_is_judged_by_interval_and_smallest_important_difference(expected, low, high, verdict):
    assert judge(expected, found(low, high), 0.05) == verdict


def test_little_is_no_direction_that_a_finding_could_have():
    for low, high in ((0.1, 0.2), (-0.2, -0.1)):
        assert not found(low, high).shown
        assert not found(low, high).against


def test_an_answer_belongs_to_the_question_as_it_is_asked(tmp_path):
    asked = QUESTIONS["lose_two_of_eight"].ask("lose_two_of_eight")
    small = replace(asked, clients=30, warm_up=5, days=20, draws=2)
    ensemble = Ensemble(({"world.illness.onset_rate": 0.9},), (), {})
    result = record_contrast(small, tmp_path, ensemble=ensemble, workers=1)
    held = ContrastResult.load(result.save(tmp_path / "results").parent, small.name)
    assert find_differences(small, held, ensemble) == []
    assert [finding.sign for finding in held.findings] == [1, 1, 1, 0]
    assert is_of(held, small, ensemble)
    assert not is_of(held, replace(small, days=21), ensemble)
    assert not is_of(held, replace(small, b={**small.b, "service.staff.case_managers": 5}), ensemble)
    assert not is_of(held, replace(small, measures=small.measures[1:]), ensemble)
    assert not is_of(held, small, Ensemble(({"world.illness.onset_rate": 0.8},), (), {}))


def test_every_recorded_answer_is_of_a_present_question():
    contrasts = own_contrasts()
    for path in ANSWERS.glob("*.json"):
        assert path.stem in contrasts, f"{path.name} belongs to no question"
        assert is_of(ContrastResult.load(ANSWERS, path.stem), contrasts[path.stem], bundled_ensemble()), (
            f"python tools/record_claims.py {path.stem} records the answer anew"
        )


def test_the_command_records_questions_apart_from_claims():
    assert [(each.name, folder) for each, folder in choose([], questions=True)] == [
        (name, ANSWERS) for name in own_contrasts()
    ]
    folders = {each.name: folder for each, folder in choose(["pay_and_career", "halve_the_beds"], questions=False)}
    assert folders == {"pay_and_career": CLAIM_RESULTS, "halve_the_beds": ANSWERS}


def test_the_page_has_every_question_with_what_is_expected():
    page, overview = question_answers(), question_overview()
    for number, each in enumerate(QUESTIONS.values(), 1):
        assert f"### {number}. {each.asks}\n\n{each.known} *" in page
        assert f"| {number} | {each.asks} |" in overview
