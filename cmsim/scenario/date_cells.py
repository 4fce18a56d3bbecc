"""Dates in the cells of tables: ISO, month first, day first or with the name of the month."""

import calendar
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from cmsim.core.errors import ScenarioError
from cmsim.scenario.nested_settings import show

Order = Literal["day-first", "month-first"]

_TIME = r"(?:[T ]\d{1,2}:\d{2}.*)?"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})(?:[-/.](\d{{1,2}}))?{_TIME}")
_NUMERIC = re.compile(rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}|\d{{2}}){_TIME}")
_NAMED = re.compile(r"(?:(\d{1,2})[- ])?([a-z]{3})[a-z]*\.?[- ](?:(\d{1,2}),? )?(\d{4}|\d{2})", re.IGNORECASE)
_MONTH_YEAR = re.compile(r"(\d{1,2})[-/.](\d{4})")
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_CENTURY = 2000
"""Of years with two digits."""


@dataclass(frozen=True)
class DateCell:
    """A cell that holds a date, and what messages call it: file, row and column."""

    where: str
    text: str


def date_order(cells: Iterable[DateCell], given: Order | None) -> Order:
    """Return in which order a table writes day and month, as given or as its dates show.

    Raises:
        ScenarioError: they do not show it, or show both.
    """
    if given:
        return given
    seen: dict[Order, DateCell] = {}
    unclear = None
    for cell in cells:
        if found := _NUMERIC.fullmatch(cell.text):
            first, second = int(found[1]), int(found[2])
            if max(first, second) > 12:
                seen.setdefault("day-first" if first > 12 else "month-first", cell)
            elif first != second:
                unclear = unclear or cell
    if len(seen) > 1:
        cell, other = seen.values()
        raise ScenarioError(
            f"{cell.where}: given {show(cell.text)}, and {other.where}: given {show(other.text)}; allowed: day and "
            "month in one order in the whole file"
        )
    if unclear and not seen:
        raise ScenarioError(
            f"{unclear.where}: given {show(unclear.text)}, and no date of the file says whether the day or the month "
            "comes first; allowed: --dates day-first or --dates month-first"
        )
    return next(iter(seen), "day-first")


def read_date(cell: DateCell, order: Order) -> date:
    """Return the date that a cell holds; a month without a day is its first day.

    >>> [str(read_date(DateCell("", text), "day-first")) for text in ("2024-03-05 00:00:00", "5/3/24", "5-Mar-24")]
    ['2024-03-05', '2024-03-05', '2024-03-05']
    >>> [str(read_date(DateCell("", text), "month-first")) for text in ("3/5/2024", "March 5, 2024", "Mar 2024")]
    ['2024-03-05', '2024-03-05', '2024-03-01']

    Raises:
        ScenarioError: it holds none.
    """
    for year, month, day in _readings(cell.text, order):
        try:
            return date(year + (_CENTURY if year < 100 else 0), month, day)
        except ValueError:
            break
    example = "31/12/2024" if order == "day-first" else "12/31/2024"
    raise ScenarioError(
        f"{cell.where}: given {show(cell.text)}; allowed: a date such as 2024-12-31, 31 Dec 2024 or, {order}, {example}"
    )


def _readings(text: str, order: Order) -> Iterator[tuple[int, int, int]]:
    if found := _ISO.fullmatch(text):
        yield int(found[1]), int(found[2]), int(found[3] or 1)
    elif found := _NUMERIC.fullmatch(text):
        first, second, year = map(int, found.groups())
        yield (year, second, first) if order == "day-first" else (year, first, second)
    elif found := _MONTH_YEAR.fullmatch(text):
        yield int(found[2]), int(found[1]), 1
    elif (found := _NAMED.fullmatch(text)) and found[2].lower() in _MONTHS:
        yield int(found[4]), _MONTHS[found[2].lower()], int(found[1] or found[3] or 1)


MISSING = frozenset({"", "-", ".", "?", "na", "n/a", "#n/a", "nan", "none", "null", "unknown", "not known"})
"""What stands in a cell, in lower case, of which nothing is known."""


def known_cells(cells: Mapping[str, str]) -> dict[str, str]:
    """Return the cells of a row of which something is known."""
    return {column: text for column, text in cells.items() if text.lower() not in MISSING}
