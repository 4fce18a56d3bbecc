"""Event logs in which everybody is in one place at a time, as vidigi animates them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from math import inf
from typing import NamedTuple

import numpy as np
import pandas as pd

from cmsim.core.simtime import DAY
from cmsim.results.process_mining.activity_table import Course, Made
from cmsim.schema.codes import Provider

COMMUNITY = "in the community"
"""Where clients are while nothing else goes on with them."""
_RANKS = {
    "stay": 0,
    "contact": 1,
    "wait for a bed": 2,
    "wait for a case manager": 3,
    "wait for a psychiatrist": 4,
    "wait for an agency place": 5,
}
"""By kind of activity, or by wait: the lower is shown of several that go on at once."""


_HAVE_POSTS = (Provider.CASE_MANAGER.label, Provider.TEAM_MEMBER.label)


class _Span(NamedTuple):
    """Some time of a client in one place; ``number`` is that of whom or what is used, 0 in a queue."""

    rank: int
    begins: float
    ends: float
    activity: str
    number: int


class Step(NamedTuple):
    """A row of the log, with vidigi's names; ``time`` is an engine minute."""

    entity_id: str
    event_type: str
    event: str
    time: int
    resource_id: int | None = None


def place_log(course: Course) -> Made:
    """Return arrivals, departures, queues and uses of resources, one row a :class:`Step`, and that as a CSV file.

    Somebody with whom several activities go on is in the first of: a stay; a contact with the client; a wait for a
    bed, a case manager, a psychiatrist, an agency place. Who is in none of them queues "in the community".
    ``resource_id`` is the number of the post, psychiatrist or aide; beds and teams are not told apart, and the lowest
    number that is free is taken. As numbers repeat, a contact made by anybody but a case manager names the role.
    """
    activities, clients = course.activities, course.clients
    is_met = (activities["kind"] == "contact") & (activities["other_role"] == "client") & ~activities["is_instant"]
    kinds = activities["kind"].astype(object)
    rank = kinds.where(kinds != "wait", activities["activity"]).map(_RANKS)
    shown = activities.assign(rank=rank, ends=activities["ends"].fillna(inf))[is_met | kinds.isin(["stay", "wait"])]
    by_role = (shown["kind"] == "contact") & ~shown["role"].isin(_HAVE_POSTS)
    activity, roles = (shown[name].astype("str") for name in ("activity", "role"))  # an empty column is none of text
    shown["activity"] = activity.where(~by_role, activity + " (" + roles + ")")
    for _, uses in shown[(shown["number"] == 0) & (shown["kind"] != "wait")].groupby("resource", observed=True):
        shown.loc[uses.index, "number"] = _free_numbers(zip(uses["begins"], uses["ends"], strict=True))
    spans: dict[str, list[_Span]] = {key: [] for key in clients["key"]}
    for key, *span in shown[["client", *_Span._fields]].itertuples(index=False):
        spans[key].append(_Span(*span))
    leaving = activities[activities["kind"] == "leaving"].groupby("client")["begins"].last()
    came = np.asarray(clients["joined_day"]) * DAY
    gone = leaving.reindex(clients["key"]).where(np.isfinite(clients["left_day"])).fillna(inf)
    steps = [
        step
        for key, arrives, departs in zip(clients["key"], came.tolist(), gone, strict=True)
        for step in _walk(key, arrives, departs, spans[key])
    ]
    table = pd.DataFrame(steps, columns=Step._fields).astype({"resource_id": "Int64"})
    table = table.sort_values("time", kind="stable", ignore_index=True)
    return table, lambda: table.to_csv(index=False, lineterminator="\n")


def _free_numbers(uses: Iterable[tuple[float, float]]) -> list[int]:
    """Give each use (begin, end), in order of begins, the lowest number that is free, from 1."""
    free: list[int] = []
    taken: list[tuple[float, int]] = []
    given = []
    for begins, ends in uses:
        while taken and taken[0][0] <= begins:
            heappush(free, heappop(taken)[1])
        given.append(heappop(free) if free else len(taken) + 1)
        heappush(taken, (ends, given[-1]))
    return given


def _walk(key: str, arrives: int, departs: float, spans: list[_Span]) -> Iterator[Step]:
    """Yield the steps of a client from place to place; ``departs`` is infinite for who is still there."""
    yield Step(key, "arrival_departure", "arrival", arrives)
    place = None
    for minute, span in _places(arrives, departs, spans):
        if place is not None and place.number:
            yield Step(key, "resource_use_end", f"{place.activity} ends", minute, place.number)
        place = span
        if minute == departs:
            yield Step(key, "arrival_departure", "depart", minute)
        elif span is None:
            yield Step(key, "queue", COMMUNITY, minute)
        else:
            kind = "resource_use" if span.number else "queue"
            yield Step(key, kind, span.activity, minute, span.number or None)


def _places(arrives: int, departs: float, spans: list[_Span]) -> Iterator[tuple[int, _Span | None]]:
    """Yield when a client changes place, the departure last, and the activity there; ``None`` in the community."""
    coming = sorted(spans, key=lambda span: span.begins, reverse=True)
    present: list[_Span] = []
    place: _Span | None = None
    for minute in sorted({arrives, departs, *(time for span in spans for time in (span.begins, span.ends))} - {inf}):
        while coming and coming[-1].begins <= minute:
            heappush(present, coming.pop())
        while present and present[0].ends <= minute:
            heappop(present)
        here = present[0] if present else None
        if here is not place or minute in (arrives, departs):
            yield int(minute), here
            place = here
