"""How an outcome is spread over clients, where a mean hides it: who uses most, who gets least.

Each client gives one number a run: an amount per year with the service. Clients with the service for less
than a quarter of a year of the window are left out, since their yearly amounts are mostly noise.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cmsim.core.numeric import Floats
from cmsim.core.simtime import YEAR_DAYS
from cmsim.outcomes.analysis_window import Window
from cmsim.outcomes.registry import Better, outcome
from cmsim.schema.codes import HOMELESS, ContactOutcome, Counterpart, Phase, Provider

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
"""Where each distribution over clients is read off."""
TOP_SHARE = 0.1
"""The part of clients whose share of the total is told beside the quantiles."""
LEAST_DAYS = YEAR_DAYS / 4
"""Days with the service in the window from which a client counts."""

_IN_BED = (Phase.INPATIENT,)


@dataclass(frozen=True, slots=True)
class Spread:
    """An amount that every client has, looked at client by client.

    Attributes:
        name: as in tables and files.
        label: as people say it.
        unit: in words, of one client.
        better: which direction is better for a client, or ``None`` where that depends.
        definition: what is counted.
        amount: the total of each client in a window, shape (clients,).
    """

    name: str
    label: str
    unit: str
    better: Better | None
    definition: str
    amount: Callable[[Window], Floats]


def _days_in(window: Window, kind: str, column: str, states: tuple[int, ...]) -> Floats:
    spells = window.spells(kind, column, states)
    days = np.zeros(len(window.clients["joined_day"]))
    np.add.at(days, spells.client, spells.end - spells.begin)
    return days


def _counted(window: Window, client: NDArray[np.int64]) -> Floats:
    return np.bincount(client, minlength=len(window.clients["joined_day"])).astype(float)


def _bed_days(window: Window) -> Floats:
    """Days in hospital."""
    return _days_in(window, "transitions", "phase", _IN_BED)


def _homeless_days(window: Window) -> Floats:
    """Days on the street or in a shelter."""
    return _days_in(window, "moves", "setting", HOMELESS)


def _crises(window: Window) -> Floats:
    """Crises, whoever answered."""
    rows = window.rows("crises")
    return _counted(window, rows["client"][rows["client"] >= 0])


def _contacts(window: Window) -> Floats:
    """Held contacts with the client, in person or by phone, by anybody."""
    rows = window.rows("contacts")
    held = (rows["outcome"] == ContactOutcome.HELD) & (rows["with"] == Counterpart.CLIENT) & (rows["client"] >= 0)
    return _counted(window, rows["client"][held])


def _manager_contacts(window: Window) -> Floats:
    """Held contacts of case managers with the client."""
    rows = window.rows("contacts")
    held = (rows["outcome"] == ContactOutcome.HELD) & (rows["with"] == Counterpart.CLIENT) & (rows["client"] >= 0)
    return _counted(window, rows["client"][held & (rows["by"] == Provider.CASE_MANAGER)])


_DECLARED: tuple[tuple[str, str, str, Better | None, Callable[[Window], Floats]], ...] = (
    ("bed_days", "Bed days", "days a year", "lower", _bed_days),
    ("homeless_days", "Days homeless", "days a year", "lower", _homeless_days),
    ("crises", "Crises", "a year", "lower", _crises),
    ("contacts", "Contacts with the client", "a year", None, _contacts),
    ("manager_contacts", "Contacts of case managers with the client", "a year", None, _manager_contacts),
)
SPREADS: dict[str, Spread] = {
    name: Spread(name, label, unit, better, " ".join(inspect.cleandoc(amount.__doc__ or "").split()), amount)
    for name, label, unit, better, amount in _DECLARED
}
"""The amounts that are looked at client by client."""


def yearly(window: Window, spread: Spread) -> Floats:
    """Return the amount per year of each client who was with the service long enough, in order of clients."""
    days = window.presence(window.start, window.end)
    enough = days >= min(LEAST_DAYS, window.days)
    return spread.amount(window)[enough] / days[enough] * YEAR_DAYS


def top_share(values: Floats) -> float:
    """Return the share of the total that belongs to the tenth of clients with most; nan if there is nothing.

    >>> top_share(np.array([0.0] * 8 + [1.0, 9.0]))
    0.9
    """
    if not len(values) or values.sum() <= 0:
        return np.nan
    most = max(1, round(TOP_SHARE * len(values)))
    return float(np.sort(values)[-most:].sum() / values.sum())


def spreads(window: Window) -> dict[str, Floats]:
    """Return of every spread its values at :data:`QUANTILES`, then the share of the top tenth."""
    found = {}
    for spread in SPREADS.values():
        values = yearly(window, spread)
        cuts = np.quantile(values, QUANTILES) if len(values) else np.full(len(QUANTILES), np.nan)
        found[spread.name] = np.append(cuts, top_share(values))
    return found


@outcome("Bed days of the tenth who use most", "share of bed days", matters=0.05)
def bed_days_top_tenth(window: Window) -> float:
    """Share of all bed days that falls to the tenth of clients with most bed days a year, of clients with the
    service for at least a quarter of a year of the window."""
    return top_share(yearly(window, SPREADS["bed_days"]))


@outcome("Contacts of the least seen tenth", "a client and year", better="higher", matters=2.0)
def contacts_least_seen(window: Window) -> float:
    """Yearly contacts with case managers below which the least seen tenth of clients lies, of clients with
    the service for at least a quarter of a year of the window."""
    values = yearly(window, SPREADS["manager_contacts"])
    return float(np.quantile(values, QUANTILES[0])) if len(values) else np.nan
