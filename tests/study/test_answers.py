"""What a study answers: pairs, parameter sets, effects and groups against made-up values; and its page."""

from __future__ import annotations

import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cmsim.cli import main
from cmsim.core.errors import CmsimError
from cmsim.experiments.study.study_analysis import Answers, Term, fitted, short, shown
from cmsim.experiments.study.study_result import load_study
from cmsim.experiments.study.study_sweep import sweep
from cmsim.experiments.variance_components import crossed
from cmsim.reporting.page import study_section, write_page
from cmsim.reporting.result_list import list_results
from cmsim.reporting.result_repetition import differing_runs

sys.path.insert(0, str(Path(__file__).parent))

import made_up

STUDY = {
    "title": "Size & illness",
    "question": "Does <size> matter?",
    "scenarios": ["usual_care"],
    "replications": 3,
    "settings": {
        "world.population.clients": 15,
        "world.warm_up_days": 15,
        "run.days": 30,
        "service.staff.case_managers": 2,
        "baseline.staff.case_managers": 2,
    },
    "levers": {"service.contact.least_visits": [0.1, 4.0]},
    "uncertainties": {"world.illness.onset_rate": {"values": [0.4, 1.2]}},
    "design": {"uncertainties": "grid"},
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return sweep(STUDY, tmp_path_factory.mktemp("swept") / "study", workers=1).directory


def laid(study, rule):
    """Return the answers of a study whose crises are those of a rule of run and groups."""
    runs = study.runs.copy()
    runs["crises"] = [rule(row) for row in runs.to_dict("records")]
    study.__dict__["runs"] = runs
    return Answers(study)


def noise(replication):
    return [0.0, 0.3, -0.3][replication]


def test_differences_are_means_over_parameter_sets_with_intervals_over_replications(directory):
    """Visits bring -1 under one parameter set and -3 under the other, with noise that is the same in all cells."""

    def rule(row):
        gain = 1.0 if row["world.illness.onset_rate"] < 1 else 3.0
        return 5.0 - gain * (row["service.contact.least_visits"] > 1) + noise(row["replication"])

    answers = laid(load_study(directory), rule)
    assert [option.name for option in answers.options] == ["contact least visits 0.1", "contact least visits 4"]
    (row,) = answers.differences.query("outcome == 'crises'").to_dict("records")
    assert row["difference"] == pytest.approx(-2.0)
    assert (row["low"], row["high"]) == pytest.approx((-2.0, -2.0))
    assert row["verdict"] == "better"
    (other,) = answers.others
    found, draws = answers.decompose(other, "crises")
    assert draws == [0, 1]
    assert sorted(found.expectations) == pytest.approx([-3.0, -1.0])
    (moved,) = answers.moved_by(other, "crises")
    assert (moved["factor"], moved["effect"]) == ("world.illness.onset_rate", pytest.approx(-2.0))
    effects = answers.effects.query("outcome == 'crises'").set_index("factor")
    assert effects.loc["service.contact.least_visits", "effect"] == pytest.approx(-2.0)
    assert effects.loc["world.illness.onset_rate", "effect"] == pytest.approx(-1.0)
    assert effects["explained"].iloc[0] == pytest.approx(1 - 1 / 6)  # 4 + 1 of 4 + 1 + 1 (interaction)


def test_what_is_undefined_or_failed_is_left_out_with_its_pair(directory):
    study = load_study(directory)
    runs = study.runs.copy()
    gone = (runs["replication"] == 1) & (runs["choice"] == 1) & (runs["draw"] == 0)
    runs.loc[gone, "status"] = "error"
    study.__dict__["runs"] = runs
    answers = laid(study, lambda row: row["choice"] * (10.0 if row["draw"] else 1.0))
    (row,) = answers.differences.query("outcome == 'crises'").to_dict("records")
    # replication 1 has the second parameter set alone
    assert row["difference"] == pytest.approx(np.mean([5.5, 10.0, 5.5]))
    assert answers.values("crises").shape == (4, 3)
    assert np.isnan(answers.values("crises")).sum() == 1


def test_effects_cover_the_truth_in_95_of_100_studies():
    """2,000 studies of 8 cells and 10 replications: 1,900 with a standard error of 9.7."""
    rng = np.random.default_rng(3)  # noqa: TID251
    column = np.arange(8) / 7
    term = Term("x", "lever", "0", "1", column)
    covered = 0
    for _ in range(2000):
        values = 2.0 * column[:, None] + rng.normal(size=(1, 10)) + rng.normal(size=(8, 10))
        (row,) = fitted([term], values)
        covered += row["low"] <= 2.0 <= row["high"]
    assert 1861 <= covered <= 1939


def test_terms_that_cannot_be_parted_have_no_effects():
    one = Term("x", "lever", "0", "1", np.array([0.0, 1.0]))
    two = Term("y", "lever", "0", "1", np.array([0.0, 1.0]))
    assert fitted([one, two], np.array([[1.0, 2.0], [3.0, 4.0]])) == []


def test_an_effect_of_rounding_is_none():
    """The second factor changes nothing; sums in another order make it seem 1e-16, with a small p."""
    first, second = np.repeat([0.0, 1.0], 8), np.tile([0.0, 1.0], 8)
    noise = np.random.default_rng(7).normal(10.0, 1.0, size=6)  # noqa: TID251
    terms = [Term("x", "lever", "0", "1", first), Term("y", "lever", "0", "1", second)]
    effect, none = fitted(terms, 1.1 * first[:, None] + noise)
    assert effect["effect"] == pytest.approx(1.1)
    assert (none["effect"], none["p_holm"], none["clear"]) == (0.0, 1.0, False)


def test_shared_stochastic_variation_is_not_taken_for_parameter_uncertainty():
    """Draws that all answer alike: the share of parameter uncertainty is small although replications differ much."""
    rng = np.random.default_rng(4)  # noqa: TID251
    values = 10.0 * rng.normal(size=(1, 6)) + 0.1 * rng.normal(size=(30, 6))
    found = crossed(values)
    assert found.share < 0.01
    assert found.stochastic_sd > 5.0
    expected = rng.normal(size=(200, 1))
    assert crossed(expected + values[:1]).parameter_sd == pytest.approx(expected.std(ddof=1))


def test_names_and_values_are_told_as_people_say_them():
    assert short("service.turnover.handover.rule") == "turnover handover"
    assert shown('{"rule": "fixed", "level": 0.5}') == "fixed (level 0.5)"
    assert shown(True) == "yes"


class Nested(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag not in {"meta", "br", "rect", "line", "path", "circle", "use", "link", "input"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data):
        self.words.append(data)


def test_a_study_has_a_page_with_all_that_a_reader_needs(directory):
    path = write_page(directory)
    text = path.read_text()
    page = Nested(text)
    words = " ".join("".join(page.words).split())
    assert page.open == []
    assert not re.search(r'(src|href)="(?!#)', text.replace('xlink:href="#', ""))
    for said in (
        "Size & illness",
        "Does <size> matter?",
        "2 options of planners under 2 parameter sets, 3 replications of each: 12 runs",
        "service.contact.least_visits",
        "contact least visits 4 against contact least visits 0.1",
        "Who gains and who loses",
        "What every factor does",
        "By parameter set",
        "Better under",
        "no placebo run",
        "never advice about a real person",
        "STRESS",
        "ODD",
        "Not stated.",
    ):
        assert said in words, said
    assert load_study(directory).finished
    assert write_page(directory) == path


def test_studies_are_listed_among_results(directory, tmp_path):
    sweep({**STUDY, "replications": 1}, tmp_path / "half", workers=1, shard=(1, 2))
    (tmp_path / "broken").mkdir()
    shutil.copy(directory / "manifest.json", tmp_path / "broken")
    (whole,) = list_results(directory)
    assert (whole.command, whole.state, whole.replications) == ("sweep", "complete", 3)
    states = {entry.path.name: entry.state for entry in list_results(tmp_path)}
    assert re.fullmatch(r"\d of 4 runs", states["half"])
    assert states["broken"] == f"cannot be read; cmsim study status {tmp_path / 'broken'} says why"


def test_a_study_can_be_had_again(tmp_path, monkeypatch, capsys):
    whole = sweep({**STUDY, "replications": 1}, tmp_path / "whole", workers=1)
    monkeypatch.setattr(sys, "argv", ["cmsim", "rerun", str(tmp_path / "whole")])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    assert f"All 4 runs are the same as in {tmp_path / 'whole'}" in capsys.readouterr().out
    again = load_study(tmp_path / "whole-rerun")
    assert differing_runs(whole, again) == 0
    again.runs.loc[2, "digest"] = "another"
    assert differing_runs(whole, again) == 1


def command(capsys, monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["cmsim", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code, capsys.readouterr().err


def test_an_unfinished_study_has_no_page_and_says_what_to_do(tmp_path, monkeypatch, capsys):
    half = sweep({**STUDY, "replications": 1}, tmp_path / "half", workers=1, shard=(1, 2)).directory
    code, error = command(capsys, monkeypatch, "report", half)
    assert code == 2
    assert re.match(r"cmsim: .*is not finished: \d of 4 runs are missing. cmsim study resume", error)
    assert not (half / "report.html").exists()


def test_a_study_of_a_function_of_its_own_is_refused(tmp_path):
    study = sweep(made_up.STUDY, tmp_path / "study", workers=1, run=made_up.quick)
    with pytest.raises(CmsimError, match="whose units cmsim does not know; allowed"):
        write_page(study.directory)


@pytest.mark.slow
def test_studies_of_every_shape_have_a_page(tmp_path):
    settings = STUDY["settings"] | {"world.population.clients": 10, "world.warm_up_days": 5, "run.days": 15}
    small = {**STUDY, "replications": 2, "settings": settings}
    shapes = {
        "nothing varied": {**small, "levers": {}, "uncertainties": {}, "design": {}},
        "no levers": {**small, "levers": {}},
        "words": {
            **small,
            "scenarios": ["usual_care", "small_caseload"],
            "levers": {"service.titration": [{"rule": "responsive"}, {"rule": "fixed", "level": 0.5}]},
            "uncertainties": {},
            "design": {},
        },
        "one at a time": {**small, "design": {"together": "one_at_a_time"}},
        "no pairs": {**small, "design": {"together": {"kind": "latin_hypercube", "draws": 3}}},
        "one replication, main outcomes, no groups": {
            **small,
            "replications": 1,
            "keep": {"outcomes": "main", "groups": False},
        },
    }
    for name, study in shapes.items():
        found = sweep(study, tmp_path / name.replace(" ", "_"), workers=1)
        page = Nested(write_page(found.directory).read_text())
        assert page.open == [], name
        assert "nan" not in re.sub(r"[a-z]nan|nan[a-z]", "", " ".join(page.words)), name


def test_the_group_that_gains_is_told_from_the_one_that_does_not(directory):
    """Visits spare people on the street 2 crises; at home nothing changes but noise."""
    study = load_study(directory)
    runs = study.runs
    rows = []
    for row in runs.to_dict("records"):
        noise = 0.01 * int(row["run_key"][:2], 16) / 256
        for group, gain in (("street", 2.0), ("home", 0.0)):
            crises = 5.0 - gain * row["choice"] + noise
            labels = {name: row[name] for name in ("scenario", "choice", "draw", "replication")}
            rows.append({**labels, "grouping": "home", "group": group, "client_years": 3.0, "crises": crises})
    made = pd.DataFrame(rows)
    study.part = lambda name, columns: made.reindex(columns=columns)
    answers = Answers(study)
    found = answers.groups.query("outcome == 'crises'").set_index("group")
    assert found.loc["street", "difference"] == pytest.approx(-2.0, abs=0.02)
    assert (found.loc["street", "verdict"], found.loc["street", "size"]) == ("better", "matters")
    assert found.loc["street", "p_holm"] < 0.01
    assert found.loc["home", "size"] == "too small to matter"
    (page_rows,) = [study_section._groups(answers, option) for option in answers.others]
    assert {each.name: each.reading for each in page_rows} == {"home": study_section.UNCLEAR, "street": "gains"}


def test_observed_figures_stand_beside_the_option_that_is_as_the_agency_is(tmp_path, monkeypatch):
    """The one whose levers are as in the scenario, wherever it stands in the study; others show nothing of today."""
    settings = {**STUDY["settings"], "observed.no_show": 0.21, "service.contact.least_visits": 4.0}
    study = sweep({**STUDY, "settings": settings}, tmp_path / "study", workers=1)
    answers = Answers(study)
    (row,) = answers.observed.to_dict("records")
    assert (row["scenario"], row["outcome"], row["observed"]) == ("contact least visits 4", "no_show", 0.21)
    cells = answers.options[1].cells.values()
    assert row["mean"] == pytest.approx(answers.values("no_show")[list(cells)].mean())
    assert row["run_low"] <= answers.values("no_show")[list(cells)].min()
    page = write_page(study.directory).read_text()
    assert "Observed, beside what the model shows for contact least visits 4" in page
    own = {"service.contact.least_visits": 2.0}
    monkeypatch.setattr("cmsim.experiments.study.study_analysis.find_values", lambda scenario, factors: own)
    assert Answers(load_study(study.directory)).observed.empty
    assert "Observed, beside" not in write_page(study.directory).read_text()
