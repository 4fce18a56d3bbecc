"""What a scenario means: what holds when, what it inherits, how two differ, how large it may be."""

from __future__ import annotations

import math
import pickle
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmsim.core.errors import ScenarioError
from cmsim.scenario import loader, size_limits
from cmsim.scenario.loader import load_scenario
from cmsim.scenario.nested_settings import beyond, overlay, plain
from cmsim.scenario.parameter_sets import bundled_ensemble
from cmsim.scenario.relative_values import Relative
from cmsim.scenario.scenario import Scenario, derive, in_force
from cmsim.scenario.size_limits import check_size
from cmsim.submodels.illness import Illness
from cmsim.validation.claims.parameter_draws import draw_parameter_sets
from support import throughout

END = 365


def made(settings: dict[str, Any] | None = None, parent: Scenario | None = None) -> Scenario:
    return derive(plain(settings or {}, "made"), where="made", name="made", source="made", parent=parent)


@pytest.fixture
def usual() -> Scenario:
    return made()


@pytest.fixture
def write(tmp_path: Path):
    def to_file(text: str | bytes, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return to_file


def sizes(scenario: Scenario) -> list[tuple[int, int]]:
    return [(day, service.caseload.size) for day, service in scenario.timeline()]


def test_a_scenario_that_stands_alone_lives_its_service_from_day_0():
    alone = made({"service.caseload.size": 20, "service.staff.case_managers": 5})
    assert alone.baseline == alone.service
    assert sizes(alone) == [(0, 20)]
    assert alone.total_days == alone.world.warm_up_days + alone.run.days


def test_policies_part_at_the_end_of_the_warm_up(usual):
    small = usual.replace({"service.caseload.size": 10, "world.population.clients": 100})
    assert small.baseline == usual.baseline
    assert small.world.population.clients == 100
    assert sizes(small) == [(0, 25), (END, 10)]
    again = small.replace({"service.caseload.size": 12})
    assert sizes(again) == [(0, 25), (END, 12)]
    assert again.chain == ("made_changed", "made")


def test_a_caseload_from_the_outset_is_lived_through_the_warm_up(usual):
    small = usual.replace({"service.caseload": {"size": 10, "start": "from_outset"}, "service.titration.rule": "fixed"})
    assert small.baseline.caseload == small.service.caseload
    assert [(d, s.caseload.size, s.titration.rule) for d, s in small.timeline()] == [
        (0, 10, "responsive"),
        (END, 10, "fixed"),
    ]
    later = small.replace({"service.caseload": {"size": 30, "start": "from_day", "from_day": 500}})
    assert sizes(later)[-1] == (500, 30)
    assert later.service_on(499).caseload.size == 10


def test_a_later_caseload_leaves_the_baseline_s_until_then(usual):
    small = usual.replace(
        {
            "service.caseload": {"size": 10, "from_day": 600},
            "service.titration.pace": 0.5,
            "changes": [{"from_day": 500, "service.titration.pace": 0.1}],
        }
    )
    assert [(d, s.caseload.size, s.titration.pace) for d, s in small.timeline()] == [
        (0, 25, 0.2),
        (END, 25, 0.5),
        (500, 25, 0.1),
        (600, 10, 0.1),
    ]
    assert [small.service_on(day).caseload.size for day in (0, 599, 600, 9999)] == [25, 25, 10, 10]


def test_changes_cumulate_by_date_whatever_their_order_in_the_file(usual):
    changed = usual.replace(
        {
            "changes": [
                {"from_day": 900, "service": {"caseload": {"size": 30}}},
                {"from_day": 700, "service.caseload.size": 40, "service.staff.case_managers": 3},
                {"from_day": 1000, "service.caseload.size": 30},
            ]
        }
    )
    assert sizes(changed) == [(0, 25), (700, 40), (900, 30)]
    assert changed.service_on(900).staff.case_managers == 3
    assert [day for day, _ in changed.changes] == [700, 900, 1000]


def test_changes_are_inherited_over_other_settings_and_replaced_as_a_whole(usual):
    growing = usual.replace({"changes": [{"from_day": 700, "service.caseload.size": 40}]})
    fewer = growing.replace({"service.staff.case_managers": 3})
    assert [(d, s.caseload.size, s.staff.case_managers) for d, s in fewer.timeline()] == [
        (0, 25, 12),
        (END, 25, 3),
        (700, 40, 3),
    ]
    assert sizes(growing.replace({"changes": []})) == [(0, 25)]


def test_a_shorter_run_never_reaches_inherited_changes(usual):
    growing = usual.replace({"changes": [{"from_day": 700, "service.caseload.size": 40}]})
    assert sizes(growing.replace({"run.days": 30})) == [(0, 25)]
    with pytest.raises(ScenarioError, match=r"changes\.1\.from_day: given 700; allowed: 800"):
        growing.replace({"world.warm_up_days": 800})


def test_a_baseline_may_be_stated(usual):
    mine = usual.replace({"baseline.caseload.size": 30})
    assert sizes(mine) == [(0, 30), (END, 25)]
    alone = made({"service.caseload.size": 20, "baseline.staff.case_managers": 3})
    assert (alone.baseline.caseload.size, alone.baseline.staff.case_managers) == (20, 3)
    assert alone.service.staff.case_managers == 12


def test_the_agency_as_it_is_holds_from_day_0_and_what_is_to_change_lies_over_it(usual):
    """What an agency states is never simulated with the staff of the scenario that it is based on."""
    mine = {"staff.case_managers": 8, "caseload.size": 37, "titration.rule": "fixed", "hospital.beds": 18}
    county = usual.replace({f"agency.{key}": value for key, value in mine.items()})
    assert county.differences(usual.replace(throughout(mine))) == []
    assert [day for day, _ in county.timeline()] == [0]
    more = county.replace({"service.staff.case_managers": 13, "service.caseload.size": 20})
    assert [(d, s.staff.case_managers, s.hospital.beds) for d, s in more.timeline()] == [(0, 8, 18), (END, 13, 18)]
    assert sizes(more) == [(0, 37), (END, 20)]
    # the agency of whoever is laid over others holds throughout too
    over = more.replace({"agency.caseload.size": 30, "agency.staff.case_managers": 9})
    assert sizes(over) == [(0, 30)]


def test_a_file_of_an_agency_alone_keeps_what_is_to_change_apart(write):
    both = load_scenario(write("agency.staff.case_managers = 8\nservice.staff.case_managers = 13"))
    assert (both.baseline.staff.case_managers, both.service.staff.case_managers) == (8, 13)
    assert (both.baseline.hospital, both.baseline.caseload.size) == (both.service.hospital, 25)
    nothing = load_scenario(write("[agency]\n[service.caseload]\nsize = 20"))
    assert sizes(nothing) == [(0, 25), (END, 20)]
    written = tomllib.loads(both.to_toml())
    assert written["agency"] == {"staff": {"case_managers": 8}}
    assert written["service"] == {"staff": {"case_managers": 13}}


def test_another_rule_starts_from_its_own_defaults(usual):
    cold = usual.replace({"service.turnover.handover": {"rule": "cold", "alliance_kept": 0.3}})
    warm = cold.replace({"service.turnover.handover.rule": "warm"})
    assert warm.service.turnover.handover == made({"service.turnover.handover.rule": "warm"}).service.turnover.handover
    assert cold.replace({"service.turnover.handover.rule": "cold"}).service == cold.service
    stated = cold.replace({"service.turnover.handover": {"knowledge_kept": 0.3}})
    assert stated.service.turnover.handover.alliance_kept == 0.3


def test_no_warm_up_means_no_baseline(usual):
    mine = usual.replace({"world.warm_up_days": 0, "service.caseload.size": 10})
    assert sizes(mine) == [(0, 10)]


def test_replace_means_the_same_as_a_file(write, usual):
    write("", "usual.toml")
    from_file = load_scenario(write("based_on = 'usual.toml'\n[service.caseload]\nsize = 9\nfrom_day = 500"))
    for settings in (
        {"service.caseload.size": 9, "service.caseload.from_day": 500},
        {"service.caseload": {"size": 9, "from_day": 500}},
        {"service": {"caseload.size": np.int64(9), "caseload": {"from_day": 500}}},
        {"service.caseload": from_file.service.caseload},
    ):
        assert usual.replace(settings).differences(from_file) == []


def test_replace_takes_none_and_names(usual):
    later = usual.replace({"service.caseload.from_day": 500, "service.caseload.size": 9})
    assert later.replace({"service.caseload.from_day": None}).caseload_day == END
    assert later.name == "made_changed"
    assert later.title == "made, with service.caseload.from_day = 500, service.caseload.size = 9"
    named = usual.replace({"name": "nine", "title": "Nine", "purpose": "to see"})
    assert (named.name, named.title, named.purpose) == ("nine", "Nine", "to see")
    assert named.digest() == usual.digest()


@pytest.mark.parametrize("settings", [{"name": 3}, {"based_on": "x"}, {"run.dais": 3}, {3: 3}, {"service": None}])
def test_replace_tells_mistakes_like_a_file(usual, settings):
    with pytest.raises(ScenarioError, match=r"^replace: "):
        usual.replace(settings)


def test_flat_has_every_setting_and_the_digest_follows_it(usual):
    flat = usual.flat()
    assert flat["service.caseload.size"] == 25
    assert flat["world.warm_up_days"] == END
    assert flat["run.days"] == usual.run.days
    assert len({usual.digest(), usual.replace({"run.seed": 2}).digest()}) == 2
    assert usual.digest() == made({"service.caseload.stretch": usual.service.caseload.stretch}).digest()
    changed = usual.replace({"changes": [{"from_day": 700, "service.caseload.size": 40}]})
    assert changed.differences(usual) == [
        ("changes.1.from_day", 700, None),
        ("changes.1.service.caseload.size", 40, None),
    ]
    assert pickle.loads(pickle.dumps(changed)) == changed


ONSET = "world.illness.onset_rate"


RATE = Illness().onset_rate


@pytest.mark.parametrize(("way", "by", "value"), [("times", 1.5, 1.5 * RATE), ("plus", -0.4, RATE - 0.4)])
def test_a_fact_may_be_stated_relative_to_the_usual(usual, write, way, by, value):
    relative = usual.replace({ONSET: {way: by}})
    assert relative.world.illness.onset_rate == pytest.approx(value)
    assert relative.flat()[f"{ONSET}.{way}"] == by
    # in a file, in a file made of it, in what is based on it, until a number is stated
    assert load_scenario(write(f"[world.illness]\nonset_rate.{way} = {by}\n")).digest() == relative.digest()
    again = load_scenario(write(relative.to_toml(), "again.toml"))
    assert (again.digest(), again.relative) == (relative.digest(), relative.relative)
    assert relative.replace({"service.caseload.size": 20}).relative == relative.relative
    assert usual.replace({ONSET: value}).digest() != relative.digest()
    assert relative.replace({ONSET: 1.0}).digest() == usual.replace({ONSET: 1.0}).digest()
    # the usual is that of the scenario's parameter set
    assert relative.under({ONSET: 2.0}).world.illness.onset_rate == Relative(way, by).of(2.0)
    assert relative.under({ONSET: 2.0}).name == relative.name


def under_each(sets, spec):
    return [sets.apply_set(spec, place) for place in range(len(sets))]


def test_calibrated_sets_reach_what_is_relative_and_leave_what_is_stated(usual):
    sets = bundled_ensemble()
    stated, relative = usual.replace({ONSET: 0.8}), usual.replace({ONSET: {"times": 1.5}})
    found = [[each.world.illness.onset_rate for each in under_each(sets, spec)] for spec in (usual, stated, relative)]
    assert found[0] == [each[ONSET] for each in sets]
    assert set(found[1]) == {0.8}
    assert found[2] == pytest.approx([1.5 * value for value in found[0]])
    drawn = {draw[ONSET] for draw in draw_parameter_sets(relative, (), 2 * len(sets), sets)}
    assert sorted(drawn) == pytest.approx(sorted(set(found[2])))
    assert ONSET not in draw_parameter_sets(stated, (), 2, sets)[0]


@pytest.mark.parametrize(
    ("key", "given", "told"),
    [
        (ONSET, {"tims": 1.3}, "given a table with tims = 1.3; allowed: a number, 0 or more per year, or a table with"),
        (ONSET, {"times": "1.3"}, 'given a table with times = "1.3"; allowed'),
        (ONSET, {"times": 1.3, "plus": 1.0}, "given a table with times = 1.3, plus = 1.0; allowed"),
        (ONSET, {"times": math.inf}, "given a table with times = inf; allowed"),
        (ONSET, {}, "given a table with nothing; allowed"),
        (ONSET, {"times": -1.0}, f"given {-RATE}; allowed: a number, 0 or more per year (-1.0 times the usual)"),
        ("world.population.insight", {"times": 3.0}, "given 1.5; allowed: a number, 0 to 1 (3.0 times the usual)"),
        ("world.prices.qaly", {"times": 3.0}, "given a table with times = 3.0; allowed: a number, 0 or more per QALY"),
        ("service.caseload.size", {"times": 2.0}, "given a table; allowed: a whole number"),
    ],
)
def test_a_relative_value_that_cannot_be_is_refused_by_key(usual, key, given, told):
    with pytest.raises(ScenarioError, match=re.escape(f"{key}: {told}")):
        usual.replace({key: given})


@pytest.mark.parametrize(
    ("settings", "day"),
    [
        ({}, None),
        ({"title": "other", "run.days": 30}, None),
        ({"run.seed": 2}, 0),
        ({"world.population.clients": 20}, 0),
        ({"baseline.caseload.size": 20}, 0),
        ({"service.caseload": {"size": 9, "start": "from_outset"}}, 0),
        ({"service.caseload.start": "from_outset"}, None),
        ({"service.caseload.size": 9}, END),
        ({"service.caseload": {"size": 9, "from_day": 500}}, 500),
        ({"service.caseload.from_day": 500}, None),
        ({"changes": [{"from_day": 700, "service.caseload.size": 9}]}, 700),
        ({"changes": [{"from_day": 700, "service.caseload.size": 25}]}, None),
    ],
)
def test_the_first_day_of_difference(usual, settings, day):
    other = usual.replace(settings)
    assert other.first_difference_day(usual) == usual.first_difference_day(other) == day


_DAYS = (0, *range(END - 1, END + 22))
_PLANS = st.fixed_dictionaries(
    {},
    optional={
        "service.caseload.size": st.integers(20, 22),
        "service.caseload.from_day": st.none() | st.integers(END, END + 10),
        "service.staff.case_managers": st.integers(11, 12),
        "agency.staff.case_managers": st.integers(10, 12),
        "agency.caseload.size": st.integers(20, 22),
        "changes": st.lists(
            st.fixed_dictionaries(
                {"from_day": st.integers(END + 10, END + 20)},
                optional={"service.caseload.size": st.integers(20, 22), "service.contact.calls": st.just(2.0)},
            ),
            max_size=3,
        ),
    },
)


@given(_PLANS, _PLANS)
def test_two_scenarios_differ_first_on_the_first_day_of_difference(one, other):
    mine, theirs = made().replace(one), made().replace(other)
    differing = [d for d in _DAYS if in_force(mine.service_on(d)) != in_force(theirs.service_on(d))]
    assert mine.first_difference_day(theirs) == (differing[0] if differing else None)
    for scenario in (mine, theirs):
        days = [day for day, _ in scenario.timeline()]
        assert days[0] == 0
        assert days == sorted(set(days))
        written = derive(plain(loader.parse(scenario.to_toml(), "x"), "x"), where="x", name="x", source="x")
        assert written.differences(scenario) == []


@pytest.mark.parametrize(
    ("settings", "replications", "told"),
    [
        ({"world.population.clients": 200_001}, 1, "clients: given 200001; allowed: up to 200000 clients"),
        ({"run.days": 36_500}, 1, "run.days: given 36865; allowed: up to 36500 days"),
        ({}, 100_001, "replications: given 100001; allowed: 1 to 100000"),
        ({}, 0, "replications: given 0"),
        ({"world.population.clients": 200_000, "run.days": 20_000}, 1, "events; allowed: 2e+09 events"),
        ({"world.population.clients": 200_000, "run.days": 20_000}, 1, "GB of memory; allowed: 64 GB"),
        ({"world.population": {"growth": 1.0}, "run.days": 20_000}, 1, "about 0 clients for as long"),
    ],
)
def test_what_is_too_large_is_refused_before_a_run(usual, settings, replications, told):
    with pytest.raises(ScenarioError) as caught:
        check_size(usual.replace(settings), replications)
    assert told in str(caught.value)


def test_usual_sizes_are_allowed(usual):
    check_size(usual, 100_000)
    check_size(usual.replace({"world.population.clients": 30_000}))
    assert size_limits.people_ever(usual) > usual.world.population.clients
    flat = usual.replace({"world.population": {"referrals": 1.0, "growth": 0.0}, "run.days": 365})
    assert size_limits.people_ever(flat) == pytest.approx(3 * flat.world.population.clients)


_TABLES = st.recursive(
    st.integers(0, 2), lambda inner: st.dictionaries(st.sampled_from(["a", "b", "rule"]), inner, max_size=3)
).filter(lambda table: isinstance(table, dict))


@given(_TABLES, _TABLES)
def test_what_lies_beyond_a_table_laid_over_it_gives_the_other(table, base):
    full = overlay(base, table)
    assert overlay(base, beyond(full, base)) == full
    assert beyond(full, full) == {}
