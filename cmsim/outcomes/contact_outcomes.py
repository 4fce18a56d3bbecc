"""Outcomes of contact: how much, with whom, what bound it, and the waits for it."""

from functools import partial

import numpy as np

from cmsim.components import COMPONENTS, Component
from cmsim.core.extension import on_loading
from cmsim.core.simtime import DAY, MONTHS_PER_YEAR, YEAR_DAYS
from cmsim.outcomes.analysis_window import Window, minutes_until_next, ratio, with_codes
from cmsim.outcomes.registry import Better, Outcome, add_outcomes, declare, mean, outcome
from cmsim.schema.codes import (
    ContactKind,
    ContactLimit,
    ContactMode,
    ContactOutcome,
    Counterpart,
    Provider,
    RegistrationEvent,
    WaitFor,
    WaitOutcome,
)

RECORDED_MINUTES = 15
"""A contact longer than this many minutes is recorded, as in Burns 2007."""
_WITH_CLIENT = {"with": Counterpart.CLIENT}


@outcome("Contacts of a case manager", "recorded per worker and month", matters=3.0, main=True)
def recorded_contacts(window: Window) -> float:
    """Held contacts of more than 15 minutes by case managers, with anybody, for each month of a filled
    full-time post."""
    recorded = window.held_contacts(Provider.CASE_MANAGER)["minutes"] > RECORDED_MINUTES
    months = window.rows("daily")["case_managers"].sum() / YEAR_DAYS * MONTHS_PER_YEAR
    return ratio(recorded.sum(), months)


@outcome("Contacts with the client", "per client-year", matters=3.0, main=True, by_group=True)
def client_contacts(window: Window) -> float:
    """Held contacts with the client, in person or by phone, by anybody."""
    return window.per_client_year((window.held_contacts()["with"] == Counterpart.CLIENT).sum())


@outcome("Contacts with others about the client", "per client-year", matters=1.0, by_group=True)
def collateral_contacts(window: Window) -> float:
    """Held contacts with family, psychiatrist, hospital or agency about a client, by anybody."""
    return window.per_client_year((window.held_contacts()["with"] != Counterpart.CLIENT).sum())


@outcome("No-show", "share of tried contacts", better="lower", matters=0.02, by_group=True)
def no_show(window: Window) -> float:
    """Contacts with the client to which the client did not come, of all that were held, refused or not come
    to; crisis contacts are left out."""
    rows = window.rows("contacts", **_WITH_CLIENT)
    tried = rows["outcome"][(rows["outcome"] != ContactOutcome.DROPPED) & (rows["kind"] != ContactKind.CRISIS)]
    return ratio((tried == ContactOutcome.NOT_COME).sum(), len(tried))


def _bound_by(window: Window, limit: ContactLimit) -> float:
    rows = window.rows("contacts", by=Provider.CASE_MANAGER, **_WITH_CLIENT)
    due = rows["limit"][rows["kind"] != ContactKind.CRISIS]
    return ratio((due == limit).sum(), len(due))


for _limit, _by, _how in (
    (ContactLimit.CAPACITY, "the worker's time", "were bound by the worker's time"),
    (ContactLimit.WILLINGNESS, "willingness", "were bound by the client's willingness"),
    (ContactLimit.DEMAND, "demand only", "took place as they were due"),
):
    _name, _label = f"limited_by_{_limit.name.lower()}", f"Due contacts bound by {_by}"
    _definition = f"Planned contacts of case managers with clients that {_how}."
    _better: Better | None = "lower" if _limit == ContactLimit.CAPACITY else None
    _measure = partial(_bound_by, limit=_limit)
    declare(Outcome(_name, _label, "share of due contacts", _definition, _measure, 0.03, _better))


@outcome("Unseen for more than 30 days", "share of clients", better="lower", matters=0.02, main=True)
def unseen_30(window: Window) -> float:
    """Clients without a face-to-face contact for more than 30 days, averaged over days; those who wait for a
    worker included."""
    return window.per_client_day("unseen_30")


@outcome("Waiting for a case manager", "clients", better="lower", matters=2.0, main=True)
def waiting(window: Window) -> float:
    """Clients without a case manager at the end of the day, averaged over days."""
    return mean(window.rows("daily")["waiting"])


def _mean_wait(window: Window, waited_for: WaitFor) -> float:
    rows = window.rows("waits", outcome=WaitOutcome.SERVED, **{"for": waited_for})
    return mean((rows["minute"] - rows["since"]) / DAY)


@outcome("Wait for a case manager", "days", better="lower", matters=2.0)
def worker_wait(window: Window) -> float:
    """Mean wait of those who got a case manager in the window. Those still waiting at its end are not in it,
    so it is too short while the queue grows: read it with the number waiting."""
    return _mean_wait(window, WaitFor.CASE_MANAGER)


@outcome("Seen within 28 days of referral", "share of referrals", better="higher", matters=0.05)
def seen_28(window: Window) -> float:
    """Referrals followed within 28 days by a held face-to-face contact with a case manager. Referrals in the last
    28 days of the window are left out; people who leave before they are seen count as not seen."""
    rows = window.rows("registrations", event=RegistrationEvent.REFERRED)
    rows = rows[rows["minute"] < (window.end - 28) * DAY]
    met = {"by": Provider.CASE_MANAGER, "mode": ContactMode.FACE_TO_FACE, "outcome": ContactOutcome.HELD}
    seen = minutes_until_next(
        rows["client"], rows["minute"], with_codes(window.tables["contacts"], **met, **_WITH_CLIENT)
    )
    return ratio((seen < 28 * DAY).sum(), len(rows))


@outcome("Wait for a psychiatrist", "days", better="lower", matters=3.0)
def psychiatrist_wait(window: Window) -> float:
    """Mean wait of the clients who got an appointment with a psychiatrist in the window; those still waiting
    are not in it."""
    return _mean_wait(window, WaitFor.PSYCHIATRIST)


@outcome("Changes of case manager", "per client-year", better="lower", matters=0.05, main=True, by_group=True)
def handovers(window: Window) -> float:
    """Times that a client lost a case manager, to a new one at once or only after a wait; getting the first
    one is none."""
    return window.per_client_year((window.rows("handovers")["from_worker"] >= 0).sum())


@outcome("Lost the case manager", "share of clients a year", better="lower", matters=0.03, by_group=True)
def worker_lost(window: Window) -> float:
    """Clients who lost their case manager at least once within a year, with or without a new one, of those
    with the service for at least half of that year; whole years of the window, pooled. Not defined for a
    window shorter than a year."""
    rows = window.rows("handovers")
    rows = rows[rows["from_worker"] >= 0]
    return window.annual_share(rows["client"], rows["minute"] / DAY)


def _minutes_given(window: Window, component: str) -> float:
    return window.per_client_year(window.minutes_of(component).sum(dtype=np.float64))


def _time_given(component: str) -> Outcome:
    return Outcome(
        f"minutes_{component.replace(' ', '_')}",
        f"Time given to {component}",
        "minutes per client-year",
        f"Minutes of held contacts given to {component}.",
        partial(_minutes_given, component=component),
        matters=20.0,
    )


for _component in COMPONENTS:
    declare(_time_given(_component))
on_loading(lambda loaded: add_outcomes(loaded.reference, [_time_given(part.name) for part in loaded.of(Component)]))
