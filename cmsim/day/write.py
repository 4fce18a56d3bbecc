"""Stage 6: the day is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cmsim.people import WAITING
from cmsim.record import PHASES, SETTINGS

if TYPE_CHECKING:
    from cmsim.community import Community

UNSEEN_DAYS = 30


def write(c: Community) -> None:
    """Write one row on the community at the end of the day."""
    people, n, posts = c.people, c.people.known, c.posts
    here = people.here[:n]
    rows = np.flatnonzero(here)
    count = max(len(rows), 1)
    phases = np.bincount(people.phase[rows], minlength=len(PHASES))
    settings = np.bincount(people.setting[rows], minlength=len(SETTINGS))
    served = people.worker[:n] >= 0
    with_worker = int(np.count_nonzero(served))
    filled = posts.filled[: posts.count]
    in_post = int(np.count_nonzero(filled))
    waiting = int(np.count_nonzero(people.status[:n] == WAITING))
    unseen = people.last_seen[:n] < c.today - UNSEEN_DAYS
    c.ledger["daily"].append(
        (
            c.today,
            len(rows) - waiting,
            waiting,
            *phases.tolist(),
            *settings.tolist(),
            c.hospital.occupied,
            c.hospital.waiting,
            sum(psychiatrist.waiting() for psychiatrist in c.psychiatrists),
            sum(len(agency.places.queue) for agency in c.agencies),
            in_post,
            posts.count - int(np.count_nonzero(posts.closed[: posts.count])),
            int(np.count_nonzero(people.due[:3, :n] < c.today)),
            int(np.count_nonzero(unseen & (here > 0.0))),
            int(np.count_nonzero(people.links)),
            int(np.count_nonzero((people.supply[:n] <= 0.0) & (here > 0.0))),
            float(people.adherence[:n] @ here) / count,
            float(people.alliance[:n] @ served) / max(with_worker, 1),
            float(people.stress[:n] @ here) / count,
            float(people.unmet[:n] @ here) / count,
            float(people.autonomy[:n] @ here) / count,
            float(posts.exhaustion[: posts.count] @ filled) / max(in_post, 1),
        )
    )
