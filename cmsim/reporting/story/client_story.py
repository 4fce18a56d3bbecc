"""One client in one run: who it is, what happened, and the totals over the analysis window."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.simtime import DAY
from cmsim.reporting.story.contact_stretches import contact_stretches
from cmsim.reporting.story.turning_points import IN_PERSON, ClientRows, turning_points
from cmsim.results.narration import Event
from cmsim.results.simulation import Simulated
from cmsim.schema.codes import HOMELESS, Phase, Provider

ILLNESSES = {
    "schizophrenia spectrum": "an illness of the schizophrenia spectrum",
    "bipolar": "bipolar illness",
    "other": "another severe mental illness",
}
"""Diagnosis groups as they stand after "a person with"."""

_TRAITS = {
    "substance_use": "uses substances",
    "trauma": "with a history of trauma",
    "physical_illness": "with a long-term physical illness",
    "has_family": "with a family that takes part",
}


@dataclass(frozen=True, slots=True)
class Tally:
    """One total of a client over the analysis window; ``better`` is ``lower``, or empty where that depends."""

    label: str
    unit: str
    value: float
    better: str = ""


@dataclass(frozen=True)
class ClientStory:
    """What happened to one client in one run.

    Attributes:
        run: the run.
        key: the client.
        about: who the client is, in words.
        events: what happened, in order of time, stretches of contacts between.
        tallies: totals after the warm-up.
    """

    run: Simulated
    key: str
    about: str
    events: tuple[Event, ...]
    tallies: tuple[Tally, ...]

    @property
    def rows(self) -> ClientRows:
        """The ledger's rows of the client."""
        return _client_rows(self.run, _row(self.run, self.key))


def tell_story(run: Simulated, client: str, *, from_day: int = 0) -> ClientStory:
    """Return what happened to a client, such as ``c0042``, in a run from a day on.

    Raises:
        CmsimError: there is no such client; the message names the nearest.
    """
    row = _row(run, client)
    rows, columns = _client_rows(run, row), run.client_columns
    begin = max(int(columns["joined_day"][row]), from_day) * DAY
    left, last = columns["left_day"][row], run.scenario.total_days
    end = int(min(left, last) if np.isfinite(left) else last) * DAY
    points = [event for event in turning_points(rows) if event.minute >= begin]
    events = sorted([*points, *contact_stretches(rows, points, begin, end)], key=lambda event: event.minute)
    return ClientStory(run, client, _about(columns, row), tuple(events), tuple(_tallies(run, row)))


def most_eventful_client(run: Simulated) -> str:
    """Return the client with most changes of phase, crises, moves and handovers after the warm-up."""
    start = run.scenario.world.warm_up_days * DAY
    count = np.zeros(len(run.client_columns["key"]), dtype=np.int64)
    for name in ("transitions", "crises", "moves", "handovers"):
        rows = run.arrays(name)
        np.add.at(count, rows["client"][rows["minute"] >= start], 1)
    return str(run.client_columns["key"][int(np.argmax(count))])


def _client_rows(run: Simulated, row: int) -> ClientRows:
    return ClientRows({table.kind.name: run.arrays(table.kind.name) for table in run.ledger}, row)


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


def _about(columns: Mapping[str, Any], row: int) -> str:
    illness = ILLNESSES[str(columns["diagnosis"][row])]
    traits = [text for name, text in _TRAITS.items() if columns[name][row]]
    return ", ".join([f"a person with {illness}", f"{columns['template'][row]} in relationships", *traits])


def _tallies(run: Simulated, row: int) -> list[Tally]:
    chosen = np.zeros(len(run.client_columns["key"]), dtype=bool)
    chosen[row] = True
    window = run.window.only(chosen)

    def phase(which: int) -> float:
        return window.spells("transitions", "phase", [which]).days()

    met = np.isin(window.held_contacts(Provider.CASE_MANAGER)["kind"], IN_PERSON)
    handed = window.rows("handovers")
    return [
        Tally("with the service", "days", float(window.presence(window.start, window.end).sum())),
        Tally("acutely ill in the community", "days", phase(Phase.ACUTE), "lower"),
        Tally("in hospital", "days", phase(Phase.INPATIENT), "lower"),
        Tally("without a home", "days", window.spells("moves", "setting", HOMELESS).days(), "lower"),
        Tally("relapses", "episodes", float((window.rows("transitions")["to"] == Phase.ACUTE).sum()), "lower"),
        Tally("crises", "crises", float(len(window.rows("crises"))), "lower"),
        Tally("admissions", "admissions", float(len(window.rows("admissions"))), "lower"),
        Tally("met in person by a case manager", "contacts", float(met.sum())),
        Tally("changes of case manager", "changes", float((handed["from_worker"] >= 0).sum()), "lower"),
    ]
