"""Damage to a finished study: told or harmless, never merged, and mended by sweeping again."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.run_store import stores
from cmsim.experiments.study.study_result import load_study
from cmsim.experiments.study.study_sweep import resume, sweep

sys.path.insert(0, str(Path(__file__).parent))

import made_up

REAL = {
    "scenarios": ["usual_care"],
    "replications": 2,
    "settings": {
        "world.population.clients": 20,
        "world.warm_up_days": 35,
        "run.days": 30,
        **{f"{part}.staff.case_managers": 2 for part in ("baseline", "service")},
    },
    "keep": {"events": True},
}
MANIFEST_KEYS = ("model", "keep", "factors", "scenarios", "limits", "seed", "plan", "format", "title", "checksum")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished study of runs that are made up."""
    return sweep(made_up.STUDY, tmp_path_factory.mktemp("made-up") / "study", workers=1, run=made_up.quick).directory


@pytest.fixture(scope="module")
def with_logs(tmp_path_factory):
    """A finished study with event logs."""
    return sweep(REAL, tmp_path_factory.mktemp("real") / "study", workers=1).directory


def column(name, value):
    """Return what writes a value into a column of the first run of a store."""

    def act(directory):
        with closing(sqlite3.connect(stores(directory / "store")[0])) as file, file:
            file.execute(f"UPDATE runs SET {name} = ? WHERE rowid = 1", [value])

    return act


def without(key):
    """Return what takes a key out of a manifest."""

    def act(directory):
        path = directory / "manifest.json"
        path.write_text(json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != key}))

    return act


def earlier_without(key):
    """Return what makes a manifest one of the format before, without a key."""

    def act(directory):
        without(key)(directory)
        path = directory / "manifest.json"
        told = json.loads(path.read_text()) | {"format": "cmsim study 2"}
        path.write_text(json.dumps({k: v for k, v in told.items() if "checksum" not in k}))

    return act


def flipped(file, part):
    """Return what flips one bit of a file, at a part of its length."""

    def act(directory):
        (path,) = sorted(directory.glob(file))[:1]
        content = bytearray(path.read_bytes())
        content[int(part * len(content))] ^= 4
        path.write_bytes(content)

    return act


def deleted(name):
    """Return what deletes a file or folder of a study."""

    def act(directory):
        path = directory / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return act


DAMAGES = {
    "other outcomes": column("outcomes", '{"other": 1.0}'),
    "outcomes that are no JSON": column("outcomes", "1.0, 2.0"),
    "a changed outcome": column("outcomes", '{"value": 0.5, "undefined": 1.0}'),
    "an unknown status": column("status", "finished"),
    "spoiled courses": column("courses", '{"week": [1.0'),
    "a key that is text": column("run_key", "the first run"),
    "no key": column("run_key", None),
    **{f"a manifest without {key}": without(key) for key in MANIFEST_KEYS},
    **{f"an earlier manifest without {key}": earlier_without(key) for key in MANIFEST_KEYS},
    **{f"{file} flipped at {part}": flipped(file, part) for file in ("*.json", "cells*", "store/*.sqlite", "runs*")
       for part in (0.0, 0.13, 0.5, 0.77, 0.999)},
    **{f"{name} deleted": deleted(name) for name in ("store", "store/all.sqlite", "cells.parquet", "manifest.json")},
}  # fmt: skip


def told(act):
    """Return what the user is told when something is refused; None if it is not."""
    try:
        act()
    except CmsimError as error:
        return str(error)
    return None


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_told_never_merged_and_mended(tmp_path, finished, damage):
    directory = tmp_path / "study"
    shutil.copytree(finished, directory)
    before = (directory / "runs.parquet").read_bytes()
    DAMAGES[damage](directory)
    refusal = told(lambda: load_study(directory).merge())
    assert "cmsim s" in refusal if refusal else (directory / "runs.parquet").read_bytes() == before
    refusal = told(lambda: resume(directory, workers=1, run=made_up.quick))
    assert "study resume" not in refusal if refusal else (directory / "runs.parquet").read_bytes() == before
    sweep(made_up.STUDY, directory, workers=1, run=made_up.quick)
    assert (directory / "runs.parquet").read_bytes() == before
    assert not load_study(directory).status(thorough=True).damaged


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_flipped_bit_of_an_event_log_is_told_and_mended(tmp_path, with_logs, part):
    directory = tmp_path / "study"
    shutil.copytree(with_logs, directory)
    before = {path.name: path.read_bytes() for path in directory.glob("events/*/*")}
    flipped("events/*/*", part)(directory)
    assert not load_study(directory).status().damaged
    with pytest.raises(CmsimError, match=r"damaged or missing.*cmsim study resume"):
        load_study(directory).merge()
    # what is imported from there is only what is whole
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(with_logs, elsewhere)
    load_study(elsewhere).merge([directory])
    for place in (resume(directory, workers=1).directory, elsewhere):
        assert {path.name: path.read_bytes() for path in place.glob("events/*/*")} == before


def test_a_study_of_the_format_before_is_read_and_gone_on_with(tmp_path, with_logs):
    directory = tmp_path / "study"
    shutil.copytree(with_logs, directory)
    earlier_without("")(directory)
    (store,) = stores(directory / "store")
    with closing(sqlite3.connect(store)) as file, file:
        rows = file.execute("SELECT * FROM runs").fetchall()
        names = [name for _, name, *_ in file.execute("PRAGMA table_info(runs)")]
        for row in rows:
            values = [value for name, value in zip(names, row, strict=True) if name not in ("log_checksum", "checksum")]
            code = zlib.crc32(repr(values).encode())
            file.execute("UPDATE runs SET checksum = ? WHERE run_key = ?", [code, row[0]])
        file.execute("ALTER TABLE runs DROP COLUMN log_checksum")
        file.execute("PRAGMA user_version = 2")
    status = load_study(directory).status(thorough=True)
    assert (status.complete, status.unchecked, status.damaged) == (2, 2, [])
    more = sweep({**REAL, "replications": 3}, directory, workers=1)
    status = more.status(thorough=True)
    assert (status.complete, status.unchecked, status.damaged) == (3, 2, [])
