"""Event logs with one case a client: XES (IEEE 1849) and the event log of bupaR."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

import pandas as pd

from cmsim.results.process_mining.activity_table import Course, Made, lifecycle_steps

_TRAITS = ("diagnosis", "substance_use", "joined_day")
"""Columns of the clients that are attributes of their cases."""
_XES = {
    "client": "case:concept:name",
    **{name: f"case:{name}" for name in _TRAITS},
    "activity": "concept:name",
    "instance": "concept:instance",
    "lifecycle": "lifecycle:transition",
    "time": "time:timestamp",
    "resource": "org:resource",
    "role": "org:role",
    **{name: name for name in ("kind", "with", "minutes", "outcome")},
}
"""Columns of steps and the keys of XES that they become; ``case:`` marks attributes of the case, as pm4py has it."""
_BUPAR = {
    "client": "case_id",
    "activity": "activity",
    "instance": "activity_instance_id",
    "lifecycle": "lifecycle",
    "time": "timestamp",
    "resource": "resource",
    **{name: name for name in ("role", "kind", "with", "minutes", "outcome", *_TRAITS)},
}
"""Columns of steps and what they are called in the log, those first that ``bupaR::eventlog`` asks for."""
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_TAGS = {"b": "boolean", "f": "float", "i": "int", "M": "date"}
"""Elements of XES by the kind of dtype; anything else is a string."""
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<global scope="trace">
<string key="concept:name" value=""/>
</global>
<global scope="event">
<string key="concept:name" value=""/>
<string key="concept:instance" value=""/>
<string key="lifecycle:transition" value="complete"/>
<date key="time:timestamp" value="1970-01-01T00:00:00Z"/>
</global>
<classifier name="activity" keys="concept:name"/>
<classifier name="activity and lifecycle" keys="concept:name lifecycle:transition"/>
<string key="lifecycle:model" value="standard"/>
"""


def xes_log(course: Course) -> Made:
    """Return one row a step with the column names that pm4py gives to an XES file, and that file."""
    table = _steps(course).astype({"instance": "str", "kind": "str"})[list(_XES)].rename(columns=_XES)
    return table, lambda: _xes_text(table)


def bupar_log(course: Course) -> Made:
    """Return one row a step, the columns that ``bupaR::eventlog`` asks for first, and that as a CSV file."""
    table = _steps(course)[list(_BUPAR)].rename(columns=_BUPAR)
    return table, lambda: table.to_csv(index=False, date_format=_TIME, lineterminator="\n")


def _steps(course: Course) -> pd.DataFrame:
    """Return steps with the traits of clients, and with whom a step is: by name, or else by role."""
    steps, clients = lifecycle_steps(course), course.clients
    traits = pd.DataFrame({name: clients[name] for name in _TRAITS}, index=pd.Index(clients["key"]))
    return steps.assign(**{"with": steps["other"].fillna(steps["other_role"])}).join(traits, on="client")


def _xes_text(table: pd.DataFrame) -> str:
    """Return a table of steps as an XES file, one trace a client in the order of their first steps."""
    cases = {name.removeprefix("case:"): table[name] for name in table.columns if name.startswith("case:")}
    events = {name: table[name] for name in table.columns if not name.startswith("case:")}
    heads, written = _elements(cases), "<event>\n" + _elements(events) + "</event>\n"
    traces = [
        f"<trace>\n{heads[rows.index[0]]}{''.join(rows)}</trace>\n"
        for _, rows in written.groupby(table["case:concept:name"], sort=False)
    ]
    return f"{_HEAD}{''.join(traces)}</log>\n"


def _elements(columns: Mapping[str, pd.Series[Any]]) -> pd.Series[str]:
    """Return the elements of all columns, row by row; a missing value has none."""
    written = pd.Series("", index=next(iter(columns.values())).index, dtype=object)
    for key, column in columns.items():
        tag = _TAGS.get(column.dtype.kind, "string")
        values = column.dt.strftime(_TIME) if tag == "date" else column.astype(object)
        elements = {}
        for value in values.dropna().unique():
            word = str(value).lower() if tag == "boolean" else str(value)
            elements[value] = f"<{tag} key={quoteattr(key)} value={quoteattr(word)}/>\n"
        written += values.map(elements).fillna("").astype(object)
    return written
