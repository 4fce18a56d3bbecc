"""The study store: what is finished stays, what changed is done anew, what is broken is told and mended."""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import cmsim
from cmsim.core.errors import CmsimError
from cmsim.core.extension import source_hash
from cmsim.experiments.study import run_key
from cmsim.experiments.study.durable_files import DiskError
from cmsim.experiments.study.run_key import model_version, run_keys, settings_digest
from cmsim.experiments.study.run_store import Row, RunStore, locked, select, stores
from cmsim.experiments.study.study_folder import sealed
from cmsim.experiments.study.study_result import load_study
from cmsim.experiments.study.study_sweep import sweep

sys.path.insert(0, str(Path(__file__).parent))

import made_up

USUAL = cmsim.load_scenario("usual_care")
VERSION = {"cmsim": "1", "code": "a"}


def one(directory, study=None, run=made_up.quick, **more):
    return sweep(study or made_up.STUDY, directory, workers=1, run=run, **more)


def tables(directory):
    return {name: (directory / f"{name}.parquet").read_bytes() for name in ("runs",)}


def done_by(monkeypatch, tmp_path, act):
    mark = tmp_path / "mark"
    mark.write_text("")
    monkeypatch.setenv("CMSIM_TEST_MARK", str(mark))
    act()
    return mark.read_text().splitlines()


def row(key, outcomes='{"value": 1.0}', **more):
    return Row(key, outcomes=outcomes, finished="2026-01-01", **more)


def test_a_run_key_changes_with_all_that_bears_on_a_run():
    plain = settings_digest(USUAL)
    base = run_keys(VERSION, plain, 1)(0)
    others = [
        run_keys({**VERSION, "code": "b"}, plain, 1)(0),
        run_keys(VERSION, settings_digest(USUAL.replace({"service.caseload.size": 20})), 1)(0),
        run_keys(VERSION, plain, 2)(0),
        run_keys(VERSION, plain, 1)(1),
    ]
    assert len({base, *others}) == 5
    assert base == run_keys(VERSION, settings_digest(USUAL.replace({"title": "Another"})), 1)(0)


def test_the_model_version_changes_with_its_code(tmp_path, monkeypatch):
    package = tmp_path / "cmsim"
    (package / "submodels").mkdir(parents=True)
    (package / "reporting").mkdir()
    for name in ("__init__.py", "submodels/illness.py", "reporting/page.py"):
        (package / name).write_text("x = 1\n")
    monkeypatch.setattr(run_key, "PACKAGE", package)

    def code():
        model_version.cache_clear()
        return model_version()["code"]

    try:
        before = code()
        (package / "reporting/page.py").write_text("x = 2\n")
        assert code() == before
        (package / "submodels/illness.py").write_text("x = 2\n")
        assert code() != before
    finally:
        monkeypatch.undo()
        model_version.cache_clear()


def test_a_policy_from_outside_is_part_of_the_key(tmp_path, monkeypatch):
    settings = {"service.titration.rule": "their_policy:Theirs"}

    class Outside:
        def flat(self):
            return settings

    module = tmp_path / "their_policy.py"
    module.write_text("x = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    first = settings_digest(Outside())
    module.write_text("x = 2\n")
    source_hash.cache_clear()
    assert settings_digest(Outside()) != first


def test_finished_runs_are_not_done_again_and_more_replications_only_add(tmp_path, monkeypatch, command):
    study = tmp_path / "study"
    assert len(done_by(monkeypatch, tmp_path, lambda: one(study, run=made_up.counted))) == 48
    assert done_by(monkeypatch, tmp_path, lambda: one(study, run=made_up.counted)) == []
    more = {**made_up.STUDY, "replications": 10}
    assert len(done_by(monkeypatch, tmp_path, lambda: one(study, more, run=made_up.counted))) == 12
    assert len(load_study(study).runs) == 60
    assert load_study(study).status().beyond == 0
    # a lever with another value: only its runs are new, and what is no longer planned is left out
    other = {**more, "levers": {"service.caseload.size": [15, 20, 30]}}
    assert len(done_by(monkeypatch, tmp_path, lambda: one(study, other, run=made_up.counted))) == 20
    assert sorted(load_study(study).runs["service.caseload.size"].unique()) == [15, 20, 30]
    told = command("study", "status", str(study))[1]
    assert "20 saved runs are of an earlier design: they are kept, and not in the tables." in told


def test_the_same_settings_reached_in_two_ways_are_one_run(tmp_path, monkeypatch):
    twin = tmp_path / "twin.toml"
    twin.write_text('based_on = "usual_care"\n')
    study = {"scenarios": ["usual_care", str(twin)], "replications": 3}
    done = done_by(monkeypatch, tmp_path, lambda: one(tmp_path / "study", study, run=made_up.counted))
    assert len(done) == 3
    runs = load_study(tmp_path / "study").runs
    assert sorted(runs["scenario"]) == ["twin"] * 3 + ["usual_care"] * 3
    assert runs["run_key"].nunique() == 3


def test_runs_are_sorted_by_key_and_pair_across_choices(tmp_path):
    runs = one(tmp_path / "study").runs
    assert list(runs["run_key"]) == sorted(runs["run_key"])
    for _, pairs in runs.groupby(["draw", "replication"]):
        assert list(pairs["choice"].sort_values()) == [0, 1, 2]
        assert pairs["world.illness.onset_rate"].nunique() == 1
    assert runs["undefined"].isna().sum() == (runs["value"] < 0.1).sum() > 0


def test_a_run_done_twice_must_come_out_equal(tmp_path):
    study = one(tmp_path / "study")
    (store,) = stores(tmp_path / "study" / "store")
    key, outcomes = next(iter(select(store, ("run_key", "outcomes"))))
    writer = RunStore(tmp_path / "study" / "store" / "another.sqlite")
    writer.save([row(key, outcomes=outcomes, host="elsewhere")])
    before = tables(study.directory)
    study.merge()
    assert tables(study.directory) == before
    writer.save([row(key, outcomes='{"value": 2.0}', host="elsewhere")])
    writer.close()
    with pytest.raises(CmsimError, match=r"done twice and came out differently.*elsewhere"):
        study.merge()


def test_what_failed_gives_way_to_what_is_done(tmp_path):
    study = one(tmp_path / "study")
    (store,) = stores(tmp_path / "study" / "store")
    key = next(iter(select(store, ("run_key",))))[0]
    writer = RunStore(tmp_path / "study" / "store" / "another.sqlite")
    writer.save([row(key, status="error", error="failed elsewhere", outcomes=None)])
    writer.close()
    assert study.status().failed == {}
    study.merge()
    assert set(load_study(study.directory).runs["status"]) == {"complete"}


def test_a_study_of_another_version_is_read_but_not_gone_on_with(tmp_path):
    directory = one(tmp_path / "study").directory
    manifest = json.loads((directory / "manifest.json").read_text())
    manifest["model"]["code"] = "0" * 32
    plan = load_study(directory).plan
    plan.version["code"] = "0" * 32
    manifest["plan"] = plan.digest
    plan.__dict__.pop("digest")
    manifest["plan"] = plan.digest
    (directory / "manifest.json").write_text(json.dumps(sealed(manifest)))
    with pytest.raises(CmsimError, match=r"another version of the model \(code there 0+, here .*ANOTHER_FOLDER"):
        one(directory)
    assert load_study(directory).manifest["model"]["code"] == "0" * 32
    manifest["format"] = "cmsim study 99"
    (directory / "manifest.json").write_text(json.dumps(sealed(manifest)))
    with pytest.raises(CmsimError, match=r"another version of cmsim \(cmsim study 99"):
        load_study(directory)


def test_an_unfinished_study_says_so(tmp_path):
    directory = one(tmp_path / "study", shard=(1, 2)).directory
    study = load_study(directory)
    assert (study.status().complete, study.status().missing) == (24, 24)
    assert len(study.runs) == 24
    with pytest.raises(CmsimError, match=r"24 of 48 runs are missing.*cmsim study resume"):
        study.merge()
    study.merge(partial=True)
    assert pq.read_metadata(directory / "runs.parquet").num_rows == 24
    assert not study.status().merged


def test_no_study_is_told_with_what_to_do(tmp_path):
    with pytest.raises(CmsimError, match=r"holds no study.*no such folder; cmsim sweep"):
        load_study(tmp_path / "nowhere")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("dear")
    with pytest.raises(CmsimError, match="holds files but no study"):
        one(tmp_path / "letters")


@pytest.mark.parametrize("part", [0.0, 0.5, 0.97])
@pytest.mark.parametrize("which", ["store", "manifest.json", "cells.parquet", "runs.parquet"])
def test_a_truncated_file_is_told_and_mended(tmp_path, which, part):
    directory = one(tmp_path / "study").directory
    before = tables(directory)
    path = stores(directory / "store")[0] if which == "store" else directory / which
    with path.open("rb+") as file:
        file.truncate(int(path.stat().st_size * part))
    if which == "store":
        study = load_study(directory)
        status = study.status(thorough=True)
        assert status.missing == 48 or status.damaged
        if part:
            with pytest.raises(CmsimError, match=r"is damaged.*cmsim study resume"):
                study.merge()
    elif which == "runs.parquet":
        assert len(load_study(directory).runs) == 48
        assert not load_study(directory).status().merged
    else:
        with pytest.raises(CmsimError, match="cmsim sweep STUDYFILE"):
            load_study(directory)
    one(directory)
    assert tables(directory) == before
    assert load_study(directory).status(thorough=True).damaged == []


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="this system limits no file sizes")
def test_a_full_disk_stops_the_sweep_and_loses_nothing(tmp_path):
    """A limit on the size of files stands for a full disk: what is saved stays, and resuming goes on."""
    directory = tmp_path / "study"
    big = {**made_up.STUDY, "replications": 40}
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, resource.RLIM_INFINITY))
        try:
            one(directory, big)
            os._exit(1)
        except DiskError as error:
            os._exit(7 if "make room" in str(error) and "cmsim study resume" in str(error) else 2)
        finally:
            os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    done = load_study(directory).status(thorough=True)
    assert 0 < done.complete < 240
    assert done.damaged == []
    one(directory, big)
    one(tmp_path / "undisturbed", big)
    assert tables(directory) == tables(tmp_path / "undisturbed")


def test_another_study_is_not_put_into_the_folder_of_one(tmp_path):
    directory = one(tmp_path / "study").directory
    with pytest.raises(CmsimError, match=r"holds another study.*none of its 48 runs.*ANOTHER_FOLDER"):
        one(directory, {**made_up.STUDY, "settings": {"run.days": 3}})
    assert load_study(directory).finished


def test_two_sweeps_of_one_study_at_a_time_are_refused(tmp_path):
    directory = one(tmp_path / "study").directory
    with locked(directory / "store", None), pytest.raises(CmsimError, match="somebody else is doing the runs"):
        one(directory)


def test_a_store_can_be_read_while_it_is_written(tmp_path):
    writer = RunStore(tmp_path / "all.sqlite")
    for i in range(3):
        writer.save([row(bytes([i]) * 16)])
        assert len(list(select(writer.path, ("run_key",)))) == i + 1
    writer.close()
