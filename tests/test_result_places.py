"""Results have a place of their own: never replaced without a word, not made twice, and they can be had again."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from cmsim.core.errors import CmsimError
from cmsim.experiments import repetition
from cmsim.reporting.result_folder import Results, check_destination, write_results
from cmsim.reporting.result_origin import make_origin
from cmsim.results.data_frames import Sheet

POSTS = ["--set", "service.staff.case_managers=1", "--set", "baseline.staff.case_managers=1"]
SIZE = ["--set", "world.population.clients=15", "--set", "world.warm_up_days=20", "--days", "20"]
ONCE = ["--replications", "1", "--workers", "1", *SIZE, *POSTS]
MANIFEST = {"format": "cmsim results 1", "cmsim": "0.1.0", "command": "run", "replications": [0, 1]}
MADE = {"written": "2026-11-29T10:30:00+00:00", "scenarios": [{"name": "usual_care", "title": "Usual", "purpose": ""}]}


def origin(words=("run", "usual_care"), files=(), **options):
    return make_origin(words, {"replications": 2, **options}, ["what the scenario resolves to"], dict(files))


def saved(place, value=1.0, made=None, **more):
    sheet = Sheet("outcomes", "one row an outcome", pd.DataFrame({"outcome": ["relapse"], "value": [value]}))
    return write_results(place, Results({**MANIFEST, **MADE, **more}, [sheet], origin=made))


def test_files_lie_to_one_another_as_they_did():
    files = {Path("/a/b/x.toml"): b"x", Path("/a/c/d/y.csv"): b"y", Path("/a/b/\udcff.toml"): b"z"}
    made = origin(["compare", "/a/b/\udcff.toml", "--out", "here", "--out=there", "--replace", "--all"], files)
    assert list(made.places().values()) == ["inputs/b/x.toml", "inputs/c/d/y.csv", "inputs/b/_.toml"]
    assert made.describe()["command_line"] == ["compare", "/a/b/_.toml", "--all"]
    assert "\udcff" not in json.dumps(made.describe(), ensure_ascii=False)


def test_what_bears_on_results_is_in_the_key():
    key, runs = origin().key, origin().runs_key
    assert origin(out="x", workers=3, everything=True, replace=True).key == key
    assert origin(matters=["crises=1"]).key != key
    assert origin(matters=["crises=1"]).runs_key != runs
    more = make_origin(["run"], {"replications": 3}, ["what the scenario resolves to"], {})
    assert more.key != key
    assert more.runs_key == runs
    assert make_origin(["run"], {"replications": 2}, ["another"], {}).runs_key != runs


def test_a_place_is_asked_again_when_results_are_written(tmp_path):
    place = check_destination(tmp_path / "out", origin())
    saved(place, made=origin(days=3))  # by another command, meanwhile
    with pytest.raises(
        CmsimError, match=r"out holds results of cmsim run \(usual_care; 2 replications; 2026-11-29 10:30"
    ):
        saved(place, 2.0, made=origin())
    assert pd.read_csv(place / "outcomes.csv")["value"].tolist() == [1.0]
    saved(place, 2.0, made=origin(replace=True))
    saved(place, 3.0, made=origin())
    assert pd.read_csv(place / "outcomes.csv")["value"].tolist() == [3.0]


def test_results_of_an_earlier_version_are_not_replaced_either(tmp_path):
    place = saved(tmp_path / "out")
    manifest = json.loads((place / "manifest.json").read_text())
    del manifest["checksums"]
    (place / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CmsimError, match=r"out holds results of cmsim run .*; allowed: another folder, or --replace"):
        check_destination(place, origin())
    assert check_destination(place, origin(replace=True)) == place


def results_in(tmp_path):
    return sorted((tmp_path / "results").iterdir())


@pytest.fixture
def quick(command, monkeypatch):
    """Run a command as ``command`` does, with an empty figure."""
    monkeypatch.setattr(repetition.Repeated, "plot", lambda repeated: Figure())
    return command


def test_the_same_inputs_are_run_once_and_shown_again(quick, tmp_path, monkeypatch):
    def run_again(*scenarios, **more):
        raise CmsimError("it is run again")

    status, first, _ = quick("run", "usual_care", *ONCE)
    (place,) = results_in(tmp_path)
    assert status == 0
    assert f"Saved in results/{place.name}" in first
    with monkeypatch.context() as patch:
        patch.setattr(repetition, "repeat", run_again)
        status, again, error = quick("run", "usual_care", *ONCE, "--all")
        assert (status, error) == (0, "")
        assert "Adherence" in again
        assert "Adherence" not in first
        _, again, _ = quick("run", "usual_care", *ONCE, "--out", f"results/{place.name}")
        said, _, shown = again.partition("With --replace it is.")
        assert said.startswith(f"The same inputs gave the results in results/{place.name} already (20")
        tables, begun = (text.partition("\N{BULLET}")[0].split() for text in (shown, first))
        assert tables == begun
        for other in (["--replace"], ["--seed", "8"]):
            assert quick("run", "usual_care", *ONCE, *other)[2] == "cmsim: it is run again\n"
    # what is damaged is not shown, nor replaced
    (place / "weeks.csv").unlink()
    with (place / "outcomes.csv").open("a") as file:
        file.write("x")
    status, out, _ = quick("run", "usual_care", *ONCE)
    assert status == 0
    assert "of the same inputs, but weeks.csv is missing; outcomes.csv is not as written." in out
    assert [each.name for each in results_in(tmp_path)] == [place.name, f"{place.name}-2"]
    assert not (place / "weeks.csv").exists()


def test_other_results_are_replaced_only_when_told(quick, tmp_path):
    saved(tmp_path / "here", made=origin())
    status, _, error = quick("run", "usual_care", *ONCE, "--out", "here")
    assert status == 2
    assert error == (
        "cmsim: here holds results of cmsim run (usual_care; 2 replications; 2026-11-29 10:30); allowed: another "
        "folder, or --replace, which deletes these\n"
    )
    assert pd.read_csv("here/outcomes.csv")["value"].tolist() == [1.0]
    assert quick("run", "usual_care", *ONCE, "--out", "here", "--replace")[0] == 0
    assert "client_contacts" in pd.read_csv("here/outcomes.csv")["outcome"].tolist()
