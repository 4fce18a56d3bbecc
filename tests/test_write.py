"""Results folders: whole or not at all, never over other files, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest

from cmsim.core.errors import CmsimError
from cmsim.reporting.result_folder import Results, check_destination, write_csv, write_results
from cmsim.results.data_frames import Sheet

MANIFEST = {"format": "cmsim results 1", "cmsim": "test", "command": "test", "scenarios": []}


def results(value=1.0, **more):
    frame = pd.DataFrame({"outcome": ["relapse"], "value": [value]})
    columns = {"value": ("share", "how many")}
    return Results({**MANIFEST, **more}, [Sheet("outcomes", "one row an outcome", frame, columns)])


class Breaks:
    """A figure that cannot be saved."""

    def __init__(self, error):
        self.error = error

    def findobj(self, kind):
        return []

    def savefig(self, *args, **kwargs):
        raise self.error


def test_a_folder_holds_its_tables_and_says_what_they_mean(tmp_path):
    place = write_results(tmp_path / "deep" / "out", results())
    assert sorted(file.name for file in place.iterdir()) == ["README.txt", "manifest.json", "outcomes.csv"]
    assert "value: share; how many" in (place / "README.txt").read_text()
    assert json.loads((place / "manifest.json").read_text())["files"] == ["README.txt", "manifest.json", "outcomes.csv"]


@pytest.mark.parametrize("error", [RuntimeError("a defect"), KeyboardInterrupt(), OSError(28, "No space left")])
def test_a_failure_half_way_leaves_nothing(tmp_path, error):
    broken = Results(MANIFEST, results().sheets, {"figure": Breaks(error)})
    with pytest.raises(CmsimError if isinstance(error, OSError) else type(error)):
        write_results(tmp_path / "out", broken)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_earlier_results_as_they_were(tmp_path):
    place = write_results(tmp_path / "out", results(1.0))
    before = {file.name: file.read_bytes() for file in place.iterdir()}
    with pytest.raises(RuntimeError):
        write_results(place, Results(MANIFEST, results(2.0).sheets, {"figure": Breaks(RuntimeError())}))
    assert {file.name: file.read_bytes() for file in place.iterdir()} == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_process_leaves_nothing_in_the_place_itself(tmp_path):
    program = textwrap.dedent(
        """
        import sys, time
        from cmsim.reporting.result_folder import Results, write_results
        class Slow:
            def findobj(self, kind):
                return []
            def savefig(self, path, **more):
                path.write_bytes(b"half")
                print("half way", flush=True)
                time.sleep(60)
        manifest = {"format": "cmsim results 1", "cmsim": "test", "command": "test", "scenarios": []}
        write_results(sys.argv[1], Results(manifest, [], {"figure": Slow()}))
        """
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    place = tmp_path / "out"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(place)], stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half way\n"
        process.send_signal(signal.SIGKILL)
    assert not place.exists()
    write_results(place, results())
    assert place.is_dir()


def test_results_of_cmsim_are_replaced_and_nothing_else_stays(tmp_path):
    place = write_results(tmp_path / "out", Results(MANIFEST, [Sheet("old", "old", pd.DataFrame({"a": [1]}))]))
    write_results(place, results())
    assert not (place / "old.csv").exists()
    assert (place / "outcomes.csv").exists()


@pytest.mark.parametrize("with_results", [False, True])
def test_a_folder_with_other_files_is_refused_and_kept(tmp_path, with_results):
    place = tmp_path / "out"
    if with_results:
        write_results(place, results())
    else:
        place.mkdir()
    (place / "notes.txt").write_text("mine")
    with pytest.raises(CmsimError, match=r"out holds files that cmsim did not write \(notes.txt\)"):
        write_results(place, results())
    assert (place / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("text", ["{}", "not json", '{"format": "other", "files": ["manifest.json"]}', "[]"])
def test_a_foreign_manifest_does_not_make_a_folder_ours(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(CmsimError, match="did not write"):
        check_destination(tmp_path)


def test_an_empty_folder_is_a_fine_place_and_a_file_is_not(tmp_path):
    assert check_destination(tmp_path) == tmp_path
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(CmsimError, match="is a file"):
        check_destination(file)
    with pytest.raises(CmsimError, match="cannot be written"):
        check_destination(file / "below")


def test_text_that_a_spreadsheet_would_run_is_made_harmless(tmp_path):
    nasty = ["=1+1", "+cmd", "-2", "@sum", "\tx", "plain", "a=b"]
    frame = pd.DataFrame(
        {
            "=name": nasty,
            "word": pd.Categorical(nasty),
            "number": [-1.5, np.nan, *range(5)],
            "mixed": ["=x", None, 1, -2.0, "ok", "", "@y"],
        }
    )
    write_csv(frame, tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(newline="", encoding="utf-8") as file:
        head, *cells = csv.reader(file)
    assert head == ["'=name", "word", "number", "mixed"]
    safe = ["'=1+1", "'+cmd", "'-2", "'@sum", "'\tx", "plain", "a=b"]
    assert [row[0] for row in cells] == safe
    assert [row[1] for row in cells] == safe
    assert [row[2] for row in cells][:3] == ["-1.5", "", "0"]
    assert [row[3] for row in cells] == ["'=x", "", "1", "-2.0", "ok", "", "'@y"]
    assert frame["=name"].tolist() == nasty


def test_numbers_survive_to_ten_digits(tmp_path):
    write_csv(pd.DataFrame({"x": [1 / 3, 1e-7, 123456789.25]}), tmp_path / "x.csv")
    assert pd.read_csv(tmp_path / "x.csv")["x"].to_numpy() == pytest.approx([1 / 3, 1e-7, 123456789.25], rel=1e-9)


def test_single_precision_is_written_without_its_noise(tmp_path):
    write_csv(pd.DataFrame({"x": np.array([0.1, np.nan, 12.3], dtype=np.float32)}), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == 'x\n0.1\n""\n12.3\n'


def test_what_is_not_finite_is_null_in_the_manifest(tmp_path):
    place = write_results(tmp_path / "out", results(more={"x": float("nan"), "y": [float("inf"), 1]}))
    assert json.loads((place / "manifest.json").read_text())["more"] == {"x": None, "y": [None, 1]}
