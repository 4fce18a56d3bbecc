"""Results have a place of their own: never replaced without a word, not made twice, and they can be had again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from cmsim.core.errors import CmsimError
from cmsim.experiments import repetition
from cmsim.reporting.result_folder import Results, check_destination, write_results
from cmsim.reporting.result_list import list_results
from cmsim.reporting.result_origin import make_origin
from cmsim.reporting.result_repetition import find_differences, repeated_words
from cmsim.reporting.saved_results import read_saved
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


@pytest.fixture
def mine(tmp_path):
    """A scenario file that is based on another one, in a folder."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "base.toml").write_text('based_on = "usual_care"\n[service.contact]\nleast_visits = 0.5\n')
    (folder / "mine.toml").write_text('title = "Mine"\nbased_on = "base.toml"\n')
    return folder


def test_results_hold_what_they_were_made_from_and_can_be_had_again(quick, mine, tmp_path):
    assert quick("run", "./own/mine.toml", *ONCE, "--out", "first")[0] == 0
    manifest = json.loads(Path("first/manifest.json").read_text())
    assert manifest["command_line"] == ["run", "./own/mine.toml", *ONCE]
    assert manifest["inputs"] == {f"own/{name}.toml": f"inputs/{name}.toml" for name in ("base", "mine")}
    for name in ("base", "mine"):
        assert Path(f"first/inputs/{name}.toml").read_bytes() == (mine / f"{name}.toml").read_bytes()
    assert "inputs: the files that the command read" in Path("first/README.txt").read_text()
    shutil.rmtree(mine)
    status, out, error = quick("rerun", "first")
    assert (status, error) == (0, "")
    tables = read_saved(Path("first")).tables
    assert f"All {len(tables)} tables are the same as in first: digest {read_saved(Path('first')).digest}" in out
    for name in tables:
        assert Path("first", name).read_bytes() == Path("first-rerun", name).read_bytes()
    # the copy has what it needs itself
    shutil.rmtree("first")
    Path("first-rerun/inputs/base.toml").write_text('based_on = "usual_care"\n[world.illness]\nonset_rate = 2.0\n')
    Path("first-rerun/weeks.csv").write_text("")
    status, out, _ = quick("rerun", "first-rerun", "--out", "third")
    assert status == 1
    assert "In first-rerun, inputs/base.toml and weeks.csv are not as written" in out
    assert "Not the same again: " in out
    assert "Scenario mine is not as it was then." in out
    assert quick("rerun", "third", "--out", "first-rerun")[2].endswith("which exists; allowed: a new folder\n")


def test_one_row_of_a_table_is_read_from_the_file_that_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("options.csv").write_text("name\nfew\n")  # not the one that is kept
    line = ["compare", "usual_care", "options.csv:few", "./options.csv", "--workers", "1"]
    place = saved(tmp_path / "first", command_line=line, inputs={"options.csv": "inputs/options.csv"})
    kept = f"{place}/inputs/options.csv"
    assert repeated_words(place)[1] == ["compare", "usual_care", f"{kept}:few", kept, "--workers", "1"]


@pytest.mark.slow
def test_one_row_of_a_table_is_had_again_from_the_table_that_is_kept(quick, tmp_path, monkeypatch):
    table = Path("options.csv")
    table.write_text("name,service.caseload.size\nfew,10\nmany,40\n")
    assert quick("compare", "usual_care", "options.csv:few", *ONCE, "--out", "first")[0] == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    for text in (None, "name,service.caseload.size\nfew,30\n"):
        if text:
            table.write_text(text)  # edited since, and here
        _, words = repeated_words(tmp_path / "first")
        assert words[1:3] == ["usual_care", f"{tmp_path}/first/inputs/options.csv:few"]
    status, out, error = quick("rerun", "../first")
    assert (status, error) == (0, "")
    assert "tables are the same as in ../first" in out


def test_results_are_listed_the_newest_first(command, tmp_path, monkeypatch):
    home = tmp_path / "results"
    saved(home / "old", written="2025-01-02T03:04:05+00:00")
    saved(home / "new", command="compare")
    saved(home / "new" / "inside", written="2024-01-02T03:04:05+00:00")
    (saved(home / "half") / "outcomes.csv").unlink()
    (saved(home / "damaged") / "manifest.json").write_text('{"format": "cmsim results 1", ')
    (saved(home / "later") / "manifest.json").write_text('{"format": "cmsim results 9"}')
    (home / "unreadable" / "manifest.json").mkdir(parents=True)
    (home / "foreign").mkdir()
    (home / "foreign" / "manifest.json").write_text('{"name": "of a browser"}')
    (home / ".out.writing-12345678").mkdir()
    saved(home / ".out.writing-12345678.earlier")
    found = {entry.path.relative_to(home).as_posix(): entry for entry in list_results(home)}
    assert [name for name, entry in found.items() if entry.when] == ["half", "new", "old", "new/inside"]
    assert found["new"].command == "compare"
    assert found["new"].state == "complete"
    assert found["half"].state == "outcomes.csv is missing"
    assert found["damaged"].state == found["unreadable"].state == "its manifest.json cannot be read"
    assert found["later"].state.startswith("another version of cmsim wrote it")
    assert "foreign" not in found
    status, out, error = command("results")
    assert (status, error) == (0, "")
    rows = " ".join(out.split())
    assert "2026-11-29 10:30 results/new compare usual_care 2 complete" in rows
    assert "results/.out.writing-12345678 was left by a command that was ended while it wrote" in rows
    assert command("results", "results/foreign") == (0, "No results in results/foreign.\n", "")
    assert command("results", "nowhere")[2].startswith("cmsim: nowhere: no such folder")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    status, _, error = command("results")
    assert status == 2
    assert "path 'results' is not readable" in error


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"command_line": []}, "does not say which command wrote it: it was Python, or a version of cmsim"),
        ({"command_line": ["schema"]}, "its command line is not one that cmsim keeps"),
        ({"command_line": ["run", "usual_care", "--out=/x"]}, "its command line is not one that cmsim keeps"),
        ({"command_line": ["run", "--", "usual_care"]}, "its command line is not one that cmsim keeps"),
        ({"command_line": ["run", "a.toml"], "inputs": {"a.toml": "../b.toml"}}, "inputs: given ../b.toml; allowed"),
        ({"files": 3}, "cannot|was written by cmsim run"),
        ({"command_line": 3}, "its manifest.json is damaged; run the command again"),
        ({"format": "cmsim study 3"}, "is a study"),
    ],
)
def test_results_that_cannot_be_had_again_say_why(tmp_path, change, said):
    place = saved(tmp_path / "out", made=origin())
    manifest = json.loads((place / "manifest.json").read_text())
    (place / "manifest.json").write_text(json.dumps(manifest | change))
    with pytest.raises(CmsimError, match=said):
        repeated_words(place)


def test_what_differs_is_said_with_what_else_is_new(tmp_path):
    before = read_saved(saved(tmp_path / "a", made=origin()))
    same = read_saved(saved(tmp_path / "b", made=origin()))
    assert find_differences(before, same) == []
    assert before.digest == same.digest
    other = read_saved(saved(tmp_path / "c", 2.0, made=origin()))
    now = other.model_copy(update={"model": {**other.model, "numpy": "9"}})
    assert find_differences(before, now) == [
        "Not the same again: outcomes.csv. The same: 0 of 1 tables.",
        f"Another version of numpy: {before.model['numpy']} then, 9 now.",
    ]
