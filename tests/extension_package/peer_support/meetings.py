"""What is measured: an outcome of runs, and a measure of trials."""

from __future__ import annotations

from cmsim.core.numeric import Floats
from cmsim.outcomes import Window
from cmsim.outcomes.registry import defined
from cmsim.validation.trials.followed_people import Followed


@defined("Stress on the last day", "0 to 1", matters=0.02, better="lower", main=True)
def stress_at_end(window: Window) -> float:
    """Mean stress of clients on the last day of the window."""
    return float(window.rows("daily")["stress"][-1])


def met(people: Followed) -> Floats:
    """Contacts of any kind, held or not."""
    return people.count(people.rows("contacts")[1])
