"""How an outcome is spread over clients, where a mean hides it: who uses most, who gets least.

Each client gives one number a run: an amount per year with the service. Clients with the service for less
than a quarter of a year of the window are left out, since their yearly amounts are mostly noise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from cmsim.core.ledger import Rows
from cmsim.core.numeric import Floats
from cmsim.core.simtime import YEAR_DAYS
from cmsim.outcomes.analysis_window import Window, with_codes
from cmsim.outcomes.registry import Better, outcome
from cmsim.schema.codes import HOMELESS, Counterpart, Phase, Provider

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
"""Where each distribution over clients is read off."""
TOP_SHARE = 0.1
"""The part of clients whose share of the total is told beside the quantiles."""
LEAST_DAYS = YEAR_DAYS / 4
"""Days with the service in the window from which a client counts."""

_WITH_CLIENT = {"with": Counterpart.CLIENT}


@dataclass(frozen=True, slots=True)
class Spread:
    """An amount that every client has, looked at client by client.

    Attributes:
        name: as in tables and files.
        label: as people say it.
        unit: in words, of one client.
        amount: the total of each client in a window, shape (clients,).
        better: which direction is better for a client, or ``None`` where that depends.
    """

    name: str
    label: str
    unit: str
    amount: Callable[[Window], Floats]
    better: Better | None = None


def _days_in(window: Window, kind: str, column: str, states: Sequence[int]) -> Floats:
    return window.spells(kind, column, states).days_by_client(len(window.clients["joined_day"]))


def _counted(window: Window, rows: Rows) -> Floats:
    client = rows["client"][rows["client"] >= 0]
    return np.bincount(client, minlength=len(window.clients["joined_day"])).astype(float)


def _crises(window: Window) -> Floats:
    return _counted(window, window.rows("crises"))


def _contacts(window: Window, by: Provider | None = None) -> Floats:
    return _counted(window, with_codes(window.held_contacts(by), **_WITH_CLIENT))


_in_hospital = partial(_days_in, kind="transitions", column="phase", states=[Phase.INPATIENT])
_homeless = partial(_days_in, kind="moves", column="setting", states=HOMELESS)
_by_manager = partial(_contacts, by=Provider.CASE_MANAGER)

SPREADS: dict[str, Spread] = {
    spread.name: spread
    for spread in (
        Spread("bed_days", "Bed days", "days a year", _in_hospital, "lower"),
        Spread("homeless_days", "Days homeless", "days a year", _homeless, "lower"),
        Spread("crises", "Crises", "a year", _crises, "lower"),
        Spread("contacts", "Contacts with the client", "a year", _contacts),
        Spread("manager_contacts", "Contacts of case managers with the client", "a year", _by_manager),
    )
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
