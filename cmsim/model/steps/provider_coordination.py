"""Once a week: how far the plans of a client's providers pull apart, and what that costs the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cmsim.core.compilation import kernel
from cmsim.submodels.plan_conflict import plan_conflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cmsim.model.context import Context
    from cmsim.model.state.records import ClientRecords
    from cmsim.scenario.world import World

LEADS_BY = "linkage"
"""The component by which a worker can hold the providers of a client together."""


def week(c: Context) -> None:
    """Let a week of plans that do or do not fit together tell on every client."""
    practice = c.service.practice
    apart = practice.coordination == "separate_specialists"
    able = not apart and LEADS_BY in practice.components
    specialists = float(practice.specialists) if apart else 0.0
    _week(c.inputs.figures, c.people.records[: c.people.known], float(able), specialists)


@kernel
def _week(figures: Sequence[World], clients: ClientRecords, able: float, specialists: float) -> None:
    p = figures[0].coordination
    for client in clients:
        served = float(client.worker >= 0)
        providers = client.links.sum() + float(client.psychiatrist >= 0) + served + specialists * served
        conflict = plan_conflict(p, providers, served * able, client.knowledge)
        client.plan_conflict = conflict
        client.stress = min(client.stress + p.strain * conflict * client.here, 1.0)
