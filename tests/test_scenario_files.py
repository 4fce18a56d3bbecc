"""Scenario files: found, read, and refused with a message that helps."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from cmsim.core.errors import ScenarioError
from cmsim.core.parameters import Section, param
from cmsim.scenario import library
from cmsim.scenario.error_messages import explain
from cmsim.scenario.loader import load_scenario, parse_setting
from cmsim.scenario.scenario import derive
from cmsim.scenario.size_limits import check_size


@pytest.fixture
def write(tmp_path: Path):
    def to_file(text: str | bytes, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return to_file


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "usual_care.toml").write_text("title = 'Usual care'\nrun.days = 730")
    (folder / "growth.toml").write_text("based_on = 'usual_care'\nworld.population.clients = 400")
    monkeypatch.setattr(library, "shipped", lambda name: folder)
    return folder


def message(name_or_path: str | Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(name_or_path)
    return str(caught.value)


BAD = [
    ("titel = 'x'", "titel", 'given "x"', 'did you mean "title"?'),
    ("title = 3", "title", "given 3", "allowed: text of up to 200 characters"),
    (f"title = '{'x' * 300}'", "title", "xxx ...", "allowed: text of up to 200 characters"),
    ("run = 3", "run", "given 3", "allowed: a table with the keys seed, days"),
    ("run.dais = 3", "run.dais", "given 3", 'did you mean "run.days"?'),
    ("run.seed = -1", "run.seed", "given -1", "allowed: a whole number, 0 to 2147483647"),
    ("run.seed = true", "run.seed", "given true", "allowed: a whole number"),
    ("run.days = 0", "run.days", "given 0", "allowed: a whole number, 1 to 36500 days"),
    ("run.days = '30'", "run.days", 'given "30"', "allowed: a whole number"),
    ("run.days = 30.5", "run.days", "given 30.5", "allowed: a whole number"),
    ("run.days = 2024-01-01", "run.days", "given 2024-01-01", "allowed: a whole number"),
    ("run.days = [30]", "run.days", "given [30]", "allowed: a whole number"),
    (f"run.days = {10**30}", "run.days", "of 100 bits", "allowed: up to 64 bits"),
    (f"run.days = 0x{'f' * 5000}", "run.days", "of 20000 bits", "allowed: up to 64 bits"),
    ("service.caseload.sise = 3", "service.caseload.sise", "given 3", 'mean "service.caseload.size"?'),
    ("caseload.size = 3", "caseload", "given a table", 'did you mean "service.caseload"?'),
    ("service.size = 3", "service.size", "given 3", 'did you mean "service.caseload.size"?'),
    ('"service.caselod.size" = 3', "service.caselod", "given a table", 'mean "service.caseload"?'),
    ("service.caseload.size = 0", "service.caseload.size", "given 0", "1 to 1000 clients per worker"),
    ("service.caseload.closure = 'staff'", "service.caseload.closure", '"staff"', '"staff_fixed" or "cl'),
    ("service.caseload.closure = 'client_fixed'", "closure", '"client_fixed"', 'mean "clients_fixed"?'),
    ("service.caseload.stretch = nan", "service.caseload.stretch", "given nan", "1 to 10"),
    ("service.caseload.stretch = inf", "service.caseload.stretch", "given inf", "1 to 10"),
    ("service.caseload.stretch = 1e999", "service.caseload.stretch", "given inf", "1 to 10"),
    ("service.caseload.from_day = 'x'", "service.caseload.from_day", 'given "x"', "allowed: a whole number"),
    ("service.titration.rule = 'fixd'", "service.titration.rule", 'given "fixd"', 'mean "fixed"?'),
    ("service.titration.rule = 3", "service.titration.rule", "given 3", '"client_led" or "over_prot'),
    ("service.titration.pace = 2", "service.titration.pace", "given 2", "allowed: a number, 0 to 1 share a w"),
    ("service.titration = {rule='fixed', pace=0.1}", "service.titration.pace", "0.1", 'rule = "responsive"'),
    ("service.practice.components = ['linkag']", "components.1", 'given "linkag"', 'mean "linkage"?'),
    ("service.practice.components = 3", "service.practice.components", "given 3", "allowed: a list, each"),
    ("baseline.caseload.size = 0", "baseline.caseload.size", "given 0", "1 to 1000 clients per worker"),
    ("world.population.clients = -1", "world.population.clients", "given -1", "clients"),
    ("world.population.cliens = 1", "world.population.cliens", "given 1", 'mean "world.population.clients"?'),
    ("world = []", "world", "given []", "allowed: a table with the keys"),
    ('"run.days" = 3\nrun.days = 4', "run.days", "stated twice", "allowed: once"),
    ('"a\\u001b[31m" = 3', '"a\\u001b[31m"', "given 3", "allowed here: title"),
    ("changes = 3", "changes", "given 3", "items, each item a table with the keys from_day"),
    ("changes = [" + "{from_day = 400}, " * 1001 + "]", "changes", "[a table, ", "allowed: a list of up to 1000"),
    ("changes = [3]", "changes.1", "given 3", "allowed: a table with the keys from_day, service"),
    ("[[changes]]\n'service.caseload.size' = 3", "changes.1.from_day", "nothing", "allowed: a whole number"),
    ("[[changes]]\nfrom_day = '9'", "changes.1.from_day", 'given "9"', "allowed: a whole number, 0 or more"),
    ("[[changes]]\nfrom_day = 10", "changes.1.from_day", "given 10", "allowed: 365"),
    ("[[changes]]\nfrom_day = 1460", "changes.1.from_day", "given 1460", "to 1094 (the last day)"),
    ("[[changes]]\nfrom_day = 400\nform_day = 9", "changes.1.form_day", "given 9", 'mean "changes.1.from_day"?'),
    ("[[changes]]\nfrom_day = 400\nworld.population.clients = 9", "changes.1.world", "facts", "service"),
    ("[[changes]]\nfrom_day = 400\ncaseload.size = 9", "changes.1.caseload", "table", '"service.caseload"?'),
    ("[[changes]]\nfrom_day = 400\nservice.caseload.size = 0", "changes.1.service.caseload.size", "0", "1000"),
    ("[[changes]]\nfrom_day = 400\nservice.caseload.from_day = 500", "changes.1.service.caseload", "500", "of"),
    ("service.caseload.from_day = 10", "service.caseload.from_day", "given 10", '"from_outset"'),
    ("service.caseload.from_day = 1460", "service.caseload.from_day", "given 1460", "allowed: 365"),
    (
        "service.caseload.from_day = 500\n[[changes]]\nfrom_day = 400\n'service.caseload.size' = 9",
        "changes.1.from_day",
        "given 400",
        "allowed: 500 or later",
    ),
    ("service.caseload.start = 'from_outset'\nbaseline.caseload.size = 9", "baseline.caseload", "table", "nothing"),
    ("agency.staff.case_manager = 9", "agency.staff.case_manager", "given 9", 'mean "agency.staff.case_managers"'),
    ("world.hospital.outside_occupancy = 92", "outside_occupancy", "given 92", "0 to 1; did you mean 0.92?"),
    ("agency.staff.psychiatrists = 1.2", "agency.staff.psychiatrists", "given 1.2", "whole people and their hours"),
    ("agency = 0", "agency", "given 0", "a table with the keys staff,"),
    ("agency.caseload.from_day = 400", "agency.caseload.from_day", "given 400", "nothing, since"),
    (
        "agency.staff.case_managers = 9\nbaseline.staff.case_managers = 8",
        "agency.staff.case_managers and baseline.staff.case_managers",
        "given 9 and 8",
        "one of them, since both hold during the warm-up",
    ),
    (
        "agency.caseload.size = 9\nservice.caseload = {size = 8, start = 'from_outset'}",
        "agency.caseload.size and service.caseload.size",
        "given 9 and 8",
        "one of them",
    ),
]


@pytest.mark.parametrize(("text", "key", "given_", "allowed"), BAD)
def test_a_mistake_is_told_with_file_key_given_and_allowed(write, text, key, given_, allowed):
    told = message(write(text))
    assert re.match(r"\S*mine\.toml: ", told)
    assert "\n" not in told
    assert key in told
    assert given_ in told
    assert allowed in told


def test_a_file_beside_that_is_named_without_its_ending_is_suggested(write):
    write("title = 'County'", "county.toml")
    told = message(write("based_on = 'county'"))
    assert told.endswith('did you mean "county.toml"?')


def test_every_mistake_is_listed_on_a_line_of_its_own(write):
    told = message(write("titel = 'x'\n[run]\ndays = 0\nseeed = 1\n[service.caseload]\nsize = 0\nclosure = 'x'"))
    lines = told.splitlines()
    assert len(lines) == 5
    assert all("mine.toml: " in line for line in lines)


def test_a_mistake_in_the_service_is_not_repeated_for_the_baseline_and_the_changes(write):
    for part in ("service", "agency"):
        told = message(write(f"{part}.caseload.size = 0\n[[changes]]\nfrom_day = 400\nservice.staff.hours = 99"))
        assert [line.split(": ")[1] for line in told.splitlines()] == [
            f"{part}.caseload.size",
            "changes.1.service.staff.hours",
        ]


def test_a_very_long_list_of_mistakes_is_cut(write):
    told = message(write("".join(f"k{i} = 1\n" for i in range(3000))))
    assert len(told.splitlines()) == 101
    assert "and more mistakes" in told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"title = 'caf\xe9'", "not UTF-8"),
        (b"title = 'x\n", "at end of document"),
        (b"title = 'x'\n[run\n", "line 2"),
        (b"run.days = 1\nrun.days = 2\n", "Cannot overwrite a value"),
        (b"#" * (2**20 + 1), "allowed: up to 1048576"),
        (b"run.days = " + b"9" * 5000, "a whole number of thousands of digits"),
        (b"x = " + b"[" * 50_000, "nested"),
        (b"x = " + b"{a=" * 50_000, "nested"),
        (b"x = " + b"[" * 30 + b"]" * 30, "nested more than 20 deep"),
        (b"a" + b".a" * 400_000 + b" = 1", "nested too deeply"),
        (b"[" + b"a." * 400_000 + b"a]", "nested too deeply"),
        (b"\x00\xff", "not UTF-8"),
        (b"\x00", "not TOML"),
    ],
)
def test_a_file_that_cannot_be_read_as_toml_is_refused(write, content, told):
    given_ = message(write(content))
    assert "mine.toml: " in given_
    assert told in given_


def test_windows_files_can_be_read(write):
    assert load_scenario(write(b"\xef\xbb\xbftitle = 'x'\r\nrun.days = 30\r\n")).run.days == 30


def test_missing_files_and_folders_are_refused(tmp_path, monkeypatch):
    assert "there is no such file; allowed: a .toml file" in message(tmp_path / "none.toml")
    assert "is a folder" in message(tmp_path)
    assert "none.toml: there is no such file" in message("none.toml")
    assert "no such file" in message("a\0b.toml")
    assert "\0" not in message("a\0b.toml")
    assert "too long" in message("x" * 5000 + ".toml")


def test_an_unknown_name_lists_the_bundled_ones_and_the_nearest(bundle, write, monkeypatch, tmp_path):
    told = message("usual_car")
    assert 'scenario "usual_car"' in told
    assert "allowed: growth, usual_care" in told
    assert 'did you mean "usual_care"?' in told
    write("", "zebra.toml")
    monkeypatch.chdir(tmp_path)
    assert 'did you mean "zebra.toml"?' in message("zebra")


def test_bundled_scenarios_are_found_by_name(bundle):
    growth = load_scenario("growth")
    assert library.bundled_names() == ("growth", "usual_care")
    assert (growth.name, growth.source, growth.chain) == ("growth", "bundled", ("usual_care",))
    assert (growth.run.days, growth.world.population.clients) == (730, 400)
    assert load_scenario("usual_care").title == "Usual care"


def test_a_mistake_in_a_bundled_scenario_names_it(bundle):
    (bundle / "growth.toml").write_text("based_on = 'usual_car'")
    assert message("growth").startswith('growth.toml (bundled): based_on: given "usual_car"; allowed: growth,')


def test_the_checkout_has_its_scenarios_beside_the_package():
    folder = Path(__file__).parents[1] / "scenarios"
    if not folder.is_dir():
        pytest.skip("only in a checkout: there are no scenarios beside the tests")
    names = library.bundled_names()
    assert sorted(names) == sorted(file.stem for file in folder.glob("*.toml"))
    for name in names:
        scenario = load_scenario(name)
        check_size(scenario)
        assert scenario.source == "bundled"


def test_a_file_is_based_on_a_bundled_one_or_one_in_its_folder(bundle, write):
    write("based_on = 'growth'\nrun.seed = 5", "deep/middle.toml")
    mine = load_scenario(write("based_on = 'deep/middle.toml'\nrun.days = 30"))
    assert mine.chain == ("middle", "growth", "usual_care")
    assert (mine.run.seed, mine.run.days, mine.world.population.clients) == (5, 30, 400)


@pytest.mark.parametrize(
    "path",
    [
        "../other.toml",
        "/etc/other.toml",
        "a/../../other.toml",
        "C:\\\\other.toml",
        "\\\\\\\\host\\\\other.toml",
        "..\\\\other.toml",
        "link/other.toml",
        "link.toml",
        "C:other.toml",
    ],
)
def test_a_path_that_leaves_the_folder_is_refused(write, tmp_path, path):
    other = write("", "other.toml")
    mine = write(f'based_on = "{path}"', "mine/mine.toml")
    (mine.parent / "link").symlink_to(tmp_path)
    (mine.parent / "link.toml").symlink_to(other)
    told = message(mine)
    assert "mine.toml: based_on: given " in told
    assert "allowed: a bundled name, or a path inside the folder of this file" in told


@pytest.mark.parametrize("given_", ["3", "[]", '"a\\u0000.toml"', '"nowhere.toml"', '""', f'"{"x" * 9999}.toml"'])
def test_what_cannot_be_a_base_is_refused(write, given_):
    assert "allowed: " in message(write(f"based_on = {given_}"))


def test_a_circle_is_told_with_its_chain(write, tmp_path):
    write("based_on = 'b.toml'", "a.toml")
    write("based_on = 'c.toml'", "b.toml")
    write("based_on = './a.toml'", "c.toml")
    told = message(tmp_path / "a.toml")
    assert re.search(r"c\.toml: based_on: given \S*a\.toml -> \S*b\.toml -> \S*c\.toml -> \S*a\.toml; allowed", told)
    assert "self.toml -> " in message(write("based_on = 'self.toml'", "self.toml"))


def test_an_endless_chain_is_refused(write, tmp_path):
    for i in range(30):
        write(f"based_on = 'f{i + 1}.toml'", f"f{i}.toml")
    assert "allowed: at most 20 files" in message(tmp_path / "f0.toml")


def test_a_mistake_names_the_file_that_states_it(write):
    write("run.days = 0", "below.toml")
    assert "below.toml: run.days" in message(write("based_on = 'below.toml'\nrun.seed = 'x'"))


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("service.caseload.size=20", "service.caseload.size", 20),
        (" run.days = 30 ", "run.days", 30),
        ("a=0.5", "a", 0.5),
        ("a=true", "a", True),
        ("a=staff_fixed", "a", "staff_fixed"),
        ("a=two words", "a", "two words"),
        ("a='it = x'", "a", "it = x"),
        ("a=b=c", "a", "b=c"),
        ("a=[1, 2]", "a", [1, 2]),
        ("a={rule = 'fixed'}", "a", {"rule": "fixed"}),
        ("a=my.package:Name", "a", "my.package:Name"),
        ("a=" + "9" * 5000, "a", "9" * 5000),
    ],
)
def test_a_setting_is_read_as_toml_or_a_bare_word(text, key, value):
    assert parse_setting(text) == (key, value)


@pytest.mark.parametrize("text", ["", "=", "a", "a=", "=3", "a=[1", "a='x", "a={", "a=1\nb=2"])
def test_a_broken_setting_is_refused(text):
    with pytest.raises(ScenarioError, match=r"^--set"):
        parse_setting(text)


_TEXT = st.text(st.sampled_from("ab.=[]{}\"'#\n 019-+_:ruletiwonchagsv"), max_size=200)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates() | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)
_PARTS = ["run", "run.days", "world", "world.population", "agency", "baseline", "service", "changes", "title"]
_CHOICES = ["caseload", "caseload.from_day", "titration", "titration.rule", "practice"]
PLAINEST = derive({}, where="x", name="x", source="x")
_KEYS = st.sampled_from([*_PARTS, *(f"service.{key}" for key in _CHOICES)]) | st.text(max_size=4)


def mistake_in(attempt, *given_) -> str:
    """Return the message of the only error that may be raised, an empty one if there is none."""
    try:
        attempt(*given_)
    except ScenarioError as error:
        return str(error)
    return ""


@given(st.binary(max_size=200) | _TEXT.map(str.encode))
def test_garbage_gives_a_scenario_or_one_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "garbage.toml"
    path.write_bytes(content)
    told = mistake_in(load_scenario, path)
    assert all("garbage.toml: " in line for line in told.splitlines())


@given(st.dictionaries(_KEYS, _VALUES, max_size=3))
def test_replacing_by_garbage_gives_a_scenario_or_one_error(settings):
    told = mistake_in(lambda: PLAINEST.replace(settings).flat())
    assert all(line.startswith("replace: ") for line in told.splitlines())


@given(st.text(max_size=60))
@pytest.mark.parametrize("attempt", [load_scenario, parse_setting])
def test_any_text_gives_an_answer_or_one_readable_error(attempt, text):
    assert mistake_in(attempt, text).isprintable()


class Mine(Section):
    """A policy from outside."""

    rule: str
    pace: float = 3.0

    def next_dose(self, clients):
        return clients.dose


def test_a_policy_from_outside_is_kept_and_checked(monkeypatch):
    monkeypatch.setitem(sys.modules, "outside", SimpleNamespace(Mine=Mine, Section=Section, text="text"))
    plainest = derive({}, where="x", name="x", source="x")
    mine = plainest.replace({"service.titration": {"rule": "outside:Mine", "pace": 4.0}})
    assert mine.flat()["service.titration.pace"] == 4.0
    assert mine.replace({"service.titration.pace": 5.0}).flat()["service.titration.pace"] == 5.0
    assert 'rule = "outside:Mine"' in mine.to_toml()
    assert "service.titration.pac: unknown key" in mistake_in(mine.replace, {"service.titration.pac": 5.0})
    assert 'service.titration.pace: given "x"' in mistake_in(mine.replace, {"service.titration.pace": "x"})
    for name, told in (("No", "cannot be imported"), ("text", "is no section"), ("Section", "has no next_dose")):
        message = mistake_in(mine.replace, {"service.titration.rule": f"outside:{name}"})
        assert f'service.titration: given rule = "outside:{name}", which {told}' in message
        assert 'allowed: "package.module:Name"' in message


class Warm(Section):
    rule: Literal["warm"] = "warm"
    visits: int = param(2, "contacts", 1, 3, "choice", allowed=(1, 10))


class Cold(Section):
    rule: Literal["cold"] = "cold"


class Many(Section):
    """One field of each kind."""

    word: Literal["this", "that"] = "this"
    either: int | str = 1
    open: float = Field(2.0, gt=1)
    below: float = Field(2.0, lt=3)
    yes: bool = True
    several: tuple[Warm, ...] = ()
    policy: Warm | Cold = Field(Warm(), discriminator="rule")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("service.staff.nurses", None),  # not service.hospital.use
        ("agency.staff.doctors", None),  # not world.population.others
        ("world.population.size", None),  # not service.caseload.size
        ("world.prices.hospital_day", None),  # not world.hospital
        ("service.team", None),  # not service.crisis.teams
        ("seed", "run.seed"),  # not observed
        ("beds", "service.hospital.beds"),
        ("agency.beds", "agency.hospital.beds"),
        ("world.clients", "world.population.clients"),
        ("agency.staff.managers", "agency.staff.case_managers"),
        ("world.hospital.occupancy", "world.hospital.outside_occupancy"),
    ],
)
def test_a_hint_names_what_was_meant_or_nothing(given, meant):
    with pytest.raises(ScenarioError) as error:
        load_scenario("usual_care").replace({given: 3})
    assert re.findall(r'did you mean "(.*?)"', str(error.value)) == ([meant] if meant else [])


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        ({"word": "thsi"}, ("word", 'given "thsi"; allowed: "this" or "that"; did you mean "this"?')),
        ({"open": 1}, ("open", "given 1; allowed: a number, above 1")),
        ({"below": 3}, ("below", "given 3; allowed: a number, below 3")),
        ({"yes": 1}, ("yes", "given 1; allowed: true or false")),
        ({"several": ({"visits": 0},)}, ("several.1.visits", "given 0; allowed: a whole number, 1 to 10 contacts")),
        ({"policy": {"visits": 1}}, ("policy.rule", 'given nothing; allowed: "warm" or "cold"')),
        ({"policy": {"rule": "warm", "visits": 0}}, ("policy.visits", "given 0; allowed: a whole number, 1 to")),
        ({"either": 1.5}, ("either", "given 1.5; allowed: a whole number or text")),
    ],
)
def test_mistakes_are_explained_in_words(given_, told):
    with pytest.raises(ValidationError) as caught:
        Many.model_validate(given_)
    key, text = next(iter(explain(caught.value, Many)))
    assert ".".join(key) == told[0]
    assert text.startswith(told[1])
