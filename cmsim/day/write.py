"""Stage 6: the day is written down."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cmsim.clock import WEEK_DAYS, weekday
from cmsim.kernel import kernel
from cmsim.people import HOSPITAL, WAITING
from cmsim.record import AGENCIES, PHASES, SETTINGS

if TYPE_CHECKING:
    from cmsim.community import Community

Floats = NDArray[Any]

UNSEEN_DAYS = 30
LATELY = 28
CLEARLY = 0.1
"""Unmet need from which a need domain counts as clearly unmet."""
TORN = 0.5
"""Conflict from which wishes swing between two attractors."""
_AGENCIES = len(AGENCIES)
_SUMS = np.dtype(
    [
        *(
            (name, "i8")
            for name in "here waiting served families overdue unseen links without_supply".split()
        ),
        *(
            (name, "f8")
            for name in "adherence alliance stress unmet autonomy recovery activity network_size burden "
            "expressed".split()
        ),
    ]
)


def write(c: Community) -> None:
    """Write one row on the community at the end of the day."""
    people, posts = c.people, c.posts
    phases, settings = np.zeros(len(PHASES), np.int64), np.zeros(len(SETTINGS), np.int64)
    sums = np.zeros(1, _SUMS)
    _add_up(people.records[: people.known], c.today, phases, settings, sums)
    of = dict(zip(_SUMS.names or (), sums.tolist()[0], strict=True))
    filled = posts.filled[: posts.count]
    in_post = int(np.count_nonzero(filled))
    count, with_worker = max(of["here"], 1), max(of["served"], 1)
    families = of["families"] or math.nan
    c.ledger["daily"].append(
        (
            c.today,
            of["here"] - of["waiting"],
            of["waiting"],
            *phases.tolist(),
            *settings.tolist(),
            c.hospital.occupied,
            c.hospital.waiting,
            sum(psychiatrist.waiting() for psychiatrist in c.psychiatrists),
            sum(len(agency.places.queue) for agency in c.agencies),
            in_post,
            posts.count - int(np.count_nonzero(posts.closed[: posts.count])),
            of["overdue"],
            of["unseen"],
            of["links"],
            of["without_supply"],
            of["adherence"] / count,
            of["alliance"] / with_worker,
            of["stress"] / count,
            of["unmet"] / count,
            of["autonomy"] / count,
            float(posts.exhaustion[: posts.count] @ filled) / max(in_post, 1),
            float(posts.skill[: posts.count] @ filled) / max(in_post, 1),
            float((c.today - posts.hired[: posts.count]) @ filled) / max(in_post, 1),
            of["recovery"] / count,
            of["activity"] / count,
            of["network_size"] / count,
            of["burden"] / families,
            of["expressed"] / families,
        )
    )
    if weekday(c.today) == WEEK_DAYS - 1:
        _week(c, np.flatnonzero(people.here[: people.known]))


@kernel
def _add_up(clients: Any, today: Any, phases: Any, settings: Any, sums: Any) -> None:
    """Count clients by phase and setting, and add up what the daily row gives the mean of."""
    of = sums[0]
    for client in clients:
        of.waiting += client.status == WAITING
        overdue = int(client.next_visit < today) + int(client.next_call < today)
        of.overdue += overdue + int(client.next_family < today)
        for agency in range(_AGENCIES):
            of.links += client.links[agency] != 0.0
        if client.worker >= 0:
            of.served += 1
            of.alliance += client.alliance
        if client.here <= 0.0:
            continue
        of.here += 1
        phases[client.phase] += 1
        settings[client.setting] += 1
        of.unseen += client.last_seen < today - UNSEEN_DAYS
        of.without_supply += client.supply <= 0.0
        of.adherence += client.adherence
        of.stress += client.stress
        of.unmet += client.unmet
        of.autonomy += client.autonomy
        of.recovery += client.recovery
        of.activity += client.activity
        of.network_size += client.network_size
        if client.has_family > 0.0:
            of.families += 1
            of.burden += client.burden
            of.expressed += client.expressed


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
