"""The feed of events: one sentence for each thing that happens, with its cause where one is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from numpy.typing import NDArray

from cmsim.app.session.descriptions import counted, times
from cmsim.core.ledger import Rows
from cmsim.core.simtime import DAY
from cmsim.model.state.columns import worker_key
from cmsim.results.narration import Event, narrate
from cmsim.schema.codes import ContactOutcome, NoticedBy, Phase, Provider

if TYPE_CHECKING:
    from cmsim.model.community import Community

MOST = 60
"""Items of one day at most; the rest of a busy day is only counted."""


class Item(TypedDict):
    """One item: day, minute of the day, client and worker (empty for none), tone, sentence, cause.

    The tone sets colour and sign: ill, noticed, well, crisis, hospital, home, worker, agency, contact, service.
    """

    day: int
    minute: int
    client: str
    worker: str
    tone: str
    text: str
    why: str


_NOTICES = {
    "client": "tells the case manager of first signs",
    "family": "first signs are noticed: the family tells the case manager",
    "case manager": "first signs are noticed by the case manager",
    "psychiatrist": "first signs are noticed by the psychiatrist",
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
    items.sort(key=lambda item: (item["day"], item["minute"]))
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
        items.append(_item(when, client.key, worker, "noticed", _NOTICES[NoticedBy(int(now[row])).label], delay))
    return items


def contact_counts(contacts: Rows) -> dict[str, int]:
    """Return how many of some contacts were held, not kept (nobody came, or refused) and dropped."""
    count = np.bincount(contacts["outcome"], minlength=len(ContactOutcome)).tolist()
    return {
        "held": count[ContactOutcome.HELD],
        "not kept": count[ContactOutcome.NOT_COME] + count[ContactOutcome.REFUSED],
        "dropped": count[ContactOutcome.DROPPED],
    }


def _item(minute: int, client: str, worker: str, tone: str, text: str, why: str = "") -> Item:
    day, of_day = divmod(int(minute), DAY)
    return {"day": day, "minute": of_day, "client": client, "worker": worker, "tone": tone, "text": text, "why": why}


def _item_of(event: Event, keys: Sequence[str]) -> Item:
    client = keys[event.client] if event.client >= 0 else ""
    text = f"{event.sentence}; {event.knew}" if event.knew else event.sentence
    why = times("; ".join(part for part in (event.because, event.acted) if part))
    return _item(event.minute, client, worker_key(event.worker), event.tone, text, why)


def _notable_contacts(rows: Rows, keys: Sequence[str], *, with_notices: bool) -> Iterator[Item]:
    """Yield contacts that were dropped or refused and, if wanted, those in which signs were noticed."""
    noticed = (rows["noticed"] > 0) & with_notices
    for row in rows[
        noticed | (rows["outcome"] == ContactOutcome.DROPPED) | (rows["outcome"] == ContactOutcome.REFUSED)
    ]:
        client, own = keys[int(row["client"])], row["by"] == Provider.CASE_MANAGER
        worker = worker_key(int(row["worker"])) if own else ""
        if row["noticed"] and with_notices:
            text = _NOTICES["case manager" if own else "psychiatrist"]
            yield _item(row["minute"], client, worker, "noticed", text)
        elif row["outcome"] == ContactOutcome.DROPPED:
            yield _item(row["minute"], client, worker, "contact", "a contact is dropped", "for lack of time")
        else:
            yield _item(row["minute"], client, worker, "contact", "a contact is refused")
