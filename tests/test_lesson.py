"""Scripts of teaching cases, predictions beside what happened, and the pages to print; without a browser or a run."""

import tomllib
from importlib.resources import files

import pytest

from cmsim.app.session.notebook import Page
from cmsim.app.session.teaching_cases import CASE_NAMES, LENGTHS, case_of, load_case
from cmsim.core.errors import CmsimError

pytest.importorskip("nicegui", reason="nicegui is not installed; pip install -e '.[test]' brings it")
from cmsim.app.web.handouts import debrief_page, script_page, sheet_page
from cmsim.app.web.interface_text import NOT_FOR, ONE_LIFE


def table(name="caseload_creep"):
    return tomllib.loads(files("cmsim.app.session").joinpath("cases", f"{name}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CASE_NAMES)
def test_each_version_of_a_script_has_its_length_and_its_stops(name):
    case = load_case(name)
    end = case.parted_day() + case.days
    for minutes in LENGTHS:
        steps = case.steps(minutes)
        assert steps[0][0] == 0
        assert 0 < steps[-1][0] < minutes
        stops = case.stops(minutes)
        assert len(stops) >= 2
        assert all(case.parted_day() < day < end for day in stops)
    assert set(case.stops(15)) < set(case.stops(45))
    assert case.stops(0) == {}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda t: t["script"][2].update(qestion="?"), 'caseload_creep.toml: script.3.qestion: unknown key, given "?"'),
        (lambda t: t["script"][2].pop("question"), "caseload_creep.toml: script.3: given a day; allowed with question"),
        (lambda t: t["script"][2].update(day=2000), "caseload_creep.toml: script: given stops on days [2000, 600, 900"),
        (lambda t: t["script"][0].update(minutes=[3, 4]), "script: given steps of 16 minutes in all; allowed: 15"),
        (
            lambda t: t["script"][2]["readings"][0].update(plot="waitng"),
            'given plot "waitng"; allowed: one there is; did',
        ),
        (lambda t: t["script"][2]["readings"][0].update(plot="jail"), "caseload_creep.toml: script.3.readings.1.plot"),
        (lambda t: t["script"][2]["readings"][0].update(plot="crises"), "script.3.readings: given plot"),
        (lambda t: t["answers"][0]["claims"][0].update(outcome="relapse_s"), 'did you mean "relapses"?'),
        (lambda t: t["answers"][0]["claims"][0].update(expect="higher"), "answers.1.claims.1.expect: given"),
        (lambda t: t["answers"][0]["claims"][0].update(least=0), "answers.1.claims.1.least: given 0; allowed"),
        (lambda t: t.pop("caution"), "caseload_creep.toml: caution: given nothing; allowed"),
    ],
)
def test_a_mistake_in_a_case_names_file_and_key(spoil, said):
    content = table()
    spoil(content)
    with pytest.raises(CmsimError) as error:
        case_of("caseload_creep", content)
    assert said in str(error.value)


def test_a_prediction_is_right_partly_or_not_what_happened():
    case = load_case("caseload_creep")
    a, b = dict(case.replications.a, client_contacts=34.7), dict(case.replications.b, client_contacts=31.6)
    wrong, partly, right = (case.judge(answer.text, a, b) for answer in case.answers)
    assert wrong.said == "Not what happened here."
    assert partly.said == "Partly right here: 1 of 2 points."
    assert right.said == "As it turned out here: right."
    assert right.points[0].startswith(
        "Emotional exhaustion: predicted higher in B, and it was higher in B (A 18.1, B 24.3"
    )
    assert case.judge("something else", a, b) is None
    assert case.judge(case.answers[1].text, case.replications.a, case.replications.b) is None, "was not counted then"


@pytest.mark.parametrize("name", CASE_NAMES)
def test_pages_to_print_hold_what_they_should_and_need_nothing_else(name):
    case = load_case(name)
    outcomes = {run: dict.fromkeys(case.counted, value) for run, value in (("a", 0.5), ("b", 0.9), ("p", 0.5))}
    written = Page(prediction=case.answers[0].text, notes={"finding": "<b>They tire.</b>"}, outcomes=outcomes)
    pages = [*(script_page(case, minutes) for minutes in LENGTHS), sheet_page(case), debrief_page(case, written)]
    for page in pages:
        assert page.count("<h1>") == 1
        assert "http" not in page
        assert "size: A4" in page
    short, long, sheet, debrief = (" ".join(page.replace("&#39;", "'").replace("&#34;", '"').split()) for page in pages)
    for minutes, page in zip(LENGTHS, (short, long), strict=True):
        for day, step in case.stops(45).items():
            assert (step.question in page) == (day in case.stops(minutes))
    assert all(" ".join(answer.text.split()) in sheet for answer in case.answers)
    assert "expected" not in sheet
    assert "&lt;b&gt;They tire.&lt;/b&gt;" in debrief
    judged = case.judge(written.prediction, outcomes["a"], outcomes["b"])
    assert all(said in debrief for said in (judged.said, *judged.points, case.caution, ONE_LIFE, NOT_FOR))
