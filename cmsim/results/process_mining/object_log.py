"""Event logs with many objects an event: clients, families, workers and agencies, as OCEL 2.0 has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from pydantic_core import to_json

from cmsim.results.process_mining.activity_table import Course, Made, lifecycle_steps

_TYPES = {
    "team member": "case manager",
    **{role: role for role in ("client", "case manager", "psychiatrist", "case aide", "family", "agency")},
}
"""Types of objects by the role in which they take part; any other is a service, such as the hospital."""
_PARTS = {"wait": "waited for", "referral": "referred to", "handover": "handed over from", "contact": "met"}
"""What the other of an activity is in it."""
_TRAITS = {
    "client": {"diagnosis": "string", "substance_use": "boolean", "joined_day": "integer"},
    "case manager": {"post": "integer", "skill": "float", "graduate": "boolean"},
}
"""Columns of clients and staff that are attributes of these objects, and their types."""
_STEP = {"lifecycle": "string", "instance": "integer", "minutes": "integer", "outcome": "string"}
_OBJECT = ("ocel:oid", "ocel:type", "ocel:qualifier")
_ALWAYS = "1970-01-01T00:00:00Z"
"""The time of attributes that do not change."""


def object_log(course: Course) -> Made:
    """Return one row a step and object that takes part in it, with the column names of pm4py, and an OCEL file in JSON.

    A step is called by its lifecycle and activity, such as "start visit", an instant by its activity alone. A client
    is related to all with whom something is recorded, and to the family, by type of object.
    """
    steps = lifecycle_steps(course)
    named = steps["activity"].where(steps["is_instant"], steps["lifecycle"] + " " + steps["activity"])
    steps = steps.assign(step=named, event=[f"e{number + 1}" for number in steps.index])
    table = _table(steps)
    return table.drop(columns="client"), lambda: _text(steps, table, course.clients, course.staff)


def _table(steps: pd.DataFrame) -> pd.DataFrame:
    """Return one row a step and object, and the client of the step."""
    part = steps["kind"].astype(object).map(_PARTS)
    always = pd.Series("client", index=steps.index)
    related = [
        (steps["client"], always, always),
        (steps["resource"], steps["role"], steps["role"]),
        (steps["other"], steps["other_role"], part),
    ]
    found = [steps.join(pd.DataFrame(dict(zip(_OBJECT, each, strict=True)))) for each in related]
    rows = pd.concat(found).dropna(subset="ocel:oid").sort_index(kind="stable")
    rows["ocel:type"] = rows["ocel:type"].map(_TYPES).fillna("service")
    rows = rows.rename(columns={"event": "ocel:eid", "step": "ocel:activity", "time": "ocel:timestamp"})
    return rows[["ocel:eid", "ocel:activity", "ocel:timestamp", *_OBJECT, "client"]].reset_index(drop=True)


def _text(steps: pd.DataFrame, table: pd.DataFrame, clients: Mapping[str, Any], staff: Mapping[str, Any]) -> str:
    """Return steps, and the objects in them, as OCEL 2.0 in JSON."""
    people = pd.DataFrame({name: clients[name] for name in ("key", "has_family", *_TRAITS["client"])})
    workers = pd.DataFrame({name: staff[name] for name in ("key", *_TRAITS["case manager"])})
    traits = {"client": people.set_index("key"), "case manager": workers.set_index("key")}
    with_family = people.loc[people["has_family"], "key"]
    families = pd.DataFrame({"client": with_family, "ocel:oid": "f-" + with_family, "ocel:type": "family"})
    ties = pd.concat([table.loc[table["ocel:type"] != "client", families.columns], families]).drop_duplicates()
    relations: dict[str, list[dict[str, str]]] = defaultdict(list)
    for client, other, kind in ties.itertuples(index=False):
        relations[client].append({"objectId": other, "qualifier": kind})
    for event, other, part in table[["ocel:eid", "ocel:oid", "ocel:qualifier"]].itertuples(index=False):
        relations[event].append({"objectId": other, "qualifier": part})
    objects = {key: kind for kind, known in traits.items() for key in known.index}
    objects |= dict(zip(ties["ocel:oid"], ties["ocel:type"], strict=True))
    values = {key: row for known in traits.values() for key, row in known.to_dict("index").items()}
    times = steps["time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    log = {
        "objectTypes": _declared({kind: _TRAITS.get(kind, {}) for kind in dict.fromkeys(objects.values())}),
        "eventTypes": _declared(dict.fromkeys(steps["step"], _STEP)),
        "objects": [
            {
                "id": key,
                "type": kind,
                "attributes": _attributes(_TRAITS.get(kind, ()), values.get(key, {}), time=_ALWAYS),
                "relationships": relations[key],
            }
            for key, kind in objects.items()
        ],
        "events": [
            {
                "id": row["event"],
                "type": row["step"],
                "time": time,
                "attributes": _attributes(_STEP, row),
                "relationships": relations[row["event"]],
            }
            for row, time in zip(steps[["event", "step", *_STEP]].to_dict("records"), times, strict=True)
        ],
    }
    return to_json(log, indent=1).decode() + "\n"


def _declared(types: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "attributes": [{"name": each, "type": kind} for each, kind in attributes.items()]}
        for name, attributes in types.items()
    ]


def _attributes(names: Iterable[str], values: Mapping[Any, Any], **more: str) -> list[dict[str, Any]]:
    """Return the attributes that there are."""
    return [{"name": name, "value": values[name], **more} for name in names if pd.notna(values.get(name))]
