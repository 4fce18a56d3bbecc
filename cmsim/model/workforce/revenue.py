"""Revenue: hours billed, as they are remembered by whoever decides on posts, and the posts that they bear."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim.core.simtime import HOUR, MONTHS_PER_YEAR, WEEK_DAYS, YEAR_DAYS
from cmsim.schema.tables import CONTACT_OUTCOMES, code

if TYPE_CHECKING:
    from cmsim.model.context import Context

HELD = code(CONTACT_OUTCOMES, "held")
WEEKS_A_MONTH = YEAR_DAYS / WEEK_DAYS / MONTHS_PER_YEAR


class Revenue:
    """The hours billed a month, averaged over some time; budgets are met exactly at the start."""

    def __init__(self, community: Context) -> None:
        self.c = community
        self.week = 0.0
        self.hours: float | None = None

    def adds(self, rows: Any) -> None:
        """Bill a day's contacts of case managers."""
        mine = rows[(rows["by"] == 0) & (rows["outcome"] == HELD)]
        self.week += float(self.c.active.billable[mine["kind"]] @ mine["minutes"]) / HOUR

    def passes(self) -> None:
        """Let a week pass."""
        now, payer = self.week * WEEKS_A_MONTH, self.c.service.payer
        self.week = 0.0
        if payer.bills and self.hours is not None:
            kept = math.exp(-1.0 / payer.memory_weeks)
            self.hours = kept * self.hours + (1.0 - kept) * now

    def bears(self, budgeted: int) -> int:
        """Return how many posts can be paid, at least one while any is budgeted."""
        payer = self.c.service.payer
        if not payer.bills:
            self.hours = None
            return budgeted
        if self.hours is None:
            self.hours = payer.break_even * (1.0 - payer.granted) * budgeted
        borne = payer.bears(self.hours, budgeted)
        return budgeted if not np.isfinite(borne) else min(budgeted, max(int(borne + 0.5), 1))
