"""What holds of those who work: one place at a time, the hours of the roster, the clients handed to them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cmsim.core.numeric import Ints
from cmsim.core.simtime import DAY, HOUR, WEEK_DAYS, WORKDAYS
from cmsim.results.invariants.invariant import Found, Record, broken, invariant, overlapping
from cmsim.schema.codes import ContactKind, ContactOutcome, Counterpart, Provider, RegistrationEvent, StaffEvent

_TRIED = [each.label for each in (ContactOutcome.HELD, ContactOutcome.NOT_COME, ContactOutcome.REFUSED)]
_GONE = [each.label for each in (StaffEvent.LEFT, StaffEvent.LAID_OFF)]
_PARTS = [f"{part}_minutes" for part in ("client", "collateral", "travel", "notes", "team", "office", "along")]


def _by_case_managers(record: Record) -> pd.DataFrame:
    """Return the contacts for which case managers spent time."""
    rows = record["contacts"]
    return rows[(rows["by"] == Provider.CASE_MANAGER.label) & rows["outcome"].isin(_TRIED)]


@invariant("contacts")
def one_place_a_worker(record: Record) -> Found:
    """A case manager is at one contact, or on the way to one, at a time."""
    rows = _by_case_managers(record)
    begins, ends = rows["at"] - rows["travel"], rows["at"] + rows["minutes"]
    said = "{worker} sets out to {client} on day {day} before another contact is over"
    return overlapping("contacts", rows, ["worker"], begins, ends, said)


@invariant("contacts", "worker_days")
def nobody_works_while_away(record: Record) -> Found:
    """Who is on leave, in training or sick makes no contacts that day."""
    rows, days = _by_case_managers(record), record["worker_days"]
    away = pd.MultiIndex.from_frame(days.loc[days["absent"].astype(bool), ["worker", "day"]])
    is_wrong = pd.MultiIndex.from_frame(rows[["worker", "day"]]).isin(away)
    return broken("contacts", rows, is_wrong, "{worker} is away on day {day} and meets {client} ({kind})")


@invariant("contacts", "staff")
def contacts_by_holders(record: Record) -> Found:
    """Case managers make contacts from the day they begin until the day they leave."""
    rows, staff = record["contacts"], record["staff"]
    rows = rows[rows["by"] == Provider.CASE_MANAGER.label]
    hired = _by_worker(staff[staff["event"] == StaffEvent.HIRED.label]).reindex(rows["worker"]).to_numpy()
    gone = _by_worker(staff[staff["event"].isin(_GONE)]).reindex(rows["worker"]).to_numpy()
    is_wrong = (rows["at"] < hired) | (rows["at"] > gone)
    return broken("contacts", rows, is_wrong, "{worker} meets {client} on day {day} and is not in post")


def _by_worker(rows: pd.DataFrame) -> pd.Series[int]:
    return rows.groupby("worker")["at"].last()


@invariant("staff")
def one_holder_a_post(record: Record) -> Found:
    """A post has one holder at a time: the next is hired when the one before has left."""
    staff = record["staff"]
    hired = staff[staff["event"] == StaffEvent.HIRED.label]
    gone = _by_worker(staff[staff["event"].isin(_GONE)]).reindex(hired["worker"].map(_holder_before)).to_numpy()
    is_wrong = ~(gone <= hired["at"]) & ~hired["worker"].astype(str).str.endswith(".1")
    return broken("staff", hired, is_wrong, "{worker} is hired on day {day} and the holder before has not left")


def _holder_before(worker: str) -> str:
    post, _, holder = worker.partition(".")
    return f"{post}.{int(holder) - 1}"


@invariant("worker_days")
def minutes_of_the_day(record: Record) -> Found:
    """The minutes of a workday are those of the roster and overtime; a day away has none."""
    days = record["worker_days"]
    is_away = days["absent"].astype(bool)
    rostered = (record.on_days(days["day"], "staff.hours") * HOUR).astype(int) + days["overtime"]
    rostered = rostered.where(~is_away, 0)
    spent = days[_PARTS].sum(axis=1)
    is_idle = days[["recorded", "overtime"]].sum(axis=1) == 0
    is_wrong = (spent != rostered) | (is_away & ~is_idle) | (days["day"] % WEEK_DAYS >= WORKDAYS)
    rows = days.assign(spent=spent, rostered=rostered)
    return broken("worker_days", rows, is_wrong, "{worker} on day {day}: {spent} minutes, of {rostered} in the roster")


@invariant("worker_days", "contacts", "staff")
def minutes_of_contacts(record: Record) -> Found:
    """The minutes that a worker's day has with clients, and with others, are those of its contacts.

    Contacts on call count where the worker was still at work.
    """
    rows, days, staff = _by_case_managers(record), record["worker_days"], record["staff"]
    rows = rows[rows["outcome"] == ContactOutcome.HELD.label]
    on_call = _on_call(record, rows)
    least, most = _contact_minutes(rows[~on_call], days), _contact_minutes(rows, days)
    written = days[most.columns]
    is_wrong = ((written < least) | (written > most)).any(axis=1) & ~days["absent"].astype(bool)
    yield from broken("worker_days", days, is_wrong, "{worker} on day {day}: not the minutes of the contacts")
    # a day on which somebody leaves in the middle of a contact has no row
    last = staff.loc[staff["event"].isin(_GONE), ["worker", "day"]]
    known = pd.MultiIndex.from_frame(pd.concat([days[["worker", "day"]], last]))
    is_missing = ~pd.MultiIndex.from_frame(rows[["worker", "day"]]).isin(known) & ~on_call
    yield from broken("contacts", rows, is_missing, "{worker} meets {client} on day {day}, which is not in worker_days")


def _on_call(record: Record, rows: pd.DataFrame) -> pd.Series[bool]:
    """Return which contacts may have been made on call: crises outside the hours of the roster."""
    if "team" not in {rule for key, rule in record.settings.items() if key.endswith("crisis.on_call.rule")}:
        return pd.Series(False, index=rows.index, dtype=bool)
    starts, hours = (record.on_days(rows["day"], f"staff.{each}") * HOUR for each in ("starts", "hours"))
    at_work = (rows["minute"] >= starts) & (rows["minute"] < starts + hours) & (rows["day"] % WEEK_DAYS < WORKDAYS)
    return (rows["kind"] == ContactKind.CRISIS.label) & ~at_work


def _contact_minutes(rows: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """Return the minutes of contacts with clients and with others, in the order of the days of workers."""
    is_client = rows["with"] == Counterpart.CLIENT.label
    spent = rows.assign(client_minutes=rows["minutes"] * is_client, collateral_minutes=rows["minutes"] * ~is_client)
    spent = spent.groupby(["worker", "day"])[["client_minutes", "collateral_minutes"]].sum()
    return spent.reindex(pd.MultiIndex.from_frame(days[["worker", "day"]]), fill_value=0).set_axis(days.index)


def _custody(record: Record) -> pd.DataFrame:
    """Return who has a client from when on: handovers and departures in order, empty for nobody."""
    taken, events = record["handovers"], record["registrations"]
    left = events[events["event"] != RegistrationEvent.REFERRED.label].assign(to_worker="")
    taken = taken.assign(**taken[["from_worker", "to_worker"]].astype(object).fillna(""))
    columns = ["client", "at", "day", "from_worker", "to_worker"]
    both = pd.concat([taken.reindex(columns=columns), left.reindex(columns=columns)], keys=["handovers", "left"])
    return both.astype({"from_worker": object, "to_worker": object}).sort_values("at", kind="stable")


@invariant("handovers", "registrations")
def handovers_follow(record: Record) -> Found:
    """A handover is from the worker who has the client to another."""
    rows = _custody(record)
    last = rows.groupby("client")["to_worker"].shift()
    rows = rows.assign(last=last)[rows.index.get_level_values(0) == "handovers"].droplevel(0)
    is_wrong = rows["last"].notna() & (rows["last"] != rows["from_worker"])
    return broken("handovers", rows, is_wrong, '{client} on day {day}: from "{from_worker}", who had "{last}"')


@invariant("worker_days", "handovers", "registrations", "clients")
def caseloads_follow_handovers(record: Record) -> Found:
    """A caseload is what handovers and departures have made it, at some minute of the day."""
    rows, clients, days = _custody(record), record["clients"].set_index("key"), record["worker_days"]
    rows = rows.assign(from_worker=rows["from_worker"].fillna(rows.groupby("client")["to_worker"].shift()))
    first = rows.groupby("client", sort=False).nth(0).set_index("client")
    here = clients.index[clients["joined_day"] == 0].difference(_referred(record))
    # who left in the warm-up and came back has another worker at its end
    gone = first.index[first["from_worker"].isna() & (first["day"] < float(str(record.settings["world.warm_up_days"])))]
    begun = first["from_worker"].reindex(here).fillna(clients["start_worker"].drop(gone).reindex(here))
    begun = begun.fillna(clients["end_worker"].where(clients["left_day"].isna()).drop(gone).reindex(here))
    # who left in the warm-up without a handover was with somebody whom no table names
    unnamed = np.sort(first["at"].reindex(begun.index[begun.isna()]).dropna().to_numpy())
    changes = pd.DataFrame({"post": begun.dropna(), "at": -1, "by": 1})
    known = rows.assign(from_worker=rows["from_worker"].fillna(begun.reindex(rows["client"]).set_axis(rows.index)))
    for column, by in (("from_worker", -1), ("to_worker", 1)):
        changes = pd.concat([changes, known.rename(columns={column: "post"}).assign(by=by)[["post", "at", "by"]]])
    changes = changes[changes["post"].notna() & (changes["post"] != "")].sort_values("at", kind="stable")
    changes["post"] = changes["post"].astype(str).str.split(".").str[0]
    ends = {post: (mine["at"].to_numpy(), mine["by"].cumsum().to_numpy()) for post, mine in changes.groupby("post")}
    nothing = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    bounds = [
        _least_and_most(*ends.get(worker.partition(".")[0], nothing), day)
        for worker, day in zip(days["worker"], days["day"], strict=True)
    ]
    least, most = np.array(bounds, dtype=np.int64).reshape(-1, 2).T
    most = most + len(unnamed) - np.searchsorted(unnamed, days["day"] * DAY)
    is_wrong = (days["caseload"] < least) | (days["caseload"] > most)
    said = "{worker} on day {day}: {caseload} clients, {least} to {most} by handovers"
    return broken("worker_days", days.assign(least=least, most=most), is_wrong, said)


def _referred(record: Record) -> pd.Index[str]:
    events = record["registrations"]
    return pd.Index(events.loc[events["event"] == RegistrationEvent.REFERRED.label, "client"])


def _least_and_most(times: Ints, counts: Ints, day: int) -> tuple[int, int]:
    """Return the least and the most of what is counted at some times, from the start of a day to its end."""
    first, end = np.searchsorted(times, [day * DAY, (day + 1) * DAY]).tolist()
    that_day = [*counts[first:end].tolist(), counts[first - 1] if first else 0]
    return min(that_day), max(that_day)
