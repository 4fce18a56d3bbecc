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

from cmsim.core.ledger import Rows
from cmsim.model.state.columns import HOLDERS
from cmsim.results.data_frames import provider_names
from cmsim.results.narration import in_words
from cmsim.schema.codes import AgencyKind, Provider

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
_IS_OVER = {"referred": ("did not follow through", "not accepted", "accepted"), "started": ("ended",)}
"""What ends a referral to an agency, and what the time with it."""

TEXTS = ("role", "resource", "other_role", "other", "outcome")
"""Columns of text that may be empty."""

_READ = "registrations waits handovers crises links contacts admissions respites moves".split()

Column: TypeAlias = "pd.Series[Any] | NDArray[Any] | str | int | bool"
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
    read = {name: pd.DataFrame(in_words(name, tables[name])) for name in _READ}
    parts = [
        _registrations(read["registrations"]),
        _waits(read["waits"]),
        _handovers(read["handovers"]),
        _activities("crisis", read["crises"], "crisis", outcome=read["crises"]["outcome"]),
        *(_links(read["links"], begun) for begun in _IS_OVER),
        _contacts(read["contacts"], names),
        *_stays(read),
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
    rows: pd.DataFrame,
    activity: Column,
    begins: Column | None = None,
    ends: Column | None = None,
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
        "begins": begins,
        "ends": begins if ends is None else ends,
        "is_instant": ends is None,
        "number": 0,
        **dict.fromkeys(TEXTS, ""),
    }
    return pd.DataFrame(columns | more, index=rows.index).astype({"begins": "int64", "ends": float})


def _names(rows: pd.DataFrame, column: str, by: Provider | None = None) -> NDArray[Any]:
    """Return the names of providers in a column of ids, empty where they have none; by default as ``by`` says."""
    providers = rows["by"].map(Provider.of) if by is None else pd.Series(by, index=rows.index)
    names = np.asarray(provider_names(rows[column].to_numpy(), providers.to_numpy(int)), dtype=object)
    return np.where(pd.isna(names), "", names)


def _registrations(rows: pd.DataFrame) -> pd.DataFrame:
    kind = np.where(rows["event"] == "referred", "registration", "leaving")
    return _activities(kind, rows, rows["event"])


def _waits(rows: pd.DataFrame) -> pd.DataFrame:
    """Nobody does anything in a wait: whoever is waited for is the other."""
    is_open, is_for = rows["outcome"] == "still waiting", rows["for"]
    agencies = rows["which"].map({code: f"{code.label} agency" for code in AgencyKind})
    others: list[Any] = [_names(rows, "which", Provider.PSYCHIATRIST), agencies, "hospital"]
    return _activities(
        "wait",
        rows,
        is_for.replace(_CALLED),
        rows["since"],
        rows["minute"].mask(is_open),
        other_role=is_for.replace({"bed": "hospital", "agency place": "agency"}),
        other=np.select([is_for == each for each in ("psychiatrist", "agency place", "bed")], others, ""),
        outcome=rows["outcome"].mask(is_open, ""),
    )


def _handovers(rows: pd.DataFrame) -> pd.DataFrame:
    before, after = (_names(rows, name, Provider.CASE_MANAGER) for name in ("from_worker", "to_worker"))
    return _activities(
        "handover",
        rows,
        rows["how"].replace(_CALLED),
        role=np.where(after != "", Provider.CASE_MANAGER.label, ""),
        resource=after,
        other_role=np.where(before != "", Provider.CASE_MANAGER.label, ""),
        other=before,
    )


def _links(rows: pd.DataFrame, begun: str) -> pd.DataFrame:
    """Return referrals to agencies, or the time with them, by the step with which they begin."""
    rows = rows[rows["step"].isin([begun, *_IS_OVER[begun]])]
    after = rows.groupby(["client", "agency"])[["minute", "step"]].shift(-1)
    after = after.where(after["step"].isin(_IS_OVER[begun]))[rows["step"] == begun]
    rows = rows.loc[after.index]
    agencies, ends = rows["agency"] + " agency", after["minute"].astype(float)
    if begun == "started":
        return _activities("place", rows, "place at an agency", ends=ends, role="agency", resource=agencies)
    workers = _names(rows, "worker", Provider.CASE_MANAGER)
    return _activities(
        "referral",
        rows,
        "referral to an agency",
        ends=ends,
        role=np.where(workers != "", Provider.CASE_MANAGER.label, ""),
        resource=workers,
        other_role="agency",
        other=agencies,
        outcome=after["step"].fillna(""),
    )


def _contacts(rows: pd.DataFrame, keys: NDArray[Any]) -> pd.DataFrame:
    """Return contacts; what was not kept, or dropped, is an instant and named by what became of it."""
    held, outcome, role = rows["outcome"] == "held", rows["outcome"], rows["by"]
    activity, met, names = rows["kind"].replace(_CALLED), rows["with"], _names(rows, "worker")
    has_post = role.isin((Provider.CASE_MANAGER.label, Provider.TEAM_MEMBER.label))
    return _activities(
        "contact",
        rows,
        activity.where(held, activity + " (" + outcome + ")"),
        ends=rows["minute"] + rows["minutes"] * held,
        is_instant=~held,
        role=role,
        resource=np.where(names == "", role, names),
        number=np.where(has_post, rows["worker"] // HOLDERS, rows["worker"]) + 1,
        other_role=met,
        other=np.select([met == "family", met == "hospital"], ["f-" + keys[rows["client"]], "hospital"], ""),
        outcome=outcome,
    )


def _stays(read: Mapping[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Yield stays in hospital, in respite and in jail."""
    rows = read["admissions"]
    is_over = rows["discharged"] >= 0
    ends, why = rows["discharged"].where(is_over), rows["discharge"].where(is_over, "")
    yield _activities("stay", rows, "hospital stay", ends=ends, role="hospital", resource="hospital", outcome=why)
    rows = read["respites"]
    stays: dict[str, Column] = {"role": "respite house", "resource": "respite house"}
    yield _activities("stay", rows, "respite stay", rows["since"], rows["minute"], **stays)
    rows = read["moves"]
    ends = rows.groupby("client")["minute"].shift(-1)
    is_jail = rows["to"] == "jail"
    yield _activities("stay", rows[is_jail], "jail stay", ends=ends[is_jail], role="jail", resource="jail")
