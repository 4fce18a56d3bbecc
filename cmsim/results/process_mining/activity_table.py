"""What goes on with clients, one row an activity: the table from which every event log is made.

Columns:
    client: key of the client.
    kind: one of ``KINDS``.
    activity: what it is, such as "visit", "wait for a bed", "cold handover".
    begins: engine minute.
    ends: engine minute; nan if it still goes on at the end of the run.
    is_instant: whether it takes no time by its nature, such as a handover or a contact that was not kept.
    number: of the post, psychiatrist or aide who makes a contact, from 1; 0 elsewhere.
    role: of whoever does it, such as "case manager", "hospital" or "agency"; empty for nobody.
    resource: who does it, by name: w03.1 a case manager, p1 a psychiatrist, a1 a case aide.
    other_role: of whoever else is concerned: who is met, waited for, referred to or handed over from.
    other: that other by name; empty where the records do not say which one.
    outcome: how it ended; empty where there is only one way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cmsim.core.ledger import Code, Rows
from cmsim.model.state.columns import HOLDERS
from cmsim.results.data_frames import provider_names
from cmsim.schema.codes import (
    AgencyKind,
    ContactKind,
    ContactOutcome,
    Counterpart,
    CrisisOutcome,
    DischargeReason,
    HandoverKind,
    LinkStep,
    Provider,
    RegistrationEvent,
    Setting,
    WaitFor,
    WaitOutcome,
)

KINDS = ("registration", "wait", "handover", "crisis", "referral", "contact", "stay", "place", "leaving")
"""Kinds of activity, in the order of those that begin in one minute."""

_CALLED = {
    "crisis": "crisis contact",
    "family": "family contact",
    "agency": "agency contact",
    "cold": "cold handover",
    "warm": "warm handover",
    "within the team": "handover within the team",
    "case manager": "wait for a case manager",
    "psychiatrist": "wait for a psychiatrist",
    "bed": "wait for a bed",
    "agency place": "wait for an agency place",
}
"""What contacts, handovers and waits are called where the word for their code says too little beside others."""
_IS_OVER = {
    LinkStep.REFERRED: (LinkStep.NOT_FOLLOWED, LinkStep.NOT_ACCEPTED, LinkStep.ACCEPTED),
    LinkStep.STARTED: (LinkStep.ENDED,),
}
"""What ends a referral to an agency, and what the time with it."""

TEXTS = ("role", "resource", "other_role", "other", "outcome")
"""Columns of text that may be empty."""

Column: TypeAlias = "NDArray[Any] | str | int | bool"
"""A column of activities, or what stands in all of its rows."""


@dataclass(frozen=True)
class Course:
    """What an event log is made of.

    Attributes:
        activities: from :func:`activity_table`.
        clients: columns of the client table.
        staff: columns of the staff table.
        start: the date of day 0.
    """

    activities: pd.DataFrame
    clients: Mapping[str, Any]
    staff: Mapping[str, Any]
    start: date


Made: TypeAlias = tuple[pd.DataFrame, Callable[[], str]]
"""A log as a table, and what writes the text of its file: that takes longer, and is not always wanted."""


def activity_table(tables: Mapping[str, Rows], keys: Sequence[str], left_day: NDArray[Any]) -> pd.DataFrame:
    """Return the activities of a run in order of their beginning.

    Args:
        tables: the rows of the run by kind of fact.
        keys: of the clients, by their rows.
        left_day: day on which each client left, nan for those still there; what goes on then ends.
    """
    names = np.array(keys, dtype=object)
    parts = [
        _registrations(tables["registrations"]),
        _waits(tables["waits"]),
        _handovers(tables["handovers"]),
        _activities("crisis", tables["crises"], "crisis", outcome=_labels(CrisisOutcome, tables["crises"]["outcome"])),
        *(_links(tables["links"], begun) for begun in _IS_OVER),
        _contacts(tables["contacts"], names),
        *_stays(tables),
    ]
    found = pd.concat(parts, ignore_index=True)
    clients = found["client"].to_numpy()
    leaves = found["kind"].eq("leaving") & np.isfinite(left_day)[clients]
    left = found[leaves].groupby("client")["begins"].last().reindex(clients).set_axis(found.index)
    found["ends"] = found["ends"].where(~(found["ends"].fillna(np.inf) > left), left)
    found["kind"] = pd.Categorical(found["kind"], categories=KINDS, ordered=True)
    found["client"] = names[clients]
    return found.sort_values(["begins", "kind", "client"], kind="stable", ignore_index=True)


def lifecycle_steps(course: Course) -> pd.DataFrame:
    """Return the steps of activities in order of time: the start and the completion of each, of an instant the latter.

    What still goes on at the end of the run has a start only. What is complete in a minute stands before what starts
    in it. Beside the columns of activities there are ``instance``, the row of the activity; ``lifecycle``, start or
    complete; ``time``; and ``minutes``, how long it took. That and the outcome stand at the completion. An empty text
    is a missing value.
    """
    activities = course.activities.assign(instance=course.activities.index)
    starts = activities[~activities["is_instant"]]
    starts = starts.assign(lifecycle="start", minute=starts["begins"], minutes=np.nan, outcome="")
    ended = activities[activities["ends"].notna()]
    minutes = (ended["ends"] - ended["begins"]).where(~ended["is_instant"])
    ended = ended.assign(lifecycle="complete", minute=ended["ends"].astype(np.int64), minutes=minutes)
    steps = pd.concat([starts, ended], ignore_index=True).astype({"minutes": "Int64"})
    steps["is_new"] = steps["begins"] == steps["minute"]
    order = ["minute", "is_new", "instance", "lifecycle"]
    steps = steps.sort_values(order, ascending=[True, True, True, False], ignore_index=True)
    for text in TEXTS:
        steps[text] = steps[text].where(steps[text] != "", None)
    # clocks are not changed in a run: UTC stands for local time
    day_0 = pd.Timestamp(course.start.isoformat(), tz="UTC").as_unit("s")
    return steps.assign(time=day_0 + pd.to_timedelta(steps["minute"] * 60, unit="s"))


def _activities(
    kind: Column,
    rows: Rows,
    activity: Column,
    begins: NDArray[Any] | None = None,
    ends: NDArray[Any] | None = None,
    **more: Column,
) -> pd.DataFrame:
    """Return activities about the clients of some rows, from the minute of the rows on; without an end, instants.

    ``more`` are columns that do not hold what is usual.
    """
    begins = rows["minute"] if begins is None else begins
    columns: dict[str, Column] = {
        "client": rows["client"],
        "kind": kind,
        "activity": activity,
        "begins": begins.astype(np.int64),
        "ends": (begins if ends is None else ends).astype(float),
        "is_instant": ends is None,
        "number": 0,
        **dict.fromkeys(TEXTS, ""),
    }
    return pd.DataFrame(columns | more, index=range(len(rows)))


def _labels(codes: type[Code], values: NDArray[Any], called: Mapping[str, str] | None = None) -> NDArray[Any]:
    """Return the words for codes, or what ``called`` has for these words; shape of the values."""
    return np.array([(called or {}).get(word, word) for word in codes.labels()], dtype=object)[values]


def _names(by: Column, ids: NDArray[Any]) -> NDArray[Any]:
    """Return the names of providers, empty where they have none."""
    names = np.asarray(provider_names(ids, np.broadcast_to(by, ids.shape)), dtype=object)
    return np.where(pd.isna(names), "", names)


def _registrations(rows: Rows) -> pd.DataFrame:
    kind = np.where(rows["event"] == RegistrationEvent.REFERRED, "registration", "leaving")
    return _activities(kind, rows, _labels(RegistrationEvent, rows["event"]))


def _waits(rows: Rows) -> pd.DataFrame:
    """Nobody does anything in a wait: whoever is waited for is the other."""
    is_open = rows["outcome"] == WaitOutcome.STILL
    is_agency = rows["for"] == WaitFor.AGENCY_PLACE
    other = np.where(rows["for"] == WaitFor.PSYCHIATRIST, _names(Provider.PSYCHIATRIST, rows["which"]), "")
    other = np.where(rows["for"] == WaitFor.BED, "hospital", other)
    other[is_agency] = _agencies(rows["which"][is_agency])
    roles = np.array([Provider.CASE_MANAGER.label, Provider.PSYCHIATRIST.label, "hospital", "agency"], dtype=object)
    return _activities(
        "wait",
        rows,
        _labels(WaitFor, rows["for"], _CALLED),
        rows["since"],
        np.where(is_open, np.nan, rows["minute"]),
        other_role=roles[rows["for"]],
        other=other,
        outcome=np.where(is_open, "", _labels(WaitOutcome, rows["outcome"])),
    )


def _handovers(rows: Rows) -> pd.DataFrame:
    before, after = (_names(Provider.CASE_MANAGER, rows[name]) for name in ("from_worker", "to_worker"))
    return _activities(
        "handover",
        rows,
        _labels(HandoverKind, rows["how"], _CALLED),
        role=np.where(after != "", Provider.CASE_MANAGER.label, ""),
        resource=after,
        other_role=np.where(before != "", Provider.CASE_MANAGER.label, ""),
        other=before,
    )


def _links(rows: Rows, begun: LinkStep) -> pd.DataFrame:
    """Return referrals to agencies, or the time with them, by the step with which they begin."""
    rows = rows[np.isin(rows["step"], [begun, *_IS_OVER[begun]])]
    after = pd.DataFrame(rows).groupby(["client", "agency"])[["minute", "step"]].shift(-1)
    is_over, begins = after["step"].isin(_IS_OVER[begun]), rows["step"] == begun
    ends = after["minute"].where(is_over).to_numpy(float)[begins]
    came_to = _labels(LinkStep, after["step"].fillna(begun).to_numpy(np.int64)[begins])
    outcome = np.where(np.isfinite(ends), came_to, "")
    rows = rows[begins]
    agencies, workers = _agencies(rows["agency"]), _names(Provider.CASE_MANAGER, rows["worker"])
    if begun == LinkStep.STARTED:
        return _activities("place", rows, "place at an agency", ends=ends, role="agency", resource=agencies)
    return _activities(
        "referral",
        rows,
        "referral to an agency",
        ends=ends,
        role=np.where(workers != "", Provider.CASE_MANAGER.label, ""),
        resource=workers,
        other_role="agency",
        other=agencies,
        outcome=outcome,
    )


def _agencies(kinds: NDArray[Any]) -> NDArray[Any]:
    return np.array([f"{word} agency" for word in AgencyKind.labels()], dtype=object)[kinds]


def _contacts(rows: Rows, keys: NDArray[Any]) -> pd.DataFrame:
    """Return contacts; what was not kept, or dropped, is an instant and named by what became of it."""
    held, outcome = rows["outcome"] == ContactOutcome.HELD, _labels(ContactOutcome, rows["outcome"])
    activity, role = _labels(ContactKind, rows["kind"], _CALLED), _labels(Provider, rows["by"])
    has_post = np.isin(rows["by"], (Provider.CASE_MANAGER, Provider.TEAM_MEMBER))
    names = _names(rows["by"], rows["worker"])
    met = _labels(Counterpart, rows["with"])
    return _activities(
        "contact",
        rows,
        np.where(held, activity, activity + " (" + outcome + ")"),
        ends=rows["minute"] + rows["minutes"] * held,
        is_instant=~held,
        role=role,
        resource=np.where(names == "", role, names),
        number=np.where(has_post, rows["worker"] // HOLDERS, rows["worker"]) + 1,
        other_role=met,
        other=np.select([met == "family", met == "hospital"], ["f-" + keys[rows["client"]], "hospital"], ""),
        outcome=outcome,
    )


def _stays(tables: Mapping[str, Rows]) -> Iterator[pd.DataFrame]:
    """Yield stays in hospital, in respite and in jail."""
    rows = tables["admissions"]
    ends = np.where(rows["discharged"] < 0, np.nan, rows["discharged"])
    why = np.where(rows["discharged"] < 0, "", _labels(DischargeReason, rows["discharge"]))
    yield _activities("stay", rows, "hospital stay", ends=ends, role="hospital", resource="hospital", outcome=why)
    rows = tables["respites"]
    stays: dict[str, Column] = {"role": "respite house", "resource": "respite house"}
    yield _activities("stay", rows, "respite stay", rows["since"], rows["minute"], **stays)
    rows = tables["moves"]
    ends = pd.DataFrame(rows).groupby("client")["minute"].shift(-1).to_numpy(float)
    is_jail = rows["to"] == Setting.JAIL
    yield _activities("stay", rows[is_jail], "jail stay", ends=ends[is_jail], role="jail", resource="jail")
