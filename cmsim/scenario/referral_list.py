"""A list of referrals as a table: one row for each client, under a code in place of a name."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from cmsim.core.errors import ScenarioError, nearest
from cmsim.scenario.date_cells import DateCell, Order, date_order, known_cells, read_date
from cmsim.scenario.error_messages import refuse
from cmsim.scenario.nested_settings import show
from cmsim.scenario.table_file import FileTable, read_table

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")

MAX_TABLE_BYTES = 2**25
COLUMNS = ("client", "referred", "worker", "last_contact", "contacts", "admissions", "bed_days", "group", "closed")
GROUPS = ("schizophrenia", "bipolar", "other")
_DATES = ("referred", "last_contact", "closed")
_COUNTS = {"contacts": 2_000.0, "admissions": 100.0, "bed_days": 366.0}
"""Columns of the last 12 months with the most that may stand there."""
_ALSO = {
    **dict.fromkeys(("id", "client_id", "case_id", "patient_id", "person_id", "pseudonym", "code"), "client"),
    **dict.fromkeys(("referral_date", "date_referred", "date_of_referral", "referral", "opened"), "referred"),
    **dict.fromkeys(("case_manager", "key_worker", "keyworker", "care_coordinator", "worker_id"), "worker"),
    **dict.fromkeys(("last_contact_date", "date_of_last_contact", "last_seen"), "last_contact"),
    **dict.fromkeys(("diagnosis", "diagnosis_group", "diagnosis_code", "icd10", "icd_10"), "group"),
    **dict.fromkeys(("closed_date", "date_closed", "closing_date", "discharged", "discharge_date"), "closed"),
}
_LAST_YEAR = re.compile(r"_(in_)?(the_)?(last_)?(12_?m(onths)?|year)$")
_PERSONAL = re.compile(
    r"name|birth|dob|born|address|street|post_?code|zip|phone|mobile|mail|insurance|social_security|ssn|nhs"
)
_FREE_TEXT = re.compile(r"note|comment|remark|free|text|descri|narrative|letter|reason")
_CODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9_./-]{0,31}")
_NUMBER_OF_A_PERSON = re.compile(r"\d{3}-\d{2}-\d{4}|\d{3}-\d{3}-\d{4}|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
"""Social security and health service numbers as people write them, and dates."""
_EARLIEST = date(1950, 1, 1)
_LONGEST_GROUP = 30
_DIAGNOSES = (
    ("schizophrenia", re.compile(r"f2\d.*|6a2\w.*|schizo.*|psychosis|psychotic.*|schizophrenia spectrum.*")),
    ("bipolar", re.compile(r"f3[01].*|6a6\w.*|bipolar.*|mania.*")),
    ("other", re.compile(r"[a-z]\d\d.*|6\w\d\w.*|other.*|(major )?depress.*|personality.*|anxiety.*|ptsd")),
)
"""The groups of the model with codes (ICD-10, ICD-11) and words that stand for them, the first that fits."""


@dataclass(frozen=True)
class Referral:
    """One row: what is not known is ``None`` or empty; counts are of the last 12 months before the day of the list."""

    referred: date | None
    closed: date | None
    worker: str
    last_contact: date | None
    contacts: float | None
    admissions: float | None
    bed_days: float | None
    group: str


@dataclass(frozen=True)
class ReferralList:
    """A list of referrals.

    Attributes:
        name: of the file.
        day: on which the list was made.
        columns: that it has, by the names used here, with the name that each has in the file.
        rows: without those that stand twice.
        notes: what was left out, in sentences.
    """

    name: str
    day: date
    columns: Mapping[str, str]
    rows: tuple[Referral, ...]
    notes: tuple[str, ...]


def read_referrals(
    path: str | Path, day: date | None = None, order: Order | None = None, groups: Mapping[str, str] | None = None
) -> ReferralList:
    """Return the referrals of a table, CSV or Excel; of its columns, ``client`` and ``referred`` must be there.

    Nothing but the columns of ``COLUMNS`` is read, and what looks like names, dates of birth or free text is refused.

    Args:
        path: of the file.
        day: of the list; by default the latest date in it.
        order: of day and month, where the dates themselves do not show it.
        groups: of the model, by what stands for them in the column ``group``.

    Raises:
        ScenarioError: it cannot be read; a line for every mistake, with file, row, column, given and allowed.
    """
    table = read_table(path, MAX_TABLE_BYTES)
    columns = _columns(table)
    rows = {
        number: known_cells(dict(zip(columns, cells, strict=True)))
        for number, cells in table.rows.items()
        if any(cells)
    }
    refuse(table.where, _code_mistakes(rows, columns))
    rows, notes = _each_once(rows, table.where)
    given = {
        (number, column): DateCell(f"{table.where}: row {number}: {columns[column]}", row[column])
        for number, row in rows.items()
        for column in _DATES
        if column in row
    }
    found_order = date_order(given.values(), order)
    dates = read_each(given, lambda cell: read_date(cell, found_order))
    if not dates:
        raise ScenarioError(f"{table.where}: no dates; allowed: a date of referral for every client, if known")
    last = max(dates.values()) if day is None else day
    if day is None and last > date.today():
        late = next(given[place].where for place, found in dates.items() if found == last)
        raise ScenarioError(f"{late}: given {last}, which is to come; allowed: dates up to the day of the list")
    refuse(table.where, _date_mistakes(dates, columns, last))
    wanted = _groups(rows, table.where, columns, groups or {})
    given_counts = {
        (number, column): (f"{table.where}: row {number}: {columns[column]}", row[column], most)
        for number, row in rows.items()
        for column, most in _COUNTS.items()
        if column in row
    }
    counts = read_each(given_counts, lambda cell: read_count(*cell))
    referrals = tuple(
        Referral(
            referred=dates.get((number, "referred")),
            closed=dates.get((number, "closed")),
            worker=row.get("worker", ""),
            last_contact=dates.get((number, "last_contact")),
            contacts=counts.get((number, "contacts")),
            admissions=counts.get((number, "admissions")),
            bed_days=counts.get((number, "bed_days")),
            group=wanted.get(row.get("group", ""), ""),
        )
        for number, row in rows.items()
    )
    open_rows = [row for row in rows.values() if "closed" not in row]
    missing = {columns[name]: sum(name not in row for row in open_rows) for name in columns if name != "closed"}
    notes += [
        f"Column {name}: nothing in {count} of {len(open_rows)} open rows." for name, count in missing.items() if count
    ]
    return ReferralList(Path(table.where).name, last, columns, referrals, tuple(notes))


def _columns(table: FileTable) -> dict[str, str]:
    """Return the names of the columns in the file by the names used here, in the order of the file."""
    refuse(table.where, (line.removeprefix(f"{table.where}: ") for line in _column_mistakes(table)))
    return {_known_as(name): name for name in table.head}


def _known_as(name: str) -> str:
    plain = _LAST_YEAR.sub("", re.sub(r"\W+", "_", name.strip().lower()).strip("_"))
    return _ALSO.get(plain, plain)


def _column_mistakes(table: FileTable) -> Iterator[str]:
    if not table.rows:
        yield "no rows; allowed: one for each client below the names of the columns"
    yield from table.mistaken_columns()
    yield from table.uneven_rows()
    known = [_known_as(name) for name in table.head]
    allowed = ", ".join(COLUMNS)
    for name, column in zip(table.head, known, strict=True):
        if column in COLUMNS and known.count(column) > 1:
            yield f"{name}: given {known.count(column)} columns that mean {column}; allowed: one"
        elif column in COLUMNS or not name:
            continue
        elif _PERSONAL.search(column):
            yield (
                f"{name}: looks like a column of names, birth dates, addresses or numbers of persons; allowed: no such "
                "column. Delete it: no personal data is read"
            )
        elif _FREE_TEXT.search(column):
            yield f"{name}: looks like a column of free text; allowed: no such column. Delete it: no free text is read"
        else:
            yield f"{name}: unknown column; allowed: {allowed}, and no others{nearest(column, COLUMNS)}"
    for column in COLUMNS[:2]:
        if column not in known:
            yield f"no column {column}; allowed: {allowed}, of which client and referred must be there"


def _code_mistakes(rows: Mapping[int, dict[str, str]], columns: Mapping[str, str]) -> Iterator[str]:
    """Yield where a code of a client or worker is none; what was given is not repeated, since it may be a name."""
    for number, row in rows.items():
        if "client" not in row:
            yield f"row {number}: {columns['client']}: given nothing; allowed: a code for each client, such as C0042"
        for column in ("client", "worker"):
            code = row.get(column, "X1")
            if not _CODE.fullmatch(code) or _NUMBER_OF_A_PERSON.fullmatch(code):
                yield (
                    f"row {number}: {columns[column]}: given what may be a name, a date or the number of a person; "
                    "allowed: a code of your own with a digit and without blanks, such as C0042"
                )
    if _are_health_service_numbers([row["client"] for row in rows.values() if "client" in row]):
        yield f"{columns['client']}: given what look like NHS numbers; allowed: codes of your own, such as C0042"


def _are_health_service_numbers(codes: list[str]) -> bool:
    """Return whether all of at least five codes have ten digits of which the last one is a check digit (modulo 11)."""
    return len(codes) >= 5 and all(
        re.fullmatch(r"\d{10}", code)
        and sum(int(digit) * weight for digit, weight in zip(code, range(10, 0, -1), strict=True)) % 11 == 0
        for code in codes
    )


def _each_once(rows: Mapping[int, dict[str, str]], where: str) -> tuple[dict[int, dict[str, str]], list[str]]:
    """Return the rows without those that are the same as an earlier one, and what was left out.

    Raises:
        ScenarioError: two rows of a client are open, or begin on the same day, and differ.
    """
    kept: dict[int, dict[str, str]] = {}
    first: dict[tuple[str, ...], int] = {}
    same, mistakes = 0, []
    for number, row in rows.items():
        own: list[tuple[str, ...]] = [("referred", row["client"], row.get("referred", ""))]
        own += [("open", row["client"])] if "closed" not in row else []
        earlier = next((first[each] for each in own if each in first), None)
        if earlier is None:
            kept[number] = row
            first |= dict.fromkeys(own, number)
        elif kept[earlier] == row:
            same += 1
        else:
            mistakes.append(
                f"row {number}: given another row of the client of row {earlier}, and not the same; allowed: one row "
                "for each client, besides earlier referrals that are closed"
            )
    refuse(where, mistakes)
    return kept, [f"{same} rows that were the same as another one were left out."] if same else []


def _date_mistakes(dates: Mapping[tuple[int, str], date], columns: Mapping[str, str], last: date) -> Iterator[str]:
    for (number, column), found in dates.items():
        if not _EARLIEST <= found <= last:
            yield (
                f"row {number}: {columns[column]}: given {found}; allowed: {_EARLIEST} to {last}, the day of the list "
                "(--day says another)"
            )
        if column == "closed" and found < dates.get((number, "referred"), found):
            yield f"row {number}: {columns[column]}: given {found}, before the referral; allowed: no earlier than that"


def read_each(cells: Mapping[K, V], read: Callable[[V], T]) -> dict[K, T]:
    """Return what cells hold, by their places.

    Raises:
        ScenarioError: at least one cannot be read; a line for each.
    """
    found, mistakes = {}, []
    for place, cell in cells.items():
        try:
            found[place] = read(cell)
        except ScenarioError as error:
            mistakes.append(str(error))
    if mistakes:
        raise ScenarioError("\n".join(mistakes))
    return found


def read_count(where: str, given: str, most: float) -> float:
    """Return the number that a cell holds.

    Raises:
        ScenarioError: it holds none, or one that cannot be.
    """
    try:
        found = float(given)
    except ValueError:
        found = -1.0
    if not 0.0 <= found <= most:
        raise ScenarioError(f"{where}: given {show(given)}; allowed: a number, 0 to {most:g}, or nothing if not known")
    return found


def _groups(
    rows: Mapping[int, dict[str, str]], where: str, columns: Mapping[str, str], stated: Mapping[str, str]
) -> dict[str, str]:
    """Return the groups of the model by what stands for them.

    Raises:
        ScenarioError: what stands there is free text, or not known as any of them.
    """
    first: dict[str, int] = {}
    for number, row in rows.items():
        first.setdefault(row.get("group", ""), number)
    first.pop("", None)
    found, mistakes = {}, []
    for word, number in first.items():
        told = f"row {number}: {columns['group']}"
        known = next((group for group, words in _DIAGNOSES if words.fullmatch(word.lower())), None)
        if len(word) > _LONGEST_GROUP:
            mistakes.append(f"{told}: given {len(word)} characters of text; allowed: the name of a group, no free text")
        elif word in stated or known:
            found[word] = stated.get(word) or str(known)
        else:
            mistakes.append(
                f"{told}: given {show(word)}; allowed: {', '.join(GROUPS)}, a code of ICD-10, or say what it is: "
                f'--group "{word}=other"{nearest(word, GROUPS)}'
            )
    refuse(where, mistakes)
    return found


def parse_groups(texts: list[str]) -> dict[str, str]:
    """Return groups of the model by what stands for them, from texts such as ``Cluster 11=schizophrenia``.

    Raises:
        ScenarioError: one names no group of the model.
    """
    found = {}
    for text in texts:
        word, _, group = text.rpartition("=")
        if not word or group not in GROUPS:
            allowed = f"WORD=GROUP, with one of the groups {', '.join(GROUPS)}"
            raise ScenarioError(f"--group: given {show(text)}; allowed: {allowed}{nearest(group, GROUPS)}")
        found[word.strip()] = group
    return found
