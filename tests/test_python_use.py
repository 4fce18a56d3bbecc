"""cmsim as other Python packages are used: what it takes, how it shows itself, where it runs."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

import cmsim
from cmsim.core import compilation
from cmsim.core.former_names import FormerNameWarning

PACKAGE = Path(__file__).parents[1]
SIZE = {"world.population.clients": 20, "world.warm_up_days": 35, "run.days": 28}
SIZE |= {f"{part}.staff.case_managers": 2 for part in ("baseline", "service")}


@cache
def scenarios():
    usual = cmsim.load_scenario("usual_care").replace({**SIZE, "name": "usual"})
    return usual, usual.replace({"service.caseload.size": 15, "name": "small"})


@cache
def comparison():
    return cmsim.compare(*scenarios(), replications=2, workers=1)


@cache
def repeated():
    return cmsim.repeat(scenarios()[0], 2, workers=1)


@cache
def uncertainty():
    return cmsim.uncertainty(
        scenarios()[0], draws=2, replications=2, only=["world.illness.onset_rate"], outcomes=["crises"], workers=1
    )


def test_a_scenario_its_name_and_its_path_stand_for_one_another(tmp_path):
    usual, _ = scenarios()
    path = tmp_path / "usual.toml"
    path.write_text(usual.to_toml())
    digests = {cmsim.simulate(each).digest() for each in (usual, path, str(path))}
    assert len(digests) == 1
    assert cmsim.load_scenario(usual) is usual
    assert cmsim.repeat(path, np.int64(1), workers=1.0).runs[0].digest in digests
    with pytest.raises(cmsim.CmsimError, match=r"given 7; allowed: a scenario, a name, or a path"):
        cmsim.compare("usual_care", 7)
    with pytest.raises(cmsim.CmsimError, match='did you mean "usual_care"'):
        cmsim.compare("usual_car", "small_caseload")


@pytest.mark.parametrize("size", [20, 20.0, np.float64(20.0), np.int32(20), np.float32(20.0)])
def test_whole_numbers_may_be_floats_or_of_numpy(size):
    usual, _ = scenarios()
    changed = usual.replace({"service.caseload.size": size})
    assert changed.service.caseload.size == 20
    assert type(changed.service.caseload.size) is int


def test_what_is_not_whole_is_refused():
    usual, _ = scenarios()
    with pytest.raises(cmsim.ScenarioError, match=r"service.caseload.size: given 20.5; allowed: a whole number"):
        usual.replace({"service.caseload.size": np.float64(20.5)})
    for given in (1.5, float("nan"), float("inf"), True, "3", None):
        with pytest.raises(cmsim.CmsimError, match=r"replications: given .*; allowed: a whole number, 1 and up"):
            cmsim.repeat(usual, given)
    with pytest.raises(cmsim.CmsimError, match=r"run.seed: given 7.5; allowed: a whole number"):
        cmsim.run(usual, 7.5)


def test_the_former_name_of_workers_is_read_with_a_note():
    with pytest.warns(FormerNameWarning, match="n_jobs is now called workers"):
        found = cmsim.repeat(scenarios()[0], 1, n_jobs=1)
    assert found.replications == 1
    with pytest.raises(cmsim.CmsimError, match="also given as n_jobs"):
        cmsim.repeat(scenarios()[0], 1, n_jobs=1, workers=1)


def test_progress_shows_a_bar_or_tells_a_function(capsys):
    told = []
    cmsim.repeat(scenarios()[0], 2, workers=1, progress=lambda *done: told.append(done))
    assert told[-1] == (2, 2)
    assert capsys.readouterr().err == ""
    cmsim.repeat(scenarios()[0], 2, workers=1, progress=True)
    assert "usual: 100%" in capsys.readouterr().err


def test_every_public_object_shows_itself_briefly_and_as_a_table():
    usual, _ = scenarios()
    shown = [usual, comparison(), repeated(), uncertainty(), cmsim.simulate(usual), cmsim.OUTCOMES]
    shown += [cmsim.OUTCOMES["crises"], cmsim.parse_precision(["5%"])]
    for each in shown:
        assert repr(each).startswith("<cmsim.")
        assert len(repr(each)) < 160
        assert "<table" in each._repr_html_()
        assert len(each._repr_html_()) < 40_000
    assert "small against usual, 2 replications" in repr(comparison())
    assert "<td>Relapse" in comparison()._repr_html_().replace(' style="text-align: left"', "")


def test_a_study_takes_paths_and_whole_floats_and_shows_itself(tmp_path):
    path = tmp_path / "usual.toml"
    path.write_text(scenarios()[0].to_toml())
    stated = {"scenarios": [path], "replications": 1.0, "levers": {"service.caseload.size": [15, 25.0]}}
    study = cmsim.sweep(stated, tmp_path / "study", workers=np.int64(1))
    assert repr(study) == f"<cmsim.Study: study, 2 runs planned, in {tmp_path / 'study'}>"
    assert "<td" in study._repr_html_()
    pytest.importorskip("xarray", reason='pip install "cmsim[xarray]" brings it')
    found = study.to_xarray().set_index(run=["scenario", "choice", "draw", "replication"]).unstack("run")
    assert dict(found["crises"].sizes) == {"scenario": 1, "choice": 2, "draw": 1, "replication": 1}


def test_what_a_notebook_shows_of_text_is_text():
    named = scenarios()[0].replace({"title": "<script>alert(1)</script>", "name": "<b>"})
    assert "<script" not in named._repr_html_()
    assert "<b>," not in named._repr_html_()


def test_figures_show_in_a_notebook_without_a_word_to_matplotlib():
    for figure in (comparison().plot(), repeated().plot(), uncertainty().plot()):
        assert figure._repr_png_().startswith(b"\x89PNG")


def titles(figure):
    return [title for axis in figure.findobj(Axes) if (title := axis.get_title(loc="left"))]


@pytest.mark.parametrize("result", [comparison, repeated])
def test_a_figure_shows_the_outcomes_asked_for(result):
    assert titles(result().plot(outcomes=["crises", "ill"])) == ["Crises", "Acutely ill or in hospital (% of clients)"]
    assert titles(result().plot(outcomes="crises")) == ["Crises"]
    with pytest.raises(cmsim.CmsimError, match='unknown outcome "crisis"; did you mean "crises"'):
        result().plot(outcomes=["crisis"])


def test_a_figure_of_an_analysis_shows_the_outcomes_asked_for():
    assert titles(uncertainty().plot(outcomes=["crises"])) == ["Crises"]
    with pytest.raises(cmsim.CmsimError, match='"relapses" was not analysed'):
        uncertainty().plot(outcomes=["relapses"])


def test_tables_are_wide_or_long_and_go_to_arrow(tmp_path):
    wide, long = comparison().replication_table, comparison().long_table
    assert set(wide["scenario"]) == {"usual", "small", "usual (placebo run)"}
    back = long.pivot(index=["scenario", "replication"], columns="outcome", values="value").reset_index()
    assert len(long) == len(wide) * len(cmsim.OUTCOMES)
    pd.testing.assert_series_equal(
        back.sort_values(["scenario", "replication"])["crises"].reset_index(drop=True),
        wide.sort_values(["scenario", "replication"])["crises"].reset_index(drop=True),
    )
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(comparison().to_arrow(), tmp_path / "runs.parquet")
    read = parquet.read_table(tmp_path / "runs.parquet")
    assert read.schema.field("crises").metadata[b"unit"] == b"per client-year"
    assert read.to_pandas()["digest"].tolist() == wide["digest"].tolist()
    assert comparison().to_arrow(long=True).num_rows == len(long)


def test_results_go_to_xarray_with_labels_and_units():
    pytest.importorskip("xarray", reason='pip install "cmsim[xarray]" brings it')
    found = comparison().to_xarray()
    assert dict(found["crises"].sizes) == {"scenario": 3, "replication": 2}
    assert found["crises"].attrs == {"long_name": "Crises", "units": "per client-year"}
    assert float(found["crises"].sel(scenario="small", replication=1)) == comparison().runs[1][1].outcomes["crises"]
    assert dict(found["weekly_ill"].sizes) == {"scenario": 3, "replication": 2, "week": 9}
    assert found["weekly_ill"].sel(scenario="usual (placebo run)").isnull().all()
    assert np.array_equal(found["weekly_ill"].sel(scenario="small"), comparison().series("ill")["small"])
    assert dict(repeated().to_xarray()["crises"].sizes) == {"scenario": 1, "replication": 2}
    drawn = uncertainty().to_xarray()
    assert drawn["crises"].dims == ("draw", "replication")
    assert np.array_equal(drawn["world.illness.onset_rate"], uncertainty().draws[:, 0])
    assert cmsim.simulate(scenarios()[0]).to_xarray().sizes["day"] == 63


def test_threads_simulate_side_by_side():
    usual, small = scenarios()
    alone = [cmsim.simulate(each).digest() for each in (usual, small)]
    found, before = {}, gc.get_threshold()
    threads = [
        threading.Thread(target=lambda each=each, i=i: found.update({i: cmsim.simulate(each).digest()}))
        for i, each in enumerate((usual, small) * 2)
    ]
    threads.append(threading.Thread(target=lambda: found.update(compared=cmsim.compare(usual, small, replications=2))))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[i] for i in range(4)] == alone * 2
    assert found["compared"].table.equals(comparison().table)
    assert gc.get_threshold() == before


PROGRAM = f"""
import multiprocessing, sys
import cmsim

usual = cmsim.load_scenario("usual_care").replace({SIZE})

def digest(replication):
    return cmsim.simulate(usual, replication).digest()

if __name__ == "__main__":
    found = [digest(0), digest(1)]
    if len(sys.argv) > 1:
        with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
            found = pool.map(digest, [0, 1])
    else:
        found = [run.digest for run in cmsim.repeat(usual, 2, workers=2).runs]
    print(*found)
"""


@pytest.fixture(scope="module")
def usual_words(tmp_path_factory):
    return printed(tmp_path_factory.mktemp("usual"))


def printed(folder, *words, flags=(), before=(), **env):
    """Run the program above in a folder; returns what it printed, and refuses any word on standard error."""
    script = folder / "program.py"
    script.write_text(PROGRAM)
    kept = compilation.folder()  # compiled code of the usual home, as compiling it again takes long
    cache = {"CMSIM_CACHE": str(Path(kept).parents[1])} if kept else {}
    env = {**os.environ, "PYTHONPATH": str(PACKAGE), **cache, **env}
    words = [*before, sys.executable, *flags, str(script), *words]
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=900)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.system
@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_processes_of_one_s_own_run_it(tmp_path, usual_words, method):
    assert printed(tmp_path, method) == usual_words


@pytest.mark.system
def test_it_runs_without_docstrings_and_assertions(tmp_path, usual_words):
    assert printed(tmp_path, flags=["-OO"]) == usual_words


@pytest.mark.system
@pytest.mark.skipif(sys.platform != "linux", reason="needs namespaces of Linux")
@pytest.mark.parametrize("line", ["mount -t tmpfs -o ro none /dev/shm", "mount -t tmpfs -o ro none $HOME"])
def test_it_runs_where_little_can_be_written(tmp_path, usual_words, line):
    home = tmp_path / "home"
    home.mkdir()
    before = ["unshare", "-rm", "sh", "-c", f'{line} && exec "$@"', "sh"]
    if subprocess.run([*before, "true"], capture_output=True, env={**os.environ, "HOME": str(home)}).returncode:
        pytest.skip("no namespaces here")
    assert printed(tmp_path, before=before, HOME=str(home)) == usual_words


@pytest.mark.system
def test_it_runs_without_a_home(tmp_path, usual_words):
    assert printed(tmp_path, HOME=str(tmp_path / "nowhere" / "home")) == usual_words
    assert [each.name for each in tmp_path.iterdir()] == ["program.py"]
