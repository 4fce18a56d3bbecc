"""Stage 6: the day is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cmsim.people import LEFT, NOT_YET, OPEN, WAITING

if TYPE_CHECKING:
    from cmsim.community import Community


def write(c: Community) -> None:
    """Write one row on the community at the end of the day."""
    people, n, posts = c.people, c.people.known, c.posts
    status = people.status[:n]
    here = np.flatnonzero((status != NOT_YET) & (status != LEFT))
    count = max(len(here), 1)
    phases = np.bincount(people.phase[here], minlength=4)
    settings = np.bincount(people.setting[here], minlength=8)
    served = here[people.worker[here] >= 0]
    filled = posts.filled[: posts.count]
    overdue = sum(int((column[:n] < c.today).sum()) for column in (people.next_visit, people.next_call, people.next_family))
    c.ledger["daily"].append(
        (
            c.today,
            int((status == OPEN).sum()),
            int((status == WAITING).sum()),
            *phases.tolist(),
            *settings.tolist(),
            c.hospital.occupied,
            c.hospital.waiting,
            sum(psychiatrist.waiting() for psychiatrist in c.psychiatrists),
            sum(len(agency.places.queue) for agency in c.agencies),
            int(filled.sum()),
            int((~posts.closed[: posts.count]).sum()),
            overdue,
            int((c.today - people.last_seen[here] > 30).sum()),
            int(people.links[here].sum()),
            float(people.adherence[here].sum() / count),
            float(people.alliance[served].sum() / max(len(served), 1)),
            float(people.stress[here].sum() / count),
            float(people.unmet[here].sum() / count),
            float(people.autonomy[here].sum() / count),
            float(posts.exhaustion[: posts.count][filled].sum() / max(int(filled.sum()), 1)),
        )
    )
