"""Outcomes as an agency can count them: of people while they are with the service, not of those lost to it."""

import numpy as np
from numpy.typing import NDArray

from cmsim.core.ledger import Rows
from cmsim.core.numeric import Bools
from cmsim.core.simtime import DAY, WEEK_DAYS, YEAR_DAYS
from cmsim.outcomes.analysis_window import Spells, Window, minutes_until_next, ratio, with_codes
from cmsim.outcomes.registry import outcome
from cmsim.schema.codes import HOMELESS, ContactOutcome, Counterpart, RegistrationEvent, WaitFor

OUT_OF_CONTACT = 30
_WITH_SERVICE = "per year with the service"


def lost_spells(window: Window) -> Spells:
    """Return the time that clients spent lost to the service: until they came back, or were gone."""
    lost = with_codes(window.tables["registrations"], event=RegistrationEvent.DISENGAGED)
    again = with_codes(window.tables["waits"], **{"for": WaitFor.CASE_MANAGER}).copy()
    again["minute"] = again["since"]
    until = lost["minute"] + minutes_until_next(lost["client"], lost["minute"], again)
    left = np.asarray(window.clients["left_day"], dtype=float)[lost["client"]]
    end = np.minimum(until / DAY, np.where(left >= 0, left, np.inf))
    return Spells(lost["client"].astype(np.int64), lost["minute"] / DAY, end)


def within_spells(spells: Spells, client: NDArray[np.int64], day: NDArray[np.float64]) -> Bools:
    """Return whether clients are, on some days, in a spell of their own; spells of a client do not overlap."""
    if not len(spells.client):
        return np.zeros(len(client), dtype=bool)
    order = np.lexsort((spells.begin, spells.client))
    begun = np.searchsorted(_keys(spells.client[order], spells.begin[order]), _keys(client, day), side="right") - 1
    found = order[np.maximum(begun, 0)]
    return (begun >= 0) & (spells.client[found] == client) & (day < spells.end[found])


def _keys(client: NDArray[np.int64], day: NDArray[np.float64]) -> NDArray[np.float64]:
    return client * 1e7 + day  # days of a run are fewer


def _served(window: Window, rows: Rows) -> int:
    """Return how many rows of the window are of clients who were with the service then."""
    return int((~within_spells(lost_spells(window), rows["client"].astype(np.int64), rows["minute"] / DAY)).sum())


def _years(window: Window) -> float:
    """Return the years that clients were with the service, waiting for a worker or not."""
    lost = lost_spells(window)
    days = np.minimum(lost.end, window.end) - np.maximum(lost.begin, window.start)
    return window.client_years - float(np.maximum(days, 0.0).sum()) / YEAR_DAYS


def with_service(window: Window, ends: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return client and time for everybody who is with the service at the end of some days, waiting or not."""
    joined = np.asarray(window.clients["joined_day"], dtype=float)
    left = np.asarray(window.clients["left_day"], dtype=float)
    here = (joined < ends[:, None]) & ~((left >= 0) & (left < ends[:, None]))
    which, client = np.nonzero(here)
    kept = ~within_spells(lost_spells(window), client, ends[which])
    return client[kept], ends[which][kept]


def _weekly(window: Window) -> NDArray[np.float64]:
    return np.arange(window.start + 1, window.end + 1, WEEK_DAYS).astype(np.float64)


@outcome("Contacts of those with the service", _WITH_SERVICE, matters=3.0)
def served_contacts(window: Window) -> float:
    """Held contacts with the client, in person or by phone, by anybody, while with the service, waiting for a worker
    included; time lost to the service is left out. An agency counts these so."""
    rows = window.held_contacts()
    return ratio(_served(window, rows[rows["with"] == Counterpart.CLIENT]), _years(window))


@outcome("Admissions of those with the service", _WITH_SERVICE, better="lower", matters=0.05)
def served_admissions(window: Window) -> float:
    """Hospital stays that began while the client was with the service, waiting for a worker included; time lost to
    the service is left out."""
    return ratio(_served(window, window.rows("admissions")), _years(window))


@outcome("Out of contact for more than 30 days", "share of clients", better="lower", matters=0.03)
def out_of_contact_30(window: Window) -> float:
    """Clients without any held contact with them, in person or by phone, for more than 30 days, of all who are with
    the service, waiting for a worker included, on one day of each week. Who came in these 30 days counts too."""
    client, day = with_service(window, _weekly(window))
    contacts = window.tables["contacts"]
    rows = with_codes(contacts, **{"with": Counterpart.CLIENT, "outcome": ContactOutcome.HELD})
    since = ((day - OUT_OF_CONTACT) * DAY).astype(np.int64)
    return ratio((minutes_until_next(client, since, rows) >= OUT_OF_CONTACT * DAY).sum(), len(client))


@outcome("Without a home", "share of clients", better="lower", matters=0.02)
def homeless_share(window: Window) -> float:
    """Clients on the street or in a shelter, of all who are with the service, on one day of each week."""
    client, day = with_service(window, _weekly(window))
    return ratio(within_spells(window.spells("moves", "setting", HOMELESS), client, day).sum(), len(client))


@outcome("Still with the service after a year", "share of referrals", matters=0.05, follow_up=YEAR_DAYS)
def retained_365(window: Window) -> float:
    """Referrals after which the client was with the service, or waited for it, for a year without leaving it for
    any reason. Referrals in the last 365 days of the window are left out."""
    events = window.tables["registrations"]
    began = window.rows("registrations", event=RegistrationEvent.REFERRED)
    began = began[began["minute"] < (window.end - YEAR_DAYS) * DAY]
    left = minutes_until_next(began["client"], began["minute"], events[events["event"] != RegistrationEvent.REFERRED])
    return ratio((left >= YEAR_DAYS * DAY).sum(), len(began))
