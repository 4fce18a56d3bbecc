"""Stretches of planned contacts between the turning points of a client's run, each summed up in one line."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from cmsim.core.ledger import Rows
from cmsim.core.simtime import DAY
from cmsim.model.state.columns import worker_key
from cmsim.reporting.story.turning_points import IN_PERSON, ClientRows
from cmsim.results.narration import Event
from cmsim.schema.codes import ContactKind, ContactLimit, ContactOutcome, Provider

CONTACTS = "contacts"
"""The kind of an event that sums up contacts."""

_NOT_KEPT = [ContactOutcome.NOT_COME, ContactOutcome.REFUSED]
_SHORTEST, _LONGEST = 7 * DAY, 120 * DAY
"""Stretches shorter than a week are left out; longer ones than this are split."""
_PLURALS = {"family": "family contacts", "agency": "agency contacts", "crisis": "crises"}


def contact_stretches(rows: ClientRows, points: Sequence[Event], begin: int, end: int) -> Iterator[Event]:
    """Yield an event for each stretch between turning points: who was met how often, what was missed."""
    contacts = rows["contacts"]
    contacts = contacts[contacts["kind"] != ContactKind.CRISIS]
    edges = sorted({begin, *(event.minute for event in points if begin < event.minute < end), end})
    for first, last in pairwise(edges):
        parts = max(-(-(last - first) // _LONGEST), 1)
        cuts = [first + (last - first) * part // parts for part in range(parts + 1)]
        for start, stop in pairwise(cuts):
            if stop - start >= _SHORTEST:
                within = contacts[(contacts["minute"] >= start) & (contacts["minute"] < stop)]
                # dated at its end, so that it stands after what began it
                yield Event(stop - 1, rows.client, -1, CONTACTS, CONTACTS, _summary(within, start, stop))


def _summary(contacts: Rows, start: int, stop: int) -> str:
    days = round((stop - start) / DAY)
    when = f"days {start // DAY} to {(stop - 1) // DAY}"
    held = contacts[contacts["outcome"] == ContactOutcome.HELD]
    own, others = held[held["by"] == Provider.CASE_MANAGER], held[held["by"] != Provider.CASE_MANAGER]
    parts = []
    if len(own):
        workers = sorted({worker_key(int(worker)) for worker in own["worker"].tolist()})
        kinds = _counts(ContactKind(kind).label for kind in own["kind"].tolist())
        parts.append(f"{kinds} with {' and '.join(workers)}")
    if len(others):
        parts.append(_counts(f"{Provider(by).label} contact" for by in others["by"].tolist()))
    counts = {
        "not kept": np.isin(contacts["outcome"], _NOT_KEPT).sum(),
        "dropped for lack of time": (contacts["outcome"] == ContactOutcome.DROPPED).sum(),
        "late because the case manager had no time": (own["limit"] == ContactLimit.CAPACITY).sum(),
    }
    parts += [f"{count} {text}" for text, count in counts.items() if count]
    seen = held[np.isin(held["kind"], IN_PERSON)]["minute"] if len(held) else np.zeros(0)
    gaps = np.diff(np.concatenate([[start], seen, [stop]])) / DAY
    longest = f"; longest time unseen {gaps.max():.0f} days" if days > 30 else ""
    return f"{when}: {', '.join(parts) or 'no contact'}{longest}"


def _counts(kinds: Iterable[str]) -> str:
    counts = sorted(Counter(kinds).items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{n} {kind if n == 1 else _PLURALS.get(kind, f'{kind}s')}" for kind, n in counts)
