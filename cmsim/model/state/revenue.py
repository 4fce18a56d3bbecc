"""Revenue: hours billed, as they are remembered by whoever decides on posts, and the posts that they bear."""

import math

import numpy as np
from numpy.typing import NDArray

from cmsim.core.ledger import Rows
from cmsim.core.simtime import HOUR, MONTHS_PER_YEAR, WEEK_DAYS, YEAR_DAYS
from cmsim.policies.payer import Payer
from cmsim.policies.rule_answer import number
from cmsim.schema.codes import ContactOutcome, Provider

WEEKS_A_MONTH = YEAR_DAYS / WEEK_DAYS / MONTHS_PER_YEAR


class Revenue:
    """The hours billed a month, averaged over some time; budgets are met exactly at the start."""

    def __init__(self) -> None:
        self.week = 0.0
        self.hours: float | None = None

    def add(self, rows: Rows, billable: NDArray[np.float64]) -> None:
        """Bill a day's contacts of case managers.

        Args:
            rows: of the ledger.
            billable: share of a minute that is paid, by kind of contact, shape (kinds,).
        """
        mine = rows[(rows["by"] == Provider.CASE_MANAGER) & (rows["outcome"] == ContactOutcome.HELD)]
        self.week += float(billable[mine["kind"]] @ mine["minutes"]) / HOUR

    def pass_week(self, payer: Payer) -> None:
        """Let a week pass."""
        now = self.week * WEEKS_A_MONTH
        self.week = 0.0
        if payer.bills and self.hours is not None:
            kept = math.exp(-1.0 / payer.memory_weeks)
            self.hours = kept * self.hours + (1.0 - kept) * now

    def posts_borne(self, payer: Payer, budgeted: int) -> int:
        """Return how many posts can be paid, at least one while any is budgeted."""
        if not payer.bills:
            self.hours = None
            return budgeted
        if self.hours is None:
            self.hours = payer.break_even * (1.0 - payer.granted) * budgeted
        borne = number("service.payer", payer.bears, self.hours, budgeted)
        return budgeted if not np.isfinite(borne) else min(budgeted, max(int(borne + 0.5), 1))
