"""Results have a place of their own: never replaced without a word, not made twice, and they can be had again."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from cmsim.core.errors import CmsimError
from cmsim.reporting.result_folder import Results, check_destination, write_results
from cmsim.reporting.result_origin import make_origin
from cmsim.results.data_frames import Sheet

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
