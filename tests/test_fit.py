"""``cmsim fit``: a known truth is found again, what cannot be reached is said with its reason, what is stated stays."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

import cmsim
from cmsim.cli.application import _with_ensemble
from cmsim.core.errors import CmsimError
from cmsim.experiments.parameter_distributions import uncertain
from cmsim.reporting.page import write_brief, write_page
from cmsim.reporting.wording import DASH
from cmsim.scenario.parameter_sets import load_ensemble
from cmsim.validation.calibration import agency_fit, history_matching

pytest.importorskip("sklearn", reason="the extra 'calibration' brings scikit-learn")

COMES, VISIT, STAY = "world.relationship.comes_log_odds", "world.contact_time.visit", "world.hospital.stay_mean"
SIZE = "agency.caseload.size"
USUAL = cmsim.load_scenario("usual_care")


def observing(**figures):
    return USUAL.replace({"name": "county", "observed": figures})


@pytest.fixture
def made_up(monkeypatch):
    """Let figures be made up: by name a function of what a set moves to, of the usual value otherwise, and of noise."""

    def use(**rules):
        asked = []

        def responses(scenario, versus, points, outcomes, **execution):
            asked.append(points)
            values = {}
            for name in outcomes:
                rows = []
                for point in points:
                    usual = {COMES: 0.95, VISIT: 46.0, STAY: 11.0, SIZE: 25} | point.settings
                    noise = [np.random.default_rng([4, i]).normal() for i in point.replications]  # noqa: TID251
                    rows.append([rules[name](usual, each) for each in noise])
                values[name] = np.array(rows, dtype=float)
            return values

        monkeypatch.setattr(agency_fit, "responses", responses)
        monkeypatch.setattr(history_matching, "CANDIDATES", 512)
        monkeypatch.setattr(history_matching, "simulate", lambda probe: SimpleNamespace(digest=lambda: "made up"))
        return asked

    return use


def no_show(at, noise):
    return 0.3 - 0.1 * at[COMES] + 0.004 * noise


def contacts(at, noise):
    return 95.0 - 0.6 * at[VISIT] + 0.5 * noise


def fit(scenario, *move, **more):
    return cmsim.fit(scenario, move=move, workers=1, **{"sets": 12, "waves": 1, **more})


def row_of(table, column, name):
    (row,) = table[table[column] == name].to_dict("records")
    return row


def test_a_known_truth_is_found_again(made_up):
    """A figure of a shifted parameter: accepted sets enclose it, and the far half of the range is ruled out."""
    made_up(no_show=no_show)
    found = fit(observing(no_show=no_show({COMES: 1.5}, 0.0)), discrepancy=0.01)
    assert [each.key for each in found.moves] == [COMES]
    row = row_of(found.moved, "parameter", COMES)
    assert 1.05 < row["kept_low"] <= 1.5 <= row["kept_high"]
    assert set(found.figures["reading"]) == {"reached"}
    assert found.figures["why"].eq("").all()
    # what is not moved comes from the calibrated sets, one with each set that was run
    calibrated = load_ensemble()
    assert set(found.ensemble.keys) == {COMES, *calibrated.keys}
    assert {each["world.illness.onset_rate"] for each in found.ensemble} <= {
        each["world.illness.onset_rate"] for each in calibrated
    }


def test_sets_are_run_with_calibrated_ones_that_the_scenario_does_not_state(made_up):
    asked = made_up(no_show=no_show)
    own = observing(no_show=0.2).replace({"name": "county", "world.illness.onset_rate": 1.3})
    found = fit(own)
    points = asked[-1]
    assert [len(point.settings) for point in points[:4]] == [0, 0, 0, 0]  # as it is, in eight replications
    assert {tuple(point.replications) for point in points[4:]} == {(0, 1)}
    assert all("world.illness.onset_rate" not in point.settings for point in points)
    assert len({point.settings["world.illness.medication_log"] for point in points[4:]}) > 10
    assert found.ensemble.apply_set(own, 0).world.illness.onset_rate == 1.3


@pytest.mark.slow
def test_why_a_figure_is_not_reached(made_up):
    made_up(
        no_show=no_show,
        recorded_contacts=contacts,
        exhaustion=lambda at, noise: 22.0 + noise,
        crises=lambda at, noise: 10.0 * no_show(at, noise),
    )
    beyond = fit(observing(recorded_contacts=20.0, no_show=0.2), VISIT, COMES)
    row = row_of(beyond.figures, "outcome", "recorded_contacts")
    assert row["reading"] == "not reached"
    assert row["why"].startswith("at best 5")
    assert f"with {VISIT} at the upper end of its range (70)" in row["why"]
    assert row_of(beyond.figures, "outcome", "no_show")["reading"] != "not reached"
    assert beyond.ensemble.manifest["set_aside"] == ["recorded_contacts"]
    assert any("Set aside, since not reached: contacts of a case manager" in note for note in beyond.notes)
    unmoved = fit(observing(exhaustion=40.0, no_show=0.2), COMES)
    assert "no parameter that was moved" in row_of(unmoved.figures, "outcome", "exhaustion")["why"]
    assert row_of(unmoved.moved, "parameter", COMES)["main_target"] == "no_show"
    torn = fit(observing(no_show=0.26, crises=1.4), COMES, discrepancy=0.0)
    (why,) = torn.figures.loc[torn.figures["reading"] == "not reached", "why"]
    assert why.startswith("pulls another way than ")


def test_a_parameter_bears_most_on_no_figure_that_it_is_not_shown_to_move(made_up, tmp_path):
    made_up(exhaustion=lambda at, noise: 22.0 + noise, no_show=no_show)
    found = fit(observing(exhaustion=22.0, no_show=0.2), COMES, VISIT)
    moved = found.moved.set_index("parameter")
    assert moved["main_target"].to_dict() == {COMES: "no_show", VISIT: ""}
    assert np.isnan(moved.loc[VISIT, "standardised_slope"])
    table, _ = found.terminal_tables()
    assert dict(zip(moved.index, table.columns[-1].cells, strict=True))[VISIT] == DASH
    assert "Nearest set" in [column.header for column in table.columns]


@pytest.mark.slow
def test_a_figure_that_nothing_reaches_leaves_no_ensemble(made_up, tmp_path):
    made_up(exhaustion=lambda at, noise: 22.0 + noise)
    found = fit(observing(exhaustion=40.0), COMES)
    assert found.ensemble is None
    assert len(found.accepted) == 0
    assert any("No parameter set agrees" in note for note in found.notes)
    place = found.save(tmp_path / "out")
    assert not (place / "ensemble.json").exists()
    assert (place / "figure.png").exists()


@pytest.mark.slow
def test_what_is_stated_is_moved_only_within_a_range_and_stands_in_a_scenario(made_up, tmp_path):
    """Settings are held at the best values; the sets of the second pass fit together with them."""
    asked = made_up(no_show=no_show, stay=lambda at, noise: 0.9 * at[STAY] + 0.3 * noise)
    county = observing(no_show=0.15, stay=18.0).replace({"name": "county", STAY: 9.4})
    assert [each.key for each in fit(county).moves] == [COMES]
    with pytest.raises(CmsimError, match=r"states 9\.4, which is taken as known.*world\.hospital\.stay_mean=LOW:HIGH"):
        fit(county, STAY)
    found = fit(county, f"{STAY}=8..30", COMES)
    assert 17.0 < found.fitted.world.hospital.stay_mean < 23.0
    assert STAY not in found.ensemble.keys
    held = found.fitted.world.hospital.stay_mean
    assert [point.settings[STAY] for point in asked[-1][-12:]] == [held] * 12
    place = found.save(tmp_path / "out")
    again = cmsim.load_scenario(place / "fitted.toml")
    assert again.world.hospital.stay_mean == pytest.approx(held)
    assert dict(again.observed).keys() == {"no_show", "stay"}
    assert load_ensemble(place / "ensemble.json").hash == found.ensemble.hash
    assert row_of(found.moved, "parameter", STAY)["place"] == "scenario"


def test_a_setting_of_the_agency_that_is_an_assumption_can_be_moved(made_up):
    made_up(no_show=lambda at, noise: 0.01 * at[SIZE] + 0.002 * noise)
    found = fit(observing(no_show=0.31), f"{SIZE}=20:40")
    assert found.ensemble is None
    assert 28 <= found.fitted.baseline.caseload.size == found.fitted.service.caseload.size <= 34


@pytest.mark.slow
def test_what_a_figure_leaves_open_is_its_range_and_the_course_of_a_run(made_up):
    made_up(no_show=no_show)
    widths = []
    for figure in (0.2, {"value": 0.2, "low": 0.1, "high": 0.3}, {"value": 0.2, "n": 40}):
        row = row_of(fit(observing(no_show=figure)).figures, "outcome", "no_show")
        widths.append(row["agrees_high"] - row["agrees_low"])
    assert widths[0] < widths[1]
    assert widths[0] < widths[2]


@pytest.mark.parametrize(
    ("observed", "move", "said"),
    [
        ({}, (), "observed: given nothing; allowed: figures of your own"),
        ({"caseload": 27.0}, (), "nothing to move by default for caseload"),
        ({"no_show": 0.2}, ("world.relationship.comes_log_od",), 'did you mean "world.relationship.comes_log_odds"'),
        ({"no_show": 0.2}, (f"{COMES}=1:1",), "LOW below HIGH"),
        ({"no_show": 0.2}, (f"{COMES}=low:high",), "allowed: KEY or KEY=LOW:HIGH"),
        ({"no_show": 0.2}, ("world.hospital.informs=0:2",), "allowed: within 0 to 1"),
        ({"no_show": 0.2}, ("agency.crisis.teams=0.5:2.5",), "whole numbers"),
        ({"no_show": 0.2}, (COMES, VISIT), "2 parameters for 1 observed figure"),
        ({"no_show": 0.2}, (COMES, "relationship.comes_log_odds"), "twice"),
        ({"no_show": 22}, (), "did you mean 0.22"),
    ],
)
def test_mistakes_are_said(observed, move, said):
    scenario = USUAL.replace({"name": "county", "observed": observed}) if observed else USUAL
    with pytest.raises(CmsimError) as error:
        fit(scenario, *move)
    assert said in str(error.value)


def test_a_figure_without_any_value_is_named_with_the_cure(made_up):
    made_up(no_show=no_show, retained_365=lambda at, noise: np.nan)
    found = fit(observing(no_show=0.2, retained_365=0.8), COMES)
    row = row_of(found.figures, "outcome", "retained_365")
    assert (row["reading"], row["why"]) == ("not defined", "not in runs of 730 days: longer runs (--days)")
    with pytest.raises(CmsimError, match="none of retained_365 is defined in runs of 730 days"):
        fit(observing(retained_365=0.8), COMES)


def test_runs_are_as_long_as_the_figures_need_and_shorter_ones_are_refused(made_up):
    rules = {"no_show": no_show, "retained_365": lambda at, noise: 0.8 + 0.02 * noise}
    made_up(**rules)
    assert fit(observing(no_show=0.2), COMES).days == 365
    long = fit(observing(no_show=0.2, retained_365=0.8), COMES)
    assert long.days == 730
    # a year of an agency varies more than the mean of the two years that are run
    sd = {name: sd for name, (_, sd) in long.first.plan.figures.items()}
    as_given = fit(observing(no_show=0.2, retained_365=0.8), COMES, days=730).first.plan.figures
    assert sd["no_show"] > as_given["no_show"][1]
    assert sd["retained_365"] == as_given["retained_365"][1]
    with pytest.raises(CmsimError, match=r"observed\.retained_365: follows .* 365 days, .* --days 730"):
        fit(observing(no_show=0.2, retained_365=0.8), COMES, days=365)


def test_prices_are_not_spoken_of_where_no_figure_is_money(made_up):
    made_up(no_show=no_show, care_cost=lambda at, noise: 9000.0 + noise)
    assert "price" not in " ".join(fit(observing(no_show=0.2), COMES).notes).lower()


def test_a_fit_has_a_page(made_up, tmp_path):
    """What is observed and fitted, what is not reached and why, what is left of ranges, and the limits of use."""
    made_up(no_show=no_show, recorded_contacts=contacts)
    place = fit(observing(recorded_contacts=20.0, no_show=0.2), VISIT, COMES).save(tmp_path / "fitted")
    text = write_page(place).read_text()
    words = " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL).split())
    assert "Usual care: fitted to its own figures" in words
    assert "never advice about a real person" in words
    assert "Not reached: contacts of a case manager" in words
    (why,) = re.findall(r"What cannot be reached, and why (.*?) What was moved", words)
    assert "at best 5" in why
    assert f"with {VISIT} at the upper end of its range (70)" in why
    for key in (VISIT, COMES):
        assert f"<code>{key}</code>" in text
    assert text.count('<svg class="bar"') == 4  # two figures and two ranges
    assert f"cmsim run county.toml --ensemble {place / 'ensemble.json'}" in words
    assert text.count("<table") == text.count("</table>")
    assert write_page(place).exists()  # which belongs to the results, and is replaced
    with pytest.raises(CmsimError, match=r"--with: given for .* which holds a fit"):
        write_page(place, more=[place])
    with pytest.raises(CmsimError, match="was written by cmsim fit"):
        write_brief(place)


# -- what is stated, and sets of a file, in other commands


def test_sensitivity_does_not_draw_what_is_stated_unless_told():
    county = USUAL.replace({STAY: 9.4, "world.contact_time.visit": {"times": 1.2}})
    drawn = {each.key for each in uncertain(county)}
    assert not drawn & {STAY, VISIT}
    assert {STAY, VISIT} <= {each.key for each in uncertain(USUAL)}
    assert STAY not in {each.key for each in uncertain(county, ["hospital"])}
    (named,) = uncertain(county, [STAY])
    assert (named.value, named.low) == (9.4, 7.0)
    (ranged,) = uncertain(county, [f"{STAY}=8:12"])
    assert (ranged.low, ranged.high, ranged.shape) == (8.0, 12.0, "uniform")
    assert ranged.quantile([0.0, 0.5, 1.0]).tolist() == [8.0, 10.0, 12.0]
    with pytest.raises(CmsimError, match="within 0 to 1"):
        uncertain(county, ["world.hospital.informs=0.5:2"])


def test_the_flag_ensemble_takes_a_file_or_stands_alone():
    assert _with_ensemble(["compare", "--ensemble", "a", "b"]) == ["compare", "--ensemble=bundled", "a", "b"]
    assert _with_ensemble(["run", "a", "--ensemble"]) == ["run", "a", "--ensemble=bundled"]
    assert _with_ensemble(["run", "--ensemble", "e.json", "a"]) == ["run", "--ensemble", "e.json", "a"]


def test_the_flag_ensemble_takes_a_file_of_any_name_by_what_it_holds(tmp_path):
    (tmp_path / "sets.txt").write_text(' {"format": "cmsim ensemble 1"}')
    (tmp_path / "mine.toml").write_text('title = "Mine"')
    sets, mine = str(tmp_path / "sets.txt"), str(tmp_path / "mine.toml")
    assert _with_ensemble(["run", "--ensemble", sets, "a"]) == ["run", "--ensemble", sets, "a"]
    assert _with_ensemble(["run", "--ensemble", mine]) == ["run", "--ensemble=bundled", mine]


SMALL = """
title = "A small agency"
based_on = "usual_care"
[world]
warm_up_days = 20
[world.population]
clients = 40
[agency.staff]
case_managers = 2
[run]
days = 60
[observed]
no_show = 0.22
"""


@pytest.mark.slow
def test_the_command_is_repeated_and_its_sets_are_taken_by_other_commands(command, tmp_path):
    (tmp_path / "county.toml").write_text(SMALL)
    (tmp_path / "more.toml").write_text('based_on = "county.toml"\n[service.staff]\ncase_managers = 3\n')
    words = "fit", "county.toml", "--sets", "8", "--waves", "1", "--days", "60", "--out", "fitted"
    status, printed, _ = command(*words)
    assert status == 0
    assert "Moved to fit county" in printed
    assert "never advice about a real person" in printed
    assert "already" in command(*words)[1]
    status, printed, _ = command("rerun", "fitted")
    assert (status, "tables are the same" in printed) == (0, True)
    common = "--ensemble", "fitted/ensemble.json", "--days", "40"
    sizes = "--set", "agency.caseload.size=15,30", "--minimise", "crises", "--max-replications", "100"
    for words in (
        ("run", "county.toml", *common, "--replications", "2"),
        ("compare", "county.toml", "more.toml", *common, "--replications", "2"),
        ("sensitivity", "county.toml", *common, "--points", "4"),
        ("find", "county.toml", *sizes, *common, "--replications", "2"),
    ):
        status, printed, error = command(*words, "--out", words[0])
        assert (status, error) == (0, "")
    held = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert held["ensemble"] == load_ensemble(tmp_path / "fitted" / "ensemble.json").hash
    status, printed, _ = command("rerun", "run")  # with the file that it keeps
    assert (status, "tables are the same" in printed) == (0, True)
    status, _, error = command("sensitivity", "county.toml", "--method", "morris", *common)
    assert (status, "allowed: psa" in error) == (2, True)
    assert command("run", "county.toml", "--ensemble", "no.json")[0] == 2


@pytest.mark.slow
def test_a_simulated_truth_is_found_again():
    """Figures simulated from shifted parameters, by the model itself."""
    short = {"world.population.clients": 100, "world.warm_up_days": 30, "run.days": 120}
    base = USUAL.replace({"name": "county", "agency.staff.case_managers": 4, **short})
    truth = {COMES: 0.5, VISIT: 60.0}
    shown = cmsim.repeat(base.replace(truth), 12).table.set_index("outcome")["mean"]
    figures = {name: float(shown[name]) for name in ("no_show", "recorded_contacts")}
    found = cmsim.fit(base.replace({"name": "county", "observed": figures}), sets=20, days=None)
    for key, value in truth.items():
        row = row_of(found.moved, "parameter", key)
        assert row["kept_low"] <= value <= row["kept_high"]
    # a few months of contacts leave the length of visits open, but no-shows tell the chance to keep a contact
    assert row_of(found.moved, "parameter", COMES)["kept_high"] < 1.05
