"""What holds of sums: everybody is counted once, beds and lists are what they say, days and costs add up."""

from __future__ import annotations

import numpy as np

from cmsim.core.simtime import DAY, YEAR_DAYS
from cmsim.results.invariants.invariant import Found, Record, broken, invariant, whole_minutes
from cmsim.schema.codes import Phase, Setting, WaitFor

_PARTS_OF_COST = [
    f"cost_{part}"
    for part in "hospital case_management aides psychiatrists crisis respite residential agencies jail".split()
]
_DAYS = [f"days_{setting.replace(' ', '_')}" for setting in Setting.labels()]
_IN_ORDER = ("transitions", "moves", "handovers", "waits", "links", "registrations", "staff")
_CLOSE = 1e-6
"""Relative: files have ten digits."""


@invariant("daily", "clients")
def everybody_counts_once(record: Record) -> Found:
    """Each day counts everybody with the service once: in one phase, and in one setting."""
    daily, clients = record["daily"], record["clients"]
    joined, left = (np.sort(clients[name].dropna().to_numpy()) for name in ("joined_day", "left_day"))
    here = joined.searchsorted(daily["day"], side="right") - left.searchsorted(daily["day"], side="right")
    rows = daily.assign(
        here=here,
        counted=daily["open"] + daily["waiting"] + daily["lost"],
        phases=daily[list(Phase.labels())].sum(axis=1),
        settings=daily[list(Setting.labels())].sum(axis=1),
    )
    is_wrong = rows[["counted", "phases", "settings"]].ne(rows["here"], axis=0).any(axis=1)
    said = "day {day}: {here} are there, {counted} open or waiting, {phases} in phases, {settings} in settings"
    yield from broken("daily", rows, is_wrong, said)
    is_wrong = daily["day"] != np.arange(len(daily))
    yield from broken("daily", rows, is_wrong, "day {day} does not follow the day before")


@invariant("daily")
def beds_hold(record: Record) -> Found:
    """No more people are in hospital than there are beds; nobody is put out when beds are cut."""
    daily = record["daily"]
    beds = np.maximum(record.on_days(daily["day"], "hospital.beds"), daily["beds_occupied"].shift(fill_value=0))
    is_wrong = (daily["beds_occupied"] > beds) | (daily[Setting.HOSPITAL.label] > daily["beds_occupied"])
    return broken(
        "daily", daily.assign(beds=beds), is_wrong, "day {day}: {beds_occupied} in {beds:.0f} beds, {hospital} clients"
    )


@invariant("daily", "admissions")
def stays_are_counted(record: Record) -> Found:
    """As many clients are in hospital each night as have been admitted and not discharged."""
    daily, stays = record["daily"], record["admissions"]
    night = (daily["day"] + 1) * DAY
    began, ended = np.sort(stays["at"]), np.sort(whole_minutes(stays["discharged_day"].dropna()))
    inside = began.searchsorted(night) - ended.searchsorted(night)
    said = "day {day}: {inpatient} in hospital, {inside} by their stays"
    return broken("daily", daily.assign(inside=inside), daily[Phase.INPATIENT.label] != inside, said)


@invariant("daily")
def workers_have_posts(record: Record) -> Found:
    """No more case managers are at work than there are posts."""
    daily = record["daily"]
    is_wrong = daily["case_managers"] > daily["posts"]
    return broken("daily", daily, is_wrong, "day {day}: {case_managers} case managers in {posts} posts")


@invariant("daily", "waits")
def lists_are_those_who_wait(record: Record) -> Found:
    """As many wait for a case manager each night as have begun to wait and have not been served (Little's law)."""
    daily, waits = record["daily"], record["waits"]
    waits = waits[waits["for"] == WaitFor.CASE_MANAGER.label]
    night = (daily["day"] + 1) * DAY
    began, ended = np.sort(whole_minutes(waits["since_day"])), np.sort(waits["at"])
    waiting = began.searchsorted(night) - ended.searchsorted(night)
    rows = daily.assign(found=waiting)
    return broken(
        "daily", rows, daily["waiting"] != waiting, "day {day}: {waiting} on the list, {found} by their waits"
    )


@invariant(*_IN_ORDER, "worker_days", "contacts")
def in_order_of_time(record: Record) -> Found:
    """Rows stand in the order of time; a contact is written when it ends, at the latest on the next day."""
    for table in _IN_ORDER:
        rows = record[table]
        yield from broken(table, rows, rows["at"].diff() < 0, "day {day} stands after a later time")
    rows = record["worker_days"]
    yield from broken("worker_days", rows, rows["day"].diff() < 0, "day {day} stands after a later day")
    rows = record["contacts"]
    yield from broken("contacts", rows, rows["day"].cummax() - rows["day"] > 1, "day {day} stands after later days")


@invariant("replications")
def days_add_up(record: Record) -> Found:
    """Days in all settings are those of a year, for each client-year."""
    rows = record["replications"].reindex(columns=["scenario", "replication", *_DAYS])
    rows = rows.assign(days=rows[_DAYS].sum(axis=1, skipna=False))
    is_wrong = (rows["days"] / YEAR_DAYS - 1.0).abs() > _CLOSE
    return broken("replications", rows, is_wrong, "{scenario}, replication {replication}: {days:g} days in a year")


@invariant("replications")
def costs_add_up(record: Record) -> Found:
    """The cost to all payers is the sum of its parts, and that in the community all but hospital care."""
    rows = record["replications"].reindex(
        columns=["scenario", "replication", *_PARTS_OF_COST, "cost_total", "cost_community"]
    )
    rows = rows.assign(parts=rows[_PARTS_OF_COST].sum(axis=1, skipna=False))
    most = _CLOSE * rows["parts"].abs()
    community = rows["cost_total"] - rows["cost_hospital"]
    is_wrong = ((rows["cost_total"] - rows["parts"]).abs() > most) | ((rows["cost_community"] - community).abs() > most)
    is_wrong |= rows["cost_total"].isna() != rows["parts"].isna()
    said = "{scenario}, replication {replication}: {cost_total:g} to all payers, {parts:g} in parts"
    return broken("replications", rows, is_wrong, said)
