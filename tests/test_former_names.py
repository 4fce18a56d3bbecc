"""Former names of keys and flags: read for one release, with a note that names the new one."""

from __future__ import annotations

import sys

import pytest

import cmsim
from cmsim.cli import main
from cmsim.core.errors import CmsimError
from cmsim.core.former_names import FLAGS, SCENARIO_KEYS, FormerNameWarning, rename_flags, rename_keys

CASES = [
    (["--most", "5"], ["--max-replications", "5"]),
    (["--most=5"], ["--max-replications=5"]),
    (["--roster", "staff.csv"], ["--staff-list", "staff.csv"]),
    (["--by", "number"], ["--by", "parameter"]),
    (["--by=number"], ["--by=parameter"]),
]


@pytest.mark.parametrize(("given", "present"), CASES)
def test_a_former_flag_is_read_with_a_note(given, present):
    with pytest.warns(FormerNameWarning, match="is now called"):
        assert rename_flags(["run", "a", *given]) == ["run", "a", *present]


def test_every_former_flag_is_tested():
    assert {given[0].partition("=")[0] for given, _ in CASES} == {flag.partition("=")[0] for flag in FLAGS}


def test_present_flags_are_left_alone():
    words = ["compare", "a", "b", "--max-replications", "5", "--by", "parameter", "--set", "a.b=--most"]
    assert rename_flags(words) == words


@pytest.mark.parametrize("former", SCENARIO_KEYS)
def test_every_former_key_is_read_with_a_note(former):
    *above, last = former.split(".")
    table = {last: 3}
    for key in reversed(above):
        table = {key: ({"day": 1, **table},)}
    with pytest.warns(FormerNameWarning, match=f"mine.toml: {former} is now called"):
        renamed = rename_keys(table, SCENARIO_KEYS, "mine.toml")
    for key in above:
        (renamed,) = renamed[key]
    assert renamed == {"day": 1, SCENARIO_KEYS[former]: 3}


def test_a_key_under_both_names_is_refused():
    with pytest.raises(CmsimError, match="also stated under its former name resigns"):
        rename_keys({"events": ({"resigns": 1, "resigning_post": 2},)}, SCENARIO_KEYS, "mine.toml")


def test_a_file_with_a_former_key_means_the_same(tmp_path, monkeypatch, capsys):
    text = 'based_on = "usual_care"\n[[events]]\nday = 400\n{} = 3\n'
    for name, key in (("former", "resigns"), ("present", "resigning_post")):
        (tmp_path / f"{name}.toml").write_text(text.format(key))
    with pytest.warns(FormerNameWarning):
        former = cmsim.load_scenario(tmp_path / "former.toml")
    assert former.digest() == cmsim.load_scenario(tmp_path / "present.toml").digest()
    monkeypatch.setattr(sys, "argv", ["cmsim", "check", str(tmp_path / "former.toml")])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    assert "cmsim: note: " in capsys.readouterr().err
