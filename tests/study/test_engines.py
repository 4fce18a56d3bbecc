"""Engines: the same tables from all of them, and no sweep is lost to one bad run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

import cmsim
from cmsim.core.errors import CmsimError
from cmsim.experiments import executors
from cmsim.experiments.executors import choose_engine
from cmsim.experiments.study.study_result import load_study
from cmsim.experiments.study.study_sweep import resume, sweep

sys.path.insert(0, str(Path(__file__).parent))

import made_up
from kills import acknowledged, wait_for_more, workers_of

pytestmark = pytest.mark.system

SMALL = {
    "scenarios": ["usual_care"],
    "replications": 2,
    "settings": {
        "world.population.clients": 40,
        "world.warm_up_days": 40,
        "run.days": 30,
        "service.staff.case_managers": 2,
        "baseline.staff.case_managers": 2,
    },
    "levers": {"service.caseload.size": [15, 25], "service.turnover.handover.rule": ["cold", "warm"]},
    "uncertainties": {"world.illness.onset_rate": {"values": [0.6, 1.0]}},
    "design": {"uncertainties": "grid"},
    "keep": {"courses": True, "events": True},
}
"""16 runs of the model itself, with event logs; four choices share each beginning."""


LEVERS_ONLY = {**made_up.STUDY, "uncertainties": {}, "design": {}}
"""24 made-up runs."""


def content(directory):
    """Return everything that must be equal, byte for byte: tables and event logs."""
    files = [directory / f"{name}.parquet" for name in ("runs", "groups", "spreads", "courses")]
    files += (directory / "events").rglob("*.parquet")
    return {str(path.relative_to(directory)): path.read_bytes() for path in sorted(files)}


@pytest.fixture(scope="module")
def in_process(tmp_path_factory):
    directory = tmp_path_factory.mktemp("in-process") / "study"
    study = sweep(SMALL, directory, workers=1)
    assert len(content(directory)) == 4 + 16
    return study


def test_local_processes_give_the_same_tables(in_process, tmp_path):
    study = sweep(SMALL, tmp_path / "study", workers=2)
    assert study.status().files >= 1
    assert content(study.directory) == content(in_process.directory)


def test_shards_give_the_same_tables(in_process, tmp_path):
    sweep(SMALL, tmp_path / "here", workers=1, shard=(2, 3))
    sweep(SMALL, tmp_path / "here", workers=1, shard=(1, 3))
    assert not load_study(tmp_path / "here").finished
    sweep(SMALL, tmp_path / "elsewhere", workers=1, shard=(3, 3))
    study = load_study(tmp_path / "here")
    study.merge([tmp_path / "elsewhere"])
    assert content(study.directory) == content(in_process.directory)
    with pytest.raises(CmsimError, match="another study"):
        study.merge([sweep(made_up.STUDY, tmp_path / "other", workers=1, run=made_up.quick).directory])


def test_a_run_of_a_study_is_the_run_of_its_scenario(in_process):
    row = in_process.runs.iloc[5]
    scenario = in_process.scenario(row["scenario"], row["choice"], row["draw"])
    alone = cmsim.simulate(scenario, row["replication"])
    assert alone.digest() == row["digest"]
    measured = alone.outcomes()
    for name in in_process.outcomes:
        assert row[name] == measured[name] or (row[name] != row[name] and measured[name] != measured[name])
    told, lived = in_process.events(row["run_key"]), alone.events
    assert list(told["what"]) == list(lived["what"])
    assert list(told["day"]) == list(lived["day"])
    assert scenario.service.caseload.size == row["service.caseload.size"]


def test_a_damaged_event_log_is_told_and_its_run_done_again(in_process, tmp_path):
    directory = tmp_path / "study"
    shutil.copytree(in_process.directory, directory)
    broken, gone, *_ = sorted((directory / "events").rglob("*.parquet"))
    with broken.open("rb+") as file:
        file.truncate(100)
    gone.unlink()
    study = load_study(directory)
    assert (
        sum(path in damage for damage in study.status(thorough=True).damaged for path in (str(broken), str(gone))) == 2
    )
    with pytest.raises(CmsimError, match="damaged or missing; its run can be done again: cmsim study resume"):
        study.merge()
    assert resume(directory, workers=1).status(thorough=True).damaged == []
    assert content(directory) == content(in_process.directory)


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    import dask

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
        ) as cluster,
    ):
        yield cluster


@pytest.mark.filterwarnings("ignore")
def test_dask_gives_the_same_tables_though_a_worker_is_killed(in_process, tmp_path, cluster):
    before = {worker.pid for worker in cluster.workers.values()}
    victim = min(before)

    def kill():
        while not acknowledged(tmp_path / "study"):
            time.sleep(0.01)
        os.kill(victim, signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    study = sweep(SMALL, tmp_path / "study", scheduler=cluster.scheduler_address)
    killer.join()
    assert content(study.directory) == content(in_process.directory)
    assert victim not in {worker.pid for worker in cluster.workers.values()}


@pytest.mark.filterwarnings("ignore")
def test_dask_isolates_a_run_that_ends_its_process(tmp_path, cluster):
    study = sweep(LEVERS_ONLY, tmp_path / "study", scheduler=cluster.scheduler_address, run=made_up.poisonous)
    assert study.status().failed == {"quarantined": 1}
    assert study.status().complete == 23


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_is_given_up_after_long_without_a_sign_of_a_worker(cluster, monkeypatch):
    with cluster.get_client() as client:
        client.wait_for_workers(1, timeout=60)  # another test may have ended them
    clock = [0.0]
    monkeypatch.setattr(executors, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    engine = choose_engine(scheduler=cluster.scheduler_address)()
    try:
        monkeypatch.setattr(engine._client, "nthreads", dict)
        # between the first two checks workers came back, did what was sent for a quarter of an hour, and went again
        for clock[0], silence in ((100.0, 100.0), (1000.0, 5.0), (1110.0, 115.0)):
            engine.check(silence)
        clock[0] = 1120.0
        with pytest.raises(CmsimError, match="had no workers for 120 seconds"):
            engine.check(125.0)
    finally:
        engine.close(kill=True)


@pytest.mark.parametrize("workers", [1, 2])
def test_errors_and_limits_become_rows(tmp_path, workers):
    study = {**made_up.STUDY, "limits": {"seconds": 0.2}}
    found = sweep(study, tmp_path / "study", workers=workers, run=made_up.fallible)
    assert found.status().failed == {"error": 6, "time limit": 6}
    assert found.status().complete == 36
    failures = found.failures.set_index("replication")
    assert set(failures.loc[3, "error"]) == {"ArithmeticError: nothing to divide by"}
    assert set(failures.loc[5, "error"]) == {"more than 0.2 seconds"}
    traces = found.circumstances.set_index("run_key")["trace"]
    assert "made_up.py" in traces[failures.loc[3, "run_key"].iloc[0]]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_event_limit_ends_a_run_of_the_model(tmp_path, workers):
    study = {**SMALL, "replications": 1, "keep": {}, "limits": {"events": 2_000}}
    found = sweep(study, tmp_path / "study", workers=workers)
    assert found.status().failed == {"event limit": 8}
    assert set(found.failures["error"]) == {"more than 2000 events"}
    found = resume(tmp_path / "study", workers=1)
    assert found.status().failed == {"event limit": 8}
    more = {**study, "limits": {"events": 2_000_000}}
    assert sweep(more, tmp_path / "study", workers=workers, retry=True).status().complete == 8


def test_a_run_that_ends_its_process_is_isolated_and_recorded(tmp_path):
    study = sweep(LEVERS_ONLY, tmp_path / "study", workers=2, run=made_up.poisonous)
    assert study.status().failed == {"quarantined": 1}
    assert study.status().complete == 23
    failures = study.failures
    assert set(zip(failures["replication"], failures["service.caseload.size"], strict=True)) == {(4, 20)}
    assert failures["error"].str.contains("ended 2 times while it ran alone").all()


def test_a_process_killed_once_costs_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("CMSIM_TEST_MARK", str(tmp_path / "mark"))
    study = sweep(LEVERS_ONLY, tmp_path / "study", workers=2, run=made_up.unlucky)
    assert (tmp_path / "mark").exists()
    assert (study.status().complete, study.status().failed) == (24, {})


def test_a_worker_with_another_version_is_refused(tmp_path, monkeypatch):
    from cmsim.experiments.study import run_job

    monkeypatch.setattr(run_job, "model_version", lambda: {"cmsim": "another"})
    with pytest.raises(CmsimError, match="another version of the model than the study"):
        sweep(made_up.STUDY, tmp_path / "study", workers=1, run=made_up.quick)


def ignore_interrupts():
    """Do as a script's shell does to what it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.mark.parametrize(("asked", "background"), [(signal.SIGINT, False), (signal.SIGTERM, True)])
def test_a_stop_is_clean_and_says_how_to_go_on(tmp_path, asked, background):
    file = tmp_path / "study.toml"
    file.write_text(
        'scenarios = ["usual_care"]\nreplications = 40\n[settings]\n"world.population.clients" = 60\n'
        '"world.warm_up_days" = 60\n"run.days" = 200\n'
    )
    command = [sys.executable, "-m", "cmsim", "sweep", str(file), "--out", str(tmp_path / "out"), "--workers", "2"]
    driver = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=ignore_interrupts if background else None,
    )
    wait_for_more(tmp_path / "out", driver)
    driver.send_signal(asked)
    _, told = driver.communicate(timeout=60)
    assert driver.returncode == 130, told
    assert told.strip().splitlines() == [
        f"cmsim: stopped; all complete runs are saved. To resume: cmsim study resume {tmp_path / 'out'}"
    ]
    status = load_study(tmp_path / "out").status(thorough=True)
    assert 0 < status.complete < 40
    assert not status.damaged


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc")
@pytest.mark.parametrize("after", [0.0, 0.3, 1.0])
def test_ctrl_c_at_a_terminal_reaches_workers_that_start_and_none_of_them_says_so(tmp_path, after):
    """A terminal sends Ctrl-C to all processes of the group at once, those that have only just begun too."""
    file = tmp_path / "study.toml"
    file.write_text(
        'scenarios = ["usual_care"]\nreplications = 4000\n[settings]\n"world.population.clients" = 20\n'
        '"world.warm_up_days" = 40\n"run.days" = 40\n'
    )
    words = ["sweep", str(file), "--out", str(tmp_path / "out"), "--workers", "2"]
    driver = subprocess.Popen(
        [sys.executable, "-m", "cmsim", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        while driver.poll() is None and not workers_of(driver.pid):
            time.sleep(0.01)
        time.sleep(after)
        os.killpg(driver.pid, signal.SIGINT)
        _, told = driver.communicate(timeout=60)
    except BaseException:  # a sweep that went on would slow all tests after it
        os.killpg(driver.pid, signal.SIGKILL)
        raise
    assert driver.returncode == 130, told
    assert told.strip().splitlines() == [
        f"cmsim: stopped; all complete runs are saved. To resume: cmsim study resume {tmp_path / 'out'}"
    ]


def test_engines_are_chosen_by_name():
    assert choose_engine(workers=1)().workers == 1
    assert choose_engine("local", 3)().workers == 3
    with pytest.raises(CmsimError, match=r'given "locl"; allowed: local, in-process, dask; did you mean "local"'):
        choose_engine("locl")
    with pytest.raises(CmsimError, match="allowed: a whole number, 1 and up"):
        choose_engine("local", 0)
    with pytest.raises(CmsimError, match="allowed: dask"):
        choose_engine("local", 2, "tcp://127.0.0.1:1")
