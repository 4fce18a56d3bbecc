"""A life within one run: who the client is, what happened, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.simtime import DAY
from cmsim.reporting.story.contact_stretches import quiet
from cmsim.reporting.story.moments import HELD, MET, OWN_WORKER, Moment, Rowset, moments
from cmsim.results.simulation import Simulated
from cmsim.schema.tables import PHASES, SETTINGS, code

_ACUTE, _INPATIENT = code(PHASES, "acute"), code(PHASES, "inpatient")
_HOMELESS = (code(SETTINGS, "street"), code(SETTINGS, "shelter"))


@dataclass(frozen=True, slots=True)
class Tally:
    """What a life came to within the window that counts.

    Attributes:
        label: what is counted.
        unit: in words.
        value: the count or the days.
        better: ``lower``, ``higher`` or empty where that depends.
    """

    label: str
    unit: str
    value: float
    better: str = ""


@dataclass(frozen=True)
class Life:
    """One client's life in one run.

    Attributes:
        run: the run.
        key: the client.
        about: who the client is, in words.
        moments: what happened, in order of time, stretches of contacts between.
        tallies: what it came to after the warm-up.
    """

    run: Simulated
    key: str
    about: str
    moments: tuple[Moment, ...]
    tallies: tuple[Tally, ...]

    @property
    def rows(self) -> Rowset:
        """The ledger's rows of the client."""
        return Rowset(_tables(self.run), _row(self.run, self.key))

    def turning_points(self) -> list[Moment]:
        """Return the moments that are no stretches of contacts."""
        return [moment for moment in self.moments if moment.kind != "contacts"]


def tell(run: Simulated, client: str, *, from_day: int = 0) -> Life:
    """Return the life of a client in a run.

    Args:
        run: the run.
        client: the client's key, such as ``c0042``.
        from_day: the first day told.

    Raises:
        CmsimError: there is no such client; the message names the nearest.
    """
    row = _row(run, client)
    rows = Rowset(_tables(run), row)
    columns = run.client_columns
    joined = int(columns["joined_day"][row])
    left = columns["left_day"][row]
    begin = max(joined, from_day) * DAY
    end = int(min(left, run.scenario.total_days) if np.isfinite(left) else run.scenario.total_days) * DAY
    turning = [moment for moment in moments(rows) if moment.minute >= begin]
    told = [*turning, *quiet(rows, turning, begin, end)]
    told.sort(key=lambda moment: moment.minute)
    return Life(run, client, _about(columns, row), tuple(told), tuple(_tallies(run, rows, row)))


def who_to_tell(run: Simulated) -> str:
    """Return the client with the fullest life: most phases, crises, moves and workers while in the window."""
    start = run.scenario.world.warm_up_days * DAY
    count = np.zeros(len(run.client_columns["key"]), dtype=np.int64)
    for name in ("transitions", "crises", "moves", "handovers"):
        rows = run.arrays(name)
        np.add.at(count, rows["client"][rows["minute"] >= start], 1)
    return str(run.client_columns["key"][int(np.argmax(count))])


def _tables(run: Simulated) -> dict[str, Any]:
    return {
        name: run.arrays(name)
        for name in (table.kind.name for table in run.ledger)
        if {"client", "minute"} <= set(run.arrays(name).dtype.names or ())
    }


def _row(run: Simulated, client: str) -> int:
    keys = [str(key) for key in run.client_columns["key"]]
    if client not in keys:
        raise CmsimError(
            f'client: given "{client}"{nearest(client, keys)}; allowed: {keys[0]} to {keys[-1]} '
            f"({len(keys)} clients; r for those referred later)"
            if keys
            else f'client: given "{client}"; this run has no clients'
        )
    return keys.index(client)


def _about(columns: Any, row: int) -> str:
    kind = str(columns["diagnosis"][row])
    illness = {
        "schizophrenia spectrum": "an illness of the schizophrenia spectrum",
        "bipolar": "bipolar illness",
    }.get(kind, "another severe mental illness")
    said = [f"a person with {illness}", f"{columns['template'][row]} in relationships"]
    for name, words in (
        ("substance_use", "uses substances"),
        ("trauma", "with a history of trauma"),
        ("physical_illness", "with a long-term physical illness"),
        ("has_family", "with a family that takes part"),
    ):
        if columns[name][row]:
            said.append(words)
    return ", ".join(said)


def _tallies(run: Simulated, rows: Rowset, row: int) -> list[Tally]:
    chosen = np.zeros(len(run.client_columns["key"]), dtype=bool)
    chosen[row] = True
    window = run.window.only(chosen)

    def phase(which: int) -> float:
        return window.spells("transitions", "phase", [which]).days()

    contacts = window.rows("contacts")
    met = (contacts["outcome"] == HELD) & np.isin(contacts["kind"], MET) & (contacts["by"] == OWN_WORKER)
    handed = window.rows("handovers")
    return [
        Tally("with the service", "days", float(window.presence(window.start, window.end).sum())),
        Tally("acutely ill in the community", "days", phase(_ACUTE), "lower"),
        Tally("in hospital", "days", phase(_INPATIENT), "lower"),
        Tally("without a home", "days", window.spells("moves", "setting", _HOMELESS).days(), "lower"),
        Tally("relapses", "episodes", float((window.rows("transitions")["to"] == _ACUTE).sum()), "lower"),
        Tally("crises", "crises", float(len(window.rows("crises"))), "lower"),
        Tally("admissions", "admissions", float(len(window.rows("admissions"))), "lower"),
        Tally("met in person by a case manager", "contacts", float(met.sum())),
        Tally("changes of case manager", "changes", float((handed["from_worker"] >= 0).sum()), "lower"),
    ]
