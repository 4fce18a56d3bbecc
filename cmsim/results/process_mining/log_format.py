"""Event logs of a run as other tools read them, all made from one table of activities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.ledger import Rows
from cmsim.results.process_mining.activity_table import Course, Made, activity_table
from cmsim.results.process_mining.case_log import bupar_log, xes_log
from cmsim.results.process_mining.object_log import object_log
from cmsim.results.process_mining.place_log import place_log

DAY_0 = date(2024, 1, 1)
"""The date of day 0 where none is stated: a Monday, as day 0 is one."""


@dataclass(frozen=True, eq=False, repr=False)
class EventLog:
    """An event log of one run in one format.

    Attributes:
        format: its name, one of ``FORMATS``.
        table: its steps in order of time; of ``ocel`` one row a step and object that takes part in it.
        write: returns what its file holds.
    """

    format: str
    table: pd.DataFrame
    write: Callable[[], str]

    @cached_property
    def text(self) -> str:
        """What its file holds."""
        return self.write()

    @property
    def file_name(self) -> str:
        """A name for its file, with the ending by which tools know the format."""
        return f"event_log.{FORMATS[self.format][0]}"

    def save(self, path: str | Path) -> Path:
        """Write it to a file, and return the path.

        Raises:
            CmsimError: it cannot be written.
        """
        try:
            Path(path).write_text(self.text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise CmsimError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from None
        return Path(path)


FORMATS: Mapping[str, tuple[str, Callable[[Course], Made]]] = {
    "xes": ("xes", xes_log),
    "ocel": ("ocel.json", object_log),
    "vidigi": ("vidigi.csv", place_log),
    "bupar": ("bupar.csv", bupar_log),
}
"""By name of a format: how the names of its files end, and what makes table and text."""


def check_format(name: str, start: date) -> None:
    """Refuse what no event log can be made of.

    Raises:
        CmsimError: there is no such format, or the date of day 0 is not a Monday, so that weekends would be workdays.
    """
    if name not in FORMATS:
        raise CmsimError(f'event log: given "{name}"{nearest(name, FORMATS)}; allowed: {", ".join(FORMATS)}')
    if start.weekday():
        raise CmsimError(f"start: given {start:%A %Y-%m-%d}; allowed: a Monday, as day 0 is one")


def make_event_log(
    name: str, start: date, tables: Mapping[str, Rows], clients: Mapping[str, Any], staff: Mapping[str, Any]
) -> EventLog:
    """Return the event log of a run in a format.

    Args:
        name: of the format.
        start: the date of day 0.
        tables: the rows of the run by kind of fact.
        clients: columns of the client table.
        staff: columns of the staff table.

    Raises:
        CmsimError: as :func:`check_format`.
    """
    check_format(name, start)
    keys = [str(key) for key in clients["key"]]
    activities = activity_table(tables, keys, np.asarray(clients["left_day"], dtype=float))
    _, make = FORMATS[name]
    return EventLog(name, *make(Course(activities, clients, staff, start)))
