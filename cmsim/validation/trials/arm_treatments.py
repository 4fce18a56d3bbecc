"""What an arm does to the people of a trial, and to nobody else: what it holds, and what is only for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cmsim.core.simtime import workday_after
from cmsim.schema.codes import Phase
from cmsim.schema.state_variables import NEVER

if TYPE_CHECKING:
    from cmsim.model.community import Community

Rows = NDArray[np.int64]
Hold = Callable[["Community", Rows], None]


def _withdraw_medication(community: Community, rows: Rows) -> None:
    people = community.people
    people.stopped[rows] = 1.0
    people.adherence_target[rows] = 0.0
    people.depot[rows] = 0.0


def _supply_medication(community: Community, rows: Rows, depot: float, least_taken: float) -> None:
    people = community.people
    people.stopped[rows] = 0.0
    people.depot[rows] = depot
    # who would take it anyway takes no less
    people.adherence_target[rows] = np.maximum(people.willing[rows], least_taken)
    people.supply[rows] = community.world.medication.supply_days


def _maintain_medication(community: Community, rows: Rows) -> None:
    # tablets are handed out and counted in a trial
    _supply_medication(community, rows, 0.0, community.world.medication.supervised)


def _give_depot(community: Community, rows: Rows) -> None:
    _supply_medication(community, rows, 1.0, community.world.medication.depot_floor)


HOLDS: dict[str, Hold] = {
    "medication withdrawn": _withdraw_medication,
    "medication maintained": _maintain_medication,
    "depot": _give_depot,
}
"""What an arm can hold for those in the trial every morning from entry on, whatever would come by itself."""


def _invite_families(community: Community, rows: Rows) -> None:
    """Offer families what the service offers them only to people in the trial."""
    people, n = community.people, community.people.known
    others = np.ones(n, dtype=bool)
    others[rows] = False
    # who was not invited yesterday begins, as with a new worker
    begins = rows[(people.invited[rows] == 0.0) & (people.has_family[rows] > 0.0) & (people.worker[rows] >= 0)]
    people.invited[:n] = ~others
    if community.service.family_work.answers:
        people.next_family[begins] = workday_after(community.days_simulated)
    people.next_family[:n][others] = NEVER


PROGRAMMES: dict[str, Hold] = {"family work": _invite_families}
"""What the service of an arm offers to nobody but those in the trial, where the arm says so. All else that an arm
states is for the whole agency."""


def apply_arm(community: Community, cohort: pd.DataFrame, holds: Sequence[str], members_only: Sequence[str]) -> None:
    """Apply what an arm holds, and keep to those in the trial what is only for them, this morning.

    Args:
        community: at the beginning of a day.
        cohort: those who take part; who enters later counts from that day on.
        holds: names of :data:`HOLDS`, for those not in hospital.
        members_only: names of :data:`PROGRAMMES`.
    """
    rows = cohort["row"][cohort["day"] <= community.days_simulated].to_numpy(dtype=np.int64)
    outside = rows[community.people.phase[rows] != Phase.INPATIENT]
    for name in holds:
        HOLDS[name](community, outside)
    for name in members_only:
        PROGRAMMES[name](community, rows)
