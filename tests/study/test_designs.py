"""Study files and designs: levers and uncertainties, values and ranges, points, and every mistake in them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import cmsim
from cmsim.cli import main
from cmsim.core.errors import CmsimError
from cmsim.experiments.study.design import points
from cmsim.experiments.study.factors import Factor
from cmsim.experiments.study.plan_builder import make_plan
from cmsim.experiments.study.study_file import Design, Designs, read_study

ROOT = Path(__file__).parents[2]
SIZE = Factor("size", "lever", ("service.caseload.size",), values=(15, 25))
RULE = Factor("rule", "lever", ("service.turnover.handover.rule",), values=("cold", "warm"))
RATE = Factor("rate", "uncertainty", ("world.illness.onset_rate",), low=0.4, high=1.2)
BEDS = Factor("beds", "uncertainty", ("service.hospital.beds",), low=30, high=33, whole=True)


def plan(study, folder=Path()):
    file, where, _ = read_study({"scenarios": ["usual_care"], **study})
    return make_plan(file, where, folder)


def values(found):
    return [each.values for each in found]


def test_a_grid_crosses_every_value():
    found = points([SIZE, RULE], [RATE], Designs(uncertainties=Design(levels=2)), Path())
    assert len(found) == 8
    assert found[0].values == {"size": 15, "rule": "cold", "rate": 0.4}
    assert [(each.choice, each.draw) for each in found] == [(c, d) for c in range(4) for d in range(2)]


def test_a_latin_hypercube_has_one_draw_in_each_layer():
    designs = Designs(uncertainties=Design(kind="latin_hypercube", draws=8))
    found = points([SIZE], [RATE, BEDS], designs, Path())
    assert len(found) == 16
    rates = {each.draw: each.values["rate"] for each in found}
    assert sorted(int((rate - 0.4) / 0.1) for rate in rates.values()) == list(range(8))
    assert {each.values["beds"] for each in found} == {30, 31, 32, 33}
    # the same draws under both choices
    for choice in (0, 1):
        assert {each.draw: each.values["rate"] for each in found if each.choice == choice} == rates
    assert values(found) == values(points([SIZE], [RATE, BEDS], designs, Path()))


def test_a_sobol_sample_needs_a_power_of_two():
    found = points([], [RATE, BEDS], Designs(uncertainties=Design(kind="sobol", draws=16)), Path())
    assert len(found) == 16
    assert np.mean([each.values["rate"] for each in found]) == pytest.approx(0.8, abs=0.02)
    with pytest.raises(CmsimError, match=r"given 20; allowed for sobol: a power of two, such as 16 or 32"):
        points([], [RATE], Designs(uncertainties=Design(kind="sobol", draws=20)), Path())


def test_one_at_a_time_changes_one_thing():
    found = points([SIZE], [RATE], Designs(together=Design(kind="one_at_a_time")), Path())
    assert values(found) == [{}, {"size": 15}, {"size": 25}, {"rate": 0.4}, {"rate": 1.2}]
    assert [(each.choice, each.draw) for each in found] == [(0, 0), (1, 0), (2, 0), (0, 1), (0, 2)]


def test_a_list_comes_from_rows_or_from_a_csv_file(tmp_path):
    rows = ({"size": 15, "rule": "cold"}, {"size": 25, "rule": "warm"})
    assert values(points([SIZE, RULE], [], Designs(levers=Design(kind="list", rows=rows)), Path())) == list(rows)
    (tmp_path / "points.csv").write_text("\ufeffsize, rule\n15,cold\n\n25,warm\n")
    design = Designs(levers=Design(kind="list", file="points.csv"))
    assert values(points([SIZE, RULE], [], design, tmp_path)) == list(rows)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("size,rules\n15,cold\n", r'given "rules", which is no factor.*did you mean "rule"'),
        ("size\n15\n", r'row 2: "rule": given nothing'),
        ("size,rule\n15\n", r"row 2: given 1 cells; allowed: 2"),
        ("size,rule\n", "given a list without rows"),
        ("", "points.csv is empty"),
        ("size,rule\n15,cold\n15,cold\n", "row 3: given the same values as .*row 2"),
    ],
)
def test_a_mistake_in_a_csv_file_is_told_with_its_row(tmp_path, text, said):
    (tmp_path / "points.csv").write_text(text)
    with pytest.raises(CmsimError, match=said):
        points([SIZE, RULE], [], Designs(levers=Design(kind="list", file="points.csv")), tmp_path)


def test_a_csv_file_outside_the_folder_is_refused(tmp_path):
    for name in ("../points.csv", "/etc/passwd"):
        with pytest.raises(CmsimError, match="inside the folder"):
            points([SIZE], [], Designs(levers=Design(kind="list", file=name)), tmp_path)


def test_a_range_is_the_declared_one_unless_stated():
    found = plan(
        {
            "uncertainties": {"world.illness.onset_rate": {}, "beds": {"keys": ("agency.hospital.beds",), "high": 60}},
            "design": {"uncertainties": {"kind": "grid", "levels": 2}},
        }
    )
    onset, beds = found.factors
    declared = {
        each.key: each.evidence
        for each in cmsim.core.parameters.parameters(found.scenarios["usual_care"].world, "world")
    }
    evidence = declared["world.illness.onset_rate"]
    assert (onset.low, onset.high) == (evidence.low, evidence.high)
    assert (beds.low, beds.high, beds.whole) == (10, 60, True)
    scenario = found.scenario(found.cells.num_rows - 1)
    assert scenario.service.hospital.beds == scenario.baseline.hospital.beds
    assert scenario.world.illness.onset_rate in (evidence.low, evidence.high)


def test_a_policy_is_a_factor_and_a_cell_shows_every_value():
    found = plan(
        {
            "levers": {
                "titration": {
                    "key": "service.titration",
                    "values": ({"rule": "responsive"}, {"rule": "fixed", "level": 0.4}),
                }
            },
            "uncertainties": {"world.illness.onset_rate": (0.5, 0.7)},
            "design": {"together": "one_at_a_time"},
        }
    )
    cells = found.cells.to_pandas()
    assert len(cells) == 5
    assert (
        cells["world.illness.onset_rate"].tolist().count(cmsim.load_scenario("usual_care").world.illness.onset_rate)
        == 3
    )
    assert found.scenario(int(cells.index[cells["choice"] == 2][0])).service.titration.level == 0.4


def test_cells_that_share_a_beginning_stand_together_and_shards_part_them_whole():
    found = plan(
        {
            "replications": 3,
            "levers": {"service.caseload.size": tuple(range(10, 20))},
            "uncertainties": {"world.illness.onset_rate": (0.5, 0.7)},
            "design": {"uncertainties": "grid"},
        }
    )
    blocks = found.cells.to_pandas().groupby("block")
    assert sorted(len(block) for _, block in blocks) == [2, 2, 8, 8]
    assert all(block["world.illness.onset_rate"].nunique() == 1 for _, block in blocks)
    parts = [found.in_shard((k, 5)) for k in range(1, 6)]
    assert (np.sum(parts, axis=0) == 1).all()
    units = found.order.unit
    assert all(len(set(units[part]) & set(units[~part])) == 0 for part in parts)
    assert len(np.unique(found.keys)) == found.runs == 60


@pytest.mark.parametrize(
    ("study", "said"),
    [
        (
            {"levers": {"service.caselod.size": (1, 2)}},
            r'levers."service.caselod.size": .*did you mean "service.caseload"',
        ),
        ({"levers": {"service.caseload.size": ()}}, "given an empty list; allowed: one value or more"),
        ({"levers": {"service.caseload.size": 15}}, "given 15; allowed: a list of values"),
        ({"levers": {"service.caseload.size": (15, "x")}}, r'given "x"; allowed: a whole number, 1 to 1000 clients'),
        ({"levers": {"service.caseload.size": (15, 15)}}, "allowed: values that differ"),
        ({"levers": {"world.illness.onset_rate": {}}}, "cannot be chosen by planners; name it under"),
        ({"levers": {"run.seed": (1, 2)}}, "draws are paired by their seed"),
        ({"levers": {"service.caseload.closure": {}}}, "service.caseload.closure has no declared range"),
        ({"levers": {"service.caseload.size": {"low": 30, "high": 20}}}, "allowed: low below high"),
        ({"levers": {"service.caseload.size": {"lo": 30}}}, r'given "lo" in the table.*did you mean "low"'),
        ({"levers": {"service.caseload.size": {"low": 0, "high": 20}}}, "given 0; allowed: a whole number, 1 to 1000"),
        ({"levers": {"crises": {"key": "service.caseload.size"}}}, "is the name of a column"),
        ({"uncertainties": {"world.illness.onset_rate": {}}}, "design.uncertainties: given nothing; allowed: such as"),
        ({"design": {"levers": "grid"}}, "there are no levers; name some under"),
        (
            {"levers": {"service.caseload.size": {}}, "design": {"levers": {"kind": "sobol"}}},
            "levers.draws: given nothing",
        ),
        (
            {"levers": {"service.caseload.size": {}}, "design": {"levers": {"draws": 4}}},
            r'draws: given 4 for kind = "grid"',
        ),
        ({"levers": {"service.caseload.size": {}}, "design": {"levers": {"kind": "grd"}}}, r'did you mean "grid"'),
        ({"levers": {"service.caseload.size": {}}, "design": {"levers": {"kind": "list", "rows": ()}}}, "without rows"),
        ({"scenarios": ()}, "scenarios"),
        ({"scenarios": ("usual_car",)}, r'did you mean "usual_care"'),
        ({"scenarios": ("usual_care", "usual_care")}, "named twice"),
        ({"replications": 0}, "replications: given 0; allowed: a whole number, 1 to 100000"),
        ({"keep": {"outcomes": ("crisis",)}}, r'unknown outcome "crisis".*did you mean "crises"'),
        ({"settings": {"world.populaton.clients": 3}}, r'settings: .*did you mean "world.population"'),
        ({"settings": {"world.population.clients": 10**6}}, "allowed: up to 200000 clients"),
        ({"leevers": {}}, r'leevers: unknown key.*did you mean "levers"'),
    ],
)
def test_a_mistake_in_a_study_is_told_before_anything_is_run(study, said):
    with pytest.raises(CmsimError, match=said):
        plan(study)


def test_too_many_points_are_refused():
    levers = {f"service.contact.{name}": {} for name in ("calls", "spread", "in_vivo", "retry", "family_days")}
    with pytest.raises(CmsimError, match=r"given 3,200,000 points; allowed: up to 1,000,000"):
        plan({"levers": levers, "design": {"levers": {"kind": "grid", "levels": 20}}})


def test_scenarios_with_other_seeds_cannot_be_paired(tmp_path):
    (tmp_path / "other.toml").write_text('based_on = "usual_care"\n[run]\nseed = 7\n')
    with pytest.raises(CmsimError, match=r"cannot be paired: run\.seed is 1 in one and 7 in the other"):
        plan({"scenarios": ("usual_care", "other.toml")}, tmp_path)


STUDIES = sorted((ROOT / "experiments").glob("*.toml"))


@pytest.mark.slow
@pytest.mark.parametrize("file", STUDIES, ids=lambda path: path.stem)
def test_a_study_of_the_experiments_runs_at_smoke_size(file, tmp_path, monkeypatch, capsys):
    small = ["world.population.clients=6", "world.warm_up_days=5", "run.days=5"]
    small += [f"{part}.staff.case_managers=1" for part in ("service", "baseline")]
    out = str(tmp_path / "study")
    words = ["cmsim", "sweep", str(file), "--out", out, "--workers", "1", "--replications", "1"]
    for setting in small:
        words += ["--set", setting]

    def told(*words):
        monkeypatch.setattr(sys, "argv", list(words))
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code in (None, 0)
        return capsys.readouterr().out

    monkeypatch.setenv("COLUMNS", "300")  # paths are not broken, wherever the tests run
    planned = told(*words, "--check")
    assert "1 replications each: 48 runs" in planned
    assert not (tmp_path / "study").exists()
    assert "48 of 48 runs are complete" in told(*words)
    assert "48 of 48 runs are complete" in told("cmsim", "study", "status", out)
    assert "runs.parquet" in told("cmsim", "study", "merge", out)
    assert "48 of 48" in told("cmsim", "study", "resume", out)
    study = cmsim.load_study(out)
    assert study.status().failed == {}
    apart = study.runs.pivot_table(index=["draw", "replication"], columns="service.caseload.size", values="staff_hours")
    assert apart.shape == (16, 3)


def test_the_study_of_the_guide_can_be_planned(tmp_path):
    import re

    text = (ROOT / "docs" / "studies.md").read_text()
    (block,) = re.findall(r"^```toml\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    assert "draws = 100" in block
    (tmp_path / "guide.toml").write_text(block.replace("draws = 100", "draws = 5"))
    file, where, folder = read_study(tmp_path / "guide.toml")
    assert make_plan(file, where, folder).runs == 3 * 2 * 5 * 10
