"""One run: a scenario simulated once, and everything that can be read from it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
import pandas as pd

from cmsim import outcomes
from cmsim.core.errors import CmsimError, nearest
from cmsim.core.ledger import Kind, Ledger, Rows
from cmsim.core.memory import left_alone
from cmsim.core.numeric import whole
from cmsim.core.presentation import Presented, html_table
from cmsim.model.state.roster import STATE
from cmsim.results import data_frames, event_log
from cmsim.results.extra_library import needed
from cmsim.results.process_mining import DAY_0, EventLog, make_event_log
from cmsim.results.progress import Progress, told
from cmsim.scenario import Scenario, ScenarioLike, load_scenario
from cmsim.scenario.size_limits import check_size
from cmsim.schema.state_variables import CIRCUMSTANCES, CLIENT
from cmsim.schema.tables import KINDS

if TYPE_CHECKING:
    from xarray import Dataset

    from cmsim.model.community import Community

Watch = Callable[["Community"], None]
"""Called with the community at the end of each day."""

_KINDS: dict[str, Kind] = {kind.name: kind for kind in KINDS}
_UNITS = {"code": "word", "0 or 1": "true or false"}
_VARIABLES = {variable.name: variable for variable in CLIENT}
_WORDS = {name: _VARIABLES[name].words for name in STATE if _VARIABLES[name].words}
_CLIENT_NOTES = {
    **{name: (_UNITS.get(each.unit, each.unit), each.meaning) for name, each in _VARIABLES.items()},
    "key": ("client key", "c for those there on day 0, r for later referrals"),
    "left_day": ("day", "of leaving the service; empty if still with it at the end"),
    "worker": ("post", "of the case manager; empty for none"),
    **{
        column: ("true or false", _VARIABLES[name].meaning)
        for column, name in (("substance_use", "substance"), ("physical_illness", "physical"))
    },
}
"""Unit and meaning of each column of the client table: as declared, where the table shows it as it is."""
_STAFF_NOTES = {
    "key": ("worker", "post, and which holder of it"),
    "number": ("worker id", "as in the raw rows"),
    "post": ("post", "number of the post, from 1"),
    "skill": ("0 to 1", "skill at the end or on leaving"),
    "graduate": ("true or false", "with a master's degree, a mental-health practitioner"),
    "left_day": ("day", "of leaving; empty if still in post at the end"),
}


def simulate(
    scenario: ScenarioLike,
    replication: int = 0,
    *,
    perturb: bool = False,
    progress: Progress | bool | None = None,
    watch: Watch | None = None,
) -> Simulated:
    """Simulate a scenario once.

    Args:
        scenario: what to simulate: a scenario, its bundled name, or the path of a ``.toml`` file.
        replication: number of the random streams; every scenario draws from the same streams under it.
        perturb: make one visit a week a minute longer, for a placebo run.
        progress: called with the days done and the days in all; ``True`` shows a bar.
        watch: called with the community at the end of each day; what it raises ends the run.

    Raises:
        CmsimError: the scenario is too large, or the replication is negative.
    """
    from cmsim.model.community import Community

    scenario, replication = load_scenario(scenario), whole("replication", replication, 0)
    check_size(scenario)
    community = Community(scenario, replication, perturb=perturb)
    try:
        with left_alone(), told(progress, scenario.name, "day") as tell:
            for day in range(scenario.total_days):
                community.step()
                if watch is not None:
                    watch(community)
                tell(day + 1, scenario.total_days)
        return conclude(community, scenario, replication)
    finally:
        forget(community)


def conclude(community: Community, scenario: Scenario, replication: int) -> Simulated:
    """Close a community whose days are simulated, and return what it recorded."""
    community.close()
    return so_far(community, scenario, replication)


def so_far(community: Community, scenario: Scenario, replication: int) -> Simulated:
    """Return what a community has recorded until now; it goes on, and open stays and waits are not written.

    Args:
        community: at the end of a day.
        scenario: what it follows, as if it ended there: its ``total_days`` are the days simulated.
        replication: number of the random streams.
    """
    people = community.people
    last = {f"last_{name}": getattr(people, name)[: people.known].copy() for name in ("phase", "setting", "job")}
    if scenario.world.mechanisms.worth_sees_homes:
        last |= {name: getattr(people, name)[: people.known].copy() for name in CIRCUMSTANCES}
    clients = {**community.client_table(), **last}
    return Simulated(scenario, replication, community.ledger, clients, community.staff_table())


def forget(community: Community) -> None:
    """Release a community: Mesa 3.3.1 keeps every model in a class attribute, later versions do not."""
    getattr(mesa.Agent, "_ids", {}).pop(community, None)


@dataclass(eq=False, repr=False)
class Simulated(Presented):
    """What happened in one run. Tables are built when they are first asked for.

    Attributes:
        scenario: what was simulated.
        replication: number of the random streams.
        ledger: the rows as they were written.
        client_columns: one array a column of the clients, in the order of client rows.
        staff_columns: likewise of the case managers.
    """

    scenario: Scenario
    replication: int
    ledger: Ledger
    client_columns: Mapping[str, Any]
    staff_columns: Mapping[str, Any]

    def _summary(self) -> str:
        people = len(self.client_columns["key"])
        return (
            f"{self.scenario.name}, replication {self.replication}, {self.scenario.total_days} days, {people} clients"
        )

    def _html(self) -> Iterator[str]:
        sheets = [self.sheet(name) for name in SHEETS]
        rows = [(f'.table("{each.name}")', f"{len(each.frame):,}", each.about) for each in sheets]
        yield html_table(("Table", "Rows", "One row"), rows, right=[1])

    @property
    def clients(self) -> pd.DataFrame:
        """One row a client: key, traits, and the state at the end of the warm-up and of the run.

        ``start_*`` and ``end_*`` are empty where the person was not with the service then.
        """
        return self.sheet("clients").frame

    @property
    def staff(self) -> pd.DataFrame:
        """One row a case manager."""
        return self.sheet("staff_members").frame

    @property
    def contacts(self) -> pd.DataFrame:
        """One row a contact, held or not, with the minutes given to each component."""
        return self.sheet("contacts").frame

    @property
    def events(self) -> pd.DataFrame:
        """One row for all that happened to people: day, minute, client, worker, kind, what, detail."""
        return self.sheet("events").frame

    @property
    def daily(self) -> pd.DataFrame:
        """One row a day: the community at its end."""
        return self.sheet("daily").frame

    def table(self, name: str) -> pd.DataFrame:
        """Return a table by name: any kind of fact of the ledger, or clients, staff_members, events.

        Raises:
            CmsimError: there is no such table; the message names the nearest.
        """
        return self.sheet(name).frame

    def to_xarray(self) -> Dataset:
        """Return the daily table by day, with the unit and meaning of each variable.

        Raises:
            CmsimError: xarray is not installed.
        """
        xarray = needed("xarray", "xarray")
        daily = self.sheet("daily")
        found: Dataset = xarray.Dataset.from_dataframe(daily.frame.set_index("day"))
        for name in found.data_vars:
            unit, meaning = daily.columns.get(str(name), ("", ""))
            found[name].attrs |= {"units": unit, "long_name": meaning}
        return found

    def arrays(self, name: str) -> Rows:
        """Return the rows of one kind of fact as a structured array, in codes and engine minutes.

        Raises:
            CmsimError: there is no such kind; the message names the nearest.
        """
        return self._tables[_known(name, _KINDS)]

    def sheet(self, name: str) -> data_frames.Sheet:
        """Return a table by name, with the unit and meaning of its columns."""
        if _known(name, SHEETS) not in self._sheets:
            self._sheets[name] = self._sheet(name)
        return self._sheets[name]

    @property
    def window(self) -> outcomes.Window:
        """The rows within the analysis window, from which outcomes are counted."""
        start, end = self.scenario.world.warm_up_days, self.scenario.total_days
        minutes = self.ledger.component_minutes()
        return outcomes.Window(self._tables, minutes, self.client_columns, start, end, self.scenario)

    def outcomes(self) -> dict[str, float]:
        """Return every outcome of ``cmsim.outcomes.OUTCOMES`` by name; nan if there was nothing to count."""
        return outcomes.measure(self.window)

    def event_log(self, format: str = "xes", *, start: date = DAY_0) -> EventLog:
        """Return contacts, waits, stays, referrals and handovers as an event log for process mining or animation.

        Args:
            format: ``xes`` (one case a client), ``ocel`` (OCEL 2.0: many objects an event), ``bupar`` or ``vidigi``.
            start: the date of day 0, a Monday.

        Raises:
            CmsimError: there is no such format, or the date is not a Monday.
        """
        return make_event_log(format, start, self._tables, self.client_columns, self.staff_columns)

    def digest(self) -> str:
        """Return a short code of all rows of all tables: equal for runs that are the same to the last bit."""
        code = hashlib.blake2b(digest_size=16)
        for name, rows in self._tables.items():
            code.update(name.encode())
            code.update(np.ascontiguousarray(rows).view(np.uint8).data)
        code.update(np.ascontiguousarray(self.ledger.component_minutes()).view(np.uint8).data)
        return code.hexdigest()

    def save(self, directory: str | Path) -> Path:
        """Write all tables as CSV with a manifest and a description of the columns, completely or not at all.

        Raises:
            CmsimError: the directory holds something that cmsim did not write, or cannot be written.
        """
        from cmsim.reporting.result_folder import Results, manifest, write_results

        described = manifest("simulate", [self.scenario], [self.replication], {"digest": self.digest()})
        return write_results(directory, Results(described, [self.sheet(name) for name in SHEETS]))

    @cached_property
    def _tables(self) -> dict[str, Rows]:
        return {name: self.ledger[name].rows() for name in _KINDS}

    @cached_property
    def _sheets(self) -> dict[str, data_frames.Sheet]:
        return {}

    def _sheet(self, name: str) -> data_frames.Sheet:
        keys = [str(key) for key in self.client_columns["key"]]
        if name == "clients":
            about = "one row a client; start_ is the end of the warm-up, end_ of the run, last_ when last seen"
            return data_frames.column_sheet(name, about, self.client_columns, _WORDS, _CLIENT_NOTES)
        if name == "staff_members":
            return data_frames.column_sheet(name, "one row a case manager", self.staff_columns, {}, _STAFF_NOTES)
        if name == "events":
            return event_log.event_sheet(self._tables, keys)
        if name == "contacts":
            names = [part.name for part in self.scenario.components]
            minutes = dict(zip(names, self.ledger.component_minutes().T, strict=True))
            return data_frames.contact_sheet(_KINDS[name], self._tables[name], minutes, keys)
        return data_frames.sheet(_KINDS[name], self._tables[name], keys)


SHEETS: tuple[str, ...] = ("clients", "staff_members", "events", *_KINDS)
"""Names of all tables of a run."""


def _known(name: str, names: Collection[str]) -> str:
    if name not in names:
        raise CmsimError(f'unknown table "{name}"{nearest(name, names)}; there are: {", ".join(names)}')
    return name
