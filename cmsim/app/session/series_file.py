"""The time courses of a session as a CSV file: a row a day, a column for each plot and run."""

import csv
import io
from collections.abc import Mapping, Sequence

from cmsim.app.session.plot_series import PLOTS

_CALLED = {"a": "run A", "b": "run B", "p": "placebo run"}


def to_csv(series: Mapping[str, Mapping[str, Sequence[float | None]]], first: int) -> str:
    """Return the file; what is not defined on a day is empty.

    Args:
        series: values a day from day 0, by run and plot.
        first: the first day that is written.
    """
    columns = [(name, run) for name in PLOTS for run in series]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["day", *(f"{PLOTS[name].label} ({PLOTS[name].unit}), {_CALLED[run]}" for name, run in columns)])
    values = zip(*(series[run][name] for name, run in columns), strict=True)
    table.writerows([day, *row] for day, row in enumerate(values) if day >= first)
    return text.getvalue()
