"""CSV files as spreadsheets write them: cells by column, with the number of each row for messages."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from cmsim.core.errors import ScenarioError
from cmsim.scenario.text_file import MAX_BYTES, read_text


@dataclass(frozen=True)
class CsvTable:
    """A CSV file.

    Attributes:
        where: its path, as messages name it.
        head: the names of the columns; empty for an empty file.
        rows: cells without surrounding blanks, by number of the row (the head is row 1); empty rows are left out.
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


def read_csv(path: str | Path, max_bytes: int = MAX_BYTES) -> CsvTable:
    """Return a CSV file whose cells are separated by commas, semicolons or tabs.

    Args:
        path: of the file, in UTF-8.
        max_bytes: the largest size allowed.

    Raises:
        ScenarioError: it cannot be read, is too large, not UTF-8, or not CSV.
    """
    as_text = 'UTF-8 (in a spreadsheet: save as "CSV UTF-8")'
    text = read_text(Path(path), str(path), "a CSV file", as_text, max_bytes)
    separator = max(",;\t", key=text.partition("\n")[0].count)
    try:
        read = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise ScenarioError(f"{path}: not CSV: {error}") from None
    head, *rows = [[cell.strip() for cell in row] for row in read] or [[]]
    return CsvTable(str(path), head if any(head) else [], {n: row for n, row in enumerate(rows, 2) if any(row)})
