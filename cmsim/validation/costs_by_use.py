"""Costs by what clients used: supervision given and appointments held, where outcomes of money price paid posts.

Trials share costs out to single clients, and claims were examined with them.
"""

import numpy as np

from cmsim.core.simtime import HOUR
from cmsim.outcomes import Window, costs
from cmsim.schema.codes import Provider


def case_management(window: Window) -> float:
    """Return what case managers were paid, and supervision given at its price, in currency over the window."""
    given = float(window.rows("worker_days")["supervision"].sum(dtype=np.int64)) / HOUR
    return costs.case_managers_paid(window) + costs.priced(given, window.prices.supervisor_hour)


def psychiatrists(window: Window) -> float:
    """Return what held appointments of psychiatrists cost, in currency over the window."""
    minutes = float(window.held_contacts(Provider.PSYCHIATRIST)["minutes"].sum(dtype=np.int64))
    return costs.priced(minutes / HOUR, window.prices.psychiatrist_hour)


def all_payers(window: Window) -> float:
    """Return the cost to all payers of served and waiting clients, in currency per client-year."""
    used = case_management(window) + psychiatrists(window)
    posts = costs.cost_case_management(window) + costs.cost_psychiatrists(window) + costs.cost_lost(window)
    return costs.cost_total(window) - posts + window.per_client_year(used)
