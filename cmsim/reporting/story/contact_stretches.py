"""What goes on between the turning points of a life: contacts, counted and told in one line a stretch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from cmsim.core.simtime import DAY
from cmsim.model.state.columns import worker_key
from cmsim.reporting.story.moments import HELD, MET, OWN_WORKER, Moment, Rowset
from cmsim.schema.tables import BY, CONTACT_KINDS, CONTACT_OUTCOMES, LIMITS, Rows, code

CRISIS = code(CONTACT_KINDS, "crisis")
DROPPED = code(CONTACT_OUTCOMES, "dropped for lack of time")
CAPACITY = code(LIMITS, "capacity")
SHORTEST, LONGEST = 7 * DAY, 120 * DAY
"""Stretches shorter than a week are not told; longer ones than this are told in parts."""

_NOT_MET = [code(CONTACT_OUTCOMES, outcome) for outcome in ("did not come", "refused")]


def quiet(rows: Rowset, turning: Sequence[Moment], begin: int, end: int) -> Iterator[Moment]:
    """Yield a moment for each stretch between turning points: who was met how often, and what was missed.

    Args:
        rows: of the client.
        turning: the turning points, in order of time.
        begin: first engine minute.
        end: minute after the last.
    """
    contacts = rows["contacts"]
    contacts = contacts[contacts["kind"] != CRISIS]
    edges = sorted({begin, *(moment.minute for moment in turning if begin < moment.minute < end), end})
    for first, last in pairwise(edges):
        parts = max(-(-(last - first) // LONGEST), 1)
        cuts = [first + (last - first) * part // parts for part in range(parts + 1)]
        for start, stop in pairwise(cuts):
            if stop - start >= SHORTEST:
                within = contacts[(contacts["minute"] >= start) & (contacts["minute"] < stop)]
                # told at its end, so that it stands after what began it
                yield Moment(stop - 1, "contacts", _told(within, start, stop))


def _told(contacts: Rows, start: int, stop: int) -> str:
    days = round((stop - start) / DAY)
    held = contacts[contacts["outcome"] == HELD]
    own = held[held["by"] == OWN_WORKER]
    said = [_counted(Counter(CONTACT_KINDS[kind] for kind in own["kind"].tolist()))] if len(own) else []
    workers = sorted({worker_key(int(worker)) for worker in own["worker"].tolist()})
    if said:
        said[0] += f" with {' and '.join(workers)}"
    others = held[held["by"] != OWN_WORKER]
    if len(others):
        said.append(_counted(Counter(f"{BY[by]} contact" for by in others["by"].tolist())))
    missed = int(np.isin(contacts["outcome"], _NOT_MET).sum())
    if missed:
        said.append(f"{missed} not kept")
    dropped = int((contacts["outcome"] == DROPPED).sum())
    if dropped:
        said.append(f"{dropped} dropped for lack of time")
    late = int(((held["limit"] == CAPACITY) & (held["by"] == OWN_WORKER)).sum())
    if late:
        said.append(f"{late} late because the worker had no time")
    seen = held[np.isin(held["kind"], MET)]["minute"] if len(held) else np.zeros(0)
    gaps = np.diff(np.concatenate([[start], seen, [stop]])) / DAY
    longest = f"; longest time unseen {gaps.max():.0f} days" if days > 30 else ""
    return f"{days} days: {', '.join(said) or 'no contact at all'}{longest}"


def _counted(count: Counter[str]) -> str:
    return ", ".join(
        f"{n} {_plural(what, n)}" for what, n in sorted(count.items(), key=lambda each: (-each[1], each[0]))
    )


def _plural(what: str, n: int) -> str:
    if n == 1:
        return what
    return {"family": "family contacts", "agency": "agency contacts", "crisis": "crises"}.get(what, f"{what}s")
