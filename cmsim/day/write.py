"""Stage 6: the day is written down."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cmsim.clock import WEEK_DAYS, weekday
from cmsim.people import HOSPITAL, WAITING
from cmsim.record import PHASES, SETTINGS

if TYPE_CHECKING:
    from cmsim.community import Community

Floats = NDArray[Any]

UNSEEN_DAYS = 30
LATELY = 28
CLEARLY = 0.1
"""Unmet need from which a need domain counts as clearly unmet."""
TORN = 0.5
"""Conflict from which wishes swing between two attractors."""


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
            float(posts.skill[: posts.count] @ filled) / max(in_post, 1),
            float((c.today - posts.hired[: posts.count]) @ filled) / max(in_post, 1),
            *_around(c, here, count),
        )
    )
    if weekday(c.today) == WEEK_DAYS - 1:
        _week(c, rows)


def _week(c: Community, rows: Floats) -> None:
    """Write one row on needs, capabilities and beliefs at the end of the week."""
    people = c.people
    here = rows[people.setting[rows] < HOSPITAL]
    served = rows[people.worker[rows] >= 0]
    off = people.believed[served] - people.able[served]
    lasting = ((people.believed[served] - people.capability[served]) ** 2).mean(axis=1)
    lately = people.convalescence[served] > math.exp(-LATELY / c.world.support.residual_days)
    unmet = people.domain_unmet[here]
    c.ledger["weekly"].append(
        (
            c.today,
            len(here),
            len(served),
            *_means(unmet),
            float((unmet > CLEARLY).sum(axis=1).mean()) if len(here) else 0.0,
            *(_mean(getattr(people, name)[here]) for name in ("need", "excess")),
            _mean(people.dose[served]),
            *(
                _mean(getattr(people, name)[here])
                for name in ("capability_mean", "dependence", "place_misfit")
            ),
            _mean(off),
            _mean(c.experience.expected(people.worker[served]) - people.able[served]) if len(served) else 0.0,
            math.sqrt(_mean(off * off)),
            int(lately.sum()),
            math.sqrt(_mean(lasting[lately])),
            math.sqrt(_mean(lasting[~lately])),
            _mean(people.conflict[here] > TORN),
        )
    )


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else 0.0


def _means(values: Floats) -> list[float]:
    """Return the mean of each column."""
    return (values.sum(axis=0) / max(len(values), 1)).tolist()  # type: ignore[no-any-return]


def _around(c: Community, here: NDArray[np.float64], count: int) -> list[float]:
    """Return the means of what is around people, in the order of the table's last columns."""
    people, n = c.people, c.people.known
    levels = np.array((people.recovery[:n], people.activity[:n], people.network_size[:n]))
    kin = here * people.has_family[:n]
    families = float(kin.sum())
    homes = np.array((people.burden[:n], people.expressed[:n])) @ kin
    return [*(levels @ here / count).tolist(), *(homes / families if families else homes + np.nan).tolist()]
