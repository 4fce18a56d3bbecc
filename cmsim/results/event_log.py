"""The event log: all that happened to clients and staff in one run as one readable table."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cmsim.core.ledger import Rows
from cmsim.core.simtime import DAY
from cmsim.model.state.columns import worker_key
from cmsim.results.data_frames import Sheet
from cmsim.results.narration import KINDS, narrate

_COLUMNS = {
    "day": ("day", "the day"),
    "minute": ("minute of the day", "when on that day, 0 to 1439"),
    "client": ("client key", "whom it is about; empty if about a worker"),
    "worker": ("worker", "the case manager concerned, if any"),
    "kind": ("word", "what sort of event"),
    "what": ("text", "what happened"),
    "detail": ("text", "why or how; for an onset or a relapse the largest factors of the hazard of onset"),
}


def event_sheet(tables: Mapping[str, Rows], keys: Sequence[str]) -> Sheet:
    """Return the events of a run, ordered by time, then by kind and client; ``keys`` has that of each client row."""
    events = narrate(tables)
    frame = pd.DataFrame(
        {
            "day": np.array([event.minute // DAY for event in events], dtype=np.int64),
            "minute": np.array([event.minute % DAY for event in events], dtype=np.int64),
            "client": pd.array([keys[event.client] if event.client >= 0 else None for event in events], dtype="str"),
            "worker": pd.array([worker_key(event.worker) or None for event in events], dtype="str"),
            "kind": pd.Categorical([event.kind for event in events], categories=KINDS),
            "what": pd.array([event.what for event in events], dtype="str"),
            "detail": pd.array([event.detail for event in events], dtype="str"),
        }
    )
    return Sheet("events", "all that happened to clients and staff", frame, _COLUMNS)
