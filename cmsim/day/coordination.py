"""Once a week: how far the plans of a client's providers pull apart, and what that costs the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cmsim.rules.coordination import plan_conflict

if TYPE_CHECKING:
    from cmsim.community import Community

LEADS_BY = "linkage"
"""The component by which a worker can hold the providers of a client together."""


def week(c: Community) -> None:
    """Let a week of plans that do or do not fit together tell on every client."""
    people, n, practice = c.people, c.people.known, c.service.practice
    p = c.world.coordination
    has_worker = people.worker[:n] >= 0
    apart = practice.coordination == "separate_specialists"
    able = not apart and LEADS_BY in practice.components
    providers = people.links[:n].sum(axis=1) + (people.psychiatrist[:n] >= 0) + has_worker
    if apart:
        providers = providers + practice.specialists * has_worker
    conflict = plan_conflict(p, providers, has_worker * float(able), people.knowledge[:n])
    people.plan_conflict[:n] = conflict
    people.stress[:n] = np.minimum(people.stress[:n] + p.strain * conflict * people.here[:n], 1.0)
