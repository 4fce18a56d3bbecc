"""Stage 6: the day is written down."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim.core.compilation import kernel
from cmsim.core.numeric import Floats, Ints, Records
from cmsim.core.simtime import WEEK_DAYS, weekday
from cmsim.schema.codes import INSTITUTIONS, AgencyKind, ClientStatus, Domain, Phase, Setting
from cmsim.schema.tables import DayRow, WeekRow

if TYPE_CHECKING:
    from cmsim.model.context import Context
    from cmsim.model.state.records import ClientRecords, PostRecords

UNSEEN_DAYS = 30
LATELY = 28
CLEARLY = 0.1
"""Unmet need from which a need domain counts as clearly unmet."""
TORN = 0.5
"""Conflict from which wishes swing between two attractors."""
_AGENCIES, _DOMAINS, _TINY = len(AgencyKind), len(Domain), 1e-9

_COUNTS = ("waiting", "lost", "overdue", "unseen_30", "links", "without_supply", "posts", "case_managers")
_MEANS = {
    "here": ("adherence", "stress", "unmet_need", "autonomy", "recovery", "activity", "network"),
    "served": ("alliance",),
    "case_managers": ("exhaustion", "skill", "tenure"),
    "families": ("burden", "criticism"),
}
"""Columns of the daily row that are counts, and those that are means, by who is counted for the mean."""
_WEEK_COUNTS = ("served", "discharged")
_WEEK_MEANS = {
    "here": ("lacking", "need", "excess", "capability", "dependence", "place_misfit", "torn"),
    "served": ("dose",),
}
_ERRORS = ("off", "expected", "squared", "lasting_discharged", "lasting_settled")


def _sums(counts: Iterable[str], means: dict[str, tuple[str, ...]], *others: str) -> np.dtype[Any]:
    """Return the record in which counts, the sums behind means, and further sums are added up."""
    added_up = (*(name for names in means.values() for name in names), *others)
    return np.dtype([(name, "i8") for name in dict.fromkeys((*counts, *means))] + [(name, "f8") for name in added_up])


_DAY, _WEEK = _sums(_COUNTS, _MEANS), _sums(_WEEK_COUNTS, _WEEK_MEANS, *_ERRORS)


def _columns(of: dict[str, Any], counts: Iterable[str], means: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return the columns that are counts or means; a mean of nobody is 0, and empty where there are no families."""
    many = {whom: of[whom] or (math.nan if whom == "families" else 1) for whom in means}
    return {name: of[name] for name in counts} | {
        name: of[name] / many[whom] for whom, names in means.items() for name in names
    }


def write(c: Context) -> None:
    """Write one row on the community at the end of the day."""
    people, posts = c.people, c.posts
    phases, settings = np.zeros(len(Phase), np.int64), np.zeros(len(Setting), np.int64)
    sums = np.zeros(1, _DAY)
    counted = c.world.mechanisms.worth_sees_homes and c.today >= c.world.warm_up_days
    _add_up(people.records[: people.known], c.today, counted, phases, settings, sums)
    _add_up_posts(posts.records[: posts.count], c.today, sums)
    of = dict(zip(_DAY.names or (), sums.tolist()[0], strict=True))
    c.ledger.write(DayRow)(
        day=c.today,
        open=of["here"] - of["waiting"] - of["lost"],
        phases=tuple(phases.tolist()),
        settings=tuple(settings.tolist()),
        beds_occupied=c.hospital.occupied,
        bed_queue=c.hospital.waiting,
        psychiatrist_queue=sum([psychiatrist.waiting() for psychiatrist in c.psychiatrists]),
        agency_queue=sum([len(agency.places.queue) for agency in c.agencies]),
        **_columns(of, _COUNTS, _MEANS),
    )
    if weekday(c.today) == WEEK_DAYS - 1:
        _week(c)


@kernel
def _add_up(clients: ClientRecords, today: int, counted: bool, phases: Ints, settings: Ints, sums: Records) -> None:
    """Count clients by phase and setting, and add up what the daily row gives the mean of.

    On days that are ``counted``, each client's circumstances are added up as well.
    """
    of = sums[0]
    for client in clients:
        of.waiting += client.status == ClientStatus.WAITING
        of.lost += client.status == ClientStatus.OPEN and client.lost_on >= 0
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
        if counted:
            client.unmet_days += client.here * client.unmet
            client.side_effect_days += client.here * client.side_effects * client.adherence
            client.network_days += client.here * client.network_size
        phases[client.phase] += 1
        settings[client.setting] += 1
        of.unseen_30 += client.last_seen < today - UNSEEN_DAYS
        of.without_supply += client.supply <= 0.0
        of.adherence += client.adherence
        of.stress += client.stress
        of.unmet_need += client.unmet
        of.autonomy += client.autonomy
        of.recovery += client.recovery
        of.activity += client.activity
        of.network += client.network_size
        if client.has_family > 0.0:
            of.families += 1
            of.burden += client.burden
            of.criticism += client.expressed


@kernel
def _add_up_posts(posts: PostRecords, today: int, sums: Records) -> None:
    """Count posts that are open, and those that are filled; add up what the daily row gives the mean of."""
    of = sums[0]
    for post in posts:
        of.posts += not post.closed
        if post.filled:
            of.case_managers += 1
            of.exhaustion += post.exhaustion
            of.skill += post.skill
            of.tenure += today - post.hired


def _week(c: Context) -> None:
    """Write one row on needs, capabilities and beliefs at the end of the week."""
    people = c.people
    sums, unmet = np.zeros(1, _WEEK), np.zeros(len(Domain))
    lately = math.exp(-LATELY / c.world.support.residual_days)
    _add_up_week(
        people.records[: people.known], c.staffing.experience.usual, *c.staffing.experience.held, lately, sums, unmet
    )
    of = dict(zip(_WEEK.names or (), sums.tolist()[0], strict=True))
    discharged, seen = of["discharged"], max(of["served"], 1) * len(Domain)
    c.ledger.write(WeekRow)(
        day=c.today,
        clients=of["here"],
        unmet=tuple((unmet / max(of["here"], 1)).tolist()),
        belief_bias=of["off"] / seen,
        expected_bias=of["expected"] / seen,
        belief_error=math.sqrt(of["squared"] / seen),
        error_discharged=math.sqrt(of["lasting_discharged"] / max(discharged, 1)),
        error_settled=math.sqrt(of["lasting_settled"] / max(of["served"] - discharged, 1)),
        **_columns(of, _WEEK_COUNTS, _WEEK_MEANS),
    )


@kernel
def _add_up_week(
    clients: ClientRecords,
    usual: Floats,
    seen_by: Floats,
    minutes_by: Floats,
    lately: float,
    sums: Records,
    unmet: Floats,
) -> None:
    """Add up what the weekly row gives the mean of."""
    of = sums[0]
    for client in clients:
        if client.here <= 0.0:
            continue
        if client.setting not in INSTITUTIONS:
            of.here += 1
            of.need += client.need
            of.excess += client.excess
            of.capability += client.capability_mean
            of.dependence += client.dependence
            of.place_misfit += client.place_misfit
            of.torn += float(client.conflict > TORN)
            for d in range(_DOMAINS):
                unmet[d] += client.domain_unmet[d]
                of.lacking += float(client.domain_unmet[d] > CLEARLY)
        post = client.worker
        if post < 0:
            continue
        of.served += 1
        of.dose += client.dose
        lasting = 0.0
        for d in range(_DOMAINS):
            off = client.believed[d] - client.able[d]
            of.off += off
            of.squared += off * off
            of.expected += seen_by[post, d] / max(minutes_by[post], _TINY) - client.able[d]
            apart = client.believed[d] - client.capability[d]
            lasting += apart * apart / _DOMAINS
        if client.convalescence > lately:
            of.discharged += 1
            of.lasting_discharged += lasting
        else:
            of.lasting_settled += lasting
