"""How many clients a case manager can have: a time budget, and a queue to which clients come back.

A case manager with ``n`` clients is a queue with a finite source. A client is either not due, or due and waiting, or
with the case manager. The mean time between visits is that wanted; a visit takes all the minutes that it costs, travel
and writing up included; the clock counts the time that a case manager has for clients, spread evenly over the week.
Throughput and waiting are exact for exponential times between visits and lengths that follow a gamma distribution, by
the number of visits in a row between two moments at which nobody is due (Takács 1962, Introduction to the Theory of
Queues, chapter 5).

With more clients than minutes for them the queue only makes everybody wait longer: at the limit, the time between
visits divided by the length of one, the time budget is used up. Below it, the wait for a visit that is due decides.

Referrals wait in one list until one of several case managers has fewer clients than the caseload limit, and go to the
one with the fewest. Caseloads change slowly against visits and stay nearly even, so that clients with ``k`` people in
all are closed at the rate of visits with ``k`` shared out evenly: a birth and death process. Beside the chain of all
caseloads, for 2 to 4 case managers with up to 25 clients and 70 to 95% of the referrals that can be taken, it misses at
most 2% of the share who wait. It is stable as long as referrals are fewer than the closings of full caseloads
(after Campello, Ingolfsson and Shumsky 2017, Management Science 63:882-899, who analyse case managers as such
queues; what stands here is derived on its own).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaln, logsumexp

from cmsim.components import ALL
from cmsim.core.numeric import Floats
from cmsim.core.simtime import HOUR, WEEK_DAYS, WORKDAYS
from cmsim.model.active_service import activate
from cmsim.scenario import Scenario

PERIOD = 28.0
"""Days for which visits are counted."""
MOST = 500
"""Clients of a case manager up to which a limit is looked for."""


@dataclass(frozen=True)
class Workload:
    """What a case manager has and what a client takes.

    Attributes:
        hours: paid hours a week.
        away: share of them on leave, in training or sick.
        meetings: hours a week of meetings, administration and supervision, when there.
        minutes: of a visit.
        travel: minutes of travel for a visit, on average.
        paperwork: minutes of writing up, and of calls between visits, for a visit.
        visits: wanted of a client in 28 days.
        cv: coefficient of variation of a visit with all that it takes.
        calls: made for each visit; their minutes are in ``paperwork``.
    """

    hours: float
    away: float
    meetings: float
    minutes: float
    travel: float
    paperwork: float
    visits: float
    cv: float = 0.3
    calls: float = 0.0

    @property
    def client_hours(self) -> float:
        """Hours a week left for clients."""
        return max(self.hours - self.meetings, 0.0) * (1.0 - self.away)

    @property
    def visit_minutes(self) -> float:
        """Minutes that a visit takes in all."""
        return self.minutes + self.travel + self.paperwork

    @property
    def budget_caseload(self) -> float:
        """Clients for whom the hours are just enough: the stability limit of the queue."""
        return self.client_hours * HOUR * PERIOD / WEEK_DAYS / (self.visits * self.visit_minutes)


@dataclass(frozen=True)
class Served:
    """What clients of a caseload get, by the number of clients from 0 on.

    Attributes:
        visits: of a case manager in 28 days.
        wait: days that a visit which is due waits, on average.
        used: share of the hours for clients that visits take.
    """

    visits: Floats
    wait: Floats
    used: Floats

    def most_within(self, days: float) -> int:
        """Return the largest caseload in which a visit that is due waits no longer than so many days."""
        return int(np.flatnonzero(self.wait <= days).max())


def serve(load: Workload, most: int = MOST) -> Served:
    """Return what clients get in caseloads of 0 to ``most``.

    >>> load = Workload(40.0, 0.0, 0.0, 60.0, 0.0, 0.0, visits=16.0, cv=1.0)  # an hour each, four a week
    >>> round(load.budget_caseload, 6), serve(load).visits[[1, 20]].round(1).tolist()
    (10.0, [16.0, 159.9])
    """
    day = load.client_hours * HOUR / WEEK_DAYS
    service = load.visit_minutes / day if day else np.inf
    between = max(PERIOD / load.visits - service, 0.0)
    visits, wait, used = np.zeros((3, most + 1))
    if not day:
        wait[1:] = np.inf
        return Served(visits, wait, used)
    n = np.arange(1, most + 1)
    # 1 / transform - 1 of the length, at the rate at which i clients become due, in logarithms
    due = n * service / max(between, 1e-9 * service)
    exponent = np.log1p(load.cv**2 * due) / load.cv**2 if load.cv else due
    steps = np.concatenate([[0.0], np.cumsum(exponent + np.log(-np.expm1(-exponent)))])
    for k in n:
        r = np.arange(k)
        in_a_row = logsumexp(gammaln(k) - gammaln(r + 1) - gammaln(k - r) + steps[:k])
        rate = 1.0 / (service + between / k * np.exp(-in_a_row))
        used[k], visits[k] = rate * service, rate * PERIOD
        wait[k] = max(k / rate - between - service, 0.0)
    return Served(visits, wait, used)


@dataclass(frozen=True)
class Assignment:
    """How long referrals wait for a case manager.

    Attributes:
        most_referrals: a week, at which all caseloads are full for ever.
        waits: share of referrals who wait; nan, as all below, where there are more referrals.
        waiting: people who wait, on average.
        days: mean wait of all referrals, in days.
    """

    most_referrals: float
    waits: float = np.nan
    waiting: float = np.nan
    days: float = np.nan


def assign(served: Served, case_managers: int, caseload: int, referrals: float, until_closing: float) -> Assignment:
    """Return how long referrals wait for a case manager who has fewer clients than the limit.

    Args:
        served: what clients get, up to the caseload at least.
        case_managers: how many.
        caseload: the limit, 1 client or more.
        referrals: a week.
        until_closing: visits after which a client is closed, on average.

    >>> plenty = Served(np.array([0.0, 28.0]), np.zeros(2), np.ones(2))  # a visit a day, one client: M/M/1
    >>> found = assign(plenty, 1, 1, referrals=3.5, until_closing=1.0)
    >>> found.most_referrals, round(found.waits, 6), round(found.days, 6)  # load 0.5: half wait, a day on average
    (7.0, 0.5, 1.0)
    """
    closings = served.visits[: caseload + 1] * WEEK_DAYS / PERIOD / until_closing
    people = np.arange(1, case_managers * caseload + 1)
    low, more = people // case_managers, people % case_managers
    rates = (case_managers - more) * closings[low] + more * closings[np.minimum(low + 1, caseload)]
    most = float(case_managers * closings[caseload])
    if referrals >= most:
        return Assignment(most)
    logs = np.concatenate([[0.0], np.cumsum(np.log(max(referrals, 1e-300) / rates))])
    weights = np.exp(logs - logs.max())
    ratio = referrals / most
    tail = weights[-1] / (1.0 - ratio)  # all places taken, with any number waiting
    total = weights[:-1].sum() + tail
    waits = float(tail / total)
    waiting = waits * ratio / (1.0 - ratio)
    return Assignment(most, waits, waiting, waiting / referrals * WEEK_DAYS if referrals else 0.0)


def workload_of(scenario: Scenario, dose: float = 0.5) -> Workload:
    """Return what a scenario says of a case manager's time and of what a client takes after the warm-up.

    Args:
        scenario: whose settings.
        dose: of support, 0 to 1, for which visits are counted.
    """
    active = activate(scenario.service, scenario.world, ALL)
    contact, time, w = scenario.service.contact, scenario.world.contact_time, scenario.world.workforce
    present = (1.0 - w.leave_week) * (1.0 - w.absent_day)
    in_vivo, calls = (float(active.contact_plan[0][name]) for name in ("in_vivo", "calls"))
    return Workload(
        hours=active.staff.hours * WORKDAYS,
        away=1.0 - present,
        meetings=active.team_minutes * WORKDAYS / HOUR + active.supervision_hours,
        minutes=time.visit,
        travel=in_vivo * time.travel,
        paperwork=active.notes[round(time.visit)] + calls * (time.call + active.notes[round(time.call)]),
        visits=contact.least_visits + dose * (contact.most_visits - contact.least_visits),
        cv=time.spread,
        calls=calls,
    )


def changed(load: Workload, **stated: float | None) -> Workload:
    """Return a workload with what is stated in place of its own; ``None`` keeps it."""
    return replace(load, **{name: value for name, value in stated.items() if value is not None})
