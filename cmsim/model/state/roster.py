"""Who was there: one row a client with traits and state at two times, one row a case manager."""

from typing import Any

import numpy as np

from cmsim.core.numeric import Floats
from cmsim.core.simtime import DAY
from cmsim.model.context import Context
from cmsim.model.state.columns import HOLDERS, worker_key
from cmsim.schema.codes import ClientStatus, Diagnosis, RelationTemplate, StaffEvent

STATE = (
    "status phase setting worker adherence stress alliance knowledge engagement dose belief need unmet "
    "excess plan_conflict "
    "autonomy capability_mean home_support informal burden criticism "
    "insight misfit coerced fit side_effects refusals "
    "expressed activity recovery job helped_along admissions"
).split()
"""Columns of state that the client table shows at the end of the warm-up and of the run."""


def snapshot(c: Context) -> dict[str, Any]:
    """Return the clients' state now; nan for those not with the service."""
    people = c.people
    here = (people.status != ClientStatus.NOT_YET) & (people.status != ClientStatus.LEFT)
    return {name: np.where(here, getattr(people, name).astype(float), np.nan) for name in STATE}


def client_table(c: Context) -> dict[str, Any]:
    """Return one entry a column, each with one value for every client who was ever referred."""
    people = c.people
    n = people.known
    left = people.left_day.astype(float)
    left[left < 0] = np.nan
    table: dict[str, Any] = {
        "key": people.keys()[:n],
        "joined_day": people.joined_day[:n],
        "left_day": left[:n],
        "diagnosis": [Diagnosis(kind).label for kind in people.diagnosis[:n].tolist()],
        "template": [RelationTemplate(kind).label for kind in people.template[:n].tolist()],
        "substance_use": people.substance[:n] > 0,
        "trauma": people.trauma[:n] > 0,
        "physical_illness": people.physical[:n] > 0,
        "has_family": people.has_family[:n] > 0,
        "insight": people.insight[:n],
        "frailty": people.frailty[:n],
        "tolerance": people.tolerance[:n],
        "network_size": network_sizes(c)[:n],
    }
    for when, state in (("start", c.at_start), ("end", snapshot(c))):
        table |= {f"{when}_{name}": values[:n] for name, values in state.items()}
    return table


def network_sizes(c: Context) -> Floats:
    """Return how many people each client has in the informal network: kin, helpers and fellow clients."""
    sizes = np.zeros(c.people.rows)
    for client in c.clients:
        if c.graph.has_node(client.key):
            for facts in c.graph.adj[client.key].values():
                if facts["kind"] == "family":
                    sizes[client.row] += facts["members"]
                elif facts["kind"] in ("helper", "friend", "roommate", "companion"):
                    sizes[client.row] += 1
    return sizes


def staff_table(c: Context) -> dict[str, Any]:
    """Return one entry a column, each with one value for every case manager who ever held a post."""
    rows = c.ledger["staff"].rows()
    gone = [StaffEvent.LEFT, StaffEvent.LAID_OFF]
    left = {int(row["worker"]): row for row in rows if row["event"] in gone}
    numbers = sorted(c.staffing.skills)
    return {
        "key": [worker_key(number) for number in numbers],
        "number": np.array(numbers, dtype=np.int64),
        "post": np.array([number // HOLDERS + 1 for number in numbers], dtype=np.int64),
        "skill": np.array([c.staffing.skills[number] for number in numbers]),
        "graduate": np.array([c.staffing.graduates[number] for number in numbers], dtype=bool),
        "left_day": np.array([left[n]["minute"] // DAY if n in left else np.nan for n in numbers], dtype=float),
    }
