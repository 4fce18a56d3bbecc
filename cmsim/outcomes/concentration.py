"""How an outcome is spread over clients, where a mean hides it: who uses most, who gets least.

Each client gives one number a run: an amount per year with the service. Clients with the service for less
than a quarter of a year of the window are left out, since their yearly amounts are mostly noise.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cmsim.core.ledger import Rows
from cmsim.core.numeric import Floats
from cmsim.core.simtime import YEAR_DAYS
from cmsim.outcomes.analysis_window import Window
from cmsim.outcomes.registry import Better, outcome
from cmsim.schema.codes import HOMELESS, Counterpart, Phase, Provider

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
"""Where each distribution over clients is read off."""
TOP_SHARE = 0.1
"""The part of clients whose share of the total is told beside the quantiles."""
LEAST_DAYS = YEAR_DAYS / 4
"""Days with the service in the window from which a client counts."""

Amount = Callable[[Window], Floats]


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
    amount: Amount


def _days_in(window: Window, kind: str, column: str, *states: int) -> Floats:
    spells = window.spells(kind, column, states)
    days = np.zeros(len(window.clients["joined_day"]))
    np.add.at(days, spells.client, spells.end - spells.begin)
    return days


def _counted(window: Window, rows: Rows) -> Floats:
    client = rows["client"][rows["client"] >= 0]
    return np.bincount(client, minlength=len(window.clients["joined_day"])).astype(float)


SPREADS: dict[str, Spread] = {}
"""The amounts that are looked at client by client."""


def _spread(label: str, unit: str, better: Better | None = None) -> Callable[[Amount], Amount]:
    """Declare the decorated function as a spread, under its own name and docstring."""

    def declare(amount: Amount) -> Amount:
        name = amount.__name__
        SPREADS[name] = Spread(name, label, unit, better, amount.__doc__ or "", amount)
        return amount

    return declare


@_spread("Bed days", "days a year", "lower")
def bed_days(window: Window) -> Floats:
    """Days in hospital."""
    return _days_in(window, "transitions", "phase", Phase.INPATIENT)


@_spread("Days homeless", "days a year", "lower")
def homeless_days(window: Window) -> Floats:
    """Days on the street or in a shelter."""
    return _days_in(window, "moves", "setting", *HOMELESS)


@_spread("Crises", "a year", "lower")
def crises(window: Window) -> Floats:
    """Crises, whoever answered."""
    return _counted(window, window.rows("crises"))


@_spread("Contacts with the client", "a year")
def contacts(window: Window) -> Floats:
    """Held contacts with the client, in person or by phone, by anybody."""
    rows = window.held_contacts()
    return _counted(window, rows[rows["with"] == Counterpart.CLIENT])


@_spread("Contacts of case managers with the client", "a year")
def manager_contacts(window: Window) -> Floats:
    """Held contacts of case managers with the client."""
    rows = window.held_contacts(Provider.CASE_MANAGER)
    return _counted(window, rows[rows["with"] == Counterpart.CLIENT])


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
