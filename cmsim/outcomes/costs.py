"""Outcomes of money: posts by paid hours, all else by use, at stated prices; and what the time was worth to clients.

Whoever is hired is paid, whether or not there is work: the agency's budget follows posts. Care elsewhere follows use.
A cost whose price is left open is not a number (nan) unless nothing of it was used; results name the prices
that are missing. All costs are in the currency and year of ``world.prices``. A cost is never better or worse: what
it buys is.
"""

import numpy as np

from cmsim.core.numeric import Floats
from cmsim.core.simtime import DAY, HOUR, WEEK_DAYS, WORKDAYS, YEAR_DAYS
from cmsim.outcomes.analysis_window import Window, with_codes
from cmsim.outcomes.care_relationship import respite_days
from cmsim.outcomes.hospital_use import bed_days
from cmsim.outcomes.registry import outcome
from cmsim.policies.rule_answer import column
from cmsim.schema.codes import ContactKind, Phase, Provider, RegistrationEvent, Setting, StaffEvent
from cmsim.schema.contact_kinds import WORKER_CONTACTS
from cmsim.schema.state_variables import CIRCUMSTANCES
from cmsim.submodels import prices

_UNIT = "currency per client-year"
_YEARLY = "currency a year"


def priced(amount: float, price: float | None) -> float:
    """Return amount times price; nan where something was used and its price is open."""
    if price is not None:
        return float(amount * price)
    return 0.0 if amount == 0.0 else np.nan


def setting_days(window: Window, *settings: str) -> float:
    """Return the days that clients lived or stayed in some settings."""
    return window.spells("moves", "setting", [Setting.of(setting) for setting in settings]).days()


def lost_years(window: Window) -> float:
    """Return the years in the window after leaving against advice, as long as nobody comes back."""
    left, days = RegistrationEvent.DISENGAGED, 0.0
    if window.follows_lost:
        left, days = RegistrationEvent.NO_LONGER_FOLLOWED, float(window.rows("daily")["lost"].sum())
    gone = window.rows("registrations", event=left)["minute"]
    return (days + float((window.end - gone / DAY).sum())) / YEAR_DAYS


def case_managers_paid(window: Window) -> float:
    """Return what case managers cost in the window, in currency: paid hours, crisis work on call, replacing leavers."""
    p, rows = window.prices, window.rows("worker_days")
    pay = window.daily_of(lambda service: service.turnover.pay)
    hours = window.paid_hours[rows["day"] - window.start]
    paid = float((hours * pay[rows["day"] - window.start]).sum())
    crises = with_codes(window.held_contacts(Provider.CASE_MANAGER), kind=ContactKind.CRISIS)
    staff = window.spec.service.staff
    day, hour = crises["minute"] // DAY, crises["minute"] % DAY / HOUR
    off = (day % WEEK_DAYS >= WORKDAYS) | (hour < staff.starts) | (hour >= staff.starts + staff.hours)
    worked = (crises["minutes"] + crises["travel"]).astype(float) / HOUR * off
    paid += float((worked * pay[np.clip(day - window.start, 0, window.days - 1)]).sum())
    year = YEAR_DAYS * WORKDAYS / WEEK_DAYS * (float(window.paid_hours.mean()) if window.days else 0.0)
    gone = len(window.rows("staff", event=StaffEvent.LEFT))
    return priced(paid + gone * p.turnover * year, p.case_manager_hour)


def _hours_of_a_post(window: Window) -> Floats:
    """Return the paid hours of one full-time post on each day of the window."""
    return window.paid_hours * (np.arange(window.start, window.end) % WEEK_DAYS < WORKDAYS)


def _supervisors_paid(window: Window) -> float:
    daily = window.rows("daily")
    day = daily["day"] - window.start
    supervisors = np.ceil(daily["posts"] / window.daily_of(lambda service: service.staff.supervisor_span)[day])
    return priced(float((supervisors * _hours_of_a_post(window)[day]).sum()), window.prices.supervisor_hour)


@outcome("Cost of hospital care", _UNIT, matters=200.0, main=True, by_group=True)
def cost_hospital(window: Window) -> float:
    """Bed days at their price."""
    return priced(bed_days(window), window.prices.bed_day)


@outcome("Cost of case management", _UNIT, matters=200.0, main=True)
def cost_case_management(window: Window) -> float:
    """Paid hours of case managers, and hours of crisis work on call, at their price and relative pay; a share of a
    year's pay for each who left; and a full-time supervisor for each team, begun or complete."""
    return window.per_client_year(case_managers_paid(window) + _supervisors_paid(window))


@outcome("Cost of psychiatrists", _UNIT, matters=50.0)
def cost_psychiatrists(window: Window) -> float:
    """Paid hours of the psychiatrists hired at their price, whether these clients or other people are seen in them."""
    weekly = window.daily_of(lambda service: service.staff.psychiatrists * service.staff.psychiatrist_hours)
    return window.per_client_year(priced(float(weekly.sum()) / WEEK_DAYS, window.prices.psychiatrist_hour))


@outcome("Cost of crisis care", _UNIT, matters=50.0, by_group=True)
def cost_crisis(window: Window) -> float:
    """Visits of the crisis service and to the emergency department, at their prices; what the own case
    manager does in a crisis is in the cost of case management."""
    p = window.prices
    cost = priced(len(window.held_contacts(Provider.CRISIS_SERVICE)), p.crisis_visit)
    return window.per_client_year(cost + priced(len(window.held_contacts(Provider.EMERGENCY)), p.emergency_visit))


@outcome("Cost of residential care", _UNIT, matters=200.0, main=True, by_group=True)
def cost_residential(window: Window) -> float:
    """Days in group homes and supervised flats, and nights in shelters, at their prices."""
    p = window.prices
    cost = priced(setting_days(window, "group home", "supervised flat"), p.residence_day)
    return window.per_client_year(cost + priced(setting_days(window, "shelter"), p.shelter_night))


@outcome("Cost of jail", _UNIT, matters=50.0, by_group=True)
def cost_jail(window: Window) -> float:
    """Days in jail at their price."""
    return window.per_client_year(priced(setting_days(window, "jail"), window.prices.jail_day))


@outcome("Cost of community agencies", _UNIT, matters=100.0)
def cost_agencies(window: Window) -> float:
    """Days of links with community agencies other than housing, at the price of a day."""
    daily, housed = window.rows("daily"), setting_days(window, "group home", "supervised flat")
    days = max(float(daily["links"].sum(dtype=np.int64)) - housed, 0.0)
    return window.per_client_year(priced(days, window.prices.agency_day))


@outcome("Cost to families", _UNIT, matters=200.0, by_group=True)
def cost_family(window: Window) -> float:
    """Hours of care in shared homes, at the price of an hour of family care. Not part of the total."""
    p = window.prices
    hours = setting_days(window, "family home") / 7.0 * p.family_hours
    return window.per_client_year(priced(hours, p.family_hour))


@outcome("Cost of case aides", _UNIT, matters=100.0)
def cost_aides(window: Window) -> float:
    """Paid hours of case aides at their price."""
    aides = window.daily_of(lambda service: float(service.staff.aides))
    hours = float((aides * _hours_of_a_post(window)).sum())
    return window.per_client_year(priced(hours, window.prices.aide_hour))


@outcome("Cost of respite", _UNIT, matters=50.0)
def cost_respite(window: Window) -> float:
    """Days of stays in respite that ended in the window, at their price."""
    return priced(respite_days(window), window.prices.respite_day)


@outcome("Cost of people lost to the service", _UNIT, matters=50.0)
def cost_lost(window: Window) -> float:
    """What people who left against advice cost elsewhere to the end of the window, at the price of a year. Nothing
    where they are followed (``world.mechanisms.worth_sees_homes``): their care is then in the other costs."""
    years = 0.0 if window.follows_lost else lost_years(window)
    return window.per_client_year(priced(years, window.prices.lost_year))


def _agency(window: Window) -> float:
    return cost_case_management(window) + cost_aides(window) + cost_psychiatrists(window)


def _elsewhere(window: Window) -> float:
    used = cost_hospital(window) + cost_crisis(window) + cost_respite(window) + cost_residential(window)
    return used + cost_agencies(window) + cost_jail(window) + cost_lost(window)


def _a_year(window: Window, per_client_year: float) -> float:
    return per_client_year * window.client_years / (window.days / YEAR_DAYS) if window.days else np.nan


@outcome("Agency budget", _YEARLY, matters=50_000.0, main=True)
def agency_budget(window: Window) -> float:
    """What the agency pays in a year for whom it hires: case managers, supervisors, case aides and psychiatrists."""
    return _a_year(window, _agency(window))


@outcome("Cost outside the agency", _YEARLY, matters=100_000.0, main=True)
def cost_elsewhere(window: Window) -> float:
    """What others pay in a year: hospital, crisis care, respite, residential care, community agencies, jail, and care
    of people lost to the service. What it falls by under a policy is the cost avoided."""
    return _a_year(window, _elsewhere(window))


@outcome("Cost to all payers in a year", _YEARLY, matters=100_000.0, main=True)
def cost_year(window: Window) -> float:
    """The agency's budget and the cost outside the agency together; families' unpaid care is left out."""
    return agency_budget(window) + cost_elsewhere(window)


@outcome("Cost to all payers", _UNIT, matters=300.0, main=True)
def cost_total(window: Window) -> float:
    """The agency's budget and the cost outside the agency, per year that a client was served or waited. People who
    wait or were lost to the service go on costing; families' unpaid care is left out. Not defined while a price is
    open of something that was used."""
    return _agency(window) + _elsewhere(window)


@outcome("Cost in the community", _UNIT, matters=300.0)
def cost_community(window: Window) -> float:
    """The cost to all payers less that of hospital care: what rises when care moves out of hospital."""
    return cost_total(window) - cost_hospital(window)


_QALYS = "QALYs per client-year"


@outcome("Quality-adjusted years", _QALYS, matters=0.01, better="higher", main=True, by_group=True, signed=True)
def qalys(window: Window) -> float:
    """Years weighted by the utility of the phase of illness, per year with the service, served or waiting.
    Only illness and hospital bear on it, not homes, work or ties; under ``world.mechanisms.worth_sees_homes``
    homelessness, unmet need, side effects and isolation take something, from those lost to the service too."""
    days = [window.spells("transitions", "phase", [phase]).days() for phase in range(len(Phase))]
    worth = prices.qalys(window.prices, days)
    if window.follows_lost:
        worth -= _taken_by_circumstances(window)
    return window.per_client_year(worth)


def _taken_by_circumstances(window: Window) -> float:
    """Return the quality-adjusted years that homelessness, unmet need, side effects and isolation took."""
    p, days = window.prices, window.presence(window.start, window.end)
    there = days > 0.0
    unmet, side_effects, network = (np.asarray(window.clients[name])[there] for name in CIRCUMSTANCES)
    isolated = prices.isolation(p, network / days[there]) * days[there]
    homeless = setting_days(window, "street", "shelter")
    return prices.circumstances_loss(p, homeless, float(unmet.sum()), float(side_effects.sum()), float(isolated.sum()))


@outcome("Net benefit", _UNIT, matters=300.0, better="higher", signed=True)
def net_benefit(window: Window) -> float:
    """QALYs at the stated worth of one, less the cost to all payers, for all in need, served or waiting."""
    worth = window.prices.qaly
    return np.nan if worth is None else qalys(window) * worth - cost_total(window)


@outcome("Billed time", "share of contact time", matters=0.03)
def billed(window: Window) -> float:
    """Minutes of case managers' held contacts that the payer in force pays for, of all; 1 under a grant."""
    rows = window.held_contacts(Provider.CASE_MANAGER)
    minutes = rows["minutes"].astype(float)
    if not minutes.sum():
        return np.nan
    paid = window.daily_of(lambda service: column("service.payer", service.payer.billable, len(WORKER_CONTACTS)))
    day = np.clip(rows["minute"] // (24 * HOUR) - window.start, 0, window.days - 1)
    return float((paid[day, rows["kind"]] * minutes).sum() / minutes.sum())
