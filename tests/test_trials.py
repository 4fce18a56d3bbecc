"""Virtual trials: cohorts, measures, effects, verdicts, and descriptions that cannot be used."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cmsim.cli import app
from cmsim.core.errors import CmsimError
from cmsim.core.references import SOURCES
from cmsim.core.simtime import DAY, YEAR_DAYS
from cmsim.model.community import Community
from cmsim.outcomes import find
from cmsim.outcomes.analysis_window import with_codes
from cmsim.results.simulation import simulate
from cmsim.schema.codes import HOMELESS, INSTITUTIONS, ClientStatus, ContactKind, ContactOutcome, Phase
from cmsim.validation import costs_by_use
from cmsim.validation.trials import load_trial, run_trial, trial_names
from cmsim.validation.trials.cohort import (
    CANDIDATES,
    LOOKS_BACK,
    MEMBERS,
    Condition,
    Enrolment,
    _look_back,
    collect_columns,
    fulfil,
)
from cmsim.validation.trials.followed_people import Followed
from cmsim.validation.trials.trial_design import Target, Trial
from cmsim.validation.trials.trial_effects import EFFECTS, share_with_event, value_of
from cmsim.validation.trials.trial_measures import MEASURES
from cmsim.validation.trials.trial_result import TargetResult
from cmsim.validation.trials.trial_run import _simulate_arm
from support import small_run

pytestmark = pytest.mark.slow

SMALL = {
    "world.population.clients": 80,
    "world.warm_up_days": 100,
    "service.staff.case_managers": 4,
    "baseline.staff.case_managers": 4,
    "service.hospital.beds": 12,
    "baseline.hospital.beds": 12,
}


def small(name="antipsychotic", **changes):
    trial = load_trial(name)
    held = trial.model_dump()
    held["base"] = {**held["base"], **SMALL}
    held["base"].pop("service.staff.psychiatrists", None)
    held["base"].pop("baseline.staff.psychiatrists", None)
    return Trial.model_validate({**held, **changes})


@pytest.fixture(scope="module")
def antipsychotic():
    return run_trial(small(), replications=3, workers=1)


@pytest.mark.parametrize("name", trial_names())
def test_a_bundled_trial_can_be_read_and_its_arms_are_scenarios(name):
    trial = load_trial(name)
    assert set(trial.scenarios()) == set(trial.arms)
    for target in trial.targets.values():
        assert target.source in SOURCES
        assert target.band[0] < target.band[1]


@pytest.mark.parametrize("name", trial_names())
def test_a_bundled_trial_runs_at_smoke_size(name):
    bundled = load_trial(name).model_dump()
    # so few clients hold nobody who used hospital much
    eased = [
        {column: ">= 0" if column in LOOKS_BACK else text for column, text in where.items()}
        for where in (bundled["inclusion"]["where"], *bundled["inclusion"]["one_of"])
    ]
    days = {"recruit_days": 30, "after_days": 10}
    trial = small(
        name,
        follow_up_days=60,
        inclusion={**bundled["inclusion"], **days, "where": eased[0], "one_of": eased[1:]},
        targets={key: {**target, "days": None, "from_days": 0} for key, target in bundled["targets"].items()},
    )
    result = run_trial(trial, replications=2, workers=1)
    assert [each.name for each in result.targets] == list(trial.targets)
    assert set(result.table["verdict"]) <= {
        "in the band",
        "below the band",
        "above the band",
        "not precise enough",
        "not defined",
    }


def test_what_is_held_in_an_arm_is_missed_where_it_is_not(antipsychotic):
    assert antipsychotic["off"].estimate > antipsychotic["on"].estimate
    assert antipsychotic["hazard_ratio"].estimate > 1.0
    arms = small().model_dump()["arms"]
    arms["placebo"] = {**arms["drug"], "title": "again"}
    same = run_trial(small(arms=arms), replications=2, workers=1)
    assert same["hazard_ratio"].estimate == 1.0, "two arms that are the same give no effect at all"
    assert same["risk_ratio"].estimate == 1.0


def test_results_do_not_depend_on_the_number_of_processes(antipsychotic):
    again = run_trial(small(), replications=3, workers=2)
    assert [each.estimate for each in again.targets] == [each.estimate for each in antipsychotic.targets]


def test_measures_count_what_the_ledger_says_within_the_follow_up():
    scenario = load_trial("antipsychotic").scenarios(SMALL | {"service.staff.psychiatrists": 2})["drug"]
    run = simulate(scenario.replace({"run.days": 200}))
    rows = np.arange(60)
    day = np.full(60, 100)
    people = Followed(run, rows, day, 150)
    transitions = run.arrays("transitions")
    inside = (transitions["minute"] >= 100 * DAY) & (transitions["minute"] < 250 * DAY)
    acute = {int(each) for each in transitions["client"][inside & (transitions["to"] == Phase.ACUTE)] if each < 60}
    days = MEASURES["relapse"](people)
    here = ~np.isnan(days)
    left = run.client_columns["left_day"][:60]
    assert (here == ~(left < 100)).all(), "who left before entry is not counted"
    assert {int(row) for row in np.flatnonzero(days > 0)} == acute
    for row in np.flatnonzero(days < 0):
        gone = left[row] - 100 if left[row] < 250 else 150
        assert 0 <= -days[row] - gone <= 1 if gone < 150 else days[row] == -150.0, "leavers are censored on their day"
    assert (left[here] < 250).any(), "somebody leaves within the follow-up"
    stays = run.arrays("admissions")
    for row in range(60):
        expected = 0.0
        for each in stays[stays["client"] == row]:
            end = (300 * DAY if each["discharged"] < 0 else each["discharged"]) / DAY
            expected += max(min(end, 250.0) - max(each["minute"] / DAY, 100.0), 0.0)
        if here[row]:
            assert MEASURES["bed_days"](people)[row] == pytest.approx(expected)
    for name, each in MEASURES.items():
        assert each(people).shape == (60,), name
        assert each.measure.__doc__, name
    assert np.isnan(MEASURES["cost"](people)).all(), "no price is stated in this trial"


def test_costs_of_all_people_are_those_of_the_run():
    trial = load_trial("high-users")
    scenario = trial.scenarios(SMALL | {"run.days": 200})["usual"]
    run = simulate(scenario)
    window = run.window
    rows = np.arange(len(run.client_columns["key"]))
    people = Followed(run, rows, np.full(len(rows), window.start), window.days)
    cost = MEASURES["cost"].measure(people)
    parts = "hospital crisis residential jail".split()
    expected = sum(find(f"cost_{part}").measure(window) for part in parts) * window.client_years
    expected += costs_by_use.case_management(window) + costs_by_use.psychiatrists(window)
    assert cost.sum() == pytest.approx(expected, rel=1e-6)


def test_effects_are_those_of_worked_examples():
    a, b = np.array([1.0, 0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0, 0.0])
    assert value_of("risk", a) == 0.5
    assert value_of("risk ratio", a, b) == 2.0
    assert value_of("odds ratio", a, b) == pytest.approx(3.0)
    assert value_of("relative change", a, b) == 1.0
    assert value_of("hazard ratio", np.array([5.0, -10.0]), np.array([-10.0, 20.0])) == pytest.approx(2.0)
    assert math.isnan(value_of("risk ratio", a, np.zeros(3)))
    assert all(effect.arms in (1, 2) for effect in EFFECTS.values())


def test_no_verdict_is_given_below_the_stated_precision():
    target = Target(label="x", measure="relapse", effect="risk", arm="a", band=(0.2, 0.3), source="leucht2012")

    def verdict(estimate, error, replications=20):
        return TargetResult("x", target, estimate, error, (10,), math.nan, replications, 0.1).verdict

    assert verdict(0.25, 0.005) == "in the band"
    assert verdict(0.25, 0.02) == "not precise enough"
    assert verdict(0.4, 0.009) == "above the band"
    assert verdict(0.1, 0.009) == "below the band"
    assert verdict(0.4, 0.011) == "not precise enough", "however far off"
    assert verdict(0.25, 0.0, replications=2) == "not precise enough", "two replications do not tell the error"
    assert TargetResult("x", target, 0.2, 0.02, (10,), math.nan, 20, 0.1).needed == pytest.approx(80)
    assert verdict(math.nan, 0.0) == "not defined"


def test_conditions_are_read_and_refused():
    assert Condition.read("criticism", ">= 0.4").compare(0.5, 0.4)
    assert Condition.read("phase", "acute").value == Phase.ACUTE
    assert Condition.read("open", True).value == 1.0
    with pytest.raises(ValueError, match='allowed: "stable"'):
        Condition.read("phase", "well")
    cohort = pd.DataFrame({"row": [3, 5], "day": 10, "criticism": [0.2, 0.6]})
    assert fulfil({"criticism": ">= 0.4"}, cohort, 2).tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = [", "not TOML"),
        ('title = "x"', "question"),
        ('titel = "x"', 'did you mean "title"'),
        ('x.where.phase = "well"', "x"),
    ],
)
def test_a_description_that_cannot_be_used_is_refused_in_one_message(tmp_path, text, said):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(CmsimError, match="mine") as error:
        load_trial(path)
    assert said in str(error.value)


def test_an_unknown_trial_or_target_names_the_nearest(tmp_path):
    with pytest.raises(CmsimError, match="antipsychotic"):
        load_trial("antipsychotics")
    held = (load_trial("antipsychotic")).model_dump(exclude={"name"})
    held["targets"]["on"]["measure"] = "relaps"
    with pytest.raises(ValueError, match='did you mean "relapse"'):
        Trial.model_validate(held)


def test_the_commands(tmp_path):
    listed = CliRunner().invoke(app, ["trial", "list"])
    assert listed.exit_code == 0
    for name in trial_names():
        assert name in listed.output
    missing = CliRunner().invoke(app, ["trial", "run", "antipsychotik"])
    assert isinstance(missing.exception, CmsimError)


def test_what_is_saved_can_be_read_again(antipsychotic, tmp_path):
    place = antipsychotic.save(tmp_path / "trial")
    assert (place / "manifest.json").exists()
    assert (place / "targets.csv").exists()
    assert (place / "figure.png").stat().st_size > 10_000


@pytest.mark.parametrize("name", ["high-users", "high-users-general"])
def test_a_trial_of_costs_states_every_price_of_the_total(name):
    for arm in load_trial(name).scenarios({}).values():
        assert set(arm.world.prices.missing()) <= {"family_hour", "lost_year"}


def test_persons_give_the_estimates_and_everybody_is_counted(antipsychotic_persons, tmp_path):
    result = antipsychotic_persons
    persons = result.persons
    table = result.table.set_index("target")
    assert len(persons) == 3 * result.flow[MEMBERS]
    drug = persons[persons["arm"] == "drug"]
    assert table.loc["on", "n"] == drug["relapse_event"].notna().sum()
    rate = {arm: each["relapse_event"].sum() / each["relapse_days"].sum() for arm, each in persons.groupby("arm")}
    assert result["hazard_ratio"].estimate == pytest.approx(rate["placebo"] / rate["drug"])
    assert ((drug["relapse_event"] == 0) & (drug["relapse_days"] < 365)).any(), "leavers are censored"
    naive, censored = drug["relapse_event"].mean(), (drug["relapse_event"] == 0) & (drug["relapse_days"] < 365)
    assert naive < result["on"].estimate < naive / (1.0 - censored.mean())
    place = result.save(tmp_path / "trial", "parquet")
    again = pd.read_parquet(place / "persons.parquet")
    assert again["relapse_days"].tolist() == pytest.approx(persons["relapse_days"].tolist(), nan_ok=True)
    flow = pd.read_csv(place / "flow.csv").set_index("step")["people"]
    assert flow[CANDIDATES] - flow.drop([CANDIDATES, MEMBERS]).sum() == flow[MEMBERS]


def test_an_interaction_is_what_one_effect_leaves_of_another(antipsychotic_persons):
    persons = antipsychotic_persons.persons
    shares = {
        (arm, alone): share_with_event(
            np.where(each["relapse_event"] == 1, each["relapse_days"], -each["relapse_days"])
        )
        for (arm, alone), each in persons.groupby(["arm", "group_alone"])
    }
    first, second = (shares["placebo", alone] - shares["drug", alone] for alone in (True, False))
    result = antipsychotic_persons["interaction"]
    assert result.estimate == pytest.approx(first - second)
    assert len(result.people) == 4
    assert result.interval[0] < result.estimate < result.interval[1]


@pytest.fixture(scope="module")
def antipsychotic_persons():
    trial = small().model_dump()
    alone = {**trial["targets"]["off"], "effect": "difference", "against": "drug"}
    trial["groups"] = {"alone": {"has_family": False}, "others": {"has_family": True}}
    trial["targets"] |= {
        "of_others": {**alone, "group": "others"},
        "interaction": {**alone, "group": "alone", "compared_with": "of_others"},
    }
    return run_trial(Trial.model_validate(trial), replications=3, workers=1, persons=True)


def test_who_is_homeless_at_entry_is_not_counted_as_becoming_so():
    scenario = load_trial("antipsychotic").scenarios(SMALL | {"world.population.clients": 60})["drug"]
    run = simulate(scenario.replace({"run.days": 100}))
    people = Followed(run, np.arange(60), np.full(60, 100), 100)
    values = MEASURES["homeless"](people)
    setting, left = run.client_columns["start_setting"][:60], run.client_columns["left_day"][:60]
    without = np.isin(setting, HOMELESS) & ~(left <= 100)
    assert without.any()
    assert np.isnan(values[without]).all()
    away = np.isin(setting, INSTITUTIONS)  # their homes are known from the moves alone
    assert not np.isnan(values[~without & ~away & ~(left <= 100)]).any()
    nights = MEASURES["nights_homeless"](people)
    assert nights[without].max() > 10.0


def test_columns_that_look_back_hold_stays_that_go_on_and_need_the_days():
    trial = small("high-users")
    assert trial.scenarios()["usual"].world.warm_up_days == 730 - trial.inclusion.after_days
    community = Community(trial.scenarios()["usual"].replace({"world.warm_up_days": 100}), 0)
    while not community.hospital.stays or community.days_simulated < 5:
        community.step()
    columns = collect_columns(community)
    assert np.isnan(columns["recent_bed_days"]).all(), "two years have not been simulated"
    (row, stay), *_ = community.hospital.stays.items()
    days = community.days_simulated - stay.began / DAY
    seen = _look_back(community, YEAR_DAYS)
    assert seen["bed_days"][row] >= days > 0.0
    assert seen["admissions"][row] >= 1
    assert seen["longest"][row] >= days


def test_who_is_lost_to_the_service_is_not_served():
    often = {"relationship.disengage_rate": 1.5, "relationship.returns_rate": 0.0}
    community = small_run(days=150, **often).community
    columns, people = collect_columns(community), community.people
    lost = people.lost_on[: people.known] >= 0
    there = people.status[: people.known] != ClientStatus.LEFT
    assert (lost & there).sum() > 5
    np.testing.assert_array_equal(columns["served"].astype(bool), there & ~lost)


def test_a_trial_that_nobody_can_enter_says_which_condition_excluded_whom():
    where = {"served": True, "criticism": ">= 2"}
    trial = small(follow_up_days=5, inclusion={"where": where}, base=SMALL | {"world.warm_up_days": 5})
    targets = {key: {**each, "days": None} for key, each in trial.model_dump()["targets"].items()}
    with pytest.raises(CmsimError, match=r"nobody could enter .*; criticism >= 2 excluded \d\d"):
        run_trial(Trial.model_validate(trial.model_dump() | {"targets": targets}), replications=2, workers=1)


def test_what_is_for_members_only_reaches_nobody_else():
    trial = small("family-work", follow_up_days=120, inclusion={"where": {"has_family": True, "criticism": ">= 0.3"}})
    arms = {key: arm for key, arm in trial.arms.items() if key in ("standard", "intervention")}
    changes = {"warm_up_days": 20, "population.clients": 80}
    trial = trial.model_copy(update={"arms": arms, "base": SMALL | {f"world.{k}": v for k, v in changes.items()}})
    contacts = {}
    for limit in (("family work",), ()):
        arm = arms["intervention"].model_copy(update={"members_only": limit})
        spec = trial.scenarios()["intervention"]
        community = Community(spec, 0)
        enrolment = Enrolment("arms part", 0, trial.inclusion.where)
        trying = trial.model_copy(update={"arms": {**arms, "intervention": arm}, "targets": {}})
        run, _ = _simulate_arm(trying, "intervention", spec, community, 0, enrolment)
        members = enrolment.cohort["row"].to_numpy(dtype=int)
        rows = with_codes(run.arrays("contacts"), kind=ContactKind.FAMILY, outcome=ContactOutcome.HELD)
        late = rows["client"][rows["minute"] >= 22 * DAY]
        contacts[limit] = int(np.isin(late, members).sum()), int((~np.isin(late, members)).sum())
    assert contacts["family work",][0] > 10
    assert contacts["family work",][1] == 0
    assert contacts[()][1] > 0
