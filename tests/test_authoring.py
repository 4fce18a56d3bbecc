"""Writing scenarios: new files, what differs, the schema, tables of scenarios and staff lists."""

from __future__ import annotations

import io
import json
import re
import tomllib
import zipfile

import openpyxl
import pytest

import cmsim
from cmsim.cli.options import chosen_scenarios
from cmsim.core.errors import ScenarioError
from cmsim.reporting.service_periods import describe_periods
from cmsim.scenario.capacity import capacity_warnings
from cmsim.scenario.json_schema import scenario_schema
from cmsim.scenario.library import bundled, bundled_names
from cmsim.scenario.scenario_table import load_scenarios
from cmsim.scenario.scenario_template import write_draft
from cmsim.scenario.setting_details import about, settable
from cmsim.scenario.staff_list import read_staff
from cmsim.scenario.table_file import read_table

USUAL = cmsim.load_scenario("usual_care")


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return to_file


# -- new


@pytest.mark.parametrize("base", bundled_names())
def test_a_new_scenario_passes_check_and_changes_nothing_yet(command, base):
    status, out, _ = command("new", "mine", "--based-on", base)
    assert status == 0
    assert "Written: mine.toml" in out
    assert command("check", "mine.toml")[0] == 0
    assert cmsim.load_scenario("mine.toml").differences(cmsim.load_scenario(base)) == []


@pytest.mark.parametrize("full", [False, True])
def test_every_comment_of_a_new_file_can_be_taken_away_and_only_adds_prices(tmp_path, full):
    """So that what an author uncomments is valid TOML, in the right table, with the value in force."""
    path = write_draft(tmp_path / "mine", "usual_care", full=full)
    text = path.read_text()
    assert (len(text.splitlines()) <= 40) is not full
    path.write_text(re.sub(r"(?m)^# (?=\w+ = )", "", text))
    stated = tomllib.loads(path.read_text())
    assert (stated["agency"]["staff"]["case_managers"], stated["world"]["population"]["clients"]) == (12, 300)
    assert ("titration" in stated["agency"]) is full
    found = cmsim.load_scenario(path)
    prices = ("case_manager_hour", "supervisor_hour", "psychiatrist_hour", "residence_day")
    assert {key for key, *_ in found.differences(USUAL)} == {f"world.prices.{name}" for name in prices}
    assert found.timeline() == USUAL.timeline()


def test_a_new_file_is_never_written_over_another(command, tmp_path):
    (tmp_path / "mine.toml").write_text("title = 'Kept'")
    status, _, error = command("new", "mine")
    assert status == 2
    assert "mine.toml: exists already" in error
    assert (tmp_path / "mine.toml").read_text() == "title = 'Kept'"


def test_a_new_file_may_be_based_on_a_neighbour_but_not_on_a_file_elsewhere(tmp_path):
    first = write_draft(tmp_path / "first", "small_caseload")
    second = write_draft(tmp_path / "second", str(first))
    assert cmsim.load_scenario(second).chain == ("first", "small_caseload", "usual_care")
    with pytest.raises(ScenarioError, match=r"--based-on: given .* in the folder of the new one"):
        write_draft(tmp_path / "deep" / "third", str(first))
    assert not (tmp_path / "deep").exists()


@pytest.mark.parametrize("name", ["", "1st", "a b", "../up/..", "x" * 65])
def test_a_name_that_would_make_trouble_is_refused(tmp_path, name):
    with pytest.raises(ScenarioError, match="given the name"):
        write_draft(tmp_path / f"{name}.toml", "usual_care")
    assert list(tmp_path.iterdir()) == []


# -- check


def test_check_says_what_holds_in_the_warm_up_and_what_after_it(command):
    """Somebody else's staff in the warm-up is said, with where to state one's own."""
    status, out, _ = command("check", "usual_care", "--set", "service.staff.case_managers=8")
    told = " ".join(out.split())
    assert status == 0
    assert "Warm-up, days 0 to 364: 12 posts of case managers, 8 hours a day; up to 25 clients each;" in told
    assert "Analysis, days 365 to 1094: 8 posts of case managers, 8 hours a day; the rest as before." in told
    assert "State it under [agency]" in told
    told = " ".join(command("check", "usual_care", "--set", "agency.staff.case_managers=201")[1].split())
    assert "Warm-up, days 0 to 364: 201 posts" in told
    assert "Analysis, days 365 to 1094: as before." in told
    assert "[agency]" not in told.partition("All settings")[0]
    assert "Warning: agency.staff.case_managers = 201 lies outside" in told
    assert told.count("Warning: ") == 1  # not once for the warm-up and once for what comes after it


def test_check_says_what_others_take_of_beds_and_of_psychiatrists(command, tmp_path):
    """Both are asked for in a new file, and said in words."""
    path = write_draft(tmp_path / "mine", "usual_care")
    text = path.read_text()
    for name, value, unit in (("outside_occupancy", 0.85, "of beds"), ("psychiatrist_elsewhere", 0.0, "hours that")):
        assert re.search(rf"(?m)^# {name} = {value}  # share; .*{unit}", text)
    text = text.replace("# outside_occupancy = 0.85", "outside_occupancy = 0.7")
    path.write_text(text.replace("# psychiatrist_elsewhere = 0.0", "psychiatrist_elsewhere = 0.25"))
    told = " ".join(command("check", str(path))[1].split())
    assert "2 psychiatrists with 26 clinic hours a week in all, 25% of them spent on letters, housing" in told
    assert "Other people's demand alone would fill 70% of the beds" in told


def test_periods_name_rules_that_change_and_later_dates():
    changes = [{"from_day": 500, "service.hospital.beds": 20}]
    found = USUAL.replace({"service.titration": {"rule": "fixed"}, "service.contact.calls": 1.0, "changes": changes})
    assert describe_periods(found)[1:] == [
        "Analysis, days 365 to 499: changed: titration.rule, contact.calls; the rest as before.",
        "Then, days 500 to 1094: 20 beds; the rest as before.",
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"agency.staff.case_managers": 3, "agency.caseload.size": 10}, "have room for 36 of the 300 clients .* 264"),
        ({"agency.agencies.housing": 30}, r"66 clients \(22% of 300\) live .* others hold 16 of 30 places: for 14"),
        ({"agency.hospital.beds": 18, "world.hospital.outside_occupancy": 0.95}, "fill 17.1 of 18 beds and 3.6 .*0.70"),
        ({"agency.staff.psychiatrist_hours": 4.0}, "25 reviews a week take 10 hours, and .* in clinic for 7"),
    ],
)
def test_what_does_not_fit_the_people_is_warned_of(command, settings, message):
    (told,) = capacity_warnings(USUAL.replace(settings))
    assert re.search(message, told)
    status, out, _ = command("check", "usual_care", *(f"--set={key}={value}" for key, value in settings.items()))
    assert status == 0
    assert told in " ".join(out.split())


def test_a_later_service_that_does_not_fit_is_warned_of_with_its_day():
    (told,) = capacity_warnings(USUAL.replace({"service.staff.case_managers": 3}))
    assert told.startswith("From day 365: 3 posts")
    assert list(capacity_warnings(USUAL)) == []


# -- diff


def test_diff_shows_values_units_and_meaning(command):
    status, out, _ = command("diff", "usual_care", "small_caseload")
    assert status == 0
    line = next(line for line in out.splitlines() if "service.caseload.size" in line)
    assert line.split()[1:6] == ["25", "15", "clients", "per", "worker"]
    assert "are identical until day 365" in " ".join(out.split())
    assert "do not differ" in command("diff", "usual_care", "usual_care")[1]
    status, _, error = command("diff", "usual_care", "smal_caseload")
    assert status == 2
    assert 'did you mean "small_caseload"' in error


def test_what_a_setting_is_follows_the_rule_that_is_chosen():
    settings = USUAL.replace({"service.titration": {"rule": "fixed"}}).flat()
    assert about("service.titration.level", settings).meaning == "the dose"
    assert about("service.titration.pace", settings).allowed == ""
    assert about("service.titration.pace", USUAL.flat()).unit == "share a week"
    assert about("service.titration.rule", settings).allowed.startswith('"fixed" or "step_down" or')
    assert about("changes.1.service.caseload.size", {}).unit == "clients per worker"
    assert about("world.nothing", settings).evidence is None
    assert set(USUAL.flat()) <= set(settable())


def test_every_choice_of_the_service_says_what_it_means():
    settings = USUAL.flat()
    chosen = [key for key in settings if key.startswith("service.") and not key.endswith(".rule")]
    without_number = {key: found for key in chosen if not (found := about(key, settings)).evidence}
    choices = {key: found.meaning for key, found in without_number.items() if " or " in found.allowed}
    assert {"service.caseload.closure", "service.turnover.cuts", "service.family_work.group"} <= choices.keys()
    assert [key for key, meaning in choices.items() if not meaning] == []


# -- schema


@pytest.fixture(scope="module")
def schema():
    return scenario_schema()


def test_the_schema_accepts_what_cmsim_accepts_and_refuses_what_it_refuses(command, schema):
    jsonschema = pytest.importorskip("jsonschema")
    status, out, _ = command("schema")
    assert status == 0
    assert json.loads(out) == schema
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for name, file in bundled().items():
        assert validator.is_valid(tomllib.loads(file.read_text())), name
    assert validator.is_valid({"changes": [{"from_day": 400, "service.caseload.size": 20}]})
    assert validator.is_valid({"service": {"titration": {"pace": 0.3}}})
    assert validator.is_valid({"world": {"illness": {"onset_rate": {"times": 1.3}}}})
    assert validator.is_valid({"service": {"titration": {"rule": "my.module:Rule", "own": 1}}})
    for wrong in (
        {"service": {"caseload": {"sizee": 20}}},
        {"service": {"caseload": {"size": 0}}},
        {"service": {"caseload": {"size": "20"}}},
        {"service": {"caseload": {"closure": "none"}}},
        {"world": {"illness": {"relapse": 1}}},
        {"world": {"illness": {"onset_rate": {"tims": 1.3}}}},
        {"service": {"caseload": {"size": {"times": 2}}}},
        {"changes": [{"service": {}}]},
    ):
        assert not validator.is_valid(wrong), wrong


def test_every_number_of_the_schema_has_description_unit_and_limits(schema):
    found = schema["$defs"]["Staff"]["properties"]["hours"]
    assert found["description"] == "case managers' working day; hours a day; plausible 6 to 9"
    assert (found["minimum"], found["maximum"], found["x-unit"]) == (1.0, 12.0, "hours a day")


def test_the_schema_is_written_where_asked_or_not_at_all(command, schema, tmp_path):
    assert command("schema", "--out", "schema.json")[0] == 0
    assert json.loads((tmp_path / "schema.json").read_text()) == schema
    status, _, error = command("schema", "--out", "nowhere/schema.json")
    assert status == 2
    assert "cannot be written" in error


# -- a row a scenario


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_row_is_a_scenario_and_an_empty_cell_changes_nothing(write, separator, mark):
    rows = [
        ["name", "title", "service.caseload.size", "service.turnover.handover.rule", "world.loops.bed_pressure"],
        ["few", "Few clients", "18", "warm", ""],
        ["", "", "", "", ""],
        ["many", "", "30", "", "FALSE"],
    ]
    path = write(mark + "\r\n".join(separator.join(row) for row in rows))
    few, many = load_scenarios(path, USUAL)
    assert (few.name, few.title, few.service.caseload.size) == ("few", "Few clients", 18)
    assert few.service.turnover.handover.rule == "warm"
    assert {key for key, *_ in USUAL.differences(many)} == {"service.caseload.size", "world.loops.bed_pressure"}


def workbook(*rows):
    """Return the bytes of an Excel workbook with these rows."""
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


_DAYS = 'name;title;run.days;world.illness.onset_rate\r\nA;"Two\nlines";400;1,25\r\n'


@pytest.mark.parametrize(
    "content",
    [
        _DAYS.encode(),
        f"sep=;\r\n{_DAYS}".encode("utf-8-sig"),
        _DAYS.replace(";", "\t").encode("utf-16"),
        b"\xfe\xff" + _DAYS.encode("utf-16-be"),
        f"SEP=|\n{_DAYS.replace(';', '|')}".encode(),
        _DAYS.replace(";", ",").replace("1,25", '"1,25"').encode(),
        workbook(
            ["name", "title", "run.days", "world.illness.onset_rate", None],
            [None, " "],
            ["A", "Two\nlines", 400.0, 1.25],
        ),
    ],
)
def test_a_table_is_read_as_spreadsheets_of_any_country_write_it(write, content):
    (found,) = load_scenarios(write(content), USUAL)
    assert (found.name, found.title, found.run.days) == ("A", "Two\nlines", 400)
    assert found.world.illness.onset_rate == 1.25


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name;run.days;world.illness.onset_rate\nA;1.000;1,5\n", 'row 2: given "1.000" .* sign for thousands'),
        (b'name,run.days\nA,"1,000"\n', 'row 2: run.days: given "1,000"'),
        (b"\xff\xfen\x00a", "not UTF-16 text"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x", "Excel file of before 2007"),
        (b"PK\x03\x04 and no more", "not an Excel workbook"),
        (workbook(["name", "run.days"], ["A", "=3*100"]), r'row 2: given "=3\*100", not calculated'),
        (workbook(["name", "run.days"], ["A", 400, "beyond"]), "a column without a name"),
        (workbook(["name", "run.days"], ["A", 400.5]), "row 2: run.days: given 400.5"),
    ],
)
def test_a_table_that_may_be_misread_is_refused(write, content, message):
    with pytest.raises(ScenarioError, match=message):
        load_scenarios(write(content), USUAL)


def test_commands_take_a_workbook_of_scenarios(write):
    path = write(workbook(["name", "agency.staff.case_managers"], ["few", 8]), "rows.xlsx")
    usual, few = chosen_scenarios(["usual_care", str(path)], 30, None, None)
    assert (usual.baseline.staff.case_managers, few.baseline.staff.case_managers) == (12, 8)
    assert few.run.days == 30


def test_a_workbook_that_unpacks_to_too_much_is_refused(write):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", bytes(2**27))
    with pytest.raises(ScenarioError, match="bytes when unpacked; allowed: 67108864"):
        read_table(write(content.getvalue()))


def test_a_row_may_name_its_own_base(write):
    head = "name,based_on,run.days,world.illness.onset_rate.plus"
    (found,) = load_scenarios(write(f"{head}\nx,small_caseload,400,0.4\n"), USUAL)
    assert found.service.caseload.size == 15
    assert found.run.days == 400
    assert found.world.illness.onset_rate == pytest.approx(USUAL.world.illness.onset_rate + 0.4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty; allowed: a line with the names of columns"),
        ("name,service.caseload.size\n", "no row beneath"),
        ("title,service.caseload.size\nA,3\n", "no column name"),
        ("name,service.caseload.sise\nA,3\n", 'no such setting; did you mean "service.caseload.size"'),
        ("name,run.days,run.days\nA,3,4\n", "run.days: given 2 columns"),
        ("name,run.days\nA,3,4\n", "row 2: given 3 cells; allowed: 2"),
        ("name,run.days\nA,3\nA,4\n", '"A" stands in several rows'),
        ("name,run.days\nA,3\n,4\n", "row 3: name: given nothing"),
        ("name,service.caseload.size\nA,many\n", r'row 2: service.caseload.size: given "many"; allowed: a whole'),
        ("name,service.caseload.size\nA,3\nB,0\nC,0\n", "row 3: .*\n.*row 4: "),
        ("name,based_on\nA,usual_cere\n", "row 2: .*did you mean"),
        (b"name,title\nA,\xff\n", "not UTF-8"),
        ('name,title\nA,"open\n', "not CSV"),
    ],
)
def test_a_mistake_names_file_row_and_column(write, text, message):
    with pytest.raises(ScenarioError, match=message) as caught:
        load_scenarios(write(text), USUAL)
    assert "table.csv" in str(caught.value)


@pytest.mark.slow
def test_compare_takes_a_table(command, write):
    write("name,service.caseload.size\nfew,18\nmany,30\n", "rows.csv")
    small = ["--set", "world.population.clients=15", "--set", "world.warm_up_days=30", "--days", "20"]
    status, out, error = command("compare", "usual_care", "rows.csv", *small, "--replications", "2")
    assert (status, error) == (0, "")
    assert "few against usual_care" in out
    assert "many against usual_care" in out
    assert "corrected for comparing 2 scenarios" in " ".join(out.split())
    status, _, error = command("compare", "rows.csv", "usual_care")
    assert status == 2
    assert "rows.csv: given first" in error
    status, _, error = command("compare", "usual_care", "nothing.csv")
    assert status == 2
    assert "no such file" in error


# -- a staff list


def test_a_staff_list_becomes_posts(command, write):
    """40 + 20 + a full week of 40 hours are 100 hours of three people; one supervisor for all of them."""
    staff = "role,hours_a_week\nCase manager,40\ncase manager,20\ncase manager,\nsupervisor,\npsychiatrist,6\n"
    stated, said = read_staff(write(staff, "staff.csv"), USUAL.service.staff)
    posts = {"case_managers": 3, "hours": 6.6667, "supervisor_span": 3}
    assert stated == posts | {"psychiatrists": 1, "psychiatrist_hours": 6.0}
    assert "2.50 full posts; here 3 people with a day of 6.6667 hours" in said
    status, out, _ = command("new", "agency", "--staff-list", "staff.csv")
    assert status == 0
    assert "2.50 full posts" in out
    agency = cmsim.load_scenario("agency.toml")
    assert agency.service.staff == agency.baseline.staff
    assert {name: getattr(agency.service.staff, name) for name in stated} == stated


@pytest.mark.parametrize("head", ["Role;FTE", "role;wte"])
def test_a_staff_list_may_state_parts_of_a_post_and_aides(write, head):
    """Six full posts and two of half the hours are 280 hours a week of eight people: no half post is rounded."""
    people = ["case manager;1"] * 6 + ["case manager;0,5"] * 2 + ["Peer specialist;0,5", "aide;1", "supervisor;1"]
    people += ["psychiatrist;1", "psychiatrist;0,2"]
    stated, _ = read_staff(write("\n".join([head, *people]), "staff.csv"), USUAL.service.staff)
    assert stated == {
        "case_managers": 8,
        "hours": 7.0,
        "supervisor_span": 8,
        "aides": 2,
        "psychiatrists": 2,
        "psychiatrist_hours": 24.0,
    }
    alone, _ = read_staff(write('role,Hours per week\ncase manager,"18,5"\n', "staff.csv"), USUAL.service.staff)
    assert alone == {"case_managers": 1, "hours": 3.7}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "columns: given nothing"),
        ("name,role\nA,case manager\n", r"allowed: role, and hours_a_week or fte \(no names\)"),
        ("role,fte,hours\ncase manager,1,40\n", "columns: given .*hours_a_week or fte"),
        ("role,fte\ncase manager,3\n", "row 2: fte: given .*up to 2"),
        ("role\ncase menager\n", 'row 2: role: given "case menager".*did you mean "case manager"'),
        ("role,hours_a_week\ncase manager,full\n", 'row 2: hours_a_week: given "full"'),
        ("role,hours_a_week\ncase manager,200\n", "up to 80"),
        ("role\nsupervisor\n", "no case manager"),
    ],
)
def test_a_staff_list_that_cannot_be_used_is_refused(write, text, message):
    with pytest.raises(ScenarioError, match=message):
        read_staff(write(text, "staff.csv"), USUAL.service.staff)


# -- one function for tools from outside


def test_run_gives_the_outcomes_of_one_history():
    tiny = USUAL.replace({"world.population.clients": 15, "world.warm_up_days": 20, "run.days": 30})
    found = cmsim.run(tiny, 3)
    assert found == pytest.approx(cmsim.simulate(tiny.replace({"run.seed": 3})).outcomes(), nan_ok=True)
    assert list(found) == list(cmsim.OUTCOMES)
    assert cmsim.run(tiny, 4) != found
    more = cmsim.run(tiny, 3, {"service.contact.least_visits": 4.0})
    assert more["client_contacts"] > found["client_contacts"]
    with pytest.raises(ScenarioError, match="did you mean"):
        cmsim.run(tiny, 3, {"service.contact.least_visit": 4.0})
