"""Monthly counts of an agency as a table: one row for each month, turned into outcomes as observed."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cmsim.core.errors import nearest
from cmsim.core.simtime import MONTHS_PER_YEAR
from cmsim.scenario.date_cells import DateCell, known_cells, read_date
from cmsim.scenario.error_messages import refuse
from cmsim.scenario.referral_list import MAX_TABLE_BYTES, read_count, read_each
from cmsim.scenario.table_file import FileTable, read_table

COUNTED = {
    "contacts": "contacts of case managers of more than 15 minutes that took place",
    "case_managers": "case managers in post, in full-time equivalents",
    "staff_left": "case managers who left",
    "clients": "clients with the service at the end of the month, those who wait included",
    "referrals": "new referrals",
    "waiting": "clients who wait for a case manager, at the end of the month",
    "seen_within_28": "referrals of the month seen within 28 days",
    "appointments": "contacts with clients that were due, without those cancelled",
    "did_not_attend": "of these, those to which the client did not come",
    "admissions": "admissions to hospital",
    "involuntary_admissions": "of these, by commitment",
    "bed_days": "days in hospital",
    "discharges": "discharges from hospital",
    "readmitted_within_30": "of these, readmitted within 30 days",
    "followed_up_within_7": "of these, seen within 7 days",
    "homeless": "clients without a home, at the end of the month",
}
"""Columns of monthly counts, with what each counts; the name of an outcome is a column too."""
_ALSO = {
    **dict.fromkeys(("date", "period"), "month"),
    **dict.fromkeys(("wte", "fte", "case_managers_fte", "case_managers_wte"), "case_managers"),
    **dict.fromkeys(("dna", "did_not_attends", "no_shows"), "did_not_attend"),
    **dict.fromkeys(("waiting_list", "waiting_clients"), "waiting"),
    **dict.fromkeys(("new_referrals",), "referrals"),
    **dict.fromkeys(("leavers", "resignations"), "staff_left"),
    **dict.fromkeys(("readmissions", "readmissions_30"), "readmitted_within_30"),
    **dict.fromkeys(("open_referrals", "open_clients"), "clients"),
}
_RATIOS = {
    "recorded_contacts": ("contacts", "case_managers", 1.0),
    "turnover": ("staff_left", "case_managers", 100.0 * MONTHS_PER_YEAR),
    "no_show": ("did_not_attend", "appointments", 1.0),
    "seen_28": ("seen_within_28", "referrals", 1.0),
    "served_admissions": ("admissions", "clients", MONTHS_PER_YEAR),
    "involuntary": ("involuntary_admissions", "admissions", 1.0),
    "stay": ("bed_days", "discharges", 1.0),
    "readmitted_30": ("readmitted_within_30", "discharges", 1.0),
    "follow_up_7": ("followed_up_within_7", "discharges", 1.0),
    "homeless_share": ("homeless", "clients", 1.0),
}
"""Outcomes that are one column for each of another, times a number: a share, or for each year."""
_MOST = 1e7


@dataclass(frozen=True)
class Counts:
    """Monthly counts.

    Attributes:
        name: of the file.
        months: the first day of each, in order.
        columns: counts by the name used here, a value a month, nan where nothing is known.
        heads: how the file calls each column.
    """

    name: str
    months: tuple[date, ...]
    columns: Mapping[str, tuple[float, ...]]
    heads: Mapping[str, str]

    @property
    def span(self) -> str:
        """The first month and the last one."""
        return f"{self.months[0]:%Y-%m} to {self.months[-1]:%Y-%m}"

    def known(self, *names: str) -> list[tuple[float, ...]]:
        """Return the values of some columns in the months in which all of them are known."""
        if not all(name in self.columns for name in names):
            return []
        rows = zip(*(self.columns[name] for name in names), strict=True)
        return [row for row in rows if not any(map(math.isnan, row))]

    def observed(self) -> Iterator[tuple[str, float, int | None, str]]:
        """Yield each outcome that can be worked out: name, value, of how many events, if it is a share, and why."""
        for name, (part, whole, times) in _RATIOS.items():
            months = self.known(part, whole)
            parts, wholes = (math.fsum(column) for column in zip(*months, strict=True)) if months else (0.0, 0.0)
            if wholes > 0.0:
                per_year = "" if times == 1.0 else f", times {times:g}"
                said = f"columns {self.heads[part]} and {self.heads[whole]}: {parts:g} for {wholes:g}{per_year}"
                n = round(wholes) if part in _SHARES else None
                yield name, times * parts / wholes, n, f"{said}, {len(months)} months, {self.span}"
        for name in self.columns:
            if name == "waiting" or name not in COUNTED:
                months = self.known(name)
                if months:
                    mean = math.fsum(value for (value,) in months) / len(months)
                    said = f"column {self.heads[name]}: mean of {len(months)} months, {self.span}"
                    yield name, mean, None, said


_SHARES = ("did_not_attend", "seen_within_28", "involuntary_admissions", "readmitted_within_30", "followed_up_within_7")
"""Columns that count some of what another column counts."""


def read_counts(path: str | Path, outcomes: Mapping[str, bool]) -> Counts:
    """Return the monthly counts of a table, CSV or Excel, with a column ``month`` and columns as in ``COUNTED``.

    Args:
        path: of the file.
        outcomes: names of outcomes, which may be columns too, and whether each is a share from 0 to 1.

    Raises:
        ScenarioError: it cannot be read; a line for every mistake, with file, row, column, given and allowed.
    """
    table = read_table(path, MAX_TABLE_BYTES)
    heads = _columns(table, outcomes)
    rows = {number: known_cells(dict(zip(heads, cells, strict=True))) for number, cells in table.rows.items()}
    refuse(
        table.where,
        (
            f"row {number}: month: given nothing; allowed: a month such as 2024-05"
            for number, row in rows.items()
            if "month" not in row
        ),
    )
    cells = {
        number: DateCell(f"{table.where}: row {number}: {heads['month']}", row["month"]) for number, row in rows.items()
    }
    months = read_each(cells, lambda cell: read_date(cell, "day-first").replace(day=1))
    refuse(table.where, _month_mistakes(months))
    given = {
        (number, column): (
            f"{table.where}: row {number}: {heads[column]}",
            text,
            1.0 if outcomes.get(column) else _MOST,
        )
        for number, row in rows.items()
        for column, text in row.items()
        if column != "month"
    }
    numbers = read_each(given, lambda cell: read_count(*cell))
    in_order = sorted(rows, key=months.__getitem__)
    columns = {
        column: tuple(numbers.get((number, column), math.nan) for number in in_order)
        for column in heads
        if column != "month"
    }
    counts = Counts(Path(table.where).name, tuple(months[number] for number in in_order), columns, heads)
    refuse(table.where, _share_mistakes(counts))
    return counts


def _columns(table: FileTable, outcomes: Mapping[str, bool]) -> dict[str, str]:
    refuse(table.where, (line.removeprefix(f"{table.where}: ") for line in _column_mistakes(table, outcomes)))
    return {_known_as(name): name for name in table.head}


def _known_as(name: str) -> str:
    plain = name.strip().lower().replace(" ", "_")
    return _ALSO.get(plain, plain)


def _column_mistakes(table: FileTable, outcomes: Mapping[str, bool]) -> Iterator[str]:
    known = [_known_as(name) for name in table.head]
    if "month" not in known or not table.rows:
        yield "no months; allowed: a column month and a row for each month"
    yield from table.mistaken_columns()
    yield from table.uneven_rows()
    allowed = ["month", *COUNTED, *(name for name in outcomes if name not in COUNTED)]
    for name, column in zip(table.head, known, strict=True):
        if name and column not in allowed:
            told = f"{name}: unknown column; allowed: month, {', '.join(COUNTED)}, or the name of an outcome"
            yield told + nearest(column, allowed)
        elif known.count(column) > 1:
            yield f"{name}: given {known.count(column)} columns that mean {column}; allowed: one"


def _month_mistakes(months: Mapping[int, date]) -> Iterator[str]:
    first: dict[date, int] = {}
    for number, month in months.items():
        if (earlier := first.setdefault(month, number)) != number:
            yield f"row {number}: month: given {month:%Y-%m}, as in row {earlier}; allowed: each month once"


def _share_mistakes(counts: Counts) -> Iterator[str]:
    for part, whole, _ in _RATIOS.values():
        if part in _SHARES and part in counts.columns and whole in counts.columns:
            for month, some, all_ in zip(counts.months, counts.columns[part], counts.columns[whole], strict=True):
                if some > all_:
                    yield (
                        f"{month:%Y-%m}: {counts.heads[part]}: given {some:g}; allowed: no more than "
                        f"{counts.heads[whole]}, {all_:g}"
                    )
