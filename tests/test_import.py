"""An agency's own referrals and counts become a scenario; what is personal or cannot be read is refused in words."""

from __future__ import annotations

import datetime
import re
import tomllib
from pathlib import Path

import openpyxl
import pytest

import cmsim
from cmsim.cli import main
from cmsim.core.errors import ScenarioError
from cmsim.scenario.agency_estimates import agency_lines, estimate_agency
from cmsim.scenario.count_table import COUNTED, read_counts
from cmsim.scenario.library import example_file
from cmsim.scenario.referral_list import COLUMNS, parse_groups, read_referrals
from test_documents import blocks

HEAD = "client,referred,worker,last_contact,contacts,admissions,bed_days,group,closed"
AS_COUNTED = ("served_contacts", "served_admissions", "out_of_contact_30", "homeless_share", "retained_365")
SHARES = {"exhaustion": False, "exhausted": True}


@pytest.fixture
def table(tmp_path):
    def write(text, name="list.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def told(read, *arguments, **options):
    with pytest.raises(ScenarioError) as caught:
        read(*arguments, **options)
    return str(caught.value)


def estimates(path, counts=None, **options):
    found, left_open = estimate_agency(read_referrals(path, **options), counts, {}, "")
    return {each.key: each for each in found}, left_open


def days_before(days):
    return datetime.date(2024, 6, 30) - datetime.timedelta(days)


def listed(rows, head=HEAD):
    return "\n".join([head, *(",".join(map(str, row)) for row in rows)])


SIX = listed(
    [
        ("C1", "2020-01-10", "W1", "2024-06-20", 30, 1, 12, "F20.0", ""),
        ("C2", "2021-05-02", "W1", "2024-05-01", 10, 0, 0, "F31.9", ""),
        ("C3", "2024-06-01", "W2", "2024-06-30", 2, 0, 0, "schizophrenia", ""),
        ("C4", "2024-06-10", "", "", 0, 0, 0, "", ""),
        ("C5", "2023-01-01", "W2", "2024-01-01", 15, 2, 20, "other", "2024-01-31"),
        ("C3", "2022-01-01", "W1", "2022-09-01", "", "", "", "F20", "2022-09-30"),
    ]
)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            "client,referred,Surname",
            "Surname: looks like a column of names, birth dates, addresses or numbers of persons",
        ),
        ("client,referred,client_dob", "client_dob: looks like a column of names, birth dates"),
        (
            "client,referred,Case notes",
            "Case notes: looks like a column of free text; allowed: no such column. Delete it",
        ),
        (
            "client,referred,admisions",
            "unknown column; allowed: client, referred, worker, last_contact, contacts, admissi",
        ),
        ("client,referred,wrker", 'did you mean "worker"?'),
        ("client,id,referred", "client: given 2 columns that mean client; allowed: one"),
        ("client,worker,group", "no column referred; allowed: client, referred, worker"),
    ],
)
def test_columns_that_are_personal_or_unknown_are_refused(table, head, expected):
    path = table(f"{head}\nC1,2024-01-01,x1\n")
    message = told(read_referrals, path)
    assert message.startswith(f"{path}: ")
    assert expected in message
    assert "x1" not in message


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Jane Doe,2024-01-01,W1,,,,,,", "row 2: client: given what may be a name, a date or the number of a person"),
        ("123-45-6789,2024-01-01,W1,,,,,,", "row 2: client: given what may be a name"),
        ("C1,2024-01-01,Smith,,,,,,", "row 2: worker: given what may be a name"),
        (",2024-01-01,W1,,,,,,", "row 2: client: given nothing; allowed: a code for each client, such as C0042"),
        ("C1,yesterday,W1,,,,,,", 'row 2: referred: given "yesterday"; allowed: a date such as 2024-12-31'),
        ("C1,2024-02-30,W1,,,,,,", 'row 2: referred: given "2024-02-30"; allowed: a date'),
        ("C1,1900-01-01,W1,2024-01-01,,,,,", "row 2: referred: given 1900-01-01; allowed: 1950-01-01 to 2024-01-01"),
        ("C1,2024-01-01,W1,2999-01-01,,,,,", "row 2: last_contact: given 2999-01-01, which is to come"),
        (
            "C1,2024-01-01,W1,,many,,,,",
            'row 2: contacts: given "many"; allowed: a number, 0 to 2000, or nothing if not',
        ),
        ("C1,2024-01-01,W1,,,,400,,", 'row 2: bed_days: given "400"; allowed: a number, 0 to 366'),
        (
            "C1,2024-01-01,W1,,,,,Cluster 8,",
            'row 2: group: given "Cluster 8"; allowed: schizophrenia, bipolar, other, a',
        ),
        (
            f"C1,2024-01-01,W1,,,,,{'She said that ' * 4},",
            "row 2: group: given 55 characters of text; allowed: the name",
        ),
        (
            "C1,2024-01-02,W1,,,,,,2024-01-01",
            "row 2: closed: given 2024-01-01, before the referral; allowed: no earlier",
        ),
        ("C1,2024-01-01,W1", "row 2: given 3 cells; allowed: 9, one a column"),
    ],
)
def test_cells_that_cannot_be_are_refused(table, row, expected):
    path = table(f"{HEAD}\n{row}\n")
    message = told(read_referrals, path)
    assert message.startswith(f"{path}: row 2")
    assert expected in message
    assert not re.search("Jane|Smith|6789|She said", message)  # what may be personal is not repeated


def test_numbers_of_a_health_service_are_no_codes(table):
    numbers = [f"{start}{(11 - sum(int(d) * w for d, w in zip(start, range(10, 1, -1), strict=True)) % 11) % 11}"
               for start in ("943476591", "401023213", "936557480", "123456788", "485777345")]  # fmt: skip
    path = table(listed([(number, "2024-01-01") for number in numbers], "client,referred"))
    assert "look like NHS numbers" in told(read_referrals, path)


def test_all_mistakes_are_told_at_once(table):
    path = table(f"{HEAD}\nC1,never,W1,,,,,,\nC2,soon,W1,,,,,,\n")
    assert told(read_referrals, path).count("\n") == 1


@pytest.mark.parametrize(
    ("dates", "order", "expected"),
    [
        (("03/04/2024", "25/12/2023"), None, datetime.date(2024, 4, 3)),
        (("03/04/2024", "12/25/23"), None, datetime.date(2024, 3, 4)),
        (("03.04.2024 00:00", "01.04.2024"), "day-first", datetime.date(2024, 4, 3)),
        (("4 Mar 2024", "2023-12-25"), None, datetime.date(2024, 3, 4)),
        (("03/04/2024", "02/03/2024"), None, "allowed: --dates day-first or --dates month-first"),
        (("25/12/2023", "12/25/2023"), None, "allowed: day and month in one order in the whole file"),
        (("25/12/2023", "01/02/2023"), "month-first", 'given "25/12/2023"; allowed: a date such as 2024-12-31'),
    ],
)
def test_dates_of_any_country_are_read_and_asked_for_where_they_are_unclear(table, dates, order, expected):
    path = table(listed([(f"C{i}", date) for i, date in enumerate(dates)], "client,referred"))
    if isinstance(expected, str):
        assert expected in told(read_referrals, path, order=order)
    else:
        assert read_referrals(path, order=order).rows[0].referred == expected


def test_the_same_row_twice_counts_once_and_two_that_differ_are_refused(table):
    twice = f"{SIX}\n{SIX.splitlines()[1]}"
    found = read_referrals(table(twice))
    assert len(found.rows) == 6
    assert "1 rows that were the same as another one were left out." in found.notes
    message = told(read_referrals, table(f"{SIX}\nC1,2023-02-02,W2,,,,,,"))
    assert (
        "row 8: given another row of the client of row 2, and not the same; allowed: one row for each client" in message
    )


def test_a_list_is_read_alike_from_whatever_a_spreadsheet_writes(table, tmp_path):
    expected = read_referrals(table(SIX)).rows
    semicolons = table(SIX.replace(",", ";").encode("utf-16"), "semicolons.csv")
    book = openpyxl.Workbook()
    for line in SIX.splitlines():
        cells = [
            datetime.datetime.fromisoformat(cell) if re.match(r"\d{4}-", cell) else cell for cell in line.split(",")
        ]
        book.active.append([int(cell) if str(cell).isdigit() else cell for cell in cells])
    book.save(tmp_path / "list.xlsx")
    other = SIX.replace(HEAD, "Client ID,Date of referral,Key worker,Last contact date,Contacts (last 12 months),"
                        "Admissions 12m,Bed days in the last year,Diagnosis,Discharge date")  # fmt: skip
    for path in (semicolons, tmp_path / "list.xlsx", table(other.replace(",,", ",n/a,"), "other.csv")):
        assert read_referrals(path).rows == expected


def test_small_numbers_are_worked_out_by_hand(table):
    found, left_open = estimates(table(SIX))
    assert {key: each.value for key, each in found.items()} == {
        "world.population.clients": 3,
        "world.population.waiting_share": pytest.approx(1 / 3),
        "world.population.referrals": pytest.approx(2 / 3),  # C3 and C4 in a year
        "agency.staff.case_managers": 2,
        "agency.caseload.size": 2,
        "observed.caseload": 1.5,
        "observed.stay": pytest.approx(32 / 3),
        "observed.out_of_contact_30": 0.5,
        "observed.waiting": 1,
    }
    assert found["world.population.clients"].source == (
        "list.csv, column worker: 3 with a worker, of 4 open rows of 6, on 2024-06-30"
    )
    assert "(1, 2): the mean, since clients wait" in found["agency.caseload.size"].source
    assert any(note.startswith("The group is known of 3 open rows, fewer than 20") for note in left_open)
    assert any("3 clients were referred and 1 of them left: too few" in note for note in left_open)


def test_open_referrals_alone_say_what_they_cannot(table):
    rows = [(f"C{i}", days_before(i * 20), 12) for i in range(40)]
    found, left_open = estimates(table(listed(rows, "client,referred,contacts")))
    assert found["world.population.referrals"].value == pytest.approx(5 * 365 / 90 / 40)
    assert found["world.population.referrals"].assumed.startswith("A lower bound")
    assert found["observed.served_contacts"].assumed.startswith("Of open referrals only")
    assert any("No column worker" in note for note in left_open)
    assert any("No closed referrals" in note for note in left_open)


def test_how_long_clients_stay_is_kaplan_meier_with_open_stays_censored(table):
    # of 40 referred 600 days ago, 10 left after 100 days, and 10 of the 20 referred 200 days ago after 150
    rows = [(f"A{i}", days_before(600), days_before(500) if i < 10 else "") for i in range(40)]
    rows += [(f"B{i}", days_before(200), days_before(50) if i < 10 else "") for i in range(20)]
    rows += [("Z0", days_before(900), days_before(600))]  # from when on closed referrals are in the list
    found, _ = estimates(table(listed(rows, "client,referred,closed")), day=days_before(0))
    retained = found["observed.retained_365"]
    assert retained.value == pytest.approx(50 / 60 * 40 / 50)
    assert retained.ends[0] < retained.value < retained.ends[1]
    assert "Kaplan-Meier over 60 clients" in retained.source
    assert "20 left, 40 stays are open and censored" in retained.source


def test_words_of_one_s_own_for_groups_are_taken_as_told(table):
    path = table(SIX.replace("F31.9", "Cluster 8"))
    groups = parse_groups(["Cluster 8=bipolar"])
    assert [row.group for row in read_referrals(path, groups=groups).rows][:3] == [
        "schizophrenia",
        "bipolar",
        "schizophrenia",
    ]
    assert 'given "x=y"; allowed: WORD=GROUP' in told(parse_groups, ["x=y"])


def test_monthly_counts_become_outcomes_as_observed(table):
    text = (
        "Month;WTE;contacts;appointments;DNA;discharges;readmissions;waiting;staff_left;exhausted\n"
        "2024-01;7,5;330;400;80;10;2;24;0;0,25\n2024-03;7,5;;400;96;12;;26;1;0,35\n"
    )
    found = {name: (value, n) for name, value, n, _ in read_counts(table(text), SHARES).observed()}
    assert found == {
        "recorded_contacts": (44.0, None),  # of the month in which both are known
        "turnover": (80.0, None),
        "no_show": (0.22, 800),
        "readmitted_30": (0.2, 10),
        "waiting": (25.0, None),
        "exhausted": (pytest.approx(0.3), None),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("month,contact\n2024-01,3", "contact: unknown column; allowed: month, contacts, case_managers"),
        ("month,exhausted\n2024-01,25", 'row 2: exhausted: given "25"; allowed: a number, 0 to 1'),
        ("month,waiting\n2024-01,3\n01/2024,4", "row 3: month: given 2024-01, as in row 2; allowed: each month once"),
        ("month,waiting\n,3", "row 2: month: given nothing; allowed: a month such as 2024-05"),
        (
            "month,appointments,did_not_attend\n2024-01,3,4",
            "2024-01: did_not_attend: given 4; allowed: no more than appo",
        ),
        ("waiting\n3", "no months; allowed: a column month and a row for each month"),
    ],
)
def test_counts_that_cannot_be_are_refused(table, text, expected):
    path = table(text)
    assert expected in told(read_counts, path, SHARES)
    assert told(read_counts, path, SHARES).startswith(f"{path}: ")


def test_the_example_gives_back_the_agency_that_it_was_made_of():
    """Both files are of one run of 260 clients, 9 posts of 29 clients and 22 referrals for each 100 clients a year."""
    counts = read_counts(example_file("example_counts.csv"), {})
    found, _ = estimates(example_file("example_referrals.csv"), counts)
    stated = tomllib.loads("\n".join(agency_lines(found.values())))
    assert stated["agency"] == {"staff": {"case_managers": 9}, "caseload": {"size": 28}}
    population = stated["world"]["population"]
    assert population["clients"] * (1 + population["waiting_share"]) == pytest.approx(279, abs=0.1)
    assert population["referrals"] == pytest.approx(0.22, rel=0.1)
    assert population["schizophrenia"] == pytest.approx(0.55, abs=0.05)
    shown = {"served_contacts": 33.2, "out_of_contact_30": 0.097, "homeless_share": 0.030, "no_show": 0.209}
    for name, value in shown.items():  # as the model itself counted them in that run, over two years
        assert stated["observed"][name] == pytest.approx(value, rel=0.12) or stated["observed"][name]["value"] == (
            pytest.approx(value, rel=0.12)
        )


def test_the_command_writes_what_the_model_takes_and_nothing_of_a_person(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "150")
    words = ["import", "example_referrals.csv", "--counts", "example_counts.csv", "--out", "county.toml"]
    monkeypatch.setattr("sys.argv", ["cmsim", *words])
    for code in (None, 2):
        with pytest.raises(SystemExit) as ended:
            main()
        assert (ended.value.code or None) == code
    said = capsys.readouterr()
    assert "world.population.referrals" in said.out
    assert "county.toml: exists already and is left as it is" in said.err
    text = (tmp_path / "county.toml").read_text()
    assert not re.search(r"\bC0\d{3}\b|\bW0\d\b", text)
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"\w+ = ", line) and not line.startswith(("title", "purpose", "based_on")):
            assert lines[number - 1].startswith("# "), line  # its source
    county = cmsim.load_scenario(tmp_path / "county.toml")
    assert county.baseline.staff.case_managers == 9
    assert dict(county.observed)["no_show"].n == 11181


@pytest.mark.slow
def test_the_commands_of_the_page_run_as_printed(tmp_path, monkeypatch, capsys):
    page = Path(__file__).parents[1] / "docs" / "my-agency.md"
    monkeypatch.chdir(tmp_path)
    (option,) = [text for text in blocks(page, "toml") if "based_on" in text]
    (tmp_path / "more_posts.toml").write_text(option)
    printed = "".join(blocks(page, "sh")).splitlines()
    assert [line.split()[1] for line in printed] == ["import", "check", "run", "fit", "compare", "compare"]
    quick = ["--sets", "8", "--waves", "1", "--replications", "1", "--days", "60"]
    for line in printed:
        if line.startswith("cmsim fit"):  # without the figure that takes two years
            agency = Path("my_agency.toml").read_text()
            assert "\nretained_365" in agency
            Path("my_agency.toml").write_text(re.sub(r"(?m)^retained_365.*\n", "", agency))
        monkeypatch.setattr("sys.argv", line.split() + (quick if line.startswith("cmsim fit") else []))
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code, line
    assert capsys.readouterr().out.count("Observed, beside what the model shows for my_agency") == 3


def test_the_page_says_what_the_files_may_hold():
    text = (Path(__file__).parents[1] / "docs" / "my-agency.md").read_text()
    assert all(f"`{column}`" in text for column in (*COLUMNS, *COUNTED))
    assert all(f"`{name}`" in text for name in AS_COUNTED)
