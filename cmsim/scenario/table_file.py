"""Tables as spreadsheets write them, CSV or Excel: cells by column, with the number of each row for messages."""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cmsim.core.errors import ScenarioError
from cmsim.scenario.nested_settings import show
from cmsim.scenario.text_file import MAX_BYTES, decode, read_bytes

TABLE_SUFFIXES = (".csv", ".xlsx")
_ROW = re.compile(rf"(.+?(?:{'|'.join(map(re.escape, TABLE_SUFFIXES))})):(.*)", re.DOTALL)
_AS_TEXT = 'UTF-8 (in a spreadsheet: save as "CSV UTF-8")'
_UNPACKED = 64
"""Times the largest size allowed to which a workbook may unpack."""
_OLD_EXCEL = bytes.fromhex("d0cf11e0a1b11ae1")
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
_THOUSANDS_BY_POINT = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?")


@dataclass(frozen=True)
class FileTable:
    """A table from a file.

    Attributes:
        where: its path, as messages name it.
        head: the names of the columns; empty for an empty file.
        rows: cells without surrounding blanks, by number of the row (the head is row 1); empty rows are left out.
            Numbers have a decimal point.
    """

    where: str
    head: list[str]
    rows: dict[int, list[str]]

    def uneven_rows(self) -> list[str]:
        """Return a message for each row whose number of cells is not that of the columns."""
        return [
            f"{self.where}: row {number}: given {len(row)} cells; allowed: {len(self.head)}, one a column"
            for number, row in self.rows.items()
            if len(row) != len(self.head)
        ]

    def mistaken_columns(self) -> list[str]:
        """Return a message for each column without a name, or with that of another one."""
        told = []
        for name in dict.fromkeys(self.head):
            if not name:
                told.append(f"{self.where}: a column without a name; allowed: a name for every column")
            elif self.head.count(name) > 1:
                times = self.head.count(name)
                told.append(f"{self.where}: {name}: given {times} columns of this name; allowed: one")
        return told

    def cells(self, number: int) -> dict[str, str]:
        """Return the cells of a row by column; those beyond the shorter of row and head are left out."""
        return dict(zip(self.head, self.rows[number], strict=False))


def parted_row(name: str) -> tuple[str, str | None]:
    """Return the table that a name on a command line stands for, and the row of it, ``None`` if it names none.

    >>> parted_row("options.csv:five_posts"), parted_row("options.csv"), parted_row("usual_care")
    (('options.csv', 'five_posts'), ('options.csv', None), ('usual_care', None))
    """
    found = _ROW.fullmatch(name)
    return (found[1], found[2]) if found else (name, None)


def read_table(path: str | Path, max_bytes: int = MAX_BYTES) -> FileTable:
    """Return the table that a file holds: CSV, or the first sheet of an Excel workbook.

    CSV is in UTF-8 or UTF-16, its cells are separated by commas, semicolons or tabs, or by what a first line such
    as ``sep=;`` says. A comma in a number is a decimal comma where it cannot be anything else: 37,5 is 37.5
    everywhere, 1,250 only where commas do not separate the cells.

    Args:
        path: of the file.
        max_bytes: the largest size allowed.

    Raises:
        ScenarioError: it cannot be read, is too large, is no such file, or its numbers can be read in two ways.
    """
    where = str(path)
    content = read_bytes(Path(path), where, "a CSV or .xlsx file", max_bytes)
    if content.startswith(b"PK\x03\x04"):
        return _laid_out(where, _sheet(content, where, max_bytes))
    if content.startswith(_OLD_EXCEL):
        raise ScenarioError(f"{where}: an Excel file of before 2007; allowed: .xlsx, or {_AS_TEXT}")
    text = _text(content, where)
    stated = _SEPARATOR_LINE.match(text)
    text = text[stated.end() :] if stated else text
    separator = stated[1] if stated else max(",;\t", key=text.partition("\n")[0].count)
    try:
        read = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise ScenarioError(f"{where}: not CSV: {error}") from None
    rows = [[cell.strip() for cell in row] for row in read]
    if separator != ",":
        _check_thousands(rows, where)
    return _laid_out(where, ([_with_point(cell, separator) for cell in row] for row in rows))


def _laid_out(where: str, rows: Iterable[list[str]]) -> FileTable:
    head, *others = list(rows) or [[]]
    return FileTable(where, head if any(head) else [], {n: row for n, row in enumerate(others, 2) if any(row)})


def _text(content: bytes, where: str) -> str:
    if not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return decode(content, where, _AS_TEXT, len(content))
    try:
        return content.decode("utf-16")
    except UnicodeDecodeError:
        raise ScenarioError(f"{where}: given bytes that are not UTF-16 text; allowed: {_AS_TEXT}") from None


def _with_point(cell: str, separator: str) -> str:
    """Return a cell with a decimal point in place of a comma, where the comma is one.

    >>> [_with_point(cell, ";") for cell in ("37,5", "1,250", "[1,2]")]
    ['37.5', '1.250', '[1,2]']
    >>> [_with_point(cell, ",") for cell in ("37,5", "1,250")]
    ['37.5', '1,250']
    """
    is_decimal = _DECIMAL_COMMA.fullmatch(cell) and not (separator == "," and _THOUSANDS.fullmatch(cell))
    return cell.replace(",", ".") if is_decimal else cell


def _check_thousands(rows: list[list[str]], where: str) -> None:
    """Check that no point may stand for thousands, in a table whose decimals have a comma.

    Raises:
        ScenarioError: one may.
    """
    if not any(_DECIMAL_COMMA.fullmatch(cell) for row in rows for cell in row):
        return
    for number, row in enumerate(rows, 1):
        if found := next(filter(_THOUSANDS_BY_POINT.fullmatch, row), None):
            raise ScenarioError(
                f"{where}: row {number}: given {show(found)} in a table with decimal commas; "
                "allowed: numbers without a sign for thousands"
            )


def _sheet(content: bytes, where: str, max_bytes: int) -> list[list[str]]:
    """Return the cells of the first sheet of an Excel workbook, without empty columns at its right."""
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked > _UNPACKED * max_bytes:
            raise ScenarioError(f"{where}: given {unpacked} bytes when unpacked; allowed: {_UNPACKED * max_bytes}")
        values, written = (
            list(openpyxl.load_workbook(io.BytesIO(content), data_only=values).worksheets[0].values)
            for values in (True, False)
        )
    except ScenarioError:
        raise
    except Exception:  # openpyxl has no error of its own for a broken workbook
        raise ScenarioError(f"{where}: not an Excel workbook that can be read; allowed: .xlsx, or CSV") from None
    for number, pairs in enumerate(map(zip, values, written), 1):
        if lost := next((formula for value, formula in pairs if value is None and formula is not None), None):
            raise ScenarioError(f"{where}: row {number}: given {show(lost)}, not calculated; allowed: a value")
    rows = [[_cell(value) for value in row] for row in values]
    width = max((place for row in rows for place, cell in enumerate(row, 1) if cell), default=0)
    return [row[:width] + [""] * (width - len(row)) for row in rows]


def _cell(value: object) -> str:
    """Return a value of a sheet as it would stand in CSV.

    >>> _cell(None), _cell(20.0), _cell(37.5), _cell(True), _cell(" few ")
    ('', '20', '37.5', 'TRUE', 'few')
    """
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()
