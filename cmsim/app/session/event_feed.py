"""The feed of events: one sentence for each thing that happens, with its cause where one is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cmsim.app.session.descriptions import counted, times
from cmsim.app.session.details import Item
from cmsim.core.ledger import Rows
from cmsim.core.simtime import DAY
from cmsim.model.state.columns import worker_key
from cmsim.results.narration import Event, narrate
from cmsim.schema.codes import ContactOutcome, NoticedBy, Phase, Provider

if TYPE_CHECKING:
    from cmsim.model.community import Community

MOST = 60
"""Items of one day at most; the rest of a busy day is only counted."""
_NOTICES = {
    "client": "told the case manager about first signs",
    "family": "family noticed first signs and told the case manager",
    "case manager": "case manager noticed first signs",
    "psychiatrist": "psychiatrist noticed first signs",
}


def feed_items(new: Mapping[str, Rows], keys: Sequence[str], *, live: bool = False) -> list[Item]:
    """Return the items that some new rows of the ledger give, in order of time.

    Args:
        new: rows by kind of fact.
        keys: the key of each client row.
        live: items appear as things happen. An admission appears with the change of phase (the ledger's row
            of a stay is written at its end), and first signs are reported by :func:`notice_items`.
    """
    told = {name: rows for name, rows in new.items() if not live or name != "admissions"}
    items = [_item_of(event, keys) for event in narrate(told) if event.tone]
    items += _notable_contacts(new["contacts"], keys, with_notices=not live)
    items.sort(key=lambda one: (one["day"], one["minute"]))
    return items


def notice_items(c: Community, before: NDArray[np.int8]) -> list[Item]:
    """Return who noticed first signs of a relapse since ``noticed_by`` was as before.

    Args:
        c: the community.
        before: the column at the end of the day before, for those known then.
    """
    people, n = c.people, c.people.known
    now = people.noticed_by[:n]
    fresh = (now > 0) & (people.phase[:n] == Phase.PRODROMAL)
    fresh[: len(before)] &= before[:n] == 0
    items = []
    for row in np.flatnonzero(fresh).tolist():
        client, days = c.clients[row], float(people.noticed_after[row])
        worker = client.case_manager.key if client.case_manager is not None else ""
        delay = "on the day they began" if days < 1.0 else f"{counted(round(days), 'day')} after they began"
        when = client.illness.onset_minute + round(days * DAY)
        text = _NOTICES[NoticedBy(int(now[row])).label]
        items.append(item(when, text, delay, client=client.key, worker=worker, tone="noticed"))
    return items


def contact_counts(contacts: Rows) -> dict[str, int]:
    """Return how many of some contacts were held, not kept (nobody came, or refused) and dropped."""
    count = np.bincount(contacts["outcome"], minlength=len(ContactOutcome)).tolist()
    return {
        "held": count[ContactOutcome.HELD],
        "not kept": count[ContactOutcome.NOT_COME] + count[ContactOutcome.REFUSED],
        "dropped": count[ContactOutcome.DROPPED],
    }


def item(minute: int, text: str, why: str = "", *, client: str = "", worker: str = "", tone: str = "") -> Item:
    """Return one line about an engine minute."""
    day, of_day = divmod(int(minute), DAY)
    return {"day": day, "minute": of_day, "client": client, "worker": worker, "tone": tone, "text": text, "why": why}


def _item_of(event: Event, keys: Sequence[str]) -> Item:
    client = keys[event.client] if event.client >= 0 else ""
    text = f"{event.sentence}; {event.knew}" if event.knew else event.sentence
    why = times("; ".join(part for part in (event.because, event.acted) if part))
    return item(event.minute, text, why, client=client, worker=worker_key(event.worker), tone=event.tone)


def _notable_contacts(rows: Rows, keys: Sequence[str], *, with_notices: bool) -> Iterator[Item]:
    """Yield contacts that were dropped or refused and, if wanted, those in which signs were noticed."""
    noticed = (rows["noticed"] > 0) & with_notices
    outcome = rows["outcome"]
    for row in rows[noticed | (outcome == ContactOutcome.DROPPED) | (outcome == ContactOutcome.REFUSED)]:
        own = row["by"] == Provider.CASE_MANAGER
        tone, text, why = "contact", "declined a contact", ""
        if row["noticed"] and with_notices:
            tone, text = "noticed", _NOTICES["case manager" if own else "psychiatrist"]
        elif row["outcome"] == ContactOutcome.DROPPED:
            text, why = "a contact was dropped", "for lack of time"
        worker = worker_key(int(row["worker"])) if own else ""
        yield item(row["minute"], text, why, client=keys[int(row["client"])], worker=worker, tone=tone)
