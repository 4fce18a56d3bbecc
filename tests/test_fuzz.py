"""Whatever is read: used, or refused by one message in words that does nothing to a terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import fuzz
import pytest

from cmsim.core.errors import CmsimError

NESTED = "[" * 3_000
DOTTED = ".".join("a" * 3_000)
TRIAL = """
title = "T"
question = "Q"
about = "A"
follow_up_days = 30
[arms.usual]
title = "Usual"
{arm}
[targets.days]
label = "Days"
measure = "outcome:hospital_days"
effect = "mean"
arm = "usual"
band = [0.0, 1.0]
source = "leucht2012"
"""


def study(levers: str, scenarios: str = '"usual_care"') -> str:
    return f"scenarios = [{scenarios}]\n[levers]\n{levers}\n"


def ensemble(**changed: object) -> str:
    return json.dumps({**json.loads(fuzz.ENSEMBLE.to_json()), **changed})


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("scenario", f"based_on = {['usual_care'] * 10_000}", "based_on: given a list of 10000 items"),
        ("scenario", 'title = "\\u001b[31m"', r"title: given the control character '\\x1b'"),
        ("scenario", 'service.payer.bills = "maybe"', 'given "maybe"; allowed: false'),
        ("scenario", 'service.practice.components = ["engagement", "engagement"]', "engagement more than once"),
        ("scenario", f"x = {{{DOTTED} = 1}}", "nested too deeply"),
        ("scenario", f'title = "x"\n[{DOTTED}]', "nested too deeply"),
        ("table", "name,run.days,run.days\na,3,4\n", "2 columns of this name"),
        ("table", "name,based_on\na," + "+".join(["usual_care"] * 1_000), "up to 20 names"),
        ("table", "name,title\nb\x1b,x\n", r"row 2: name: given .*; allowed: text on one line"),
        ("roster", "role,role\ncase manager,supervisor\n", "2 columns of this name"),
        ("study", study("", '"../x.toml"'), "paths inside the folder of the study file"),
        ("study", study("", '"/etc/x.toml"'), "paths inside the folder of the study file"),
        ("study", study("", '"usual_care+/etc/x"'), "paths inside the folder|no such bundled scenario"),
        ("study", study('"service.caseload.size" = [1979-05-27]'), "given 1979-05-27; allowed: numbers"),
        ("study", study('"service.caseload.size" = { low = -inf, high = inf }'), "a range from -inf to inf"),
        ("study", study(f'"service.caseload.size" = {{ low = 1, high = {"9" * 400} }}'), "a huge whole number"),
        ("study", study('"a\\u0000" = { key = "service.caseload.size", values = [20] }'), "a name on one line"),
        ("study", study(f'"service.caseload.size" = {NESTED}'), "nested too deeply"),
        ("list", "service.caseload.size,service.caseload.size\n15,20\n", "2 columns of this name"),
        ("list", f"service.caseload.size,rate,service.titration\n15,1,{NESTED}\n", "given"),
        ("setting", "service.payer.bills=maybe", 'given "maybe"; allowed: false'),
        ("setting", "title=\x1b", "control character"),
        ("trial", TRIAL.format(arm='later = { x = "usual_care" }'), r"arms\.usual\.later\.x"),
        ("trial", TRIAL.format(arm='scenario = "a\\u0000.toml"'), r"a\\u0000"),
        ("trial", TRIAL.format(arm=f"settings = {{ x = {'9' * 4_301} }}"), "thousands of digits"),
        ("plan", f"parameters = {NESTED}", "nested too deeply"),
        ("ensemble", "{", "not JSON"),
        ("ensemble", NESTED, "not JSON"),
        ("ensemble", "[]", "should be an object"),
        ("ensemble", '{"format": "cmsim ensemble 1"}', "hash: given nothing"),
        ("ensemble", ensemble(sets=5), "sets: given 5"),
        ("ensemble", ensemble(sets=[]), "sets: given"),
        ("ensemble", ensemble(sets=[{"world.illness.onset_rate": "x"}]), "world.illness.onset_rate"),
        ("ensemble", ensemble(sets=[{"world.illness.onset_rate": 1.0}, {}]), "the same in all"),
        ("ensemble", ensemble(targets={}), "targets: given"),
        ("ensemble", ensemble(hash="x"), "its hash does not fit its sets"),
        ("claim", "[]", r"given \[\]; input should be"),
        ("claim", '{"name": "x", "findings": [{}]}', "findings"),
        ("session", "cmsim_session = 3", "cmsim_session: given 3"),
        ("session", f"[cmsim_session]\n[scenarios]\na = '''x = {NESTED}'''", "nested too deeply"),
    ],
    ids=lambda given: given[:40].strip() if isinstance(given, str) else None,
)
def test_what_cannot_be_used_is_refused_in_words(tmp_path, kind, text, told):
    tried = fuzz.Tried(kind)
    tried.attempt(text, tmp_path)
    assert not tried.faults
    suffix, read = fuzz.READERS[kind]
    with pytest.raises(CmsimError, match=told) as refused:
        read(tmp_path / f"fuzzed{suffix}")
    assert all(line.isprintable() for line in str(refused.value).splitlines())


@pytest.mark.parametrize("kind", fuzz.READERS)
def test_what_is_mutated_can_be_read(tmp_path, kind):
    """A corpus that is refused would only try how things are refused."""
    tried = fuzz.Tried(kind)
    for text in fuzz.texts(kind)[:3]:
        tried.attempt(text, tmp_path)
    assert set(tried.outcomes) == {"read"}, tried


@pytest.mark.parametrize("kind", sorted(set(fuzz.READERS) - {"setting"}))
def test_every_kind_of_file_is_decoded_alike(tmp_path, kind):
    suffix, read = fuzz.READERS[kind]
    path, content = tmp_path / f"bytes{suffix}", fuzz.texts(kind)[0].encode()
    path.write_bytes(b"\xef\xbb\xbf" + content)
    read(path)
    path.write_bytes(b"\xff" + content)
    with pytest.raises(CmsimError, match="not UTF-8 text, from byte 0"):
        read(path)


def test_minus_nothing_is_nothing(tmp_path):
    file = tmp_path / "minus.toml"
    file.write_text("world.population.growth = -0.0\n")
    fuzz.read_scenario(file)
    assert "-0.0" not in file.read_text()


def test_a_message_is_cut_and_does_nothing_to_a_terminal():
    said = str(CmsimError("\x1b[31m\0\u202e" + "a" * 10_000 + "\n" + "line\n" * 10_000))
    assert said.startswith(r"\x1b[31m\x00\u202eaaa")
    assert all(line.isprintable() for line in said.split("\n"))
    assert len(said) < 5_000
    assert said.endswith("\nand more")


def test_a_fault_is_found_and_told(tmp_path, monkeypatch, capsys):
    def broken(path: Path) -> None:
        raise KeyError(path.read_text())

    monkeypatch.setitem(fuzz.READERS, "roster", (".csv", broken))
    tried = fuzz.fuzz("roster", seed=1, inputs=20, seconds=60.0)
    tried.report()
    assert tried.outcomes == {"fault": 20}
    assert len(tried.faults) == 1
    assert "KeyError" in capsys.readouterr().out


@pytest.mark.system
def test_mutated_inputs_of_every_kind_are_read_or_refused():
    words = [sys.executable, str(Path(fuzz.__file__)), "--inputs", "200", "--minutes", "0.5"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 distinct faults" in done.stdout
